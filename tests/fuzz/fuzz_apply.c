#include "core/client/apply.h"
#include "core/client/unread.h"
#include "core/store/search.h"
#include "core/store/spaces.h"
#include "core/store/unread.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static int64_t count(struct store *s)
{
	return sql_get_i64(SQL(store_sql(s), "SELECT count(*) FROM events"), -1);
}

static int any_thread(const struct store_thread *t, void *arg)
{
	(void)arg;
	demand(t->root.n > 0 && t->replies > 0);
	return 0;
}

static int any_event(const struct store_event *e, void *arg)
{
	(void)arg;
	demand(e->body.p != NULL);
	return 0;
}

/* What is made of it afterwards: counts, threads, upgrades, the index. */
static void look_around(struct store *s)
{
	bool more = true;
	struct err err;
	int budget = UNREAD_STEPS;
	for (int64_t room = 1; room <= 3; room++) {
		unread_recount(s, "@me:test", room, &budget);
		store_threads_walk(s, room, SPAN_LIT("@me:test"), any_thread, NULL);
		demand(store_room_newest(s, room) > 0);
	}
	while (more)
		demand(store_index_step(s, 50, &more, &err) == 0);
	store_events_search(s, 0, "a hello", 10, any_event, NULL);
}

/* Two sync replies, or a sync reply and a page of history, divided by a zero byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = {(const char *)data, size}, one, two;
	struct store *s = NULL;
	struct store_gap g;
	struct err err;
	bool news = false, more = false;
	if (!span_split(&all, '\0', &one))
		one = (struct span){"", 0};
	two = all.p ? all : one;
	demand(store_open(":memory:", &s, &err) == 0);
	if (apply_sync(s, "@me:test", NULL, one, &news, &err) == 0) {
		int64_t before = count(s);
		/* A whole sync again brings nothing twice. */
		demand(apply_sync(s, "@me:test", NULL, one, &news, &err) == 0);
		demand(count(s) == before);
		apply_sync(s, "@me:test", NULL, two, &news, &err);
		before = count(s);
		for (int64_t room = 1; room <= 3; room++) {
			if (!store_gap_find(s, room, INT64_MAX, &g))
				continue;
			if (apply_page(s, &g, two, &more, &err) == 0)
				demand(count(s) >= before);
		}
	}
	look_around(s);
	demand(sql_get_i64(SQL(store_sql(s),
			       "SELECT count(*) FROM events a, events b WHERE a.room=b.room AND"
			       " a.event_id=b.event_id AND a.seq<b.seq"),
			   -1) == 0);
	store_close(s);
	return 0;
}
