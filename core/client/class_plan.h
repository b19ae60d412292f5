/*
 * Who each line of a class list is: somebody of the roster, somebody with an
 * account, or somebody new, for whom a user name is found. Pure: what it needs
 * to know comes in, nothing is asked and nothing written.
 *
 * Lines are matched by outside id, then user name, then e-mail address; by
 * name only where nothing else is given. An account that merely bears the name
 * that would be chosen is somebody else's: the new one gets a number.
 */
#ifndef MUSTER_CLIENT_CLASS_PLAN_H
#define MUSTER_CLIENT_CLASS_PLAN_H

#include "core/attendance/roster_csv.h"

struct class_plan_row {
	int line;
	struct roster_person p; /**< user_id is a whole Matrix id */
	bool known;		/**< in the roster already */
	bool account;		/**< has an account already, as far as can be known */
};

struct class_plan {
	struct class_plan_row *v;
	size_t n;
};
/** A zeroed struct is allowed. */
void class_plan_done(struct class_plan *p);

struct class_plan_query {
	const struct roster_rows *rows;
	const struct roster *roster;
	/** "users" of the administration's user.list; NULL: the server is not ours, so that every
	 * person must have a Matrix id. */
	const json_t *accounts;
	const char *server_name;
	roster_problem_fn *problem;
	void *arg;
};

/** Problems are told, then ERR_INVALID. The caller owns *ret. */
int class_plan_make(const struct class_plan_query *q, struct class_plan *ret, struct err *err);

#endif
