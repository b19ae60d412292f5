#include "core/client/view/call_bar_priv.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/call/call_sound.h"
#include "core/client/call/mode.h"
#include "core/client/call/ring.h"
#include "core/client/call/room_call.h"
#include "core/client/call/steer.h"
#include "core/matrix/rtc_ring.h"
#include "core/store/relations.h"

#define TICK_MS 2000	/* a running call is looked at so often */
#define IDLE_TICKS 3	/* without one, other processes' calls are looked for less often */
#define PEOPLE_MAX 1000 /* that are shown */

const struct call_bar_row *call_bar_row(const struct call_bar *b)
{
	return &b->row;
}

/* Takes both. */
static void replace(struct call_bar *b, json_t *status, json_t *people)
{
	bool same = json_equal(status, b->status) && json_equal(people, b->people);
	same = same || (!status && !b->status);
	json_decref(b->status);
	json_decref(b->people);
	b->status = status;
	b->people = people;
	if (!same)
		call_bar_show(b);
}

/* -- A call of this process ----------------------------------------------------------------- */

static int collect(json_t *row, void *arg)
{
	json_array_append(arg, row);
	return json_array_size(arg) >= PEOPLE_MAX;
}

static void look_here(struct call_bar *b)
{
	json_t *people = json_array();
	room_call_people(b->call, 0, collect, people);
	replace(b, room_call_status(b->call), people);
}

static void on_row(void *arg, json_t *row)
{
	(void)row;
	look_here(arg);
}

static void on_warning(void *arg, const struct err *err)
{
	struct call_bar *b = arg;
	b->o.h->said(err, b->o.arg);
}

/* The call may not be freed in its own callback. */
static void on_ended(void *arg, const struct err *err)
{
	struct call_bar *b = arg;
	b->over = true;
	loop_timer_start(b->soon, 0, 0);
	if (err)
		b->o.h->said(err, b->o.arg);
}

static void bury(void *arg)
{
	struct call_bar *b = arg;
	if (!b->over)
		return;
	room_call_free(b->call);
	b->call = NULL;
	b->over = false;
	replace(b, NULL, NULL);
}

int call_bar_join(struct call_bar *b, const struct call_bar_join *j, struct err *err)
{
	static const struct room_call_handler h = {on_row, on_warning, on_ended};
	const char *in = j->input ? j->input : CALL_SOUND_CARD;
	const char *out = j->output ? j->output : CALL_SOUND_CARD;
	if (b->status || b->call)
		return err_set(err, ERR_CONFLICT, _("you are in a call already: leave it first"));
	struct room_call_options o = {
		.room_id = j->room_id,
		.sound = call_sound(j->listen_only ? NULL : in, out),
		.listen_only = j->listen_only,
		.muted = j->muted,
		.ring = !j->quiet && !j->listen_only,
	};
	int rc = room_call_new(b->o.client, b->o.engine, &o, &h, b, &b->call, err);
	if (!rc)
		look_here(b);
	return rc;
}

/* -- Calls of other processes ------------------------------------------------------------------ */

static int poll_calls(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		      struct err *err)
{
	(void)ask;
	JSON_AUTO json_t *status = json_array(), *people = json_array();
	int rc = calls_status(c, NULL, collect, status, err);
	const json_t *first = json_array_get(status, 0);
	if (rc || !first)
		return rc;
	calls_people(c, json_get_str(first, "room_id"), collect, people, NULL);
	JSON_AUTO json_t *both = json_pack("{s:O,s:O}", "status", first, "people", people);
	return fn(both, arg);
}

static void on_polled(const struct err *err, const json_t *rows, void *arg)
{
	struct call_bar *b = arg;
	const json_t *both = err ? NULL : json_array_get(rows, 0);
	b->polling = NULL;
	if (!b->call)
		replace(b, json_incref(json_get_object(both, "status")),
			json_incref(json_get_array(both, "people")));
}

static void poll_others(struct call_bar *b)
{
	if (!b->polling && !b->call)
		b->polling = action_start(b->o.looking, poll_calls, json_object(), on_polled, b);
}

static int act(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	json_t *row = NULL;
	(void)fn;
	(void)arg;
	int rc = calls_act(c, json_get_str(ask, "room_id"),
			   (enum calls_act)json_get_i64(ask, "what", 0), &row, err);
	json_decref(row);
	return rc;
}

static void on_acted(const struct err *err, const json_t *rows, void *arg)
{
	struct call_bar *b = arg;
	(void)rows;
	b->acting = NULL;
	if (err)
		b->o.h->said(err, b->o.arg);
	poll_others(b);
}

static void act_there(struct call_bar *b, enum calls_act what)
{
	if (b->status && !b->acting)
		b->acting = action_start(b->o.looking, act,
					 json_pack("{s:O,s:i}", "room_id",
						   json_object_get(b->status, "room_id"), "what",
						   (int)what),
					 on_acted, b);
}

/* -- What one does ---------------------------------------------------------------------------- */

static void said_if(struct call_bar *b, int rc, const struct err *err)
{
	if (rc)
		b->o.h->said(err, b->o.arg);
	else
		look_here(b);
}

void call_bar_leave(struct call_bar *b)
{
	if (b->call && !b->over) {
		room_call_leave(b->call, "left");
		look_here(b);
	} else if (!b->call) {
		act_there(b, CALLS_LEAVE);
	}
}

void call_bar_mute(struct call_bar *b, bool muted)
{
	struct err err;
	if (b->call && !b->over)
		said_if(b, room_call_mute(b->call, muted, &err), &err);
	else if (!b->call)
		act_there(b, muted ? CALLS_MUTE : CALLS_UNMUTE);
}

void call_bar_hand(struct call_bar *b, bool up)
{
	struct err err;
	if (b->call && !b->over)
		said_if(b, room_call_hand(b->call, up, &err), &err);
	else if (!b->call)
		act_there(b, up ? CALLS_HAND_UP : CALLS_HAND_DOWN);
}

/* -- Leading it -------------------------------------------------------------------------------- */

static int change(struct client *c, const json_t *ask, enum call_change what, struct err *err)
{
	json_t *row = NULL;
	int rc = call_mode_change(c, json_get_str(ask, "room_id"), what,
				  json_get_str(ask, "user_id"), &row, err);
	json_decref(row);
	return rc;
}

static int host(struct client *c, const json_t *ask, enum host_act what, struct err *err)
{
	json_t *row = NULL;
	int rc = calls_host(c, json_get_str(ask, "room_id"), what, json_get_str(ask, "user_id"),
			    &row, err);
	json_decref(row);
	return rc;
}

static int put_out(struct client *c, const json_t *ask, struct err *err)
{
	json_t *row = NULL;
	int rc = call_put_out(c, json_get_str(ask, "room_id"), json_get_str(ask, "user_id"), &row,
			      err);
	json_decref(row);
	return rc;
}

static int end(struct client *c, const json_t *ask, struct err *err)
{
	json_t *row = NULL;
	int rc = call_end_for_all(c, json_get_str(ask, "room_id"), &row, err);
	json_decref(row);
	return rc;
}

static int lead(struct client *c, const json_t *ask, client_row_fn *fn, void *arg, struct err *err)
{
	static const enum call_change changes[] = {
		[CALL_BAR_GIVE] = CALL_GIVE_FLOOR, [CALL_BAR_TAKE] = CALL_TAKE_FLOOR,
		[CALL_BAR_LOCK] = CALL_LOCK,	   [CALL_BAR_UNLOCK] = CALL_UNLOCK,
		[CALL_BAR_LIVE] = CALL_GO_LIVE,	   [CALL_BAR_MEETING] = CALL_GO_MEETING,
	};
	enum call_bar_lead what = (enum call_bar_lead)json_get_i64(ask, "what", 0);
	(void)fn;
	(void)arg;
	if (what == CALL_BAR_SILENCE)
		return host(c, ask, HOST_MUTE, err);
	if (what == CALL_BAR_REMOVE)
		return put_out(c, ask, err);
	if (what == CALL_BAR_SILENCE_ALL)
		return host(c, ask, HOST_MUTE_ALL, err);
	return what == CALL_BAR_END ? end(c, ask, err) : change(c, ask, changes[what], err);
}

void call_bar_lead(struct call_bar *b, enum call_bar_lead what, const char *user_id)
{
	/* What holds for the next call is put right after the end of this one, also when the screen ends with it. */
	struct work *in = what == CALL_BAR_END ? b->o.sending : b->o.looking;
	if (b->status && !b->acting)
		b->acting = action_start(in, lead,
					 json_pack("{s:O,s:s?,s:i}", "room_id",
						   json_object_get(b->status, "room_id"), "user_id",
						   user_id, "what", (int)what),
					 on_acted, b);
}

/* -- Being called ------------------------------------------------------------------------------ */

static int find_ring(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		     struct err *err)
{
	JSON_AUTO json_t *ring = NULL;
	int rc = ring_find(c, json_get_str(ask, "room_id"), &ring, err);
	return rc ? rc : fn(ring, arg);
}

static void on_ring(const struct err *err, const json_t *rows, void *arg)
{
	struct call_bar *b = arg;
	json_t *ring = err ? NULL : json_array_get(rows, 0);
	bool same = json_equal(ring, b->ring) || (!ring && !b->ring);
	b->ringing = NULL;
	if (err && err->code != ERR_NOT_FOUND)
		return;
	json_incref(ring);
	json_decref(b->ring);
	b->ring = ring;
	if (!same)
		call_bar_show(b);
}

/* `room_id` NULL: any room. */
static void look_for_ring(struct call_bar *b, const char *room_id)
{
	if (!b->ringing)
		b->ringing = action_start(b->o.looking, find_ring,
					  json_pack("{s:s?}", "room_id", room_id), on_ring, b);
}

void call_bar_news(struct call_bar *b)
{
	struct store *s;
	if (client_store(b->o.client, &s, NULL))
		return;
	bool rings = store_type_since(s, b->seq, RTC_RING_TYPE);
	b->seq = store_newest_seq(s);
	if (rings || b->ring)
		look_for_ring(b, NULL);
}

static int decline(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		   struct err *err)
{
	json_t *row = NULL;
	(void)fn;
	(void)arg;
	int rc = ring_decline(c, json_get_str(ask, "room_id"), &row, err);
	json_decref(row);
	return rc;
}

static void on_declined(const struct err *err, const json_t *rows, void *arg)
{
	struct call_bar *b = arg;
	if (err)
		mem_free(take(&b->answered));
	on_acted(err, rows, b);
	look_for_ring(b, NULL);
}

void call_bar_decline(struct call_bar *b)
{
	if (!b->row.ring_room || b->acting)
		return;
	/* A look that began before still finds it. */
	mem_free(b->answered);
	b->answered = mem_strdup(b->row.ring_event);
	b->acting = action_start(b->o.sending, decline,
				 json_pack("{s:O}", "room_id", json_object_get(b->ring, "room_id")),
				 on_declined, b);
	json_decref(b->ring);
	b->ring = NULL;
	call_bar_show(b);
}

/* -- Life ---------------------------------------------------------------------------------------- */

static void on_tick(void *arg)
{
	struct call_bar *b = arg;
	b->ticks++;
	if (b->call && !b->over)
		look_here(b);
	else if (b->status || b->ticks % IDLE_TICKS == 0)
		poll_others(b);
	if (b->ring)
		look_for_ring(b, json_get_str(b->ring, "room_id"));
}

struct call_bar *call_bar_new(const struct call_bar_options *o)
{
	struct call_bar *b = NEW(struct call_bar);
	struct loop *l = client_loop(o->client);
	struct store *s;
	b->o = *o;
	b->tick = loop_timer_new(l, on_tick, b);
	b->soon = loop_timer_new(l, bury, b);
	loop_timer_background(b->tick);
	loop_timer_start(b->tick, TICK_MS, TICK_MS);
	if (!client_store(o->client, &s, NULL))
		b->seq = store_newest_seq(s);
	look_for_ring(b, NULL);
	poll_others(b);
	return b;
}

void call_bar_free(struct call_bar *b)
{
	if (!b)
		return;
	action_stop(b->polling);
	action_stop(b->ringing);
	action_forget(b->acting);
	room_call_free(b->call);
	loop_timer_free(b->tick);
	loop_timer_free(b->soon);
	json_decref(b->status);
	json_decref(b->people);
	json_decref(b->ring);
	mem_free(b->answered);
	pool_done(&b->pool);
	mem_free(b);
}
