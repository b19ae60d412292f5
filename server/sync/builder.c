#include "server/sync/builder.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sync/build.h"
#include "server/sync/device_feed.h"
#include "server/sync/device_lists.h"
#include "server/sync/status.h"

void build_comma(struct buf *b)
{
	char last = b->n ? b->p[b->n - 1] : '{';
	if (last != '{' && last != '[')
		buf_put_char(b, ',');
}

struct sync_token sync_token_now(const struct hub *h, const struct hub_user *user)
{
	struct sync_token t = {.epoch = db_epoch(h->db),
			       .pos = db_position(h->db),
			       .boot = h->boot,
			       .typing = h->typing_no};
	struct hub_member *m;
	for (size_t at = 0; h->typists && (m = nidmap_next(&user->rooms, &at));)
		t.someone_typing |= m->membership == MEMBERSHIP_JOIN && m->room->typist_count > 0;
	return t;
}

struct section {
	const char *name;
	bool (*build)(struct build *x, struct hub_member *m);
};

static const struct section sections[] = {
	[MEMBERSHIP_LEAVE] = {"leave", build_left}, [MEMBERSHIP_INVITE] = {"invite", build_invited},
	[MEMBERSHIP_JOIN] = {"join", build_joined}, [MEMBERSHIP_KNOCK] = {"knock", build_knocked},
	[MEMBERSHIP_BAN] = {"leave", build_left},
};

/*
 * "rooms", section by section, so far. Sections and rooms without anything to
 * tell leave no trace. The rooms are noted at the beginning: others may come while
 * a reply is built over several turns.
 */
struct walk {
	int64_t *rooms;
	size_t n, at;
	int section; /* of order[] */
	bool open, any, any_section;
	size_t mark, section_mark;
};

static const enum membership order[] = {MEMBERSHIP_JOIN, MEMBERSHIP_INVITE, MEMBERSHIP_KNOCK,
					MEMBERSHIP_LEAVE};

static void walk_begin(struct build *x, struct walk *w)
{
	struct hub_user *u = x->q->user;
	struct hub_member *m;
	w->mark = x->b->n;
	w->rooms = mem_alloc(u->rooms.count * sizeof(*w->rooms) + 1);
	for (size_t at = 0; (m = nidmap_next(&u->rooms, &at));)
		w->rooms[w->n++] = m->room->nid;
	buf_put_str(x->b, ",\"rooms\":{");
}

/*
 * What the next sync tells anyhow, as it changed since this one began: not the
 * change of a name, which leaves one where one was.
 */
static bool comes_later(const struct build *x, const struct hub_member *m)
{
	bool stays = m->membership == MEMBERSHIP_JOIN && m->joined_pos <= x->pos;
	return m->pos > x->pos && !stays;
}

static void walk_room(struct build *x, struct walk *w, const struct section *section)
{
	struct hub_member *m = nidmap_get(&x->q->user->rooms, w->rooms[w->at++]);
	if (m && sections[m->membership].build == section->build && !comes_later(x, m))
		w->any_section |= section->build(x, m);
}

/* False: it is later than `until_ns`, and there is more. */
static bool walk_on(struct build *x, struct walk *w, int64_t until_ns)
{
	for (; w->section < (int)ARRAY_LEN(order); w->section++) {
		const struct section *section = &sections[order[w->section]];
		if (!w->open) {
			w->open = true;
			w->any_section = false;
			w->at = 0;
			w->section_mark = x->b->n;
			build_comma(x->b);
			buf_printf(x->b, "\"%s\":{", section->name);
		}
		while (w->at < w->n) {
			walk_room(x, w, section);
			if (until_ns && clock_mono_ns() > until_ns)
				return false;
		}
		if (w->any_section)
			buf_put_char(x->b, '}');
		else
			buf_truncate(x->b, w->section_mark);
		w->any |= w->any_section;
		w->open = false;
	}
	return true;
}

static bool walk_end(struct build *x, struct walk *w)
{
	if (w->any)
		buf_put_char(x->b, '}');
	else
		buf_truncate(x->b, w->mark);
	mem_free(w->rooms);
	return w->any;
}

static bool put_global_data(struct build *x)
{
	size_t mark = x->b->n;
	buf_put_str(x->b, ",\"account_data\":{\"events\":[");
	if (build_data_put(x, 0, x->f ? &x->f->account_data : NULL)) {
		buf_put_str(x->b, "]}");
		return true;
	}
	buf_truncate(x->b, mark);
	return false;
}

/* What waits for the device; *now says when not all of it fits. */
static bool collect_messages(const struct build *x, struct buf *messages, struct sync_token *now)
{
	int64_t told;
	bool any = feed_put_messages(x->h, x->q->device_nid, sync_messages_from(x->q), x->pos,
				     messages, &told);
	now->to_device = told < x->pos ? told : 0;
	return any;
}

/* A client that begins asks for all lists by itself; one that knows lost devices must, too. */
static bool put_device_lists(struct build *x)
{
	buf_put_str(x->b, ",\"device_lists\":");
	if (x->since || x->q->estranged)
		return device_lists_put(x->h, x->q->user, x->q->rewound ? 0 : x->since, x->pos,
					x->b);
	buf_put_str(x->b, "{}");
	return false;
}

int64_t sync_messages_from(const struct sync_query *q)
{
	if (q->initial)
		return 0;
	return q->since.to_device ? q->since.to_device : q->since.pos;
}

/* A reply under construction. */
struct sync_work {
	struct sync_query q;
	struct build x;
	struct sync_token now;
	struct walk walk;
	struct buf messages, b;
	int64_t began_ns;
	bool any;
};

/* Up to the rooms. */
static void begin(struct sync_work *w, struct hub *h, bool patient, struct buf *b)
{
	const struct sync_query *q = &w->q;
	w->began_ns = clock_mono_ns();
	w->now = sync_token_now(h, q->user);
	w->messages = BUF_INIT(BUF_CAP_OWN);
	w->x = (struct build){.h = h,
			      .q = q,
			      .f = q->filter,
			      .b = b,
			      .since = q->initial ? 0 : q->since.pos,
			      .pos = w->now.pos,
			      .patient = patient,
			      .now_ms = clock_wall_ms()};
	w->x.held = sync_is_held(h, q);
	w->any = q->initial || q->full_state;
	build_data_load(&w->x);
	w->any |= collect_messages(&w->x, &w->messages, &w->now);
	buf_put_str(b, "{\"next_batch\":\"");
	token_put_sync(b, &w->now);
	buf_put_char(b, '"');
	/* Our own client drops what it knows of what was lost; others need not read it. */
	if (q->estranged || q->rewound)
		buf_put_str(b, ",\"org.muster.restored\":true");
	w->any |= put_global_data(&w->x);
	walk_begin(&w->x, &w->walk);
}

/* What follows the rooms. */
static void end(struct sync_work *w)
{
	struct build *x = &w->x;
	w->any |= walk_end(x, &w->walk);
	w->any |= put_device_lists(x);
	buf_put_char(x->b, ',');
	feed_put_counts(x->h, x->q->device_nid, x->b);
	buf_put_str(x->b, ",\"to_device\":{\"events\":[");
	buf_put_span(x->b, buf_span(&w->messages));
	buf_put_str(x->b, "]},\"presence\":{\"events\":[");
	w->any |= status_put(x->h, x->q, x->now_ms, x->b) > 0;
	buf_put_str(x->b, "]}}");
	build_data_done(x);
	buf_done(&w->messages);
	if (w->any)
		histogram_add(&x->h->built, (double)(clock_mono_ns() - w->began_ns) / 1e9);
}

/* *ret_left_out may be set only when `patient`. */
static bool build(struct hub *h, const struct sync_query *q, bool always, bool patient,
		  struct buf *b, bool *ret_left_out)
{
	struct sync_work w = {.q = *q};
	size_t mark = b->n;
	struct sql *db = db_reader(h->db);
	/* One snapshot, and one lock, for the many small queries. */
	bool reads = !sync_is_held(h, q) && !sql_begin_read(db);
	begin(&w, h, patient, b);
	walk_on(&w.x, &w.walk, 0);
	end(&w);
	if (reads)
		sql_commit(db, NULL);
	*ret_left_out = w.x.left_out;
	if (!w.any && !always)
		buf_truncate(b, mark);
	return w.any || always;
}

bool sync_is_held(const struct hub *h, const struct sync_query *q)
{
	return !q->initial && q->since.pos >= h->tail.floor;
}

struct sync_work *sync_work_new(struct hub *h, const struct sync_query *q)
{
	struct sync_work *w = NEW(struct sync_work);
	w->q = *q;
	w->b = BUF_INIT(BUF_CAP_OWN);
	begin(w, h, false, &w->b);
	return w;
}

/* Each step sees a state of its own: what is newer than the reply's position stays out. */
bool sync_work_step(struct sync_work *w, int64_t until_ns)
{
	struct sql *db = db_reader(w->x.h->db);
	bool reads = !sql_begin_read(db);
	bool done = walk_on(&w->x, &w->walk, until_ns);
	if (done)
		end(w);
	if (reads)
		sql_commit(db, NULL);
	return done;
}

bool sync_work_end(struct sync_work *w, bool done, struct buf *ret, struct sync_query *ret_q)
{
	bool any = done && w->any;
	if (!done) {
		build_data_done(&w->x);
		buf_done(&w->messages);
		mem_free(w->walk.rooms);
	}
	if (ret)
		*ret = w->b;
	else
		buf_done(&w->b);
	*ret_q = w->q;
	mem_free(w);
	return any;
}

bool sync_build(struct hub *h, const struct sync_query *q, bool always, struct buf *b)
{
	size_t mark = b->n;
	bool left_out, patient = !always && !q->initial && h->held;
	bool any = build(h, q, always, patient, b, &left_out);
	if (any && left_out) {
		/* As there is a reply anyhow, everything goes with it. */
		buf_truncate(b, mark);
		build(h, q, true, false, b, &left_out);
	}
	return any;
}

bool sync_holds(const struct hub *h, const struct sync_query *q)
{
	const struct hub_room *r = h->held;
	while (r && !nidmap_get(&r->members, q->user->nid))
		r = r->next_held;
	return r != NULL;
}
