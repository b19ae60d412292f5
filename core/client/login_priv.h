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

/** Is `host`, with or without a port, this computer? Only it is spoken to without TLS unasked. */
bool discover_is_loopback(const char *host);
/** Does a site that was asked by TLS name a base URL elsewhere without it? */
bool discover_is_downgrade(const char *site, const char *base);

#endif
