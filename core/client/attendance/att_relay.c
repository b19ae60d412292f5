/* Contests and opt-outs on their way from a direct chat into the staff room. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/class_rooms.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/store/evidence.h"

#include <string.h>

static const char *const types[] = {CONTEST_TYPE, OPT_OUT_TYPE};

struct relay {
	struct client *c;
	struct store *s;
	json_t *known; /* ids of what is in staff rooms already */
	json_t *found; /* {room_id, event_id, sender, ts, type, content} */
};

/* -- What is there already ------------------------------------------------------------------ */

static int take_known(const struct store_event *e, void *arg)
{
	JSON_AUTO json_t *event = NULL;
	if (!span_eq_str(e->type, CONTEST_TYPE) && !span_eq_str(e->type, OPT_OUT_TYPE))
		return 0;
	if (json_parse_object(e->json, &event, NULL))
		return 0;
	const json_t *content = json_get_object(event, "content");
	const char *id = json_get_str(json_get_object(content, "relayed"), "event_id");
	if (id)
		json_object_set_new(arg, id, json_true());
	return 0;
}

static int take_class(const struct class_ref *ref, int64_t members, void *arg)
{
	struct relay *k = arg;
	(void)members;
	int64_t staff = att_joined(k->s, ref->staff_id);
	if (staff)
		store_evidence_walk(k->s, staff, INT64_MIN, INT64_MAX, take_known, k->known);
	return 0;
}

/* -- What was said -------------------------------------------------------------------------- */

static int take_said(const struct store_event *e, void *arg)
{
	struct relay *k = arg;
	JSON_AUTO json_t *event = NULL;
	AUTO_FREE char *id = span_dup(e->event_id);
	AUTO_FREE char *sender = span_dup(e->sender);
	if (e->redacted_by.p || json_object_get(k->known, id) ||
	    !memmem(e->json.p, e->json.n, "org.muster.", 11) ||
	    strcmp(sender, client_account(k->c)->user_id) == 0 ||
	    json_parse_object(e->json, &event, NULL))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		json_t *o = json_get_object(json_get_object(event, "content"), types[i]);
		if (o)
			json_array_append_new(k->found,
					      json_pack("{s:s,s:s,s:I,s:s,s:O}", "event_id", id,
							"sender", sender, "ts", (json_int_t)e->ts,
							"type", types[i], "content", o));
	}
	return 0;
}

static void take_chat(struct relay *k, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	if (!store_room_get(k->s, room, &r) || !r.direct)
		return;
	/* What a sync left out; the chat's older history was looked at before. */
	while (store_gap_after(k->s, room, 0, g)) {
		bool more;
		if (sync_backfill(k->c, room, g->pos, 100, &more, NULL))
			break;
	}
	size_t before = json_array_size(k->found);
	store_evidence_messages(k->s, room, INT64_MIN, INT64_MAX, take_said, k);
	for (size_t i = before; i < json_array_size(k->found); i++)
		row_str(json_array_get(k->found, i), "room_id", r.room_id);
}

/* -- Sending on -------------------------------------------------------------------------------- */

static bool is_member(struct relay *k, int64_t room, const char *user)
{
	AUTO_FREE char *now = store_member_membership(k->s, room, span_of(user));
	return now && strcmp(now, "join") == 0;
}

/* The staff room of the class that it is about, where we are staff and its author is one of them. */
static char *staff_room_for(struct relay *k, const json_t *said)
{
	JSON_AUTO json_t *event = NULL;
	const char *room_id = json_get_str(json_get_object(said, "content"), "room_id");
	int64_t room = att_joined(k->s, room_id);
	if (!room || !is_member(k, room, json_get_str(said, "sender")))
		return NULL;
	const json_t *content = state_content(k->s, room, CLASS_TYPE, NULL, &event);
	const char *staff = json_get_str(content, "staff_room");
	return att_joined(k->s, staff) ? mem_strdup(staff) : NULL;
}

static int send_on(struct relay *k, const json_t *said, size_t *n, struct err *err)
{
	AUTO_FREE char *staff = staff_room_for(k, said);
	if (!staff)
		return 0;
	JSON_AUTO json_t *content = json_copy(json_object_get(said, "content"));
	json_object_set_new(content, "relayed",
			    json_pack("{s:O,s:O,s:O,s:O}", "room_id",
				      json_object_get(said, "room_id"), "event_id",
				      json_object_get(said, "event_id"), "sender",
				      json_object_get(said, "sender"), "ts",
				      json_object_get(said, "ts")));
	AUTO_FREE char *txn = mem_printf("muster-relay-%s", json_get_str(said, "event_id"));
	JSON_AUTO json_t *sent = NULL;
	int rc = client_send_event(k->c, staff, json_get_str(said, "type"), content, txn, false,
				   &sent, err);
	*n += !rc;
	return rc;
}

/* -- Invitations ---------------------------------------------------------------------------------- */

struct classmates {
	struct relay *k;
	const char *user;
	bool found;
};

static int is_of_class(const struct class_ref *ref, int64_t members, void *arg)
{
	struct classmates *m = arg;
	(void)members;
	int64_t room = att_joined(m->k->s, ref->room_id);
	m->found |= room && att_joined(m->k->s, ref->staff_id) && is_member(m->k, room, m->user);
	return m->found;
}

static void accept_chats(struct relay *k)
{
	AUTO_FREE int64_t *ids = store_room_ids(k->s, "invite");
	bool any = false;
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		AUTO_FREE char *by = store_room_get(k->s, *p, &r)
					     ? client_direct_inviter(k->c, r.room_id)
					     : NULL;
		if (!by)
			continue;
		struct classmates m = {k, by, false};
		class_each(k->c, is_of_class, &m, NULL);
		JSON_AUTO json_t *joined = NULL;
		any |= m.found && client_room_join(k->c, r.room_id, NULL, &joined, NULL) == 0;
	}
	if (any)
		client_refresh(k->c, NULL);
}

int client_attendance_relay(struct client *c, size_t *ret_n, struct err *err)
{
	JSON_AUTO json_t *known = json_object(), *found = json_array();
	struct relay k = {.c = c, .known = known, .found = found};
	size_t n = 0, i;
	json_t *said;
	int rc = client_store(c, &k.s, err);
	if (!rc)
		rc = class_each(c, take_class, &k, err);
	if (rc)
		return rc;
	accept_chats(&k);
	AUTO_FREE int64_t *ids = store_room_ids(k.s, "join");
	for (int64_t *p = ids; *p; p++)
		take_chat(&k, *p);
	/* One that cannot be sent on does not stop those of others. */
	json_array_foreach (found, i, said) {
		struct err e = {0};
		int failed = send_on(&k, said, &n, &e);
		if (failed && !rc && err)
			*err = e;
		rc = rc ? rc : failed;
	}
	if (ret_n)
		*ret_n = n;
	return rc;
}
