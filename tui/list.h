/*
 * A list with one chosen row, of which a part is on the screen: rooms, people,
 * results. Knows only numbers; the rows are drawn by whoever has them.
 */
#ifndef MUSTER_TUI_LIST_H
#define MUSTER_TUI_LIST_H

#include "tui/view.h"

struct list {
	size_t count, chosen, top;
	int page; /**< rows on the screen, as drawn last */
};

/** After the rows have changed; the chosen one stays in bounds. */
void list_count(struct list *l, size_t count);
void list_choose(struct list *l, size_t i);
/** Up, down, pages, ends. False: another action. */
bool list_act(struct list *l, enum action a);
/** For a screen of `rows` rows: the first to draw; the chosen one is among them. */
size_t list_first(struct list *l, int rows);
/** The row at a place of the screen as drawn last; SIZE_MAX: none. */
size_t list_row_at(const struct list *l, int y);
void list_wheel(struct list *l, const struct key *k);

#endif
