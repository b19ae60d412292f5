/*
 * POST /search: messages and names of rooms that hold some words, among what
 * the person may see.
 */
#include "server/sync/search.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/words.h"
#include "server/rooms/search_index.h"
#include "server/routes/read.h"
#include "server/routes/route_steps.h"
#include "server/routes/search_request.h"
#include "server/sync/ignored.h"
#include "server/sync/page.h"
#include "server/sync/state_at.h"
#include "server/sync/token.h"

#include <stdlib.h>
#include <string.h>

extern const struct route search_routes[];

#define ROOMS_IN_QUERY 64 /* more rooms are sorted out afterwards */

/* A room that results come from. */
struct place {
	int64_t nid;
	bool open;
	struct room_access a;
};

/* One request, from the question to the reply. */
struct job {
	struct rq *rq;
	struct hub *h;
	struct search_request r;
	struct place *places;
	size_t place_n;
	struct search_hit *found; /* what the index gave; looked at up to `at` */
	size_t found_n, at;
	struct event_list results;
	struct search_hit *hits; /* of the results */
	int64_t count, skip;
	bool more;     /* there are further results */
	int64_t older; /* where hits that were not looked at begin, or 0 */
	bool asking;   /* the index is asked once more */
	struct buf b;  /* the reply, with results up to `put`, their state up to `stated` */
	size_t put, stated;
};

static void job_free(void *arg)
{
	struct job *j = arg;
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
static bool put_named_rooms(struct job *j, struct buf *b)
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

static void put_own_rooms(struct job *j, struct buf *b)
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
static char *query_of(struct job *j)
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

/* NULL: the person may not read there. */
static struct room_access *open_room(struct job *j, int64_t nid)
{
	struct place *p = NULL;
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
static bool may_see(struct job *j, const struct room_access *a, const struct search_hit *hit)
{
	const struct event_row e = {.pos = hit->pos, .sender_nid = hit->sender_nid};
	return hit->pos <= db_position(j->h->db) && !access_erased(j->h, &a->vis, &e) &&
	       visibility_sees(&a->vis, hit->pos, SUBJECT_OTHER) &&
	       (!hit->edit || visibility_sees(&a->vis, hit->edit, SUBJECT_OTHER));
}

/* Append the event when it is one of those that were asked for. */
static bool take_hit(struct job *j, const struct room_access *a, const struct search_hit *hit)
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

static bool in_group(const struct job *j, const struct search_hit *hit)
{
	const struct search_page *p = &j->r.page;
	return (!p->room_nid || p->room_nid == hit->room_nid) &&
	       (!p->sender_nid || p->sender_nid == hit->sender_nid);
}

/* What may not be seen is not counted either: a number tells, too. */
static void look_at(struct job *j, const struct search_hit *hit)
{
	size_t limit = (size_t)j->r.limit;
	const struct room_access *a = open_room(j, hit->room_nid);
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

/* --- the reply --- */

static void put_token(struct buf *b, const struct job *j, const char *key, int64_t pos)
{
	buf_printf(b, ",\"%s\":\"", key);
	token_put_page(b, db_epoch(j->h->db), pos);
	buf_put_char(b, '"');
}

static void put_profiles(struct buf *b, struct room_access *a, const struct event_list *all,
			 int64_t pos)
{
	struct event_list members = {0};
	bool first = true;
	access_senders(a, all, pos, &members);
	buf_put_str(b, ",\"profile_info\":{");
	for (size_t i = 0; i < members.n; i++) {
		JSON_AUTO json_t *e = NULL;
		if (json_parse_object(members.v[i].text, &e, NULL))
			continue;
		const json_t *content = json_get_object(e, "content");
		JSON_AUTO json_t *who = json_object();
		if (json_get_str(content, "displayname"))
			json_object_set(who, "displayname",
					json_object_get(content, "displayname"));
		if (json_get_str(content, "avatar_url"))
			json_object_set(who, "avatar_url", json_object_get(content, "avatar_url"));
		buf_put_str(b, first ? "" : ",");
		buf_put_json_str(b, members.v[i].state_key);
		buf_put_char(b, ':');
		json_put(b, who);
		first = false;
	}
	buf_put_char(b, '}');
	event_list_done(&members);
}

static void put_context(struct buf *b, struct job *j, struct room_access *a,
			const struct event_row *e)
{
	/* Both lists and the event between them, for the senders. */
	struct event_list before = {0}, after = {0}, all = {0};
	int64_t start = e->pos - 1, end = e->pos;
	struct page p = {.from = start, .to = -1, .limit = j->r.before};
	if (p.limit)
		page_read(a, &p, &before, &start);
	p = (struct page){.forward = true, .from = e->pos, .to = -1, .limit = j->r.after};
	if (p.limit)
		page_read(a, &p, &after, &end);
	buf_put_str(b, ",\"context\":{\"events_before\":");
	access_put_list(b, a, &before);
	buf_put_str(b, ",\"events_after\":");
	access_put_list(b, a, &after);
	put_token(b, j, "start", start);
	put_token(b, j, "end", end);
	if (j->r.profiles) {
		*event_list_add(&all) = *e;
		for (size_t i = 0; i < before.n; i++)
			*event_list_add(&all) = before.v[i];
		for (size_t i = 0; i < after.n; i++)
			*event_list_add(&all) = after.v[i];
		put_profiles(b, a, &all, e->pos);
		mem_free(all.v); /* what is in it belongs to the other lists */
	}
	buf_put_char(b, '}');
	event_list_done(&before);
	event_list_done(&after);
}

static void put_result(struct buf *b, struct job *j, size_t i)
{
	struct room_access *a = open_room(j, j->hits[i].room_nid);
	buf_printf(b, "%s{\"rank\":%lld.%06lld,\"result\":", i ? "," : "",
		   (long long)(j->hits[i].score / 1000000),
		   (long long)llabs(j->hits[i].score % 1000000));
	access_put(b, a, &j->results.v[i]);
	if (j->r.context)
		put_context(b, j, a, &j->results.v[i]);
	buf_put_char(b, '}');
}

/* The place after result `at`, narrowed to what `p` says. */
static void put_next(struct buf *b, const struct job *j, size_t at, struct search_page p)
{
	if (!j->r.ranked)
		p.upto = j->hits[at].pos - 1;
	buf_put_char(b, ',');
	search_page_put(b, &j->r, &p);
}

static bool same_group(const struct job *j, bool by_room, size_t a, size_t b)
{
	return by_room ? j->hits[a].room_nid == j->hits[b].room_nid
		       : j->hits[a].sender_nid == j->hits[b].sender_nid;
}

static void put_group(struct buf *b, struct job *j, bool by_room, size_t first, int order)
{
	struct search_page p = j->r.page;
	size_t last = first;
	const char *name = by_room ? hub_room(j->h, j->hits[first].room_nid)->room_id
				   : j->results.v[first].sender;
	buf_put_json_str(b, span_of(name));
	buf_printf(b, ":{\"order\":%d,\"results\":[", order);
	for (size_t i = first; i < j->results.n; i++) {
		if (!same_group(j, by_room, first, i))
			continue;
		buf_put_str(b, i > first ? "," : "");
		buf_put_json_str(b, j->results.v[i].event_id);
		last = i;
		p.skip += j->r.ranked;
	}
	buf_put_char(b, ']');
	/* By rank a group is counted from its own beginning: right from the first page only. */
	bool other = by_room ? !p.room_nid : !p.sender_nid;
	if (by_room)
		p.room_nid = j->hits[first].room_nid;
	else
		p.sender_nid = j->hits[first].sender_nid;
	if (j->more && !(j->r.ranked && other && j->r.page.skip))
		put_next(b, j, last, p);
	buf_put_char(b, '}');
}

static void put_groups_by(struct buf *b, struct job *j, bool by_room)
{
	int order = 0;
	buf_printf(b, "\"%s\":{", by_room ? "room_id" : "sender");
	for (size_t i = 0; i < j->results.n; i++) {
		size_t k = 0;
		while (k < i && !same_group(j, by_room, k, i))
			k++;
		if (k < i)
			continue;
		buf_put_str(b, order ? "," : "");
		put_group(b, j, by_room, i, ++order);
	}
	buf_put_char(b, '}');
}

static void put_groups(struct buf *b, struct job *j)
{
	if (!j->r.by_room && !j->r.by_sender)
		return;
	buf_put_str(b, ",\"groups\":{");
	if (j->r.by_room)
		put_groups_by(b, j, true);
	buf_put_str(b, j->r.by_room && j->r.by_sender ? "," : "");
	if (j->r.by_sender)
		put_groups_by(b, j, false);
	buf_put_char(b, '}');
}

static void begin_state(struct job *j)
{
	buf_put_str(&j->b, "],\"state\":{");
}

/* The state of the room of a result, as this person knows it; once for each room. */
static void put_state(struct job *j, size_t at)
{
	struct room_access *a = open_room(j, j->hits[at].room_nid);
	struct event_list l = {0};
	if (at == 0)
		begin_state(j);
	for (size_t i = 0; i < at; i++)
		if (j->hits[i].room_nid == j->hits[at].room_nid)
			return;
	state_at(j->h, a->room->nid, a->upto, &l);
	buf_put_str(&j->b, at ? "," : "");
	buf_put_json_str(&j->b, span_of(a->room->room_id));
	buf_put_char(&j->b, ':');
	access_put_list(&j->b, a, &l);
	event_list_done(&l);
}

static void put_highlight(struct span word, void *arg)
{
	struct buf *b = arg;
	buf_put_str(b, b->p[b->n - 1] == '[' ? "" : ",");
	buf_put_json_str(b, word);
}

static void begin_reply(struct job *j)
{
	j->b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&j->b,
		   "{\"search_categories\":{\"room_events\":{\"count\":%lld,\"highlights\":[",
		   (long long)j->count);
	words_each(span_of(j->r.term), put_highlight, &j->b);
	buf_put_str(&j->b, "],\"results\":[");
}

static void end_reply(struct job *j)
{
	struct search_page next = j->r.page;
	if (j->r.state && !j->results.n)
		begin_state(j);
	buf_put_char(&j->b, j->r.state ? '}' : ']');
	put_groups(&j->b, j);
	if (j->more) {
		next.skip += j->r.ranked ? (int64_t)j->results.n : 0;
		put_next(&j->b, j, j->results.n - 1, next);
	} else if (j->older) {
		next.upto = j->older;
		buf_put_char(&j->b, ',');
		search_page_put(&j->b, &j->r, &next);
	}
	buf_put_str(&j->b, "}}}");
	rq_text(j->rq, 200, &j->b);
}

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
	struct job *j = arg;
	do {
		if (j->at < j->found_n)
			look_at(j, &j->found[j->at++]);
		else if (!j->results.n && j->older)
			return true;
		else if (!j->b.n)
			begin_reply(j);
		else if (j->put < j->results.n)
			put_result(&j->b, j, j->put++);
		else if (j->r.state && j->stated < j->results.n)
			put_state(j, j->stated++);
		else
			return true;
	} while (clock_mono_ns() < until_ns);
	return false;
}

static void found(void *arg, struct search_hit *hits, size_t n, bool more);

/* Look at what is older when nothing so far may be shown. */
static bool look_further(struct job *j)
{
	char *match = query_of(j);
	j->r.page.upto = j->older;
	return match &&
	       search_ask(j->rq->srv->search, j->rq->who.user_nid, match, j->older, found, j);
}

static void stepped(struct rq *rq, void *arg)
{
	struct job *j = arg;
	(void)rq;
	if (!j->b.n) {
		j->asking = look_further(j);
		if (j->asking)
			return;
		begin_reply(j);
	}
	end_reply(j);
}

static void found(void *arg, struct search_hit *hits, size_t n, bool more)
{
	struct job *j = arg;
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
	struct job *j = NEW(struct job);
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
		begin_reply(j);
		end_reply(j);
	} else {
		rq_json(rq, 200, json_pack("{s:{}}", "search_categories"));
	}
	job_free(j);
}

const struct route search_routes[] = {
	{"POST", "/_matrix/client/v3/search", ROUTE_USER, ROUTE_JSON, post_search, 0},
	{0},
};
