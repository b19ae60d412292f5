#include "server/sync/filter.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"

#include <string.h>

static int bad(struct err *err, const char *key, const char *want)
{
	int rc = err_set(err, ERR_INVALID, _("filter: \"%s\" must be %s"), key, want);
	if (err) {
		err->http_status = 400;
		snprintf(err->errcode, sizeof(err->errcode), "M_BAD_JSON");
	}
	return rc;
}

static int read_list(const json_t *o, const char *key, struct filter_list *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_array(v))
		return bad(err, key, _("a list of strings"));
	for (size_t i = 0; i < json_array_size(v); i++)
		if (!json_is_string(json_array_get(v, i)))
			return bad(err, key, _("a list of strings"));
	ret->set = true;
	ret->items = mem_alloc((json_array_size(v) + 1) * sizeof(*ret->items));
	for (size_t i = 0; i < json_array_size(v); i++)
		ret->items[ret->n++] = mem_strdup(json_string_value(json_array_get(v, i)));
	return 0;
}

/* A list whose items are tried on every event. */
static int read_tried(const json_t *o, const char *key, struct filter_list *ret, struct err *err)
{
	if (json_array_size(json_object_get(o, key)) > FILTER_LIST_MAX)
		return bad(err, key, _("shorter: at most 500 items"));
	return read_list(o, key, ret, err);
}

static int read_bool(const json_t *o, const char *key, bool *ret, struct err *err)
{
	const json_t *v = json_object_get(o, key);
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return bad(err, key, _("true or false"));
	*ret = json_is_true(v);
	return 0;
}

static int read_limit(const json_t *o, int *ret, struct err *err)
{
	const json_t *v = json_object_get(o, "limit");
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return bad(err, "limit", _("an integer greater than 0"));
	json_int_t n = json_integer_value(v);
	/* 0 is outside the spec, yet clients send it to ask for as little as possible. */
	*ret = n < 1 ? 1 : n > FILTER_LIMIT_MAX ? FILTER_LIMIT_MAX : (int)n;
	return 0;
}

int event_filter_compile(const json_t *j, struct event_filter *ret, struct err *err)
{
	bool contains = false;
	*ret = (struct event_filter){.contains_url = -1};
	if (!j || json_is_null(j))
		return 0;
	if (!json_is_object(j))
		return bad(err, "filter", _("an object"));
	int rc = read_tried(j, "types", &ret->types, err);
	rc = rc ? rc : read_tried(j, "not_types", &ret->not_types, err);
	rc = rc ? rc : read_tried(j, "senders", &ret->senders, err);
	rc = rc ? rc : read_tried(j, "not_senders", &ret->not_senders, err);
	rc = rc ? rc : read_list(j, "rooms", &ret->rooms, err);
	rc = rc ? rc : read_list(j, "not_rooms", &ret->not_rooms, err);
	rc = rc ? rc : read_limit(j, &ret->limit, err);
	rc = rc ? rc : read_bool(j, "contains_url", &contains, err);
	rc = rc ? rc : read_bool(j, "lazy_load_members", &ret->lazy_load_members, err);
	rc = rc ? rc
		: read_bool(j, "include_redundant_members", &ret->include_redundant_members, err);
	rc = rc ? rc
		: read_bool(j, "unread_thread_notifications", &ret->unread_thread_notifications,
			    err);
	if (!rc && json_is_boolean(json_object_get(j, "contains_url")))
		ret->contains_url = contains;
	if (rc)
		event_filter_done(ret);
	return rc;
}

static void list_done(struct filter_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->items[i]);
	mem_free(l->items);
	*l = (struct filter_list){NULL, 0, false};
}

void event_filter_done(struct event_filter *f)
{
	list_done(&f->types);
	list_done(&f->not_types);
	list_done(&f->senders);
	list_done(&f->not_senders);
	list_done(&f->rooms);
	list_done(&f->not_rooms);
}

static int compile_room(const json_t *room, struct filter *f, struct err *err)
{
	int rc = read_list(room, "rooms", &f->rooms, err);
	rc = rc ? rc : read_list(room, "not_rooms", &f->not_rooms, err);
	rc = rc ? rc : read_bool(room, "include_leave", &f->include_leave, err);
	rc = rc ? rc : event_filter_compile(json_object_get(room, "timeline"), &f->timeline, err);
	rc = rc ? rc : event_filter_compile(json_object_get(room, "state"), &f->state, err);
	rc = rc ? rc : event_filter_compile(json_object_get(room, "ephemeral"), &f->ephemeral, err);
	return rc ? rc
		  : event_filter_compile(json_object_get(room, "account_data"),
					 &f->room_account_data, err);
}

int filter_compile(const json_t *j, struct filter **ret, struct err *err)
{
	if (!json_is_object(j))
		return bad(err, "filter", _("an object"));
	const json_t *room = json_object_get(j, "room");
	if (room && !json_is_object(room) && !json_is_null(room))
		return bad(err, "room", _("an object"));
	struct filter *f = NEW(struct filter);
	f->refs = 1;
	f->timeline.contains_url = f->state.contains_url = -1;
	f->ephemeral.contains_url = f->room_account_data.contains_url = -1;
	f->account_data.contains_url = f->presence.contains_url = -1;
	int rc = event_filter_compile(json_object_get(j, "account_data"), &f->account_data, err);
	rc = rc ? rc : event_filter_compile(json_object_get(j, "presence"), &f->presence, err);
	rc = rc ? rc : read_tried(j, "event_fields", &f->fields, err);
	rc = rc ? rc : json_is_object(room) ? compile_room(room, f, err) : 0;
	if (rc) {
		filter_unref(f);
		return rc;
	}
	*ret = f;
	return 0;
}

void filter_unref(struct filter *f)
{
	if (!f || --f->refs)
		return;
	event_filter_done(&f->account_data);
	event_filter_done(&f->presence);
	event_filter_done(&f->timeline);
	event_filter_done(&f->state);
	event_filter_done(&f->ephemeral);
	event_filter_done(&f->room_account_data);
	list_done(&f->rooms);
	list_done(&f->not_rooms);
	list_done(&f->fields);
	mem_free(f);
}

/*
 * Comparisons that one list may cost for one event; what is not decided by then
 * does not match. Hundreds of ordinary types need less.
 */
#define GLOB_STEPS 20000

static bool glob(struct span p, struct span s, int *steps)
{
	/* One remembered star is enough: a later star makes earlier choices moot. */
	size_t pi = 0, si = 0, star = (size_t)-1, mark = 0;
	while (si < s.n) {
		if (--*steps < 0)
			return false;
		if (pi < p.n && p.p[pi] == '*') {
			star = pi++;
			mark = si;
		} else if (pi < p.n && p.p[pi] == s.p[si]) {
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

static bool has(const struct filter_list *l, struct span s)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_eq_str(s, l->items[i]))
			return true;
	return false;
}

static bool has_glob(const struct filter_list *l, struct span s)
{
	int steps = GLOB_STEPS;
	for (size_t i = 0; i < l->n; i++)
		if (glob(span_of(l->items[i]), s, &steps))
			return true;
	return false;
}

static bool room_lists(const struct filter_list *rooms, const struct filter_list *not_rooms,
		       const char *room_id)
{
	struct span id = span_of(room_id);
	return !has(not_rooms, id) && (!rooms->set || has(rooms, id));
}

bool filter_room(const struct filter *f, const char *room_id)
{
	return !f || room_lists(&f->rooms, &f->not_rooms, room_id);
}

bool event_filter_room(const struct event_filter *f, const char *room_id)
{
	return !f || room_lists(&f->rooms, &f->not_rooms, room_id);
}

static bool has_url(struct span text)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse(text, &j, NULL))
		return false;
	return json_is_string(json_object_get(json_object_get(j, "content"), "url"));
}

bool event_filter_match(const struct event_filter *f, struct span type, struct span sender,
			struct span text)
{
	if (!f)
		return true;
	if (has_glob(&f->not_types, type) || (f->types.set && !has_glob(&f->types, type)))
		return false;
	if (has(&f->not_senders, sender) || (f->senders.set && !has(&f->senders, sender)))
		return false;
	return f->contains_url < 0 || has_url(text) == (f->contains_url == 1);
}

/* Splits "a.b\.c" into {"a", "b.c"}; returns how many there are. */
static size_t field_path(const char *field, char *copy, const char **parts, size_t max)
{
	size_t n = 0;
	parts[n++] = copy;
	for (; *field; field++) {
		if (*field == '\\' && (field[1] == '.' || field[1] == '\\')) {
			*copy++ = *++field;
		} else if (*field == '.' && n < max) {
			*copy++ = '\0';
			parts[n++] = copy;
		} else {
			*copy++ = *field;
		}
	}
	*copy = '\0';
	return n;
}

static void copy_field(json_t *to, const json_t *from, const char **parts, size_t n)
{
	json_t *v = json_object_get(from, parts[0]);
	if (!v)
		return;
	if (n == 1) {
		json_object_set(to, parts[0], v);
		return;
	}
	if (!json_is_object(v))
		return;
	json_t *sub = json_object_get(to, parts[0]);
	if (!sub) {
		sub = json_object();
		json_object_set_new(to, parts[0], sub);
	}
	if (sub != v)
		copy_field(sub, v, parts + 1, n - 1);
}

json_t *filter_fields(const struct filter *f, const json_t *event)
{
	json_t *out = json_object();
	for (size_t i = 0; i < f->fields.n; i++) {
		const char *parts[8];
		AUTO_FREE char *copy = mem_alloc(strlen(f->fields.items[i]) + 1);
		size_t n = field_path(f->fields.items[i], copy, parts, ARRAY_LEN(parts));
		copy_field(out, event, parts, n);
	}
	return out;
}
