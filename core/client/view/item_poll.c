/* Votes (MSC3381) and reactions: what many people add to one event, counted. */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"

#include <string.h>

/* -- Polls ------------------------------------------------------------------------- */

struct tally {
	struct conversation *c;
	struct mx_poll poll;
	const char *author;
	json_t *votes;	  /* sender: {"ts", "answers"}, the newest of each */
	int64_t ended_ms; /* INT64_MAX: it goes on */
};

static bool may_end(const struct tally *t, const char *sender)
{
	return strcmp(sender, t->author) == 0 || power_can_redact(&t->c->power, sender, t->author);
}

static void note_vote(struct tally *t, const struct mx_event *ev, json_t *answers)
{
	json_t *before = json_object_get(t->votes, ev->sender);
	if (before && json_get_i64(before, "ts", 0) > ev->ts)
		return;
	json_object_set_new(t->votes, ev->sender,
			    json_pack("{s:I,s:O}", "ts", (json_int_t)ev->ts, "answers", answers));
}

static void relate(struct conversation *c, struct span id, const char *to)
{
	AUTO_FREE char *key = span_dup(id);
	json_object_set_new(c->related, key, json_string(to));
}

static int on_end(const struct store_event *e, void *arg)
{
	struct tally *t = arg;
	struct mx_event ev;
	if (e->unreadable.p || e->redacted_by.p || !span_ends(e->type, "poll.end") ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	const char *poll = event_poll_end(&ev);
	if (poll && may_end(t, ev.sender) && ev.ts < t->ended_ms) {
		relate(t->c, e->event_id, poll);
		t->ended_ms = ev.ts;
	}
	event_done(&ev);
	return 0;
}

static int on_vote(const struct store_event *e, void *arg)
{
	struct tally *t = arg;
	struct mx_event ev;
	const char *poll;
	if (e->unreadable.p || e->redacted_by.p || e->ts > t->ended_ms ||
	    conv_is_ignored(t->c, e->sender) || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	json_t *answers = event_poll_response(&ev, &poll);
	if (answers) {
		relate(t->c, e->event_id, poll);
		note_vote(t, &ev, answers);
	}
	event_done(&ev);
	return 0;
}

/* Place of an answer; n: there is none. */
static size_t place_of(const struct item_answer *v, size_t n, const json_t *id)
{
	size_t i = 0;
	while (i < n && !(json_is_string(id) && strcmp(v[i].id, json_string_value(id)) == 0))
		i++;
	return i;
}

/* A vote for something that is not offered counts for nothing at all. */
static bool count_vote(struct item_answer *v, size_t n, const json_t *answers, int64_t max,
		       bool own)
{
	size_t many = json_array_size(answers);
	if ((int64_t)many > max)
		many = (size_t)max;
	for (size_t i = 0; i < many; i++)
		if (place_of(v, n, json_array_get(answers, i)) == n)
			return false;
	for (size_t i = 0; i < many; i++) {
		size_t at = place_of(v, n, json_array_get(answers, i));
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again = again || place_of(v, n, json_array_get(answers, k)) == at;
		v[at].votes += !again;
		v[at].own = v[at].own || own;
	}
	return many > 0;
}

static size_t put_answers(struct entry *en, const struct mx_poll *p, struct item_answer **ret)
{
	const char *id;
	struct span text;
	size_t n = 0;
	while (poll_answer(p, n, &id, &text))
		n++;
	struct item_answer *v = pool_alloc(&en->pool, n * sizeof(*v));
	for (size_t i = 0; i < n && poll_answer(p, i, &id, &text); i++) {
		v[i].id = pool_dup(&en->pool, span_of(id));
		v[i].text = pool_text(&en->pool, text, TEXT_LINE);
	}
	*ret = v;
	return n;
}

void item_poll(struct conversation *c, struct entry *en, const struct store_event *e,
	       const struct mx_event *ev)
{
	struct tally t = {.c = c, .author = ev->sender, .ended_ms = INT64_MAX};
	JSON_AUTO json_t *votes = t.votes = json_object();
	struct item_poll *p = POOL_NEW(&en->pool, struct item_poll);
	struct item_answer *answers;
	const char *sender;
	json_t *vote;
	event_poll_start(ev, &t.poll);
	p->n = put_answers(en, &t.poll, &answers);
	p->question = pool_text(&en->pool, t.poll.question, TEXT_LINE);
	p->disclosed = t.poll.disclosed;
	p->max = t.poll.max_selections > (int64_t)p->n ? (int)p->n : (int)t.poll.max_selections;
	store_events_related(c->s, c->room, e->event_id, "m.reference", on_end, &t);
	store_events_related(c->s, c->room, e->event_id, "m.reference", on_vote, &t);
	p->closed = t.ended_ms != INT64_MAX;
	json_object_foreach (votes, sender, vote)
		p->voters += count_vote(answers, p->n, json_get_array(vote, "answers"), p->max,
					strcmp(sender, c->own) == 0);
	for (size_t i = 0; i < p->n && !p->disclosed && !p->closed; i++)
		answers[i].votes = -1;
	p->answers = answers;
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
