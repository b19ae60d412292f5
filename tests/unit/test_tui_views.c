#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/view/call_bar_priv.h"
#include "tests/lib/cached.h"
#include "tui/lookup.h"
#include "tui/members.h"
#include "tui/phone_people.h"
#include "tui/spaces.h"

#include <string.h>

/* Views on a grid of cells, without a terminal and without a network. */

struct stage {
	struct cached k;
	struct tui t;
	struct theme theme;
	struct canvas c;
};

static void stage_open(struct stage *s)
{
	memset(s, 0, sizeof(*s));
	cached_open(&s->k);
	cached_room(&s->k, "!r:x", "@ann:x", "Physics");
	cached_join(&s->k, "!r:x", "@ann:x", "Ann");
	cached_join(&s->k, "!r:x", "@ben:x", "Ben");
	cached_room(&s->k, "!g:x", "@ann:x", "Garden");
	s->t.loop = loop_new();
	s->t.store = s->k.s;
	s->t.user_id = CACHED_OWN;
	s->t.rooms = room_list_new(s->k.s, CACHED_OWN);
	/* No such account: what is asked of a server fails at once. */
	s->t.looking = work_new(s->t.loop, &(struct work_options){.account = "nobody"});
	theme_make(&s->theme, "mono", 0);
	canvas_init(&s->c, &s->theme);
	canvas_resize(&s->c, 44, 8);
}

static void stage_close(struct stage *s)
{
	work_free(s->t.looking);
	room_list_free(s->t.rooms);
	loop_free(s->t.loop);
	canvas_done(&s->c);
	cached_close(&s->k);
}

/* The lines that a view draws, without blanks at their ends. */
static const char *drawn(struct stage *s, struct view *v)
{
	static struct buf b = {.cap = BUF_CAP_OWN};
	buf_clear(&b);
	canvas_clear(&s->c);
	v->cls->draw(v, &s->c, canvas_all(&s->c), true);
	for (int y = 0; y < s->c.h; y++) {
		size_t end = b.n;
		for (int x = 0; x < s->c.w; x++) {
			const struct cell *cell = &s->c.cells[y * s->c.w + x];
			if (!cell->width)
				continue;
			utf8_put(&b, cell->cp[0] ? cell->cp[0] : ' ');
			if (cell->cp[0] && cell->cp[0] != ' ')
				end = b.n;
		}
		buf_truncate(&b, end);
		buf_put_char(&b, '\n');
	}
	return buf_str(&b);
}

static void assert_row(struct stage *s, struct view *v, const char *text)
{
	if (!strstr(drawn(s, v), text))
		fail_msg("no \"%s\" in\n%s", text, drawn(s, v));
}

static void type(struct view *v, const char *text)
{
	struct key k = {.code = KC_PASTE, .paste = span_of(text)};
	assert_true(v->cls->key(v, &k));
}

static void test_members(void **state)
{
	struct stage s;
	(void)state;
	stage_open(&s);
	struct view *v = members_new(&s.t, "!r:x");
	assert_string_equal(v->cls->title(v), "People");
	/* Who has a say comes first. */
	assert_row(&s, v, "›   Ann                               admin\n    Ben\n    Me\n");
	cached_join(&s.k, "!r:x", "@cat:x", "Cat");
	v->cls->news(v);
	assert_row(&s, v, "    Ben\n    Cat\n    Me\n");
	type(v, "ca");
	assert_row(&s, v, "\n›   Cat\n\n");
	v->cls->free(v);
	assert_null(members_new(&s.t, "!nowhere:x"));
	assert_non_null(strstr(s.t.said, "!nowhere:x"));
	stage_close(&s);
}

static void test_spaces(void **state)
{
	struct stage s;
	(void)state;
	stage_open(&s);
	cached_event(&s.k, "!s:x", "$s0", "@ann:x", "m.room.create", "{'type':'m.space'}",
		     "'state_key':''");
	cached_event(&s.k, "!s:x", "$s1", "@ann:x", "m.room.name", "{'name':'School'}",
		     "'state_key':''");
	cached_event(&s.k, "!s:x", "$s2", "@ann:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!g:x'");
	room_list_update(s.t.rooms);
	struct view *v = spaces_new(&s.t);
	assert_row(&s, v, "›   All rooms\n");
	assert_row(&s, v, " ▸ School\n");
	assert_null(strstr(drawn(&s, v), "Physics"));
	assert_true(v->cls->act(v, ACT_DOWN));
	assert_true(v->cls->act(v, ACT_CHOOSE));
	assert_int_equal(room_list_count(s.t.rooms), 1);
	assert_string_equal(room_list_at(s.t.rooms, 0)->name.s, "Garden");
	assert_true(v->cls->act(v, ACT_TOP));
	assert_true(v->cls->act(v, ACT_CHOOSE));
	assert_int_equal(room_list_count(s.t.rooms), 3);
	v->cls->free(v);
	stage_close(&s);
}

/* -- Who is in a call ---------------------------------------------------------------------- */

static struct call_bar_person in_call(const char *user_id, const char *name)
{
	return (struct call_bar_person){.user_id = user_id,
					.name = {(char *)(uintptr_t)name, strlen(name)}};
}

/* They change their places all the time: what is chosen is somebody, not a place. */
static void test_call_people(void **state)
{
	struct stage s;
	struct call_bar bar = {.row = {.state = CALL_BAR_JOINED, .host = true}};
	const struct call_bar_person ann = in_call("@ann:x", "Ann"), ben = in_call("@ben:x", "Ben"),
				     guest = in_call(NULL, "Guest");
	const struct call_bar_person before[] = {ann, ben, guest}, after[] = {guest, ann, ben};
	struct view *back = NULL;
	(void)state;
	stage_open(&s);
	bar.row.people = before;
	bar.row.n = 3;
	struct view *v = phone_people_new(&s.t, &bar, &back);
	assert_true(v->cls->act(v, ACT_DOWN));
	assert_row(&s, v, "›      Ben\n");
	bar.row.people = after;
	phone_people_news(v);
	assert_row(&s, v, "›      Ben\n");
	/* Not known here yet that they have moved: nobody else is meant. */
	bar.row.people = before;
	assert_true(v->cls->act(v, ACT_CHOOSE));
	assert_int_equal(s.t.n_popups, 0);
	phone_people_news(v);
	/* Whom it is about stands above what can be done to them. */
	assert_true(v->cls->act(v, ACT_CHOOSE));
	assert_int_equal(s.t.n_popups, 1);
	assert_string_equal(s.t.popups[0]->cls->title(s.t.popups[0]), "What to do: Ben");
	s.t.popups[0]->cls->free(s.t.popups[0]);
	/* Other letters: from the top. */
	type(v, "n");
	assert_row(&s, v, "›      Ann\n");
	v->cls->free(v);
	stage_close(&s);
}

/* -- Rows that come from elsewhere ------------------------------------------------------- */

static json_t *ask(struct lookup *l, const char *text)
{
	(void)l;
	return *text ? json_pack("{s:s}", "text", text) : NULL;
}

static void draw_row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const json_t *m = lookup_row(p, i, c, r);
	if (m)
		lookup_draw_person(c, r, r.x + 2, 20, m, "name", "user_id", ROLE_TEXT);
}

static void choose_row(struct pick *p, size_t i)
{
	(void)p;
	(void)i;
}

static const struct pick_class found = {
	.title = "Found",
	.prompt = "words",
	.nothing = "nothing",
	.width = 40,
	.rows = 5,
	.fill = lookup_fill,
	.row = draw_row,
	.choose = choose_row,
	.free = lookup_done,
};

static void stop(void *loop)
{
	loop_stop(loop);
}

/* Turn the loop until the view draws this. */
static void until(struct stage *s, struct view *v, const char *text)
{
	struct loop_timer *tick = loop_timer_new(s->t.loop, stop, s->t.loop);
	loop_timer_start(tick, 1, 5);
	for (int i = 0; i < 12000 && !strstr(drawn(s, v), text); i++)
		loop_run(s->t.loop);
	loop_timer_free(tick);
	assert_row(s, v, text);
}

static void test_lookup(void **state)
{
	struct stage s;
	(void)state;
	stage_open(&s);
	struct lookup *l = lookup_new(&s.t, action_search, ask, NULL, NULL);
	struct view *v = pick_new(&s.t, &found, l);
	/* Nothing is said to be found nowhere before it has been looked for. */
	assert_row(&s, v, "looking");
	until(&s, v, "nothing");
	type(v, "x");
	assert_row(&s, v, "looking");
	assert_true(v->cls->act(v, ACT_KILL_START));
	until(&s, v, "nothing");
	type(v, "hello");
	/* Nobody is logged in: that is said in the list's place. */
	until(&s, v, "no account nobody");
	/* What has come is shown, and made safe. */
	json_array_append_new(l->rows,
			      json_pack("{s:s,s:s}", "name", "A\x1b[2Jnn", "user_id", "@ann:x"));
	json_array_append_new(l->rows, json_pack("{s:s}", "user_id", "@ben:x"));
	v->cls->news(v);
	assert_row(&s, v, "› A␛[2Jnn\n  ben\n");
	/* Freed while it waits: nobody is told. */
	type(v, " again");
	v->cls->free(v);
	stage_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_spaces),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_call_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
