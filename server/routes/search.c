/*
 * POST /search: messages and names of rooms that hold some words, among what
 * the person may see.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/words.h"
#include "server/rooms/search_index.h"
#include "server/routes/route_steps.h"
#include "server/routes/search_job.h"
#include "server/sync/ignored.h"

#include <stdlib.h>

extern const struct route search_routes[];

#define ROOMS_IN_QUERY 64 /* more rooms are sorted out afterwards */

static void job_free(void *arg)
{
	struct search_job *j = arg;
	if (j->asking)
		return;
	for (size_t i = 0; i < j->place_n; i++)
		if (j->places[i].open)
			access_done(&j->places[i].a);
	mem_free(j->places);
	event_list_done(&j->results);
	mem_free(j->found);
	mem_free(j->hits);
	buf_done(&j->b);
	search_request_done(&j->r);
	mem_free(j);
}

/* --- where to look --- */

/* Read at any time by somebody who may look into history; access_open says more. */
static bool was_in(const struct hub_member *m)
{
	return m && (m->membership == MEMBERSHIP_JOIN || m->joined_pos);
}

static void put_room(struct buf *b, bool *any, int64_t nid)
{
	buf_printf(b, "%s\"r%lld\"", *any ? " OR " : "(room:(", (long long)nid);
	*any = true;
}

/* Append the rooms that the filter names; false when none of them exists. */
static bool put_named_rooms(struct search_job *j, struct buf *b)
{
	const struct filter_list *l = &j->r.filter.rooms;
	bool any = false;
	for (size_t i = 0; i < l->n; i++) {
		int64_t nid;
		if (!room_find(db_reader(j->h->db), span_of(l->items[i]), &nid, NULL))
			put_room(b, &any, nid);
	}
	buf_put_str(b, any ? ")) AND " : "");
	return any;
}

static void put_own_rooms(struct search_job *j, struct buf *b)
{
	struct hub_user *u = hub_user(j->h, j->rq->who.user_nid);
	struct hub_member *m;
	size_t mark = b->n;
	bool any = false;
	int n = 0;
	for (size_t at = 0; n <= ROOMS_IN_QUERY && (m = nidmap_next(&u->rooms, &at));)
		if (was_in(m)) {
			put_room(b, &any, m->room->nid);
			n++;
		}
	buf_put_str(b, any ? ")) AND " : "");
	if (n > ROOMS_IN_QUERY)
		buf_truncate(b, mark);
}

/* The query; NULL when nothing can be found. */
static char *query_of(struct search_job *j)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	bool any = false;
	if (j->r.page.room_nid) {
		put_room(&b, &any, j->r.page.room_nid);
		buf_put_str(&b, ")) AND ");
	} else if (j->r.filter.rooms.set) {
		if (!put_named_rooms(j, &b))
			return NULL;
	} else {
		put_own_rooms(j, &b);
	}
	buf_printf(&b, "({%s}:(", j->r.columns);
	if (!words_query(&b, span_of(j->r.term)))
		return NULL;
	buf_put_str(&b, "))");
	return buf_take(&b);
}

/* --- what may be shown --- */

struct room_access *search_room(struct search_job *j, int64_t nid)
{
	struct search_place *p = NULL;
	for (size_t i = 0; i < j->place_n; i++)
		if (j->places[i].nid == nid)
			p = &j->places[i];
	if (!p) {
		struct hub_room *room = hub_room(j->h, nid);
		j->places = mem_realloc_array(j->places, j->place_n + 1, sizeof(*j->places));
		p = &j->places[j->place_n++];
		p->nid = nid;
		p->open = room && event_filter_room(&j->r.filter, room->room_id) &&
			  !access_open(j->h, j->rq->who.user_nid, j->rq->who.device_nid,
				       span_of(room->room_id), &p->a, NULL);
	}
	return p->open ? &p->a : NULL;
}

/* The message, and the edit of it when it was that whose text was found. */
static bool may_see(struct search_job *j, const struct room_access *a, const struct search_hit *hit)
{
	const struct event_row e = {.pos = hit->pos, .sender_nid = hit->sender_nid};
	return hit->pos <= db_position(j->h->db) && !access_erased(j->h, &a->vis, &e) &&
	       visibility_sees(&a->vis, hit->pos, SUBJECT_OTHER) &&
	       (!hit->edit || visibility_sees(&a->vis, hit->edit, SUBJECT_OTHER));
}

/* Append the event when it is one of those that were asked for. */
static bool take_hit(struct search_job *j, const struct room_access *a,
		     const struct search_hit *hit)
{
	if (!event_row_at(j->h, hit->pos, &j->results))
		return false;
	struct event_row *e = &j->results.v[j->results.n - 1];
	if (access_sees(a, e) && !e->redacted_by.n &&
	    event_filter_match(&j->r.filter, e->type, span_of(e->sender), e->text) &&
	    (e->is_state || !ignored_sender(j->h, a->me, e->sender)))
		return true;
	mem_free(e->block);
	j->results.n--;
	return false;
}

static bool in_group(const struct search_job *j, const struct search_hit *hit)
{
	const struct search_page *p = &j->r.page;
	return (!p->room_nid || p->room_nid == hit->room_nid) &&
	       (!p->sender_nid || p->sender_nid == hit->sender_nid);
}

/* What may not be seen is not counted either: a number tells, too. */
static void look_at(struct search_job *j, const struct search_hit *hit)
{
	size_t limit = (size_t)j->r.limit;
	const struct room_access *a = search_room(j, hit->room_nid);
	if (!a || !may_see(j, a, hit))
		return;
	j->count++;
	if (j->more || !in_group(j, hit) || !take_hit(j, a, hit))
		return;
	bool skipped = j->skip > 0;
	j->skip -= skipped;
	j->more = !skipped && j->results.n > limit;
	if (skipped || j->more)
		mem_free(j->results.v[--j->results.n].block);
	else
		j->hits[j->results.n - 1] = *hit;
}

/* --- in steps --- */

static int by_score(const void *a, const void *b)
{
	const struct search_hit *x = a, *y = b;
	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->pos > y->pos ? -1 : x->pos < y->pos;
}

/* One hit, or one result: the person may see little of what was found. */
static bool step(void *arg, int64_t until_ns)
{
	struct search_job *j = arg;
	do {
		if (j->at < j->found_n)
			look_at(j, &j->found[j->at++]);
		else if (!j->results.n && j->older)
			return true;
		else if (!j->b.n)
			search_reply_begin(j);
		else if (j->put < j->results.n)
			search_reply_result(j, j->put++);
		else if (j->r.state && j->stated < j->results.n)
			search_reply_state(j, j->stated++);
		else
			return true;
	} while (clock_mono_ns() < until_ns);
	return false;
}

static void found(void *arg, struct search_hit *hits, size_t n, bool more);

/* Look at what is older when nothing so far may be shown. */
static bool look_further(struct search_job *j)
{
	char *match = query_of(j);
	j->r.page.upto = j->older;
	return match &&
	       search_ask(j->rq->srv->search, j->rq->who.user_nid, match, j->older, found, j);
}

static void stepped(struct rq *rq, void *arg)
{
	struct search_job *j = arg;
	(void)rq;
	if (!j->b.n) {
		j->asking = look_further(j);
		if (j->asking)
			return;
		search_reply_begin(j);
	}
	search_reply_end(j);
}

static void found(void *arg, struct search_hit *hits, size_t n, bool more)
{
	struct search_job *j = arg;
	j->asking = false;
	if (!hits) {
		rq_error(j->rq, 503, "M_UNKNOWN", "%s",
			 _("The search could not be done: try again later"));
		job_free(j);
		return;
	}
	mem_free(j->found);
	mem_free(j->hits);
	j->found = n ? mem_dup(hits, n * sizeof(*hits)) : NULL;
	j->found_n = n;
	j->at = 0;
	j->hits = mem_alloc((size_t)j->r.limit * sizeof(*j->hits));
	j->skip = j->r.page.skip;
	j->older = more && !j->r.ranked ? hits[n - 1].pos - 1 : 0;
	if (j->r.ranked && n)
		qsort(j->found, n, sizeof(*hits), by_score);
	rq_in_steps(j->rq, step, stepped, j, job_free);
}

static void post_search(struct rq *rq)
{
	struct search_job *j = NEW(struct search_job);
	j->rq = rq;
	j->h = rq->srv->hub;
	if (!search_request_read(rq, &j->r)) {
		mem_free(j);
		return;
	}
	char *match = j->r.term ? query_of(j) : NULL;
	if (match && search_ask(rq->srv->search, rq->who.user_nid, match, j->r.page.upto, found, j))
		return;
	if (match) {
		rq_limited(rq, 1000);
	} else if (j->r.term) {
		search_reply_begin(j);
		search_reply_end(j);
	} else {
		rq_json(rq, 200, json_pack("{s:{}}", "search_categories"));
	}
	job_free(j);
}

const struct route search_routes[] = {
	{"POST", "/_matrix/client/v3/search", ROUTE_USER, ROUTE_JSON, post_search, 0},
	{0},
};
