#include "core/client/row.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/event.h"
#include "core/matrix/rtc_ring.h"

static const char *const people_types[] = {
	"m.room.message",
	"m.sticker",
	"m.room.encrypted",
	"m.poll.start",
	"org.matrix.msc3381.poll.start",
	RTC_RING_TYPE,
	NULL,
};

static bool type_fits(const char *pattern, struct span type)
{
	size_t n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return type.n >= n - 1 && memcmp(type.p, pattern, n - 1) == 0;
	return span_eq_str(type, pattern);
}

bool event_wanted(const struct read_request *rq, const struct store_event *e)
{
	if (rq->since_ms && e->ts < rq->since_ms)
		return false;
	if (rq->until_ms && e->ts > rq->until_ms)
		return false;
	if (rq->all_types)
		return true;
	const char *const *types = rq->types ? rq->types : people_types;
	if (!rq->types && e->unreadable.p)
		return true;
	for (; *types; types++)
		if (type_fits(*types, e->type))
			return true;
	return false;
}

static void put_file(json_t *row, const struct mx_message *m)
{
	row_str(row, "url", m->url);
	row_span(row, "filename", m->filename);
	row_str(row, "mimetype", m->mimetype);
	json_object_set_new(row, "size", m->size >= 0 ? json_integer(m->size) : json_null());
	if (m->caption.n)
		row_span(row, "caption", m->caption);
	if (m->encrypted_file)
		row_bool(row, "encrypted_file", true);
}

static void put_message(json_t *row, const struct mx_event *ev)
{
	struct mx_message m;
	if (!event_message(ev, &m))
		return;
	row_span(row, "body", m.body);
	row_str(row, "msgtype", m.msgtype);
	if (m.html.n)
		row_span(row, "formatted_body", m.html);
	if (m.url || m.encrypted_file)
		put_file(row, &m);
	if (json_array_size(m.mentions))
		json_object_set(row, "mentions", m.mentions);
	if (m.mentions_room)
		row_bool(row, "mentions_room", true);
}

struct edit {
	json_t *row;
	bool found;
};

static int on_edit(const struct store_event *e, void *arg)
{
	struct edit *edit = arg;
	struct mx_event ev;
	if (e->unreadable.p || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (event_is_edit(&ev)) {
		put_message(edit->row, &ev);
		row_int(edit->row, "edited_ts", e->ts);
		edit->found = true;
	}
	event_done(&ev);
	return 0;
}

static int on_reaction(const struct store_event *e, void *arg)
{
	json_t *counts = arg;
	struct mx_event ev;
	const char *target;
	struct span key;
	if (e->unreadable.p || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (event_reaction(&ev, &target, &key)) {
		AUTO_FREE char *name = span_dup(key);
		json_int_t n = json_integer_value(json_object_get(counts, name));
		json_object_set_new(counts, name, json_integer(n + 1));
	}
	event_done(&ev);
	return 0;
}

struct history {
	json_t *list;
	struct span sender;
};

static int on_version(const struct store_event *e, void *arg)
{
	struct history *h = arg;
	if (!e->unreadable.p && !e->redacted_by.p && span_eq(e->sender, h->sender))
		json_array_append_new(h->list, row_text(e->body));
	return 0;
}

static void put_history(const struct row_context *x, json_t *row, const struct store_event *e)
{
	struct history h = {json_array(), e->sender};
	json_array_append_new(h.list, row_text(e->body));
	store_events_related(x->s, e->room, e->event_id, "m.replace", on_version, &h);
	json_object_set_new(row, "edits", h.list);
}

static void put_related(const struct row_context *x, json_t *row, const struct store_event *e)
{
	struct edit edit = {row, false};
	store_event_edit(x->s, e->room, e->event_id, e->sender, on_edit, &edit);
	row_bool(row, "edited", edit.found);
	if (edit.found && x->edits)
		put_history(x, row, e);
	json_t *reactions = json_object();
	store_events_related(x->s, e->room, e->event_id, "m.annotation", on_reaction, reactions);
	json_object_set_new(row, "reactions", reactions);
}

static void put_relation(json_t *row, const struct mx_event *ev)
{
	const struct mx_relation *r = &ev->rel;
	row_str(row, "reply_to", r->reply_to && !r->falling_back ? r->reply_to : NULL);
	bool thread = r->rel_type && strcmp(r->rel_type, "m.thread") == 0;
	row_str(row, "thread", thread ? r->event_id : NULL);
	if (event_is_edit(ev))
		row_str(row, "replaces", r->event_id);
	if (r->rel_type && strcmp(r->rel_type, "m.annotation") == 0) {
		row_str(row, "relates_to", r->event_id);
		row_str(row, "key", r->key);
	}
}

static void put_content(const struct row_context *x, json_t *row, const struct store_event *e)
{
	struct mx_event ev;
	if (event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return;
	bool message = strcmp(ev.type, "m.room.message") == 0 || strcmp(ev.type, "m.sticker") == 0;
	if (!e->redacted_by.p) {
		put_message(row, &ev);
		put_relation(row, &ev);
	}
	if (message && !event_is_edit(&ev) && x->edits_apply && !e->redacted_by.p)
		put_related(x, row, e);
	if (!message)
		json_object_set(row, "content", ev.content);
	if (!strcmp(ev.type, "m.room.encrypted") && !e->redacted_by.p)
		row_str(row, "unreadable",
			_("it is encrypted, and muster cannot read that; open the room in a client "
			  "with encryption, such as Element"));
	if (ev.redacts)
		row_str(row, "redacts", ev.redacts);
	if (x->raw)
		json_object_set(row, "event", ev.json);
	event_done(&ev);
}

json_t *event_row(const struct row_context *x, const struct store_event *e)
{
	json_t *row = json_object();
	AUTO_FREE char *name = store_member_name(x->s, e->room, e->sender);
	row_span(row, "event_id", e->event_id);
	row_str(row, "room_id", x->room->room_id);
	row_str(row, "room", x->room->display);
	row_span(row, "sender", e->sender);
	row_str(row, "sender_name", name);
	row_int(row, "ts", e->ts);
	row_span(row, "type", e->type);
	row_span(row, "body", e->body);
	if (e->state_key.p)
		row_span(row, "state_key", e->state_key);
	if (e->txn_id.p)
		row_span(row, "txn_id", e->txn_id);
	row_bool(row, "redacted", e->redacted_by.p != NULL);
	if (span_eq_str(e->type, "m.room.encrypted") && !e->redacted_by.p)
		row_str(row, "unreadable", _("Encrypted: muster cannot read this yet"));
	if (e->unreadable.p) {
		row_span(row, "unreadable", e->unreadable);
		if (x->raw)
			row_span(row, "raw", e->json);
	} else {
		put_content(x, row, e);
	}
	return row;
}
