/*
 * Access tokens of calls, which anybody may send: the bytes as a token, and as
 * the claims of one that is signed. What is taken is written again and reads
 * the same.
 */
#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "core/rtc/token.h"

#include <stdlib.h>
#include <string.h>

#define SECRET SPAN_LIT("a secret of more than thirty-two characters")
#define NOW_MS 1700000000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static bool same(const struct token *a, const struct token *b)
{
	return !strcmp(a->key, b->key) && !strcmp(a->identity, b->identity) &&
	       !strcmp(a->name, b->name) && !strcmp(a->room, b->room) && a->join == b->join &&
	       a->create == b->create && a->admin == b->admin && a->publish == b->publish &&
	       a->subscribe == b->subscribe && a->hidden == b->hidden && a->sources == b->sources &&
	       a->update_metadata == b->update_metadata && a->data == b->data &&
	       a->rules == b->rules && a->expires_ms == b->expires_ms &&
	       a->not_before_ms == b->not_before_ms;
}

static void write_again(const struct token *t)
{
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	struct token again;
	demand(memchr(t->identity, 0, sizeof(t->identity)) && memchr(t->room, 0, sizeof(t->room)));
	if (token_make(t, SECRET, &b, NULL))
		return;
	demand(!token_verify(buf_span(&b), SECRET, NOW_MS, &again, NULL) && same(t, &again));
}

static void as_claims(const uint8_t *data, size_t size)
{
	static const char header[] = "{\"alg\":\"HS256\"}";
	AUTO(buf_done) struct buf b = BUF_INIT(TOKEN_BYTES_MAX);
	uint8_t mac[32];
	struct token t;
	base64url_put(&b, header, sizeof(header) - 1);
	buf_put_char(&b, '.');
	base64url_put(&b, data, size);
	crypto_hmac_sha256(SECRET, buf_span(&b), mac);
	buf_put_char(&b, '.');
	base64url_put(&b, mac, sizeof(mac));
	if (buf_ok(&b) && !token_verify(buf_span(&b), SECRET, NOW_MS, &t, NULL))
		write_again(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key[TOKEN_NAME_MAX + 1];
	struct token t;
	struct span text = {(const char *)data, size};
	if (!token_verify(text, SECRET, NOW_MS, &t, NULL))
		write_again(&t);
	if (!token_key(text, key, NULL))
		demand(memchr(key, 0, sizeof(key)) != NULL);
	as_claims(data, size);
	return 0;
}
