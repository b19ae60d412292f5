#include "server/sync/unread.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/sync/pushrules.h"

#include <string.h>

enum class_flags { CLASS_NOTIFY = 1, CLASS_HIGHLIGHT = 2 };

/* An event that may count for somebody. */
struct unread_event {
	int64_t pos, sender_nid;
	unsigned flags; /* for everybody but the sender */
	char *mentions; /* user ids, each followed by '\n'; a highlight for them; or NULL */
};

struct unread_room {
	struct unread_event *v; /* oldest first */
	size_t n, size;
};

struct rules {
	json_t *set; /* NULL: the defaults */
	char *display_name;
};

void unread_free(struct unread_room *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		mem_free(u->v[i].mentions);
	mem_free(u->v);
	mem_free(u);
}

static char *mentions_of(const json_t *mentions)
{
	struct buf b = BUF_INIT(LIMIT_EVENT_BYTES);
	const json_t *ids = json_get_array(mentions, "user_ids");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const json_t *id = json_array_get(ids, i);
		if (!json_is_string(id) || strchr(json_string_value(id), '\n'))
			continue;
		buf_put_str(&b, json_string_value(id));
		buf_put_char(&b, '\n');
	}
	return b.n ? buf_take(&b) : NULL;
}

/* The power needed for @room against the sender's, as things stand. */
static bool may_notify_room(struct hub *h, int64_t room_nid, const char *sender)
{
	JSON_AUTO json_t *levels = NULL;
	if (room_state(db_reader(h->db), room_nid, "m.room.power_levels", "", &levels))
		return false;
	int64_t need = json_get_i64(json_get_object(levels, "notifications"), "room", 50);
	int64_t has = json_get_i64(json_get_object(levels, "users"), sender,
				   json_get_i64(levels, "users_default", 0));
	return has >= need;
}

static bool is(const char *s, const char *word)
{
	return s && !strcmp(s, word);
}

/* The default rules in their order, for everybody at once. */
static void classify(struct hub *h, int64_t room_nid, const json_t *j, struct unread_event *ret)
{
	const json_t *content = json_get_object(j, "content");
	const json_t *mentions = json_get_object(content, "m.mentions");
	const char *type = json_get_str(j, "type"), *sender = json_get_str(j, "sender");
	const char *rel = json_get_str(json_get_object(content, "m.relates_to"), "rel_type");
	ret->flags = 0;
	ret->mentions = NULL;
	if (!type || is(json_get_str(content, "msgtype"), "m.notice") || is(type, "m.room.member"))
		return;
	ret->mentions = mentions_of(mentions);
	if ((json_get_bool(mentions, "room", false) && sender &&
	     may_notify_room(h, room_nid, sender)) ||
	    (is(type, "m.room.tombstone") && is(json_get_str(j, "state_key"), "")))
		ret->flags = CLASS_NOTIFY | CLASS_HIGHLIGHT;
	else if (is(rel, "m.replace"))
		ret->flags = 0;
	else if (is(type, "m.room.message") || is(type, "m.room.encrypted") ||
		 is(type, "m.call.invite"))
		ret->flags = CLASS_NOTIFY;
}

static void add(struct unread_room *u, const struct unread_event *e)
{
	if (!e->flags && !e->mentions)
		return;
	if (u->n == UNREAD_MAX) {
		size_t drop = UNREAD_MAX / 4;
		for (size_t i = 0; i < drop; i++)
			mem_free(u->v[i].mentions);
		u->n -= drop;
		memmove(u->v, u->v + drop, u->n * sizeof(*u->v));
	}
	if (u->n == u->size) {
		u->size = u->size ? u->size * 2 : 8;
		u->v = mem_realloc_array(u->v, u->size, sizeof(*u->v));
	}
	u->v[u->n++] = *e;
}

static void forget_one(struct hub *h, const struct hub_room *keep)
{
	struct hub_room *r;
	for (size_t at = 0; (r = nidmap_next(&h->rooms, &at));) {
		if (!r->unread || r == keep)
			continue;
		unread_free(r->unread);
		r->unread = NULL;
		h->unread_rooms--;
		return;
	}
}

static struct unread_room *load(struct hub *h, struct hub_room *room)
{
	if (room->unread)
		return room->unread;
	if (h->unread_rooms >= UNREAD_ROOMS)
		forget_one(h, room);
	room->unread = NEW(struct unread_room);
	h->unread_rooms++;
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT pos,sender_nid,text FROM(SELECT pos,sender_nid,text FROM events WHERE"
		    " room_nid=?1 AND pos<=?2 AND redacted_by IS NULL ORDER BY pos DESC LIMIT ?3)"
		    " ORDER BY pos");
	sql_bind_i64(s, 1, room->nid);
	sql_bind_i64(s, 2, db_position(h->db));
	sql_bind_i64(s, 3, UNREAD_MAX);
	while (sql_row(s)) {
		struct unread_event e = {.pos = sql_col_i64(s, 0), .sender_nid = sql_col_i64(s, 1)};
		JSON_AUTO json_t *j = NULL;
		if (json_parse_object(sql_col_text(s, 2), &j, NULL))
			continue;
		classify(h, room->nid, j, &e);
		add(room->unread, &e);
	}
	return room->unread;
}

void unread_event(struct hub *h, struct hub_room *room, const struct db_change *c,
		  const json_t *json)
{
	struct unread_event e = {.pos = c->pos};
	/* A room that nobody asked about yet is read as a whole when somebody does. */
	if (!room->unread || !json)
		return;
	if (room->unread->n && room->unread->v[room->unread->n - 1].pos >= c->pos)
		return;
	classify(h, room->nid, json, &e);
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT nid FROM users WHERE user_id=?1");
	sql_bind_str(s, 1, c->sender);
	e.sender_nid = sql_get_i64(s, 0);
	add(room->unread, &e);
}

void unread_redacted(struct hub_room *room, int64_t pos)
{
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&room->members, &at));)
		m->counted_pos = 0;
	for (size_t i = 0; room->unread && i < room->unread->n; i++) {
		struct unread_event *e = &room->unread->v[i];
		if (e->pos != pos)
			continue;
		mem_free(e->mentions);
		e->mentions = NULL;
		e->flags = 0;
	}
}

void unread_rules_changed(struct hub_user *user)
{
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&user->rooms, &at));)
		m->counted_pos = 0;
	if (!user->rules)
		return;
	json_decref(user->rules->set);
	mem_free(user->rules->display_name);
	mem_free(user->rules);
	user->rules = NULL;
}

static struct rules *rules_of(struct hub *h, struct hub_user *user)
{
	JSON_AUTO json_t *stored = NULL;
	if (user->rules)
		return user->rules;
	user->rules = NEW(struct rules);
	struct sql_stmt *s = SQL(db_reader(h->db),
				 "SELECT a.content,u.display_name FROM account_data a JOIN users u"
				 " ON u.nid=a.user_nid WHERE a.user_nid=?1 AND a.room_nid=0 AND"
				 " a.type='m.push_rules'");
	sql_bind_i64(s, 1, user->nid);
	if (!sql_row(s))
		return user->rules;
	if (!json_parse_object(sql_col_text(s, 0), &stored, NULL)) {
		user->rules->set = pushrules_merge(stored, user->user_id);
		user->rules->display_name = span_dup(sql_col_text(s, 1));
	}
	sql_reset(s);
	return user->rules;
}

static int64_t read_pos(struct hub *h, struct hub_member *m)
{
	if (m->read_pos >= 0)
		return m->read_pos;
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT coalesce(max(e.pos),0) FROM receipts r CROSS JOIN events e ON"
		    " e.event_id=r.event_id WHERE r.room_nid=?1 AND r.user_nid=?2 AND"
		    " r.kind IN('m.read','m.read.private') AND r.thread_id IN('','main')");
	sql_bind_i64(s, 1, m->room->nid);
	sql_bind_i64(s, 2, m->user->nid);
	m->read_pos = sql_get_i64(s, 0);
	if (m->read_pos < m->joined_pos)
		m->read_pos = m->joined_pos;
	m->counted_pos = 0;
	return m->read_pos;
}

static bool mentioned(const struct unread_event *e, const char *user_id)
{
	size_t n = strlen(user_id);
	for (const char *p = e->mentions; p && *p; p = strchr(p, '\n') + 1)
		if (!strncmp(p, user_id, n) && p[n] == '\n')
			return true;
	return false;
}

struct room_ping {
	struct hub *h;
	int64_t room_nid;
	const char *sender;
};

static bool may_notify(const char *key, void *arg)
{
	const struct room_ping *p = arg;
	return p->sender && !strcmp(key, "room") && may_notify_room(p->h, p->room_nid, p->sender);
}

/* Own rules: every event is judged once, then remembered as a sum. */
static struct unread_counts count_by_rules(struct hub *h, struct hub_member *m,
					   const struct rules *rules, int64_t from)
{
	if (!m->counted_pos) {
		m->counted_pos = from;
		m->counted_notify = m->counted_highlight = 0;
	}
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT text,pos FROM(SELECT text,pos FROM events WHERE room_nid=?1 AND pos>?2"
		    " AND pos<=?3 AND sender_nid!=?4 AND redacted_by IS NULL ORDER BY pos DESC"
		    " LIMIT ?5)");
	sql_bind_i64(s, 1, m->room->nid);
	sql_bind_i64(s, 2, m->counted_pos);
	sql_bind_i64(s, 3, db_position(h->db));
	sql_bind_i64(s, 4, m->user->nid);
	sql_bind_i64(s, 5, UNREAD_MAX);
	while (sql_row(s)) {
		JSON_AUTO json_t *j = NULL;
		if (json_parse_object(sql_col_text(s, 0), &j, NULL))
			continue;
		struct room_ping ping = {h, m->room->nid, json_get_str(j, "sender")};
		struct pushrules_context ctx = {.display_name = rules->display_name,
						.members = m->room->joined,
						.may_notify = may_notify,
						.arg = &ping};
		struct pushrules_verdict v = pushrules_eval(rules->set, j, &ctx);
		m->counted_notify += v.notify;
		m->counted_highlight += v.highlight;
	}
	m->counted_pos = db_position(h->db);
	return (struct unread_counts){m->counted_notify, m->counted_highlight};
}

struct unread_counts unread_count(struct hub *h, struct hub_member *m)
{
	struct unread_counts c = {0, 0};
	int64_t from = read_pos(h, m);
	const struct rules *rules = rules_of(h, m->user);
	if (m->room->last_pos <= from)
		return c;
	if (rules->set)
		return count_by_rules(h, m, rules, from);
	const struct unread_room *u = load(h, m->room);
	for (size_t i = u->n; i-- && u->v[i].pos > from;) {
		const struct unread_event *e = &u->v[i];
		bool me = e->sender_nid != m->user->nid && mentioned(e, m->user->user_id);
		unsigned flags = e->sender_nid == m->user->nid ? 0 : e->flags;
		c.notification += me || (flags & CLASS_NOTIFY);
		c.highlight += me || (flags & CLASS_HIGHLIGHT);
	}
	return c;
}
