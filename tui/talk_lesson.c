/* Above a room's messages: which lesson is on, what comes next, and that attendance is taken. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/store/rooms.h"
#include "tui/lesson_text.h"
#include "tui/phone.h"
#include "tui/talk_priv.h"

#define WAIT_MAX_MS 3600000 /* clocks are set, machines sleep */
#define TITLE_MIN 20	    /* cells that the lesson keeps beside what else is told */
#define ROWS_FROM 8	    /* of the pane */

static void on_time(void *arg)
{
	struct talk *k = arg;
	k->lesson_seen = 0;
	talk_look_at_lesson(k);
}

static void wait_for_it(struct talk *k, int64_t now_ms)
{
	int64_t in = k->lesson.again_ms - now_ms;
	if (!k->lesson_timer)
		k->lesson_timer = loop_timer_new(k->view.tui->loop, on_time, k);
	if (k->lesson.again_ms == INT64_MAX)
		loop_timer_stop(k->lesson_timer);
	else
		loop_timer_start(k->lesson_timer,
				 (uint64_t)(in < 1	       ? 1
					    : in > WAIT_MAX_MS ? WAIT_MAX_MS
							       : in),
				 0);
}

void talk_look_at_lesson(struct talk *k)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s = k->view.tui->store;
	if (k->thread || !store_room_get(s, store_room_find(s, span_of(k->room_id)), &r) ||
	    r.changed == k->lesson_seen)
		return;
	int64_t now = clock_wall_ms();
	k->lesson_seen = r.changed;
	agenda_here_done(&k->lesson);
	agenda_here_read(s, k->room_id, now, &k->lesson);
	wait_for_it(k, now);
	tui_redraw(k->view.tui);
}

void talk_forget_lesson(struct talk *k)
{
	loop_timer_free(k->lesson_timer);
	agenda_here_done(&k->lesson);
}

int talk_lesson_rows(const struct talk *k, int h)
{
	const struct agenda_here *l = &k->lesson;
	return h >= ROWS_FROM && (l->now.s || l->next.s || l->taken_until_ms);
}

/* Left of `right`, when the lesson keeps its room. */
static int put_right(struct canvas *c, struct rect r, int right, const char *s, enum role role)
{
	int n = text_cells(span_of(s));
	if (right - n < r.x + TITLE_MIN)
		return right;
	draw_own(c, r, right - n, r.y, s, role);
	return right - n - 2;
}

static int put_call(const struct talk *k, struct canvas *c, struct rect r, int right)
{
	AUTO(buf_done) struct buf b = BUF_INIT(400);
	int people = conversation_head(k->c)->call_people;
	keymap_put_keys(&b, k->view.tui->keys, PLACE_ALL, ACT_CALL);
	/* In a call the key leaves, and the bar says so. */
	if (!b.n || phone_in_call(k->view.tui->phone) || (!people && !k->lesson.now.s))
		return right;
	buf_printf(&b, " %s", people ? _("join the call") : _("begin the call"));
	return put_right(c, r, right, buf_str(&b), ROLE_ACCENT);
}

void talk_draw_lesson(struct talk *k, struct canvas *c, struct rect r)
{
	const struct agenda_here *l = &k->lesson;
	AUTO(buf_done) struct buf b = BUF_INIT(2000);
	int right = r.x + r.w - 1;
	/* That it is taken is what everybody must see. */
	if (l->taken_until_ms && (l->now.s || l->next.s)) {
		right = put_right(c, r, right, _("attendance is taken"), ROLE_MENTION);
	} else if (l->taken_until_ms) {
		char when[WHEN_ISO_SIZE];
		when_human(l->taken_until_ms, clock_wall_ms(), when);
		buf_printf(&b, _("attendance is taken until %s"), when);
	}
	lesson_put_text(&b, l, right - r.x - 1);
	int need = r.x + 2 + text_cells(buf_span(&b));
	if (need + 2 < right)
		right = put_call(k, c, r, right);
	draw_fit(c, r, r.x + 1, r.y, right - r.x - 1, buf_span(&b),
		 l->now.s ? ROLE_STRONG : ROLE_DIM);
}
