#include "core/rtc/livekit/query.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"

enum kind { TEXT, BOOL, INT };

struct key {
	const char *name;
	enum kind kind;
	size_t at;
	size_t cap;
};

#define KEY(name_, kind_, cap_)                                       \
	{                                                             \
#name_, kind_, offsetof(struct lk_query, name_), cap_ \
	}
static const struct key keys[] = {
	KEY(access_token, TEXT, LK_METADATA_MAX),
	KEY(protocol, INT, 0),
	KEY(auto_subscribe, BOOL, 0),
	KEY(adaptive_stream, BOOL, 0),
	KEY(reconnect, BOOL, 0),
	KEY(sid, TEXT, LK_SID_MAX),
	KEY(reconnect_reason, INT, 0),
	KEY(publish, TEXT, LK_NAME_MAX),
	KEY(attributes, TEXT, LK_METADATA_MAX),
	KEY(disable_ice_lite, BOOL, 0),
	KEY(sdk, TEXT, LK_SID_MAX),
	KEY(version, TEXT, LK_SID_MAX),
	KEY(os, TEXT, LK_SID_MAX),
	KEY(os_version, TEXT, LK_SID_MAX),
	KEY(device_model, TEXT, LK_SID_MAX),
	KEY(browser, TEXT, LK_SID_MAX),
	KEY(browser_version, TEXT, LK_SID_MAX),
	KEY(network, TEXT, LK_SID_MAX),
	KEY(join_request, TEXT, LK_METADATA_MAX),
	KEY(client_protocol, INT, 0),
	KEY(muster_voices, INT, 0),
};

static char *text_at(const struct lk_query *q, const struct key *k)
{
	char *s;
	memcpy(&s, (const char *)q + k->at, sizeof(s));
	return s;
}

static void set_text(struct lk_query *q, const struct key *k, const char *s)
{
	memcpy((char *)q + k->at, &s, sizeof(s));
}

static const struct key *find_key(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (span_eq_str(name, keys[i].name))
			return &keys[i];
	return NULL;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%41+b" is "A b". False where a "%" is not followed by two digits. */
static bool unescape(struct span s, struct buf *b)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
				return false;
			c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		}
		buf_put_char(b, c);
	}
	return true;
}

static void set_bool(struct lk_query *q, const struct key *k, struct span v)
{
	bool *to = (bool *)((char *)q + k->at);
	if (span_eq_str(v, "1") || span_case_eq_str(v, "true"))
		*to = true;
	else if (span_eq_str(v, "0") || span_case_eq_str(v, "false"))
		*to = false;
}

static void set_int(struct lk_query *q, const struct key *k, struct span v)
{
	int64_t n;
	if (span_i64(v, &n) && n >= 0 && n <= 1 << 20)
		*(int *)(void *)((char *)q + k->at) = (int)n;
}

static int set_value(struct lk_query *q, const struct key *k, struct span raw, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LK_QUERY_BYTES_MAX);
	if (!unescape(raw, &b))
		return err_set(err, ERR_INVALID,
			       _("The query's \"%s\" has a \"%%\" that is not one"), k->name);
	struct span v = buf_span(&b);
	if (k->kind == BOOL) {
		set_bool(q, k, v);
	} else if (k->kind == INT) {
		set_int(q, k, v);
	} else if (v.n > k->cap) {
		return err_set(err, ERR_TOO_LARGE, _("The query's \"%s\" is over the limit of %zu"),
			       k->name, k->cap);
	} else if (!utf8_valid(v) || span_find(v, '\0') >= 0) {
		return err_set(err, ERR_INVALID, _("The query's \"%s\" is not text"), k->name);
	} else {
		mem_free(text_at(q, k));
		set_text(q, k, span_dup(v));
	}
	return 0;
}

static int parse(struct span query, struct lk_query *q, struct err *err)
{
	struct span field, name;
	size_t n = 0;
	int rc = 0;
	while (!rc && span_split(&query, '&', &field)) {
		if (++n > LK_QUERY_KEYS_MAX)
			return err_set(err, ERR_TOO_LARGE, _("The query has over %d keys"),
				       LK_QUERY_KEYS_MAX);
		ptrdiff_t eq = span_find(field, '=');
		name = eq < 0 ? field : span_head(field, (size_t)eq);
		const struct key *k = find_key(name);
		if (k)
			rc = set_value(q, k,
				       eq < 0 ? (struct span){"", 0}
					      : span_from(field, (size_t)eq + 1),
				       err);
	}
	return rc;
}

int lk_query_parse(struct span query, struct lk_query *ret, struct err *err)
{
	struct lk_query q = {.auto_subscribe = true};
	if (query.n > LK_QUERY_BYTES_MAX)
		return err_set(err, ERR_TOO_LARGE, _("The query is over the limit of %u bytes"),
			       LK_QUERY_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].kind == TEXT)
			set_text(&q, &keys[i], mem_strdup(""));
	int rc = parse(query, &q, err);
	if (rc)
		lk_query_done(&q);
	else
		*ret = q;
	return rc;
}

void lk_query_done(struct lk_query *q)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].kind == TEXT)
			mem_free_secret(text_at(q, &keys[i]));
	*q = (struct lk_query){0};
}

static void put_escaped(struct buf *b, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_put_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned char)*s);
	}
}

static void put_key(const struct lk_query *q, const struct key *k, const char *before,
		    struct buf *b)
{
	buf_put_str(b, before);
	buf_printf(b, "%s=", k->name);
	if (k->kind == TEXT)
		put_escaped(b, text_at(q, k));
	else if (k->kind == BOOL)
		buf_put_char(b, *(const bool *)((const char *)q + k->at) ? '1' : '0');
	else
		buf_put_i64(b, *(const int *)(const void *)((const char *)q + k->at));
}

/* Only what differs from what a server takes for granted. */
static bool is_said(const struct lk_query *q, const struct key *k)
{
	if (k->kind == TEXT)
		return text_at(q, k) && *text_at(q, k);
	if (k->kind == INT)
		return *(const int *)(const void *)((const char *)q + k->at) != 0;
	return *(const bool *)((const char *)q + k->at) != !strcmp(k->name, "auto_subscribe");
}

int lk_query_put(const struct lk_query *q, struct buf *b, struct err *err)
{
	const char *before = "";
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!is_said(q, &keys[i]))
			continue;
		put_key(q, &keys[i], before, b);
		before = "&";
	}
	if (!buf_ok(b))
		return err_set(err, ERR_TOO_LARGE, _("The address of the call is too long"));
	return 0;
}
