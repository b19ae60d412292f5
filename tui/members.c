#include "tui/members.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"
#include "core/client/view/actions.h"
#include "core/client/view/conversation.h"
#include "core/matrix/power.h"
#include "tui/pick.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 1000

struct members {
	struct conversation *c; /* for names, powers and presence; shows no messages */
	char *room_id;
	struct action_job *action; /* the whole list is on its way */
	struct pick *pick;
	struct room_person v[SHOWN];
	size_t n;
};

/* Who has a say comes first, then who is there. */
static int by_rank(const void *x, const void *y)
{
	const struct room_person *a = x, *b = y;
	int here_a = a->presence == 1, here_b = b->presence == 1;
	if (a->power != b->power)
		return a->power < b->power ? 1 : -1;
	if (here_a != here_b)
		return here_b - here_a;
	return strcmp(a->name.s, b->name.s);
}

static size_t fill(struct pick *p, const char *text)
{
	struct members *m = p->arg;
	m->pick = p;
	conversation_update(m->c);
	m->n = conversation_people(m->c, text, m->v, SHOWN);
	if (!*text && m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_rank);
	return m->n;
}

static const char *sign_of(int presence)
{
	return presence == 1 ? "●" : presence == 2 ? "◐" : presence == 3 ? "○" : " ";
}

static const char *role_of(int64_t power)
{
	if (power == POWER_INFINITE)
		return _("creator");
	return power > 0 ? room_role_name(power) : "";
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct members *m = p->arg;
	const struct room_person *who = &m->v[i];
	const char *power = role_of(who->power);
	bool self = strcmp(who->user_id, p->view.tui->user_id) == 0;
	int end = r.x + r.w - text_cells(span_of(power)) - 1;
	draw_own(c, r, r.x + 2, r.y, sign_of(who->presence),
		 who->presence == 1 ? ROLE_GOOD : ROLE_DIM);
	draw_fit(c, r, r.x + 4, r.y, end - r.x - 5, (struct span){who->name.s, who->name.n},
		 self ? ROLE_OWN : ROLE_TEXT);
	draw_own(c, r, end, r.y, power, ROLE_DIM);
}

static void on_direct(const struct err *err, const json_t *rows, void *arg)
{
	struct tui *t = arg;
	const char *id = json_get_str(json_array_get(rows, 0), "room_id");
	if (err)
		tui_say_err(t, err);
	else if (id)
		tui_open(t, id, NULL);
}

static void choose(struct pick *p, size_t i)
{
	const struct members *m = p->arg;
	struct tui *t = p->view.tui;
	if (strcmp(m->v[i].user_id, t->user_id) == 0)
		return;
	action_start(t->looking, action_direct, json_pack("{s:s}", "user_id", m->v[i].user_id),
		     on_direct, t);
}

static void free_members(struct pick *p)
{
	struct members *m = p->arg;
	action_forget(m->action);
	conversation_free(m->c);
	mem_free(m->room_id);
	mem_free(m);
}

static const struct pick_class members = {
	.title = N_("People"),
	.prompt = N_("some letters of a name"),
	.nothing = N_("Nobody is called that."),
	.width = 40,
	.rows = 20,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_members,
};

/* The cache holds those who spoke; now it holds all. */
static void on_all(const struct err *err, const json_t *rows, void *arg)
{
	struct members *m = arg;
	(void)rows;
	m->action = NULL;
	if (!err)
		pick_refill(m->pick);
}

struct view *members_new(struct tui *t, const char *room_id)
{
	struct conversation_options o = {.room_id = room_id,
					 .own_user_id = t->user_id,
					 .window = 1};
	struct members *m = NEW(struct members);
	struct err err;
	if (conversation_new(t->store, &o, &m->c, &err)) {
		tui_say_err(t, &err);
		mem_free(m);
		return NULL;
	}
	m->room_id = mem_strdup(room_id);
	m->action = action_start(t->looking, action_members, json_pack("{s:s}", "room_id", room_id),
				 on_all, m);
	return pick_new(t, &members, m);
}
