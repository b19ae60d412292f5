/*
 * Counting a roll. Events are kept as they come, in any order; what they come to is worked out when
 * it is asked for: each person's answers one after the other, by time and, at one time, by id.
 */
#include "core/attendance/roll.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

enum said { SAID_HERE, SAID_AWAY, SAID_NOTHING, SAID_END, SAID_CANCELLED };

struct entry {
	char *id, *sender;
	int64_t ts;
	enum roll_way way;
	enum said said;
};

struct roll_tally {
	const struct roll *roll;
	struct entry *v;
	size_t n, size, looked_at;
	json_t *ids;	  /* of `v` */
	json_t *redacted; /* ids of what was taken back */
	json_t *edited;	  /* "id\nsender" */
	bool stale;	  /* what follows is not worked out yet */
	struct roll_answer *answers;
	size_t n_answers;
	int64_t closed_ms;
	bool cancelled, has_end;
};

struct roll_tally *roll_tally_new(const struct roll *r)
{
	struct roll_tally *t = NEW(struct roll_tally);
	t->roll = r;
	t->ids = json_object();
	t->redacted = json_object();
	t->edited = json_object();
	t->stale = true;
	return t;
}

void roll_tally_free(struct roll_tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		mem_free(t->v[i].id);
		mem_free(t->v[i].sender);
	}
	mem_free(t->v);
	mem_free(t->answers);
	json_decref(t->ids);
	json_decref(t->redacted);
	json_decref(t->edited);
	mem_free(t);
}

void roll_tally_moved(struct roll_tally *t, const struct roll *r)
{
	t->roll = r;
}

static void note(json_t *set, const char *key)
{
	json_object_set_new(set, key, json_true());
}

static void note_edit(struct roll_tally *t, const char *id, const char *sender)
{
	AUTO_FREE char *key = mem_printf("%s\n%s", id, sender);
	note(t->edited, key);
}

static void add(struct roll_tally *t, const struct mx_event *ev, enum roll_way way, enum said said)
{
	if (json_object_get(t->ids, ev->event_id))
		return;
	if (t->n == t->size) {
		t->size = t->size ? t->size * 2 : 64;
		t->v = mem_realloc_array(t->v, t->size, sizeof(*t->v));
	}
	/* What names the start was sent after it, whatever the sender's server took the time for. */
	int64_t ts = ev->ts < t->roll->opened_ms ? t->roll->opened_ms : ev->ts;
	t->v[t->n++] =
		(struct entry){mem_strdup(ev->event_id), mem_strdup(ev->sender), ts, way, said};
	note(t->ids, ev->event_id);
}

/* One may choose one: of several only the first counts, as in any poll. */
static enum said vote_says(const json_t *answers)
{
	const char *id = json_string_value(json_array_get(answers, 0));
	if (id && strcmp(id, ROLL_ID_HERE) == 0)
		return SAID_HERE;
	return id && strcmp(id, ROLL_ID_AWAY) == 0 ? SAID_AWAY : SAID_NOTHING;
}

static bool is_about(const struct mx_event *ev, const struct roll *r, const char *rel_type)
{
	return ev->rel.event_id && ev->rel.rel_type && strcmp(ev->rel.rel_type, rel_type) == 0 &&
	       strcmp(ev->rel.event_id, r->id) == 0;
}

/* What clients without replies show before the words themselves: lines of "> ". */
static struct span without_quote(struct span body)
{
	struct span rest = body, line;
	while (span_starts(rest, "> ") && span_split(&rest, '\n', &line))
		body = rest;
	return body;
}

static bool is_word(const struct mx_event *ev, const struct roll *r)
{
	struct mx_message m;
	if (ev->ts < r->opened_ms || strcmp(ev->type, "m.room.message") != 0 ||
	    !message_read(ev->type, ev->content, &m) || strcmp(m.msgtype, "m.text") != 0)
		return false;
	return roll_is_word(ev->rel.reply_to ? without_quote(m.body) : m.body, r->words);
}

static void take_end(struct roll_tally *t, const struct mx_event *ev)
{
	const json_t *o = json_get_object(ev->content, ROLL_KEY);
	bool cancelled = json_get_bool(o, "cancelled", false);
	add(t, ev, ROLL_BY_VOTE, cancelled ? SAID_CANCELLED : SAID_END);
}

static void take_answer(struct roll_tally *t, const struct mx_event *ev, bool may_end)
{
	const struct roll *r = t->roll;
	const char *target;
	struct span key;
	if (json_get_object(ev->bundled, "m.replace"))
		note_edit(t, ev->event_id, ev->sender);
	if (is_about(ev, r, "m.reference") && event_poll_end(ev)) {
		if (may_end)
			take_end(t, ev);
	} else if (is_about(ev, r, "m.reference") && strstr(ev->type, "poll.response")) {
		add(t, ev, ROLL_BY_VOTE, vote_says(event_poll_response(ev, &target)));
	} else if (event_reaction(ev, &target, &key)) {
		if (strcmp(target, r->id) == 0)
			add(t, ev, ROLL_BY_REACTION,
			    roll_reaction_is_away(key) ? SAID_AWAY : SAID_HERE);
	} else if (is_word(ev, r)) {
		add(t, ev, ROLL_BY_WORD, SAID_HERE);
	}
}

static bool is_edit(const struct mx_event *ev)
{
	return ev->rel.event_id && ev->rel.rel_type && strcmp(ev->rel.rel_type, "m.replace") == 0;
}

bool roll_tally_event(struct roll_tally *t, const struct mx_event *ev, bool may_end)
{
	if (!ev->event_id || !ev->sender || ev->state_key)
		return true;
	if (t->looked_at >= ROLL_EVENTS_MAX) /* one event may be two steps */
		return false;
	size_t before = t->n + json_object_size(t->redacted) + json_object_size(t->edited);
	if (ev->redacted_because)
		note(t->redacted, ev->event_id);
	else if (ev->redacts)
		note(t->redacted, ev->redacts);
	else if (is_edit(ev))
		note_edit(t, ev->rel.event_id, ev->sender);
	else
		take_answer(t, ev, may_end);
	size_t after = t->n + json_object_size(t->redacted) + json_object_size(t->edited);
	t->stale |= after != before;
	t->looked_at = after;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int by = strcmp(x->sender, y->sender);
	if (!by)
		by = (x->ts > y->ts) - (x->ts < y->ts);
	return by ? by : strcmp(x->id, y->id);
}

static bool counts(const struct roll_tally *t, const struct entry *e)
{
	AUTO_FREE char *key = mem_printf("%s\n%s", e->id, e->sender);
	return !json_object_get(t->redacted, e->id) && !json_object_get(t->edited, key);
}

static bool is_end(const struct entry *e)
{
	return e->said == SAID_END || e->said == SAID_CANCELLED;
}

/* The earliest end; one that says so cancels it whenever it was sent. */
static void find_end(struct roll_tally *t)
{
	t->closed_ms = roll_closes_ms(t->roll);
	t->cancelled = json_object_get(t->redacted, t->roll->id) != NULL;
	t->has_end = false;
	for (size_t i = 0; i < t->n; i++) {
		const struct entry *e = &t->v[i];
		if (!is_end(e) || !counts(t, e))
			continue;
		t->has_end = true;
		t->cancelled |= e->said == SAID_CANCELLED;
		if (e->ts < t->closed_ms)
			t->closed_ms = e->ts;
	}
}

/* The next of a person's entries; `a` is theirs so far, *given: whether it stands. */
static void follow(const struct roll_tally *t, struct roll_answer *a, const struct entry *e,
		   bool *given)
{
	bool valid = e->said != SAID_NOTHING;
	if (valid && !a->event_id) {
		a->ts = e->ts;
		a->way = e->way;
		a->event_id = e->id;
		a->late = e->ts - t->roll->opened_ms > t->roll->late_ms;
	}
	if (valid)
		a->here = e->said == SAID_HERE;
	*given = valid;
}

/* All entries of one person from `i` on; returns where the next one's begin. */
static size_t one_person(struct roll_tally *t, size_t i)
{
	struct roll_answer a = {.user_id = t->v[i].sender};
	bool given = false;
	for (; i < t->n && strcmp(t->v[i].sender, a.user_id) == 0; i++)
		if (!is_end(&t->v[i]) && t->v[i].ts <= t->closed_ms && counts(t, &t->v[i]))
			follow(t, &a, &t->v[i], &given);
	if (given)
		t->answers[t->n_answers++] = a;
	return i;
}

static void work_out(struct roll_tally *t)
{
	if (!t->stale)
		return;
	t->stale = false;
	t->n_answers = 0;
	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), compare);
	find_end(t);
	if (t->n == 0)
		return;
	t->answers = mem_realloc_array(t->answers, t->n, sizeof(*t->answers));
	for (size_t i = 0; i < t->n;)
		i = one_person(t, i);
}

int64_t roll_tally_closed_ms(struct roll_tally *t)
{
	work_out(t);
	return t->closed_ms;
}

bool roll_tally_has_end(struct roll_tally *t)
{
	work_out(t);
	return t->has_end;
}

bool roll_tally_cancelled(struct roll_tally *t)
{
	work_out(t);
	return t->cancelled;
}

int roll_tally_each(struct roll_tally *t, int (*fn)(const struct roll_answer *a, void *arg),
		    void *arg)
{
	int rc = 0;
	work_out(t);
	for (size_t i = 0; !rc && i < t->n_answers; i++)
		rc = fn(&t->answers[i], arg);
	return rc;
}

static int compare_answer(const void *key, const void *a)
{
	return strcmp(key, ((const struct roll_answer *)a)->user_id);
}

bool roll_tally_find(struct roll_tally *t, const char *user_id, struct roll_answer *ret)
{
	work_out(t);
	const struct roll_answer *a = t->n_answers ? bsearch(user_id, t->answers, t->n_answers,
							     sizeof(*a), compare_answer)
						   : NULL;
	if (a)
		*ret = *a;
	return a != NULL;
}
