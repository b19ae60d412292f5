#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/matrix/request.h"

#include <string.h>

#define V3 "/_matrix/client/v3"

/* Takes the request. `body` NULL: none; compared as JSON. */
static void check(struct request rq, const char *method, const char *path, const char *body)
{
	assert_string_equal(rq.method, method);
	assert_string_equal(buf_str(&rq.path), path);
	if (!body) {
		assert_int_equal(rq.body.n, 0);
	} else {
		JSON_AUTO json_t *got = NULL;
		JSON_AUTO json_t *want = NULL;
		assert_int_equal(json_parse(buf_span(&rq.body), &got, NULL), 0);
		assert_int_equal(json_parse(span_of(body), &want, NULL), 0);
		if (!json_equal(got, want))
			fail_msg("body %s instead of %s", buf_str(&rq.body), body);
	}
	if (strcmp(method, "POST") != 0)
		assert_true(rq.repeatable);
	request_done(&rq);
}

static void test_session(void **state)
{
	(void)state;
	check(request_versions(), "GET", "/_matrix/client/versions", NULL);
	check(request_well_known(), "GET", "/.well-known/matrix/client", NULL);
	check(request_login(&(struct login_query){.user = "a",
						  .password = "p\"",
						  .refresh = true,
						  .device_name = "muster"}),
	      "POST", V3 "/login",
	      "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\",\"user\":"
	      "\"a\"},"
	      "\"password\":\"p\\\"\",\"refresh_token\":true,"
	      "\"initial_device_display_name\":\"muster\"}");
	check(request_login(&(struct login_query){.email = "a@b.c", .password = "p"}), "POST",
	      V3 "/login",
	      "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.thirdparty\","
	      "\"medium\":\"email\",\"address\":\"a@b.c\"},\"password\":\"p\"}");
	check(request_login(&(struct login_query){.token = "t", .device_id = "D"}), "POST",
	      V3 "/login", "{\"type\":\"m.login.token\",\"token\":\"t\",\"device_id\":\"D\"}");
	check(request_refresh("r"), "POST", V3 "/refresh", "{\"refresh_token\":\"r\"}");
	check(request_logout(false), "POST", V3 "/logout", "{}");
	check(request_logout(true), "POST", V3 "/logout/all", "{}");
	JSON_AUTO json_t *auth = json_pack("{s:s}", "type", "m.login.dummy");
	check(request_register(
		      &(struct register_query){.user = "u", .password = "p", .auth = auth}),
	      "POST", V3 "/register?kind=user",
	      "{\"username\":\"u\",\"password\":\"p\",\"auth\":{\"type\":\"m.login.dummy\"}}");
	check(request_password("n", false, NULL), "POST", V3 "/account/password",
	      "{\"new_password\":\"n\",\"logout_devices\":false}");
	struct request rq = request_login_flows();
	assert_true(rq.anonymous);
	request_done(&rq);
}

static void test_encoding(void **state)
{
	(void)state;
	JSON_AUTO json_t *content = json_pack("{s:s}", "body", "é");
	check(request_send("!a/b:hs", "m.room.message", "t?1", content), "PUT",
	      V3 "/rooms/%21a%2Fb%3Ahs/send/m.room.message/t%3F1", "{\"body\":\"é\"}");
	check(request_state_put("!r", "m.x", "", content), "PUT", V3 "/rooms/%21r/state/m.x/",
	      "{\"body\":\"é\"}");
	check(request_state_get("!r", "t", "@ü:h#?%"), "GET",
	      V3 "/rooms/%21r/state/t/%40%C3%BC%3Ah%23%3F%25", NULL);
	check(request_redact("!r", "$e", "1", "why"), "PUT", V3 "/rooms/%21r/redact/%24e/1",
	      "{\"reason\":\"why\"}");
	check(request_redact("!r", "$e", "1", NULL), "PUT", V3 "/rooms/%21r/redact/%24e/1", "{}");
}

static void test_queries(void **state)
{
	(void)state;
	JSON_AUTO json_t *filter = json_pack("{s:b}", "lazy_load_members", 1);
	check(request_sync(&(struct sync_query){.since = "s&1", .timeout_ms = 30000}), "GET",
	      V3 "/sync?since=s%261&timeout=30000", NULL);
	check(request_sync(&(struct sync_query){.filter = "0",
						.full_state = true,
						.state_after = true,
						.presence = "offline"}),
	      "GET",
	      V3 "/sync?filter=0&timeout=0&full_state=true&use_state_after=true"
		 "&org.matrix.msc4222.use_state_after=true&set_presence=offline",
	      NULL);
	check(request_messages("!r",
			       &(struct page_query){.from = "t", .limit = 50, .filter = filter}),
	      "GET",
	      V3 "/rooms/%21r/messages?dir=b&from=t&limit=50"
		 "&filter=%7B%22lazy_load_members%22%3Atrue%7D",
	      NULL);
	check(request_relations("!r", "$e", "m.reference", NULL,
				&(struct page_query){.forward = true}),
	      "GET", "/_matrix/client/v1/rooms/%21r/relations/%24e/m.reference?dir=f", NULL);
	check(request_relations("!r", "$e", "m.annotation", "m.reaction", &(struct page_query){0}),
	      "GET", "/_matrix/client/v1/rooms/%21r/relations/%24e/m.annotation/m.reaction?dir=b",
	      NULL);
	check(request_members("!r", NULL, "join", NULL), "GET",
	      V3 "/rooms/%21r/members?membership=join", NULL);
	check(request_search("x", "!r", 5, "n"), "POST", V3 "/search?next_batch=n",
	      "{\"search_categories\":{\"room_events\":{\"search_term\":\"x\","
	      "\"order_by\":\"recent\",\"filter\":{\"rooms\":[\"!r\"],\"limit\":5}}}}");
}

static void test_user(void **state)
{
	(void)state;
	JSON_AUTO json_t *auth = json_pack("{s:s}", "type", "m.login.password");
	check(request_threads("!r", true, 5, NULL), "GET",
	      "/_matrix/client/v1/rooms/%21r/threads?include=participated&limit=5", NULL);
	check(request_hierarchy("!r", 1, "t"), "GET",
	      "/_matrix/client/v1/rooms/%21r/hierarchy?limit=100&max_depth=1&from=t", NULL);
	check(request_push_rule_put("room", "!r", auth), "PUT", V3 "/pushrules/global/room/%21r",
	      "{\"type\":\"m.login.password\"}");
	check(request_push_rule_delete("override", "!r"), "DELETE",
	      V3 "/pushrules/global/override/%21r", NULL);
	check(request_report("!r", NULL, NULL), "POST", V3 "/rooms/%21r/report",
	      "{\"reason\":\"\"}");
	check(request_report("!r", "$e", "spam"), "POST", V3 "/rooms/%21r/report/%24e",
	      "{\"reason\":\"spam\"}");
	check(request_report_user("@u:hs", "rude"), "POST", V3 "/users/%40u%3Ahs/report",
	      "{\"reason\":\"rude\"}");
	check(request_device_delete("D", NULL), "DELETE", V3 "/devices/D", "{}");
	check(request_deactivate(true, auth), "POST", V3 "/account/deactivate",
	      "{\"erase\":true,\"auth\":{\"type\":\"m.login.password\"}}");
}

static void test_rooms(void **state)
{
	(void)state;
	check(request_create_room(NULL), "POST", V3 "/createRoom", "{}");
	check(request_join("#a:hs", "r", (const char *const[]){"one", "two:80", NULL}), "POST",
	      V3 "/join/%23a%3Ahs?via=one&server_name=one&via=two%3A80&server_name=two%3A80",
	      "{\"reason\":\"r\"}");
	check(request_member(MEMBER_ACT_KICK, "!r", "@u:hs", "bad"), "POST", V3 "/rooms/%21r/kick",
	      "{\"user_id\":\"@u:hs\",\"reason\":\"bad\"}");
	check(request_member(MEMBER_ACT_UNBAN, "!r", "@u:hs", NULL), "POST", V3 "/rooms/%21r/unban",
	      "{\"user_id\":\"@u:hs\"}");
	check(request_leave("!r", NULL), "POST", V3 "/rooms/%21r/leave", "{}");
	check(request_forget("!r"), "POST", V3 "/rooms/%21r/forget", "{}");
	check(request_alias_put("#a:hs", "!r"), "PUT", V3 "/directory/room/%23a%3Ahs",
	      "{\"room_id\":\"!r\"}");
	check(request_directory_set("!r", true), "PUT", V3 "/directory/list/room/%21r",
	      "{\"visibility\":\"public\"}");
	check(request_public_rooms("s", "x", 3, NULL), "POST", V3 "/publicRooms?server=s",
	      "{\"filter\":{\"generic_search_term\":\"x\"},\"limit\":3}");
}

static void test_others(void **state)
{
	(void)state;
	check(request_receipt("!r", "m.read", "$e", "main"), "POST",
	      V3 "/rooms/%21r/receipt/m.read/%24e", "{\"thread_id\":\"main\"}");
	check(request_read_markers("!r", "$f", NULL, "$p"), "POST", V3 "/rooms/%21r/read_markers",
	      "{\"m.fully_read\":\"$f\",\"m.read.private\":\"$p\"}");
	check(request_typing("!r", "@u:hs", true, 5000), "PUT", V3 "/rooms/%21r/typing/%40u%3Ahs",
	      "{\"typing\":true,\"timeout\":5000}");
	check(request_typing("!r", "@u:hs", false, 0), "PUT", V3 "/rooms/%21r/typing/%40u%3Ahs",
	      "{\"typing\":false}");
	check(request_account_data_get("@u:hs", "!r", "m.x"), "GET",
	      V3 "/user/%40u%3Ahs/rooms/%21r/account_data/m.x", NULL);
	check(request_account_data_put("@u:hs", NULL, "m.x", NULL), "PUT",
	      V3 "/user/%40u%3Ahs/account_data/m.x", "{}");
	check(request_tag_put("@u:hs", "!r", "m.favourite", 0.5), "PUT",
	      V3 "/user/%40u%3Ahs/rooms/%21r/tags/m.favourite", "{\"order\":0.5}");
	check(request_profile_set("@u:hs", "displayname", "D"), "PUT",
	      V3 "/profile/%40u%3Ahs/displayname", "{\"displayname\":\"D\"}");
	check(request_profile_set("@u:hs", "avatar_url", NULL), "DELETE",
	      V3 "/profile/%40u%3Ahs/avatar_url", NULL);
	check(request_upload("a b.png"), "POST", "/_matrix/media/v3/upload?filename=a%20b.png",
	      NULL);
	check(request_admin("user.add", NULL), "POST", "/_muster/admin/v1/user.add", "{}");
	check(request_device_rename("D/1", "n"), "PUT", V3 "/devices/D%2F1",
	      "{\"display_name\":\"n\"}");
	struct request rq;
	struct err e;
	assert_int_equal(request_download("mxc://hs:80/abc", &rq, &e), 0);
	check(rq, "GET", "/_matrix/client/v1/media/download/hs%3A80/abc", NULL);
	assert_int_equal(request_download("mxc://hs/..", &rq, &e), ERR_INVALID);
}

static void test_balance(void **state)
{
	(void)state;
	long before = mem_live();
	struct request rq = request_login(&(struct login_query){.user = "a", .password = "b"});
	request_done(&rq);
	request_done(&rq);
	assert_int_equal(mem_live(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session), cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_queries), cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_user),	cmocka_unit_test(test_others),
		cmocka_unit_test(test_balance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
