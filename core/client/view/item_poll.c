/* Votes (MSC3381) and reactions: what many people add to one event, counted. */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"
#include "core/matrix/poll_tally.h"

#include <string.h>

static void relate(struct conversation *c, struct span id, const char *to)
{
	AUTO_FREE char *key = span_dup(id);
	json_object_set_new(c->related, key, json_string(to));
}

/* -- Polls ------------------------------------------------------------------------- */

struct counted {
	struct conversation *c;
	const char *author, *id;
	struct poll_tally *tally;
};

static bool may_end(const struct counted *x, const char *sender)
{
	return strcmp(sender, x->author) == 0 || power_can_redact(&x->c->power, sender, x->author);
}

static void note(struct counted *x, const struct mx_event *ev)
{
	const char *poll;
	json_t *answers = event_poll_response(ev, &poll);
	if (answers)
		poll_tally_vote(x->tally, ev->sender, ev->ts, answers);
	else if (event_poll_end(ev) && may_end(x, ev->sender))
		poll_tally_end(x->tally, ev->ts);
	else
		return;
	relate(x->c, span_of(ev->event_id), x->id);
}

static int on_reference(const struct store_event *e, void *arg)
{
	struct counted *x = arg;
	struct mx_event ev;
	if (e->unreadable.p || e->redacted_by.p || conv_is_ignored(x->c, e->sender) ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	note(x, &ev);
	event_done(&ev);
	return 0;
}

static void put_answers(struct entry *en, const struct mx_poll *poll, struct item_poll *p,
			const struct counted *x, const struct poll_result *r)
{
	struct item_answer *v = pool_alloc(&en->pool, (size_t)r->answers * sizeof(*v));
	const char *id;
	struct span text;
	for (int i = 0; i < r->answers && poll_answer(poll, (size_t)i, &id, &text); i++, p->n++) {
		v[i].id = pool_dup(&en->pool, span_of(id));
		v[i].text = pool_text(&en->pool, text, TEXT_LINE);
		v[i].votes = p->disclosed || p->closed ? (int)r->votes[i] : -1;
		v[i].own = poll_tally_picked(x->tally, x->c->own, i);
	}
	p->answers = v;
}

void item_poll(struct conversation *c, struct entry *en, const struct store_event *e,
	       const struct mx_event *ev)
{
	struct counted x = {.c = c, .author = ev->sender, .id = en->item.event_id};
	struct item_poll *p = POOL_NEW(&en->pool, struct item_poll);
	struct poll_result r;
	struct mx_poll poll;
	if (!event_poll_start(ev, &poll))
		return;
	x.tally = poll_tally_new(&poll);
	store_events_related(c->s, c->room, e->event_id, "m.reference", on_reference, &x);
	poll_tally_count(x.tally, &r);
	p->question = pool_text(&en->pool, poll.question, TEXT_LINE);
	p->disclosed = poll.disclosed;
	p->closed = r.closed;
	p->voters = (int)r.voters;
	put_answers(en, &poll, p, &x, &r);
	p->max = poll.max_selections > (int64_t)p->n ? (int)p->n : (int)poll.max_selections;
	poll_tally_free(x.tally);
	p->roll = item_roll(c, en, e, ev);
	en->item.poll = p;
}

/* -- Reactions --------------------------------------------------------------------- */

struct counting {
	struct conversation *c;
	const char *target;
	json_t *keys; /* key: {sender: true}, in order of appearance */
};

static int on_reaction(const struct store_event *e, void *arg)
{
	struct counting *k = arg;
	struct mx_event ev;
	const char *target;
	struct span key;
	if (e->unreadable.p || e->redacted_by.p || conv_is_ignored(k->c, e->sender) ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (event_reaction(&ev, &target, &key)) {
		AUTO_FREE char *name = span_dup(key);
		json_t *who = json_object_get(k->keys, name);
		if (!who) {
			who = json_object();
			json_object_set_new(k->keys, name, who);
		}
		json_object_set_new(who, ev.sender, json_true());
		relate(k->c, e->event_id, k->target);
	}
	event_done(&ev);
	return 0;
}

void item_reactions(struct conversation *c, struct entry *en, const struct store_event *e)
{
	JSON_AUTO json_t *keys = json_object();
	struct counting k = {c, en->item.event_id, keys};
	const char *key;
	json_t *who;
	size_t n = 0;
	store_events_related(c->s, c->room, e->event_id, "m.annotation", on_reaction, &k);
	struct item_reaction *v = pool_alloc(&en->pool, json_object_size(keys) * sizeof(*v));
	json_object_foreach (keys, key, who) {
		v[n].key = pool_text(&en->pool, span_of(key), TEXT_LINE);
		v[n].count = (int)json_object_size(who);
		v[n++].own = json_object_get(who, c->own) != NULL;
	}
	en->item.reactions = v;
	en->item.n_reactions = n;
}
