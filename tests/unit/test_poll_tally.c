#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/matrix/message.h"
#include "core/matrix/poll_tally.h"

static struct poll_tally *poll_of(int max)
{
	JSON_AUTO json_t *content = NULL;
	const char *const answers[] = {"a", "b", "c"};
	struct poll_draft d = {.question = "?",
			       .answers = answers,
			       .answers_n = 3,
			       .max_selections = max};
	struct mx_event ev;
	struct mx_poll poll;
	assert_int_equal(message_poll_start(&d, &content, NULL), 0);
	JSON_AUTO json_t *json =
		json_pack("{s:s,s:s,s:s,s:i,s:O}", "type", POLL_START_TYPE, "sender", "@t:test",
			  "event_id", "$p", "origin_server_ts", 1, "content", content);
	assert_int_equal(event_parse(json, EVENT_ROOM, &ev, NULL), 0);
	assert_true(event_poll_start(&ev, &poll));
	struct poll_tally *t = poll_tally_new(&poll);
	event_done(&ev);
	return t;
}

/* `picks`: one digit per answer's id */
static void vote(struct poll_tally *t, const char *who, int64_t ts, const char *picks)
{
	JSON_AUTO json_t *answers = json_array();
	for (; *picks; picks++)
		json_array_append_new(answers, json_stringn(picks, 1));
	poll_tally_vote(t, who, ts, answers);
}

static void check(struct poll_tally *t, int64_t a, int64_t b, int64_t c, int64_t voters)
{
	struct poll_result r;
	poll_tally_count(t, &r);
	assert_int_equal(r.answers, 3);
	assert_int_equal(r.votes[0], a);
	assert_int_equal(r.votes[1], b);
	assert_int_equal(r.votes[2], c);
	assert_int_equal(r.voters, voters);
}

static void put_voter(const char *sender, void *arg)
{
	buf_printf(arg, "%s;", sender);
}

static void test_newest_counts(void **state)
{
	(void)state;
	struct poll_tally *t = poll_of(1);
	AUTO(buf_done) struct buf b = BUF_INIT(100);
	check(t, 0, 0, 0, 0);
	vote(t, "@b", 20, "2");
	vote(t, "@a", 10, "1");
	vote(t, "@b", 10, "1"); /* older, though it came later */
	check(t, 1, 1, 0, 2);
	vote(t, "@c", 5, "3");
	vote(t, "@c", 5, "1"); /* at the same time: the later one */
	check(t, 2, 1, 0, 3);
	poll_tally_voters(t, 0, put_voter, &b);
	assert_string_equal(buf_str(&b), "@a;@c;");
	assert_true(poll_tally_picked(t, "@b", 1));
	assert_false(poll_tally_picked(t, "@b", 0));
	assert_false(poll_tally_picked(t, "@nobody", 0));
	poll_tally_free(t);
}

static void test_spoiled(void **state)
{
	(void)state;
	struct poll_tally *t = poll_of(1);
	vote(t, "@a", 10, "1");
	vote(t, "@a", 11, "7");	 /* no such answer: spoiled, and the vote before is gone */
	vote(t, "@b", 10, "12"); /* too many: the first */
	vote(t, "@c", 10, "1");
	vote(t, "@c", 11, ""); /* taken back */
	poll_tally_vote(t, "@d", 10, NULL);
	check(t, 1, 0, 0, 1);
	poll_tally_free(t);
	t = poll_of(2);
	vote(t, "@a", 10, "11"); /* twice the same is once */
	vote(t, "@b", 10, "31");
	vote(t, "@c", 10, "19");
	check(t, 2, 0, 1, 2);
	poll_tally_free(t);
}

static void test_end(void **state)
{
	(void)state;
	struct poll_tally *t = poll_of(1);
	struct poll_result r;
	vote(t, "@a", 10, "1");
	vote(t, "@a", 30, "2");
	vote(t, "@b", 31, "3");
	poll_tally_end(t, 40);
	poll_tally_end(t, 20);
	poll_tally_end(t, 50);
	check(t, 1, 0, 0, 1);
	poll_tally_count(t, &r);
	assert_true(r.closed);
	assert_int_equal(r.closed_ts, 20);
	poll_tally_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_counts),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
