/* Encodings of tables: UTF-8, UTF-16 with a mark or without, into UTF-8. */
#include "core/base/csv.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/text.h"

static int fail(struct err *err, int line, const char *what)
{
	return err_set(err, ERR_INVALID, _("line %d: %s"), line, what);
}

static uint16_t unit_at(struct span raw, size_t at, bool big)
{
	uint8_t a = (uint8_t)raw.p[at], b = (uint8_t)raw.p[at + 1];
	return (uint16_t)(big ? a << 8 | b : b << 8 | a);
}

static int from_utf16(struct buf *ret, struct span raw, bool big, struct err *err)
{
	int line = 1;
	for (size_t at = 0; at < raw.n; at += 2) {
		if (at + 2 > raw.n)
			return fail(err, line, _("half a character (UTF-16)"));
		uint32_t cp = unit_at(raw, at, big);
		if (cp >= 0xD800 && cp <= 0xDFFF) {
			uint16_t low = at + 4 <= raw.n ? unit_at(raw, at + 2, big) : 0;
			if (cp > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
				return fail(err, line, _("half a character (UTF-16)"));
			cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00u);
			at += 2;
		}
		if (cp == '\n')
			line++;
		utf8_put(ret, cp);
	}
	return 0;
}

static int check_text(struct span s, struct err *err)
{
	int line = 1;
	while (s.n) {
		bool ok;
		uint32_t cp = utf8_next(&s, &ok);
		if (ok && cp != 0) {
			line += cp == '\n';
			continue;
		}
		fail(err, line,
		     cp == 0 ? _("a NUL byte: this is not a CSV file")
			     : _("a character that is not UTF-8"));
		err_hint(err, _("save the table as \"CSV UTF-8\""));
		return ERR_INVALID;
	}
	return 0;
}

/* UTF-16 without a mark: the first letters of a table's first line are of ASCII. */
static bool looks_utf16(struct span raw, bool big)
{
	if (raw.n < 4 || raw.n % 2)
		return false;
	for (size_t at = 0; at < 4; at += 2)
		if (unit_at(raw, at, big) == 0 || unit_at(raw, at, big) > 0x7F)
			return false;
	return true;
}

int csv_decode(struct span raw, struct buf *ret, struct err *err)
{
	int rc = 0;
	if (raw.n > LIMIT_CSV_BYTES)
		return err_set(err, ERR_TOO_LARGE, _("the table is larger than %u bytes"),
			       LIMIT_CSV_BYTES);
	if (span_starts(raw, "\xFF\xFE") || span_starts(raw, "\xFE\xFF"))
		rc = from_utf16(ret, span_from(raw, 2), raw.p[0] == '\xFE', err);
	else if (looks_utf16(raw, false) || looks_utf16(raw, true))
		rc = from_utf16(ret, raw, looks_utf16(raw, true), err);
	else
		buf_put_span(ret, span_from(raw, span_starts(raw, "\xEF\xBB\xBF") ? 3 : 0));
	return rc ? rc : check_text(buf_span(ret), err);
}

static void put_unit(struct buf *b, uint32_t unit)
{
	buf_put_char(b, (char)(unit & 0xFF));
	buf_put_char(b, (char)(unit >> 8));
}

void csv_put_utf16(struct buf *b, struct span text)
{
	bool ok;
	put_unit(b, 0xFEFF);
	while (text.n) {
		uint32_t cp = utf8_next(&text, &ok);
		if (cp >= 0x10000) {
			put_unit(b, 0xD800 + ((cp - 0x10000) >> 10));
			put_unit(b, 0xDC00 + ((cp - 0x10000) & 0x3FF));
		} else {
			put_unit(b, cp);
		}
	}
}
