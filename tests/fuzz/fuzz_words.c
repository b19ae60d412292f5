/*
 * Any bytes as a message and as a search term, on a real index: every query is one
 * that SQLite understands, a text can be put in and taken out again, and what
 * was taken out is found no more.
 */
#include "core/base/mem.h"
#include "core/base/sql.h"
#include "core/base/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sql *db;

static void open_index(void)
{
	struct err err;
	if (sql_open(":memory:", 0, &db, &err) ||
	    sql_exec(db,
		     "CREATE VIRTUAL TABLE search USING fts5(body,content='',"
		     "tokenize=\"unicode61 categories 'L* M* N* Co So'\")",
		     &err))
		abort();
}

static void run(struct sql_stmt *s, struct span text)
{
	sql_bind_text(s, 1, text);
	if (sql_run(s, NULL))
		abort();
}

/* How many texts a query finds. */
static int64_t find(struct span query)
{
	struct sql_stmt *s = SQL(db, "SELECT count(*) FROM search WHERE search MATCH ?1");
	sql_bind_text(s, 1, query);
	int64_t n = sql_get_i64(s, -1);
	if (n < 0)
		abort();
	return n;
}

static void count(struct span word, void *arg)
{
	size_t *n = arg;
	*n += word.n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	AUTO(buf_done) struct buf words = BUF_INIT(BUF_CAP_OWN);
	AUTO(buf_done) struct buf query = BUF_INIT(BUF_CAP_OWN);
	size_t shown = 0;
	if (!db)
		open_index();
	words_put(&words, text);
	buf_put_str(&query, "{body}:(");
	size_t n = words_query(&query, text);
	buf_put_str(&query, ")");
	words_each(text, count, &shown);
	if (shown != n || n > WORDS_MAX)
		abort();
	run(SQL(db, "INSERT INTO search(rowid,body) VALUES(1,?1)"), buf_span(&words));
	if (n && find(buf_span(&query)) > 1)
		abort();
	run(SQL(db, "INSERT INTO search(search,rowid,body) VALUES('delete',1,?1)"),
	    buf_span(&words));
	if (n && find(buf_span(&query)) != 0)
		abort();
	return 0;
}
