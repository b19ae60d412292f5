#include "core/store/schema.h"

#include "core/store/events_priv.h"

#include "core/base/mem.h"

/*
 * events.pos orders a room's timeline. The first chunk starts at 2^62; a chunk
 * behind a gap starts 2^32 later, so that back-filled events find numbers of
 * their own between; older history goes downwards. events.seq is the order of
 * arrival in this cache.
 *
 * gaps: events older than `pos` and newer than `low` may be missing; `token`
 * goes on from there with GET /messages. low 0: history before the first chunk.
 */
static const char v1[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE rooms("
	" id INTEGER PRIMARY KEY,"
	" room_id TEXT NOT NULL UNIQUE,"
	" membership TEXT NOT NULL DEFAULT 'none',"
	" display TEXT NOT NULL DEFAULT '',"
	" name TEXT, alias TEXT, topic TEXT, type TEXT, direct TEXT, inviter TEXT, heroes TEXT,"
	" encrypted INTEGER NOT NULL DEFAULT 0,"
	" joined INTEGER NOT NULL DEFAULT 0,"
	" invited INTEGER NOT NULL DEFAULT 0,"
	" unread INTEGER NOT NULL DEFAULT 0,"
	" highlights INTEGER NOT NULL DEFAULT 0,"
	" last_ts INTEGER NOT NULL DEFAULT 0,"
	" members_complete INTEGER NOT NULL DEFAULT 0,"
	" archived INTEGER NOT NULL DEFAULT 0,"
	" seen INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX rooms_display ON rooms(display);"
	"CREATE INDEX rooms_alias ON rooms(alias) WHERE alias IS NOT NULL;"
	"CREATE INDEX rooms_direct ON rooms(direct) WHERE direct IS NOT NULL;"
	"CREATE TABLE state("
	" room INTEGER NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,"
	" event_id TEXT, sender TEXT, ts INTEGER NOT NULL, json TEXT NOT NULL,"
	" PRIMARY KEY(room, type, key)) WITHOUT ROWID;"
	"CREATE TABLE members("
	" room INTEGER NOT NULL, user_id TEXT NOT NULL, membership TEXT NOT NULL,"
	" name TEXT, avatar TEXT,"
	" PRIMARY KEY(room, user_id)) WITHOUT ROWID;"
	"CREATE INDEX members_user ON members(user_id);"
	"CREATE TABLE events("
	" seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" room INTEGER NOT NULL, pos INTEGER NOT NULL,"
	" event_id TEXT NOT NULL, type TEXT NOT NULL, sender TEXT NOT NULL, state_key TEXT,"
	" ts INTEGER NOT NULL, body TEXT, rel_type TEXT, rel_to TEXT, txn_id TEXT,"
	" redacted_by TEXT, unreadable TEXT, json TEXT NOT NULL);"
	"CREATE UNIQUE INDEX events_pos ON events(room, pos);"
	"CREATE UNIQUE INDEX events_id ON events(room, event_id);"
	"CREATE INDEX events_rel ON events(room, rel_to) WHERE rel_to IS NOT NULL;"
	"CREATE INDEX events_sender ON events(room, sender, pos);"
	"CREATE INDEX events_txn ON events(txn_id) WHERE txn_id IS NOT NULL;"
	"CREATE TABLE gaps("
	" room INTEGER NOT NULL, pos INTEGER NOT NULL, low INTEGER NOT NULL,"
	" token TEXT NOT NULL, PRIMARY KEY(room, pos)) WITHOUT ROWID;"
	"CREATE TABLE receipts("
	" room INTEGER NOT NULL, user_id TEXT NOT NULL, type TEXT NOT NULL, thread TEXT NOT NULL,"
	" event_id TEXT NOT NULL, ts INTEGER NOT NULL,"
	" PRIMARY KEY(room, user_id, type, thread)) WITHOUT ROWID;"
	"CREATE TABLE account_data("
	" room INTEGER NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL,"
	" PRIMARY KEY(room, type)) WITHOUT ROWID;"
	"CREATE TABLE outbox("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" room_id TEXT NOT NULL, txn_id TEXT NOT NULL, type TEXT NOT NULL,"
	" target TEXT," /* event id that a redaction is about */
	" content TEXT NOT NULL, file TEXT, body TEXT,"
	" state TEXT NOT NULL,"		    /* queued, sending, scheduled, sent, failed */
	" keep INTEGER NOT NULL DEFAULT 0," /* the script gave the id: remember the result */
	" event_id TEXT, error TEXT,"
	" created_ms INTEGER NOT NULL, tried_ms INTEGER NOT NULL DEFAULT 0,"
	" attempts INTEGER NOT NULL DEFAULT 0);"
	"CREATE UNIQUE INDEX outbox_txn ON outbox(room_id, txn_id);"
	"CREATE INDEX outbox_state ON outbox(state, id);";

/*
 * What people and rooms are beside their messages. The columns of what older
 * caches hold already are filled from it.
 */
static const char v2[] =
	"ALTER TABLE rooms ADD favourite INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE rooms ADD low_priority INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE rooms ADD tag_order INTEGER NOT NULL DEFAULT -1;" /* millionths */
	"ALTER TABLE rooms ADD marked_unread INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE rooms ADD fully_read TEXT;"
	"ALTER TABLE rooms ADD thread_unread INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE rooms ADD thread_highlights INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE rooms ADD successor TEXT;"
	"ALTER TABLE rooms ADD predecessor TEXT;"
	"CREATE TABLE typing("
	" room INTEGER NOT NULL, user_id TEXT NOT NULL, at_ms INTEGER NOT NULL,"
	" PRIMARY KEY(room, user_id)) WITHOUT ROWID;"
	"CREATE TABLE presence("
	" user_id TEXT PRIMARY KEY, state TEXT NOT NULL, status TEXT,"
	" active_ms INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
	"CREATE TABLE thread_counts("
	" room INTEGER NOT NULL, root TEXT NOT NULL, unread INTEGER NOT NULL,"
	" highlights INTEGER NOT NULL, PRIMARY KEY(room, root)) WITHOUT ROWID;"
	"CREATE INDEX events_thread ON events(room, rel_to) WHERE rel_type='m.thread';"
	"CREATE TABLE children("
	" space INTEGER NOT NULL, child TEXT NOT NULL, ord TEXT, suggested INTEGER NOT NULL,"
	" PRIMARY KEY(space, child)) WITHOUT ROWID;"
	"CREATE INDEX children_child ON children(child);"
	"CREATE TABLE drafts("
	" room INTEGER NOT NULL, thread TEXT NOT NULL, text TEXT NOT NULL,"
	" updated_ms INTEGER NOT NULL, PRIMARY KEY(room, thread)) WITHOUT ROWID;"
	/* Whatever a server sent may not be JSON; json_extract would fail. */
	"CREATE TEMP TABLE found AS SELECT room,type,key,"
	" CASE WHEN json_valid(json) THEN json_extract(json,'$.content') END AS content FROM state"
	" WHERE type IN ('m.space.child','m.room.tombstone','m.room.create');"
	"INSERT INTO children(space,child,ord,suggested)"
	" SELECT room,key,json_extract(content,'$.order'),"
	" coalesce(json_extract(content,'$.suggested'),0) FROM found"
	" WHERE type='m.space.child' AND json_extract(content,'$.via') IS NOT NULL;"
	"UPDATE rooms SET successor="
	"(SELECT json_extract(content,'$.replacement_room') FROM found WHERE room=rooms.id"
	" AND type='m.room.tombstone' AND key=''),"
	" predecessor=(SELECT json_extract(content,'$.predecessor.room_id') FROM found"
	" WHERE room=rooms.id AND type='m.room.create' AND key='');"
	"DROP TABLE found;"
	"UPDATE rooms SET low_priority=archived;";

/* What screens ask again and again. `changed` counts up whenever a row is touched. */
static const char v3[] = "ALTER TABLE rooms ADD changed INTEGER NOT NULL DEFAULT 0;"
			 "CREATE INDEX rooms_changed ON rooms(changed);"
			 "ALTER TABLE presence ADD changed INTEGER NOT NULL DEFAULT 0;"
			 "CREATE INDEX presence_changed ON presence(changed);"
			 "DROP INDEX events_thread;"
			 "CREATE INDEX events_thread ON events(room, rel_to, pos, redacted_by)"
			 " WHERE rel_type='m.thread';"
			 "CREATE INDEX members_name ON members(room, name);"
			 "CREATE INDEX state_calls ON state(room)"
			 " WHERE type='org.matrix.msc3401.call.member';";

/*
 * events_fts: an index over the folded texts of events by rows of three
 * characters, so that every language can be searched (search.c); built in
 * steps up to the arrival number that the meta row "fts_seq" holds.
 */
static const char v4[] = "ALTER TABLE rooms ADD follow_tried INTEGER NOT NULL DEFAULT 0;"
			 "CREATE VIRTUAL TABLE events_fts USING fts5(body, content='', detail=none,"
			 " tokenize='trigram case_sensitive 1');";

/* Own memberships and replaced rooms are asked for in places where all else is quick. */
static const char v5[] = "CREATE INDEX events_member ON events(room, state_key, pos)"
			 " WHERE type='m.room.member';"
			 "CREATE INDEX rooms_successor ON rooms(successor)"
			 " WHERE successor IS NOT NULL;";

/* Calls are asked for by room. */
static const char v6[] = "DROP INDEX state_calls;";

/* Messages for later: when, and under which id the server keeps them (state "scheduled"). */
static const char v7[] = "ALTER TABLE outbox ADD due_ms INTEGER NOT NULL DEFAULT 0;"
			 "ALTER TABLE outbox ADD delay_id TEXT;";

/* What registers of lessons are made of, by time; chat is asked for by the minutes of a roll. */
static const char v8[] = "CREATE INDEX events_evidence ON events(room, ts)"
			 " WHERE type NOT IN ('m.room.message','m.reaction');"
			 "CREATE INDEX events_messages ON events(room, ts)"
			 " WHERE type='m.room.message';";

/* What staff and people say of attendance, and who was staff, whenever it was. */
static const char v9[] =
	"CREATE INDEX events_words ON events(room, ts) WHERE type IN (" EVENT_WORDS ");";

const sql_migration store_migrations[] = {v1, v2, v3, v4, v5, v6, v7, v8, v9};
const int store_migration_count = ARRAY_LEN(store_migrations);
