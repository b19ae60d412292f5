/*
 * The join page as the server sends it: its size, its policy, its languages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "server/page/files.h"
#include "server/page/joinpage.h"
#include "tests/lib/httpd_fixture.h"
#include "tests/lib/server.h"

#include <string.h>

#define PAGE_BYTES_MAX 100000

static struct test_server server;

static void get(const char *method, const char *path, const char *headers, struct reply *ret)
{
	struct raw c = raw_connect(server.srv->port);
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, headers);
	raw_send(&c, b.p, b.n);
	buf_done(&b);
	raw_reply(&c, ret, strcmp(method, "HEAD") == 0);
	raw_close(&c);
}

/* What stands between `from` and `to`, at or behind `*at`, which moves on; fails without it. */
static struct span between(const char **at, const char *from, const char *to)
{
	const char *begin = strstr(*at, from);
	assert_non_null(begin);
	begin += strlen(from);
	const char *end = strstr(begin, to);
	assert_non_null(end);
	*at = end;
	return (struct span){begin, (size_t)(end - begin)};
}

static void assert_named(struct span policy, const char *directive, struct span text)
{
	struct buf want = BUF_INIT(BUF_CAP_OWN), have = BUF_INIT(BUF_CAP_OWN);
	uint8_t sum[32];
	crypto_sha256(text, sum);
	buf_put_str(&want, "'sha256-");
	base64_put(&want, sum, sizeof(sum));
	buf_put_char(&want, '\'');
	buf_put_span(&have, policy);
	const char *at = strstr(buf_str(&have), directive);
	assert_non_null(at);
	at = strstr(at, buf_str(&want));
	assert_non_null(at);
	buf_done(&want);
	buf_done(&have);
}

/* Every style and script is inside and named by its hash; nothing else may run or be fetched. */
static void test_policy(void **state)
{
	struct reply r;
	(void)state;
	get("GET", "/join", "", &r);
	assert_int_equal(r.status, 200);
	struct span policy = reply_header(&r, "Content-Security-Policy");
	const char *at = buf_str(&r.body);
	assert_named(policy, "style-src", between(&at, "<style>", "</style>"));
	assert_named(policy, "script-src", between(&at, "<script>", "</script>"));
	between(&at, "<script type=\"application/json\"", "</script>");
	assert_named(policy, "script-src", between(&at, "<script>", "</script>"));
	assert_null(strstr(at, "<script"));
	assert_true(span_starts(policy, "default-src 'none';"));
	struct buf p = BUF_INIT(BUF_CAP_OWN);
	buf_put_span(&p, policy);
	assert_non_null(strstr(buf_str(&p), "frame-ancestors 'none'"));
	assert_non_null(strstr(buf_str(&p), "base-uri 'none'"));
	assert_non_null(strstr(buf_str(&p), "connect-src 'self'"));
	assert_null(strstr(buf_str(&p), "unsafe"));
	assert_null(strstr(buf_str(&p), "http"));
	buf_done(&p);
	assert_true(span_eq_str(reply_header(&r, "Referrer-Policy"), "no-referrer"));
	assert_true(span_eq_str(reply_header(&r, "X-Content-Type-Options"), "nosniff"));
	assert_true(span_eq_str(reply_header(&r, "X-Frame-Options"), "DENY"));
	reply_done(&r);
}

/* No address of elsewhere, no inline handler, no way to make markup of text. */
static void test_sources(void **state)
{
	static const char *const never[] = {
		"innerHTML",	"outerHTML", "insertAdjacentHTML", "document.write", "eval(",
		"new Function", "srcdoc",    "onclick=",	   "javascript:",    "import(",
	};
	(void)state;
	for (const struct page_file *f = page_files; f->name; f++) {
		if (span_ends(span_of(f->name), ".mo"))
			continue;
		for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
			if (strstr(f->bytes.p, never[i]))
				fail_msg("%s has %s", f->name, never[i]);
	}
	struct span list = page_file(SPAN_LIT("scripts")), name;
	while (span_split(&list, '\n', &name))
		if (name.n) {
			assert_true(page_file(name).n > 0);
			assert_null(strstr(page_file(name).p, "</script"));
		}
}

static void test_small_in_every_language(void **state)
{
	struct words w;
	struct joinpage page;
	(void)state;
	for (size_t i = 0; words_at(i, &w); i++) {
		joinpage_make(&w, "https://school.example", &page);
		print_message("%s: %zu bytes\n", w.tag, page.html.n + page.headers.n);
		assert_in_range(page.html.n + page.headers.n, 10000, PAGE_BYTES_MAX);
		assert_null(strstr(buf_str(&page.html), "{{"));
		assert_null(strstr(buf_str(&page.html), "_(\""));
		assert_non_null(strstr(buf_str(&page.html), "https://school.example"));
		joinpage_done(&page);
	}
}

/* What is put in cannot end the element it stands in. */
static void test_escapes(void **state)
{
	struct joinpage page;
	struct words w = {.tag = "en"};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	(void)state;
	joinpage_make(&w, "http://x/\"><script>alert(1)</script>&", &page);
	assert_null(strstr(buf_str(&page.html), "<script>alert(1)"));
	assert_non_null(strstr(buf_str(&page.html), "&#60;script&#62;alert(1)"));
	joinpage_done(&page);
	words_put_json_str(&b, SPAN_LIT("</script><!--\"&\n"));
	assert_string_equal(buf_str(&b), "\"\\u003c/script\\u003e\\u003c!--\\\"\\u0026\\n\"");
	buf_done(&b);
}

static void test_etag(void **state)
{
	struct reply r, again;
	char headers[200];
	(void)state;
	get("GET", "/join", "", &r);
	struct span etag = reply_header(&r, "ETag");
	assert_int_equal(etag.n, 66);
	snprintf(headers, sizeof(headers), "If-None-Match: \"x\", W/%.*s\r\n", SPAN_ARG(etag));
	get("GET", "/join", headers, &again);
	assert_int_equal(again.status, 304);
	assert_int_equal(again.body.n, 0);
	assert_true(span_eq(reply_header(&again, "ETag"), etag));
	assert_true(reply_header(&again, "Content-Security-Policy").n > 0);
	reply_done(&again);
	get("GET", "/join", "If-None-Match: \"something else\"\r\n", &again);
	assert_int_equal(again.status, 200);
	reply_done(&again);
	get("HEAD", "/join", "", &again);
	assert_int_equal(again.status, 200);
	assert_true(span_eq(reply_header(&again, "ETag"), etag));
	reply_done(&again);
	reply_done(&r);
}

static void test_elsewhere(void **state)
{
	struct reply r;
	(void)state;
	get("GET", "/", "", &r);
	assert_int_equal(r.status, 302);
	assert_true(span_eq_str(reply_header(&r, "Location"), "join"));
	reply_done(&r);
	get("GET", "/join/", "", &r);
	assert_true(span_eq_str(reply_header(&r, "Location"), "../join"));
	reply_done(&r);
	get("GET", "/join/x", "", &r);
	assert_int_equal(r.status, 404);
	reply_done(&r);
}

/* ---- languages ---- */

static const char *picked(const char *wanted, const char *accept)
{
	static struct words w;
	w = words_pick(span_of(wanted), span_of(accept));
	return w.tag;
}

static void test_languages(void **state)
{
	(void)state;
	assert_string_equal(picked("", ""), "en");
	assert_string_equal(picked("", "de"), "de");
	assert_string_equal(picked("", "de-AT, en;q=0.5"), "de");
	assert_string_equal(picked("", "en;q=0.5,de;q=0.9"), "de");
	assert_string_equal(picked("", "en-GB,de;q=0.9"), "en");
	assert_string_equal(picked("", "xx, zh;q=0.3, de;q=0.2"), "zh-CN");
	assert_string_equal(picked("", "zh-Hans-CN"), "zh-CN");
	assert_string_equal(picked("", "DE"), "de");
	assert_string_equal(picked("", "del, den"), "en");
	assert_string_equal(picked("", "de;q=0"), "en");
	assert_string_equal(picked("", "de;q=9, en;q=x,,;;=,"), "en");
	assert_string_equal(picked("", "de;q=0.999999999999999999999999"), "de");
	assert_string_equal(picked("zh-CN", "de"), "zh-CN");
	assert_string_equal(picked("nonsense", "de"), "de");
}

static void test_said_in_it(void **state)
{
	struct reply r;
	(void)state;
	get("GET", "/join", "Accept-Language: de-DE,de;q=0.9\r\n", &r);
	assert_true(span_eq_str(reply_header(&r, "Content-Language"), "de"));
	assert_non_null(strstr(buf_str(&r.body), "<html lang=\"de\">"));
	assert_non_null(strstr(buf_str(&r.body), "Deutsch"));
	reply_done(&r);
	get("GET", "/join?lang=zh-CN", "Accept-Language: de\r\n", &r);
	assert_non_null(strstr(buf_str(&r.body), "<html lang=\"zh-CN\">"));
	assert_non_null(strstr(buf_str(&r.body), "中文"));
	reply_done(&r);
}

static int setup(void **state)
{
	(void)state;
	test_server_start(&server);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_server_done(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_small_in_every_language),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_etag),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_said_in_it),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
