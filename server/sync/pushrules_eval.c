#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/pushrules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Glob of push rules: '*' and '?', without regard to ASCII case. */
static bool glob(struct span p, struct span s)
{
	size_t pi = 0, si = 0, star = (size_t)-1, mark = 0;
	while (si < s.n) {
		if (pi < p.n && p.p[pi] == '*') {
			star = pi++;
			mark = si;
		} else if (pi < p.n &&
			   (p.p[pi] == '?' ||
			    tolower((unsigned char)p.p[pi]) == tolower((unsigned char)s.p[si]))) {
			pi++;
			si++;
		} else if (star != (size_t)-1) {
			pi = star + 1;
			si = ++mark;
		} else {
			return false;
		}
	}
	while (pi < p.n && p.p[pi] == '*')
		pi++;
	return pi == p.n;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* content.body matches when any run of whole words in it does. */
static bool glob_words(struct span pattern, struct span body)
{
	bool plain = !memchr(pattern.p, '*', pattern.n) && !memchr(pattern.p, '?', pattern.n);
	if (!pattern.n)
		return false;
	/* Bodies are capped by the event's size; the cap here bounds the work. */
	body = span_head(body, 4096);
	for (size_t from = 0; from < body.n; from++) {
		if (from && word_char(body.p[from - 1]) && word_char(body.p[from]))
			continue;
		if (plain) {
			struct span here = span_from(body, from);
			if (here.n < pattern.n || !glob(pattern, span_head(here, pattern.n)))
				continue;
			if (here.n == pattern.n || !word_char(here.p[pattern.n]) ||
			    !word_char(here.p[pattern.n - 1]))
				return true;
			continue;
		}
		for (size_t to = from + 1; to <= body.n && to - from <= 256; to++) {
			if (to < body.n && word_char(body.p[to - 1]) && word_char(body.p[to]))
				continue;
			if (glob(pattern, (struct span){body.p + from, to - from}))
				return true;
		}
	}
	return false;
}

/* The value at a dotted path; "\." is a dot inside a name. */
static const json_t *value_at(const json_t *event, const char *path)
{
	AUTO_FREE char *name = mem_alloc(strlen(path) + 1);
	const json_t *at = event;
	size_t n = 0;
	for (;; path++) {
		if (*path == '\\' && (path[1] == '.' || path[1] == '\\')) {
			name[n++] = *++path;
		} else if (*path == '.' || !*path) {
			name[n] = '\0';
			at = json_object_get(at, name);
			n = 0;
			if (!*path || !at)
				return at;
		} else {
			name[n++] = *path;
		}
	}
}

static bool event_match(const json_t *c, const json_t *event)
{
	const char *key = json_get_str(c, "key");
	const json_t *v = key ? value_at(event, key) : NULL;
	struct span pattern = json_get_span(c, "pattern");
	if (!json_is_string(v) || !pattern.p)
		return false;
	struct span s = {json_string_value(v), json_string_length(v)};
	return !strcmp(key, "content.body") ? glob_words(pattern, s) : glob(pattern, s);
}

static bool property_is(const json_t *c, const json_t *event)
{
	const char *key = json_get_str(c, "key");
	const json_t *want = json_object_get(c, "value"), *v = key ? value_at(event, key) : NULL;
	return v && want && !json_is_object(v) && !json_is_array(v) && json_equal(v, want);
}

static bool property_contains(const json_t *c, const json_t *event)
{
	const char *key = json_get_str(c, "key");
	const json_t *want = json_object_get(c, "value"), *v = key ? value_at(event, key) : NULL;
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
		if (json_equal(json_array_get(v, i), want))
			return true;
	return false;
}

static bool member_count(const json_t *c, int members)
{
	const char *is = json_get_str(c, "is");
	if (!is)
		return false;
	size_t op = strspn(is, "<>=");
	long n = strtol(is + op, NULL, 10);
	if (op == 0 || !strncmp(is, "==", 2))
		return members == n;
	if (!strncmp(is, "<=", 2))
		return members <= n;
	if (!strncmp(is, ">=", 2))
		return members >= n;
	return is[0] == '<' ? members < n : members > n;
}

static bool holds(const json_t *c, const json_t *event, const struct pushrules_context *ctx)
{
	const char *kind = json_get_str(c, "kind"), *key = json_get_str(c, "key");
	struct span body = json_get_span(json_object_get(event, "content"), "body");
	if (!kind)
		return false;
	if (!strcmp(kind, "event_match"))
		return event_match(c, event);
	if (!strcmp(kind, "event_property_is"))
		return property_is(c, event);
	if (!strcmp(kind, "event_property_contains"))
		return property_contains(c, event);
	if (!strcmp(kind, "room_member_count"))
		return member_count(c, ctx->members);
	if (!strcmp(kind, "contains_display_name"))
		return ctx->display_name && *ctx->display_name && body.p &&
		       glob_words(span_of(ctx->display_name), body);
	if (!strcmp(kind, "sender_notification_permission"))
		return key && ctx->may_notify && ctx->may_notify(key, ctx->arg);
	return false; /* a condition that nobody knows never holds */
}

static bool applies(const json_t *rule, const char *kind, const json_t *event,
		    const struct pushrules_context *ctx)
{
	const char *id = json_get_str(rule, "rule_id");
	if (!id || !json_get_bool(rule, "enabled", true))
		return false;
	if (!strcmp(kind, "room"))
		return span_eq_str(json_get_span(event, "room_id"), id);
	if (!strcmp(kind, "sender"))
		return span_eq_str(json_get_span(event, "sender"), id);
	if (!strcmp(kind, "content")) {
		struct span body = json_get_span(json_object_get(event, "content"), "body");
		return body.p && glob_words(json_get_span(rule, "pattern"), body);
	}
	const json_t *conditions = json_object_get(rule, "conditions");
	for (size_t i = 0; i < json_array_size(conditions); i++)
		if (!holds(json_array_get(conditions, i), event, ctx))
			return false;
	return true;
}

static struct pushrules_verdict verdict_of(const json_t *actions)
{
	struct pushrules_verdict v = {false, false};
	for (size_t i = 0; i < json_array_size(actions); i++) {
		const json_t *a = json_array_get(actions, i);
		const char *tweak = json_get_str(a, "set_tweak");
		if (json_is_string(a) && (!strcmp(json_string_value(a), "notify") ||
					  !strcmp(json_string_value(a), "coalesce")))
			v.notify = true;
		if (tweak && !strcmp(tweak, "highlight"))
			v.highlight = json_get_bool(a, "value", true);
	}
	v.highlight &= v.notify;
	return v;
}

struct pushrules_verdict pushrules_eval(const json_t *set, const json_t *event,
					const struct pushrules_context *ctx)
{
	static const char *const order[] = {"override", "content", "room", "sender", "underride"};
	const json_t *global = json_object_get(set, "global");
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		const json_t *rules = json_object_get(global, order[k]);
		for (size_t i = 0; i < json_array_size(rules); i++) {
			const json_t *rule = json_array_get(rules, i);
			if (applies(rule, order[k], event, ctx))
				return verdict_of(json_object_get(rule, "actions"));
		}
	}
	return (struct pushrules_verdict){false, false};
}
