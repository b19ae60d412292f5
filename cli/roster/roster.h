/*
 * What the verbs about rosters share.
 */
#ifndef MUSTER_CLI_ROSTER_H
#define MUSTER_CLI_ROSTER_H

#include "cli/params.h"
#include "core/client/roster_io.h"

#define OPT_CLASS_ROOM                                                                         \
	{                                                                                      \
		.name = "room", .letter = 'r', .kind = KIND_ROOM, .required = true,            \
		.what = N_("the class whose roster it is: its room's id, alias or local name") \
	}
#define KEYS_PERSON                                                                             \
	{"user_id", "string", N_("User"), N_("Matrix id of the person"), true},                 \
		{"external_id", "string", N_("Id"), N_("id in the school's own lists"), false}, \
		{"name", "string", N_("Name"), N_("name in the school's own lists"), false},    \
	{                                                                                       \
		"email", "string", N_("E-mail"), N_("e-mail address"), false                    \
	}
#define KEYS_MATCH                                                                                 \
	{"line", "integer", N_("Line"), N_("line of the list"), false},                            \
	{                                                                                          \
		"how", "string", N_("Matched by"),                                                 \
			N_("user, id, email, name, member (by the name that only one in the room " \
			   "has), ambiguous or no"),                                               \
			false                                                                      \
	}
#define KEY_WHY                                                              \
	{                                                                    \
		"why", "string", N_("Why"), N_("why it is ambiguous"), false \
	}

/** The client, and the room of --room. */
int roster_room(struct command_ctx *ctx, struct client **ret_client, char **ret_room,
		struct err *err);
/** Give out rows, then return `rc` (with its error in `why`), or what stopped them. */
int roster_give_out(struct command_ctx *ctx, const json_t *rows, int rc, const struct err *why,
		    struct err *err);

#endif
