/*
 * What the verbs about attendance share: which lessons, whose marks, by what rules.
 */
#ifndef MUSTER_CLI_ATTENDANCE_H
#define MUSTER_CLI_ATTENDANCE_H

#include "cli/params.h"
#include "core/client/attendance/attendance.h"

#define OPT_LESSON_ROOM                                                      \
	{                                                                    \
		.name = "room", .letter = 'r', .kind = KIND_ROOM,            \
		.what = N_("the class: its room's id, alias, or local name") \
	}
/** Which lessons. */
#define OPTS_LESSON                                                                             \
	OPT_LESSON_ROOM,                                                                        \
		{.name = "meeting",                                                             \
		 .kind = KIND_TEXT,                                                             \
		 .value = "MEETING",                                                            \
		 .what = N_("the lesson: UID@DATE, now, or last")},                             \
		{.name = "roll",                                                                \
		 .kind = KIND_EVENT,                                                            \
		 .value = "ROLL",                                                               \
		 .what = N_("a roll-call of no lesson, by its id")},                            \
		{.name = "since",                                                               \
		 .kind = KIND_TIME,                                                             \
		 .what = N_("lessons that begin from then on; without any, that time is taken " \
			    "for one")},                                                        \
	{                                                                                       \
		.name = "until", .kind = KIND_TIME, .what = N_("until when; now without it")    \
	}
/** By what rules; without them by the class's. */
#define OPTS_RULES                                                                         \
	{.name = "late",                                                                   \
	 .kind = KIND_DURATION,                                                            \
	 .what = N_("who misses more than this at the beginning is late")},                \
		{.name = "early",                                                          \
		 .kind = KIND_DURATION,                                                    \
		 .what = N_("who misses more than this at the end left early")},           \
		{.name = "grace",                                                          \
		 .kind = KIND_DURATION,                                                    \
		 .what = N_("absences up to this count as presence")},                     \
	{                                                                                  \
		.name = "min", .kind = KIND_INT, .value = "PERCENT", .min = 0, .max = 100, \
		.what = N_("how much of it must be attended")                              \
	}
/** Whose. */
#define OPTS_WHOSE                                                                                 \
	{.name = "user",                                                                           \
	 .letter = 'u',                                                                            \
	 .kind = KIND_USER,                                                                        \
	 .repeat = true,                                                                           \
	 .what = N_("only this person")},                                                          \
	{                                                                                          \
		.name = "status", .kind = KIND_CHOICE, .value = "MARK",                            \
		.choices = "present|late|left_early|partial|absent|excused|not_tracked|not_known|" \
			   "pending",                                                              \
		.what = N_("only those with this mark")                                            \
	}

/** Keys that say which lesson. */
#define KEYS_LESSON                                                                      \
	KEY_ROOM_ID, {"uid", "string", NULL, N_("the meeting, or the roll-call"), true}, \
	{                                                                                \
		"recurrence_id", "string", NULL, N_("which occurrence of it"), true      \
	}

/** A query with what it owns. */
struct attendance_asked {
	struct attendance_query q;
	struct client *c;
	char *room;
	char **users;
};
/**
 * Read the options that the verb has of those above. For staff what people said to us is sent on into the staff
 * room first. Release with attendance_asked_done in any case.
 */
int attendance_ask(struct command_ctx *ctx, struct attendance_asked *ret, struct err *err);
void attendance_asked_done(struct attendance_asked *a);
/** The option --room alone. */
int attendance_room(struct command_ctx *ctx, struct attendance_asked *ret, struct err *err);
/** Take over a row that may be NULL and give it out. */
int attendance_row(struct command_ctx *ctx, json_t *steal);

#endif
