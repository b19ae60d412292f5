/*
 * AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714) on OpenSSL: keys are expanded
 * once, so that a packet costs a fifth of what libsrtp2 on NSS takes, and a
 * server sends each to hundreds. No MKI, no key derivation rate, a tag of 16
 * bytes. libsrtp2 is the oracle of tests/unit/test_srtp.c.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/srtp_priv.h"

#include <openssl/evp.h>
#include <string.h>

#define KEY 16
#define SALT 12
#define IV 12
#define TAG 16
#define RTCP_HEAD 8 /* in the clear */
#define RTCP_TAIL 4 /* E bit and index */
#define ENCRYPTED 0x80000000u
#define INDEX_END ((uint64_t)1 << 48) /* a key is good for no more (RFC 3711 9.2) */
#define RTCP_INDEX_END ((uint32_t)1 << 31)
#define HALF 0x8000

/* Labels of the key derivation (RFC 3711 4.3.1). */
enum { RTP_KEY = 0, RTP_SALT = 2, RTCP_KEY = 3, RTCP_SALT = 5 };

#define WINDOW_WORDS (SRTP_REPLAY_WINDOW / 64)

/* Numbers that were there: one nonce is never used twice, nor one packet taken twice. */
struct window {
	bool any;
	uint64_t newest;
	uint64_t seen[WINDOW_WORDS]; /* bit `number % SRTP_REPLAY_WINDOW` */
};

struct source {
	uint32_t ssrc;
	uint32_t rtcp_next; /* sending */
	struct window rtp, rtcp;
};

/* One direction of RTP or of RTCP. */
struct cipher {
	EVP_CIPHER_CTX *ctx;
	uint8_t salt[SALT];
};

struct stream {
	struct srtp_stream base;
	struct cipher rtp, rtcp;
	struct source **sources;
	size_t sources_n;
};

/* -- Keys --------------------------------------------------------------------------- */

/* AES in counter mode over the label and the master salt (RFC 3711 4.3.3; RFC 7714 11). */
static bool derive(const struct srtp_key *key, int label, uint8_t *ret, size_t n)
{
	uint8_t iv[16] = {0};
	const uint8_t zero[KEY] = {0};
	int len = 0;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	memcpy(iv, key->bytes + KEY, SALT);
	iv[7] ^= (uint8_t)label;
	bool ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key->bytes, iv) == 1 &&
		  EVP_EncryptUpdate(ctx, ret, &len, zero, (int)n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool cipher_init(struct cipher *c, const struct srtp_key *key, int label_key, int label_salt,
			bool sending)
{
	uint8_t session[KEY];
	c->ctx = EVP_CIPHER_CTX_new();
	bool ok = c->ctx && derive(key, label_key, session, KEY) &&
		  derive(key, label_salt, c->salt, SALT) &&
		  EVP_CipherInit_ex(c->ctx, EVP_aes_128_gcm(), NULL, session, NULL, sending) == 1;
	mem_wipe(session, sizeof(session));
	return ok;
}

/* -- Windows ------------------------------------------------------------------------ */

static bool is_new(const struct window *w, uint64_t number)
{
	if (!w->any || number > w->newest)
		return true;
	uint64_t bit = number % SRTP_REPLAY_WINDOW;
	return w->newest - number < SRTP_REPLAY_WINDOW && !(w->seen[bit / 64] >> (bit % 64) & 1);
}

static void note(struct window *w, uint64_t number)
{
	if (!w->any || (number > w->newest && number - w->newest >= SRTP_REPLAY_WINDOW)) {
		memset(w->seen, 0, sizeof(w->seen));
	} else {
		for (uint64_t i = w->newest + 1; i <= number; i++)
			w->seen[i % SRTP_REPLAY_WINDOW / 64] &=
				~((uint64_t)1 << (i % SRTP_REPLAY_WINDOW % 64));
	}
	if (!w->any || number > w->newest)
		w->newest = number;
	w->any = true;
	w->seen[number % SRTP_REPLAY_WINDOW / 64] |= (uint64_t)1
						     << (number % SRTP_REPLAY_WINDOW % 64);
}

/* A number that does not wrap: the one next to the newest (RFC 3711 3.3.1). */
static uint64_t index_of(const struct window *w, uint16_t seq)
{
	/* Before the first half round there is none before: as libsrtp sees it. */
	if (!w->any || w->newest < HALF)
		return seq;
	uint64_t round = w->newest >> 16;
	int d = (int)seq - (int)(w->newest & 0xffff);
	if (d > HALF)
		return (round ? round - 1 : 0) << 16 | seq;
	return (d < -HALF ? round + 1 : round) << 16 | seq;
}

/* -- Sources ------------------------------------------------------------------------ */

static struct source *find(const struct stream *s, uint32_t ssrc)
{
	for (size_t i = 0; i < s->sources_n; i++)
		if (s->sources[i]->ssrc == ssrc)
			return s->sources[i];
	return NULL;
}

/* An SSRC counts once a packet of it was authentic. */
static void learn(struct stream *s, const struct source *made)
{
	s->sources = mem_realloc_array(s->sources, s->sources_n + 1, sizeof(struct source *));
	s->sources[s->sources_n++] = mem_dup(made, sizeof(*made));
}

static void on_forget(struct srtp_stream *base, uint32_t ssrc)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
	for (size_t i = 0; i < s->sources_n; i++) {
		if (s->sources[i]->ssrc == ssrc) {
			mem_free(s->sources[i]);
			s->sources[i] = s->sources[--s->sources_n];
			return;
		}
	}
}

/* -- Packets ------------------------------------------------------------------------ */

static void make_iv(const struct cipher *c, uint32_t ssrc, uint64_t number, uint8_t iv[IV])
{
	uint8_t plain[IV] = {0};
	put32(plain + 2, ssrc);
	put16(plain + 6, (uint16_t)(number >> 32));
	put32(plain + 8, (uint32_t)number);
	for (int i = 0; i < IV; i++)
		iv[i] = plain[i] ^ c->salt[i];
}

/* What is covered, what is hidden: `text` in place, its tag behind it. */
struct piece {
	const uint8_t *aad;
	size_t aad_n;
	const uint8_t *more; /* covered, too */
	size_t more_n;
	uint8_t *text;
	size_t text_n;
};

static bool cover(struct cipher *c, const uint8_t *iv, const struct piece *x, int encrypt)
{
	int len;
	return EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, iv, encrypt) == 1 &&
	       EVP_CipherUpdate(c->ctx, NULL, &len, x->aad, (int)x->aad_n) == 1 &&
	       (!x->more_n || EVP_CipherUpdate(c->ctx, NULL, &len, x->more, (int)x->more_n) == 1);
}

static bool seal(struct cipher *c, const uint8_t *iv, const struct piece *x)
{
	int len;
	uint8_t scrap[TAG];
	return cover(c, iv, x, 1) &&
	       EVP_CipherUpdate(c->ctx, x->text, &len, x->text, (int)x->text_n) == 1 &&
	       EVP_CipherFinal_ex(c->ctx, scrap, &len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, TAG, x->text + x->text_n) == 1;
}

static bool unseal(struct cipher *c, const uint8_t *iv, const struct piece *x)
{
	int len;
	uint8_t scrap[TAG];
	return cover(c, iv, x, 0) &&
	       EVP_CipherUpdate(c->ctx, x->text, &len, x->text, (int)x->text_n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, TAG, x->text + x->text_n) == 1 &&
	       EVP_CipherFinal_ex(c->ctx, scrap, &len) == 1;
}

/* Header with CSRCs and extension, which stay readable; 0: it does not fit into `n` bytes. */
static size_t rtp_head(const uint8_t *p, size_t n)
{
	size_t head = 12 + 4 * (size_t)(p[0] & 15);
	if (p[0] & 0x10) {
		if (head + 4 > n)
			return 0;
		head += 4 + 4 * (size_t)get16(p + head + 2);
	}
	return head <= n ? head : 0;
}

static enum srtp_result on_rtp(struct srtp_stream *base, uint8_t *p, size_t *n, uint32_t ssrc)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
	struct source made = {.ssrc = ssrc}, *known = find(s, ssrc), *e = known ? known : &made;
	size_t tag = base->sending ? 0 : TAG;
	size_t head = *n < tag ? 0 : rtp_head(p, *n - tag);
	uint8_t iv[IV];
	if (!head)
		return SRTP_MALFORMED;
	if (!known && s->sources_n == SRTP_SSRC_MAX)
		return SRTP_TOO_MANY;
	uint64_t number = index_of(&e->rtp, get16(p + 2));
	if (!is_new(&e->rtp, number) || number >= INDEX_END)
		return SRTP_REPLAYED;
	make_iv(&s->rtp, ssrc, number, iv);
	const struct piece x = {p, head, NULL, 0, p + head, *n - tag - head};
	if (!(base->sending ? seal : unseal)(&s->rtp, iv, &x))
		return SRTP_BAD_AUTH;
	note(&e->rtp, number);
	if (!known)
		learn(s, &made);
	*n = base->sending ? *n + TAG : *n - TAG;
	return SRTP_OK;
}

static enum srtp_result seal_rtcp(struct stream *s, struct source *e, uint8_t *p, size_t *n)
{
	uint8_t iv[IV], tail[RTCP_TAIL];
	if (e->rtcp_next + 1 >= RTCP_INDEX_END)
		return SRTP_REPLAYED;
	uint32_t number = ++e->rtcp_next;
	make_iv(&s->rtcp, e->ssrc, number, iv);
	put32(tail, ENCRYPTED | number);
	const struct piece x = {p, RTCP_HEAD, tail, RTCP_TAIL, p + RTCP_HEAD, *n - RTCP_HEAD};
	if (!seal(&s->rtcp, iv, &x))
		return SRTP_BAD_AUTH;
	memcpy(p + *n + TAG, tail, RTCP_TAIL);
	*n += TAG + RTCP_TAIL;
	return SRTP_OK;
}

/* Where nothing is hidden (E is 0), all of it is covered only (RFC 7714 9.3). */
static enum srtp_result unseal_rtcp(struct stream *s, struct source *e, uint8_t *p, size_t *n)
{
	uint8_t iv[IV];
	if (*n < RTCP_HEAD + TAG + RTCP_TAIL)
		return SRTP_MALFORMED;
	size_t plain = *n - TAG - RTCP_TAIL;
	uint32_t tail = get32(p + *n - RTCP_TAIL), number = tail & ~ENCRYPTED;
	size_t head = tail & ENCRYPTED ? RTCP_HEAD : plain;
	if (!is_new(&e->rtcp, number))
		return SRTP_REPLAYED;
	make_iv(&s->rtcp, e->ssrc, number, iv);
	const struct piece x = {p, head, p + *n - RTCP_TAIL, RTCP_TAIL, p + head, plain - head};
	if (!unseal(&s->rtcp, iv, &x))
		return SRTP_BAD_AUTH;
	note(&e->rtcp, number);
	*n = plain;
	return SRTP_OK;
}

static enum srtp_result on_rtcp(struct srtp_stream *base, uint8_t *p, size_t *n, uint32_t ssrc)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
	struct source made = {.ssrc = ssrc}, *known = find(s, ssrc), *e = known ? known : &made;
	if (!known && s->sources_n == SRTP_SSRC_MAX)
		return SRTP_TOO_MANY;
	enum srtp_result r = (base->sending ? seal_rtcp : unseal_rtcp)(s, e, p, n);
	if (r == SRTP_OK && !known)
		learn(s, &made);
	return r;
}

/* -- Life --------------------------------------------------------------------------- */

static void on_free(struct srtp_stream *base)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
	/* OpenSSL wipes the keys. */
	EVP_CIPHER_CTX_free(s->rtp.ctx);
	EVP_CIPHER_CTX_free(s->rtcp.ctx);
	for (size_t i = 0; i < s->sources_n; i++)
		mem_free(s->sources[i]);
	mem_free(s->sources);
	mem_wipe(s, sizeof(*s));
	mem_free(s);
}

struct srtp_stream *srtp_gcm_new(const struct srtp_key *key, bool sending, struct err *err)
{
	static const struct srtp_calls calls = {on_free, on_rtp, on_rtcp, on_forget};
	struct stream *s = NEW(struct stream);
	s->base = (struct srtp_stream){&calls, sending};
	if (cipher_init(&s->rtp, key, RTP_KEY, RTP_SALT, sending) &&
	    cipher_init(&s->rtcp, key, RTCP_KEY, RTCP_SALT, sending))
		return &s->base;
	on_free(&s->base);
	err_set(err, ERR_FAILED, _("OpenSSL cannot encrypt media (AES-128-GCM)"));
	return NULL;
}
