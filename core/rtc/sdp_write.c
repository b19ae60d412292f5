#include "core/base/i18n.h"
#include "core/rtc/sdp.h"

static const char *const directions[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
static const char *const setups[] = {"", "actpass", "active", "passive"};

struct out {
	struct buf *b;
	bool bad; /* a value would end its line or hold a NUL */
};

static void put(struct out *o, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		o->bad |= (unsigned char)s.p[i] < ' ';
	buf_put_span(o->b, s);
}

/* "a=NAME:" VALUE */
static void line(struct out *o, const char *name, struct span value)
{
	if (!value.n)
		return;
	buf_printf(o->b, "a=%s:", name);
	put(o, value);
	buf_put_str(o->b, "\r\n");
}

static void flag(struct out *o, const char *name, bool on)
{
	if (on)
		buf_printf(o->b, "a=%s\r\n", name);
}

static void put_transport(struct out *o, const struct sdp_transport *t)
{
	line(o, "ice-ufrag", t->ufrag);
	line(o, "ice-pwd", t->pwd);
	flag(o, "ice-options:trickle", t->trickle);
	if (t->fingerprint.n) {
		buf_put_str(o->b, "a=fingerprint:");
		put(o, t->fingerprint_hash);
		buf_put_char(o->b, ' ');
		put(o, t->fingerprint);
		buf_put_str(o->b, "\r\n");
	}
	if (t->setup != SDP_SETUP_NONE)
		line(o, "setup", span_of(setups[t->setup]));
}

static void put_codecs(struct out *o, const struct sdp_media *m)
{
	for (size_t i = 0; i < m->codecs_n; i++) {
		const struct sdp_codec *c = &m->codecs[i];
		if (!c->name.n)
			continue;
		buf_printf(o->b, "a=rtpmap:%u ", c->pt);
		put(o, c->name);
		buf_printf(o->b, "/%u", c->rate_hz);
		if (c->channels > 1)
			buf_printf(o->b, "/%u", c->channels);
		buf_put_str(o->b, "\r\n");
		if (c->fmtp.n) {
			buf_printf(o->b, "a=fmtp:%u ", c->pt);
			put(o, c->fmtp);
			buf_put_str(o->b, "\r\n");
		}
		if (c->nack)
			buf_printf(o->b, "a=rtcp-fb:%u nack\r\n", c->pt);
	}
}

static void put_extmaps(struct out *o, const struct sdp_media *m)
{
	for (size_t i = 0; i < m->extmaps_n; i++) {
		const struct sdp_extmap *e = &m->extmaps[i];
		buf_printf(o->b, "a=extmap:%u", e->id);
		if (e->direction != SDP_SENDRECV)
			buf_printf(o->b, "/%s", directions[e->direction]);
		buf_put_char(o->b, ' ');
		put(o, e->uri);
		buf_put_str(o->b, "\r\n");
	}
}

static void put_msid(struct out *o, const struct sdp_media *m)
{
	if (!m->track.n)
		return;
	buf_put_str(o->b, "a=msid:");
	put(o, m->stream.n ? m->stream : SPAN_LIT("-"));
	buf_put_char(o->b, ' ');
	put(o, m->track);
	buf_put_str(o->b, "\r\n");
}

static void put_ssrcs(struct out *o, const struct sdp_media *m)
{
	for (size_t i = 0; i < m->ssrcs_n; i++) {
		const struct sdp_ssrc *s = &m->ssrcs[i];
		buf_printf(o->b, "a=ssrc:%u cname:", s->ssrc);
		put(o, s->cname.n ? s->cname : SPAN_LIT("-"));
		buf_put_str(o->b, "\r\n");
		if (!m->track.n)
			continue;
		/* LiveKit and older peers look here. */
		buf_printf(o->b, "a=ssrc:%u msid:", s->ssrc);
		put(o, m->stream.n ? m->stream : SPAN_LIT("-"));
		buf_put_char(o->b, ' ');
		put(o, m->track);
		buf_put_str(o->b, "\r\n");
	}
}

static void put_head(struct out *o, const struct sdp_media *m)
{
	buf_put_str(o->b, "m=");
	put(o, m->kind_name);
	buf_printf(o->b, " %u ", m->port);
	put(o, m->proto);
	if (m->codecs_n)
		for (size_t i = 0; i < m->codecs_n; i++)
			buf_printf(o->b, " %u", m->codecs[i].pt);
	else
		buf_put_char(o->b, ' ');
	if (!m->codecs_n)
		put(o, m->formats);
	buf_put_str(o->b, "\r\nc=IN IP4 0.0.0.0\r\n");
}

static void put_media(struct out *o, const struct sdp_media *m)
{
	put_head(o, m);
	line(o, "mid", m->mid);
	if (m->kind != SDP_APPLICATION)
		flag(o, directions[m->direction], true);
	if (!m->port && !m->bundle_only)
		return;
	put_transport(o, &m->transport);
	flag(o, "bundle-only", m->bundle_only);
	flag(o, "rtcp-mux", m->rtcp_mux);
	flag(o, "rtcp-rsize", m->rtcp_rsize);
	flag(o, "extmap-allow-mixed", m->extmap_mixed);
	put_codecs(o, m);
	put_extmaps(o, m);
	put_msid(o, m);
	put_ssrcs(o, m);
	if (m->sctp_port)
		buf_printf(o->b, "a=sctp-port:%u\r\na=max-message-size:65536\r\n", m->sctp_port);
	for (size_t i = 0; i < m->candidates_n; i++) {
		buf_put_str(o->b, "a=");
		put(o, m->candidates[i]);
		buf_put_str(o->b, "\r\n");
	}
	flag(o, "end-of-candidates", m->candidates_end);
}

int sdp_write(const struct sdp *s, struct buf *b, struct err *err)
{
	struct out o = {.b = b};
	size_t from = b->n;
	buf_printf(b, "v=0\r\no=- %llu %llu IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n",
		   (unsigned long long)s->session_id, (unsigned long long)s->session_version);
	flag(&o, "ice-lite", s->lite);
	if (s->has_bundle) {
		buf_put_str(b, "a=group:BUNDLE");
		for (size_t i = 0; i < s->media_n; i++) {
			if (!s->media[i].bundled)
				continue;
			buf_put_char(b, ' ');
			put(&o, s->media[i].mid);
		}
		buf_put_str(b, "\r\n");
	}
	line(&o, "msid-semantic", SPAN_LIT(" WMS *"));
	for (size_t i = 0; i < s->media_n; i++)
		put_media(&o, &s->media[i]);
	if (o.bad) {
		buf_truncate(b, from);
		return err_set(err, ERR_INVALID,
			       _("a name or a value for SDP holds a control character"));
	}
	return buf_ok(b) ? 0 : err_set(err, ERR_TOO_LARGE, _("SDP has become too long"));
}
