/*
 * Allocation. Running out of memory ends the process with one line on stderr;
 * what comes from outside is bounded by caps (buf.h, limits.h), never by this.
 */
#ifndef MUSTER_BASE_MEM_H
#define MUSTER_BASE_MEM_H

#include <stddef.h>

/** malloc, zeroed; never returns NULL. The caller owns it: mem_free. */
void *mem_alloc(size_t n);
/** Grow or shrink `p` (NULL allowed) to `n` bytes; new bytes are not zeroed. */
void *mem_realloc(void *p, size_t n);
/** Array form of mem_realloc with an overflow check. */
void *mem_realloc_array(void *p, size_t n, size_t size);
/** Copy a C string; NULL gives NULL. */
char *mem_strdup(const char *s);
/** Copy `n` bytes and terminate them. */
char *mem_strndup(const char *s, size_t n);
/** Copy `n` bytes. */
void *mem_dup(const void *p, size_t n);
/** printf into a new string. The caller owns it. */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Release; NULL is allowed. */
void mem_free(void *p);
/** Overwrite with zeros in a way the compiler keeps, for secrets. */
void mem_wipe(void *p, size_t n);
/** Wipe a secret C string and release it; NULL is allowed. */
void mem_free_secret(char *s);
/** Allocations alive now, for tests that balance them. Any thread. */
long mem_live(void);

/* jansson and others may be given these as their allocator. */

#define NEW(type) ((type *)mem_alloc(sizeof(type)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** Cleanup attribute for locals: `AUTO(buf_done) struct buf b = ...;` */
#define AUTO(fn) __attribute__((cleanup(fn)))

void mem_auto_free(void *pp);
/** A local char * (or any pointer from mem_*) freed at end of scope. */
#define AUTO_FREE AUTO(mem_auto_free)

/** Hand a pointer over: returns it and clears the variable. */
#define take(pp)                                           \
	({                                                 \
		__typeof__(pp) take_pp_ = (pp);            \
		__typeof__(*take_pp_) take_v_ = *take_pp_; \
		*take_pp_ = NULL;                          \
		take_v_;                                   \
	})

/** The struct that holds `member` at `ptr`. */
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
