/*
 * The SFU alone: people who listen, people whose microphones are open, some of
 * whom speak. What its thread takes of a core, and whether every packet
 * arrived.
 *
 *   bench_sfu [LISTENERS] [OPEN] [SPEAK] [SECONDS]
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "tests/lib/sfu_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sfu_world w;

/* Of the thread of that name, in seconds, from Linux' own figures. */
static double cpu_of(const char *name)
{
	double all = 0;
	DIR *d = opendir("/proc/self/task");
	for (const struct dirent *e; d && (e = readdir(d));) {
		char path[300], comm[64], text[1000];
		unsigned long user, sys;
		snprintf(path, sizeof(path), "/proc/self/task/%s/stat", e->d_name);
		FILE *f = fopen(path, "r");
		if (!f)
			continue;
		size_t n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = '\0';
		const char *open = strchr(text, '('), *close = strrchr(text, ')');
		if (!open || !close)
			continue;
		snprintf(comm, sizeof(comm), "%.*s", (int)(close - open - 1), open + 1);
		if (!strcmp(comm, name) &&
		    sscanf(close + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &sys) == 2)
			all += (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
	}
	if (d)
		closedir(d);
	return all;
}

static bool connected(void *arg)
{
	(void)arg;
	for (const struct sfu_client *c = w.clients; c; c = c->next)
		if (!c->sub.peer || peer_state(c->sub.peer) != PEER_CONNECTED)
			return false;
	return true;
}

struct talk {
	struct sfu_client **who;
	int open, speak;
	int64_t due, end;
	uint64_t late_ms;
	uint64_t said;
};

/* Spread over the 20 ms, as people are. */
static bool talk(void *arg)
{
	struct talk *t = arg;
	int64_t now = clock_mono_ms();
	while (t->due <= now) {
		int slot = (int)(t->due % 20);
		for (int i = slot; i < t->open; i += 20) {
			sfu_client_say(t->who[i], i < t->speak ? 25 : 100, 1);
			t->said++;
		}
		if ((uint64_t)(now - t->due) > t->late_ms)
			t->late_ms = (uint64_t)(now - t->due);
		t->due++;
	}
	return now >= t->end;
}

static uint64_t heard(void)
{
	uint64_t n = 0;
	for (const struct sfu_client *c = w.clients; c; c = c->next)
		n += c->sub.raw_n;
	return n;
}

static size_t told(void)
{
	size_t n = 0;
	for (const struct sfu_client *c = w.clients; c; c = c->next)
		n += c->got_n;
	return n;
}

static int number(int argc, char **argv, int i, int otherwise)
{
	return argc > i ? (int)strtol(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	int listeners = number(argc, argv, 1, 300), open = number(argc, argv, 2, 3),
	    speak = number(argc, argv, 3, 3), seconds = number(argc, argv, 4, 10);
	struct talk t = {.who = mem_alloc((size_t)open * sizeof(*t.who)),
			 .open = open,
			 .speak = speak};
	struct sfu_stats before, after;
	os_raise_nofile();
	sfu_world_open(&w);
	int64_t from = clock_mono_ms();
	double cpu = cpu_of("sfu");
	for (int i = 0; i < listeners; i++) {
		AUTO_FREE char *name = mem_printf("p%d", i);
		struct sfu_client *c = sfu_client_join(&w, "hall", name);
		c->sub.raw = true;
		if (i < open)
			t.who[i] = c;
	}
	sfu_until(&w, connected, NULL, "everybody connected");
	printf("joined: %d people in %lld ms, %.2f s CPU of the SFU, %zu messages\n", listeners,
	       (long long)(clock_mono_ms() - from), cpu_of("sfu") - cpu, told());
	for (int i = 0; i < open; i++)
		sfu_client_publish(t.who[i], "voice", false);
	sfu_pass(&w, 2000);
	t.due = clock_mono_ms();
	t.end = t.due + 2000;
	sfu_until(&w, talk, &t, "a start"); /* slots are taken, sections agreed on */
	sfu_stats(w.sfu, &before);
	uint64_t heard_before = heard();
	cpu = cpu_of("sfu");
	t.late_ms = t.said = 0;
	int64_t began = clock_mono_ms();
	for (int i = 0; i < seconds; i += 10) {
		t.end = began + (i + 10 < seconds ? i + 10 : seconds) * 1000LL;
		sfu_until(&w, talk, &t, "the talk");
	}
	double s = (double)(clock_mono_ms() - began) / 1000;
	cpu = cpu_of("sfu") - cpu;
	sfu_pass(&w, 200);
	sfu_stats(w.sfu, &after);
	uint64_t out = after.packets_out - before.packets_out;
	printf("talk: %llu packets/s in, %llu/s out, %.1f %% of a core; heard %.3f %%, kernel "
	       "dropped %llu, gated %llu, said up to %llu ms late; RSS %.0f MB\n",
	       (unsigned long long)((double)(after.packets_in - before.packets_in) / s),
	       (unsigned long long)((double)out / s), 100 * cpu / s,
	       out ? 100.0 * (double)(heard() - heard_before) / (double)out : 0,
	       (unsigned long long)(after.dropped - before.dropped),
	       (unsigned long long)(after.gated - before.gated), (unsigned long long)t.late_ms,
	       (double)os_rss_bytes() / 1e6);
	sfu_world_close(&w);
	mem_free(t.who);
	return 0;
}
