/* Opening a roll-call. */
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/attendance/attendance.h"
#include "core/client/deliver.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/matrix/message.h"

#include <string.h>

static json_t *words_of(const char *const *words)
{
	json_t *list = json_array();
	for (; words && *words; words++)
		json_array_append_new(list, json_string(*words));
	return list;
}

static int content_of(const struct roll_request *rq, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *words = words_of(rq->words);
	struct roll_draft d = {
		.question = rq->question,
		.uid = rq->uid,
		.recurrence_id = rq->recurrence_id,
		.window_ms = rq->window_ms,
		.late_ms = rq->late_ms,
		.words = words,
	};
	return roll_make(&d, ret, err);
}

/* Windows that were not given are those of the class. */
static int fill_in(const struct roll_view *v, struct roll_request *rq, struct err *err)
{
	struct attendance_rules rules;
	int rc = client_attendance_rules(v->c, v->room.room_id, &rules, err);
	if (rc)
		return rc;
	if (!rq->window_ms)
		rq->window_ms = rules.window_ms;
	if (!rq->late_ms)
		rq->late_ms = rules.late_ms < rq->window_ms ? rules.late_ms : rq->window_ms;
	if (rq->late_ms > rq->window_ms)
		return err_set(err, ERR_USAGE,
			       _("nobody can be late after the roll-call has closed: --late-after "
				 "is at most as long as --window"));
	return 0;
}

/* The second call lies between the end of the first window and the lesson's end minus its own. */
static int check_second(const struct roll_view *v, const struct roll_request *rq, struct err *err)
{
	if (!rq->second_call)
		return 0;
	if (!rq->lesson_end_ms) {
		err_set(err, ERR_USAGE,
			_("a second call needs a lesson that ends: say which by --meeting"));
		err_hint(err, "--meeting now");
		return ERR_USAGE;
	}
	if (rq->lesson_end_ms - rq->window_ms < roll_view_now(v) + rq->window_ms)
		return err_set(err, ERR_USAGE,
			       _("the lesson is over too soon for a second call: two windows must "
				 "fit into what is left of it"));
	return 0;
}

static int64_t random_between(int64_t from, int64_t to)
{
	uint64_t span = (uint64_t)(to - from) + 1, dice, most = UINT64_MAX - UINT64_MAX % span;
	do
		crypto_random(&dice, sizeof(dice));
	while (dice >= most);
	return from + (int64_t)(dice % span);
}

/* *ret_ms: when it comes; the running wait makes it where the server does not. */
static int plan_second(const struct roll_view *v, const struct roll *r,
		       const struct roll_request *rq, int64_t *ret_ms, struct err *err)
{
	/* Posting may have taken longer than there was room for. */
	int64_t from = roll_closes_ms(r), to = rq->lesson_end_ms - r->window_ms;
	int64_t at = random_between(from, to > from ? to : from);
	struct err e = {0};
	int rc = roll_schedule_second(v, r, at, &e);
	if (rc && !(rc == ERR_UNSUPPORTED && rq->waits)) {
		if (err)
			*err = e;
		if (rc == ERR_UNSUPPORTED)
			err_hint(err, _("with --wait this program makes it"));
		return rc;
	}
	*ret_ms = at;
	return 0;
}

static json_t *row_of(struct roll_view *v, struct roll_case *k, bool existing)
{
	JSON_AUTO json_t *expected = roll_expected(v);
	json_t *row = json_object();
	row_str(row, "roll_id", k->roll.id);
	row_str(row, "room_id", v->room.room_id);
	row_bool(row, "existing", existing);
	row_str(row, "uid", k->roll.uid);
	row_int(row, "opened", k->roll.opened_ms);
	row_int(row, "closes", roll_tally_closed_ms(k->tally));
	row_int(row, "expected", (int64_t)json_array_size(expected));
	return row;
}

/* The roll with this id, or the one that counts instead of it; NULL: none of these. */
static struct roll_case *case_of(struct roll_view *v, const char *id)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].roll.id, id) == 0)
			return v->v[i].double_of ? case_of(v, v->v[i].double_of) : &v->v[i];
	return NULL;
}

/* The roll that stands already: of the same transaction id, or open in the room. */
static struct roll_case *standing_one(struct roll_view *v, const char *txn_id)
{
	AUTO(store_outbox_done) struct store_outbox o = {0};
	struct roll_case *k = NULL;
	if (txn_id && store_outbox_get(v->s, v->room.room_id, txn_id, &o) && o.event_id)
		k = case_of(v, o.event_id);
	if (k)
		return k;
	for (size_t i = 0; i < v->n; i++)
		if (roll_case_is_open(v, &v->v[i]))
			return &v->v[i];
	return NULL;
}

static int load(struct client *c, const char *room_id, struct roll_view *v, struct err *err)
{
	return roll_view_load(c, room_id, NULL, clock_wall_ms() - ROLL_LOOK_BACK_MS,
			      ROLL_VIEW_PEOPLE, v, err);
}

/* Its end, so that it closes though this machine dies; trouble is no reason to call no roll. */
static void plan_end(const struct roll_view *v, const struct roll *r, json_t *row)
{
	struct err e = {0};
	bool by_itself = false;
	if (roll_schedule_end(v, r, &by_itself, &e))
		log_warn("%s", e.msg);
	row_bool(row, "ends_by_itself", by_itself);
}

static int tell_existing(struct roll_view *v, struct roll_case *k, json_t **ret)
{
	json_t *row = row_of(v, k, true);
	bool ours = strcmp(k->roll.opener, client_account(v->c)->user_id) == 0;
	/* Whoever opened it may have been stopped before its end was scheduled. */
	if (ours && roll_case_is_open(v, k))
		plan_end(v, &k->roll, row);
	else
		json_object_set_new(row, "ends_by_itself", json_null());
	json_object_set_new(row, "second", json_null());
	*ret = row;
	return 0;
}

static int post(struct roll_view *v, const struct roll_request *rq, char **ret_id, struct err *err)
{
	JSON_AUTO json_t *content = NULL, *sent = NULL;
	int rc = content_of(rq, &content, err);
	if (!rc)
		rc = client_send_event(v->c, v->room.room_id, POLL_START_TYPE, content, rq->txn_id,
				       false, &sent, err);
	if (!rc)
		*ret_id = mem_strdup(json_get_str(sent, "event_id"));
	return rc;
}

/* Somebody else of the staff was faster by a moment: theirs is told, and ours is taken back. */
static int give_way(struct client *c, const struct roll_request *rq, struct roll_view *ours,
		    json_t **ret, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	roll_tidy(ours);
	int rc = load(c, rq->room_id, &v, err);
	struct roll_case *k = rc ? NULL : case_of(&v, ours->v[0].double_of);
	if (!rc && !k)
		rc = err_set(err, ERR_CONFLICT,
			     _("somebody else called this roll at the same moment: open it again "
			       "to see theirs"));
	return rc ? rc : tell_existing(&v, k, ret);
}

/* The roll is there from now on: what follows is said with its row. The cache may not have it yet. */
static int plan(struct client *c, const struct roll_request *rq, const char *id, json_t **ret,
		struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	int64_t second_ms = 0;
	int rc = roll_view_load(c, rq->room_id, id, 0, ROLL_VIEW_PEOPLE, &v, err);
	if (rc)
		return rc;
	if (v.v[0].double_of)
		return give_way(c, rq, &v, ret, err);
	json_t *row = row_of(&v, &v.v[0], false);
	plan_end(&v, &v.v[0].roll, row);
	if (rq->second_call)
		rc = plan_second(&v, &v.v[0].roll, rq, &second_ms, err);
	json_object_set_new(row, "second", second_ms ? json_integer(second_ms) : json_null());
	*ret = row;
	return rc;
}

int client_roll_open(struct client *c, const struct roll_request *rq, json_t **ret, struct err *err)
{
	AUTO(roll_view_done) struct roll_view v = {0};
	AUTO_FREE char *id = NULL;
	struct roll_request filled = *rq;
	int rc = load(c, rq->room_id, &v, err);
	if (!rc)
		rc = roll_view_need_staff(&v, err);
	if (rc)
		return rc;
	roll_tidy(&v);
	struct roll_case *k = standing_one(&v, rq->txn_id);
	if (k)
		return tell_existing(&v, k, ret);
	rc = fill_in(&v, &filled, err);
	if (!rc)
		rc = check_second(&v, &filled, err);
	if (!rc)
		rc = post(&v, &filled, &id, err);
	return rc ? rc : plan(c, &filled, id, ret, err);
}
