#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/token.h"

#include <string.h>

#define NOW 1700000000000
#define SECRET SPAN_LIT("a secret that nobody knows")

static void make(struct buf *b)
{
	struct token t = {.key = "devkey",
			  .identity = "@anna:school",
			  .name = "Anna Müller",
			  .room = "class",
			  .not_before_ms = NOW,
			  .expires_ms = NOW + 3600000,
			  .join = true,
			  .subscribe = true};
	assert_int_equal(token_make(&t, SECRET, b, NULL), 0);
}

static void test_round_trip(void **state)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t;
	char key[TOKEN_NAME_MAX + 1];
	(void)state;
	make(&b);
	assert_int_equal(token_key(buf_span(&b), key, NULL), 0);
	assert_string_equal(key, "devkey");
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW, &t, NULL), 0);
	assert_string_equal(t.identity, "@anna:school");
	assert_string_equal(t.name, "Anna Müller");
	assert_string_equal(t.room, "class");
	assert_true(t.join && t.subscribe && !t.publish && !t.data && !t.admin);
	assert_true(t.expires_ms == NOW + 3600000);
}

/* What may be published: all that canPublish allows, or only what is named. */
static void test_sources(void **state)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t = {.key = "k", .identity = "i", .expires_ms = NOW, .publish = true};
	(void)state;
	assert_true(token_may_publish(&t, 0) && token_may_publish(&t, 2));
	t.sources = 1u << 4;
	assert_int_equal(token_make(&t, SECRET, &b, NULL), 0);
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW, &t, NULL), 0);
	assert_true(token_may_publish(&t, 4));
	for (int other = -1; other < 9; other++)
		assert_true(other == 4 || !token_may_publish(&t, other));
	/* Who may publish nothing that we know may not publish all once the token is renewed. */
	buf_clear(&b);
	t.sources = 1;
	assert_int_equal(token_make(&t, SECRET, &b, NULL), 0);
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW, &t, NULL), 0);
	assert_false(token_may_publish(&t, 2));
	t.publish = false;
	assert_false(token_may_publish(&t, 4));
	/* Named, but nothing that is known here. */
	t = (struct token){.key = "k",
			   .identity = "i",
			   .expires_ms = NOW,
			   .publish = true,
			   .sources = 1};
	buf_clear(&b);
	assert_false(token_may_publish(&t, 2));
	assert_null(token_source_name(0));
	assert_string_equal(token_source_name(2), "microphone");
}

static void test_refused(void **state)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token t;
	(void)state;
	make(&b);
	assert_int_equal(token_verify(buf_span(&b), SPAN_LIT("other"), NOW, &t, NULL), ERR_AUTH);
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW + 3600000 + 61000, &t, NULL),
			 ERR_AUTH);
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW - 61000, &t, NULL), ERR_AUTH);
	assert_int_equal(token_verify(buf_span(&b), SECRET, NOW - 59000, &t, NULL), 0);
	/* Every changed character, and every cut. */
	for (size_t i = 0; i + 1 < b.n; i++) {
		char was = b.p[i];
		b.p[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(token_verify(buf_span(&b), SECRET, NOW, &t, NULL), 0);
		b.p[i] = was;
		assert_int_not_equal(token_verify(span_head(buf_span(&b), i), SECRET, NOW, &t,
						  NULL),
				     0);
	}
	/* "alg":"none" with an empty signature. */
	assert_int_equal(token_verify(SPAN_LIT("eyJhbGciOiJub25lIn0.e30."), SECRET, NOW, &t, NULL),
			 ERR_AUTH);
	assert_int_equal(token_verify(SPAN_LIT("eyJhbGciOiJub25lIn0.e30.AA"), SECRET, NOW, &t,
				      NULL),
			 ERR_AUTH);
}

/* The example of RFC 7515 appendix A.1: it names nobody, and lets nobody join anything. */
static void test_rfc_vector(void **state)
{
	static const char text[] =
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
		"ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
		".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	static const char key[] = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0i"
				  "PS4hcgUuTwjAzZr1Z9CAow";
	AUTO(buf_done) struct buf secret = BUF_INIT(100);
	struct token t;
	struct err err;
	(void)state;
	assert_true(base64_decode(&secret, span_of(key)));
	assert_int_equal(token_verify(span_of(text), buf_span(&secret), 1300819380000, &t, &err),
			 0);
	assert_false(t.join || t.admin || t.create);
	assert_string_equal(t.identity, "");
	/* Who joins has a name. */
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	AUTO(buf_done) struct buf nameless = BUF_INIT(TOKEN_BYTES_MAX);
	uint8_t mac[32];
	buf_put_str(&b, "eyJhbGciOiJIUzI1NiJ9.");
	static const char claims[] = "{\"exp\":1300819380,\"video\":{\"roomJoin\":true}}";
	base64url_put(&b, claims, sizeof(claims) - 1);
	crypto_hmac_sha256(buf_span(&secret), buf_span(&b), mac);
	buf_printf(&nameless, "%s.", buf_str(&b));
	base64url_put(&nameless, mac, sizeof(mac));
	assert_int_equal(token_verify(buf_span(&nameless), buf_span(&secret), 1300819380000, &t,
				      &err),
			 ERR_AUTH);
	assert_non_null(strstr(err.msg, "nobody"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rfc_vector),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
