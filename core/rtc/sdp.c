#include "core/rtc/sdp.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

void sdp_done(struct sdp *s)
{
	for (size_t i = 0; i < s->media_n; i++) {
		mem_free(s->media[i].codecs);
		mem_free(s->media[i].extmaps);
		mem_free(s->media[i].ssrcs);
		mem_free(s->media[i].candidates);
	}
	mem_free(s->media);
	mem_free(s->text);
	*s = (struct sdp){0};
}

const struct sdp_transport *sdp_transport(const struct sdp *s)
{
	for (int bundled = 1; bundled >= 0; bundled--) {
		for (size_t i = 0; i < s->media_n; i++) {
			const struct sdp_media *m = &s->media[i];
			if ((bundled && !m->bundled) || (!m->port && !m->bundle_only))
				continue;
			if (m->transport.ufrag.n)
				return &m->transport;
		}
	}
	return NULL;
}

const struct sdp_codec *sdp_codec(const struct sdp_media *m, const char *name, unsigned rate_hz)
{
	for (size_t i = 0; i < m->codecs_n; i++)
		if (m->codecs[i].rate_hz == rate_hz && span_case_eq_str(m->codecs[i].name, name))
			return &m->codecs[i];
	return NULL;
}

uint8_t sdp_ext_id(const struct sdp_media *m, const char *uri)
{
	for (size_t i = 0; i < m->extmaps_n; i++)
		if (span_eq_str(m->extmaps[i].uri, uri))
			return m->extmaps[i].id;
	return 0;
}

const struct sdp_media *sdp_by_mid(const struct sdp *s, struct span mid)
{
	for (size_t i = 0; i < s->media_n; i++)
		if (span_eq(s->media[i].mid, mid))
			return &s->media[i];
	return NULL;
}

int sdp_check_answer(const struct sdp *offer, const struct sdp *answer, struct err *err)
{
	if (offer->media_n != answer->media_n)
		return err_set(err, ERR_PROTOCOL,
			       _("the answer has %zu sections, the offer had %zu"), answer->media_n,
			       offer->media_n);
	for (size_t i = 0; i < offer->media_n; i++) {
		const struct sdp_media *o = &offer->media[i], *a = &answer->media[i];
		/* A rejected section may leave its mid out. */
		if (!span_eq(o->kind_name, a->kind_name) || (a->mid.n && !span_eq(o->mid, a->mid)))
			return err_set(err, ERR_PROTOCOL,
				       _("section %zu of the answer is not that of the offer"),
				       i + 1);
	}
	const struct sdp_transport *t = sdp_transport(answer);
	if (!t || !t->pwd.n || !t->fingerprint.n)
		return err_set(err, ERR_PROTOCOL,
			       _("the answer names no transport (ICE or fingerprint missing)"));
	if (t->setup == SDP_ACTPASS)
		return err_set(err, ERR_PROTOCOL, _("the answer does not choose a DTLS role"));
	return 0;
}
