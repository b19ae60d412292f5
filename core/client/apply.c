#include "core/client/apply_priv.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/unread.h"

/* Counting all rooms again may take some seconds at most: others wait to write meanwhile. */
#define COUNT_STEPS 300000000

/* What a list breaks off with is kept as one unreadable event. */
static struct sync_event broken_rest(const struct slice *list, const struct err *why)
{
	struct sync_event e = {.raw = span_from(list->text, list->at), .why = *why};
	return e;
}

typedef int event_fn(struct apply *a, const struct sync_event *e, struct err *err);

static int each_event(struct apply *a, struct span list, enum event_form form, event_fn *fn,
		      struct err *err)
{
	struct slice cut;
	struct sync_event e;
	if (!list.n || sync_events(&cut, list, NULL))
		return 0;
	int rc = 0;
	while (!rc && sync_next_event(&cut, form, &e, NULL) > 0) {
		rc = fn(a, &e, err);
		sync_event_done(&e);
	}
	return rc;
}

/* The next free position: behind all events and all gaps. */
static int64_t next_pos(struct store *s, int64_t room)
{
	struct store_gap g;
	int64_t newest = store_newest_pos(s, room);
	if (store_gap_find(s, room, INT64_MAX, &g) && g.pos > newest)
		return g.pos;
	return newest ? newest + 1 : STORE_FIRST_POS;
}

static bool chunk_has_known(struct apply *a, struct span list)
{
	struct slice cut;
	struct sync_event e;
	bool known = false;
	if (!list.n || sync_events(&cut, list, NULL))
		return false;
	while (!known && sync_next_event(&cut, EVENT_ROOM, &e, NULL) > 0) {
		char id[80];
		known = store_event_pos(a->s, a->room, apply_event_id(&e, id)) != 0;
		sync_event_done(&e);
	}
	return known;
}

/* Where this chunk begins; records the gap before it. */
static int place_chunk(struct apply *a, const struct sync_room *r, int64_t *ret_pos,
		       struct err *err)
{
	int64_t next = next_pos(a->s, a->room);
	bool first = next == STORE_FIRST_POS;
	struct store_gap g = {.room = a->room, .pos = next};
	*ret_pos = next;
	if (first ? !r->prev_batch[0] : !r->limited || chunk_has_known(a, r->timeline))
		return 0;
	if (!first) {
		g.low = next - 1;
		g.pos = *ret_pos = next - 1 + STORE_GAP_POS;
	}
	snprintf(g.token, sizeof(g.token), "%s", r->prev_batch);
	return store_gap_add(a->s, &g, err);
}

static int timeline_event(struct apply *a, const struct sync_room *r, const struct sync_event *e,
			  int64_t *pos, struct err *err)
{
	bool is_new = false;
	int rc = apply_event(a, e, *pos, &is_new, err);
	if (rc)
		return rc;
	if (is_new) {
		++*pos;
		a->news = true;
	}
	/* Also for known ones: the state block before this timeline is older than they are. */
	bool is_state = e->ok ? e->ev.state_key != NULL : true;
	return is_state && !r->state_is_after ? apply_state(a, e, err) : 0;
}

static int apply_timeline(struct apply *a, const struct sync_room *r, struct err *err)
{
	struct slice cut;
	struct sync_event e;
	struct err why = {0};
	int64_t pos = 0;
	int got = 0;
	a->last_ts = 0;
	if (!r->timeline.n && !r->limited && !r->prev_batch[0])
		return 0;
	int rc = place_chunk(a, r, &pos, err);
	if (rc || !r->timeline.n || sync_events(&cut, r->timeline, NULL))
		return rc;
	while (!rc && (got = sync_next_event(&cut, EVENT_ROOM, &e, &why)) > 0) {
		rc = timeline_event(a, r, &e, &pos, err);
		sync_event_done(&e);
	}
	if (!rc && got < 0) {
		e = broken_rest(&cut, &why);
		rc = timeline_event(a, r, &e, &pos, err);
	}
	if (!rc && a->last_ts)
		rc = store_room_touch(a->s, a->room, a->last_ts, err);
	return rc;
}

struct receipts {
	struct apply *a;
	int rc;
	struct err *err;
};

static void on_receipt(const char *event_id, const char *user_id, const char *type,
		       const char *thread, int64_t ts, void *arg)
{
	struct receipts *r = arg;
	struct store_receipt row = {
		.user_id = span_of(user_id),
		.type = span_of(type),
		.thread = span_of(thread ? thread : ""),
		.event_id = span_of(event_id),
		.ts = ts,
	};
	if (!r->rc)
		r->rc = store_receipt_set(r->a->s, r->a->room, &row, r->err);
	r->a->news = true;
}

static int on_ephemeral(struct apply *a, const struct sync_event *e, struct err *err)
{
	struct receipts r = {a, 0, err};
	if (e->ok && strcmp(e->ev.type, "m.receipt") == 0)
		receipts_read(e->ev.content, on_receipt, &r);
	if (e->ok && strcmp(e->ev.type, "m.typing") == 0)
		return apply_typing(a, &e->ev, err);
	return r.rc;
}

static int on_account_data(struct apply *a, const struct sync_event *e, struct err *err)
{
	if (!e->ok)
		return 0;
	AUTO_FREE char *content = json_text(e->ev.content);
	int rc = store_account_data_set(a->s, a->room, span_of(e->ev.type), span_of(content), err);
	a->news = true;
	if (!a->room && strcmp(e->ev.type, "m.direct") == 0)
		a->direct_changed = true;
	if (!a->room && strcmp(e->ev.type, "m.push_rules") == 0)
		a->rules_changed = true;
	return !rc && a->room ? apply_room_data(a, &e->ev, err) : rc;
}

static int on_state(struct apply *a, const struct sync_event *e, struct err *err)
{
	return apply_state(a, e, err);
}

static const char *membership_of(struct apply *a, enum sync_section which)
{
	switch (which) {
	case SYNC_JOIN:
		return "join";
	case SYNC_INVITE:
		return "invite";
	case SYNC_KNOCK:
		return "knock";
	default:
		break;
	}
	AUTO_FREE char *own = store_member_membership(a->s, a->room, span_of(a->own));
	return own && strcmp(own, "ban") == 0 ? "ban" : "leave";
}

static int apply_numbers(struct apply *a, const struct sync_room *r, struct err *err)
{
	AUTO_FREE char *heroes = r->heroes ? json_text(r->heroes) : NULL;
	int rc = 0;
	if (r->has_summary)
		rc = store_room_summary(a->s, a->room, r->joined_count, r->invited_count, heroes,
					err);
	if (!rc && (r->notify_count >= 0 || r->highlight_count >= 0))
		rc = store_room_counts(a->s, a->room, r->notify_count < 0 ? 0 : r->notify_count,
				       r->highlight_count < 0 ? 0 : r->highlight_count, err);
	if (!rc)
		rc = apply_thread_counts(a, r, err);
	/* Lazily loaded changes of members may lie in the gap. */
	if (!rc && r->limited)
		rc = store_room_members_complete(a->s, a->room, false, err);
	return rc;
}

static int note_inviter(struct apply *a, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	JSON_AUTO json_t *ev = NULL;
	if (!store_state_get(a->s, a->room, "m.room.member", span_of(a->own), &b) ||
	    json_parse_object(buf_span(&b), &ev, NULL))
		return 0;
	struct sql_stmt *q = SQL(store_sql(a->s), "UPDATE rooms SET inviter=?2 WHERE id=?1");
	sql_bind_i64(q, 1, a->room);
	sql_bind_str(q, 2, json_get_str(ev, "sender"));
	return sql_run(q, err);
}

static int apply_room(struct apply *a, enum sync_section which, const struct sync_room *r,
		      struct err *err)
{
	bool known = store_room_find(a->s, span_of(r->room_id)) != 0;
	a->room = store_room_make(a->s, span_of(r->room_id), err);
	if (a->room < 0)
		return (int)a->room;
	a->rooms_made = a->rooms_made || !known;
	int rc = store_room_seen(a->s, a->room, a->generation, err);
	if (!rc && a->restored && which == SYNC_JOIN)
		rc = apply_lost(a, r, err);
	if (!rc)
		rc = each_event(a, r->stripped, EVENT_STRIPPED, on_state, err);
	if (!rc && !r->state_is_after)
		rc = each_event(a, r->state, EVENT_ROOM, on_state, err);
	if (!rc)
		rc = apply_timeline(a, r, err);
	if (!rc && r->state_is_after)
		rc = each_event(a, r->state, EVENT_ROOM, on_state, err);
	if (!rc)
		rc = each_event(a, r->ephemeral, EVENT_BARE, on_ephemeral, err);
	if (!rc)
		rc = each_event(a, r->account_data, EVENT_BARE, on_account_data, err);
	if (!rc)
		rc = apply_numbers(a, r, err);
	if (!rc)
		rc = store_room_membership(a->s, a->room, membership_of(a, which), err);
	if (!rc && which == SYNC_INVITE)
		rc = note_inviter(a, err);
	if (!rc)
		rc = store_room_rename(a->s, a->room, a->own, err);
	if (!rc)
		rc = store_room_changed(a->s, a->room, err);
	a->news = true;
	return rc;
}

static int apply_section(struct apply *a, const struct sync_reply *reply, enum sync_section which,
			 struct err *err)
{
	struct slice cut;
	struct sync_room r;
	struct err bad = {0};
	int got, rc = 0;
	if (!reply->rooms[which].n)
		return 0;
	rc = sync_rooms(&cut, reply, which, err);
	while (!rc && (got = sync_next_room(&cut, &r, &bad)) != 0) {
		if (got == ERR_PROTOCOL)
			return err_set(err, ERR_PROTOCOL, "%s", bad.msg);
		if (got < 0) {
			log_warn("sync: %s", bad.msg);
			continue;
		}
		rc = apply_room(a, which, &r, err);
		sync_room_done(&r);
	}
	return rc;
}

static int apply_direct(struct apply *a, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!a->direct_changed && !a->rooms_made)
		return 0;
	if (!store_account_data_get(a->s, 0, "m.direct", &b))
		return 0;
	return store_direct_set(a->s, buf_span(&b), err);
}

/* Servers tell counts only of rooms where something happened: other rules give others everywhere. */
static int count_again(struct apply *a, struct err *err)
{
	int rc = 0, budget = COUNT_STEPS;
	if (!a->rules_changed || a->generation) /* with a whole sync come all counts */
		return 0;
	AUTO_FREE int64_t *ids = store_room_ids(a->s, "join");
	for (int64_t *p = ids; *p && !rc && budget > 0; p++)
		if (unread_recount(a->s, a->own, *p, &budget))
			rc = store_room_changed(a->s, *p, err);
	return rc;
}

static int apply_all(struct apply *a, const struct sync_reply *reply, struct err *err)
{
	int rc = 0;
	for (int i = 0; i < SYNC_SECTIONS && !rc; i++)
		rc = apply_section(a, reply, (enum sync_section)i, err);
	a->room = 0;
	if (!rc)
		rc = each_event(a, reply->account_data, EVENT_BARE, on_account_data, err);
	if (!rc)
		rc = each_event(a, reply->presence, EVENT_BARE, apply_presence, err);
	if (!rc)
		rc = apply_direct(a, err);
	if (!rc)
		rc = count_again(a, err);
	if (!rc && a->generation)
		rc = store_rooms_unseen_leave(a->s, a->generation, err);
	return rc;
}

static int finish(struct apply *a, const struct sync_reply *reply, struct err *err)
{
	struct store *s = a->s;
	int64_t commits = store_meta_i64(s, STORE_META_COMMITS, 0);
	int rc = store_meta_set(s, STORE_META_TOKEN, reply->next_batch, err);
	if (!rc && a->news)
		rc = store_meta_set_i64(s, STORE_META_COMMITS, commits + 1, err);
	if (!rc)
		rc = store_meta_set_i64(s, STORE_META_SYNCED_MS, clock_wall_ms(), err);
	return rc ? rc : store_commit(s, err);
}

/* Is the stored token still the one that this reply follows on? */
static int check_token(struct store *s, const char *since, bool whole, struct err *err)
{
	AUTO_FREE char *have = store_meta(s, STORE_META_TOKEN);
	if (whole || (have && strcmp(have, since) == 0))
		return 0;
	return err_set(err, ERR_CONFLICT, _("another process has synced meanwhile"));
}

int apply_sync(struct store *s, const char *own_user_id, const char *since, struct span text,
	       bool *ret_news, struct err *err)
{
	struct sync_reply *reply = NEW(struct sync_reply);
	struct apply a = {.s = s, .own = own_user_id};
	int rc = sync_read(text, reply, err);
	if (!rc)
		rc = store_begin(s, err);
	if (!rc)
		rc = check_token(s, since, !since, err);
	a.restored = !rc && reply->restored;
	if (!since || a.restored)
		a.generation = store_meta_i64(s, STORE_META_COMMITS, 0) + 1;
	if (!rc)
		rc = apply_all(&a, reply, err);
	if (!rc)
		rc = finish(&a, reply, err);
	if (rc)
		store_rollback(s);
	else if (ret_news)
		*ret_news = a.news;
	mem_free(reply);
	return rc;
}
