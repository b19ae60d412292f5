#include "core/client/poll.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/deliver.h"
#include "core/client/relations.h"
#include "core/client/send.h"
#include "core/matrix/message.h"
#include "core/matrix/poll_tally.h"
#include "core/matrix/power.h"

/* A poll with all that was said to it. */
struct loaded {
	struct store_room room;
	struct mx_event start;
	struct mx_poll poll;
	struct poll_tally *tally;
	struct poll_result result;
};

static void loaded_done(struct loaded *l)
{
	poll_tally_free(l->tally);
	event_done(&l->start);
	store_room_done(&l->room);
}

static int load_start(struct client *c, const char *room_id, const char *poll, struct loaded *l,
		      struct err *err)
{
	JSON_AUTO json_t *event = NULL;
	int rc = client_find_room(c, room_id, &l->room, err);
	if (!rc && l->room.encrypted) /* polls look like any message there */
		rc = deliver_check_room(c, room_id, err);
	if (!rc)
		rc = event_get(c, &l->room, poll, false, &event, err);
	if (!rc)
		rc = event_parse(event, EVENT_ROOM, &l->start, err);
	if (!rc && !event_poll_start(&l->start, &l->poll))
		rc = err_set(err, ERR_USAGE, _("%s is no poll"), poll);
	if (!rc)
		l->tally = poll_tally_new(&l->poll);
	return rc;
}

static int collect(const struct sync_event *e, void *arg)
{
	if (e->ok && !e->ev.redacted_because)
		json_array_append(arg, e->ev.json);
	return json_array_size(arg) >= POLL_VOTES_MAX;
}

/* Who may delete the poll may end it. */
static bool may_end(const struct power *p, const struct loaded *l, const char *sender)
{
	return strcmp(sender, l->start.sender) == 0 || power_can_redact(p, sender, l->start.sender);
}

static void tell(struct loaded *l, const struct power *p, json_t *event)
{
	struct mx_event ev;
	const char *poll;
	if (event_parse(event, EVENT_ROOM, &ev, NULL))
		return;
	if (event_poll_end(&ev)) {
		if (may_end(p, l, ev.sender))
			poll_tally_end(l->tally, ev.ts);
	} else {
		json_t *answers = event_poll_response(&ev, &poll);
		if (ev.rel.event_id && strstr(ev.type, "poll.response"))
			poll_tally_vote(l->tally, ev.sender, ev.ts, answers);
	}
	event_done(&ev);
}

static int load_votes(struct client *c, struct loaded *l, struct err *err)
{
	JSON_AUTO json_t *events = json_array(), *power_event = NULL, *create_event = NULL;
	struct power p;
	struct store *s;
	const char *creator = NULL;
	int rc = client_store(c, &s, err);
	if (!rc)
		rc = relations_walk(c, l->room.room_id, l->start.event_id, "m.reference", NULL,
				    collect, events, err);
	if (rc < 0)
		return rc;
	json_t *levels = state_content(s, l->room.id, "m.room.power_levels", NULL, &power_event);
	json_t *create = state_content(s, l->room.id, "m.room.create", &creator, &create_event);
	power_init(&p, levels, create, creator);
	/* They came newest first; of two at one time the later one counts. */
	for (size_t i = json_array_size(events); i > 0; i--)
		tell(l, &p, json_array_get(events, i - 1));
	power_done(&p);
	poll_tally_count(l->tally, &l->result);
	return 0;
}

static int load(struct client *c, const char *room_id, const char *poll, struct loaded *l,
		struct err *err)
{
	int rc = load_start(c, room_id, poll, l, err);
	return rc ? rc : load_votes(c, l, err);
}

int client_poll_create(struct client *c, const struct poll_request *rq, json_t **ret,
		       struct err *err)
{
	JSON_AUTO json_t *content = NULL;
	size_t n = 0;
	while (rq->answers && rq->answers[n])
		n++;
	if (rq->max > 0 && (size_t)rq->max > n)
		return err_set(err, ERR_USAGE, _("there are %zu answers: nobody can choose %d"), n,
			       rq->max);
	struct poll_draft d = {
		.question = rq->question,
		.answers = rq->answers,
		.answers_n = n,
		.disclosed = !rq->undisclosed,
		.max_selections = rq->max,
	};
	int rc = message_poll_start(&d, &content, err);
	if (rc)
		return rc;
	if (rq->thread)
		json_object_set_new(content, "m.relates_to",
				    json_pack("{s:s,s:s}", "rel_type", "m.thread", "event_id",
					      rq->thread));
	return client_send_event(c, rq->room_id, POLL_START_TYPE, content, rq->txn_id, false, ret,
				 err);
}

/* By number, id or text; NULL: there is no such answer. Borrowed from the poll. */
static const char *answer_id(const struct mx_poll *p, const char *word)
{
	const char *id, *by_text = NULL;
	struct span text;
	int64_t number = 0;
	span_i64(span_of(word), &number);
	for (size_t i = 0; poll_answer(p, i, &id, &text); i++) {
		if (number == (int64_t)i + 1 || strcmp(id, word) == 0)
			return id;
		if (!by_text && span_eq_str(text, word))
			by_text = id;
	}
	return by_text;
}

static int choose(const struct loaded *l, const char *const *words, const char *ids[], size_t max,
		  struct err *err)
{
	size_t n = 0;
	for (; words && words[n]; n++) {
		if (n == max || (int64_t)n == l->poll.max_selections)
			return err_set(err, ERR_USAGE,
				       _("of this poll one can choose %lld answers at most"),
				       (long long)l->poll.max_selections);
		ids[n] = answer_id(&l->poll, words[n]);
		if (!ids[n])
			return err_set(err, ERR_USAGE, _("the poll has no answer \"%s\""),
				       words[n]);
	}
	ids[n] = NULL;
	return 0;
}

int client_poll_vote(struct client *c, const char *room_id, const char *poll,
		     const char *const *answers, const char *txn_id, json_t **ret, struct err *err)
{
	AUTO(loaded_done) struct loaded l = {0};
	const char *ids[POLL_ANSWERS_MAX + 1];
	int rc = load(c, room_id, poll, &l, err);
	if (!rc && l.result.closed)
		rc = err_set(err, ERR_CONFLICT, _("the poll is closed"));
	if (!rc)
		rc = choose(&l, answers, ids, POLL_ANSWERS_MAX, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *content = message_poll_response(poll, ids);
	return client_send_event(c, room_id, POLL_RESPONSE_TYPE, content, txn_id, false, ret, err);
}

static void add_voter(const char *sender, void *arg)
{
	json_array_append_new(arg, json_string(sender));
}

static json_t *answer_row(const struct loaded *l, const char *own, int i)
{
	const char *id = "";
	struct span text = {NULL, 0};
	bool shown = l->poll.disclosed || l->result.closed;
	json_t *row = json_object(), *voters = shown ? json_array() : json_null();
	poll_answer(&l->poll, (size_t)i, &id, &text);
	if (shown)
		poll_tally_voters(l->tally, i, add_voter, voters);
	row_str(row, "event_id", l->start.event_id);
	row_str(row, "room_id", l->room.room_id);
	row_span(row, "question", l->poll.question);
	row_int(row, "number", i + 1);
	row_str(row, "answer_id", id);
	row_span(row, "answer", text);
	json_object_set_new(row, "votes", shown ? json_integer(l->result.votes[i]) : json_null());
	json_object_set_new(row, "voters", voters);
	row_bool(row, "mine", poll_tally_picked(l->tally, own, i));
	row_int(row, "voted", l->result.voters);
	row_bool(row, "disclosed", l->poll.disclosed);
	row_int(row, "max", l->poll.max_selections);
	row_bool(row, "closed", l->result.closed);
	json_object_set_new(row, "ts",
			    l->result.closed ? json_integer(l->result.closed_ts) : json_null());
	return row;
}

int client_poll_show(struct client *c, const char *room_id, const char *poll, client_row_fn *fn,
		     void *arg, struct err *err)
{
	AUTO(loaded_done) struct loaded l = {0};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = load(c, room_id, poll, &l, err);
	for (int i = 0; i < l.result.answers && !rc; i++) {
		JSON_AUTO json_t *row = answer_row(&l, client_account(c)->user_id, i);
		rc = fn(row, arg);
	}
	return rc;
}

/* What people without polls see: the result. */
static char *result_text(const struct loaded *l)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	const char *id;
	struct span text;
	buf_put_span(&b, l->poll.question);
	for (size_t i = 0; poll_answer(&l->poll, i, &id, &text); i++)
		buf_printf(&b, "\n%.*s: %lld", SPAN_ARG(text), (long long)l->result.votes[i]);
	return buf_take(&b);
}

int client_poll_close(struct client *c, const char *room_id, const char *poll, const char *txn_id,
		      json_t **ret, struct err *err)
{
	AUTO(loaded_done) struct loaded l = {0};
	int rc = load(c, room_id, poll, &l, err);
	if (!rc && l.result.closed)
		rc = err_set(err, ERR_CONFLICT, _("the poll is closed"));
	if (rc)
		return rc;
	AUTO_FREE char *text = result_text(&l);
	JSON_AUTO json_t *content = message_poll_end(poll, text);
	return client_send_event(c, room_id, POLL_END_TYPE, content, txn_id, false, ret, err);
}
