#include "tests/lib/encrypting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/keys/signed.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define V3 "/_matrix/client/v3/"

void signer_new(struct signer *ret)
{
	uint8_t public[32];
	size_t n = sizeof(public);
	struct buf b = BUF_INIT(100);
	crypto_random(ret->seed, sizeof(ret->seed));
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, ret->seed, 32);
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &n), 1);
	base64_put_unpadded(&b, public, n);
	snprintf(ret->public, sizeof(ret->public), "%s", buf_str(&b));
	buf_done(&b);
	EVP_PKEY_free(key);
}

void signer_sign(const struct signer *s, json_t *object, const char *user_id, const char *name)
{
	uint8_t bits[64];
	size_t n = sizeof(bits);
	struct buf text = BUF_INIT(1 << 20), b64 = BUF_INIT(200);
	JSON_AUTO json_t *bare = json_copy(object);
	AUTO_FREE char *key_id = mem_printf("ed25519:%s", name);
	json_object_del(bare, "signatures");
	json_object_del(bare, "unsigned");
	assert_int_equal(json_put_canonical(&text, bare, NULL), 0);
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->seed, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, bits, &n, (const uint8_t *)text.p, text.n), 1);
	base64_put_unpadded(&b64, bits, n);
	signed_add(object, user_id, key_id, buf_str(&b64));
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	buf_done(&text);
	buf_done(&b64);
}

static json_t *make_device_keys(struct crypter *c)
{
	AUTO_FREE char *ed = mem_printf("ed25519:%s", c->device_id);
	AUTO_FREE char *curve = mem_printf("curve25519:%s", c->device_id);
	AUTO_FREE char *secret = crypto_token("");
	json_t *j = json_pack("{s:s,s:s,s:[s,s],s:{s:s,s:s}}", "user_id", c->chat.id, "device_id",
			      c->device_id, "algorithms", "m.olm.v1.curve25519-aes-sha2",
			      "m.megolm.v1.aes-sha2", "keys", ed, c->signer.public, curve, secret);
	signer_sign(&c->signer, j, c->chat.id, c->device_id);
	return j;
}

void crypter_new(const struct chatter *who, const char *device_id, struct crypter *ret)
{
	*ret = (struct crypter){.chat = *who};
	ret->chat.since[0] = '\0';
	ret->chat.token = test_login(who->t, who->name, device_id);
	snprintf(ret->device_id, sizeof(ret->device_id), "%s", device_id);
	signer_new(&ret->signer);
	ret->device_keys = make_device_keys(ret);
}

void crypter_done(struct crypter *c)
{
	chatter_done(&c->chat);
	json_decref(c->device_keys);
	c->device_keys = NULL;
}

json_t *crypter_upload_keys(struct crypter *c, int one_time)
{
	JSON_AUTO json_t *body = json_pack("{s:O}", "device_keys", c->device_keys);
	json_t *keys = json_object();
	for (int i = 0; i < one_time; i++) {
		AUTO_FREE char *name = mem_printf("signed_curve25519:K%d", i);
		AUTO_FREE char *value = mem_printf("key %d of %s", i, c->device_id);
		json_t *key = json_pack("{s:s}", "key", value);
		signer_sign(&c->signer, key, c->chat.id, c->device_id);
		json_object_set_new(keys, name, key);
	}
	json_object_set_new(body, "one_time_keys", keys);
	AUTO_FREE char *text = json_text(body);
	return test_json(c->chat.t, 200, "POST", V3 "keys/upload", c->chat.token, "%s", text);
}

json_t *crypter_query(struct chatter *asker, const char *user_id, const char *device_id)
{
	const char *mark = device_id ? "\"" : "";
	return test_json(asker->t, 200, "POST", V3 "keys/query", asker->token,
			 "{\"device_keys\":{\"%s\":[%s%s%s]}}", user_id, mark,
			 device_id ? device_id : "", mark);
}
