/*
 * Owned, growing byte buffer. Its cap is mandatory: what comes from network,
 * file or user never grows past it. Overflow is sticky: later puts do nothing
 * and buf_ok() is false, so a writer checks once at the end.
 */
#ifndef MUSTER_BASE_BUF_H
#define MUSTER_BASE_BUF_H

#include "core/base/span.h"

#include <stdarg.h>

struct buf {
	char *p; /**< always terminated when not NULL */
	size_t n;
	size_t size;
	size_t cap;
	bool over;
};

/** A buffer that may hold at most `cap` bytes. Allocates nothing yet. */
#define BUF_INIT(cap_) ((struct buf){NULL, 0, 0, (cap_), false})
/** Cap for text that this process itself makes. */
#define BUF_CAP_OWN ((size_t)1 << 30)

/** BUF_INIT as a function. */
void buf_init(struct buf *b, size_t cap);
/** Release the memory; the buffer is empty then and keeps its cap. An all-zero one is allowed. */
void buf_done(struct buf *b);
/** Forget the content, keep the memory; clears overflow. */
void buf_clear(struct buf *b);
/** Append; false when the cap would be passed (nothing is appended then). */
bool buf_put(struct buf *b, const void *p, size_t n);
bool buf_put_span(struct buf *b, struct span s);
bool buf_put_str(struct buf *b, const char *s);
bool buf_put_char(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *b, const char *fmt, va_list ap);
/** Append `s` as a JSON string with quotes. Input must be UTF-8. */
bool buf_put_json_str(struct buf *b, struct span s);
/** Decimal integer, quicker than buf_printf. */
bool buf_put_i64(struct buf *b, int64_t v);
/** Room for `n` more bytes; NULL over the cap. Then buf_added. */
char *buf_reserve(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
/** Drop the first `n` bytes. */
void buf_consume(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t n);
/** Borrow the content; valid until the buffer changes. */
struct span buf_span(const struct buf *b);
/** Borrow as a C string ("" when empty). */
const char *buf_str(const struct buf *b);
/** Hand over the content as a C string and reset. The caller owns it. */
char *buf_take(struct buf *b);
/** No overflow so far. */
bool buf_ok(const struct buf *b);

#endif
