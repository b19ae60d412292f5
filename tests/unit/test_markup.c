#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/html.h"
#include "core/matrix/markdown.h"

#include <string.h>

struct pair {
	const char *in, *out;
};

static void check_pairs(const struct pair *rows, size_t n, void (*make)(struct span, struct buf *))
{
	for (size_t i = 0; i < n; i++) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		make(span_of(rows[i].in), &b);
		if (strcmp(buf_str(&b), rows[i].out) != 0)
			fail_msg("%s\ngave\n%s\ninstead of\n%s", rows[i].in, buf_str(&b),
				 rows[i].out);
		buf_done(&b);
	}
}

/* One look as signs around the text, so that a row of the table shows all that was told. */
static const struct {
	unsigned style;
	const char *open, *close;
} looks[] = {
	{HTML_BOLD, "*", "*"},	    {HTML_ITALIC, "/", "/"}, {HTML_UNDERLINE, "_", "_"},
	{HTML_STRIKE, "~", "~"},    {HTML_MONO, "`", "`"},   {HTML_LINK, "", ""},
	{HTML_SPOILER, "||", "||"},
};

struct shown {
	struct buf *out;
	int blocks;
};

static void show_block(const struct html_block *b, void *arg)
{
	struct shown *s = arg;
	if (s->blocks++)
		buf_put_str(s->out, b->gap ? "\n\n" : "\n");
	for (int i = 0; i < b->quotes; i++)
		buf_put_str(s->out, "> ");
	for (int i = b->kind == HTML_ITEM; i < b->depth; i++)
		buf_put_str(s->out, "  ");
	if (b->kind == HTML_ITEM && b->number)
		buf_printf(s->out, "%d. ", (int)b->number);
	else if (b->kind == HTML_ITEM)
		buf_put_str(s->out, "- ");
	else if (b->kind == HTML_CODE)
		buf_put_str(s->out, "    ");
	else if (b->kind == HTML_RULE)
		buf_put_str(s->out, "---");
	else if (b->kind == HTML_HEADING)
		buf_put_str(s->out, "# ");
}

static void show_text(struct span text, unsigned style, struct span link, void *arg)
{
	struct shown *s = arg;
	assert_true(s->blocks > 0 && text.n > 0);
	assert_true(span_find(text, '\n') < 0);
	assert_int_equal(link.n > 0, (style & HTML_LINK) != 0);
	for (size_t i = 0; i < ARRAY_LEN(looks); i++)
		buf_put_str(s->out, style & looks[i].style ? looks[i].open : "");
	buf_put_span(s->out, text);
	for (size_t i = ARRAY_LEN(looks); i-- > 0;)
		buf_put_str(s->out, style & looks[i].style ? looks[i].close : "");
	if (link.n)
		buf_printf(s->out, "(%.*s)", SPAN_ARG(link));
}

static const struct html_out show = {show_block, show_text};

static void to_text(struct span in, struct buf *out)
{
	struct shown s = {out, 0};
	assert_true(html_read(in, &show, &s));
}

static void test_html(void **state)
{
	(void)state;
	static const struct pair rows[] = {
		{"", ""},
		{"a  b\n c ", "a b c"},
		{"a<br>b<br/><br />c", "a\nb\n\nc"},
		{"<p>a</p><p>b</p>", "a\n\nb"},
		{"<p>a<p>b", "a\n\nb"},
		{"<b>x</b> <em>y</em><unknown z=1>z</unknown>", "*x* /y/z"},
		{"a &amp; &lt;b&gt; &#233;&#xe9; &nbsp;&hellip; &bogus; & &#0; &#99999999;",
		 "a & <b> éé  … &bogus; & \xef\xbf\xbd \xef\xbf\xbd"},
		{"<h1>T</h1>text<hr>more", "# T\n\ntext\n---\nmore"},
		{"<ul><li>a</li><li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\nd"},
		{"<ol start=\"9\"><li>a<li><p>b</p><p>c</p></ol>", "9. a\n10. b\n\n  c"},
		{"<blockquote>q<br>r</blockquote>a", "> q\n> r\na"},
		{"<blockquote><ul><li>x<br>y</li></ul></blockquote>", "> - x\n>   y"},
		{"use <code>a  b</code>!", "use `a b`!"},
		{"<pre><code class=\"language-c\">int  x;\n\n  y\n</code></pre>z",
		 "    int  x;\n    \n      y\n\nz"},
		{"<a href=\"https://x.y/?a=1&amp;b=2\">here</a>", "here(https://x.y/?a=1&b=2)"},
		{"<a href='https://x.y'>https://x.y</a>", "https://x.y(https://x.y)"},
		{"<a href='mailto:a@b.c'>a@b.c</a>", "a@b.c(mailto:a@b.c)"},
		{"<ul><li><a href=https://x.y>https://x.y</a></li></ul>",
		 "- https://x.y(https://x.y)"},
		{"<a href=\"javascript:alert(1)\">x</a>", "x"},
		{"a <a href=\"https://x.y\"><b>b c</b> d</a>e",
		 "a *b c*(https://x.y) d(https://x.y)e"},
		{"<b>a <i>b</b> c</i> d", "*a **/b/* c d"},
		{"<a href=\"https://matrix.to/#/@a:hs\">Alice</a>: hi",
		 "Alice(https://matrix.to/#/@a:hs): hi"},
		{"<mx-reply><blockquote>old</blockquote></mx-reply>new", "new"},
		{"<script>if (a<b) evil()</script>ok<style>x</style>", "ok"},
		{"<!-- c > --> a <!-- open", "a"},
		{"<table><tr><th>a</th><th>b</th></tr><tr><td>1<td>2</table>", "a | b\n1 | 2"},
		{"<img src=\"mxc://x/y\" alt=\"cat\">, <img>", "cat, [image]"},
		{"a <span data-mx-spoiler=\"why\">secret</span> b", "a ||secret|| b"},
		{"<span data-mx-color=\"#fff\">c</span>", "c"},
		{"1 < 2 <3 </", "1 < 2 <3 </"},
		{"<a href=\"unclosed", ""},
		{"</p></ul></a>x", "x"},
		{"<P>A</P><BR>b", "A\n\nb"},
	};
	check_pairs(rows, ARRAY_LEN(rows), to_text);
}

static void test_html_hostile(void **state)
{
	(void)state;
	struct buf in = BUF_INIT(BUF_CAP_OWN), out = BUF_INIT(BUF_CAP_OWN);
	for (int i = 0; i < 20000; i++)
		buf_put_str(&in, "<blockquote><ul><li>");
	buf_put_str(&in, "x");
	to_text(buf_span(&in), &out);
	assert_true(out.n < 300);
	buf_clear(&in);
	buf_clear(&out);
	for (int i = 0; i < 60; i++)
		buf_put_str(&in, "<blockquote>");
	for (int i = 0; i < 20000; i++)
		buf_put_str(&in, "<br>x");
	struct shown s = {&out, 0};
	assert_false(html_read(buf_span(&in), &show, &s));
	assert_true(s.blocks > 1000 && s.blocks < 20000);
	buf_done(&in);
	buf_done(&out);
}

static void to_html(struct span in, struct buf *out)
{
	struct err e;
	int rc = markdown_to_html(in, out, &e);
	assert_true(rc >= 0);
	if (rc == 0)
		buf_put_str(out, "PLAIN");
}

static void test_markdown(void **state)
{
	(void)state;
	static const struct pair rows[] = {
		{"", "PLAIN"},
		{"hello", "PLAIN"},
		{"two\nlines\n\nand more", "PLAIN"},
		{"a_b_c 2*3*4x <b> & \"q\" :-) https://x.y/a_b_c?d=e&f", "2<em>3</em>4x"},
		{"snake_case_name <b>", "PLAIN"},
		{"    indented", "PLAIN"},
		{"*em* **strong** `c<d` ~~del~~",
		 "<em>em</em> <strong>strong</strong> <code>c&lt;d</code> <del>del</del>"},
		{"*a*\nb", "<em>a</em><br>b"},
		{"*a*\n\nb", "<p><em>a</em></p><p>b</p>"},
		{"\\*not\\*", "*not*"},
		{"# T", "<h1>T</h1>"},
		{"> q", "<blockquote><p>q</p></blockquote>"},
		{"- a\n- b", "<ul><li>a</li><li>b</li></ul>"},
		{"3. a\n4. b", "<ol start=\"3\"><li>a</li><li>b</li></ol>"},
		{"```c\nx < 1;\n```", "<pre><code class=\"language-c\">x &lt; 1;\n</code></pre>"},
		{"[t](https://x.y/?a=1&b=\"2\")", NULL},
		{"[t](https://x.y/?a&b)", "<a href=\"https://x.y/?a&amp;b\">t</a>"},
		{"[t](javascript:alert(1))", "t (javascript:alert(1))"},
		{"![alt](https://x.y/i.png)", "<a href=\"https://x.y/i.png\">alt</a>"},
		{"<script>alert(1)</script> *x*",
		 "&lt;script&gt;alert(1)&lt;/script&gt; <em>x</em>"},
		{"*x* <img src=x onerror=y>", "<em>x</em> &lt;img src=x onerror=y&gt;"},
		{"|a|b|\n|---|---|\n|1|2|",
		 "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td>"
		 "<td>2</td></tr></tbody></table>"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		to_html(span_of(rows[i].in), &b);
		bool ok = !rows[i].out || (i == 3 ? strstr(buf_str(&b), rows[i].out) != NULL
						  : strcmp(buf_str(&b), rows[i].out) == 0);
		if (!ok)
			fail_msg("%s\ngave\n%s\ninstead of\n%s", rows[i].in, buf_str(&b),
				 rows[i].out);
		buf_done(&b);
	}
}

static void test_markdown_caps(void **state)
{
	(void)state;
	struct buf in = BUF_INIT(BUF_CAP_OWN), out = BUF_INIT(LIMIT_EVENT_BYTES);
	struct err e;
	for (int i = 0; i < 30000; i++)
		buf_put_str(&in, "> ");
	buf_put_str(&in, "x");
	assert_int_equal(markdown_to_html(buf_span(&in), &out, &e), ERR_TOO_LARGE);
	for (int i = 0; i < 10000; i++)
		buf_put_str(&in, "> ");
	assert_int_equal(markdown_to_html(buf_span(&in), &out, &e), ERR_TOO_LARGE);
	assert_int_equal(markdown_to_html(span_of("\xff*x*"), &out, &e), ERR_INVALID);
	/* No NUL comes out, whatever md4c makes of one. */
	static const char nul[] = "```\0c\n\0\0x\n```\n*a\0*";
	buf_clear(&out);
	assert_int_equal(markdown_to_html((struct span){nul, sizeof(nul) - 1}, &out, &e), 1);
	assert_null(memchr(out.p, '\0', out.n));
	/* What stands behind the text is not looked at. */
	buf_clear(&out);
	assert_int_equal(markdown_to_html((struct span){"*a* [t](https://b)", 17}, &out, &e), 1);
	assert_string_equal(buf_str(&out), "<em>a</em> [t](https://b");
	buf_done(&in);
	buf_done(&out);
}

/* What we make is read back as the words that were typed. */
static void test_round_trip(void **state)
{
	(void)state;
	struct buf html = BUF_INIT(BUF_CAP_OWN), text = BUF_INIT(BUF_CAP_OWN);
	assert_int_equal(markdown_to_html(span_of("1. *a* & `b`\n2. <c>\n\n> d\n> e"), &html, NULL),
			 1);
	to_text(buf_span(&html), &text);
	assert_string_equal(buf_str(&text), "1. /a/ & `b`\n2. <c>\n\n> d\n> e");
	buf_done(&html);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),	   cmocka_unit_test(test_html_hostile),
		cmocka_unit_test(test_markdown),   cmocka_unit_test(test_markdown_caps),
		cmocka_unit_test(test_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
