/*
 * Rooms, their state and their members.
 */
#ifndef MUSTER_STORE_ROOMS_H
#define MUSTER_STORE_ROOMS_H

#include "core/store/store.h"

/** A room's row; texts are owned by the struct: store_room_done. */
struct store_room {
	int64_t id;
	char *room_id, *membership, *display;
	char *name, *alias, *topic, *type, *direct, *inviter; /**< or NULL */
	char *fully_read;				      /**< event id, or NULL */
	char *successor, *predecessor; /**< room ids of an upgrade, or NULL */
	bool encrypted, members_complete, archived, favourite, low_priority, marked_unread;
	int64_t tag_order; /**< of favourite or low priority, in millionths; -1: none */
	int64_t changed;   /**< see store_room_changed */
	int64_t joined, invited, last_ts;
	int64_t unread, highlights;		  /**< of the room itself, threads aside */
	int64_t thread_unread, thread_highlights; /**< of its threads together */
};

/** Row number of a room id, 0 when unknown. */
int64_t store_room_find(struct store *s, struct span room_id);
/** The same; made when unknown. Negative on error. */
int64_t store_room_make(struct store *s, struct span room_id, struct err *err);
bool store_room_get(struct store *s, int64_t id, struct store_room *ret);
void store_room_done(struct store_room *r);

/** Note that something of the room has changed that a list of rooms shows. */
int store_room_changed(struct store *s, int64_t id, struct err *err);
/** Rooms noted after `*mark` (0: all), which is moved on; ended by 0. The caller owns it. */
int64_t *store_rooms_since(struct store *s, int64_t *mark);
/** Row numbers, ended by 0, ordered by display name; `membership` NULL: all. The caller owns it. */
int64_t *store_room_ids(struct store *s, const char *membership);
/** Rooms whose display name, alias or room id is `text`; ended by 0. The caller owns it. */
int64_t *store_room_named(struct store *s, struct span text);
/** Rooms whose display name or alias starts with `text` (ASCII case aside). */
int64_t *store_room_prefix(struct store *s, struct span text);
/** Joined or invited direct chats with a user, the one used last first. */
int64_t *store_room_direct(struct store *s, const char *user_id);

/** Our own: "join", "invite", "knock", "leave" or "ban". */
int store_room_membership(struct store *s, int64_t id, const char *membership, struct err *err);
/** Unread and highlighted events, as the server counts them. */
int store_room_counts(struct store *s, int64_t id, int64_t unread, int64_t highlights,
		      struct err *err);
/** Numbers and heroes of a sync summary; -1 or NULL leaves what is there. */
int store_room_summary(struct store *s, int64_t id, int64_t joined, int64_t invited,
		       const char *heroes_json, struct err *err);
int store_room_touch(struct store *s, int64_t id, int64_t ts, struct err *err);
int store_room_members_complete(struct store *s, int64_t id, bool complete, struct err *err);
int store_room_encrypted(struct store *s, int64_t id, struct err *err);
/** Set `direct` of every room from the content of m.direct. */
int store_direct_set(struct store *s, struct span m_direct_json, struct err *err);
int store_room_archived(struct store *s, int64_t id, bool archived, struct err *err);
/** Compute the name people see (client-server API 11.2.2.5) and store it. */
int store_room_rename(struct store *s, int64_t id, const char *own_user_id, struct err *err);

/** Mark rooms of a whole sync, then leave those that it did not name. */
int store_room_seen(struct store *s, int64_t id, int64_t generation, struct err *err);
int store_rooms_unseen_leave(struct store *s, int64_t generation, struct err *err);

struct store_state {
	int64_t room, ts;
	struct span type, key, event_id, sender, json; /**< json: the whole event */
};
/** Put one state event in the place of the one before. */
int store_state_set(struct store *s, const struct store_state *st, struct err *err);
typedef int store_state_fn(const struct store_state *st, void *arg);
/**
 * All of a room. What `fn` returns, unless it is 0, ends it and is returned. Spans are borrowed.
 */
int store_state_walk(struct store *s, int64_t room, store_state_fn *fn, void *arg);
/** Only those of one type, in the order of their keys. */
int store_state_walk_type(struct store *s, int64_t room, const char *type, store_state_fn *fn,
			  void *arg);
/** Appends the whole event; false when unset. */
bool store_state_get(struct store *s, int64_t room, const char *type, struct span key,
		     struct buf *ret);

struct store_member {
	struct span user_id, membership, name, avatar;
};
/** Who left or was banned keeps the name and picture that were known, unless the row has others. */
int store_member_set(struct store *s, int64_t room, const struct store_member *m, struct err *err);
/** What somebody was called who is gone, when no name is known: from older history. */
int store_member_last_name(struct store *s, int64_t room, struct span user_id, struct span name,
			   struct err *err);
typedef int store_member_fn(const struct store_member *m, void *arg);
/** `membership` NULL: all. */
int store_member_walk(struct store *s, int64_t room, const char *membership, store_member_fn *fn,
		      void *arg);
/** Display name in that room, or NULL. The caller owns it. */
char *store_member_name(struct store *s, int64_t room, struct span user_id);
/** Is somebody else of another server in the room whose id has the same local part? */
bool store_member_local_shared(struct store *s, int64_t room, struct span user_id);
/** Membership word, or NULL. The caller owns it. */
char *store_member_membership(struct store *s, int64_t room, struct span user_id);
/** Distinct user ids with this display name; `room` 0: all joined rooms. At most 16. */
int store_member_named(struct store *s, int64_t room, const char *name, store_member_fn *fn,
		       void *arg);

struct store_receipt {
	struct span user_id, type, thread, event_id;
	int64_t ts, pos; /**< pos 0: that event is not here */
};
/** A user's of that type and thread, in the place of the one before. */
int store_receipt_set(struct store *s, int64_t room, const struct store_receipt *r,
		      struct err *err);
typedef int store_receipt_fn(const struct store_receipt *r, void *arg);
/** All of a room, as store_state_walk. */
int store_receipt_walk(struct store *s, int64_t room, store_receipt_fn *fn, void *arg);
/** Position of the newest event that a user sent there, 0 when none is known; *ret_ts its time. */
int64_t store_last_sent(struct store *s, int64_t room, struct span user_id, int64_t *ret_ts);

#endif
