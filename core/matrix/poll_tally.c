#include "core/matrix/poll_tally.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

struct vote {
	char *sender;
	int64_t ts;
	size_t order;	/* of arrival */
	uint32_t picks; /* bit i: the i-th answer */
	bool counts;
};

struct poll_tally {
	char *ids[POLL_ANSWERS_MAX];
	int answers;
	int64_t max;
	struct vote *votes;
	size_t n, size;
	bool ended;
	int64_t end_ts;
};

struct poll_tally *poll_tally_new(const struct mx_poll *p)
{
	struct poll_tally *t = NEW(struct poll_tally);
	const char *id;
	struct span text;
	t->max = p->max_selections;
	while (t->answers < POLL_ANSWERS_MAX && poll_answer(p, (size_t)t->answers, &id, &text))
		t->ids[t->answers++] = mem_strdup(id);
	return t;
}

void poll_tally_free(struct poll_tally *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->answers; i++)
		mem_free(t->ids[i]);
	for (size_t i = 0; i < t->n; i++)
		mem_free(t->votes[i].sender);
	mem_free(t->votes);
	mem_free(t);
}

static int answer_at(const struct poll_tally *t, const char *id)
{
	for (int i = 0; id && i < t->answers; i++)
		if (strcmp(t->ids[i], id) == 0)
			return i;
	return -1;
}

/* 0: spoiled, or taken back. */
static uint32_t picks_of(const struct poll_tally *t, const json_t *answers)
{
	uint32_t picks = 0;
	for (size_t i = 0; i < json_array_size(answers) && (int64_t)i < t->max; i++) {
		int at = answer_at(t, json_string_value(json_array_get(answers, i)));
		if (at < 0)
			return 0;
		picks |= 1u << at;
	}
	return picks;
}

void poll_tally_vote(struct poll_tally *t, const char *sender, int64_t ts, const json_t *answers)
{
	if (t->n == POLL_VOTES_MAX)
		return;
	if (t->n == t->size) {
		t->size = t->size ? t->size * 2 : 32;
		t->votes = mem_realloc_array(t->votes, t->size, sizeof(*t->votes));
	}
	t->votes[t->n] = (struct vote){mem_strdup(sender), ts, t->n, picks_of(t, answers), false};
	t->n++;
}

void poll_tally_end(struct poll_tally *t, int64_t ts)
{
	if (!t->ended || ts < t->end_ts)
		t->end_ts = ts;
	t->ended = true;
}

/* By person, each one's newest first. */
static int compare(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;
	int by = strcmp(x->sender, y->sender);
	if (by)
		return by;
	if (x->ts != y->ts)
		return x->ts > y->ts ? -1 : 1;
	return x->order < y->order ? 1 : -1;
}

void poll_tally_count(struct poll_tally *t, struct poll_result *ret)
{
	struct poll_result r = {.answers = t->answers, .closed = t->ended, .closed_ts = t->end_ts};
	const char *done = NULL;
	if (t->n)
		qsort(t->votes, t->n, sizeof(*t->votes), compare);
	for (size_t i = 0; i < t->n; i++) {
		struct vote *v = &t->votes[i];
		v->counts = false;
		if ((t->ended && v->ts > t->end_ts) || (done && strcmp(done, v->sender) == 0))
			continue;
		done = v->sender;
		v->counts = v->picks != 0;
		r.voters += v->counts;
		for (int k = 0; k < t->answers; k++)
			r.votes[k] += v->picks >> k & 1;
	}
	*ret = r;
}

bool poll_tally_picked(const struct poll_tally *t, const char *sender, int i)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->votes[k].counts && strcmp(t->votes[k].sender, sender) == 0)
			return t->votes[k].picks >> i & 1;
	return false;
}

void poll_tally_voters(const struct poll_tally *t, int i, void (*fn)(const char *sender, void *arg),
		       void *arg)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->votes[k].counts && t->votes[k].picks >> i & 1)
			fn(t->votes[k].sender, arg);
}
