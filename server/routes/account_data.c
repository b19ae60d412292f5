/*
 * /user/{userId}/account_data/{type}, the same per room, and tags.
 */
#include "server/sync/account_data.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/routes/read.h"
#include "server/sync/pushrules.h"

#include <string.h>

extern const struct route account_data_routes[];

/* A change of one piece of account data; `change` edits what is there. */
struct data_job {
	int64_t user_nid, room_nid;
	char *type;
	char *tag;
	json_t *content;					    /* of the request, or NULL */
	json_t *(*change)(const struct data_job *job, json_t *old); /* takes old, gives the new */
};

static void job_free(void *p)
{
	struct data_job *job = p;
	json_decref(job->content);
	mem_free(job->type);
	mem_free(job->tag);
	mem_free(job);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct data_job *job = arg;
	json_t *old = NULL;
	if (job->tag)
		old = account_data_get(db_tx_sql(tx), job->user_nid, job->room_nid, job->type);
	JSON_AUTO json_t *now = job->change ? job->change(job, old) : json_incref(job->content);
	return account_data_put(tx, job->user_nid, job->room_nid, job->type, now, err);
}

/* The room of path parameter 1, which the requester was ever in; 0 after a reply. */
static int64_t own_room(struct rq *rq)
{
	int64_t nid;
	if (room_find(db_reader(rq->srv->db), rq->param[1], &nid, NULL) ||
	    !hub_member(rq->srv->hub, nid, rq->who.user_nid)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("You are not in such a room"));
		return 0;
	}
	return nid;
}

static bool type_ok(struct rq *rq, struct span type)
{
	static const char *const managed[] = {"m.fully_read", "m.push_rules"};
	for (size_t i = 0; i < ARRAY_LEN(managed); i++) {
		if (!span_eq_str(type, managed[i]))
			continue;
		rq_error(rq, 405, "M_BAD_JSON",
			 _("%s is kept by the server and cannot be set this way"), managed[i]);
		return false;
	}
	if (type.n && type.n <= LIMIT_ID_BYTES)
		return true;
	rq_error(rq, 400, "M_INVALID_PARAM", _("A type has 1 to %d bytes"), LIMIT_ID_BYTES);
	return false;
}

static void start_put(struct rq *rq, int64_t room_nid, struct span type)
{
	if (!type_ok(rq, type))
		return;
	struct data_job *job = NEW(struct data_job);
	job->user_nid = rq->who.user_nid;
	job->room_nid = room_nid;
	job->type = span_dup(type);
	job->content = json_incref(rq->body);
	rq_write(rq, run, rq_done_empty, job, job_free);
}

static void put_global(struct rq *rq)
{
	if (read_own(rq, 0))
		start_put(rq, 0, rq->param[1]);
}

static void put_room(struct rq *rq)
{
	int64_t nid;
	if (read_own(rq, 0) && (nid = own_room(rq)))
		start_put(rq, nid, rq->param[2]);
}

static void reply_get(struct rq *rq, int64_t room_nid, struct span type)
{
	json_t *j = account_data_get(db_reader(rq->srv->db), rq->who.user_nid, room_nid, type.p);
	if (!j && !room_nid && span_eq_str(type, "m.push_rules"))
		j = pushrules_default(rq->who.user_id);
	if (j)
		rq_json(rq, 200, j);
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such account data"));
}

static void get_global(struct rq *rq)
{
	if (read_own(rq, 0))
		reply_get(rq, 0, rq->param[1]);
}

static void get_room(struct rq *rq)
{
	int64_t nid;
	if (read_own(rq, 0) && (nid = own_room(rq)))
		reply_get(rq, nid, rq->param[2]);
}

/* --- tags: one piece of room account data, m.tag --- */

static json_t *tags_of(json_t *old, json_t **ret_tags)
{
	json_t *j = old ? old : json_object();
	json_t *tags = json_get_object(j, "tags");
	if (!tags) {
		tags = json_object();
		json_object_set_new(j, "tags", tags);
	}
	*ret_tags = tags;
	return j;
}

static json_t *add_tag(const struct data_job *job, json_t *old)
{
	json_t *tags, *j = tags_of(old, &tags);
	json_object_set(tags, job->tag, job->content);
	return j;
}

static json_t *drop_tag(const struct data_job *job, json_t *old)
{
	json_t *tags, *j = tags_of(old, &tags);
	json_object_del(tags, job->tag);
	return j;
}

static void start_tag(struct rq *rq, json_t *(*change)(const struct data_job *, json_t *))
{
	int64_t nid;
	if (!read_own(rq, 0) || !(nid = own_room(rq)))
		return;
	struct span tag = rq->param[2];
	const json_t *order = json_object_get(rq->body, "order");
	if (!tag.n || tag.n > LIMIT_ID_BYTES || (order && !json_is_number(order))) {
		rq_error(rq, 400, "M_INVALID_PARAM",
			 _("A tag has 1 to %d bytes, and its \"order\" is a number"),
			 LIMIT_ID_BYTES);
		return;
	}
	struct data_job *job = NEW(struct data_job);
	job->user_nid = rq->who.user_nid;
	job->room_nid = nid;
	job->type = mem_strdup("m.tag");
	job->tag = span_dup(tag);
	job->content = rq->body ? json_incref(rq->body) : json_object();
	job->change = change;
	rq_write(rq, run, rq_done_empty, job, job_free);
}

static void put_tag(struct rq *rq)
{
	start_tag(rq, add_tag);
}

static void delete_tag(struct rq *rq)
{
	start_tag(rq, drop_tag);
}

static void get_tags(struct rq *rq)
{
	int64_t nid;
	json_t *tags;
	if (!read_own(rq, 0) || !(nid = own_room(rq)))
		return;
	rq_json(rq, 200,
		tags_of(account_data_get(db_reader(rq->srv->db), rq->who.user_nid, nid, "m.tag"),
			&tags));
}

#define USER "/_matrix/client/v3/user/{}/"

const struct route account_data_routes[] = {
	{"PUT", USER "account_data/{}", ROUTE_USER, ROUTE_JSON, put_global, 0},
	{"GET", USER "account_data/{}", ROUTE_USER, 0, get_global, 0},
	{"PUT", USER "rooms/{}/account_data/{}", ROUTE_USER, ROUTE_JSON, put_room, 0},
	{"GET", USER "rooms/{}/account_data/{}", ROUTE_USER, 0, get_room, 0},
	{"GET", USER "rooms/{}/tags", ROUTE_USER, 0, get_tags, 0},
	{"PUT", USER "rooms/{}/tags/{}", ROUTE_USER, ROUTE_JSON, put_tag, 0},
	{"DELETE", USER "rooms/{}/tags/{}", ROUTE_USER, ROUTE_JSON, delete_tag, 0},
	{0},
};
