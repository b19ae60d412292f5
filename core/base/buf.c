#include "core/base/buf.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

void buf_init(struct buf *b, size_t cap)
{
	*b = BUF_INIT(cap);
}

void buf_done(struct buf *b)
{
	mem_free(b->p);
	*b = BUF_INIT(b->cap);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->over = false;
	if (b->p)
		b->p[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->over || n > b->cap || b->n > b->cap - n) {
		b->over = true;
		return NULL;
	}
	size_t need = b->n + n + 1;
	if (need > b->size) {
		size_t size = b->size ? b->size : 64;
		while (size < need)
			size += size / 2 + 64;
		if (size > b->cap + 1)
			size = b->cap + 1;
		b->p = mem_realloc(b->p, size);
		b->size = size;
		/* Also when nothing will be added: an empty file is empty text. */
		b->p[b->n] = '\0';
	}
	return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

bool buf_put(struct buf *b, const void *p, size_t n)
{
	char *to = buf_reserve(b, n);
	if (!to)
		return false;
	if (n)
		memcpy(to, p, n);
	buf_added(b, n);
	return true;
}

bool buf_put_span(struct buf *b, struct span s)
{
	return buf_put(b, s.p, s.n);
}

bool buf_put_str(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool buf_put_char(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	char small[256];
	int n = vsnprintf(small, sizeof(small), fmt, ap);
	bool ok = false;
	if (n >= 0 && (size_t)n < sizeof(small)) {
		ok = buf_put(b, small, (size_t)n);
	} else if (n >= 0) {
		char *to = buf_reserve(b, (size_t)n);
		if (to) {
			vsnprintf(to, (size_t)n + 1, fmt, again);
			buf_added(b, (size_t)n);
			ok = true;
		}
	}
	va_end(again);
	return ok;
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	bool ok = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return ok;
}

bool buf_put_i64(struct buf *b, int64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t u = v < 0 ? (uint64_t)0 - (uint64_t)v : (uint64_t)v;
	do {
		digits[--at] = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		digits[--at] = '-';
	return buf_put(b, digits + at, sizeof(digits) - at);
}

static bool put_json_escape(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		return buf_put(b, "\\\"", 2);
	case '\\':
		return buf_put(b, "\\\\", 2);
	case '\b':
		return buf_put(b, "\\b", 2);
	case '\f':
		return buf_put(b, "\\f", 2);
	case '\n':
		return buf_put(b, "\\n", 2);
	case '\r':
		return buf_put(b, "\\r", 2);
	case '\t':
		return buf_put(b, "\\t", 2);
	default:
		return buf_printf(b, "\\u%04x", c);
	}
}

bool buf_put_json_str(struct buf *b, struct span s)
{
	buf_put_char(b, '"');
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_put(b, s.p + from, i - from);
		put_json_escape(b, c);
		from = i + 1;
	}
	buf_put(b, s.p + from, s.n - from);
	return buf_put_char(b, '"');
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
	} else {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	}
	if (b->p)
		b->p[b->n] = '\0';
}

void buf_truncate(struct buf *b, size_t n)
{
	if (n < b->n) {
		b->n = n;
		b->p[n] = '\0';
	}
}

struct span buf_span(const struct buf *b)
{
	return (struct span){b->p, b->n};
}

const char *buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? take(&b->p) : mem_strdup("");
	*b = BUF_INIT(b->cap);
	return p;
}

bool buf_ok(const struct buf *b)
{
	return !b->over;
}
