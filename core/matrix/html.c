#include "core/matrix/html.h"

#include "core/base/mem.h"
#include "core/matrix/html_tag.h"

#include <string.h>

#define MAX_DEPTH 64  /* open elements that are kept track of */
#define MAX_PREFIX 8  /* of those, how many indent a line */
#define MAX_BLANK 20  /* empty lines in a row in preformatted text */
#define MAX_ATTR 2048 /* bytes of an attribute's value */

enum tag {
	TAG_UNKNOWN,
	TAG_P,	   /* a blank line around it */
	TAG_BLOCK, /* a line of its own */
	TAG_HEAD,
	TAG_BR,
	TAG_HR,
	TAG_UL,
	TAG_OL,
	TAG_LI,
	TAG_QUOTE,
	TAG_PRE,
	TAG_CODE,
	TAG_A,
	TAG_IMG,
	TAG_TABLE,
	TAG_TR,
	TAG_TD,
	TAG_SPAN,
	TAG_SKIP, /* with all that is in it */
};

static const struct {
	const char *name;
	enum tag tag;
} tags[] = {
	{"p", TAG_P},
	{"div", TAG_BLOCK},
	{"section", TAG_BLOCK},
	{"details", TAG_BLOCK},
	{"summary", TAG_BLOCK},
	{"caption", TAG_BLOCK},
	{"center", TAG_BLOCK},
	{"h1", TAG_HEAD},
	{"h2", TAG_HEAD},
	{"h3", TAG_HEAD},
	{"h4", TAG_HEAD},
	{"h5", TAG_HEAD},
	{"h6", TAG_HEAD},
	{"br", TAG_BR},
	{"hr", TAG_HR},
	{"ul", TAG_UL},
	{"ol", TAG_OL},
	{"li", TAG_LI},
	{"blockquote", TAG_QUOTE},
	{"pre", TAG_PRE},
	{"code", TAG_CODE},
	{"tt", TAG_CODE},
	{"a", TAG_A},
	{"img", TAG_IMG},
	{"table", TAG_TABLE},
	{"tr", TAG_TR},
	{"td", TAG_TD},
	{"th", TAG_TD},
	{"span", TAG_SPAN},
	{"mx-reply", TAG_SKIP},
	{"script", TAG_SKIP},
	{"style", TAG_SKIP},
	{"head", TAG_SKIP},
	{"title", TAG_SKIP},
	{"template", TAG_SKIP},
	{"iframe", TAG_SKIP},
	{"object", TAG_SKIP},
	{"textarea", TAG_SKIP},
	{"select", TAG_SKIP},
};

struct level {
	enum tag tag;
	int64_t number;	   /* OL: next; LI: own, 0 a bullet */
	bool marker_shown; /* LI */
	bool hides;	   /* what is inside is not shown */
	bool cell_before;  /* TR: a cell stands already */
	size_t start;	   /* A: length of the text when it began */
	struct span href;  /* A: raw attribute */
};

struct state {
	struct span in; /* what is left */
	struct buf *out;
	size_t begin; /* length of `out` at the start */
	struct level stack[MAX_DEPTH];
	int depth;
	int hidden; /* levels that hide */
	int pre;
	int breaks; /* newlines to come before the next character */
	bool space; /* a space to come before the next character */
};

static bool nothing_yet(const struct state *s)
{
	return s->out->n == s->begin;
}

static void want_breaks(struct state *s, int n)
{
	if (s->breaks < n)
		s->breaks = n;
	s->space = false;
}

static void put_marker(struct state *s, struct level *l)
{
	char number[24];
	snprintf(number, sizeof(number), "%lld. ", (long long)l->number);
	size_t width = l->number ? strlen(number) : 2;
	if (!l->marker_shown)
		buf_put_str(s->out, l->number ? number : "- ");
	for (size_t i = 0; l->marker_shown && i < width; i++)
		buf_put_char(s->out, ' ');
	l->marker_shown = true;
}

/* What stands before the text of a line: quote signs, indents, list markers. */
static void put_prefix(struct state *s)
{
	int shown = 0;
	for (int i = 0; i < s->depth && shown < MAX_PREFIX; i++) {
		struct level *l = &s->stack[i];
		if (l->tag == TAG_QUOTE)
			buf_put_str(s->out, "> ");
		else if (l->tag == TAG_PRE)
			buf_put_str(s->out, "    ");
		else if (l->tag == TAG_LI)
			put_marker(s, l);
		else
			continue;
		shown++;
	}
}

/* Newlines and spaces that were asked for, before something visible. */
static void settle(struct state *s)
{
	if (nothing_yet(s)) {
		s->breaks = 0;
		put_prefix(s);
	} else if (s->breaks) {
		for (; s->breaks; s->breaks--)
			buf_put_char(s->out, '\n');
		put_prefix(s);
	} else if (s->space) {
		buf_put_char(s->out, ' ');
	}
	s->space = false;
}

static void put_text(struct state *s, const char *text)
{
	if (s->hidden)
		return;
	settle(s);
	buf_put_str(s->out, text);
}

/* White space of the source: collapsed, but for preformatted text. */
static void put_space(struct state *s, char c)
{
	if (s->pre && c == '\n') {
		if (s->breaks < MAX_BLANK)
			s->breaks++;
	} else if (s->pre && c != '\r') {
		settle(s);
		buf_put_char(s->out, c);
	} else if (!s->pre && !s->breaks && !nothing_yet(s)) {
		s->space = true;
	}
}

/* One character, entity or run of plain text at the start of the input. */
static void put_input(struct state *s)
{
	size_t n = 1;
	if (s->hidden) {
		/* nothing */
	} else if (html_is_space(s->in.p[0])) {
		put_space(s, s->in.p[0]);
	} else if (s->in.p[0] == '&') {
		settle(s);
		n = html_entity(s->out, s->in);
		if (n == 0) {
			buf_put_char(s->out, '&');
			n = 1;
		}
	} else {
		settle(s);
		while (n < s->in.n && !html_is_space(s->in.p[n]) && s->in.p[n] != '<' &&
		       s->in.p[n] != '&')
			n++;
		buf_put(s->out, s->in.p, n);
	}
	s->in = span_from(s->in, n);
}

/* --- links --- */

static void decode_attr(struct buf *out, struct span raw)
{
	while (raw.n) {
		size_t n = raw.p[0] == '&' ? html_entity(out, raw) : 0;
		if (n == 0) {
			buf_put_char(out, raw.p[0]);
			n = 1;
		}
		raw = span_from(raw, n);
	}
}

/* People, rooms and events: the text of such a link says it all. */
static bool is_matrix_link(struct span href)
{
	return span_starts(href, "https://matrix.to/") || span_starts(href, "http://matrix.to/");
}

static void close_link(struct state *s, const struct level *l)
{
	AUTO(buf_done) struct buf href = BUF_INIT(MAX_ATTR);
	decode_attr(&href, l->href);
	struct span target = span_trim(buf_span(&href));
	if (!buf_ok(&href) || !html_link_ok(target) || is_matrix_link(target) || s->hidden)
		return;
	struct span text = span_trim(span_from(buf_span(s->out), l->start));
	struct span bare = span_starts(target, "mailto:") ? span_from(target, 7) : target;
	if (span_eq(text, target) || span_eq(text, bare))
		return;
	if (text.n) {
		s->space = true;
		put_text(s, "(");
	} else {
		settle(s);
	}
	for (size_t i = 0; i < target.n; i++)
		if (!html_is_space(target.p[i]))
			buf_put_char(s->out, target.p[i]);
	if (text.n)
		buf_put_char(s->out, ')');
}

/* --- tags --- */

static enum tag tag_of(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (span_case_eq_str(name, tags[i].name))
			return tags[i].tag;
	return TAG_UNKNOWN;
}

/* --- elements --- */

/* A paragraph that begins a list item stands beside its marker. */
static bool begins_item(const struct state *s)
{
	const struct level *top = s->depth ? &s->stack[s->depth - 1] : NULL;
	return top && top->tag == TAG_LI && !top->marker_shown;
}

static void begin_effect(struct state *s, const struct level *l)
{
	switch (l->tag) {
	case TAG_P:
	case TAG_HEAD:
	case TAG_PRE:
	case TAG_TABLE:
		want_breaks(s, begins_item(s) ? 1 : 2);
		break;
	case TAG_QUOTE:
	case TAG_BLOCK:
	case TAG_UL:
	case TAG_OL:
	case TAG_LI:
	case TAG_TR:
		want_breaks(s, 1);
		break;
	case TAG_CODE:
		if (!s->pre)
			put_text(s, "`");
		break;
	default:
		break;
	}
	if (l->tag == TAG_PRE)
		s->pre++;
}

static void end_effect(struct state *s, const struct level *l)
{
	switch (l->tag) {
	case TAG_P:
	case TAG_HEAD:
	case TAG_PRE:
	case TAG_TABLE:
		if (l->tag == TAG_PRE)
			s->breaks = 0;
		want_breaks(s, 2);
		break;
	case TAG_QUOTE:
	case TAG_BLOCK:
	case TAG_UL:
	case TAG_OL:
	case TAG_LI:
	case TAG_TR:
		want_breaks(s, 1);
		break;
	case TAG_CODE:
		if (!s->pre && !s->hidden)
			buf_put_char(s->out, '`');
		break;
	case TAG_A:
		close_link(s, l);
		break;
	default:
		break;
	}
	if (l->tag == TAG_PRE)
		s->pre--;
}

static void pop(struct state *s)
{
	struct level *l = &s->stack[--s->depth];
	if (l->hides)
		s->hidden--;
	end_effect(s, l);
}

/* Close the nearest `tag` above the nearest `stop` (TAG_UNKNOWN: none); nothing without one. */
static void close_to(struct state *s, enum tag tag, enum tag stop, enum tag stop2)
{
	for (int i = s->depth - 1; i >= 0; i--) {
		enum tag here = s->stack[i].tag;
		if (here == tag) {
			while (s->depth > i)
				pop(s);
			return;
		}
		if (stop != TAG_UNKNOWN && (here == stop || here == stop2))
			return;
	}
}

static struct level *nearest(struct state *s, enum tag a, enum tag b)
{
	for (int i = s->depth - 1; i >= 0; i--)
		if (s->stack[i].tag == a || s->stack[i].tag == b)
			return &s->stack[i];
	return NULL;
}

/* Elements whose end may be left out. */
static void close_implied(struct state *s, enum tag tag)
{
	if (tag == TAG_LI)
		close_to(s, TAG_LI, TAG_UL, TAG_OL);
	else if (tag == TAG_TD)
		close_to(s, TAG_TD, TAG_TR, TAG_TABLE);
	else if (tag == TAG_TR)
		close_to(s, TAG_TR, TAG_TABLE, TAG_TABLE);
	else if (tag == TAG_P && s->depth && s->stack[s->depth - 1].tag == TAG_P)
		pop(s);
}

static void fill_level(struct state *s, struct level *l, const struct html_attrs *a)
{
	struct level *list;
	if (l->tag == TAG_OL) {
		if (!span_i64(a->start, &l->number) || l->number < 1 || l->number > 1000000000)
			l->number = 1;
	} else if (l->tag == TAG_LI) {
		list = nearest(s, TAG_OL, TAG_UL);
		if (list && list->tag == TAG_OL)
			l->number = list->number++;
	} else if (l->tag == TAG_A) {
		/* Markers and indents before it are not its text. */
		if (!s->hidden)
			settle(s);
		l->href = a->href;
		l->start = s->out->n;
	}
}

static void open_spoiler(struct state *s, struct level *l)
{
	put_text(s, "[spoiler]");
	l->hides = true;
}

static void open_cell(struct state *s)
{
	struct level *row = nearest(s, TAG_TR, TAG_TR);
	if (row && row->cell_before)
		put_text(s, " | ");
	if (row)
		row->cell_before = true;
	s->space = false;
}

static void put_image(struct state *s, const struct html_attrs *a)
{
	struct span text = span_trim(a->alt.n ? a->alt : a->title);
	put_text(s, text.n ? "" : "[image]");
	if (!s->hidden && text.n <= MAX_ATTR)
		decode_attr(s->out, text);
}

static bool open_void(struct state *s, enum tag tag, const struct html_attrs *a)
{
	switch (tag) {
	case TAG_BR:
		if (s->breaks < (s->pre ? MAX_BLANK : 2) && !s->hidden)
			s->breaks++;
		s->space = false;
		return true;
	case TAG_HR:
		want_breaks(s, 1);
		put_text(s, "---");
		want_breaks(s, 1);
		return true;
	case TAG_IMG:
		put_image(s, a);
		return true;
	default:
		return tag == TAG_UNKNOWN;
	}
}

static void open_tag(struct state *s, enum tag tag, const struct html_attrs *a)
{
	if (open_void(s, tag, a))
		return;
	close_implied(s, tag);
	if (s->depth == MAX_DEPTH)
		return;
	struct level l = {.tag = tag, .hides = tag == TAG_SKIP};
	if (tag == TAG_TD)
		open_cell(s);
	fill_level(s, &l, a);
	begin_effect(s, &l);
	if (tag == TAG_SPAN && a->spoiler)
		open_spoiler(s, &l);
	if (l.hides)
		s->hidden++;
	s->stack[s->depth++] = l;
}

bool html_to_text(struct span html, struct buf *out)
{
	struct state s = {.in = html, .out = out, .begin = out->n};
	while (s.in.n && buf_ok(out)) {
		struct html_token t;
		size_t n = s.in.p[0] == '<' ? html_read_tag(s.in, &t) : 0;
		if (n == 0) {
			put_input(&s);
			continue;
		}
		s.in = span_from(s.in, n);
		enum tag tag = tag_of(t.name);
		if (!t.closing) {
			open_tag(&s, tag, &t.attrs);
			s.in = span_from(s.in, html_skip_raw(s.in, t.name));
		} else if (tag != TAG_UNKNOWN) {
			close_to(&s, tag, TAG_UNKNOWN, TAG_UNKNOWN);
		}
	}
	while (s.depth)
		pop(&s);
	return buf_ok(out);
}
