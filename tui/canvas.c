#include "tui/canvas.h"

#include "core/base/mem.h"

#include <string.h>

#define REPLACEMENT 0xFFFDu

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

void canvas_init(struct canvas *c, const struct theme *t)
{
	*c = (struct canvas){.theme = t};
	canvas_resize(c, 1, 1);
}

void canvas_done(struct canvas *c)
{
	mem_free(c->cells);
	*c = (struct canvas){.w = 0};
}

void canvas_resize(struct canvas *c, int w, int h)
{
	c->w = clamp(w, 1, CANVAS_SIDE_MAX);
	c->h = clamp(h, 1, CANVAS_SIDE_MAX);
	c->cells = mem_realloc_array(c->cells, (size_t)c->w * (size_t)c->h, sizeof(*c->cells));
	canvas_clear(c);
}

struct look look_of(const struct canvas *c, enum role role)
{
	return c->theme->looks[role];
}

void canvas_clear(struct canvas *c)
{
	struct cell blank = {.width = 1, .look = look_of(c, ROLE_TEXT)};
	for (int i = 0; i < c->w * c->h; i++)
		c->cells[i] = blank;
	c->cursor_x = c->cursor_y = -1;
}

struct rect canvas_all(const struct canvas *c)
{
	return (struct rect){0, 0, c->w, c->h};
}

static struct rect cross(struct rect a, struct rect b)
{
	int x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
	int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
	int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
	if (right < x)
		right = x;
	if (bottom < y)
		bottom = y;
	return (struct rect){x, y, right - x, bottom - y};
}

struct rect canvas_clip(const struct canvas *c, struct rect r)
{
	return cross(r, canvas_all(c));
}

static struct cell *cell_at(struct canvas *c, int x, int y)
{
	return &c->cells[y * c->w + x];
}

/* Blank what would be left of a wide character when (x, y) is written. */
static void part(struct canvas *c, int x, int y)
{
	struct cell *at = cell_at(c, x, y);
	if (at->width == 0 && x > 0) {
		struct cell *left = cell_at(c, x - 1, y);
		left->cp[0] = 0;
		left->width = 1;
	}
	if (at->width == 2 && x + 1 < c->w) {
		struct cell *right = cell_at(c, x + 1, y);
		right->cp[0] = 0;
		right->width = 1;
	}
}

static void put_cell(struct canvas *c, int x, int y, uint32_t cp, int width, struct look look)
{
	part(c, x, y);
	if (width == 2)
		part(c, x + 1, y);
	*cell_at(c, x, y) = (struct cell){.cp = {cp}, .width = (uint8_t)width, .look = look};
	if (width == 2)
		*cell_at(c, x + 1, y) = (struct cell){.width = 0, .look = look};
}

static void put_mark(struct canvas *c, int x, int y, uint32_t cp)
{
	struct cell *at = cell_at(c, x, y);
	if (at->width == 0 && x > 0)
		at--;
	for (int i = 1; i <= CELL_MARKS && at->cp[0]; i++)
		if (!at->cp[i]) {
			at->cp[i] = cp;
			return;
		}
}

int draw_look(struct canvas *c, struct rect clip, int x, int y, struct span clean, struct look look)
{
	struct rect r = canvas_clip(c, clip);
	bool row = y >= r.y && y < r.y + r.h;
	bool drawn = false; /* the base that marks would stand on */
	/* What has the ground of plain text stands on whatever ground is there: a popup's, too. */
	bool through = look.bg == look_of(c, ROLE_TEXT).bg;
	while (clean.n) {
		bool ok;
		uint32_t cp = utf8_next(&clean, &ok);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			cp = REPLACEMENT;
		int width = text_cells_of(cp);
		if (width == 0) {
			if (drawn)
				put_mark(c, x - 1, y, cp);
			continue;
		}
		drawn = row && x >= r.x && x + width <= r.x + r.w;
		if (through && drawn)
			look.bg = cell_at(c, x, y)->look.bg;
		if (drawn)
			put_cell(c, x, y, cp, width, look);
		else if (row && width == 2 && x + 1 == r.x + r.w && x >= r.x)
			put_cell(c, x, y, ' ', 1, look); /* its left half alone would fit */
		x += width;
		if (x > r.x + r.w && row)
			break;
	}
	return x;
}

int draw_text(struct canvas *c, struct rect clip, int x, int y, struct span clean, enum role role)
{
	return draw_look(c, clip, x, y, clean, look_of(c, role));
}

int draw_own(struct canvas *c, struct rect clip, int x, int y, const char *sentence, enum role role)
{
	return draw_text(c, clip, x, y, span_of(sentence), role);
}

int draw_fit(struct canvas *c, struct rect clip, int x, int y, int cells, struct span clean,
	     enum role role)
{
	if (cells <= 0)
		return x;
	if (text_cells(clean) <= cells)
		return draw_text(c, clip, x, y, clean, role);
	x = draw_text(c, clip, x, y, span_head(clean, text_fit(clean, cells - 1)), role);
	return draw_own(c, clip, x, y, "…", role);
}

void draw_fill(struct canvas *c, struct rect r, enum role role)
{
	r = canvas_clip(c, r);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			put_cell(c, x, y, 0, 1, look_of(c, role));
}

void draw_tint(struct canvas *c, struct rect r, enum role role)
{
	struct look look = look_of(c, role);
	r = canvas_clip(c, r);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			cell_at(c, x, y)->look = look;
}

void draw_hline(struct canvas *c, struct rect clip, int x, int y, int n, enum role role)
{
	for (int i = 0; i < n; i++)
		draw_own(c, clip, x + i, y, "─", role);
}

void draw_vline(struct canvas *c, struct rect clip, int x, int y, int n, enum role role)
{
	for (int i = 0; i < n; i++)
		draw_own(c, clip, x, y + i, "│", role);
}

struct rect draw_box(struct canvas *c, struct rect r, const char *title)
{
	draw_fill(c, r, ROLE_POPUP);
	if (r.w < 3 || r.h < 3)
		return r;
	int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
	draw_hline(c, r, r.x, r.y, r.w, ROLE_BORDER);
	draw_hline(c, r, r.x, bottom, r.w, ROLE_BORDER);
	draw_vline(c, r, r.x, r.y, r.h, ROLE_BORDER);
	draw_vline(c, r, right, r.y, r.h, ROLE_BORDER);
	draw_own(c, r, r.x, r.y, "╭", ROLE_BORDER);
	draw_own(c, r, right, r.y, "╮", ROLE_BORDER);
	draw_own(c, r, r.x, bottom, "╰", ROLE_BORDER);
	draw_own(c, r, right, bottom, "╯", ROLE_BORDER);
	if (title && r.w > 6) {
		int x = draw_own(c, r, r.x + 2, r.y, " ", ROLE_STRONG);
		x = draw_fit(c, r, x, r.y, r.w - 6, span_of(title), ROLE_STRONG);
		draw_own(c, r, x, r.y, " ", ROLE_STRONG);
	}
	return (struct rect){r.x + 1, r.y + 1, r.w - 2, r.h - 2};
}

void draw_cursor(struct canvas *c, struct rect clip, int x, int y)
{
	if (!rect_has(canvas_clip(c, clip), x, y))
		return;
	c->cursor_x = x;
	c->cursor_y = y;
}

/* -- Rectangles -------------------------------------------------------------- */

struct rect rect_cut_top(struct rect *r, int rows)
{
	rows = clamp(rows, 0, r->h);
	struct rect cut = {r->x, r->y, r->w, rows};
	r->y += rows;
	r->h -= rows;
	return cut;
}

struct rect rect_cut_bottom(struct rect *r, int rows)
{
	rows = clamp(rows, 0, r->h);
	r->h -= rows;
	return (struct rect){r->x, r->y + r->h, r->w, rows};
}

struct rect rect_cut_left(struct rect *r, int columns)
{
	columns = clamp(columns, 0, r->w);
	struct rect cut = {r->x, r->y, columns, r->h};
	r->x += columns;
	r->w -= columns;
	return cut;
}

struct rect rect_cut_right(struct rect *r, int columns)
{
	columns = clamp(columns, 0, r->w);
	r->w -= columns;
	return (struct rect){r->x + r->w, r->y, columns, r->h};
}

bool rect_has(struct rect r, int x, int y)
{
	return x >= r.x && y >= r.y && x < r.x + r.w && y < r.y + r.h;
}

struct rect rect_middle(struct rect in, int w, int h)
{
	w = clamp(w, 0, in.w);
	h = clamp(h, 0, in.h);
	return (struct rect){in.x + (in.w - w) / 2, in.y + (in.h - h) / 2, w, h};
}
