#include "core/matrix/event.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "core/matrix/slice.h"

#include <string.h>

#define TS_LIMIT 9007199254740991LL

/* A string field without NUL, 1 to 255 bytes; `required` ones must be there. */
static int read_text(const json_t *json, const char *key, bool required, const char **ret,
		     struct err *err)
{
	const json_t *v = json_object_get(json, key);
	*ret = NULL;
	if (!v && !required)
		return 0;
	if (!v)
		return err_set(err, ERR_INVALID, _("the event has no \"%s\""), key);
	if (!json_is_string(v))
		return err_set(err, ERR_INVALID, _("\"%s\" of the event is not text"), key);
	if (json_string_length(v) > LIMIT_ID_BYTES)
		return err_set(err, ERR_INVALID, _("\"%s\" of the event is longer than %d bytes"),
			       key, LIMIT_ID_BYTES);
	*ret = json_get_str(json, key);
	if (!*ret)
		return err_set(err, ERR_INVALID, _("\"%s\" of the event holds a NUL character"),
			       key);
	return 0;
}

static int check_sender(const char *sender, struct err *err)
{
	struct user_id id;
	struct err why;
	if (user_id_parse(span_of(sender), &id, &why))
		return err_set(err, ERR_INVALID, _("the event's sender is malformed: %s"), why.msg);
	return 0;
}

static int check_event_id(const char *text, struct err *err)
{
	struct event_id id;
	struct err why;
	if (event_id_parse(span_of(text), &id, &why))
		return err_set(err, ERR_INVALID, _("the event's id is malformed: %s"), why.msg);
	return 0;
}

/* What timeline and state events have beyond the others. */
static int read_room_fields(const json_t *json, struct mx_event *ev, struct err *err)
{
	const json_t *ts = json_object_get(json, "origin_server_ts");
	int rc = read_text(json, "event_id", true, &ev->event_id, err);
	if (!rc)
		rc = check_event_id(ev->event_id, err);
	if (!rc)
		rc = read_text(json, "room_id", false, &ev->room_id, err);
	if (rc)
		return rc;
	if (!json_is_integer(ts))
		return err_set(err, ERR_INVALID, _("the event has no time"));
	ev->ts = json_integer_value(ts);
	if (ev->ts < 0 || ev->ts > TS_LIMIT)
		return err_set(err, ERR_INVALID, _("the event's time is out of range"));
	return 0;
}

static int read_sender(const json_t *json, enum event_form form, struct mx_event *ev,
		       struct err *err)
{
	int rc = read_text(json, "sender", form != EVENT_BARE, &ev->sender, err);
	if (!rc && ev->sender && form != EVENT_BARE)
		rc = check_sender(ev->sender, err);
	if (!rc && form != EVENT_BARE)
		rc = read_text(json, "state_key", form == EVENT_STRIPPED, &ev->state_key, err);
	return rc;
}

static void read_unsigned(const json_t *json, struct mx_event *ev)
{
	const json_t *u = json_get_object(json, "unsigned");
	ev->txn_id = json_get_str(u, "transaction_id");
	ev->age = json_get_i64(u, "age", -1);
	ev->prev_content = json_get_object(u, "prev_content");
	ev->redacted_because = json_get_object(u, "redacted_because");
	ev->bundled = json_get_object(u, "m.relations");
}

static void read_redacts(const json_t *json, struct mx_event *ev)
{
	if (!span_eq_str(span_of(ev->type), "m.room.redaction"))
		return;
	/* Room version 11 moved it into the content. */
	ev->redacts = json_get_str(ev->content, "redacts");
	if (!ev->redacts)
		ev->redacts = json_get_str(json, "redacts");
}

int event_parse(json_t *json, enum event_form form, struct mx_event *ret, struct err *err)
{
	struct mx_event ev = {0};
	if (!json_is_object(json))
		return err_set(err, ERR_INVALID, _("the event is not a JSON object"));
	int rc = form == EVENT_ROOM ? read_room_fields(json, &ev, err) : 0;
	if (!rc)
		rc = read_text(json, "type", true, &ev.type, err);
	if (!rc)
		rc = read_sender(json, form, &ev, err);
	if (rc)
		return rc;
	ev.content = json_get_object(json, "content");
	if (!ev.content)
		return err_set(err, ERR_INVALID, _("the event has no content"));
	read_unsigned(json, &ev);
	read_redacts(json, &ev);
	relation_read(ev.content, &ev.rel);
	ev.json = json_incref(json);
	*ret = ev;
	return 0;
}

int event_parse_text(struct span text, enum event_form form, struct mx_event *ret, struct err *err)
{
	if (text.n > LIMIT_CLIENT_EVENT)
		return err_set(err, ERR_TOO_LARGE, _("the event is larger than %u bytes"),
			       LIMIT_CLIENT_EVENT);
	JSON_AUTO json_t *json = NULL;
	int rc = json_parse(text, &json, err);
	return rc ? rc : event_parse(json, form, ret, err);
}

void event_done(struct mx_event *ev)
{
	json_decref(ev->json);
	*ev = (struct mx_event){0};
}

void event_salvage(struct span text, struct event_rest *ret)
{
	*ret = (struct event_rest){0};
	/* slice_find sees whatever stands before the place where it is broken. */
	slice_find_str(text, "event_id", ret->event_id, sizeof(ret->event_id));
	slice_find_str(text, "type", ret->type, sizeof(ret->type));
	slice_find_str(text, "sender", ret->sender, sizeof(ret->sender));
	ret->is_state = slice_find_str(text, "state_key", ret->state_key, sizeof(ret->state_key));
	if (!slice_find_i64(text, "origin_server_ts", &ret->ts) || ret->ts < 0 ||
	    ret->ts > TS_LIMIT)
		ret->ts = 0;
	if (ret->event_id[0] && check_event_id(ret->event_id, NULL))
		ret->event_id[0] = '\0';
	if (ret->sender[0] && check_sender(ret->sender, NULL))
		ret->sender[0] = '\0';
}

void relation_read(const json_t *content, struct mx_relation *ret)
{
	const json_t *o = json_get_object(content, "m.relates_to");
	*ret = (struct mx_relation){0};
	if (!o)
		return;
	ret->rel_type = json_get_str(o, "rel_type");
	ret->event_id = json_get_str(o, "event_id");
	ret->key = json_get_str(o, "key");
	ret->reply_to = json_get_str(json_get_object(o, "m.in_reply_to"), "event_id");
	ret->falling_back = json_get_bool(o, "is_falling_back", false);
}

static bool rel_is(const struct mx_event *ev, const char *rel_type)
{
	return ev->rel.rel_type && ev->rel.event_id && strcmp(ev->rel.rel_type, rel_type) == 0;
}

bool event_is_edit(const struct mx_event *ev)
{
	/* State events cannot be edited (client-server API, "Validity of replacement events"). */
	return rel_is(ev, "m.replace") && !ev->state_key &&
	       json_get_object(ev->content, "m.new_content");
}

static void read_info(const json_t *info, struct mx_message *m)
{
	m->mimetype = json_get_str(info, "mimetype");
	m->size = json_get_i64(info, "size", -1);
	m->duration_ms = json_get_i64(info, "duration", -1);
	m->width = json_get_i64(info, "w", -1);
	m->height = json_get_i64(info, "h", -1);
}

static bool is_file(const char *msgtype)
{
	static const char *const types[] = {"m.file", "m.image", "m.audio", "m.video", "m.sticker"};
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i], msgtype) == 0)
			return true;
	return false;
}

/* Since v1.10 a file's body is a caption when a filename that differs stands beside it. */
static void read_file(const json_t *content, struct mx_message *m)
{
	json_t *file = json_get_object(content, "file");
	m->url = json_get_str(content, "url");
	if (file) {
		m->encrypted_file = true;
		m->url = NULL;
	}
	m->filename = json_get_span(content, "filename");
	if (!m->filename.n)
		m->filename = m->body;
	else if (!span_eq(m->filename, m->body))
		m->caption = m->body;
	m->voice = json_get_object(content, "org.matrix.msc3245.voice") ||
		   json_get_object(content, "m.voice");
}

bool message_read(const char *type, const json_t *content, struct mx_message *ret)
{
	struct mx_message m = {0};
	bool sticker = strcmp(type, "m.sticker") == 0;
	m.msgtype = sticker ? "m.sticker" : json_get_str(content, "msgtype");
	if (!m.msgtype || !json_is_string(json_object_get(content, "body")))
		return false;
	m.body = json_get_span(content, "body");
	if (span_eq_str(json_get_span(content, "format"), "org.matrix.custom.html"))
		m.html = json_get_span(content, "formatted_body");
	read_info(json_get_object(content, "info"), &m);
	if (is_file(m.msgtype))
		read_file(content, &m);
	json_t *mentions = json_get_object(content, "m.mentions");
	m.mentions = json_get_array(mentions, "user_ids");
	m.mentions_room = json_get_bool(mentions, "room", false);
	*ret = m;
	return true;
}

bool event_message(const struct mx_event *ev, struct mx_message *ret)
{
	if (strcmp(ev->type, "m.room.message") != 0 && strcmp(ev->type, "m.sticker") != 0)
		return false;
	const json_t *content = ev->content;
	if (event_is_edit(ev))
		content = json_get_object(content, "m.new_content");
	return message_read(ev->type, content, ret);
}

static const char *const member_names[] = {"", "leave", "invite", "join", "knock", "ban"};

enum member_state member_state_parse(const char *s)
{
	for (size_t i = 1; s && i < ARRAY_LEN(member_names); i++)
		if (strcmp(s, member_names[i]) == 0)
			return (enum member_state)i;
	return MEMBER_NONE;
}

const char *member_state_name(enum member_state s)
{
	return (size_t)s < ARRAY_LEN(member_names) ? member_names[s] : "";
}

bool event_member(const struct mx_event *ev, struct mx_member *ret)
{
	struct mx_member m = {0};
	if (strcmp(ev->type, "m.room.member") != 0 || !ev->state_key)
		return false;
	m.state = member_state_parse(json_get_str(ev->content, "membership"));
	if (m.state == MEMBER_NONE)
		return false;
	m.before = member_state_parse(json_get_str(ev->prev_content, "membership"));
	m.user_id = ev->state_key;
	m.name = json_get_span(ev->content, "displayname");
	m.avatar = json_get_str(ev->content, "avatar_url");
	m.reason = json_get_span(ev->content, "reason");
	m.direct = json_get_bool(ev->content, "is_direct", false);
	*ret = m;
	return true;
}

bool event_reaction(const struct mx_event *ev, const char **ret_target, struct span *ret_key)
{
	if (strcmp(ev->type, "m.reaction") != 0 || !rel_is(ev, "m.annotation") || !ev->rel.key)
		return false;
	*ret_target = ev->rel.event_id;
	*ret_key = span_of(ev->rel.key);
	return true;
}
