/* What is being sent: the outbox of this room or thread, below what was said. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"
#include "core/store/outbox.h"

#include <string.h>

#define CLOCKS_APART_MS 60000 /* ours and the server's */
#define GHOST_MS 10000 /* what was sent stays in sight until sync brings it, so long at most */

struct echoing {
	struct conversation *c;
	struct entry **had;
	size_t had_n;
	bool changed;
};

static enum item_state state_of(const struct store_outbox *o)
{
	if (strcmp(o->state, "failed") == 0)
		return STATE_FAILED;
	if (strcmp(o->state, "scheduled") == 0 || o->due_ms > clock_wall_ms())
		return STATE_LATER;
	return strcmp(o->state, "queued") == 0 ? STATE_QUEUED : STATE_SENDING;
}

/* An event as it will be, so that it looks as it will look. */
static json_t *event_to_be(const struct conversation *c, const struct store_outbox *o)
{
	JSON_AUTO json_t *content = NULL;
	if (json_parse_object(span_of(o->content), &content, NULL))
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:I,s:O}", "event_id", "$unsent", "type", o->type, "sender",
			 c->own, "origin_server_ts", (json_int_t)o->created_ms, "content", content);
}

static struct store_event row_to_be(const struct conversation *c, const struct store_outbox *o,
				    const struct mx_event *ev, const char *json)
{
	return (struct store_event){
		.room = c->room,
		.pos = INT64_MAX,
		.ts = o->created_ms,
		.event_id = span_of(o->txn_id),
		.type = span_of(o->type),
		.sender = span_of(c->own),
		.body = span_of(o->body),
		.rel_type = span_of(ev->rel.rel_type),
		.rel_to = span_of(ev->rel.rel_type ? ev->rel.event_id : NULL),
		.json = span_of(json),
	};
}

static struct entry *make_echo(struct conversation *c, const struct store_outbox *o)
{
	JSON_AUTO json_t *json = o->target ? NULL : event_to_be(c, o);
	struct entry *en = NULL;
	struct mx_event ev;
	if (!json || event_parse(json, EVENT_ROOM, &ev, NULL))
		return NULL;
	AUTO_FREE char *text = json_text(json);
	struct store_event e = row_to_be(c, o, &ev, text);
	if (conv_wants(c, &e) && (!c->thread || e.rel_type.p))
		en = conv_entry(c, &e);
	event_done(&ev);
	if (!en)
		return NULL;
	en->item.event_id = NULL;
	en->item.state = state_of(o);
	en->item.due_ms = o->due_ms;
	if (o->error)
		en->item.error = pool_text(&en->pool, span_of(o->error), TEXT_LINE);
	return en;
}

static void keep(struct conversation *c, struct entry *en)
{
	c->echoes = mem_realloc_array(c->echoes, c->echoes_n + 1, sizeof(*c->echoes));
	c->echoes[c->echoes_n++] = en;
}

/* The echo of this row as it was; taken out of those we had. */
static struct entry *take_old(struct echoing *x, const char *txn_id)
{
	for (size_t i = 0; i < x->had_n; i++)
		if (x->had[i] && strcmp(x->had[i]->item.id, txn_id) == 0)
			return take(&x->had[i]);
	return NULL;
}

static bool has_arrived(struct conversation *c, const char *txn_id)
{
	AUTO_FREE char *id = store_event_by_txn(c->s, c->room, txn_id);
	return id != NULL;
}

struct coming {
	const char *own;
	json_t *content;
	int64_t from_ms;
	bool found;
};

static int on_recent(const struct store_event *e, void *arg)
{
	struct coming *x = arg;
	JSON_AUTO json_t *event = NULL;
	if (e->ts < x->from_ms)
		return 1;
	if (!span_eq_str(e->sender, x->own) || json_parse_object(e->json, &event, NULL))
		return 0;
	x->found = json_equal(json_object_get(event, "content"), x->content);
	return x->found;
}

/* What the server sent at its time comes without a transaction id: the same content since then. */
static bool has_come(struct conversation *c, const struct store_outbox *o)
{
	JSON_AUTO json_t *content = NULL;
	if (!o->delay_id || o->due_ms > clock_wall_ms() ||
	    json_parse_object(span_of(o->content), &content, NULL))
		return false;
	struct coming x = {c->own, content, o->due_ms - CLOCKS_APART_MS, false};
	store_events_walk(c->s, c->room, 0, INT64_MAX, true, on_recent, &x);
	return x.found;
}

static int on_row(const struct store_outbox *o, void *arg)
{
	struct echoing *x = arg;
	struct entry *old = take_old(x, o->txn_id);
	bool same = old && !old->gone_ms && old->item.state == state_of(o) &&
		    span_eq_str((struct span){old->item.error.s, old->item.error.n},
				o->error ? o->error : "");
	if (has_arrived(x->c, o->txn_id) || has_come(x->c, o)) {
		x->changed = x->changed || old;
		conv_entry_free(old);
		return 0;
	}
	if (same) {
		keep(x->c, old);
		return 0;
	}
	conv_entry_free(old);
	struct entry *en = make_echo(x->c, o);
	x->changed = x->changed || old || en;
	if (en)
		keep(x->c, en);
	return 0;
}

/* Sent, and not here yet; or dropped by another process, which time tells. */
static void keep_ghost(struct echoing *x, struct entry *en)
{
	int64_t now = clock_mono_ms();
	bool dropped = en->item.state == STATE_LATER && en->item.due_ms > clock_wall_ms();
	if (dropped) { /* nothing was sent that could come */
		x->changed = true;
		conv_entry_free(en);
		return;
	}
	if (!en->gone_ms) {
		en->gone_ms = now;
		x->changed = true;
		en->item.state = STATE_SENDING;
		en->item.version = ++x->c->versions;
	}
	if (now - en->gone_ms < GHOST_MS && !has_arrived(x->c, en->item.id)) {
		keep(x->c, en);
		return;
	}
	x->changed = true;
	conv_entry_free(en);
}

bool conv_read_echoes(struct conversation *c)
{
	struct echoing x = {.c = c, .had = c->echoes, .had_n = c->echoes_n};
	c->echoes = NULL;
	c->echoes_n = 0;
	if (c->high == INT64_MAX)
		store_outbox_walk(c->s, c->room_id, on_row, &x);
	for (size_t i = 0; i < x.had_n; i++)
		if (x.had[i])
			keep_ghost(&x, x.had[i]);
	mem_free(x.had);
	return x.changed;
}
