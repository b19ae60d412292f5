/*
 * What the verbs about roll-calls share.
 */
#ifndef MUSTER_CLI_ROLL_H
#define MUSTER_CLI_ROLL_H

#include "cli/params.h"
#include "core/client/roll/roll.h"

#define ARG_ROLL                                                                                  \
	{                                                                                         \
		.name = "room", .kind = KIND_ROOM, .required = true, .value = "ROOM",             \
		.what = N_("the room, whose newest roll-call is meant; or the id of a roll-call") \
	}

/** What each row about a person holds; `label` of the time. */
#define KEYS_PERSON                                                                               \
	{"roll_id", "string", NULL, N_("id of the roll-call"), true}, KEY_ROOM_ID,                \
		{"user_id", "string", N_("User"), N_("Matrix id of the person"), true},           \
		{"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},   \
		{"name", "string", N_("Name"), N_("name of the person"), false},                  \
		{"status", "answer", N_("Status"),                                                \
		 N_("here, late, away (cannot come), excused, absent, not_tracked or pending"),   \
		 false},                                                                          \
		{"way", "word", N_("By"),                                                         \
		 N_("how it was said: vote, reaction, word, or staff; null: not at all"), false}, \
		{"ts", "time", N_("Time"), N_("of the first answer, or of staff's mark"), false}, \
		{"by", "string", NULL, N_("who of the staff marked it"), true},                   \
	{                                                                                         \
		"reason", "string", N_("Reason"), N_("why staff did so"), false                   \
	}

/** The roll that parameter "room" means. The caller frees *ret with roll_done. */
int roll_arg(struct command_ctx *ctx, struct client **ret_client, struct roll *ret,
	     struct err *err);
/** A `line` function for such rows: "09:02 Ada: here". */
void line_roll_person(struct buf *b, const json_t *row, const struct command_line *l);
/** The sentence that people read after a list: who is still expected. */
void roll_say_open(struct command_ctx *ctx, size_t open);

#endif
