#include "tests/lib/world.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/rooms/create.h"
#include "tests/lib/tmpdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void world_open(struct world *w)
{
	struct err err = {0};
	tmpdir_make(w->dir);
	if (db_open_offline(w->dir, &w->db, &err))
		fail_msg("%s", err.msg);
	sql_exec(db_reader(w->db), "PRAGMA synchronous=OFF", NULL);
}

void world_close(struct world *w)
{
	db_close(w->db);
	tmpdir_remove(w->dir);
}

const char *world_id(const char *name)
{
	static char ring[8][128];
	static unsigned next;
	char *s = ring[next++ % 8];
	snprintf(s, sizeof(ring[0]), "@%s:" WORLD_SERVER, name);
	return s;
}

int64_t world_user(struct world *w, const char *name)
{
	struct sql *db = db_reader(w->db);
	struct sql_stmt *s =
		SQL(db, "INSERT INTO users(user_id,display_name,created_ts) VALUES(?,?,0)"
			" ON CONFLICT DO NOTHING");
	sql_bind_str(s, 1, world_id(name));
	sql_bind_str(s, 2, name);
	assert_int_equal(sql_run(s, NULL), 0);
	s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, world_id(name));
	return sql_get_i64(s, 0);
}

/* 'a' -> "a" */
static json_t *parse(const char *text)
{
	struct err err = {0};
	json_t *j = NULL;
	AUTO_FREE char *copy = mem_strdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (json_parse(span_of(copy), &j, &err))
		fail_msg("%s: %s", err.msg, copy);
	return j;
}

struct making {
	struct room_creation c;
	struct world_room *ret;
};

static int run_create(struct db_tx *tx, void *arg, struct err *err)
{
	struct making *m = arg;
	return room_create(tx, &m->c, m->ret->id, &m->ret->nid, err);
}

int world_create(struct world *w, const char *creator, const char *body, struct world_room *ret,
		 struct err *err)
{
	JSON_AUTO json_t *j = parse(body);
	struct making m = {.c = {.body = j,
				 .user_nid = world_user(w, creator),
				 .user_id = world_id(creator),
				 .server_name = WORLD_SERVER},
			   .ret = ret};
	return db_run_offline(w->db, run_create, &m, err);
}

struct appending {
	struct event_draft d;
	struct event_ref ref;
};

static int run_append(struct db_tx *tx, void *arg, struct err *err)
{
	struct appending *a = arg;
	return room_append(tx, &a->d, &a->ref, err);
}

static int append(struct world *w, struct event_draft d, const char *sender, const char *content,
		  struct event_ref *ret, struct err *err)
{
	JSON_AUTO json_t *j = parse(content);
	struct appending a = {.d = d};
	struct err own = {0};
	a.d.sender_nid = world_user(w, sender);
	a.d.sender = world_id(sender);
	a.d.content = j;
	int rc = db_run_offline(w->db, run_append, &a, err ? err : &own);
	if (!rc && ret)
		*ret = a.ref;
	return rc;
}

int world_append(struct world *w, const struct world_room *room, const char *sender,
		 const char *type, const char *state_key, const char *content,
		 struct event_ref *ret, struct err *err)
{
	struct event_draft d = {.room_nid = room->nid, .type = type, .state_key = state_key};
	return append(w, d, sender, content, ret, err);
}

int world_append_txn(struct world *w, const struct world_room *room, const char *sender,
		     int64_t device_nid, const char *txn_id, const char *type, const char *content,
		     struct event_ref *ret, struct err *err)
{
	struct event_draft d = {.room_nid = room->nid,
				.type = type,
				.device_nid = device_nid,
				.txn_id = txn_id};
	return append(w, d, sender, content, ret, err);
}

int world_redact(struct world *w, const struct world_room *room, const char *sender,
		 const char *event_id, struct event_ref *ret, struct err *err)
{
	struct event_draft d = {.room_nid = room->nid,
				.type = "m.room.redaction",
				.redacts = event_id};
	return append(w, d, sender, "{}", ret, err);
}

int world_member(struct world *w, const struct world_room *room, const char *sender,
		 const char *target, const char *membership, struct err *err)
{
	AUTO_FREE char *content = mem_printf("{'membership':'%s'}", membership);
	world_user(w, target);
	return world_append(w, room, sender, "m.room.member", world_id(target), content, NULL, err);
}

char *world_state(struct world *w, const struct world_room *room, const char *type,
		  const char *state_key)
{
	JSON_AUTO json_t *j = NULL;
	if (room_state(db_reader(w->db), room->nid, type, state_key, &j))
		return NULL;
	return json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
}

enum membership world_membership(struct world *w, const struct world_room *room, const char *name)
{
	return room_membership(db_reader(w->db), room->nid, world_user(w, name));
}

int64_t world_i64(struct world *w, const char *sql_literal)
{
	return sql_get_i64(sql_prepare(db_reader(w->db), sql_literal), -1);
}

json_t *world_event(struct world *w, const char *event_id)
{
	json_t *j = NULL;
	struct sql_stmt *s = SQL(db_reader(w->db), "SELECT text FROM events WHERE event_id=?");
	sql_bind_str(s, 1, event_id);
	assert_true(sql_row(s));
	assert_int_equal(json_parse_object(sql_col_text(s, 0), &j, NULL), 0);
	sql_reset(s);
	return j;
}
