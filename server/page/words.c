#include "server/page/words.h"

#include "server/page/files.h"

#include <string.h>
#include <strings.h>

/* Translated into the language's own name for itself; where that is missing, so is the rest. */
#define OWN_NAME "English"

/* ---- .mo files ---- */

static uint32_t word_at(struct span mo, size_t at)
{
	const unsigned char *p = (const unsigned char *)mo.p + at;
	return at + 4 > mo.n
		       ? 0
		       : p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static size_t pairs(struct span mo)
{
	return word_at(mo, 8);
}

/* The i-th original (table 12) or translation (table 16). */
static struct span string_at(struct span mo, size_t table, size_t i)
{
	size_t row = word_at(mo, table) + 8 * i;
	size_t n = word_at(mo, row), at = word_at(mo, row + 4);
	return at + n > mo.n ? (struct span){"", 0} : (struct span){mo.p + at, n};
}

struct span words_get(const struct words *w, struct span sentence)
{
	for (size_t i = 0; i < pairs(w->mo); i++)
		if (span_eq(string_at(w->mo, 12, i), sentence))
			return string_at(w->mo, 16, i);
	return sentence;
}

void words_put_json_str(struct buf *b, struct span s)
{
	struct buf json = BUF_INIT(BUF_CAP_OWN);
	buf_put_json_str(&json, s);
	for (size_t i = 0; i < json.n; i++) {
		if (strchr("<>&", json.p[i]))
			buf_printf(b, "\\u%04x", (unsigned char)json.p[i]);
		else
			buf_put_char(b, json.p[i]);
	}
	buf_done(&json);
}

void words_put_json(const struct words *w, struct buf *b)
{
	bool first = true;
	buf_put_char(b, '{');
	for (size_t i = 0; i < pairs(w->mo); i++) {
		struct span sentence = string_at(w->mo, 12, i);
		if (!sentence.n) /* the catalogue's own head */
			continue;
		if (!first)
			buf_put_char(b, ',');
		first = false;
		words_put_json_str(b, sentence);
		buf_put_char(b, ':');
		words_put_json_str(b, string_at(w->mo, 16, i));
	}
	buf_put_char(b, '}');
}

/* ---- which there are ---- */

static bool from_file(const struct page_file *f, struct words *ret)
{
	struct span name = span_of(f->name);
	if (name.n < 4 || name.n - 3 >= WORDS_TAG_MAX || strcmp(f->name + name.n - 3, ".mo") != 0)
		return false;
	*ret = (struct words){.mo = f->bytes};
	for (size_t i = 0; i < name.n - 3; i++)
		ret->tag[i] = name.p[i] == '_' ? '-' : name.p[i];
	return !span_eq(words_get(ret, SPAN_LIT(OWN_NAME)), SPAN_LIT(OWN_NAME));
}

bool words_at(size_t i, struct words *ret)
{
	*ret = (struct words){.tag = "en"};
	for (const struct page_file *f = page_files; i && f->name; f++)
		if (from_file(f, ret))
			i--;
	return i == 0;
}

/* ---- which suits ---- */

static bool at_tag_end(struct span tag, size_t i)
{
	return i >= tag.n || tag.p[i] == '-';
}

/* How well a language suits a tag: the whole tag, its main language, or not at all. */
static int fits(const struct words *w, struct span tag)
{
	size_t main_n = strcspn(w->tag, "-");
	if (span_case_eq_str(tag, w->tag))
		return 2;
	return tag.n >= main_n && at_tag_end(tag, main_n) &&
	       strncasecmp(tag.p, w->tag, main_n) == 0;
}

static bool find(struct span tag, struct words *ret)
{
	int best = 0;
	struct words w;
	for (size_t i = 0; words_at(i, &w); i++) {
		int how = fits(&w, tag);
		if (how > best) {
			best = how;
			*ret = w;
		}
	}
	return best > 0;
}

/* "q=0.7" in thousandths; 1000 when it is not said. */
static int weight(struct span params)
{
	int q = 0, scale = 1000;
	size_t i = 0;
	while (i < params.n && params.p[i] != '=')
		i++;
	if (i == params.n)
		return 1000;
	for (i++; i < params.n && scale; i++) {
		char c = params.p[i];
		if (c >= '0' && c <= '9') {
			q += (c - '0') * scale;
			scale /= 10;
		} else if (c != '.') {
			break;
		}
	}
	return q > 1000 ? 0 : q;
}

struct words words_pick(struct span wanted, struct span accept)
{
	struct words ret = {.tag = "en"}, w;
	int best = 0;
	if (wanted.n && find(wanted, &ret))
		return ret;
	while (accept.n) {
		ptrdiff_t comma = span_find(accept, ',');
		size_t n = comma < 0 ? accept.n : (size_t)comma;
		struct span item = span_trim(span_head(accept, n));
		ptrdiff_t semi = span_find(item, ';');
		struct span tag = semi < 0 ? item : span_trim(span_head(item, (size_t)semi));
		int q = semi < 0 ? 1000 : weight(span_from(item, (size_t)semi));
		if (q > best && find(tag, &w)) {
			best = q;
			ret = w;
		}
		accept = span_from(accept, comma < 0 ? n : n + 1);
	}
	return ret;
}
