/*
 * Requests of the client-server API as values: method, path with query
 * (percent-encoded) and JSON body. Opens no socket. Each function names its
 * endpoint; ids are taken as they are and encoded here.
 *
 *   AUTO(request_done) struct request rq = request_join("!a:b", NULL);
 *
 * Optional strings may be NULL; json_t arguments are borrowed.
 */
#ifndef MUSTER_MATRIX_REQUEST_H
#define MUSTER_MATRIX_REQUEST_H

#include "core/base/json.h"

struct request {
	const char *method;
	struct buf path; /**< "/_matrix/...", begins with a slash */
	struct buf body; /**< JSON; empty for GET and DELETE without a body */
	bool anonymous;	 /**< without a token */
	bool repeatable; /**< doing it twice does no harm */
};

/** Wipes the body, which may hold a password. A zeroed struct is allowed. */
void request_done(struct request *rq);

/* Discovery and accounts */
struct request request_well_known(void);   /**< GET /.well-known/matrix/client */
struct request request_versions(void);	   /**< GET /versions */
struct request request_capabilities(void); /**< GET /v3/capabilities */
struct request request_login_flows(void);  /**< GET /v3/login */

struct login_query {
	const char *user;     /**< m.id.user */
	const char *email;    /**< or m.id.thirdparty */
	const char *password; /**< m.login.password */
	const char *token;    /**< or m.login.token */
	const char *device_id, *device_name;
	bool refresh; /**< ask for a refresh token */
};
struct request request_login(const struct login_query *l); /**< POST /v3/login */
/** POST /_muster/join/v1/claim: a one-time link of our own server; `password` is the new one. */
struct request request_join_claim(const char *code, const char *password, const char *device_name);
struct request request_refresh(const char *refresh_token); /**< POST /v3/refresh */
struct request request_logout(bool everywhere);		   /**< POST /v3/logout[/all] */
struct request request_whoami(void);			   /**< GET /v3/account/whoami */

struct register_query {
	const char *user, *password, *device_id, *device_name;
	bool refresh;
	const json_t *auth; /**< UIA stage {"type","session",...}, or NULL */
};
struct request request_register(const struct register_query *r); /**< POST /v3/register?kind=user */
/** POST /v3/account/password; `auth` as above. */
struct request request_password(const char *new_password, bool logout_devices, const json_t *auth);

/* Sync */
struct sync_query {
	const char *since, *filter; /**< filter: id or JSON text */
	int timeout_ms;
	bool full_state, state_after;
	const char *presence; /**< "offline" ... */
};
struct request request_sync(const struct sync_query *q); /**< GET /v3/sync */

/* Events */
/** PUT /v3/rooms/{}/send/{}/{} */
struct request request_send(const char *room, const char *type, const char *txn,
			    const json_t *content);
/** PUT /v3/rooms/{}/redact/{}/{} */
struct request request_redact(const char *room, const char *event, const char *txn,
			      const char *reason);
/** PUT /v3/rooms/{}/state/{}/{} */
struct request request_state_put(const char *room, const char *type, const char *key,
				 const json_t *content);
/** GET /v3/rooms/{}/state/{}/{} */
struct request request_state_get(const char *room, const char *type, const char *key);
struct request request_state(const char *room);			   /**< GET /v3/rooms/{}/state */
struct request request_event(const char *room, const char *event); /**< GET /v3/rooms/{}/event/{} */
/** GET /v3/rooms/{}/context/{}: the event and the room's state at it. */
struct request request_context(const char *room, const char *event, int limit);
/** GET /v3/rooms/{}/members; `membership` "join" ... or NULL for all. */
struct request request_members(const char *room, const char *at, const char *membership,
			       const char *not_membership);

struct page_query {
	const char *from, *to; /**< tokens, or NULL */
	bool forward;	       /**< dir=f; else b */
	int limit;	       /**< 0: the server's choice */
	const json_t *filter;
};
struct request request_messages(const char *room,
				const struct page_query *p); /**< GET .../messages */
/** GET /v1/rooms/{}/relations/{}[/{rel_type}[/{type}]] */
struct request request_relations(const char *room, const char *event, const char *rel_type,
				 const char *type, const struct page_query *p);
/** POST /v3/search, room events by text; `next` continues. */
struct request request_search(const char *text, const char *room, int limit, const char *next);

/* Rooms and membership */
struct request request_create_room(const json_t *options); /**< POST /v3/createRoom */
/** POST /v3/join/{room id or alias}?via= ; `via` ends with NULL or is NULL. */
struct request request_join(const char *room, const char *reason, const char *const *via);
struct request request_knock(const char *room, const char *reason, const char *const *via);

enum member_action {
	MEMBER_ACT_INVITE,
	MEMBER_ACT_KICK,
	MEMBER_ACT_BAN,
	MEMBER_ACT_UNBAN,
};
/** POST /v3/rooms/{}/invite|kick|ban|unban */
struct request request_member(enum member_action what, const char *room, const char *user,
			      const char *reason);
struct request request_leave(const char *room, const char *reason);
struct request request_forget(const char *room);
struct request request_upgrade(const char *room, const char *version);

/* Directory */
struct request request_alias_get(const char *alias); /**< GET /v3/directory/room/{} */
struct request request_alias_put(const char *alias, const char *room);
/** PUT /v3/directory/list/room/{} */
struct request request_directory_set(const char *room, bool is_public);
/** POST /v3/publicRooms */
struct request request_public_rooms(const char *server, const char *search, int limit,
				    const char *since);
/** POST /v3/user_directory/search */
struct request request_user_search(const char *text, int limit);

/* Receipts, typing, presence */
/** POST /v3/rooms/{}/receipt/{}/{}; `thread` "main", a root, or NULL for an unthreaded one. */
struct request request_receipt(const char *room, const char *type, const char *event,
			       const char *thread);
/** POST /v3/rooms/{}/read_markers; each may be NULL. */
struct request request_read_markers(const char *room, const char *fully_read, const char *read,
				    const char *read_private);
struct request request_typing(const char *room, const char *user, bool on, int timeout_ms);
struct request request_presence(const char *user, const char *presence, const char *status);

/* Account data and profile */
/** `room` NULL: global. GET or PUT /v3/user/{}/[rooms/{}/]account_data/{} */
struct request request_account_data_get(const char *user, const char *room, const char *type);
struct request request_account_data_put(const char *user, const char *room, const char *type,
					const json_t *content);
/** PUT or DELETE /v3/user/{}/rooms/{}/tags/{}; `order` outside 0..1: none. */
struct request request_tag_put(const char *user, const char *room, const char *tag, double order);
struct request request_tag_delete(const char *user, const char *room, const char *tag);
/** `key` NULL: all. GET /v3/profile/{}[/{}] */
struct request request_profile_get(const char *user, const char *key);
/** PUT /v3/profile/{}/{}; `value` NULL: DELETE. */
struct request request_profile_set(const char *user, const char *key, const char *value);
/** Any field of a profile (v1.16). PUT /v3/profile/{}/{}; `value` NULL: DELETE. */
struct request request_profile_field(const char *user, const char *key, const json_t *value);

/* Media. The body of an upload is the caller's file. */
struct request request_upload(const char *filename); /**< POST /_matrix/media/v3/upload */
/** GET /_matrix/client/v1/media/download/{}/{}; ERR_INVALID for what is no mxc URI. */
int request_download(const char *mxc, struct request *ret, struct err *err);
/** GET /_matrix/media/v3/download/{}/{}: servers before v1.11. */
int request_download_old(const char *mxc, struct request *ret, struct err *err);
struct request request_media_config(void); /**< GET /_matrix/client/v1/media/config */

/* Devices and the account */
struct request request_devices(void);
struct request request_device_rename(const char *device, const char *name);
/** DELETE /v3/devices/{} with UIA. */
struct request request_device_delete(const char *device, const json_t *auth);
/** POST /v3/account/deactivate with UIA; `erase`: forget what was written, as far as it can be. */
struct request request_deactivate(bool erase, const json_t *auth);

/* Threads, spaces, notifications, reports */
/** GET /v1/rooms/{}/threads; `participated`: only those we wrote in. */
struct request request_threads(const char *room, bool participated, int limit, const char *from);
/** GET /v1/rooms/{}/hierarchy; `depth` 0: the server's choice. */
struct request request_hierarchy(const char *room, int depth, const char *from);
struct request request_push_rules(void); /**< GET /v3/pushrules/ */
/** PUT or DELETE /v3/pushrules/global/{kind}/{id} */
struct request request_push_rule_put(const char *kind, const char *id, const json_t *rule);
struct request request_push_rule_delete(const char *kind, const char *id);
struct request request_presence_get(const char *user); /**< GET /v3/presence/{}/status */
/** POST /v3/rooms/{}/report[/{}]; `event` NULL: the room itself. */
struct request request_report(const char *room, const char *event, const char *reason);
struct request request_report_user(const char *user, const char *reason);

/** POST /_muster/admin/v1/{op}: our own server. */
struct request request_admin(const char *op, const json_t *args);

#endif
