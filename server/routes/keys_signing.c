/*
 * /keys/device_signing/upload and /keys/signatures/upload
 */
#include "core/base/json.h"
#include "server/accounts/uia.h"
#include "server/keys/cross_signing.h"
#include "server/routes/keys.h"

extern const struct route keys_signing_routes[];

#define DEVICE_SIGNING_MAX (64u << 10) /* bytes: three keys */

static const char *const by_password[] = {UIA_PASSWORD, NULL};

struct signing {
	struct rq *rq;
	bool authorised;
	json_t *failures;
};

static void signing_free(void *arg)
{
	struct signing *s = arg;
	json_decref(s->failures);
	mem_free(s);
}

static struct signing *signing_new(struct rq *rq)
{
	struct signing *s = NEW(struct signing);
	s->rq = rq;
	return s;
}

static int keys_run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct signing *s = arg;
	struct keys_owner me = keys_owner_of(s->rq);
	return cross_signing_upload(tx, &me, s->rq->body, s->authorised, err);
}

static void go(struct rq *rq, const char *token)
{
	struct signing *s = signing_new(rq);
	(void)token;
	s->authorised = true;
	rq_write(rq, keys_run, rq_done_empty, s, signing_free);
}

/* A step of authentication without the keys, which came before it. */
static bool is_step(const json_t *body)
{
	return json_get_object(body, "auth") && json_object_size(body) == 1;
}

static void post_device_signing(struct rq *rq)
{
	if (is_step(rq->body) ||
	    cross_signing_needs_auth(db_reader(rq->srv->db), rq->who.user_nid, rq->body))
		uia_require(rq, by_password, go);
	else
		rq_write(rq, keys_run, rq_done_empty, signing_new(rq), signing_free);
}

static int signatures_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct signing *s = arg;
	struct keys_owner me = keys_owner_of(s->rq);
	return cross_signatures_upload(tx, &me, s->rq->body, &s->failures, err);
}

static void signatures_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	const struct signing *s = arg;
	if (rc)
		rq_err(rq, err);
	else
		rq_json(rq, 200, json_pack("{s:O}", "failures", s->failures));
}

static void post_signatures(struct rq *rq)
{
	rq_write(rq, signatures_run, signatures_done, signing_new(rq), signing_free);
}

const struct route keys_signing_routes[] = {
	{"POST", "/_matrix/client/v3/keys/device_signing/upload", ROUTE_USER, ROUTE_JSON,
	 post_device_signing, DEVICE_SIGNING_MAX},
	/* What clients called it before it was in the specification. */
	{"POST", "/_matrix/client/unstable/keys/device_signing/upload", ROUTE_USER, ROUTE_JSON,
	 post_device_signing, DEVICE_SIGNING_MAX},
	{"POST", "/_matrix/client/v3/keys/signatures/upload", ROUTE_USER, ROUTE_JSON,
	 post_signatures, 0},
	{"POST", "/_matrix/client/unstable/keys/signatures/upload", ROUTE_USER, ROUTE_JSON,
	 post_signatures, 0},
	{0},
};
