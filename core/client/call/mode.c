#include "core/client/call/mode.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/outside.h"
#include "core/client/call/steer.h"
#include "core/client/rooms.h"
#include "core/client/util.h"

void call_mode_read(struct store *s, int64_t room, struct call_mode *ret)
{
	const char *creator = NULL;
	*ret = (struct call_mode){.event = NULL};
	json_t *levels = state_content(s, room, "m.room.power_levels", NULL, &ret->levels);
	json_t *create = state_content(s, room, "m.room.create", &creator, &ret->create);
	power_init(&ret->power, levels, create, creator);
	live_read(state_content(s, room, LIVE_TYPE, NULL, &ret->event), &ret->live);
}

void call_mode_done(struct call_mode *m)
{
	power_done(&m->power);
	json_decref(m->event);
	json_decref(m->levels);
	json_decref(m->create);
	*m = (struct call_mode){.event = NULL};
}

bool call_mode_may_speak(const struct call_mode *m, const char *user)
{
	return live_may_speak(&m->live, &m->power, user);
}

bool call_mode_is_host(const struct call_mode *m, const char *user)
{
	return live_is_host(&m->power, user);
}

/* -- Changing it ------------------------------------------------------------------------ */

static int check_power(struct client *c, const char *room_id, struct err *err)
{
	AUTO(store_room_done) struct store_room room = {0};
	AUTO(call_mode_done) struct call_mode m = {.event = NULL};
	const char *own = client_account(c)->user_id;
	struct store *s;
	int rc = client_find_room(c, room_id, &room, err);
	if (!rc)
		rc = client_store(c, &s, err);
	if (rc)
		return rc;
	call_mode_read(s, room.id, &m);
	if ((!m.levels && !m.create) || power_can_state(&m.power, own, LIVE_TYPE, ""))
		return 0; /* else not synced yet: the server will say */
	err_set(err, ERR_AUTH,
		_("you do not lead the calls of %.100s: that takes power %lld, you have %lld"),
		room.display, (long long)power_for_event(&m.power, LIVE_TYPE, true),
		(long long)power_of_user(&m.power, own));
	err_hint(err, "muster room role");
	return ERR_AUTH;
}

static int change_floor(struct live *l, const char *user, bool give, bool *ret_changed,
			struct err *err)
{
	if (!l->live)
		return err_set(err, ERR_CONFLICT,
			       _("this is no live lesson: everybody may speak already"));
	if (give && !live_has_floor(l, user) && l->floor_n == LIVE_FLOOR_MAX)
		return err_set(err, ERR_LIMITED, _("%d people have the floor, no more can"),
			       LIVE_FLOOR_MAX);
	*ret_changed = live_set_floor(l, user, give);
	return 0;
}

static int apply(struct live *l, enum call_change what, const char *user, bool *ret_changed,
		 struct err *err)
{
	bool live = l->live, locked = l->locked;
	switch (what) {
	case CALL_GIVE_FLOOR:
	case CALL_TAKE_FLOOR:
		return change_floor(l, user, what == CALL_GIVE_FLOOR, ret_changed, err);
	case CALL_GO_LIVE:
		/* Who had the floor in the last one has it no more. */
		if (!live)
			l->floor_n = 0;
		l->live = true;
		break;
	case CALL_GO_MEETING:
		l->live = false;
		l->floor_n = 0;
		break;
	case CALL_OVER:
		*l = (struct live){.live = false};
		break;
	case CALL_LOCK:
	case CALL_UNLOCK:
		l->locked = what == CALL_LOCK;
		break;
	}
	*ret_changed = live != l->live || locked != l->locked;
	return 0;
}

static json_t *row_of(const char *room_id, const struct live *l, bool changed, const char *user)
{
	json_t *row = json_object(), *floor = json_array();
	for (size_t i = 0; i < l->floor_n; i++)
		json_array_append_new(floor, json_string(l->floor[i]));
	row_str(row, "room_id", room_id);
	row_bool(row, "live", l->live);
	json_object_set_new(row, "floor", floor);
	row_bool(row, "locked", l->locked);
	row_bool(row, "changed", changed);
	if (user)
		row_str(row, "user_id", user);
	return row;
}

int call_mode_change(struct client *c, const char *room_id, enum call_change what, const char *user,
		     json_t **ret, struct err *err)
{
	JSON_AUTO json_t *now = NULL, *next = NULL;
	struct live l;
	bool changed = false;
	int rc = check_power(c, room_id, err);
	if (!rc)
		rc = client_state_get(c, room_id, LIVE_TYPE, "", &now, err);
	if (rc && rc != ERR_NOT_FOUND)
		return rc;
	live_read(now, &l);
	rc = apply(&l, what, user, &changed, err);
	if (!rc && changed) {
		next = live_content(&l);
		rc = client_state_put(c, room_id, LIVE_TYPE, "", next, NULL, err);
	}
	if (!rc)
		*ret = row_of(room_id, &l, changed, user);
	return rc;
}

static int end_call(struct client *c, const char *room_id, bool *ret_ended, struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	int rc = calls_host(c, room_id, HOST_END, NULL, &row, err);
	*ret_ended = !rc;
	return rc == ERR_NOT_FOUND ? outside_end_call(c, room_id, ret_ended, err) : rc;
}

int call_end_for_all(struct client *c, const char *room_id, json_t **ret, struct err *err)
{
	struct err e = {0};
	bool ended = false;
	int rc = check_power(c, room_id, err);
	if (!rc)
		rc = end_call(c, room_id, &ended, err);
	if (rc)
		return rc;
	rc = call_mode_change(c, room_id, CALL_OVER, NULL, ret, &e);
	if (rc) {
		if (ended)
			err_prefix(&e, _("the call is over, but who may speak or come into the "
					 "next one stays as it was"));
		if (err)
			*err = e;
		return rc;
	}
	row_bool(*ret, "ended", ended);
	return 0;
}

static int take_floor(struct client *c, const char *room_id, const char *user, struct err *err)
{
	JSON_AUTO json_t *now = NULL, *next = NULL;
	struct live l;
	int rc = client_state_get(c, room_id, LIVE_TYPE, "", &now, err);
	if (rc)
		return rc == ERR_NOT_FOUND ? 0 : rc;
	live_read(now, &l);
	if (!l.live || !live_set_floor(&l, user, false))
		return 0;
	next = live_content(&l);
	return client_state_put(c, room_id, LIVE_TYPE, "", next, NULL, err);
}

int call_put_out(struct client *c, const char *room_id, const char *user, json_t **ret,
		 struct err *err)
{
	JSON_AUTO json_t *row = NULL;
	struct err e = {0};
	int rc = calls_host(c, room_id, HOST_REMOVE, user, &row, err);
	if (rc)
		return rc;
	rc = take_floor(c, json_get_str(row, "room_id"), user, &e);
	if (rc) {
		err_prefix(&e, _("they are out of the call, but keep the floor"));
		*err = e;
		return rc;
	}
	*ret = take(&row);
	return 0;
}
