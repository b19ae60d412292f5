#include "tests/lib/vterm.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

struct vt {
	VTerm *vt;
	VTermScreen *screen;
	int fd; /* of the pty; -1 when the program has closed it */
	pid_t pid;
	int status; /* -1: runs */
	int w, h;
	VTermPos cursor;
	bool cursor_shown, blind;
	size_t bytes;
	int notices, notice_at; /* OSC 9 seen; how much of the next one's beginning */
	char title[256];
	size_t title_n;
};

/* -- What the terminal is told ------------------------------------------------------- */

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *arg)
{
	(void)old;
	(void)visible;
	((struct vt *)arg)->cursor = pos;
	return 1;
}

static void count_notices(struct vt *v, const char *p, size_t n)
{
	static const char begin[] = "\033]9;";
	for (size_t i = 0; i < n; i++) {
		v->notice_at = p[i] == begin[v->notice_at] ? v->notice_at + 1 : p[i] == begin[0];
		if (begin[v->notice_at])
			continue;
		v->notices++;
		v->notice_at = 0;
	}
}

/* A title comes as a string in 0.1 and as a piece of one from 0.2 on. */
#if defined(VTERM_VERSION_MINOR) && VTERM_VERSION_MINOR < 2 && VTERM_VERSION_MAJOR == 0
static void take_title(struct vt *v, const VTermValue *val)
{
	snprintf(v->title, sizeof(v->title), "%s", val->string);
}
#else
static void take_title(struct vt *v, const VTermValue *val)
{
	if (val->string.initial)
		v->title_n = 0;
	size_t n = val->string.len;
	if (n > sizeof(v->title) - 1 - v->title_n)
		n = sizeof(v->title) - 1 - v->title_n;
	memcpy(v->title + v->title_n, val->string.str, n);
	v->title_n += n;
	v->title[v->title_n] = '\0';
}
#endif

static int on_prop(VTermProp prop, VTermValue *val, void *arg)
{
	struct vt *v = arg;
	if (prop == VTERM_PROP_CURSORVISIBLE)
		v->cursor_shown = val->boolean;
	else if (prop == VTERM_PROP_TITLE)
		take_title(v, val);
	return 1;
}

static const VTermScreenCallbacks callbacks = {.movecursor = on_cursor, .settermprop = on_prop};

/* Answers to the program's questions. */
static void on_answer(const char *s, size_t n, void *arg)
{
	vt_write(arg, s, n);
}

/* -- Life ------------------------------------------------------------------------------- */

struct vt *vt_start(const char *const *argv, const char *term, int w, int h)
{
	struct winsize ws = {.ws_row = (unsigned short)h, .ws_col = (unsigned short)w};
	int fd;
	pid_t pid = forkpty(&fd, NULL, NULL, &ws);
	if (pid < 0)
		return NULL;
	if (pid == 0) {
		setenv("TERM", term, 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	struct vt *v = NEW(struct vt);
	*v = (struct vt){.fd = fd, .pid = pid, .status = -1, .w = w, .h = h, .cursor_shown = true};
	v->vt = vterm_new(h, w);
	vterm_set_utf8(v->vt, 1);
	vterm_output_set_callback(v->vt, on_answer, v);
	v->screen = vterm_obtain_screen(v->vt);
	vterm_screen_set_callbacks(v->screen, &callbacks, v);
	vterm_screen_enable_altscreen(v->screen, 1);
	vterm_screen_reset(v->screen, 1);
	return v;
}

static bool reap(struct vt *v, bool wait)
{
	int status;
	if (v->status >= 0)
		return true;
	if (waitpid(v->pid, &status, wait ? 0 : WNOHANG) != v->pid)
		return false;
	v->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

void vt_free(struct vt *v)
{
	if (!v)
		return;
	if (!reap(v, false)) {
		kill(v->pid, SIGKILL);
		reap(v, true);
	}
	if (v->fd >= 0)
		close(v->fd);
	vterm_free(v->vt);
	mem_free(v);
}

pid_t vt_pid(const struct vt *v)
{
	return v->pid;
}

/* -- In and out ----------------------------------------------------------------------------- */

void vt_write(struct vt *v, const void *p, size_t n)
{
	while (n && v->fd >= 0) {
		ssize_t done = write(v->fd, p, n);
		if (done < 0 && errno == EAGAIN) {
			/* It has no time to read while we do not read. */
			if (!vt_pump(v, 1000) && reap(v, false))
				return;
			continue;
		}
		if (done <= 0)
			return;
		p = (const char *)p + done;
		n -= (size_t)done;
	}
}

void vt_blind(struct vt *v)
{
	v->blind = true;
}

bool vt_pump(struct vt *v, int ms)
{
	char piece[65536];
	bool some = false;
	while (v->fd >= 0) {
		struct pollfd pf = {.fd = v->fd, .events = POLLIN};
		if (poll(&pf, 1, some ? 0 : ms) <= 0)
			break;
		ssize_t n = read(v->fd, piece, sizeof(piece));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		some = true;
		if (n <= 0) {
			close(v->fd);
			v->fd = -1;
			break;
		}
		v->bytes += (size_t)n;
		count_notices(v, piece, (size_t)n);
		if (!v->blind)
			vterm_input_write(v->vt, piece, (size_t)n);
	}
	return some;
}

int vt_notices(const struct vt *v)
{
	return v->notices;
}

size_t vt_bytes(const struct vt *v)
{
	return v->bytes;
}

const char *vt_title(const struct vt *v)
{
	return v->title;
}

void vt_resize(struct vt *v, int w, int h)
{
	struct winsize ws = {.ws_row = (unsigned short)h, .ws_col = (unsigned short)w};
	vt_pump(v, 0);
	v->w = w;
	v->h = h;
	if (!v->blind)
		vterm_set_size(v->vt, h, w);
	if (v->fd >= 0)
		ioctl(v->fd, TIOCSWINSZ, &ws);
}

static const struct {
	const char *name, *bytes;
} keys[] = {
	{"enter", "\r"},
	{"tab", "\t"},
	{"backspace", "\177"},
	{"esc", "\033"},
	{"up", "\033OA"},
	{"down", "\033OB"},
	{"right", "\033OC"},
	{"left", "\033OD"},
	{"home", "\033OH"},
	{"end", "\033OF"},
	{"pageup", "\033[5~"},
	{"pagedown", "\033[6~"},
	{"delete", "\033[3~"},
	{"insert", "\033[2~"},
	{"shift-tab", "\033[Z"},
	{"f1", "\033OP"},
	{"alt-up", "\033[1;3A"},
	{"alt-down", "\033[1;3B"},
	{"ctrl-up", "\033[1;5A"},
	{"ctrl-home", "\033[1;5H"},
	{"ctrl-end", "\033[1;5F"},
	{"alt-enter", "\033\r"},
	{"space", " "},
	{"focus-in", "\033[I"},
	{"focus-out", "\033[O"},
};

bool vt_key(struct vt *v, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(keys[i].name, name)) {
			vt_write(v, keys[i].bytes, strlen(keys[i].bytes));
			return true;
		}
	if (!strncmp(name, "ctrl-", 5) && name[5] && !name[6]) {
		char c = (char)(name[5] & 0x1f);
		vt_write(v, &c, 1);
		return true;
	}
	if (!strncmp(name, "alt-", 4) && name[4]) {
		vt_write(v, "\033", 1);
		name += 4;
	}
	vt_write(v, name, strlen(name));
	return strlen(name) <= 4;
}

/* -- Looking ---------------------------------------------------------------------------------- */

static void get(struct vt *v, int x, int y, VTermScreenCell *ret)
{
	memset(ret, 0, sizeof(*ret));
	vterm_screen_get_cell(v->screen, (VTermPos){.row = y, .col = x}, ret);
	if (ret->chars[0] == (uint32_t)-1)
		ret->chars[0] = 0; /* right half of a wide one */
}

static bool blank(const VTermScreenCell *c)
{
	return !c->chars[0] || c->chars[0] == ' ';
}

static void put_chars(struct buf *b, const VTermScreenCell *c)
{
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && c->chars[i]; i++)
		utf8_put(b, c->chars[i]);
}

static void put_row(struct vt *v, int y, struct buf *b)
{
	size_t end = b->n;
	for (int x = 0; x < v->w;) {
		VTermScreenCell c;
		get(v, x, y, &c);
		if (c.chars[0])
			put_chars(b, &c);
		else
			buf_put_char(b, ' ');
		if (!blank(&c))
			end = b->n;
		x += c.width > 1 ? c.width : 1;
	}
	buf_truncate(b, end);
}

void vt_put_text(struct vt *v, struct buf *b)
{
	for (int y = 0; y < v->h; y++) {
		put_row(v, y, b);
		buf_put_char(b, '\n');
	}
}

static bool shows(struct vt *v, const char *text)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	vt_put_text(v, &b);
	bool found = strstr(buf_str(&b), text) != NULL;
	buf_done(&b);
	return found;
}

bool vt_wait(struct vt *v, const char *text, bool not, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	vt_pump(v, 0);
	while (shows(v, text) == not ) {
		int64_t left = until - clock_mono_ms();
		if (left <= 0 || v->fd < 0)
			return false;
		vt_pump(v, (int)left);
	}
	return true;
}

void vt_settle(struct vt *v, int quiet_ms)
{
	while (vt_pump(v, quiet_ms))
		;
}

int vt_end(struct vt *v, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	while (v->fd >= 0 && clock_mono_ms() < until)
		vt_pump(v, (int)(until - clock_mono_ms()));
	while (!reap(v, false) && clock_mono_ms() < until)
		poll(NULL, 0, 5);
	return v->status;
}

/* -- Golden screens ------------------------------------------------------------------------------ */

static void put_colour(struct buf *b, const VTermColor *c, bool fg)
{
	if (fg ? VTERM_COLOR_IS_DEFAULT_FG(c) : VTERM_COLOR_IS_DEFAULT_BG(c))
		buf_put_char(b, '-');
	else if (VTERM_COLOR_IS_INDEXED(c))
		buf_put_i64(b, c->indexed.idx);
	else
		buf_printf(b, "#%02x%02x%02x", c->rgb.red, c->rgb.green, c->rgb.blue);
}

static void put_look(struct buf *b, const VTermScreenCell *c)
{
	buf_put_str(b, c->attrs.bold ? " bold" : "");
	buf_put_str(b, c->attrs.underline ? " under" : "");
	buf_put_str(b, c->attrs.italic ? " italic" : "");
	buf_put_str(b, c->attrs.reverse ? " reverse" : "");
	buf_put_char(b, ' ');
	put_colour(b, &c->fg, true);
	buf_put_char(b, '/');
	put_colour(b, &c->bg, false);
}

/* Runs of one look. Blanks go with what is left of them: versions of the library differ there. */
static void put_looks(struct vt *v, int y, struct buf *b)
{
	struct buf now = BUF_INIT(200), run = BUF_INIT(200);
	int from = 0, to = -1;
	for (int x = 0; x <= v->w; x++) {
		VTermScreenCell c;
		buf_clear(&now);
		if (x < v->w) {
			get(v, x, y, &c);
			if (blank(&c))
				continue;
			put_look(&now, &c);
		}
		if (x < v->w && to >= 0 && span_eq(buf_span(&now), buf_span(&run))) {
			to = x;
			continue;
		}
		if (to >= 0 && !span_eq_str(buf_span(&run), " -/-"))
			buf_printf(b, "%d: %d-%d%s\n", y, from, to, buf_str(&run));
		buf_clear(&run);
		buf_put_span(&run, buf_span(&now));
		from = to = x;
	}
	buf_done(&now);
	buf_done(&run);
}

void vt_put_dump(struct vt *v, struct buf *b)
{
	for (int y = 0; y < v->h; y++) {
		buf_put_char(b, '|');
		put_row(v, y, b);
		buf_put_char(b, '\n');
	}
	if (v->cursor_shown)
		buf_printf(b, "cursor %d,%d\n", v->cursor.col, v->cursor.row);
	else
		buf_put_str(b, "no cursor\n");
	for (int y = 0; y < v->h; y++)
		put_looks(v, y, b);
}

/* -- Pictures ---------------------------------------------------------------------------------------- */

static void put_rgb(struct vt *v, struct buf *b, VTermColor c, bool fg)
{
	if (fg ? VTERM_COLOR_IS_DEFAULT_FG(&c) : VTERM_COLOR_IS_DEFAULT_BG(&c)) {
		buf_put_str(b, fg ? "#d0d0d0" : "#14161a");
		return;
	}
	vterm_screen_convert_color_to_rgb(v->screen, &c);
	buf_printf(b, "#%02x%02x%02x", c.rgb.red, c.rgb.green, c.rgb.blue);
}

static void put_escaped(struct buf *b, const VTermScreenCell *c)
{
	if (blank(c))
		buf_put_str(b, "&nbsp;");
	else if (c->chars[0] == '<')
		buf_put_str(b, "&lt;");
	else if (c->chars[0] == '&')
		buf_put_str(b, "&amp;");
	else
		put_chars(b, c);
}

static void put_cell(struct vt *v, struct buf *b, int x, int y, const VTermScreenCell *c)
{
	VTermColor fg = c->attrs.reverse ? c->bg : c->fg, bg = c->attrs.reverse ? c->fg : c->bg;
	bool here = v->cursor_shown && v->cursor.col == x && v->cursor.row == y;
	buf_printf(b, "<i style=\"left:%dpx;top:%dpx;width:%dpx;color:", x * 10, y * 20,
		   (c->width > 1 ? c->width : 1) * 10);
	if (c->attrs.reverse && VTERM_COLOR_IS_DEFAULT_BG(&c->bg))
		buf_put_str(b, "#14161a");
	else
		put_rgb(v, b, fg, true);
	buf_put_str(b, ";background:");
	if (c->attrs.reverse && VTERM_COLOR_IS_DEFAULT_FG(&c->fg))
		buf_put_str(b, "#d0d0d0");
	else
		put_rgb(v, b, bg, false);
	buf_printf(b, ";%s%s%s%s\">", c->attrs.bold ? "font-weight:bold;" : "",
		   c->attrs.italic ? "font-style:italic;" : "",
		   c->attrs.underline ? "text-decoration:underline;" : "",
		   here ? "box-shadow:inset 0 0 0 1px #ffffff;" : "");
	put_escaped(b, c);
	buf_put_str(b, "</i>");
}

void vt_put_html(struct vt *v, struct buf *b)
{
	buf_printf(b,
		   "<!doctype html><meta charset=utf-8><style>body{margin:0;background:#14161a;"
		   "width:%dpx;height:%dpx;overflow:hidden}i{position:absolute;height:20px;"
		   "font:16px/20px 'DejaVu Sans Mono','Noto Sans Mono CJK SC','Noto Sans CJK SC',"
		   "'Noto Color Emoji',monospace;font-style:normal;white-space:pre;overflow:hidden}"
		   "</style>\n",
		   v->w * 10, v->h * 20);
	for (int y = 0; y < v->h; y++)
		for (int x = 0; x < v->w;) {
			VTermScreenCell c;
			get(v, x, y, &c);
			put_cell(v, b, x, y, &c);
			x += c.width > 1 ? c.width : 1;
		}
}
