#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/i18n.h"
#include "core/matrix/message.h"
#include "tests/lib/roll_case.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define T0 ROLL_T0

/* "here", "late", "away" or "-" */
static const char *status(struct roll_tally *t, const char *who)
{
	struct roll_answer a;
	if (!roll_tally_find(t, who, &a))
		return "-";
	return !a.here ? "away" : a.late ? "late" : "here";
}

static void test_made_and_read(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600000, 300000);
	assert_string_equal(r.id, "$r");
	assert_string_equal(r.opener, "@t:x");
	assert_string_equal(r.uid, "u1");
	assert_string_equal(r.recurrence_id, "20260301T090000");
	assert_null(r.second_of);
	assert_int_equal(roll_closes_ms(&r), T0 + 600000);
	assert_int_equal(json_array_size(r.words), 1);
	roll_done(&r);
}

static void test_fallback_says_what_to_write(void **state)
{
	(void)state;
	struct roll_draft d = {.window_ms = 600000, .late_ms = 300000};
	JSON_AUTO json_t *content = NULL;
	assert_int_equal(roll_make(&d, &content, NULL), 0);
	const char *text = json_get_str(content, "org.matrix.msc1767.text");
	assert_non_null(strstr(text, "\"here\""));
	assert_non_null(strstr(text, "10 minutes"));
	const json_t *start = json_get_object(content, POLL_START_TYPE);
	assert_string_equal(json_get_str(start, "kind"), "org.matrix.msc3381.poll.undisclosed");
	assert_int_equal(json_get_i64(start, "max_selections", 0), 1);
}

static void test_bad_windows(void **state)
{
	(void)state;
	JSON_AUTO json_t *content = NULL;
	struct err err;
	struct roll_draft d = {.window_ms = ROLL_WINDOW_MAX_MS + 1};
	assert_int_equal(roll_make(&d, &content, &err), ERR_USAGE);
	static const char *const marks[] = {
		"{}",
		"{\"window_ms\":0}",
		"{\"window_ms\":-5}",
		"{\"window_ms\":\"600000\"}",
		"{\"window_ms\":9007199254740991}",
	};
	d.window_ms = 1000;
	assert_int_equal(roll_make(&d, &content, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		json_t *mark, *copy = json_deep_copy(content);
		struct roll r;
		assert_int_equal(json_parse(span_of(marks[i]), &mark, NULL), 0);
		json_object_set_new(copy, ROLL_KEY, mark);
		AUTO(event_done)
		struct mx_event ev = event_of("$r", "@t:x", POLL_START_TYPE, 1, copy);
		assert_false(roll_read(&ev, &r));
	}
}

static void test_an_ordinary_poll_is_no_roll(void **state)
{
	(void)state;
	const char *const answers[] = {"a", "b"};
	struct poll_draft d = {.question = "?", .answers = answers, .answers_n = 2};
	json_t *content = NULL;
	struct roll r;
	assert_int_equal(message_poll_start(&d, &content, NULL), 0);
	AUTO(event_done) struct mx_event ev = event_of("$r", "@t:x", POLL_START_TYPE, 1, content);
	assert_false(roll_read(&ev, &r));
}

static void test_words(void **state)
{
	(void)state;
	static const char *const yes[] = {
		"here",	      "Here",	     "HERE!",	"  here. ", "ｈｅｒｅ",	   "I'm here",
		"I’m  here!", "present",     "Présent", "PRÉSENTE", "presente",	   "¡Presente!",
		"hier",	      "Ich bin da.", "到",	"到！",	    "到。",	   "在",
		"はい",	      "ﾊｲ",	     "出席",	"네",	    "hadir",	   "Saya hadir",
		"здесь",      "Присутствую", "!here",	"burada",   "حاضر",	   "उपस्थित",
		"có mặt",     "มาครับ",	     "jestem",	"obecna",   "\tpresent\n", "　到　",
	};
	static const char *const no[] = {
		"",
		"yes",
		"no",
		"here we go",
		"I am not here",
		"absent",
		"there",
		".",
		"!",
		"¡!",
		"not present",
		"here?",
		"present perfect",
		"到 not",
		"\xff\xfe",
		"here\n\nhere",
	};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (!roll_is_word(span_of(yes[i]), NULL))
			fail_msg("\"%s\" is a word", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (roll_is_word(span_of(no[i]), NULL))
			fail_msg("\"%s\" is no word", no[i]);
	assert_false(roll_is_word((struct span){"here\0x", 6}, NULL));
}

static void test_own_words(void **state)
{
	(void)state;
	JSON_AUTO json_t *words = json_pack("[s,i,s]", "Moin", 5, "");
	assert_true(roll_is_word(span_of("moin!"), words));
	assert_true(roll_is_word(span_of("MOIN"), words));
	assert_false(roll_is_word(span_of("moin moin"), words));
	assert_false(roll_is_word(span_of(""), words));
	assert_false(roll_is_word(span_of("moin"), NULL));
}

static void test_every_way_counts(void **state)
{
	(void)state;
	struct roll r;
	struct roll_answer a;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	vote(t, "$1", "@a:x", 10, "here");
	say(t, event_of("$2", "@b:x", "m.poll.response", T0 + 11, vote_of("m.", "away")), false);
	react(t, "$3", "@c:x", 12, "👍🏽");
	react(t, "$4", "@d:x", 13, "👎🏽");
	word(t, "$5", "@e:x", 301, "Here!");
	word(t, "$6", "@f:x", 14, "moin");
	word(t, "$7", "@g:x", 15, "what?");
	assert_string_equal(status(t, "@a:x"), "here");
	assert_string_equal(status(t, "@b:x"), "away");
	assert_string_equal(status(t, "@c:x"), "here");
	assert_string_equal(status(t, "@d:x"), "away");
	assert_string_equal(status(t, "@e:x"), "late");
	assert_string_equal(status(t, "@f:x"), "here");
	assert_string_equal(status(t, "@g:x"), "-");
	assert_true(roll_tally_find(t, "@c:x", &a));
	assert_int_equal(a.way, ROLL_BY_REACTION);
	assert_string_equal(a.event_id, "$3");
	assert_int_equal(a.ts, T0 + 12);
	assert_string_equal(roll_way_name(a.way), "reaction");
	roll_tally_free(t);
	roll_done(&r);
}

static void test_first_counts_for_time_last_for_status(void **state)
{
	(void)state;
	struct roll r;
	struct roll_answer a;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	vote(t, "$3", "@a:x", 400, "here");
	vote(t, "$1", "@a:x", 10, "here");
	word(t, "$4", "@b:x", 500, "here");
	vote(t, "$2", "@b:x", 20, "away");
	vote(t, "$5", "@c:x", 20, "here");
	react(t, "$6", "@c:x", 30, "❌");
	assert_string_equal(status(t, "@a:x"), "here");
	assert_string_equal(status(t, "@b:x"), "here");
	assert_string_equal(status(t, "@c:x"), "away");
	assert_true(roll_tally_find(t, "@b:x", &a));
	assert_int_equal(a.ts, T0 + 20);
	assert_int_equal(a.way, ROLL_BY_VOTE);
	roll_tally_free(t);
	roll_done(&r);
}

static void test_spoiled_and_empty_votes_take_back(void **state)
{
	(void)state;
	struct roll r;
	struct roll_answer a;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	vote(t, "$1", "@a:x", 10, NULL);
	vote(t, "$2", "@b:x", 10, "nonsense");
	vote(t, "$3", "@c:x", 10, "here");
	vote(t, "$4", "@c:x", 20, NULL);
	vote(t, "$5", "@d:x", 10, "here");
	vote(t, "$6", "@d:x", 20, NULL);
	vote(t, "$7", "@d:x", 500, "here");
	assert_string_equal(status(t, "@a:x"), "-");
	assert_string_equal(status(t, "@b:x"), "-");
	assert_string_equal(status(t, "@c:x"), "-");
	assert_string_equal(status(t, "@d:x"), "here");
	assert_true(roll_tally_find(t, "@d:x", &a));
	assert_int_equal(a.ts, T0 + 10);
	roll_tally_free(t);
	roll_done(&r);
}

static void test_window(void **state)
{
	(void)state;
	struct roll r;
	struct roll_answer a;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	word(t, "$1", "@a:x", -1, "here");
	word(t, "$2", "@b:x", 600, "here");
	vote(t, "$3", "@c:x", 601, "here");
	vote(t, "$4", "@d:x", -50, "here"); /* names the start, so it came after it */
	assert_string_equal(status(t, "@a:x"), "-");
	assert_string_equal(status(t, "@b:x"), "late");
	assert_string_equal(status(t, "@c:x"), "-");
	assert_true(roll_tally_find(t, "@d:x", &a));
	assert_int_equal(a.ts, T0);
	assert_int_equal(roll_tally_closed_ms(t), T0 + 600);
	end(t, "$e1", 700, false, false);
	assert_false(roll_tally_has_end(t));
	end(t, "$e2", 700, true, false);
	assert_true(roll_tally_has_end(t));
	roll_tally_free(t);
	roll_done(&r);
}

static void test_end_by_who_may(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	vote(t, "$1", "@a:x", 150, "here");
	vote(t, "$2", "@b:x", 250, "here");
	end(t, "$e1", 100, false, false);
	assert_string_equal(status(t, "@b:x"), "here");
	end(t, "$e2", 300, true, false);
	end(t, "$e3", 200, true, false);
	assert_string_equal(status(t, "@a:x"), "here");
	assert_string_equal(status(t, "@b:x"), "-");
	assert_int_equal(roll_tally_closed_ms(t), T0 + 200);
	redact(t, "$x", "$e3", 400);
	assert_string_equal(status(t, "@b:x"), "here");
	assert_int_equal(roll_tally_closed_ms(t), T0 + 300);
	end(t, "$e4", 900, true, false);
	assert_int_equal(roll_tally_closed_ms(t), T0 + 300);
	roll_tally_free(t);
	roll_done(&r);
}

static void test_cancelled(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	assert_false(roll_tally_cancelled(t));
	end(t, "$e1", 900, false, true);
	assert_false(roll_tally_cancelled(t));
	end(t, "$e2", 900, true, true);
	assert_true(roll_tally_cancelled(t));
	roll_tally_free(t);
	t = roll_tally_new(&r);
	redact(t, "$x", "$r", 5);
	assert_true(roll_tally_cancelled(t));
	roll_tally_free(t);
	roll_done(&r);
}

static void test_edited_and_redacted_do_not_count(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	word(t, "$1", "@a:x", 10, "here");
	word(t, "$2", "@b:x", 10, "hello");
	word(t, "$3", "@c:x", 10, "here");
	word(t, "$4", "@d:x", 10, "here");
	react(t, "$5", "@e:x", 10, "👍");
	say(t, event_of("$6", "@a:x", "m.room.message", T0 + 20, edit_of("$1", "there")), false);
	say(t, event_of("$7", "@b:x", "m.room.message", T0 + 20, edit_of("$2", "here")), false);
	say(t, event_of("$8", "@z:x", "m.room.message", T0 + 20, edit_of("$3", "nothing")), false);
	redact(t, "$9", "$4", 900);
	redact(t, "$10", "$5", 20);
	assert_string_equal(status(t, "@a:x"), "-");
	assert_string_equal(status(t, "@b:x"), "-");
	assert_string_equal(status(t, "@c:x"), "here"); /* nobody edits for another */
	assert_string_equal(status(t, "@d:x"), "-");
	assert_string_equal(status(t, "@e:x"), "-");
	assert_string_equal(status(t, "@z:x"), "-");
	roll_tally_free(t);
	roll_done(&r);
}

static void test_bundled_edit_and_redacted_because(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	static const char *const texts[] = {
		"{\"event_id\":\"$1\",\"sender\":\"@a:x\",\"type\":\"m.room.message\","
		"\"origin_server_ts\":1000010,\"content\":{\"msgtype\":\"m.text\",\"body\":"
		"\"here\"},"
		"\"unsigned\":{\"m.relations\":{\"m.replace\":{\"event_id\":\"$9\"}}}}",
		"{\"event_id\":\"$2\",\"sender\":\"@b:x\",\"type\":\"m.room.message\","
		"\"origin_server_ts\":1000010,\"content\":{},\"unsigned\":{\"redacted_because\":"
		"{\"event_id\":\"$8\"}}}",
	};
	word(t, "$2", "@b:x", 10, "here");
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct mx_event ev;
		assert_int_equal(event_parse_text(span_of(texts[i]), EVENT_ROOM, &ev, NULL), 0);
		say(t, ev, false);
	}
	assert_string_equal(status(t, "@a:x"), "-");
	assert_string_equal(status(t, "@b:x"), "-");
	roll_tally_free(t);
	roll_done(&r);
}

static void test_reply_with_its_quote(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	const char *body = "> <@t:x> Roll-call: are you here?\n> two\n\nhere";
	word(t, "$1", "@a:x", 10, body);
	say(t,
	    event_of("$2", "@b:x", "m.room.message", T0 + 10,
		     json_pack("{s:s,s:s,s:{s:{s:s}}}", "msgtype", "m.text", "body", body,
			       "m.relates_to", "m.in_reply_to", "event_id", "$r")),
	    false);
	say(t,
	    event_of("$3", "@c:x", "m.room.message", T0 + 10,
		     json_pack("{s:s,s:s}", "msgtype", "m.notice", "body", "here")),
	    false);
	assert_string_equal(status(t, "@a:x"), "-");
	assert_string_equal(status(t, "@b:x"), "here");
	assert_string_equal(status(t, "@c:x"), "-");
	roll_tally_free(t);
	roll_done(&r);
}

static int in_order(const struct roll_answer *a, void *arg)
{
	char *last = arg;
	assert_true(strcmp(last, a->user_id) < 0);
	snprintf(last, 32, "%s", a->user_id);
	return strcmp(a->user_id, "@00050:x") == 0 ? 7 : 0;
}

static void test_walk_in_order(void **state)
{
	(void)state;
	struct roll r;
	char last[32] = "", id[32], who[32];
	roll_of(&r, 600, 300);
	struct roll_tally *t = roll_tally_new(&r);
	for (int i = 99; i >= 0; i--) {
		snprintf(id, sizeof(id), "$%d", i);
		snprintf(who, sizeof(who), "@%05d:x", i);
		vote(t, id, who, 5, "here");
	}
	assert_int_equal(roll_tally_each(t, in_order, last), 7);
	assert_string_equal(last, "@00050:x");
	roll_tally_free(t);
	roll_done(&r);
}

/* The cap holds though one event is two steps: an answer that was edited. */
static void test_cap(void **state)
{
	(void)state;
	AUTO(roll_done) struct roll r = {0};
	roll_of(&r, 600000, 60000);
	struct roll_tally *t = roll_tally_new(&r);
	char id[32];
	bool more = true;
	react(t, "$first", "@a:x", 1, "y");
	for (int i = 0; more && i <= ROLL_EVENTS_MAX / 2; i++) {
		snprintf(id, sizeof(id), "$%d", i);
		AUTO(event_done)
		struct mx_event ev =
			event_of(id, "@a:x", "m.reaction", T0 + 2, message_reaction("$r", "y"));
		ev.bundled = json_pack("{s:{}}", "m.replace");
		more = roll_tally_event(t, &ev, false);
		json_decref(ev.bundled);
		ev.bundled = NULL;
	}
	assert_false(more);
	roll_tally_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_read),
		cmocka_unit_test(test_fallback_says_what_to_write),
		cmocka_unit_test(test_bad_windows),
		cmocka_unit_test(test_an_ordinary_poll_is_no_roll),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_own_words),
		cmocka_unit_test(test_every_way_counts),
		cmocka_unit_test(test_first_counts_for_time_last_for_status),
		cmocka_unit_test(test_spoiled_and_empty_votes_take_back),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_end_by_who_may),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_edited_and_redacted_do_not_count),
		cmocka_unit_test(test_bundled_edit_and_redacted_because),
		cmocka_unit_test(test_reply_with_its_quote),
		cmocka_unit_test(test_walk_in_order),
		cmocka_unit_test(test_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
