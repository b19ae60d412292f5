#include "tui/threads.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/lookup.h"
#include "tui/talk.h"

static const char *const keys[] = {"body", "latest_body", "sender_name", NULL};

static json_t *ask(struct lookup *l, const char *text)
{
	(void)text;
	return json_pack("{s:s,s:i}", "room_id", l->room_id, "limit", 200);
}

static size_t fill(struct pick *p, const char *text)
{
	return lookup_filter(p, text, keys);
}

/* "12 Where is the… · Ben: here" and how many are new. */
static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const json_t *m = lookup_row(p, i, c, r);
	char count[24];
	if (!m)
		return;
	int64_t unread = json_get_i64(m, "unread", 0);
	int end = lookup_draw_time(c, r, json_get_i64(m, "latest_ts", 0));
	snprintf(count, sizeof(count), "%3lld", (long long)json_get_i64(m, "replies", 0));
	int x = draw_own(c, r, r.x + 2, r.y, count, unread ? ROLE_UNREAD : ROLE_DIM) + 1;
	if (unread)
		x = draw_own(c, r, x, r.y, "• ", ROLE_UNREAD);
	int half = (end - x) / 2;
	x = lookup_draw(c, r, x, half, m, json_get_span(m, "body").n ? "body" : "event_id",
			unread ? ROLE_UNREAD : ROLE_TEXT);
	x = draw_own(c, r, x, r.y, " › ", ROLE_DIM);
	lookup_draw(c, r, x, end - x - 1, m, "latest_body", ROLE_DIM);
}

static void choose(struct pick *p, size_t i)
{
	struct tui *t = p->view.tui;
	const struct lookup *l = p->arg;
	const json_t *m = lookup_row(p, i, NULL, p->view.at);
	struct talk *k;
	struct err err;
	if (!m)
		return;
	if (talk_new(t, l->room_id, json_get_str(m, "event_id"), NULL, &k, &err))
		tui_say_err(t, &err);
	else
		tui_side(t, talk_view(k));
}

static const struct pick_class threads = {
	.title = N_("Threads"),
	.prompt = N_("words of a thread"),
	.nothing = N_("No threads here."),
	.width = 70,
	.rows = 16,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = lookup_done,
};

struct view *threads_new(struct tui *t, const char *room_id)
{
	return pick_new(t, &threads, lookup_new(t, action_threads, ask, room_id, NULL));
}
