/* What staff and people do: correct, seal, contest, tell, opt out. */
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/store/evidence.h"

#include <string.h>

char *att_txn(const char *kind, const json_t *content)
{
	uint8_t hash[32];
	char hex[65];
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_put_canonical(&b, content, NULL);
	crypto_sha256(buf_span(&b), hash);
	hex_put(hex, hash, sizeof(hash));
	return mem_printf("muster-%s-%.32s", kind, hex);
}

int att_direct(struct client *c, const char *user_id, char **ret, struct err *err)
{
	return room_resolve(c, user_id, ROOM_MAKE_DIRECT, ret, err);
}

int att_send_staff(const struct att_room *a, const char *type, const json_t *content,
		   const char *txn_id, json_t **ret, struct err *err)
{
	json_t *row = NULL;
	int rc = client_send_event(a->c, att_staff_id(a), type, content, txn_id, false, &row, err);
	if (ret)
		*ret = row;
	else
		json_decref(row);
	return rc;
}

static void keep_row(json_t **ret, json_t *row)
{
	if (ret)
		*ret = row;
	else
		json_decref(row);
}

/* -- Corrections ------------------------------------------------------------------------------ */

static enum mark_status status_in(const struct attendance_register *r, const char *user)
{
	struct register_mark m;
	for (size_t i = 0; register_mark_at(r, i, &m); i++)
		if (strcmp(m.user_id, user) == 0)
			return m.status;
	return MARK_COUNT;
}

json_t *att_mark_content(const struct lesson *l, const char *user, enum mark_status before,
			 enum mark_status after, const char *reason, const char *contest)
{
	json_t *o =
		json_pack("{s:i,s:s,s:o,s:o,s:s*,s:s*}", "version", 1, "user_id", user, "before",
			  before == MARK_COUNT ? json_null()
					       : json_string(mark_status_name(before)),
			  "after",
			  after == MARK_COUNT ? json_null() : json_string(mark_status_name(after)),
			  "reason", reason, "contest", contest);
	lesson_name(l, o);
	return o;
}

int client_attendance_correct(struct client *c, const struct attendance_query *q, const char *user,
			      enum mark_status after, const char *reason, const char *contest,
			      const char *txn_id, json_t **ret, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	JSON_AUTO json_t *sent = NULL;
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_need_staff(&l.a, err);
	if (!rc)
		rc = att_one_named(&l, err);
	if (!rc && (!reason || !*reason))
		rc = err_set(err, ERR_USAGE, _("a correction needs a reason: --reason"));
	if (rc)
		return rc;
	struct attendance_register *r = register_judge(l.v[0].in, clock_wall_ms());
	enum mark_status before = status_in(r, user);
	register_free(r);
	if (before == MARK_COUNT)
		return err_set(err, ERR_NOT_FOUND, _("%s was not expected in this lesson"), user);
	JSON_AUTO json_t *content =
		att_mark_content(&l.v[0].l, user, before, after, reason, contest);
	rc = att_send_staff(&l.a, MARK_TYPE, content, txn_id, &sent, err);
	if (rc)
		return rc;
	json_t *row =
		json_pack("{s:s,s:s,s:o,s:O?}", "user_id", user, "before", mark_status_name(before),
			  "after",
			  after == MARK_COUNT ? json_null() : json_string(mark_status_name(after)),
			  "event_id", json_object_get(sent, "event_id"));
	lesson_name(&l.v[0].l, row);
	keep_row(ret, row);
	return 0;
}

/* -- Seals ---------------------------------------------------------------------------------------- */

static const char *const verdicts[] = {[SEAL_NONE] = "none",
				       [SEAL_GOOD] = "good",
				       [SEAL_INPUTS_MISSING] = "inputs_missing",
				       [SEAL_INPUTS_NEW] = "inputs_new",
				       [SEAL_DIFFERENT] = "different"};

json_t *client_attendance_seal_row(const struct register_input *in,
				   const struct attendance_register *r)
{
	AUTO(seal_check_done) struct seal_check k = {0};
	register_check_seal(in, r, &k);
	return json_pack("{s:s,s:s?,s:o,s:O,s:O,s:I,s:I}", "seal", verdicts[k.verdict], "by", k.by,
			 "ts", k.ts ? json_integer(k.ts) : json_null(), "missing", k.missing,
			 "added", k.added, "differ", (json_int_t)k.other_marks, "corrected",
			 (json_int_t)k.corrected);
}

static int send_parts(const struct att_room *a, const json_t *parts, struct err *err)
{
	size_t i;
	json_t *part;
	json_array_foreach (parts, i, part) {
		AUTO_FREE char *txn = att_txn("seal", part);
		int rc = att_send_staff(a, SEAL_TYPE, part, txn, NULL, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* The line that says that attendance is taken goes when its lesson is closed. */
static void end_taking(const struct att_room *a, const struct lesson *l)
{
	JSON_AUTO json_t *now = NULL, *none = json_object();
	if (client_state_get(a->c, a->room.room_id, TAKING_TYPE, "", &now, NULL) == 0 &&
	    lesson_is_date(l, json_get_str(now, "uid"), json_get_str(now, "recurrence_id")))
		client_state_put(a->c, a->room.room_id, TAKING_TYPE, "", none, NULL, NULL);
}

int client_attendance_seal(struct client *c, const struct attendance_query *q, json_t **ret,
			   struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_need_staff(&l.a, err);
	if (!rc)
		rc = att_one_named(&l, err);
	if (rc)
		return rc;
	struct attendance_register *r = register_judge(l.v[0].in, clock_wall_ms());
	json_t *row = client_attendance_seal_row(l.v[0].in, r);
	bool existing = strcmp(json_get_str(row, "seal"), "none") != 0;
	JSON_AUTO json_t *parts = existing ? NULL : register_seal(l.v[0].in, r);
	if (!existing && register_pending(r))
		rc = err_set(err, ERR_PENDING, _("The lesson is still under way"));
	else if (!existing && !parts)
		rc = err_set(err, ERR_TOO_LARGE, _("The register is too large to be sealed"));
	else if (!existing)
		rc = send_parts(&l.a, parts, err);
	register_free(r);
	if (rc) {
		json_decref(row);
		return rc;
	}
	end_taking(&l.a, &l.v[0].l);
	row_bool(row, "existing", existing);
	if (!existing)
		row_str(row, "seal", "good");
	lesson_name(&l.v[0].l, row);
	keep_row(ret, row);
	return 0;
}

/* -- What people say to staff ------------------------------------------------------------------------ */

/* Who of the staff is told: who made the room if still there, else the one with most power. */
static char *staff_of(const struct att_room *a)
{
	JSON_AUTO json_t *event = NULL;
	const char *user, *best = NULL;
	json_t *level;
	int64_t most = STAFF_POWER - 1;
	const json_t *levels = state_content(a->s, a->room.id, "m.room.power_levels", NULL, &event);
	json_object_foreach (json_get_object(levels, "users"), user, level) {
		AUTO_FREE char *now = store_member_membership(a->s, a->room.id, span_of(user));
		int64_t n = json_is_integer(level) ? json_integer_value(level) : 0;
		bool there = now && strcmp(now, "join") == 0;
		if (there && (n > most || (n == most && best && strcmp(user, best) < 0))) {
			most = n;
			best = user;
		}
	}
	if (best)
		return mem_strdup(best);
	JSON_AUTO json_t *create = NULL;
	const char *creator = NULL;
	state_content(a->s, a->room.id, "m.room.create", &creator, &create);
	return mem_strdup(creator);
}

/* In words for any client, and the object beside them. */
static int say_to_staff(const struct att_room *a, const char *type, json_t *object,
			const char *words, char **ret_staff, json_t **ret, struct err *err)
{
	AUTO_FREE char *staff = staff_of(a), *room = NULL;
	if (!staff)
		return err_set(err, ERR_NOT_FOUND, _("%s has no staff that could be told"),
			       a->room.display);
	int rc = att_direct(a->c, staff, &room, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *content =
		json_pack("{s:s,s:s,s:O}", "msgtype", "m.text", "body", words, type, object);
	AUTO_FREE char *txn = att_txn("said", content);
	rc = client_send_event(a->c, room, "m.room.message", content, txn, false, ret, err);
	if (!rc)
		*ret_staff = take(&staff);
	return rc;
}

int client_attendance_contest(struct client *c, const struct attendance_query *q,
			      const char *reason, json_t **ret, struct err *err)
{
	AUTO(att_lessons_done) struct att_lessons l;
	AUTO_FREE char *staff = NULL;
	JSON_AUTO json_t *sent = NULL;
	char when[WHEN_ISO_SIZE];
	int rc = att_lessons_load(c, q, &l, err);
	if (!rc)
		rc = att_one_named(&l, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *object = json_pack("{s:i,s:s}", "version", 1, "reason", reason);
	lesson_name(&l.v[0].l, object);
	when_human(l.v[0].l.start_ms, clock_wall_ms(), when);
	AUTO_FREE char *words =
		mem_printf(_("My mark of %s (%s) is wrong: %s"),
			   l.v[0].l.title ? l.v[0].l.title : l.a.room.display, when, reason);
	rc = say_to_staff(&l.a, CONTEST_TYPE, object, words, &staff, &sent, err);
	if (rc)
		return rc;
	json_t *row = json_pack("{s:O?,s:s,s:s}", "contest_id", json_object_get(sent, "event_id"),
				"to", staff, "reason", reason);
	lesson_name(&l.v[0].l, row);
	keep_row(ret, row);
	return 0;
}

int client_attendance_opt_out(struct client *c, const char *room_id, bool out, struct err *err)
{
	struct att_room a;
	AUTO_FREE char *staff = NULL;
	JSON_AUTO json_t *sent = NULL, *object = NULL;
	int rc = att_room_open(c, room_id, &a, err);
	if (!rc && !a.rules.opt_out)
		rc = err_set(err, ERR_AUTH, _("%s does not allow to opt out of attendance"),
			     a.room.display);
	if (!rc) {
		object = json_pack("{s:i,s:s,s:b}", "version", 1, "room_id", a.room.room_id, "out",
				   (int)out);
		AUTO_FREE char *words =
			mem_printf(out ? _("Please do not track my attendance in %s")
				       : _("My attendance in %s may be tracked again"),
				   a.room.display);
		/* The time makes each of them one of its own. */
		json_object_set_new(object, "ts", json_integer(clock_wall_ms()));
		rc = say_to_staff(&a, OPT_OUT_TYPE, object, words, &staff, &sent, err);
	}
	att_room_done(&a);
	return rc;
}
