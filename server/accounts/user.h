/*
 * Accounts in the database: names, passwords, e-mail addresses. What takes a
 * struct sql works on any handle; what takes a struct db_tx runs in a job.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_USER_H
#define MUSTER_SERVER_ACCOUNTS_USER_H

#include "core/base/span.h"
#include "server/db/db.h"

#define USER_ID_SIZE 256
#define PASSWORD_MAX 512
#define PASSWORD_MIN 8 /* characters, when people choose their own */

/**
 * Whole user id for a new account named by local part or by a whole id of this
 * server. 400 M_INVALID_USERNAME otherwise, and for what begins with "_":
 * those names are the server's own (own.h).
 */
int user_id_new(const char *server, struct span name, char ret[USER_ID_SIZE], struct err *err);
/** "abcd-efgh-jkmn", easily typed. The caller owns it (mem_free_secret). */
char *user_make_password(void);
/** Whether a person may choose it: 400 M_WEAK_PASSWORD. */
int user_check_password(struct span password, struct err *err);
/** Lower case, as addresses are compared; false when it is no e-mail address. */
bool user_fold_email(struct span s, char ret[USER_ID_SIZE]);

struct user {
	int64_t nid; /**< 0: nobody */
	char user_id[USER_ID_SIZE];
	char password[160]; /**< encoded, or "" */
	bool admin, locked, deactivated, suspended;
};

/** By local part or whole id; exact, else the one that differs only in case. False: nobody. */
bool user_find(struct sql *db, const char *server, struct span name, struct user *ret);
bool user_find_nid(struct sql *db, int64_t nid, struct user *ret);
bool user_find_email(struct sql *db, struct span address, struct user *ret);

struct user_new {
	const char *user_id;	 /**< from user_id_new */
	const char *hash;	 /**< encoded password; NULL: none */
	const char *name;	 /**< display name or NULL */
	const char *email;	 /**< folded or NULL: becomes a verified address */
	const char *external_id; /**< or NULL */
	bool admin;
};
/** 400 M_USER_IN_USE, 409 M_THREEPID_IN_USE ... */
int user_create(struct db_tx *tx, const struct user_new *u, int64_t *ret_nid, struct err *err);
/** `hash` NULL: no more log-in by password. Tokens stay. */
int user_set_password(struct db_tx *tx, int64_t user_nid, const char *hash, struct err *err);
/** The one verified address; replaces another. */
int user_set_email(struct db_tx *tx, int64_t user_nid, const char *email, struct err *err);
int user_set_external_id(struct db_tx *tx, int64_t user_nid, const char *id, struct err *err);
int user_set_locked(struct db_tx *tx, int64_t user_nid, bool locked, struct err *err);
/** May read and leave, no more (client-server API, "Account suspension"). */
int user_set_suspended(struct db_tx *tx, int64_t user_nid, bool suspended, struct err *err);
int user_set_admin(struct db_tx *tx, int64_t user_nid, bool admin, struct err *err);
/**
 * For ever: password, addresses, devices and tokens go; the name stays taken.
 * The user leaves all rooms.
 */
int user_deactivate(struct db_tx *tx, const struct user *u, bool erase, struct err *err);

#endif
