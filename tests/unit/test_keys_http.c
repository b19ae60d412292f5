/* Keys of devices and messages between them, over real HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/keys/device_keys.h"
#include "server/keys/to_device.h"
#include "server/sync/hub.h"
#include "tests/lib/classroom.h"
#include "tests/lib/encrypting.h"

#include <string.h>

static void test_upload(void **state)
{
	(void)state;
	struct crypter a;
	crypter_new(&anna, "UP1", &a);
	JSON_AUTO json_t *first = crypter_upload_keys(&a, 3);
	assert_int_equal(json_get_i64(json_get_object(first, "one_time_key_counts"),
				      "signed_curve25519", -1),
			 3);
	/* The same again changes nothing; another key of the same name is refused. */
	JSON_AUTO json_t *again = crypter_upload_keys(&a, 3);
	assert_true(json_equal(first, again));
	test_error(&class_server, 400, "M_UNKNOWN", "POST", V3 "keys/upload", a.chat.token,
		   "{\"one_time_keys\":{\"signed_curve25519:K0\":{\"key\":\"other\"}}}");
	/* Nothing of a refused request is kept. */
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/upload", a.chat.token,
		   "{\"one_time_keys\":{\"signed_curve25519:N\":{\"key\":\"n\"}},"
		   "\"fallback_keys\":{\"nameless\":{}}}");
	JSON_AUTO json_t *count =
		test_json(&class_server, 200, "POST", V3 "keys/upload", a.chat.token, "{}");
	assert_true(json_equal(first, count));
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", V3 "keys/upload", a.chat.token,
		   "{\"device_keys\":{\"user_id\":\"%s\",\"device_id\":\"OTHER\",\"algorithms\":[],"
		   "\"keys\":{\"ed25519:OTHER\":\"x\"}}}",
		   anna.id);
	test_error(&class_server, 400, "M_INVALID_PARAM", "POST", V3 "keys/upload", a.chat.token,
		   "{\"device_keys\":{\"user_id\":\"%s\",\"device_id\":\"UP1\",\"algorithms\":[],"
		   "\"keys\":{\"ed25519:UP1\":\"x\"}}}",
		   bert.id);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/upload", a.chat.token,
		   "{\"device_keys\":{\"user_id\":\"%s\",\"device_id\":\"UP1\"}}", anna.id);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/upload", a.chat.token,
		   "{\"device_keys\":[]}");
	test_error(&class_server, 401, "M_MISSING_TOKEN", "POST", V3 "keys/upload", NULL, "{}");
	crypter_done(&a);
}

static void test_caps(void **state)
{
	(void)state;
	struct crypter a;
	crypter_new(&anna, "CAP", &a);
	JSON_AUTO json_t *full = crypter_upload_keys(&a, KEYS_ONE_TIME_COUNT);
	test_error(&class_server, 413, "M_TOO_LARGE", "POST", V3 "keys/upload", a.chat.token,
		   "{\"one_time_keys\":{\"signed_curve25519:more\":{\"key\":\"m\"}}}");
	AUTO_FREE char *big = mem_alloc(KEYS_OBJECT_MAX + 1);
	memset(big, 'x', KEYS_OBJECT_MAX);
	test_error(&class_server, 413, "M_TOO_LARGE", "POST", V3 "keys/upload", a.chat.token,
		   "{\"fallback_keys\":{\"signed_curve25519:f\":{\"key\":\"%s\"}}}", big);
	test_error(&class_server, 413, "M_TOO_LARGE", "POST", V3 "keys/upload", a.chat.token,
		   "{\"device_keys\":{\"user_id\":\"%s\",\"device_id\":\"CAP\",\"algorithms\":[],"
		   "\"keys\":{\"ed25519:CAP\":\"%s\"}}}",
		   anna.id, big);
	JSON_AUTO json_t *many = json_object();
	for (int i = 0; i <= KEYS_QUERY_USERS; i++) {
		char name[40];
		snprintf(name, sizeof(name), "@%d:x", i);
		json_object_set_new(many, name, json_array());
	}
	AUTO_FREE char *text = json_text(many);
	test_error(&class_server, 413, "M_TOO_LARGE", "POST", V3 "keys/query", a.chat.token,
		   "{\"device_keys\":%s}", text);
	JSON_AUTO json_t *devices = json_array();
	while (json_array_size(devices) <= KEYS_QUERY_DEVICES)
		json_array_append_new(devices, json_string("D"));
	AUTO_FREE char *named = json_text(devices);
	test_error(&class_server, 413, "M_TOO_LARGE", "POST", V3 "keys/query", a.chat.token,
		   "{\"device_keys\":{\"%s\":%s}}", anna.id, named);
	crypter_done(&a);
}

static void test_query(void **state)
{
	(void)state;
	struct crypter a, b;
	crypter_new(&anna, "Q1", &a);
	crypter_new(&anna, "Q2", &b);
	json_decref(crypter_upload_keys(&a, 0));
	json_decref(crypter_upload_keys(&b, 0));
	JSON_AUTO json_t *all = crypter_query(&bert, anna.id, NULL);
	json_t *devices = json_object_get(json_object_get(all, "device_keys"), anna.id);
	json_t *q1 = json_object_get(devices, "Q1");
	assert_non_null(q1);
	assert_non_null(json_object_get(devices, "Q2"));
	json_t *unsigned_part = json_object_get(q1, "unsigned");
	assert_non_null(unsigned_part);
	JSON_AUTO json_t *bare = json_deep_copy(q1);
	json_object_del(bare, "unsigned");
	assert_true(json_equal(bare, a.device_keys));
	JSON_AUTO json_t *one = crypter_query(&bert, anna.id, "Q2");
	devices = json_object_get(json_object_get(one, "device_keys"), anna.id);
	assert_int_equal(json_object_size(devices), 1);
	assert_non_null(json_object_get(devices, "Q2"));
	/* A name is shown; who is not here is missing. */
	json_decref(test_json(&class_server, 200, "PUT", V3 "devices/Q1", a.chat.token,
			      "{\"display_name\":\"Phone\"}"));
	JSON_AUTO json_t *named = crypter_query(&bert, anna.id, "Q1");
	q1 = json_object_get(json_object_get(json_object_get(named, "device_keys"), anna.id), "Q1");
	assert_string_equal(json_get_str(json_object_get(q1, "unsigned"), "device_display_name"),
			    "Phone");
	JSON_AUTO json_t *none = crypter_query(&bert, "@nobody:localhost", NULL);
	assert_int_equal(json_object_size(json_object_get(none, "device_keys")), 0);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/query", bert.token,
		   "{\"device_keys\":[]}");
	crypter_done(&a);
	crypter_done(&b);
}

/* The id of the key that bert gets, or "". */
static void claim(const char *device, char ret[64])
{
	JSON_AUTO json_t *j = test_json(&class_server, 200, "POST", V3 "keys/claim", bert.token,
					"{\"one_time_keys\":{\"%s\":{\"%s\":\"signed_curve25519\"},"
					"\"@nobody:localhost\":{\"X\":\"signed_curve25519\"}}}",
					anna.id, device);
	json_t *by = json_object_get(json_object_get(j, "one_time_keys"), anna.id);
	json_t *key = json_object_get(by, device);
	const char *id = json_object_iter_key(json_object_iter(key));
	snprintf(ret, 64, "%s", id ? id : "");
}

static json_t *unused_fallbacks(struct crypter *a)
{
	JSON_AUTO json_t *sync = chatter_sync(&a->chat, "");
	return json_incref(json_object_get(sync, "device_unused_fallback_key_types"));
}

static void test_claim(void **state)
{
	(void)state;
	char id[64];
	struct crypter a;
	crypter_new(&anna, "C1", &a);
	json_decref(crypter_upload_keys(&a, 2));
	JSON_AUTO json_t *none = unused_fallbacks(&a);
	assert_int_equal(json_array_size(none), 0);
	const char *fallback = "{\"fallback_keys\":{\"signed_curve25519:F\":{\"key\":\"f\","
			       "\"fallback\":true}}}";
	json_decref(test_json(&class_server, 200, "POST", V3 "keys/upload", a.chat.token, "%s",
			      fallback));
	JSON_AUTO json_t *one = unused_fallbacks(&a);
	assert_int_equal(json_array_size(one), 1);
	claim("C1", id);
	assert_string_equal(id, "signed_curve25519:K0");
	claim("C1", id);
	assert_string_equal(id, "signed_curve25519:K1");
	JSON_AUTO json_t *sync = chatter_sync(&a.chat, "");
	assert_int_equal(json_get_i64(json_object_get(sync, "device_one_time_keys_count"),
				      "signed_curve25519", -1),
			 0);
	/* From here on the fallback key, again and again. */
	for (int i = 0; i < 2; i++) {
		claim("C1", id);
		assert_string_equal(id, "signed_curve25519:F");
	}
	JSON_AUTO json_t *used = unused_fallbacks(&a);
	assert_int_equal(json_array_size(used), 0);
	/* The same one stays used, another is new. */
	json_decref(test_json(&class_server, 200, "POST", V3 "keys/upload", a.chat.token, "%s",
			      fallback));
	JSON_AUTO json_t *still = unused_fallbacks(&a);
	assert_int_equal(json_array_size(still), 0);
	json_decref(test_json(&class_server, 200, "POST", V3 "keys/upload", a.chat.token,
			      "{\"fallback_keys\":{\"signed_curve25519:G\":{\"key\":\"g\"}}}"));
	JSON_AUTO json_t *fresh = unused_fallbacks(&a);
	assert_int_equal(json_array_size(fresh), 1);
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/claim", bert.token, "{}");
	test_error(&class_server, 400, "M_BAD_JSON", "POST", V3 "keys/claim", bert.token,
		   "{\"one_time_keys\":{\"%s\":{\"C1\":7}}}", anna.id);
	crypter_done(&a);
}

/* Many who claim at once. */
struct rush {
	struct loop *loop;
	char got[30][64];
	int n, waiting;
};

static void on_claimed(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct rush *r = arg;
	JSON_AUTO json_t *j = NULL;
	if (!err && !json_parse_object(reply->body, &j, NULL)) {
		json_t *by = json_object_get(json_object_get(j, "one_time_keys"), anna.id);
		json_t *key = json_object_get(by, "R1");
		const char *id = json_object_iter_key(json_object_iter(key));
		if (id)
			snprintf(r->got[r->n++], 64, "%s", id);
	}
	if (--r->waiting == 0)
		loop_stop(r->loop);
}

static void test_claims_at_once(void **state)
{
	(void)state;
	enum { PEOPLE = 30, KEYS = 20 };
	struct crypter a;
	crypter_new(&anna, "R1", &a);
	json_decref(crypter_upload_keys(&a, KEYS));
	struct rush r = {.loop = class_server.loop, .waiting = PEOPLE};
	AUTO_FREE char *url = mem_printf("%s" V3 "keys/claim", class_server.url);
	AUTO_FREE char *body =
		mem_printf("{\"one_time_keys\":{\"%s\":{\"R1\":\"signed_curve25519\"}}}", anna.id);
	for (int i = 0; i < PEOPLE; i++)
		http_start(class_server.http,
			   &(struct http_request){.method = "POST",
						  .url = url,
						  .bearer = i % 2 ? bert.token : eve.token,
						  .body = span_of(body),
						  .timeout_ms = 60000},
			   on_claimed, &r);
	loop_run(r.loop);
	assert_int_equal(r.n, KEYS);
	for (int i = 0; i < r.n; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(r.got[i], r.got[k]);
	crypter_done(&a);
}

/* Other identity keys: what the old ones signed is no longer given out. */
static void test_new_identity(void **state)
{
	(void)state;
	char id[64];
	struct crypter a, again;
	crypter_new(&anna, "I1", &a);
	json_decref(crypter_upload_keys(&a, 2));
	crypter_done(&a);
	crypter_new(&anna, "I1", &again);
	JSON_AUTO json_t *counts = crypter_upload_keys(&again, 0);
	assert_int_equal(json_get_i64(json_get_object(counts, "one_time_key_counts"),
				      "signed_curve25519", -1),
			 0);
	claim("I1", id);
	assert_string_equal(id, "");
	crypter_done(&again);
}

static void send_to(struct chatter *from, const char *txn, const char *to, const char *device,
		    int n)
{
	AUTO_FREE char *path = mem_printf(V3 "sendToDevice/m.test/%s", txn);
	json_decref(test_json(&class_server, 200, "PUT", path, from->token,
			      "{\"messages\":{\"%s\":{\"%s\":{\"n\":%d}}}}", to, device, n));
}

/* The numbers in the messages of a sync, joined by blanks. */
static void numbers(const json_t *sync, char *ret, size_t size)
{
	size_t i;
	json_t *e, *events = json_object_get(json_object_get(sync, "to_device"), "events");
	ret[0] = '\0';
	json_array_foreach (events, i, e) {
		size_t n = strlen(ret);
		snprintf(ret + n, size - n, "%lld ",
			 (long long)json_get_i64(json_object_get(e, "content"), "n", -1));
	}
}

static void expect_numbers(struct crypter *a, const char *want)
{
	char got[2000];
	JSON_AUTO json_t *sync = chatter_sync(&a->chat, "");
	numbers(sync, got, sizeof(got));
	assert_string_equal(got, want);
}

static void test_to_device(void **state)
{
	(void)state;
	struct crypter a, b;
	crypter_new(&anna, "T1", &a);
	crypter_new(&anna, "T2", &b);
	expect_numbers(&a, "");
	send_to(&bert, "x1", anna.id, "T1", 1);
	send_to(&bert, "x1", anna.id, "T1", 2); /* that transaction was carried out */
	send_to(&bert, "x2", anna.id, "NONE", 3);
	send_to(&bert, "x3", "@nobody:localhost", "T1", 4);
	send_to(&bert, "x4", anna.id, "*", 5);
	send_to(&eve, "x1", anna.id, "T1", 6); /* somebody else's transaction */
	/* Told again until the token that came with them is used. */
	struct crypter before = a;
	JSON_AUTO json_t *sync = chatter_sync(&a.chat, "");
	json_t *e =
		json_array_get(json_object_get(json_object_get(sync, "to_device"), "events"), 0);
	assert_string_equal(json_get_str(e, "sender"), bert.id);
	assert_string_equal(json_get_str(e, "type"), "m.test");
	expect_numbers(&before, "1 5 6 ");
	expect_numbers(&a, "");
	/* Now they are gone, whoever asks from earlier. */
	expect_numbers(&a, "");
	before = a;
	before.chat.since[0] = '\0';
	expect_numbers(&before, "");
	expect_numbers(&b, "5 ");
	test_error(&class_server, 400, "M_BAD_JSON", "PUT", V3 "sendToDevice/m.test/y", bert.token,
		   "{}");
	test_error(&class_server, 400, "M_BAD_JSON", "PUT", V3 "sendToDevice/m.test/y", bert.token,
		   "{\"messages\":{\"%s\":{\"T1\":7}}}", anna.id);
	/* What was refused can be sent again. */
	send_to(&bert, "y", anna.id, "T2", 8);
	expect_numbers(&b, "8 ");
	crypter_done(&a);
	crypter_done(&b);
}

/* More than one reply holds: each token leads to the rest, and a poll does not wait. */
static void test_to_device_continues(void **state)
{
	(void)state;
	enum { MESSAGES = 230 };
	int seen = 0, replies = 0;
	struct crypter a;
	crypter_new(&anna, "M1", &a);
	json_decref(chatter_sync(&a.chat, ""));
	for (int i = 0; i < MESSAGES; i++) {
		char txn[20];
		snprintf(txn, sizeof(txn), "many%d", i);
		send_to(&bert, txn, anna.id, "M1", i);
	}
	while (seen < MESSAGES && replies++ < 10) {
		size_t i;
		json_t *e;
		struct crypter lost = a;
		json_decref(chatter_sync(&lost.chat, "&timeout=120000"));
		JSON_AUTO json_t *sync = chatter_sync(&a.chat, "&timeout=120000");
		json_t *events = json_object_get(json_object_get(sync, "to_device"), "events");
		assert_true(json_array_size(events) > 0);
		json_array_foreach (events, i, e)
			assert_int_equal(json_get_i64(json_object_get(e, "content"), "n", -1),
					 seen++);
	}
	assert_int_equal(seen, MESSAGES);
	assert_int_equal(replies, 3);
	expect_numbers(&a, "");
	crypter_done(&a);
}

static void test_to_device_wakes(void **state)
{
	(void)state;
	char got[100];
	struct crypter a;
	crypter_new(&anna, "W1", &a);
	json_decref(chatter_sync(&a.chat, ""));
	struct poll *w = poll_start(&a.chat, "&timeout=120000");
	polls_waiting(&class_server, 1);
	send_to(&bert, "wake", anna.id, "W1", 7);
	JSON_AUTO json_t *sync = poll_end(w, NULL);
	numbers(sync, got, sizeof(got));
	assert_string_equal(got, "7 ");
	/* What waits for a device survives a restart. */
	send_to(&bert, "later", anna.id, "W1", 8);
	test_server_stop(&class_server);
	test_server_start(&class_server);
	expect_numbers(&a, "8 ");
	crypter_done(&a);
}

/* A poll is looked at when another device of the person gets something, and goes on waiting. */
static void test_other_devices_wait(void **state)
{
	(void)state;
	char got[100];
	struct crypter a, b;
	crypter_new(&anna, "O1", &a);
	crypter_new(&anna, "O2", &b);
	json_decref(chatter_sync(&a.chat, ""));
	struct poll *w = poll_start(&a.chat, "&timeout=120000");
	polls_waiting(&class_server, 1);
	send_to(&bert, "other", anna.id, "O2", 1);
	polls_waiting(&class_server, 1);
	send_to(&bert, "own", anna.id, "O1", 2);
	JSON_AUTO json_t *sync = poll_end(w, NULL);
	numbers(sync, got, sizeof(got));
	assert_string_equal(got, "2 ");
	crypter_done(&a);
	crypter_done(&b);
}

static void send_large(struct chatter *from, int txn, const char *to, const char *text, int n)
{
	AUTO_FREE char *path = mem_printf(V3 "sendToDevice/m.test/large%d", txn);
	json_decref(test_json(&class_server, 200, "PUT", path, from->token,
			      "{\"messages\":{\"%s\":{\"F1\":{\"n\":%d,\"x\":\"%s\"}}}}", to, n,
			      text));
}

/* Who fills somebody's queue loses their own messages, not those of others. */
static void test_queue_is_fair(void **state)
{
	(void)state;
	enum { SIZE = 60000, FILL = TO_DEVICE_QUEUE_BYTES / SIZE + 20 };
	struct crypter a;
	crypter_new(&anna, "F1", &a);
	json_decref(chatter_sync(&a.chat, ""));
	AUTO_FREE char *text = mem_alloc(SIZE + 1);
	memset(text, 'x', SIZE);
	send_to(&bert, "small", anna.id, "F1", 1000000);
	for (int i = 0; i < FILL; i++)
		send_large(&eve, i, anna.id, text, i);
	int64_t first = -1, last = -1, seen = 0, bytes = 0;
	bool small = false;
	for (int replies = 0; replies < 100; replies++) {
		size_t i;
		json_t *e;
		JSON_AUTO json_t *sync = chatter_sync(&a.chat, "");
		json_t *events = json_object_get(json_object_get(sync, "to_device"), "events");
		json_array_foreach (events, i, e) {
			int64_t n = json_get_i64(json_object_get(e, "content"), "n", -1);
			small |= n == 1000000;
			if (n == 1000000)
				continue;
			first = first < 0 ? n : first;
			last = n;
			seen++;
			bytes += SIZE;
		}
		if (json_array_size(events) == 0)
			break;
	}
	assert_true(small);
	assert_int_equal(last, FILL - 1);
	assert_true(first > 0);
	assert_int_equal(seen, FILL - first);
	assert_true(bytes <= TO_DEVICE_QUEUE_BYTES);
	text[0] = '\0';
	AUTO_FREE char *big = mem_alloc(TO_DEVICE_CONTENT_MAX + 1);
	memset(big, 'x', TO_DEVICE_CONTENT_MAX);
	test_error(&class_server, 413, "M_TOO_LARGE", "PUT", V3 "sendToDevice/m.test/huge",
		   bert.token, "{\"messages\":{\"%s\":{\"F1\":{\"x\":\"%s\"}}}}", anna.id, big);
	crypter_done(&a);
}

/* Is this person in that list of the sync's device_lists? */
static bool listed(const json_t *sync, const char *list, const char *user)
{
	size_t i;
	json_t *v;
	json_array_foreach (json_object_get(json_object_get(sync, "device_lists"), list), i, v)
		if (!strcmp(json_string_value(v), user))
			return true;
	return false;
}

/* Members stand in the order in which their memberships changed: device lists rely on it. */
static void check_latest(void *arg)
{
	const struct hub *h = class_server.srv->hub;
	struct hub_room *r;
	(void)arg;
	for (size_t at = 0; (r = nidmap_next(&h->rooms, &at));) {
		size_t n = 0;
		for (const struct hub_member *m = r->latest; m; m = m->older, n++) {
			assert_true(!m->older || m->pos >= m->older->pos);
			assert_ptr_equal(m->newer ? m->newer->older : r->latest, m);
		}
		assert_int_equal(n, r->members.count);
		assert_true(!r->latest || r->latest->pos == r->member_pos);
	}
}

static void test_device_lists(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	struct crypter a;
	crypter_new(&anna, "L1", &a);
	json_decref(crypter_upload_keys(&a, 0));
	class_room(room, 0);
	json_decref(chatter_sync(&bert, ""));
	json_decref(chatter_sync(&eve, ""));
	char from[128];
	snprintf(from, sizeof(from), "%s", eve.since);
	/* A poll is woken by another's new device; who shares no room hears nothing. */
	struct poll *w = poll_start(&bert, "&timeout=120000");
	polls_waiting(&class_server, 1);
	struct crypter b;
	crypter_new(&anna, "L2", &b);
	json_decref(crypter_upload_keys(&b, 0));
	JSON_AUTO json_t *woken = poll_end(w, NULL);
	assert_true(listed(woken, "changed", anna.id));
	JSON_AUTO json_t *others = chatter_sync(&eve, "");
	assert_false(listed(others, "changed", anna.id));
	/* The same keys again are no news. */
	json_decref(crypter_upload_keys(&b, 0));
	JSON_AUTO json_t *quiet = chatter_sync(&bert, "");
	assert_false(listed(quiet, "changed", anna.id));
	/* Who comes into the room is shown its people, and they are shown them. */
	chatter_room(&eve, room, "join", "{}");
	JSON_AUTO json_t *came = chatter_sync(&eve, "");
	assert_true(listed(came, "changed", anna.id));
	assert_true(listed(came, "changed", bert.id));
	JSON_AUTO json_t *saw = chatter_sync(&bert, "");
	assert_true(listed(saw, "changed", eve.id));
	assert_false(listed(saw, "changed", anna.id));
	JSON_AUTO json_t *changes =
		class_get(&eve, V3 "keys/changes?from=%s&to=%s", from, eve.since);
	json_t *changed = json_object_get(changes, "changed");
	assert_int_equal(json_array_size(changed), 2);
	JSON_AUTO json_t *before = class_get(&eve, V3 "keys/changes?from=%s&to=%s", from, from);
	assert_int_equal(json_array_size(json_object_get(before, "changed")), 0);
	class_refused(&eve, 400, "M_INVALID_PARAM", V3 "keys/changes?from=yesterday");
	/* A device that goes takes its keys with it and is told of. */
	send_to(&bert, "gone", anna.id, "L2", 1);
	json_decref(test_json(&class_server, 200, "POST", V3 "logout", b.chat.token, "{}"));
	JSON_AUTO json_t *gone = chatter_sync(&bert, "");
	assert_true(listed(gone, "changed", anna.id));
	JSON_AUTO json_t *query = crypter_query(&bert, anna.id, "L2");
	json_t *devices = json_object_get(json_object_get(query, "device_keys"), anna.id);
	assert_int_equal(json_object_size(devices), 0);
	struct crypter again;
	crypter_new(&anna, "L2", &again);
	expect_numbers(&again, "");
	crypter_done(&again);
	/* Who leaves is no longer to be followed, unless there is another room. */
	char other[LIMIT_ID_BYTES + 1];
	json_decref(chatter_sync(&bert, ""));
	json_decref(chatter_sync(&eve, ""));
	class_room(other, 0);
	chatter_room(&anna, room, "leave", "{}");
	JSON_AUTO json_t *left = chatter_sync(&bert, "");
	assert_false(listed(left, "left", anna.id));
	JSON_AUTO json_t *left_eve = chatter_sync(&eve, "");
	assert_true(listed(left_eve, "left", anna.id));
	chatter_room(&eve, room, "leave", "{}");
	JSON_AUTO json_t *alone = chatter_sync(&eve, "");
	assert_true(listed(alone, "left", bert.id));
	test_server_run(&class_server, check_latest, NULL);
	test_server_stop(&class_server);
	test_server_start(&class_server);
	test_server_run(&class_server, check_latest, NULL);
	crypter_done(&a);
	crypter_done(&b);
}

/* A client that begins is told of no changes: it asks for what it wants. */
static void test_first_sync(void **state)
{
	(void)state;
	struct crypter a;
	crypter_new(&anna, "S1", &a);
	JSON_AUTO json_t *sync = chatter_sync(&a.chat, "");
	assert_int_equal(json_object_size(json_object_get(sync, "device_lists")), 0);
	assert_int_equal(json_get_i64(json_object_get(sync, "device_one_time_keys_count"),
				      "signed_curve25519", -1),
			 0);
	crypter_done(&a);
}

static void test_encryption_is_refused(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	class_room(room, 0);
	AUTO_FREE char *path = mem_printf(V3 "rooms/%s/state/m.room.encryption", room);
	const char *content = "{\"algorithm\":\"m.megolm.v1.aes-sha2\"}";
	test_error(&class_server, 403, "M_FORBIDDEN", "PUT", path, anna.token, "%s", content);
	test_error(&class_server, 403, "M_FORBIDDEN", "POST", V3 "createRoom", anna.token,
		   "{\"initial_state\":[{\"type\":\"m.room.encryption\",\"content\":%s}]}",
		   content);
	JSON_AUTO json_t *known =
		test_json(&class_server, 200, "GET", "/.well-known/matrix/client", NULL, NULL);
	json_t *hint = json_object_get(known, "io.element.e2ee");
	assert_true(json_is_false(json_object_get(hint, "default")));
	assert_true(json_is_true(json_object_get(hint, "force_disable")));
	/* Unless it is allowed. */
	test_server_stop(&class_server);
	class_server.opt.allow_encryption = true;
	test_server_start(&class_server);
	json_decref(test_json(&class_server, 200, "PUT", path, anna.token, "%s", content));
	JSON_AUTO json_t *now =
		test_json(&class_server, 200, "GET", "/.well-known/matrix/client", NULL, NULL);
	hint = json_object_get(now, "io.element.e2ee");
	assert_true(json_is_false(json_object_get(hint, "default")));
	assert_null(json_object_get(hint, "force_disable"));
	test_server_stop(&class_server);
	class_server.opt.allow_encryption = false;
	test_server_start(&class_server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_claims_at_once),
		cmocka_unit_test(test_new_identity),
		cmocka_unit_test(test_to_device),
		cmocka_unit_test(test_to_device_continues),
		cmocka_unit_test(test_to_device_wakes),
		cmocka_unit_test(test_other_devices_wait),
		cmocka_unit_test(test_queue_is_fair),
		cmocka_unit_test(test_device_lists),
		cmocka_unit_test(test_first_sync),
		cmocka_unit_test(test_encryption_is_refused),
	};
	return cmocka_run_group_tests_name("keys_http", tests, class_start, class_stop);
}
