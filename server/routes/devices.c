/*
 * A person's own devices.
 */
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/accounts/device.h"
#include "server/accounts/uia.h"
#include "server/keys/keys.h"
#include "server/routes/route.h"

#include <string.h>

#define DELETE_MAX 1000 /* devices in one request */

extern const struct route devices_routes[];

static const char *const by_password[] = {UIA_PASSWORD, NULL};

static json_t *device_of(struct sql_stmt *s)
{
	json_t *d = json_pack("{s:s}", "device_id", sql_col_text(s, 0).p);
	if (!sql_col_null(s, 1))
		json_object_set_new(d, "display_name", json_string(sql_col_text(s, 1).p));
	if (!sql_col_null(s, 2))
		json_object_set_new(d, "last_seen_ts", json_integer(sql_col_i64(s, 2)));
	if (!sql_col_null(s, 3))
		json_object_set_new(d, "last_seen_ip", json_string(sql_col_text(s, 3).p));
	return d;
}

#define COLUMNS "device_id, display_name, last_seen_ts, last_seen_ip"

static void get_devices(struct rq *rq)
{
	json_t *list = json_array();
	struct sql_stmt *s =
		SQL(db_reader(rq->srv->db), "SELECT " COLUMNS " FROM devices WHERE user_nid=?");
	sql_bind_i64(s, 1, rq->who.user_nid);
	while (sql_row(s))
		json_array_append_new(list, device_of(s));
	rq_json(rq, 200, json_pack("{s:o}", "devices", list));
}

static void no_device(struct rq *rq)
{
	rq_error(rq, 404, "M_NOT_FOUND", "%s", _("You have no such device"));
}

static void get_device(struct rq *rq)
{
	json_t *d = NULL;
	struct sql_stmt *s = SQL(db_reader(rq->srv->db), "SELECT " COLUMNS " FROM devices "
							 "WHERE user_nid=? AND device_id=?");
	sql_bind_i64(s, 1, rq->who.user_nid);
	sql_bind_text(s, 2, rq->param[0]);
	if (sql_row(s))
		d = device_of(s);
	sql_reset(s);
	if (d)
		rq_json(rq, 200, d);
	else
		no_device(rq);
}

struct naming {
	int64_t user_nid;
	char *device_id, *name;
};

static void naming_free(void *arg)
{
	struct naming *n = arg;
	mem_free(n->device_id);
	mem_free(n->name);
	mem_free(n);
}

static int naming_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct naming *n = arg;
	struct sql_stmt *s = SQL(db_tx_sql(tx), "UPDATE devices SET display_name=coalesce(?,"
						"display_name) WHERE user_nid=? AND device_id=?");
	sql_bind_str(s, 1, n->name);
	sql_bind_i64(s, 2, n->user_nid);
	sql_bind_str(s, 3, n->device_id);
	int rc = sql_run(s, err);
	if (!rc && sql_changes(db_tx_sql(tx)) == 0)
		return matrix_err(err, 404, "M_NOT_FOUND", _("You have no such device"));
	return rc || !n->name ? rc
			      : keys_device_renamed(tx, n->user_nid, span_of(n->device_id), err);
}

static void put_device(struct rq *rq)
{
	const json_t *v = json_object_get(rq->body, "display_name");
	const char *name = json_get_str(rq->body, "display_name");
	if ((v && !json_is_null(v) && !name) || (name && strlen(name) > 256)) {
		rq_error(rq, 400, "M_INVALID_PARAM", "%s",
			 _("display_name must be text of at most 256 bytes"));
		return;
	}
	struct naming *n = NEW(struct naming);
	*n = (struct naming){rq->who.user_nid, span_dup(rq->param[0]), mem_strdup(name)};
	rq_write(rq, naming_run, rq_done_empty, n, naming_free);
}

struct removal {
	int64_t user_nid;
	json_t *ids; /* strings */
};

static void removal_free(void *arg)
{
	struct removal *r = arg;
	json_decref(r->ids);
	mem_free(r);
}

/* A device that is not there any more is as good as removed. */
static int removal_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct removal *r = arg;
	size_t i;
	json_t *id;
	int rc = 0;
	json_array_foreach (r->ids, i, id) {
		struct sql_stmt *s = SQL(db_tx_sql(tx), "SELECT nid FROM devices WHERE user_nid=? "
							"AND device_id=?");
		sql_bind_i64(s, 1, r->user_nid);
		sql_bind_str(s, 2, json_string_value(id));
		int64_t nid = sql_get_i64(s, 0);
		if (nid && !rc)
			rc = device_delete(tx, r->user_nid, nid, err);
	}
	return rc;
}

static void remove_devices(struct rq *rq, json_t *steal_ids)
{
	struct removal *r = NEW(struct removal);
	*r = (struct removal){rq->who.user_nid, steal_ids};
	rq_write(rq, removal_run, rq_done_empty, r, removal_free);
}

static void delete_device_go(struct rq *rq, const char *token)
{
	(void)token;
	remove_devices(rq, json_pack("[s]", rq->param[0].p));
}

static void delete_device(struct rq *rq)
{
	uia_require(rq, by_password, delete_device_go);
}

static bool check_ids(struct rq *rq)
{
	size_t i;
	json_t *id, *ids = json_get_array(rq->body, "devices");
	bool ok = ids && json_array_size(ids) <= DELETE_MAX;
	json_array_foreach (ids, i, id)
		ok = ok && json_is_string(id);
	if (!ok)
		rq_error(rq, 400, "M_BAD_JSON", _("devices must be a list of up to %d device ids"),
			 DELETE_MAX);
	return ok;
}

static void delete_devices_go(struct rq *rq, const char *token)
{
	(void)token;
	if (check_ids(rq))
		remove_devices(rq, json_incref(json_object_get(rq->body, "devices")));
}

static void post_delete_devices(struct rq *rq)
{
	if (json_get_object(rq->body, "auth") || check_ids(rq))
		uia_require(rq, by_password, delete_devices_go);
}

const struct route devices_routes[] = {
	{"GET", "/_matrix/client/v3/devices", ROUTE_USER, 0, get_devices, 0},
	{"GET", "/_matrix/client/v3/devices/{}", ROUTE_USER, 0, get_device, 0},
	{"PUT", "/_matrix/client/v3/devices/{}", ROUTE_USER, ROUTE_JSON, put_device, 0},
	{"DELETE", "/_matrix/client/v3/devices/{}", ROUTE_USER, ROUTE_JSON, delete_device,
	 LIMIT_JSON_LOGIN},
	{"POST", "/_matrix/client/v3/delete_devices", ROUTE_USER, ROUTE_JSON, post_delete_devices,
	 LIMIT_JSON_LOGIN},
	{0},
};
