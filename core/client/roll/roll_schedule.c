/* What is to happen later: a roll's end, and its second call. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/client/deliver.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/send.h"
#include "core/matrix/message.h"

#include <string.h>

#define TIDY_MS 60000	 /* so long the opener's server has for an end that is due */
#define TIDY_OWN_MS 5000 /* the same where that is ours */

/* The same from every process of this account: nothing is scheduled or sent twice. */
static char *txn_of(const struct roll *r, const char *what)
{
	return mem_printf("roll-%s-%016llx", what, (unsigned long long)span_hash(span_of(r->id)));
}

static json_t *end_of(const struct roll *r)
{
	return roll_make_end(r->id, _("The roll-call is closed."), false, NULL);
}

int roll_schedule_end(const struct roll_view *v, const struct roll *r, bool *ret_on_server,
		      struct err *err)
{
	AUTO_FREE char *txn = txn_of(r, "end");
	JSON_AUTO json_t *content = end_of(r), *row = NULL;
	struct delivery d = {
		.room_id = v->room.room_id,
		.type = POLL_END_TYPE,
		.content = content,
		.txn_id = txn,
		.at_ms = roll_closes_ms(r) - v->ahead_ms,
	};
	struct err e = {0};
	int rc = deliver(v->c, &d, &row, &e);
	const char *state = json_get_str(row, "state");
	if (rc == ERR_PENDING) /* it waits here */
		rc = 0;
	if (ret_on_server)
		*ret_on_server = !rc && state && strcmp(state, "queued") != 0;
	if (rc && err)
		*err = e;
	return rc;
}

static void drop(struct client *c, const char *txn)
{
	struct err e = {0};
	int dropped;
	if (client_queue_drop(c, txn, &dropped, &e) && e.code != ERR_NOT_FOUND)
		log_info("%s: %s", txn, e.msg);
}

void roll_unschedule(struct client *c, const struct roll *r, bool second)
{
	AUTO_FREE char *txn = txn_of(r, second ? "second" : "end");
	drop(c, txn);
}

static int second_content(const struct roll *first, json_t **ret, struct err *err)
{
	struct roll_draft d = {
		.question = _("Second roll-call: are you still here?"),
		.uid = first->uid,
		.recurrence_id = first->recurrence_id,
		.second_of = first->id,
		.window_ms = first->window_ms,
		.late_ms = first->late_ms,
		.words = first->words,
	};
	return roll_make(&d, ret, err);
}

static int deliver_second(struct client *c, const struct roll *first, int64_t at_ms, json_t **ret,
			  char **ret_txn, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	int rc = second_content(first, &content, err);
	if (rc)
		return rc;
	*ret_txn = txn_of(first, "second");
	struct delivery d = {
		.room_id = first->room_id,
		.type = POLL_START_TYPE,
		.content = content,
		.txn_id = *ret_txn,
		.at_ms = at_ms,
	};
	return deliver(c, &d, ret, err);
}

int roll_schedule_second(const struct roll_view *v, const struct roll *first, int64_t at_ms,
			 struct err *err)
{
	AUTO_FREE char *txn = NULL;
	JSON_AUTO json_t *row = NULL;
	struct err e = {0};
	int rc = deliver_second(v->c, first, at_ms - v->ahead_ms, &row, &txn, &e);
	if (rc == ERR_PENDING) { /* from the queue it might come after the lesson */
		drop(v->c, txn);
		return err_set(err, ERR_UNSUPPORTED, "%s",
			       _("this server cannot make the second call by itself"));
	}
	if (rc && err)
		*err = e;
	return rc;
}

bool roll_second_is_scheduled(struct client *c, const struct roll *first)
{
	AUTO(store_outbox_done) struct store_outbox o = {0};
	AUTO_FREE char *txn = txn_of(first, "second");
	struct store *s;
	return client_store(c, &s, NULL) == 0 && store_outbox_get(s, first->room_id, txn, &o) &&
	       o.delay_id;
}

int roll_open_second(struct client *c, const struct roll *first, char **ret_id, struct err *err)
{
	AUTO_FREE char *txn = NULL;
	JSON_AUTO json_t *row = NULL;
	int rc = deliver_second(c, first, 0, &row, &txn, err);
	if (!rc)
		*ret_id = mem_strdup(json_get_str(row, "event_id"));
	return rc;
}

int roll_send_end(const struct roll_view *v, const struct roll *r, bool cancelled,
		  const char *reason, json_t **ret, struct err *err)
{
	AUTO_FREE char *txn = txn_of(r, cancelled ? "cancel" : "close");
	JSON_AUTO json_t *content = NULL;
	if (cancelled)
		content = roll_make_end(r->id, _("The roll-call was cancelled."), true, reason);
	else
		content = end_of(r);
	return client_send_event(v->c, v->room.room_id, POLL_END_TYPE, content, txn, false, ret,
				 err);
}

static bool is_ours(const struct roll_view *v, const struct roll *r)
{
	return strcmp(r->opener, client_account(v->c)->user_id) == 0;
}

/* Whoever sees two at once and may do so takes the second one back, so that nobody answers it. */
static void take_back(const struct roll_view *v, struct roll_case *k)
{
	JSON_AUTO json_t *row = NULL;
	struct err e = {0};
	/* Who else has cancelled it could not take back what our server keeps for us. */
	if (is_ours(v, &k->roll)) {
		roll_unschedule(v->c, &k->roll, false);
		roll_unschedule(v->c, &k->roll, true);
	}
	if (roll_tally_cancelled(k->tally))
		return;
	if (roll_send_end(v, &k->roll, true, _("another one was opened at the same moment"), &row,
			  &e))
		log_info("the roll-call %s: %s", k->roll.id, e.msg);
}

/* When neither server nor queue has ended it, any staff does, so that other clients stop asking. */
void roll_tidy(struct roll_view *v)
{
	int64_t now = roll_view_now(v);
	for (size_t i = 0; i < v->n && i < 10 && roll_view_is_staff(v); i++) {
		struct roll_case *k = &v->v[i];
		JSON_AUTO json_t *row = NULL;
		struct err e = {0};
		bool over = now > roll_closes_ms(&k->roll) +
					  (is_ours(v, &k->roll) ? TIDY_OWN_MS : TIDY_MS);
		if (k->double_of)
			take_back(v, k);
		if (k->double_of || !over || roll_tally_has_end(k->tally))
			continue;
		roll_unschedule(v->c, &k->roll, false);
		if (roll_send_end(v, &k->roll, false, NULL, &row, &e))
			log_info("the end of the roll-call %s: %s", k->roll.id, e.msg);
	}
}
