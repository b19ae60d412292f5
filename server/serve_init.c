/*
 * serve --init and serve --check.
 */
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/admin.h"
#include "server/config.h"
#include "server/data.h"
#include "server/http/httpd.h"
#include "server/privilege.h"
#include "server/reach.h"
#include "server/rtc/check.h"
#include "server/serve.h"

static int settle_name(const struct server_config *c, char *ret_name, struct err *err)
{
	struct fs_lock *lock = NULL;
	struct db *db = NULL;
	int rc = data_lock(c->data_dir, &lock, err);
	if (!rc)
		rc = db_open_offline(c->data_dir, &db, err);
	if (!rc)
		rc = data_name(db, c->server_name, true, ret_name, err);
	if (!rc &&
	    sql_get_i64(SQL(db_reader(db), "SELECT count(*) FROM users WHERE admin=1"), 0) > 0) {
		rc = err_set(err, ERR_CONFLICT, _("%s has an administrator already"), c->data_dir);
		err_hint(err, _("start it with \"muster serve --data %s\""), c->data_dir);
	}
	db_close(db);
	fs_unlock(lock);
	return rc;
}

/* For the first people: it ends by itself, so that it may lie about. */
#define INVITE_USES 100
#define INVITE_MS ((json_int_t)30 * 24 * 3600 * 1000)

static int first_invite(const struct server_config *c, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *args = json_pack("{s:i,s:I,s:s}", "uses", INVITE_USES, "expires_in_ms",
					   INVITE_MS, "note", "serve --init");
	return admin_offline(c->data_dir, "invite.create", args, ret, err);
}

int serve_init(const struct serve_options *opt, json_t **ret, struct err *err)
{
	struct server_config c = {0};
	char name[SERVER_NAME_SIZE];
	JSON_AUTO json_t *args = json_pack("{s:s,s:b}", "user", "admin", "admin", 1);
	json_t *made = NULL, *invite = NULL;
	int rc = serve_config_load(opt, &c, err);
	if (!rc)
		rc = privilege_drop(c.data_dir, err);
	if (!rc)
		rc = settle_name(&c, name, err);
	if (!rc)
		rc = admin_offline(c.data_dir, "user.add", args, &made, err);
	if (!rc)
		rc = first_invite(&c, &invite, err);
	if (!rc)
		*ret = json_pack("{s:s,s:s,s:O,s:O,s:O}", "data", c.data_dir, "server_name", name,
				 "user_id", json_object_get(made, "user_id"), "password",
				 json_object_get(made, "password"), "invite",
				 json_object_get(invite, "token"));
	json_decref(made);
	json_decref(invite);
	serve_config_done(&c);
	return rc;
}

static int check_tls(const struct server_config *c, struct err *err)
{
	struct httpd_options opt = {0};
	struct httpd_handler none = {0};
	if (!c->tls_cert)
		return 0;
	struct loop *l = loop_new();
	struct httpd *h = httpd_new(l, &opt, &none, NULL);
	int rc = httpd_tls_load(h, c->tls_cert, c->tls_key, err);
	httpd_free(h);
	loop_free(l);
	return rc;
}

/* A folder that is not there is fine: the first start makes it. */
static int check_data(const struct server_config *c, json_t **ret, struct err *err)
{
	AUTO_FREE char *file = fs_join(c->data_dir, "muster.db");
	if (!fs_exists(file)) {
		*ret = json_pack("{s:s}", "integrity", "new");
		return 0;
	}
	int rc = admin_offline(c->data_dir, "integrity", NULL, ret, err);
	if (!rc && !json_get_bool(*ret, "ok", false)) {
		rc = err_set(err, ERR_FAILED, _("The database is damaged: %s"),
			     json_get_str(*ret, "integrity"));
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

static void put_findings(const struct server_config *c, json_t *row)
{
	json_t *findings = reach_look(c, NULL), *f;
	size_t i;
	json_array_foreach (findings, i, f)
		if (!json_get_bool(f, "ok", true) && !json_get_bool(f, "optional", false))
			json_object_set_new(row, "ok", json_false());
	json_object_set_new(row, "findings", findings);
}

/* Its database and its ports belong to it: they are not tried. */
static bool is_running(const char *data_dir, struct reach_running *ret)
{
	AUTO_FREE char *file = fs_join(data_dir, "muster.db");
	struct fs_lock *lock = NULL;
	if (!fs_exists(file))
		return false;
	if (data_lock(data_dir, &lock, NULL) == 0) {
		fs_unlock(lock);
		return false;
	}
	return reach_read(data_dir, ret);
}

int serve_findings(const struct serve_options *opt, json_t **ret, struct err *err)
{
	struct server_config c = {0};
	struct reach_running running;
	struct fs_lock *lock = NULL;
	struct serve_options o = *opt;
	AUTO_FREE char *last = opt->data_dir ? NULL : reach_last();
	/* The one that runs is meant rather than the usual folder. */
	if (last && is_running(last, &running))
		o.data_dir = last;
	int rc = serve_config_load(&o, &c, err);
	if (rc)
		return rc;
	AUTO_FREE char *file = fs_join(c.data_dir, "muster.db");
	if (!fs_exists(file))
		rc = err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"), c.data_dir);
	else if (data_lock(c.data_dir, &lock, NULL) == 0)
		*ret = reach_look(&c, NULL);
	else if (reach_read(c.data_dir, &running))
		*ret = reach_look(&c, &running);
	else
		rc = err_set(err, ERR_FAILED, _("A server runs on %s, but does not say where"),
			     c.data_dir);
	fs_unlock(lock);
	serve_config_done(&c);
	return rc;
}

static json_t *running_row(const struct server_config *c, const struct reach_running *running)
{
	json_t *row = json_pack("{s:b,s:s,s:s,s:s,s:o}", "ok", 1, "running", running->url, "data",
				c->data_dir, "server_name", running->server_name, "note",
				json_string(_("this server runs: its database and its ports were "
					      "not tried")));
	json_object_set_new(row, "findings", reach_look(c, running));
	return row;
}

int serve_check(const struct serve_options *opt, json_t **ret, struct err *err)
{
	struct server_config c = {0};
	struct reach_running running;
	json_t *data = NULL, *row = NULL;
	int rc = serve_config_load(opt, &c, err);
	if (!rc)
		rc = check_tls(&c, err);
	if (!rc && is_running(c.data_dir, &running)) {
		*ret = running_row(&c, &running);
		serve_config_done(&c);
		return 0;
	}
	if (!rc)
		rc = check_data(&c, &data, err);
	if (!rc) {
		char listen[80];
		bool v6 = strchr(c.listen_addr, ':') != NULL;
		snprintf(listen, sizeof(listen), "%s%s%s:%d", v6 ? "[" : "", c.listen_addr,
			 v6 ? "]" : "", c.listen_port);
		row = json_pack("{s:b,s:s,s:s,s:s?,s:O}", "ok", 1, "listen", listen, "data",
				c.data_dir, "server_name",
				c.server_name ? c.server_name : json_get_str(data, "server_name"),
				"integrity", json_object_get(data, "integrity"));
		rc = rtc_check(&c, row, err);
	}
	if (!rc)
		put_findings(&c, row);
	if (rc)
		json_decref(row);
	else
		*ret = row;
	json_decref(data);
	serve_config_done(&c);
	return rc;
}
