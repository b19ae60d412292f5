/* What is no event of a timeline: typing, presence, marks, tags, counts, how rooms belong together. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/apply_priv.h"
#include "core/matrix/id.h"
#include "core/store/live.h"
#include "core/store/spaces.h"
#include "core/store/unread.h"

#define TYPING_MAX 50

int apply_typing(struct apply *a, const struct mx_event *ev, struct err *err)
{
	const char *users[TYPING_MAX];
	json_t *list = json_get_array(ev->content, "user_ids"), *one;
	size_t i, n = 0;
	json_array_foreach (list, i, one) {
		struct user_id id;
		const char *user = json_string_value(one);
		if (n < TYPING_MAX && user && user_id_parse(span_of(user), &id, NULL) == 0)
			users[n++] = user;
	}
	a->news = true;
	return store_typing_set(a->s, a->room, users, n, clock_wall_ms(), err);
}

static bool is_presence(struct span state)
{
	return span_eq_str(state, "online") || span_eq_str(state, "unavailable") ||
	       span_eq_str(state, "offline");
}

int apply_presence(struct apply *a, const struct sync_event *e, struct err *err)
{
	struct user_id id;
	if (!e->ok || strcmp(e->ev.type, "m.presence") != 0 || !e->ev.sender ||
	    user_id_parse(span_of(e->ev.sender), &id, NULL))
		return 0;
	int64_t ago = json_get_i64(e->ev.content, "last_active_ago", -1), now = clock_wall_ms();
	struct store_presence p = {
		.user_id = span_of(e->ev.sender),
		.state = json_get_span(e->ev.content, "presence"),
		.status = json_get_span(e->ev.content, "status_msg"),
		.active_ms = ago >= 0 && ago < now ? now - ago : 0,
		.active = json_get_bool(e->ev.content, "currently_active", false),
	};
	if (!is_presence(p.state))
		return 0;
	a->news = true;
	return store_presence_set(a->s, &p, err);
}

/* {"order": 0.25}; older clients wrote it as text, which the specification rules out. */
static int64_t order_of(const json_t *tag)
{
	const json_t *v = json_object_get(tag, "order");
	double order = json_is_number(v) ? json_number_value(v) : -1;
	return order >= 0 && order <= 1 ? (int64_t)(order * STORE_ORDER_ONE + 0.5) : -1;
}

static int apply_tags(struct apply *a, const json_t *content, struct err *err)
{
	json_t *tags = json_get_object(content, "tags");
	json_t *first = json_object_get(tags, "m.favourite");
	json_t *last = json_object_get(tags, "m.lowpriority");
	int rc = store_room_archived(a->s, a->room,
				     json_object_get(tags, "u.org.muster.archived") != NULL, err);
	if (!rc)
		rc = store_tags_set(a->s, a->room, first != NULL, last != NULL,
				    order_of(first ? first : last), err);
	return rc;
}

int apply_room_data(struct apply *a, const struct mx_event *ev, struct err *err)
{
	if (strcmp(ev->type, "m.tag") == 0)
		return apply_tags(a, ev->content, err);
	if (strcmp(ev->type, "m.fully_read") == 0)
		return store_fully_read_set(a->s, a->room, json_get_span(ev->content, "event_id"),
					    err);
	if (strcmp(ev->type, "m.marked_unread") == 0 ||
	    strcmp(ev->type, "com.famedly.marked_unread") == 0)
		return store_marked_unread_set(a->s, a->room,
					       json_get_bool(ev->content, "unread", false), err);
	return 0;
}

struct counting {
	struct apply *a;
	struct err *err;
	int rc;
};

static void on_thread_count(const char *root, int64_t unread, int64_t highlights, void *arg)
{
	struct counting *c = arg;
	struct store_thread_count row = {span_of(root), unread, highlights};
	if (!c->rc)
		c->rc = store_thread_count_set(c->a->s, c->a->room, &row, c->err);
}

int apply_thread_counts(struct apply *a, const struct sync_room *r, struct err *err)
{
	struct counting c = {a, err, 0};
	/* Counts come together: threads that are not named have nothing unread. */
	if (r->notify_count < 0 && r->highlight_count < 0 && !r->thread_counts.n)
		return 0;
	c.rc = store_thread_counts_clear(a->s, a->room, err);
	thread_counts_read(r->thread_counts, on_thread_count, &c);
	return c.rc ? c.rc : store_thread_counts_sum(a->s, a->room, err);
}

static int apply_child(struct apply *a, const struct mx_event *ev, struct err *err)
{
	struct span child = span_of(ev->state_key);
	struct store_child c = {
		.room_id = child,
		.order = json_get_span(ev->content, "order"),
		.suggested = json_get_bool(ev->content, "suggested", false),
	};
	/* Without servers to join by, it is a child no more. */
	if (json_array_size(json_get_array(ev->content, "via")) == 0)
		return store_child_remove(a->s, a->room, child, err);
	return store_child_set(a->s, a->room, &c, err);
}

int apply_structure(struct apply *a, const struct mx_event *ev, struct err *err)
{
	const char *type = ev->type;
	if (strcmp(type, "m.space.child") == 0)
		return apply_child(a, ev, err);
	if (ev->state_key[0])
		return 0;
	if (strcmp(type, "m.room.tombstone") == 0)
		return store_successor_set(a->s, a->room,
					   json_get_span(ev->content, "replacement_room"), err);
	if (strcmp(type, "m.room.create") == 0) {
		json_t *before = json_get_object(ev->content, "predecessor");
		return store_predecessor_set(a->s, a->room, json_get_span(before, "room_id"), err);
	}
	return 0;
}
