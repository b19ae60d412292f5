/*
 * GET /notifications: what the person's push rules said to tell them about,
 * the newest first.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/routes/route_steps.h"
#include "server/sync/ignored.h"
#include "server/sync/unread.h"

#include <string.h>

extern const struct route notifications_routes[];

#define LIMIT_DEFAULT 20
#define LIMIT_MAX 100
#define SCAN_MAX 2000	     /* events looked at for one reply, ... */
#define SCAN_STEP 50	     /* so many at once */
#define JUDGE_STEPS 20000000 /* comparisons for one reply */

struct walk {
	struct rq *rq;
	struct hub *h;
	struct buf b;
	bool highlights;
	int limit, shown, looks, budget;
	int64_t from; /* position that is looked at next; 0: there are no more */
};

static void walk_free(void *arg)
{
	struct walk *w = arg;
	buf_done(&w->b);
	mem_free(w);
}

static const char *thread_of(const json_t *event)
{
	const json_t *r = json_get_object(json_get_object(event, "content"), "m.relates_to");
	const char *type = json_get_str(r, "rel_type");
	return type && !strcmp(type, "m.thread") ? json_get_str(r, "event_id") : NULL;
}

static void put(struct walk *w, struct hub_member *m, const struct event_row *e,
		const json_t *event, const json_t *actions)
{
	const struct event_view view = {.hub = w->h,
					.user_nid = m->user->nid,
					.device_nid = w->rq->who.device_nid,
					.now_ms = e->ts,
					.room_id = m->room->room_id,
					.cut_room_id = true};
	bool was_read = unread_was_read(w->h, m, e->pos, thread_of(event));
	buf_put_str(&w->b, w->shown++ ? ",{\"actions\":" : "{\"actions\":");
	json_put(&w->b, actions);
	buf_put_str(&w->b, ",\"event\":");
	event_put(&w->b, e, &view);
	buf_printf(&w->b, ",\"read\":%s,\"ts\":%lld,\"room_id\":", was_read ? "true" : "false",
		   (long long)e->ts);
	buf_put_json_str(&w->b, span_of(m->room->room_id));
	buf_put_char(&w->b, '}');
}

/* Events of rooms that the person is in, after they came, by others. */
static void look_at(struct walk *w, int64_t room_nid, const struct event_row *e)
{
	JSON_AUTO json_t *event = NULL, *actions = NULL;
	struct hub_member *m = hub_member(w->h, room_nid, w->rq->who.user_nid);
	if (!m || m->membership != MEMBERSHIP_JOIN || e->pos <= m->joined_pos ||
	    e->sender_nid == m->user->nid || e->sender_nid == w->h->own_nid ||
	    ignored_sender(w->h, m->user, e->sender) || json_parse_object(e->text, &event, NULL))
		return;
	struct pushrules_verdict v = unread_judge(w->h, m, event, &w->budget, &actions);
	if (v.notify && (v.highlight || !w->highlights))
		put(w, m, e, event, actions);
}

static void look_at_some(struct walk *w)
{
	struct event_list l = {0};
	int64_t rooms[SCAN_STEP] = {0};
	struct sql_stmt *s = SQL(db_reader(w->h->db),
				 "SELECT" EVENT_COLUMNS ",e.room_nid FROM events e WHERE e.pos<=?1"
				 " AND e.redacted_by IS NULL ORDER BY e.pos DESC LIMIT ?2");
	sql_bind_i64(s, 1, w->from);
	sql_bind_i64(s, 2, SCAN_STEP);
	while (sql_row(s)) {
		rooms[l.n] = sql_col_i64(s, EVENT_COLUMN_COUNT);
		event_row_read(w->h, s, &l);
	}
	for (size_t i = 0; i < l.n && w->shown < w->limit; i++) {
		w->from = l.v[i].pos - 1;
		w->looks++;
		look_at(w, rooms[i], &l.v[i]);
	}
	if (l.n < SCAN_STEP && w->shown < w->limit)
		w->from = 0;
	event_list_done(&l);
}

static bool step(void *arg, int64_t until_ns)
{
	struct walk *w = arg;
	do
		look_at_some(w);
	while (w->from && w->shown < w->limit && w->looks < SCAN_MAX && clock_mono_ns() < until_ns);
	return !w->from || w->shown == w->limit || w->looks >= SCAN_MAX;
}

static void reply(struct rq *rq, void *arg)
{
	struct walk *w = arg;
	buf_put_char(&w->b, ']');
	if (w->from)
		buf_printf(&w->b, ",\"next_token\":\"n%lld\"", (long long)w->from);
	buf_put_char(&w->b, '}');
	rq_text(rq, 200, &w->b);
}

static bool read_from(struct rq *rq, int64_t *ret)
{
	const char *s = rq_query(rq, "from");
	*ret = db_position(rq->srv->db);
	if (!s || !*s || (s[0] == 'n' && span_i64(span_of(s + 1), ret)))
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", _("\"%s\" must be %s"), "from",
		 _("a token that this server gave"));
	return false;
}

static void get_notifications(struct rq *rq)
{
	const char *only = rq_query(rq, "only");
	struct walk w = {.rq = rq,
			 .h = rq->srv->hub,
			 .b = BUF_INIT(BUF_CAP_OWN),
			 .budget = JUDGE_STEPS,
			 .highlights = only && !strcmp(only, "highlight")};
	if (!read_limit(rq, LIMIT_DEFAULT, LIMIT_MAX, &w.limit) || !read_from(rq, &w.from))
		return;
	buf_put_str(&w.b, "{\"notifications\":[");
	rq_in_steps(rq, step, reply, mem_dup(&w, sizeof(w)), walk_free);
}

const struct route notifications_routes[] = {
	{"GET", "/_matrix/client/v3/notifications", ROUTE_USER, 0, get_notifications, 0},
	{0},
};
