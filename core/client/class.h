/*
 * Classes: making one out of a class list in one repeatable step, links for its
 * people, who is in it. Where the server is ours (and we administer it),
 * accounts are made and people are in the rooms at once; elsewhere people with
 * Matrix ids are invited.
 *
 * Every step looks at what is there: to run again adds what is missing, be it
 * new lines of the list or what an interrupted run left undone.
 */
#ifndef MUSTER_CLIENT_CLASS_H
#define MUSTER_CLIENT_CLASS_H

#include "core/attendance/roster_csv.h"
#include "core/client/class_rooms.h"

struct class_request {
	const struct roster_rows *rows; /**< students, or NULL: none */
	const char *const *teachers;	/**< whole user ids, NULL-ended, or NULL */
	const char *space, *language;	/**< for a new class; or NULL */
	int64_t link_life_ms;		/**< 0: the server's default */
	bool dry_run;			/**< look, plan, write nothing */
	roster_problem_fn *problem;	/**< what is wrong with the list, before anything is done */
	void (*progress)(void *arg, const char *what, int64_t done, int64_t total);
	void *arg; /**< of both */
};

/**
 * Have the class `ref` (names it; room ids as far as they exist) hold these
 * people. *ret: array of rows {room_id, user_id, external_id, name, email, state,
 * link, code, expires_ts, error}: state is "added", "existing", "invited", "left",
 * "banned", "failed"; in a dry run "new" or "existing". Links only where they were
 * made now. ERR_PARTIAL with rows when some failed.
 */
int client_class_fill(struct client *c, struct class_ref *ref, const struct class_request *rq,
		      json_t **ret, struct err *err);

/**
 * New links; old unused ones die. `users` (NULL-ended) are people of the roster, by
 * Matrix id, user name, outside id or a name that only one has; NULL: all who have no
 * password yet. *ret: rows as above, only of whom a
 * link was made for.
 */
int client_class_links(struct client *c, const struct class_ref *ref, const char *const *users,
		       int64_t link_life_ms, json_t **ret, struct err *err);

/**
 * Who is expected, and how far each is. Rows: room_id, user_id, external_id, name,
 * email, membership, link ("open", "used", "expired", "none"; null where the
 * server is not ours), last_seen_ts.
 */
int client_class_show(struct client *c, const struct class_ref *ref, client_row_fn *fn, void *arg,
		      struct err *err);

/** Close it: students cannot write, unused links die; or (`undo`) open it again. */
int client_class_close(struct client *c, struct class_ref *ref, bool undo, struct err *err);

#endif
