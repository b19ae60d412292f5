#include "core/client/space.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/store/spaces.h"

#define PAGES_MAX 100
#define DEPTH_MAX 32

static int count_child(const struct store_child *c, void *arg)
{
	(void)c;
	++*(int64_t *)arg;
	return 0;
}

int client_space_list(struct client *c, client_row_fn *fn, void *arg, struct err *err)
{
	struct store *s;
	int rc = client_fresh_store(c, &s, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		int64_t children = 0;
		if (!store_room_get(s, *p, &r) || !r.type || strcmp(r.type, "m.space") != 0)
			continue;
		store_children_walk(s, r.id, count_child, &children);
		JSON_AUTO json_t *row = json_object();
		row_str(row, "room_id", r.room_id);
		row_str(row, "name", r.display);
		row_str(row, "alias", r.alias);
		row_str(row, "topic", r.topic);
		row_int(row, "members", r.joined);
		row_int(row, "children", children);
		rc = fn(row, arg);
	}
	return rc;
}

/* -- what a space holds --------------------------------------------------------- */

struct tree {
	struct client *c;
	struct store *s;
	json_t *rooms; /* room id -> what the server says of it */
	json_t *told;  /* room ids that have had their row */
	client_row_fn *fn;
	void *arg;
	int max_depth;
};

static int fetch_page(struct tree *t, const char *space, const char *from, char **ret_next,
		      struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *room;
	int rc = session_do(client_session(t->c), request_hierarchy(space, t->max_depth, from),
			    &reply, err);
	if (rc)
		return rc;
	json_array_foreach (json_get_array(reply, "rooms"), i, room) {
		const char *id = json_get_str(room, "room_id");
		if (id)
			json_object_set(t->rooms, id, room);
	}
	const char *next = json_get_str(reply, "next_batch");
	*ret_next = next && (!from || strcmp(next, from) != 0) ? mem_strdup(next) : NULL;
	return 0;
}

static int fetch(struct tree *t, const char *space, struct err *err)
{
	AUTO_FREE char *from = NULL;
	int rc;
	int pages = 0;
	do {
		AUTO_FREE char *next = NULL;
		rc = fetch_page(t, space, from, &next, err);
		mem_free(from);
		from = take(&next);
	} while (!rc && from && ++pages < PAGES_MAX);
	return rc;
}

static void put_membership(struct tree *t, json_t *row, const char *room_id)
{
	AUTO(store_room_done) struct store_room r = {0};
	int64_t id = store_room_find(t->s, span_of(room_id));
	bool known = id && store_room_get(t->s, id, &r) && strcmp(r.membership, "none") != 0;
	row_str(row, "membership", known ? r.membership : NULL);
}

struct child {
	const char *id, *order; /* borrowed; order NULL: none */
	bool suggested;
};

static json_t *child_row(struct tree *t, const json_t *room, const struct child *child,
			 const char *parent, int depth)
{
	json_t *row = json_object();
	const char *rule = json_get_str(room, "join_rule");
	row_str(row, "room_id", child->id);
	row_span(row, "name", json_get_span(room, "name"));
	row_span(row, "alias", json_get_span(room, "canonical_alias"));
	row_span(row, "topic", json_get_span(room, "topic"));
	json_object_set_new(row, "members",
			    room ? json_integer(json_get_i64(room, "num_joined_members", 0))
				 : json_null());
	row_span(row, "type", json_get_span(room, "room_type"));
	row_str(row, "parent", parent);
	row_int(row, "depth", depth);
	row_bool(row, "suggested", child->suggested);
	row_str(row, "join_rule", rule ? rule : room ? "public" : NULL);
	put_membership(t, row, child->id);
	return row;
}

static int by_order(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	if (!x->order != !y->order)
		return x->order ? -1 : 1;
	int by = x->order ? strcmp(x->order, y->order) : 0;
	return by ? by : strcmp(x->id, y->id);
}

/* The children that a room's children_state names. The caller owns the array. */
static struct child *children_of(const json_t *room, size_t *ret_n)
{
	json_t *states = json_get_array(room, "children_state"), *st;
	struct child *list = mem_realloc_array(NULL, json_array_size(states) + 1, sizeof(*list));
	size_t i, n = 0;
	json_array_foreach (states, i, st) {
		json_t *content = json_get_object(st, "content");
		const char *id = json_get_str(st, "state_key");
		if (id && json_array_size(json_get_array(content, "via")))
			list[n++] = (struct child){id, json_get_str(content, "order"),
						   json_get_bool(content, "suggested", false)};
	}
	qsort(list, n, sizeof(*list), by_order);
	*ret_n = n;
	return list;
}

static int tell(struct tree *t, const char *parent, int depth)
{
	size_t n;
	int rc = 0;
	AUTO_FREE struct child *list = children_of(json_object_get(t->rooms, parent), &n);
	for (size_t i = 0; i < n && !rc; i++) {
		const json_t *room = json_object_get(t->rooms, list[i].id);
		JSON_AUTO json_t *row = child_row(t, room, &list[i], parent, depth);
		bool again = json_object_get(t->told, list[i].id) != NULL;
		json_object_set_new(t->told, list[i].id, json_true());
		rc = t->fn(row, t->arg);
		bool deeper =
			!again && depth < DEPTH_MAX && (t->max_depth == 0 || depth < t->max_depth);
		if (!rc && deeper && room)
			rc = tell(t, list[i].id, depth + 1);
	}
	return rc;
}

static int note_child(const struct store_child *c, void *arg)
{
	json_t *one = json_object();
	row_span(one, "id", c->room_id);
	row_bool(one, "suggested", c->suggested);
	json_array_append_new(arg, one);
	return 0;
}

/* As the cache has it: only rooms that we know have a name. */
static int tell_cached(struct tree *t, const char *space)
{
	JSON_AUTO json_t *list = json_array();
	size_t i;
	json_t *one;
	int rc = 0;
	store_children_walk(t->s, store_room_find(t->s, span_of(space)), note_child, list);
	json_array_foreach (list, i, one) {
		AUTO(store_room_done) struct store_room r = {0};
		struct child child = {json_get_str(one, "id"), NULL,
				      json_get_bool(one, "suggested", false)};
		int64_t id = child.id ? store_room_find(t->s, span_of(child.id)) : 0;
		if (!child.id || rc)
			continue;
		JSON_AUTO json_t *row = child_row(t, NULL, &child, space, 1);
		if (id && store_room_get(t->s, id, &r)) {
			row_str(row, "name", r.display);
			row_str(row, "alias", r.alias);
			row_str(row, "topic", r.topic);
			row_int(row, "members", r.joined);
			row_str(row, "type", r.type);
		}
		rc = t->fn(row, t->arg);
	}
	return rc;
}

int client_space_show(struct client *c, const char *space, int depth, bool offline,
		      client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *rooms = json_object(), *told = json_object();
	struct tree t =
		{.c = c, .rooms = rooms, .told = told, .fn = fn, .arg = arg, .max_depth = depth};
	int rc = client_store(c, &t.s, err);
	if (rc)
		return rc;
	if (offline)
		return tell_cached(&t, space);
	rc = fetch(&t, space, err);
	json_object_set_new(told, space, json_true());
	return rc ? rc : tell(&t, space, 1);
}

/* -- changing ---------------------------------------------------------------------- */

int client_space_add(struct client *c, const struct space_add *a, struct err *err)
{
	JSON_AUTO json_t *child = json_pack("{s:[s]}", "via", client_server_name(c));
	JSON_AUTO json_t *parent = json_pack("{s:[s]}", "via", client_server_name(c));
	if (a->order)
		json_object_set_new(child, "order", json_string(a->order));
	if (a->suggested)
		json_object_set_new(child, "suggested", json_true());
	int rc = client_state_put(c, a->space, "m.space.child", a->room_id, child, NULL, err);
	if (rc)
		return rc;
	/* A help for those who find the room first; who may not change it lists it all the same. */
	client_state_put(c, a->room_id, "m.space.parent", a->space, parent, NULL, NULL);
	return 0;
}

int client_space_remove(struct client *c, const char *space, const char *room_id, struct err *err)
{
	JSON_AUTO json_t *none = json_object(), *parent = NULL;
	int rc = client_state_put(c, space, "m.space.child", room_id, none, NULL, err);
	if (rc)
		return rc;
	if (client_state_get(c, room_id, "m.space.parent", space, &parent, NULL) == 0)
		client_state_put(c, room_id, "m.space.parent", space, none, NULL, NULL);
	return 0;
}
