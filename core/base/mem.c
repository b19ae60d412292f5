#include "core/base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long live;

static _Noreturn void out_of_memory(void)
{
	static const char line[] = "muster: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
	(void)ignored;
	abort();
}

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		out_of_memory();
	atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

void *mem_realloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);
	if (!q)
		out_of_memory();
	if (!p)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return q;
}

void *mem_realloc_array(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	return mem_realloc(p, n * size);
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	char *p = mem_realloc(NULL, n + 1);
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void *mem_dup(const void *src, size_t n)
{
	void *p = mem_realloc(NULL, n);
	if (n)
		memcpy(p, src, n);
	return p;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = mem_alloc(n > 0 ? (size_t)n + 1 : 1);
	if (n > 0)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void mem_free(void *p)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

void mem_free_secret(char *s)
{
	if (!s)
		return;
	mem_wipe(s, strlen(s));
	mem_free(s);
}

long mem_live(void)
{
	return atomic_load_explicit(&live, memory_order_relaxed);
}

void mem_auto_free(void *pp)
{
	mem_free(*(void **)pp);
}
