/* Entities, escaping, and which links are allowed. */
#include "core/matrix/html.h"

#include "core/base/mem.h"
#include "core/base/text.h"

#include <string.h>

#define ENTITY_MAX 12 /* longest that is looked at, with & and ; */

struct entity {
	const char *name;
	uint32_t cp;
};

/* What people's clients produce; others are shown as they stand. */
static const struct entity entities[] = {
	{"amp", '&'},	   {"lt", '<'},	      {"gt", '>'},	  {"quot", '"'},
	{"apos", '\''},	   {"nbsp", ' '},     {"hellip", 0x2026}, {"mdash", 0x2014},
	{"ndash", 0x2013}, {"laquo", 0xab},   {"raquo", 0xbb},	  {"lsquo", 0x2018},
	{"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d},  {"bull", 0x2022},
	{"middot", 0xb7},  {"copy", 0xa9},    {"reg", 0xae},	  {"trade", 0x2122},
	{"euro", 0x20ac},  {"pound", 0xa3},   {"deg", 0xb0},	  {"plusmn", 0xb1},
	{"times", 0xd7},   {"divide", 0xf7},  {"larr", 0x2190},	  {"uarr", 0x2191},
	{"rarr", 0x2192},  {"darr", 0x2193},  {"le", 0x2264},	  {"ge", 0x2265},
	{"ne", 0x2260},	   {"sect", 0xa7},    {"para", 0xb6},	  {"shy", 0xad},
};

/* "#123" or "#x1f"; false when it is no number. */
static bool numeric(struct span name, uint32_t *ret)
{
	bool hex = name.n > 1 && (name.p[1] == 'x' || name.p[1] == 'X');
	struct span digits = span_from(name, hex ? 2 : 1);
	uint32_t v = 0;
	if (digits.n == 0)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		uint32_t d;
		if (c >= '0' && c <= '9')
			d = (uint32_t)(c - '0');
		else if (hex && (c | 32) >= 'a' && (c | 32) <= 'f')
			d = (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
		v = v * (hex ? 16 : 10) + d;
		if (v > 0x10ffff)
			v = 0x110000; /* utf8_put makes U+FFFD of it; no overflow */
	}
	*ret = v ? v : 0xfffd;
	return true;
}

static bool named(struct span name, uint32_t *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		if (span_eq_str(name, entities[i].name)) {
			*ret = entities[i].cp;
			return true;
		}
	}
	return false;
}

size_t html_entity(struct buf *out, struct span s)
{
	ptrdiff_t end = span_find(span_head(s, ENTITY_MAX), ';');
	uint32_t cp = 0;
	if (end < 2 || s.p[0] != '&')
		return 0;
	struct span name = {s.p + 1, (size_t)end - 1};
	if (name.p[0] == '#' ? !numeric(name, &cp) : !named(name, &cp))
		return 0;
	utf8_put(out, cp);
	return (size_t)end + 1;
}

void html_escape(struct buf *out, struct span text)
{
	size_t from = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *as = NULL;
		switch (text.p[i]) {
		case '&':
			as = "&amp;";
			break;
		case '<':
			as = "&lt;";
			break;
		case '>':
			as = "&gt;";
			break;
		case '"':
			as = "&quot;";
			break;
		default:
			continue;
		}
		buf_put(out, text.p + from, i - from);
		buf_put_str(out, as);
		from = i + 1;
	}
	buf_put_span(out, span_from(text, from));
}

bool html_link_ok(struct span href)
{
	static const char *const schemes[] = {"https:", "http:", "ftp:", "mailto:", "magnet:"};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);
		if (href.n > n && span_case_eq_str(span_head(href, n), schemes[i]))
			return true;
	}
	return false;
}
