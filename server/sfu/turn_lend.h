/*
 * TURN servers that the school lends to its people: whoever may call gets a
 * user and a password that work for a day, made of a secret that the TURN
 * server knows, too (draft-uberti-behave-turn-rest, coturn's
 * use-auth-secret). Made once; any thread may read it then.
 */
#ifndef MUSTER_SERVER_SFU_TURN_LEND_H
#define MUSTER_SERVER_SFU_TURN_LEND_H

#include "core/base/err.h"
#include "core/base/span.h"

#include <stddef.h>
#include <stdint.h>

#define TURN_LEND_MAX 8
#define TURN_LEND_S 86400 /**< for how long credentials work */
#define TURN_LEND_USER 320
#define TURN_LEND_PASSWORD 32

struct turn_lend;

/** `uris` parted by spaces; `secret_file` holds the secret. The caller owns *ret; NULL with 0
 * where no URIs are given. */
int turn_lend_new(const char *uris, const char *secret_file, struct turn_lend **ret,
		  struct err *err);
/** NULL is allowed. */
void turn_lend_free(struct turn_lend *t);
/** Borrowed; how many. */
size_t turn_lend_uris(const struct turn_lend *t, const char *ret[TURN_LEND_MAX]);
/** For `who`, from `now_ms` of the wall clock on. */
void turn_lend_login(const struct turn_lend *t, const char *who, int64_t now_ms,
		     char user[TURN_LEND_USER], char password[TURN_LEND_PASSWORD]);

#endif
