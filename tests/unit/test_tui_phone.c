#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/phone_bar.h"
#include "tui/theme.h"

#include <stdlib.h>
#include <string.h>

/* The line about calls in all its states and widths, as a golden screen. */

#define GOLDEN "tests/tui/golden/call-bar.txt"
#define NOW 1764403200000

static struct term_text text(const char *s)
{
	return (struct term_text){(char *)(uintptr_t)s, strlen(s)}; /* NOLINT: only read */
}

static const struct call_bar_person people[25];

static const struct {
	const char *what;
	struct call_bar_row row;
} cases[] = {
	{"joining", {.state = CALL_BAR_JOINING, .here = true}},
	{"joined, alone", {.state = CALL_BAR_JOINED, .here = true, .since_ms = NOW - 7000, .n = 1}},
	{"who speaks, hands, loss",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 754000,
	  .people = people,
	  .n = 25,
	  .hands = 3,
	  .loss_percent = 12,
	  .speaking = {(char *)"Ann, 王小明", sizeof("Ann, 王小明") - 1}}},
	{"a little loss is not told",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 3600000,
	  .n = 2,
	  .loss_percent = 2}},
	{"muted, hand up, recorded",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 36610000,
	  .muted = true,
	  .hand = true,
	  .recording = true,
	  .n = 2,
	  .hands = 1}},
	{"only listening, in another window",
	 {.state = CALL_BAR_JOINED,
	  .since_ms = NOW - 60000,
	  .listen_only = true,
	  .muted = true,
	  .n = 3}},
	{"a live lesson that we lead, recorded and locked",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 60000,
	  .live = true,
	  .host = true,
	  .may_speak = true,
	  .locked = true,
	  .recording = true,
	  .n = 25,
	  .hands = 2}},
	{"in the audience of a live lesson",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 60000,
	  .live = true,
	  .muted = true,
	  .n = 25}},
	{"with the floor",
	 {.state = CALL_BAR_JOINED,
	  .here = true,
	  .since_ms = NOW - 60000,
	  .live = true,
	  .may_speak = true,
	  .muted = true,
	  .n = 25}},
	{"a clock that was put back",
	 {.state = CALL_BAR_JOINED, .here = true, .since_ms = NOW + 5000}},
	{"the connection is lost",
	 {.state = CALL_BAR_RECONNECTING, .here = true, .since_ms = NOW - 1000, .n = 2}},
	{"leaving", {.state = CALL_BAR_LEAVING, .here = true, .since_ms = NOW - 1000}},
	{"somebody calls",
	 {.ring_room = "!r:x",
	  .ring_name = {(char *)"Ben", 3},
	  .ring_room_name = {(char *)"Physics", 7},
	  .ring = true}},
	{"somebody without a name", {.ring_room = "!r:x"}},
};

static void put_row(struct buf *b, const struct canvas *c)
{
	for (int x = 0; x < c->w; x++) {
		const struct cell *cell = &c->cells[x];
		if (!cell->width)
			continue;
		utf8_put(b, cell->cp[0] ? cell->cp[0] : ' ');
		for (int i = 1; i <= CELL_MARKS && cell->cp[i]; i++)
			utf8_put(b, cell->cp[i]);
	}
	buf_put_str(b, "|\n");
}

static void put_case(struct buf *b, size_t i, const struct keymap *keys)
{
	static const int widths[] = {120, 80, 50, 24, 9, 2, 1};
	struct theme theme;
	struct canvas c;
	struct call_bar_row row = cases[i].row;
	row.room = text("Physics 10b");
	theme_make(&theme, "mono", 0);
	canvas_init(&c, &theme);
	buf_printf(b, "%s\n", cases[i].what);
	for (size_t k = 0; k < ARRAY_LEN(widths); k++) {
		canvas_resize(&c, widths[k], 1);
		canvas_clear(&c);
		phone_bar_draw(&row, keys, NOW, &c, canvas_all(&c));
		put_row(b, &c);
	}
	canvas_done(&c);
}

static void test_bar(void **state)
{
	struct buf now = BUF_INIT(BUF_CAP_OWN), want = BUF_INIT(BUF_CAP_OWN);
	struct keymap *keys;
	struct err err;
	const char *update = getenv("UPDATE_GOLDEN");
	(void)state;
	assert_int_equal(keymap_new("default", NULL, &keys, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		put_case(&now, i, keys);
	if (update && *update)
		assert_int_equal(fs_write_atomic(GOLDEN, buf_span(&now), 0644, &err), 0);
	assert_int_equal(fs_read(GOLDEN, &want, &err), 0);
	assert_string_equal(buf_str(&now), buf_str(&want));
	keymap_free(keys);
	buf_done(&now);
	buf_done(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bar)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
