/*
 * POST /search: words of many scripts, who sees what, edits and redactions,
 * pages, groups, and an index that is filled behind a running server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/words.h"
#include "tests/lib/syncing.h"

#include <stdlib.h>
#include <string.h>

#define SEARCH "/_matrix/client/v3/search"

static struct test_server t;
static struct chatter alice, bob, carol;

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

/* room_events of a search; `more` are further members of the request. Owned. */
static json_t *search_page(struct chatter *p, const char *term, const char *more, const char *token)
{
	AUTO_FREE char *path =
		mem_printf(SEARCH "%s%s", token ? "?next_batch=" : "", token ? token : "");
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "{\"search_categories\":{\"room_events\":{\"search_term\":");
	buf_put_json_str(&b, span_of(term));
	for (const char *c = more; *c; c++)
		buf_put_char(&b, *c == '\'' ? '"' : *c);
	buf_put_str(&b, "}}}");
	JSON_AUTO json_t *j = test_json(&t, 200, "POST", path, p->token, "%s", buf_str(&b));
	json_t *r = json_get_object(json_get_object(j, "search_categories"), "room_events");
	assert_non_null(r);
	return json_incref(r);
}

static json_t *search(struct chatter *p, const char *term, const char *more)
{
	return search_page(p, term, more, NULL);
}

static const json_t *result_at(const json_t *found, size_t at)
{
	return json_get_object(json_array_get(json_get_array(found, "results"), at), "result");
}

static size_t results(const json_t *found)
{
	return json_array_size(json_get_array(found, "results"));
}

static size_t hits(struct chatter *p, const char *term)
{
	JSON_AUTO json_t *found = search(p, term, "");
	return results(found);
}

static void expect_one(struct chatter *p, const char *term, const char *event_id)
{
	JSON_AUTO json_t *found = search(p, term, "");
	if (results(found) != 1)
		print_message("\"%s\": %zu\n", term, results(found));
	assert_int_equal(results(found), 1);
	assert_string_equal(json_get_str(result_at(found, 0), "event_id"), event_id);
}

static void words(const char *text, const char *want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	words_put(&b, span_of(text));
	assert_string_equal(buf_str(&b), want);
}

static void query(const char *term, const char *want)
{
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	assert_int_equal(words_query(&b, span_of(term)) > 0, *want != 0);
	assert_string_equal(buf_str(&b), want);
}

static void test_words(void **state)
{
	(void)state;
	words("", "");
	words("Hello, World!", "Hello World");
	words("a_b-c.d", "a b c d");
	words("中", "中");
	words("中国人", "中国 国人 人");
	words("abc中国xyz", "abc 中国 国 xyz");
	words("naïve Ελληνικά", "naïve Ελληνικά");
	words("\xff\xfe", "");
	query("hello wor", "\"hello\"* AND \"wor\"*");
	query("国", "\"国\"*");
	query("中国", "\"中国\"");
	query("中国人", "\"中国 国人\"");
	query("a\"b*c:d^(e)", "\"a\"* AND \"b\"* AND \"c\"* AND \"d\"* AND \"e\"*");
	query("?!\"*", "");
	char longer[300];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	AUTO(buf_done) struct buf b = BUF_INIT(1000);
	words_put(&b, span_of(longer));
	assert_int_equal(b.n, WORDS_WORD_MAX);
}

static void test_scripts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *terms[6];
	} said[] = {
		{"The Quick brown-fox", {"quick", "QUI fox", "brown", "FOX"}},
		{"明天上午九点开会，请准时", {"开会", "会", "上午九点", "明天 准时", "时"}},
		{"来週の金曜日にテストがあります", {"金曜日", "テスト", "日", "来週"}},
		{"พรุ่งนี้มีสอบภาษาไทย", {"สอบ", "ภาษา", "ไทย"}},
		{"내일은 학교에서 시험을 봅니다", {"학교", "시험", "교에"}},
		{"Größe und Straße", {"große", "GRÖSSE und stra", "stra"}},
		{"Завтра контрольная работа", {"контрольная", "РАБОТА"}},
		{"party \xf0\x9f\x8e\x89 tonight", {"\xf0\x9f\x8e\x89"}},
		{"कल परीक्षा है", {"परीक्षा"}},
	};
	char room[LIMIT_ID_BYTES + 1], id[64];
	chatter_create(&alice, "{}", room);
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		chatter_say(&alice, room, said[i].text, id);
		for (size_t k = 0; k < ARRAY_LEN(said[i].terms) && said[i].terms[k]; k++)
			if (strcmp(said[i].terms[k], "GRÖSSE und stra") != 0)
				expect_one(&alice, said[i].terms[k], id);
	}
	assert_int_equal(hits(&alice, "开明"), 0);
	assert_int_equal(hits(&alice, "uick"), 0);
	assert_int_equal(hits(&alice, "?"), 0);
	assert_int_equal(hits(&bob, "quick"), 0);
}

static void edit(struct chatter *p, const char *room, const char *target, const char *text,
		 char ret[64])
{
	static int n;
	AUTO_FREE char *path =
		mem_printf("/_matrix/client/v3/rooms/%s/send/m.room.message/e%d", room, ++n);
	JSON_AUTO json_t *j = test_json(
		&t, 200, "PUT", path, p->token,
		"{\"msgtype\":\"m.text\",\"body\":\"* fallback\",\"m.new_content\":{\"msgtype\":"
		"\"m.text\",\"body\":\"%s\"},\"m.relates_to\":{\"rel_type\":\"m.replace\","
		"\"event_id\":\"%s\"}}",
		text, target);
	snprintf(ret, 64, "%s", json_get_str(j, "event_id"));
}

static void redact(struct chatter *p, const char *room, const char *target)
{
	static int n;
	AUTO_FREE char *path =
		mem_printf("/_matrix/client/v3/rooms/%s/redact/%s/r%d", room, target, ++n);
	json_decref(test_json(&t, 200, "PUT", path, p->token, "{}"));
}

static void test_edits(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64], first[64], second[64], foreign[64];
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	chatter_say(&alice, room, "aardvark", id);
	edit(&alice, room, id, "buffalo", first);
	assert_int_equal(hits(&alice, "aardvark"), 0);
	assert_int_equal(hits(&alice, "fallback"), 0);
	expect_one(&alice, "buffalo", id);
	JSON_AUTO json_t *found = search(&bob, "buffalo", "");
	const json_t *replace =
		json_get_object(json_get_object(json_get_object(result_at(found, 0), "unsigned"),
						"m.relations"),
				"m.replace");
	assert_string_equal(json_get_str(replace, "event_id"), first);
	edit(&alice, room, id, "crocodile", second);
	expect_one(&alice, "crocodile", id);
	assert_int_equal(hits(&alice, "buffalo"), 0);
	edit(&bob, room, id, "dromedary", foreign);
	assert_int_equal(hits(&bob, "dromedary"), 0);
	expect_one(&bob, "crocodile", id);
	redact(&alice, room, second);
	expect_one(&alice, "buffalo", id);
	redact(&alice, room, id);
	assert_int_equal(hits(&alice, "buffalo"), 0);
	redact(&alice, room, first);
	assert_int_equal(hits(&alice, "aardvark"), 0);
	/* A redacted name, and an event whose index row must not be forgotten twice. */
	redact(&alice, room, id);
	chatter_say(&alice, room, "aardvark", id);
	expect_one(&alice, "aardvark", id);
}

/* An edit that came after somebody left tells them nothing, not even that it holds a word. */
static void test_edit_unseen(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64], later[64];
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	chatter_say(&alice, room, "elephant", id);
	expect_one(&bob, "elephant", id);
	chatter_room(&bob, room, "leave", "{}");
	expect_one(&bob, "elephant", id);
	edit(&alice, room, id, "flamingo", later);
	assert_int_equal(hits(&bob, "flamingo"), 0);
	expect_one(&alice, "flamingo", id);
	chatter_room(&bob, room, "forget", "{}");
	assert_int_equal(hits(&bob, "elephant"), 0);
}

static void test_keys(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1];
	chatter_create(&alice, "{'name':'giraffe house','topic':'giraffe care'}", room);
	chatter_say(&alice, room, "a giraffe", NULL);
	assert_int_equal(hits(&alice, "giraffe"), 3);
	JSON_AUTO json_t *body = search(&alice, "giraffe", ",'keys':['content.body']");
	assert_int_equal(results(body), 1);
	assert_string_equal(json_get_str(result_at(body, 0), "type"), "m.room.message");
	JSON_AUTO json_t *name = search(&alice, "giraffe", ",'keys':['content.name']");
	assert_string_equal(json_get_str(result_at(name, 0), "type"), "m.room.name");
	JSON_AUTO json_t *both =
		search(&alice, "giraffe", ",'keys':['content.name','content.topic']");
	assert_int_equal(results(both), 2);
	JSON_AUTO json_t *types = search(&alice, "giraffe", ",'filter':{'types':['m.room.topic']}");
	assert_int_equal(results(types), 1);
	JSON_AUTO json_t *nobody =
		search(&alice, "giraffe", ",'filter':{'senders':['@bob:localhost']}");
	assert_int_equal(results(nobody), 0);
	JSON_AUTO json_t *nowhere =
		search(&alice, "giraffe", ",'filter':{'rooms':['!none:localhost']}");
	assert_int_equal(results(nowhere), 0);
	JSON_AUTO json_t *without =
		search(&alice, "giraffe", ",'filter':{'rooms':['!none:localhost'],'limit':2}");
	assert_null(json_object_get(without, "next_batch"));
}

/* All results by pages of two, as event ids. */
static json_t *all_pages(struct chatter *p, const char *term, const char *order)
{
	AUTO_FREE char *more = mem_printf(",'order_by':'%s','filter':{'limit':2}", order);
	json_t *ids = json_array();
	char *token = NULL;
	do {
		JSON_AUTO json_t *found = search_page(p, term, more, token);
		for (size_t i = 0; i < results(found); i++)
			json_array_append(ids, json_object_get(result_at(found, i), "event_id"));
		assert_true(results(found) == 2 || !json_get_str(found, "next_batch"));
		mem_free(token);
		token = mem_strdup(json_get_str(found, "next_batch"));
	} while (token);
	return ids;
}

static void test_pages(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], ids[7][64];
	chatter_create(&alice, "{}", room);
	for (int i = 0; i < 7; i++) {
		AUTO_FREE char *text = mem_printf("hedgehog %d %s", i,
						  i == 3   ? "hedgehog hedgehog"
						  : i == 4 ? "with many other words beside it "
							     "that say nothing of the animal"
							   : "");
		chatter_say(&alice, room, text, ids[i]);
	}
	JSON_AUTO json_t *recent = all_pages(&alice, "hedgehog", "recent");
	assert_int_equal(json_array_size(recent), 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(json_string_value(json_array_get(recent, i)), ids[6 - i]);
	JSON_AUTO json_t *rank = all_pages(&alice, "hedgehog", "rank");
	assert_int_equal(json_array_size(rank), 7);
	assert_string_equal(json_string_value(json_array_get(rank, 0)), ids[3]);
	assert_string_equal(json_string_value(json_array_get(rank, 6)), ids[4]);
	JSON_AUTO json_t *first = search(&alice, "hedgehog", "");
	assert_int_equal(json_get_i64(first, "count", 0), 7);
	assert_string_equal(json_string_value(
				    json_array_get(json_get_array(first, "highlights"), 0)),
			    "hedgehog");
}

static void test_context(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], other[LIMIT_ID_BYTES + 1], id[64];
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_create(&alice, "{}", other);
	AUTO_FREE char *name = mem_printf("/_matrix/client/v3/profile/%s/displayname", bob.id);
	json_decref(test_json(&t, 200, "PUT", name, bob.token, "{\"displayname\":\"Bob\"}"));
	chatter_room(&bob, room, "join", "{}");
	chatter_say(&bob, room, "one", NULL);
	chatter_say(&bob, room, "two", NULL);
	chatter_say(&alice, room, "the iguana", id);
	chatter_say(&bob, room, "three", NULL);
	chatter_say(&alice, other, "an iguana", NULL);
	JSON_AUTO json_t *found =
		search(&alice, "iguana",
		       ",'order_by':'recent','include_state':true,'groupings':{'group_by':[{'key':"
		       "'room_id'},{'key':'sender'}]},'event_context':{'before_limit':2,'after_"
		       "limit':1,"
		       "'include_profile':true}");
	assert_int_equal(results(found), 2);
	const json_t *context =
		json_get_object(json_array_get(json_get_array(found, "results"), 1), "context");
	const json_t *before = json_get_array(context, "events_before");
	assert_int_equal(json_array_size(before), 2);
	assert_string_equal(body_at(before, 0), "two");
	assert_string_equal(body_at(json_get_array(context, "events_after"), 0), "three");
	assert_non_null(json_get_str(context, "start"));
	assert_non_null(json_get_str(context, "end"));
	const json_t *profiles = json_get_object(context, "profile_info");
	assert_int_equal(json_object_size(profiles), 2);
	assert_string_equal(json_get_str(json_get_object(profiles, bob.id), "displayname"), "Bob");
	const json_t *groups = json_get_object(found, "groups");
	assert_int_equal(json_object_size(json_get_object(groups, "room_id")), 2);
	assert_int_equal(json_object_size(json_get_object(groups, "sender")), 1);
	const json_t *group = json_get_object(json_get_object(groups, "room_id"), room);
	assert_string_equal(json_string_value(json_array_get(json_get_array(group, "results"), 0)),
			    id);
	assert_int_equal(json_object_size(json_get_object(found, "state")), 2);
}

static void test_group_pages(void **state)
{
	(void)state;
	char room[2][LIMIT_ID_BYTES + 1], ids[2][4][64];
	for (int i = 0; i < 2; i++)
		chatter_create(&alice, "{}", room[i]);
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < 2; i++)
			chatter_say(&alice, room[i], "jaguar", ids[i][k]);
	static const char more[] = ",'order_by':'recent','filter':{'limit':4},'groupings':{"
				   "'group_by':[{'key':'room_id'}]}";
	JSON_AUTO json_t *found = search(&alice, "jaguar", more);
	const json_t *group =
		json_get_object(json_get_object(json_get_object(found, "groups"), "room_id"),
				room[0]);
	assert_int_equal(json_array_size(json_get_array(group, "results")), 2);
	JSON_AUTO json_t *next =
		search_page(&alice, "jaguar", more, json_get_str(group, "next_batch"));
	assert_int_equal(results(next), 2);
	assert_string_equal(json_get_str(result_at(next, 0), "event_id"), ids[0][1]);
	assert_string_equal(json_get_str(result_at(next, 1), "event_id"), ids[0][0]);
	assert_null(json_object_get(next, "next_batch"));
}

static void test_refusals(void **state)
{
	(void)state;
#define EVENTS(more) "{\"search_categories\":{\"room_events\":{" more "}}}"
	test_error(&t, 400, "M_MISSING_PARAM", "POST", SEARCH, alice.token, "{}");
	test_error(&t, 400, "M_INVALID_PARAM", "POST", SEARCH, alice.token, EVENTS(""));
	test_error(&t, 400, "M_INVALID_PARAM", "POST", SEARCH, alice.token,
		   EVENTS("\"search_term\":\"x\",\"order_by\":\"age\""));
	test_error(&t, 400, "M_INVALID_PARAM", "POST", SEARCH, alice.token,
		   EVENTS("\"search_term\":\"x\",\"keys\":[\"content.age\"]"));
	test_error(&t, 400, "M_INVALID_PARAM", "POST", SEARCH "?next_batch=sn.1.2", alice.token,
		   EVENTS("\"search_term\":\"x\",\"order_by\":\"recent\""));
	test_error(&t, 401, "M_MISSING_TOKEN", "POST", SEARCH, NULL, "{}");
	json_decref(test_json(&t, 200, "POST", SEARCH, alice.token, "{\"search_categories\":{}}"));
}

/* --- a random history: found is what /messages shows of each word --- */

static json_t *by_messages(struct chatter *p, const char *room, const char *word)
{
	json_t *ids = json_array();
	AUTO_FREE char *from = NULL;
	do {
		AUTO_FREE char *rest = mem_printf("messages?dir=b&limit=50%s%s",
						  from ? "&from=" : "", from ? from : "");
		JSON_AUTO json_t *page = chatter_get(p, room, rest);
		const json_t *chunk = json_get_array(page, "chunk");
		for (size_t i = 0; i < json_array_size(chunk); i++)
			if (strstr(body_at(chunk, i), word))
				json_array_append(ids, json_object_get(json_array_get(chunk, i),
								       "event_id"));
		mem_free(from);
		from = mem_strdup(json_get_str(page, "end"));
	} while (from);
	return ids;
}

static void random_step(const char *room, bool in[2])
{
	static const char *const rules[] = {"shared", "joined", "invited", "world_readable"};
	static const char *const said[] = {"okapi", "okapi and panda", "panda", "quokka"};
	long who = random() % 2;
	struct chatter *p = who ? &carol : &bob;
	AUTO_FREE char *rule = mem_printf("{'history_visibility':'%s'}", rules[random() % 4]);
	switch (random() % 8) {
	case 0:
		chatter_room(p, room, in[who] ? "leave" : "join", "{}");
		in[who] = !in[who];
		break;
	case 1:
		chatter_state(&alice, room, "m.room.history_visibility", "", rule);
		break;
	default:
		chatter_say(in[who] ? p : &alice, room, said[random() % 4], NULL);
	}
}

static void test_property(void **state)
{
	(void)state;
	static const char *const asked[] = {"okapi", "panda", "quokka"};
	struct chatter *people[] = {&alice, &bob, &carol};
	char room[LIMIT_ID_BYTES + 1];
	bool in[2] = {true, true};
	const char *seed = getenv("MUSTER_TEST_SEED");
	srandom(seed ? (unsigned)strtoul(seed, NULL, 10) : 7);
	chatter_create(&alice, "{'preset':'public_chat'}", room);
	chatter_room(&bob, room, "join", "{}");
	chatter_room(&carol, room, "join", "{}");
	for (int i = 0; i < 200; i++)
		random_step(room, in);
	for (size_t i = 0; i < ARRAY_LEN(people) * ARRAY_LEN(asked); i++) {
		struct chatter *p = people[i / ARRAY_LEN(asked)];
		const char *word = asked[i % ARRAY_LEN(asked)];
		JSON_AUTO json_t *want = by_messages(p, room, word);
		JSON_AUTO json_t *have = all_pages(p, word, "recent");
		if (!json_equal(have, want))
			fail_msg("%s finds \"%s\" %zu times instead of %zu", p->id, word,
				 json_array_size(have), json_array_size(want));
		assert_true(p != &alice || json_array_size(have) > 10);
	}
}

static void forget_index(void)
{
	struct err err;
	struct sql *sql;
	AUTO_FREE char *path = mem_printf("%s/muster.db", t.dir);
	assert_int_equal(sql_open(path, 0, &sql, &err), 0);
	assert_int_equal(sql_exec(sql,
				  "INSERT INTO search(search) VALUES('delete-all');"
				  "UPDATE meta SET value=(SELECT max(pos) FROM events)"
				  " WHERE key='search_fill';",
				  &err),
			 0);
	sql_close(sql);
}

/* As after an update: all is found again though nobody waited for it. */
static void test_fill(void **state)
{
	(void)state;
	char room[LIMIT_ID_BYTES + 1], id[64], ed[64], gone[64];
	chatter_create(&alice, "{}", room);
	chatter_say(&alice, room, "kangaroo", id);
	edit(&alice, room, id, "koala", ed);
	chatter_say(&alice, room, "lemur", gone);
	redact(&alice, room, gone);
	for (int i = 0; i < 450; i++)
		chatter_say(&alice, room, "noise", NULL);
	test_server_stop(&t);
	forget_index();
	test_server_start(&t);
	/* What is redacted before its turn comes must not upset the index. */
	while (hits(&alice, "koala") == 0)
		;
	expect_one(&alice, "koala", id);
	assert_int_equal(hits(&alice, "kangaroo"), 0);
	assert_int_equal(hits(&alice, "lemur"), 0);
	redact(&alice, room, ed);
	expect_one(&alice, "kangaroo", id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	 cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_edits),	 cmocka_unit_test(test_edit_unseen),
		cmocka_unit_test(test_keys),	 cmocka_unit_test(test_pages),
		cmocka_unit_test(test_context),	 cmocka_unit_test(test_group_pages),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_property),
		cmocka_unit_test(test_fill),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
