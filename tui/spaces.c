#include "tui/spaces.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/pick.h"
#include "tui/rooms.h"

#define MATCHES 5000
#define SHOWN 200

struct spaces {
	struct room_match v[SHOWN];
	size_t n;
	bool all; /* the first row stands for all rooms */
};

static size_t fill(struct pick *p, const char *text)
{
	struct spaces *s = p->arg;
	struct room_match *m = mem_realloc_array(NULL, MATCHES, sizeof(*m));
	size_t n = room_list_match(p->view.tui->rooms, text, m, MATCHES);
	s->n = 0;
	s->all = !*text;
	for (size_t i = 0; i < n && s->n < SHOWN; i++)
		if (m[i].row->section == SECTION_SPACES)
			s->v[s->n++] = m[i];
	mem_free(m);
	return s->n + s->all;
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct spaces *s = p->arg;
	r.x++;
	r.w--;
	if (s->all && i == 0)
		draw_fit(c, r, r.x + 3, r.y, r.w - 4, span_of(_("All rooms")), ROLE_STRONG);
	else
		rooms_draw_row(c, r, s->v[i - s->all].row, s->v[i - s->all].hits);
}

static void choose(struct pick *p, size_t i)
{
	const struct spaces *s = p->arg;
	struct tui *t = p->view.tui;
	struct err err;
	const char *id = s->all && i == 0 ? NULL : s->v[i - s->all].row->room_id;
	if (room_list_space(t->rooms, id, &err))
		tui_say_err(t, &err);
	tui_close(pick_view(p));
	tui_redraw(t);
}

static void free_spaces(struct pick *p)
{
	mem_free(p->arg);
}

static const struct pick_class spaces = {
	.title = N_("Rooms of a space"),
	.prompt = N_("some letters of its name"),
	.nothing = N_("You are in no space that is called that."),
	.width = 60,
	.rows = 12,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_spaces,
};

struct view *spaces_new(struct tui *t)
{
	return pick_new(t, &spaces, NEW(struct spaces));
}
