#include "tui/find.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/lookup.h"

#define NAME_CELLS 18
#define LETTERS_MIN 2 /* fewer are in everything */

static json_t *ask(struct lookup *l, const char *text)
{
	if (span_trim(span_of(text)).n < LETTERS_MIN) {
		json_array_clear(l->rows);
		return NULL;
	}
	return json_pack("{s:s,s:i}", "text", text, "limit", 200);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const json_t *m = lookup_row(p, i, c, r);
	if (!m)
		return;
	int end = lookup_draw_time(c, r, json_get_i64(m, "ts", 0));
	int x = r.x + 2, names = r.w > 70 ? NAME_CELLS : r.w / 5;
	lookup_draw(c, r, x, names, m, "room", ROLE_DIM);
	x += names + 1;
	lookup_draw_person(c, r, x, names, m, "sender_name", "sender", ROLE_NAME_1);
	x += names + 1;
	lookup_draw(c, r, x, end - x - 1, m, "body", ROLE_POPUP);
}

static void choose(struct pick *p, size_t i)
{
	const json_t *m = lookup_row(p, i, NULL, p->view.at);
	if (!m)
		return;
	AUTO_FREE char *room = span_dup(json_get_span(m, "room_id"));
	AUTO_FREE char *event = span_dup(json_get_span(m, "event_id"));
	tui_close(pick_view(p));
	tui_open(p->view.tui, room, event);
}

static const struct pick_class find = {
	.title = N_("Search"),
	.prompt = N_("words that were said, in any room"),
	.nothing = N_("Nothing was found."),
	.after_text = true,
	.width = 110,
	.rows = 20,
	.fill = lookup_fill,
	.row = row,
	.choose = choose,
	.free = lookup_done,
};

struct view *find_new(struct tui *t)
{
	return pick_new(t, &find, lookup_new(t, action_search, ask, NULL, NULL));
}
