#include "core/client/rooms.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/event.h"

#define PAGE 250
#define EXPORT_VERSION 1

struct out {
	room_export_fn *line;
	void *arg;
	int64_t events, media, last_pos;
	int rc, count;
};

static int emit(struct out *o, json_t *row)
{
	AUTO_FREE char *text = json_text(row);
	json_decref(row);
	o->rc = o->line(span_of(text), o->arg);
	return o->rc;
}

static int emit_event(struct out *o, const char *kind, struct span json, struct span unreadable)
{
	json_t *ev = NULL, *row = json_pack("{s:s}", "kind", kind);
	if (!unreadable.p && json_parse_object(json, &ev, NULL) == 0) {
		json_object_set_new(row, "event", ev);
		return emit(o, row);
	}
	row_str(row, "kind", "unreadable");
	row_span(row, "reason", unreadable.p ? unreadable : SPAN_LIT("not valid JSON"));
	row_span(row, "raw", json);
	return emit(o, row);
}

static int on_state(const struct store_state *st, void *arg)
{
	return emit_event(arg, "state", st->json, (struct span){NULL, 0});
}

static int on_event(const struct store_event *e, void *arg)
{
	struct out *o = arg;
	o->last_pos = e->pos;
	o->events++;
	return emit_event(o, "event", e->json, e->unreadable) ? 1 : ++o->count >= PAGE;
}

static int on_media(const struct store_event *e, void *arg)
{
	struct out *o = arg;
	struct mx_event ev;
	struct mx_message m;
	o->last_pos = e->pos;
	if (e->unreadable.p || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return ++o->count >= PAGE;
	if (event_message(&ev, &m) && m.url) {
		json_t *row = json_pack("{s:s, s:s}", "kind", "media", "url", m.url);
		row_span(row, "event_id", e->event_id);
		row_span(row, "filename", m.filename);
		row_str(row, "mimetype", m.mimetype);
		json_object_set_new(row, "size", m.size >= 0 ? json_integer(m.size) : json_null());
		o->media++;
		emit(o, row);
	}
	event_done(&ev);
	return o->rc ? 1 : ++o->count >= PAGE;
}

/* In pages, so that no read transaction stays open while the caller writes. */
static int pages(struct store *s, int64_t room, store_event_fn *fn, struct out *o)
{
	o->last_pos = 0;
	do {
		o->count = 0;
		store_events_walk(s, room, o->last_pos, INT64_MAX, false, fn, o);
	} while (!o->rc && o->count >= PAGE);
	return o->rc;
}

static int fetch_all(struct client *c, struct store *s, int64_t room, struct err *err)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	while (store_gap_find(s, room, INT64_MAX, g)) {
		bool more;
		int rc = client_check_time(c, err);
		if (!rc)
			rc = sync_backfill(c, room, g->pos, PAGE, &more, err);
		if (rc)
			return rc;
	}
	return 0;
}

int client_room_export(struct client *c, const char *room_id, room_export_fn *line, void *arg,
		       struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	struct out o = {.line = line, .arg = arg};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_need_members(c, room_id, err);
	if (!rc)
		rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (!rc)
		rc = fetch_all(c, s, r.id, err);
	if (rc)
		return rc;
	json_t *head = json_pack("{s:s, s:i, s:s, s:s, s:I}", "kind", "muster-room-export",
				 "version", EXPORT_VERSION, "room_id", room_id, "user_id",
				 client_account(c)->user_id, "exported_ts", clock_wall_ms());
	row_str(head, "name", r.display);
	rc = emit(&o, head);
	if (!rc)
		rc = store_state_walk(s, r.id, on_state, &o);
	if (!rc)
		rc = pages(s, r.id, on_event, &o);
	if (!rc)
		rc = pages(s, r.id, on_media, &o);
	if (!rc)
		rc = emit(&o, json_pack("{s:s, s:I, s:I}", "kind", "end", "events", o.events,
					"media", o.media));
	return rc;
}
