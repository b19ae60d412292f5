/*
 * Rooms: finding them by what a person typed, and changing them.
 */
#ifndef MUSTER_CLIENT_ROOMS_H
#define MUSTER_CLIENT_ROOMS_H

#include "core/client/client.h"

enum room_resolve_flags {
	ROOM_PREFIX = 1,      /**< a unique prefix of a name counts (stdin is a terminal) */
	ROOM_MAKE_DIRECT = 2, /**< `@user`: create the direct chat when there is none */
	ROOM_INVITED = 4,     /**< rooms we are invited to match names too */
	ROOM_LEFT = 8,	      /**< rooms we left match names too */
	ROOM_OFFLINE = 16,    /**< the cache alone is asked */
	ROOM_FOLLOW = 32,     /**< the id of a room that was replaced means the newest one */
};

/**
 * ROOM of the command line: room id, alias, exact local name, unique prefix,
 * `@user`. Two matches are ERR_USAGE and the message lists them; no match is
 * ERR_NOT_FOUND. *ret is the room id, owned by the caller. A name means a room
 * that was replaced only when we have not joined its successor.
 */
int room_resolve(struct client *c, const char *arg, unsigned flags, char **ret, struct err *err);
/**
 * USER: Matrix id (`@` optional when it has a server), outside id from a
 * roster, or a unique display name among people known here (of `room_id` when
 * not NULL). Never a guess. *ret is owned by the caller.
 */
int user_resolve(struct client *c, const char *room_id, const char *arg, char **ret,
		 struct err *err);
/** Local names that start with `prefix`, for completion; from the cache alone. Rows: value, what.
 */
int room_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg);
int user_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg);

/** Rows: room_id, name, alias, topic, membership, members, unread and highlights (with those in
 * threads), thread_unread, marked_unread, favourite, low_priority, encrypted, direct (user id or
 * null), type, successor (room id or null), last_ts. */
int client_room_list(struct client *c, unsigned flags, client_row_fn *fn, void *arg,
		     struct err *err);
/** One such row with more: creator, version, join_rule, history_visibility, guest_access, power
 * (the power levels), space parents. */
int client_room_show(struct client *c, const char *room_id, unsigned flags, json_t **ret,
		     struct err *err);

struct room_create {
	const char *name, *topic;
	const char *alias;	   /**< "name", "#name" or "#name:server" */
	const char *const *invite; /**< user ids, NULL-ended, or NULL */
	const char *space;	   /**< room id of a space to put it in, or NULL */
	bool is_public, is_space, direct;
	const json_t *power; /**< power_level_content_override, or NULL */
	const json_t *state; /**< more initial_state entries (array), or NULL */
	const char *type;    /**< of the room (m.room.create), or NULL */
};
/** Power levels as rooms are made here; for struct room_create.power. The caller owns it. */
json_t *room_power_defaults(bool is_space);
/** *ret: room_id, name, alias. */
int client_room_create(struct client *c, const struct room_create *rq, json_t **ret,
		       struct err *err);
/** `what` is a room id, alias, or a name we are invited under. *ret: room_id. */
/** Who invited us to a direct chat; NULL: nobody did, or to a room that is none. The caller owns it. */
char *client_direct_inviter(struct client *c, const char *room_id);
int client_room_join(struct client *c, const char *what, const char *reason, json_t **ret,
		     struct err *err);
int client_room_leave(struct client *c, const char *room_id, const char *reason, bool forget,
		      struct err *err);
/** Put it out of sight: tag m.lowpriority and org.muster.archived, no notifications. `undo`
 * reverses. */
int client_room_archive(struct client *c, const char *room_id, bool undo, struct err *err);

enum room_action { ROOM_INVITE, ROOM_KICK, ROOM_BAN, ROOM_UNBAN };
/** Inviting somebody who is there already is fine. */
int client_room_act(struct client *c, enum room_action what, const char *room_id,
		    const char *user_id, const char *reason, struct err *err);
/** Rows: user_id, name, membership, power, role. Asks the server for the whole list. `fn` must not
 * ask for members itself. */
int client_room_members(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
			struct err *err);
/**
 * Roles are power levels: student 0, assistant 25, teacher 50, admin 100; or a
 * number. The last person at 100 is not lowered (ERR_CONFLICT) unless `force`.
 */
int client_room_role(struct client *c, const char *room_id, const char *user_id, const char *role,
		     bool force, json_t **ret, struct err *err);
/** "student", "assistant", "teacher", "admin" or "N": borrowed until this thread's next call. */
const char *room_role_name(int64_t power);

/** `key` is one of room_set_keys(): name, topic, alias, join, history, guests, directory, avatar.
 */
int client_room_set(struct client *c, const char *room_id, const char *key, const char *value,
		    struct err *err);
struct room_set_key {
	const char *key;
	const char *values; /**< "public|invite|knock", or NULL for free text */
	const char *what;   /**< N_() */
};
/** Ends with key == NULL. */
const struct room_set_key *room_set_keys(void);

/**
 * Everything of a room as NDJSON: one header line, all state, all history
 * oldest first, the list of media. Missing history is fetched first, page by
 * page into the cache, so an interrupted export goes on where it was.
 * `line` gets each line without newline.
 */
typedef int room_export_fn(struct span line, void *arg);
int client_room_export(struct client *c, const char *room_id, room_export_fn *line, void *arg,
		       struct err *err);

/** One state event's content, fresh from the server; ERR_NOT_FOUND when unset. */
int client_state_get(struct client *c, const char *room_id, const char *type, const char *key,
		     json_t **ret, struct err *err);
int client_state_put(struct client *c, const char *room_id, const char *type, const char *key,
		     const json_t *content, char **ret_event_id, struct err *err);

#endif
