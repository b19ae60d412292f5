/*
 * Who the lines of a list are: people of a roster, or of the room. Pure. Matched by Matrix id, outside id and
 * e-mail address; by name only where one person and one line have it. What could mean two people means none: two of
 * one name are never taken for one.
 */
#ifndef MUSTER_ATTENDANCE_ROSTER_MATCH_H
#define MUSTER_ATTENDANCE_ROSTER_MATCH_H

#include "core/attendance/roster_csv.h"

enum roster_how {
	HOW_NONE,      /**< "no" */
	HOW_USER,      /**< "user": by Matrix id */
	HOW_ID,	       /**< "id" */
	HOW_EMAIL,     /**< "email" */
	HOW_NAME,      /**< "name": the only one in the roster */
	HOW_MEMBER,    /**< "member": the only one in the room who calls themself so */
	HOW_AMBIGUOUS, /**< "ambiguous" */
	HOW_COUNT
};
const char *roster_how_name(enum roster_how h);

/** Somebody in the room. Borrowed texts. */
struct roster_member {
	const char *user_id, *name;
};

struct roster_match_query {
	const struct roster *roster;
	const struct roster_member *members; /**< or NULL */
	size_t n_members;
	const char *server_name; /**< of user names without one; NULL: those match nobody */
	bool any_id; /**< a whole Matrix id is right even if it is neither in the roster nor in the room */
	bool typed; /**< `name` is what somebody typed: an id, an address or a name; the other texts are not there */
};

/** One line's result. Owned texts. */
struct roster_match {
	enum roster_how how;
	char *user_id; /**< NULL: HOW_NONE, HOW_AMBIGUOUS */
	char *why;     /**< HOW_AMBIGUOUS: one sentence, translated */
};

/** All lines at once, in their order: an array of `n` (roster_match_free). */
struct roster_match *roster_match(const struct roster_match_query *q, const struct roster_row *rows,
				  size_t n);
/** NULL is allowed. */
void roster_match_free(struct roster_match *v, size_t n);

#endif
