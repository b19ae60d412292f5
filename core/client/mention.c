#include "core/client/mention.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/util.h"

#include <ctype.h>

#define LOOK_UPS_MAX 200 /* each asks the whole room */

void mentions_done(struct mentions *m)
{
	buf_done(&m->markdown);
	json_decref(m->users);
	*m = (struct mentions){0};
}

/* Letters of any script count as part of a word; so does what ids are made of. */
static bool word_char(struct span text, size_t at)
{
	if (at >= text.n)
		return false;
	unsigned char c = (unsigned char)text.p[at];
	return isalnum(c) || c == '_' || c >= 0x80;
}

/* May a mention begin at this "@"? Not in a word, an address, a link's text, or behind a backslash. */
static bool may_begin(struct span text, size_t at)
{
	if (at == 0)
		return true;
	char before = text.p[at - 1];
	return !word_char(text, at - 1) && !strchr("/[\\.<@+-", before);
}

/* Behind a code span or block that begins at `at`; `at` itself when none ends. */
static size_t skip_code(struct span text, size_t at)
{
	size_t n = 1;
	while (at + n < text.n && text.p[at + n] == '`')
		n++;
	for (size_t i = at + n; i < text.n;) {
		size_t run = 0;
		while (i + run < text.n && text.p[i + run] == '`')
			run++;
		if (run == n)
			return i + run;
		i += run ? run : 1;
	}
	return at + n;
}

/* Bytes of the longest user id that begins here, 0: none. */
static size_t id_length(struct span rest)
{
	size_t i = 1;
	bool colon = false;
	for (; i < rest.n && i <= LIMIT_ID_BYTES; i++) {
		unsigned char c = (unsigned char)rest.p[i];
		if (c == ':' && i > 1)
			colon = true;
		else if (!isalnum(c) && !strchr("._=-/+[]", c))
			break;
	}
	while (i > 1 && strchr(".:-/]", rest.p[i - 1])) /* the end of the sentence */
		i--;
	return colon && memchr(rest.p, ':', i) ? i : 0;
}

struct found {
	char *user;
	size_t length; /* with the "@" */
	int count;     /* people who fit that length */
};

static void candidate(struct found *f, struct span user, size_t length)
{
	if (length < f->length)
		return;
	if (length == f->length && f->user && span_eq_str(user, f->user))
		return;
	if (length > f->length) {
		f->count = 0;
		mem_free(take(&f->user));
		f->user = span_dup(user);
		f->length = length;
	}
	f->count++;
}

/* Ada of "@Ada Lovelace" only when nobody is called so in full. */
static void by_name(struct store *s, int64_t room, struct span rest, struct found *f)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT user_id,name FROM members WHERE room=?1 AND"
					       " membership='join' AND length(name)>0 AND"
					       " substr(?2,1,length(name))=name COLLATE NOCASE");
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, span_head(span_from(rest, 1), utf8_head(span_from(rest, 1), 255)));
	while (sql_row(q)) {
		size_t n = 1 + sql_col_text(q, 1).n;
		if (n <= rest.n && !word_char(rest, n))
			candidate(f, sql_col_text(q, 0), n);
	}
}

static void by_id(struct client *c, struct store *s, int64_t room, struct span rest,
		  struct found *f)
{
	size_t n = id_length(rest);
	AUTO_FREE char *id = n ? span_dup(span_head(rest, n)) : NULL;
	if (!n) { /* the local part alone */
		size_t end = 1;
		while (end < rest.n &&
		       (isalnum((unsigned char)rest.p[end]) || strchr("._=-", rest.p[end])))
			end++;
		while (end > 1 && rest.p[end - 1] == '.')
			end--;
		n = end;
		if (end == 1 || word_char(rest, end))
			return;
		id = mem_printf("%.*s:%s", (int)end, rest.p, client_server_name(c));
	}
	AUTO_FREE char *membership = store_member_membership(s, room, span_of(id));
	if (membership && strcmp(membership, "join") == 0)
		candidate(f, span_of(id), n);
}

static bool known_user(const json_t *users, const char *user)
{
	size_t i;
	json_t *one;
	json_array_foreach (users, i, one)
		if (strcmp(json_string_value(one), user) == 0)
			return true;
	return false;
}

/* [@Ada](https://matrix.to/#/%40ada%3Aserver) */
static void put_link(struct buf *b, struct span label, const char *user)
{
	buf_put_char(b, '[');
	for (size_t i = 0; i < label.n; i++) {
		if (ispunct((unsigned char)label.p[i]))
			buf_put_char(b, '\\');
		buf_put_char(b, label.p[i]);
	}
	buf_put_str(b, "](https://matrix.to/#/");
	http_put_segment(b, span_of(user));
	buf_put_char(b, ')');
}

/* The mention that begins with the "@" at `at`: bytes that it takes, 0: none. */
static size_t one(struct client *c, struct store *s, int64_t room, struct span text, size_t at,
		  struct mentions *m)
{
	struct span rest = span_from(text, at);
	struct found f = {0};
	if (span_starts(rest, "@room") && !word_char(rest, 5) &&
	    (rest.n == 5 || rest.p[5] != ':')) {
		m->room = true;
		return 0;
	}
	by_id(c, s, room, rest, &f);
	by_name(s, room, rest, &f);
	size_t length = f.count == 1 ? f.length : 0;
	if (length) {
		put_link(&m->markdown, span_head(rest, length), f.user);
		if (!known_user(m->users, f.user))
			json_array_append_new(m->users, json_string(f.user));
	}
	mem_free(f.user);
	return length;
}

static bool has_candidate(struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '@' && i + 1 < text.n && !isspace((unsigned char)text.p[i + 1]) &&
		    may_begin(text, i))
			return true;
	return false;
}

int mentions_find(struct client *c, const char *room_id, struct span text, struct mentions *ret,
		  struct err *err)
{
	struct mentions m = {BUF_INIT(4 * LIMIT_EVENT_BYTES), json_array(), false};
	struct store *s;
	int rc = client_store(c, &s, err);
	bool any = has_candidate(text);
	/* Without network those count whom we know: the message may wait in the queue. */
	if (!rc && any)
		client_need_members(c, room_id, NULL);
	if (rc) {
		mentions_done(&m);
		return rc;
	}
	int64_t room = any ? store_room_find(s, span_of(room_id)) : 0;
	int left = LOOK_UPS_MAX;
	for (size_t i = 0; i < text.n;) {
		size_t n = 0;
		if (text.p[i] == '`') {
			n = skip_code(text, i) - i;
			buf_put_span(&m.markdown, span_head(span_from(text, i), n));
		} else if (room && text.p[i] == '@' && left > 0 && may_begin(text, i)) {
			left--;
			n = one(c, s, room, text, i, &m);
		}
		if (!n)
			buf_put_char(&m.markdown, text.p[i]);
		i += n ? n : 1;
	}
	*ret = m;
	return 0;
}
