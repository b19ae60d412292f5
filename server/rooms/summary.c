#include "server/rooms/summary.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "server/rooms/room.h"

#include <wctype.h>

/* Which member of which state event becomes which member of a summary. */
static const struct {
	const char *type, *field, *as;
	bool more;
} copied[] = {
	{"m.room.name", "name", "name", false},
	{"m.room.topic", "topic", "topic", false},
	{"m.room.avatar", "url", "avatar_url", false},
	{"m.room.canonical_alias", "alias", "canonical_alias", false},
	{"m.room.create", "type", "room_type", false},
	{"m.room.join_rules", "join_rule", "join_rule", false},
	{"m.room.encryption", "algorithm", "encryption", true},
};

static void add_rules(json_t *to, struct span type, const json_t *content, bool more)
{
	size_t i;
	json_t *rule;
	const char *visibility = json_get_str(content, "history_visibility");
	const char *guests = json_get_str(content, "guest_access");
	if (span_eq_str(type, "m.room.history_visibility") && visibility)
		json_object_set_new(to, "world_readable",
				    json_boolean(strcmp(visibility, "world_readable") == 0));
	if (span_eq_str(type, "m.room.guest_access") && guests)
		json_object_set_new(to, "guest_can_join",
				    json_boolean(strcmp(guests, "can_join") == 0));
	if (!more || !span_eq_str(type, "m.room.join_rules"))
		return;
	json_t *allowed = json_array();
	json_array_foreach (json_get_array(content, "allow"), i, rule)
		if (json_get_str(rule, "room_id"))
			json_array_append(allowed, json_object_get(rule, "room_id"));
	if (json_array_size(allowed))
		json_object_set(to, "allowed_room_ids", allowed);
	json_decref(allowed);
}

static void add_event(json_t *to, struct span type, struct span text, bool more)
{
	JSON_AUTO json_t *event = NULL;
	if (json_parse_object(text, &event, NULL))
		return;
	json_t *content = json_object_get(event, "content");
	for (size_t i = 0; i < ARRAY_LEN(copied); i++) {
		json_t *v = json_object_get(content, copied[i].field);
		if (span_eq_str(type, copied[i].type) && json_is_string(v) &&
		    json_string_length(v) && (more || !copied[i].more))
			json_object_set(to, copied[i].as, v);
	}
	add_rules(to, type, content, more);
}

static int64_t joined(struct sql *db, int64_t room_nid)
{
	struct sql_stmt *s =
		SQL(db, "SELECT count(*) FROM memberships WHERE room_nid=? AND membership=?");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_i64(s, 2, MEMBERSHIP_JOIN);
	return sql_get_i64(s, 0);
}

json_t *room_summary(struct sql *db, int64_t room_nid, bool more)
{
	struct sql_stmt *s = SQL(db, "SELECT room_id,version FROM rooms WHERE nid=?");
	sql_bind_i64(s, 1, room_nid);
	if (!sql_row(s))
		return NULL;
	struct span id = sql_col_text(s, 0), version = sql_col_text(s, 1);
	json_t *to = json_object();
	json_object_set_new(to, "room_id", json_stringn(id.p, id.n));
	if (more)
		json_object_set_new(to, "room_version", json_stringn(version.p, version.n));
	sql_reset(s);
	json_object_set_new(to, "num_joined_members", json_integer(joined(db, room_nid)));
	json_object_set_new(to, "world_readable", json_false());
	json_object_set_new(to, "guest_can_join", json_false());
	json_object_set_new(to, "join_rule", json_string("invite"));
	s = SQL(db, "SELECT c.type,e.text FROM current_state c JOIN events e ON e.pos=c.pos"
		    " WHERE c.room_nid=? AND c.state_key='' AND c.type IN('m.room.name',"
		    "'m.room.topic','m.room.avatar','m.room.canonical_alias','m.room.create',"
		    "'m.room.join_rules','m.room.encryption','m.room.history_visibility',"
		    "'m.room.guest_access')");
	sql_bind_i64(s, 1, room_nid);
	while (sql_row(s))
		add_event(to, sql_col_text(s, 0), sql_col_text(s, 1), more);
	return to;
}

bool room_summary_is_open(const json_t *summary)
{
	const char *rule = json_get_str(summary, "join_rule");
	return json_get_bool(summary, "world_readable", false) ||
	       (rule && (strcmp(rule, "public") == 0 || strcmp(rule, "knock") == 0 ||
			 strcmp(rule, "knock_restricted") == 0));
}

/* Is the person in one of the rooms whose members may join? */
static bool in_allowed_room(struct sql *db, const json_t *summary, int64_t user_nid)
{
	size_t i;
	json_t *v;
	int64_t nid;
	json_array_foreach (json_get_array(summary, "allowed_room_ids"), i, v)
		if (!room_find(db, span_of(json_string_value(v)), &nid, NULL) &&
		    room_membership(db, nid, user_nid) == MEMBERSHIP_JOIN)
			return true;
	return false;
}

bool room_summary_visible(struct sql *db, const json_t *summary, int64_t room_nid, int64_t user_nid)
{
	if (room_summary_is_open(summary))
		return true;
	if (!user_nid)
		return false;
	enum membership is = room_membership(db, room_nid, user_nid);
	return is == MEMBERSHIP_JOIN || is == MEMBERSHIP_INVITE || is == MEMBERSHIP_KNOCK ||
	       (is != MEMBERSHIP_BAN && in_allowed_room(db, summary, user_nid));
}

/* Does `text` begin with `term`, in lower case? */
static bool starts(struct span text, struct span term)
{
	bool ok;
	while (term.n) {
		if (!text.n)
			return false;
		if (towlower((wint_t)utf8_next(&text, &ok)) !=
		    towlower((wint_t)utf8_next(&term, &ok)))
			return false;
	}
	return true;
}

static bool holds(struct span text, struct span term)
{
	bool ok;
	while (text.n) {
		if (starts(text, term))
			return true;
		utf8_next(&text, &ok);
	}
	return term.n == 0;
}

/* A topic may have 60,000 bytes, and a directory thousands of topics. */
#define SEARCHED_BYTES 1024

bool room_summary_matches(const json_t *summary, const char *term)
{
	static const char *const searched[] = {"name", "topic", "canonical_alias"};
	for (size_t i = 0; i < ARRAY_LEN(searched); i++)
		if (holds(span_head(json_get_span(summary, searched[i]), SEARCHED_BYTES),
			  span_of(term)))
			return true;
	return false;
}
