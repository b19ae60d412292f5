#include "tests/bench/fill.h"

#include "core/base/mem.h"
#include "core/client/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void bench_open(struct bench *b)
{
	struct err err;
	*b = (struct bench){.path = "/tmp/muster-bench-XXXXXX"};
	close(mkstemp(b->path));
	must(store_open(b->path, &b->s, &err), &err);
}

void bench_close(struct bench *b)
{
	store_close(b->s);
	unlink(b->path);
}

/* Of the processor, so that a busy machine tells much the same. */
int64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int setting(const char *name, int otherwise)
{
	int64_t v;
	return span_i64(span_of(getenv(name)), &v) ? (int)v : otherwise;
}

void must(int rc, const struct err *err)
{
	if (rc) {
		fprintf(stderr, "%s\n", err->msg);
		exit(1);
	}
}

static void put_event(struct bench *b, struct buf *t, const char *type, const char *sender,
		      const char *key, const char *content)
{
	buf_printf(t,
		   "{\"event_id\":\"$e%d\",\"type\":\"%s\",\"sender\":\"%s\",\"origin_server_ts\":"
		   "%lld,\"content\":%s",
		   b->event, type, sender, 1764500000000 + b->event * 1000LL, content);
	if (key)
		buf_printf(t, ",\"state_key\":\"%s\"", key);
	buf_put_str(t, "},");
	b->event++;
}

void put_say(struct bench *b, struct buf *t, int who, const char *text)
{
	char sender[32], content[600];
	snprintf(sender, sizeof(sender), "@s%d:x", who);
	snprintf(content, sizeof(content),
		 "{\"msgtype\":\"m.text\",\"body\":\"%s %d\",\"format\":\"org.matrix.custom.html\","
		 "\"formatted_body\":\"%s <b>%d</b>\"}",
		 text, b->event, text, b->event);
	put_event(b, t, "m.room.message", sender, NULL, content);
}

static void put_member(struct bench *b, struct buf *t, const char *user, const char *name)
{
	char content[160];
	snprintf(content, sizeof(content), "{\"membership\":\"join\",\"displayname\":\"%s\"}",
		 name);
	put_event(b, t, "m.room.member", user, user, content);
}

void put_room(struct bench *b, struct buf *t, int i, int people, int messages)
{
	char name[64];
	buf_printf(t, "\"!r%d:x\":{\"timeline\":{\"events\":[", i);
	put_event(b, t, "m.room.create", "@s0:x", "", "{\"room_version\":\"11\"}");
	snprintf(name, sizeof(name), "{\"name\":\"Room number %d of many\"}", i);
	put_event(b, t, "m.room.name", "@s0:x", "", name);
	put_event(b, t, "m.room.power_levels", "@s0:x", "", "{\"users\":{\"@s0:x\":100}}");
	put_member(b, t, OWN, "Me");
	for (int k = 0; k < people; k++) {
		char user[32];
		snprintf(user, sizeof(user), "@s%d:x", k);
		snprintf(name, sizeof(name), "Student %d", k);
		put_member(b, t, user, name);
	}
	for (int k = 0; k < messages; k++)
		put_say(b, t, k % people, "Something that somebody says in this room");
	buf_truncate(t, t->n - 1);
	buf_put_str(t, "]}}");
}

void sync_text(struct bench *b, const char *rooms)
{
	struct err err;
	char since[24];
	AUTO_FREE char *text = mem_printf("{\"next_batch\":\"s%d\",\"rooms\":{\"join\":{%s}}}",
					  b->syncs + 1, rooms);
	snprintf(since, sizeof(since), "s%d", b->syncs);
	must(apply_sync(b->s, OWN, b->syncs ? since : NULL, span_of(text), NULL, &err), &err);
	b->syncs++;
}

int64_t told(const char *what, int64_t from_ns, int times)
{
	int64_t now = cpu_ns();
	printf("%-52s %9.1f us\n", what, (double)(now - from_ns) / 1000 / times);
	return now;
}
