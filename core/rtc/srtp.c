#include "core/rtc/srtp.h"

#include "core/base/i18n.h"
#include "core/base/lib.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"

#include <srtp2/srtp.h>
#include <string.h>

#define LIB_SRTP(F)                                   \
	F(srtp_init)                                  \
	F(srtp_create)                                \
	F(srtp_dealloc)                               \
	F(srtp_protect)                               \
	F(srtp_unprotect)                             \
	F(srtp_protect_rtcp)                          \
	F(srtp_unprotect_rtcp)                        \
	F(srtp_remove_stream)                         \
	F(srtp_crypto_policy_set_aes_gcm_128_16_auth) \
	F(srtp_crypto_policy_set_rtp_default)
LIB_PRIVATE(lib_srtp, LIB_SRTP, SRTP);

struct srtp_stream {
	srtp_t ctx;
	bool sending;
	size_t ssrc_n;
	uint32_t ssrc[SRTP_SSRC_MAX];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct lib_srtp *lib; /* there as soon as there is a stream */
static srtp_err_status_t init_status;

/*
 * libsrtp on NSS begins and ends with the first and the last cipher: libraries
 * are loaded and tested each time. One that is never used keeps it going.
 */
static void keep(void)
{
	static srtp_t unused;
	static unsigned char key[28];
	srtp_policy_t policy = {.key = key};
	lib->srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
	lib->srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	policy.ssrc.type = ssrc_specific;
	init_status = lib->srtp_create(&unused, &policy);
}

static void init(void)
{
	lib = lib_srtp(NULL);
	init_status = lib->srtp_init();
	if (!init_status)
		keep();
}

size_t srtp_key_bytes(enum srtp_suite suite, size_t *ret_key, size_t *ret_salt)
{
	size_t salt = suite == SRTP_GCM_128 ? 12 : suite == SRTP_CM_128_80 ? 14 : 0;
	*ret_key = salt ? 16 : 0;
	*ret_salt = salt;
	return *ret_key + salt;
}

static void policy_of(srtp_policy_t *p, enum srtp_suite suite, const struct srtp_key *key,
		      bool sending)
{
	if (suite == SRTP_GCM_128) {
		lib->srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtp);
		lib->srtp_crypto_policy_set_aes_gcm_128_16_auth(&p->rtcp);
	} else {
		/* AES-CM with a tag of 80 bits, by the name that is no macro. */
		lib->srtp_crypto_policy_set_rtp_default(&p->rtp);
		lib->srtp_crypto_policy_set_rtp_default(&p->rtcp);
	}
	p->ssrc.type = sending ? ssrc_any_outbound : ssrc_any_inbound;
	p->key = (unsigned char *)key->bytes;
	p->window_size = SRTP_REPLAY_WINDOW;
}

struct srtp_stream *srtp_stream_new(enum srtp_suite suite, const struct srtp_key *key, bool sending,
				    struct err *err)
{
	size_t key_n, salt_n;
	srtp_policy_t policy = {0};
	if (!lib_srtp(err))
		return NULL;
	pthread_once(&once, init);
	if (!srtp_key_bytes(suite, &key_n, &salt_n)) {
		err_set(err, ERR_UNSUPPORTED, _("SRTP suite %d is not known"), (int)suite);
		return NULL;
	}
	policy_of(&policy, suite, key, sending);
	struct srtp_stream *s = NEW(struct srtp_stream);
	s->sending = sending;
	srtp_err_status_t e = init_status ? init_status : lib->srtp_create(&s->ctx, &policy);
	if (e) {
		err_set(err, ERR_FAILED, _("libsrtp cannot start (error %d)"), (int)e);
		mem_free(s);
		return NULL;
	}
	return s;
}

void srtp_stream_free(struct srtp_stream *s)
{
	if (!s)
		return;
	lib->srtp_dealloc(s->ctx);
	mem_free(s);
}

static enum srtp_result result_of(srtp_err_status_t e)
{
	switch (e) {
	case srtp_err_status_ok:
		return SRTP_OK;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail:
		return SRTP_BAD_AUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
	case srtp_err_status_pkt_idx_old:
		return SRTP_REPLAYED;
	default:
		return SRTP_MALFORMED;
	}
}

static bool knows(const struct srtp_stream *s, uint32_t ssrc)
{
	for (size_t i = 0; i < s->ssrc_n; i++)
		if (s->ssrc[i] == ssrc)
			return true;
	return false;
}

/* An SSRC counts once a packet of it was authentic. */
static void learn(struct srtp_stream *s, uint32_t ssrc)
{
	if (!knows(s, ssrc) && s->ssrc_n < SRTP_SSRC_MAX)
		s->ssrc[s->ssrc_n++] = ssrc;
}

static bool full_for(const struct srtp_stream *s, uint32_t ssrc)
{
	return s->ssrc_n == SRTP_SSRC_MAX && !knows(s, ssrc);
}

static enum srtp_result run(struct srtp_stream *s, void *p, size_t *n, uint32_t ssrc,
			    srtp_err_status_t (*fn)(srtp_t, void *, int *))
{
	if (full_for(s, ssrc))
		return SRTP_TOO_MANY;
	int len = (int)*n;
	enum srtp_result r = result_of(fn(s->ctx, p, &len));
	if (r == SRTP_OK) {
		*n = (size_t)len;
		learn(s, ssrc);
	}
	return r;
}

static bool rtp_shape(const uint8_t *p, size_t n)
{
	return n >= 12 && n <= 65535 && p[0] >> 6 == 2;
}

static bool rtcp_shape(const uint8_t *p, size_t n)
{
	return n >= 8 && n <= 65535 && p[0] >> 6 == 2;
}

enum srtp_result srtp_stream_protect(struct srtp_stream *s, void *p, size_t *n, size_t room)
{
	if (!s->sending || !rtp_shape(p, *n))
		return SRTP_MALFORMED;
	if (room < SRTP_OVERHEAD || *n > room - SRTP_OVERHEAD)
		return SRTP_NO_ROOM;
	return run(s, p, n, get32((uint8_t *)p + 8), lib->srtp_protect);
}

enum srtp_result srtp_stream_unprotect(struct srtp_stream *s, void *p, size_t *n)
{
	if (s->sending || !rtp_shape(p, *n))
		return SRTP_MALFORMED;
	return run(s, p, n, get32((uint8_t *)p + 8), lib->srtp_unprotect);
}

enum srtp_result srtp_stream_protect_rtcp(struct srtp_stream *s, void *p, size_t *n, size_t room)
{
	if (!s->sending || !rtcp_shape(p, *n))
		return SRTP_MALFORMED;
	if (room < SRTP_OVERHEAD || *n > room - SRTP_OVERHEAD)
		return SRTP_NO_ROOM;
	return run(s, p, n, get32((uint8_t *)p + 4), lib->srtp_protect_rtcp);
}

enum srtp_result srtp_stream_unprotect_rtcp(struct srtp_stream *s, void *p, size_t *n)
{
	if (s->sending || !rtcp_shape(p, *n))
		return SRTP_MALFORMED;
	return run(s, p, n, get32((uint8_t *)p + 4), lib->srtp_unprotect_rtcp);
}

void srtp_stream_forget(struct srtp_stream *s, uint32_t ssrc)
{
	for (size_t i = 0; i < s->ssrc_n; i++) {
		if (s->ssrc[i] == ssrc) {
			s->ssrc[i] = s->ssrc[--s->ssrc_n];
			/* Takes network order in 2.x. */
			uint8_t b[4];
			uint32_t raw;
			put32(b, ssrc);
			memcpy(&raw, b, sizeof(raw));
			lib->srtp_remove_stream(s->ctx, raw);
			return;
		}
	}
}
