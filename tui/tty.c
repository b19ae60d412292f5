#include "tui/tty.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/lib.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define NCURSES_NOMACROS /* functions by their names: they are loaded */
#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define LIB_NCURSES(F)        \
	F(tigetstr)           \
	F(resizeterm)         \
	F(alloc_pair)         \
	F(setcchar)           \
	F(mvadd_wch)          \
	F(clearok)            \
	F(move)               \
	F(curs_set)           \
	F(refresh)            \
	F(has_colors)         \
	F(start_color)        \
	F(use_default_colors) \
	F(raw)                \
	F(noecho)             \
	F(nonl)               \
	F(keypad)             \
	F(nodelay)            \
	F(leaveok)            \
	F(idlok)              \
	F(scrollok)           \
	F(setupterm)          \
	F(del_curterm)        \
	F(use_env)            \
	F(newterm)            \
	F(endwin)             \
	F(delscreen)          \
	F(curscr)             \
	F(stdscr)             \
	F(COLORS)             \
	F(cur_term)
LIB_PRIVATE(lib_ncurses, LIB_NCURSES, NCURSES);
static const struct lib_ncurses *nc; /* there as soon as there is a tty */

#define READ_AT_ONCE 4096
#define OSC52_MAX 74994 /* bytes that xterm takes into the clipboard */

/* Bracketed paste, focus reports; then the mouse: presses, drags, in SGR form. */
#define MODES_ON "\033[?2004h\033[?1004h"
#define MODES_OFF "\033[?2004l\033[?1004l"
#define MOUSE_ON "\033[?1000h\033[?1002h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

struct tty {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_timer *esc;
	const struct tty_handler *h;
	void *arg;
	struct input in;
	struct theme theme;
	SCREEN *screen;
	bool mouse, colours, whole;
	struct canvas shown; /* what ncurses was told last */
};

/* -- Putting the terminal back, from a signal handler too --------------------- */

static struct termios before;
static volatile sig_atomic_t taken;
static char last_words[512];
static size_t last_words_n;
static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
static struct sigaction deadly_before[ARRAY_LEN(deadly)];

static void put_back(void)
{
	if (!taken)
		return;
	taken = 0;
	ssize_t ignored = write(STDOUT_FILENO, last_words, last_words_n);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void on_crash(int signum)
{
	put_back();
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
		if (deadly[i] == signum)
			sigaction(signum, &deadly_before[i], NULL);
	raise(signum);
}

static void guard_crashes(bool on)
{
	struct sigaction sa = {.sa_handler = on_crash};
	for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
		sigaction(deadly[i], on ? &sa : &deadly_before[i], on ? &deadly_before[i] : NULL);
}

/* What a dying process has no time to ask terminfo for. */
static void keep_last_words(void)
{
	const char *off = nc->tigetstr("rmcup"), *plain = nc->tigetstr("sgr0"),
		   *cursor = nc->tigetstr("cnorm");
	const char *parts[] = {MOUSE_OFF MODES_OFF, plain, cursor, off};
	last_words_n = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *p = parts[i];
		size_t n = p && p != (const char *)-1 ? strlen(p)
						      : 0; /* NOLINT: as terminfo says it */
		if (!n || last_words_n + n > sizeof(last_words))
			continue;
		memcpy(last_words + last_words_n, p, n); /* NOLINT: bytes, ended by their number */
		last_words_n += n;
	}
}

/* -- Writing beside ncurses --------------------------------------------------- */

static void write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(STDOUT_FILENO, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

static void write_str(const char *s)
{
	write_all(s, strlen(s));
}

/* xterm and those like it; others might show such sequences as letters. */
static bool is_like_xterm(void)
{
	static const char *const kin[] = {"xterm",     "tmux", "screen",  "rxvt",
					  "alacritty", "foot", "kitty",	  "wezterm",
					  "st-",       "vte",  "contour", "ghostty"};
	const char *name = getenv("TERM");
	for (size_t i = 0; name && i < ARRAY_LEN(kin); i++)
		if (!strncmp(name, kin[i], strlen(kin[i])))
			return true;
	return false;
}

static void modes(const struct tty *t, bool on)
{
	if (!is_like_xterm())
		return;
	write_str(on ? MODES_ON : MODES_OFF);
	if (t->mouse)
		write_str(on ? MOUSE_ON : MOUSE_OFF);
}

/* -- Keys ----------------------------------------------------------------------- */

static void on_key(const struct key *k, void *arg)
{
	struct tty *t = arg;
	t->h->key(k, t->arg);
}

static void wait_for_more(struct tty *t)
{
	if (input_waits(&t->in))
		loop_timer_start(t->esc, INPUT_ESC_MS, 0);
	else
		loop_timer_stop(t->esc);
}

static void on_esc_alone(void *arg)
{
	struct tty *t = arg;
	input_timeout(&t->in, on_key, t);
}

static void on_readable(void *arg)
{
	struct tty *t = arg;
	char bytes[READ_AT_ONCE];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n > 0) {
		input_feed(&t->in, (struct span){bytes, (size_t)n}, on_key, t);
		wait_for_more(t);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		loop_watch_free(take(&t->watch));
		t->h->gone(t->arg);
	}
}

/* -- Size ----------------------------------------------------------------------- */

static void ask_size(int *ret_w, int *ret_h)
{
	struct winsize ws = {.ws_row = 0};
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) != 0 || !ws.ws_row || !ws.ws_col) {
		ws.ws_row = 24;
		ws.ws_col = 80;
	}
	*ret_w = ws.ws_col < CANVAS_SIDE_MAX ? ws.ws_col : CANVAS_SIDE_MAX;
	*ret_h = ws.ws_row < CANVAS_SIDE_MAX ? ws.ws_row : CANVAS_SIDE_MAX;
}

static void on_winch(void *arg)
{
	struct tty *t = arg;
	int w, h;
	ask_size(&w, &h);
	nc->resizeterm(h, w);
	t->whole = true;
	t->h->resized(t->arg, w, h);
}

static struct tty *the_tty; /* signals last as long as the loop; the terminal may not */

static void on_winch_signal(void *arg)
{
	(void)arg;
	if (the_tty && taken)
		on_winch(the_tty);
}

static void on_end_signal(void *arg)
{
	(void)arg;
	if (the_tty)
		the_tty->h->gone(the_tty->arg);
}

void tty_size(const struct tty *t, int *ret_w, int *ret_h)
{
	(void)t;
	ask_size(ret_w, ret_h);
}

/* -- Painting --------------------------------------------------------------------- */

static attr_t attrs_of(struct look l)
{
	attr_t a = 0;
	a |= l.attrs & ATTR_BOLD ? A_BOLD : 0;
	a |= l.attrs & ATTR_DIM ? A_DIM : 0;
	a |= l.attrs & ATTR_UNDERLINE ? A_UNDERLINE : 0;
	a |= l.attrs & ATTR_REVERSE ? A_REVERSE : 0;
	a |= l.attrs & ATTR_ITALIC ? A_ITALIC : 0;
	return a; /* ncurses knows no struck-out letters: whoever draws adds a sign */
}

/* A character that the C library gives another width than we do would shift the row. */
static wchar_t safe_wide(uint32_t cp, int width)
{
	if (!cp)
		return L' ';
	if (wcwidth((wchar_t)cp) == width)
		return (wchar_t)cp;
	return width == 2 ? 0x3013 /* 〓 */ : width == 1 ? 0xFFFD : 0;
}

static void make_cchar(const struct tty *t, const struct cell *c, cchar_t *ret)
{
	wchar_t wide[CCHARW_MAX + 1] = {safe_wide(c->cp[0], c->width)};
	int n = 1;
	for (int i = 1; i <= CELL_MARKS && c->cp[i]; i++) {
		wchar_t mark = safe_wide(c->cp[i], 0);
		if (mark && n < CCHARW_MAX)
			wide[n++] = mark;
	}
	int pair = t->colours ? nc->alloc_pair(c->look.fg, c->look.bg) : 0;
	if (pair < 0)
		pair = 0;
	nc->setcchar(ret, wide, attrs_of(c->look), pair > INT16_MAX ? 0 : (short)pair, &pair);
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	return a->width == b->width && !memcmp(a->cp, b->cp, sizeof(a->cp)) &&
	       a->look.fg == b->look.fg && a->look.bg == b->look.bg &&
	       a->look.attrs == b->look.attrs;
}

static void paint_row(const struct tty *t, const struct canvas *c, int y)
{
	const struct cell *row = &c->cells[y * c->w];
	for (int x = 0; x < c->w; x += row[x].width ? row[x].width : 1) {
		cchar_t ch;
		if (!row[x].width)
			continue;
		make_cchar(t, &row[x], &ch);
		nc->mvadd_wch(y, x, &ch);
	}
}

static bool same_row(const struct canvas *a, const struct canvas *b, int y)
{
	for (int x = 0; x < a->w; x++)
		if (!same_cell(&a->cells[y * a->w + x], &b->cells[y * b->w + x]))
			return false;
	return true;
}

void tty_paint(struct tty *t, const struct canvas *c)
{
	if (!taken)
		return;
	bool all = t->whole || t->shown.w != c->w || t->shown.h != c->h;
	if (all)
		canvas_resize(&t->shown, c->w, c->h);
	if (t->whole)
		nc->clearok(*nc->curscr, TRUE);
	t->whole = false;
	for (int y = 0; y < c->h; y++)
		if (all || !same_row(c, &t->shown, y))
			paint_row(t, c, y);
	memcpy(t->shown.cells, c->cells, (size_t)c->w * (size_t)c->h * sizeof(*c->cells));
	if (c->cursor_x >= 0) {
		nc->move(c->cursor_y, c->cursor_x);
		nc->curs_set(1);
	} else {
		nc->curs_set(0);
	}
	nc->refresh();
}

void tty_redraw_all(struct tty *t)
{
	t->whole = true;
}

/* -- Taking and giving back --------------------------------------------------------- */

static void start_colours(struct tty *t, const char *theme)
{
	int n = 0;
	if (!theme_no_color() && nc->has_colors()) {
		nc->start_color();
		nc->use_default_colors();
		n = *nc->COLORS;
	}
	theme_make(&t->theme, theme, n);
	t->colours = n >= 8 && strcmp(theme, "mono") != 0;
}

static void take_modes(struct tty *t)
{
	nc->raw();
	nc->noecho();
	nc->nonl();
	nc->keypad(*nc->stdscr, FALSE);
	nc->nodelay(*nc->stdscr, TRUE);
	nc->leaveok(*nc->stdscr, FALSE);
	nc->idlok(*nc->stdscr, FALSE);
	nc->scrollok(*nc->stdscr, FALSE);
	taken = 1;
	modes(t, true);
}

/* ncurses takes characters by the locale; where that is none of UTF-8, only the letters change. */
static void want_utf8(void)
{
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static bool can_move(const char *name)
{
	int status;
	if (nc->setupterm(name, STDOUT_FILENO, &status) != OK || status != 1)
		return false;
	const char *cup = nc->tigetstr("cup");
	bool can = cup && cup != (const char *)-1; /* NOLINT: as terminfo says it */
	nc->del_curterm(*nc->cur_term);
	return can;
}

int tty_new(struct loop *l, const struct tty_options *o, const struct tty_handler *h, void *arg,
	    struct tty **ret, struct err *err)
{
	const char *name = getenv("TERM");
	nc = lib_ncurses(err);
	if (!nc)
		return ERR_UNSUPPORTED;
	if (!name || !can_move(name)) {
		err_set(err, ERR_UNSUPPORTED, _("the terminal type %s is not known here"),
			name && *name ? name : "\"\"");
		err_hint(err, _("set TERM to the right one, or use muster --linear"));
		return ERR_UNSUPPORTED;
	}
	want_utf8();
	struct tty *t = NEW(struct tty);
	*t = (struct tty){.loop = l, .h = h, .arg = arg, .mouse = o->mouse, .whole = true};
	tcgetattr(STDIN_FILENO, &before);
	nc->use_env(FALSE); /* the size is the terminal's, not LINES and COLUMNS */
	loop_on_signal(l, SIGWINCH, on_winch_signal, NULL);
	loop_on_signal(l, SIGTERM, on_end_signal, NULL);
	loop_on_signal(l, SIGHUP, on_end_signal, NULL);
	t->screen = nc->newterm(NULL, stdout, stdin);
	if (!t->screen) {
		mem_free(t);
		return err_set(err, ERR_UNSUPPORTED, _("the terminal cannot be used"));
	}
	the_tty = t;
	int w, hh;
	ask_size(&w, &hh);
	nc->resizeterm(hh, w);
	start_colours(t, o->theme);
	keep_last_words();
	guard_crashes(true);
	take_modes(t);
	input_init(&t->in);
	canvas_init(&t->shown, &t->theme);
	t->esc = loop_timer_new(l, on_esc_alone, t);
	t->watch = loop_watch_new(l, STDIN_FILENO, on_readable, t);
	*ret = t;
	return 0;
}

static void give_back(struct tty *t)
{
	modes(t, false);
	nc->curs_set(1);
	nc->endwin();
	taken = 0;
}

void tty_free(struct tty *t)
{
	if (!t)
		return;
	give_back(t);
	guard_crashes(false);
	the_tty = NULL;
	nc->delscreen(t->screen);
	loop_watch_free(t->watch);
	loop_timer_free(t->esc);
	input_done(&t->in);
	canvas_done(&t->shown);
	mem_free(t);
}

void tty_release(struct tty *t)
{
	loop_watch_free(take(&t->watch));
	loop_timer_stop(t->esc);
	give_back(t);
	signal(SIGINT, SIG_IGN); /* Ctrl-C and Ctrl-\ are the other program's */
	signal(SIGQUIT, SIG_IGN);
}

void tty_take(struct tty *t)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	take_modes(t);
	t->watch = loop_watch_new(t->loop, STDIN_FILENO, on_readable, t);
	on_winch(t);
}

void tty_suspend(struct tty *t)
{
	tty_release(t);
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	tty_take(t);
}

const struct theme *tty_theme(const struct tty *t)
{
	return &t->theme;
}

/* -- What ncurses has no word for ------------------------------------------------------ */

static void put_osc(const char *number, const char *text)
{
	if (!is_like_xterm() || !taken)
		return;
	struct buf b = BUF_INIT(8192), clean = BUF_INIT(4096);
	text_put(&clean, span_head(span_of(text), 1000), TEXT_LINE);
	buf_printf(&b, "\033]%s;%s\007", number, buf_str(&clean));
	write_all(buf_str(&b), b.n);
	buf_done(&b);
	buf_done(&clean);
}

void tty_title(struct tty *t, const char *title)
{
	(void)t;
	put_osc("2", title);
}

void tty_notice(struct tty *t, const char *text)
{
	(void)t;
	put_osc("9", text);
}

void tty_bell(struct tty *t)
{
	(void)t;
	if (taken)
		write_str("\007");
}

void tty_copy(struct tty *t, struct span text)
{
	(void)t;
	if (!is_like_xterm() || !taken)
		return;
	struct buf b = BUF_INIT(200000);
	buf_put_str(&b, "\033]52;c;");
	text = span_head(text, OSC52_MAX);
	base64_put(&b, text.p, text.n);
	buf_put_char(&b, '\007');
	write_all(buf_str(&b), b.n);
	buf_done(&b);
}
