#include "server/media/range.h"

/* "-N": the last N bytes. */
static enum range_result suffix(int64_t n, int64_t size, struct byte_range *ret)
{
	if (n == 0 || size == 0)
		return RANGE_BAD;
	if (n > size)
		n = size;
	*ret = (struct byte_range){size - n, n};
	return RANGE_PART;
}

static bool digits(struct span s, int64_t *ret)
{
	return s.n && s.p[0] >= '0' && s.p[0] <= '9' && span_i64(s, ret);
}

enum range_result range_parse(struct span header, int64_t size, struct byte_range *ret)
{
	int64_t from, to;
	if (!span_starts(header, "bytes="))
		return RANGE_NONE;
	header = span_trim(span_from(header, 6));
	ptrdiff_t dash = span_find(header, '-');
	if (dash < 0)
		return RANGE_NONE;
	struct span first = span_head(header, (size_t)dash);
	struct span last = span_from(header, (size_t)dash + 1);
	if (!first.n)
		return digits(last, &to) ? suffix(to, size, ret) : RANGE_NONE;
	if (!digits(first, &from))
		return RANGE_NONE;
	if (!last.n)
		to = size - 1;
	else if (!digits(last, &to) || to < from)
		return RANGE_NONE;
	if (from >= size)
		return RANGE_BAD;
	if (to >= size)
		to = size - 1;
	*ret = (struct byte_range){from, to - from + 1};
	return RANGE_PART;
}
