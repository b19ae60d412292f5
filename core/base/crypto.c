#include "core/base/crypto.h"

#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char std_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void crypto_random(void *p, size_t n)
{
	/* Waking OpenSSL's generator takes a one-shot verb half a millisecond. */
	if (n <= 64 && getentropy(p, n) == 0)
		return;
	if (RAND_bytes(p, (int)n) != 1) {
		log_error("the system gives no random numbers");
		abort();
	}
}

static void digest(const EVP_MD *md, struct span in, uint8_t *ret)
{
	if (EVP_Digest(in.p ? in.p : "", in.n, ret, NULL, md, NULL) != 1) {
		log_error("OpenSSL cannot compute %s", EVP_MD_get0_name(md));
		abort();
	}
}

void crypto_sha1(struct span in, uint8_t ret[20])
{
	digest(EVP_sha1(), in, ret);
}

void crypto_sha256(struct span in, uint8_t ret[32])
{
	digest(EVP_sha256(), in, ret);
}

static void hmac(const EVP_MD *md, struct span key, struct span in, uint8_t *ret)
{
	if (!HMAC(md, key.p ? key.p : "", (int)key.n, (const unsigned char *)(in.p ? in.p : ""),
		  in.n, ret, NULL)) {
		log_error("OpenSSL cannot compute HMAC");
		abort();
	}
}

void crypto_hmac_sha1(struct span key, struct span in, uint8_t ret[20])
{
	hmac(EVP_sha1(), key, in, ret);
}

void crypto_hmac_sha256(struct span key, struct span in, uint8_t ret[32])
{
	hmac(EVP_sha256(), key, in, ret);
}

bool crypto_ed25519_verify(const uint8_t key[32], struct span in, const uint8_t signature[64])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
		  EVP_DigestVerify(ctx, signature, 64, (const unsigned char *)(in.p ? in.p : ""),
				   in.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error(); /* or TLS would take it for its own */
	return ok;
}

static int digest_stream(FILE *in, EVP_MD_CTX *ctx, uint8_t ret[32])
{
	AUTO_FREE char *part = mem_alloc(65536);
	size_t n;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return EIO;
	while ((n = fread(part, 1, 65536, in)) > 0)
		EVP_DigestUpdate(ctx, part, n);
	if (ferror(in))
		return errno ? errno : EIO;
	return EVP_DigestFinal_ex(ctx, ret, NULL) == 1 ? 0 : EIO;
}

int crypto_sha256_file(const char *path, uint8_t ret[32], struct err *err)
{
	FILE *in = fopen(path, "re");
	if (!in)
		return err_errno(err, errno, _("cannot open %s"), path);
	setvbuf(in, NULL, _IONBF, 0);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int e = digest_stream(in, ctx, ret);
	EVP_MD_CTX_free(ctx);
	fclose(in);
	return e ? err_errno(err, e, _("cannot read %s"), path) : 0;
}

struct crypto_sha {
	EVP_MD_CTX *ctx;
};

struct crypto_sha *crypto_sha_new(void)
{
	struct crypto_sha *h = NEW(struct crypto_sha);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL))
		abort();
	return h;
}

void crypto_sha_add(struct crypto_sha *h, struct span in)
{
	if (!EVP_DigestUpdate(h->ctx, in.p, in.n))
		abort();
}

void crypto_sha_end(struct crypto_sha *h, uint8_t ret[32])
{
	if (!EVP_DigestFinal_ex(h->ctx, ret, NULL))
		abort();
	crypto_sha_free(h);
}

void crypto_sha_free(struct crypto_sha *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	mem_free(h);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

static void put(struct buf *b, const uint8_t *p, size_t n, const char *alphabet, bool pad)
{
	for (; n;) {
		size_t k = n < 3 ? n : 3;
		uint32_t v = (uint32_t)p[0] << 16 | (k > 1 ? (uint32_t)p[1] << 8 : 0) |
			     (k > 2 ? p[2] : 0);
		char out[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63],
			       k > 1 ? alphabet[v >> 6 & 63] : '=', k > 2 ? alphabet[v & 63] : '='};
		buf_put(b, out, pad ? 4 : k + 1);
		p += k;
		n -= k;
	}
}

void base64_put(struct buf *b, const void *p, size_t n)
{
	put(b, p, n, std_alphabet, true);
}

void base64_put_unpadded(struct buf *b, const void *p, size_t n)
{
	put(b, p, n, std_alphabet, false);
}

void base64url_put(struct buf *b, const void *p, size_t n)
{
	put(b, p, n, url_alphabet, false);
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct buf *b, struct span in)
{
	while (in.n && in.p[in.n - 1] == '=')
		in.n--;
	if (in.n % 4 == 1)
		return false;
	uint32_t v = 0;
	for (size_t i = 0; i < in.n; i++) {
		int six = value_of(in.p[i]);
		if (six < 0)
			return false;
		v = v << 6 | (uint32_t)six;
		if (i % 4 == 1)
			buf_put_char(b, (char)(v >> 4));
		else if (i % 4 == 2)
			buf_put_char(b, (char)(v >> 2));
		else if (i % 4 == 3)
			buf_put_char(b, (char)v);
	}
	return buf_ok(b);
}

void hex_put(char *ret, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *u = p;
	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[u[i] >> 4];
		ret[2 * i + 1] = digits[u[i] & 15];
	}
	ret[2 * n] = '\0';
}

char *crypto_token(const char *prefix)
{
	uint8_t raw[32];
	struct buf b = BUF_INIT(256);
	crypto_random(raw, sizeof(raw));
	buf_put_str(&b, prefix);
	base64url_put(&b, raw, sizeof(raw));
	mem_wipe(raw, sizeof(raw));
	return buf_take(&b);
}
