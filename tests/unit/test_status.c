/*
 * Presence in syncs, and how many events one person may send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/status.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define V3 "/_matrix/client/v3/"

static struct test_server t;
static struct chatter alice, bob, carol;

static void look(void *arg)
{
	(void)arg;
	status_look(t.srv->hub);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&t);
	chatter_new(&t, "alice", &alice);
	chatter_new(&t, "bob", &bob);
	chatter_new(&t, "carol", &carol);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chatter_done(&alice);
	chatter_done(&bob);
	chatter_done(&carol);
	test_server_done(&t);
	return 0;
}

static void set(struct chatter *p, const char *presence, const char *msg)
{
	AUTO_FREE char *path = mem_printf(V3 "presence/%s/status", p->id);
	json_decref(test_json(&t, 200, "PUT", path, p->token,
			      "{\"presence\":\"%s\",\"status_msg\":\"%s\"}", presence, msg));
}

/* The content of somebody's m.presence in a sync; borrowed. */
static const json_t *presence_of(const json_t *sync, const struct chatter *who)
{
	const json_t *list = json_get_array(json_get_object(sync, "presence"), "events");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *e = json_array_get(list, i);
		assert_string_equal(json_get_str(e, "type"), "m.presence");
		if (!strcmp(json_get_str(e, "sender"), who->id))
			return json_get_object(e, "content");
	}
	return NULL;
}

static void expect(const json_t *sync, const struct chatter *who, const char *want)
{
	assert_non_null(presence_of(sync, who));
	assert_string_equal(json_get_str(presence_of(sync, who), "presence"), want);
}

static void test_presence(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	json_decref(chatter_sync(&bob, "&set_presence=offline"));
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *first = chatter_sync(&alice, "");
	assert_null(presence_of(first, &bob));
	/* To ask for news is to be there. */
	json_decref(chatter_sync(&bob, "&timeout=0"));
	struct poll *w = poll_start(&alice, "&timeout=120000");
	polls_waiting(&t, 1);
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *there = poll_end(w, NULL);
	expect(there, &bob, "online");
	assert_true(json_is_true(json_object_get(presence_of(there, &bob), "currently_active")));
	assert_true(json_get_i64(presence_of(there, &bob), "last_active_ago", -1) >= 0);
	/* Nothing new: not told again. */
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *quiet = chatter_sync(&alice, "&timeout=0");
	assert_null(presence_of(quiet, &bob));
	set(&bob, "unavailable", "at lunch");
	set(&carol, "online", "");
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *away = chatter_sync(&alice, "&timeout=0");
	expect(away, &bob, "unavailable");
	assert_string_equal(json_get_str(presence_of(away, &bob), "status_msg"), "at lunch");
	assert_null(presence_of(away, &carol)); /* shares no room */
	/* An initial sync tells who is there. */
	struct chatter anew = alice;
	anew.since[0] = '\0';
	JSON_AUTO json_t *initial = chatter_sync(&anew, "");
	expect(initial, &bob, "unavailable");
	anew.since[0] = '\0';
	JSON_AUTO json_t *filtered = chatter_sync(&anew, "&filter=%7B%22presence%22:%7B%22not_"
							 "types%22:[%22m.presence%22]%7D%7D");
	assert_null(presence_of(filtered, &bob));
	set(&bob, "offline", "");
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *gone = chatter_sync(&alice, "&timeout=0");
	expect(gone, &bob, "offline");
	/* Who comes into a room is told to those in it. */
	chatter_room(&carol, room, "join", "{}");
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *come = chatter_sync(&alice, "&timeout=0");
	expect(come, &carol, "online");
	test_error(&t, 400, "M_INVALID_PARAM", "GET", V3 "sync?set_presence=maybe", alice.token,
		   NULL);
}

struct woken {
	struct chatter olaf;
	bool alice, bob, olaf_too;
};

static struct hub_user *user_of(const struct chatter *p)
{
	struct hub_user *u;
	for (size_t at = 0; (u = nidmap_next(&t.srv->hub->users, &at));)
		if (!strcmp(u->user_id, p->id))
			return u;
	fail_msg("%s is not known", p->id);
	return NULL;
}

/* In one go: the server looks now and then by itself. */
static void change_and_look(void *arg)
{
	struct woken *w = arg;
	status_set(user_of(&bob), PRESENCE_UNAVAILABLE, SPAN_LIT("at lunch"));
	status_look(t.srv->hub);
	w->alice = user_of(&alice)->woken;
	w->bob = user_of(&bob)->woken;
	w->olaf_too = user_of(&w->olaf)->woken;
}

/* Whose syncs are looked at: of those who share a room, not of everybody. */
static void test_wakes(void **state)
{
	(void)state;
	struct woken w;
	struct poll *polls[3];
	char shared[LIMIT_ID_BYTES + 1], other[LIMIT_ID_BYTES + 1];
	chatter_new(&t, "olaf", &w.olaf);
	chatter_create(&alice, "{'preset':'public_chat'}", shared);
	chatter_room(&bob, shared, "join", "{}");
	chatter_create(&w.olaf, "{'preset':'public_chat'}", other);
	struct chatter *all[] = {&alice, &bob, &w.olaf};
	for (int i = 0; i < 3; i++)
		json_decref(chatter_sync(all[i], "&timeout=0"));
	test_server_run(&t, look, NULL);
	for (int i = 0; i < 3; i++)
		json_decref(chatter_sync(all[i], "&timeout=0"));
	for (int i = 0; i < 3; i++)
		polls[i] = poll_start(all[i], "&timeout=120000");
	polls_waiting(&t, 3);
	test_server_run(&t, change_and_look, &w);
	assert_true(w.alice);
	assert_true(w.bob);
	assert_false(w.olaf_too);
	JSON_AUTO json_t *told = poll_end(polls[0], NULL);
	expect(told, &bob, "unavailable");
	json_decref(poll_end(polls[1], NULL));
	poll_kill(polls[2]);
	chatter_done(&w.olaf);
}

/* In a token of before a restart nobody is lost sight of. */
static void nobody_came_back(void *arg)
{
	struct hub_user *u;
	(void)arg;
	for (size_t at = 0; (u = nidmap_next(&t.srv->hub->users, &at));)
		u->polled_ms = u->active_ms = 0;
	status_look(t.srv->hub);
}

static void test_restart(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	json_decref(chatter_sync(&bob, "&timeout=0"));
	set(&bob, "online", "");
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *here = chatter_sync(&alice, "&timeout=0");
	expect(here, &bob, "online");
	struct chatter late = alice;
	test_server_stop(&t);
	test_server_start(&t);
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *still = chatter_sync(&alice, "&timeout=0");
	expect(still, &bob, "online");
	test_server_run(&t, nobody_came_back, NULL);
	JSON_AUTO json_t *went = chatter_sync(&alice, "&timeout=0");
	expect(went, &bob, "offline");
	/* Also to who was away meanwhile. */
	JSON_AUTO json_t *told = chatter_sync(&late, "&timeout=0");
	expect(told, &bob, "offline");
	/* Who begins needs no list of those who are not there. */
	late.since[0] = '\0';
	JSON_AUTO json_t *initial = chatter_sync(&late, "&timeout=0");
	assert_null(presence_of(initial, &bob));
}

static void test_newcomer(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	struct chatter dave;
	chatter_new(&t, "dave", &dave);
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	set(&bob, "online", "");
	set(&carol, "online", "");
	test_server_run(&t, look, NULL);
	JSON_AUTO json_t *alone = chatter_sync(&dave, "&timeout=0");
	assert_null(presence_of(alone, &bob));
	chatter_room(&dave, room, "join", "{}");
	JSON_AUTO json_t *in = chatter_sync(&dave, "&timeout=0");
	expect(in, &bob, "online");
	assert_null(presence_of(in, &carol)); /* is elsewhere */
	JSON_AUTO json_t *again = chatter_sync(&dave, "&timeout=0");
	assert_null(presence_of(again, &bob));
	chatter_done(&dave);
}

static void restart_with(const char *settings)
{
	test_server_stop(&t);
	AUTO_FREE char *conf = fs_join(t.dir, "muster.conf");
	assert_int_equal(fs_write_atomic(conf, span_of(settings), 0600, NULL), 0);
	test_server_start(&t);
}

static int send_one(struct chatter *p, const char *room, int i, json_t **ret)
{
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/send/m.room.message/p%d", room, i);
	return test_call(&t, "PUT", path, p->token, "{\"msgtype\":\"m.text\",\"body\":\"x\"}", ret);
}

static void test_pace(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	json_t *reply = NULL;
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	restart_with("events_per_second = 1\npresence = on\n");
	/* The burst and what time allows, however slow this machine is: in the end it is too much. */
	int status = 200, n = 0;
	while (status == 200 && n < 100000) {
		json_decref(take(&reply));
		status = send_one(&alice, room, n++, &reply);
	}
	assert_int_equal(status, 429);
	assert_true(n > 20);
	assert_string_equal(json_get_str(reply, "errcode"), "M_LIMIT_EXCEEDED");
	assert_in_range(json_get_i64(reply, "retry_after_ms", 0), 1, 1001);
	json_decref(reply);
	test_error(&t, 429, "M_LIMIT_EXCEEDED", "PUT", V3 "sendToDevice/m.x/1", alice.token,
		   "{\"messages\":{}}");
	test_error(&t, 429, "M_LIMIT_EXCEEDED", "POST", V3 "keys/claim", alice.token,
		   "{\"one_time_keys\":{}}");
	/* It is her limit, not everybody's; and reading goes on. */
	assert_int_equal(send_one(&bob, room, 0, NULL), 200);
	json_decref(chatter_get(&alice, room, "messages?dir=b"));
	restart_with("events_per_second = 0\npresence = on\n");
	for (int i = 0; i < 50; i++)
		assert_int_equal(send_one(&alice, room, 200000 + i, NULL), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presence), cmocka_unit_test(test_wakes),
		cmocka_unit_test(test_restart),	 cmocka_unit_test(test_newcomer),
		cmocka_unit_test(test_pace),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
