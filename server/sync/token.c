#include "server/sync/token.h"

static bool hex32(struct span s, uint32_t *ret)
{
	uint32_t v = 0;
	if (s.n == 0 || s.n > 8)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

static bool position(struct span s, int64_t *ret)
{
	/* span_i64 would take a sign. */
	return s.n && s.p[0] >= '0' && s.p[0] <= '9' && span_i64(s, ret);
}

static int fields(struct span s, struct span *ret, int max)
{
	int n = 0;
	struct span field;
	while (span_split(&s, '_', &field)) {
		if (n == max)
			return -1;
		ret[n++] = field;
	}
	return n;
}

bool token_parse_sync(struct span s, struct sync_token *ret)
{
	struct span f[6];
	struct sync_token t = {0};
	if (s.n < 2 || s.n > 100 || s.p[0] != 'm')
		return false;
	int n = fields(span_from(s, 1), f, 6), at = 4;
	if (n < 4)
		return false;
	t.someone_typing = n > at && span_eq_str(f[at], "t");
	at += t.someone_typing;
	if (n > at && !(span_starts(f[at], "d") && position(span_from(f[at++], 1), &t.to_device)))
		return false;
	if (!hex32(f[0], &t.epoch) || !position(f[1], &t.pos) || !hex32(f[2], &t.boot) ||
	    !span_u64(f[3], &t.typing) || at != n)
		return false;
	*ret = t;
	return true;
}

void token_put_sync(struct buf *b, const struct sync_token *t)
{
	buf_printf(b, "m%x_%lld_%x_%llu%s", (unsigned)t->epoch, (long long)t->pos,
		   (unsigned)t->boot, (unsigned long long)t->typing, t->someone_typing ? "_t" : "");
	if (t->to_device)
		buf_printf(b, "_d%lld", (long long)t->to_device);
}

bool token_parse_page(struct span s, uint32_t *ret_epoch, int64_t *ret_pos)
{
	struct sync_token t;
	struct span f[2];
	if (token_parse_sync(s, &t)) {
		*ret_epoch = t.epoch;
		*ret_pos = t.pos;
		return true;
	}
	if (s.n < 2 || s.n > 100 || s.p[0] != 't' || fields(span_from(s, 1), f, 2) != 2)
		return false;
	return hex32(f[0], ret_epoch) && position(f[1], ret_pos);
}

void token_put_page(struct buf *b, uint32_t epoch, int64_t pos)
{
	buf_printf(b, "t%x_%lld", (unsigned)epoch, (long long)(pos < 0 ? 0 : pos));
}
