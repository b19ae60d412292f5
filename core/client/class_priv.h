/*
 * What the files about classes share.
 */
#ifndef MUSTER_CLIENT_CLASS_PRIV_H
#define MUSTER_CLIENT_CLASS_PRIV_H

#include "core/client/class.h"
#include "core/client/class_plan.h"

/** Is the server ours to administer? ERR_AUTH when it is ours but we are no administrator. */
int class_is_ours(struct client *c, bool *ret, struct err *err);
/** user_id, name, external_id, email and room_id of a row. New reference. */
json_t *class_row(const struct class_ref *ref, const struct roster_person *p);
/** Make links for the user ids in `users` (taken over) and put them into the rows of theirs. */
int class_add_links(struct client *c, const struct class_ref *ref, json_t *users, const char *who,
		    int64_t life_ms, json_t *rows, struct err *err);
/** The row of this person, or NULL. */
json_t *class_row_of(json_t *rows, const char *user_id);

/** Bring people into a room: at once on our server, by invitations elsewhere. Sets "state". */
int class_bring(struct client *c, const char *room_id, bool ours, json_t *rows,
		const struct class_request *rq, struct err *err);
/** Teachers: into both rooms, with their power. */
int class_bring_teachers(struct client *c, const struct class_ref *ref, bool ours,
			 const struct class_request *rq, struct err *err);

#endif
