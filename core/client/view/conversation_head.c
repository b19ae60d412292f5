/* The room around a conversation. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/call_people.h"
#include "core/client/view/conversation_priv.h"
#include "core/store/live.h"
#include "core/store/spaces.h"
#include "core/store/unread.h"

#include <stdlib.h>
#include <string.h>

#define TYPING_SHOWN 2

/* -- Who may do what ------------------------------------------------------------------ */

static json_t *content_of(struct conversation *c, const char *type, json_t **ret_event)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	if (!store_state_get(c->s, c->room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), ret_event, NULL))
		return NULL;
	return json_get_object(*ret_event, "content");
}

static void read_power(struct conversation *c)
{
	JSON_AUTO json_t *levels = NULL, *create = NULL;
	json_t *l = content_of(c, "m.room.power_levels", &levels);
	json_t *k = content_of(c, "m.room.create", &create);
	power_done(&c->power);
	power_init(&c->power, l, k, json_get_str(create, "sender"));
}

static void read_leave_to_send(struct conversation *c, const struct store_room *r)
{
	const char *why = NULL;
	if (strcmp(r->membership, "join") != 0)
		why = _("You are not in this room");
	else if (r->successor)
		why = _("This room was replaced by a new one: join that");
	else if (r->encrypted)
		why = _("This room is encrypted, and muster would send plain text: use another "
			"client here");
	else if (!power_can_send(&c->power, c->own, "m.room.message"))
		why = _("You may read here, but not write");
	c->head.can_send = !why;
	if (why)
		c->head.why_not = pool_text(&c->head_pool, span_of(why), TEXT_LINE);
}

/* -- Typing ----------------------------------------------------------------------------- */

struct typing {
	struct conversation *c;
	struct buf names[TYPING_SHOWN];
	int n;
};

static int on_typing(struct span user_id, void *arg)
{
	struct typing *t = arg;
	if (span_eq_str(user_id, t->c->own) || conv_is_ignored(t->c, user_id))
		return 0;
	if (t->n < TYPING_SHOWN) {
		buf_init(&t->names[t->n], BUF_CAP_OWN);
		buf_put_span(&t->names[t->n], conv_name(t->c, user_id));
	}
	t->n++;
	return 0;
}

static void read_typing(struct conversation *c)
{
	struct typing t = {.c = c};
	AUTO_FREE char *words = NULL;
	if (c->thread)
		return;
	store_typing_walk(c->s, c->room, clock_wall_ms(), on_typing, &t);
	const char *a = buf_str(&t.names[0]), *b = buf_str(&t.names[1]);
	int others = t.n - TYPING_SHOWN;
	if (t.n == 1)
		words = mem_printf(_("%s is typing"), a);
	else if (t.n == 2)
		words = mem_printf(_("%s and %s are typing"), a, b);
	else if (t.n > 2)
		words = mem_printf(ngettext("%s, %s and %d other are typing",
					    "%s, %s and %d others are typing", others),
				   a, b, others);
	if (words)
		c->head.typing = pool_text(&c->head_pool, span_of(words), TEXT_LINE);
	for (int i = 0; i < TYPING_SHOWN; i++)
		buf_done(&t.names[i]);
}

/* -- Readers, threads, ignored people, gaps ---------------------------------------------- */

static void forget_readers(struct conversation *c)
{
	for (size_t i = 0; i < c->readers_n; i++)
		mem_free(c->readers[i].user_id);
	mem_free(c->readers);
	c->readers = NULL;
	c->readers_n = 0;
}

static bool counts_here(const struct conversation *c, struct span thread)
{
	if (!thread.n)
		return true;
	return c->thread ? span_eq_str(thread, c->thread) : span_eq_str(thread, "main");
}

static struct reader *add_reader(struct conversation *c, struct span user_id)
{
	c->readers = mem_realloc_array(c->readers, c->readers_n + 1, sizeof(*c->readers));
	struct reader *r = &c->readers[c->readers_n++];
	*r = (struct reader){.user_id = span_dup(user_id)};
	return r;
}

/* One person's receipts come one after the other. */
static int on_receipt(const struct store_receipt *r, void *arg)
{
	struct conversation *c = arg;
	struct reader *last = c->readers_n ? &c->readers[c->readers_n - 1] : NULL;
	if (!r->pos || span_eq_str(r->user_id, c->own) || !counts_here(c, r->thread) ||
	    conv_is_ignored(c, r->user_id))
		return 0;
	if (!last || !span_eq_str(r->user_id, last->user_id))
		last = add_reader(c, r->user_id);
	if (r->pos > last->pos) {
		last->pos = r->pos;
		last->ts = r->ts;
	}
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct reader *x = a, *y = b;
	return x->ts != y->ts ? (x->ts < y->ts ? 1 : -1) : strcmp(x->user_id, y->user_id);
}

static void read_readers(struct conversation *c)
{
	forget_readers(c);
	store_receipt_walk(c->s, c->room, on_receipt, c);
	if (c->readers_n)
		qsort(c->readers, c->readers_n, sizeof(*c->readers), newest_first);
}

static int on_thread(const struct store_thread_count *t, void *arg)
{
	AUTO_FREE char *root = span_dup(t->root);
	json_object_set_new(arg, root, json_integer(t->unread));
	return 0;
}

static void dirty_thread(struct conversation *c, const char *root)
{
	size_t at = conv_find_event(c, span_of(root));
	if (at != SIZE_MAX)
		c->entries[at]->dirty = true;
}

static void read_threads(struct conversation *c)
{
	json_t *now = json_object(), *count;
	const char *root;
	if (!c->thread)
		store_thread_counts_walk(c->s, c->room, on_thread, now);
	json_object_foreach (now, root, count)
		if (!json_equal(count, json_object_get(c->threads, root)))
			dirty_thread(c, root);
	json_object_foreach (c->threads, root, count)
		if (!json_object_get(now, root))
			dirty_thread(c, root);
	json_decref(c->threads);
	c->threads = now;
}

static void read_gaps(struct conversation *c)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	int64_t below = INT64_MAX;
	c->gaps_n = 0;
	while (store_gap_find(c->s, c->room, below, g)) {
		c->gaps = mem_realloc_array(c->gaps, c->gaps_n + 1, sizeof(*c->gaps));
		c->gaps[c->gaps_n++] = g->pos;
		below = g->pos - 1;
	}
}

/* -- All of it ---------------------------------------------------------------------------- */

static int on_pin(struct span event_id, void *arg)
{
	(void)event_id;
	++*(int *)arg;
	return 0;
}

static void read_counts(struct conversation *c)
{
	c->head.call_people = call_people_here(c->s, c->room, c->own, clock_wall_ms());
	store_pins_walk(c->s, c->room, on_pin, &c->head.pinned);
}

void conv_read_room(struct conversation *c, const struct store_room *r)
{
	pool_done(&c->head_pool);
	c->head = (struct conversation_head){
		.name = pool_text(&c->head_pool, span_of(r->display), TEXT_LINE),
		.topic = pool_text(&c->head_pool, span_of(r->topic ? r->topic : ""), TEXT_LINE),
		.members = r->joined,
		.encrypted = r->encrypted,
		.direct = r->direct != NULL,
		.successor = pool_dup(&c->head_pool, span_of(r->successor)),
	};
	read_power(c);
	read_leave_to_send(c, r);
	read_typing(c);
	read_counts(c);
	read_readers(c);
	read_threads(c);
	read_gaps(c);
}

/* -- Public --------------------------------------------------------------------------------- */

const struct conversation_head *conversation_head(const struct conversation *c)
{
	return &c->head;
}

void conv_head_done(struct conversation *c)
{
	forget_readers(c);
	power_done(&c->power);
	json_decref(c->threads);
	mem_free(c->gaps);
	pool_done(&c->head_pool);
}
