/* Who is in the call and what happens there, as rows. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/util.h"
#include "core/matrix/rtc_ring.h"

#include <string.h>

#define EMPTY_MS 2000 /* who comes back within this was never away */

void room_call_row(struct room_call *rc, const char *event, const struct person *who, json_t *more)
{
	JSON_AUTO json_t *row = json_pack("{s:s,s:I,s:s}", "event", event, "ts",
					  (json_int_t)clock_wall_ms(), "room_id", rc->room_id);
	if (who) {
		JSON_AUTO json_t *person = person_row(who);
		json_object_update_missing(row, person);
	}
	if (more)
		json_object_update(row, more);
	json_decref(more);
	rc->h.row(rc->arg, row);
}

size_t room_call_company(const struct room_call *rc)
{
	size_t n = 0;
	for (const struct person *who = rc->people.first; who; who = who->next)
		n += !who->self;
	return n;
}

/* -- Told by core/call --------------------------------------------------------- */

static void tell_joined(struct room_call *rc, struct person *who)
{
	who->told = true;
	/* Our own coming is told when all of us has come, the member event too. */
	if (who->self)
		return;
	rc->met = true;
	room_call_seen_joined(rc, who);
	room_call_enforce(rc);
	room_call_row(rc, "joined", who,
		      rc->phase < RC_IN ? json_pack("{s:b}", "already", 1) : NULL);
	if (who->recording)
		room_call_row(rc, "recording", who, NULL);
	if (who->hand)
		room_call_row(rc, "hand", who, NULL);
	if (who->speaking)
		room_call_row(rc, "speaking", who, json_pack("{s:f}", "level", (double)who->level));
}

void room_call_tell_pending(void *arg)
{
	struct room_call *rc = arg;
	int64_t now = clock_mono_ms(), next = -1;
	for (struct person *who = rc->people.first; who; who = who->next) {
		if (who->told)
			continue;
		int64_t left = who->seen_ms + rc->times.introduction - now;
		if (left <= 0)
			tell_joined(rc, who);
		else if (next < 0 || left < next)
			next = left;
	}
	if (next >= 0)
		loop_timer_start(rc->pending, (uint64_t)next, 0);
}

static void on_joined(struct room_call *rc, struct person *who)
{
	struct store *s;
	bool known = !client_store(rc->c, &s, NULL) && company_match(&rc->people, s, rc->room, who);
	if (who->told)
		return;
	if (known)
		tell_joined(rc, who);
	else
		room_call_tell_pending(rc);
}

static void on_left(struct room_call *rc, struct person *who)
{
	if (who->told && !who->self)
		room_call_row(rc, "left", who, NULL);
	person_free(who);
	if (rc->leave_when_empty && rc->met && rc->phase == RC_IN && !room_call_company(rc))
		loop_timer_start(rc->later, EMPTY_MS, 0);
}

/*
 * People are on every SFU of a call to listen, and speak on one: that one's
 * word counts.
 */
static bool counts(const struct room_call *rc, const struct ear *from, const char *identity)
{
	const char *place = company_place_of(&rc->people, identity, clock_wall_ms());
	const struct person *who = company_find(&rc->people, identity);
	if (place)
		return from == ears_of(rc, place);
	return who ? who->from == from : !from;
}

void room_call_forget(struct room_call *rc, const struct ear *from)
{
	for (struct person *who = rc->people.first, *next; who; who = next) {
		next = who->next;
		if (who->from == from)
			on_left(rc, company_take(&rc->people, who->identity));
	}
}

void room_call_person(struct room_call *rc, const struct ear *from, enum call_person_event what,
		      const struct call_person *p)
{
	static const char *const words[] = {
		[CALL_PERSON_MUTED] = "muted",	     [CALL_PERSON_UNMUTED] = "unmuted",
		[CALL_PERSON_SPEAKING] = "speaking", [CALL_PERSON_SILENT] = "silent",
		[CALL_PERSON_QUALITY] = "quality",
	};
	if (!p->self && !counts(rc, from, p->identity))
		return;
	if (what == CALL_PERSON_LEFT) {
		struct person *gone = company_take(&rc->people, p->identity);
		if (gone)
			room_call_seen_left(rc, gone);
		if (gone)
			on_left(rc, gone);
		return;
	}
	struct person *who = company_update(&rc->people, p, clock_wall_ms());
	who->from = from;
	if (what == CALL_PERSON_JOINED) {
		on_joined(rc, who);
		return;
	}
	/* Of ourselves call_handler.muted tells more. */
	bool ours = who->self && (what == CALL_PERSON_MUTED || what == CALL_PERSON_UNMUTED);
	if (!who->told || ours || (who->self && rc->phase != RC_IN))
		return;
	bool level = what == CALL_PERSON_SPEAKING;
	room_call_row(rc, words[what], who,
		      level ? json_pack("{s:f}", "level", (double)p->level) : NULL);
}

/* -- Told by the room ------------------------------------------------------------- */

static void match(struct room_call *rc, struct store *s, struct person *who)
{
	bool hand = who->hand, recording = who->recording;
	bool known = company_match(&rc->people, s, rc->room, who);
	if (!who->told) {
		if (known)
			tell_joined(rc, who);
		return;
	}
	if (who->self && rc->phase != RC_IN)
		return;
	if (who->recording != recording && !who->self)
		room_call_row(rc, "recording", who, NULL);
	if (who->hand != hand)
		room_call_row(rc, "hand", who, NULL);
}

struct reading {
	struct room_call *rc;
	struct store *s;
};

/* A row about somebody who need not be in the call. */
static void tell_of(const struct reading *r, const char *event, struct span user, json_t *more)
{
	AUTO_FREE char *name = store_member_name(r->s, r->rc->room, user);
	json_t *row = json_object();
	row_span(row, "user_id", user);
	row_span(row, "name", name && *name ? span_of(name) : user);
	if (more)
		json_object_update(row, more);
	json_decref(more);
	room_call_row(r->rc, event, NULL, row);
}

static void look_at(const struct reading *r, const struct mx_event *ev)
{
	const struct company *p = &r->rc->people;
	const char *target = rtc_decline_read(ev);
	struct span emoji, sender = span_of(ev->sender);
	if (target && strcmp(ev->sender, p->own_user) != 0) {
		tell_of(r, "declined", sender, json_pack("{s:s}", "event_id", target));
		return;
	}
	if (!rtc_reaction_read(ev, &target, &emoji))
		return;
	const struct rtc_member *m = company_by_event(p, target);
	json_t *key = row_text(emoji);
	if (m && strcmp(m->user_id, ev->sender) == 0)
		tell_of(r, "reaction", sender, json_pack("{s:O}", "key", key));
	json_decref(key);
}

static int on_event(const struct store_event *e, void *arg)
{
	const struct reading *r = arg;
	struct mx_event ev;
	r->rc->pos = e->pos;
	bool ours =
		span_eq_str(e->type, RTC_DECLINE_TYPE) || span_eq_str(e->type, RTC_REACTION_TYPE);
	if (!ours || e->unreadable.p || e->redacted_by.p ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	look_at(r, &ev);
	event_done(&ev);
	return 0;
}

/* The room may have thrown us out, or become one that we must not speak in. */
static bool may_stay(struct room_call *rc, struct store *s)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct err e;
	if (!store_room_get(s, rc->room, &r))
		return true;
	if (strcmp(r.membership, "join") != 0)
		err_set(&e, ERR_AUTH, _("you are no longer in the room"));
	else if (r.encrypted)
		err_set(&e, ERR_ENCRYPTED,
			_("the room has become encrypted: its calls need "
			  "end-to-end encryption, which is not built yet"));
	else
		return true;
	room_call_fail(rc, &e);
	return false;
}

static bool changed(struct room_call *rc, struct store *s)
{
	int64_t seq = store_newest_seq(s);
	AUTO_FREE int64_t *rooms = store_rooms_changed(s, rc->seq);
	int64_t *p = rooms;
	rc->seq = seq;
	while (*p && *p != rc->room)
		p++;
	return *p != 0;
}

void room_call_news(struct room_call *rc)
{
	struct store *s;
	struct reading r = {rc, NULL};
	if (rc->phase >= RC_LEAVING || client_store(rc->c, &s, NULL) || !changed(rc, s) ||
	    !may_stay(rc, s))
		return;
	r.s = s;
	company_read(&rc->people, s, rc->room);
	if (rc->seat)
		seat_seen(rc->seat, rc->people.own.event_id, rc->people.own.created_ms);
	room_call_mode_news(rc, s);
	room_call_look_at_hand(rc, s);
	for (struct person *who = rc->people.first; who; who = who->next)
		match(rc, s, who);
	if (rc->phase == RC_IN)
		ears_update(rc);
	store_events_walk(s, rc->room, rc->pos, INT64_MAX, false, on_event, &r);
	room_call_check_hand(rc);
}
