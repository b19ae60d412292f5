/* Requests: sessions, sync, events. Rooms and what else there is: request_room.c. */
#include "core/matrix/request.h"

#include "core/base/mem.h"
#include "core/matrix/request_make.h"

#include <string.h>

void request_done(struct request *rq)
{
	if (rq->body.p)
		mem_wipe(rq->body.p, rq->body.n);
	buf_done(&rq->body);
	buf_done(&rq->path);
}

struct request request_make(const char *method, const char *pattern, ...)
{
	struct request rq = {.method = method,
			     .path = BUF_INIT(BUF_CAP_OWN),
			     .body = BUF_INIT(BUF_CAP_OWN),
			     .repeatable = strcmp(method, "POST") != 0};
	va_list ap;
	va_start(ap, pattern);
	if (pattern[0] == '/' && strncmp(pattern, "/_", 2) != 0 && pattern[1] != '.')
		buf_put_str(&rq.path, "/_matrix/client");
	for (const char *p = pattern; *p; p++) {
		if (p[0] == '{' && p[1] == '}') {
			http_put_segment(&rq.path, span_of(va_arg(ap, const char *)));
			p++;
		} else {
			buf_put_char(&rq.path, *p);
		}
	}
	va_end(ap);
	return rq;
}

void request_query(struct request *rq, const char *key, const char *value)
{
	if (!value)
		return;
	bool more = span_find(buf_span(&rq->path), '?') >= 0;
	buf_printf(&rq->path, "%c%s=", more ? '&' : '?', key);
	http_put_segment(&rq->path, span_of(value));
}

void request_query_int(struct request *rq, const char *key, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%lld", (long long)value);
	request_query(rq, key, text);
}

void request_query_json(struct request *rq, const char *key, const json_t *value)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!value)
		return;
	json_put(&b, value);
	request_query(rq, key, buf_str(&b));
}

void request_body(struct request *rq, json_t *steal)
{
	json_put(&rq->body, steal);
	json_decref(steal);
}

void request_body_copy(struct request *rq, const json_t *body)
{
	if (body)
		json_put(&rq->body, body);
	else
		buf_put_str(&rq->body, "{}");
}

void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static struct request anonymous(struct request rq)
{
	rq.anonymous = true;
	return rq;
}

struct request request_well_known(void)
{
	return anonymous(request_make("GET", "/.well-known/matrix/client"));
}

struct request request_versions(void)
{
	return anonymous(request_make("GET", "/versions"));
}

struct request request_capabilities(void)
{
	return request_make("GET", "/v3/capabilities");
}

struct request request_login_flows(void)
{
	return anonymous(request_make("GET", "/v3/login"));
}

static json_t *login_identifier(const struct login_query *l)
{
	if (l->email)
		return json_pack("{s:s,s:s,s:s}", "type", "m.id.thirdparty", "medium", "email",
				 "address", l->email);
	return json_pack("{s:s,s:s}", "type", "m.id.user", "user", l->user ? l->user : "");
}

struct request request_login(const struct login_query *l)
{
	struct request rq = anonymous(request_make("POST", "/v3/login"));
	json_t *o = json_object();
	set_text(o, "type", l->token ? "m.login.token" : "m.login.password");
	if (l->token) {
		set_text(o, "token", l->token);
	} else {
		json_object_set_new(o, "identifier", login_identifier(l));
		set_text(o, "password", l->password);
	}
	set_text(o, "device_id", l->device_id);
	set_text(o, "initial_device_display_name", l->device_name);
	if (l->refresh)
		json_object_set_new(o, "refresh_token", json_true());
	request_body(&rq, o);
	return rq;
}

struct request request_join_claim(const char *code, const char *password, const char *device_name)
{
	struct request rq = anonymous(request_make("POST", "/_muster/join/v1/claim"));
	json_t *o =
		json_pack("{s:s,s:s,s:b}", "code", code, "password", password, "refresh_token", 1);
	set_text(o, "device_name", device_name);
	request_body(&rq, o);
	return rq;
}

struct request request_refresh(const char *refresh_token)
{
	struct request rq = anonymous(request_make("POST", "/v3/refresh"));
	request_body(&rq, json_pack("{s:s}", "refresh_token", refresh_token));
	return rq;
}

struct request request_logout(bool everywhere)
{
	struct request rq = request_make("POST", everywhere ? "/v3/logout/all" : "/v3/logout");
	request_body_copy(&rq, NULL);
	return rq;
}

struct request request_whoami(void)
{
	return request_make("GET", "/v3/account/whoami");
}

void set_auth(json_t *o, const json_t *auth)
{
	if (auth)
		json_object_set(o, "auth", (json_t *)auth);
}

struct request request_register(const struct register_query *r)
{
	struct request rq = anonymous(request_make("POST", "/v3/register"));
	request_query(&rq, "kind", "user");
	json_t *o = json_object();
	set_text(o, "username", r->user);
	set_text(o, "password", r->password);
	set_text(o, "device_id", r->device_id);
	set_text(o, "initial_device_display_name", r->device_name);
	if (r->refresh)
		json_object_set_new(o, "refresh_token", json_true());
	set_auth(o, r->auth);
	request_body(&rq, o);
	return rq;
}

struct request request_password(const char *new_password, bool logout_devices, const json_t *auth)
{
	struct request rq = request_make("POST", "/v3/account/password");
	json_t *o = json_pack("{s:s,s:b}", "new_password", new_password, "logout_devices",
			      logout_devices);
	set_auth(o, auth);
	request_body(&rq, o);
	return rq;
}

struct request request_sync(const struct sync_query *q)
{
	struct request rq = request_make("GET", "/v3/sync");
	request_query(&rq, "since", q->since);
	request_query(&rq, "filter", q->filter);
	request_query_int(&rq, "timeout", q->timeout_ms);
	if (q->full_state)
		request_query(&rq, "full_state", "true");
	if (q->state_after) {
		/* Both names: v1.16, and what servers had before it (MSC4222). */
		request_query(&rq, "use_state_after", "true");
		request_query(&rq, "org.matrix.msc4222.use_state_after", "true");
	}
	request_query(&rq, "set_presence", q->presence);
	return rq;
}

struct request request_send(const char *room, const char *type, const char *txn,
			    const json_t *content)
{
	struct request rq = request_make("PUT", "/v3/rooms/{}/send/{}/{}", room, type, txn);
	request_body_copy(&rq, content);
	return rq;
}

struct request request_redact(const char *room, const char *event, const char *txn,
			      const char *reason)
{
	struct request rq = request_make("PUT", "/v3/rooms/{}/redact/{}/{}", room, event, txn);
	json_t *o = json_object();
	set_text(o, "reason", reason);
	request_body(&rq, o);
	return rq;
}

struct request request_state_put(const char *room, const char *type, const char *key,
				 const json_t *content)
{
	struct request rq = request_make("PUT", "/v3/rooms/{}/state/{}/{}", room, type, key);
	request_body_copy(&rq, content);
	return rq;
}

struct request request_state_get(const char *room, const char *type, const char *key)
{
	return request_make("GET", "/v3/rooms/{}/state/{}/{}", room, type, key);
}

struct request request_state(const char *room)
{
	return request_make("GET", "/v3/rooms/{}/state", room);
}

struct request request_event(const char *room, const char *event)
{
	return request_make("GET", "/v3/rooms/{}/event/{}", room, event);
}

struct request request_context(const char *room, const char *event, int limit)
{
	struct request rq = request_make("GET", "/v3/rooms/{}/context/{}", room, event);
	request_query_int(&rq, "limit", limit);
	return rq;
}

static void put_page(struct request *rq, const struct page_query *p)
{
	request_query(rq, "dir", p->forward ? "f" : "b");
	request_query(rq, "from", p->from);
	request_query(rq, "to", p->to);
	if (p->limit > 0)
		request_query_int(rq, "limit", p->limit);
	request_query_json(rq, "filter", p->filter);
}

struct request request_messages(const char *room, const struct page_query *p)
{
	struct request rq = request_make("GET", "/v3/rooms/{}/messages", room);
	put_page(&rq, p);
	return rq;
}

struct request request_relations(const char *room, const char *event, const char *rel_type,
				 const char *type, const struct page_query *p)
{
	struct request rq = request_make("GET", "/v1/rooms/{}/relations/{}", room, event);
	if (rel_type) {
		buf_put_char(&rq.path, '/');
		http_put_segment(&rq.path, span_of(rel_type));
	}
	if (rel_type && type) {
		buf_put_char(&rq.path, '/');
		http_put_segment(&rq.path, span_of(type));
	}
	put_page(&rq, p);
	return rq;
}

struct request request_search(const char *text, const char *room, int limit, const char *next)
{
	struct request rq = request_make("POST", "/v3/search");
	json_t *filter = json_object();
	if (room)
		json_object_set_new(filter, "rooms", json_pack("[s]", room));
	if (limit > 0)
		json_object_set_new(filter, "limit", json_integer(limit));
	json_t *events = json_pack("{s:s,s:s,s:o}", "search_term", text, "order_by", "recent",
				   "filter", filter);
	request_query(&rq, "next_batch", next);
	request_body(&rq, json_pack("{s:{s:o}}", "search_categories", "room_events", events));
	rq.repeatable = true;
	return rq;
}
