/*
 * Local accounts: $XDG_DATA_HOME/muster/accounts/NAME/ (0700) with
 * account.json, secrets.json (0600) and cache.db. Secrets are written
 * atomically and re-read under a lock by whoever refreshes them.
 */
#ifndef MUSTER_CLIENT_ACCOUNT_H
#define MUSTER_CLIENT_ACCOUNT_H

#include "core/base/err.h"
#include "core/base/span.h"

#include <jansson.h>

struct account {
	char *name;	  /**< folder name */
	char *dir;	  /**< its folder */
	char *homeserver; /**< base URL without trailing slash */
	char *user_id;
	char *device_id;
	int64_t created_ms;
};

/** Tokens; every field may be NULL. */
struct secrets {
	char *access_token;
	char *refresh_token;
	int64_t expires_ms; /**< wall clock; 0: not said */
};

/**
 * The account to use: `name`, else MUSTER_ACCOUNT, else the default one, else
 * the only one. ERR_AUTH with the hint `muster login` when there is none;
 * ERR_NOT_FOUND for a name that is not there. The caller owns *ret.
 */
int account_load(const char *name, struct account **ret, struct err *err);
/** NULL is allowed. */
void account_free(struct account *a);
/** What its cache takes on the disk. */
int64_t account_cache_bytes(const struct account *a);
/** Names, sorted; *ret_names ends with NULL. Free with account_names_free. */
int account_names(char ***ret_names, struct err *err);
void account_names_free(char **names);
/** The name of the default account, or NULL. The caller owns it. */
char *account_default(void);
/** Make `name` the default; ERR_NOT_FOUND when it is not there. */
int account_use(const char *name, struct err *err);
/** Delete the folder with cache and secrets. Does not log out at the server. */
int account_remove(const char *name, struct err *err);
/**
 * A new account folder, or the existing one of this user at this homeserver
 * (its cache stays). `name` NULL: the local part of the user id, made unique.
 * ERR_CONFLICT when `name` belongs to somebody else. Becomes the default when
 * it is the first.
 */
int account_make(const char *name, const char *homeserver, const char *user_id,
		 const char *device_id, struct account **ret, struct err *err);
/** The account of this user at this homeserver, or NULL. The caller owns it. */
struct account *account_find(const char *homeserver, const char *user_id);
/** A name that may be a folder: letters, digits, . _ - @ : +, at most 100, not starting with a dot.
 */
bool account_name_ok(const char *name);

/** From secrets.json (0600); ERR_AUTH: logged out. The caller releases *ret: secrets_done. */
int account_secrets_load(const struct account *a, struct secrets *ret, struct err *err);
/** Whole, in one step; without an access token the file is removed. */
int account_secrets_save(const struct account *a, const struct secrets *s, struct err *err);
/** Wipes. */
void secrets_done(struct secrets *s);
/** Path of a file in the account's folder; the caller owns it. */
char *account_path(const struct account *a, const char *file);

#endif
