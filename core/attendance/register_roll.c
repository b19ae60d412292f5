/* The rolls of a lesson: which they are, and who answered. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Of one that is judged by itself also those that may stand before it: see drop_doubles. */
static bool belongs(const struct view *w, const struct roll *r)
{
	const struct lesson *l = w->t.l;
	if (l->roll_id)
		return r->opened_ms >= w->start - ROLL_RACE_MS && r->opened_ms <= w->start;
	if (r->opened_ms < w->start - REGISTER_LEAD_MS || r->opened_ms >= w->end + REGISTER_LEAD_MS)
		return false;
	/* It was scheduled for a lesson that was then ended before its time. */
	if (r->second_of && w->end < l->end_ms && r->opened_ms >= w->end)
		return false;
	if (r->uid)
		return lesson_is_date(l, r->uid, r->recurrence_id);
	return r->opened_ms >= w->start && r->opened_ms < w->end;
}

static void add_roll(struct view *w, const struct item *it)
{
	struct roll r;
	if (it->redacted || !roll_read(it->r->ev, &r))
		return;
	if (!belongs(w, &r) || !reg_view_by_staff(w, it->r)) {
		roll_done(&r);
		return;
	}
	w->rolls = mem_realloc_array(w->rolls, w->n_rolls + 1, sizeof(*w->rolls));
	w->rolls[w->n_rolls++] =
		(struct roll_view){.roll = r, .opened = r.opened_ms, .marks = json_object()};
	reg_view_use(w, it);
}

/* Its end, a vote for it, a reaction to it: what names its start. */
static bool is_about(const struct mx_event *ev, const struct roll *r)
{
	return ev->rel.event_id && strcmp(ev->rel.event_id, r->id) == 0;
}

static void feed(struct view *w, struct roll_view *v, const struct item *it)
{
	const struct rec *r = it->r;
	if (it->redacted || (r->kind != REC_ROLL && r->kind != REC_REDACTION))
		return;
	if (r->kind == REC_REDACTION) /* what it took back is passed over already */
		return;
	bool about = is_about(r->ev, &v->roll), end = about && event_poll_end(r->ev);
	roll_tally_event(v->tally, r->ev,
			 end && reg_view_may_redact(w, r,
						    reg_names_find(w->in->users, v->roll.opener)));
	if (about)
		reg_view_use(w, it);
}

static int use_answer(const struct roll_answer *a, void *arg)
{
	json_object_set_new(arg, a->event_id, json_false());
	return 0;
}

static void count_roll(struct view *w, struct roll_view *v)
{
	v->tally = roll_tally_new(&v->roll);
	for (size_t i = 0; i < w->n; i++)
		feed(w, v, &w->v[i]);
	v->closed = roll_tally_closed_ms(v->tally);
	v->used = !roll_tally_cancelled(v->tally);
	roll_tally_each(v->tally, use_answer, w->used);
}

static bool is_double(const struct view *w, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		const struct roll_view *first = &w->rolls[k];
		if (first->used && roll_is_double(&first->roll, first->closed, &w->rolls[i].roll))
			return true;
	}
	return false;
}

/* A second call of one that was opened at the same moment as another: its opener's server may not have heard of it. */
static bool is_second_of_double(const struct view *w, size_t i)
{
	const char *first = w->rolls[i].roll.second_of;
	for (size_t k = 0; first && k < i; k++)
		if (strcmp(w->rolls[k].roll.id, first) == 0)
			return is_double(w, k);
	return false;
}

/* They stand by time. */
static void drop_doubles(struct view *w)
{
	for (size_t i = 0; i < w->n_rolls; i++) {
		struct roll_view *v = &w->rolls[i];
		if (v->used && (is_double(w, i) || is_second_of_double(w, i))) {
			v->used = false;
			reg_view_note(w, json_pack("{s:s,s:s}", "code", "double_roll", "roll",
						   v->roll.id));
		}
	}
	for (size_t i = 0; i < w->n_rolls; i++)
		if (w->t.l->roll_id && strcmp(w->rolls[i].roll.id, w->t.l->roll_id) != 0)
			w->rolls[i].used = false;
}

void reg_rolls_find(struct view *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].r->kind == REC_ROLL && strstr(w->v[i].r->ev->type, "poll.start"))
			add_roll(w, &w->v[i]);
	for (size_t i = 0; i < w->n_rolls; i++)
		count_roll(w, &w->rolls[i]);
	drop_doubles(w);
}
