#include "server/page/joinpage.h"

#include "core/base/crypto.h"
#include "server/page/files.h"

#include <string.h>

/* What join.html leaves to be filled in: {{name}}. */
struct parts {
	const struct words *words;
	const char *base_url;
	struct buf script, first, style; /* as they stand in the page: hashed for the policy */
};

static void parts_done(struct parts *p)
{
	buf_done(&p->script);
	buf_done(&p->first);
	buf_done(&p->style);
}

/* The scripts of the list, in a scope of their own. */
static void join_scripts(struct buf *b)
{
	struct span list = page_file(SPAN_LIT("scripts")), name;
	buf_put_str(b, "(function () {\n'use strict';\n");
	while (span_split(&list, '\n', &name))
		if (!span_eq_str(name, "first.js"))
			buf_put_span(b, page_file(name));
	buf_put_str(b, "})();\n");
}

static void put_html(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		static const char special[] = "&<>\"'";
		const char *at = s.p[i] ? strchr(special, s.p[i]) : NULL;
		if (at)
			buf_printf(b, "&#%d;", *at);
		else
			buf_put_char(b, s.p[i]);
	}
}

/* The languages to choose from, each by its own name. */
static void put_languages(struct buf *b, const struct words *now)
{
	struct words w;
	for (size_t i = 0; words_at(i, &w); i++) {
		buf_printf(b, "<option value=\"%s\" lang=\"%s\"%s>", w.tag, w.tag,
			   strcmp(w.tag, now->tag) == 0 ? " selected" : "");
		put_html(b, words_get(&w, SPAN_LIT("English")));
		buf_put_str(b, "</option>");
	}
}

static void put_part(struct buf *b, const struct parts *p, struct span name)
{
	if (span_eq_str(name, "lang"))
		buf_put_str(b, p->words->tag);
	else if (span_eq_str(name, "base"))
		put_html(b, span_of(p->base_url));
	else if (span_eq_str(name, "languages"))
		put_languages(b, p->words);
	else if (span_eq_str(name, "words"))
		words_put_json(p->words, b);
	else if (span_eq_str(name, "script"))
		buf_put_span(b, buf_span(&p->script));
	else if (span_eq_str(name, "first"))
		buf_put_span(b, buf_span(&p->first));
	else if (span_eq_str(name, "style"))
		buf_put_span(b, buf_span(&p->style));
}

/* Where `what` begins in s, or the end of s. */
static size_t seek(struct span s, const char *what)
{
	const char *at = memmem(s.p, s.n, what, strlen(what));
	return at ? (size_t)(at - s.p) : s.n;
}

/* The end of `b` is "name=": what follows is an attribute's value. */
static bool in_attribute(const struct buf *b)
{
	return b->n && b->p[b->n - 1] == '=';
}

static void put_sentence(struct buf *b, const struct words *w, struct span sentence)
{
	const char *quote = in_attribute(b) ? "\"" : "";
	buf_put_str(b, quote);
	put_html(b, words_get(w, sentence));
	buf_put_str(b, quote);
}

/*
 * join.html with {{parts}} put in and _("sentences") translated. A sentence
 * that is an attribute's value stands without quotes of its own, which would
 * hide it from xgettext: they are added.
 */
static void fill_in(struct buf *b, const struct parts *p)
{
	struct span s = page_file(SPAN_LIT("join.html"));
	while (s.n) {
		size_t part = seek(s, "{{"), sentence = seek(s, "_(\"");
		bool is_part = part < sentence;
		size_t n = is_part ? part : sentence;
		buf_put_span(b, span_head(s, n));
		s = span_from(s, n);
		if (!s.n)
			break;
		struct span rest = span_from(s, is_part ? 2 : 3);
		size_t end = seek(rest, is_part ? "}}" : "\")");
		if (is_part)
			put_part(b, p, span_head(rest, end));
		else
			put_sentence(b, p->words, span_head(rest, end));
		s = span_from(rest, end + 2);
	}
}

static void put_hash(struct buf *b, const struct buf *text)
{
	uint8_t sum[32];
	crypto_sha256(buf_span(text), sum);
	buf_put_str(b, " 'sha256-");
	base64_put(b, sum, sizeof(sum));
	buf_put_char(b, '\'');
}

static void put_etag(struct joinpage *j)
{
	uint8_t sum[32];
	crypto_sha256(buf_span(&j->html), sum);
	j->etag[0] = '"';
	hex_put(j->etag + 1, sum, sizeof(sum));
	j->etag[65] = '"';
	j->etag[66] = 0;
}

/* Asked for anew each time, as what it must match changes with the server; 304 says so. */
static void put_headers(struct buf *b, const struct parts *p, const char *etag)
{
	buf_put_str(b, "Content-Type: text/html; charset=utf-8\r\n"
		       "Content-Security-Policy: default-src 'none'; script-src");
	put_hash(b, &p->first);
	put_hash(b, &p->script);
	buf_put_str(b, "; style-src");
	put_hash(b, &p->style);
	buf_put_str(b,
		    "; img-src blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; "
		    "form-action 'none'; frame-ancestors 'none'\r\n"
		    "X-Frame-Options: DENY\r\n"
		    "X-Content-Type-Options: nosniff\r\n"
		    "Referrer-Policy: no-referrer\r\n"
		    "Cross-Origin-Resource-Policy: same-origin\r\n"
		    "Cache-Control: no-cache\r\n"
		    "Vary: Accept-Language\r\n");
	buf_printf(b, "Content-Language: %s\r\nETag: %s\r\n", p->words->tag, etag);
}

void joinpage_make(const struct words *w, const char *base_url, struct joinpage *ret)
{
	struct parts p = {w, base_url, BUF_INIT(BUF_CAP_OWN), BUF_INIT(BUF_CAP_OWN),
			  BUF_INIT(BUF_CAP_OWN)};
	*ret = (struct joinpage){.html = BUF_INIT(BUF_CAP_OWN), .headers = BUF_INIT(BUF_CAP_OWN)};
	join_scripts(&p.script);
	buf_put_span(&p.first, page_file(SPAN_LIT("first.js")));
	buf_put_span(&p.style, page_file(SPAN_LIT("join.css")));
	fill_in(&ret->html, &p);
	put_etag(ret);
	put_headers(&ret->headers, &p, ret->etag);
	parts_done(&p);
}

void joinpage_done(struct joinpage *j)
{
	buf_done(&j->html);
	buf_done(&j->headers);
}
