/* What is done with a roll that is there: finding, answering, ending, marking. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/timeline.h"
#include "core/matrix/message.h"

#include <string.h>

static void copy(const struct roll *from, struct roll *to)
{
	*to = (struct roll){
		.id = mem_strdup(from->id),
		.opener = mem_strdup(from->opener),
		.room_id = mem_strdup(from->room_id),
		.uid = mem_strdup(from->uid),
		.recurrence_id = mem_strdup(from->recurrence_id),
		.second_of = mem_strdup(from->second_of),
		.opened_ms = from->opened_ms,
		.window_ms = from->window_ms,
		.late_ms = from->late_ms,
		.words = json_incref(from->words),
	};
}

static int take_room(const struct store_event *e, void *arg)
{
	*(int64_t *)arg = e->room;
	return 0;
}

/* The room of a roll that the cache knows. The caller owns *ret. */
static int room_of(struct client *c, const char *roll_id, char **ret, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	int64_t room = 0;
	int rc = client_fresh_store(c, &s, err);
	if (rc)
		return rc;
	store_event_get(s, 0, span_of(roll_id), take_room, &room);
	if (!room || !store_room_get(s, room, &r)) {
		err_set(err, ERR_NOT_FOUND, _("no roll-call %s is known here"), roll_id);
		err_hint(err, _("name its room instead"));
		return ERR_NOT_FOUND;
	}
	*ret = mem_strdup(r.room_id);
	return 0;
}

/* Of two that were opened at once the one that counts, unless it was asked for. */
static struct roll_case *newest(struct roll_view *v, const char *roll_id)
{
	for (size_t i = 0; i < v->n; i++)
		if (roll_id || !v->v[i].double_of)
			return &v->v[i];
	return NULL;
}

int client_roll_find(struct client *c, const char *room_id, const char *roll_id, struct roll *ret,
		     struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	AUTO_FREE char *room = mem_strdup(room_id);
	int rc = room ? 0 : room_of(c, roll_id, &room, err);
	if (!rc)
		rc = roll_view_load(c, room, roll_id, clock_wall_ms() - ROLL_LOOK_BACK_MS, 0, &v,
				    err);
	/* Longer ago, when there was none in a day: what is here already. */
	struct roll_case *k = rc ? NULL : newest(&v, roll_id);
	if (!rc && !k) {
		roll_view_done(&v);
		rc = roll_view_load(c, room, NULL, clock_wall_ms() - ROLL_WINDOW_MAX_MS, 0, &v,
				    err);
		k = rc ? NULL : newest(&v, roll_id);
	}
	if (!rc && !k) {
		rc = err_set(err, ERR_NOT_FOUND, _("no roll-call was opened in this room lately"));
		err_hint(err, "%s",
			 roll_view_is_staff(&v) ? "muster roll open ROOM"
						: _("your teacher opens it: answer then"));
	}
	if (!rc)
		copy(&k->roll, ret);
	return rc;
}

static int load(struct client *c, const struct roll *r, unsigned flags, struct roll_view *v,
		struct err *err)
{
	return roll_view_load(c, r->room_id, r->id, 0, flags, v, err);
}

static int check_open(const struct roll_view *v, struct roll_case *k, struct err *err)
{
	int rc = roll_case_need(k, err);
	if (rc)
		return rc;
	if (!roll_case_is_open(v, k))
		return err_set(err, ERR_CONFLICT,
			       _("the roll-call is closed: ask staff to mark you"));
	return 0;
}

/* Our own row as it will be once the vote is counted. */
static json_t *answered(const struct roll_view *v, struct roll_case *k, bool here,
			const char *event_id, bool existing)
{
	json_t *row = roll_person_row(v, k, client_account(v->c)->user_id);
	row_str(row, "event_id", event_id);
	row_bool(row, "existing", existing);
	if (existing)
		return row;
	bool late = roll_view_now(v) - k->roll.opened_ms > k->roll.late_ms;
	const char *was = json_get_str(row, "status");
	bool first = was && strcmp(was, "pending") == 0;
	if (first)
		row_int(row, "ts", roll_view_now(v));
	if (first || (was && strcmp(was, "away") == 0) || !here)
		row_str(row, "status", !here ? "away" : first && late ? "late" : "here");
	row_str(row, "way", roll_way_name(ROLL_BY_VOTE));
	return row;
}

int client_roll_answer(struct client *c, const struct roll *r, bool here, const char *txn_id,
		       json_t **ret, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	const char *const ids[] = {here ? ROLL_ID_HERE : ROLL_ID_AWAY, NULL};
	JSON_AUTO json_t *content = NULL, *sent = NULL;
	struct roll_answer a;
	int rc = load(c, r, 0, &v, err);
	if (!rc)
		rc = check_open(&v, &v.v[0], err);
	if (rc)
		return rc;
	if (roll_tally_find(v.v[0].tally, client_account(c)->user_id, &a) && a.here == here) {
		*ret = answered(&v, &v.v[0], here, a.event_id, true);
		return 0;
	}
	content = message_poll_response(r->id, ids);
	rc = client_send_event(c, r->room_id, POLL_RESPONSE_TYPE, content, txn_id, false, &sent,
			       err);
	if (!rc)
		*ret = answered(&v, &v.v[0], here, json_get_str(sent, "event_id"), false);
	return rc;
}

static int check_may_end(const struct roll_view *v, const struct roll *r, struct err *err)
{
	AUTO(power_done) struct power p;
	const char *own = client_account(v->c)->user_id;
	power_history_at(v->power.of[REGISTER_ROOM], INT64_MAX, "", &p);
	if (strcmp(own, r->opener) == 0 || power_can_redact(&p, own, r->opener))
		return 0;
	return err_set(err, ERR_AUTH,
		       _("only who opened a roll-call, and who may delete the messages of others, "
			 "may end it"));
}

static json_t *ended(const struct roll *r, const char *state, bool existing)
{
	json_t *row = json_object();
	row_str(row, "roll_id", r->id);
	row_str(row, "room_id", r->room_id);
	row_str(row, "state", state);
	row_bool(row, "existing", existing);
	return row;
}

int client_roll_close(struct client *c, const struct roll *r, json_t **ret, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	JSON_AUTO json_t *sent = NULL;
	int rc = load(c, r, 0, &v, err);
	if (!rc)
		rc = check_may_end(&v, r, err);
	if (rc)
		return rc;
	bool cancelled = roll_case_cancelled(&v.v[0]);
	bool over = roll_tally_has_end(v.v[0].tally);
	if (!over)
		rc = roll_send_end(&v, r, false, NULL, &sent, err);
	if (rc)
		return rc;
	roll_unschedule(c, r, false);
	*ret = ended(r, cancelled ? "cancelled" : "closed", over);
	return 0;
}

int client_roll_cancel(struct client *c, const struct roll *r, const char *reason, json_t **ret,
		       struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	JSON_AUTO json_t *sent = NULL;
	int rc = load(c, r, 0, &v, err);
	if (!rc)
		rc = check_may_end(&v, r, err);
	if (rc)
		return rc;
	bool over = roll_tally_cancelled(v.v[0].tally);
	if (!over)
		rc = roll_send_end(&v, r, true, reason, &sent, err);
	if (rc)
		return rc;
	roll_unschedule(c, r, false);
	roll_unschedule(c, r, true);
	*ret = ended(r, "cancelled", over);
	return 0;
}

/* -- Marks ------------------------------------------------------------------------- */

struct mark_word {
	const char *word;
	enum mark_status after; /* MARK_COUNT: the mark is taken back */
};

static const struct mark_word words[] = {
	{"here", MARK_PRESENT},	   {"late", MARK_LATE},	 {"absent", MARK_ABSENT},
	{"excused", MARK_EXCUSED}, {"none", MARK_COUNT},
};

static const struct mark_word *find_word(const char *word, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return &words[i];
	err_set(err, ERR_USAGE, _("STATUS is here, late, absent, excused or none"));
	return NULL;
}

/* Whom staff means: of the roster first, by any of its columns. The caller owns *ret. */
static int whom(const struct roll_view *v, const char *user, char **ret, struct err *err)
{
	static const enum roster_key keys[] = {ROSTER_BY_USER, ROSTER_BY_ID, ROSTER_BY_EMAIL,
					       ROSTER_BY_NAME};
	for (size_t i = 0; v->roster && i < ARRAY_LEN(keys); i++) {
		const struct roster_person *p = roster_find(v->roster, keys[i], user);
		if (p) {
			*ret = mem_strdup(p->user_id);
			return 0;
		}
	}
	return user_resolve(v->c, v->room.room_id, user, ret, err);
}

/* As marks call what a roll calls `status`. */
static const char *before_word(const char *status)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, status) == 0)
			return mark_status_name(words[i].after);
	return strcmp(status, "pending") == 0 ? "pending" : mark_status_name(MARK_ABSENT);
}

static json_t *mark_content(const struct roll *r, const char *user_id, const char *before,
			    const struct mark_word *w, const char *reason)
{
	json_t *o = json_pack("{s:i,s:s,s:s,s:s}", "version", 1, "room_id", r->room_id, "user_id",
			      user_id, "roll", r->id);
	if (r->uid) {
		json_object_del(o, "roll");
		json_object_set_new(o, "uid", json_string(r->uid));
	}
	if (r->uid && r->recurrence_id)
		json_object_set_new(o, "recurrence_id", json_string(r->recurrence_id));
	json_object_set_new(o, "before", json_string(before_word(before)));
	json_object_set_new(o, "after",
			    w->after == MARK_COUNT ? json_null()
						   : json_string(mark_status_name(w->after)));
	if (reason)
		json_object_set_new(o, "reason", json_string(reason));
	return o;
}

/* Nothing would change by it. */
static bool stands(const struct roll_standing *st, const struct mark_word *w, const char *reason)
{
	if (w->after == MARK_COUNT)
		return st->way != ROLL_BY_STAFF;
	return st->way == ROLL_BY_STAFF && strcmp(st->status, w->word) == 0 &&
	       strcmp(st->reason ? st->reason : "", reason ? reason : "") == 0;
}

/* The row once the mark is there. */
static json_t *marked(const struct roll_view *v, struct roll_case *k, const char *user_id,
		      const struct mark_word *w, const char *reason)
{
	json_t *row;
	if (w->after == MARK_COUNT) {
		json_object_del(k->marks, user_id);
		return roll_person_row(v, k, user_id);
	}
	json_object_set_new(k->marks, user_id,
			    json_pack("{s:s,s:s?,s:s,s:I,s:s}", "after", mark_status_name(w->after),
				      "reason", reason, "by", client_account(v->c)->user_id, "ts",
				      (json_int_t)roll_view_now(v), "event_id", ""));
	row = roll_person_row(v, k, user_id);
	return row;
}

int client_roll_mark(struct client *c, const struct roll *r, const char *user, const char *status,
		     const char *reason, json_t **ret, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	AUTO_FREE char *id = NULL;
	JSON_AUTO json_t *content = NULL, *sent = NULL;
	struct roll_standing st;
	const struct mark_word *w = find_word(status, err);
	if (!w)
		return ERR_USAGE;
	if (w->after == MARK_EXCUSED && (!reason || !*reason))
		return err_set(err, ERR_USAGE, _("who is excused is so for a reason: --reason"));
	int rc = load(c, r, ROLL_VIEW_PEOPLE, &v, err);
	if (!rc)
		rc = roll_view_need_staff(&v, err);
	if (!rc && !v.records_id)
		rc = err_set(err, ERR_AUTH,
			     _("marks are kept in the staff room: ask to be invited"));
	if (!rc)
		rc = whom(&v, user, &id, err);
	if (rc)
		return rc;
	roll_standing(&v, &v.v[0], id, &st);
	AUTO_FREE char *before = mem_strdup(st.status);
	bool same = stands(&st, w, reason);
	content = mark_content(r, id, before, w, reason);
	if (!same)
		rc = client_send_event(c, v.records_id, MARK_TYPE, content, NULL, false, &sent,
				       err);
	if (rc)
		return rc;
	*ret = same ? roll_person_row(&v, &v.v[0], id) : marked(&v, &v.v[0], id, w, reason);
	row_str(*ret, "before", before);
	row_bool(*ret, "existing", same);
	return 0;
}
