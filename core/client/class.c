#include "core/client/class_priv.h"

#include "core/base/i18n.h"
#include "core/client/admin.h"
#include "core/client/roster_io.h"
#include "core/client/util.h"

#include <string.h>

/* -- shared --------------------------------------------------------------- */

int class_is_ours(struct client *c, bool *ret, struct err *err)
{
	struct err e = {0};
	JSON_AUTO json_t *status = NULL;
	int rc = client_admin(c, "status", NULL, &status, &e);
	*ret = !rc;
	if (!rc || rc == ERR_UNSUPPORTED)
		return 0;
	*err = e;
	if (rc == ERR_AUTH && e.http_status == 403) {
		err_set(err, ERR_AUTH,
			_("Classes are made by administrators of this server, as they need "
			  "accounts: %s is none"),
			client_account(c)->user_id);
		err_hint(err, _("an administrator can say: muster admin user role %s admin"),
			 client_account(c)->user_id);
	}
	return rc;
}

static void set_text(json_t *row, const char *key, const char *value)
{
	json_object_set_new(row, key, value ? json_string(value) : json_null());
}

json_t *class_row(const struct class_ref *ref, const struct roster_person *p)
{
	json_t *row = json_object();
	set_text(row, "room_id", ref->room_id);
	set_text(row, "user_id", p->user_id);
	set_text(row, "external_id", p->external_id);
	set_text(row, "name", p->name);
	set_text(row, "email", p->email);
	return row;
}

json_t *class_row_of(json_t *rows, const char *user_id)
{
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *is = json_get_str(row, "user_id");
		if (is && !strcmp(is, user_id))
			return row;
	}
	return NULL;
}

int class_add_links(struct client *c, const struct class_ref *ref, json_t *users, const char *who,
		    int64_t life_ms, json_t *rows, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	JSON_AUTO json_t *args = json_pack("{s:s,s:o}", "room_id", ref->room_id, "users", users);
	size_t i;
	json_t *o;
	if (who)
		json_object_set_new(args, who, json_true());
	if (life_ms)
		json_object_set_new(args, "expires_in_ms", json_integer(life_ms));
	int rc = client_admin(c, "link.create", args, &reply, err);
	json_array_foreach (json_get_array(reply, "links"), i, o) {
		const char *user = json_get_str(o, "user_id");
		json_t *row = user ? class_row_of(rows, user) : NULL;
		if (!row)
			continue;
		json_object_set(row, "link", json_object_get(o, "link"));
		json_object_set(row, "code", json_object_get(o, "code"));
		json_object_set(row, "expires_ts", json_object_get(o, "expires_ts"));
	}
	return rc;
}

/* -- filling -------------------------------------------------------------- */

struct filling {
	struct client *c;
	struct class_ref *ref;
	const struct class_request *rq;
	bool ours;
	struct roster *roster;
	struct class_plan plan;
	json_t *rows;
};

static void filling_done(struct filling *f)
{
	roster_free(f->roster);
	class_plan_done(&f->plan);
	json_decref(f->rows);
}

/*
 * The list goes into the staff room that the class names. Where only administrators make
 * classes, one that somebody else has made is a trap for what is written there.
 */
static int check_maker(const struct filling *f, const json_t *accounts, struct err *err)
{
	const char *maker = f->ref->maker;
	size_t i;
	json_t *a;
	if (!f->ours || (!f->ref->staff_id && !f->ref->room_id) ||
	    (maker && !strcmp(maker, client_account(f->c)->user_id)))
		return 0;
	json_array_foreach (accounts, i, a) {
		const char *user = json_get_str(a, "user_id");
		if (maker && user && !strcmp(user, maker) && json_get_bool(a, "admin", false))
			return 0;
	}
	err_set(err, ERR_AUTH,
		_("The rooms of the class %s were not made by an administrator: no list is written "
		  "there"),
		f->ref->name);
	if (maker)
		err_hint(err, _("if %s may have it: muster admin user role %s admin"), maker,
			 maker);
	return ERR_AUTH;
}

static int make_plan(struct filling *f, struct err *err)
{
	static const struct roster_rows nobody;
	JSON_AUTO json_t *list = NULL;
	int rc = f->ours ? client_admin(f->c, "user.list", NULL, &list, err) : 0;
	if (!rc)
		rc = check_maker(f, json_get_array(list, "users"), err);
	struct class_plan_query q = {
		.rows = f->rq->rows ? f->rq->rows : &nobody,
		.roster = f->roster,
		.accounts = f->ours ? json_get_array(list, "users") : NULL,
		.server_name = client_server_name(f->c),
		.problem = f->rq->problem,
		.arg = f->rq->arg,
	};
	return rc ? rc : class_plan_make(&q, &f->plan, err);
}

static int look(struct filling *f, struct err *err)
{
	int rc = class_is_ours(f->c, &f->ours, err);
	if (!rc && f->ref->staff_id)
		rc = client_roster_load(f->c, f->ref->staff_id, &f->roster, err);
	else
		f->roster = roster_new();
	return rc ? rc : make_plan(f, err);
}

static void make_rows(struct filling *f, bool dry)
{
	f->rows = json_array();
	for (size_t i = 0; i < f->plan.n; i++) {
		const struct class_plan_row *p = &f->plan.v[i];
		json_t *row = class_row(f->ref, &p->p);
		json_object_set_new(row, "state",
				    json_string(p->known ? "existing"
						: dry	 ? "new"
							 : "added"));
		json_array_append_new(f->rows, row);
	}
}

/* Before the accounts: the roster is the plan that an interrupted run goes on with. */
static int write_roster(struct filling *f, struct err *err)
{
	bool full = false;
	for (size_t i = 0; i < f->plan.n; i++)
		roster_put(f->roster, &f->plan.v[i].p, &full);
	if (full)
		return err_set(err, ERR_TOO_LARGE, _("A class can have %d people at most"),
			       ROSTER_PEOPLE_MAX);
	return client_roster_save(f->c, f->ref->staff_id, f->roster, err);
}

static json_t *account_row(const struct roster_person *p)
{
	json_t *o = json_pack("{s:s}", "user", p->user_id);
	if (p->name)
		json_object_set_new(o, "name", json_string(p->name));
	if (p->email)
		json_object_set_new(o, "email", json_string(p->email));
	if (p->external_id)
		json_object_set_new(o, "external_id", json_string(p->external_id));
	return o;
}

static void note_failures(struct filling *f, const json_t *reply)
{
	size_t i;
	json_t *o;
	json_array_foreach (json_get_array(reply, "users"), i, o) {
		const char *user = json_get_str(o, "user_id"), *state = json_get_str(o, "state");
		json_t *row = user ? class_row_of(f->rows, user) : NULL;
		if (!row || !state || strcmp(state, "failed") != 0)
			continue;
		json_object_set_new(row, "state", json_string("failed"));
		json_object_set(row, "error", json_object_get(o, "error"));
	}
}

static int make_accounts(struct filling *f, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	json_t *people = json_array();
	JSON_AUTO json_t *args = json_pack("{s:o,s:b}", "rows", people, "no_password", 1);
	for (size_t i = 0; i < f->plan.n; i++)
		if (!f->plan.v[i].account)
			json_array_append_new(people, account_row(&f->plan.v[i].p));
	if (!json_array_size(people))
		return 0;
	int rc = client_admin(f->c, "user.import", args, &reply, err);
	if (!rc)
		note_failures(f, reply);
	if (f->rq->progress)
		f->rq->progress(f->rq->arg, _("accounts"), (int64_t)json_array_size(people),
				(int64_t)json_array_size(people));
	return rc;
}

/* Links for whom the slips of an earlier run cannot have been written. */
static int make_links(struct filling *f, struct err *err)
{
	json_t *users = json_array(), *row;
	const char *own = client_server_name(f->c);
	size_t i;
	json_array_foreach (f->rows, i, row) {
		const char *user = json_get_str(row, "user_id"),
			   *state = json_get_str(row, "state");
		const char *colon = strchr(user, ':');
		bool fine = !strcmp(state, "added") || !strcmp(state, "existing");
		if (fine && colon && !strcmp(colon + 1, own))
			json_array_append_new(users, json_string(user));
	}
	return class_add_links(f->c, f->ref, users, "missing", f->rq->link_life_ms, f->rows, err);
}

static void put_room_ids(struct filling *f)
{
	size_t i;
	json_t *row;
	json_array_foreach (f->rows, i, row)
		json_object_set_new(row, "room_id", json_string(f->ref->room_id));
}

static int verdict(const struct filling *f, struct err *err)
{
	size_t i, failed = 0, n = json_array_size(f->rows);
	json_t *row;
	json_array_foreach (f->rows, i, row)
		failed += !strcmp(json_get_str(row, "state"), "failed");
	if (!failed)
		return 0;
	return err_set(err, failed < n ? ERR_PARTIAL : ERR_FAILED,
		       _("%zu of %zu people could not be added"), failed, n);
}

static int fill(struct filling *f, struct err *err)
{
	struct class_making m = {f->rq->space, f->rq->language};
	int rc = class_make_rooms(f->c, f->ref, &m, err);
	if (rc)
		return rc;
	put_room_ids(f);
	rc = write_roster(f, err);
	if (!rc && f->ours)
		rc = make_accounts(f, err);
	if (!rc)
		rc = class_bring_teachers(f->c, f->ref, f->ours, f->rq, err);
	if (!rc)
		rc = class_bring(f->c, f->ref->room_id, f->ours, f->rows, f->rq, err);
	if (!rc && f->ours)
		rc = make_links(f, err);
	return rc ? rc : verdict(f, err);
}

int client_class_fill(struct client *c, struct class_ref *ref, const struct class_request *rq,
		      json_t **ret, struct err *err)
{
	struct filling f = {.c = c, .ref = ref, .rq = rq};
	int rc = look(&f, err);
	if (!rc) {
		make_rows(&f, rq->dry_run);
		if (!rq->dry_run)
			rc = fill(&f, err);
	}
	if (!rc || rc == ERR_PARTIAL)
		*ret = json_incref(f.rows);
	filling_done(&f);
	return rc;
}
