/*
 * A bad network in user space: a router between two TUN devices, one here and
 * one in another network namespace. Whoever is there talks to here over it,
 * UDP and TCP, IPv4 and IPv6.
 *
 *   netimpair [--number N] [--seed N] [--far-ns PATH] [--up SPEC] [--down SPEC]
 *   netimpair plan SEED SPEC rtp|udp|other COUNT
 *
 * Up is from there to here, down from here to there. SPEC: impair.h. Several
 * may run at once, each with its own --number (10.77.N.1 here, 10.77.N.2
 * there; fd77:N::1 and ::2); --far-ns puts the far end into a namespace that
 * is there already, else one is made that lives as long as the router.
 *
 * Prints {"ready":true,"near":..,"far":..,"ns":"/proc/PID/ns/net",...}, then
 * takes commands, a line each, and answers each with one line:
 *   up SPEC, down SPEC, both SPEC   another network from now on
 *   seed N                          numbers of packets begin anew, with other fates
 *   cut, restore                    nothing comes through; again
 *   stats                           what became of the packets so far
 * It ends when standard input does, and nothing is left behind.
 *
 * `plan` prints the fate of the first COUNT packets of a kind, without a
 * network: number, lost, duplicated, corrupted, reordered, delay in ms.
 */
#include "core/base/clock.h"
#include "tests/lib/netimpair/link.h"
#include "tests/lib/netimpair/tun.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { UP, DOWN };

struct router {
	int near, far;
	struct link *links[2];
	int64_t began_ns;
	char line[1024];
	size_t line_n;
	bool over; /* standard input ended */
};

static void bad_words(const char *at)
{
	fprintf(stderr, "netimpair: \"%.60s\" is not one of: %s; see impair.h\n", at, IMPAIR_WORDS);
}

static bool spec_of(const char *text, struct impair_spec *ret)
{
	const char *wrong = impair_parse(text, ret);
	if (wrong)
		bad_words(wrong);
	return !wrong;
}

/* Directions must not have the same fates. */
static uint64_t seed_of(uint64_t seed, int direction)
{
	return seed * 2 + (uint64_t)direction;
}

/* -- Packets ------------------------------------------------------------------- */

static int64_t since(const struct router *r)
{
	return clock_mono_ns() - r->began_ns;
}

static void take(struct router *r, int fd, struct link *l)
{
	uint8_t packet[65536];
	ssize_t n;
	while ((n = read(fd, packet, sizeof(packet))) > 0)
		link_put(l, since(r), packet, (size_t)n);
}

/* A device whose queue is full loses it: the kernel's end is gone or does not read. */
static void give(struct router *r, struct link *l, int fd)
{
	const uint8_t *p;
	size_t n;
	while ((n = link_get(l, since(r), &p)) > 0)
		if (write(fd, p, n) < 0 && errno != EAGAIN && errno != EIO && errno != EINVAL)
			fprintf(stderr, "netimpair: a packet cannot be given on: %s\n",
				strerror(errno));
}

/* -- Commands ------------------------------------------------------------------ */

static void print_link(const char *name, const struct link *l)
{
	struct link_stats s;
	link_stats(l, &s);
	printf("\"%s\":{\"packets\":%ju,\"bytes\":%ju,\"rtp\":%ju,\"lost\":%ju,\"rtp_lost\":%ju,"
	       "\"cut\":%ju,\"queue\":%ju,\"duplicated\":%ju,\"corrupted\":%ju,\"reordered\":%ju,"
	       "\"out\":%ju}",
	       name, s.packets, s.bytes, s.rtp, s.lost, s.rtp_lost, s.cut, s.queue, s.duplicated,
	       s.corrupted, s.reordered, s.out);
}

static void print_stats(struct router *r)
{
	printf("{");
	print_link("up", r->links[UP]);
	printf(",");
	print_link("down", r->links[DOWN]);
	printf("}\n");
}

static bool set(struct router *r, const char *line)
{
	static const struct {
		const char *word;
		bool ways[2];
	} words[] = {{"up ", {true, false}}, {"down ", {false, true}}, {"both ", {true, true}}};
	struct impair_spec spec;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);
		if (strncmp(line, words[i].word, n) != 0)
			continue;
		if (!spec_of(line + n, &spec))
			return false;
		for (int k = 0; k < 2; k++)
			if (words[i].ways[k])
				link_set(r->links[k], &spec);
		return true;
	}
	bad_words(line);
	return false;
}

/* Both directions from their first packet on, as they are. */
static void begin_anew(struct router *r, uint64_t seed)
{
	link_begin(r->links[UP], seed_of(seed, UP));
	link_begin(r->links[DOWN], seed_of(seed, DOWN));
}

static void command(struct router *r, const char *line)
{
	bool ok = true, cut = strcmp(line, "cut") == 0;
	if (strcmp(line, "stats") == 0) {
		print_stats(r);
		return;
	}
	if (strncmp(line, "seed ", 5) == 0) {
		begin_anew(r, strtoull(line + 5, NULL, 10));
	} else if (cut || strcmp(line, "restore") == 0) {
		link_cut(r->links[UP], cut);
		link_cut(r->links[DOWN], cut);
	} else {
		ok = set(r, line);
	}
	printf("{\"ok\":%s}\n", ok ? "true" : "false");
}

static void listen_to(struct router *r)
{
	ssize_t n = read(0, r->line + r->line_n, sizeof(r->line) - 1 - r->line_n);
	r->over = n <= 0;
	r->line_n += n > 0 ? (size_t)n : 0;
	r->line[r->line_n] = '\0';
	for (char *end; (end = strchr(r->line, '\n'));) {
		*end = '\0';
		command(r, r->line);
		r->line_n -= (size_t)(end + 1 - r->line);
		memmove(r->line, end + 1, r->line_n + 1);
	}
	if (r->line_n == sizeof(r->line) - 1)
		r->line_n = 0;
	fflush(stdout);
}

/* -- Running ------------------------------------------------------------------- */

static void wait_for_more(struct router *r, struct pollfd fds[3])
{
	int64_t up = link_due(r->links[UP]), down = link_due(r->links[DOWN]);
	int64_t due = up < down ? up : down, left = due == INT64_MAX ? 0 : due - since(r);
	left = left > 0 ? left : 0;
	struct timespec t = {left / 1000000000, left % 1000000000};
	ppoll(fds, 3, due == INT64_MAX ? NULL : &t, NULL);
}

static void run(struct router *r)
{
	struct pollfd fds[3] = {
		{.fd = 0, .events = POLLIN},
		{.fd = r->near, .events = POLLIN},
		{.fd = r->far, .events = POLLIN},
	};
	while (!r->over) {
		wait_for_more(r, fds);
		if (fds[1].revents & POLLIN)
			take(r, r->near, r->links[DOWN]);
		if (fds[2].revents & POLLIN)
			take(r, r->far, r->links[UP]);
		give(r, r->links[UP], r->near);
		give(r, r->links[DOWN], r->far);
		if (fds[0].revents)
			listen_to(r);
	}
}

static int plan(char **argv)
{
	static const char *const kinds[] = {"rtp", "udp", "other"};
	struct impair_spec spec;
	struct impair im;
	struct impair_fate f;
	int kind = 0;
	while (kind < IMPAIR_KINDS && strcmp(argv[2], kinds[kind]) != 0)
		kind++;
	if (kind == IMPAIR_KINDS || !spec_of(argv[1], &spec))
		return 2;
	impair_init(&im, seed_of(strtoull(argv[0], NULL, 10), UP), &spec);
	for (long n = strtol(argv[3], NULL, 10); n > 0; n--) {
		impair_next(&im, (enum impair_kind)kind, &f);
		printf("%ju %d %d %d %d %.3f\n", f.number, f.lost, f.duplicated, f.corrupted,
		       f.reordered, f.delay_ms);
	}
	return 0;
}

struct wishes {
	int number;
	uint64_t seed;
	const char *far_ns;
	struct impair_spec up, down;
};

static bool parse(int argc, char **argv, struct wishes *w)
{
	bool good = argc % 2 == 0;
	for (int i = 0; i + 1 < argc && good; i += 2) {
		const char *o = argv[i], *value = argv[i + 1];
		if (strcmp(o, "--number") == 0)
			w->number = (int)strtol(value, NULL, 10);
		else if (strcmp(o, "--seed") == 0)
			w->seed = strtoull(value, NULL, 10);
		else if (strcmp(o, "--far-ns") == 0)
			w->far_ns = value;
		else if (strcmp(o, "--up") == 0)
			good = spec_of(value, &w->up);
		else
			good = strcmp(o, "--down") == 0 && spec_of(value, &w->down);
	}
	return good && w->number >= 1 && w->number <= 250;
}

static int begin(const struct wishes *w, struct router *r)
{
	const char *what = "?";
	char name[16], ns[64];
	pid_t holder = 0;
	snprintf(name, sizeof(name), "imp%d", w->number);
	struct tun_side side = {name, w->number, 1, 1500};
	r->near = tun_open(&side, &what);
	side.host = 2;
	r->far = r->near < 0 ? -1 : tun_open_far(&side, w->far_ns, &holder, &what);
	if (r->far < 0 || holder < 0) {
		fprintf(stderr, "netimpair: %s: %s; it needs root, or `unshare -Urn`\n", what,
			strerror(errno));
		return 1;
	}
	snprintf(ns, sizeof(ns), "/proc/%d/ns/net", (int)holder);
	printf("{\"ready\":true,\"device\":\"%s\",\"ns\":\"%s\",\"near\":\"10.77.%d.1\","
	       "\"far\":\"10.77.%d.2\",\"near6\":\"fd77:%d::1\",\"far6\":\"fd77:%d::2\"}\n",
	       name, w->far_ns ? w->far_ns : ns, w->number, w->number, w->number, w->number);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct wishes w = {.number = 1, .seed = 1};
	struct router r = {0};
	if (argc == 6 && strcmp(argv[1], "plan") == 0)
		return plan(argv + 2);
	if (!parse(argc - 1, argv + 1, &w)) {
		fprintf(stderr, "netimpair: wrong words; its source tells how to use it\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	/* Timers to the point: 50 us are the kernel's usual kindness. */
	prctl(PR_SET_TIMERSLACK, 1000UL);
	if (begin(&w, &r))
		return 1;
	r.links[UP] = link_new(seed_of(w.seed, UP), &w.up);
	r.links[DOWN] = link_new(seed_of(w.seed, DOWN), &w.down);
	r.began_ns = clock_mono_ns();
	run(&r);
	link_free(r.links[UP]);
	link_free(r.links[DOWN]);
	return 0;
}
