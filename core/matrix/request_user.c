/* What a person does beside talking: push rules, presence, devices, reports, spaces to look into. */
#include "core/matrix/request_make.h"

struct request request_threads(const char *room, bool participated, int limit, const char *from)
{
	struct request rq = request_make("GET", "/v1/rooms/{}/threads", room);
	request_query(&rq, "include", participated ? "participated" : "all");
	if (limit > 0)
		request_query_int(&rq, "limit", limit);
	request_query(&rq, "from", from);
	return rq;
}

struct request request_hierarchy(const char *room, int depth, const char *from)
{
	struct request rq = request_make("GET", "/v1/rooms/{}/hierarchy", room);
	request_query_int(&rq, "limit", 100);
	if (depth > 0)
		request_query_int(&rq, "max_depth", depth);
	request_query(&rq, "from", from);
	return rq;
}

struct request request_push_rules(void)
{
	return request_make("GET", "/v3/pushrules/");
}

struct request request_push_rule_put(const char *kind, const char *id, const json_t *rule)
{
	struct request rq = request_make("PUT", "/v3/pushrules/global/{}/{}", kind, id);
	request_body_copy(&rq, rule);
	return rq;
}

struct request request_push_rule_delete(const char *kind, const char *id)
{
	return request_make("DELETE", "/v3/pushrules/global/{}/{}", kind, id);
}

struct request request_presence_get(const char *user)
{
	return request_make("GET", "/v3/presence/{}/status", user);
}

struct request request_report(const char *room, const char *event, const char *reason)
{
	struct request rq = event ? request_make("POST", "/v3/rooms/{}/report/{}", room, event)
				  : request_make("POST", "/v3/rooms/{}/report", room);
	json_t *o = json_object();
	set_text(o, "reason", reason ? reason : "");
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_report_user(const char *user, const char *reason)
{
	struct request rq = request_make("POST", "/v3/users/{}/report", user);
	json_t *o = json_object();
	set_text(o, "reason", reason ? reason : "");
	request_body(&rq, o);
	rq.repeatable = true;
	return rq;
}

struct request request_devices(void)
{
	return request_make("GET", "/v3/devices");
}

struct request request_device_rename(const char *device, const char *name)
{
	struct request rq = request_make("PUT", "/v3/devices/{}", device);
	request_body(&rq, json_pack("{s:s}", "display_name", name));
	return rq;
}

struct request request_device_delete(const char *device, const json_t *auth)
{
	struct request rq = request_make("DELETE", "/v3/devices/{}", device);
	json_t *o = json_object();
	set_auth(o, auth);
	request_body(&rq, o);
	return rq;
}

struct request request_deactivate(bool erase, const json_t *auth)
{
	struct request rq = request_make("POST", "/v3/account/deactivate");
	json_t *o = json_pack("{s:b}", "erase", erase);
	set_auth(o, auth);
	request_body(&rq, o);
	return rq;
}
