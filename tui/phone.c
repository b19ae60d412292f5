#include "tui/phone.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/call_sound.h"
#include "core/client/view/call_bar.h"
#include "core/store/rooms.h"
#include "tui/phone_bar.h"
#include "tui/phone_people.h"
#include "tui/pick.h"
#include "tui/quiet.h"

#include <string.h>

#define HANG_UP_MS 3000 /* leaving a call takes no longer, or the server does it */

struct phone {
	struct tui *t;
	struct call_bar *bar;
	struct loop_timer *second; /* the time in the call goes on */
	struct view *asking;	   /* the popup about a call; NULL: none */
	struct view *people;	   /* that of who is in it; NULL: none */
	bool hanging_up;	   /* the program ends with the call */
	char *rung;		   /* the ring that was shown last */
};

/* -- A popup: how to join ---------------------------------------------------------------- */

enum answer { ANSWER_JOIN, ANSWER_MUTED, ANSWER_LISTEN, ANSWER_DECLINE, ANSWER_LATER };

struct question {
	struct phone *k;
	char *room_id;
	bool ring; /* somebody calls, so it can be declined */
};

static const char *const answers[] = {
	[ANSWER_JOIN] = N_("Join"),
	[ANSWER_MUTED] = N_("Join with the microphone off"),
	[ANSWER_LISTEN] = N_("Only listen"),
	[ANSWER_DECLINE] = N_("Tell them that you do not come"),
	[ANSWER_LATER] = N_("Not now"),
};

static enum answer answer_at(const struct question *q, size_t i)
{
	return (enum answer)(i >= ANSWER_DECLINE && !q->ring ? i + 1 : i);
}

static size_t fill(struct pick *p, const char *text)
{
	const struct question *q = p->arg;
	(void)text;
	return ARRAY_LEN(answers) - !q->ring;
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(_(answers[answer_at(p->arg, i)])),
		 ROLE_POPUP);
}

/* Hints that name options are for shells. */
static void on_said(const struct err *err, void *arg)
{
	struct phone *k = arg;
	struct err here = *err;
	if (err->code == ERR_NOT_FOUND && strstr(err->hint, "--output"))
		snprintf(here.hint, sizeof(here.hint), "%s",
			 strstr(err->hint, "--play") ? _("plug one in, or only listen")
						     : _("plug one in"));
	tui_say_err(k->t, &here);
}

static bool join(struct phone *k, const char *room_id, enum phone_how how)
{
	const char *in = tui_setting(k->t, "call.input"), *out = tui_setting(k->t, "call.output");
	AUTO_FREE char *input = call_sound_spec(in && *in ? in : NULL, NULL);
	AUTO_FREE char *output = call_sound_spec(out && *out ? out : NULL, NULL);
	struct call_bar_join j = {
		.room_id = room_id,
		.input = input,
		.output = output,
		.muted = how == PHONE_MUTED,
		.listen_only = how == PHONE_LISTEN,
	};
	struct err err;
	int rc = call_bar_join(k->bar, &j, &err);
	if (rc)
		on_said(&err, k);
	return !rc;
}

bool phone_is_free(const struct phone *k)
{
	return !phone_in_call(k);
}

bool phone_join(struct phone *k, const char *room_id, enum phone_how how)
{
	if (phone_is_free(k))
		return join(k, room_id, how);
	tui_say(k->t, "%s", _("You are in a call already: leave it first."));
	return false;
}

bool phone_answer(struct phone *k, const char *room_id, enum phone_how how)
{
	const struct call_bar_row *r = call_bar_row(k->bar);
	if (r->ring_room && (!room_id || !strcmp(room_id, r->ring_room))) {
		AUTO_FREE char *room = mem_strdup(r->ring_room);
		return phone_join(k, room, how);
	}
	tui_say(k->t, "%s", _("Nobody is calling."));
	return false;
}

static void choose(struct pick *p, size_t i)
{
	struct question *q = p->arg;
	enum answer how = answer_at(q, i);
	if (how == ANSWER_DECLINE)
		call_bar_decline(q->k->bar);
	else if (how != ANSWER_LATER)
		join(q->k, q->room_id,
		     how == ANSWER_MUTED    ? PHONE_MUTED
		     : how == ANSWER_LISTEN ? PHONE_LISTEN
					    : PHONE_SPEAK);
	tui_close(pick_view(p));
}

static void free_question(struct pick *p)
{
	struct question *q = p->arg;
	if (q->k->asking == pick_view(p))
		q->k->asking = NULL;
	mem_free(q->room_id);
	mem_free(q);
}

#define QUESTION(heading)                                                                    \
	{                                                                                    \
		.title = heading, .prompt = N_("Enter answers, Esc is later"), .width = 48,  \
		.rows = 5, .fill = fill, .row = row, .choose = choose, .free = free_question \
	}

static const struct pick_class joining = QUESTION(N_("Join the call?"));
static const struct pick_class ringing = QUESTION(N_("Somebody calls"));

static void ask(struct phone *k, const char *room_id, bool ring)
{
	struct question *q = NEW(struct question);
	if (k->asking)
		tui_close(k->asking);
	*q = (struct question){.k = k, .room_id = mem_strdup(room_id), .ring = ring};
	k->asking = pick_new(k->t, ring ? &ringing : &joining, q);
	tui_push(k->t, k->asking);
}

/* -- The bar ------------------------------------------------------------------------------ */

int phone_lines(const struct phone *k)
{
	const struct call_bar_row *r = k ? call_bar_row(k->bar) : NULL;
	return r && (r->state != CALL_BAR_NONE || r->ring_room);
}

bool phone_in_call(const struct phone *k)
{
	return k && call_bar_row(k->bar)->state != CALL_BAR_NONE;
}

void phone_draw(struct phone *k, struct canvas *c, struct rect r)
{
	phone_bar_draw(call_bar_row(k->bar), k->t->keys, clock_wall_ms(), c, r);
}

/* -- What happens -------------------------------------------------------------------------- */

/* A ring is shown once, whatever becomes of it. */
static void show_ring(struct phone *k, const struct call_bar_row *r)
{
	if (k->rung && strcmp(k->rung, r->ring_event) == 0)
		return;
	mem_free(k->rung);
	k->rung = mem_strdup(r->ring_event);
	/* In quiet hours the line that says who calls is all. */
	if (quiet_silences(k->t, store_room_find(k->t->store, span_of(r->ring_room))))
		return;
	tty_bell(k->t->tty);
	if (r->ring && !k->t->n_popups)
		ask(k, r->ring_room, true);
}

static void on_changed(void *arg)
{
	struct phone *k = arg;
	const struct call_bar_row *r = k->bar ? call_bar_row(k->bar) : NULL;
	if (!r)
		return;
	if (r->ring_room)
		show_ring(k, r);
	if (r->state == CALL_BAR_JOINED && !k->hanging_up)
		loop_timer_start(k->second, 1000, 1000);
	else if (!k->hanging_up)
		loop_timer_stop(k->second);
	if (k->hanging_up && r->state == CALL_BAR_NONE)
		tui_quit(k->t);
	if (k->people && r->state == CALL_BAR_NONE)
		tui_close(k->people);
	else if (k->people)
		phone_people_news(k->people);
	tui_redraw(k->t);
}

static void on_second(void *arg)
{
	struct phone *k = arg;
	if (k->hanging_up)
		tui_quit(k->t);
	tui_redraw(k->t);
}

bool phone_hang_up(struct phone *k)
{
	const struct call_bar_row *r = k ? call_bar_row(k->bar) : NULL;
	if (!r || !r->here || r->state == CALL_BAR_NONE || k->hanging_up)
		return false;
	k->hanging_up = true;
	loop_timer_start(k->second, HANG_UP_MS, 0);
	call_bar_leave(k->bar);
	return true;
}

static void call_key(struct phone *k)
{
	const struct call_bar_row *r = call_bar_row(k->bar);
	const char *room = r->ring_room ? r->ring_room : tui_room(k->t);
	if (r->state != CALL_BAR_NONE)
		call_bar_leave(k->bar);
	else if (room)
		ask(k, room, r->ring_room != NULL);
}

void phone_ask(struct phone *k, const char *room_id)
{
	if (!k)
		return;
	if (!phone_is_free(k))
		tui_say(k->t, "%s", _("You are in a call already: leave it first."));
	else
		ask(k, room_id, false);
}

static void show_people(struct phone *k)
{
	if (k->people) {
		tui_close(k->people);
		return;
	}
	k->people = phone_people_new(k->t, k->bar, &k->people);
	tui_push(k->t, k->people);
}

bool phone_act(struct phone *k, enum action a)
{
	if (!k || (a != ACT_CALL && a != ACT_MUTE && a != ACT_HAND && a != ACT_CALL_PEOPLE))
		return false;
	const struct call_bar_row *r = call_bar_row(k->bar);
	if (a == ACT_CALL)
		call_key(k);
	else if (r->state == CALL_BAR_NONE)
		tui_say(k->t, "%s", _("You are in no call."));
	else if (a == ACT_CALL_PEOPLE)
		show_people(k);
	else if (a == ACT_HAND)
		call_bar_hand(k->bar, !r->hand);
	else
		call_bar_mute(k->bar, !r->muted);
	return true;
}

void phone_news(struct phone *k)
{
	if (k)
		call_bar_news(k->bar);
}

struct phone *phone_new(struct tui *t)
{
	static const struct call_bar_handler h = {on_changed, on_said};
	struct phone *k = NEW(struct phone);
	k->t = t;
	k->second = loop_timer_new(t->loop, on_second, k);
	k->bar = call_bar_new(&(struct call_bar_options){
		.client = t->client,
		.engine = t->engine,
		.looking = t->looking,
		.sending = t->sending,
		.h = &h,
		.arg = k,
	});
	return k;
}

void phone_free(struct phone *k)
{
	if (!k)
		return;
	loop_timer_free(k->second);
	call_bar_free(k->bar);
	mem_free(k->rung);
	mem_free(k);
}
