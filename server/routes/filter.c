/*
 * POST /user/{userId}/filter and GET /user/{userId}/filter/{filterId}. The
 * same filter uploaded twice keeps its id.
 */
#include "server/routes/filter.h"

#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"

#include <string.h>

extern const struct route filter_routes[];

static bool reply_err(struct rq *rq, const struct err *err)
{
	rq_err(rq, err);
	return false;
}

/* Text of a stored filter; the caller owns it. NULL: none. */
static char *stored(struct rq *rq, struct span id)
{
	int64_t nid;
	if (!span_i64(id, &nid))
		return NULL;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db),
				 "SELECT content FROM filters WHERE nid=?1 AND user_nid=?2");
	sql_bind_i64(s, 1, nid);
	sql_bind_i64(s, 2, rq->who.user_nid);
	if (!sql_row(s))
		return NULL;
	char *text = span_dup(sql_col_text(s, 0));
	sql_reset(s);
	return text;
}

bool filter_of_request(struct rq *rq, struct filter **ret)
{
	const char *given = rq_query(rq, "filter");
	struct err err = {0};
	JSON_AUTO json_t *j = NULL;
	AUTO_FREE char *text = NULL;
	*ret = NULL;
	if (!given || !*given)
		return true;
	if (*given != '{') {
		text = stored(rq, span_of(given));
		if (!text)
			return reply_err(rq,
					 (matrix_err(&err, 400, "M_UNKNOWN", "%s",
						     _("There is no filter with this id: upload "
						       "it again")),
					  &err));
		given = text;
	}
	if (json_parse_object(span_of(given), &j, &err)) {
		rq_error(rq, 400, "M_NOT_JSON", _("\"filter\": %s"), err.msg);
		return false;
	}
	return filter_compile(j, ret, &err) ? reply_err(rq, &err) : true;
}

struct upload {
	int64_t user_nid, nid;
	char *text;
	uint8_t hash[32];
};

static void upload_free(void *p)
{
	struct upload *u = p;
	mem_free(u->text);
	mem_free(u);
}

static int run_upload(struct db_tx *tx, void *arg, struct err *err)
{
	struct upload *u = arg;
	struct sql *db = db_tx_sql(tx);
	struct sql_stmt *s = SQL(db, "SELECT nid FROM filters WHERE user_nid=?1 AND hash=?2");
	sql_bind_i64(s, 1, u->user_nid);
	sql_bind_blob(s, 2, u->hash, sizeof(u->hash));
	u->nid = sql_get_i64(s, 0);
	if (u->nid)
		return 0;
	s = SQL(db, "SELECT count(*) FROM filters WHERE user_nid=?1");
	sql_bind_i64(s, 1, u->user_nid);
	if (sql_get_i64(s, 0) >= FILTERS_PER_USER)
		return matrix_err(err, 400, "M_TOO_LARGE",
				  _("An account keeps at most %d filters: put the filter into the "
				    "request"),
				  FILTERS_PER_USER);
	s = SQL(db, "INSERT INTO filters(user_nid,hash,content) VALUES(?1,?2,?3)");
	sql_bind_i64(s, 1, u->user_nid);
	sql_bind_blob(s, 2, u->hash, sizeof(u->hash));
	sql_bind_str(s, 3, u->text);
	int rc = sql_run(s, err);
	u->nid = sql_last_id(db);
	return rc;
}

static void uploaded(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct upload *u = arg;
	char id[24];
	if (rc) {
		rq_err(rq, err);
		return;
	}
	snprintf(id, sizeof(id), "%lld", (long long)u->nid);
	rq_json(rq, 200, json_pack("{s:s}", "filter_id", id));
}

static void post_filter(struct rq *rq)
{
	struct err err = {0};
	struct filter *f;
	if (!read_own(rq, 0))
		return;
	if (filter_compile(rq->body, &f, &err)) {
		reply_err(rq, &err);
		return;
	}
	filter_unref(f);
	struct upload *u = NEW(struct upload);
	u->user_nid = rq->who.user_nid;
	u->text = json_text(rq->body);
	crypto_sha256(span_of(u->text), u->hash);
	rq_write(rq, run_upload, uploaded, u, upload_free);
}

static void get_filter(struct rq *rq)
{
	if (!read_own(rq, 0))
		return;
	AUTO_FREE char *text = stored(rq, rq->param[1]);
	if (!text) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no filter with this id"));
		return;
	}
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, text);
	rq_text(rq, 200, &b);
	buf_done(&b);
}

const struct route filter_routes[] = {
	{"POST", "/_matrix/client/v3/user/{}/filter", ROUTE_USER, ROUTE_JSON, post_filter,
	 FILTER_BYTES_MAX},
	{"GET", "/_matrix/client/v3/user/{}/filter/{}", ROUTE_USER, 0, get_filter, 0},
	{0},
};
