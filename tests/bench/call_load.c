/*
 * A call full of people, from one process: what each of them hears, how long it
 * took to get in, and what the server took for it.
 *
 *   call_load URL KEYFILE [--people N] [--open N] [--speak N] [--seconds N]
 *             [--pid SERVER] [--forge PER_SECOND] [--wait SECONDS] [--foreground 1]
 *             [--churn PER_SECOND] [--whep FILE]
 *
 * --foreground: this process goes before others, as the SFU's thread does.
 * --whep: all who do not publish come by WHEP. FILE has the id of a Matrix room,
 * and then a token in each line, for as many people as there are of them.
 * KEYFILE holds "KEY SECRET" of the server's access tokens. One line of JSON;
 * "valid" is false when this process was starved, so that nothing is known of
 * the server. Status 1 when not everybody came in.
 */
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/matrix/rtc_id.h"
#include "tests/bench/procfs.h"
#include "tests/lib/crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_P99_US 20000 /* of frames that we send: worse, and it is not the server that jitters */
#define LATE_MAX_US 500000
#define BUSY_MAX 0.95 /* of the one core that our one thread can have */
#define SETTLE_MS 3000
#define LAST_MS 2000

struct settings {
	struct crowd_options crowd;
	int seconds, pid, forge, wait_s, foreground, churn;
	/* By WHEP. */
	char *text, *whep_url, call[RTC_ID_SIZE];
	const char **tokens;
};

struct waiting {
	struct loop *loop;
	struct crowd *crowd;
	bool (*done)(struct crowd *c); /* NULL: only the time */
	int64_t until_ms;
	bool ok;
};

static void on_look(void *arg)
{
	struct waiting *w = arg;
	w->ok = w->done && w->done(w->crowd);
	if (w->ok || crowd_trouble(w->crowd) || clock_mono_ms() >= w->until_ms)
		loop_stop(w->loop);
}

static bool run(struct loop *l, struct crowd *c, bool (*done)(struct crowd *), int64_t ms)
{
	struct waiting w = {l, c, done, clock_mono_ms() + ms, false};
	struct loop_timer *t = loop_timer_new(l, on_look, &w);
	loop_timer_start(t, 10, 10);
	loop_run(l);
	loop_timer_free(t);
	return w.ok || (!done && !crowd_trouble(c));
}

/* -- Options -------------------------------------------------------------------------- */

static char *key_text;

static bool read_key(const char *path, struct crowd_options *o)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	if (fs_read(path, &b, NULL))
		return false;
	key_text = buf_take(&b);
	char *space = strchr(key_text, ' ');
	if (!space)
		return false;
	*space = '\0';
	o->key = key_text;
	o->secret = space + 1;
	space[1 + strcspn(space + 1, "\r\n")] = '\0';
	return true;
}

/* A room of the server's, the name of whose call publishers must know, and tokens. */
static bool read_listeners(const char *path, struct settings *s)
{
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	int n = 0, most = s->crowd.people - s->crowd.open;
	if (fs_read(path, &b, NULL))
		return false;
	s->text = buf_take(&b);
	s->tokens = mem_alloc((size_t)(most > 0 ? most : 1) * sizeof(*s->tokens));
	char *rest = s->text;
	const char *room = strsep(&rest, "\n");
	while (rest && *rest && n < most)
		s->tokens[n++] = strsep(&rest, "\n");
	rtc_id_room(room, RTC_SLOT_ROOM, s->call);
	s->whep_url = mem_printf("http%s/_muster/live/v1/rooms/%s/whep", s->crowd.url + 2, room);
	s->crowd.room = s->call;
	s->crowd.whep_url = s->whep_url;
	s->crowd.tokens = s->tokens;
	return n == most;
}

static bool parse(int argc, char **argv, struct settings *s)
{
	struct {
		const char *name;
		int *value;
	} known[] = {
		{"--people", &s->crowd.people},
		{"--open", &s->crowd.open},
		{"--speak", &s->crowd.speak},
		{"--seconds", &s->seconds},
		{"--pid", &s->pid},
		{"--forge", &s->forge},
		{"--wait", &s->wait_s},
		{"--foreground", &s->foreground},
		{"--churn", &s->churn},
	};
	if (argc < 3 || !read_key(argv[2], &s->crowd))
		return false;
	s->crowd.url = argv[1];
	const char *whep = NULL;
	for (int i = 3; i < argc; i += 2) {
		size_t k = 0;
		if (!strcmp(argv[i], "--whep") && i + 1 < argc) {
			whep = argv[i + 1];
			continue;
		}
		while (k < ARRAY_LEN(known) && strcmp(known[k].name, argv[i]) != 0)
			k++;
		if (k == ARRAY_LEN(known) || i + 1 == argc)
			return false;
		*known[k].value = (int)strtol(argv[i + 1], NULL, 10);
	}
	return !whep || read_listeners(whep, s);
}

/* -- The report ------------------------------------------------------------------------- */

static const char *starved(const struct crowd_report *r, const struct procfs *own, double s)
{
	static char why[160];
	if (r->own_drops)
		snprintf(why, sizeof(why), "its own sockets overflowed (%llu packets)",
			 (unsigned long long)r->own_drops);
	else if (r->late_p99 > LATE_P99_US || r->late_max > LATE_MAX_US)
		snprintf(why, sizeof(why), "it spoke up to %.0f ms late (p99 %.0f ms)",
			 (double)r->late_max / 1e3, (double)r->late_p99 / 1e3);
	else if (own->cpu_s / s > BUSY_MAX)
		snprintf(why, sizeof(why), "it was busy %.0f %% of the time", 100 * own->cpu_s / s);
	else
		return "";
	return why;
}

static void put_forged(const struct crowd_report *r)
{
	static const char *const names[CROWD_FORGERIES] = {"rtp",  "rtcp", "replayed", "oversized",
							   "dtls", "stun", "short",    "stranger"};
	uint64_t all = 0;
	for (int i = 0; i < CROWD_FORGERIES; i++)
		all += r->forged[i];
	if (!all)
		return;
	printf(",\"forged\":{\"all\":%llu", (unsigned long long)all);
	for (int i = 0; i < CROWD_FORGERIES; i++)
		printf(",\"%s\":%llu", names[i], (unsigned long long)r->forged[i]);
	printf("}");
}

static void put_voices(const struct crowd_report *r)
{
	printf(",\"voices\":[");
	for (int i = 0; i < r->voices_n; i++) {
		const struct crowd_voice *v = &r->voices[i];
		printf("%s{\"said\":%llu,\"expected\":%llu,\"heard\":%llu,\"lost\":%llu,"
		       "\"repeated\":%llu,\"reordered\":%llu}",
		       i ? "," : "", (unsigned long long)v->said, (unsigned long long)v->expected,
		       (unsigned long long)v->heard, (unsigned long long)(v->expected - v->heard),
		       (unsigned long long)v->repeated, (unsigned long long)v->reordered);
	}
	printf("]");
}

static double ms(int64_t us)
{
	return (double)us / 1e3;
}

static void put(const struct crowd_report *r, const struct procfs *server, const struct procfs *own,
		const struct procfs *joins, double s)
{
	const char *why = starved(r, own, s);
	printf("{\"valid\":%s,\"starved\":\"%s\"", *why ? "false" : "true", why);
	if (r->moves)
		printf(",\"came_anew\":%d", r->moves);
	printf(",\"people\":%d,\"in\":%d,\"all_in_ms\":%.0f", r->people, r->in, ms(r->all_in));
	printf(",\"join_p50_ms\":%.1f,\"join_p99_ms\":%.1f,\"join_max_ms\":%.1f", ms(r->join_p50),
	       ms(r->join_p99), ms(r->join_max));
	printf(",\"media_p50_ms\":%.1f,\"media_p99_ms\":%.1f", ms(r->media_p50), ms(r->media_p99));
	printf(",\"all_hear_ms\":%.0f", ms(r->all_hear));
	printf(",\"seconds\":%.2f,\"said\":%llu,\"expected\":%llu,\"heard\":%llu,\"lost\":%llu", s,
	       (unsigned long long)r->said, (unsigned long long)r->expected,
	       (unsigned long long)r->heard, (unsigned long long)r->lost);
	printf(",\"unhappy\":%d,\"repeated\":%llu,\"reordered\":%llu,\"others\":%llu", r->unhappy,
	       (unsigned long long)r->repeated, (unsigned long long)r->reordered,
	       (unsigned long long)r->others);
	printf(",\"numbers_lost\":%lld,\"asked_again\":%llu", (long long)r->numbers_lost,
	       (unsigned long long)r->asked_again);
	printf(",\"gap_p99_ms\":%.1f,\"gap_max_ms\":%.1f", ms(r->gap_p99), ms(r->gap_max));
	printf(",\"delay_p50_ms\":%.2f,\"delay_p99_ms\":%.2f,\"delay_max_ms\":%.1f",
	       ms(r->delay_p50), ms(r->delay_p99), ms(r->delay_max));
	printf(",\"storm_p99_ms\":%.2f,\"storm_max_ms\":%.1f", ms(r->storm_p99), ms(r->storm_max));
	printf(",\"signals\":%llu,\"signal_bytes\":%llu", (unsigned long long)r->signals,
	       (unsigned long long)r->signal_bytes);
	put_voices(r);
	put_forged(r);
	printf(",\"own\":{\"cores\":%.3f,\"waited\":%.3f,\"late_p99_ms\":%.1f,\"late_max_ms\":%.1f,"
	       "\"drops\":%llu,\"rss_mb\":%.0f}",
	       own->cpu_s / s, own->waited_s / s, ms(r->late_p99), ms(r->late_max),
	       (unsigned long long)r->own_drops, own->rss_mb);
	if (server->pid)
		printf(",\"server\":{\"cores\":%.3f,\"us_per_packet\":%.2f,\"waited\":%.3f,"
		       "\"rss_mb\":%.1f,\"peak_mb\":%.1f,\"join_cpu_s\":%.2f}",
		       server->cpu_s / s,
		       r->heard ? server->cpu_s * 1e6 / (double)(r->heard + r->others) : 0,
		       server->waited_s / s, server->rss_mb, server->peak_mb, joins->cpu_s);
	printf("}\n");
}

/* -- The course of things --------------------------------------------------------------------- */

static int measure(struct loop *l, struct crowd *c, const struct settings *s)
{
	struct procfs server = {.pid = s->pid}, own = {.pid = -1}, joins = server;
	struct crowd_report r;
	int64_t limit = s->wait_s * 1000LL;
	procfs_begin(&joins);
	crowd_enter_publishers(c);
	bool in = run(l, c, crowd_is_in, limit);
	crowd_talk(c);
	crowd_enter_listeners(c);
	in = in && run(l, c, crowd_is_in, limit);
	procfs_end(&joins);
	in = in && run(l, c, crowd_hears, limit) && run(l, c, NULL, SETTLE_MS);
	if (!in) {
		crowd_report(c, &r);
		fprintf(stderr, "call_load: %d of %d came in and hear: %s\n", r.in, s->crowd.people,
			crowd_trouble(c) ? crowd_trouble(c) : "not in time");
		return 1;
	}
	crowd_forge(c, s->forge);
	crowd_churn(c, s->churn);
	procfs_begin(&server);
	procfs_begin(&own);
	int64_t from = clock_mono_ns();
	crowd_begin(c);
	run(l, c, NULL, s->seconds * 1000LL);
	crowd_end(c);
	procfs_end(&server);
	procfs_end(&own);
	double took = (double)(clock_mono_ns() - from) / 1e9;
	crowd_forge(c, 0);
	crowd_churn(c, 0);
	run(l, c, crowd_has_all, LAST_MS);
	crowd_report(c, &r);
	if (crowd_trouble(c))
		fprintf(stderr, "call_load: %s\n", crowd_trouble(c));
	put(&r, &server, &own, &joins, took);
	return crowd_trouble(c) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct settings s = {
		.crowd = {.room = "hall", .people = 300, .open = 3, .speak = 3},
		.seconds = 10,
		.wait_s = 60,
	};
	struct err err = {0};
	if (!parse(argc, argv, &s)) {
		fprintf(stderr, "usage: call_load URL KEYFILE [--people N] [--open N] [--speak N] "
				"[--seconds N] [--pid SERVER] [--forge PER_SECOND] [--wait S] "
				"[--foreground 1] [--churn PER_SECOND] [--whep FILE]\n");
		return 2;
	}
	os_raise_nofile();
	if (s.foreground)
		os_foreground_thread();
	struct loop *l = loop_new();
	struct crowd *c = crowd_new(l, &s.crowd, &err);
	if (!c) {
		fprintf(stderr, "call_load: %s\n", err.msg);
		return 2;
	}
	int rc = measure(l, c, &s);
	fflush(stdout);
	crowd_free(c);
	loop_free(l);
	mem_free(key_text);
	mem_free(s.text);
	mem_free(s.whep_url);
	mem_free(s.tokens);
	return rc;
}
