/*
 * GET /sync
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/filter.h"
#include "server/routes/route.h"
#include "server/sync/device_feed.h"
#include "server/sync/long_sync.h"
#include "server/sync/status.h"
#include "server/sync/waiters.h"

#include <string.h>

#define SYNC_TIMEOUT_MAX_MS 60000

extern const struct route sync_routes[];

/*
 * A backup was put back. A token of the life that it is of goes on as ever when all that
 * it has seen is in the backup. One that has seen more is set back to the backup's last
 * position: what came after the restore is told, nothing is told twice, and state and
 * account data come whole with every timeline marked limited, as some of what the client
 * knows was lost. A token of any other life, or from the future, is answered like an
 * initial sync with limited timelines. An error instead would leave clients retrying for
 * ever.
 */
static void settle_since(const struct server *srv, struct sync_query *q)
{
	uint32_t former;
	int64_t last;
	if (q->since.epoch == db_epoch(srv->db) && q->since.pos <= db_position(srv->db))
		return;
	if (!db_former(srv->db, &former, &last) || q->since.epoch != former) {
		q->initial = q->estranged = true;
		return;
	}
	if (q->since.pos <= last)
		return;
	q->rewound = q->full_state = true;
	q->since.pos = last;
	if (q->since.to_device > last)
		q->since.to_device = last;
}

/* What is not a token of ours at all is the caller's mistake. */
static bool read_since(struct rq *rq, struct sync_query *q)
{
	const struct server *srv = rq->srv;
	const char *since = rq_query(rq, "since");
	if (!since || !*since) {
		q->initial = true;
		return true;
	}
	if (!token_parse_sync(span_of(since), &q->since)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"since\" must be a next_batch that this server gave"));
		return false;
	}
	settle_since(srv, q);
	return true;
}

static bool is_true(struct rq *rq, const char *name)
{
	const char *s = rq_query(rq, name);
	return s && !strcmp(s, "true");
}

static bool read_presence(struct rq *rq, struct hub_user *user)
{
	const char *s = rq_query(rq, "set_presence");
	enum hub_presence as = s ? status_parse(s) : PRESENCE_ONLINE;
	if (as == PRESENCE_UNKNOWN) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"set_presence\" must be online, offline or unavailable"));
		return false;
	}
	status_polled(user, as);
	return true;
}

static bool read_timeout(struct rq *rq, int *ret)
{
	const char *s = rq_query(rq, "timeout");
	int64_t n = 0;
	if (s && *s && !span_i64(span_of(s), &n)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"timeout\" must be a number of milliseconds"));
		return false;
	}
	*ret = n < 0 ? 0 : n > SYNC_TIMEOUT_MAX_MS ? SYNC_TIMEOUT_MAX_MS : (int)n;
	return true;
}

static void get_sync(struct rq *rq)
{
	struct hub *h = rq->srv->hub;
	struct sync_query q = {.user = hub_user(h, rq->who.user_nid),
			       .device_nid = rq->who.device_nid};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	int timeout;
	if (!read_since(rq, &q) || !read_timeout(rq, &timeout) || !read_presence(rq, q.user) ||
	    !filter_of_request(rq, &q.filter))
		return;
	q.full_state |= is_true(rq, "full_state");
	if (is_true(rq, "use_state_after"))
		q.state_after = "state_after";
	else if (is_true(rq, "org.matrix.msc4222.use_state_after"))
		q.state_after = "org.matrix.msc4222.state_after";
	feed_acknowledge(h, rq->who.device_nid, sync_messages_from(&q));
	bool wait = timeout > 0 && !q.initial && !q.full_state && !h->stopping;
	if (long_sync_is(h, &q)) {
		long_sync_start(h, rq, &q, wait ? timeout : 0);
	} else if (sync_build(h, &q, !wait, &b)) {
		filter_unref(q.filter);
		rq_text(rq, 200, &b);
	} else {
		waiters_add(h, rq, &q, timeout);
	}
	buf_done(&b);
}

const struct route sync_routes[] = {
	{"GET", "/_matrix/client/v3/sync", ROUTE_USER, 0, get_sync, 0},
	{0},
};
