#include "server/db/schema.h"

static const char v1[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"

	/* people and their devices */
	"CREATE TABLE users("
	" nid INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE,"
	" display_name TEXT, avatar_url TEXT,"
	" password TEXT," /* encoded argon2id, NULL: cannot log in by password */
	" admin INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0,"
	" deactivated INTEGER NOT NULL DEFAULT 0, created_ts INTEGER NOT NULL,"
	" external_id TEXT);" /* student number and the like */
	"CREATE INDEX users_nocase ON users(user_id COLLATE NOCASE);"
	"CREATE UNIQUE INDEX users_external ON users(external_id) WHERE external_id IS NOT NULL;"
	"CREATE TABLE profile_fields(user_nid INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT "
	"NULL,"
	" PRIMARY KEY(user_nid,key)) WITHOUT ROWID;"
	"CREATE TABLE threepids(medium TEXT NOT NULL, address TEXT NOT NULL, user_nid INTEGER NOT "
	"NULL,"
	" validated_ts INTEGER NOT NULL, added_ts INTEGER NOT NULL,"
	" PRIMARY KEY(medium,address)) WITHOUT ROWID;"
	"CREATE INDEX threepids_user ON threepids(user_nid);"
	/* AUTOINCREMENT: a new device must never inherit a dead one's transaction ids */
	"CREATE TABLE devices("
	" nid INTEGER PRIMARY KEY AUTOINCREMENT, user_nid INTEGER NOT NULL, device_id TEXT NOT "
	"NULL,"
	" display_name TEXT, last_seen_ts INTEGER, last_seen_ip TEXT, UNIQUE(user_nid,device_id));"
	"CREATE TABLE tokens(" /* sha256 of the secret; the secret itself is never stored */
	" hash BLOB PRIMARY KEY, kind INTEGER NOT NULL,"    /* 0 access, 1 refresh */
	" device_nid INTEGER NOT NULL, expires_ts INTEGER," /* NULL: never */
	" next_hash BLOB," /* refresh: the token that replaced it; valid until that one is used */
	" created_ts INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX tokens_device ON tokens(device_nid);"
	"CREATE TABLE registration_tokens(token TEXT PRIMARY KEY, uses_allowed INTEGER,"
	" uses INTEGER NOT NULL DEFAULT 0, expires_ts INTEGER, created_ts INTEGER NOT NULL,"
	" note TEXT) WITHOUT ROWID;"

	/* rooms */
	"CREATE TABLE rooms(nid INTEGER PRIMARY KEY, room_id TEXT NOT NULL UNIQUE,"
	" version TEXT NOT NULL, creator_nid INTEGER NOT NULL, public INTEGER NOT NULL DEFAULT 0,"
	" created_ts INTEGER NOT NULL);"
	"CREATE TABLE events("
	" pos INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, room_nid INTEGER NOT NULL,"
	" type TEXT NOT NULL, state_key TEXT, sender_nid INTEGER NOT NULL, ts INTEGER NOT NULL,"
	" text TEXT NOT NULL," /* client format without unsigned; redacted in place */
	" hash BLOB NOT NULL," /* sha256 of the unredacted event, part of event_id: room.h */
	" redacted_by TEXT,"   /* event id of the redaction */
	" prev_pos INTEGER,"   /* state: position of the event it replaced */
	" relates_to TEXT, rel_type TEXT, rel_key TEXT,"
	" device_nid INTEGER, txn_id TEXT);"
	"CREATE INDEX events_room ON events(room_nid);" /* and pos, the rowid */
	"CREATE INDEX events_state ON events(room_nid,type,state_key,pos) WHERE state_key IS NOT "
	"NULL;"
	/* idempotent sends and redactions */
	"CREATE INDEX events_txn ON events(device_nid,txn_id) WHERE txn_id IS NOT NULL;"
	"CREATE INDEX events_relates ON events(relates_to,rel_type,pos) WHERE relates_to IS NOT "
	"NULL;"
	"CREATE TABLE current_state(room_nid INTEGER NOT NULL, type TEXT NOT NULL,"
	" state_key TEXT NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY(room_nid,type,state_key)) "
	"WITHOUT ROWID;"
	"CREATE TABLE memberships(" /* newest membership of each person in each room */
	" user_nid INTEGER NOT NULL, room_nid INTEGER NOT NULL, membership INTEGER NOT NULL,"
	" pos INTEGER NOT NULL," /* of the member event */
	" joined_pos INTEGER,"	 /* start of the present or last time in the room */
	" forgotten INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(user_nid,room_nid)) WITHOUT ROWID;"
	"CREATE INDEX memberships_room ON memberships(room_nid,membership);"
	"CREATE TABLE aliases(alias TEXT PRIMARY KEY, room_nid INTEGER NOT NULL,"
	" creator_nid INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX aliases_room ON aliases(room_nid);"
	/* what only its owner sees, and receipts */
	"CREATE TABLE receipts(room_nid INTEGER NOT NULL, user_nid INTEGER NOT NULL,"
	" kind TEXT NOT NULL, thread_id TEXT NOT NULL," /* '' unthreaded */
	" event_id TEXT NOT NULL, ts INTEGER NOT NULL, pos INTEGER NOT NULL,"
	" PRIMARY KEY(room_nid,user_nid,kind,thread_id)) WITHOUT ROWID;"
	"CREATE INDEX receipts_pos ON receipts(room_nid,pos);"
	"CREATE TABLE account_data(user_nid INTEGER NOT NULL, room_nid INTEGER NOT NULL," /* 0
											     global
											   */
	" type TEXT NOT NULL, content TEXT NOT NULL, pos INTEGER NOT NULL,"
	" PRIMARY KEY(user_nid,room_nid,type)) WITHOUT ROWID;"
	"CREATE INDEX account_data_pos ON account_data(user_nid,pos);"
	"CREATE TABLE filters(nid INTEGER PRIMARY KEY, user_nid INTEGER NOT NULL, hash BLOB NOT "
	"NULL,"
	" content TEXT NOT NULL, UNIQUE(user_nid,hash));"
	"CREATE TABLE openid_tokens(hash BLOB PRIMARY KEY, user_nid INTEGER NOT NULL,"
	" expires_ts INTEGER NOT NULL) WITHOUT ROWID;"

	/* media: bytes live in DIR/media */
	"CREATE TABLE media(media_id TEXT PRIMARY KEY, user_nid INTEGER NOT NULL,"
	" content_type TEXT, name TEXT, size INTEGER NOT NULL, sha256 BLOB," /* NULL: created, not
										yet uploaded */
	" created_ts INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX media_sha256 ON media(sha256);";

static const char v2[] =
	/* threads of one room, whatever happens in the others */
	"CREATE INDEX events_thread ON events(room_nid,relates_to,pos,sender_nid)"
	" WHERE rel_type='m.thread';"
	"CREATE INDEX openid_user ON openid_tokens(user_nid,expires_ts);"
	"CREATE INDEX openid_expires ON openid_tokens(expires_ts);";

/* Events that the server sends later (MSC4140). */
static const char v3[] =
	"ALTER TABLE events ADD COLUMN delay_id TEXT;"
	"CREATE TABLE delayed_events("
	" nid INTEGER PRIMARY KEY AUTOINCREMENT, delay_id TEXT NOT NULL UNIQUE,"
	" user_nid INTEGER NOT NULL, device_nid INTEGER NOT NULL, room_nid INTEGER NOT NULL,"
	" type TEXT NOT NULL, state_key TEXT, content TEXT NOT NULL,"
	" delay_ms INTEGER NOT NULL, scheduled_ts INTEGER NOT NULL,"
	" send_ts INTEGER," /* NULL: held back while its sender is in a call */
	" txn_id TEXT,"
	" finalised_ts INTEGER,"		/* NULL: still to be sent */
	" event_id TEXT,"			/* it was sent */
	" error TEXT,"				/* it could not be sent: the Matrix error, JSON */
	" call_room TEXT, call_identity TEXT);" /* whose presence on the SFU holds it back */
	"CREATE INDEX delayed_due ON delayed_events(send_ts) WHERE finalised_ts IS NULL;"
	"CREATE INDEX delayed_user ON delayed_events(user_nid,finalised_ts);"
	"CREATE INDEX delayed_old ON delayed_events(finalised_ts) WHERE finalised_ts IS NOT NULL;"
	"CREATE INDEX delayed_state ON delayed_events(room_nid,type,state_key)"
	" WHERE finalised_ts IS NULL AND state_key IS NOT NULL;"
	"CREATE INDEX delayed_txn ON delayed_events(device_nid,txn_id) WHERE txn_id IS NOT NULL;"
	"CREATE INDEX delayed_call ON delayed_events(call_room,call_identity)"
	" WHERE finalised_ts IS NULL AND call_room IS NOT NULL;";

/* Whom the SFU means by its names, and what rooms were last told of them. */
static const char v4[] =
	"CREATE TABLE calls(nid INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE," /* on the SFU */
	" room_nid INTEGER NOT NULL, slot_id TEXT NOT NULL,"
	" session_id TEXT);" /* while somebody is in it */
	"CREATE INDEX calls_room ON calls(room_nid);"
	"CREATE TABLE call_people(call_nid INTEGER NOT NULL, identity TEXT NOT NULL,"
	" user_nid INTEGER NOT NULL, device_id TEXT NOT NULL,"
	" device_nid INTEGER,"	      /* NULL: they named a device that is none of theirs */
	" member_id TEXT,"	      /* NULL: the older form */
	" given_ts INTEGER NOT NULL," /* of the newest token, or when they left */
	" present_ts INTEGER,"	      /* the room was told that they came then; NULL: not there */
	" PRIMARY KEY(call_nid,identity)) WITHOUT ROWID;"
	"CREATE INDEX call_people_user ON call_people(user_nid,given_ts);"
	"CREATE INDEX call_people_given ON call_people(given_ts);"
	"CREATE INDEX call_people_present ON call_people(call_nid) WHERE present_ts IS NOT NULL;";

/* One-time links: server/accounts/link.h. */
static const char v5[] =
	"CREATE TABLE links(user_nid INTEGER PRIMARY KEY," /* a person has one at most */
	" hash BLOB NOT NULL UNIQUE,"			   /* sha256 of the code */
	" room_nid INTEGER, created_ts INTEGER NOT NULL, expires_ts INTEGER NOT NULL,"
	" used_ts INTEGER);" /* NULL: not used yet */
	"CREATE INDEX links_room ON links(room_nid);";

/* Search: server/rooms/search_index.h. Events up to meta.search_fill are still to be put in. */
static const char v6[] =
	"CREATE VIRTUAL TABLE search USING fts5(room,body,name,topic,content='',"
	"tokenize=\"unicode61 categories 'L* M* N* Co So'\");" /* core/base/words.h */
	"INSERT INTO meta VALUES('search_fill',(SELECT coalesce(max(pos),0) FROM events));"
	/* what people report to who runs the server */
	"CREATE TABLE reports(nid INTEGER PRIMARY KEY, reporter_nid INTEGER NOT NULL,"
	" ts INTEGER NOT NULL, room_nid INTEGER, event_id TEXT, user_nid INTEGER,"
	" reason TEXT NOT NULL, handled_ts INTEGER);"
	"CREATE INDEX reports_reporter ON reports(reporter_nid,ts);";

/* What clients that encrypt keep here: server/keys. */
static const char v7[] =
	"CREATE TABLE device_keys(" /* JSON as uploaded, with its owner's signatures */
	" device_nid INTEGER PRIMARY KEY, user_nid INTEGER NOT NULL, device_id TEXT NOT NULL,"
	" keys TEXT NOT NULL);"
	"CREATE INDEX device_keys_user ON device_keys(user_nid);"
	/* given out in the order of nid */
	"CREATE TABLE one_time_keys("
	" nid INTEGER PRIMARY KEY, device_nid INTEGER NOT NULL, algorithm TEXT NOT NULL,"
	" key_id TEXT NOT NULL, key TEXT NOT NULL, UNIQUE(device_nid,algorithm,key_id));"
	"CREATE INDEX one_time_order ON one_time_keys(device_nid,algorithm,nid);"
	"CREATE TABLE fallback_keys("
	" device_nid INTEGER NOT NULL, algorithm TEXT NOT NULL, key_id TEXT NOT NULL,"
	" key TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY(device_nid,algorithm)) WITHOUT ROWID;"
	"CREATE TABLE cross_signing_keys("
	" user_nid INTEGER NOT NULL, usage TEXT NOT NULL,"
	" key_id TEXT NOT NULL," /* its public key */
	" keys TEXT NOT NULL, PRIMARY KEY(user_nid,usage)) WITHOUT ROWID;"
	/* of somebody's master key, by the user-signing keys of others */
	"CREATE TABLE key_signatures("
	" user_nid INTEGER NOT NULL, signer_nid INTEGER NOT NULL, key_id TEXT NOT NULL,"
	" signature TEXT NOT NULL, pos INTEGER NOT NULL,"
	" PRIMARY KEY(user_nid,signer_nid)) WITHOUT ROWID;"
	"CREATE INDEX key_signatures_signer ON key_signatures(signer_nid,pos);"
	/* when somebody's devices or cross-signing keys changed last */
	"CREATE TABLE device_lists(user_nid INTEGER PRIMARY KEY, pos INTEGER NOT NULL);"
	"CREATE INDEX device_lists_pos ON device_lists(pos);"
	/* until the device's sync has acknowledged them */
	"CREATE TABLE to_device("
	" pos INTEGER PRIMARY KEY, device_nid INTEGER NOT NULL, sender_nid INTEGER NOT NULL,"
	" size INTEGER NOT NULL, text TEXT NOT NULL);"
	"CREATE INDEX to_device_queue ON to_device(device_nid,pos,size,sender_nid);"
	"CREATE TABLE to_device_txns("
	" device_nid INTEGER NOT NULL, type TEXT NOT NULL, txn_id TEXT NOT NULL,"
	" ts INTEGER NOT NULL, PRIMARY KEY(device_nid,type,txn_id)) WITHOUT ROWID;"
	"CREATE INDEX to_device_txns_ts ON to_device_txns(ts);"
	/* room keys, encrypted by their owner; a deleted one stays, as its number is not reused */
	"CREATE TABLE key_backups("
	" user_nid INTEGER NOT NULL, version INTEGER NOT NULL, algorithm TEXT NOT NULL,"
	" auth_data TEXT NOT NULL, etag INTEGER NOT NULL DEFAULT 0,"
	" count INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,"
	" deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(user_nid,version)) WITHOUT ROWID;"
	"CREATE TABLE key_backup_sessions("
	" user_nid INTEGER NOT NULL, version INTEGER NOT NULL, room_id TEXT NOT NULL,"
	" session_id TEXT NOT NULL, first_index INTEGER NOT NULL, forwarded INTEGER NOT NULL,"
	" verified INTEGER NOT NULL, data TEXT NOT NULL,"
	" PRIMARY KEY(user_nid,version,room_id,session_id)) WITHOUT ROWID;";

/* Who closed their account and asked to be forgotten: server/sync/access.h. */
static const char v8[] = "ALTER TABLE users ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;"
			 "DELETE FROM filters WHERE user_nid IN"
			 " (SELECT nid FROM users WHERE deactivated=1);";

/* Accounts that may read and leave, no more: server/rooms/suspended.h. */
static const char v9[] = "ALTER TABLE users ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;";

/* What waits of one sender in all queues: server/keys/to_device.h. */
static const char v10[] = "CREATE INDEX to_device_sender ON to_device(sender_nid,pos,size);";

/*
 * Devices whose token is for the sound of one room (server/accounts/device.h), and people
 * who are in calls by WHEP (1) or WHIP (2).
 */
static const char v11[] = "ALTER TABLE devices ADD COLUMN live_room_nid INTEGER;"
			  "ALTER TABLE devices ADD COLUMN live_rights INTEGER NOT NULL DEFAULT 0;"
			  "ALTER TABLE call_people ADD COLUMN way INTEGER NOT NULL DEFAULT 0;";

const sql_migration server_migrations[] = {v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11};
const int server_migration_count = sizeof(server_migrations) / sizeof(server_migrations[0]);
