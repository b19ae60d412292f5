/*
 * What a call's host saw, for the register (docs/FORMATS.md, org.muster.presence). Where the server is not
 * our own nobody but the people in a call can say that somebody was cut off: their member event stands until it
 * expires. Staff's client says it while attendance is taken, and only what member events do not say already: that
 * somebody is gone whose event still stands, and that they are back.
 */
#include "core/attendance/register.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/own_server.h"
#include "core/client/util.h"
#include "core/matrix/power.h"

#include <string.h>

#define SETTLE_MS 5000 /* who comes back within this was never away */
#define SEEN_MAX 5000
#define STEP_MS 10000
#define SKEW_MS 30000 /* less than that is no wrong clock, but the time that joining took */

/* Somebody who is gone without a word in the room. */
struct gone {
	char user_id[LIMIT_ID_BYTES + 1], device_id[LIMIT_ID_BYTES + 1];
	char member_id[2 * LIMIT_ID_BYTES + 2]; /* of the newer form, or "" */
	int64_t at_ms, due_ms;			/* wall clock; clock_mono_ms */
	bool told;
	struct gone *next;
};

struct seen {
	struct room_call *rc;
	struct gone *first;
	size_t n;
	struct loop_timer *settle;
	json_t *queue; /* contents to be sent, one after another */
	int sent;
	struct session_call *sending, *asking;
};

/* The server's clock: our own may be wrong, and what we tell is compared with others' words. By our member event. */
static int64_t server_ms(const struct room_call *rc)
{
	int64_t skew = rc->people.own.event_id[0] ? rc->people.own.created_ms - rc->joined_ms : 0;
	bool wrong = skew > SKEW_MS || skew < -SKEW_MS;
	return clock_wall_ms() + (wrong ? skew : 0);
}

/* -- Whether it is ours to say --------------------------------------------------- */

static bool is_staff(const struct room_call *rc, struct store *s)
{
	AUTO(power_done) struct power p = {0};
	JSON_AUTO json_t *levels_event = NULL, *create_event = NULL;
	const char *creator = NULL;
	const json_t *levels =
		state_content(s, rc->room, "m.room.power_levels", NULL, &levels_event);
	const json_t *create = state_content(s, rc->room, "m.room.create", &creator, &create_event);
	power_init(&p, levels, create, creator);
	return power_of_user(&p, rc->people.own_user) >= STAFF_POWER;
}

static bool is_taken(const struct room_call *rc, struct store *s)
{
	JSON_AUTO json_t *event = NULL;
	const json_t *taking = state_content(s, rc->room, TAKING_TYPE, NULL, &event);
	return json_get_i64(taking, "until_ts", 0) > server_ms(rc);
}

static bool is_ours_to_say(const struct room_call *rc)
{
	struct store *s;
	return rc->phase == RC_IN && rc->connected && !rc->lost && !client_store(rc->c, &s, NULL) &&
	       own_server_known(s) == OWN_SERVER_NO && is_taken(rc, s) && is_staff(rc, s);
}

static void on_well_known(struct span body, const struct err *err, void *arg)
{
	struct seen *x = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	struct store *s;
	x->asking = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if ((!rc || rc == ERR_NOT_FOUND) && !client_store(x->rc->c, &s, NULL))
		own_server_note(x->rc->c, s, reply);
}

/* -- Saying it --------------------------------------------------------------------- */

static void send_next(struct seen *x);

static void on_sent(struct span body, const struct err *err, void *arg)
{
	struct seen *x = arg;
	(void)body;
	x->sending = NULL;
	if (err)
		log_warn("what was seen in the call is not in the room: %s", err->msg);
	json_array_remove(x->queue, 0);
	send_next(x);
}

static void send_next(struct seen *x)
{
	struct room_call *rc = x->rc;
	const json_t *content = json_array_get(x->queue, 0);
	if (!content || x->sending)
		return;
	AUTO_FREE char *txn =
		mem_printf("seen-%llx-%d", (unsigned long long)rc->joined_ms, x->sent++);
	x->sending = ask(client_session(rc->c),
			 request_send(rc->room_id, PRESENCE_OBSERVED_TYPE, txn, content), STEP_MS,
			 false, on_sent, x);
}

static void say(struct seen *x, const struct gone *g, bool left, int64_t at_ms)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:I}", "user_id", g->user_id, "device_id",
			      g->device_id, "slot_id", "m.call#ROOM", "state",
			      left ? "left" : "joined", "at", (json_int_t)at_ms);
	if (g->member_id[0])
		json_object_set_new(o, "member_id", json_string(g->member_id));
	if (left)
		json_object_set_new(o, "reason", json_string("lost"));
	json_array_append_new(x->queue, o);
	send_next(x);
}

/* -- Who is gone ---------------------------------------------------------------------- */

static bool is(const struct gone *g, const char *user_id, const char *device_id)
{
	return !strcmp(g->user_id, user_id) && !strcmp(g->device_id, device_id);
}

static struct gone **find(struct seen *x, const char *user_id, const char *device_id)
{
	struct gone **at = &x->first;
	while (*at && !is(*at, user_id, device_id))
		at = &(*at)->next;
	return at;
}

static void drop(struct seen *x, struct gone **at)
{
	struct gone *g = *at;
	*at = g->next;
	mem_free(g);
	x->n--;
}

/* Their member event, as long as it stands. */
static const struct rtc_member *member_of(const struct company *p, const char *user_id,
					  const char *device_id)
{
	int64_t now = clock_wall_ms();
	for (size_t i = 0; i < p->members_n; i++)
		if (!strcmp(p->members[i].user_id, user_id) &&
		    !strcmp(p->members[i].device_id, device_id) &&
		    !rtc_member_expired(&p->members[i], now))
			return &p->members[i];
	return NULL;
}

static bool is_back(const struct company *p, const struct gone *g)
{
	const struct person *who = p->first;
	while (who && !is(g, who->user_id, who->device_id))
		who = who->next;
	return who != NULL;
}

static void on_settled(void *arg)
{
	struct seen *x = arg;
	const struct company *p = &x->rc->people;
	int64_t now = clock_mono_ms(), next = -1;
	for (struct gone **at = &x->first; *at;) {
		struct gone *g = *at;
		bool due = !g->told && g->due_ms <= now;
		if (due && (!member_of(p, g->user_id, g->device_id) || is_back(p, g) ||
			    !is_ours_to_say(x->rc))) {
			drop(x, at);
			continue;
		}
		if (due) {
			g->told = true;
			say(x, g, true, g->at_ms);
		}
		if (!g->told && (next < 0 || g->due_ms - now < next))
			next = g->due_ms - now;
		at = &g->next;
	}
	if (next >= 0)
		loop_timer_start(x->settle, (uint64_t)next, 0);
}

/* -- Told by the call --------------------------------------------------------------------- */

void room_call_seen_begin(struct room_call *rc)
{
	struct store *s;
	if (rc->seen)
		return;
	rc->seen = NEW(struct seen);
	rc->seen->rc = rc;
	rc->seen->queue = json_array();
	rc->seen->settle = loop_timer_new(rc->l, on_settled, rc->seen);
	if (!client_store(rc->c, &s, NULL) && own_server_known(s) == OWN_SERVER_UNKNOWN)
		rc->seen->asking = ask(client_session(rc->c), request_well_known(), STEP_MS, true,
				       on_well_known, rc->seen);
}

void room_call_seen_left(struct room_call *rc, const struct person *who)
{
	struct seen *x = rc->seen;
	const struct rtc_member *m = member_of(&rc->people, who->user_id, who->device_id);
	if (!x || who->self || !m || x->n >= SEEN_MAX)
		return;
	struct gone **at = find(x, who->user_id, who->device_id);
	if (*at)
		drop(x, at);
	struct gone *g = NEW(struct gone);
	snprintf(g->user_id, sizeof(g->user_id), "%s", who->user_id);
	snprintf(g->device_id, sizeof(g->device_id), "%s", who->device_id);
	if (m->form == RTC_FORM_STICKY)
		snprintf(g->member_id, sizeof(g->member_id), "%s", m->member_id);
	g->at_ms = server_ms(rc);
	g->due_ms = clock_mono_ms() + (rc->times.settle ? rc->times.settle : SETTLE_MS);
	g->next = x->first;
	x->first = g;
	x->n++;
	on_settled(x);
}

void room_call_seen_joined(struct room_call *rc, const struct person *who)
{
	struct seen *x = rc->seen;
	struct gone **at = x && !who->self ? find(x, who->user_id, who->device_id) : NULL;
	if (!at || !*at)
		return;
	if ((*at)->told)
		say(x, *at, false, server_ms(rc));
	drop(x, at);
}

void room_call_seen_end(struct room_call *rc)
{
	struct seen *x = take(&rc->seen);
	if (!x)
		return;
	while (x->first)
		drop(x, &x->first);
	session_drop(x->sending);
	session_drop(x->asking);
	loop_timer_free(x->settle);
	json_decref(x->queue);
	mem_free(x);
}
