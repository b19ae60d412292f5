/*
 * The account itself: devices, password, its end; reports to the people who
 * run the server (client-server API, "Device management", "Account
 * deactivation", "Reporting Content"). What is dangerous asks for the password
 * once more.
 */
#ifndef MUSTER_CLIENT_DEVICES_H
#define MUSTER_CLIENT_DEVICES_H

#include "core/client/client.h"

/** The account's password, asked for when the server wants it; mem_free_secret. 0 or an error. */
typedef int client_password_fn(void *arg, char **ret, struct err *err);

/** Rows: device_id, name, last_seen_ts (or null), last_seen_ip, current (the one that asks). */
int client_device_list(struct client *c, client_row_fn *fn, void *arg, struct err *err);
int client_device_rename(struct client *c, const char *device_id, const char *name,
			 struct err *err);
/** Log a device out and forget it; our own is refused (ERR_USAGE): that is client_logout. */
int client_device_remove(struct client *c, const char *device_id, client_password_fn *password,
			 void *arg, struct err *err);
/** Change the password; `logout_others`: all devices but this one have to log in again. */
int client_password(struct client *c, const char *new_password, bool logout_others,
		    client_password_fn *password, void *arg, struct err *err);
/**
 * End the account for good. `erase`: the server forgets what was written, as
 * far as it can. The tokens here are forgotten, the cache stays.
 */
int client_deactivate(struct client *c, bool erase, client_password_fn *password, void *arg,
		      struct err *err);

/** Tell the server's administrators of an event, or (`event_id` NULL) of a whole room. */
int client_report(struct client *c, const char *room_id, const char *event_id, const char *reason,
		  struct err *err);
int client_report_user(struct client *c, const char *user_id, const char *reason, struct err *err);

#endif
