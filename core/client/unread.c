#include "core/client/unread.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/power.h"
#include "core/matrix/pushrules_eval.h"
#include "core/store/unread.h"

#define EVENT_STEPS 1000 /* what reading an event costs, counted in comparisons */

struct recount {
	struct store *s;
	int64_t room;
	const char *own, *room_id, *sender;
	struct power power;
	json_t *rules, *ignored;
	struct pushrules_context ctx;
	int *budget;
	int64_t everywhere, main; /* positions read */
	bool unknown;		  /* a receipt stands at an event that is not here */
	json_t *threads;	  /* root -> {read, unread, highlights} */
	int64_t unread, highlights;
	int looked_at;
};

static json_t *thread_of(struct recount *r, const char *root)
{
	json_t *t = json_object_get(r->threads, root);
	if (!t) {
		t = json_object();
		json_object_set_new(r->threads, root, t);
	}
	return t;
}

static void raise_to(int64_t *pos, int64_t to)
{
	if (*pos < to)
		*pos = to;
}

static int on_receipt(const struct store_receipt *e, void *arg)
{
	struct recount *r = arg;
	if (!span_eq_str(e->user_id, r->own) ||
	    (!span_eq_str(e->type, "m.read") && !span_eq_str(e->type, "m.read.private")))
		return 0;
	if (!e->pos) {
		/* Of a thread that has nothing new it does not matter. */
		r->unknown = r->unknown || !e->thread.n || span_eq_str(e->thread, "main");
	} else if (!e->thread.n) {
		raise_to(&r->everywhere, e->pos);
	} else if (span_eq_str(e->thread, "main")) {
		raise_to(&r->main, e->pos);
	} else {
		AUTO_FREE char *root = span_dup(e->thread);
		json_t *t = thread_of(r, root);
		if (json_get_i64(t, "read", 0) < e->pos)
			row_int(t, "read", e->pos);
	}
	return 0;
}

static bool may_notify(const char *key, void *arg)
{
	const struct recount *r = arg;
	return strcmp(key, "room") == 0 && power_of_user(&r->power, r->sender) >=
						   power_for_action(&r->power, POWER_NOTIFY_ROOM);
}

static void count(struct recount *r, const struct store_event *e, struct pushrules_verdict v)
{
	if (!span_eq_str(e->rel_type, "m.thread")) {
		r->unread += e->pos > r->main && v.notify;
		r->highlights += e->pos > r->main && v.highlight;
		return;
	}
	AUTO_FREE char *root = span_dup(e->rel_to);
	json_t *t = thread_of(r, root);
	if (e->pos <= json_get_i64(t, "read", 0))
		return;
	row_int(t, "unread", json_get_i64(t, "unread", 0) + v.notify);
	row_int(t, "highlights", json_get_i64(t, "highlights", 0) + v.highlight);
}

static int on_event(const struct store_event *e, void *arg)
{
	struct recount *r = arg;
	JSON_AUTO json_t *ev = NULL;
	AUTO_FREE char *sender = span_dup(e->sender);
	*r->budget -= EVENT_STEPS;
	if (++r->looked_at > UNREAD_LOOK_BACK || *r->budget <= 0)
		return 1;
	if (span_eq_str(e->sender, r->own) || e->redacted_by.p || e->unreadable.p ||
	    json_object_get(r->ignored, sender) || json_parse_object(e->json, &ev, NULL))
		return 0;
	json_object_set_new(ev, "room_id", json_string(r->room_id));
	r->sender = sender;
	count(r, e, pushrules_eval(r->rules, ev, &r->ctx));
	return 0;
}

static int store_counts(struct recount *r)
{
	const char *root;
	json_t *t;
	int rc = store_room_counts(r->s, r->room, r->unread, r->highlights, NULL);
	if (!rc)
		rc = store_thread_counts_clear(r->s, r->room, NULL);
	json_object_foreach (r->threads, root, t) {
		struct store_thread_count row = {span_of(root), json_get_i64(t, "unread", 0),
						 json_get_i64(t, "highlights", 0)};
		if (!rc)
			rc = store_thread_count_set(r->s, r->room, &row, NULL);
	}
	return rc ? rc : store_thread_counts_sum(r->s, r->room, NULL);
}

static json_t *account_data(struct store *s, const char *type)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_t *content = NULL;
	if (!store_account_data_get(s, 0, type, &b) ||
	    json_parse_object(buf_span(&b), &content, NULL))
		return NULL;
	return content;
}

/* Nothing from before we came counts. */
static int64_t joined_pos(struct store *s, int64_t room, const char *own)
{
	struct sql_stmt *q =
		SQL(store_sql(s),
		    "SELECT max(pos) FROM events INDEXED BY"
		    " events_member WHERE room=?1 AND sender=?2 AND type='m.room.member' AND"
		    " state_key=?2 AND"
		    " json_valid(json) AND"
		    " json_extract(json,'$.content.membership')='join'"
		    " AND coalesce(json_extract(json,"
		    "'$.unsigned.prev_content.membership'),'')<>'join'");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, own);
	return sql_get_i64(q, 0);
}

static bool recount(struct recount *r)
{
	JSON_AUTO json_t *power_event = NULL, *create_event = NULL;
	AUTO_FREE char *name = store_member_name(r->s, r->room, span_of(r->own));
	const char *creator = NULL;
	store_receipt_walk(r->s, r->room, on_receipt, r);
	if (r->unknown)
		return false;
	json_t *levels = state_content(r->s, r->room, "m.room.power_levels", NULL, &power_event);
	json_t *create = state_content(r->s, r->room, "m.room.create", &creator, &create_event);
	power_init(&r->power, levels, create, creator);
	raise_to(&r->everywhere, joined_pos(r->s, r->room, r->own));
	r->ctx.display_name = name ? name : "";
	r->ctx.may_notify = may_notify;
	r->ctx.arg = r;
	r->ctx.budget = r->budget;
	store_events_walk(r->s, r->room, r->everywhere, INT64_MAX, true, on_event, r);
	power_done(&r->power);
	return *r->budget > 0 && store_counts(r) == 0;
}

bool unread_recount(struct store *s, const char *own_user_id, int64_t room, int *budget)
{
	AUTO(store_room_done) struct store_room row = {0};
	JSON_AUTO json_t *rules = account_data(s, "m.push_rules");
	JSON_AUTO json_t *ignored = account_data(s, "m.ignored_user_list");
	JSON_AUTO json_t *threads = json_object();
	if (!rules || !store_room_get(s, room, &row))
		return false;
	struct recount r = {
		.s = s,
		.room = room,
		.own = own_user_id,
		.room_id = row.room_id,
		.rules = rules,
		.ignored = json_get_object(ignored, "ignored_users"),
		.ctx = {.members = (int)row.joined},
		.budget = budget,
		.threads = threads,
	};
	return recount(&r);
}

static int on_newest(const struct store_event *e, void *arg)
{
	if (e->unreadable.p)
		return 0;
	*(char **)arg = span_dup(e->event_id);
	return 1;
}

static int on_last_of_thread(const struct store_event *e, void *arg)
{
	if (e->unreadable.p)
		return 0;
	mem_free(*(char **)arg);
	*(char **)arg = span_dup(e->event_id);
	return 0;
}

/* The newest event of the room or thread that is here; NULL: none. The caller owns it. */
static char *newest(struct store *s, int64_t room, const char *thread)
{
	char *id = NULL;
	if (!thread) {
		store_events_walk(s, room, 0, INT64_MAX, true, on_newest, &id);
		return id;
	}
	store_events_related(s, room, span_of(thread), "m.thread", on_last_of_thread, &id);
	return id ? id : mem_strdup(thread);
}

bool unread_note_read(struct store *s, const char *own_user_id, const struct read_mark *m)
{
	int64_t room = store_room_find(s, span_of(m->room_id));
	AUTO_FREE char *found = room && !m->event_id ? newest(s, room, m->thread) : NULL;
	const char *event = m->event_id ? m->event_id : found;
	if (!room || !event || !store_event_pos(s, room, span_of(event)))
		return false;
	struct store_receipt r = {
		.user_id = span_of(own_user_id),
		.type = span_of(m->secret ? "m.read.private" : "m.read"),
		.thread = span_of(m->thread ? m->thread : ""),
		.event_id = span_of(event),
		.ts = clock_wall_ms(),
	};
	int budget = UNREAD_STEPS, rc = store_begin(s, NULL);
	if (rc)
		return false;
	rc = store_receipt_set(s, room, &r, NULL);
	if (!rc && !m->thread)
		rc = store_fully_read_set(s, room, span_of(event), NULL);
	if (!rc && !m->thread)
		rc = store_marked_unread_set(s, room, false, NULL);
	bool ok = !rc && unread_recount(s, own_user_id, room, &budget);
	if (!rc)
		rc = store_room_changed(s, room, NULL);
	if (rc || store_commit(s, NULL)) {
		store_rollback(s);
		return false;
	}
	return ok;
}

int client_mark(struct client *c, const struct read_mark *m, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE char *found = NULL;
	struct read_mark mark = *m;
	struct store *s;
	int rc = m->event_id ? 0 : client_refresh(c, err);
	if (!rc)
		rc = client_find_room(c, m->room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	if (!mark.event_id) {
		found = newest(s, r.id, m->thread);
		mark.event_id = found;
	}
	if (!mark.event_id)
		return 0;
	struct request rq =
		m->thread ? request_receipt(m->room_id, m->secret ? "m.read.private" : "m.read",
					    mark.event_id, m->thread)
			  : request_read_markers(m->room_id, mark.event_id,
						 m->secret ? NULL : mark.event_id,
						 m->secret ? mark.event_id : NULL);
	rc = session_do(client_session(c), rq, NULL, err);
	if (!rc && r.marked_unread && !m->thread)
		rc = client_mark_unread(c, m->room_id, false, err);
	if (!rc)
		unread_note_read(s, client_account(c)->user_id, &mark);
	return rc;
}

int client_mark_unread(struct client *c, const char *room_id, bool on, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	JSON_AUTO json_t *content = json_pack("{s:b}", "unread", on);
	struct store *s;
	int rc = client_find_room(c, room_id, &r, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (!rc)
		rc = session_do(client_session(c),
				request_account_data_put(client_account(c)->user_id, room_id,
							 "m.marked_unread", content),
				NULL, err);
	if (!rc)
		rc = store_marked_unread_set(s, r.id, on, err);
	return rc ? rc : store_room_changed(s, r.id, err);
}
