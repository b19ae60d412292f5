#include "tui/invitation.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/pick.h"
#include "tui/slash.h"

bool invitation_is(const struct tui *t, const char *room_id)
{
	size_t i = room_list_find(t->rooms, room_id);
	return i != SIZE_MAX && room_list_at(t->rooms, i)->section == SECTION_INVITES;
}

static const char *const answers[] = {N_("Come in"), N_("Decline"), N_("Later")};

static size_t fill(struct pick *p, const char *text)
{
	(void)p;
	(void)text;
	return ARRAY_LEN(answers);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	(void)p;
	draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(_(answers[i])), ROLE_POPUP);
}

static void choose(struct pick *p, size_t i)
{
	const char *room = p->arg;
	const char *join[] = {"room", "join", room, NULL}, *leave[] = {"room", "leave", room, NULL};
	if (i < 2)
		slash_words(p->view.tui, p->view.tui->sending, i ? leave : join, true);
	tui_close(pick_view(p));
}

static void free_room(struct pick *p)
{
	mem_free(p->arg);
}

static const struct pick_class invitation = {
	.title = N_("You are invited to this room"),
	.prompt = N_("Enter chooses"),
	.width = 44,
	.rows = 3,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_room,
};

struct view *invitation_new(struct tui *t, const char *room_id)
{
	return pick_new(t, &invitation, mem_strdup(room_id));
}
