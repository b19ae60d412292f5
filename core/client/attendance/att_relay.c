/* Contests and opt-outs on their way from a direct chat into the staff room. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/client/class_rooms.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/store/evidence.h"
#include "core/store/relations.h"

#include <string.h>

#define DAY_MS (24LL * 3600 * 1000)
#define GAP_PAGES_MAX 5 /* that one chat has filled in at once */
#define CHATS_MAX 3	/* direct chats with one person that are accepted by themselves */

static const char *const types[] = {CONTEST_TYPE, OPT_OUT_TYPE};
/* What is sent on; whatever else an object holds stays in the chat. */
static const char *const keys[] = {"version", "room_id",  "uid",    "recurrence_id", "roll",
				   "end_ts",  "start_ts", "reason", "out",	     "ts"};

struct relay {
	struct client *c;
	struct store *s;
	int64_t since;	 /* what arrived after this; 0: everything */
	int64_t day_ago; /* of what counts against a person's share */
	json_t *known;	 /* ids of what is in staff rooms already */
	json_t *shares;	 /* user id: how many of theirs were sent on within a day */
	json_t *found;	 /* {room_id, event_id, sender, ts, type, content} */
};

/* -- Classes whose staff we are -------------------------------------------------------------- */

typedef bool own_class_fn(struct relay *k, int64_t room, int64_t staff, const void *arg);

/* From the cache alone; true when `fn` says so of one. */
static bool each_own_class(struct relay *k, own_class_fn *fn, const void *arg)
{
	AUTO_FREE int64_t *ids = store_room_ids(k->s, "join");
	bool hit = false;
	for (int64_t *p = ids; *p && !hit; p++) {
		JSON_AUTO json_t *event = NULL;
		const json_t *content = state_content(k->s, *p, CLASS_TYPE, NULL, &event);
		int64_t staff = att_joined(k->s, json_get_str(content, "staff_room"));
		hit = staff && fn(k, *p, staff, arg);
	}
	return hit;
}

static bool is_any(struct relay *k, int64_t room, int64_t staff, const void *arg)
{
	(void)k, (void)room, (void)staff, (void)arg;
	return true;
}

/* -- What is there already ------------------------------------------------------------------ */

static void add_share(struct relay *k, const char *user)
{
	json_int_t n = json_get_i64(k->shares, user, 0);
	json_object_set_new(k->shares, user, json_integer(n + 1));
}

static int take_known(const struct store_event *e, void *arg)
{
	struct relay *k = arg;
	JSON_AUTO json_t *event = NULL;
	if (!span_eq_str(e->type, CONTEST_TYPE) && !span_eq_str(e->type, OPT_OUT_TYPE) &&
	    !span_eq_str(e->type, RELAYED_TYPE))
		return 0;
	if (json_parse_object(e->json, &event, NULL))
		return 0;
	const json_t *content = json_get_object(event, "content"), *one;
	const json_t *relayed = json_get_object(content, "relayed");
	const char *id = json_get_str(relayed, "event_id"), *user = json_get_str(relayed, "sender");
	size_t i;
	if (id && !json_object_get(k->known, id) && user && e->ts > k->day_ago)
		add_share(k, user);
	if (id)
		json_object_set_new(k->known, id, json_true());
	json_array_foreach (json_get_array(content, "event_ids"), i, one)
		if (json_is_string(one))
			json_object_set_new(k->known, json_string_value(one), json_true());
	return 0;
}

static bool take_class(struct relay *k, int64_t room, int64_t staff, const void *arg)
{
	(void)room, (void)arg;
	store_evidence_words(k->s, staff, take_known, k);
	return false;
}

/* -- What was said -------------------------------------------------------------------------- */

static int take_said(const struct store_event *e, void *arg)
{
	struct relay *k = arg;
	JSON_AUTO json_t *event = NULL;
	AUTO_FREE char *id = span_dup(e->event_id);
	AUTO_FREE char *sender = span_dup(e->sender);
	if (e->redacted_by.p || !span_eq_str(e->type, "m.room.message") ||
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

/* What a sync left out; the chat's older history was looked at before. */
static void fill_gaps(struct relay *k, int64_t room)
{
	AUTO_FREE struct store_gap *g = NEW(struct store_gap);
	bool more;
	for (int i = 0; i < GAP_PAGES_MAX && store_gap_after(k->s, room, 0, g); i++)
		if (sync_backfill(k->c, room, g->pos, 100, &more, NULL))
			return;
}

static void take_chat(struct relay *k, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	if (!store_room_get(k->s, room, &r) || !r.direct || strcmp(r.membership, "join") != 0)
		return;
	fill_gaps(k, room);
	size_t before = json_array_size(k->found);
	if (k->since)
		store_events_since(k->s, room, k->since, take_said, k);
	else
		store_evidence_messages(k->s, room, INT64_MIN, INT64_MAX, take_said, k);
	for (size_t i = before; i < json_array_size(k->found); i++)
		row_str(json_array_get(k->found, i), "room_id", r.room_id);
}

static void take_chats(struct relay *k)
{
	AUTO_FREE int64_t *ids =
		k->since ? store_rooms_changed(k->s, k->since) : store_room_ids(k->s, "join");
	for (int64_t *p = ids; *p; p++)
		take_chat(k, *p);
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

static json_t *content_of(const json_t *said)
{
	const json_t *from = json_get_object(said, "content");
	json_t *o = json_object();
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_object_get(from, keys[i]))
			json_object_set(o, keys[i], json_object_get(from, keys[i]));
	json_object_set_new(o, "relayed",
			    json_pack("{s:O,s:O,s:O,s:O}", "room_id",
				      json_object_get(said, "room_id"), "event_id",
				      json_object_get(said, "event_id"), "sender",
				      json_object_get(said, "sender"), "ts",
				      json_object_get(said, "ts")));
	return o;
}

static int send_on(struct relay *k, const json_t *said, size_t *n, struct err *err)
{
	const char *user = json_get_str(said, "sender"), *id = json_get_str(said, "event_id");
	AUTO_FREE char *staff = json_object_get(k->known, id) ? NULL : staff_room_for(k, said);
	if (!staff)
		return 0;
	if (json_get_i64(k->shares, user, 0) >= ATTENDANCE_RELAY_MAX) {
		log_info("%s has had %d of theirs sent on within a day: %s waits", user,
			 ATTENDANCE_RELAY_MAX, id);
		return 0;
	}
	JSON_AUTO json_t *content = content_of(said), *sent = NULL;
	AUTO_FREE char *txn = mem_printf("muster-relay-%s", id);
	int rc = client_send_event(k->c, staff, json_get_str(said, "type"), content, txn, false,
				   &sent, err);
	if (rc)
		return rc;
	add_share(k, user);
	++*n;
	return 0;
}

/* One that cannot be sent on does not stop those of others. */
static int send_all(struct relay *k, size_t *n, struct err *err)
{
	int rc = 0;
	size_t i;
	json_t *said;
	if (json_array_size(k->found))
		each_own_class(k, take_class, NULL);
	json_array_foreach (k->found, i, said) {
		struct err e = {0};
		int failed = send_on(k, said, n, &e);
		if (failed && !rc && err)
			*err = e;
		rc = rc ? rc : failed;
	}
	return rc;
}

/* -- Invitations ---------------------------------------------------------------------------------- */

static bool is_of_class(struct relay *k, int64_t room, int64_t staff, const void *arg)
{
	(void)staff;
	return is_member(k, room, arg);
}

/* Chats with somebody that we are in already: nobody needs many. */
static int chats_with(struct relay *k, const char *user)
{
	AUTO_FREE int64_t *ids = store_room_ids(k->s, "join");
	int n = 0;
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		n += store_room_get(k->s, *p, &r) && r.direct && strcmp(r.direct, user) == 0;
	}
	return n;
}

static bool accept_chats(struct relay *k)
{
	AUTO_FREE int64_t *ids = store_room_ids(k->s, "invite");
	bool any = false;
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		AUTO_FREE char *by = store_room_get(k->s, *p, &r)
					     ? client_direct_inviter(k->c, r.room_id)
					     : NULL;
		if (!by || !each_own_class(k, is_of_class, by) || chats_with(k, by) >= CHATS_MAX)
			continue;
		JSON_AUTO json_t *joined = NULL;
		any |= client_room_join(k->c, r.room_id, NULL, &joined, NULL) == 0;
	}
	if (any)
		client_refresh(k->c, NULL);
	return any;
}

/* -- All of it, and what is new ------------------------------------------------------------------ */

static int relay(struct client *c, struct store *s, int64_t since, size_t *n, struct err *err)
{
	JSON_AUTO json_t *known = json_object(), *found = json_array(), *shares = json_object();
	struct relay k = {.c = c,
			  .s = s,
			  .since = since,
			  .day_ago = clock_wall_ms() - DAY_MS,
			  .known = known,
			  .shares = shares,
			  .found = found};
	if (!each_own_class(&k, is_any, NULL))
		return 0;
	if (accept_chats(&k))
		k.since = 0; /* of a new one everything is new */
	take_chats(&k);
	return send_all(&k, n, err);
}

int client_attendance_relay(struct client *c, size_t *ret_n, struct err *err)
{
	struct store *s;
	size_t n = 0;
	int rc = client_fresh_store(c, &s, err);
	if (!rc)
		rc = relay(c, s, 0, &n, err);
	if (ret_n)
		*ret_n = n;
	return rc;
}

static bool has_invitation(struct store *s)
{
	AUTO_FREE int64_t *ids = store_room_ids(s, "invite");
	return *ids != 0;
}

int client_attendance_relay_news(struct client *c, int64_t *seq, struct err *err)
{
	struct store *s;
	size_t n = 0;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	int64_t newest = store_newest_seq(s);
	if (newest == *seq && !has_invitation(s))
		return 0;
	rc = relay(c, s, *seq, &n, err);
	/* Trouble that passes: the next time looks at the same again. */
	if (rc != ERR_NETWORK && rc != ERR_LIMITED && rc != ERR_CANCELLED)
		*seq = newest;
	return rc;
}
