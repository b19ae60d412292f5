#include "core/matrix/html_tag.h"

#include <string.h>
#include <strings.h>

bool html_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static size_t skip_spaces(struct span s, size_t at)
{
	while (at < s.n && (html_is_space(s.p[at]) || s.p[at] == '/'))
		at++;
	return at;
}

static size_t attr_value(struct span s, size_t at, struct span *ret)
{
	char quote = at < s.n ? s.p[at] : '\0';
	size_t from = at;
	if (quote == '"' || quote == '\'') {
		ptrdiff_t end = span_find(span_from(s, at + 1), quote);
		if (end < 0)
			return s.n;
		*ret = (struct span){s.p + at + 1, (size_t)end};
		return at + (size_t)end + 2;
	}
	while (at < s.n && !html_is_space(s.p[at]) && s.p[at] != '>')
		at++;
	*ret = (struct span){s.p + from, at - from};
	return at;
}

static void keep_attr(struct html_attrs *a, struct span name, struct span value)
{
	if (span_case_eq_str(name, "href"))
		a->href = value;
	else if (span_case_eq_str(name, "alt"))
		a->alt = value;
	else if (span_case_eq_str(name, "title"))
		a->title = value;
	else if (span_case_eq_str(name, "start"))
		a->start = value;
	else if (span_case_eq_str(name, "data-mx-spoiler"))
		a->spoiler = true;
}

/* From behind the tag's name to behind its '>'. */
static size_t read_attrs(struct span s, size_t at, struct html_attrs *a)
{
	while ((at = skip_spaces(s, at)) < s.n && s.p[at] != '>') {
		size_t from = at;
		struct span value = {NULL, 0};
		while (at < s.n && !html_is_space(s.p[at]) &&
		       !strchr("=>/", s.p[at] ? s.p[at] : ' '))
			at++;
		struct span name = {s.p + from, at - from};
		while (at < s.n && html_is_space(s.p[at]))
			at++;
		if (at < s.n && s.p[at] == '=') {
			at++;
			while (at < s.n && html_is_space(s.p[at]))
				at++;
			at = attr_value(s, at, &value);
		} else if (at == from) {
			at++;
		}
		keep_attr(a, name, value);
	}
	return at < s.n ? at + 1 : s.n;
}

/* "<!-- -->", "<!x>", "<?x>"; behind it. */
static size_t skip_declaration(struct span s)
{
	if (span_starts(s, "<!--")) {
		const char *end = memmem(s.p + 4, s.n - 4, "-->", 3);
		return end ? (size_t)(end - s.p) + 3 : s.n;
	}
	ptrdiff_t end = span_find(s, '>');
	return end < 0 ? s.n : (size_t)end + 1;
}

size_t html_read_tag(struct span s, struct html_token *ret)
{
	size_t at = 1;
	*ret = (struct html_token){0};
	if (s.n < 2)
		return 0;
	if (s.p[1] == '!' || s.p[1] == '?')
		return skip_declaration(s);
	if (s.p[1] == '/') {
		ret->closing = true;
		at = 2;
	}
	size_t from = at;
	if (at >= s.n || !is_letter(s.p[at]))
		return 0;
	while (at < s.n && !html_is_space(s.p[at]) && s.p[at] != '>' && s.p[at] != '/')
		at++;
	ret->name = (struct span){s.p + from, at - from};
	return read_attrs(s, at, &ret->attrs);
}

size_t html_skip_raw(struct span s, struct span name)
{
	if (!span_case_eq_str(name, "script") && !span_case_eq_str(name, "style"))
		return 0;
	for (size_t at = 0; at + name.n + 2 <= s.n; at++)
		if (s.p[at] == '<' && s.p[at + 1] == '/' &&
		    strncasecmp(s.p + at + 2, name.p, name.n) == 0)
			return at;
	return s.n;
}
