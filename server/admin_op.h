/*
 * Operations of the administration, as jobs of the writer. server/admin.h lists
 * them. Life of one: admin_prepare (any handle), admin_hash_rows (passwords,
 * on a loop), admin_call (in a job).
 */
#ifndef MUSTER_SERVER_ADMIN_OP_H
#define MUSTER_SERVER_ADMIN_OP_H

#include "server/accounts/accounts.h"
#include "server/accounts/user.h"
#include "server/db/db.h"

#include <jansson.h>

#define ADMIN_ROWS_MAX 5000 /* people in one import */

struct admin_env {
	const char *server_name;
	const char *dir;      /**< data folder */
	const char *actor;    /**< user id of the administrator, or NULL: the data folder's owner */
	const char *base_url; /**< what clients are told, or NULL: no server runs */
};

/** One operation under way. */
struct admin {
	struct db_tx *tx;
	struct sql *sql;
	const struct admin_env *env;
	json_t *args; /**< prepared */
	json_t *ret;  /**< an object, to be filled */
};

typedef int admin_fn(struct admin *a, struct err *err);

/** Is there an operation of this name? */
bool admin_known(const char *op);
/** May make a data folder that is not there. */
bool admin_makes(const char *op);
/**
 * Check arguments, make passwords that are not given. *ret_rows: list of those
 * objects of `args` whose "password" must be hashed; the caller owns the list.
 */
int admin_prepare(struct sql *db, const char *server_name, const char *op, json_t *args,
		  json_t **ret_rows, struct err *err);
/**
 * Hash the passwords of `rows` into their "hash", few at a time so that log-ins
 * are not held up; then `done`, at once when there are none. `failed`: the queue
 * is full, or the server stops. `rows` is taken over.
 */
void admin_hash_rows(struct accounts *a, json_t *rows, void (*done)(void *arg, bool failed),
		     void *arg);
/** In a job. The caller owns *ret. */
int admin_call(struct db_tx *tx, const struct admin_env *env, const char *op, json_t *args,
	       json_t **ret, struct err *err);

/** The person that an argument names; 400, 404, or 409 when the account was removed. */
int admin_find(struct admin *a, struct span name, struct user *ret, struct err *err);

/* The operations; admin.c has the table. */
admin_fn admin_user_add, admin_user_import, admin_user_list, admin_user_password, admin_user_lock,
	admin_user_unlock, admin_user_suspend, admin_user_resume, admin_user_role,
	admin_user_remove, admin_invite_create, admin_invite_list, admin_invite_revoke,
	admin_link_create, admin_link_list, admin_link_revoke, admin_room_join, admin_report_list,
	admin_report_done, admin_status, admin_integrity;

#endif
