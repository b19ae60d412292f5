/* Roll-calls in a conversation: polls of staff with what was said to them in every way. */
#include "core/attendance/roll.h"
#include "core/base/mem.h"
#include "core/client/roll/roll_priv.h"
#include "core/client/view/conversation_priv.h"

#include <string.h>

#define TALK_MAX 5000		/* messages that are looked through for words */
#define WORD_BYTES 1000		/* a longer message is none, its quote included */
#define CLOCKS_APART_MS 3600000 /* events a little out of order by their own clocks */

struct calling {
	struct conversation *c;
	struct power_history *power; /* of the room: who was staff when */
	const struct roll *roll;
	struct roll_tally *tally;
	int64_t looked;
};

static bool may_end(const struct calling *x, const struct mx_event *ev)
{
	AUTO(power_done) struct power p = {0};
	if (strcmp(ev->sender, x->roll->opener) == 0)
		return true;
	power_history_at(x->power, ev->ts, ev->event_id, &p);
	return power_can_redact(&p, ev->sender, x->roll->opener);
}

static void note_power(const struct mx_event *ev, void *arg)
{
	power_history_event(arg, ev);
}

static int on_event(const struct store_event *e, void *arg)
{
	struct calling *x = arg;
	struct mx_event ev;
	if (e->unreadable.p || e->redacted_by.p || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	roll_tally_event(x->tally, &ev, event_poll_end(&ev) && may_end(x, &ev));
	event_done(&ev);
	return 0;
}

/* A message that may be one of the agreed words, or changes one. */
static int on_talk(const struct store_event *e, void *arg)
{
	struct calling *x = arg;
	if (e->ts > roll_closes_ms(x->roll) + CLOCKS_APART_MS || ++x->looked > TALK_MAX)
		return 1;
	if (e->body.n <= WORD_BYTES || e->rel_type.p)
		on_event(e, x);
	return 0;
}

struct counting {
	struct item_roll *r;
	const json_t *marks; /* user id: what staff said, which stands above what they said */
};

static void count_word(struct item_roll *r, const char *word)
{
	r->here += strcmp(word, "here") == 0;
	r->late += strcmp(word, "late") == 0;
	r->away += strcmp(word, "away") == 0;
	r->excused += strcmp(word, "excused") == 0;
}

static const char *marked(const json_t *marks, const char *user)
{
	return roll_mark_word(json_get_str(json_object_get(marks, user), "after"));
}

static int count(const struct roll_answer *a, void *arg)
{
	const struct counting *k = arg;
	if (!marked(k->marks, a->user_id))
		count_word(k->r, !a->here ? "away" : a->late ? "late" : "here");
	return 0;
}

static void count_all(const struct calling *x, struct item_roll *ret)
{
	const struct conversation *c = x->c;
	JSON_AUTO json_t *marks = roll_marks_stored(c->s, c->room, c->room_id, x->roll);
	struct counting k = {ret, marks};
	const char *user;
	json_t *mark;
	roll_tally_each(x->tally, count, &k);
	json_object_foreach (marks, user, mark)
		if (marked(marks, user))
			count_word(ret, marked(marks, user));
}

static const char *own_answer(const struct calling *x)
{
	struct roll_answer a;
	if (!roll_tally_find(x->tally, x->c->own, &a))
		return NULL;
	return !a.here ? "away" : a.late ? "late" : "here";
}

static void fill(struct calling *x, struct item_roll *ret)
{
	ret->closes_ms = roll_tally_closed_ms(x->tally);
	ret->ended = roll_tally_has_end(x->tally);
	ret->cancelled = roll_tally_cancelled(x->tally);
	ret->own = own_answer(x);
	ret->counted = power_of_user(&x->c->power, x->c->own) >= POWER_STAFF;
	if (ret->counted)
		count_all(x, ret);
	if (!ret->ended && ret->closes_ms > x->c->rolls_until_ms)
		x->c->rolls_until_ms = ret->closes_ms;
}

static const struct item_roll *count_roll(struct calling *x, struct entry *en,
					  const struct store_event *e)
{
	struct conversation *c = x->c;
	struct item_roll *ret = POOL_NEW(&en->pool, struct item_roll);
	x->tally = roll_tally_new(x->roll);
	store_events_related(c->s, c->room, e->event_id, "m.reference", on_event, x);
	store_events_related(c->s, c->room, e->event_id, "m.annotation", on_event, x);
	store_messages_after(c->s, c->room, e->pos, on_talk, x);
	fill(x, ret);
	roll_tally_free(x->tally);
	return ret;
}

const struct item_roll *item_roll(struct conversation *c, struct entry *en,
				  const struct store_event *e, const struct mx_event *ev)
{
	AUTO(roll_done) struct roll r = {0};
	struct calling x = {.c = c, .roll = &r};
	const struct item_roll *ret = NULL;
	if (!roll_read(ev, &r))
		return NULL;
	x.power = power_history_new();
	att_power_walk(c->s, c->room, note_power, x.power);
	if (power_history_staff(x.power, ev->sender, ev->ts, ev->event_id))
		ret = count_roll(&x, en, e);
	power_history_free(x.power);
	return ret;
}
