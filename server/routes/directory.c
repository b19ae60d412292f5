/*
 * Room aliases: /directory/room/{roomAlias} and /rooms/{roomId}/aliases
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/rooms/alias.h"
#include "server/rooms/power.h"
#include "server/routes/room_job.h"

extern const struct route directory_routes[];

static void get_alias(struct rq *rq)
{
	struct sql *db = db_reader(rq->srv->db);
	struct err err;
	struct room_alias id;
	int64_t nid;
	if (room_alias_parse(rq->param[0], &id, &err)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s", err.msg);
		return;
	}
	if (alias_find(db, rq->param[0], &nid, &err)) {
		rq_err(rq, &err);
		return;
	}
	struct sql_stmt *s = SQL(db, "SELECT room_id FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, nid);
	if (!sql_row(s)) {
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("There is no such room"));
		return;
	}
	json_t *j = json_pack("{s:s, s:[s]}", "room_id", sql_col_text(s, 0).p, "servers",
			      rq->srv->name);
	sql_reset(s);
	rq_json(rq, 200, j);
}

/* An alias leads into a room that its maker is in. */
static int run_put(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	struct sql *db = db_tx_sql(tx);
	const char *room;
	int64_t there;
	int rc = alias_check(j->rq->param[0], j->rq->srv->name, err);
	if (!rc)
		rc = body_str(j->rq->body, "room_id", true, &room, err);
	if (rc)
		return rc;
	if (!alias_find(db, j->rq->param[0], &there, NULL))
		return matrix_err(err, 409, "M_UNKNOWN", _("The room alias %s is taken"),
				  j->rq->param[0].p);
	rc = room_find(db, span_of(room), &j->nid, err);
	if (rc)
		return rc;
	if (room_membership(db, j->nid, j->rq->who.user_nid) != MEMBERSHIP_JOIN)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("You are not in this room, join it first"));
	return alias_add(tx, j->rq->param[0].p, j->nid, j->rq->who.user_nid, 409, "M_UNKNOWN", err);
}

/* Take the alias out of m.room.canonical_alias, when its remover may. */
static int drop_canonical(struct room_job *j, struct db_tx *tx, const char *alias, struct err *err)
{
	static const char type[] = "m.room.canonical_alias";
	JSON_AUTO json_t *content = NULL;
	size_t i;
	json_t *v;
	if (room_state(db_tx_sql(tx), j->nid, type, "", &content) ||
	    room_membership(db_tx_sql(tx), j->nid, j->rq->who.user_nid) != MEMBERSHIP_JOIN ||
	    !room_may_state(db_tx_sql(tx), j->nid, j->rq->who.user_id, type))
		return 0;
	JSON_AUTO json_t *next = json_deep_copy(content);
	const char *main = json_get_str(next, "alias");
	json_t *alt = json_get_array(next, "alt_aliases");
	if (main && strcmp(main, alias) == 0)
		json_object_del(next, "alias");
	for (i = json_array_size(alt); i-- > 0;) {
		v = json_array_get(alt, i);
		if (json_is_string(v) && strcmp(json_string_value(v), alias) == 0)
			json_array_remove(alt, i);
	}
	if (json_equal(next, content))
		return 0;
	struct event_ref ref;
	struct event_draft d = room_job_draft(j, type, "", next);
	return room_append(tx, &d, &ref, err);
}

/* Its maker, those who may name the main alias, and administrators. */
static int run_delete(struct db_tx *tx, void *arg, struct err *err)
{
	struct room_job *j = arg;
	struct sql *db = db_tx_sql(tx);
	int rc = alias_find(db, j->rq->param[0], &j->nid, err);
	if (rc)
		return rc;
	struct sql_stmt *s = SQL(db, "SELECT creator_nid FROM aliases WHERE alias=?");
	sql_bind_text(s, 1, j->rq->param[0]);
	bool may = sql_get_i64(s, 0) == j->rq->who.user_nid || j->rq->who.admin ||
		   (room_membership(db, j->nid, j->rq->who.user_nid) == MEMBERSHIP_JOIN &&
		    room_may_state(db, j->nid, j->rq->who.user_id, "m.room.canonical_alias"));
	if (!may)
		return matrix_err(err, 403, "M_FORBIDDEN",
				  _("Only its maker or a moderator of the room may remove an "
				    "alias"));
	s = SQL(db, "DELETE FROM aliases WHERE alias=?");
	sql_bind_text(s, 1, j->rq->param[0]);
	rc = sql_run(s, err);
	return rc ? rc : drop_canonical(j, tx, j->rq->param[0].p, err);
}

static void put_alias(struct rq *rq)
{
	room_job_start(rq, run_put);
}

static void delete_alias(struct rq *rq)
{
	room_job_start(rq, run_delete);
}

static bool world_readable(struct sql *db, int64_t nid)
{
	JSON_AUTO json_t *content = NULL;
	room_state(db, nid, "m.room.history_visibility", "", &content);
	const char *v = json_get_str(content, "history_visibility");
	return v && strcmp(v, "world_readable") == 0;
}

static void get_aliases(struct rq *rq)
{
	struct sql *db = db_reader(rq->srv->db);
	int64_t nid = 0;
	if (room_find(db, rq->param[0], &nid, NULL) ||
	    (room_membership(db, nid, rq->who.user_nid) != MEMBERSHIP_JOIN &&
	     !world_readable(db, nid))) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("You are not in this room, join it first"));
		return;
	}
	json_t *list = json_array();
	struct sql_stmt *s = SQL(db, "SELECT alias FROM aliases WHERE room_nid=? ORDER BY alias");
	sql_bind_i64(s, 1, nid);
	while (sql_row(s))
		json_array_append_new(list, json_string(sql_col_text(s, 0).p));
	rq_json(rq, 200, json_pack("{s:o}", "aliases", list));
}

#define ALIAS "/_matrix/client/v3/directory/room/{}"

const struct route directory_routes[] = {
	{"GET", ALIAS, ROUTE_OPTIONAL, 0, get_alias, 0},
	{"PUT", ALIAS, ROUTE_USER, ROUTE_JSON | ROUTE_TAKES_PART, put_alias, 0},
	{"DELETE", ALIAS, ROUTE_USER, ROUTE_TAKES_PART, delete_alias, 0},
	{"GET", "/_matrix/client/v3/rooms/{}/aliases", ROUTE_USER, 0, get_aliases, 0},
	{0},
};
