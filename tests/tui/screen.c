/*
 * Plays steps on a program in a terminal:
 *
 *   screen [-s 80x24] [-T xterm-256color] [-t SECONDS] STEP... -- PROGRAM [ARG...]
 *
 *   key:NAME     press (ctrl-k, up, alt-enter, x)      type:TEXT    type it
 *   wait:TEXT    until the screen shows it             gone:TEXT    until it no longer does
 *   golden:FILE  until the screen is what FILE holds; with UPDATE_GOLDEN=1 FILE is written
 *   resize:WxH   text           print the screen       html:FILE    a page that looks like it
 *   click:X,Y    wheel:X,Y      paste:TEXT             title:TEXT   the window's title is that
 *   run:COMMAND  by a shell; must succeed              exit:STATUS  until the program ends so
 *   bytes        print how much the program has written
 *   notices:N    so many notices of the terminal's window have come so far
 *
 * Every step has its time (-t, or STEP); the first that fails prints the screen and ends with 1.
 */
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tests/lib/vterm.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct play {
	struct vt *v;
	int step_ms;
};

static bool say(struct play *p, const char *step, const char *why)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	vt_put_text(p->v, &b);
	fprintf(stderr, "%s: %s; the screen shows:\n%s", step, why, buf_str(&b));
	buf_done(&b);
	return false;
}

static bool write_file(const char *path, const struct buf *b)
{
	struct err err;
	if (fs_write_atomic(path, buf_span(b), 0644, &err) == 0)
		return true;
	fprintf(stderr, "%s\n", err.msg);
	return false;
}

static bool is_golden(struct play *p, const struct buf *want)
{
	struct buf now = BUF_INIT(BUF_CAP_OWN);
	vt_put_dump(p->v, &now);
	bool same = span_eq(buf_span(&now), buf_span(want));
	buf_done(&now);
	return same;
}

static bool golden(struct play *p, const char *path)
{
	struct buf want = BUF_INIT(BUF_CAP_OWN);
	struct err err;
	const char *update = getenv("UPDATE_GOLDEN");
	bool ok = true;
	if (update && *update) {
		vt_settle(p->v, 400);
		vt_put_dump(p->v, &want);
		ok = write_file(path, &want);
	} else if (fs_read(path, &want, &err)) {
		ok = say(p, path, err.msg);
	} else {
		int64_t until = clock_mono_ms() + p->step_ms;
		vt_pump(p->v, 0);
		while (!(ok = is_golden(p, &want)) && clock_mono_ms() < until)
			vt_pump(p->v, 1000);
		if (!ok) {
			struct buf now = BUF_INIT(BUF_CAP_OWN);
			AUTO_FREE char *got = mem_printf("%s.got", path);
			vt_put_dump(p->v, &now);
			write_file(got, &now);
			buf_done(&now);
			say(p, path, "differs (see .got)");
		}
	}
	buf_done(&want);
	return ok;
}

static bool html(struct play *p, const char *path)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	vt_settle(p->v, 400);
	vt_put_html(p->v, &b);
	bool ok = write_file(path, &b);
	buf_done(&b);
	return ok;
}

static bool click(struct play *p, const char *at, int button)
{
	int x, y;
	char bytes[64];
	if (sscanf(at, "%d,%d", &x, &y) != 2)
		return false;
	int n = snprintf(bytes, sizeof(bytes), "\033[<%d;%d;%dM", button, x + 1, y + 1);
	vt_write(p->v, bytes, (size_t)n);
	if (button < 64) {
		n = snprintf(bytes, sizeof(bytes), "\033[<%d;%d;%dm", button, x + 1, y + 1);
		vt_write(p->v, bytes, (size_t)n);
	}
	return true;
}

static bool resize(struct play *p, const char *size)
{
	int w, h;
	if (sscanf(size, "%dx%d", &w, &h) != 2)
		return false;
	vt_resize(p->v, w, h);
	return true;
}

static bool notices(struct play *p, const char *want)
{
	char have[16];
	int64_t until = clock_mono_ms() + p->step_ms;
	while (vt_notices(p->v) < strtol(want, NULL, 10) && clock_mono_ms() < until)
		vt_pump(p->v, 1000);
	snprintf(have, sizeof(have), "%d", vt_notices(p->v));
	return !strcmp(have, want) || say(p, want, have);
}

static bool title(struct play *p, const char *want)
{
	int64_t until = clock_mono_ms() + p->step_ms;
	while (strcmp(vt_title(p->v), want) != 0 && clock_mono_ms() < until)
		vt_pump(p->v, 1000);
	return !strcmp(vt_title(p->v), want) || say(p, want, vt_title(p->v));
}

static bool ends(struct play *p, const char *status)
{
	char why[64];
	int got = vt_end(p->v, p->step_ms);
	snprintf(why, sizeof(why), "status %d", got);
	return got == (int)strtol(status, NULL, 10) || say(p, "exit", why);
}

static bool print(struct play *p, bool bytes)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	vt_pump(p->v, 0);
	if (bytes)
		buf_printf(&b, "%zu\n", vt_bytes(p->v));
	else
		vt_put_text(p->v, &b);
	fputs(buf_str(&b), stdout);
	fflush(stdout);
	buf_done(&b);
	return true;
}

static bool step(struct play *p, const char *s)
{
	const char *colon = strchr(s, ':'), *arg = colon ? colon + 1 : "";
	struct span verb = colon ? (struct span){s, (size_t)(colon - s)} : span_of(s);
	if (span_eq_str(verb, "key"))
		return vt_key(p->v, arg);
	if (span_eq_str(verb, "type"))
		return vt_write(p->v, arg, strlen(arg)), true;
	if (span_eq_str(verb, "paste")) {
		AUTO_FREE char *all = mem_printf("\033[200~%s\033[201~", arg);
		return vt_write(p->v, all, strlen(all)), true;
	}
	if (span_eq_str(verb, "wait"))
		return vt_wait(p->v, arg, false, p->step_ms) || say(p, s, "never came");
	if (span_eq_str(verb, "gone"))
		return vt_wait(p->v, arg, true, p->step_ms) || say(p, s, "stayed");
	if (span_eq_str(verb, "golden"))
		return golden(p, arg);
	if (span_eq_str(verb, "html"))
		return html(p, arg);
	if (span_eq_str(verb, "resize"))
		return resize(p, arg);
	if (span_eq_str(verb, "click"))
		return click(p, arg, 0);
	if (span_eq_str(verb, "wheel"))
		return click(p, arg, 64);
	if (span_eq_str(verb, "notices"))
		return notices(p, arg);
	if (span_eq_str(verb, "title"))
		return title(p, arg);
	if (span_eq_str(verb, "run"))
		return system(arg) == 0 || say(p, s, "failed"); /* NOLINT: the test's own command */
	if (span_eq_str(verb, "exit"))
		return ends(p, arg);
	if (span_eq_str(verb, "text") || span_eq_str(verb, "bytes"))
		return print(p, span_eq_str(verb, "bytes"));
	return say(p, s, "is no step");
}

int main(int argc, char **argv)
{
	const char *term = "xterm-256color", *seconds = getenv("STEP");
	int w = 80, h = 24, opt;
	setlocale(LC_CTYPE, "C.UTF-8");
	while ((opt = getopt(argc, argv, "+s:T:t:")) != -1) {
		if (opt == 's' && sscanf(optarg, "%dx%d", &w, &h) != 2)
			return 2;
		if (opt == 'T')
			term = optarg;
		if (opt == 't')
			seconds = optarg;
	}
	int split = optind;
	while (split < argc && strcmp(argv[split], "--") != 0)
		split++;
	if (split + 1 >= argc) {
		fprintf(stderr,
			"usage: screen [-s WxH] [-T TERM] [-t SECONDS] STEP... -- PROGRAM\n");
		return 2;
	}
	struct play p = {.v = vt_start((const char *const *)argv + split + 1, term, w, h),
			 .step_ms = (seconds ? (int)strtol(seconds, NULL, 10) : 60) * 1000};
	if (!p.v) {
		fprintf(stderr, "no terminal: %s\n", strerror(errno));
		return 1;
	}
	bool ok = true;
	for (int i = optind; i < split && ok; i++)
		ok = step(&p, argv[i]);
	vt_free(p.v);
	return ok ? 0 : 1;
}
