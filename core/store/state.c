#include "core/store/rooms.h"

#include "core/base/json.h"
#include "core/base/mem.h"

int store_state_set(struct store *s, const struct store_state *st, struct err *err)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "INSERT OR REPLACE INTO state(room,type,key,event_id,sender,ts,"
				  "json) VALUES(?,?,?,?,?,?,?)");
	sql_bind_i64(q, 1, st->room);
	sql_bind_text(q, 2, st->type);
	sql_bind_text(q, 3, st->key);
	sql_bind_text(q, 4, st->event_id);
	sql_bind_text(q, 5, st->sender);
	sql_bind_i64(q, 6, st->ts);
	sql_bind_text(q, 7, st->json);
	return sql_run(q, err);
}

static int walk(struct sql_stmt *q, int64_t room, store_state_fn *fn, void *arg)
{
	while (sql_row(q)) {
		struct store_state st = {
			.room = room,
			.type = sql_col_text(q, 0),
			.key = sql_col_text(q, 1),
			.event_id = sql_col_text(q, 2),
			.sender = sql_col_text(q, 3),
			.ts = sql_col_i64(q, 4),
			.json = sql_col_text(q, 5),
		};
		int rc = fn(&st, arg);
		if (rc) {
			sql_reset(q);
			return rc;
		}
	}
	return 0;
}

int store_state_walk(struct store *s, int64_t room, store_state_fn *fn, void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT type,key,event_id,sender,ts,json FROM state WHERE room=?"
				  " ORDER BY type,key");
	sql_bind_i64(q, 1, room);
	return walk(q, room, fn, arg);
}

int store_state_walk_type(struct store *s, int64_t room, const char *type, store_state_fn *fn,
			  void *arg)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT type,key,event_id,sender,ts,json FROM state WHERE room=?"
				  " AND type=? ORDER BY key");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, type);
	return walk(q, room, fn, arg);
}

bool store_state_get(struct store *s, int64_t room, const char *type, struct span key,
		     struct buf *ret)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT json FROM state WHERE room=? AND type=? AND key=?");
	sql_bind_i64(q, 1, room);
	sql_bind_str(q, 2, type);
	sql_bind_text(q, 3, key);
	if (!sql_row(q))
		return false;
	bool ok = buf_put_span(ret, sql_col_text(q, 0));
	sql_reset(q);
	return ok;
}

/* A string of a state event's content, or NULL. The caller owns it. */
static char *content_text(struct store *s, int64_t room, const char *type, const char *key)
{
	JSON_AUTO json_t *event = NULL;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!store_state_get(s, room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &event, NULL))
		return NULL;
	const char *text = json_get_str(json_get_object(event, "content"), key);
	return text && *text ? mem_strdup(text) : NULL;
}

struct names {
	struct buf text;
	int count;
	struct span own;
	bool present; /**< people who are or were asked to be here, else those who left */
};

static void add_name(struct names *n, struct span name)
{
	if (n->count++)
		buf_put_str(&n->text, ", ");
	buf_put_span(&n->text, name);
}

static void add_hero(struct store *s, int64_t room, struct span user, struct names *n)
{
	AUTO_FREE char *membership = store_member_membership(s, room, user);
	bool here =
		!membership || strcmp(membership, "join") == 0 || strcmp(membership, "invite") == 0;
	if (here != n->present || span_eq(user, n->own))
		return;
	AUTO_FREE char *name = store_member_name(s, room, user);
	add_name(n, name && *name ? span_of(name) : user);
}

static void add_heroes(struct store *s, int64_t room, struct names *n)
{
	JSON_AUTO json_t *heroes = NULL;
	struct sql_stmt *q = SQL(store_sql(s), "SELECT heroes FROM rooms WHERE id=?");
	sql_bind_i64(q, 1, room);
	if (!sql_row(q))
		return;
	struct span text = sql_col_text(q, 0);
	if (text.n)
		json_parse(text, &heroes, NULL);
	sql_reset(q);
	for (size_t i = 0; i < json_array_size(heroes) && n->count < 5; i++) {
		json_t *user = json_array_get(heroes, i);
		if (json_is_string(user))
			add_hero(s, room, span_of(json_string_value(user)), n);
	}
}

static int add_member(const struct store_member *m, void *arg)
{
	struct names *n = arg;
	bool here = span_eq_str(m->membership, "join") || span_eq_str(m->membership, "invite");
	if (here == n->present && !span_eq(m->user_id, n->own))
		add_name(n, m->name.n ? m->name : m->user_id);
	return n->count >= 5;
}

static void put_people(struct store *s, int64_t room, struct names *n)
{
	add_heroes(s, room, n);
	if (!n->count)
		store_member_walk(s, room, NULL, add_member, n);
}

/*
 * Without a name or alias: the heroes, "+N" for the others, in brackets when
 * all have left. No words, so that the name does not depend on a language.
 */
static char *people_name(struct store *s, int64_t room, const char *own_user_id, int64_t here)
{
	struct names n = {BUF_INIT(4096), 0, span_of(own_user_id), true};
	put_people(s, room, &n);
	if (n.count) {
		if (here - 1 > n.count)
			buf_printf(&n.text, " +%lld", (long long)(here - 1 - n.count));
		return buf_take(&n.text);
	}
	n.present = false;
	put_people(s, room, &n);
	if (!n.count)
		return NULL;
	char *name = mem_printf("(%s)", buf_str(&n.text));
	buf_done(&n.text);
	return name;
}

int store_room_rename(struct store *s, int64_t id, const char *own_user_id, struct err *err)
{
	struct store_room r;
	if (!store_room_get(s, id, &r))
		return 0;
	AUTO_FREE char *name = content_text(s, id, "m.room.name", "name");
	AUTO_FREE char *alias = content_text(s, id, "m.room.canonical_alias", "alias");
	AUTO_FREE char *topic = content_text(s, id, "m.room.topic", "topic");
	AUTO_FREE char *type = content_text(s, id, "m.room.create", "type");
	AUTO_FREE char *people =
		name || alias ? NULL : people_name(s, id, own_user_id, r.joined + r.invited);
	const char *display = name ? name : alias ? alias : people ? people : r.room_id;
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET display=?2,name=?3,alias=?4,"
					       "topic=?5,type=?6 WHERE id=?1");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, display);
	sql_bind_str(q, 3, name);
	sql_bind_str(q, 4, alias);
	sql_bind_str(q, 5, topic);
	sql_bind_str(q, 6, type);
	int rc = sql_run(q, err);
	store_room_done(&r);
	return rc;
}
