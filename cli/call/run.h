/*
 * A call in the foreground: `call join` and `call answer`. The loop, the two
 * signals, where events go, and what a person reads of them.
 */
#ifndef MUSTER_CLI_CALL_RUN_H
#define MUSTER_CLI_CALL_RUN_H

#include "cli/audio/audio.h"
#include "core/client/command_ctx.h"

/** Beside the options. */
struct call_how {
	bool ring;	 /**< tell the room when nobody is there */
	bool muted;	 /**< begin with the microphone off, as --muted */
	bool may_listen; /**< where there is no microphone, listen only */
	bool lesson;	 /**< say so when no live lesson is on */
	bool publish;	 /**< post the recording in the room when the call is over */
};

/**
 * Be in the call of this room as the options in ctx->line say (CALL_OPTIONS)
 * until it ends. A first SIGINT or
 * SIGTERM leaves politely, the second at once; then the process ends by that
 * signal and this does not return.
 */
int call_run(struct command_ctx *ctx, const char *room_id, const struct call_how *how,
	     struct err *err);
/** The same with --via: there, with sound and files here. */
int call_run_via(struct command_ctx *ctx, struct err *err);
/** Post what was recorded into this file in the room, as an audio message. Blocking. */
int call_publish(struct command_ctx *ctx, struct client *up, const char *room_id,
		 const char *record, struct err *err);
/** Whether the options fit together: ERR_USAGE. */
int call_check_options(const struct command_line *l, struct err *err);

/** A `line` function for rows of a call. */
void call_line(struct buf *b, const json_t *row, const struct command_line *l);
extern const struct command_key call_keys[];
extern const struct command_exit call_exits[];

/** The room that `room` names, or that of the only call. The caller owns *ret. */
int call_room_arg(struct command_ctx *ctx, struct client **ret_client, char **ret, struct err *err);

/* What both verbs take, as rows of their tables. */
#define CALL_OPTIONS                                                                           \
	{.name = "listen-only", .kind = KIND_FLAG, .what = N_("hear only; nobody is rung")},   \
		{.name = "muted",                                                              \
		 .kind = KIND_FLAG,                                                            \
		 .what = N_("begin with the microphone off; call unmute turns it on")},        \
		{.name = "play",                                                               \
		 .kind = KIND_FILE,                                                            \
		 .what = N_("speak with this sound file's voice, and leave at its end")},      \
		{.name = "record",                                                             \
		 .kind = KIND_FILE,                                                            \
		 .what = N_("record both sides into this file; its ending says how: .ogg, "    \
			    ".opus or .wav; the room is told")},                               \
		{.name = "force",                                                              \
		 .kind = KIND_FLAG,                                                            \
		 .what = N_("with --record: record over a file that is there already")},       \
		{.name = "recorded",                                                           \
		 .kind = KIND_FLAG,                                                            \
		 .hidden = true,                                                               \
		 .what = N_("another program records what comes out: say so")},                \
		{.name = "in",                                                                 \
		 .kind = KIND_CHOICE,                                                          \
		 .choices = "-",                                                               \
		 .what = N_("speak what comes from standard input as raw sound, and leave at " \
			    "its end")},                                                       \
		{.name = "out",                                                                \
		 .kind = KIND_CHOICE,                                                          \
		 .choices = "-",                                                               \
		 .what = N_("write what is heard to standard output as raw sound")},           \
		{.name = "pcm",                                                                \
		 .kind = KIND_TEXT,                                                            \
		 .value = "FORMAT",                                                            \
		 .otherwise = "s16le:48000:1",                                                 \
		 .what = N_("what raw sound looks like: s16le, rate in Hz, channels")},        \
		{.name = "stay",                                                               \
		 .kind = KIND_FLAG,                                                            \
		 .what = N_("stay when the file or standard input is at its end")},            \
		{.name = "events",                                                             \
		 .kind = KIND_FILE,                                                            \
		 .dash = true,                                                                 \
		 .what = N_("write events to this file as JSON lines rather than to standard " \
			    "output")},                                                        \
		{.name = "for",                                                                \
		 .kind = KIND_DURATION,                                                        \
		 .what = N_("leave after so long in the call")},                               \
		{.name = "leave-when-empty",                                                   \
		 .kind = KIND_FLAG,                                                            \
		 .what = N_("leave once the last of the others has left")},                    \
		{.name = "low",                                                                \
		 .kind = KIND_FLAG,                                                            \
		 .what = N_("a narrow line: 12 kbit/s, and of others only the loudest")},      \
		OPT_INPUT, OPT_OUTPUT, OPT_DRIVER

#endif
