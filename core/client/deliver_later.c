/* Messages for later: handed to the server as delayed events (MSC4140), which sends them whether or
 * not anything of ours runs then; looked after until they are sent, or taken back. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/deliver_priv.h"
#include "core/client/util.h"
#include "core/matrix/reply.h"
#include "core/matrix/rtc_request.h"

#define MAX_PAGES 20
#define APART_MS 900000 /* our clock and the server's */
#define LATE_MS 600000	/* what has not come so long after its time comes no more */

/* Without the feature's name the server would take the request for an ordinary one and send. */
static int check_server(struct client *c, struct err *err)
{
	JSON_AUTO json_t *versions = NULL;
	int rc = session_do(client_session(c), request_versions(), &versions, err);
	if (rc || versions_has_unstable(versions, RTC_DELAYED_FEATURE))
		return rc;
	return err_set(err, ERR_UNSUPPORTED, _("this server cannot send later by itself"));
}

/* -- What the server has of ours -------------------------------------------------- */

/* A name that was dropped may be used again, for the server too: it remembers what it was for. */
char *deliver_later_txn(const struct store_outbox *o)
{
	return mem_printf("%s.%llx", o->txn_id, (unsigned long long)o->created_ms);
}

struct finding {
	struct store *s;
	const struct store_outbox *o;
	json_t *content;
	char *next; /* page */
	char *id;
	int64_t apart_ms; /* of its time there and the one it is for */
};

static bool is_it(const struct finding *f, const json_t *item)
{
	const struct store_outbox *o = f->o;
	const char *room = json_get_str(item, "room_id"), *type = json_get_str(item, "type");
	return room && type && strcmp(room, o->room_id) == 0 && strcmp(type, o->type) == 0 &&
	       !json_object_get(item, "state_key") &&
	       json_equal(json_object_get(item, "content"), f->content);
}

/* The same words may be there for another time: the nearest one is meant, if nobody else has it. */
static void consider(struct finding *f, const json_t *item, const char *id)
{
	int64_t delay = json_get_i64(item, "delay", 0);
	int64_t since = json_get_i64(item, "running_since", f->o->due_ms - delay);
	int64_t apart = since + delay - f->o->due_ms;
	apart = apart < 0 ? -apart : apart;
	if (!is_it(f, item) || apart > APART_MS || (f->id && apart >= f->apart_ms) ||
	    store_outbox_has_delay(f->s, id, f->o->id))
		return;
	mem_free(f->id);
	f->id = mem_strdup(id);
	f->apart_ms = apart;
}

static int look_at_page(struct client *c, struct finding *f, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	json_t *item, *list;
	size_t i;
	int rc = session_do(client_session(c), request_delayed_list(f->next), &reply, err);
	if (rc)
		return rc;
	list = json_get_array(reply, "delayed_events");
	json_array_foreach (list ? list : json_get_array(reply, "scheduled"), i, item) {
		const char *id = json_get_str(item, "delay_id"), *known = f->o->delay_id;
		if (id && !known)
			consider(f, item, id);
		else if (id && strcmp(id, known) == 0 && !f->id)
			f->id = mem_strdup(id);
	}
	mem_free(f->next);
	f->next = mem_strdup(json_get_str(reply, "next_batch"));
	return 0;
}

/* What the server has of ours: *ret_id stays NULL when it does not keep this row's event. */
static int find_scheduled(struct client *c, const struct store_outbox *o, char **ret_id,
			  struct err *err)
{
	struct finding f = {.o = o};
	int rc = client_store(c, &f.s, err);
	if (!rc)
		rc = json_parse_object(span_of(o->content), &f.content, err);
	for (int i = 0; !rc && (i == 0 || f.next) && i < MAX_PAGES; i++)
		rc = look_at_page(c, &f, err);
	json_decref(f.content);
	mem_free(f.next);
	if (!rc)
		*ret_id = take(&f.id);
	mem_free(f.id);
	return rc;
}

/* -- Scheduling --------------------------------------------------------------------- */

/* ERR_UNSUPPORTED: this server, or not for so long. */
static int judge(struct err *err, struct span body, int rc)
{
	int64_t max_ms = 0;
	char human[WHEN_ISO_SIZE];
	if (strcmp(err->errcode, "ORG.MATRIX.MSC4140_DELAY_TOO_LARGE") == 0) /* Synapse's */
		return err_set(err, ERR_UNSUPPORTED,
			       _("that is later than this server keeps messages for"));
	switch (rtc_delayed_judge(err, body, &max_ms)) {
	case RTC_DELAYED_TOO_LONG:
		duration_human(max_ms, human);
		return err_set(err, ERR_UNSUPPORTED,
			       _("this server keeps messages for later at most %s"), human);
	case RTC_DELAYED_UNKNOWN_WAY:
		return err_set(err, ERR_UNSUPPORTED, _("this server cannot send later by itself"));
	case RTC_DELAYED_UNSUPPORTED:
		if (err->code == ERR_AUTH)
			return rc;
		return err_set(err, ERR_UNSUPPORTED, _("this server cannot send later by itself"));
	default:
		return rc;
	}
}

static int put_later(struct client *c, const struct store_outbox *o, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_EVENT_BYTES);
	int rc = json_parse_object(span_of(o->content), &content, err);
	if (rc)
		return rc;
	int64_t delay = o->due_ms - clock_wall_ms();
	AUTO_FREE char *txn = deliver_later_txn(o);
	AUTO(request_done)
	struct request rq =
		request_delayed_send(o->room_id, o->type, txn, content, delay > 0 ? delay : 1);
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
	};
	struct err e = {0};
	rc = session_raw(client_session(c), &sr, &body, &e);
	if (rc) {
		rc = judge(&e, buf_span(&body), rc);
		if (err)
			*err = e;
		return rc;
	}
	return json_parse_object(buf_span(&body), ret, err);
}

int deliver_schedule(struct client *c, struct store *s, struct store_outbox *o, char **ret_event_id,
		     struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *id = NULL;
	const char *given = NULL;
	int rc = check_server(c, err);
	/* An earlier attempt may have reached it. */
	if (!rc && o->attempts > 0)
		rc = find_scheduled(c, o, &id, err);
	if (!rc && !id)
		rc = store_outbox_attempt(s, o->id, clock_wall_ms(), err);
	if (!rc && !id)
		rc = put_later(c, o, &reply, err);
	if (!rc && !id && json_get_str(reply, "event_id")) {
		*ret_event_id = mem_strdup(json_get_str(reply, "event_id"));
		return 0;
	}
	if (!rc && !id)
		rc = rtc_delayed_read(reply, &given, err);
	if (rc)
		return rc;
	mem_free(o->delay_id);
	o->delay_id = mem_strdup(id ? id : given);
	return store_outbox_scheduled(s, o->id, o->delay_id, err);
}

/* -- Afterwards ----------------------------------------------------------------------- */

int deliver_settle(struct client *c, struct store_outbox *o, struct err *err)
{
	AUTO_FREE char *event_id = NULL, *waits = NULL;
	struct store *s;
	int64_t now = clock_wall_ms();
	if (!o->delay_id || o->due_ms > now)
		return 0;
	int rc = client_store(c, &s, err);
	if (!rc)
		rc = deliver_find_posted(c, o, &event_id, err);
	if (!rc && event_id) {
		o->event_id = take(&event_id);
		return store_outbox_sent(s, o->id, o->event_id, err);
	}
	if (!rc && now - o->due_ms > LATE_MS)
		rc = find_scheduled(c, o, &waits, err);
	if (!rc && !waits && now - o->due_ms > LATE_MS)
		rc = store_outbox_state(s, o->id, "failed",
					_("the server has not sent it at its time"), err);
	return rc;
}

static int deliver_cancel(struct client *c, const struct store_outbox *o, struct err *err)
{
	struct session *s = client_session(c);
	struct err e = {0};
	int rc = session_do(s, request_delayed_act(o->delay_id, RTC_DELAYED_CANCEL, false), NULL,
			    &e);
	if (rc && strcmp(e.errcode, "M_UNRECOGNIZED") == 0)
		rc = session_do(s, request_delayed_act(o->delay_id, RTC_DELAYED_CANCEL, true), NULL,
				&e);
	if (rc && err)
		*err = e;
	return rc;
}

int deliver_recall(struct client *c, struct store_outbox *o, struct err *err)
{
	struct err e = {0};
	if (!o->delay_id && o->due_ms && o->attempts > 0) {
		int rc = check_server(c, &e);
		if (!rc)
			rc = find_scheduled(c, o, &o->delay_id, &e);
		if (!rc && !o->delay_id && o->due_ms <= clock_wall_ms())
			rc = deliver_find_posted(c, o, &o->event_id, &e);
		if (rc && rc != ERR_UNSUPPORTED) {
			if (err)
				*err = e;
			return rc;
		}
	}
	return o->delay_id ? deliver_cancel(c, o, err) : 0;
}
