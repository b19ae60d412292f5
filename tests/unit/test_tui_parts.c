/* The TUI's parts that know no terminal: keys, keymaps, text being written, cells. */
#include "core/base/mem.h"
#include "tui/edit.h"
#include "tui/flow.h"
#include "tui/input.h"
#include "tui/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void put_key(const struct key *k, void *arg)
{
	struct buf *b = arg;
	if (b->n)
		buf_put_char(b, ' ');
	if (k->code == KC_PASTE) {
		buf_printf(b, "[%.*s]", SPAN_ARG(k->paste));
	} else if (k->code == KC_MOUSE) {
		buf_printf(b, "mouse%d:%d@%d,%d", (int)k->mouse, k->button, k->x, k->y);
	} else if (k->code == KC_FOCUS_IN || k->code == KC_FOCUS_OUT) {
		buf_put_str(b, k->code == KC_FOCUS_IN ? "in" : "out");
	} else {
		key_put_name(b, k);
	}
}

/* Fed in pieces of every size, the keys are the same. */
static void expect_keys(const char *bytes, size_t n, const char *want)
{
	for (size_t piece = 1; piece <= n; piece++) {
		struct input in;
		struct buf got = BUF_INIT(1 << 20);
		input_init(&in);
		for (size_t i = 0; i < n; i += piece)
			input_feed(&in, (struct span){bytes + i, n - i < piece ? n - i : piece},
				   put_key, &got);
		input_timeout(&in, put_key, &got);
		assert_string_equal(buf_str(&got), want);
		assert_false(input_waits(&in));
		buf_done(&got);
		input_done(&in);
	}
}

#define KEYS(bytes, want) expect_keys(bytes, sizeof(bytes) - 1, want)

static void test_keys(void **state)
{
	(void)state;
	KEYS("aé你😀", "a é 你 😀");
	KEYS("\r\t\177\b", "Enter Tab Backspace Backspace");
	KEYS("\001\032\037\000", "Ctrl-A Ctrl-Z Ctrl-_ Ctrl-Space");
	KEYS("\033[A\033OB\033[1;5C\033[1;2D", "↑ ↓ Ctrl-→ Shift-←");
	KEYS("\033[5~\033[3;3~\033[Z\033OP\033[24~", "PgUp Alt-Del Shift-Tab F1 F12");
	KEYS("\033a\033\r\033你", "Alt-a Alt-Enter Alt-你");
	KEYS("\033", "Esc");
	KEYS("\033\033[A", "Esc ↑");
	KEYS("\033[13;2u\033[107;5u\033[27;5;9~", "Shift-Enter Ctrl-K Ctrl-Tab");
	KEYS("\033[<0;10;5M\033[<0;10;5m\033[<64;1;1M\033[<32;3;2M",
	     "mouse0:0@9,4 mouse1:0@9,4 mouse3:0@0,0 mouse2:0@2,1");
	KEYS("\033[I\033[Ox", "in out x");
}

static void test_paste(void **state)
{
	(void)state;
	KEYS("\033[200~one\ntwo\033[A\033[201~x", "[one\ntwo\033[A] x");
	KEYS("\033[200~\033[20\033[201\033[201~", "[\033[20\033[201]");
	KEYS("\033[200~\033[201~", "[]");
}

static void test_rubbish(void **state)
{
	(void)state;
	KEYS("\xff\xfe\x80z", "z");
	KEYS("\xe4\xbdz", "z");
	KEYS("\033[999999999999999;;;;;;;;;;;;;~z", "z");
	KEYS("\033[?1;2cz", "z");
	KEYS("\xc2\x9bz", "z"); /* a C1 control in UTF-8 */
}

static void test_key_names(void **state)
{
	(void)state;
	static const char *const good[] = {"a",		"ctrl-k",     "alt-up", "f12", "space",
					   "shift-tab", "ctrl-alt-x", "?",	"é"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct key k;
		assert_true(key_parse(span_of(good[i]), &k));
	}
	static const char *const bad[] = {"", "ctrl-", "f13", "f0", "ab", "hyper-x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct key k;
		assert_false(key_parse(span_of(bad[i]), &k));
	}
}

/* -- Keymaps ------------------------------------------------------------------------ */

static enum action find(struct keymap *m, enum place p, const char *name)
{
	struct key k;
	bool more;
	assert_true(key_parse(span_of(name), &k));
	return keymap_find(m, p, &k, &more);
}

static void test_keymap(void **state)
{
	(void)state;
	struct keymap *m;
	struct err err;
	assert_int_equal(keymap_new("default", "ctrl-g=switch, composer:ctrl-a=editor,f1=", &m,
				    &err),
			 0);
	assert_int_equal(find(m, PLACE_ALL, "ctrl-k"), ACT_SWITCH);
	assert_int_equal(find(m, PLACE_ALL, "ctrl-g"), ACT_SWITCH);
	assert_int_equal(find(m, PLACE_COMPOSER, "ctrl-a"), ACT_EDITOR);
	assert_int_equal(find(m, PLACE_ALL, "f1"), ACT_NONE);
	assert_int_equal(find(m, PLACE_MESSAGES, "d"), ACT_DELETE);
	keymap_free(m);
	assert_int_equal(keymap_new("default", "ctrl-g=fly", &m, &err), ERR_INVALID);
	assert_non_null(strstr(err.msg, "ctrl-g=fly"));
}

static void test_vim_sequences(void **state)
{
	(void)state;
	struct keymap *m;
	assert_int_equal(keymap_new("vim", NULL, &m, NULL), 0);
	assert_int_equal(find(m, PLACE_MESSAGES, "d"), ACT_NONE);
	assert_int_equal(find(m, PLACE_MESSAGES, "d"), ACT_DELETE);
	assert_int_equal(find(m, PLACE_MESSAGES, "y"), ACT_NONE);
	assert_int_equal(find(m, PLACE_MESSAGES, "l"), ACT_COPY_LINK);
	assert_int_equal(find(m, PLACE_MESSAGES, "g"), ACT_NONE);
	assert_int_equal(find(m, PLACE_MESSAGES, "j"), ACT_DOWN);
	assert_int_equal(find(m, PLACE_COMPOSER, "esc"), ACT_SELECT);
	keymap_free(m);
}

/* Every action has a name of its own and a sentence, so help and settings are whole. */
static void test_actions(void **state)
{
	(void)state;
	for (int a = 1; a < ACT_COUNT; a++) {
		assert_non_null(action_name((enum action)a));
		assert_non_null(action_what((enum action)a));
		for (int b = 1; b < a; b++)
			assert_string_not_equal(action_name((enum action)a),
						action_name((enum action)b));
	}
}

/* -- Text being written -------------------------------------------------------------- */

static void test_edit_moves(void **state)
{
	(void)state;
	struct edit e;
	edit_init(&e, false);
	edit_insert(&e, span_of("one 👩‍👩‍👧 你好"));
	edit_act(&e, ACT_LEFT);
	edit_act(&e, ACT_DEL_LEFT);
	assert_string_equal(edit_text(&e), "one 👩‍👩‍👧 好");
	edit_act(&e, ACT_LEFT);
	edit_act(&e, ACT_DEL_LEFT); /* a family is one character */
	assert_string_equal(edit_text(&e), "one  好");
	edit_act(&e, ACT_LINE_START);
	assert_false(edit_act(&e, ACT_LEFT));
	edit_act(&e, ACT_WORD_RIGHT);
	assert_int_equal(e.at, 3);
	edit_act(&e, ACT_KILL_LINE);
	edit_act(&e, ACT_YANK);
	edit_act(&e, ACT_YANK);
	assert_string_equal(edit_text(&e), "one  好  好");
	edit_done(&e);
}

static void test_edit_undo(void **state)
{
	(void)state;
	struct edit e;
	edit_init(&e, false);
	for (const char *p = "ab cd"; *p; p++)
		edit_insert(&e, (struct span){p, 1});
	assert_true(edit_act(&e, ACT_UNDO));
	assert_true(edit_act(&e, ACT_UNDO));
	assert_string_equal(edit_text(&e), "ab");
	assert_true(edit_act(&e, ACT_REDO));
	assert_true(edit_act(&e, ACT_REDO));
	assert_string_equal(edit_text(&e), "ab cd");
	assert_false(edit_act(&e, ACT_REDO));
	edit_done(&e);
}

static void test_edit_lines(void **state)
{
	(void)state;
	struct edit e;
	struct span s;
	int line, column;
	edit_init(&e, false);
	edit_insert(&e, span_of("a long line\n\n你好世界 x"));
	assert_int_equal(edit_wrap(&e, 7, &line, &column), 5);
	assert_int_equal(line, 4);
	assert_int_equal(column, 4);
	assert_true(edit_line(&e, 7, 0, &s));
	assert_true(span_eq_str(s, "a long "));
	assert_true(edit_line(&e, 7, 3, &s));
	assert_true(span_eq_str(s, "你好世"));
	assert_false(edit_line(&e, 7, 5, &s));
	while (edit_vertical(&e, 7, -1))
		;
	edit_wrap(&e, 7, &line, &column);
	assert_int_equal(line, 0);
	assert_int_equal(column, 4);
	/* Widths that hold nothing are survived. */
	for (int w = -1; w < 3; w++)
		assert_true(edit_wrap(&e, w, &line, &column) > 0);
	edit_done(&e);
}

static void test_edit_foreign(void **state)
{
	(void)state;
	struct edit e;
	edit_init(&e, true);
	edit_insert(&e, span_of("a\033[31mb\r\nc\td\xff"));
	assert_string_equal(edit_text(&e), "a[31mb c d");
	AUTO_FREE char *much = mem_alloc(EDIT_MAX + 1);
	memset(much, 'x', EDIT_MAX);
	assert_false(edit_insert(&e, span_of(much)));
	edit_done(&e);
}

/* -- Cells ------------------------------------------------------------------------------ */

static void expect_row(struct canvas *c, int y, const char *want)
{
	struct buf b = BUF_INIT(10000);
	for (int x = 0; x < c->w; x++) {
		const struct cell *cell = &c->cells[y * c->w + x];
		if (cell->width)
			utf8_put(&b, cell->cp[0] ? cell->cp[0] : '.');
	}
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void test_canvas(void **state)
{
	(void)state;
	struct theme t;
	struct canvas c;
	theme_make(&t, "default", 256);
	canvas_init(&c, &t);
	canvas_resize(&c, 8, 2);
	draw_text(&c, canvas_all(&c), 0, 0, span_of("你好世界!"), ROLE_TEXT);
	expect_row(&c, 0, "你好世界");
	draw_text(&c, canvas_all(&c), 1, 0, span_of("x"), ROLE_TEXT);
	expect_row(&c, 0, ".x好世界");
	draw_text(&c, (struct rect){2, 0, 3, 1}, 2, 0, span_of("你好"), ROLE_TEXT);
	expect_row(&c, 0, ".x你 .界");
	draw_fit(&c, canvas_all(&c), 0, 1, 5, span_of("abcdefgh"), ROLE_TEXT);
	expect_row(&c, 1, "abcd…...");
	draw_text(&c, canvas_all(&c), -1, 1, span_of("\033你\a"), ROLE_TEXT);
	expect_row(&c, 1, "你\uFFFDd…...");
	/* Outside in every direction. */
	for (int y = -3; y < 5; y++)
		for (int x = -20; x < 20; x++) {
			draw_text(&c, canvas_all(&c), x, y, span_of("你e\xcc\x81好"), ROLE_TEXT);
			draw_box(&c, (struct rect){x, y, x, y}, "title");
		}
	canvas_done(&c);
}

static int flow_height(const char *text, int width)
{
	struct flow f = flow_new(NULL, (struct rect){0, 0, width, 1}, 0);
	flow_text(&f, span_of(text), (struct look){-1, -1, 0});
	return f.y + 1;
}

static void test_flow(void **state)
{
	(void)state;
	assert_int_equal(flow_height("hello world", 11), 1);
	assert_int_equal(flow_height("hello world", 10), 2);
	assert_int_equal(flow_height("hello world", 5), 2);
	assert_int_equal(flow_height("helloworld", 4), 3);
	assert_int_equal(flow_height("你好世界", 8), 1);
	assert_int_equal(flow_height("你好世界", 7), 2);
	assert_int_equal(flow_height("你好世。", 6), 2);
	assert_int_equal(flow_height("你", 1), 1);
	assert_int_equal(flow_height("a\nb", 5), 2);
	struct theme t;
	struct canvas c;
	theme_make(&t, "mono", 0);
	canvas_init(&c, &t);
	canvas_resize(&c, 6, 2);
	struct flow f = flow_new(&c, canvas_all(&c), 0);
	flow_text(&f, span_of("你好世。x"), (struct look){-1, -1, 0});
	expect_row(&c, 0, "你好..");
	expect_row(&c, 1, "世。x.");
	canvas_done(&c);
}

static void test_list(void **state)
{
	(void)state;
	struct list l = {.count = 0};
	list_act(&l, ACT_DOWN);
	assert_int_equal(l.chosen, 0);
	list_count(&l, 10);
	list_act(&l, ACT_BOTTOM);
	assert_int_equal(l.chosen, 9);
	assert_int_equal(list_first(&l, 4), 6);
	list_act(&l, ACT_PAGE_UP);
	assert_int_equal(l.chosen, 6);
	list_count(&l, 2);
	assert_int_equal(l.chosen, 1);
	assert_int_equal(list_first(&l, 4), 0);
	assert_int_equal(list_row_at(&l, 1), 1);
	assert_int_equal(list_row_at(&l, 3), SIZE_MAX);
}

/* A paste without a line's end: words are found in one pass. */
static void test_long_line(void **state)
{
	struct edit e;
	struct buf b = BUF_INIT(EDIT_MAX);
	(void)state;
	edit_init(&e, false);
	buf_put_str(&b, "first ");
	while (b.n < EDIT_MAX - 8)
		buf_put_str(&b, "a€");
	assert_true(edit_insert(&e, buf_span(&b)));
	for (int i = 0; i < 20; i++) {
		assert_true(edit_act(&e, ACT_WORD_LEFT));
		assert_int_equal(e.at, 6);
		edit_act(&e, ACT_LINE_END);
	}
	edit_act(&e, ACT_DEL_WORD);
	assert_string_equal(edit_text(&e), "first ");
	edit_act(&e, ACT_DEL_WORD);
	assert_string_equal(edit_text(&e), "");
	buf_done(&b);
	edit_done(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	     cmocka_unit_test(test_paste),
		cmocka_unit_test(test_rubbish),	     cmocka_unit_test(test_key_names),
		cmocka_unit_test(test_keymap),	     cmocka_unit_test(test_vim_sequences),
		cmocka_unit_test(test_actions),	     cmocka_unit_test(test_edit_moves),
		cmocka_unit_test(test_edit_undo),    cmocka_unit_test(test_edit_lines),
		cmocka_unit_test(test_edit_foreign), cmocka_unit_test(test_canvas),
		cmocka_unit_test(test_flow),	     cmocka_unit_test(test_list),
		cmocka_unit_test(test_long_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
