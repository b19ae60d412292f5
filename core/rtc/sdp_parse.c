#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/sdp.h"

#include <string.h>

/* One section is `m` == NULL: lines before the first m= line. */
struct parser {
	struct sdp *s;
	struct sdp_media *m;
	struct span bundle; /* mids of the group, as written */
	bool too_many;
};

struct attribute {
	const char *name;
	void (*fn)(struct parser *p, struct span value);
};

/* One more element of a section's array, NULL when the section has `max` of them. */
#define APPEND(p, array, count, max)                                                              \
	((count) >= (max) ? ((p)->too_many = true, NULL)                                          \
			  : ((array) = mem_realloc_array((array), (count) + 1, sizeof(*(array))), \
			     memset(&(array)[count], 0, sizeof(*(array))), &(array)[(count)++]))

static struct sdp_transport *transport_of(struct parser *p)
{
	return p->m ? &p->m->transport : &p->s->transport;
}

static void on_ufrag(struct parser *p, struct span v)
{
	transport_of(p)->ufrag = v;
}

static void on_pwd(struct parser *p, struct span v)
{
	transport_of(p)->pwd = v;
}

static void on_options(struct parser *p, struct span v)
{
	struct span word;
	while (span_split(&v, ' ', &word))
		if (span_eq_str(word, "trickle"))
			transport_of(p)->trickle = true;
}

static void on_lite(struct parser *p, struct span v)
{
	(void)v;
	p->s->lite = true;
}

/* Of several the strongest known one is kept: sha-256 before what we cannot check. */
static void on_fingerprint(struct parser *p, struct span v)
{
	struct sdp_transport *t = transport_of(p);
	struct span hash;
	if (!span_split(&v, ' ', &hash) || (t->fingerprint.n && !span_case_eq_str(hash, "sha-256")))
		return;
	t->fingerprint_hash = hash;
	t->fingerprint = span_trim(v);
}

static void on_setup(struct parser *p, struct span v)
{
	transport_of(p)->setup = span_eq_str(v, "actpass")   ? SDP_ACTPASS
				 : span_eq_str(v, "active")  ? SDP_ACTIVE
				 : span_eq_str(v, "passive") ? SDP_PASSIVE
							     : SDP_SETUP_NONE;
}

static void on_group(struct parser *p, struct span v)
{
	struct span word;
	if (p->m || p->s->has_bundle || !span_split(&v, ' ', &word) || !span_eq_str(word, "BUNDLE"))
		return;
	p->s->has_bundle = true;
	p->bundle = v;
}

static void on_mid(struct parser *p, struct span v)
{
	if (p->m)
		p->m->mid = v;
}

static bool direction_of(struct span v, enum sdp_direction *ret)
{
	static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
	for (int i = 0; i < 4; i++) {
		if (span_eq_str(v, names[i])) {
			*ret = (enum sdp_direction)i;
			return true;
		}
	}
	return false;
}

static struct sdp_codec *codec_by_pt(struct sdp_media *m, struct span pt)
{
	uint64_t n;
	if (!span_u64(pt, &n))
		return NULL;
	for (size_t i = 0; i < m->codecs_n; i++)
		if (m->codecs[i].pt == n)
			return &m->codecs[i];
	return NULL;
}

/* Codecs come from the m= line; rtpmap only names them. */
static void on_rtpmap(struct parser *p, struct span v)
{
	struct span pt, name, rate, channels;
	uint64_t n;
	struct sdp_codec *c;
	if (!p->m || !span_split(&v, ' ', &pt) || !(c = codec_by_pt(p->m, pt)) ||
	    !span_split(&v, '/', &name) || !span_split(&v, '/', &rate) || !span_u64(rate, &n) ||
	    n > 1000000)
		return;
	c->name = name;
	c->rate_hz = (unsigned)n;
	if (span_split(&v, '/', &channels) && span_u64(channels, &n) && n <= 255)
		c->channels = (unsigned)n;
}

static void on_fmtp(struct parser *p, struct span v)
{
	struct span pt;
	struct sdp_codec *c;
	if (p->m && span_split(&v, ' ', &pt) && (c = codec_by_pt(p->m, pt)))
		c->fmtp = span_trim(v);
}

/* Pion leaves a space where the parameter would stand. */
static void on_rtcp_fb(struct parser *p, struct span v)
{
	struct span pt;
	struct sdp_media *m = p->m;
	if (!m || !m->codecs || !span_split(&v, ' ', &pt) || !span_eq_str(span_trim(v), "nack"))
		return;
	struct sdp_codec *one = codec_by_pt(m, pt);
	for (size_t i = 0; i < m->codecs_n; i++)
		if (&m->codecs[i] == one || span_eq_str(pt, "*"))
			m->codecs[i].nack = true;
}

static void on_extmap(struct parser *p, struct span v)
{
	struct span word, id;
	enum sdp_direction d = SDP_SENDRECV;
	uint64_t n;
	if (!p->m || !span_split(&v, ' ', &word) || !span_split(&word, '/', &id) ||
	    !span_u64(id, &n) || n < 1 || n > 255 || !span_split(&v, ' ', &id) || !id.n)
		return;
	if (word.n && !direction_of(word, &d))
		return;
	struct sdp_extmap *e = APPEND(p, p->m->extmaps, p->m->extmaps_n, SDP_EXTMAPS_MAX);
	if (e)
		*e = (struct sdp_extmap){(uint8_t)n, d, id};
}

static void on_mixed(struct parser *p, struct span v)
{
	(void)v;
	if (p->m)
		p->m->extmap_mixed = true;
}

static void on_msid(struct parser *p, struct span v)
{
	struct span stream, track = {NULL, 0};
	if (!p->m || !span_split(&v, ' ', &stream))
		return;
	span_split(&v, ' ', &track);
	p->m->stream = stream;
	p->m->track = track;
}

static struct sdp_ssrc *ssrc_of(struct parser *p, uint32_t ssrc)
{
	for (size_t i = 0; i < p->m->ssrcs_n; i++)
		if (p->m->ssrcs[i].ssrc == ssrc)
			return &p->m->ssrcs[i];
	struct sdp_ssrc *s = APPEND(p, p->m->ssrcs, p->m->ssrcs_n, SDP_SSRCS_MAX);
	if (s)
		s->ssrc = ssrc;
	return s;
}

static void on_ssrc(struct parser *p, struct span v)
{
	struct span id, name;
	uint64_t n;
	struct sdp_ssrc *s;
	if (!p->m || !span_split(&v, ' ', &id) || !span_u64(id, &n) || n > UINT32_MAX ||
	    !(s = ssrc_of(p, (uint32_t)n)) || !span_split(&v, ':', &name))
		return;
	if (span_eq_str(name, "cname"))
		s->cname = v;
	else if (span_eq_str(name, "msid") && !p->m->track.p)
		on_msid(p, v);
}

static void on_candidate(struct parser *p, struct span v)
{
	if (!p->m || !v.n)
		return;
	struct span *c = APPEND(p, p->m->candidates, p->m->candidates_n, SDP_CANDIDATES_MAX);
	if (c)
		*c = (struct span){v.p - 10, v.n + 10}; /* with "candidate:" */
}

static void on_candidates_end(struct parser *p, struct span v)
{
	(void)v;
	if (p->m)
		p->m->candidates_end = true;
}

static void on_rtcp_mux(struct parser *p, struct span v)
{
	(void)v;
	if (p->m)
		p->m->rtcp_mux = true;
}

static void on_rtcp_rsize(struct parser *p, struct span v)
{
	(void)v;
	if (p->m)
		p->m->rtcp_rsize = true;
}

static void on_bundle_only(struct parser *p, struct span v)
{
	(void)v;
	if (p->m)
		p->m->bundle_only = true;
}

static void on_sctp_port(struct parser *p, struct span v)
{
	uint64_t n;
	if (p->m && span_u64(v, &n) && n <= 65535)
		p->m->sctp_port = (unsigned)n;
}

static const struct attribute attributes[] = {
	{"ice-ufrag", on_ufrag},
	{"ice-pwd", on_pwd},
	{"ice-options", on_options},
	{"ice-lite", on_lite},
	{"fingerprint", on_fingerprint},
	{"setup", on_setup},
	{"group", on_group},
	{"mid", on_mid},
	{"rtpmap", on_rtpmap},
	{"fmtp", on_fmtp},
	{"rtcp-fb", on_rtcp_fb},
	{"extmap", on_extmap},
	{"extmap-allow-mixed", on_mixed},
	{"msid", on_msid},
	{"ssrc", on_ssrc},
	{"candidate", on_candidate},
	{"end-of-candidates", on_candidates_end},
	{"rtcp-mux", on_rtcp_mux},
	{"rtcp-rsize", on_rtcp_rsize},
	{"bundle-only", on_bundle_only},
	{"sctp-port", on_sctp_port},
};

static void on_attribute(struct parser *p, struct span line)
{
	struct span name, value = line;
	if (!span_split(&value, ':', &name))
		return;
	enum sdp_direction d;
	if (direction_of(line, &d)) {
		if (p->m)
			p->m->direction = d;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (span_eq_str(name, attributes[i].name)) {
			attributes[i].fn(p, value);
			return;
		}
	}
}

static enum sdp_kind kind_of(struct span s)
{
	return span_eq_str(s, "audio")	       ? SDP_AUDIO
	       : span_eq_str(s, "video")       ? SDP_VIDEO
	       : span_eq_str(s, "application") ? SDP_APPLICATION
					       : SDP_OTHER;
}

/* "audio 9 UDP/TLS/RTP/SAVPF 111 63" */
static int on_media(struct parser *p, struct span v, struct err *err)
{
	struct span kind, port, proto, pt, formats;
	uint64_t n;
	if (p->s->media_n == SDP_MEDIA_MAX)
		return err_set(err, ERR_TOO_LARGE, _("SDP with more than %d sections"),
			       SDP_MEDIA_MAX);
	if (!span_split(&v, ' ', &kind) || !kind.n || !span_split(&v, ' ', &port) ||
	    !span_split(&v, ' ', &proto) || !proto.n || !v.n)
		return err_set(err, ERR_INVALID, _("SDP has a malformed m= line"));
	port = span_head(port, span_find(port, '/') < 0 ? port.n : (size_t)span_find(port, '/'));
	if (!span_u64(port, &n) || n > 65535)
		return err_set(err, ERR_INVALID, _("SDP has a malformed m= line"));
	p->s->media = mem_realloc_array(p->s->media, p->s->media_n + 1, sizeof(*p->s->media));
	p->m = &p->s->media[p->s->media_n++];
	*p->m = (struct sdp_media){
		.kind = kind_of(kind),
		.kind_name = kind,
		.port = (unsigned)n,
		.proto = proto,
		.formats = v,
		.direction = SDP_SENDRECV,
	};
	formats = v;
	if (p->m->kind != SDP_AUDIO && p->m->kind != SDP_VIDEO)
		return 0;
	while (span_split(&formats, ' ', &pt)) {
		if (!span_u64(pt, &n) || n > 127)
			continue;
		struct sdp_codec *c = APPEND(p, p->m->codecs, p->m->codecs_n, SDP_CODECS_MAX);
		if (c)
			c->pt = (uint8_t)n;
	}
	return 0;
}

/* "- 46117314 2 IN IP4 127.0.0.1" */
static void on_origin(struct sdp *s, struct span v)
{
	struct span user, id, version;
	if (span_split(&v, ' ', &user) && span_split(&v, ' ', &id) &&
	    span_u64(id, &s->session_id) && span_split(&v, ' ', &version))
		span_u64(version, &s->session_version);
}

/* Payload types without an rtpmap that RFC 3551 fixes. */
static void name_static(struct sdp_codec *c)
{
	static const struct {
		uint8_t pt;
		const char *name;
	} fixed[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}};
	for (size_t i = 0; i < ARRAY_LEN(fixed) && !c->name.n; i++) {
		if (fixed[i].pt == c->pt) {
			c->name = span_of(fixed[i].name);
			c->rate_hz = 8000;
		}
	}
}

static bool in_bundle(struct span bundle, struct span mid)
{
	struct span word;
	while (span_split(&bundle, ' ', &word))
		if (mid.n && span_eq(word, mid))
			return true;
	return false;
}

/* A section has what the session says for all where it is silent. */
static void finish(struct parser *p)
{
	struct sdp *s = p->s;
	s->transport.lite = s->lite;
	for (size_t i = 0; i < s->media_n; i++) {
		struct sdp_media *m = &s->media[i];
		struct sdp_transport *t = &m->transport;
		if (!t->ufrag.n)
			t->ufrag = s->transport.ufrag;
		if (!t->pwd.n)
			t->pwd = s->transport.pwd;
		if (!t->fingerprint.n) {
			t->fingerprint = s->transport.fingerprint;
			t->fingerprint_hash = s->transport.fingerprint_hash;
		}
		if (t->setup == SDP_SETUP_NONE)
			t->setup = s->transport.setup;
		t->trickle |= s->transport.trickle;
		t->lite = s->lite;
		m->bundled = s->has_bundle && in_bundle(p->bundle, m->mid);
		for (size_t k = 0; k < m->codecs_n; k++)
			name_static(&m->codecs[k]);
	}
}

static int parse_lines(struct parser *p, struct span rest, struct err *err)
{
	struct span line;
	while (span_split(&rest, '\n', &line)) {
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (!line.n)
			continue;
		if (line.n < 2 || line.p[1] != '=')
			return err_set(err, ERR_INVALID, _("SDP has a malformed line"));
		struct span v = span_from(line, 2);
		if (line.p[0] == 'm') {
			int rc = on_media(p, v, err);
			if (rc)
				return rc;
		} else if (line.p[0] == 'a') {
			on_attribute(p, v);
		} else if (line.p[0] == 'o' && !p->m) {
			on_origin(p->s, v);
		}
	}
	return 0;
}

int sdp_parse(struct span text, struct sdp *ret, struct err *err)
{
	struct sdp s = {0};
	struct parser p = {.s = &s};
	if (text.n > SDP_BYTES_MAX)
		return err_set(err, ERR_TOO_LARGE, _("SDP of more than %u bytes"), SDP_BYTES_MAX);
	if (!span_starts(text, "v=0") || memchr(text.p, 0, text.n))
		return err_set(err, ERR_INVALID, _("this is not SDP"));
	s.text = mem_strndup(text.p, text.n);
	int rc = parse_lines(&p, (struct span){s.text, text.n}, err);
	if (!rc && p.too_many)
		rc = err_set(err, ERR_TOO_LARGE, _("SDP with too many lines in one section"));
	if (rc) {
		sdp_done(&s);
		return rc;
	}
	finish(&p);
	*ret = s;
	return 0;
}
