/* What login.c and register.c share. */
#ifndef MUSTER_CLIENT_LOGIN_PRIV_H
#define MUSTER_CLIENT_LOGIN_PRIV_H

#include "core/client/login.h"
#include "core/matrix/reply.h"

/** "muster on HOST" unless given. The caller owns it. */
char *login_device_name(const char *given);
/** Keep the account and its tokens; *ret (may be NULL) as client_login. */
int login_store(const char *account, const char *base, const struct login_reply *r, json_t **ret,
		struct err *err);

#endif
