#include "cli/call/held.h"

#include "core/base/json.h"
#include "core/base/mem.h"

#include <string.h>

#define HOLD_MS 500

struct held {
	struct loop_timer *timer;
	json_t *rows;
	void (*show)(void *arg, json_t *row);
	void *arg;
};

static void show_all(struct held *h)
{
	JSON_AUTO json_t *rows = h->rows;
	json_t *row;
	size_t i;
	h->rows = json_array();
	json_array_foreach (rows, i, row)
		h->show(h->arg, row);
}

static void on_time(void *arg)
{
	show_all(arg);
}

struct held *held_new(struct loop *l, void (*show)(void *arg, json_t *row), void *arg)
{
	struct held *h = NEW(struct held);
	h->show = show;
	h->arg = arg;
	h->rows = json_array();
	h->timer = loop_timer_new(l, on_time, h);
	return h;
}

void held_free(struct held *h)
{
	if (!h)
		return;
	show_all(h);
	json_decref(h->rows);
	loop_timer_free(h->timer);
	mem_free(h);
}

/* Whose true reason may follow. */
static bool may_be_the_end(const json_t *row)
{
	const char *event = json_get_str(row, "event");
	return event && (!strcmp(event, "reconnecting") ||
			 (!strcmp(event, "live") && !json_get_bool(row, "live", true)));
}

/* What also happens when a call ends for all, or for us. */
static bool goes_with_it(const json_t *row)
{
	static const char *const taken[][2] = {{"floor", "given"},
					       {"recording", "recording"},
					       {"locked", "locked"}};
	const char *event = json_get_str(row, "event");
	if (event && !strcmp(event, "left"))
		return true;
	for (size_t i = 0; event && i < ARRAY_LEN(taken); i++)
		if (!strcmp(event, taken[i][0]))
			return !json_get_bool(row, taken[i][1], false);
	return false;
}

static bool says_why(const json_t *row)
{
	static const char *const reasons[] = {"removed", "elsewhere", "ended", "closed"};
	const char *event = json_get_str(row, "event"), *reason = json_get_str(row, "reason");
	if (!event || strcmp(event, "ended") != 0)
		return false;
	for (size_t i = 0; reason && i < ARRAY_LEN(reasons); i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

void held_row(struct held *h, json_t *row)
{
	bool holding = json_array_size(h->rows) > 0;
	if (may_be_the_end(row) || (holding && goes_with_it(row))) {
		json_array_append(h->rows, row);
		if (!holding)
			loop_timer_start(h->timer, HOLD_MS, 0);
		return;
	}
	loop_timer_stop(h->timer);
	if (says_why(row))
		json_array_clear(h->rows);
	show_all(h);
	h->show(h->arg, row);
}
