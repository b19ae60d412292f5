/* Requests: rooms, directory, receipts, account data, media, devices. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "core/matrix/request_make.h"

struct request request_members(const char *room, const char *at, const char *membership,
			       const char *not_membership)
{
	struct request rq = request_make("GET", "/v3/rooms/{}/members", room);
	request_query(&rq, "at", at);
	request_query(&rq, "membership", membership);
	request_query(&rq, "not_membership", not_membership);
	return rq;
}

struct request request_create_room(const json_t *options)
{
	struct request rq = request_make("POST", "/v3/createRoom");
	request_body_copy(&rq, options);
	return rq;
}

static json_t *with_reason(const char *reason)
{
	json_t *o = json_object();
	set_text(o, "reason", reason);
	return o;
}

static struct request enter(const char *pattern, const char *room, const char *reason,
			    const char *const *via)
{
	struct request rq = request_make("POST", pattern, room);
	for (; via && *via; via++) {
		request_query(&rq, "via", *via);
		/* What servers before v1.12 call it. */
		request_query(&rq, "server_name", *via);
	}
	request_body(&rq, with_reason(reason));
	rq.repeatable = true;
	return rq;
}

struct request request_join(const char *room, const char *reason, const char *const *via)
{
	return enter("/v3/join/{}", room, reason, via);
}

struct request request_knock(const char *room, const char *reason, const char *const *via)
{
	return enter("/v3/knock/{}", room, reason, via);
}

struct request request_member(enum member_action what, const char *room, const char *user,
			      const char *reason)
{
	static const char *const patterns[] = {
		[MEMBER_ACT_INVITE] = "/v3/rooms/{}/invite",
		[MEMBER_ACT_KICK] = "/v3/rooms/{}/kick",
		[MEMBER_ACT_BAN] = "/v3/rooms/{}/ban",
		[MEMBER_ACT_UNBAN] = "/v3/rooms/{}/unban",
	};
	struct request rq = request_make("POST", patterns[what], room);
	json_t *o = with_reason(reason);
	set_text(o, "user_id", user);
	request_body(&rq, o);
	return rq;
}

struct request request_leave(const char *room, const char *reason)
{
	struct request rq = request_make("POST", "/v3/rooms/{}/leave", room);
	request_body(&rq, with_reason(reason));
	rq.repeatable = true;
	return rq;
}

struct request request_forget(const char *room)
{
	struct request rq = request_make("POST", "/v3/rooms/{}/forget", room);
	request_body_copy(&rq, NULL);
	rq.repeatable = true;
	return rq;
}

struct request request_upgrade(const char *room, const char *version)
{
	struct request rq = request_make("POST", "/v3/rooms/{}/upgrade", room);
	request_body(&rq, json_pack("{s:s}", "new_version", version));
	return rq;
}

struct request request_alias_get(const char *alias)
{
	return request_make("GET", "/v3/directory/room/{}", alias);
}

struct request request_alias_put(const char *alias, const char *room)
{
	struct request rq = request_make("PUT", "/v3/directory/room/{}", alias);
	request_body(&rq, json_pack("{s:s}", "room_id", room));
	return rq;
}

struct request request_directory_set(const char *room, bool is_public)
{
	struct request rq = request_make("PUT", "/v3/directory/list/room/{}", room);
	request_body(&rq, json_pack("{s:s}", "visibility", is_public ? "public" : "private"));
	return rq;
}

struct request request_public_rooms(const char *server, const char *search, int limit,
				    const char *since)
{
	struct request rq = request_make("POST", "/v3/publicRooms");
	json_t *o = json_object();
	request_query(&rq, "server", server);
	if (search)
		json_object_set_new(o, "filter", json_pack("{s:s}", "generic_search_term", search));
	if (limit > 0)
		json_object_set_new(o, "limit", json_integer(limit));
	set_text(o, "since", since);
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_user_search(const char *text, int limit)
{
	struct request rq = request_make("POST", "/v3/user_directory/search");
	json_t *o = json_pack("{s:s}", "search_term", text);
	if (limit > 0)
		json_object_set_new(o, "limit", json_integer(limit));
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_receipt(const char *room, const char *type, const char *event,
			       const char *thread)
{
	struct request rq = request_make("POST", "/v3/rooms/{}/receipt/{}/{}", room, type, event);
	json_t *o = json_object();
	set_text(o, "thread_id", thread);
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_read_markers(const char *room, const char *fully_read, const char *read,
				    const char *read_private)
{
	struct request rq = request_make("POST", "/v3/rooms/{}/read_markers", room);
	json_t *o = json_object();
	set_text(o, "m.fully_read", fully_read);
	set_text(o, "m.read", read);
	set_text(o, "m.read.private", read_private);
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_typing(const char *room, const char *user, bool on, int timeout_ms)
{
	struct request rq = request_make("PUT", "/v3/rooms/{}/typing/{}", room, user);
	json_t *o = json_pack("{s:b}", "typing", on);
	if (on)
		json_object_set_new(o, "timeout", json_integer(timeout_ms));
	request_body(&rq, o);
	return rq;
}

struct request request_presence(const char *user, const char *presence, const char *status)
{
	struct request rq = request_make("PUT", "/v3/presence/{}/status", user);
	json_t *o = json_pack("{s:s}", "presence", presence);
	set_text(o, "status_msg", status);
	request_body(&rq, o);
	return rq;
}

static struct request account_data(const char *method, const char *user, const char *room,
				   const char *type)
{
	if (room)
		return request_make(method, "/v3/user/{}/rooms/{}/account_data/{}", user, room,
				    type);
	return request_make(method, "/v3/user/{}/account_data/{}", user, type);
}

struct request request_account_data_get(const char *user, const char *room, const char *type)
{
	return account_data("GET", user, room, type);
}

struct request request_account_data_put(const char *user, const char *room, const char *type,
					const json_t *content)
{
	struct request rq = account_data("PUT", user, room, type);
	request_body_copy(&rq, content);
	return rq;
}

struct request request_tag_put(const char *user, const char *room, const char *tag, double order)
{
	struct request rq = request_make("PUT", "/v3/user/{}/rooms/{}/tags/{}", user, room, tag);
	json_t *o = json_object();
	if (order >= 0 && order <= 1)
		json_object_set_new(o, "order", json_real(order));
	request_body(&rq, o);
	return rq;
}

struct request request_tag_delete(const char *user, const char *room, const char *tag)
{
	return request_make("DELETE", "/v3/user/{}/rooms/{}/tags/{}", user, room, tag);
}

struct request request_profile_get(const char *user, const char *key)
{
	return key ? request_make("GET", "/v3/profile/{}/{}", user, key)
		   : request_make("GET", "/v3/profile/{}", user);
}

struct request request_profile_set(const char *user, const char *key, const char *value)
{
	struct request rq = request_make(value ? "PUT" : "DELETE", "/v3/profile/{}/{}", user, key);
	if (value) {
		json_t *o = json_object();
		set_text(o, key, value);
		request_body(&rq, o);
	}
	return rq;
}

struct request request_profile_field(const char *user, const char *key, const json_t *value)
{
	struct request rq = request_make(value ? "PUT" : "DELETE", "/v3/profile/{}/{}", user, key);
	if (value)
		request_body(&rq, json_pack("{s:O}", key, value));
	return rq;
}

struct request request_upload(const char *filename)
{
	struct request rq = request_make("POST", "/_matrix/media/v3/upload");
	request_query(&rq, "filename", filename);
	return rq;
}

static int download(const char *pattern, const char *mxc, struct request *ret, struct err *err)
{
	struct mxc_uri uri;
	int rc = mxc_uri_parse(span_of(mxc), &uri, err);
	if (rc)
		return rc;
	AUTO_FREE char *server = span_dup(mxc_uri_server(&uri));
	AUTO_FREE char *media = span_dup(mxc_uri_media(&uri));
	*ret = request_make("GET", pattern, server, media);
	return 0;
}

int request_download(const char *mxc, struct request *ret, struct err *err)
{
	return download("/v1/media/download/{}/{}", mxc, ret, err);
}

int request_download_old(const char *mxc, struct request *ret, struct err *err)
{
	int rc = download("/_matrix/media/v3/download/{}/{}", mxc, ret, err);
	if (!rc)
		ret->anonymous = true;
	return rc;
}

struct request request_media_config(void)
{
	return request_make("GET", "/v1/media/config");
}

struct request request_admin(const char *op, const json_t *args)
{
	struct request rq = request_make("POST", "/_muster/admin/v1/{}", op);
	request_body_copy(&rq, args);
	return rq;
}
