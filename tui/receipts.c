#include "tui/receipts.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/lookup.h"

static const char *const keys[] = {"name", "user_id", NULL};

static json_t *ask(struct lookup *l, const char *text)
{
	(void)text;
	return json_pack("{s:s,s:s}", "room_id", l->room_id, "event_id", l->event_id);
}

static size_t fill(struct pick *p, const char *text)
{
	return lookup_filter(p, text, keys);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const json_t *m = lookup_row(p, i, c, r);
	if (!m)
		return;
	bool read = json_get_bool(m, "read", false);
	int end = read ? lookup_draw_time(c, r, json_get_i64(m, "ts", 0)) : r.x + r.w;
	draw_own(c, r, r.x + 2, r.y, read ? "✓" : "·", read ? ROLE_GOOD : ROLE_DIM);
	lookup_draw_person(c, r, r.x + 4, end - r.x - 5, m, "name", "user_id",
			   read ? ROLE_POPUP : ROLE_DIM);
}

static void choose(struct pick *p, size_t i)
{
	(void)i;
	tui_close(pick_view(p));
}

static const struct pick_class receipts = {
	.title = N_("Who has read it"),
	.prompt = N_("some letters of a name"),
	.nothing = N_("Nobody else is here."),
	.width = 50,
	.rows = 16,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = lookup_done,
};

struct view *receipts_new(struct tui *t, const char *room_id, const char *event_id)
{
	return pick_new(t, &receipts, lookup_new(t, action_receipts, ask, room_id, event_id));
}
