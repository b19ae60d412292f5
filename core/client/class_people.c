/* Bringing people into the rooms of a class. */
#include "core/base/i18n.h"
#include "core/client/admin.h"
#include "core/client/class_priv.h"
#include "core/client/rooms.h"
#include "core/client/util.h"

#include <string.h>

#define AT_ONCE 100 /* people per request: so that progress is seen */

static void progress(const struct class_request *rq, const char *what, size_t done, size_t total)
{
	if (rq->progress)
		rq->progress(rq->arg, what, (int64_t)done, (int64_t)total);
}

static bool has_failed(const json_t *row)
{
	const char *state = json_get_str(row, "state");
	return state && !strcmp(state, "failed");
}

static bool is_here(const struct client *c, const char *user_id)
{
	const char *colon = strchr(user_id, ':');
	return colon && !strcmp(colon + 1, client_server_name(c));
}

static void put_state(json_t *row, const char *state)
{
	const char *is = json_get_str(row, "state");
	/* An account that was made now counts as added, whatever came of it. */
	if (is && !strcmp(is, "added") && !strcmp(state, "existing"))
		return;
	json_object_set_new(row, "state", json_string(state));
}

static int join_some(struct client *c, const char *room_id, json_t *users, json_t *rows,
		     struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	JSON_AUTO json_t *args = json_pack("{s:s,s:o}", "room_id", room_id, "users", users);
	size_t i;
	json_t *o;
	int rc = client_admin(c, "room.join", args, &reply, err);
	json_array_foreach (json_get_array(reply, "users"), i, o) {
		const char *user = json_get_str(o, "user_id"), *state = json_get_str(o, "state");
		json_t *row = user ? class_row_of(rows, user) : NULL;
		if (row && state)
			put_state(row, strcmp(state, "joined") ? state : "added");
	}
	return rc;
}

static int invite_one(struct client *c, const char *room_id, json_t *row)
{
	struct err e = {0};
	const char *user = json_get_str(row, "user_id");
	struct store *s;
	int64_t id = client_store(c, &s, NULL) ? 0 : store_room_find(s, span_of(room_id));
	AUTO_FREE char *is = id ? store_member_membership(s, id, span_of(user)) : NULL;
	if (is && strcmp(is, "invite") != 0) {
		put_state(row, !strcmp(is, "join")  ? "existing"
			       : !strcmp(is, "ban") ? "banned"
						    : "left");
		return 0;
	}
	int rc = client_room_act(c, ROOM_INVITE, room_id, user, NULL, &e);
	put_state(row, rc ? "failed" : "invited");
	if (rc)
		json_object_set_new(row, "error", json_string(e.msg));
	/* One person's trouble is told in their row; the network's is everybody's. */
	return rc == ERR_NETWORK || rc == ERR_CANCELLED ? rc : 0;
}

static int invite_all(struct client *c, const char *room_id, bool ours, json_t *rows,
		      const struct class_request *rq, struct err *err)
{
	size_t i;
	json_t *row;
	/* Who is there already. A room made just now is not in the cache: nobody is. */
	client_need_members(c, room_id, NULL);
	json_array_foreach (rows, i, row) {
		if (has_failed(row) || (ours && is_here(c, json_get_str(row, "user_id"))))
			continue;
		int rc = invite_one(c, room_id, row);
		if (rc)
			return err_set(err, rc, _("Inviting was interrupted: run the same again"));
		progress(rq, _("inviting"), i + 1, json_array_size(rows));
	}
	return 0;
}

int class_bring(struct client *c, const char *room_id, bool ours, json_t *rows,
		const struct class_request *rq, struct err *err)
{
	json_t *users = json_array(), *row;
	size_t i, n = json_array_size(rows);
	int rc = 0;
	json_array_foreach (rows, i, row) {
		const char *user = json_get_str(row, "user_id");
		if (ours && !has_failed(row) && is_here(c, user))
			json_array_append_new(users, json_string(user));
		if (json_array_size(users) < AT_ONCE && i + 1 < n)
			continue;
		if (!rc && json_array_size(users))
			rc = join_some(c, room_id, users, rows, err);
		else
			json_decref(users);
		users = json_array();
		progress(rq, _("into the room"), i + 1, n);
	}
	json_decref(users);
	return rc ? rc : invite_all(c, room_id, ours, rows, rq, err);
}

static int give_power(struct client *c, const char *room_id, const char *user, struct err *err)
{
	JSON_AUTO json_t *levels = NULL, *row = NULL;
	int rc = client_state_get(c, room_id, "m.room.power_levels", "", &levels, err);
	if (rc || json_get_i64(json_get_object(levels, "users"), user, 0) >= 50)
		return rc;
	return client_room_role(c, room_id, user, "teacher", false, &row, err);
}

static int teachers_into(struct client *c, const char *room_id, bool ours,
			 const struct class_request *rq, struct err *err)
{
	JSON_AUTO json_t *rows = json_array();
	struct class_request quiet = *rq;
	size_t i;
	json_t *row;
	int rc = 0;
	quiet.progress = NULL;
	for (const char *const *t = rq->teachers; t && *t; t++)
		if (strcmp(*t, client_account(c)->user_id) != 0)
			json_array_append_new(rows, json_pack("{s:s}", "user_id", *t));
	if (json_array_size(rows))
		rc = class_bring(c, room_id, ours, rows, &quiet, err);
	json_array_foreach (rows, i, row) {
		const char *user = json_get_str(row, "user_id");
		if (!rc && has_failed(row))
			rc = err_set(err, ERR_FAILED, _("The teacher %s cannot be invited: %s"),
				     user, json_get_str(row, "error"));
		if (!rc)
			rc = give_power(c, room_id, user, err);
	}
	return rc;
}

int class_bring_teachers(struct client *c, const struct class_ref *ref, bool ours,
			 const struct class_request *rq, struct err *err)
{
	int rc = teachers_into(c, ref->staff_id, ours, rq, err);
	return rc ? rc : teachers_into(c, ref->room_id, ours, rq, err);
}
