#include "core/store/search.h"

#include "core/base/fold.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/store/events_priv.h"

#define TERMS_MAX 16
#define GRAMS_MAX 12 /* of one term: what they find is compared anyway */
#define META_INDEXED "fts_seq"

/* -- the index ------------------------------------------------------------------ */

static int index_text(struct store *s, const char *command, int64_t seq, struct span body,
		      struct err *err)
{
	AUTO(buf_done) struct buf folded = BUF_INIT(BUF_CAP_OWN);
	struct sql_stmt *q =
		command ? SQL(store_sql(s), "INSERT INTO events_fts(rowid,body,events_fts)"
					    " VALUES(?,?,?)")
			: SQL(store_sql(s), "INSERT INTO events_fts(rowid,body) VALUES(?,?)");
	fold_put(&folded, body);
	sql_bind_i64(q, 1, seq);
	sql_bind_text(q, 2, buf_span(&folded));
	if (command)
		sql_bind_str(q, 3, command);
	return sql_run(q, err);
}

int store_index_forget(struct store *s, int64_t seq, struct span body, struct err *err)
{
	if (!body.n || seq > store_meta_i64(s, META_INDEXED, 0))
		return 0;
	return index_text(s, "delete", seq, body, err);
}

static int index_rows(struct store *s, int rows, bool *ret_more, struct err *err)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT seq,body FROM events WHERE seq>? AND"
					       " body IS NOT NULL ORDER BY seq LIMIT ?");
	int64_t upto = store_meta_i64(s, META_INDEXED, 0);
	int n = 0, rc = 0;
	sql_bind_i64(q, 1, upto);
	sql_bind_i64(q, 2, rows);
	while (!rc && sql_row(q)) {
		upto = sql_col_i64(q, 0);
		if (sql_col_text(q, 1).n)
			rc = index_text(s, NULL, upto, sql_col_text(q, 1), err);
		n++;
	}
	sql_reset(q);
	*ret_more = n == rows;
	if (rc || !n)
		return rc;
	return store_meta_set_i64(s, META_INDEXED, upto, err);
}

int store_index_step(struct store *s, int rows, bool *ret_more, struct err *err)
{
	*ret_more = false;
	/* Most often there is nothing to do: look before taking the lock. */
	if (!store_index_is_behind(s))
		return 0;
	int rc = store_begin(s, err);
	if (rc)
		return rc;
	rc = index_rows(s, rows, ret_more, err);
	if (!rc)
		return store_commit(s, err);
	store_rollback(s);
	return rc;
}

bool store_index_is_behind(struct store *s)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT EXISTS(SELECT 1 FROM events WHERE seq>?"
					       " AND body IS NOT NULL)");
	sql_bind_i64(q, 1, store_meta_i64(s, META_INDEXED, 0));
	return sql_get_i64(q, 0) != 0;
}

/* -- the search --------------------------------------------------------------------- */

struct needle {
	struct buf terms[TERMS_MAX]; /* folded */
	int n;
	struct buf match; /* what the index is asked; empty: it cannot help */
	int limit, found;
	store_event_fn *fn;
	void *arg;
};

static void needle_done(struct needle *x)
{
	for (int i = 0; i < x->n; i++)
		buf_done(&x->terms[i]);
	buf_done(&x->match);
}

static void add_term(struct needle *x, struct span text)
{
	if (x->n == TERMS_MAX || !span_trim(text).n)
		return;
	struct buf *b = &x->terms[x->n];
	buf_init(b, BUF_CAP_OWN);
	fold_put(b, text);
	if (b->n)
		x->n++;
	else
		buf_done(b);
}

static void split(struct needle *x, struct span text)
{
	while (text.n) {
		bool quoted = text.p[0] == '"' && memchr(text.p + 1, '"', text.n - 1);
		if (quoted)
			text = span_from(text, 1);
		size_t end = 0;
		while (end < text.n && !(quoted ? text.p[end] == '"' : text.p[end] == ' '))
			end++;
		add_term(x, span_head(text, end));
		text = span_from(text, end < text.n ? end + 1 : end);
	}
}

static void put_gram(struct buf *b, struct span gram)
{
	buf_put_str(b, b->n ? " AND \"" : "\"");
	for (size_t i = 0; i < gram.n; i++) {
		if (gram.p[i] == '"')
			buf_put_char(b, '"');
		buf_put_char(b, gram.p[i]);
	}
	buf_put_char(b, '"');
}

/* Bytes of the first `n` characters; 0 when there are fewer. */
static size_t head_of(struct span s, int n)
{
	struct span rest = s;
	bool ok;
	for (int i = 0; i < n; i++) {
		if (!rest.n)
			return 0;
		utf8_next(&rest, &ok);
	}
	return s.n - rest.n;
}

/* All rows of three characters of the terms; shorter terms are only compared. */
static void put_grams(struct needle *x)
{
	buf_init(&x->match, BUF_CAP_OWN);
	for (int i = 0; i < x->n; i++) {
		struct span rest = buf_span(&x->terms[i]);
		size_t three;
		for (int k = 0; k < GRAMS_MAX && (three = head_of(rest, 3)) != 0; k++) {
			put_gram(&x->match, span_head(rest, three));
			rest = span_from(rest, head_of(rest, 1));
		}
	}
}

static bool holds_all(const struct needle *x, struct span body)
{
	AUTO(buf_done) struct buf folded = BUF_INIT(BUF_CAP_OWN);
	fold_put(&folded, body);
	for (int i = 0; i < x->n; i++)
		if (!memmem(buf_str(&folded), folded.n, buf_str(&x->terms[i]), x->terms[i].n))
			return false;
	return true;
}

static int on_event(const struct store_event *e, void *arg)
{
	struct needle *x = arg;
	if (!holds_all(x, e->body))
		return 0;
	int rc = x->fn(e, x->arg);
	return rc ? rc : ++x->found >= x->limit ? 1 : 0;
}

#define IN_ROOM                                                                      \
	" AND (room=?1 OR (?1=0 AND room IN (SELECT id FROM rooms WHERE membership=" \
	"'join'))) ORDER BY ts DESC"

/* Of what may fit, only numbers are sorted: a common word is in very many messages. */
static int each_of(struct store *s, struct sql_stmt *q, struct needle *x)
{
	AUTO_FREE int64_t *seqs = sql_col_all(q);
	int rc = 0;
	for (int64_t *p = seqs; *p && !rc; p++) {
		q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE seq=?");
		sql_bind_i64(q, 1, *p);
		rc = store_event_each(q, on_event, x);
	}
	return rc;
}

/* Read through, in order of time; the index cannot help. */
static int search_all(struct store *s, int64_t room, int64_t from, int64_t to, struct needle *x)
{
	struct sql_stmt *q = SQL(store_sql(s), "SELECT " EVENT_COLUMNS " FROM events WHERE seq>?2"
					       " AND seq<=?3 AND body IS NOT NULL" IN_ROOM);
	sql_bind_i64(q, 1, room);
	sql_bind_i64(q, 2, from);
	sql_bind_i64(q, 3, to);
	return store_event_each(q, on_event, x);
}

static int search_index(struct store *s, int64_t room, struct needle *x)
{
	struct sql_stmt *q =
		SQL(store_sql(s), "SELECT seq FROM events WHERE seq IN (SELECT rowid"
				  " FROM events_fts WHERE events_fts MATCH ?2)" IN_ROOM);
	sql_bind_i64(q, 1, room);
	sql_bind_text(q, 2, buf_span(&x->match));
	return each_of(s, q, x);
}

int store_events_search(struct store *s, int64_t room, const char *needle, int limit,
			store_event_fn *fn, void *arg)
{
	AUTO(needle_done) struct needle x = {.limit = limit, .fn = fn, .arg = arg};
	int64_t indexed = store_meta_i64(s, META_INDEXED, 0);
	split(&x, span_of(needle));
	put_grams(&x);
	if (!x.n || limit <= 0)
		return 0;
	/* What has just come is not in the index, and most often newer than what is. */
	int rc = search_all(s, room, indexed, INT64_MAX, &x);
	if (rc)
		return rc;
	return x.match.n ? search_index(s, room, &x) : search_all(s, room, 0, indexed, &x);
}
