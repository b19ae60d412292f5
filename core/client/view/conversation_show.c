/* The list that people see: entries with what stands between them. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"

#include <string.h>

#define FOLLOWS_MS (5 * 60 * 1000) /* the name is not shown again so soon */
#define NAMES_SHOWN 2		   /* of those who joined, before "and 12 others" */
#define READERS_SHOWN 3

struct showing {
	struct conversation *c;
	struct pool pool; /* the new `derived` */
	int day;
	bool unread_done;
	const struct item *before; /* what stands above, when it is a message */
	int64_t below;		   /* position of the entry above */
};

static void show(struct conversation *c, const struct item *it)
{
	if (c->shown_n == c->shown_size) {
		c->shown_size = c->shown_size ? 2 * c->shown_size : 64;
		c->shown = mem_realloc_array(c->shown, c->shown_size, sizeof(*c->shown));
	}
	c->shown[c->shown_n++] = it;
}

static struct item *derive(struct showing *x, enum item_kind kind, const char *id)
{
	struct item *it = POOL_NEW(&x->pool, struct item);
	it->kind = kind;
	it->id = pool_dup(&x->pool, span_of(id));
	it->version = 1;
	x->before = NULL;
	show(x->c, it);
	return it;
}

/* -- Between entries ---------------------------------------------------------------- */

static void put_day(struct showing *x, const struct entry *en)
{
	char id[32];
	if (en->day == x->day)
		return;
	snprintf(id, sizeof(id), "day:%04d-%02d-%02d", en->day / 10000, en->day / 100 % 100,
		 en->day % 100);
	x->day = en->day;
	derive(x, ITEM_DAY, id)->ts = en->item.ts;
}

static void put_unread(struct showing *x, const struct entry *en)
{
	bool above = x->below > 0 || x->c->at_start;
	/* Who came and went is no news by itself. */
	if (x->unread_done || en->item.own || en->pos <= x->c->unread_pos ||
	    en->item.kind != ITEM_MESSAGE)
		return;
	x->unread_done = true;
	if (above)
		derive(x, ITEM_UNREAD, "unread")->ts = en->item.ts;
}

static void put_gap(struct showing *x, int64_t pos)
{
	char id[40];
	snprintf(id, sizeof(id), "gap:%lld", (long long)pos);
	struct item *it = derive(x, ITEM_GAP, id);
	it->gap = pos;
	it->busy = x->c->busy;
	it->version += it->busy;
}

/* The gap between the entry above and the one at `pos`. */
static void put_gap_before(struct showing *x, int64_t pos)
{
	for (size_t i = 0; i < x->c->gaps_n && x->below; i++)
		if (x->c->gaps[i] > x->below && x->c->gaps[i] <= pos) {
			put_gap(x, x->c->gaps[i]);
			return;
		}
}

static void put_top(struct showing *x)
{
	struct conversation *c = x->c;
	if (!c->at_start)
		return;
	int64_t room, pos;
	if (conversation_gap(c, &room, &pos))
		put_gap(x, pos);
	else if (!c->thread) /* a thread begins with its root */
		derive(x, ITEM_START, "start");
}

/* -- Changes of one kind in a row ----------------------------------------------------- */

struct names {
	struct term_text v[NAMES_SHOWN + 1];
	int n; /* people, each once */
};

static const char *fold_words(enum fold_kind kind, int n)
{
	if (kind == FOLD_JOINED)
		return n == 1	? _("%s joined")
		       : n == 2 ? _("%s and %s joined")
		       : n == 3 ? _("%s, %s and %s joined")
				: ngettext("%s, %s and %d other joined",
					   "%s, %s and %d others joined", n - 2);
	if (kind == FOLD_LEFT)
		return n == 1	? _("%s left")
		       : n == 2 ? _("%s and %s left")
		       : n == 3 ? _("%s, %s and %s left")
				: ngettext("%s, %s and %d other left", "%s, %s and %d others left",
					   n - 2);
	return n == 1	? _("%s was invited")
	       : n == 2 ? _("%s and %s were invited")
	       : n == 3 ? _("%s, %s and %s were invited")
			: ngettext("%s, %s and %d other were invited",
				   "%s, %s and %d others were invited", n - 2);
}

static void put_sentence(struct buf *b, enum fold_kind kind, const struct names *p)
{
	const char *words = p->n ? fold_words(kind, p->n) : NULL;
	if (!words)
		return;
	if (b->n)
		buf_put_str(b, "; ");
	if (p->n <= NAMES_SHOWN + 1)
		buf_printf(b, words, p->v[0].s, p->v[1].s, p->v[2].s);
	else
		buf_printf(b, words, p->v[0].s, p->v[1].s, p->n - NAMES_SHOWN);
}

/* Those of entries i to end of whom this is told, without those in `seen`, who are put in there. */
static struct names names_of(const struct showing *x, size_t i, size_t end, enum fold_kind kind,
			     json_t *seen)
{
	struct names p = {.n = 0};
	for (; i < end; i++) {
		const struct entry *en = x->c->entries[i];
		if (en->fold != kind || json_object_get(seen, en->fold_user))
			continue;
		json_object_set_new(seen, en->fold_user, json_true());
		if (p.n <= NAMES_SHOWN)
			p.v[p.n] = en->fold_name;
		p.n++;
	}
	return p;
}

/* One line for entries i to end. Names are sanitised already; so is the sentence then. */
static void put_folded(struct showing *x, size_t i, size_t end)
{
	/* Who came in has been invited before. */
	static const enum fold_kind order[] = {FOLD_JOINED, FOLD_LEFT, FOLD_INVITED};
	const struct entry *first = x->c->entries[i];
	JSON_AUTO json_t *seen = json_object();
	AUTO_FREE char *id = mem_printf("fold:%s", first->item.id);
	struct buf words = BUF_INIT(BUF_CAP_OWN);
	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		struct names p = names_of(x, i, end, order[k], seen);
		put_sentence(&words, order[k], &p);
	}
	struct item *it = derive(x, ITEM_CHANGE, id);
	struct text_builder b = {.pool = &x->pool};
	it->ts = first->item.ts;
	it->sender = first->item.sender;
	it->sender_name = first->item.sender_name;
	text_words(&b, buf_str(&words), STYLE_DIM);
	text_finish(&b, it);
	it->version = (uint32_t)span_hash(buf_span(&words));
	buf_done(&words);
}

static bool folds_with(enum fold_kind a, enum fold_kind b)
{
	return a == b || (a != FOLD_LEFT && b != FOLD_LEFT);
}

/* Entries from i on that make one line together. */
static size_t fold_end(const struct showing *x, size_t i)
{
	struct conversation *c = x->c;
	const struct entry *first = c->entries[i];
	size_t end = i + 1;
	while (first->fold && end < c->n && c->entries[end]->fold &&
	       folds_with(c->entries[end]->fold, first->fold) &&
	       c->entries[end]->day == first->day &&
	       (c->entries[end]->pos <= c->unread_pos || first->pos > c->unread_pos))
		end++;
	/* One who is invited and comes: two lines say by whom. */
	return end == i + 2 && c->entries[i + 1]->fold != first->fold ? i + 1 : end;
}

/* -- Messages ------------------------------------------------------------------------- */

static void put_entry(struct showing *x, struct entry *en)
{
	struct item *it = &en->item;
	const struct item *above = x->before;
	bool follows = above && it->kind == ITEM_MESSAGE && !it->emote && !above->emote &&
		       strcmp(above->sender, it->sender) == 0 && it->ts - above->ts < FOLLOWS_MS &&
		       it->ts >= above->ts;
	if (follows != it->follows) {
		it->follows = follows;
		it->version = ++x->c->versions;
	}
	show(x->c, it);
	x->before = it->kind == ITEM_MESSAGE ? it : NULL;
}

static void put_entries(struct showing *x)
{
	struct conversation *c = x->c;
	for (size_t i = 0; i < c->n;) {
		struct entry *en = c->entries[i];
		size_t end = fold_end(x, i);
		put_gap_before(x, en->pos);
		put_day(x, en);
		put_unread(x, en);
		if (end > i + 1)
			put_folded(x, i, end);
		else
			put_entry(x, en);
		x->below = c->entries[end - 1]->pos;
		i = end;
	}
	for (size_t i = 0; i < c->echoes_n; i++) {
		put_day(x, c->echoes[i]);
		put_entry(x, c->echoes[i]);
	}
}

/* -- Who has read up to where --------------------------------------------------------- */

static struct entry *reads(const struct conversation *c, const struct reader *r)
{
	size_t from = 0, to = c->n;
	if (r->pos < c->low || r->pos > c->high)
		return NULL;
	while (from < to) {
		size_t mid = (from + to) / 2;
		if (c->entries[mid]->pos <= r->pos)
			from = mid + 1;
		else
			to = mid;
	}
	while (from && c->entries[from - 1]->item.kind != ITEM_MESSAGE)
		from--;
	return from ? c->entries[from - 1] : NULL;
}

struct reading {
	struct buf names;
	int n;
};

/* Readers come newest first. */
static void put_readers(struct showing *x)
{
	struct conversation *c = x->c;
	struct reading *v = mem_realloc_array(NULL, c->n + 1, sizeof(*v));
	for (size_t i = 0; i < c->n; i++)
		v[i] = (struct reading){BUF_INIT(BUF_CAP_OWN), 0};
	for (size_t i = 0; i < c->readers_n; i++) {
		struct entry *en = reads(c, &c->readers[i]);
		if (!en || strcmp(c->readers[i].user_id, en->item.sender) == 0)
			continue;
		struct reading *r = &v[conv_place(c, en->pos)];
		if (r->n++ >= READERS_SHOWN)
			continue;
		if (r->names.n)
			buf_put_str(&r->names, ", ");
		text_put(&r->names, conv_name(c, span_of(c->readers[i].user_id)), TEXT_LINE);
	}
	for (size_t i = 0; i < c->n; i++) {
		struct item *it = &c->entries[i]->item;
		struct span was = {it->reader_names.s, it->reader_names.n};
		if (it->readers != v[i].n || !span_eq(was, buf_span(&v[i].names)))
			it->version = ++c->versions;
		it->readers = v[i].n;
		it->reader_names.n = v[i].names.n;
		it->reader_names.s = pool_dup(&x->pool, buf_span(&v[i].names));
		buf_done(&v[i].names);
	}
	mem_free(v);
}

void conv_show(struct conversation *c)
{
	struct showing x = {.c = c};
	c->shown_n = 0;
	put_top(&x);
	put_entries(&x);
	put_readers(&x);
	pool_done(&c->derived);
	c->derived = x.pool;
}
