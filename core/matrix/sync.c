#include "core/matrix/sync.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"

#include <string.h>

#define STATE_AFTER_UNSTABLE "org.matrix.msc4222.state_after"

static int protocol(struct err *err, const char *what, const struct err *why)
{
	return err_set(err, ERR_PROTOCOL, _("the server's reply is malformed (%s): %s"), what,
		       why->msg);
}

/* Text of a string into a fixed array; true when it fits. */
static bool string_into(struct span raw, char *ret, size_t size)
{
	AUTO(buf_done) struct buf b = BUF_INIT(size - 1);
	if (!slice_unescape(&b, raw) || memchr(buf_str(&b), '\0', b.n))
		return false;
	memcpy(ret, buf_str(&b), b.n + 1);
	return true;
}

/* A list of events; null and absent are empty lists. */
static int take_list(const struct slice_item *item, struct span *ret, struct err *err)
{
	if (item->kind != SLICE_ARRAY && item->kind != SLICE_NULL)
		return err_set(err, ERR_INVALID, _("\"events\" is not a list"));
	*ret = item->kind == SLICE_ARRAY ? item->value : (struct span){NULL, 0};
	return 0;
}

/* The list "events" of a member that is an object; anything else has none. */
static int events_of(const struct slice_item *item, struct span *ret, struct err *err)
{
	struct slice s;
	struct slice_item one;
	*ret = (struct span){NULL, 0};
	if (item->kind != SLICE_OBJECT)
		return 0;
	int rc = slice_begin(&s, item->value, SLICE_OBJECT, err);
	while (!rc && (rc = slice_next(&s, &one, err)) == 1)
		rc = slice_key_is(&one, "events") ? take_list(&one, ret, err) : 0;
	return rc;
}

static const char *const section_names[SYNC_SECTIONS] = {"join", "invite", "leave", "knock"};

static int read_sections(struct span text, struct sync_reply *r, struct err *err)
{
	struct slice s;
	struct slice_item item;
	struct err why;
	int rc = slice_begin(&s, text, SLICE_OBJECT, &why);
	while (!rc && (rc = slice_next(&s, &item, &why)) == 1) {
		for (int i = 0; i < SYNC_SECTIONS; i++)
			if (item.kind == SLICE_OBJECT && slice_key_is(&item, section_names[i]))
				r->rooms[i] = item.value;
		rc = 0;
	}
	return rc ? protocol(err, "rooms", &why) : 0;
}

static int read_top(const struct slice_item *item, struct sync_reply *r, struct err *err)
{
	struct err why;
	int rc = 0;
	if (slice_key_is(item, "next_batch") && item->kind == SLICE_STRING) {
		if (!string_into(item->value, r->next_batch, sizeof(r->next_batch)))
			return err_set(err, ERR_PROTOCOL,
				       _("the server's sync token is longer than %d bytes"),
				       LIMIT_SYNC_TOKEN);
	} else if (slice_key_is(item, "org.muster.restored")) {
		r->restored = item->kind == SLICE_TRUE;
	} else if (slice_key_is(item, "rooms") && item->kind == SLICE_OBJECT) {
		return read_sections(item->value, r, err);
	} else if (slice_key_is(item, "account_data")) {
		rc = events_of(item, &r->account_data, &why);
	} else if (slice_key_is(item, "presence")) {
		rc = events_of(item, &r->presence, &why);
	} else if (slice_key_is(item, "to_device")) {
		rc = events_of(item, &r->to_device, &why);
	}
	return rc ? protocol(err, "sync", &why) : 0;
}

int sync_read(struct span reply, struct sync_reply *ret, struct err *err)
{
	struct slice s;
	struct slice_item item;
	struct err why;
	*ret = (struct sync_reply){0};
	int rc = slice_begin(&s, reply, SLICE_OBJECT, &why);
	while (!rc && (rc = slice_next(&s, &item, &why)) == 1) {
		rc = read_top(&item, ret, err);
		if (rc)
			return rc;
	}
	if (rc)
		return protocol(err, "sync", &why);
	if (!ret->next_batch[0])
		return err_set(err, ERR_PROTOCOL, _("the server's sync reply has no next_batch"));
	return 0;
}

static int begin_or_empty(struct slice *s, struct span text, enum slice_kind kind, struct err *err)
{
	struct err why;
	if (!text.n) {
		*s = (struct slice){.done = true};
		return 0;
	}
	int rc = slice_begin(s, text, kind, &why);
	return rc ? protocol(err, kind == SLICE_OBJECT ? "rooms" : "events", &why) : 0;
}

int sync_rooms(struct slice *s, const struct sync_reply *r, enum sync_section which,
	       struct err *err)
{
	return begin_or_empty(s, r->rooms[which], SLICE_OBJECT, err);
}

static int64_t int_of(struct span object, const char *name)
{
	int64_t v;
	return slice_find_i64(object, name, &v) && v >= 0 ? v : -1;
}

static void read_summary(struct span text, struct sync_room *r)
{
	struct span heroes;
	r->has_summary = true;
	r->joined_count = int_of(text, "m.joined_member_count");
	r->invited_count = int_of(text, "m.invited_member_count");
	if (slice_find(text, "m.heroes", &heroes) != SLICE_ARRAY || heroes.n > LIMIT_EVENT_BYTES)
		return;
	json_decref(r->heroes);
	r->heroes = NULL;
	if (json_parse(heroes, &r->heroes, NULL))
		r->heroes = NULL;
}

static int read_token(struct span raw, char *ret, size_t size, struct err *err)
{
	if (string_into(raw, ret, size))
		return 0;
	return err_set(err, ERR_INVALID, _("the server's token is longer than %zu bytes"), size);
}

static int read_timeline(struct span text, struct sync_room *r, struct err *err)
{
	struct slice s;
	struct slice_item item;
	int rc = slice_begin(&s, text, SLICE_OBJECT, err);
	while (!rc && (rc = slice_next(&s, &item, err)) == 1) {
		rc = 0;
		if (slice_key_is(&item, "events"))
			rc = take_list(&item, &r->timeline, err);
		else if (slice_key_is(&item, "limited"))
			r->limited = item.kind == SLICE_TRUE;
		else if (slice_key_is(&item, "org.muster.kept") && item.kind == SLICE_STRING)
			string_into(item.value, r->kept, sizeof(r->kept));
		else if (slice_key_is(&item, "prev_batch") && item.kind == SLICE_STRING)
			rc = read_token(item.value, r->prev_batch, sizeof(r->prev_batch), err);
	}
	return rc;
}

/* Members that are lists of events. */
static int read_lists(const struct slice_item *item, struct sync_room *r, struct err *err)
{
	if (slice_key_is(item, "state_after") || slice_key_is(item, STATE_AFTER_UNSTABLE)) {
		r->state_is_after = true;
		return events_of(item, &r->state, err);
	}
	if (slice_key_is(item, "state") && !r->state_is_after)
		return events_of(item, &r->state, err);
	if (slice_key_is(item, "ephemeral"))
		return events_of(item, &r->ephemeral, err);
	if (slice_key_is(item, "account_data"))
		return events_of(item, &r->account_data, err);
	if (slice_key_is(item, "invite_state") || slice_key_is(item, "knock_state"))
		return events_of(item, &r->stripped, err);
	return 0;
}

static int read_member(const struct slice_item *item, struct sync_room *r, struct err *err)
{
	if (item->kind != SLICE_OBJECT)
		return 0;
	if (slice_key_is(item, "timeline"))
		return read_timeline(item->value, r, err);
	if (slice_key_is(item, "summary"))
		read_summary(item->value, r);
	if (slice_key_is(item, "unread_notifications")) {
		r->notify_count = int_of(item->value, "notification_count");
		r->highlight_count = int_of(item->value, "highlight_count");
	}
	if (slice_key_is(item, "unread_thread_notifications") ||
	    slice_key_is(item, "org.matrix.msc3773.unread_thread_notifications"))
		r->thread_counts = item->value;
	return read_lists(item, r, err);
}

static int read_room_id(const struct slice_item *item, struct sync_room *r, struct err *err)
{
	struct room_id id;
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_ID_BYTES);
	if (!slice_unescape(&b, item->key) || room_id_parse(buf_span(&b), &id, NULL))
		return err_set(err, ERR_INVALID, _("the server sent a room with a malformed id"));
	memcpy(r->room_id, id.s, (size_t)id.n + 1);
	return 0;
}

static int read_room(const struct slice_item *item, struct sync_room *r, struct err *err)
{
	struct slice s;
	struct slice_item member;
	struct err why;
	int rc = read_room_id(item, r, err);
	if (rc)
		return rc;
	rc = slice_begin(&s, item->value, SLICE_OBJECT, &why);
	while (!rc && (rc = slice_next(&s, &member, &why)) == 1)
		rc = read_member(&member, r, &why);
	if (rc)
		return err_set(err, ERR_INVALID,
			       _("what the server sent of room %s is malformed: %s"), r->room_id,
			       why.msg);
	return 0;
}

int sync_next_room(struct slice *s, struct sync_room *ret, struct err *err)
{
	struct slice_item item;
	struct err why;
	struct sync_room r = {.joined_count = -1,
			      .invited_count = -1,
			      .notify_count = -1,
			      .highlight_count = -1};
	int rc = slice_next(s, &item, &why);
	if (rc < 0)
		return protocol(err, "rooms", &why);
	if (rc == 0)
		return 0;
	r.text = item.value;
	rc = read_room(&item, &r, err);
	if (rc) {
		sync_room_done(&r);
		return rc;
	}
	*ret = r;
	return 1;
}

void sync_room_done(struct sync_room *r)
{
	json_decref(r->heroes);
	*r = (struct sync_room){0};
}

int sync_events(struct slice *s, struct span list, struct err *err)
{
	return begin_or_empty(s, list, SLICE_ARRAY, err);
}

int sync_next_event(struct slice *s, enum event_form form, struct sync_event *ret, struct err *err)
{
	struct slice_item item;
	struct err why;
	int rc = slice_next(s, &item, &why);
	if (rc < 0)
		return protocol(err, "events", &why);
	if (rc == 0)
		return 0;
	ret->raw = item.value;
	ret->ev = (struct mx_event){0};
	ret->why = (struct err){0};
	ret->rest = (struct event_rest){0};
	ret->ok = event_parse_text(item.value, form, &ret->ev, &ret->why) == 0;
	if (!ret->ok)
		event_salvage(item.value, &ret->rest);
	return 1;
}

void sync_event_done(struct sync_event *e)
{
	event_done(&e->ev);
}

void thread_counts_read(struct span counts, thread_count_fn *fn, void *arg)
{
	struct slice s;
	struct slice_item item;
	if (!counts.n || slice_begin(&s, counts, SLICE_OBJECT, NULL))
		return;
	while (slice_next(&s, &item, NULL) == 1) {
		char root[LIMIT_ID_BYTES + 1];
		int64_t unread = 0, highlights = 0;
		if (item.kind != SLICE_OBJECT || !string_into(item.key, root, sizeof(root)))
			continue;
		slice_find_i64(item.value, "notification_count", &unread);
		slice_find_i64(item.value, "highlight_count", &highlights);
		fn(root, unread < 0 ? 0 : unread, highlights < 0 ? 0 : highlights, arg);
	}
}

/* {"@user": {"ts":..., "thread_id":...}} of one event and receipt type */
static void receipts_of_type(const char *event_id, const char *type, json_t *users, receipt_fn *fn,
			     void *arg)
{
	const char *user;
	json_t *one;
	json_object_foreach (users, user, one) {
		struct user_id id;
		if (!json_is_object(one) || user_id_parse(span_of(user), &id, NULL))
			continue;
		fn(event_id, user, type, json_get_str(one, "thread_id"), json_get_i64(one, "ts", 0),
		   arg);
	}
}

void receipts_read(const json_t *content, receipt_fn *fn, void *arg)
{
	const char *event_id, *type;
	json_t *types, *users;
	json_object_foreach ((json_t *)content, event_id, types) {
		struct event_id id;
		if (event_id_parse(span_of(event_id), &id, NULL) || !json_is_object(types))
			continue;
		json_object_foreach (types, type, users)
			if (json_is_object(users))
				receipts_of_type(event_id, type, users, fn, arg);
	}
}
