#include "server/rooms/append.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/rooms/auth.h"
#include "server/rooms/event_text.h"
#include "server/rooms/invite_permission.h"
#include "server/rooms/search_index.h"
#include "server/rooms/suspended.h"
#include "server/routes/route.h"
#include "server/rtc/delayed.h"

json_t *append_own_content(struct append *a)
{
	if (!a->own)
		a->content = a->own = json_copy((json_t *)a->content);
	return a->own;
}

int room_check_draft(const struct event_draft *d, struct err *err)
{
	if (!*d->type)
		return matrix_err(err, 400, "M_INVALID_PARAM", _("The event type is empty"));
	if (strlen(d->type) > LIMIT_ID_BYTES)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("The event type is longer than %d bytes"), LIMIT_ID_BYTES);
	if (d->state_key && strlen(d->state_key) > LIMIT_ID_BYTES)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("The state key is longer than %d bytes"), LIMIT_ID_BYTES);
	if (d->txn_id && (!*d->txn_id || strlen(d->txn_id) > LIMIT_ID_BYTES))
		return matrix_err(err, 400, "M_INVALID_PARAM",
				  _("A transaction id has 1 to %d bytes"), LIMIT_ID_BYTES);
	if (!json_is_object(d->content))
		return matrix_err(err, 400, "M_BAD_JSON", _("The content is not a JSON object"));
	return 0;
}

/* The same target, when both are redactions? */
static bool same_redacts(struct span text, const char *redacts)
{
	JSON_AUTO json_t *event = NULL;
	if (!redacts)
		return true;
	if (json_parse_object(text, &event, NULL))
		return false;
	const char *had = json_get_str(event, "redacts");
	return had && strcmp(had, redacts) == 0;
}

/* Was this transaction id of this device used for the same kind of send here? */
static bool find_txn(struct append *a)
{
	const struct event_draft *d = a->d;
	bool found = false;
	if (!d->txn_id || !d->device_nid)
		return false;
	struct sql_stmt *s = SQL(a->sql, "SELECT pos,event_id,room_nid,type,text FROM events"
					 " WHERE device_nid=? AND txn_id=?");
	sql_bind_i64(s, 1, d->device_nid);
	sql_bind_str(s, 2, d->txn_id);
	while (!found && sql_row(s))
		if (sql_col_i64(s, 2) == d->room_nid && span_eq_str(sql_col_text(s, 3), d->type) &&
		    same_redacts(sql_col_text(s, 4), d->redacts)) {
			a->ref.pos = sql_col_i64(s, 0);
			snprintf(a->ref.event_id, sizeof(a->ref.event_id), "%.*s",
				 SPAN_ARG(sql_col_text(s, 1)));
			a->ref.existing = found = true;
		}
	sql_reset(s);
	return found;
}

/* State in force under the same type and key. */
static int find_state(struct append *a, struct err *err)
{
	const struct event_draft *d = a->d;
	struct sql_stmt *s = SQL(a->sql, "SELECT e.pos,e.event_id,e.sender_nid,e.text"
					 " FROM current_state c JOIN events e ON e.pos=c.pos"
					 " WHERE c.room_nid=? AND c.type=? AND c.state_key=?");
	sql_bind_i64(s, 1, d->room_nid);
	sql_bind_str(s, 2, d->type);
	sql_bind_str(s, 3, d->state_key);
	if (!sql_row(s))
		return sql_failed(a->sql, err);
	a->old_pos = sql_col_i64(s, 0);
	snprintf(a->old_id, sizeof(a->old_id), "%.*s", SPAN_ARG(sql_col_text(s, 1)));
	a->identical = sql_col_i64(s, 2) == d->sender_nid &&
		       event_text_has_content(sql_col_text(s, 3), buf_span(&a->cache->content));
	sql_reset(s);
	return 0;
}

int room_refuse_encryption(struct err *err)
{
	return matrix_err(err, 403, "M_FORBIDDEN",
			  _("This server does not let rooms be encrypted, as muster itself could "
			    "not "
			    "read them; whoever runs it can allow it (muster serve "
			    "--allow-encryption)"));
}

static int authorise(struct append *a, struct err *err)
{
	const struct event_draft *d = a->d;
	struct auth_case c = {
		.power = &a->room->power,
		.join_rules = a->room->join_rules,
		.creator = a->room->creator,
		.events = a->room->events,
		.sender = d->sender,
		.sender_is = a->sender_is,
		.type = d->type,
		.state_key = d->state_key,
		.content = a->content,
		.target_is = a->target_is,
		.vouched = json_object_get(a->content, "join_authorised_via_users_server"),
	};
	if (d->trusted)
		return 0;
	if (d->suspended && !suspended_may(d))
		return suspended_refuse(err);
	if (d->state_key && strcmp(d->type, "m.room.encryption") == 0 && !d->encryption_ok)
		return room_refuse_encryption(err);
	int rc = auth_check(&c, err);
	/* Only who could invite is told that it is not wished. */
	if (!rc && a->member && a->target_becomes == MEMBERSHIP_INVITE && !d->invite_anyhow &&
	    invites_blocked(a->sql, a->target_nid))
		rc = matrix_err(err, 403, "M_INVITE_BLOCKED", _("%s takes no invitations"),
				d->state_key);
	return rc;
}

/* Everything that may refuse the event. */
static int check(struct append *a, struct err *err)
{
	const struct event_draft *d = a->d;
	a->member = d->state_key && strcmp(d->type, "m.room.member") == 0;
	a->sender_is = room_membership(a->sql, d->room_nid, d->sender_nid);
	int rc = 0;
	if (a->member)
		rc = append_member(a, err);
	else if (!d->state_key && strcmp(d->type, "m.room.redaction") == 0)
		rc = append_redaction(a, err);
	buf_clear(&a->cache->content);
	if (!rc)
		rc = event_content_put(&a->cache->content, a->content, err);
	if (!rc && d->state_key)
		rc = find_state(a, err);
	/* Done already, perhaps by the very request whose reply was lost: it may be told again. */
	bool own = a->member && a->target_nid == d->sender_nid;
	a->identical = a->identical && (a->sender_is == MEMBERSHIP_JOIN || own);
	if (rc || a->identical)
		return rc;
	rc = authorise(a, err);
	if (!rc && !d->state_key)
		rc = append_relation(a, err);
	if (!rc && d->state_key && strcmp(d->type, "m.room.canonical_alias") == 0)
		rc = append_canonical_alias(a, err);
	return rc;
}

/* Text into cache->text; id and hash into `a`. */
static int build(struct append *a, struct err *err)
{
	struct room_cache *c = a->cache;
	struct event_parts e = {
		.content = buf_span(&c->content),
		.ts = db_tx_now_ms(a->tx),
		.prev = a->room->last_event,
		.room_id = a->room->room_id,
		.sender = a->d->sender,
		.type = a->d->type,
		.state_key = a->d->state_key,
		.redacts = a->redacts,
	};
	event_hash(&e, &c->work, a->hash);
	buf_clear(&c->text);
	int rc = event_redacted_put(&c->text, a->d->type, a->content, a->room->version, err);
	if (rc)
		return rc;
	e.redacted = buf_span(&c->text);
	event_id_of(&e, a->hash, &c->work, a->ref.event_id);
	buf_clear(&c->text);
	event_text_put(&c->text, &e, a->ref.event_id);
	if (!buf_ok(&c->text) || c->text.n > LIMIT_EVENT_BYTES)
		return matrix_err(err, 413, "M_TOO_LARGE",
				  _("The event is larger than %d bytes, the most that Matrix "
				    "allows"),
				  LIMIT_EVENT_BYTES);
	return 0;
}

static int insert_event(struct append *a, struct err *err)
{
	const struct event_draft *d = a->d;
	struct sql_stmt *s =
		SQL(a->sql, "INSERT INTO events(pos,event_id,room_nid,type,state_key,sender_nid,ts,"
			    "text,hash,prev_pos,relates_to,rel_type,rel_key,device_nid,txn_id,"
			    "delay_id)"
			    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)");
	a->ref.pos = db_tx_position(a->tx);
	sql_bind_i64(s, 1, a->ref.pos);
	sql_bind_str(s, 2, a->ref.event_id);
	sql_bind_i64(s, 3, d->room_nid);
	sql_bind_str(s, 4, d->type);
	sql_bind_str(s, 5, d->state_key);
	sql_bind_i64(s, 6, d->sender_nid);
	sql_bind_i64(s, 7, db_tx_now_ms(a->tx));
	sql_bind_text(s, 8, buf_span(&a->cache->text));
	sql_bind_blob(s, 9, a->hash, sizeof(a->hash));
	if (a->old_pos)
		sql_bind_i64(s, 10, a->old_pos);
	sql_bind_str(s, 11, a->relation.target);
	sql_bind_str(s, 12, a->relation.type);
	sql_bind_str(s, 13, a->relation.key);
	if (d->txn_id && d->device_nid) {
		sql_bind_i64(s, 14, d->device_nid);
		sql_bind_str(s, 15, d->txn_id);
	}
	sql_bind_str(s, 16, d->delay_id);
	return sql_run(s, err);
}

static int put_state(struct append *a, struct err *err)
{
	struct sql_stmt *s = SQL(a->sql, "INSERT INTO current_state VALUES(?1,?2,?3,?4)"
					 " ON CONFLICT DO UPDATE SET pos=?4");
	sql_bind_i64(s, 1, a->d->room_nid);
	sql_bind_str(s, 2, a->d->type);
	sql_bind_str(s, 3, a->d->state_key);
	sql_bind_i64(s, 4, a->ref.pos);
	return sql_run(s, err);
}

static void note(struct append *a)
{
	const struct event_draft *d = a->d;
	struct span text = buf_span(&a->cache->text);
	struct db_change c = {
		.kind = CHANGE_EVENT,
		.pos = a->ref.pos,
		.room_nid = d->room_nid,
		.user_nid = d->sender_nid,
		.text = mem_strndup(text.p, text.n),
		.type = mem_strdup(d->type),
		.state_key = mem_strdup(d->state_key),
		.sender = mem_strdup(d->sender),
		.delay_id = mem_strdup(d->delay_id),
	};
	if (d->txn_id && d->device_nid) {
		c.txn_id = mem_strdup(d->txn_id);
		c.device_nid = d->device_nid;
	}
	db_tx_note(a->tx, &c);
}

static void update_cache(struct append *a)
{
	const struct event_draft *d = a->d;
	static const char *const cached[] = {"m.room.power_levels", "m.room.join_rules",
					     "m.room.create"};
	for (size_t i = 0; d->state_key && i < ARRAY_LEN(cached); i++)
		if (strcmp(d->type, cached[i]) == 0)
			a->forget_room = true;
	if (a->forget_room)
		room_cache_drop(a->tx, d->room_nid);
	else
		room_cache_appended(a->tx, a->room, a->ref.event_id);
}

static int index_text(struct append *a, struct err *err)
{
	const struct search_event e = {
		.pos = a->ref.pos,
		.room_nid = a->d->room_nid,
		.type = a->d->type,
		.is_state = a->d->state_key != NULL,
		.content = a->content,
		.rel_type = a->relation.type,
	};
	return search_index_added(a->tx, &e, err);
}

static int store(struct append *a, struct err *err)
{
	const struct event_draft *d = a->d;
	int rc = insert_event(a, err);
	if (!rc && d->state_key)
		rc = put_state(a, err);
	if (rc)
		return rc;
	note(a);
	rc = index_text(a, err);
	if (!rc && a->member)
		rc = append_member_effect(a, err);
	if (!rc && d->state_key)
		rc = delayed_displaced(a->tx, d->room_nid, d->type, d->state_key, d->sender_nid,
				       err);
	if (!rc && a->redacted_pos)
		rc = append_redaction_effect(a, err);
	if (!rc)
		update_cache(a);
	return rc;
}

int room_append(struct db_tx *tx, const struct event_draft *draft, struct event_ref *ret,
		struct err *err)
{
	struct append a = {.tx = tx, .sql = db_tx_sql(tx), .d = draft, .content = draft->content};
	int rc = room_check_draft(draft, err);
	if (!rc && !find_txn(&a)) {
		a.cache = room_cache(tx);
		rc = room_cache_get(tx, draft->room_nid, &a.room, err);
		if (!rc)
			rc = check(&a, err);
		if (!rc && a.identical) {
			a.ref.pos = a.old_pos;
			a.ref.existing = true;
			snprintf(a.ref.event_id, sizeof(a.ref.event_id), "%s", a.old_id);
		} else if (!rc) {
			rc = build(&a, err);
			if (!rc)
				rc = store(&a, err);
		}
		json_decref(a.own);
	}
	if (!rc)
		*ret = a.ref;
	return rc;
}
