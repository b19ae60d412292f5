/*
 * Rosters in their room: loading, fresh from the server, saving, and what the
 * roster verbs do with a class's.
 */
#ifndef MUSTER_CLIENT_ROSTER_IO_H
#define MUSTER_CLIENT_ROSTER_IO_H

#include "core/attendance/roster_match.h"
#include "core/client/class_rooms.h"

/** The roster kept in `room_id`; empty when there is none. The caller owns *ret. */
int client_roster_load(struct client *c, const char *room_id, struct roster **ret, struct err *err);
/** Send the chunks that changed. After an error, what was not sent still counts as changed. */
int client_roster_save(struct client *c, const char *room_id, struct roster *r, struct err *err);

/**
 * The class of a class room and its roster, with who is in the room in the cache. The caller owns both (class_ref_done).
 * ERR_NOT_FOUND when it is no class or has no staff room.
 */
int client_roster_of(struct client *c, const char *room_id, struct class_ref *ret_ref,
		     struct roster **ret, struct err *err);

struct roster_import {
	const struct roster_rows *rows;
	bool prune;   /**< who is not in the list goes */
	bool dry_run; /**< nothing is written */
	/** Asked before `n` people are removed; not in a dry run. 0 for yes. */
	int (*confirm)(void *arg, size_t n, struct err *err);
	void *arg;
};
/**
 * Put a list into the roster of a class. *ret (also with ERR_PARTIAL: some lines match nobody, the others are written):
 * array of line, how, user_id, external_id, name, email, state ("added", "changed", "existing", "removed",
 * "unmatched", "ambiguous"), why. ERR_AUTH when the class's rooms were not made by one person:
 * anybody may call a room a class, and name a staff room where they read what is written there.
 */
int client_roster_import(struct client *c, const char *room_id, const struct roster_import *rq,
			 json_t **ret, struct err *err);
/** Who the lines of a list are (`typed`: see struct roster_match_query); rows as above without "state". ERR_PARTIAL likewise. */
int client_roster_match(struct client *c, const char *room_id, const struct roster_rows *rows,
			bool typed, json_t **ret, struct err *err);
/** Everybody: user_id, external_id, name, email. */
int client_roster_show(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err);
/**
 * Take somebody off (their account and membership stay): by Matrix id, outside id, address or a name that
 * only one has. *ret: the row. ERR_NOT_FOUND; nothing is written with `dry_run`.
 */
int client_roster_remove(struct client *c, const char *room_id, const char *who, bool dry_run,
			 json_t **ret, struct err *err);

/** People in a room, for roster_match. */
struct roster_members {
	struct roster_member *v;
	size_t n;
};
int client_roster_members(struct client *c, const char *room_id, struct roster_members *ret,
			  struct err *err);
void roster_members_done(struct roster_members *m);

#endif
