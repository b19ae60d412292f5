#include "core/matrix/markdown.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/matrix/html.h"

#include <md4c.h>
#include <string.h>

#define MAX_SPANS 100 /* inside each other; deeper ones are left out */

struct open_span {
	MD_SPANTYPE type;
	bool dropped; /* a link whose target is not allowed */
};

struct render {
	struct buf *html;
	struct buf plain; /* the text alone, to see whether anything was changed */
	bool formatted;
	/* md4c 0.4.8 ends spans that it did not begin: only what is here is closed. */
	struct open_span spans[MAX_SPANS];
	int depth;
};

static struct span text_of(const MD_CHAR *p, MD_SIZE n)
{
	return (struct span){p, n};
}

/* An attribute: text and entities. The latter are valid HTML as they stand. */
static void put_attr(struct buf *b, const MD_ATTRIBUTE *a)
{
	for (int i = 0; a->text && a->substr_offsets[i] < a->size; i++) {
		MD_OFFSET from = a->substr_offsets[i];
		struct span s = text_of(a->text + from, a->substr_offsets[i + 1] - from);
		if (a->substr_types[i] == MD_TEXT_ENTITY)
			buf_put_span(b, s);
		else
			html_escape(b, s);
	}
}

static const char *const span_tags[] = {
	[MD_SPAN_EM] = "em",
	[MD_SPAN_STRONG] = "strong",
	[MD_SPAN_CODE] = "code",
	[MD_SPAN_DEL] = "del",
};

static const char *span_tag(MD_SPANTYPE type)
{
	return (size_t)type < ARRAY_LEN(span_tags) ? span_tags[type] : NULL;
}

/* Where a link or image leads; NULL for other spans. */
static const MD_ATTRIBUTE *target_of(MD_SPANTYPE type, void *detail)
{
	if (type == MD_SPAN_A)
		return &((MD_SPAN_A_DETAIL *)detail)->href;
	return type == MD_SPAN_IMG ? &((MD_SPAN_IMG_DETAIL *)detail)->src : NULL;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct render *r = arg;
	const MD_ATTRIBUTE *href = target_of(type, detail);
	struct open_span s = {.type = type};
	r->formatted = true;
	if (r->depth == MAX_SPANS)
		return 0;
	if (href && !(href->text && html_link_ok(text_of(href->text, href->size)))) {
		s.dropped = true;
	} else if (href) {
		buf_put_str(r->html, "<a href=\"");
		put_attr(r->html, href);
		buf_put_str(r->html, "\">");
	} else if (span_tag(type)) {
		buf_printf(r->html, "<%s>", span_tag(type));
	}
	r->spans[r->depth++] = s;
	return buf_ok(r->html) ? 0 : 1;
}

/* A target that is not allowed stands as text behind its link. */
static void close_top(struct render *r, const MD_ATTRIBUTE *href)
{
	const struct open_span *s = &r->spans[--r->depth];
	if (span_tag(s->type)) {
		buf_printf(r->html, "</%s>", span_tag(s->type));
	} else if (!s->dropped) {
		buf_put_str(r->html, s->type == MD_SPAN_A || s->type == MD_SPAN_IMG ? "</a>" : "");
	} else if (href && href->size) {
		buf_put_str(r->html, " (");
		put_attr(r->html, href);
		buf_put_char(r->html, ')');
	}
}

static int leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
	struct render *r = arg;
	int at = r->depth - 1;
	while (at >= 0 && r->spans[at].type != type)
		at--;
	while (at >= 0 && r->depth > at)
		close_top(r, r->depth - 1 == at ? target_of(type, detail) : NULL);
	return buf_ok(r->html) ? 0 : 1;
}

static void put_list_start(struct buf *b, const MD_BLOCK_OL_DETAIL *d)
{
	if (d->start == 1)
		buf_put_str(b, "<ol>");
	else
		buf_printf(b, "<ol start=\"%u\">", d->start);
}

static void put_code_start(struct buf *b, const MD_BLOCK_CODE_DETAIL *d)
{
	buf_put_str(b, "<pre><code");
	if (d->lang.size) {
		buf_put_str(b, " class=\"language-");
		put_attr(b, &d->lang);
		buf_put_char(b, '"');
	}
	buf_put_char(b, '>');
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct render *r = arg;
	struct buf *b = r->html;
	if (type != MD_BLOCK_DOC && type != MD_BLOCK_P)
		r->formatted = true;
	switch (type) {
	case MD_BLOCK_QUOTE:
		buf_put_str(b, "<blockquote>");
		break;
	case MD_BLOCK_UL:
		buf_put_str(b, "<ul>");
		break;
	case MD_BLOCK_OL:
		put_list_start(b, detail);
		break;
	case MD_BLOCK_LI:
		buf_put_str(b, "<li>");
		break;
	case MD_BLOCK_HR:
		buf_put_str(b, "<hr>");
		break;
	case MD_BLOCK_H:
		buf_printf(b, "<h%u>", ((MD_BLOCK_H_DETAIL *)detail)->level);
		break;
	case MD_BLOCK_CODE:
		put_code_start(b, detail);
		break;
	case MD_BLOCK_P:
		buf_put_str(b, "<p>");
		break;
	case MD_BLOCK_TABLE:
		buf_put_str(b, "<table>");
		break;
	case MD_BLOCK_THEAD:
		buf_put_str(b, "<thead>");
		break;
	case MD_BLOCK_TBODY:
		buf_put_str(b, "<tbody>");
		break;
	case MD_BLOCK_TR:
		buf_put_str(b, "<tr>");
		break;
	case MD_BLOCK_TH:
		buf_put_str(b, "<th>");
		break;
	case MD_BLOCK_TD:
		buf_put_str(b, "<td>");
		break;
	default:
		break;
	}
	return buf_ok(b) ? 0 : 1;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
	struct render *r = arg;
	struct buf *b = r->html;
	static const char *const ends[] = {
		[MD_BLOCK_QUOTE] = "</blockquote>",
		[MD_BLOCK_UL] = "</ul>",
		[MD_BLOCK_OL] = "</ol>",
		[MD_BLOCK_LI] = "</li>",
		[MD_BLOCK_CODE] = "</code></pre>",
		[MD_BLOCK_P] = "</p>",
		[MD_BLOCK_TABLE] = "</table>",
		[MD_BLOCK_THEAD] = "</thead>",
		[MD_BLOCK_TBODY] = "</tbody>",
		[MD_BLOCK_TR] = "</tr>",
		[MD_BLOCK_TH] = "</th>",
		[MD_BLOCK_TD] = "</td>",
	};
	while (r->depth)
		close_top(r, NULL);
	if (type == MD_BLOCK_H)
		buf_printf(b, "</h%u>", ((MD_BLOCK_H_DETAIL *)detail)->level);
	else if ((size_t)type < ARRAY_LEN(ends) && ends[type])
		buf_put_str(b, ends[type]);
	buf_put_char(&r->plain, '\n');
	return buf_ok(b) ? 0 : 1;
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *arg)
{
	struct render *r = arg;
	struct span s = text_of(p, n);
	switch (type) {
	case MD_TEXT_BR:
	case MD_TEXT_SOFTBR:
		buf_put_str(r->html, "<br>");
		buf_put_char(&r->plain, '\n');
		return buf_ok(r->html) ? 0 : 1;
	case MD_TEXT_ENTITY:
		buf_put_span(r->html, s);
		break;
	default:
		html_escape(r->html, s);
	}
	buf_put_span(&r->plain, s);
	return buf_ok(r->html) && buf_ok(&r->plain) ? 0 : 1;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The same text but for white space: nothing was taken away as markup. */
static bool same_words(struct span a, struct span b)
{
	size_t i = 0, k = 0;
	while (true) {
		while (i < a.n && is_space(a.p[i]))
			i++;
		while (k < b.n && is_space(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (a.p[i++] != b.p[k++])
			return false;
	}
}

/* One paragraph needs no <p> around it. */
static void unwrap(struct buf *b)
{
	struct span s = buf_span(b);
	if (!span_starts(s, "<p>") || !span_ends(s, "</p>"))
		return;
	if (memmem(s.p + 3, s.n - 3, "<p>", 3))
		return;
	struct span inner = {s.p + 3, s.n - 7};
	if (memmem(inner.p, inner.n, "</p>", 4))
		return;
	buf_truncate(b, s.n - 4);
	buf_consume(b, 3);
}

/*
 * What md4c 0.4.8 is spared: NUL, which it passes on beside its replacement,
 * and the end of the text, behind which it looks for the ")" of a link.
 */
static size_t put_input(struct buf *in, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i])
			buf_put_char(in, text.p[i]);
		else
			utf8_put(in, 0xfffd);
	}
	size_t n = in->n;
	buf_put(in, "\0\0\0\0\0\0\0\0", 8);
	return n;
}

int markdown_to_html(struct span text, struct buf *html, struct err *err)
{
	static const MD_PARSER parser = {
		.flags = MD_FLAG_NOHTML | MD_FLAG_STRIKETHROUGH | MD_FLAG_TABLES |
			 MD_FLAG_NOINDENTEDCODEBLOCKS,
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = put_text,
	};
	if (text.n > LIMIT_EVENT_BYTES)
		return err_set(err, ERR_TOO_LARGE, _("the message is longer than %d bytes"),
			       LIMIT_EVENT_BYTES);
	if (!utf8_valid(text))
		return err_set(err, ERR_INVALID, _("the message is not UTF-8 text"));
	AUTO(buf_done) struct buf own = BUF_INIT(2 * LIMIT_EVENT_BYTES);
	AUTO(buf_done) struct buf in = BUF_INIT(3 * LIMIT_EVENT_BYTES + 16);
	size_t n = put_input(&in, text);
	struct render r = {.html = &own, .plain = BUF_INIT(4 * LIMIT_EVENT_BYTES)};
	int rc = md_parse(in.p, (MD_SIZE)n, &parser, &r);
	bool plain = !r.formatted && same_words((struct span){in.p, n}, buf_span(&r.plain));
	buf_done(&r.plain);
	if (rc)
		return err_set(err, ERR_TOO_LARGE, _("the formatted message is too large"));
	if (plain)
		return 0;
	unwrap(&own);
	if (!buf_put_span(html, buf_span(&own)))
		return err_set(err, ERR_TOO_LARGE, _("the formatted message is too large"));
	return 1;
}
