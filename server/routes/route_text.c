/*
 * Text of requests: paths, queries, how deep JSON goes. Pure functions.
 */
#include "server/routes/route_impl.h"

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Rare, so jansson may do it: it takes UTF-8 only. */
static bool valid_utf8(struct span s)
{
	json_t *j = json_stringn(s.p, s.n);
	json_decref(j);
	return j != NULL;
}

bool route_decode(struct span in, bool plus, char *out, struct span *ret)
{
	bool ascii = true;
	char *o = out;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%') {
			int hi = i + 2 < in.n ? hex_of(in.p[i + 1]) : -1;
			int lo = hi >= 0 ? hex_of(in.p[i + 2]) : -1;
			if (lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (!c)
			return false;
		if (c & 0x80)
			ascii = false;
		*o++ = c;
	}
	*o = '\0';
	*ret = (struct span){out, (size_t)(o - out)};
	return ascii || valid_utf8(*ret);
}

int route_split(struct span path, char *room, struct route_path *ret)
{
	ret->n = 0;
	if (path.n == 0 || path.p[0] != '/')
		return 404;
	path = span_from(path, 1);
	for (;;) {
		ptrdiff_t slash = span_find(path, '/');
		struct span raw = slash < 0 ? path : span_head(path, (size_t)slash);
		if (ret->n == ROUTE_MAX_SEGMENTS)
			return 404;
		struct span *seg = &ret->seg[ret->n++];
		if (!route_decode(raw, false, room, seg))
			return 400;
		room += seg->n + 1;
		if (slash < 0)
			break;
		path = span_from(path, (size_t)slash + 1);
	}
	if (ret->n > 3 && span_eq_str(ret->seg[0], "_matrix") && span_eq_str(ret->seg[2], "r0"))
		ret->seg[2] = SPAN_LIT("v3");
	return 0;
}

bool route_split_query(struct span query, char *room, struct route_query *ret)
{
	struct span pair;
	ret->n = 0;
	while (query.n && span_split(&query, '&', &pair)) {
		struct span name, value = {"", 0};
		ptrdiff_t eq = span_find(pair, '=');
		if (pair.n == 0)
			continue;
		if (ret->n == ROUTE_MAX_QUERY)
			return false;
		if (!route_decode(eq < 0 ? pair : span_head(pair, (size_t)eq), true, room, &name))
			return false;
		room += name.n + 1;
		if (eq >= 0 && !route_decode(span_from(pair, (size_t)eq + 1), true, room, &value))
			return false;
		/* "a" alone still needs a terminated value of its own */
		if (eq >= 0)
			room += value.n + 1;
		ret->name[ret->n] = name.p;
		ret->value[ret->n++] = value.p;
	}
	return true;
}

int route_json_depth(struct span text)
{
	int depth = 0, deepest = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > deepest)
				deepest = depth;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return deepest;
}
