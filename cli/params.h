/*
 * Parameters and keys that many verbs share, as initialisers.
 */
#ifndef MUSTER_CLI_PARAMS_H
#define MUSTER_CLI_PARAMS_H

#include "core/base/i18n.h"
#include "core/client/command_ctx.h"

#define PARAMS (const struct command_param[])
#define KEYS (const struct command_key[])
#define EXAMPLES (const struct command_example[])
#define EXITS (const struct command_exit[])

#define END_PARAMS                \
	{                         \
		.kind = KIND_NONE \
	}
#define END_KEYS                              \
	{                                     \
		NULL, NULL, NULL, NULL, false \
	}
#define END_EXAMPLES       \
	{                  \
		NULL, NULL \
	}
#define END_EXITS       \
	{               \
		0, NULL \
	}

#define ARG_ROOM                                                                            \
	{                                                                                   \
		.name = "room", .kind = KIND_ROOM, .required = true,                        \
		.what = N_("the room: id, alias, local name, or @user for the direct chat") \
	}
#define ARG_EVENT                                                        \
	{                                                                \
		.name = "event", .kind = KIND_EVENT, .required = true,   \
		.what = N_("the event's id (from read --ids or --json)") \
	}
#define OPT_REASON                                                                               \
	{                                                                                        \
		.name = "reason", .kind = KIND_TEXT, .what = N_("why, for the people concerned") \
	}
#define OPT_OFFLINE                                                                           \
	{                                                                                     \
		.name = "offline", .kind = KIND_FLAG, .what = N_("only what is here already") \
	}
#define OPT_TXN                                                                                  \
	{                                                                                        \
		.name = "txn-id", .kind = KIND_TEXT, .value = "ID",                              \
		.what = N_("a name for this action of your choice: the same again does nothing " \
			   "twice")                                                              \
	}

#define KEY_ROOM_ID                                                   \
	{                                                             \
		"room_id", "string", NULL, N_("id of the room"), true \
	}
#define KEY_EVENT_ID(label)                                              \
	{                                                                \
		"event_id", "string", label, N_("id of the event"), true \
	}
#define KEY_USER_ID(label)                                                      \
	{                                                                       \
		"user_id", "string", label, N_("Matrix id of the person"), true \
	}

/* login, register */
#define OPT_DEVICE_NAME                                                    \
	{                                                                  \
		.name = "device-name", .kind = KIND_TEXT, .value = "NAME", \
		.what = N_("what other devices of yours call this one")    \
	}
#define KEYS_LOGGED_IN                                                                             \
	KEYS                                                                                       \
	{                                                                                          \
		{"account", "string", N_("Account"), N_("local name of the account"), true},       \
			KEY_USER_ID(N_("User")),                                                   \
			{"device_id", "string", N_("Device"), N_("id of this log-in"), true},      \
			{"homeserver", "string", N_("Server"), N_("address of the server"), true}, \
			END_KEYS                                                                   \
	}

/** What messages and changes through the outbox print. */
#define KEYS_SENT                                                                           \
	KEYS                                                                                \
	{                                                                                   \
		KEY_EVENT_ID(NULL), KEY_ROOM_ID,                                            \
			{"txn_id", "string", NULL, N_("name of this action"), false},       \
			{"state", "string", NULL,                                           \
			 N_("sent; scheduled: the server sends it; queued: it waits here"), \
			 false},                                                            \
			{"at_ts", "time", NULL, N_("when, of what is sent later"), false},  \
			{"existing", "boolean", NULL,                                       \
			 N_("this transaction id had been sent before"), false},            \
			END_KEYS                                                            \
	}

/** "event id" for people; a queued one says so. A `line` function. */
void line_sent(struct buf *b, const json_t *row, const struct command_line *l);

/** In a chat of two, when the other is quiet now: a sentence that says until when, and what to do. */
void say_if_quiet(struct command_ctx *ctx, struct client *c, const char *room_id);

/**
 * Do one thing to each of a list of people; rows: room_id, user_id, ok, error.
 * ERR_PARTIAL when some failed, the first error when all did.
 */
int each_user(struct command_ctx *ctx, const char *room_id, const char *param,
	      int (*act)(struct client *c, const char *room_id, const char *user_id,
			 const char *reason, struct err *err),
	      struct err *err);

/**
 * The first lines of stdin, one for each name in `what` (NULL-ended, at most 2):
 * what was expected, for the error. The caller owns them (mem_free_secret).
 */
int secrets_from_stdin(struct command_ctx *ctx, const char *const *what, char **ret,
		       struct err *err);
/** First line of stdin, for --password-stdin. The caller owns *ret (mem_free_secret). */
int secret_from_stdin(struct command_ctx *ctx, char **ret, struct err *err);
/** A file's content without white space around it. The caller owns *ret (mem_free_secret). */
int secret_from_file(const char *path, char **ret, struct err *err);
/** A password typed twice. */
int secret_new(struct command_ctx *ctx, char **ret, struct err *err);

#endif
