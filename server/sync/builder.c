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

/* All rooms of one section; a section without rooms leaves no trace. */
static bool put_section(struct build *x, enum membership which)
{
	const struct section *section = &sections[which];
	size_t mark = x->b->n;
	bool any = false;
	struct hub_member *m;
	build_comma(x->b);
	buf_printf(x->b, "\"%s\":{", section->name);
	for (size_t at = 0; (m = nidmap_next(&x->q->user->rooms, &at));)
		if (sections[m->membership].build == section->build)
			any |= section->build(x, m);
	if (any)
		buf_put_char(x->b, '}');
	else
		buf_truncate(x->b, mark);
	return any;
}

static bool put_rooms(struct build *x)
{
	size_t mark = x->b->n;
	bool any = false;
	buf_put_str(x->b, ",\"rooms\":{");
	any |= put_section(x, MEMBERSHIP_JOIN);
	any |= put_section(x, MEMBERSHIP_INVITE);
	any |= put_section(x, MEMBERSHIP_KNOCK);
	any |= put_section(x, MEMBERSHIP_LEAVE);
	if (any)
		buf_put_char(x->b, '}');
	else
		buf_truncate(x->b, mark);
	return any;
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
		return device_lists_put(x->h, x->q->user, x->since, x->pos, x->b);
	buf_put_str(x->b, "{}");
	return false;
}

int64_t sync_messages_from(const struct sync_query *q)
{
	if (q->initial)
		return 0;
	return q->since.to_device ? q->since.to_device : q->since.pos;
}

/* *ret_left_out may be set only when `patient`. */
static bool build(struct hub *h, const struct sync_query *q, bool always, bool patient,
		  struct buf *b, bool *ret_left_out)
{
	size_t mark = b->n;
	struct sync_token now = sync_token_now(h, q->user);
	struct build x = {.h = h,
			  .q = q,
			  .f = q->filter,
			  .b = b,
			  .since = q->initial ? 0 : q->since.pos,
			  .pos = now.pos,
			  .patient = patient,
			  .now_ms = clock_wall_ms()};
	x.held = !q->initial && x.since >= h->tail.floor;
	bool any = q->initial || q->full_state;
	struct sql *db = db_reader(h->db);
	/* One snapshot, and one lock, for the many small queries. */
	bool reads = !x.held && !sql_begin_read(db);
	build_data_load(&x);
	AUTO(buf_done) struct buf messages = BUF_INIT(BUF_CAP_OWN);
	any |= collect_messages(&x, &messages, &now);
	buf_put_str(b, "{\"next_batch\":\"");
	token_put_sync(b, &now);
	buf_put_char(b, '"');
	/* Our own client drops what it knows of what was lost; others need not read it. */
	if (q->estranged)
		buf_put_str(b, ",\"org.muster.restored\":true");
	any |= put_global_data(&x);
	any |= put_rooms(&x);
	any |= put_device_lists(&x);
	buf_put_char(b, ',');
	feed_put_counts(h, q->device_nid, b);
	buf_put_str(b, ",\"to_device\":{\"events\":[");
	buf_put_span(b, buf_span(&messages));
	buf_put_str(b, "]},\"presence\":{\"events\":[");
	any |= status_put(h, q, x.now_ms, b) > 0;
	buf_put_str(b, "]}}");
	build_data_done(&x);
	if (reads)
		sql_commit(db, NULL);
	*ret_left_out = x.left_out;
	if (!any && !always)
		buf_truncate(b, mark);
	return any || always;
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
