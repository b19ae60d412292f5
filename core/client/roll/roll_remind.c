/*
 * Reminders. A help, no pressure: each is written down for all of the staff before it is sent, so
 * that nobody gets more than one a minute and three a roll, whoever asks.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/quiet/quiet.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"

#include <string.h>

/* NULL: may be told now; else the reason not to. */
static const char *why_not(const struct roll_view *v, const struct roll_case *k,
			   const char *user_id)
{
	json_t *times = json_object_get(k->reminders, user_id), *one;
	const char *id;
	int64_t until = 0;
	if (json_object_size(times) >= ROLL_REMINDERS_MAX)
		return "enough";
	json_object_foreach (times, id, one)
		if (json_integer_value(one) > roll_view_now(v) - ROLL_REMINDER_EVERY_MS)
			return "recent";
	/* Whoever publishes no quiet hours has none that we know of. */
	if (!client_quiet_of(v->c, user_id, clock_wall_ms(), &until, NULL) && until)
		return "quiet";
	return NULL;
}

static bool is_named(const char *const *users, const char *user_id)
{
	if (!users)
		return true;
	for (; *users; users++)
		if (strcmp(*users, user_id) == 0)
			return true;
	return false;
}

/* Rows of those who have not answered; `why` is set where they are not to be told. */
static json_t *missing_rows(struct roll_view *v, const char *const *users)
{
	JSON_AUTO json_t *ids = roll_expected(v);
	json_t *rows = json_array(), *one;
	size_t i;
	json_array_foreach (ids, i, one) {
		struct roll_standing st;
		const char *id = json_string_value(one);
		roll_standing(v, &v->v[0], id, &st);
		if (!roll_is_missing(&st) || !is_named(users, id))
			continue;
		json_t *row = roll_person_row(v, &v->v[0], id);
		row_str(row, "why", why_not(v, &v->v[0], id));
		json_array_append_new(rows, row);
	}
	return rows;
}

static int note(const struct roll_view *v, const json_t *rows, char **ret_id, struct err *err)
{
	JSON_AUTO json_t *users = json_array(), *sent = NULL;
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row)
		if (!json_get_str(row, "why"))
			json_array_append(users, json_object_get(row, "user_id"));
	if (json_array_size(users) == 0)
		return 0;
	JSON_AUTO json_t *o = json_pack("{s:i,s:s,s:s,s:O}", "version", 1, "room_id",
					v->room.room_id, "roll", v->v[0].roll.id, "users", users);
	int rc = client_send_event(v->c, v->records_id, ROLL_REMINDER_TYPE, o, NULL, false, &sent,
				   err);
	if (!rc)
		*ret_id = mem_strdup(json_get_str(sent, "event_id"));
	return rc;
}

static void put_text(struct buf *b, const struct roll_view *v)
{
	int64_t left = roll_tally_closed_ms(v->v[0].tally) - roll_view_now(v);
	long minutes = left > 60000 ? (long)(left / 60000) : 1;
	buf_printf(b,
		   ngettext("Roll-call in %s: are you there? It is open for %ld more minute. "
			    "Answer in "
			    "that room.",
			    "Roll-call in %s: are you there? It is open for %ld more minutes. "
			    "Answer "
			    "in that room.",
			    (unsigned long)minutes),
		   v->room.display, minutes);
}

static int on_sent(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

static int tell_one(const struct roll_view *v, const char *user_id, const char *note_id,
		    struct err *err)
{
	AUTO_FREE char *name = mem_strdup(user_id), *room = NULL;
	AUTO_FREE char *txn = mem_printf("roll-remind-%016llx-%016llx",
					 (unsigned long long)span_hash(span_of(note_id)),
					 (unsigned long long)span_hash(span_of(user_id)));
	AUTO(buf_done) struct buf text = BUF_INIT(4096);
	JSON_AUTO json_t *extra = json_pack("{s:{s:s,s:s}}", ROLL_REMINDER_TYPE, "room_id",
					    v->room.room_id, "roll", v->v[0].roll.id);
	int rc = room_resolve(v->c, name, ROOM_MAKE_DIRECT, &room, err);
	put_text(&text, v);
	struct send_request rq = {
		.room_id = room,
		.text = buf_span(&text),
		.txn_id = txn,
		.extra = extra,
	};
	return rc ? rc : client_send(v->c, &rq, on_sent, NULL, err);
}

static int tell_all(const struct roll_view *v, json_t *rows, const char *note_id, client_row_fn *fn,
		    void *arg, struct err *err)
{
	int rc = 0, failed = 0;
	json_t *row;
	size_t i;
	json_array_foreach (rows, i, row) {
		struct err e = {0};
		const char *user = json_get_str(row, "user_id");
		bool due = !json_get_str(row, "why");
		if (due && tell_one(v, user, note_id, &e)) {
			log_warn("%s: %s", user, e.msg);
			row_str(row, "why", "failed");
			failed++;
			due = false;
		}
		row_bool(row, "told", due);
		if (!rc)
			rc = fn(row, arg);
	}
	if (!rc && failed)
		rc = err_set(err, ERR_PARTIAL,
			     ngettext("%d person could not be told", "%d people could not be told",
				      (unsigned long)failed),
			     failed);
	return rc;
}

int client_roll_remind(struct client *c, const struct roll *r, const char *const *users,
		       client_row_fn *fn, void *arg, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	AUTO_FREE char *note_id = NULL;
	int rc = roll_view_load(c, r->room_id, r->id, 0, ROLL_VIEW_PEOPLE, &v, err);
	if (!rc)
		rc = roll_view_need_staff(&v, err);
	if (!rc && !v.records_id)
		rc = err_set(err, ERR_AUTH,
			     _("who was reminded is kept in the staff room: ask to be invited"));
	if (!rc && !roll_case_is_open(&v, &v.v[0]))
		rc = err_set(err, ERR_CONFLICT, _("the roll-call is closed: nobody can answer it"));
	if (rc)
		return rc;
	JSON_AUTO json_t *rows = missing_rows(&v, users);
	rc = note(&v, rows, &note_id, err);
	return rc ? rc : tell_all(&v, rows, note_id, fn, arg, err);
}
