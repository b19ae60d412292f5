#include "core/base/mem.h"
#include "core/client/deliver_priv.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#define CLOCKS_APART_MS 900000 /* our clock and the server's */
#define MAX_PAGES 100

struct search {
	const struct store_outbox *o;
	const char *own;
	json_t *content;
	char *later_txn; /* of a row that the server had for later, else NULL */
	int64_t from_ts, pos;
	char *found;
	int64_t apart_ms; /* of the time it is for, where words alone were compared */
	bool reached;	  /* events older than the first attempt have been seen */
};

static bool same_content(const struct search *f, struct span text)
{
	JSON_AUTO json_t *ev = NULL;
	if (json_parse_object(text, &ev, NULL))
		return false;
	if (f->o->target) {
		const char *old = json_get_str(ev, "redacts");
		const char *target = json_get_str(json_get_object(ev, "content"), "redacts");
		return (old && strcmp(old, f->o->target) == 0) ||
		       (target && strcmp(target, f->o->target) == 0);
	}
	return json_equal(json_object_get(ev, "content"), f->content);
}

/* By its name. */
static bool is_named(const struct search *f, const struct store_event *e)
{
	return span_eq_str(e->txn_id, f->o->txn_id) ||
	       (f->later_txn && span_eq_str(e->txn_id, f->later_txn));
}

/* Of several that say the same the one that came nearest to its time; without a time, the newest. */
static int keep_nearest(struct search *f, const struct store_event *e)
{
	int64_t apart = e->ts - f->o->due_ms;
	apart = apart < 0 ? -apart : apart;
	if (f->found && apart >= f->apart_ms)
		return 0;
	mem_free(f->found);
	f->found = span_dup(e->event_id);
	f->apart_ms = apart;
	return f->o->due_ms ? 0 : 1;
}

static int on_event(const struct store_event *e, void *arg)
{
	struct search *f = arg;
	f->pos = e->pos;
	if (e->ts < f->from_ts) {
		f->reached = true;
		return 1;
	}
	if (is_named(f, e)) {
		mem_free(f->found);
		f->found = span_dup(e->event_id);
		f->reached = true;
		return 1;
	}
	bool ours = span_eq_str(e->sender, f->own) && span_eq_str(e->type, f->o->type);
	return ours && !e->txn_id.p && same_content(f, e->json) ? keep_nearest(f, e) : 0;
}

/* Walk back, filling gaps, until the time before the first attempt. */
static int walk_back(struct client *c, struct store *s, int64_t room, struct search *f,
		     struct err *err)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int64_t to = INT64_MAX;
	for (int i = 0; i < MAX_PAGES; i++) {
		bool more, gap = store_gap_find(s, room, to, g);
		store_events_walk(s, room, gap ? g->pos - 1 : 0, to, true, on_event, f);
		if ((f->found && !f->o->due_ms) || f->reached || !gap)
			return 0;
		to = g->pos;
		int rc = sync_backfill(c, room, g->pos, 100, &more, err);
		if (rc)
			return rc;
	}
	return 0;
}

int deliver_find_posted(struct client *c, const struct store_outbox *o, char **ret_event_id,
			struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct search f = {
		.o = o,
		.own = client_account(c)->user_id,
		.from_ts = (o->due_ms ? o->due_ms : o->created_ms) - CLOCKS_APART_MS,
	};
	struct store *s;
	int rc = client_fresh_store(c, &s, err);
	if (!rc)
		rc = client_find_room(c, o->room_id, &r, err);
	if (rc)
		return rc;
	AUTO_FREE char *later = o->due_ms ? deliver_later_txn(o) : NULL;
	*ret_event_id = store_event_by_txn(s, r.id, o->txn_id);
	if (!*ret_event_id && later)
		*ret_event_id = store_event_by_txn(s, r.id, later);
	if (*ret_event_id)
		return 0;
	f.later_txn = later;
	rc = json_parse_object(span_of(o->content), &f.content, err);
	if (!rc)
		rc = walk_back(c, s, r.id, &f, err);
	json_decref(f.content);
	if (!rc)
		*ret_event_id = take(&f.found);
	mem_free(f.found);
	return rc;
}
