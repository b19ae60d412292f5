/*
 * Keys, text, pastes, clicks, bytes and sizes at random, on a real screen:
 *
 *   fuzz_keys SECONDS SEED PROGRAM [ARG...]
 *
 * The program must live, and leave with 0 when asked to. What is done follows
 * from the seed alone; it is printed when something is wrong.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/lib/vterm.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define END_MS 120000
#define STEPS_PER_LIFE 1500

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % below;
}

static const char *const keys[] = {
	"enter",    "tab",	 "backspace", "esc",	 "up",	      "down",	  "left",
	"right",    "home",	 "end",	      "pageup",	 "pagedown",  "delete",	  "shift-tab",
	"f1",	    "alt-up",	 "alt-down",  "ctrl-up", "ctrl-home", "ctrl-end", "alt-enter",
	"focus-in", "focus-out", "ctrl-k",    "ctrl-f",	 "ctrl-a",    "ctrl-e",	  "ctrl-w",
	"ctrl-u",   "ctrl-y",	 "ctrl-p",    "ctrl-n",	 "ctrl-x",    "ctrl-l",	  "ctrl-j",
	"ctrl-c",   "ctrl-_",	 "alt-a",     "alt-b",	 "alt-f",     "alt-d",	  "alt-m",
	"alt-n",    "alt-o",	 "alt-p",     "alt-r",	 "alt-s",     "alt-t",	  "alt-u",
	"alt-k",    "alt-c",	 "alt-x",     "r",	 "e",	      "+",	  "d",
	"t",	    "y",	 "l",	      "o",	 "s",	      "space",	  "i",
	"1",	    "/",	 "?",	      "j",	 "k",	      "G",	  ":",
};

static const char *const texts[] = {
	"hello",
	"你好世界",
	"👩‍👩‍👧",
	"e\xcc\x81\xcc\x81",
	"/room ",
	"/go ",
	"@be",
	":thu",
	"#phy",
	"ﷺ",
	"\xe2\x80\xae",
	"日本語",
	"   ",
	"/help\r",
	"/room members\r",
	"//x\r",
	"x\r",
	"/poll create q a b\r",
};

static void random_size(struct vt *v)
{
	static const int sides[] = {1,	2,  3,	4,  5,	 7,   10,  20, 24,
				    30, 40, 60, 80, 100, 120, 200, 300};
	vt_resize(v, sides[rnd(ARRAY_LEN(sides))], sides[rnd(ARRAY_LEN(sides) - 2)]);
}

static void random_bytes(struct vt *v)
{
	char b[24];
	size_t n = 1 + rnd(sizeof(b) - 1);
	for (size_t i = 0; i < n; i++) {
		b[i] = rnd(3) ? (char)rnd(256) : "\033[O<;~MABu0123456789"[rnd(19)];
		/* Ctrl-Q leaves, Ctrl-Z and Ctrl-S stop: those are asked for elsewhere. */
		if (b[i] == 0x11 || b[i] == 0x1a || b[i] == 0x13)
			b[i] = ' ';
	}
	vt_write(v, b, n);
}

static void random_mouse(struct vt *v)
{
	static const int buttons[] = {0, 0, 0, 1, 2, 64, 65, 32};
	char b[64];
	int n = snprintf(b, sizeof(b), "\033[<%d;%u;%u%c", buttons[rnd(8)], rnd(220), rnd(60),
			 rnd(4) ? 'M' : 'm');
	vt_write(v, b, (size_t)n);
}

static void random_paste(struct vt *v)
{
	vt_write(v, "\033[200~", 6);
	for (uint32_t i = rnd(30); i > 0; i--) {
		const char *t = texts[rnd(ARRAY_LEN(texts))];
		vt_write(v, t, strlen(t));
	}
	vt_write(v, "\033[201~", 6);
}

static void random_text(struct vt *v)
{
	const char *t = texts[rnd(ARRAY_LEN(texts))];
	vt_write(v, t, strlen(t));
}

static void random_step(struct vt *v)
{
	uint32_t what = rnd(100);
	if (what < 50)
		vt_key(v, keys[rnd(ARRAY_LEN(keys))]);
	else if (what < 70)
		random_text(v);
	else if (what < 80)
		random_mouse(v);
	else if (what < 88)
		random_size(v);
	else if (what < 95)
		random_bytes(v);
	else
		random_paste(v);
}

static int tell(uint64_t seed, int steps, const char *why)
{
	printf("not ok - fuzzed keys\n# seed %llu, after %d steps: %s\n", (unsigned long long)seed,
	       steps, why);
	return 1;
}

/* Out of whatever is open, then out of the program. */
static int leave(struct vt *v)
{
	vt_resize(v, 80, 24);
	vt_write(v, "\033[201~", 6); /* a paste that was begun */
	int status = -1;
	/* $EDITOR may have the terminal, which swallows it: asked again until it is heard. */
	for (int64_t until = clock_mono_ms() + END_MS; status < 0 && clock_mono_ms() < until;) {
		vt_write(v, "\021", 1);
		status = vt_end(v, 500);
	}
	return status;
}

/* One life of the program; 0: fine. */
static int live(const char *const *argv, int64_t until, uint64_t seed, int *ret_steps)
{
	struct vt *v = vt_start(argv, "xterm-256color", 80, 24);
	int steps = 0, rc = 0;
	char why[64];
	if (!v)
		return 1;
	vt_wait(v, "F1", false, END_MS);
	vt_blind(v);
	while (steps < STEPS_PER_LIFE && clock_mono_ms() < until) {
		random_step(v);
		steps++;
		/* Now and then it may catch up; else keys pile up as they do over a slow line. */
		vt_pump(v, rnd(4) ? 0 : 20);
	}
	int status = leave(v);
	snprintf(why, sizeof(why), status < 0 ? "it does not leave" : "status %d", status);
	if (status != 0)
		rc = tell(seed, steps, why);
	*ret_steps += steps;
	vt_free(v);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: fuzz_keys SECONDS SEED PROGRAM [ARG...]\n");
		return 2;
	}
	setlocale(LC_CTYPE, "C.UTF-8");
	int64_t until = clock_mono_ms() + strtol(argv[1], NULL, 10) * 1000;
	uint64_t seed = strtoull(argv[2], NULL, 10);
	int steps = 0, rc = 0;
	do {
		state = seed * 2862933555777941757u + 3037000493u;
		rc = live((const char *const *)argv + 3, until, seed, &steps);
		seed++;
	} while (!rc && clock_mono_ms() < until);
	if (!rc)
		printf("ok - fuzzed keys: %d steps up to seed %llu\n", steps,
		       (unsigned long long)seed - 1);
	return rc;
}
