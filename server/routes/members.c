/*
 * GET /rooms/{roomId}/members, /rooms/{roomId}/joined_members, /joined_rooms, and
 * /rooms/{roomId}/state, which is members for the most part
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/routes/route_steps.h"
#include "server/sync/state_at.h"

#include <string.h>

extern const struct route members_routes[];

#define PAGE_MEMBERS 200

static bool word_ok(struct rq *rq, const char *name)
{
	const char *s = rq_query(rq, name);
	if (!s || !strcmp(s, visibility_word(visibility_membership_of(span_of(s)))))
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", _("\"%s\" must be join, invite, leave, ban or knock"),
		 name);
	return false;
}

static struct span membership_of(const json_t *event)
{
	return json_get_span(json_get_object(event, "content"), "membership");
}

/* A list of members on its way: rooms may be large, so it is made page by page. */
struct listing {
	struct room_access a;
	const char *only, *without; /* memberships, or NULL */
	int64_t at;
	char *after; /* user id that the last page ended with */
	struct buf b;
	bool any;
	void (*put)(struct listing *x, const struct event_row *e);
};

static void listing_free(void *arg)
{
	struct listing *x = arg;
	access_done(&x->a);
	mem_free(x->after);
	buf_done(&x->b);
	mem_free(x);
}

static bool step(void *arg, int64_t until_ns)
{
	struct listing *x = arg;
	do {
		struct event_list l = {0};
		AUTO_FREE char *after = take(&x->after);
		x->after = state_members_page(x->a.hub, x->a.room->nid, after, PAGE_MEMBERS, x->at,
					      &l);
		for (size_t i = 0; i < l.n; i++)
			x->put(x, &l.v[i]);
		event_list_done(&l);
	} while (x->after && clock_mono_ns() < until_ns);
	return !x->after;
}

static void put_event(struct listing *x, const struct event_row *e)
{
	if (x->only || x->without) {
		JSON_AUTO json_t *j = NULL;
		if (json_parse_object(e->text, &j, NULL))
			return;
		struct span is = membership_of(j);
		if ((x->only && !span_eq_str(is, x->only)) ||
		    (x->without && span_eq_str(is, x->without)))
			return;
	}
	if (x->any)
		buf_put_char(&x->b, ',');
	x->any = true;
	access_put(&x->b, &x->a, e);
}

static void events_done(struct rq *rq, void *arg)
{
	struct listing *x = arg;
	buf_put_str(&x->b, "]}");
	rq_text(rq, 200, &x->b);
}

static struct listing *listing_new(const struct room_access *a, const char *begin)
{
	struct listing *x = NEW(struct listing);
	x->a = *a;
	x->at = a->upto;
	x->after = mem_strdup("");
	x->b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&x->b, begin);
	return x;
}

static void get_members(struct rq *rq)
{
	struct room_access a;
	if (!word_ok(rq, "membership") || !word_ok(rq, "not_membership") || !read_open(rq, &a))
		return;
	int64_t at = a.upto;
	if (!read_token(rq, "at", &at)) {
		access_done(&a);
		return;
	}
	struct listing *x = listing_new(&a, "{\"chunk\":[");
	x->only = rq_query(rq, "membership");
	x->without = rq_query(rq, "not_membership");
	x->at = at < a.upto ? at : a.upto;
	x->put = put_event;
	rq_in_steps(rq, step, events_done, x, listing_free);
}

static void state_done(struct rq *rq, void *arg)
{
	struct listing *x = arg;
	buf_put_char(&x->b, ']');
	rq_text(rq, 200, &x->b);
}

/* The others at once, as they are few, then the members. */
static void get_state(struct rq *rq)
{
	struct room_access a;
	struct event_list l = {0};
	if (!read_open(rq, &a))
		return;
	struct listing *x = listing_new(&a, "[");
	x->put = put_event;
	state_others_at(a.hub, a.room->nid, a.upto, &l);
	for (size_t i = 0; i < l.n; i++)
		put_event(x, &l.v[i]);
	event_list_done(&l);
	rq_in_steps(rq, step, state_done, x, listing_free);
}

/* null where there is none: matrix-nio takes no reply without a name. */
static json_t *text_or_null(struct span s)
{
	return s.p ? json_stringn(s.p, s.n) : json_null();
}

static void put_joined(struct listing *x, const struct event_row *e)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(e->text, &j, NULL) || !span_eq_str(membership_of(j), "join"))
		return;
	const json_t *content = json_get_object(j, "content");
	JSON_AUTO json_t *who =
		json_pack("{s:o,s:o}", "display_name",
			  text_or_null(json_get_span(content, "displayname")), "avatar_url",
			  text_or_null(json_get_span(content, "avatar_url")));
	if (x->any)
		buf_put_char(&x->b, ',');
	x->any = true;
	buf_put_json_str(&x->b, e->state_key);
	buf_put_char(&x->b, ':');
	json_put(&x->b, who);
}

static void joined_done(struct rq *rq, void *arg)
{
	struct listing *x = arg;
	buf_put_str(&x->b, "}}");
	rq_text(rq, 200, &x->b);
}

static void get_joined_members(struct rq *rq)
{
	struct room_access a;
	if (!read_open_joined(rq, &a))
		return;
	struct listing *x = listing_new(&a, "{\"joined\":{");
	x->put = put_joined;
	rq_in_steps(rq, step, joined_done, x, listing_free);
}

static void get_joined_rooms(struct rq *rq)
{
	struct hub_user *u = hub_user(rq->srv->hub, rq->who.user_nid);
	json_t *rooms = json_array();
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&u->rooms, &at));)
		if (m->membership == MEMBERSHIP_JOIN)
			json_array_append_new(rooms, json_string(m->room->room_id));
	rq_json(rq, 200, json_pack("{s:o}", "joined_rooms", rooms));
}

const struct route members_routes[] = {
	{"GET", "/_matrix/client/v3/rooms/{}/state", ROUTE_USER, 0, get_state, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/members", ROUTE_USER, 0, get_members, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/joined_members", ROUTE_USER, 0, get_joined_members, 0},
	{"GET", "/_matrix/client/v3/joined_rooms", ROUTE_USER, 0, get_joined_rooms, 0},
	{0},
};
