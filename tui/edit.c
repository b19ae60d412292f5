#include "tui/edit.h"

#include "core/base/mem.h"
#include "core/base/text.h"

#include <string.h>

#define UNDO_MAX 200

enum change { CHANGE_NONE, CHANGE_TYPE, CHANGE_DELETE, CHANGE_OTHER };

struct edit_state {
	struct edit_state *next;
	char *text;
	size_t at;
};

void edit_init(struct edit *e, bool one_line)
{
	*e = (struct edit){.one_line = one_line, .goal = -1};
	buf_init(&e->text, EDIT_MAX);
	buf_init(&e->cut, EDIT_MAX);
}

static void free_states(struct edit_state **list)
{
	while (*list) {
		struct edit_state *s = *list;
		*list = s->next;
		mem_free_secret(s->text);
		mem_free(s);
	}
}

void edit_done(struct edit *e)
{
	if (e->secret && e->text.p)
		mem_wipe(e->text.p, e->text.size);
	buf_done(&e->text);
	buf_done(&e->cut);
	free_states(&e->undo);
	free_states(&e->redo);
}

void edit_clear(struct edit *e)
{
	buf_clear(&e->text);
	e->at = 0;
	e->goal = -1;
	e->last = CHANGE_NONE;
	free_states(&e->undo);
	free_states(&e->redo);
}

bool edit_is_empty(const struct edit *e)
{
	return e->text.n == 0;
}

const char *edit_text(const struct edit *e)
{
	return buf_str(&e->text);
}

/* -- Undo ------------------------------------------------------------------------- */

static void push(struct edit_state **list, const struct edit *e)
{
	struct edit_state *s = NEW(struct edit_state);
	s->text = mem_strdup(buf_str(&e->text));
	s->at = e->at;
	s->next = *list;
	*list = s;
	int n = 0;
	for (struct edit_state **p = &s->next; *p; p = &(*p)->next)
		if (++n >= UNDO_MAX) {
			free_states(p);
			break;
		}
}

/* Before a change. A run of letters, or of deletions, is one step. */
static void note(struct edit *e, enum change what)
{
	e->goal = -1;
	free_states(&e->redo);
	if (e->secret)
		return;
	if (what != CHANGE_OTHER && (int)what == e->last)
		return;
	push(&e->undo, e);
	e->last = what;
}

static bool step(struct edit *e, struct edit_state **from, struct edit_state **to)
{
	struct edit_state *s = *from;
	if (!s)
		return false;
	push(to, e);
	*from = s->next;
	buf_clear(&e->text);
	buf_put_str(&e->text, s->text);
	e->at = s->at;
	e->goal = -1;
	e->last = CHANGE_NONE;
	mem_free_secret(s->text);
	mem_free(s);
	return true;
}

/* -- Changing ------------------------------------------------------------------------ */

static bool splice(struct edit *e, size_t from, size_t to, struct span with)
{
	size_t n = e->text.n - (to - from) + with.n;
	if (n > EDIT_MAX)
		return false;
	struct buf tail = BUF_INIT(EDIT_MAX);
	buf_put_span(&tail, span_from(buf_span(&e->text), to));
	buf_truncate(&e->text, from);
	buf_put_span(&e->text, with);
	e->at = e->text.n;
	buf_put_span(&e->text, buf_span(&tail));
	if (e->secret && tail.p)
		mem_wipe(tail.p, tail.size);
	buf_done(&tail);
	return true;
}

/* What may stand in the text: nothing that a terminal would obey. Emoji keep their parts. */
static void put_clean(const struct edit *e, struct buf *b, struct span raw)
{
	while (raw.n) {
		bool ok;
		struct span before = raw;
		uint32_t cp = utf8_next(&raw, &ok);
		if (!ok)
			continue;
		if (cp == '\r') {
			if (raw.n && raw.p[0] == '\n')
				continue;
			cp = '\n';
		}
		if (cp == '\n' || cp == '\t')
			buf_put_char(b, cp == '\n' && !e->one_line ? '\n' : ' ');
		else if (cp >= 0x20 && !(cp >= 0x7f && cp < 0xa0))
			buf_put(b, before.p, before.n - raw.n);
	}
}

bool edit_insert(struct edit *e, struct span raw)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_clean(e, &b, raw);
	bool fits = e->text.n + b.n <= EDIT_MAX;
	if (fits && b.n) {
		bool word_ends = b.n == 1 && b.p[0] == ' ';
		note(e, b.n <= 4 && !word_ends ? CHANGE_TYPE : CHANGE_OTHER);
		splice(e, e->at, e->at, buf_span(&b));
	}
	buf_done(&b);
	return fits;
}

void edit_replace(struct edit *e, size_t from, size_t to, struct span raw)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_clean(e, &b, raw);
	if (from <= to && to <= e->text.n) {
		note(e, CHANGE_OTHER);
		splice(e, from, to, buf_span(&b));
	}
	buf_done(&b);
}

void edit_set(struct edit *e, struct span text)
{
	edit_replace(e, 0, e->text.n, text);
}

/* -- Places --------------------------------------------------------------------------- */

static size_t line_start(const struct edit *e, size_t at)
{
	while (at > 0 && e->text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct edit *e, size_t at)
{
	while (at < e->text.n && e->text.p[at] != '\n')
		at++;
	return at;
}

static size_t next_cluster(const struct edit *e, size_t at)
{
	return at + text_cluster(span_from(buf_span(&e->text), at));
}

/* Clusters are found from the front: those of the line, up to the one that ends here. */
static size_t prev_cluster(const struct edit *e, size_t at)
{
	if (at == 0)
		return 0;
	size_t p = line_start(e, at);
	if (p == at)
		return at - 1;
	for (size_t next = next_cluster(e, p); next < at; next = next_cluster(e, p))
		p = next;
	return p;
}

static bool is_word(const struct edit *e, size_t at)
{
	unsigned char c = (unsigned char)e->text.p[at];
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

/* From the front, once: clusters cannot be found backwards, and a paste may be one long line. */
static size_t word_left(const struct edit *e)
{
	size_t word = 0;
	bool inside = false;
	for (size_t p = 0; p < e->at; p = next_cluster(e, p)) {
		bool in = is_word(e, p);
		if (in && !inside)
			word = p;
		inside = in;
	}
	return word;
}

static size_t word_right(const struct edit *e)
{
	size_t p = e->at;
	while (p < e->text.n && !is_word(e, p))
		p = next_cluster(e, p);
	while (p < e->text.n && is_word(e, p))
		p = next_cluster(e, p);
	return p;
}

static bool go(struct edit *e, size_t to)
{
	bool moved = to != e->at;
	e->at = to;
	e->goal = -1;
	e->last = CHANGE_NONE;
	return moved;
}

static bool del(struct edit *e, size_t from, size_t to, bool keep)
{
	if (from >= to)
		return false;
	note(e, keep ? CHANGE_OTHER : CHANGE_DELETE);
	if (keep) {
		buf_clear(&e->cut);
		buf_put(&e->cut, e->text.p + from, to - from);
	}
	return splice(e, from, to, (struct span){"", 0});
}

bool edit_act(struct edit *e, enum action a)
{
	switch (a) {
	case ACT_LEFT:
		return go(e, prev_cluster(e, e->at));
	case ACT_RIGHT:
		return go(e, next_cluster(e, e->at));
	case ACT_WORD_LEFT:
		return go(e, word_left(e));
	case ACT_WORD_RIGHT:
		return go(e, word_right(e));
	case ACT_LINE_START:
		return go(e, line_start(e, e->at));
	case ACT_LINE_END:
		return go(e, line_end(e, e->at));
	case ACT_DEL_LEFT:
		return del(e, prev_cluster(e, e->at), e->at, false);
	case ACT_DEL_RIGHT:
		return del(e, e->at, next_cluster(e, e->at), false);
	case ACT_DEL_WORD:
		return del(e, word_left(e), e->at, true);
	case ACT_DEL_WORD_RIGHT:
		return del(e, e->at, word_right(e), true);
	case ACT_KILL_LINE:
		return del(e, e->at, line_end(e, e->at), true);
	case ACT_KILL_START:
		return del(e, line_start(e, e->at), e->at, true);
	case ACT_YANK:
		return e->cut.n && edit_insert(e, buf_span(&e->cut));
	case ACT_UNDO:
		return step(e, &e->undo, &e->redo);
	case ACT_REDO:
		return step(e, &e->redo, &e->undo);
	case ACT_NEWLINE:
		return !e->one_line && edit_insert(e, SPAN_LIT("\n"));
	default:
		return false;
	}
}

/* -- Wrapping --------------------------------------------------------------------------- */

/* Bytes of the text's next line on the screen, without its newline. */
static size_t wrap_one(struct span rest, int width, size_t *ret_skip)
{
	ptrdiff_t nl = span_find(rest, '\n');
	struct span line = nl >= 0 ? span_head(rest, (size_t)nl) : rest;
	size_t n = text_fit(line, width);
	*ret_skip = 0;
	if (n == line.n) {
		*ret_skip = nl >= 0;
		return n;
	}
	if (n == 0) /* narrower than one character */
		return text_cluster(line);
	size_t space = n;
	while (space > 0 && line.p[space - 1] != ' ')
		space--;
	return space > 0 ? space : n;
}

bool edit_line(const struct edit *e, int width, int i, struct span *ret)
{
	struct span rest = buf_span(&e->text);
	if (width < 1)
		width = 1;
	for (int k = 0;; k++) {
		size_t skip, n = wrap_one(rest, width, &skip);
		if (k == i) {
			*ret = span_head(rest, n);
			return true;
		}
		if (n + skip >= rest.n && !skip)
			return false;
		rest = span_from(rest, n + skip);
	}
}

int edit_wrap(const struct edit *e, int width, int *ret_line, int *ret_column)
{
	struct span rest = buf_span(&e->text);
	size_t begin = 0;
	if (width < 1)
		width = 1;
	*ret_line = *ret_column = 0;
	for (int k = 0;; k++) {
		size_t skip, n = wrap_one(rest, width, &skip);
		bool last = n + skip >= rest.n && !skip;
		if (e->at >= begin &&
		    (e->at < begin + n || (e->at == begin + n && (skip || last)))) {
			*ret_line = k;
			*ret_column = text_cells(span_head(rest, e->at - begin));
		}
		if (last)
			return k + 1;
		rest = span_from(rest, n + skip);
		begin += n + skip;
	}
}

void edit_point(struct edit *e, int width, int line, int column)
{
	struct span s;
	int goal = e->goal;
	while (line > 0 && !edit_line(e, width, line, &s))
		line--;
	if (line < 0 || !edit_line(e, width, line, &s))
		return;
	size_t n = text_fit(s, column);
	size_t begin = s.p ? (size_t)(s.p - buf_str(&e->text)) : 0;
	struct span after;
	/* The end of a wrapped line is the start of the next one. */
	if (n == s.n && n && edit_line(e, width, line + 1, &after) && after.p == s.p + s.n)
		n = prev_cluster(e, begin + n) - begin;
	go(e, begin + n);
	e->goal = goal;
}

bool edit_vertical(struct edit *e, int width, int by)
{
	int line, column;
	int n = edit_wrap(e, width, &line, &column);
	if (line + by < 0 || line + by >= n)
		return false;
	if (e->goal < 0)
		e->goal = column;
	edit_point(e, width, line + by, e->goal);
	return true;
}
