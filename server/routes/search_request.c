#include "server/routes/search_request.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/words.h"

#include <string.h>

static int bad(struct err *err, const char *name, const char *want)
{
	return matrix_err(err, 400, "M_INVALID_PARAM", _("\"%s\" must be %s"), name, want);
}

static int read_keys(const json_t *room_events, struct search_request *r, struct err *err)
{
	static const char *const known[] = {"content.body", "content.name", "content.topic"};
	const json_t *keys = json_object_get(room_events, "keys");
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	bool wanted[ARRAY_LEN(known)] = {false};
	if (keys && !json_is_array(keys))
		return bad(err, "keys", _("a list"));
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const char *s = json_string_value(json_array_get(keys, i));
		size_t k = 0;
		while (s && k < ARRAY_LEN(known) && strcmp(s, known[k]) != 0)
			k++;
		if (!s || k == ARRAY_LEN(known))
			return bad(err, "keys",
				   _("a list of content.body, content.name and content.topic"));
		wanted[k] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (wanted[i] || !json_array_size(keys))
			buf_printf(&b, "%s%s", b.n ? " " : "", known[i] + strlen("content."));
	r->columns = buf_take(&b);
	return 0;
}

static int read_order(const json_t *room_events, struct search_request *r, struct err *err)
{
	const json_t *v = json_object_get(room_events, "order_by");
	const char *s = v ? json_get_str(room_events, "order_by") : "rank";
	if (!s || (strcmp(s, "rank") != 0 && strcmp(s, "recent") != 0))
		return bad(err, "order_by", _("rank or recent"));
	r->ranked = !strcmp(s, "rank");
	return 0;
}

static int clamp(int64_t n, int least, int most)
{
	return n < least ? least : n > most ? most : (int)n;
}

static void read_context(const json_t *room_events, struct search_request *r)
{
	const json_t *c = json_get_object(room_events, "event_context");
	r->context = c != NULL;
	r->before = clamp(json_get_i64(c, "before_limit", SEARCH_CONTEXT_DEFAULT), 0,
			  SEARCH_CONTEXT_MAX);
	r->after = clamp(json_get_i64(c, "after_limit", SEARCH_CONTEXT_DEFAULT), 0,
			 SEARCH_CONTEXT_MAX);
	r->profiles = json_get_bool(c, "include_profile", false);
	r->state = json_get_bool(room_events, "include_state", false);
}

static int read_groups(const json_t *room_events, struct search_request *r, struct err *err)
{
	size_t i;
	json_t *g;
	json_array_foreach (json_get_array(json_get_object(room_events, "groupings"), "group_by"),
			    i, g) {
		const char *key = json_get_str(g, "key");
		if (key && !strcmp(key, "room_id"))
			r->by_room = true;
		else if (key && !strcmp(key, "sender"))
			r->by_sender = true;
		else
			return bad(err, "group_by", _("a list of room_id and sender"));
	}
	return 0;
}

static int read_filter(const json_t *room_events, struct search_request *r, struct err *err)
{
	const json_t *f = json_object_get(room_events, "filter");
	if (f && !json_is_object(f))
		return bad(err, "filter", _("an object"));
	int rc = event_filter_compile(f, &r->filter, err);
	if (!rc)
		r->limit = clamp(r->filter.limit ? r->filter.limit : SEARCH_LIMIT_DEFAULT, 1,
				 SEARCH_LIMIT_MAX);
	return rc;
}

static int read_page(const char *token, int64_t now, struct search_request *r, struct err *err)
{
	struct span rest = span_of(token), field;
	int64_t v[4];
	r->page = (struct search_page){.upto = now};
	if (!token || !*token)
		return 0;
	bool ok = rest.n > 3 && rest.p[0] == 's' && rest.p[1] == (r->ranked ? 'k' : 'n') &&
		  rest.p[2] == '.';
	rest = span_from(rest, 3);
	for (size_t i = 0; ok && i < ARRAY_LEN(v); i++)
		ok = span_split(&rest, '.', &field) && span_i64(field, &v[i]) && v[i] >= 0;
	if (!ok || rest.n)
		return bad(err, "next_batch", _("a token that this search gave"));
	r->page = (struct search_page){v[0] < now ? v[0] : now, v[1], v[2], v[3]};
	return 0;
}

void search_page_put(struct buf *b, const struct search_request *r, const struct search_page *p)
{
	buf_printf(b, "\"next_batch\":\"s%c.%lld.%lld.%lld.%lld\"", r->ranked ? 'k' : 'n',
		   (long long)p->upto, (long long)p->skip, (long long)p->room_nid,
		   (long long)p->sender_nid);
}

static int read_all(struct rq *rq, const json_t *room_events, struct search_request *r,
		    struct err *err)
{
	const char *term = json_get_str(room_events, "search_term");
	if (!term)
		return bad(err, "search_term", _("a text"));
	r->term = mem_strndup(term, utf8_head(span_of(term), WORDS_TERM_MAX));
	int rc = read_keys(room_events, r, err);
	if (!rc)
		rc = read_order(room_events, r, err);
	if (!rc)
		rc = read_groups(room_events, r, err);
	if (!rc)
		rc = read_filter(room_events, r, err);
	if (!rc)
		rc = read_page(rq_query(rq, "next_batch"), db_position(rq->srv->db), r, err);
	read_context(room_events, r);
	return rc;
}

bool search_request_read(struct rq *rq, struct search_request *ret)
{
	struct err err = {0};
	const json_t *room_events =
		json_get_object(json_get_object(rq->body, "search_categories"), "room_events");
	memset(ret, 0, sizeof(*ret));
	int rc = room_events ? read_all(rq, room_events, ret, &err) : 0;
	if (!json_get_object(rq->body, "search_categories"))
		rc = matrix_err(&err, 400, "M_MISSING_PARAM", _("\"%s\" is missing"),
				"search_categories");
	if (rc) {
		rq_err(rq, &err);
		search_request_done(ret);
	}
	return !rc;
}

void search_request_done(struct search_request *r)
{
	event_filter_done(&r->filter);
	mem_free(r->term);
	mem_free(r->columns);
}
