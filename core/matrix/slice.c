#include "core/matrix/slice.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <string.h>

/* Brackets are matched by kind down to here, below only counted. */
#define MATCHED_DEPTH 1024

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t skip_space(struct span t, size_t at)
{
	while (at < t.n && is_space(t.p[at]))
		at++;
	return at;
}

/* Is the byte at `at` escaped: an odd number of backslashes before it, down to `from`? */
static bool is_escaped(struct span t, size_t from, size_t at)
{
	size_t n = 0;
	while (at - n > from && t.p[at - n - 1] == '\\')
		n++;
	return n % 2;
}

/* From an opening quote to behind the closing one; 0: it does not close. */
static size_t skip_string(struct span t, size_t at)
{
	size_t from = at + 1;
	while (from <= t.n) {
		/* Most bytes of a sync are inside strings: memchr is what makes this quick. */
		ptrdiff_t hit = span_find(span_from(t, from), '"');
		if (hit < 0)
			return 0;
		size_t quote = from + (size_t)hit;
		if (!is_escaped(t, from, quote))
			return quote + 1;
		from = quote + 1;
	}
	return 0;
}

struct nest {
	uint64_t object[MATCHED_DEPTH / 64]; /* bit: the bracket at that depth is a '{' */
	size_t depth;
};

static void nest_open(struct nest *n, char c)
{
	if (n->depth < MATCHED_DEPTH) {
		uint64_t bit = (uint64_t)1 << (n->depth % 64);
		if (c == '{')
			n->object[n->depth / 64] |= bit;
		else
			n->object[n->depth / 64] &= ~bit;
	}
	n->depth++;
}

static bool nest_close(struct nest *n, char c)
{
	n->depth--;
	if (n->depth >= MATCHED_DEPTH)
		return true;
	bool object = n->object[n->depth / 64] >> (n->depth % 64) & 1;
	return object == (c == '}');
}

/* From an opening bracket to behind its partner; 0: there is none, or another kind stands there. */
static size_t skip_nest(struct span t, size_t at)
{
	struct nest n;
	n.depth = 0;
	while (at < t.n) {
		switch (t.p[at]) {
		case '"':
			at = skip_string(t, at);
			if (!at)
				return 0;
			continue;
		case '{':
		case '[':
			nest_open(&n, t.p[at]);
			break;
		case '}':
		case ']':
			if (!nest_close(&n, t.p[at]))
				return 0;
			if (n.depth == 0)
				return at + 1;
			break;
		}
		at++;
	}
	return 0;
}

static bool is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t skip_word(struct span t, size_t at, const char *word)
{
	size_t n = strlen(word);
	return t.n - at >= n && memcmp(t.p + at, word, n) == 0 ? at + n : 0;
}

/* Behind the value that begins at `at` (inside `t`); 0: no value. */
static size_t skip_value(struct span t, size_t at)
{
	char c = t.p[at];
	switch (c) {
	case '"':
		return skip_string(t, at);
	case '{':
	case '[':
		return skip_nest(t, at);
	case 't':
		return skip_word(t, at, "true");
	case 'f':
		return skip_word(t, at, "false");
	case 'n':
		return skip_word(t, at, "null");
	}
	if (c != '-' && (c < '0' || c > '9'))
		return 0;
	while (at < t.n && is_number_char(t.p[at]))
		at++;
	return at;
}

enum slice_kind slice_kind_of(struct span value)
{
	char c = value.n ? value.p[0] : '\0';
	if (c == '-' || (c >= '0' && c <= '9'))
		return SLICE_NUMBER;
	return c && strchr("{[\"tfn", c) ? (enum slice_kind)c : SLICE_NONE;
}

static struct span trim(struct span t)
{
	while (t.n && is_space(t.p[t.n - 1]))
		t.n--;
	return span_from(t, skip_space(t, 0));
}

int slice_begin(struct slice *s, struct span text, enum slice_kind kind, struct err *err)
{
	text = trim(text);
	if (text.n < 2 || text.p[0] != (char)kind || (kind != SLICE_OBJECT && kind != SLICE_ARRAY))
		return err_set(err, ERR_INVALID,
			       kind == SLICE_OBJECT ? _("not a JSON object")
						    : _("not a JSON array"));
	*s = (struct slice){.text = text, .at = 1, .kind = (char)kind, .first = true};
	return 0;
}

static int malformed(const struct slice *s, size_t at, const char *what, struct err *err)
{
	if (at >= s->text.n)
		return err_set(err, ERR_INVALID, _("the JSON ends in its middle, after %zu bytes"),
			       s->text.n);
	return err_set(err, ERR_INVALID, _("malformed JSON at byte %zu: %s"), at, what);
}

static int finish(struct slice *s, size_t at, struct err *err)
{
	if (skip_space(s->text, at + 1) != s->text.n)
		return malformed(s, at + 1, _("text after the end"), err);
	s->at = at;
	s->done = true;
	return 0;
}

/* A member's key and colon; `*at` moves to its value. */
static int next_key(const struct slice *s, size_t *at, struct slice_item *item, struct err *err)
{
	size_t from = *at;
	if (from >= s->text.n || s->text.p[from] != '"')
		return malformed(s, from, _("a name in quotes is missing"), err);
	size_t end = skip_string(s->text, from);
	if (!end)
		return malformed(s, s->text.n, "", err);
	item->key = (struct span){s->text.p + from + 1, end - from - 2};
	*at = skip_space(s->text, end);
	if (*at >= s->text.n || s->text.p[*at] != ':')
		return malformed(s, *at, _("a colon is missing"), err);
	*at = skip_space(s->text, *at + 1);
	return 0;
}

int slice_next(struct slice *s, struct slice_item *ret, struct err *err)
{
	struct slice_item item = {0};
	struct span t = s->text;
	if (s->done)
		return 0;
	size_t at = skip_space(t, s->at);
	if (at < t.n && t.p[at] == (s->kind == '{' ? '}' : ']'))
		return finish(s, at, err);
	if (!s->first) {
		if (at >= t.n || t.p[at] != ',')
			return malformed(s, at, _("a comma is missing"), err);
		at = skip_space(t, at + 1);
	}
	int rc = s->kind == '{' ? next_key(s, &at, &item, err) : 0;
	if (rc)
		return rc;
	if (at >= t.n)
		return malformed(s, at, "", err);
	size_t end = skip_value(t, at);
	if (!end)
		return malformed(s, at, _("a value is missing or does not end"), err);
	item.value = (struct span){t.p + at, end - at};
	item.kind = slice_kind_of(item.value);
	s->at = end;
	s->first = false;
	*ret = item;
	return 1;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits at the start of `s`; -1 otherwise. */
static int32_t hex4(struct span s)
{
	int32_t v = 0;
	if (s.n < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(s.p[i]);
		if (digit < 0)
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* `s` stands behind "\u". */
static void unescape_u(struct buf *b, struct span *s)
{
	int32_t hi = hex4(*s);
	if (hi < 0) {
		utf8_put(b, 0xfffd);
		return;
	}
	*s = span_from(*s, 4);
	if (hi >= 0xd800 && hi <= 0xdbff && s->n >= 6 && s->p[0] == '\\' && s->p[1] == 'u') {
		int32_t lo = hex4(span_from(*s, 2));
		if (lo >= 0xdc00 && lo <= 0xdfff) {
			*s = span_from(*s, 6);
			utf8_put(b, 0x10000 + ((uint32_t)(hi - 0xd800) << 10) +
					    (uint32_t)(lo - 0xdc00));
			return;
		}
	}
	utf8_put(b, (uint32_t)hi); /* a lone surrogate becomes U+FFFD there */
}

/* `s` stands on a backslash. */
static void unescape_one(struct buf *b, struct span *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = s->n > 1 ? s->p[1] : '\0';
	const char *hit = c ? strchr(from, c) : NULL;
	*s = span_from(*s, 2);
	if (c == 'u')
		unescape_u(b, s);
	else if (hit)
		buf_put_char(b, to[hit - from]);
	else
		utf8_put(b, 0xfffd);
}

bool slice_unescape(struct buf *b, struct span raw)
{
	if (raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"')
		raw = (struct span){raw.p + 1, raw.n - 2};
	while (raw.n && buf_ok(b)) {
		if (raw.p[0] == '\\') {
			unescape_one(b, &raw);
			continue;
		}
		size_t run = 0;
		while (run < raw.n && raw.p[run] != '\\' && (unsigned char)raw.p[run] < 0x80)
			run++;
		if (run) {
			buf_put(b, raw.p, run);
			raw = span_from(raw, run);
			continue;
		}
		bool ok;
		utf8_put(b, utf8_next(&raw, &ok));
	}
	return buf_ok(b);
}

bool slice_key_is(const struct slice_item *item, const char *name)
{
	if (span_find(item->key, '\\') < 0)
		return span_eq_str(item->key, name);
	AUTO(buf_done) struct buf b = BUF_INIT(strlen(name) + 8);
	return slice_unescape(&b, item->key) && span_eq_str(buf_span(&b), name);
}

enum slice_kind slice_find(struct span text, const char *name, struct span *ret)
{
	struct slice s = {0};
	struct slice_item item = {0};
	enum slice_kind kind = SLICE_NONE;
	if (slice_begin(&s, text, SLICE_OBJECT, NULL))
		return SLICE_NONE;
	while (slice_next(&s, &item, NULL) == 1) {
		if (!slice_key_is(&item, name))
			continue;
		kind = item.kind;
		*ret = item.value;
	}
	return kind;
}

bool slice_find_str(struct span text, const char *name, char *ret, size_t size)
{
	struct span value = {0};
	ret[0] = '\0';
	if (slice_find(text, name, &value) != SLICE_STRING)
		return false;
	AUTO(buf_done) struct buf b = BUF_INIT(size - 1);
	if (!slice_unescape(&b, value) || memchr(buf_str(&b), '\0', b.n))
		return false;
	memcpy(ret, buf_str(&b), b.n + 1);
	return true;
}

bool slice_find_i64(struct span text, const char *name, int64_t *ret)
{
	struct span value = {0};
	return slice_find(text, name, &value) == SLICE_NUMBER && span_i64(value, ret);
}
