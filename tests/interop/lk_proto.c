/*
 * Speaks LiveKit's messages line by line, for a peer that compares:
 *
 *   lk_proto sample   one of each kind, every field filled
 *   lk_proto read     from stdin: "request HEX" or "response HEX"
 *
 * Each line that is printed is "request|response KIND HEX JSON": what was
 * encoded, and the same as JSON in the spelling of protobuf, enumerations as
 * numbers. A message that is refused gives "error SENTENCE".
 */
#include "core/base/json.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/livekit/table.h"

#include <ctype.h>

#define AT(type, base, offset) (*(type *)(void *)((char *)(base) + (offset)))

/* LiveKit's spelling of a field: the generated one in camel case. */
static void json_name(const char *name, char *ret, size_t n)
{
	size_t at = 0;
	for (; *name && at + 1 < n; name++) {
		if (*name == '_' && name[1])
			ret[at++] = (char)toupper(*++name);
		else
			ret[at++] = *name;
	}
	ret[at] = 0;
}

static json_t *to_json(const struct lk_table *t, void *s);

static json_t *base64(const char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_put_char(&b, i + k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
	return json_string(buf_str(&b));
}

static bool is_map(const struct lk_row *r)
{
	return r->sub && strstr(r->sub->wire->name, "Entry") != NULL;
}

static json_t *map_json(const struct lk_row *r, void *s)
{
	json_t *o = json_object();
	struct lk_pair *list = AT(struct lk_pair *, s, r->at);
	for (size_t i = 0; i < AT(size_t, s, r->count_at); i++)
		json_object_set_new(o, list[i].key, json_string(list[i].value));
	return o;
}

static json_t *list_json(const struct lk_row *r, void *s)
{
	size_t n = AT(size_t, s, r->count_at);
	char *list = AT(char *, s, r->at);
	if (!n)
		return NULL;
	if (is_map(r))
		return map_json(r, s);
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++) {
		if (r->type == LK_T_TEXTS)
			json_array_append_new(a, json_string(((char **)(void *)list)[i]));
		else if (r->type == LK_T_I32S)
			json_array_append_new(a, json_integer(((int *)(void *)list)[i]));
		else
			json_array_append_new(a, to_json(r->sub, list + i * r->sub->size));
	}
	return a;
}

static json_t *number(bool always, json_int_t v)
{
	return v || always ? json_integer(v) : NULL;
}

/* NULL: the default, which JSON leaves out unless a oneof holds it. */
static json_t *value_json(const struct lk_row *r, void *s)
{
	bool always = r->tag != 0;
	char text[32];
	struct span bytes;
	switch (r->type) {
	case LK_T_TEXT:
		return always || *AT(char *, s, r->at) ? json_string(AT(char *, s, r->at)) : NULL;
	case LK_T_BOOL:
		return AT(bool, s, r->at) ? json_true() : NULL;
	case LK_T_I32:
		return number(always, AT(int, s, r->at));
	case LK_T_U32:
		return number(always, AT(unsigned, s, r->at));
	case LK_T_I64:
		snprintf(text, sizeof(text), "%lld", (long long)AT(int64_t, s, r->at));
		return always || AT(int64_t, s, r->at) ? json_string(text) : NULL;
	case LK_T_FLOAT:
		return AT(float, s, r->at) != 0 ? json_real((double)AT(float, s, r->at)) : NULL;
	case LK_T_BYTES:
		bytes = AT(struct span, s, r->at);
		return bytes.n ? base64(bytes.p, bytes.n) : NULL;
	case LK_T_STRUCT:
		return always || AT(bool, s, r->count_at) ? to_json(r->sub, (char *)s + r->at)
							  : NULL;
	default:
		return list_json(r, s);
	}
}

static json_t *to_json(const struct lk_table *t, void *s)
{
	json_t *o = json_object();
	for (size_t i = 0; i < t->rows_n; i++) {
		const struct lk_row *r = &t->rows[i];
		char name[100];
		if (r->tag && AT(int, s, r->kind_at) != r->tag)
			continue;
		json_name(r->name, name, sizeof(name));
		json_t *v = value_json(r, s);
		if (v)
			json_object_set_new(o, name, v);
	}
	return o;
}

static void fill(const struct lk_table *t, void *s, unsigned *seed);

static void fill_list(const struct lk_row *r, void *s, unsigned *seed)
{
	size_t size = r->sub ? r->sub->size : sizeof(char *);
	char *list = mem_alloc(2 * size);
	AT(char *, s, r->at) = list;
	AT(size_t, s, r->count_at) = 2;
	for (size_t i = 0; i < 2; i++) {
		if (r->type == LK_T_TEXTS)
			((char **)(void *)list)[i] = mem_printf("%s %u", r->name, ++*seed);
		else if (r->type == LK_T_I32S)
			((int *)(void *)list)[i] = (int)(++*seed % 4);
		else
			fill(r->sub, list + i * size, seed);
	}
}

/* A value that no other field of the message has, where the type allows. */
static void fill_row(const struct lk_row *r, void *s, unsigned *seed)
{
	unsigned v = ++*seed;
	switch (r->type) {
	case LK_T_TEXT:
		AT(char *, s, r->at) = mem_printf("%s %u é", r->name, v);
		break;
	case LK_T_BOOL:
		AT(bool, s, r->at) = true;
		break;
	case LK_T_I32:
		AT(int, s, r->at) = (int)v;
		break;
	case LK_T_U32:
		AT(unsigned, s, r->at) = 4000000000u + v;
		break;
	case LK_T_I64:
		AT(int64_t, s, r->at) = v % 2 ? -(int64_t)v : (1ll << 53) + v;
		break;
	case LK_T_FLOAT:
		AT(float, s, r->at) = (float)v + 0.25f;
		break;
	case LK_T_BYTES:
		AT(struct span, s, r->at) = (struct span){mem_dup("\0\xff\x10\x80", 4), 4};
		break;
	case LK_T_STRUCT:
		if (!r->tag)
			AT(bool, s, r->count_at) = true;
		fill(r->sub, (char *)s + r->at, seed);
		break;
	default:
		fill_list(r, s, seed);
	}
}

static void fill_member(const struct lk_row *r, void *s, unsigned *seed)
{
	AT(int, s, r->kind_at) = r->tag;
	fill_row(r, s, seed);
}

static void fill(const struct lk_table *t, void *s, unsigned *seed)
{
	const struct lk_row *members[32];
	unsigned n = 0;
	if (t->rows_n != t->wire->n_fields)
		printf("error %s has fields that our struct lacks\n", t->wire->name);
	for (size_t i = 0; i < t->rows_n; i++) {
		if (t->rows[i].tag)
			members[n++] = &t->rows[i];
		else
			fill_row(&t->rows[i], s, seed);
	}
	if (n) {
		(*seed)++;
		fill_member(members[*seed % n], s, seed);
	}
}

static void print(const struct lk_table *t, void *s)
{
	int kind = AT(int, s, t->rows[0].kind_at);
	bool request = t == &lk_request_table;
	AUTO(buf_done) struct buf b = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	struct err err = {0};
	int rc = request ? lk_request_encode(s, &b, &err) : lk_response_encode(s, &b, &err);
	if (rc) {
		printf("error %s\n", err.msg);
		return;
	}
	printf("%s %s ", request ? "request" : "response",
	       request ? lk_request_name(kind) : lk_response_name(kind));
	for (size_t i = 0; i < b.n; i++)
		printf("%02x", (unsigned char)b.p[i]);
	JSON_AUTO json_t *j = to_json(t, s);
	AUTO_FREE char *text = json_text(j);
	printf("%s %s\n", b.n ? "" : "-", text);
}

/* Each kind several times, so that each member of an inner oneof has its turn. */
static void samples(const struct lk_table *t)
{
	unsigned seed = 0;
	void *s = mem_alloc(t->size);
	for (size_t i = 0; i < t->rows_n; i++) {
		for (int k = 0; k < 5; k++) {
			fill_member(&t->rows[i], s, &seed);
			print(t, s);
			lk_table_done(t, s);
		}
	}
	mem_free(s);
}

static int digit(char c)
{
	const char *all = "0123456789abcdef", *at = c ? strchr(all, c) : NULL;
	return at ? (int)(at - all) : 0;
}

static void read_one(const struct lk_table *t, const char *hex)
{
	struct err err = {0};
	AUTO(buf_done) struct buf b = BUF_INIT(LK_RESPONSE_BYTES_MAX);
	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]); hex += 2)
		buf_put_char(&b, (char)(digit(hex[0]) << 4 | digit(hex[1])));
	void *s = mem_alloc(t->size);
	int rc = t == &lk_request_table ? lk_request_decode(buf_span(&b), s, &err)
					: lk_response_decode(buf_span(&b), s, &err);
	if (rc)
		printf("error %s\n", err.msg);
	else
		print(t, s);
	lk_table_done(t, s);
	mem_free(s);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "sample")) {
		samples(&lk_request_table);
		samples(&lk_response_table);
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "read") != 0) {
		fprintf(stderr, "usage: lk_proto sample|read\n");
		return 2;
	}
	char *line = NULL;
	size_t size = 0;
	while (getline(&line, &size, stdin) > 0) {
		if (!strncmp(line, "request ", 8))
			read_one(&lk_request_table, line + 8);
		else if (!strncmp(line, "response ", 9))
			read_one(&lk_response_table, line + 9);
	}
	free(line);
	return 0;
}
