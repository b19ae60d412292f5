/*
 * What the verbs of meetings share.
 */
#ifndef MUSTER_CLI_MEET_H
#define MUSTER_CLI_MEET_H

#include "cli/params.h"
#include "core/base/json.h"
#include "core/client/meet/meet.h"
#include "core/client/rooms.h"

#define ARG_MEETING                                                                               \
	{                                                                                         \
		.name = "meeting", .kind = KIND_MEETING, .required = true,                        \
		.what = N_("the meeting: its id, with @DATE for one date of a series; now, last") \
	}
#define OPT_ROOM(sentence)                                                         \
	{                                                                          \
		.name = "room", .letter = 'r', .kind = KIND_ROOM, .value = "ROOM", \
		.what = sentence                                                   \
	}
#define OPT_TEXT(option, placeholder, sentence)                                           \
	{                                                                                 \
		.name = option, .kind = KIND_TEXT, .value = placeholder, .what = sentence \
	}
#define OPT_FLAG(option, sentence)                                  \
	{                                                           \
		.name = option, .kind = KIND_FLAG, .what = sentence \
	}
#define OPT_START(must)                                                                         \
	{                                                                                       \
		.name = "start", .kind = KIND_TIME, .required = must,                           \
		.what = N_("when it begins, in the zone of --tz unless the time has an offset") \
	}
#define OPT_TZ                                                                  \
	{                                                                       \
		.name = "tz", .kind = KIND_TEXT, .value = "ZONE",               \
		.what = N_("its time zone, as Europe/Berlin; yours without it") \
	}
#define OPT_REPEAT                                                                             \
	{                                                                                      \
		.name = "repeat", .kind = KIND_TEXT, .value = "RRULE",                         \
		.what = N_("how it repeats: daily, weekly, monthly, yearly, or a rule of RFC " \
			   "5545 such as FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260717")              \
	}

#define KEYS_MEETING                                                                               \
	{"start", "time", N_("Start"), N_("when it begins, with the offset of its zone"), true},   \
		{"duration_s", "seconds", N_("For"), N_("how long it takes"), false},              \
		{"title", "string", N_("Title"), N_("what it is called"), false},                  \
		{"room", "string", N_("Room"), N_("name of the room"), false},                     \
		{"status", "word", N_("Status"), N_("scheduled, moved, cancelled, now or over"),   \
		 false},                                                                           \
		{"uid", "string", N_("Id"), N_("id of the meeting or series"), true},              \
		{"recurrence_id", "string", NULL,                                                  \
		 N_("which date of a series: when it would have begun, on the clock of its zone"), \
		 true},                                                                            \
		KEY_ROOM_ID, {"end", "time", NULL, N_("when it ends"), false},                     \
		{"tz", "string", NULL, N_("its time zone"), false},                                \
		{"rrule", "string", NULL, N_("how it repeats, or null"), false},                   \
		{"ended_early", "boolean", NULL, N_("it was ended before its time"), false},       \
		{"sequence", "integer", NULL, N_("how often it was changed"), false},              \
		{"description", "string", NULL, N_("what it is about, or null"), false},           \
	{                                                                                          \
		"location", "string", NULL, N_("where it takes place, or null"), false             \
	}
#define KEYS_DONE                                                                      \
	{"existing", "boolean", NULL, N_("it was there already"), false},              \
	{                                                                              \
		"changed", "boolean", NULL, N_("something was changed by this"), false \
	}

/** "Mon 2026-03-02 09:00  45m  Physics (10b)  ID": a `line` function. */
void line_meeting(struct buf *b, const json_t *row, const struct command_line *l);
/** Unix ms of an option of KIND_TIME: on the clock of --tz when that is given. 0: not given. */
int meet_time(struct command_ctx *ctx, const char *name, int64_t *ret_ms, struct err *err);
/** --repeat as a rule; NULL when not given. The caller owns it. */
char *meet_rule(struct command_ctx *ctx);
/** The MEETING argument with its occurrence; "now" when it was left out. */
int meet_arg(struct command_ctx *ctx, struct client **ret_client, struct meeting *ret,
	     struct cal_occurrence *ret_occurrence, struct err *err);
/** The same where a whole series may be meant: *ret_one tells whether one date is. */
int meet_arg_any(struct command_ctx *ctx, struct client **ret_client, struct meeting *ret,
		 struct cal_occurrence *ret_occurrence, bool *ret_one, struct err *err);

#endif
