/* The UTF-8 half of text.h. */
#include "core/base/text.h"

#define REPLACEMENT 0xfffd

/* Length of the sequence that `lead` begins; 0 when none does. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if ((lead & 0xf0) == 0xe0)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* The code point at the start of `s` (not empty) and its length; 0: not well-formed. */
static size_t decode(struct span s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = (unsigned char)s.p[0];
	size_t n = sequence_length(lead);
	if (n == 0 || n > s.n)
		return 0;
	uint32_t cp = n == 1 ? lead : lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (c & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret = cp;
	return n;
}

uint32_t utf8_next(struct span *s, bool *ret_ok)
{
	uint32_t cp = REPLACEMENT;
	size_t n = s->n ? decode(*s, &cp) : 0;
	*ret_ok = n > 0;
	*s = span_from(*s, n ? n : 1);
	return cp;
}

bool utf8_valid(struct span s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t cp;
		size_t n = (unsigned char)s.p[i] < 0x80 ? 1 : decode(span_from(s, i), &cp);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

void utf8_put(struct buf *b, uint32_t cp)
{
	char out[4];
	size_t n = 0;
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		out[n++] = (char)cp;
	} else if (cp < 0x800) {
		out[n++] = (char)(0xc0 | cp >> 6);
		out[n++] = (char)(0x80 | (cp & 0x3f));
	} else if (cp < 0x10000) {
		out[n++] = (char)(0xe0 | cp >> 12);
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (cp & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | cp >> 18);
		out[n++] = (char)(0x80 | (cp >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[n++] = (char)(0x80 | (cp & 0x3f));
	}
	buf_put(b, out, n);
}

size_t utf8_head(struct span s, size_t max)
{
	if (s.n <= max)
		return s.n;
	size_t n = max;
	while (n > 0 && max - n < 3 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return n;
}
