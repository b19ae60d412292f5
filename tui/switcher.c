#include "tui/switcher.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/pick.h"
#include "tui/rooms.h"

#define MATCHES 200

struct matches {
	struct room_match m[MATCHES];
	size_t n;
};

static size_t fill(struct pick *p, const char *text)
{
	struct matches *m = p->arg;
	m->n = room_list_match(p->view.tui->rooms, text, m->m, MATCHES);
	return m->n;
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct matches *m = p->arg;
	r.x++;
	r.w--;
	rooms_draw_row(c, r, m->m[i].row, m->m[i].hits);
}

static void choose(struct pick *p, size_t i)
{
	const struct matches *m = p->arg;
	AUTO_FREE char *id = mem_strdup(m->m[i].row->room_id);
	tui_close(pick_view(p));
	tui_open(p->view.tui, id, NULL);
}

static void free_matches(struct pick *p)
{
	mem_free(p->arg);
}

static const struct pick_class switcher = {
	.title = N_("Go to"),
	.prompt = N_("some letters of a room's or person's name"),
	.nothing = N_("No room is called that."),
	.width = 60,
	.rows = 14,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_matches,
};

struct view *switcher_new(struct tui *t)
{
	return pick_new(t, &switcher, NEW(struct matches));
}
