/*
 * Logging in and out, and registration (client-server API 5).
 */
#ifndef MUSTER_CLIENT_LOGIN_H
#define MUSTER_CLIENT_LOGIN_H

#include "core/client/client.h"

struct login_request {
	const char *server;   /**< URL, "host[:port]" (discovery), or NULL: from the user id */
	const char *user;     /**< local part or whole id; or NULL */
	const char *email;    /**< instead of user; or NULL */
	const char *password; /**< or NULL */
	const char *token;    /**< an access token instead of a password; or NULL */
	/** A one-time link, or its code alone: `password` is a new one then; or NULL. */
	const char *link;
	const char *account;	 /**< local name; NULL: made from the user id */
	const char *device_name; /**< NULL: "muster on HOST" */
	const char *ca_file;
	int timeout_ms; /**< 0: none */
};

/** The server's address in a one-time link; NULL when it is a code alone. The caller owns it. */
char *login_link_server(const char *link);
/** False when letters are missing in the code of a link or slip, so that nobody need be asked more. */
bool login_link_is_whole(const char *link);
/** Log in and store the account. *ret holds account, user_id, device_id, homeserver. */
int client_login(const struct login_request *rq, json_t **ret, struct err *err);

struct register_request {
	const char *server, *user, *password;
	const char *token; /**< registration token (invite), or NULL */
	const char *email; /**< unused by the server unless its flows ask; or NULL */
	const char *account, *device_name, *ca_file;
	int timeout_ms;
};
/** Register by whatever of m.login.dummy, m.login.registration_token, m.login.terms the server
 * asks. */
int client_register(const struct register_request *rq, json_t **ret, struct err *err);

/**
 * Log out at the server (`everywhere`: all devices) and forget the tokens; the
 * cache stays until `account remove`. Network trouble is an error and nothing is forgotten.
 */
int client_logout(struct client *c, bool everywhere, struct err *err);
/** Asks the server. *ret: user_id, device_id, homeserver, account. */
int client_whoami(struct client *c, json_t **ret, struct err *err);

/**
 * Base URL for `server`: a URL is taken as it is (its /versions is checked), a
 * name goes through .well-known (redirects followed; 404 means https://name;
 * malformed is an error). *ret is owned by the caller.
 */
int client_discover(const char *server, const char *ca_file, int timeout_ms, char **ret,
		    struct err *err);

/** *ret: one row per local account: name, user_id, homeserver, default, logged_in. */
int client_account_list(client_row_fn *fn, void *arg, struct err *err);

#endif
