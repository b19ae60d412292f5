/* m.room.redaction: rooms/v11, "Redactions" and "Handling redactions". */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/redact.h"
#include "server/rooms/append.h"
#include "server/rooms/search_index.h"
#include "server/rooms/suspended.h"
#include "server/routes/route.h"

/* May this event be taken back by the sender of the draft? */
static int check_target(struct append *a, struct span type, const char *author, struct err *err)
{
	if (span_eq_str(type, "m.room.create"))
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("The event that created the room cannot be redacted"));
	if (a->d->suspended && strcmp(a->d->sender, author) != 0)
		return suspended_refuse(err);
	if (a->d->trusted || power_can_redact(&a->room->power, a->d->sender, author))
		return 0;
	return matrix_err(err, 403, "M_FORBIDDEN",
			  _("To remove what others sent takes power level %lld, and yours is %lld"),
			  (long long)power_for_action(&a->room->power, POWER_REDACT),
			  (long long)power_of_user(&a->room->power, a->d->sender));
}

static int find_target(struct append *a, struct err *err)
{
	struct sql_stmt *s =
		SQL(a->sql,
		    "SELECT e.pos,e.type,u.user_id,e.redacted_by FROM events e"
		    " JOIN users u ON u.nid=e.sender_nid WHERE e.event_id=? AND e.room_nid=?");
	sql_bind_str(s, 1, a->redacts);
	sql_bind_i64(s, 2, a->d->room_nid);
	if (!sql_row(s)) {
		int rc = sql_failed(a->sql, err);
		return rc ? rc
			  : matrix_err(err, 404, "M_NOT_FOUND",
				       _("There is no such event in this room"));
	}
	int rc = check_target(a, sql_col_text(s, 1), sql_col_text(s, 2).p, err);
	if (!rc && sql_col_null(s, 3))
		a->redacted_pos = sql_col_i64(s, 0);
	sql_reset(s);
	return rc;
}

int append_redaction(struct append *a, struct err *err)
{
	const char *given = json_get_str(a->content, "redacts");
	a->redacts = a->d->redacts ? a->d->redacts : given;
	if (!a->redacts)
		return matrix_err(err, 400, "M_MISSING_PARAM",
				  _("A redaction needs \"redacts\", the id of an event"));
	/* Who is not in the room learns nothing of its events. */
	if (a->sender_is != MEMBERSHIP_JOIN && !a->d->trusted)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("You are not in this room, join it first"));
	if (!given || strcmp(given, a->redacts) != 0) {
		json_object_set_new(append_own_content(a), "redacts", json_string(a->redacts));
		a->redacts = json_get_str(a->content, "redacts");
	}
	return find_target(a, err);
}

static int rewrite(struct append *a, struct span text, struct buf *to, struct err *err)
{
	JSON_AUTO json_t *event = NULL;
	int rc = json_parse_object(text, &event, err);
	if (rc)
		return rc;
	json_object_set_new(event, "content",
			    event_redact_content(json_get_str(event, "type"),
						 json_object_get(event, "content"),
						 a->room->version));
	return json_put_canonical(to, event, err);
}

int append_redaction_effect(struct append *a, struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN);
	int rc = search_index_redacting(a->tx, a->redacted_pos, err);
	if (rc)
		return rc;
	struct sql_stmt *s = SQL(a->sql, "SELECT text,state_key FROM events WHERE pos=?");
	sql_bind_i64(s, 1, a->redacted_pos);
	if (!sql_row(s))
		return err_set(err, ERR_FAILED, _("The event to redact is gone"));
	a->forget_room = !sql_col_null(s, 1);
	rc = rewrite(a, sql_col_text(s, 0), &text, err);
	sql_reset(s);
	if (rc)
		return rc;
	s = SQL(a->sql, "UPDATE events SET text=?1,redacted_by=?2,relates_to=NULL,rel_type=NULL,"
			"rel_key=NULL WHERE pos=?3");
	sql_bind_text(s, 1, buf_span(&text));
	sql_bind_str(s, 2, a->ref.event_id);
	sql_bind_i64(s, 3, a->redacted_pos);
	rc = sql_run(s, err);
	if (rc)
		return rc;
	db_tx_note(a->tx, &(struct db_change){
				  .kind = CHANGE_REDACTION,
				  .pos = a->ref.pos,
				  .room_nid = a->d->room_nid,
				  .target_pos = a->redacted_pos,
			  });
	return 0;
}
