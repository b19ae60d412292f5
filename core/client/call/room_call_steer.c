/* What may be done in a call, and how it goes. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/deliver.h"
#include "core/client/util.h"
#include "core/matrix/reply.h"
#include "core/matrix/rtc_ring.h"
#include "core/store/events.h"

#include <string.h>

#define STEP_MS 10000
#define SPEAKING_MAX 16 /* names in a status */
#define ROOM_NAME_MAX 1024

int room_call_mute(struct room_call *rc, bool muted, struct err *err)
{
	if (rc->o.listen_only)
		return err_set(err, ERR_CONFLICT,
			       _("this call only listens: there is no voice to "
				 "mute"));
	if (rc->phase >= RC_LEAVING)
		return err_set(err, ERR_NOT_FOUND, _("the call is over"));
	if (!muted && !room_call_may_speak(rc)) {
		err_set(err, ERR_AUTH,
			_("this is a live lesson: only who leads it and who has the floor speaks"));
		err_hint(err, _("raise your hand: muster call hand"));
		return ERR_AUTH;
	}
	rc->silenced = false;
	rc->o.muted = muted;
	if (rc->call)
		call_mute(rc->call, muted);
	else
		rc->muted = muted;
	return 0;
}

int room_call_host(struct room_call *rc, enum host_act what, const char *user, host_done_fn *fn,
		   void *arg, struct err *err)
{
	return host_do(rc->host, what, user, fn, arg, err);
}

void room_call_forget_host(struct room_call *rc, void *arg)
{
	host_forget(rc->host, arg);
}

const char *room_call_room(const struct room_call *rc)
{
	return rc->room_id;
}

/* -- Our hand ------------------------------------------------------------------ */

static void hand_failed(struct room_call *rc, const struct err *err)
{
	rc->hand_wanted = rc->hand_event != NULL;
	steer_hand_done(rc->steer, err);
}

static void on_raised(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	const char *id;
	rc->hand_rq = NULL;
	if (ask_reply(body, err, &reply, &e) || reply_event_id(reply, &id, &e)) {
		hand_failed(rc, &e);
		return;
	}
	mem_free(rc->hand_event);
	rc->hand_event = mem_strdup(id);
	room_call_check_hand(rc);
}

static void on_lowered(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	(void)body;
	rc->hand_rq = NULL;
	if (err) {
		hand_failed(rc, err);
		return;
	}
	mem_free(take(&rc->hand_event));
	room_call_check_hand(rc);
}

void room_call_check_hand(struct room_call *rc)
{
	AUTO_FREE char *txn = NULL;
	if (rc->phase != RC_IN || rc->hand_rq || !rc->member_event[0])
		return;
	/* A hand hangs on the member event, and goes down when that is renewed. */
	bool up = rc->hand_event && strcmp(rc->hand_for, rc->member_event) == 0;
	if (rc->hand_wanted && !up) {
		JSON_AUTO json_t *hand = rtc_hand_make(rc->member_event);
		txn = deliver_txn_id();
		memcpy(rc->hand_for, rc->member_event, sizeof(rc->hand_for));
		rc->hand_rq = ask(client_session(rc->c),
				  request_send(rc->room_id, "m.reaction", txn, hand), STEP_MS,
				  false, on_raised, rc);
	} else if (!rc->hand_wanted && rc->hand_event) {
		txn = deliver_txn_id();
		rc->hand_rq = ask(client_session(rc->c),
				  request_redact(rc->room_id, rc->hand_event, txn, NULL), STEP_MS,
				  false, on_lowered, rc);
	} else {
		steer_hand_done(rc->steer, NULL);
	}
}

static int note_redacted(const struct store_event *e, void *arg)
{
	*(bool *)arg = e->redacted_by.p != NULL;
	return 0;
}

void room_call_look_at_hand(struct room_call *rc, struct store *s)
{
	bool redacted = false;
	if (rc->hand_rq || !rc->hand_event)
		return;
	/* One that we cannot see may be on its way to us: after a renewal, too. */
	store_event_get(s, rc->room, span_of(rc->hand_event), note_redacted, &redacted);
	if (!redacted)
		return;
	rc->hand_wanted = false;
	mem_free(take(&rc->hand_event));
}

int room_call_hand(struct room_call *rc, bool up, struct err *err)
{
	if (rc->phase >= RC_LEAVING)
		return err_set(err, ERR_NOT_FOUND, _("the call is over"));
	/* While we are still joining it waits for that. */
	rc->hand_wanted = up;
	room_call_check_hand(rc);
	return 0;
}

void room_call_hand_down(struct room_call *rc)
{
	rc->hand_wanted = false;
	room_call_check_hand(rc);
}

/* -- How it goes ------------------------------------------------------------------- */

static const char *state_word(const struct room_call *rc)
{
	if (rc->phase >= RC_LEAVING)
		return "leaving";
	if (rc->phase != RC_IN)
		return "joining";
	return rc->lost ? "reconnecting" : "joined";
}

static void put_call(json_t *row, const struct call_status *st)
{
	row_bool(row, "publishing", st->publishing);
	row_int(row, "rtt_ms", st->rtt_ms);
	json_object_set_new(row, "loss_out", json_real(st->loss_out));
	json_object_set_new(row, "loss_in", json_real(st->loss_in));
	json_object_set_new(row, "jitter_ms", json_real(st->jitter_ms));
	row_int(row, "delay_ms", st->delay_ms);
	row_int(row, "packets_out", st->packets_out);
	row_int(row, "packets_in", st->packets_in);
	row_int(row, "lost_in", st->lost_in);
	row_int(row, "reconnects", st->reconnects);
	row_str(row, "way", st->way ? call_way_name(st->way) : NULL);
}

static void put_people(json_t *row, const struct company *p)
{
	json_t *speaking = json_array();
	for (const struct person *who = p->first; who; who = who->next) {
		if (who->self)
			row_str(row, "quality", call_quality_name(who->quality));
		if (who->speaking && json_array_size(speaking) < SPEAKING_MAX)
			json_array_append_new(speaking, row_text(span_of(who->name)));
	}
	row_int(row, "people", (int64_t)p->n);
	json_object_set_new(row, "speaking", speaking);
}

json_t *room_call_status(struct room_call *rc)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct call_status st = {.rtt_ms = -1};
	struct store *s;
	json_t *row = json_object();
	int64_t now = clock_wall_ms();
	if (rc->call && !rc->call_over)
		call_status(rc->call, &st);
	bool named = rc->room && !client_store(rc->c, &s, NULL) && store_room_get(s, rc->room, &r);
	row_str(row, "room_id", rc->room_id);
	struct span name = span_of(named ? r.display : NULL);
	name.n = utf8_head(name, ROOM_NAME_MAX);
	row_span(row, "room", name);
	row_str(row, "state", state_word(rc));
	row_bool(row, "muted", rc->muted || rc->o.listen_only);
	row_bool(row, "listen_only", rc->o.listen_only);
	row_bool(row, "low", rc->o.low);
	row_bool(row, "hand", rc->hand_event != NULL);
	room_call_put_mode(rc, row);
	json_object_set_new(row, "floor", room_call_floor(rc));
	row_str(row, "recording", rc->record);
	json_object_set_new(row, "since_ts",
			    rc->joined_ms ? json_integer(rc->joined_ms) : json_null());
	row_int(row, "duration_s", rc->joined_ms ? (now - rc->joined_ms) / 1000 : 0);
	put_people(row, &rc->people);
	put_call(row, &st);
	row_bool(row, "guarded", rc->seat && seat_guarded(rc->seat));
	return row;
}

int room_call_people(struct room_call *rc, size_t from, client_row_fn *fn, void *arg)
{
	int told = 0;
	for (const struct person *who = rc->people.first; who; who = who->next) {
		if (from > 0) {
			from--;
			continue;
		}
		JSON_AUTO json_t *row = person_row(who);
		if (fn(row, arg))
			break;
		told++;
	}
	return told;
}
