#include "tui/timeline.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/item_draw.h"

#include <string.h>

void timeline_init(struct timeline *t, struct conversation *c)
{
	*t = (struct timeline){.c = c};
}

void timeline_done(struct timeline *t)
{
	mem_free(t->bottom);
	mem_free(t->chosen);
	for (int i = 0; i < t->n_revealed; i++)
		mem_free(t->revealed[i]);
	*t = (struct timeline){.c = NULL};
}

/* -- Items and their heights ----------------------------------------------------------- */

static bool is_revealed(const struct timeline *t, const char *id)
{
	for (int i = 0; i < t->n_revealed; i++)
		if (!strcmp(t->revealed[i], id))
			return true;
	return false;
}

void timeline_reveal(struct timeline *t, const char *id)
{
	for (int i = 0; i < t->n_revealed; i++)
		if (!strcmp(t->revealed[i], id)) {
			mem_free(t->revealed[i]);
			t->revealed[i] = t->revealed[--t->n_revealed];
			return;
		}
	if (t->n_revealed == REVEALED_MAX)
		mem_free(t->revealed[--t->n_revealed]);
	t->revealed[t->n_revealed++] = mem_strdup(id);
}

static int place_item(const struct timeline *t, struct canvas *c, size_t i, int y, bool focused)
{
	const struct item *it = conversation_at(t->c, i);
	struct item_pane p = {.c = c,
			      .r = t->at,
			      .revealed = is_revealed(t, it->id),
			      .chosen = t->chosen && !strcmp(t->chosen, it->id),
			      .focused = focused};
	return item_draw(&p, it, y);
}

static int height(const struct timeline *t, size_t i)
{
	return place_item(t, NULL, i, 0, false);
}

static size_t bottom_index(const struct timeline *t)
{
	size_t n = conversation_count(t->c);
	size_t i = t->bottom ? conversation_find(t->c, t->bottom) : SIZE_MAX;
	return i < n ? i : n ? n - 1 : SIZE_MAX;
}

static void set_bottom(struct timeline *t, size_t i, int hidden)
{
	bool newest = i + 1 >= conversation_count(t->c) && hidden <= 0;
	mem_free(t->bottom);
	t->bottom = newest ? NULL : mem_strdup(conversation_at(t->c, i)->id);
	t->hidden = newest ? 0 : hidden;
}

/* -- Drawing ------------------------------------------------------------------------------- */

/* Items from the lower edge upwards; false when there were not enough to fill the pane. */
static bool draw_up(struct timeline *t, struct canvas *c, size_t i, bool focused)
{
	int y = t->at.y + t->at.h + t->hidden;
	for (;; i--) {
		int h = height(t, i);
		y -= h;
		place_item(t, c, i, y, focused);
		if (y <= t->at.y)
			return i > 0 || y < t->at.y;
		if (i == 0)
			return false;
	}
}

/* A conversation that does not fill the pane begins at its top. */
static void draw_down(struct timeline *t, struct canvas *c, bool focused)
{
	int y = t->at.y;
	for (size_t i = 0; i < conversation_count(t->c) && y < t->at.y + t->at.h; i++)
		y += place_item(t, c, i, y, focused);
}

static int total_height(const struct timeline *t, int enough)
{
	int sum = 0;
	for (size_t i = conversation_count(t->c); i > 0 && sum < enough; i--)
		sum += height(t, i - 1);
	return sum;
}

static void draw_more_below(const struct timeline *t, struct canvas *c)
{
	const char *s = _("↓ newer messages");
	int n = text_cells(span_of(s)) + 2;
	struct rect r = {t->at.x + t->at.w - n, t->at.y + t->at.h - 1, n, 1};
	if (t->at.w < n + 10 || t->at.h < 4)
		return;
	draw_fill(c, r, ROLE_BAR);
	draw_own(c, r, r.x + 1, r.y, s, ROLE_BAR);
}

void timeline_draw(struct timeline *t, struct canvas *c, struct rect r, bool focused)
{
	size_t i = bottom_index(t);
	t->at = r;
	t->top_reached = true;
	if (i == SIZE_MAX || r.w < 1 || r.h < 1)
		return;
	int total = total_height(t, r.h);
	if (total < r.h) {
		draw_down(t, c, focused);
		return;
	}
	/* Older ones came or went: no gap at the top. */
	t->top_reached = !draw_up(t, c, i, focused);
	if (t->top_reached) {
		draw_fill(c, r, ROLE_TEXT);
		timeline_to_start(t);
		i = bottom_index(t);
		draw_up(t, c, i, focused);
	}
	if (!timeline_at_end(t))
		draw_more_below(t, c);
}

/* -- Scrolling ------------------------------------------------------------------------------- */

bool timeline_at_end(const struct timeline *t)
{
	return !t->bottom;
}

void timeline_to_end(struct timeline *t)
{
	mem_free(t->bottom);
	t->bottom = NULL;
	t->hidden = 0;
}

/* The first item at the upper edge. */
void timeline_to_start(struct timeline *t)
{
	size_t n = conversation_count(t->c);
	int left = t->at.h;
	for (size_t i = 0; i < n; i++) {
		int h = height(t, i);
		if (h >= left || i + 1 == n) {
			set_bottom(t, i, h > left ? h - left : 0);
			return;
		}
		left -= h;
	}
}

void timeline_scroll(struct timeline *t, int lines)
{
	size_t i = bottom_index(t);
	if (i == SIZE_MAX)
		return;
	int hidden = t->hidden + lines;
	while (hidden >= height(t, i) && i > 0) {
		hidden -= height(t, i);
		i--;
	}
	while (hidden < 0 && i + 1 < conversation_count(t->c)) {
		i++;
		hidden += height(t, i);
	}
	set_bottom(t, i, hidden < 0 ? 0 : hidden);
}

/* Row of an item's first line, as it would be drawn; INT32_MAX when below the edge. */
static int row_of(const struct timeline *t, size_t want)
{
	size_t i = bottom_index(t);
	if (i == SIZE_MAX || want > i)
		return INT32_MAX;
	int y = t->at.y + t->at.h + t->hidden;
	for (;; i--) {
		y -= height(t, i);
		if (i == want || i == 0)
			return y;
	}
}

void timeline_show(struct timeline *t, const char *id)
{
	size_t i = conversation_find(t->c, id);
	if (i == SIZE_MAX || total_height(t, t->at.h) < t->at.h)
		return;
	int y = row_of(t, i), h = height(t, i);
	bool far = y == INT32_MAX; /* below the edge */
	if (!far && y >= t->at.y && y + h <= t->at.y + t->at.h)
		return;
	if (!far && y < t->at.y && y > t->at.y - t->at.h) { /* just above */
		timeline_scroll(t, t->at.y - y);
		return;
	}
	if (!far && y >= t->at.y && h <= t->at.h) { /* its end is below the edge */
		timeline_scroll(t, t->at.y + t->at.h - y - h);
		return;
	}
	set_bottom(t, i, 0);
	if (!timeline_at_end(t))
		timeline_scroll(t, -(t->at.h / 3));
}

/* -- Choosing ---------------------------------------------------------------------------------- */

const struct item *timeline_chosen(const struct timeline *t)
{
	size_t i = t->chosen ? conversation_find(t->c, t->chosen) : SIZE_MAX;
	return i == SIZE_MAX ? NULL : conversation_at(t->c, i);
}

void timeline_choose(struct timeline *t, const char *id)
{
	char *copy = mem_strdup(id);
	mem_free(t->chosen);
	t->chosen = copy;
	if (copy)
		timeline_show(t, copy);
}

static bool can_choose(const struct item *it)
{
	return it->kind == ITEM_MESSAGE;
}

bool timeline_choose_by(struct timeline *t, int by)
{
	size_t n = conversation_count(t->c);
	size_t i = t->chosen ? conversation_find(t->c, t->chosen) : SIZE_MAX;
	if (i == SIZE_MAX) {
		i = bottom_index(t);
		if (i == SIZE_MAX)
			return false;
		if (can_choose(conversation_at(t->c, i))) {
			timeline_choose(t, conversation_at(t->c, i)->id);
			return true;
		}
	}
	for (;;) {
		if (by < 0 ? i == 0 : i + 1 >= n)
			return false;
		i = by < 0 ? i - 1 : i + 1;
		if (can_choose(conversation_at(t->c, i))) {
			timeline_choose(t, conversation_at(t->c, i)->id);
			return true;
		}
	}
}

void timeline_choose_end(struct timeline *t, bool first)
{
	size_t n = conversation_count(t->c);
	for (size_t k = 0; k < n; k++) {
		const struct item *it = conversation_at(t->c, first ? k : n - 1 - k);
		if (can_choose(it)) {
			timeline_choose(t, it->id);
			return;
		}
	}
}

const struct item *timeline_item_at(const struct timeline *t, int y)
{
	size_t i = bottom_index(t);
	if (i == SIZE_MAX || y < t->at.y || y >= t->at.y + t->at.h)
		return NULL;
	if (total_height(t, t->at.h) < t->at.h) {
		int row = t->at.y;
		for (size_t k = 0; k < conversation_count(t->c); k++) {
			row += height(t, k);
			if (y < row)
				return conversation_at(t->c, k);
		}
		return NULL;
	}
	int row = t->at.y + t->at.h + t->hidden;
	for (;; i--) {
		row -= height(t, i);
		if (y >= row)
			return conversation_at(t->c, i);
		if (i == 0)
			return NULL;
	}
}
