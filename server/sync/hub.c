#include "server/sync/hub.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/device_feed.h"
#include "server/sync/device_lists.h"
#include "server/sync/event_row.h"
#include "server/sync/held.h"
#include "server/sync/ignored.h"
#include "server/sync/long_sync.h"
#include "server/sync/typing.h"
#include "server/sync/unread.h"
#include "server/sync/waiters.h"

#include <string.h>

struct hub *hub_new(struct loop *l)
{
	struct hub *h = NEW(struct hub);
	h->loop = l;
	h->typing_no = 1;
	h->built = h->fanout = HISTOGRAM_SECONDS;
	crypto_random(&h->boot, sizeof(h->boot));
	h->typing_timer = loop_timer_new(l, typing_expire, h);
	loop_timer_background(h->typing_timer);
	h->held_timer = loop_timer_new(l, held_due, h);
	loop_timer_background(h->held_timer);
	return h;
}

static void room_free(struct hub_room *r)
{
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&r->members, &at));) {
		unread_free(m->unread);
		mem_free(m);
	}
	nidmap_done(&r->members);
	unread_free(r->unread);
	mem_free(r->typists);
	mem_free(r->room_id);
	mem_free(r);
}

static void user_free(struct hub_user *u)
{
	unread_rules_changed(u);
	ignored_changed(u);
	nidmap_done(&u->rooms);
	mem_free(u->status_msg);
	mem_free(u->user_id);
	mem_free(u);
}

void hub_free(struct hub *h)
{
	struct hub_room *r;
	struct hub_user *u;
	if (!h)
		return;
	/* People first: they look at their memberships, which the rooms own. */
	for (size_t at = 0; (u = nidmap_next(&h->users, &at));)
		user_free(u);
	for (size_t at = 0; (r = nidmap_next(&h->rooms, &at));)
		room_free(r);
	if (h->flush)
		*h->flush = NULL; /* the loop may run it after us */
	feed_free(h);
	nidmap_done(&h->rooms);
	nidmap_done(&h->users);
	tail_done(&h->tail);
	loop_timer_free(h->typing_timer);
	loop_timer_free(h->held_timer);
	loop_timer_free(h->status_timer);
	loop_timer_free(h->long_timer);
	mem_free(h);
}

void hub_stop(struct hub *h)
{
	struct hub_user *u;
	h->stopping = true;
	long_sync_finish(h);
	loop_timer_stop(h->typing_timer);
	loop_timer_stop(h->held_timer);
	if (h->status_timer)
		loop_timer_stop(h->status_timer);
	for (size_t at = 0; (u = nidmap_next(&h->users, &at));)
		waiters_end(h, u, 0);
}

static int64_t newest_of(struct sql_stmt *s, int64_t nid)
{
	sql_bind_i64(s, 1, nid);
	return sql_get_i64(s, 0);
}

struct hub_room *hub_room(struct hub *h, int64_t nid)
{
	struct hub_room *r = nidmap_get(&h->rooms, nid);
	struct sql *db = db_reader(h->db);
	if (r)
		return r;
	struct sql_stmt *s = SQL(db, "SELECT room_id FROM rooms WHERE nid=?1");
	sql_bind_i64(s, 1, nid);
	if (!sql_row(s))
		return NULL;
	r = NEW(struct hub_room);
	r->nid = nid;
	r->named = -1;
	r->room_id = span_dup(sql_col_text(s, 0));
	sql_reset(s);
	r->last_pos =
		newest_of(SQL(db, "SELECT coalesce(max(pos),0) FROM receipts WHERE room_nid=?1"),
			  nid);
	int64_t event =
		newest_of(SQL(db, "SELECT coalesce(max(pos),0) FROM events WHERE room_nid=?1"),
			  nid);
	if (event > r->last_pos)
		r->last_pos = event;
	r->told_pos = r->last_pos;
	nidmap_put(&h->rooms, nid, r);
	return r;
}

struct hub_user *hub_user(struct hub *h, int64_t nid)
{
	struct hub_user *u = nidmap_get(&h->users, nid);
	struct sql *db = db_reader(h->db);
	if (u)
		return u;
	struct sql_stmt *s = SQL(db, "SELECT user_id,erased FROM users WHERE nid=?1");
	sql_bind_i64(s, 1, nid);
	if (!sql_row(s))
		return NULL;
	u = NEW(struct hub_user);
	u->nid = nid;
	u->user_id = span_dup(sql_col_text(s, 0));
	u->erased = sql_col_i64(s, 1) != 0;
	sql_reset(s);
	u->last_pos =
		newest_of(SQL(db,
			      "SELECT coalesce(max(pos),0) FROM account_data WHERE user_nid=?1"),
			  nid);
	nidmap_put(&h->users, nid, u);
	return u;
}

struct hub_member *hub_member(const struct hub *h, int64_t room_nid, int64_t user_nid)
{
	const struct hub_room *r = nidmap_get(&h->rooms, room_nid);
	return r ? nidmap_get(&r->members, user_nid) : NULL;
}

bool hub_share_room(const struct hub *h, int64_t a, int64_t b)
{
	const struct hub_user *u = nidmap_get(&h->users, a);
	struct hub_member *m;
	for (size_t at = 0; u && (m = nidmap_next(&u->rooms, &at));) {
		const struct hub_member *other = nidmap_get(&m->room->members, b);
		if (m->membership == MEMBERSHIP_JOIN && other &&
		    other->membership == MEMBERSHIP_JOIN)
			return true;
	}
	return false;
}

static void count(struct hub_room *r, enum membership m, int by)
{
	if (m == MEMBERSHIP_JOIN)
		r->joined += by;
	else if (m == MEMBERSHIP_INVITE)
		r->invited += by;
}

static void make_latest(struct hub_room *r, struct hub_member *m)
{
	if (m->newer)
		m->newer->older = m->older;
	else if (r->latest == m)
		r->latest = m->older;
	if (m->older)
		m->older->newer = m->newer;
	m->newer = NULL;
	m->older = r->latest;
	if (r->latest)
		r->latest->newer = m;
	r->latest = m;
}

/* A membership as it is now; `joined_pos` -1: follows from the change. */
static struct hub_member *set_member(struct hub *h, int64_t room_nid, int64_t user_nid,
				     enum membership membership, int64_t pos, int64_t joined_pos)
{
	struct hub_room *r = hub_room(h, room_nid);
	struct hub_user *u = hub_user(h, user_nid);
	if (!r || !u)
		return NULL;
	struct hub_member *m = nidmap_get(&r->members, user_nid);
	if (!m) {
		m = NEW(struct hub_member);
		m->room = r;
		m->user = u;
		m->read_pos = -1;
		nidmap_put(&r->members, user_nid, m);
		nidmap_put(&u->rooms, room_nid, m);
	} else {
		count(r, m->membership, -1);
	}
	if (joined_pos < 0 && membership == MEMBERSHIP_JOIN && m->membership != MEMBERSHIP_JOIN)
		m->joined_pos = pos;
	else if (joined_pos >= 0)
		m->joined_pos = joined_pos;
	m->membership = membership;
	m->pos = pos;
	make_latest(r, m);
	if (pos > r->member_pos)
		r->member_pos = pos;
	count(r, membership, 1);
	return m;
}

int hub_load(struct hub *h, struct db *db, struct err *err)
{
	h->db = db;
	tail_init(&h->tail, db_position(db));
	struct sql_stmt *s =
		SQL(db_reader(db), "SELECT user_nid,room_nid,membership,pos,coalesce(joined_pos,0)"
				   " FROM memberships ORDER BY pos");
	while (sql_row(s))
		set_member(h, sql_col_i64(s, 1), sql_col_i64(s, 0),
			   (enum membership)sql_col_i64(s, 2), sql_col_i64(s, 3),
			   sql_col_i64(s, 4));
	int rc = sql_failed(db_reader(db), err);
	if (!rc)
		rc = feed_load(h, err);
	device_lists_load(h);
	return rc;
}

static void moved(struct hub_room *r, int64_t pos)
{
	if (pos > r->last_pos)
		r->last_pos = pos;
}

static void on_event(struct hub *h, const struct db_change *c)
{
	JSON_AUTO json_t *j = NULL;
	struct hub_room *r = hub_room(h, c->room_nid);
	if (!r)
		return;
	struct tail_entry *e = tail_add(&h->tail, c, TAIL_EVENT, r->newest);
	event_tail_text(h, e, (struct span){e->text, e->text_n});
	r->newest = e->seq;
	if (!json_parse_object(span_of(c->text), &j, NULL))
		e->ts = json_get_i64(j, "origin_server_ts", 0);
	/* Only state that replaced something has more to say in `unsigned`. */
	e->extra_known = !c->state_key;
	moved(r, c->pos);
	unread_event(h, r, c, j);
	if (c->state_key &&
	    (!strcmp(c->type, "m.room.name") || !strcmp(c->type, "m.room.canonical_alias")))
		r->named = -1;
	if (!c->state_key && !strcmp(c->type, "m.room.message"))
		typing_sent(h, r, c->sender);
	held_end(h, r);
	hub_wake_room(h, r);
}

static void on_membership(struct hub *h, const struct db_change *c)
{
	struct hub_member *m =
		set_member(h, c->room_nid, c->user_nid, (enum membership)c->membership, c->pos, -1);
	if (!m)
		return;
	unread_read(m);
	m->user->status_new |= m->membership == MEMBERSHIP_JOIN && m->user->status_no;
	if (m->membership != MEMBERSHIP_JOIN)
		hub_typing(h, m->room, m->user, 0);
	hub_wake_user(h, m->user);
}

static void on_receipt(struct hub *h, const struct db_change *c)
{
	struct hub_room *r = hub_room(h, c->room_nid);
	struct hub_user *u = hub_user(h, c->user_nid);
	struct hub_member *m = hub_member(h, c->room_nid, c->user_nid);
	if (!r || !u)
		return;
	r->newest = tail_add(&h->tail, c, TAIL_RECEIPT, r->newest)->seq;
	moved(r, c->pos);
	if (m) {
		unread_read(m);
		m->receipt_pos = c->pos;
	}
	hub_wake_user(h, u);
	if (!c->private_to_user)
		held_add(h, r);
	else if (!r->held_until_ms)
		held_end(h, r);
}

static void on_account_data(struct hub *h, const struct db_change *c)
{
	struct hub_user *u = hub_user(h, c->user_nid);
	if (!u)
		return;
	u->newest = tail_add(&h->tail, c, TAIL_ACCOUNT_DATA, u->newest)->seq;
	if (c->pos > u->last_pos)
		u->last_pos = c->pos;
	if (!c->room_nid) {
		unread_rules_changed(u);
		ignored_changed(u);
	}
	hub_wake_user(h, u);
}

static void on_profile(struct hub *h, const struct db_change *c)
{
	struct hub_user *u = nidmap_get(&h->users, c->user_nid);
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT erased FROM users WHERE nid=?1");
	sql_bind_i64(s, 1, c->user_nid);
	if (u)
		u->erased = sql_get_i64(s, 0) != 0;
}

static void on_redaction(struct hub *h, const struct db_change *c)
{
	struct hub_room *r = hub_room(h, c->room_nid);
	tail_redacted(&h->tail, c->target_pos);
	if (r)
		unread_redacted(r, c->target_pos);
}

void hub_commit(const struct db_change *changes, size_t n, void *arg)
{
	struct hub *h = arg;
	/* Before hub_load only the store itself writes, and memberships are read after that. */
	if (!h->db)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct db_change *c = &changes[i];
		struct hub_user *u;
		switch (c->kind) {
		case CHANGE_EVENT:
			on_event(h, c);
			break;
		case CHANGE_MEMBERSHIP:
			on_membership(h, c);
			break;
		case CHANGE_RECEIPT:
			on_receipt(h, c);
			break;
		case CHANGE_ACCOUNT_DATA:
			on_account_data(h, c);
			break;
		case CHANGE_REDACTION:
			on_redaction(h, c);
			break;
		case CHANGE_TOKENS:
			/* A logged-out device finds out when it asks again. */
			u = nidmap_get(&h->users, c->user_nid);
			if (u)
				waiters_end(h, u, c->device_nid);
			break;
		case CHANGE_TO_DEVICE:
			feed_message(h, c);
			break;
		case CHANGE_DEVICE_KEYS:
			feed_keys(h, c);
			break;
		case CHANGE_DEVICE_GONE:
			feed_gone(h, c);
			break;
		case CHANGE_DEVICE_LIST:
			device_lists_change(h, c);
			break;
		case CHANGE_PROFILE:
			on_profile(h, c);
			break;
		}
	}
}

void hub_wake_user(struct hub *h, struct hub_user *user)
{
	if (user->waiters)
		waiters_mark(h, user);
}

void hub_wake_room(struct hub *h, struct hub_room *room)
{
	struct hub_member *m;
	if (!h->waiting)
		return;
	for (size_t at = 0; (m = nidmap_next(&room->members, &at));)
		if (m->membership == MEMBERSHIP_JOIN && m->user->waiters)
			waiters_mark(h, m->user);
}
