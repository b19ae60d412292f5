#include "tests/lib/cached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/store/outbox.h"
#include "core/store/rooms.h"

void cached_open(struct cached *k)
{
	struct err err;
	*k = (struct cached){.now = 1764500000000, .b = BUF_INIT(BUF_CAP_OWN)};
	if (store_open(":memory:", &k->s, &err))
		fail_msg("%s", err.msg);
}

void cached_close(struct cached *k)
{
	store_close(k->s);
	buf_done(&k->b);
}

static char *quoted(const char *text)
{
	char *copy = mem_strdup(text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

void cached_sync(struct cached *k, const char *rest)
{
	char since[20];
	struct err err = {0};
	AUTO_FREE char *text = mem_printf("{'next_batch':'s%d',%s}", k->syncs + 1, rest);
	AUTO_FREE char *json = quoted(text);
	snprintf(since, sizeof(since), "s%d", k->syncs);
	if (apply_sync(k->s, CACHED_OWN, k->syncs ? since : NULL, span_of(json), NULL, &err))
		fail_msg("%s: %s", json, err.msg);
	k->syncs++;
}

void cached_timeline(struct cached *k, const char *room, const char *events)
{
	AUTO_FREE char *text =
		mem_printf("'rooms':{'join':{'%s':{'timeline':{'events':[%s]}}}}", room, events);
	cached_sync(k, text);
}

void cached_event(struct cached *k, const char *room, const char *id, const char *sender,
		  const char *type, const char *content, const char *more)
{
	AUTO_FREE char *text =
		mem_printf("{'event_id':'%s','sender':'%s','type':'%s','content':%s,'origin_server_"
			   "ts':%lld%s%s}",
			   id, sender, type, content, (long long)k->now, *more ? "," : "", more);
	k->now += 60000;
	cached_timeline(k, room, text);
}

void cached_say(struct cached *k, const char *room, const char *id, const char *sender,
		const char *text)
{
	AUTO_FREE char *content = mem_printf("{'msgtype':'m.text','body':'%s'}", text);
	cached_event(k, room, id, sender, "m.room.message", content, "");
}

void cached_join(struct cached *k, const char *room, const char *user, const char *name)
{
	AUTO_FREE char *content = mem_printf("{'membership':'join','displayname':'%s'}", name);
	AUTO_FREE char *more = mem_printf("'state_key':'%s'", user);
	AUTO_FREE char *id = mem_printf("$join%d", k->syncs);
	cached_event(k, room, id, user, "m.room.member", content, more);
}

void cached_room(struct cached *k, const char *room, const char *creator, const char *name)
{
	AUTO_FREE char *create = mem_printf("{'room_version':'11','creator':'%s'}", creator);
	AUTO_FREE char *power = mem_printf("{'users':{'%s':100}}", creator);
	AUTO_FREE char *naming = mem_printf("{'name':'%s'}", name);
	AUTO_FREE char *id = mem_printf("$create%d", k->syncs);
	AUTO_FREE char *id2 = mem_printf("$power%d", k->syncs);
	AUTO_FREE char *id3 = mem_printf("$name%d", k->syncs);
	cached_event(k, room, id, creator, "m.room.create", create, "'state_key':''");
	cached_join(k, room, CACHED_OWN, "Me");
	cached_event(k, room, id2, creator, "m.room.power_levels", power, "'state_key':''");
	cached_event(k, room, id3, creator, "m.room.name", naming, "'state_key':''");
}

int64_t cached_row(struct cached *k, const char *room)
{
	int64_t row = store_room_find(k->s, span_of(room));
	assert_true(row > 0);
	return row;
}

int64_t cached_unsent(struct cached *k, const char *room, const char *txn, const char *state,
		      const char *body, const char *relates)
{
	AUTO_FREE char *text =
		mem_printf("{'msgtype':'m.text','body':'%s'%s%s}", body,
			   relates ? ",'m.relates_to':" : "", relates ? relates : "");
	struct store_outbox got = {0}, o = {
					       .room_id = mem_strdup(room),
					       .txn_id = mem_strdup(txn),
					       .type = mem_strdup("m.room.message"),
					       .content = quoted(text),
					       .body = mem_strdup(body),
					       .state = mem_strdup(state),
				       };
	bool is_new;
	assert_int_equal(store_outbox_add(k->s, &o, &got, &is_new, NULL), 0);
	int64_t id = got.id;
	store_outbox_done(&o);
	store_outbox_done(&got);
	return id;
}
