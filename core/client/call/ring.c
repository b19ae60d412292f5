#include "core/client/call/ring.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/company.h"
#include "core/client/send.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/rtc_ring.h"

#include <string.h>

#define CLOCKS_MS 120000 /* how far clocks may differ when looking back */

struct search {
	struct store *s;
	const char *own;
	int64_t now_ms;
	/* of the room that is looked at */
	json_t *answered; /* {ring's event id: true}: declined from here */
	json_t *found;	  /* the newest so far, of all rooms */
};

static void note_decline(struct search *q, const struct mx_event *ev)
{
	const char *ring = rtc_decline_read(ev);
	if (ring && strcmp(ev->sender, q->own) == 0)
		json_object_set_new(q->answered, ring, json_true());
}

static void note_ring(struct search *q, const struct store_event *e, const struct mx_event *ev)
{
	struct rtc_ring r;
	if (rtc_ring_read(ev, &r, NULL) || !rtc_ring_is_for(&r, q->own) ||
	    r.until_ms <= q->now_ms || json_object_get(q->answered, r.event_id) ||
	    (q->found && json_get_i64(q->found, "ts", 0) >= e->ts))
		return;
	json_decref(q->found);
	q->found = json_pack("{s:s,s:s,s:I,s:b,s:I,s:I}", "event_id", r.event_id, "sender",
			     r.sender, "ts", (json_int_t)e->ts, "ring", r.ring, "until_ts",
			     (json_int_t)r.until_ms, "room", (json_int_t)e->room);
}

/* Newest first, so that an answer is met before what it answers. */
static int on_event(const struct store_event *e, void *arg)
{
	struct search *q = arg;
	struct mx_event ev;
	if (e->ts < q->now_ms - RTC_RING_MAX_MS - CLOCKS_MS)
		return 1;
	if (e->unreadable.p || e->redacted_by.p ||
	    (!span_eq_str(e->type, RTC_RING_TYPE) && !span_eq_str(e->type, RTC_DECLINE_TYPE)) ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	note_decline(q, &ev);
	note_ring(q, e, &ev);
	event_done(&ev);
	return 0;
}

/* A call that everybody has left rings no more. */
static bool goes_on(struct search *q, const struct account *a, int64_t room)
{
	struct company p;
	company_init(&p, a->user_id, a->device_id);
	company_read(&p, q->s, room);
	size_t others = company_others(&p, q->now_ms);
	company_done(&p);
	return others > 0;
}

static void search_room(struct search *q, const struct account *a, int64_t room)
{
	json_t *before = json_incref(q->found);
	q->answered = json_object();
	store_events_walk(q->s, room, 0, INT64_MAX, true, on_event, q);
	json_decref(q->answered);
	if (q->found != before && !goes_on(q, a, room)) {
		json_decref(q->found);
		q->found = json_incref(before);
	}
	json_decref(before);
}

static void name_it(struct search *q)
{
	AUTO(store_room_done) struct store_room r = {0};
	int64_t room = json_get_i64(q->found, "room", 0);
	AUTO_FREE char *name = store_member_name(q->s, room, json_get_span(q->found, "sender"));
	store_room_get(q->s, room, &r);
	row_str(q->found, "room_id", r.room_id);
	row_str(q->found, "room", r.display);
	row_str(q->found, "sender_name", name);
}

static int nobody(const char *room_id, struct err *err)
{
	err_set(err, ERR_NOT_FOUND, _("nobody is calling"));
	if (room_id)
		err_hint(err, "muster call join %s", room_id);
	else
		err_hint(err,
			 _("who calls for the first time sends an invitation: muster room list "
			   "--invited, muster room join ROOM, then muster call join ROOM"));
	return ERR_NOT_FOUND;
}

int ring_find(struct client *c, const char *room_id, json_t **ret, struct err *err)
{
	const struct account *a = client_account(c);
	struct search q = {.own = a->user_id, .now_ms = clock_wall_ms()};
	int rc = client_store(c, &q.s, err);
	if (!rc)
		rc = client_refresh(c, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(q.s, "join");
	int64_t only = room_id ? store_room_find(q.s, span_of(room_id)) : 0;
	for (int64_t *p = ids; *p; p++)
		if (!room_id || *p == only)
			search_room(&q, a, *p);
	if (!q.found)
		return nobody(room_id, err);
	name_it(&q);
	*ret = q.found;
	return 0;
}

int ring_decline(struct client *c, const char *room_id, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *ring = NULL, *content = NULL;
	int rc = ring_find(c, room_id, &ring, err);
	if (rc)
		return rc;
	content = rtc_decline_make(json_get_str(ring, "event_id"));
	rc = client_send_event(c, json_get_str(ring, "room_id"), RTC_DECLINE_TYPE, content, NULL,
			       false, ret, err);
	if (!rc)
		json_object_set(*ret, "sender", json_object_get(ring, "sender"));
	return rc;
}
