/*
 * What POST /search answers: results with what surrounds them, groups, the state of rooms.
 */
#include "core/base/mem.h"
#include "core/base/words.h"
#include "server/routes/search_job.h"
#include "server/sync/page.h"
#include "server/sync/state_at.h"
#include "server/sync/token.h"

#include <stdlib.h>

static void put_token(struct buf *b, const struct search_job *j, const char *key, int64_t pos)
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

static void put_context(struct buf *b, struct search_job *j, struct room_access *a,
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

void search_reply_result(struct search_job *j, size_t i)
{
	struct buf *b = &j->b;
	struct room_access *a = search_room(j, j->hits[i].room_nid);
	buf_printf(b, "%s{\"rank\":%lld.%06lld,\"result\":", i ? "," : "",
		   (long long)(j->hits[i].score / 1000000),
		   (long long)llabs(j->hits[i].score % 1000000));
	access_put(b, a, &j->results.v[i]);
	if (j->r.context)
		put_context(b, j, a, &j->results.v[i]);
	buf_put_char(b, '}');
}

/* The place after result `at`, narrowed to what `p` says. */
static void put_next(struct buf *b, const struct search_job *j, size_t at, struct search_page p)
{
	if (!j->r.ranked)
		p.upto = j->hits[at].pos - 1;
	buf_put_char(b, ',');
	search_page_put(b, &j->r, &p);
}

static bool same_group(const struct search_job *j, bool by_room, size_t a, size_t b)
{
	return by_room ? j->hits[a].room_nid == j->hits[b].room_nid
		       : j->hits[a].sender_nid == j->hits[b].sender_nid;
}

static void put_group(struct buf *b, struct search_job *j, bool by_room, size_t first, int order)
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

static void put_groups_by(struct buf *b, struct search_job *j, bool by_room)
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

static void put_groups(struct buf *b, struct search_job *j)
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

static void begin_state(struct search_job *j)
{
	buf_put_str(&j->b, "],\"state\":{");
}

void search_reply_state(struct search_job *j, size_t at)
{
	struct room_access *a = search_room(j, j->hits[at].room_nid);
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

void search_reply_begin(struct search_job *j)
{
	j->b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&j->b,
		   "{\"search_categories\":{\"room_events\":{\"count\":%lld,\"highlights\":[",
		   (long long)j->count);
	words_each(span_of(j->r.term), put_highlight, &j->b);
	buf_put_str(&j->b, "],\"results\":[");
}

void search_reply_end(struct search_job *j)
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
