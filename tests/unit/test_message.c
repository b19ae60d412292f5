#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/event.h"
#include "core/matrix/message.h"

#include <string.h>

static void check(json_t *got, const char *want)
{
	JSON_AUTO json_t *j = NULL;
	assert_int_equal(json_parse(span_of(want), &j, NULL), 0);
	if (!json_equal(got, j)) {
		char *text = json_text(got);
		fail_msg("%s\ninstead of\n%s", text, want);
	}
	json_decref(got);
}

static json_t *text_of(const struct message_draft *d)
{
	json_t *j = NULL;
	struct err e = {0};
	int rc = message_text(d, &j, &e);
	if (rc)
		print_error("%s\n", e.msg);
	assert_int_equal(rc, 0);
	return j;
}

static void test_text(void **state)
{
	(void)state;
	struct message_draft d = {.msgtype = "m.text", .text = span_of("*hi*")};
	check(text_of(&d), "{\"msgtype\":\"m.text\",\"body\":\"*hi*\",\"m.mentions\":{}}");
	d.markdown = true;
	check(text_of(&d), "{\"msgtype\":\"m.text\",\"body\":\"*hi*\",\"m.mentions\":{},"
			   "\"format\":\"org.matrix.custom.html\","
			   "\"formatted_body\":\"<em>hi</em>\"}");
	d.text = span_of("hi");
	d.at = (struct message_context){.reply_to = "$r",
					.reply_sender = "@b:hs",
					.mentions = (const char *const[]){"@c:hs", "@b:hs", NULL}};
	check(text_of(&d), "{\"msgtype\":\"m.text\",\"body\":\"hi\",\"m.mentions\":{"
			   "\"user_ids\":[\"@c:hs\",\"@b:hs\"]},"
			   "\"m.relates_to\":{\"m.in_reply_to\":{\"event_id\":\"$r\"}}}");
}

static void test_threads(void **state)
{
	(void)state;
	struct message_draft d = {.msgtype = "m.notice",
				  .text = span_of("hi"),
				  .at = {.thread = "$t", .thread_last = "$l"}};
	check(text_of(&d), "{\"msgtype\":\"m.notice\",\"body\":\"hi\",\"m.mentions\":{},"
			   "\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$t\","
			   "\"is_falling_back\":true,\"m.in_reply_to\":{\"event_id\":\"$l\"}}}");
	d.at.reply_to = "$r";
	d.at.reply_sender = d.at.self = "@me:hs";
	check(text_of(&d), "{\"msgtype\":\"m.notice\",\"body\":\"hi\",\"m.mentions\":{},"
			   "\"m.relates_to\":{\"rel_type\":\"m.thread\",\"event_id\":\"$t\","
			   "\"is_falling_back\":false,\"m.in_reply_to\":{\"event_id\":\"$r\"}}}");
}

static void test_refused(void **state)
{
	(void)state;
	json_t *j = NULL;
	struct err e;
	struct message_draft d = {.msgtype = "m.text", .text = span_of(" \n ")};
	assert_int_equal(message_text(&d, &j, &e), ERR_INVALID);
	d.text = span_of("\xff");
	assert_int_equal(message_text(&d, &j, &e), ERR_INVALID);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < LIMIT_EVENT_BYTES - 2000; i++)
		buf_put_char(&b, 'a');
	d.text = buf_span(&b);
	assert_int_equal(message_text(&d, &j, &e), ERR_TOO_LARGE);
	for (size_t i = 0; i < 3000; i++)
		buf_put_char(&b, 'a');
	d.text = buf_span(&b);
	assert_int_equal(message_text(&d, &j, &e), ERR_TOO_LARGE);
	assert_null(j);
	buf_done(&b);
}

static void test_edit(void **state)
{
	(void)state;
	struct message_draft d = {.msgtype = "m.text",
				  .text = span_of("**n**"),
				  .markdown = true,
				  .at = {.reply_to = "$r"}};
	check(message_edit("$o", text_of(&d)),
	      "{\"msgtype\":\"m.text\",\"body\":\"* **n**\",\"m.mentions\":{},"
	      "\"format\":\"org.matrix.custom.html\","
	      "\"formatted_body\":\"* <strong>n</strong>\",\"m.new_content\":{"
	      "\"msgtype\":\"m.text\",\"body\":\"**n**\",\"m.mentions\":{},"
	      "\"format\":\"org.matrix.custom.html\",\"formatted_body\":\"<strong>n</strong>\"},"
	      "\"m.relates_to\":{\"rel_type\":\"m.replace\",\"event_id\":\"$o\"}}");
	check(message_reaction("$o", "👍"),
	      "{\"m.relates_to\":{\"rel_type\":\"m.annotation\",\"event_id\":\"$o\","
	      "\"key\":\"👍\"}}");
}

static void test_file(void **state)
{
	(void)state;
	json_t *j = NULL;
	struct file_draft d = {.url = "mxc://hs/a",
			       .filename = span_of("a.png"),
			       .mimetype = "image/png",
			       .size = 5,
			       .duration_ms = -1,
			       .width = 3,
			       .height = 4};
	assert_int_equal(message_file(&d, &j, NULL), 0);
	check(j, "{\"msgtype\":\"m.image\",\"body\":\"a.png\",\"filename\":\"a.png\","
		 "\"url\":\"mxc://hs/a\",\"info\":{\"mimetype\":\"image/png\",\"size\":5,\"w\":3,"
		 "\"h\":4},\"m.mentions\":{}}");
	d = (struct file_draft){.url = "mxc://hs/a",
				.filename = span_of("v.ogg"),
				.mimetype = "audio/ogg",
				.size = -1,
				.duration_ms = 900,
				.width = -1,
				.height = -1,
				.voice = true,
				.waveform = (const int[]){0, 1024},
				.waveform_n = 2,
				.caption = span_of("listen")};
	assert_int_equal(message_file(&d, &j, NULL), 0);
	check(j, "{\"msgtype\":\"m.audio\",\"body\":\"listen\",\"filename\":\"v.ogg\","
		 "\"url\":\"mxc://hs/a\",\"info\":{\"mimetype\":\"audio/ogg\",\"duration\":900},"
		 "\"org.matrix.msc1767.audio\":{\"duration\":900,\"waveform\":[0,1024]},"
		 "\"org.matrix.msc3245.voice\":{},\"m.mentions\":{}}");
	d.url = "https://hs/a";
	assert_int_equal(message_file(&d, &j, NULL), ERR_INVALID);
	d.url = "mxc://hs/a";
	d.filename = span_of("");
	assert_int_equal(message_file(&d, &j, NULL), ERR_INVALID);
}

/* A content as the event of another person would carry it. */
static struct mx_event event_with(const char *type, json_t *content)
{
	struct mx_event ev = {0};
	JSON_AUTO json_t *j =
		json_pack("{s:s,s:s,s:i,s:s,s:o}", "event_id", "$e", "sender", "@a:hs",
			  "origin_server_ts", 1, "type", type, "content", content);
	assert_int_equal(event_parse(j, EVENT_ROOM, &ev, NULL), 0);
	return ev;
}

static void test_poll(void **state)
{
	(void)state;
	struct mx_poll p;
	const char *id;
	struct span text;
	json_t *j = NULL;
	struct poll_draft d = {.question = "Here?",
			       .answers = (const char *const[]){"Yes", "No"},
			       .ids = (const char *const[]){"here", "gone"},
			       .answers_n = 2};
	assert_int_equal(message_poll_start(&d, &j, NULL), 0);
	AUTO(event_done) struct mx_event start = event_with(POLL_START_TYPE, j);
	assert_string_equal(json_get_str(j, "org.matrix.msc1767.text"), "Here?\n1. Yes\n2. No");
	assert_true(event_poll_start(&start, &p));
	assert_false(p.disclosed);
	assert_true(poll_answer(&p, 1, &id, &text));
	assert_string_equal(id, "gone");
	AUTO(event_done)
	struct mx_event vote =
		event_with(POLL_RESPONSE_TYPE,
			   message_poll_response("$p", (const char *const[]){"here", NULL}));
	assert_int_equal(json_array_size(event_poll_response(&vote, &id)), 1);
	assert_string_equal(id, "$p");
	AUTO(event_done)
	struct mx_event end = event_with(POLL_END_TYPE, message_poll_end("$p", "over"));
	assert_string_equal(event_poll_end(&end), "$p");
	d.answers_n = 0;
	assert_int_equal(message_poll_start(&d, &j, NULL), ERR_USAGE);
}

static void test_read_back(void **state)
{
	(void)state;
	struct mx_message m;
	struct message_draft d = {.msgtype = "m.emote",
				  .text = span_of("waves **a**"),
				  .markdown = true};
	AUTO(event_done)
	struct mx_event ev = event_with("m.room.message", message_edit("$o", text_of(&d)));
	assert_true(event_is_edit(&ev));
	assert_true(event_message(&ev, &m));
	assert_string_equal(m.msgtype, "m.emote");
	assert_true(span_eq_str(m.body, "waves **a**"));
	assert_true(span_eq_str(m.html, "waves <strong>a</strong>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	  cmocka_unit_test(test_threads),
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_edit),
		cmocka_unit_test(test_file),	  cmocka_unit_test(test_poll),
		cmocka_unit_test(test_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
