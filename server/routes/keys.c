/*
 * /keys/upload, /keys/query, /keys/claim, /keys/changes
 */
#include "server/routes/keys.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "server/keys/device_keys.h"
#include "server/keys/query.h"
#include "server/routes/route_steps.h"
#include "server/sync/device_lists.h"
#include "server/sync/token.h"

extern const struct route keys_routes[];

struct keys_owner keys_owner_of(const struct rq *rq)
{
	return (struct keys_owner){rq->who.user_nid, rq->who.device_nid, rq->who.user_id,
				   rq->who.device_id};
}

static int upload_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct rq *rq = arg;
	struct keys_owner me = keys_owner_of(rq);
	return device_keys_upload(tx, &me, rq->body, err);
}

static void upload_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	(void)arg;
	if (rc) {
		rq_err(rq, err);
		return;
	}
	buf_put_str(&b, "{\"one_time_key_counts\":");
	one_time_keys_count(db_reader(rq->srv->db), rq->who.device_nid, &b);
	buf_put_char(&b, '}');
	rq_text(rq, 200, &b);
}

static void post_upload(struct rq *rq)
{
	rq_write(rq, upload_run, upload_done, rq, NULL);
}

static bool query_step(void *arg, int64_t until_ns)
{
	bool over;
	do
		over = keys_query_step(arg);
	while (!over && clock_mono_ns() < until_ns);
	return over;
}

static void query_done(struct rq *rq, void *arg)
{
	struct buf *b;
	struct err err;
	if (keys_query_end(arg, &b, &err))
		rq_err(rq, &err);
	else
		rq_text(rq, 200, b);
}

static void query_free(void *arg)
{
	keys_query_free(arg);
}

static void post_query(struct rq *rq)
{
	struct keys_query *q;
	struct err err;
	if (keys_query_new(db_reader(rq->srv->db), rq->who.user_nid,
			   json_object_get(rq->body, "device_keys"), &q, &err))
		rq_err(rq, &err);
	else
		rq_in_steps(rq, query_step, query_done, q, query_free);
}

struct claiming {
	struct rq *rq;
	json_t *keys;
};

static void claiming_free(void *arg)
{
	struct claiming *c = arg;
	json_decref(c->keys);
	mem_free(c);
}

static int claim_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct claiming *c = arg;
	return one_time_keys_claim(tx, json_object_get(c->rq->body, "one_time_keys"), &c->keys,
				   err);
}

static void claim_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct claiming *c = arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200, json_pack("{s:{},s:O}", "failures", "one_time_keys", c->keys));
}

static void post_claim(struct rq *rq)
{
	struct claiming *c = NEW(struct claiming);
	c->rq = rq;
	rq_write(rq, claim_run, claim_done, c, claiming_free);
}

/*
 * Changes after `from` and up to `to`; what changed again after that comes with the
 * sync that goes on from there. With tokens of another life of the store, all.
 */
static void get_changes(struct rq *rq)
{
	struct hub *h = rq->srv->hub;
	const char *from = rq_query(rq, "from"), *to = rq_query(rq, "to");
	struct sync_token since, until;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!from || !token_parse_sync(span_of(from), &since) ||
	    (to && !token_parse_sync(span_of(to), &until))) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("\"from\" and \"to\" must be tokens that /sync gave"));
		return;
	}
	int64_t upto = db_position(rq->srv->db);
	if (since.epoch != db_epoch(rq->srv->db))
		since.pos = 0;
	if (to && until.epoch == db_epoch(rq->srv->db) && until.pos < upto)
		upto = until.pos;
	device_lists_put(h, hub_user(h, rq->who.user_nid), since.pos, upto, &b);
	rq_text(rq, 200, &b);
}

const struct route keys_routes[] = {
	{"POST", "/_matrix/client/v3/keys/upload", ROUTE_USER, ROUTE_JSON, post_upload, 0},
	/* The device was part of the address in r0. */
	{"POST", "/_matrix/client/v3/keys/upload/{}", ROUTE_USER, ROUTE_JSON, post_upload, 0},
	{"POST", "/_matrix/client/v3/keys/query", ROUTE_USER, ROUTE_JSON, post_query, 0},
	{"POST", "/_matrix/client/v3/keys/claim", ROUTE_USER, ROUTE_JSON | ROUTE_PACED, post_claim,
	 0},
	{"GET", "/_matrix/client/v3/keys/changes", ROUTE_USER, 0, get_changes, 0},
	{0},
};
