#include "core/matrix/reply.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"

#include <string.h>

static int missing(const char *key, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, _("the server's reply lacks a valid \"%s\""), key);
}

static char *copy_of(const json_t *j, const char *key)
{
	return mem_strdup(json_get_str(j, key));
}

static int read_tokens(const json_t *j, struct login_reply *r, struct err *err)
{
	r->access_token = copy_of(j, "access_token");
	r->refresh_token = copy_of(j, "refresh_token");
	r->expires_in_ms = json_get_i64(j, "expires_in_ms", 0);
	if (r->expires_in_ms < 0)
		r->expires_in_ms = 0;
	return r->access_token && r->access_token[0] ? 0 : missing("access_token", err);
}

static int read_who(const json_t *j, struct login_reply *r, struct err *err)
{
	struct user_id user;
	struct device_id device;
	if (user_id_parse(json_get_span(j, "user_id"), &user, NULL))
		return missing("user_id", err);
	if (device_id_parse(json_get_span(j, "device_id"), &device, NULL))
		return missing("device_id", err);
	r->user_id = mem_strdup(user.s);
	r->device_id = mem_strdup(device.s);
	return read_tokens(j, r, err);
}

int login_reply_read(const json_t *j, struct login_reply *ret, struct err *err)
{
	struct login_reply r = {0};
	int rc = read_who(j, &r, err);
	if (rc) {
		login_reply_done(&r);
		return rc;
	}
	const json_t *known = json_get_object(j, "well_known");
	r.base_url = copy_of(json_get_object(known, "m.homeserver"), "base_url");
	*ret = r;
	return 0;
}

int refresh_reply_read(const json_t *j, struct login_reply *ret, struct err *err)
{
	struct login_reply r = {0};
	int rc = read_tokens(j, &r, err);
	if (rc)
		login_reply_done(&r);
	else
		*ret = r;
	return rc;
}

void login_reply_done(struct login_reply *r)
{
	mem_free(r->user_id);
	mem_free(r->device_id);
	mem_free_secret(r->access_token);
	mem_free_secret(r->refresh_token);
	mem_free(r->base_url);
	*r = (struct login_reply){0};
}

bool login_flows_has(const json_t *j, const char *type)
{
	size_t i;
	json_t *flow;
	json_array_foreach (json_get_array(j, "flows"), i, flow)
		if (span_eq_str(json_get_span(flow, "type"), type))
			return true;
	return false;
}

bool uia_reply_read(const json_t *j, struct uia_reply *ret)
{
	json_t *flows = json_get_array(j, "flows");
	if (!flows)
		return false;
	*ret = (struct uia_reply){.session = json_get_str(j, "session"),
				  .flows = flows,
				  .completed = json_get_array(j, "completed")};
	return true;
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *one;
	json_array_foreach ((json_t *)list, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
			return true;
	return false;
}

static bool is_known(const json_t *stage, const char *const *known)
{
	for (; json_is_string(stage) && *known; known++)
		if (strcmp(json_string_value(stage), *known) == 0)
			return true;
	return false;
}

/* The first stage of a flow that is not done; NULL when one of its stages is not known. */
static const char *next_of_flow(const json_t *stages, const struct uia_reply *u,
				const char *const *known)
{
	const char *next = NULL;
	size_t i;
	json_t *stage;
	json_array_foreach ((json_t *)stages, i, stage) {
		if (json_is_string(stage) && has_text(u->completed, json_string_value(stage)))
			continue;
		if (!is_known(stage, known))
			return NULL;
		if (!next)
			next = json_string_value(stage);
	}
	return next;
}

const char *uia_next_stage(const struct uia_reply *u, const char *const *known)
{
	size_t i;
	json_t *flow;
	json_array_foreach (u->flows, i, flow) {
		const char *next = next_of_flow(json_get_array(flow, "stages"), u, known);
		if (next)
			return next;
	}
	return NULL;
}

int reply_event_id(const json_t *j, const char **ret, struct err *err)
{
	struct event_id id;
	if (event_id_parse(json_get_span(j, "event_id"), &id, NULL))
		return missing("event_id", err);
	*ret = json_get_str(j, "event_id");
	return 0;
}

int reply_room_id(const json_t *j, const char **ret, struct err *err)
{
	struct room_id id;
	if (room_id_parse(json_get_span(j, "room_id"), &id, NULL))
		return missing("room_id", err);
	*ret = json_get_str(j, "room_id");
	return 0;
}

int reply_content_uri(const json_t *j, const char **ret, struct err *err)
{
	struct mxc_uri uri;
	if (mxc_uri_parse(json_get_span(j, "content_uri"), &uri, NULL))
		return missing("content_uri", err);
	*ret = json_get_str(j, "content_uri");
	return 0;
}

bool versions_has_unstable(const json_t *j, const char *feature)
{
	return json_get_bool(json_get_object(j, "unstable_features"), feature, false);
}

/* A token into a fixed array. */
static int read_token(const struct slice_item *item, char *ret, size_t size, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(size - 1);
	if (item->kind != SLICE_STRING)
		return 0;
	if (!slice_unescape(&b, item->value) || memchr(buf_str(&b), '\0', b.n))
		return err_set(err, ERR_PROTOCOL, _("the server's token is longer than %zu bytes"),
			       size - 1);
	memcpy(ret, buf_str(&b), b.n + 1);
	return 0;
}

struct part {
	const char *name;
	enum slice_kind kind;
	size_t offset;
};

static const struct part parts[] = {
	{"chunk", SLICE_ARRAY, offsetof(struct page_reply, chunk)},
	{"events_before", SLICE_ARRAY, offsetof(struct page_reply, before)},
	{"events_after", SLICE_ARRAY, offsetof(struct page_reply, after)},
	{"event", SLICE_OBJECT, offsetof(struct page_reply, event)},
	{"state", SLICE_ARRAY, offsetof(struct page_reply, state)},
};

static int read_part(const struct slice_item *item, struct page_reply *r, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (slice_key_is(item, parts[i].name) && item->kind == parts[i].kind)
			*(struct span *)((char *)r + parts[i].offset) = item->value;
	if (slice_key_is(item, "start") || slice_key_is(item, "prev_batch"))
		return read_token(item, r->start, sizeof(r->start), err);
	if (slice_key_is(item, "end") || slice_key_is(item, "next_batch"))
		return read_token(item, r->end, sizeof(r->end), err);
	return 0;
}

int page_reply_read(struct span body, struct page_reply *ret, struct err *err)
{
	struct slice s;
	struct slice_item item;
	struct err why;
	*ret = (struct page_reply){0};
	int rc = slice_begin(&s, body, SLICE_OBJECT, &why);
	while (!rc && (rc = slice_next(&s, &item, &why)) == 1)
		rc = read_part(&item, ret, &why);
	if (rc)
		return err_set(err, ERR_PROTOCOL, _("the server's reply is malformed: %s"),
			       why.msg);
	if (!ret->chunk.p && !ret->event.p)
		return err_set(err, ERR_PROTOCOL, _("the server's reply holds no events"));
	return 0;
}
