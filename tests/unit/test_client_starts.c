/*
 * What clients in use ask a server as they start, in their own words, and what
 * they take as "not here": M_UNRECOGNIZED. Paths and filters as in the sources of
 * matrix-js-sdk 42 (Element, Cinny), matrix-nio (weechat-matrix), mautrix-go
 * (gomuks) and matrix-rust-sdk (iamb).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/syncing.h"

#include <string.h>

#define CLIENT "/_matrix/client/"
#define NOT_HERE "M_UNRECOGNIZED"

static struct test_server t;
static struct chatter anna;

static int setup(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	test_server_start(&t);
	chatter_new(&t, "anna", &anna);
	chatter_create(&anna, "{}", room);
	chatter_say(&anna, room, "hello", NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chatter_done(&anna);
	test_server_done(&t);
	return 0;
}

static void test_requests(void **state)
{
	(void)state;
	static const struct {
		const char *method, *path, *body, *errcode; /* errcode NULL: 200 */
	} asked[] = {
		{"GET", CLIENT "versions", NULL, NULL},
		{"GET", "/.well-known/matrix/client", NULL, NULL},
		{"GET", CLIENT "v3/login", NULL, NULL},
		{"GET", CLIENT "v3/account/whoami", NULL, NULL},
		{"GET", CLIENT "v3/capabilities", NULL, NULL},
		{"GET", CLIENT "v3/pushrules/", NULL, NULL},
		{"GET", CLIENT "v3/pushers", NULL, NULL},
		{"GET", CLIENT "v3/devices", NULL, NULL},
		{"GET", CLIENT "v3/account/3pid", NULL, NULL},
		{"GET", CLIENT "v3/voip/turnServer", NULL, NULL},
		{"GET", CLIENT "v3/thirdparty/protocols", NULL, NULL},
		{"GET", CLIENT "v3/profile/@anna:localhost", NULL, NULL},
		{"GET", CLIENT "v3/profile/@anna:localhost/m.tz", NULL, "M_NOT_FOUND"},
		{"GET", CLIENT "v3/joined_rooms", NULL, NULL},
		{"GET", CLIENT "v3/notifications?limit=30", NULL, NULL},
		{"GET", CLIENT "v1/media/config", NULL, NULL},
		{"GET", CLIENT "v3/presence/@anna:localhost/status", NULL, NULL},
		{"PUT", CLIENT "v3/presence/@anna:localhost/status",
		 "{\"presence\":\"online\",\"status_msg\":\"\"}", NULL},
		{"POST", CLIENT "v3/publicRooms", "{\"limit\":20}", NULL},
		{"POST", CLIENT "v3/user_directory/search", "{\"search_term\":\"an\"}", NULL},
		{"GET", CLIENT "v3/user/@anna:localhost/account_data/m.secret_storage.default_key",
		 NULL, "M_NOT_FOUND"},
		{"GET", CLIENT "v3/room_keys/version", NULL, "M_NOT_FOUND"},
		{"GET", CLIENT "v1/auth_metadata", NULL, NOT_HERE},
		{"GET", CLIENT "unstable/org.matrix.msc2965/auth_metadata", NULL, NOT_HERE},
		{"GET", CLIENT "unstable/org.matrix.msc2965/auth_issuer", NULL, NOT_HERE},
		{"GET", CLIENT "unstable/org.matrix.msc3814.v1/dehydrated_device", NULL, NOT_HERE},
		{"PUT", CLIENT "unstable/org.matrix.msc3814.v1/dehydrated_device", "{}", NOT_HERE},
		{"POST", CLIENT "unstable/org.matrix.simplified_msc3575/sync?timeout=0", "{}",
		 NOT_HERE},
		{"POST", CLIENT "v4/sync", "{}", NOT_HERE},
		{"GET", CLIENT "unstable/uk.tcpip.msc4133/profile/@anna:localhost/m.tz", NULL,
		 NOT_HERE},
		{"GET", CLIENT "unstable/org.matrix.msc4143/rtc/transports", NULL, NULL},
		{"GET", CLIENT "v3/login/sso/redirect", NULL, NOT_HERE},
		{"POST", CLIENT "v1/login/get_token", "{}", NOT_HERE},
		{"GET", CLIENT "v3/thirdparty/protocol/irc", NULL, NOT_HERE},
		{"GET", CLIENT "v3/room_keys/none/at/all", NULL, NOT_HERE},
	};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		JSON_AUTO json_t *j = NULL;
		int status = test_call(&t, asked[i].method, asked[i].path, anna.token,
				       asked[i].body, &j);
		const char *errcode = json_get_str(j, "errcode");
		bool fine = asked[i].errcode ? errcode && !strcmp(errcode, asked[i].errcode)
					     : status == 200 && j;
		if (!fine)
			fail_msg("%s %s: %d %s", asked[i].method, asked[i].path, status,
				 errcode ? errcode : "");
	}
}

/* Each is stored, is told back as it was, and syncs. */
static void test_filters(void **state)
{
	(void)state;
	static const char *const filters[] = {
		/* matrix-js-sdk, with and without threads */
		"{\"room\":{\"timeline\":{\"limit\":20,\"unread_thread_notifications\":true},"
		"\"state\":{\"lazy_load_members\":true}}}",
		"{\"room\":{\"timeline\":{\"limit\":8,"
		"\"org.matrix.msc3773.unread_thread_notifications\":true},\"state\":{"
		"\"lazy_load_members\":true},\"include_leave\":true}}",
		/* weechat-matrix */
		"{\"room\":{\"timeline\":{\"limit\":5000},\"state\":{\"lazy_load_members\":true}}}",
		/* matrix-nio: types it does not want */
		"{\"presence\":{\"types\":[]},\"account_data\":{\"not_types\":[\"*\"]},"
		"\"room\":{\"ephemeral\":{\"not_types\":[\"m.typing\",\"m.receipt\"]}}}",
		/* mautrix-go */
		"{\"account_data\":{\"limit\":20,\"not_types\":null},\"event_fields\":[],"
		"\"event_format\":\"client\",\"presence\":{\"limit\":20},\"room\":{"
		"\"account_data\":{\"limit\":20},\"ephemeral\":{\"limit\":20},\"state\":{"
		"\"limit\":20},\"timeline\":{\"limit\":20}}}",
		/* matrix-rust-sdk */
		"{\"room\":{\"state\":{\"lazy_load_members\":true,"
		"\"include_redundant_members\":false},\"timeline\":{\"limit\":20}},"
		"\"event_fields\":null}",
		"{}",
	};
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		JSON_AUTO json_t *j =
			test_json(&t, 200, "POST", CLIENT "v3/user/@anna:localhost/filter",
				  anna.token, "%s", filters[i]);
		AUTO_FREE char *by_id =
			mem_printf("&set_presence=online&filter=%s", json_get_str(j, "filter_id"));
		anna.since[0] = '\0';
		JSON_AUTO json_t *first = chatter_sync(&anna, by_id);
		assert_int_equal(json_object_size(
					 json_object_get(json_object_get(first, "rooms"), "join")),
				 1);
		json_decref(chatter_sync(&anna, by_id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_filters),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
