#include "core/client/timeline.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/sync.h"
#include "core/client/util.h"

struct target {
	struct store *s;
	int64_t room, pos, ts;
	char *sender;
	client_row_fn *fn;
	void *arg;
	json_t *stand; /* user id -> {pos, ts, event_id} of the furthest receipt */
};

static int on_target(const struct store_event *e, void *arg)
{
	struct target *t = arg;
	t->pos = e->pos;
	t->ts = e->ts;
	t->sender = span_dup(e->sender);
	return 0;
}

static int on_receipt(const struct store_receipt *r, void *arg)
{
	struct target *t = arg;
	if (!span_starts(r->type, "m.read"))
		return 0;
	AUTO_FREE char *user = span_dup(r->user_id);
	json_t *had = json_object_get(t->stand, user);
	if (had && json_get_i64(had, "pos", 0) >= r->pos)
		return 0;
	json_t *now = json_object();
	row_int(now, "pos", r->pos);
	row_int(now, "ts", r->ts);
	row_span(now, "event_id", r->event_id);
	json_object_set_new(t->stand, user, now);
	return 0;
}

static int on_member(const struct store_member *m, void *arg)
{
	struct target *t = arg;
	AUTO_FREE char *user = span_dup(m->user_id);
	if (strcmp(user, t->sender) == 0)
		return 0;
	json_t *stand = json_object_get(t->stand, user), *row = json_object();
	int64_t sent_ts = 0, sent = store_last_sent(t->s, t->room, m->user_id, &sent_ts);
	bool receipt = json_get_i64(stand, "pos", 0) >= t->pos;
	bool implied = sent > t->pos; /* who writes after it has seen it */
	row_str(row, "user_id", user);
	row_span(row, "name", m->name.n ? m->name : (struct span){NULL, 0});
	row_bool(row, "read", receipt || implied);
	if (receipt)
		row_int(row, "ts", json_get_i64(stand, "ts", 0));
	else
		json_object_set_new(row, "ts", implied ? json_integer(sent_ts) : json_null());
	row_str(row, "event_id", json_get_str(stand, "event_id"));
	row_str(row, "by", receipt ? "receipt" : implied ? "message" : NULL);
	int rc = t->fn(row, t->arg);
	json_decref(row);
	return rc;
}

/* The event must be here, and nothing newer may be missing. */
static int find_target(struct client *c, const char *room_id, const char *event_id,
		       struct target *t, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &t->s, err);
	t->room = r.id;
	while (!rc) {
		bool more, gap = store_gap_find(t->s, r.id, INT64_MAX, g);
		mem_free(take(&t->sender));
		bool here = store_event_get(t->s, r.id, span_of(event_id), on_target, t);
		if (here && (!gap || g->pos <= t->pos))
			return 0;
		if (!gap)
			return err_set(err, ERR_NOT_FOUND, _("There is no event %s in the room"),
				       event_id);
		rc = sync_backfill(c, r.id, g->pos, 100, &more, err);
		if (!rc)
			rc = client_check_time(c, err);
	}
	return rc;
}

int client_receipts(struct client *c, const char *room_id, const char *event_id, client_row_fn *fn,
		    void *arg, struct err *err)
{
	JSON_AUTO json_t *stand = json_object();
	struct target t = {.fn = fn, .arg = arg, .stand = stand};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_need_members(c, room_id, err);
	if (!rc)
		rc = find_target(c, room_id, event_id, &t, err);
	if (!rc) {
		store_receipt_walk(t.s, t.room, on_receipt, &t);
		rc = store_member_walk(t.s, t.room, "join", on_member, &t);
	}
	mem_free(t.sender);
	return rc;
}
