#include "core/client/urgent.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/quiet/quiet.h"
#include "core/client/send.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/power.h"
#include "core/store/outbox.h"
#include "core/store/relations.h"

#include <string.h>
#include <time.h>

/* -- Reading ----------------------------------------------------------------------------- */

const char *urgent_reason(const json_t *content)
{
	const char *reason = json_get_str(json_get_object(content, URGENT_KEY), "reason");
	return reason && *reason ? reason : NULL;
}

static bool names(const json_t *content, const char *user_id)
{
	const json_t *list = json_get_array(json_get_object(content, "m.mentions"), "user_ids");
	size_t i;
	json_t *one;
	json_array_foreach (list, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), user_id) == 0)
			return true;
	return false;
}

static bool is_staff(struct store *s, int64_t room, const char *user_id)
{
	JSON_AUTO json_t *power_event = NULL, *create_event = NULL;
	AUTO(store_room_done) struct store_room r = {0};
	const char *creator = NULL;
	struct power p;
	/* Whoever makes a room for us two has every power there. */
	if (!store_room_get(s, room, &r) || quiet_is_chat_of_two(s, &r))
		return false;
	json_t *levels = state_content(s, room, "m.room.power_levels", NULL, &power_event);
	json_t *create = state_content(s, room, "m.room.create", &creator, &create_event);
	power_init(&p, levels, create, creator);
	bool staff = power_of_user(&p, user_id) >= URGENT_STAFF;
	power_done(&p);
	return staff;
}

bool client_urgent_is_staff(struct client *c, const char *room_id)
{
	struct store *s;
	return client_store(c, &s, NULL) == 0 &&
	       is_staff(s, store_room_find(s, span_of(room_id)), client_account(c)->user_id);
}

bool urgent_breaks(struct store *s, int64_t room, const json_t *event, const char *own)
{
	const json_t *content = json_get_object(event, "content");
	const char *type = json_get_str(event, "type"), *sender = json_get_str(event, "sender");
	return type && sender && strcmp(type, "m.room.message") == 0 && strcmp(sender, own) != 0 &&
	       urgent_reason(content) && names(content, own) && is_staff(s, room, sender);
}

struct arriving {
	struct store *s;
	const char *own;
};

/* Most events are no urgent message, and need not be parsed. */
static bool mentions_key(struct span json)
{
	return memmem(json.p, json.n, URGENT_KEY, sizeof(URGENT_KEY) - 1) != NULL;
}

static int on_arrival(const struct store_event *e, void *arg)
{
	const struct arriving *x = arg;
	JSON_AUTO json_t *event = NULL;
	if (e->redacted_by.p || !mentions_key(e->json) || json_parse_object(e->json, &event, NULL))
		return 0;
	return urgent_breaks(x->s, e->room, event, x->own);
}

bool urgent_since(struct store *s, int64_t room, int64_t seq, const char *own)
{
	struct arriving x = {s, own};
	return store_events_since(s, room, seq, on_arrival, &x) == 1;
}

/* -- Limits ------------------------------------------------------------------------------- */

struct count {
	const struct urgent_request *rq;
	const char *own;
	int64_t from_ms, room; /* the room it is sent to */
	int in_room;
	int64_t first_in_room;
	const char *person; /* one of rq->users who got one lately, and when */
	int64_t person_ms;
};

static void note(struct count *x, const struct store_event *e, const json_t *content)
{
	if (e->room == x->room) {
		x->in_room++;
		x->first_in_room = e->ts; /* newest first */
	}
	for (const char *const *u = x->rq->users; *u && !x->person; u++)
		if (names(content, *u)) {
			x->person = *u;
			x->person_ms = e->ts;
		}
}

static int on_event(const struct store_event *e, void *arg)
{
	struct count *x = arg;
	JSON_AUTO json_t *event = NULL;
	if (e->ts < x->from_ms)
		return 1;
	if (!span_eq_str(e->sender, x->own) || !mentions_key(e->json) ||
	    json_parse_object(e->json, &event, NULL))
		return 0;
	const json_t *content = json_get_object(event, "content");
	if (urgent_reason(content))
		note(x, e, content);
	return 0;
}

static int ignore_row(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0;
}

static int too_many(const struct count *x, struct err *err)
{
	char when[WHEN_ISO_SIZE];
	int64_t now = clock_wall_ms();
	if (x->in_room >= URGENT_ROOM_MAX) {
		when_human(x->first_in_room + URGENT_WINDOW_MS, now, when);
		return err_set(err, ERR_LIMITED,
			       _("you have sent %d urgent messages to this room within an hour: "
				 "the "
				 "next may go at %s"),
			       x->in_room, when);
	}
	if (x->person) {
		when_human(x->person_ms + URGENT_WINDOW_MS, now, when);
		return err_set(err, ERR_LIMITED,
			       _("%s has had an urgent message of yours within an hour: the next "
				 "may "
				 "go at %s"),
			       x->person, when);
	}
	return 0;
}

/* The room's last hour is fetched where it is not here; of other rooms, what is here counts. */
static int check_limits(struct client *c, struct store *s, const struct urgent_request *rq,
			int64_t room, struct err *err)
{
	struct count x = {
		.rq = rq,
		.own = client_account(c)->user_id,
		.from_ms = clock_wall_ms() - URGENT_WINDOW_MS,
		.room = room,
	};
	struct read_request past = {.room_id = rq->room_id, .since_ms = x.from_ms};
	int rc = client_read(c, &past, ignore_row, NULL, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (const int64_t *id = ids; *id; id++)
		store_events_walk(s, *id, 0, INT64_MAX, true, on_event, &x);
	int limited = too_many(&x, err);
	if (limited)
		err_hint(err, _("an ordinary message may name them: muster send --mention USER"));
	return limited;
}

/* -- Sending --------------------------------------------------------------------------------- */

static int check_people(struct client *c, struct store *s, const struct urgent_request *rq,
			int64_t room, struct err *err)
{
	size_t n = 0;
	for (const char *const *u = rq->users; *u; u++, n++) {
		AUTO_FREE char *membership = store_member_membership(s, room, span_of(*u));
		if (!membership || strcmp(membership, "join") != 0)
			return err_set(err, ERR_USAGE, _("%s is not in the room"), *u);
		if (strcmp(*u, client_account(c)->user_id) == 0)
			return err_set(err, ERR_USAGE, _("you cannot name yourself"));
	}
	if (n == 0)
		return err_set(err, ERR_USAGE, _("an urgent message must name people: --user"));
	if (n > URGENT_PEOPLE_MAX)
		return err_set(err, ERR_USAGE, _("an urgent message names at most %d people"),
			       URGENT_PEOPLE_MAX);
	return 0;
}

static int check_words(const struct urgent_request *rq, struct err *err)
{
	struct span reason = span_trim(span_of(rq->reason ? rq->reason : ""));
	if (!reason.n)
		return err_set(err, ERR_USAGE, _("an urgent message must give a reason"));
	if (reason.n > URGENT_REASON_MAX)
		return err_set(err, ERR_USAGE, _("a reason has at most %d bytes"),
			       URGENT_REASON_MAX);
	if (!span_trim(rq->text).n)
		return err_set(err, ERR_USAGE, _("There is nothing to send"));
	if (rq->text.n > URGENT_TEXT_MAX)
		return err_set(err, ERR_TOO_LARGE, _("an urgent message has at most %d bytes"),
			       URGENT_TEXT_MAX);
	return 0;
}

static void put_names(struct buf *b, struct store *s, int64_t room, const char *const *users)
{
	for (const char *const *u = users; *u; u++) {
		AUTO_FREE char *name = store_member_name(s, room, span_of(*u));
		buf_printf(b, "%s%s", u == users ? "" : ", ", name ? name : *u);
	}
}

/* What every client shows. */
static void put_body(struct buf *b, struct store *s, int64_t room, const struct urgent_request *rq)
{
	AUTO(buf_done) struct buf who = BUF_INIT(BUF_CAP_OWN);
	put_names(&who, s, room, rq->users);
	buf_printf(b, _("Urgent, for %s: "), buf_str(&who));
	buf_put_span(b, rq->text);
	buf_printf(b, "\n%s %s", _("Reason:"), rq->reason);
}

static int keep_row(json_t *row, void *arg)
{
	*(json_t **)arg = json_incref(row);
	return 0;
}

static int send_it(struct client *c, struct store *s, int64_t room, const struct urgent_request *rq,
		   json_t **ret, struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *row = NULL;
	put_body(&body, s, room, rq);
	JSON_AUTO json_t *mark =
		json_pack("{s:{s:i,s:o,s:o}}", URGENT_KEY, "version", 1, "reason",
			  row_text(span_of(rq->reason)), "text", row_text(rq->text));
	struct send_request send = {
		.room_id = rq->room_id,
		.format = SEND_TEXT,
		.text = buf_span(&body),
		.mentions = rq->users,
		.txn_id = rq->txn_id,
		.extra = mark,
	};
	int rc = client_send(c, &send, keep_row, &row, err);
	if (!rc)
		*ret = json_incref(row);
	return rc;
}

/* The same again is fine, whatever has been sent since. */
static bool is_sent(struct store *s, const struct urgent_request *rq)
{
	AUTO(store_outbox_done) struct store_outbox o = {0};
	return rq->txn_id && store_outbox_get(s, rq->room_id, rq->txn_id, &o) && o.event_id;
}

int client_urgent(struct client *c, const struct urgent_request *rq, json_t **ret, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	int rc = check_words(rq, err);
	if (!rc)
		rc = client_fresh_store(c, &s, err);
	if (!rc)
		rc = client_need_members(c, rq->room_id, err);
	if (!rc)
		rc = client_find_room(c, rq->room_id, &r, err);
	if (!rc)
		rc = check_people(c, s, rq, r.id, err);
	if (!rc && !is_sent(s, rq))
		rc = check_limits(c, s, rq, r.id, err);
	return rc ? rc : send_it(c, s, r.id, rq, ret, err);
}
