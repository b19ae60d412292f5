/*
 * The server's own user: in its name stand the events that the server itself
 * says (org.muster.presence). Nobody can register it, log in as it or invite
 * it: names that begin with "_" are given to nobody, and its account is closed
 * from the start, without password and devices.
 */
#ifndef MUSTER_SERVER_ACCOUNTS_OWN_H
#define MUSTER_SERVER_ACCOUNTS_OWN_H

#include "server/accounts/user.h"

#define OWN_LOCALPART "_muster"

struct own_user {
	int64_t nid;
	char user_id[USER_ID_SIZE]; /**< "@_muster:SERVER" */
};

/**
 * Look it up, or make it at the first start. ERR_CONFLICT when a person has
 * that name, from before it was kept free.
 */
int own_user_open(struct db *offline, const char *server_name, struct own_user *ret,
		  struct err *err);

#endif
