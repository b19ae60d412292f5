#include "core/matrix/pushrules_eval.h"

#include "core/base/json.h"
#include "core/base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * Comparisons that one event may cost, so that nobody's rules hold up the
 * server; what is not decided by then does not match. Far more than 1,000
 * keywords need for a long message.
 */
#define EVAL_STEPS 500000
#define EVAL_BODY 4096 /* bytes of a body that are searched */

/* An event under evaluation. */
struct eval {
	const json_t *event;
	const struct pushrules_context *ctx;
	int steps; /* left */
};

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Between two characters of one word? */
static bool inside_word(struct span s, size_t at)
{
	return at > 0 && at < s.n && word_char(s.p[at - 1]) && word_char(s.p[at]);
}

/*
 * Glob of push rules, without regard to ASCII case: '*' any run, '?' any one.
 * It begins at `at`, and ends at the end or, with `words`, where a word ends.
 */
static bool glob(struct eval *x, struct span p, struct span s, size_t at, bool words)
{
	size_t pi = 0, si = at, star = (size_t)-1, mark = 0;
	while (x->steps-- > 0) {
		if (pi == p.n && (si == s.n || (words && !inside_word(s, si))))
			return true;
		if (pi < p.n && p.p[pi] == '*') {
			star = pi++;
			mark = si;
		} else if (pi < p.n && si < s.n && (p.p[pi] == '?' || same(p.p[pi], s.p[si]))) {
			pi++;
			si++;
		} else if (star != (size_t)-1 && mark < s.n) {
			pi = star + 1;
			si = ++mark;
		} else {
			return false;
		}
	}
	return false;
}

/* content.body matches when any run of whole words in it does. */
static bool glob_words(struct eval *x, struct span pattern, struct span body)
{
	if (!pattern.n || pattern.n > EVAL_BODY)
		return false;
	body = span_head(body, EVAL_BODY);
	for (size_t at = 0; at < body.n && x->steps-- > 0; at++) {
		if (inside_word(body, at))
			continue;
		if (glob(x, pattern, body, at, true))
			return true;
		/* A star at the front has tried all other places. */
		if (pattern.p[0] == '*')
			return false;
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

static bool event_match(struct eval *x, const json_t *c)
{
	const char *key = json_get_str(c, "key");
	const json_t *v = key ? value_at(x->event, key) : NULL;
	struct span pattern = json_get_span(c, "pattern");
	if (!json_is_string(v) || !pattern.p)
		return false;
	struct span s = {json_string_value(v), json_string_length(v)};
	return !strcmp(key, "content.body") ? glob_words(x, pattern, s)
					    : glob(x, pattern, s, 0, false);
}

static bool property_is(const json_t *c, const json_t *event)
{
	const char *key = json_get_str(c, "key");
	const json_t *want = json_object_get(c, "value"), *v = key ? value_at(event, key) : NULL;
	return v && want && !json_is_object(v) && !json_is_array(v) && json_equal(v, want);
}

static bool property_contains(struct eval *x, const json_t *c)
{
	const char *key = json_get_str(c, "key");
	const json_t *want = json_object_get(c, "value");
	const json_t *v = key ? value_at(x->event, key) : NULL;
	for (size_t i = 0; json_is_array(v) && i < json_array_size(v) && x->steps-- > 0; i++)
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

static bool holds(struct eval *x, const json_t *c)
{
	const struct pushrules_context *ctx = x->ctx;
	const char *kind = json_get_str(c, "kind"), *key = json_get_str(c, "key");
	struct span body = json_get_span(json_object_get(x->event, "content"), "body");
	if (!kind)
		return false;
	if (!strcmp(kind, "event_match"))
		return event_match(x, c);
	if (!strcmp(kind, "event_property_is"))
		return property_is(c, x->event);
	if (!strcmp(kind, "event_property_contains"))
		return property_contains(x, c);
	if (!strcmp(kind, "room_member_count"))
		return member_count(c, ctx->members);
	if (!strcmp(kind, "contains_display_name"))
		return body.p && glob_words(x, span_of(ctx->display_name), body);
	if (!strcmp(kind, "sender_notification_permission"))
		return key && ctx->may_notify && ctx->may_notify(key, ctx->arg);
	return false; /* a condition that nobody knows never holds */
}

static bool applies(struct eval *x, const json_t *rule, const char *kind)
{
	const char *id = json_get_str(rule, "rule_id");
	if (!id || !json_get_bool(rule, "enabled", true))
		return false;
	if (!strcmp(kind, "room"))
		return span_eq_str(json_get_span(x->event, "room_id"), id);
	if (!strcmp(kind, "sender"))
		return span_eq_str(json_get_span(x->event, "sender"), id);
	if (!strcmp(kind, "content")) {
		struct span body = json_get_span(json_object_get(x->event, "content"), "body");
		return body.p && glob_words(x, json_get_span(rule, "pattern"), body);
	}
	const json_t *conditions = json_object_get(rule, "conditions");
	for (size_t i = 0; i < json_array_size(conditions); i++)
		if (!holds(x, json_array_get(conditions, i)))
			return false;
	return true;
}

static struct pushrules_verdict verdict_of(const json_t *actions)
{
	struct pushrules_verdict v = {.actions = actions};
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

static struct pushrules_verdict first_that_applies(struct eval *x, const json_t *global)
{
	static const char *const order[] = {"override", "content", "room", "sender", "underride"};
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		const json_t *rules = json_object_get(global, order[k]);
		for (size_t i = 0; i < json_array_size(rules); i++) {
			const json_t *rule = json_array_get(rules, i);
			if (x->steps-- <= 0) /* many rules cost, too */
				return (struct pushrules_verdict){0};
			if (applies(x, rule, order[k]))
				return verdict_of(json_object_get(rule, "actions"));
		}
	}
	return (struct pushrules_verdict){0};
}

struct pushrules_verdict pushrules_eval(const json_t *set, const json_t *event,
					const struct pushrules_context *ctx)
{
	int steps = ctx->budget && *ctx->budget < EVAL_STEPS ? *ctx->budget : EVAL_STEPS;
	struct eval x = {event, ctx, steps};
	struct pushrules_verdict v = first_that_applies(&x, json_object_get(set, "global"));
	if (ctx->budget)
		*ctx->budget -= steps - (x.steps > 0 ? x.steps : 0);
	return v;
}
