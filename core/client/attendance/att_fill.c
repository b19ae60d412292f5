/* History for registers: fetched back to where the first lesson begins; what cannot be had is told. */
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/sync.h"
#include "core/store/evidence.h"

#define PAGE 500
#define CLOCKS_APART_MS 3600000 /* events a little out of order by their own clocks */

/* The highest gap whose upper edge is not before `since_ms`. */
static bool next_gap(struct store *s, int64_t room, int64_t below, int64_t since_ms,
		     struct store_gap *ret)
{
	int64_t ts;
	bool create;
	if (!store_gap_find(s, room, below, ret))
		return false;
	return !store_evidence_ts(s, room, ret->pos, true, &ts, &create) ||
	       ts >= since_ms - CLOCKS_APART_MS;
}

struct filled {
	const struct attendance_query *q;
	int64_t newest_ms, since_ms; /* from where it goes back to where */
	int64_t told;		     /* percent */
};

/* How far back it is, of the time that is asked for. */
static void tell_progress(struct filled *f, struct store *s, int64_t room, int64_t pos)
{
	int64_t ts, span = f->newest_ms - f->since_ms;
	bool create;
	if (!f->q || !f->q->progress || !store_evidence_ts(s, room, pos, true, &ts, &create))
		return;
	if (!f->newest_ms) {
		f->newest_ms = ts;
		return;
	}
	int64_t percent = span > 0 ? (f->newest_ms - ts) * 100 / span : 0;
	if (percent <= f->told) /* times need not go down with the places */
		return;
	f->told = percent < 99 ? percent : 99;
	log_info("history: %d %% of the time that is asked for", (int)f->told);
	f->q->progress(f->q->progress_arg, _("history"), f->told, 100);
}

int att_fill_room(struct client *c, struct store *s, int64_t room, int64_t since_ms,
		  const struct attendance_query *q, struct err *err)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	struct filled f = {.q = q, .since_ms = since_ms};
	int rc = 0;
	while (!rc && next_gap(s, room, INT64_MAX, since_ms, g)) {
		bool more;
		tell_progress(&f, s, room, g->pos);
		rc = client_check_time(c, err);
		if (!rc)
			rc = sync_backfill(c, room, g->pos, PAGE, &more, err);
	}
	if (f.told)
		q->progress(q->progress_arg, _("history"), 100, 100);
	return rc;
}

int att_fill(const struct att_lessons *l, int64_t room, int64_t since_ms, struct err *err)
{
	return att_fill_room(l->a.c, l->a.s, room, since_ms, l->q, err);
}

static void tell(struct att_lessons *l, int64_t from_ms, int64_t to_ms)
{
	for (size_t i = 0; i < l->n; i++)
		register_input_missing(l->v[i].in, from_ms, to_ms);
}

void att_words_missing(struct att_lessons *l)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int64_t ts, room = l->a.staff;
	bool create;
	/* Of a room whose history is whole it begins with the room. */
	if (!room || (!store_gap_find(l->a.s, room, INT64_MAX, g) &&
		      store_evidence_ts(l->a.s, room, INT64_MIN, true, &ts, &create) && create))
		return;
	for (size_t i = 0; i < l->n; i++)
		register_input_words_missing(l->v[i].in);
}

void att_missing(struct att_lessons *l, int64_t room, int64_t since_ms)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int64_t below = INT64_MAX, from, to;
	bool create;
	while (next_gap(l->a.s, room, below, since_ms, g)) {
		if (!store_evidence_ts(l->a.s, room, g->pos, true, &to, &create))
			to = INT64_MAX;
		if (!g->low || !store_evidence_ts(l->a.s, room, g->low, false, &from, &create))
			from = 0;
		tell(l, from, to);
		below = g->pos - 1;
	}
	/* A history that begins with something else than its beginning is hidden before. */
	if (!store_gap_find(l->a.s, room, INT64_MAX, g) &&
	    store_evidence_ts(l->a.s, room, INT64_MIN, true, &to, &create) && !create &&
	    to > since_ms)
		tell(l, 0, to);
}
