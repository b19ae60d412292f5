#include "tui/list.h"

#define WHEEL_ROWS 3

void list_count(struct list *l, size_t count)
{
	l->count = count;
	if (l->chosen >= count)
		l->chosen = count ? count - 1 : 0;
}

void list_choose(struct list *l, size_t i)
{
	l->chosen = i;
	list_count(l, l->count);
}

static void move_by(struct list *l, long n)
{
	if (n < 0 && l->chosen < (size_t)-n)
		l->chosen = 0;
	else
		l->chosen = (size_t)((long)l->chosen + n);
	list_count(l, l->count);
}

bool list_act(struct list *l, enum action a)
{
	int page = l->page > 1 ? l->page - 1 : 1;
	switch (a) {
	case ACT_UP:
		move_by(l, -1);
		return true;
	case ACT_DOWN:
		move_by(l, 1);
		return true;
	case ACT_PAGE_UP:
		move_by(l, -page);
		return true;
	case ACT_PAGE_DOWN:
		move_by(l, page);
		return true;
	case ACT_TOP:
		l->chosen = 0;
		return true;
	case ACT_BOTTOM:
		list_choose(l, l->count);
		return true;
	default:
		return false;
	}
}

size_t list_first(struct list *l, int rows)
{
	size_t n = rows > 0 ? (size_t)rows : 1;
	l->page = (int)n;
	if (l->chosen < l->top)
		l->top = l->chosen;
	if (l->chosen >= l->top + n)
		l->top = l->chosen - n + 1;
	if (l->count <= n)
		l->top = 0;
	else if (l->top + n > l->count)
		l->top = l->count - n;
	return l->top;
}

size_t list_row_at(const struct list *l, int y)
{
	size_t i = l->top + (size_t)(y < 0 ? 0 : y);
	return y >= 0 && y < l->page && i < l->count ? i : SIZE_MAX;
}

void list_wheel(struct list *l, const struct key *k)
{
	move_by(l, k->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
}
