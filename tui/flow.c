#include "tui/flow.h"

struct flow flow_new(struct canvas *c, struct rect r, int y)
{
	return (struct flow){.c = c,
			     .clip = r,
			     .left = r.x,
			     .width = r.w > 0 ? r.w : 1,
			     .x = r.x,
			     .y = y};
}

static int room_left(const struct flow *f)
{
	return f->left + f->width - f->x;
}

static int line_begin(const struct flow *f)
{
	return f->left + (f->hang < f->width ? f->hang : 0);
}

void flow_newline(struct flow *f)
{
	f->y++;
	f->x = line_begin(f);
}

void flow_end(struct flow *f)
{
	if (f->x > line_begin(f))
		flow_newline(f);
}

void flow_indent(struct flow *f, int by)
{
	if (by >= f->width)
		by = f->width - 1;
	f->left += by;
	f->width -= by;
	if (f->x < f->left)
		f->x = f->left;
}

/* Characters that must not begin a line in Chinese and Japanese writing. */
static bool closes(uint32_t cp)
{
	static const uint32_t list[] = {0x3001, 0x3002, 0xFF0C, 0xFF0E, 0xFF01, 0xFF1F,
					0xFF09, 0x300D, 0x300F, 0x3011, 0x3009, 0x300B,
					0xFF1A, 0xFF1B, 0x30FC, 0x3005, 0x2019, 0x201D};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i] == cp)
			return true;
	return false;
}

static uint32_t first_cp(struct span s)
{
	bool ok;
	return s.n ? utf8_next(&s, &ok) : 0;
}

/* Bytes that stay together: a word, or one wide character and what closes after it. */
static size_t word_of(struct span s)
{
	size_t n = text_cluster(s);
	while (n < s.n) {
		struct span next = span_from(s, n);
		uint32_t cp = first_cp(next);
		bool wide = text_cells_of(first_cp(s)) == 2 || text_cells_of(cp) == 2;
		if (cp == ' ' || cp == '\n' || (wide && !closes(cp)))
			break;
		n += text_cluster(next);
	}
	return n;
}

static void put(struct flow *f, struct span s, struct look look)
{
	int cells = text_cells(s);
	if (f->c)
		draw_look(f->c, f->clip, f->x, f->y, s, look);
	f->x += cells;
}

static void put_word(struct flow *f, struct span word, struct look look)
{
	if (text_cells(word) > room_left(f) && f->x > line_begin(f))
		flow_newline(f);
	while (word.n) {
		size_t n = text_fit(word, room_left(f));
		if (n == 0 && f->x > line_begin(f)) {
			flow_newline(f);
			continue;
		}
		if (n == 0)
			n = text_cluster(word); /* wider than the column: clipped */
		put(f, span_head(word, n), look);
		word = span_from(word, n);
		if (word.n)
			flow_newline(f);
	}
}

void flow_text(struct flow *f, struct span s, struct look look)
{
	while (s.n) {
		size_t n = 1;
		if (s.p[0] == '\n') {
			flow_newline(f);
		} else if (s.p[0] == ' ') {
			/* Blanks at a line's end go with the break. */
			if (room_left(f) > 0)
				put(f, span_head(s, 1), look);
		} else {
			n = word_of(s);
			put_word(f, span_head(s, n), look);
		}
		s = span_from(s, n);
	}
}

void flow_own(struct flow *f, const char *sentence, struct look look)
{
	flow_text(f, span_of(sentence), look);
}
