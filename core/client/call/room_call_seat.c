/* Our place in the room: the member event, and what the room is told when we have come. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/deliver.h"
#include "core/matrix/rtc_ring.h"
#include "core/store/events.h"
#include "core/store/rooms.h"

#include <string.h>

#define STEP_MS 10000 /* of one attempt of one request */

static void on_rung(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	(void)body;
	rc->ring_rq = NULL;
	if (err)
		log_warn(_("the room was not told of the call: %s"), err->msg);
}

static bool is_direct(struct room_call *rc)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	return !client_store(rc->c, &s, NULL) && store_room_get(s, rc->room, &r) && r.direct;
}

/* A chat that was just begun is an invitation there, and invitations do not ring. */
static void warn_unheard(struct room_call *rc)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	struct err e;
	if (client_store(rc->c, &s, NULL) || !store_room_get(s, rc->room, &r) || !r.direct)
		return;
	AUTO_FREE char *membership = store_member_membership(s, rc->room, span_of(r.direct));
	AUTO_FREE char *name = store_member_name(s, rc->room, span_of(r.direct));
	if (!membership || strcmp(membership, "invite") != 0)
		return;
	err_set(&e, ERR_PENDING,
		_("%s has not accepted the invitation to this chat yet, so it does not ring there"),
		name ? name : r.direct);
	rc->h.warning(rc->arg, &e);
}

static struct session_call *send_event(struct room_call *rc, const char *type, json_t *steal,
				       session_done_fn *fn)
{
	AUTO_FREE char *txn = deliver_txn_id();
	struct session_call *c =
		ask(client_session(rc->c), request_send(rc->room_id, type, txn, steal), STEP_MS,
		    false, fn, rc);
	json_decref(steal);
	return c;
}

void room_call_ring(struct room_call *rc)
{
	bool direct = is_direct(rc);
	json_t *ring = rtc_ring_make(direct, rc->member_event, clock_wall_ms());
	if (rc->mode.live.live)
		json_object_set_new(ring, RTC_RING_LIVE_KEY, json_true());
	rc->ring_rq = send_event(rc, RTC_RING_TYPE, ring, on_rung);
	room_call_row(rc, "ringing", NULL, json_pack("{s:b}", "ring", direct));
	if (direct)
		warn_unheard(rc);
}

static void on_noted(struct span body, const struct err *err, void *arg)
{
	struct room_call *rc = arg;
	(void)body;
	rc->note_rq = NULL;
	if (err)
		log_warn(_("the room was not told of the recording: %s"), err->msg);
}

void room_call_note_recording(struct room_call *rc)
{
	if (rc->record_said)
		rc->note_rq = send_event(rc, "m.room.message",
					 json_pack("{s:s,s:s}", "msgtype", "m.notice", "body",
						   rc->record_said),
					 on_noted);
}

static void on_taken(void *arg, const char *event_id)
{
	struct room_call *rc = arg;
	snprintf(rc->member_event, sizeof(rc->member_event), "%s", event_id);
	if (rc->phase >= RC_LEAVING)
		return;
	rc->seated = true;
	room_call_check_in(rc);
	room_call_check_hand(rc);
}

static void on_seat_failed(void *arg, const struct err *err)
{
	room_call_fail(arg, err);
}

static void on_seat_left(void *arg, const struct err *err)
{
	struct room_call *rc = arg;
	if (err)
		log_info("leaving the call in the room: %s", err->msg);
	rc->seat_over = true;
	room_call_check_ended(rc);
}

/* Version of the room, for the key of our member event; NULL. The caller owns it. */
static char *room_version(struct room_call *rc)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	JSON_AUTO json_t *create = NULL;
	struct store *s;
	if (client_store(rc->c, &s, NULL) ||
	    !store_state_get(s, rc->room, "m.room.create", SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &create, NULL))
		return NULL;
	return mem_strdup(json_get_str(json_get_object(create, "content"), "room_version"));
}

int room_call_sit_down(struct room_call *rc, struct err *err)
{
	static const struct seat_handler h = {on_taken, on_seat_failed, on_seat_left};
	AUTO_FREE char *version = room_version(rc);
	struct seat_options o = {.room_id = rc->room_id,
				 .room_version = version,
				 .recording = rc->recorded,
				 .life_ms = rc->times.member,
				 .guard_ms = rc->times.guard,
				 .leaving_ms = rc->times.leaving};
	int rc_ = seat_new(rc->c, &o, &h, rc, &rc->seat, err);
	if (!rc_)
		seat_take(rc->seat, place_service(rc->place));
	return rc_;
}
