/* Links for the people of a class, who is in it, and closing it. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/admin.h"
#include "core/client/class_priv.h"
#include "core/client/roster_io.h"
#include "core/client/util.h"

#include <string.h>

static int load(struct client *c, const struct class_ref *ref, struct roster **ret, struct err *err)
{
	if (!ref->staff_id)
		return err_set(err, ERR_NOT_FOUND, _("The class %s has no staff room"), ref->name);
	int rc = client_roster_load(c, ref->staff_id, ret, err);
	if (rc == ERR_AUTH && err && err->http_status == 403)
		err_set(err, ERR_AUTH, _("the list of %s is only for its staff"), ref->name);
	if (rc == ERR_AUTH)
		err_hint(err, _("the list of students is in the staff room: ask to be invited"));
	return rc;
}

/* Somebody of the list by what a person types; NULL and an error when it is nobody, or several. */
static const struct roster_person *find(const struct roster *r, const char *own, const char *typed,
					struct err *err)
{
	AUTO_FREE char *id = typed[0] == '@' ? mem_strdup(typed) : mem_printf("@%s", typed);
	AUTO_FREE char *full = strchr(id, ':') ? mem_strdup(id) : mem_printf("%s:%s", id, own);
	const struct roster_person *by[] = {roster_find(r, ROSTER_BY_USER, full),
					    roster_find(r, ROSTER_BY_ID, typed),
					    roster_find(r, ROSTER_BY_NAME, typed)};
	const struct roster_person *found = NULL;
	for (size_t i = 0; i < ARRAY_LEN(by); i++) {
		if (found && by[i] && by[i] != found) {
			err_set(err, ERR_USAGE, _("%s can mean %s or %s"), typed, found->user_id,
				by[i]->user_id);
			return NULL;
		}
		found = found ? found : by[i];
	}
	if (!found) {
		err_set(err, ERR_NOT_FOUND, _("%s is not on the list of this class, or not alone"),
			typed);
		err_hint(err, "muster class show");
	}
	return found;
}

static bool is_here(const char *own, const struct roster_person *p)
{
	const char *colon = strchr(p->user_id, ':');
	return colon && !strcmp(colon + 1, own);
}

static void add(const struct class_ref *ref, const struct roster_person *p, json_t *rows,
		json_t *ids)
{
	if (class_row_of(rows, p->user_id))
		return;
	json_array_append_new(rows, class_row(ref, p));
	json_array_append_new(ids, json_string(p->user_id));
}

/* Rows of those who have accounts here. */
static int pick(struct client *c, const struct class_ref *ref, const struct roster *r,
		const char *const *users, json_t *rows, json_t *ids, struct err *err)
{
	const char *own = client_server_name(c);
	for (size_t i = 0; !users && i < roster_size(r); i++)
		if (is_here(own, roster_at(r, i)))
			add(ref, roster_at(r, i), rows, ids);
	for (; users && *users; users++) {
		const struct roster_person *p = find(r, own, *users, err);
		if (!p)
			return err->code;
		if (!is_here(own, p))
			return err_set(err, ERR_UNSUPPORTED, _("%s has no account on this server"),
				       p->user_id);
		add(ref, p, rows, ids);
	}
	return 0;
}

static json_t *with_links(const json_t *rows)
{
	json_t *list = json_array(), *row;
	size_t i;
	json_array_foreach (rows, i, row)
		if (json_object_get(row, "code"))
			json_array_append(list, row);
	return list;
}

int client_class_links(struct client *c, const struct class_ref *ref, const char *const *users,
		       int64_t link_life_ms, json_t **ret, struct err *err)
{
	struct roster *r = NULL;
	bool ours;
	JSON_AUTO json_t *rows = json_array();
	json_t *ids = json_array();
	int rc = class_is_ours(c, &ours, err);
	if (!rc && !ours)
		rc = err_set(err, ERR_UNSUPPORTED,
			     _("One-time links are made by muster's own server only"));
	if (!rc)
		rc = load(c, ref, &r, err);
	if (!rc)
		rc = pick(c, ref, r, users, rows, ids, err);
	if (!rc)
		rc = class_add_links(c, ref, json_incref(ids), users ? NULL : "unclaimed",
				     link_life_ms, rows, err);
	if (!rc)
		*ret = with_links(rows);
	json_decref(ids);
	roster_free(r);
	return rc;
}

/* -- showing -------------------------------------------------------------- */

struct showing {
	struct client *c;
	const struct class_ref *ref;
	json_t *links, *accounts; /* NULL: not ours */
	int64_t room;		  /* in the cache */
};

static const json_t *by_user(const json_t *list, const char *user_id)
{
	size_t i;
	json_t *o;
	json_array_foreach (list, i, o) {
		const char *is = json_get_str(o, "user_id");
		if (is && !strcmp(is, user_id))
			return o;
	}
	return NULL;
}

static const char *link_state(const json_t *link)
{
	if (!link)
		return "none";
	if (!json_is_null(json_object_get(link, "used_ts")))
		return "used";
	return json_get_i64(link, "expires_ts", 0) <= clock_wall_ms() ? "expired" : "open";
}

static json_t *show_row(struct showing *w, const struct roster_person *p)
{
	struct store *s;
	json_t *row = class_row(w->ref, p);
	AUTO_FREE char *is = client_store(w->c, &s, NULL) || !w->room
				     ? NULL
				     : store_member_membership(s, w->room, span_of(p->user_id));
	const json_t *account = by_user(w->accounts, p->user_id);
	json_object_set_new(row, "membership", json_string(is ? is : "none"));
	json_object_set_new(row, "link",
			    w->links ? json_string(link_state(by_user(w->links, p->user_id)))
				     : json_null());
	json_t *seen = json_object_get(account, "last_seen_ts");
	json_object_set(row, "last_seen_ts", seen ? seen : json_null());
	return row;
}

static int find_in_cache(struct showing *w, struct err *err)
{
	AUTO(store_room_done) struct store_room room = {0};
	int rc = client_need_members(w->c, w->ref->room_id, err);
	if (!rc)
		rc = client_find_room(w->c, w->ref->room_id, &room, err);
	w->room = room.id;
	return rc;
}

int client_class_show(struct client *c, const struct class_ref *ref, client_row_fn *fn, void *arg,
		      struct err *err)
{
	JSON_AUTO json_t *links = NULL, *accounts = NULL;
	struct roster *r = NULL;
	struct showing w = {.c = c, .ref = ref};
	int rc = load(c, ref, &r, err);
	if (!rc)
		rc = find_in_cache(&w, err);
	/* A teacher who administers nothing sees the rest all the same. */
	if (!rc && !client_admin(c, "link.list", NULL, &links, NULL) &&
	    !client_admin(c, "user.list", NULL, &accounts, NULL)) {
		w.links = json_get_array(links, "links");
		w.accounts = json_get_array(accounts, "users");
	}
	for (size_t i = 0; !rc && i < roster_size(r); i++) {
		JSON_AUTO json_t *row = show_row(&w, roster_at(r, i));
		rc = fn(row, arg);
	}
	roster_free(r);
	return rc;
}

int client_class_close(struct client *c, struct class_ref *ref, bool undo, struct err *err)
{
	int rc = class_set_closed(c, ref, !undo, err);
	if (rc || undo)
		return rc;
	JSON_AUTO json_t *args = json_pack("{s:s}", "room_id", ref->room_id);
	struct err e = {0};
	rc = client_admin(c, "link.revoke", args, NULL, &e);
	if (!rc || rc == ERR_UNSUPPORTED || rc == ERR_AUTH)
		return 0; /* no links, or not ours to end */
	*err = e;
	return rc;
}
