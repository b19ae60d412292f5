/*
 * One person as an administrator gives them: a row of a class list.
 */
#ifndef MUSTER_SERVER_ADMIN_PEOPLE_H
#define MUSTER_SERVER_ADMIN_PEOPLE_H

#include "server/accounts/user.h"
#include "server/admin_op.h"

struct person {
	char user_id[USER_ID_SIZE];
	char email[USER_ID_SIZE];	       /**< folded, or "" */
	const char *name, *external_id, *hash; /**< borrowed from the row; NULL: none */
	const char *generated;		       /**< the password, when it was made here */
	bool admin;
	bool no_password; /**< they will choose one, with a one-time link */
};

/** Check a row. Without `user` the name is made of the e-mail address's local part. */
int person_read(const char *server_name, const json_t *row, struct person *ret, struct err *err);
int person_create(struct admin *a, const struct person *p, int64_t *ret_nid, struct err *err);
/** Put user_id, name, email, external_id, state and a generated password into `o`. */
void person_put(const struct person *p, const char *state, json_t *o);

#endif
