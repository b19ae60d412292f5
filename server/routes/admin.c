/*
 * POST /_muster/admin/v1/OP, for administrators: server/admin.h.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/admin_op.h"
#include "server/keep/keep.h"
#include "server/keep/ops.h"
#include "server/routes/route.h"
#include "server/sfu/sfu.h"

#include <string.h>

extern const struct route admin_routes[];

struct admin_rq {
	struct rq *rq;
	struct admin_env env;
	char base_url[300]; /* as it is now: the loop may change the server's */
	json_t *ret;
};

static void admin_rq_free(void *arg)
{
	struct admin_rq *a = arg;
	json_decref(a->ret);
	mem_free(a);
}

static int admin_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct admin_rq *a = arg;
	return admin_call(tx, &a->env, a->rq->param[0].p, a->rq->body, &a->ret, err);
}

static void put_backups(const struct server *srv, json_t *o)
{
	struct keep_status st;
	keep_status(srv->keep, &st);
	json_object_set_new(o, "backup_dir", json_string(st.shelf));
	json_object_set_new(o, "backup_ts", st.last_ms ? json_integer(st.last_ms) : json_null());
	json_object_set_new(o, "backup_error", st.error ? json_string(st.error) : json_null());
}

/* What only a running server knows. */
static void put_running(const struct server *srv, json_t *o)
{
	struct httpd_stats st;
	httpd_stats(srv->httpd, &st);
	json_object_set_new(o, "uptime_s",
			    json_integer((clock_mono_ms() - srv->started_ms) / 1000));
	json_object_set_new(o, "rss_bytes", json_integer(os_rss_bytes()));
	json_object_set_new(o, "connections", json_integer(st.open));
	json_object_set_new(o, "requests", json_integer(st.requests));
	json_object_set_new(o, "backlog", json_integer(db_backlog(srv->db)));
	json_object_set_new(o, "passwords_waiting", json_integer(password_backlog(srv->accounts)));
	put_backups(srv, o);
	if (!srv->sfu)
		return;
	struct sfu_stats calls;
	sfu_stats(srv->sfu, &calls);
	json_object_set_new(o, "calls", json_integer(calls.rooms));
	json_object_set_new(o, "people_in_calls", json_integer(calls.people));
}

static void admin_done(struct rq *rq, void *arg, int rc, const struct err *err)
{
	struct admin_rq *a = arg;
	if (rc) {
		rq_err(rq, err);
		return;
	}
	if (!strcmp(rq->param[0].p, "status"))
		put_running(rq->srv, a->ret);
	rq_json(rq, 200, take(&a->ret));
}

static void passwords_hashed(void *arg, bool failed)
{
	struct admin_rq *a = arg;
	struct rq *rq = a->rq;
	if (failed) {
		admin_rq_free(a);
		rq_limited(rq, 2000);
		return;
	}
	rq_write(rq, admin_run, admin_done, a, admin_rq_free);
}

static void kept(void *arg, int rc, json_t *ret, const struct err *err)
{
	struct rq *rq = arg;
	if (!rc) {
		rq_json(rq, 200, ret);
		return;
	}
	/* An administrator is told what failed. */
	struct err e = *err;
	if (e.code == ERR_FAILED)
		e.http_status = 500;
	rq_err(rq, &e);
}

static void post_admin(struct rq *rq)
{
	struct err err;
	json_t *rows;
	struct server *srv = rq->srv;
	const char *op = rq->param[0].p;
	if (keep_known(op)) {
		keep_ask(srv->keep, op, json_incref(rq->body), kept, rq);
		return;
	}
	if (!admin_known(op)) {
		rq_error(rq, 404, "M_UNRECOGNIZED", _("There is no operation \"%s\""), op);
		return;
	}
	if (admin_prepare(db_reader(srv->db), srv->name, op, rq->body, &rows, &err)) {
		rq_err(rq, &err);
		return;
	}
	struct admin_rq *a = NEW(struct admin_rq);
	a->rq = rq;
	a->env = (struct admin_env){srv->name, srv->config->data_dir, rq->who.user_id, a->base_url};
	snprintf(a->base_url, sizeof(a->base_url), "%s", srv->base_url);
	admin_hash_rows(srv->accounts, rows, passwords_hashed, a);
}

const struct route admin_routes[] = {
	{"POST", "/_muster/admin/v1/{}", ROUTE_ADMIN, ROUTE_JSON, post_admin, 16u << 20},
	{0},
};
