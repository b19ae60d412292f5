#include "core/base/log.h"
#include "server/http/internal.h"

/*
 * A client that asks and does not read makes the server keep what it asked for. The
 * connections that wait are those with a deadline for writing, which are in order of
 * when they last got on: the first has waited longest.
 */

static bool counts(const struct conn *c, const struct conn *among)
{
	return c->owner == among->owner && c->state != CONN_WS;
}

static size_t owners(const struct conn *c)
{
	size_t n = 0;
	for (const struct conn *o = c->h->deadlines[DL_WRITE].first; o; o = o->dl_next)
		n += counts(o, c) ? o->out_bytes : 0;
	return n;
}

/* The one that has waited longest, of the same owner or of all, but `c` itself; or NULL. */
static struct conn *oldest(const struct conn *c, bool same_owner)
{
	struct conn *o = c->h->deadlines[DL_WRITE].first;
	while (o && (o == c || (same_owner && !counts(o, c))))
		o = o->dl_next;
	return o;
}

/* Its memory is given back in the loop's next turn: it may be within a call of its own. */
static void end(struct conn *c)
{
	log_info("httpd: %s does not read its replies: a connection with %zu bytes is closed",
		 c->peer, c->out_bytes);
	c->h->stats.unread++;
	conn_abort_later(c);
}

static void end_oldest(const struct conn *c, size_t have, size_t max, bool same_owner)
{
	while (have > max) {
		struct conn *o = oldest(c, same_owner);
		if (!o)
			return;
		have -= o->out_bytes;
		end(o);
	}
}

/* What is to be closed already is no longer held against anybody. */
static size_t all(const struct httpd *h)
{
	size_t n = 0;
	for (const struct conn *o = h->deadlines[DL_WRITE].first; o; o = o->dl_next)
		n += o->out_bytes;
	return n;
}

void unsent_check(struct conn *c)
{
	const struct httpd *h = c->h;
	if (!c->out_bytes || c->dl != DL_WRITE)
		return;
	if (h->unsent > h->opt.max_unsent_owner && c->state != CONN_WS)
		end_oldest(c, owners(c), h->opt.max_unsent_owner, true);
	if (h->unsent > h->opt.max_unsent)
		end_oldest(c, all(h), h->opt.max_unsent, false);
}

void httpd_set_owner(struct httpd_request *rq, int64_t owner)
{
	request_conn(rq)->owner = owner;
}
