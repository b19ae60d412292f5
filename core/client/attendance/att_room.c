/* The class: its rooms, its people, its rules, whom to believe. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/class_rooms.h"
#include "core/client/own_server.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"

#include <stdlib.h>
#include <string.h>

int64_t att_joined(struct store *s, const char *room_id)
{
	AUTO(store_room_done) struct store_room r = {0};
	int64_t id = room_id ? store_room_find(s, span_of(room_id)) : 0;
	if (!id || !store_room_get(s, id, &r) || strcmp(r.membership, "join") != 0)
		return 0;
	return id;
}

static void find_staff_room(struct att_room *a)
{
	JSON_AUTO json_t *event = NULL;
	const json_t *content = state_content(a->s, a->room.id, CLASS_TYPE, NULL, &event);
	const char *id = json_get_str(content, "staff_room");
	a->has_staff_room = id != NULL;
	a->staff = att_joined(a->s, id);
	a->staff_id = a->staff ? mem_strdup(id) : NULL;
}

static int take_chunk(const struct store_state *st, void *arg)
{
	JSON_AUTO json_t *event = NULL;
	AUTO_FREE char *key = span_dup(st->key);
	if (json_parse_object(st->json, &event, NULL) == 0)
		roster_read_chunk(arg, key, json_get_object(event, "content"));
	return 0;
}

static void find_roster(struct att_room *a)
{
	struct roster *r = roster_new();
	store_state_walk_type(a->s, a->staff ? a->staff : a->room.id, ROSTER_TYPE, take_chunk, r);
	if (roster_size(r))
		a->roster = r;
	else
		roster_free(r);
}

static bool read_rules(struct att_room *a, int64_t room)
{
	JSON_AUTO json_t *event = NULL;
	const json_t *content = room ? state_content(a->s, room, RULES_TYPE, NULL, &event) : NULL;
	return content && attendance_rules_read(content, &a->rules, NULL) == 0;
}

/* -- Whom to believe -------------------------------------------------------------------- */

/* Is our homeserver a `muster serve`? Asked once. */
static bool own_server_observes(struct client *c, struct store *s)
{
	enum own_server is = own_server_known(s);
	JSON_AUTO json_t *reply = NULL;
	if (is != OWN_SERVER_UNKNOWN)
		return is == OWN_SERVER_YES;
	int rc = session_get(client_session(c), "/.well-known/matrix/client", &reply, NULL);
	return (!rc || rc == ERR_NOT_FOUND) && own_server_note(c, s, reply) == OWN_SERVER_YES;
}

static void room_power(const struct att_room *a, int64_t room, struct power *ret)
{
	JSON_AUTO json_t *levels_event = NULL, *create_event = NULL;
	const char *creator = NULL;
	const json_t *levels =
		state_content(a->s, room, "m.room.power_levels", NULL, &levels_event);
	const json_t *create = state_content(a->s, room, "m.room.create", &creator, &create_event);
	power_init(ret, levels, create, creator);
}

/* Elsewhere: those who may lead a call there, when they say what they saw. */
static void find_observers(struct att_room *a)
{
	a->observers = json_array();
	a->staff_observes = !own_server_observes(a->c, a->s);
	if (!a->staff_observes)
		json_array_append_new(a->observers,
				      json_sprintf("@_muster:%s", client_server_name(a->c)));
}

/* -- All of it ------------------------------------------------------------------------------ */

int att_room_open(struct client *c, const char *room_id, struct att_room *a, struct err *err)
{
	*a = (struct att_room){.c = c, .rules = attendance_defaults};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = client_store(c, &a->s, err);
	if (!rc)
		rc = client_find_room(c, room_id, &a->room, err);
	if (!rc && !a->room.members_complete)
		rc = client_need_members(c, room_id, err);
	if (rc)
		return rc;
	find_staff_room(a);
	find_roster(a);
	if (!read_rules(a, a->staff))
		read_rules(a, a->room.id);
	find_observers(a);
	a->is_staff = att_user_is_staff(a, client_account(c)->user_id);
	return 0;
}

void att_room_done(struct att_room *a)
{
	store_room_done(&a->room);
	mem_free(a->staff_id);
	roster_free(a->roster);
	json_decref(a->observers);
}

bool att_user_is_staff(const struct att_room *a, const char *user_id)
{
	AUTO(power_done) struct power p = {0};
	room_power(a, a->room.id, &p);
	return power_of_user(&p, user_id) >= STAFF_POWER;
}

int att_need_staff(const struct att_room *a, struct err *err)
{
	if (a->is_staff && (a->staff || !a->has_staff_room))
		return 0;
	err_set(err, ERR_AUTH, _("Only the staff of %s may do this"), a->room.display);
	err_hint(err, _("muster attendance mine shows your own marks"));
	return ERR_AUTH;
}

const char *att_staff_id(const struct att_room *a)
{
	return a->staff ? a->staff_id : a->room.room_id;
}
