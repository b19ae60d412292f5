/*
 * /pushrules: one person's rules, kept as account data m.push_rules.
 */
#include "server/sync/pushrules.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/account_data.h"

#include <string.h>

extern const struct route pushrules_routes[];

typedef int change_fn(json_t *set, const struct rq *rq, struct err *err);

struct rules_job {
	const struct rq *rq; /* parameters, body and requester only */
	const char *before, *after;
	change_fn *change;
};

static json_t *rules_of(struct sql *db, const struct requester *who)
{
	JSON_AUTO json_t *stored = account_data_get(db, who->user_nid, 0, "m.push_rules");
	return pushrules_merge(stored, who->user_id);
}

/* --- reading --- */

static void get_all(struct rq *rq)
{
	rq_json(rq, 200, rules_of(db_reader(rq->srv->db), &rq->who));
}

static bool kind_ok(struct rq *rq)
{
	if (pushrules_kind_ok(rq->param[0].p))
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", "%s",
		 _("A kind is override, underride, sender, room or content"));
	return false;
}

static void reply_part(struct rq *rq, const char *part)
{
	if (part && !kind_ok(rq))
		return;
	JSON_AUTO json_t *set = rules_of(db_reader(rq->srv->db), &rq->who);
	json_t *rule = part ? pushrules_find(set, rq->param[0].p, rq->param[1].p) : NULL;
	if (!part)
		rq_json(rq, 200, json_incref(json_object_get(set, "global")));
	else if (!rule)
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such push rule"));
	else if (*part)
		rq_json(rq, 200, json_pack("{s:O}", part, json_object_get(rule, part)));
	else
		rq_json(rq, 200, json_incref(rule));
}

static void get_global(struct rq *rq)
{
	reply_part(rq, NULL);
}

static void get_kind(struct rq *rq)
{
	if (!kind_ok(rq))
		return;
	JSON_AUTO json_t *set = rules_of(db_reader(rq->srv->db), &rq->who);
	rq_json(rq, 200,
		json_incref(json_object_get(json_object_get(set, "global"), rq->param[0].p)));
}

static void get_rule(struct rq *rq)
{
	reply_part(rq, "");
}

static void get_enabled(struct rq *rq)
{
	reply_part(rq, "enabled");
}

static void get_actions(struct rq *rq)
{
	reply_part(rq, "actions");
}

/* --- changing --- */

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct rules_job *job = arg;
	const struct rq *rq = job->rq;
	const char *kind = rq->param[0].p, *id = rq->param[1].p;
	JSON_AUTO json_t *set = rules_of(db_tx_sql(tx), &rq->who);
	int rc = job->change ? job->change(set, rq, err)
			     : pushrules_put(set, kind, id, rq->body, job->before, job->after, err);
	if (rc)
		return rc;
	AUTO_FREE char *text = json_text(set);
	if (strlen(text) > PUSHRULES_BYTES_MAX)
		return matrix_err(err, 400, "M_TOO_LARGE", "%s",
				  _("too many push rules: delete some first"));
	return account_data_put(tx, rq->who.user_nid, 0, "m.push_rules", set, err);
}

static void start(struct rq *rq, change_fn *change)
{
	if (!kind_ok(rq))
		return;
	struct rules_job *job = NEW(struct rules_job);
	job->rq = rq;
	job->before = rq_query(rq, "before");
	job->after = rq_query(rq, "after");
	job->change = change;
	rq_write(rq, run, rq_done_empty, job, mem_free);
}

static int drop(json_t *set, const struct rq *rq, struct err *err)
{
	return pushrules_delete(set, rq->param[0].p, rq->param[1].p, err);
}

static int set_enabled(json_t *set, const struct rq *rq, struct err *err)
{
	return pushrules_set_enabled(set, rq->param[0].p, rq->param[1].p, rq->body, err);
}

static int set_actions(json_t *set, const struct rq *rq, struct err *err)
{
	return pushrules_set_actions(set, rq->param[0].p, rq->param[1].p, rq->body, err);
}

static void put_rule(struct rq *rq)
{
	start(rq, NULL);
}

static void delete_rule(struct rq *rq)
{
	start(rq, drop);
}

static void put_enabled(struct rq *rq)
{
	start(rq, set_enabled);
}

static void put_actions(struct rq *rq)
{
	start(rq, set_actions);
}

#define RULES "/_matrix/client/v3/pushrules/"

/* Clients ask for the whole set with and without the last slash. */
const struct route pushrules_routes[] = {
	{"GET", "/_matrix/client/v3/pushrules", ROUTE_USER, 0, get_all, 0},
	{"GET", RULES, ROUTE_USER, 0, get_all, 0},
	{"GET", RULES "global", ROUTE_USER, 0, get_global, 0},
	{"GET", RULES "global/", ROUTE_USER, 0, get_global, 0},
	{"GET", RULES "global/{}", ROUTE_USER, 0, get_kind, 0},
	{"GET", RULES "global/{}/{}", ROUTE_USER, 0, get_rule, 0},
	{"PUT", RULES "global/{}/{}", ROUTE_USER, ROUTE_JSON, put_rule, 0},
	{"DELETE", RULES "global/{}/{}", ROUTE_USER, ROUTE_JSON, delete_rule, 0},
	{"GET", RULES "global/{}/{}/enabled", ROUTE_USER, 0, get_enabled, 0},
	{"PUT", RULES "global/{}/{}/enabled", ROUTE_USER, ROUTE_JSON, put_enabled, 0},
	{"GET", RULES "global/{}/{}/actions", ROUTE_USER, 0, get_actions, 0},
	{"PUT", RULES "global/{}/{}/actions", ROUTE_USER, ROUTE_JSON, put_actions, 0},
	{0},
};
