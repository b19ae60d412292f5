#include "server/rooms/search_index.h"

#include "core/base/json.h"
#include "core/base/words.h"

#include <string.h>

/* The event that an index row is about. */
struct doc {
	int64_t pos, room_nid;
	enum search_column column;
	struct buf text; /* of the event with its newest edit, as words_put gives it */
};

static const struct {
	const char *type, *field;
	bool state;
} indexed[SEARCH_COLUMNS] = {
	[SEARCH_BODY] = {"m.room.message", "body", false},
	[SEARCH_NAME] = {"m.room.name", "name", true},
	[SEARCH_TOPIC] = {"m.room.topic", "topic", true},
};

static bool column_of(struct span type, bool state, enum search_column *ret)
{
	for (int i = 0; i < SEARCH_COLUMNS; i++) {
		if (indexed[i].state != state || !span_eq_str(type, indexed[i].type))
			continue;
		*ret = (enum search_column)i;
		return true;
	}
	return false;
}

/* The text of an event, or of the message that it makes of another one; empty when there is none. */
static void put_text(struct buf *b, struct span event, enum search_column column, bool edit)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(event, &j, NULL))
		return;
	const json_t *content = json_get_object(j, "content");
	if (edit)
		content = json_get_object(content, "m.new_content");
	words_put(b, json_get_span(content, indexed[column].field));
}

static bool edit_is_valid(struct span event)
{
	JSON_AUTO json_t *j = NULL;
	return !json_parse_object(event, &j, NULL) &&
	       json_get_object(json_get_object(j, "content"), "m.new_content");
}

/* Edits of the event at ?1 other than the one at ?2, the newest first; as bundled relations have
 * them. */
static struct sql_stmt *edits_of(struct sql *db, int64_t pos, int64_t without)
{
	struct sql_stmt *s =
		SQL(db, "SELECT e.pos,e.text FROM events o JOIN events e ON e.relates_to=o.event_id"
			" AND e.rel_type='m.replace' AND e.sender_nid=o.sender_nid"
			" AND e.type=o.type AND e.state_key IS NULL AND e.redacted_by IS NULL"
			" AND +e.room_nid=o.room_nid WHERE o.pos=?1 AND e.pos!=?2"
			" ORDER BY e.ts DESC,e.event_id DESC LIMIT 5");
	sql_bind_i64(s, 1, pos);
	sql_bind_i64(s, 2, without);
	return s;
}

int64_t search_newest_edit(struct sql *db, int64_t pos)
{
	int64_t found = 0;
	struct sql_stmt *s = edits_of(db, pos, 0);
	while (!found && sql_row(s))
		if (edit_is_valid(sql_col_text(s, 1)))
			found = sql_col_i64(s, 0);
	sql_reset(s);
	return found;
}

/*
 * Fill `d` with the event at `pos` as it reads without the edit at `without`;
 * false when it is none that is indexed.
 */
static bool load(struct sql *db, int64_t pos, int64_t without, struct doc *d)
{
	struct sql_stmt *s = SQL(db, "SELECT room_nid,type,state_key IS NOT NULL,text FROM events"
				     " WHERE pos=?1 AND redacted_by IS NULL"
				     " AND coalesce(rel_type,'')!='m.replace'");
	sql_bind_i64(s, 1, pos);
	d->pos = pos;
	buf_clear(&d->text);
	if (!sql_row(s))
		return false;
	d->room_nid = sql_col_i64(s, 0);
	bool ours = column_of(sql_col_text(s, 1), sql_col_i64(s, 2) != 0, &d->column);
	if (ours)
		put_text(&d->text, sql_col_text(s, 3), d->column, false);
	sql_reset(s);
	if (!ours || indexed[d->column].state)
		return ours;
	struct sql_stmt *edits = edits_of(db, pos, without);
	for (bool found = false; !found && sql_row(edits);) {
		found = edit_is_valid(sql_col_text(edits, 1));
		if (!found)
			continue;
		buf_clear(&d->text);
		put_text(&d->text, sql_col_text(edits, 1), d->column, true);
	}
	sql_reset(edits);
	return true;
}

static int run(struct sql_stmt *s, const struct doc *d, struct err *err)
{
	char room[24];
	snprintf(room, sizeof(room), "r%lld", (long long)d->room_nid);
	sql_bind_i64(s, 1, d->pos);
	sql_bind_str(s, 2, room);
	for (int i = 0; i < SEARCH_COLUMNS; i++)
		if (i == (int)d->column)
			sql_bind_text(s, 3 + i, buf_span(&d->text));
	return d->text.n ? sql_run(s, err) : 0;
}

static int put(struct sql *db, const struct doc *d, struct err *err)
{
	return run(SQL(db, "INSERT INTO search(rowid,room,body,name,topic)"
			   " VALUES(?1,?2,?3,?4,?5)"),
		   d, err);
}

static int drop(struct sql *db, const struct doc *d, struct err *err)
{
	return run(SQL(db, "INSERT INTO search(search,rowid,room,body,name,topic)"
			   " VALUES('delete',?1,?2,?3,?4,?5)"),
		   d, err);
}

/* Events up to here are not in the index yet. */
static int64_t filled_from(struct sql *db)
{
	return sql_get_i64(SQL(db, "SELECT value FROM meta WHERE key='search_fill'"), 0);
}

/* The message that the event at `pos` is an edit of; 0: it is none, or the message is not indexed
 * yet. */
static int64_t edited_by(struct sql *db, int64_t pos)
{
	struct sql_stmt *s =
		SQL(db, "SELECT o.pos FROM events e JOIN events o ON o.event_id=e.relates_to"
			" AND o.room_nid=e.room_nid AND o.sender_nid=e.sender_nid"
			" WHERE e.pos=?1 AND e.rel_type='m.replace' AND e.state_key IS NULL");
	sql_bind_i64(s, 1, pos);
	int64_t message = sql_get_i64(s, 0);
	return message > filled_from(db) ? message : 0;
}

/* Index the message anew as the edit at `pos` comes or goes. */
static int reindex(struct sql *db, int64_t message, int64_t pos, bool comes, struct err *err)
{
	struct doc with = {.text = BUF_INIT(BUF_CAP_OWN)},
		   without = {.text = BUF_INIT(BUF_CAP_OWN)};
	int rc = 0;
	if (load(db, message, 0, &with) && load(db, message, pos, &without)) {
		rc = drop(db, comes ? &without : &with, err);
		if (!rc)
			rc = put(db, comes ? &with : &without, err);
	}
	buf_done(&with.text);
	buf_done(&without.text);
	return rc;
}

int search_index_added(struct db_tx *tx, const struct search_event *e, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct doc d = {.pos = e->pos, .room_nid = e->room_nid, .text = BUF_INIT(BUF_CAP_OWN)};
	if (!column_of(span_of(e->type), e->is_state, &d.column))
		return 0;
	if (e->rel_type && !strcmp(e->rel_type, "m.replace")) {
		int64_t message = edited_by(db, e->pos);
		return message ? reindex(db, message, e->pos, true, err) : 0;
	}
	words_put(&d.text, json_get_span(e->content, indexed[d.column].field));
	int rc = put(db, &d, err);
	buf_done(&d.text);
	return rc;
}

int search_index_redacting(struct db_tx *tx, int64_t pos, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct doc d = {.text = BUF_INIT(BUF_CAP_OWN)};
	int64_t message = edited_by(db, pos);
	if (message)
		return reindex(db, message, pos, false, err);
	int rc = 0;
	if (pos > filled_from(db) && load(db, pos, 0, &d))
		rc = drop(db, &d, err);
	buf_done(&d.text);
	return rc;
}

static int set_filled_from(struct sql *db, int64_t pos, struct err *err)
{
	struct sql_stmt *s = SQL(db, "UPDATE meta SET value=?1 WHERE key='search_fill'");
	sql_bind_i64(s, 1, pos);
	return sql_run(s, err);
}

int search_index_fill(struct db_tx *tx, bool *ret_more, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct doc d = {.text = BUF_INIT(BUF_CAP_OWN)};
	int64_t from = filled_from(db), todo[SEARCH_FILL_STEP];
	size_t n = 0;
	int rc = 0;
	struct sql_stmt *s = SQL(db, "SELECT pos FROM events WHERE pos<=?1 ORDER BY pos DESC"
				     " LIMIT ?2");
	sql_bind_i64(s, 1, from);
	sql_bind_i64(s, 2, SEARCH_FILL_STEP);
	while (from && sql_row(s))
		todo[n++] = sql_col_i64(s, 0);
	for (size_t i = 0; !rc && i < n; i++)
		if (load(db, todo[i], 0, &d))
			rc = put(db, &d, err);
	buf_done(&d.text);
	*ret_more = n == SEARCH_FILL_STEP;
	if (!rc && from)
		rc = set_filled_from(db, *ret_more ? todo[n - 1] - 1 : 0, err);
	return rc;
}
