#include "core/base/i18n.h"
#include "core/base/lib.h"
#include "core/base/mem.h"
#include "core/rtc/bytes.h"
#include "core/rtc/srtp_priv.h"

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

struct stream {
	struct srtp_stream base;
	srtp_t ctx;
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

static void on_free(struct srtp_stream *base)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
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

static bool knows(const struct stream *s, uint32_t ssrc)
{
	for (size_t i = 0; i < s->ssrc_n; i++)
		if (s->ssrc[i] == ssrc)
			return true;
	return false;
}

static enum srtp_result run(struct srtp_stream *base, void *p, size_t *n, uint32_t ssrc,
			    srtp_err_status_t (*fn)(srtp_t, void *, int *))
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
	bool known = knows(s, ssrc);
	if (!known && s->ssrc_n == SRTP_SSRC_MAX)
		return SRTP_TOO_MANY;
	int len = (int)*n;
	enum srtp_result r = result_of(fn(s->ctx, p, &len));
	if (r != SRTP_OK)
		return r;
	*n = (size_t)len;
	/* An SSRC counts once a packet of it was authentic. */
	if (!known)
		s->ssrc[s->ssrc_n++] = ssrc;
	return SRTP_OK;
}

static enum srtp_result on_rtp(struct srtp_stream *s, uint8_t *p, size_t *n, uint32_t ssrc)
{
	return run(s, p, n, ssrc, s->sending ? lib->srtp_protect : lib->srtp_unprotect);
}

static enum srtp_result on_rtcp(struct srtp_stream *s, uint8_t *p, size_t *n, uint32_t ssrc)
{
	return run(s, p, n, ssrc, s->sending ? lib->srtp_protect_rtcp : lib->srtp_unprotect_rtcp);
}

static void on_forget(struct srtp_stream *base, uint32_t ssrc)
{
	struct stream *s = CONTAINER_OF(base, struct stream, base);
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

struct srtp_stream *srtp_lib_new(enum srtp_suite suite, const struct srtp_key *key, bool sending,
				 struct err *err)
{
	static const struct srtp_calls calls = {on_free, on_rtp, on_rtcp, on_forget};
	srtp_policy_t policy = {0};
	if (!lib_srtp(err))
		return NULL;
	pthread_once(&once, init);
	policy_of(&policy, suite, key, sending);
	struct stream *s = NEW(struct stream);
	s->base = (struct srtp_stream){&calls, sending};
	srtp_err_status_t e = init_status ? init_status : lib->srtp_create(&s->ctx, &policy);
	if (e) {
		err_set(err, ERR_FAILED, _("libsrtp cannot start (error %d)"), (int)e);
		mem_free(s);
		return NULL;
	}
	return &s->base;
}
