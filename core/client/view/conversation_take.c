/* What has arrived since the last time, and what it changes in the window. */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"

#include <string.h>

static void touch(struct conversation *c, struct span event_id)
{
	size_t at = event_id.n ? conv_find_event(c, event_id) : SIZE_MAX;
	if (at != SIZE_MAX)
		c->entries[at]->dirty = true;
}

/* Messages that answer it show its first words. */
static void touch_answers(struct conversation *c, struct span event_id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entries[i]->item.reply_to &&
		    span_eq_str(event_id, c->entries[i]->item.reply_to))
			c->entries[i]->dirty = true;
}

static int touch_root(const struct store_event *e, void *arg)
{
	touch(arg, e->rel_to);
	if (span_eq_str(e->rel_type,
			"m.replace")) /* an edit: what is quoted is the text before it */
		touch_answers(arg, e->rel_to);
	return 0;
}

static void take_redaction(struct conversation *c, const struct store_event *e)
{
	struct mx_event ev;
	if (event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return;
	if (ev.redacts) {
		touch(c, span_of(ev.redacts));
		touch(c, span_of(json_get_str(c->related, ev.redacts)));
		touch_answers(c, span_of(ev.redacts));
		store_event_get(c->s, c->room, span_of(ev.redacts), touch_root, c);
	}
	event_done(&ev);
}

/* A message of `ts` may be a word that answers a roll-call, or change one: those that were over by then it leaves alone. */
static void touch_rolls(struct conversation *c, int64_t ts)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct item_poll *poll = c->entries[i]->item.poll;
		if (poll && poll->roll && poll->roll->closes_ms >= ts)
			c->entries[i]->dirty = true;
	}
}

/* A namesake who comes changes what others are called, too. */
static void touch_renamed(struct conversation *c)
{
	struct buf name = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < c->n; i++) {
		struct item *it = &c->entries[i]->item;
		buf_clear(&name);
		text_put(&name, conv_name(c, span_of(it->sender)), TEXT_LINE);
		if (!span_eq(buf_span(&name), (struct span){it->sender_name.s, it->sender_name.n}))
			c->entries[i]->dirty = true;
	}
	buf_done(&name);
}

struct arriving {
	struct conversation *c;
	bool changed, renamed;
	int64_t word_ms; /* the earliest that may matter to a roll-call; INT64_MAX: none */
};

/* What a redaction takes away, and what is edited, may have been said long before it. */
static void note_word(struct arriving *x, const struct store_event *e)
{
	bool redaction = span_eq_str(e->type, "m.room.redaction");
	int64_t ms = redaction || e->rel_type.p ? INT64_MIN : e->ts;
	if ((redaction || span_eq_str(e->type, "m.room.message")) &&
	    e->ts <= x->c->rolls_until_ms && ms < x->word_ms)
		x->word_ms = ms;
}

static int on_arrival(const struct store_event *e, void *arg)
{
	struct arriving *x = arg;
	struct conversation *c = x->c;
	c->seq = e->seq;
	x->changed = true;
	/* With older history come names of who wrote it. */
	if (span_eq_str(e->type, "m.room.member") || conv_place(c, e->pos) < c->n) {
		/* Once is enough: the cache tells of all that arrive together. */
		if (!x->renamed)
			conv_forget_names(c);
		x->renamed = true;
	}
	if (span_eq_str(e->type, "m.room.redaction"))
		take_redaction(c, e);
	note_word(x, e);
	touch(c, e->rel_to);
	touch_answers(c, span_eq_str(e->rel_type, "m.replace") ? e->rel_to : e->event_id);
	bool inside = e->pos >= c->low && e->pos <= c->high;
	struct entry *en = inside && conv_wants(c, e) ? conv_entry(c, e) : NULL;
	if (en)
		conv_insert(c, en);
	return 0;
}

bool conv_take_new(struct conversation *c)
{
	struct arriving x = {.c = c, .word_ms = INT64_MAX};
	store_events_since(c->s, c->room, c->seq, on_arrival, &x);
	if (x.renamed)
		touch_renamed(c);
	if (x.word_ms != INT64_MAX)
		touch_rolls(c, x.word_ms);
	return x.changed;
}

struct again {
	struct conversation *c;
	struct entry *now;
};

static int on_again(const struct store_event *e, void *arg)
{
	struct again *x = arg;
	x->now = conv_wants(x->c, e) ? conv_entry(x->c, e) : NULL;
	return 0;
}

bool conv_rebuild(struct conversation *c)
{
	bool any = false;
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		struct entry *en = c->entries[i];
		struct again x = {c, NULL};
		if (!en->dirty) {
			c->entries[kept++] = en;
			continue;
		}
		any = true;
		/* Not store_event_get: building asks that for other events. */
		store_events_walk(c->s, c->room, en->pos - 1, en->pos + 1, false, on_again, &x);
		if (x.now)
			c->entries[kept++] = x.now;
		conv_entry_free(en);
	}
	c->n = kept;
	return any;
}
