#include "core/matrix/html.h"

#include "core/base/mem.h"
#include "core/matrix/html_tag.h"

#include <string.h>

#define MAX_DEPTH 64  /* open elements that are kept track of */
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
	TAG_B,
	TAG_I,
	TAG_U,
	TAG_S,
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
	{"b", TAG_B},
	{"strong", TAG_B},
	{"i", TAG_I},
	{"em", TAG_I},
	{"u", TAG_U},
	{"ins", TAG_U},
	{"s", TAG_S},
	{"del", TAG_S},
	{"strike", TAG_S},
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
	unsigned style;
	struct span href; /* A: raw attribute */
};

struct state {
	struct span in; /* what is left */
	const struct html_out *out;
	void *arg;
	struct buf text; /* of the run that is being read */
	unsigned style;
	struct span href; /* of that run, raw */
	size_t told;	  /* against HTML_MAX_OUT */
	struct level stack[MAX_DEPTH];
	int depth;
	int hidden; /* levels that hide */
	int pre, heading;
	int breaks;	 /* newlines to come before the next character */
	bool gap;	 /* an empty line, too */
	bool space;	 /* a space to come before the next character */
	bool begun;	 /* a block was told */
	bool pre_begins; /* nothing of the preformatted text was told */
};

static void want_break(struct state *s, bool gap)
{
	if (!s->breaks)
		s->breaks = 1;
	s->gap = s->gap || gap;
	s->space = false;
}

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

/* The run is over: its look changes, or its block ends. */
static void flush(struct state *s)
{
	AUTO(buf_done) struct buf link = BUF_INIT(MAX_ATTR);
	if (!s->text.n)
		return;
	if (s->style & HTML_LINK)
		decode_attr(&link, s->href);
	/* Only entities and names of images bring one here. */
	for (size_t i = 0; i < s->text.n; i++)
		if (s->text.p[i] == '\n')
			s->text.p[i] = ' ';
	s->told += s->text.n + link.n;
	s->out->text(buf_span(&s->text), s->style, span_trim(buf_span(&link)), s->arg);
	buf_clear(&s->text);
}

static void begin_block(struct state *s, enum html_kind kind, bool gap)
{
	struct html_block b = {.kind = kind, .gap = gap && s->begun};
	flush(s);
	for (int i = 0; i < s->depth; i++) {
		struct level *l = &s->stack[i];
		if (l->tag == TAG_QUOTE)
			b.quotes++;
		if (l->tag != TAG_LI)
			continue;
		b.depth++;
		if (!l->marker_shown && kind == HTML_TEXT) {
			b.kind = HTML_ITEM;
			b.number = l->number;
		}
		l->marker_shown = true;
	}
	s->begun = true;
	s->told += sizeof(b);
	s->out->block(&b, s->arg);
}

/* Blocks and spaces that were asked for, before something visible. */
static void settle(struct state *s)
{
	enum html_kind kind = s->pre ? HTML_CODE : s->heading ? HTML_HEADING : HTML_TEXT;
	if (!s->begun || s->breaks) {
		/* Empty lines count in code alone. */
		for (; s->pre && !s->pre_begins && s->breaks > 1; s->breaks--)
			begin_block(s, kind, false);
		begin_block(s, kind, s->gap || s->breaks > 1);
	} else if (s->space) {
		buf_put_char(&s->text, ' ');
	}
	s->breaks = 0;
	s->gap = s->space = s->pre_begins = false;
}

static void put_text(struct state *s, const char *text)
{
	if (s->hidden)
		return;
	settle(s);
	buf_put_str(&s->text, text);
}

/* White space of the source: collapsed, but for preformatted text. */
static void put_space(struct state *s, char c)
{
	if (s->pre && c == '\n') {
		if (s->breaks < MAX_BLANK && !s->pre_begins)
			s->breaks++;
	} else if (s->pre && c != '\r') {
		settle(s);
		buf_put_char(&s->text, c);
	} else if (!s->pre && !s->breaks && s->begun) {
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
		n = html_entity(&s->text, s->in);
		if (n == 0) {
			buf_put_char(&s->text, '&');
			n = 1;
		}
	} else {
		settle(s);
		while (n < s->in.n && !html_is_space(s->in.p[n]) && s->in.p[n] != '<' &&
		       s->in.p[n] != '&')
			n++;
		buf_put(&s->text, s->in.p, n);
	}
	s->in = span_from(s->in, n);
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

/* What is written from here on looks as the open elements say. */
static void restyle(struct state *s)
{
	unsigned style = 0;
	struct span href = {NULL, 0};
	for (int i = 0; i < s->depth; i++) {
		style |= s->stack[i].style;
		if (s->stack[i].style & HTML_LINK)
			href = s->stack[i].href;
	}
	if (style == s->style && href.p == s->href.p)
		return;
	/* A space before it belongs to what stands before. */
	if (style & ~s->style && s->space && !s->breaks)
		settle(s);
	flush(s);
	s->style = style;
	s->href = href;
}

/* A paragraph that begins a list item stands beside its marker. */
static bool begins_item(const struct state *s)
{
	const struct level *top = s->depth ? &s->stack[s->depth - 1] : NULL;
	return top && top->tag == TAG_LI && !top->marker_shown;
}

static void edge(struct state *s, enum tag tag, bool gap)
{
	switch (tag) {
	case TAG_P:
	case TAG_HEAD:
	case TAG_PRE:
	case TAG_TABLE:
		want_break(s, gap);
		break;
	case TAG_QUOTE:
	case TAG_BLOCK:
	case TAG_UL:
	case TAG_OL:
	case TAG_LI:
	case TAG_TR:
		want_break(s, false);
		break;
	default:
		break;
	}
}

static void begin_effect(struct state *s, const struct level *l)
{
	edge(s, l->tag, !begins_item(s));
	if (l->tag == TAG_PRE) {
		s->pre++;
		s->pre_begins = true;
	}
	s->heading += l->tag == TAG_HEAD;
}

static void pop(struct state *s)
{
	struct level *l = &s->stack[--s->depth];
	if (l->hides)
		s->hidden--;
	if (l->tag == TAG_PRE)
		s->breaks = 0; /* newlines at the end of code */
	edge(s, l->tag, true);
	s->pre -= l->tag == TAG_PRE;
	s->heading -= l->tag == TAG_HEAD;
	restyle(s);
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

static bool link_ok(struct span href)
{
	AUTO(buf_done) struct buf target = BUF_INIT(MAX_ATTR);
	decode_attr(&target, href);
	return buf_ok(&target) && html_link_ok(span_trim(buf_span(&target)));
}

static unsigned style_of(const struct state *s, enum tag tag, const struct html_attrs *a)
{
	switch (tag) {
	case TAG_B:
		return HTML_BOLD;
	case TAG_I:
		return HTML_ITALIC;
	case TAG_U:
		return HTML_UNDERLINE;
	case TAG_S:
		return HTML_STRIKE;
	case TAG_CODE:
		return s->pre ? 0 : HTML_MONO;
	case TAG_SPAN:
		return a->spoiler ? HTML_SPOILER : 0;
	case TAG_A:
		return link_ok(a->href) ? HTML_LINK : 0;
	default:
		return 0;
	}
}

static void fill_level(struct state *s, struct level *l, const struct html_attrs *a)
{
	struct level *list;
	l->style = style_of(s, l->tag, a);
	l->href = a->href;
	if (l->tag == TAG_OL) {
		if (!span_i64(a->start, &l->number) || l->number < 1 || l->number > 1000000000)
			l->number = 1;
	} else if (l->tag == TAG_LI) {
		list = nearest(s, TAG_OL, TAG_UL);
		if (list && list->tag == TAG_OL)
			l->number = list->number++;
	}
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
		decode_attr(&s->text, text);
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
		if (!s->hidden)
			begin_block(s, HTML_RULE, false);
		want_break(s, false);
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
	if (l.hides)
		s->hidden++;
	s->stack[s->depth++] = l;
	restyle(s);
}

static void read_next(struct state *s)
{
	struct html_token t;
	size_t n = s->in.p[0] == '<' ? html_read_tag(s->in, &t) : 0;
	if (n == 0) {
		put_input(s);
		return;
	}
	s->in = span_from(s->in, n);
	enum tag tag = tag_of(t.name);
	if (!t.closing) {
		open_tag(s, tag, &t.attrs);
		s->in = span_from(s->in, html_skip_raw(s->in, t.name));
	} else if (tag != TAG_UNKNOWN) {
		close_to(s, tag, TAG_UNKNOWN, TAG_UNKNOWN);
	}
}

bool html_read(struct span html, const struct html_out *out, void *arg)
{
	struct state s = {.in = html, .out = out, .arg = arg, .text = BUF_INIT(HTML_MAX_OUT)};
	while (s.in.n && s.told + s.text.n < HTML_MAX_OUT)
		read_next(&s);
	flush(&s);
	buf_done(&s.text);
	return !s.in.n;
}
