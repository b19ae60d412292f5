#include "server/rooms/cache.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/redact.h"
#include "server/rooms/room.h"
#include "server/routes/route.h"

static void entry_free(struct room_entry *e)
{
	if (!e)
		return;
	mem_free(e->room_id);
	mem_free(e->creator);
	power_done(&e->power);
	json_decref(e->join_rules);
	mem_free(e);
}

static void cache_free(void *arg)
{
	struct room_cache *c = arg;
	for (size_t i = 0; i < ARRAY_LEN(c->slot); i++)
		entry_free(c->slot[i]);
	buf_done(&c->content);
	buf_done(&c->text);
	buf_done(&c->work);
	mem_free(c);
}

static struct room_cache *cache_new(void)
{
	struct room_cache *c = NEW(struct room_cache);
	/* Over the cap of an event by what JSON escapes and our own fields may add. */
	buf_init(&c->content, LIMIT_EVENT_BYTES);
	buf_init(&c->text, 2 * LIMIT_EVENT_BYTES);
	buf_init(&c->work, 2 * LIMIT_EVENT_BYTES);
	return c;
}

static struct room_entry **slot_of(struct room_cache *c, int64_t nid)
{
	return &c->slot[(uint64_t)nid % ARRAY_LEN(c->slot)];
}

struct room_cache *room_cache(struct db_tx *tx)
{
	void **slot = db_tx_slot(tx, cache_free);
	struct room_cache *c = *slot;
	if (!c)
		c = *slot = cache_new();
	if (c->undone != db_tx_undone(tx)) {
		for (size_t i = 0; i < ARRAY_LEN(c->slot); i++)
			if (c->slot[i] && c->slot[i]->batch == c->batch) {
				entry_free(c->slot[i]);
				c->slot[i] = NULL;
			}
		c->undone = db_tx_undone(tx);
	}
	c->batch = db_tx_batch(tx);
	return c;
}

static int load_last(struct sql *db, struct room_entry *e, struct err *err)
{
	struct sql_stmt *s =
		SQL(db, "SELECT event_id FROM events WHERE room_nid=? ORDER BY pos DESC LIMIT 2");
	sql_bind_i64(s, 1, e->nid);
	while (sql_row(s))
		if (e->events++ == 0)
			snprintf(e->last_event, sizeof(e->last_event), "%.*s",
				 SPAN_ARG(sql_col_text(s, 0)));
	return sql_failed(db, err);
}

static int load(struct db_tx *tx, int64_t nid, struct room_entry *e, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	JSON_AUTO json_t *levels = NULL, *create = NULL;
	struct sql_stmt *s = SQL(db, "SELECT r.room_id,u.user_id,r.version FROM rooms r"
				     " JOIN users u ON u.nid=r.creator_nid WHERE r.nid=?");
	sql_bind_i64(s, 1, nid);
	if (!sql_row(s)) {
		int rc = sql_failed(db, err);
		return rc ? rc : matrix_err(err, 404, "M_NOT_FOUND", _("There is no such room"));
	}
	e->nid = nid;
	e->room_id = span_dup(sql_col_text(s, 0));
	e->creator = span_dup(sql_col_text(s, 1));
	e->version = room_version_parse(sql_col_text(s, 2).p);
	sql_reset(s);
	room_state(db, nid, "m.room.power_levels", "", &levels);
	room_state(db, nid, "m.room.create", "", &create);
	power_init(&e->power, levels, create, e->creator);
	room_state(db, nid, "m.room.join_rules", "", &e->join_rules);
	return load_last(db, e, err);
}

int room_cache_get(struct db_tx *tx, int64_t nid, struct room_entry **ret, struct err *err)
{
	struct room_cache *c = room_cache(tx);
	struct room_entry **slot = slot_of(c, nid);
	if (!*slot || (*slot)->nid != nid) {
		struct room_entry *e = NEW(struct room_entry);
		int rc = load(tx, nid, e, err);
		if (rc) {
			entry_free(e);
			return rc;
		}
		/* What was read may be of this very batch. */
		e->batch = c->batch;
		entry_free(*slot);
		*slot = e;
	}
	*ret = *slot;
	return 0;
}

void room_cache_appended(struct db_tx *tx, struct room_entry *room, const char *event_id)
{
	room->batch = db_tx_batch(tx);
	if (room->events < 2)
		room->events++;
	snprintf(room->last_event, sizeof(room->last_event), "%s", event_id);
}

void room_cache_drop(struct db_tx *tx, int64_t nid)
{
	struct room_entry **slot = slot_of(room_cache(tx), nid);
	if (*slot && (*slot)->nid == nid) {
		entry_free(*slot);
		*slot = NULL;
	}
}
