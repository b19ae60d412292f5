/* Copying and releasing what tables describe. */
#include "core/rtc/livekit/table.h"

#include "core/rtc/livekit/models.h"

#define AT(type, base, offset) (*(type *)(void *)((char *)(base) + (offset)))
#define CAT(type, base, offset) (*(type const *)(const void *)((const char *)(base) + (offset)))

static void drop(const char *s)
{
	if (s != lk_empty)
		mem_free((void *)(uintptr_t)s);
}

static const char *keep(const char *s)
{
	return s && *s ? mem_strdup(s) : lk_empty;
}

void lk_set(const char **field, const char *value)
{
	const char *old = *field;
	*field = keep(value);
	drop(old);
}

static void rows_done(const struct lk_table *t, void *s);

static void list_done(const struct lk_row *r, void *s)
{
	char *list = AT(char *, s, r->at);
	for (size_t i = 0; i < AT(size_t, s, r->count_at); i++) {
		if (r->type == LK_T_TEXTS)
			drop(((const char **)(void *)list)[i]);
		else if (r->type == LK_T_STRUCTS)
			rows_done(r->sub, list + i * r->sub->size);
	}
	mem_free(list);
}

static void rows_done(const struct lk_table *t, void *s)
{
	for (size_t i = 0; i < t->rows_n; i++) {
		const struct lk_row *r = &t->rows[i];
		if (r->tag && AT(int, s, r->kind_at) != r->tag)
			continue;
		if (r->type == LK_T_TEXT)
			drop(AT(const char *, s, r->at));
		else if (r->type == LK_T_BYTES)
			drop(AT(struct span, s, r->at).p);
		else if (r->type == LK_T_STRUCT)
			rows_done(r->sub, (char *)s + r->at);
		else if (r->type >= LK_T_TEXTS)
			list_done(r, s);
	}
}

void lk_table_done(const struct lk_table *t, void *s)
{
	rows_done(t, s);
	memset(s, 0, t->size);
}

static void list_copy(const struct lk_row *r, void *to, const void *from)
{
	size_t n = CAT(size_t, from, r->count_at);
	size_t size = r->type == LK_T_TEXTS  ? sizeof(char *)
		      : r->type == LK_T_I32S ? sizeof(int)
					     : r->sub->size;
	const char *old = CAT(char *, from, r->at);
	char *list = n ? mem_dup(old, n * size) : NULL;
	AT(void *, to, r->at) = list;
	for (size_t i = 0; i < n; i++) {
		if (r->type == LK_T_TEXTS)
			((const char **)(void *)list)[i] =
				keep(((const char *const *)(const void *)old)[i]);
		else if (r->type == LK_T_STRUCTS)
			lk_table_copy(r->sub, list + i * size, old + i * size);
	}
}

/* Numbers come with the struct; what points elsewhere is replaced by copies. */
void lk_table_copy(const struct lk_table *t, void *to, const void *from)
{
	memcpy(to, from, t->size);
	for (size_t i = 0; i < t->rows_n; i++) {
		const struct lk_row *r = &t->rows[i];
		if (r->tag && CAT(int, from, r->kind_at) != r->tag)
			continue;
		struct span bytes;
		switch (r->type) {
		case LK_T_TEXT:
			AT(const char *, to, r->at) = keep(CAT(char *, from, r->at));
			break;
		case LK_T_BYTES:
			bytes = CAT(struct span, from, r->at);
			AT(struct span, to, r->at) =
				(struct span){bytes.n ? mem_dup(bytes.p, bytes.n) : lk_empty,
					      bytes.n};
			break;
		case LK_T_STRUCT:
			lk_table_copy(r->sub, (char *)to + r->at, (const char *)from + r->at);
			break;
		case LK_T_TEXTS:
		case LK_T_I32S:
		case LK_T_STRUCTS:
			list_copy(r, to, from);
			break;
		default:
			break;
		}
	}
}
