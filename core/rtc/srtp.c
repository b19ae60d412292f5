#include "core/rtc/srtp.h"

#include "core/base/i18n.h"
#include "core/rtc/bytes.h"
#include "core/rtc/srtp_priv.h"

size_t srtp_key_bytes(enum srtp_suite suite, size_t *ret_key, size_t *ret_salt)
{
	size_t salt = suite == SRTP_GCM_128 ? 12 : suite == SRTP_CM_128_80 ? 14 : 0;
	*ret_key = salt ? 16 : 0;
	*ret_salt = salt;
	return *ret_key + salt;
}

struct srtp_stream *srtp_stream_new(enum srtp_suite suite, const struct srtp_key *key, bool sending,
				    struct err *err)
{
	if (suite == SRTP_GCM_128)
		return srtp_gcm_new(key, sending, err);
	if (suite == SRTP_CM_128_80)
		return srtp_lib_new(suite, key, sending, err);
	err_set(err, ERR_UNSUPPORTED, _("SRTP suite %d is not known"), (int)suite);
	return NULL;
}

void srtp_stream_free(struct srtp_stream *s)
{
	if (s)
		s->calls->free(s);
}

static bool rtp_shape(const uint8_t *p, size_t n)
{
	return n >= 12 && n <= 65535 && p[0] >> 6 == 2;
}

static bool rtcp_shape(const uint8_t *p, size_t n)
{
	return n >= 8 && n <= 65535 && p[0] >> 6 == 2;
}

static bool has_room(size_t n, size_t room)
{
	return room >= SRTP_OVERHEAD && n <= room - SRTP_OVERHEAD;
}

enum srtp_result srtp_stream_protect(struct srtp_stream *s, void *p, size_t *n, size_t room)
{
	if (!s->sending || !rtp_shape(p, *n))
		return SRTP_MALFORMED;
	return has_room(*n, room) ? s->calls->rtp(s, p, n, get32((uint8_t *)p + 8)) : SRTP_NO_ROOM;
}

enum srtp_result srtp_stream_unprotect(struct srtp_stream *s, void *p, size_t *n)
{
	if (s->sending || !rtp_shape(p, *n))
		return SRTP_MALFORMED;
	return s->calls->rtp(s, p, n, get32((uint8_t *)p + 8));
}

enum srtp_result srtp_stream_protect_rtcp(struct srtp_stream *s, void *p, size_t *n, size_t room)
{
	if (!s->sending || !rtcp_shape(p, *n))
		return SRTP_MALFORMED;
	return has_room(*n, room) ? s->calls->rtcp(s, p, n, get32((uint8_t *)p + 4)) : SRTP_NO_ROOM;
}

enum srtp_result srtp_stream_unprotect_rtcp(struct srtp_stream *s, void *p, size_t *n)
{
	if (s->sending || !rtcp_shape(p, *n))
		return SRTP_MALFORMED;
	return s->calls->rtcp(s, p, n, get32((uint8_t *)p + 4));
}

void srtp_stream_forget(struct srtp_stream *s, uint32_t ssrc)
{
	s->calls->forget(s, ssrc);
}
