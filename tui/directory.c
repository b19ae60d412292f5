#include "tui/directory.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/lookup.h"

#include <string.h>

static json_t *ask(struct lookup *l, const char *text)
{
	(void)l;
	struct span words = span_trim(span_of(text));
	AUTO_FREE char *s = words.n ? span_dup(words) : NULL;
	return json_pack("{s:s?,s:i}", "text", s, "limit", 100);
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const json_t *m = lookup_row(p, i, c, r);
	char people[24];
	if (!m)
		return;
	bool in = json_is_string(json_object_get(m, "membership")) &&
		  strcmp(json_get_str(m, "membership"), "join") == 0;
	snprintf(people, sizeof(people), "%lld", (long long)json_get_i64(m, "members", 0));
	int end = r.x + r.w - (int)strlen(people) - 1;
	draw_own(c, r, end, r.y, people, ROLE_DIM);
	draw_own(c, r, r.x + 2, r.y, in ? "✓" : "#", ROLE_DIM);
	int x = lookup_draw(c, r, r.x + 4, (end - r.x) / 2, m,
			    json_get_span(m, "name").n ? "name" : "room_id",
			    in ? ROLE_DIM : ROLE_STRONG);
	lookup_draw(c, r, x + 2, end - x - 3, m, json_get_span(m, "topic").n ? "topic" : "alias",
		    ROLE_DIM);
}

static void on_joined(const struct err *err, const json_t *rows, void *arg)
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
	const json_t *m = lookup_row(p, i, NULL, p->view.at);
	struct tui *t = p->view.tui;
	if (!m)
		return;
	const char *membership = json_get_str(m, "membership");
	AUTO_FREE char *room = span_dup(json_get_span(m, "room_id"));
	tui_close(pick_view(p));
	if (membership && strcmp(membership, "join") == 0) {
		tui_open(t, room, NULL);
		return;
	}
	tui_say(t, "%s", _("Joining…"));
	action_start(t->looking, action_join, json_pack("{s:s}", "room_id", room), on_joined, t);
}

static const struct pick_class directory = {
	.title = N_("Public rooms"),
	.prompt = N_("words of a name or topic"),
	.nothing = N_("No public room is called that."),
	.width = 90,
	.rows = 18,
	.fill = lookup_fill,
	.row = row,
	.choose = choose,
	.free = lookup_done,
};

struct view *directory_new(struct tui *t)
{
	return pick_new(t, &directory, lookup_new(t, action_directory, ask, NULL, NULL));
}
