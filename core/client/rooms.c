#include "core/client/rooms.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/room_prefs.h"
#include "core/client/util.h"
#include "core/matrix/reply.h"

static const char TAG_ARCHIVED[] = "u.org.muster.archived";
static const char TAG_LOW[] = "m.lowpriority";

/*
 * Whole maps, because an override replaces the server's. Members of the room
 * may say that they are in its call.
 */
json_t *room_power_defaults(bool is_space)
{
	json_t *events = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "m.room.name", 50,
				   "m.room.avatar", 50, "m.room.canonical_alias", 50,
				   "m.room.history_visibility", 100, "m.room.power_levels", 100,
				   "m.room.encryption", 100, "m.room.tombstone", 100,
				   "m.room.server_acl", 100);
	if (!is_space)
		json_object_set_new(events, "org.matrix.msc3401.call.member", json_integer(0));
	json_t *power = json_pack("{s:o}", "events", events);
	if (is_space)
		json_object_set_new(power, "events_default", json_integer(100));
	return power;
}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(o, key, row_text(span_of(value)));
}

/* "name", "#name" or "#name:server" to what createRoom wants. */
static char *alias_local(const struct client *c, const char *alias, struct err *err)
{
	const char *local = alias[0] == '#' ? alias + 1 : alias;
	const char *colon = strchr(local, ':');
	if (colon && strcmp(colon + 1, client_server_name(c)) != 0) {
		err_set(err, ERR_USAGE, _("An alias made here must end in :%s"),
			client_server_name(c));
		return NULL;
	}
	char *name = colon ? mem_strndup(local, (size_t)(colon - local)) : mem_strdup(local);
	if (!*name) {
		mem_free(name);
		err_set(err, ERR_USAGE, _("The alias is empty"));
		return NULL;
	}
	return name;
}

static json_t *create_options(const struct room_create *rq, const char *alias)
{
	json_t *o = json_object();
	const char *preset = rq->is_public ? "public_chat"
			     : rq->direct  ? "trusted_private_chat"
					   : "private_chat";
	set_text(o, "name", rq->name);
	set_text(o, "topic", rq->topic);
	set_text(o, "room_alias_name", alias);
	json_object_set_new(o, "preset", json_string(preset));
	json_object_set_new(o, "visibility", json_string(rq->is_public ? "public" : "private"));
	if (rq->direct)
		json_object_set_new(o, "is_direct", json_true());
	if (rq->is_space || rq->type)
		json_object_set_new(o, "creation_content",
				    json_pack("{s:s}", "type",
					      rq->is_space ? "m.space" : rq->type));
	json_t *invite = json_array();
	for (const char *const *u = rq->invite; u && *u; u++)
		json_array_append_new(invite, json_string(*u));
	json_object_set_new(o, "invite", invite);
	json_object_set_new(o, "power_level_content_override",
			    rq->power ? json_deep_copy(rq->power)
				      : room_power_defaults(rq->is_space));
	json_t *state = rq->state ? json_deep_copy(rq->state) : json_array();
	json_object_set_new(o, "initial_state", state);
	return o;
}

/* The space lists its child; the child's own m.space.parent went in with its first state. */
static int put_in_space(struct client *c, const char *space, const char *room_id, struct err *err)
{
	JSON_AUTO json_t *child = json_pack("{s:[s]}", "via", client_server_name(c));
	int rc = client_state_put(c, space, "m.space.child", room_id, child, NULL, err);
	if (rc)
		err_prefix(err, _("the room was made, but not put into the space"));
	return rc;
}

int client_room_create(struct client *c, const struct room_create *rq, json_t **ret,
		       struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *alias = NULL;
	const char *room_id;
	if (rq->alias && (alias = alias_local(c, rq->alias, err)) == NULL)
		return ERR_USAGE;
	JSON_AUTO json_t *options = create_options(rq, alias);
	if (rq->space)
		json_array_append_new(json_object_get(options, "initial_state"),
				      json_pack("{s:s, s:s, s:{s:[s], s:b}}", "type",
						"m.space.parent", "state_key", rq->space, "content",
						"via", client_server_name(c), "canonical", 1));
	int rc = session_do(client_session(c), request_create_room(options), &reply, err);
	if (!rc)
		rc = reply_room_id(reply, &room_id, err);
	if (rc)
		return rc;
	client_note_room(c, room_id, rq->name, NULL);
	json_t *row = json_object();
	row_str(row, "room_id", room_id);
	row_str(row, "name", rq->name);
	json_object_set_new(row, "alias",
			    alias ? json_sprintf("#%s:%s", alias, client_server_name(c))
				  : json_null());
	*ret = row;
	return rq->space ? put_in_space(c, rq->space, room_id, err) : 0;
}

/* Who invited us to a direct chat, or NULL. The caller owns it. */
char *client_direct_inviter(struct client *c, const char *room_id)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *ev = NULL;
	struct store *s;
	if (client_store(c, &s, NULL))
		return NULL;
	int64_t id = store_room_find(s, span_of(room_id));
	if (!id ||
	    !store_state_get(s, id, "m.room.member", span_of(client_account(c)->user_id), &b) ||
	    json_parse_object(buf_span(&b), &ev, NULL))
		return NULL;
	json_t *content = json_get_object(ev, "content");
	const char *membership = json_get_str(content, "membership");
	if (!membership || strcmp(membership, "invite") != 0 ||
	    !json_get_bool(content, "is_direct", false))
		return NULL;
	return mem_strdup(json_get_str(ev, "sender"));
}

int client_room_join(struct client *c, const char *what, const char *reason, json_t **ret,
		     struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *target = NULL;
	const char *room_id;
	int rc = 0;
	if (what[0] == '#' && !strchr(what, ':'))
		target = mem_printf("%s:%s", what, client_server_name(c));
	else if (what[0] == '#' || what[0] == '!')
		target = mem_strdup(what);
	else
		rc = room_resolve(c, what, ROOM_INVITED, &target, err);
	if (!rc)
		rc = session_do(client_session(c), request_join(target, reason, NULL), &reply, err);
	if (!rc)
		rc = reply_room_id(reply, &room_id, err);
	if (rc)
		return rc;
	AUTO_FREE char *direct = client_direct_inviter(c, room_id);
	client_note_room(c, room_id, NULL, direct);
	*ret = json_pack("{s:s}", "room_id", room_id);
	return direct ? room_note_direct(c, direct, room_id, err) : 0;
}

int client_room_leave(struct client *c, const char *room_id, const char *reason, bool forget,
		      struct err *err)
{
	struct store *s;
	int rc = session_do(client_session(c), request_leave(room_id, reason), NULL, err);
	if (!rc && forget)
		rc = session_do(client_session(c), request_forget(room_id), NULL, err);
	if (rc)
		return rc;
	rc = client_store(c, &s, err);
	int64_t id = rc ? 0 : store_room_find(s, span_of(room_id));
	return id ? store_room_membership(s, id, "leave", err) : rc;
}

int client_room_archive(struct client *c, const char *room_id, bool undo, struct err *err)
{
	struct session *s = client_session(c);
	const char *own = client_account(c)->user_id;
	struct store *st;
	int rc;
	if (undo) {
		rc = session_do(s, request_tag_delete(own, room_id, TAG_LOW), NULL, err);
		if (!rc)
			rc = session_do(s, request_tag_delete(own, room_id, TAG_ARCHIVED), NULL,
					err);
	} else {
		rc = session_do(s, request_tag_put(own, room_id, TAG_LOW, 0.5), NULL, err);
		if (!rc)
			rc = session_do(s, request_tag_put(own, room_id, TAG_ARCHIVED, -1), NULL,
					err);
	}
	if (!rc)
		rc = client_room_notify(c, room_id, undo ? ROOM_NOTIFY_DEFAULT : ROOM_NOTIFY_NONE,
					err);
	if (!rc)
		rc = client_store(c, &st, err);
	int64_t id = rc ? 0 : store_room_find(st, span_of(room_id));
	return id ? store_room_archived(st, id, !undo, err) : rc;
}

/* Is the person there (or invited) already? */
static bool is_there(struct client *c, const char *room_id, const char *user_id)
{
	JSON_AUTO json_t *content = NULL;
	if (client_state_get(c, room_id, "m.room.member", user_id, &content, NULL))
		return false;
	const char *membership = json_get_str(content, "membership");
	return membership && (strcmp(membership, "join") == 0 || strcmp(membership, "invite") == 0);
}

int client_room_act(struct client *c, enum room_action what, const char *room_id,
		    const char *user_id, const char *reason, struct err *err)
{
	static const enum member_action acts[] = {
		[ROOM_INVITE] = MEMBER_ACT_INVITE,
		[ROOM_KICK] = MEMBER_ACT_KICK,
		[ROOM_BAN] = MEMBER_ACT_BAN,
		[ROOM_UNBAN] = MEMBER_ACT_UNBAN,
	};
	struct err e = {0};
	int rc = session_do(client_session(c), request_member(acts[what], room_id, user_id, reason),
			    NULL, &e);
	if (rc && what == ROOM_INVITE && e.http_status == 403 && is_there(c, room_id, user_id))
		return 0;
	if (rc && err)
		*err = e;
	return rc;
}

int client_state_get(struct client *c, const char *room_id, const char *type, const char *key,
		     json_t **ret, struct err *err)
{
	return session_do(client_session(c), request_state_get(room_id, type, key), ret, err);
}

int client_state_put(struct client *c, const char *room_id, const char *type, const char *key,
		     const json_t *content, char **ret_event_id, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	const char *id;
	int rc = session_do(client_session(c), request_state_put(room_id, type, key, content),
			    &reply, err);
	if (!rc)
		rc = reply_event_id(reply, &id, err);
	if (!rc && ret_event_id)
		*ret_event_id = mem_strdup(id);
	return rc;
}
