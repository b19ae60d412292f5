/* Decoding and encoding; table_own.c copies and releases. */
#include "core/rtc/livekit/table.h"

#include "core/base/i18n.h"
#include "core/base/text.h"
#include "core/rtc/livekit/arena.h"

/*
 * Memory of the generated structs for one message: an empty ParticipantInfo
 * takes two bytes on the wire and 250 here, one with a sid and a name 60.
 */
#define BUDGET_FIXED (64u << 10)
#define BUDGET_PER_BYTE 32

#define AT(type, base, offset) (*(type *)(void *)((char *)(base) + (offset)))
#define CAT(type, base, offset) (*(type const *)(const void *)((const char *)(base) + (offset)))

struct work {
	struct arena arena;
	struct err *err;
};

const char lk_empty[] = "";

static int too_large(struct err *err, const struct lk_row *r)
{
	return err_set(err, ERR_TOO_LARGE,
		       _("The signalling message's \"%s\" is over the limit of %u"), r->name,
		       r->cap);
}

static int check_text(const char *s, unsigned cap, const struct lk_row *r, struct err *err)
{
	size_t n = strlen(s);
	if (n > cap)
		return err_set(err, ERR_TOO_LARGE,
			       _("The signalling message's \"%s\" is over the limit of %u"),
			       r->name, cap);
	if (!utf8_valid((struct span){s, n}))
		return err_set(err, ERR_PROTOCOL, _("The signalling message's \"%s\" is not UTF-8"),
			       r->name);
	return 0;
}

static int decode_text(const char *from, unsigned cap, const struct lk_row *r, const char **ret,
		       struct err *err)
{
	if (!from || !*from) {
		*ret = lk_empty;
		return 0;
	}
	int rc = check_text(from, cap, r, err);
	if (!rc)
		*ret = mem_strdup(from);
	return rc;
}

static int decode_rows(const struct lk_table *t, const void *wire, void *s, struct err *err);

static int decode_bytes(const struct lk_row *r, const void *wire, void *s, struct err *err)
{
	const ProtobufCBinaryData *from = &CAT(ProtobufCBinaryData, wire, r->wire_at);
	struct span *to = &AT(struct span, s, r->at);
	if (from->len > r->cap)
		return too_large(err, r);
	*to = (struct span){lk_empty, 0};
	if (from->len)
		*to = (struct span){mem_dup(from->data, from->len), from->len};
	return 0;
}

static int decode_struct(const struct lk_row *r, const void *wire, void *s, struct err *err)
{
	const void *from = CAT(void *, wire, r->wire_at);
	if (!r->tag)
		AT(bool, s, r->count_at) = from != NULL;
	return from ? decode_rows(r->sub, from, (char *)s + r->at, err) : 0;
}

/* The count grows with what is filled, so that a list that breaks off can be released. */
static int decode_list(const struct lk_row *r, const void *wire, void *s, struct err *err)
{
	size_t n = CAT(size_t, wire, r->wire_count_at), *count = &AT(size_t, s, r->count_at);
	const void *from = CAT(void *, wire, r->wire_at);
	int rc = 0;
	if (n > r->cap)
		return too_large(err, r);
	if (!n)
		return 0;
	size_t size = r->type == LK_T_TEXTS  ? sizeof(char *)
		      : r->type == LK_T_I32S ? sizeof(int)
					     : r->sub->size;
	char *to = mem_alloc(n * size);
	AT(void *, s, r->at) = to;
	for (size_t i = 0; i < n && !rc; i++) {
		char *item = to + i * size;
		(*count)++;
		if (r->type == LK_T_TEXTS)
			rc = decode_text(((char *const *)from)[i], r->text_cap, r,
					 &AT(const char *, item, 0), err);
		else if (r->type == LK_T_I32S)
			AT(int, item, 0) = ((const int32_t *)from)[i];
		else
			rc = decode_rows(r->sub, ((void *const *)from)[i], item, err);
	}
	return rc;
}

static int decode_row(const struct lk_row *r, const void *wire, void *s, struct err *err)
{
	switch (r->type) {
	case LK_T_TEXT:
		return decode_text(CAT(char *, wire, r->wire_at), r->cap, r,
				   &AT(const char *, s, r->at), err);
	case LK_T_BOOL:
		AT(bool, s, r->at) = CAT(protobuf_c_boolean, wire, r->wire_at) != 0;
		return 0;
	case LK_T_I32:
	case LK_T_U32:
	case LK_T_FLOAT:
		memcpy((char *)s + r->at, (const char *)wire + r->wire_at, 4);
		return 0;
	case LK_T_I64:
		AT(int64_t, s, r->at) = CAT(int64_t, wire, r->wire_at);
		return 0;
	case LK_T_BYTES:
		return decode_bytes(r, wire, s, err);
	case LK_T_STRUCT:
		return decode_struct(r, wire, s, err);
	default:
		return decode_list(r, wire, s, err);
	}
}

static int decode_rows(const struct lk_table *t, const void *wire, void *s, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < t->rows_n && !rc; i++) {
		const struct lk_row *r = &t->rows[i];
		if (r->tag && CAT(int, wire, r->case_at) != r->tag)
			continue;
		if (r->tag)
			AT(int, s, r->kind_at) = r->tag;
		rc = decode_row(r, wire, s, err);
	}
	return rc;
}

static int message_too_large(struct err *err, size_t cap)
{
	return err_set(err, ERR_TOO_LARGE,
		       _("The signalling message is over the limit of %zu bytes"), cap);
}

int lk_table_decode(const struct lk_table *t, struct span wire, size_t cap, void *ret,
		    struct err *err)
{
	struct arena a;
	int rc;
	if (wire.n > cap)
		return message_too_large(err, cap);
	arena_init(&a, BUDGET_FIXED + wire.n * BUDGET_PER_BYTE);
	ProtobufCMessage *m = protobuf_c_message_unpack(t->wire, &a.allocator, wire.n,
							(const uint8_t *)(wire.p ? wire.p : ""));
	void *s = mem_alloc(t->size);
	if (m)
		rc = decode_rows(t, m, s, err);
	else if (a.over)
		rc = err_set(err, ERR_TOO_LARGE, _("The signalling message has too many parts"));
	else
		rc = err_set(err, ERR_PROTOCOL, _("The signalling message does not parse"));
	if (rc)
		lk_table_done(t, s);
	else
		memcpy(ret, s, t->size);
	mem_free(s);
	arena_done(&a);
	return rc;
}

static int encode_rows(const struct lk_table *t, const void *s, void *wire, struct work *w);

static void *grab(struct work *w, size_t n)
{
	return arena_alloc(&w->arena, n);
}

/* A generated struct with its defaults, filled from ours. */
static int encode_struct(const struct lk_table *t, const void *s, void **ret, struct work *w)
{
	ProtobufCMessage *m = grab(w, t->wire->sizeof_message);
	if (!m)
		return err_set(w->err, ERR_TOO_LARGE, _("The signalling message is too large"));
	protobuf_c_message_init(t->wire, m);
	*ret = m;
	return encode_rows(t, s, m, w);
}

static int encode_text(const char *from, unsigned cap, const struct lk_row *r, char **ret,
		       struct work *w)
{
	int rc = check_text(from ? from : lk_empty, cap, r, w->err);
	/* Not written to: packing only reads. */
	*ret = (char *)(uintptr_t)(from ? from : lk_empty);
	return rc == ERR_PROTOCOL ? ERR_INVALID : rc;
}

static int encode_list(const struct lk_row *r, const void *s, void *wire, struct work *w)
{
	size_t n = CAT(size_t, s, r->count_at);
	const char *from = CAT(char *, s, r->at);
	int rc = 0;
	if (n > r->cap)
		return too_large(w->err, r);
	AT(size_t, wire, r->wire_count_at) = n;
	if (!n)
		return 0;
	void **to = grab(w, n * sizeof(void *));
	if (!to)
		return err_set(w->err, ERR_TOO_LARGE, _("The signalling message is too large"));
	AT(void *, wire, r->wire_at) = to;
	for (size_t i = 0; i < n && !rc; i++) {
		if (r->type == LK_T_TEXTS)
			rc = encode_text(((const char *const *)(const void *)from)[i], r->text_cap,
					 r, &((char **)(void *)to)[i], w);
		else if (r->type == LK_T_I32S)
			((int32_t *)(void *)to)[i] = ((const int *)(const void *)from)[i];
		else
			rc = encode_struct(r->sub, from + i * r->sub->size, &to[i], w);
	}
	return rc;
}

static int encode_row(const struct lk_row *r, const void *s, void *wire, struct work *w)
{
	switch (r->type) {
	case LK_T_TEXT:
		return encode_text(CAT(char *, s, r->at), r->cap, r, &AT(char *, wire, r->wire_at),
				   w);
	case LK_T_BOOL:
		AT(protobuf_c_boolean, wire, r->wire_at) = CAT(bool, s, r->at);
		return 0;
	case LK_T_I32:
	case LK_T_U32:
	case LK_T_FLOAT:
		memcpy((char *)wire + r->wire_at, (const char *)s + r->at, 4);
		return 0;
	case LK_T_I64:
		AT(int64_t, wire, r->wire_at) = CAT(int64_t, s, r->at);
		return 0;
	case LK_T_BYTES: {
		struct span from = CAT(struct span, s, r->at);
		AT(ProtobufCBinaryData, wire, r->wire_at) =
			(ProtobufCBinaryData){from.n, (uint8_t *)(uintptr_t)from.p};
		return from.n > r->cap ? too_large(w->err, r) : 0;
	}
	case LK_T_STRUCT:
		if (!r->tag && !CAT(bool, s, r->count_at))
			return 0;
		return encode_struct(r->sub, (const char *)s + r->at, &AT(void *, wire, r->wire_at),
				     w);
	default:
		return encode_list(r, s, wire, w);
	}
}

static int encode_rows(const struct lk_table *t, const void *s, void *wire, struct work *w)
{
	int rc = 0;
	for (size_t i = 0; i < t->rows_n && !rc; i++) {
		const struct lk_row *r = &t->rows[i];
		if (r->tag && CAT(int, s, r->kind_at) != r->tag)
			continue;
		if (r->tag)
			AT(int, wire, r->case_at) = r->tag;
		rc = encode_row(r, s, wire, w);
	}
	return rc;
}

static int pack(const ProtobufCMessage *m, size_t cap, struct buf *b, struct err *err)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	char *to = n <= cap ? buf_reserve(b, n) : NULL;
	if (!to)
		return err_set(err, ERR_TOO_LARGE, _("The signalling message is too large"));
	protobuf_c_message_pack(m, (uint8_t *)to);
	buf_added(b, n);
	return 0;
}

int lk_table_encode_one(const struct lk_table *t, const void *s, int kind, size_t cap,
			struct buf *b, struct err *err)
{
	struct work w = {.err = err};
	void *m = NULL;
	if (kind && !lk_table_member(t, kind))
		return err_set(err, ERR_INVALID, _("There is no signalling message of kind %d"),
			       kind);
	arena_init(&w.arena, BUDGET_FIXED + cap * (size_t)BUDGET_PER_BYTE);
	int rc = encode_struct(t, s, &m, &w);
	if (!rc)
		rc = pack(m, cap, b, err);
	arena_done(&w.arena);
	return rc;
}

const struct lk_row *lk_table_member(const struct lk_table *t, int tag)
{
	for (size_t i = 0; i < t->rows_n; i++)
		if (tag && t->rows[i].tag == tag)
			return &t->rows[i];
	return NULL;
}
