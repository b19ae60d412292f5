#include "server/sfu/fragment.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/ice.h"

const struct sdp_transport *fragment_transport(const struct sdp *f)
{
	return f->media_n ? &f->media[0].transport : &f->transport;
}

/* What is sent back must not hold a line of somebody else's making. */
static bool is_clean(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool crlf = c == '\r' && i + 1 < text.n && text.p[i + 1] == '\n';
		if ((c < ' ' && c != '\n' && !crlf) || c == 0x7f)
			return false;
	}
	return true;
}

int fragment_parse(struct span text, struct sdp *ret, struct err *err)
{
	AUTO(buf_done) struct buf whole = BUF_INIT(FRAGMENT_BYTES_MAX + 16);
	if (text.n > FRAGMENT_BYTES_MAX)
		return err_set(err, ERR_TOO_LARGE, _("the SDP fragment is longer than %d bytes"),
			       FRAGMENT_BYTES_MAX);
	if (!is_clean(text))
		return err_set(err, ERR_INVALID, _("the SDP fragment holds control characters"));
	buf_put_str(&whole, "v=0\r\n");
	buf_put_span(&whole, text);
	int rc = sdp_parse(buf_span(&whole), ret, err);
	if (rc)
		return rc;
	const struct sdp_transport *t = fragment_transport(ret);
	if (t->ufrag.n && t->pwd.n && t->ufrag.n <= ICE_UFRAG_MAX)
		return 0;
	sdp_done(ret);
	return err_set(err, ERR_INVALID, _("the SDP fragment names no ICE credentials"));
}

int fragment_write(const struct sdp *theirs, const struct sdp_transport *ours,
		   const struct span *candidates, size_t n, struct buf *b, struct err *err)
{
	const struct sdp_media *m = theirs->media_n ? &theirs->media[0] : NULL;
	buf_put_str(b, "a=ice-lite\r\na=ice-options:trickle\r\n");
	if (m && m->bundled)
		buf_printf(b, "a=group:BUNDLE %.*s\r\n", SPAN_ARG(m->mid));
	if (m)
		buf_printf(b, "m=%.*s 9 %.*s %.*s\r\n", SPAN_ARG(m->kind_name), SPAN_ARG(m->proto),
			   SPAN_ARG(m->formats));
	if (m && m->mid.n)
		buf_printf(b, "a=mid:%.*s\r\n", SPAN_ARG(m->mid));
	buf_printf(b, "a=ice-ufrag:%.*s\r\na=ice-pwd:%.*s\r\n", SPAN_ARG(ours->ufrag),
		   SPAN_ARG(ours->pwd));
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "a=%.*s\r\n", SPAN_ARG(candidates[i]));
	buf_put_str(b, "a=end-of-candidates\r\n");
	return buf_ok(b) ? 0 : err_set(err, ERR_TOO_LARGE, _("SDP has become too long"));
}
