#include "server/sync/unread.h"

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/sync/ignored.h"
#include "server/sync/pushrules.h"

#include <string.h>

enum class_flags { CLASS_NOTIFY = 1, CLASS_HIGHLIGHT = 2 };

/* An event that may count for somebody. */
struct unread_event {
	int64_t pos, sender_nid;
	unsigned flags; /* for everybody but the sender */
	char *mentions; /* user ids, each followed by '\n': a highlight for them; or NULL */
	char *thread;	/* id of its root, or NULL */
};

struct unread_list {
	struct unread_event *v; /* oldest first */
	size_t n, size;
	int64_t upto; /* all events up to here were looked at */
};

struct rules {
	json_t *set; /* NULL: the defaults */
	char *display_name;
};

static void event_done(struct unread_event *e)
{
	mem_free(e->mentions);
	mem_free(e->thread);
	e->mentions = e->thread = NULL;
	e->flags = 0;
}

void unread_free(struct unread_list *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->n; i++)
		event_done(&u->v[i]);
	mem_free(u->v);
	mem_free(u);
}

/* --- what an event is --- */

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

static bool is_message(const char *type)
{
	return is(type, "m.room.message") || is(type, "m.room.encrypted") ||
	       is(type, "m.call.invite");
}

static char *thread_of(const json_t *j)
{
	const json_t *r = json_get_object(json_get_object(j, "content"), "m.relates_to");
	return is(json_get_str(r, "rel_type"), "m.thread") ? mem_strdup(json_get_str(r, "event_id"))
							   : NULL;
}

/* The default rules in their order, for everybody at once. */
static void classify(struct hub *h, int64_t room_nid, const json_t *j, struct unread_event *ret)
{
	const json_t *content = json_get_object(j, "content");
	const json_t *mentions = json_get_object(content, "m.mentions");
	const char *type = json_get_str(j, "type"), *sender = json_get_str(j, "sender");
	const char *rel = json_get_str(json_get_object(content, "m.relates_to"), "rel_type");
	if (!type || is(json_get_str(content, "msgtype"), "m.notice") || is(type, "m.room.member"))
		return;
	ret->mentions = mentions_of(mentions);
	if ((json_get_bool(mentions, "room", false) && sender &&
	     may_notify_room(h, room_nid, sender)) ||
	    (is(type, "m.room.tombstone") && is(json_get_str(j, "state_key"), "")))
		ret->flags = CLASS_NOTIFY | CLASS_HIGHLIGHT;
	else if (!is(rel, "m.replace") && is_message(type))
		ret->flags = CLASS_NOTIFY;
	if (ret->flags || ret->mentions)
		ret->thread = thread_of(j);
}

static bool holds(struct span text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* A text that mentions none of these words in any place needs no parsing. */
static bool is_plain(struct span text)
{
	return !holds(text, "m.mentions") && !holds(text, "m.relates_to") &&
	       !holds(text, "m.notice");
}

static void classify_text(struct hub *h, int64_t room_nid, const char *type, struct span text,
			  struct unread_event *ret)
{
	JSON_AUTO json_t *j = NULL;
	if (is_plain(text) && strcmp(type, "m.room.tombstone") != 0)
		ret->flags = is_message(type) ? CLASS_NOTIFY : 0;
	else if (!json_parse_object(text, &j, NULL))
		classify(h, room_nid, j, ret);
}

static void add(struct unread_list *u, const struct unread_event *e)
{
	u->upto = e->pos;
	if (!e->flags && !e->mentions)
		return;
	if (u->n == UNREAD_MAX) {
		size_t drop = UNREAD_MAX / 4;
		for (size_t i = 0; i < drop; i++)
			event_done(&u->v[i]);
		u->n -= drop;
		memmove(u->v, u->v + drop, u->n * sizeof(*u->v));
	}
	if (u->n == u->size) {
		u->size = u->size ? u->size * 2 : 8;
		u->v = mem_realloc_array(u->v, u->size, sizeof(*u->v));
	}
	u->v[u->n++] = *e;
}

/* --- by the default rules: one list for the room --- */

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

/* Events of (after, now], at most the newest UNREAD_MAX, oldest first. */
static struct sql_stmt *newest(struct hub *h, int64_t room_nid, int64_t after)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT pos,sender_nid,type,text FROM(SELECT pos,sender_nid,type,text FROM"
		    " events WHERE room_nid=?1 AND pos>?2 AND pos<=?3 AND redacted_by IS NULL"
		    " ORDER BY pos DESC LIMIT ?4) ORDER BY pos");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_i64(s, 2, after);
	sql_bind_i64(s, 3, db_position(h->db));
	sql_bind_i64(s, 4, UNREAD_MAX);
	return s;
}

static struct unread_list *room_list(struct hub *h, struct hub_room *room)
{
	if (room->unread)
		return room->unread;
	if (h->unread_rooms >= UNREAD_ROOMS)
		forget_one(h, room);
	room->unread = NEW(struct unread_list);
	h->unread_rooms++;
	struct sql_stmt *s = newest(h, room->nid, 0);
	while (sql_row(s)) {
		struct unread_event e = {.pos = sql_col_i64(s, 0), .sender_nid = sql_col_i64(s, 1)};
		classify_text(h, room->nid, sql_col_text(s, 2).p, sql_col_text(s, 3), &e);
		add(room->unread, &e);
	}
	return room->unread;
}

void unread_event(struct hub *h, struct hub_room *room, const struct db_change *c,
		  const json_t *json)
{
	struct unread_event e = {.pos = c->pos};
	/* A room that nobody asked about yet is read as a whole when somebody does. */
	if (!room->unread || !json || room->unread->upto >= c->pos)
		return;
	classify(h, room->nid, json, &e);
	if (e.flags || e.mentions) {
		struct sql_stmt *s =
			SQL(db_reader(h->db), "SELECT nid FROM users WHERE user_id=?1");
		sql_bind_str(s, 1, c->sender);
		e.sender_nid = sql_get_i64(s, 0);
	}
	add(room->unread, &e);
}

static void drop_event(struct unread_list *u, int64_t pos)
{
	for (size_t i = 0; u && i < u->n; i++)
		if (u->v[i].pos == pos)
			event_done(&u->v[i]);
}

void unread_redacted(struct hub_room *room, int64_t pos)
{
	struct hub_member *m;
	drop_event(room->unread, pos);
	for (size_t at = 0; (m = nidmap_next(&room->members, &at));)
		drop_event(m->unread, pos);
}

/* --- by own rules: one list for each person and room --- */

void unread_rules_changed(struct hub_user *user)
{
	struct hub_member *m;
	for (size_t at = 0; (m = nidmap_next(&user->rooms, &at));) {
		unread_free(m->unread);
		m->unread = NULL;
	}
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

/* Comparisons for all that a person has not read in a room: a tenth of a second at most. */
#define JUDGE_STEPS 20000000

static struct pushrules_verdict eval(struct hub *h, const struct hub_member *m,
				     const struct rules *rules, const json_t *set,
				     const json_t *event, int *budget)
{
	struct room_ping ping = {h, m->room->nid, json_get_str(event, "sender")};
	struct pushrules_context ctx = {.display_name = rules->display_name,
					.members = m->room->joined,
					.may_notify = may_notify,
					.arg = &ping,
					.budget = budget};
	return pushrules_eval(set, event, &ctx);
}

struct pushrules_verdict unread_judge(struct hub *h, const struct hub_member *m,
				      const json_t *event, int *budget, json_t **ret_actions)
{
	const struct rules *rules = rules_of(h, m->user);
	JSON_AUTO json_t *set =
		rules->set ? json_incref(rules->set) : pushrules_default(m->user->user_id);
	struct pushrules_verdict v = eval(h, m, rules, set, event, budget);
	*ret_actions = v.notify ? json_incref((json_t *)v.actions) : NULL;
	v.actions = NULL;
	return v;
}

static void judge(struct hub *h, const struct hub_member *m, const struct rules *rules,
		  struct span text, int *budget, struct unread_event *ret)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(text, &j, NULL))
		return;
	struct pushrules_verdict v = eval(h, m, rules, rules->set, j, budget);
	ret->flags = (v.notify ? CLASS_NOTIFY : 0) | (v.highlight ? CLASS_HIGHLIGHT : 0);
	ret->thread = ret->flags ? thread_of(j) : NULL;
}

static struct unread_list *own_list(struct hub *h, struct hub_member *m, const struct rules *rules)
{
	if (!m->unread) {
		m->unread = NEW(struct unread_list);
		m->unread->upto = m->read_pos;
	}
	if (m->room->last_pos <= m->unread->upto)
		return m->unread;
	int budget = JUDGE_STEPS;
	struct sql_stmt *s = newest(h, m->room->nid, m->unread->upto);
	while (sql_row(s)) {
		struct unread_event e = {.pos = sql_col_i64(s, 0), .sender_nid = sql_col_i64(s, 1)};
		if (e.sender_nid != m->user->nid && e.sender_nid != h->own_nid)
			judge(h, m, rules, sql_col_text(s, 3), &budget, &e);
		add(m->unread, &e);
	}
	return m->unread;
}

/* --- counting --- */

static int64_t receipt_pos(struct hub *h, const struct hub_member *m, const char *thread)
{
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT coalesce(max(e.pos),0) FROM receipts r CROSS JOIN events e ON"
		    " e.event_id=r.event_id WHERE r.room_nid=?1 AND r.user_nid=?2 AND"
		    " r.kind IN('m.read','m.read.private') AND r.thread_id=?3");
	sql_bind_i64(s, 1, m->room->nid);
	sql_bind_i64(s, 2, m->user->nid);
	sql_bind_str(s, 3, thread);
	return sql_get_i64(s, 0);
}

void unread_read(struct hub_member *m)
{
	m->read_pos = -1;
	unread_free(m->unread);
	m->unread = NULL;
}

static void look_up_read(struct hub *h, struct hub_member *m)
{
	if (m->read_pos >= 0)
		return;
	m->read_pos = receipt_pos(h, m, "");
	if (m->read_pos < m->joined_pos)
		m->read_pos = m->joined_pos;
	m->main_pos = receipt_pos(h, m, "main");
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT 1 FROM receipts WHERE room_nid=?1 AND"
						   " user_nid=?2 AND thread_id NOT IN('','main')");
	sql_bind_i64(s, 1, m->room->nid);
	sql_bind_i64(s, 2, m->user->nid);
	m->thread_receipts = sql_get_i64(s, 0) != 0;
}

bool unread_was_read(struct hub *h, struct hub_member *m, int64_t pos, const char *thread)
{
	look_up_read(h, m);
	if (pos <= m->read_pos)
		return true;
	return pos <= (thread ? receipt_pos(h, m, thread) : m->main_pos);
}

static bool mentioned(const struct unread_event *e, const char *user_id)
{
	size_t n = strlen(user_id);
	for (const char *p = e->mentions; p && *p; p = strchr(p, '\n') + 1)
		if (!strncmp(p, user_id, n) && p[n] == '\n')
			return true;
	return false;
}

struct counting {
	struct unread_thread *v;
	int64_t *read; /* how far each was read */
	size_t n;
};

static size_t row_of(struct hub *h, const struct hub_member *m, struct counting *c,
		     const char *thread)
{
	for (size_t i = 0; i < c->n; i++)
		if (thread ? is(c->v[i].root, thread) : !c->v[i].root)
			return i;
	c->v = mem_realloc_array(c->v, c->n + 1, sizeof(*c->v));
	c->read = mem_realloc_array(c->read, c->n + 1, sizeof(*c->read));
	c->v[c->n] = (struct unread_thread){.root = thread};
	c->read[c->n] = !thread ? m->main_pos : m->thread_receipts ? receipt_pos(h, m, thread) : 0;
	return c->n++;
}

size_t unread_by_thread(struct hub *h, struct hub_member *m, struct unread_thread **ret)
{
	struct counting c = {NULL, NULL, 0};
	const struct rules *rules = rules_of(h, m->user);
	look_up_read(h, m);
	row_of(h, m, &c, NULL);
	const struct unread_list *u = m->room->last_pos <= m->read_pos ? NULL
				      : rules->set		       ? own_list(h, m, rules)
								       : room_list(h, m->room);
	for (size_t i = u ? u->n : 0; i-- && u->v[i].pos > m->read_pos;) {
		const struct unread_event *e = &u->v[i];
		bool me = mentioned(e, m->user->user_id);
		if (e->sender_nid == m->user->nid || (!e->flags && !me))
			continue;
		const struct hub_user *by = hub_user(h, e->sender_nid);
		if (by && ignored_sender(h, m->user, by->user_id))
			continue;
		size_t row = row_of(h, m, &c, e->thread);
		if (e->pos <= c.read[row])
			continue;
		c.v[row].counts.notification += me || (e->flags & CLASS_NOTIFY);
		c.v[row].counts.highlight += me || (e->flags & CLASS_HIGHLIGHT);
	}
	mem_free(c.read);
	*ret = c.v;
	return c.n;
}

struct unread_counts unread_count(struct hub *h, struct hub_member *m)
{
	struct unread_counts sum = {0, 0};
	struct unread_thread *v;
	size_t n = unread_by_thread(h, m, &v);
	for (size_t i = 0; i < n; i++) {
		sum.notification += v[i].counts.notification;
		sum.highlight += v[i].counts.highlight;
	}
	mem_free(v);
	return sum;
}
