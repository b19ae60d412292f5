/* One person's mark, with its reasons (register.h, "Marks" and what follows). */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <string.h>

struct measure {
	int64_t of, present, before, after; /* before, after: missed at the beginning and the end */
	int64_t first, last;
	enum mark_status status;
};

/* One person on the way to their mark. */
struct case_ {
	const struct judged *j;
	struct view *w;
	uint32_t user;
	const struct call_person *call;
	struct person *p;
	struct periods expected; /* in the room */
	struct periods left;	 /* of it, what is tracked */
	struct periods raw;	 /* there, with all gaps */
	bool roll_excused;
	json_t *excuse;
};

static void reason(struct case_ *c, json_t *r)
{
	if (json_array_size(c->p->reasons) < REASONS_MAX)
		json_array_append_new(c->p->reasons, r);
	else
		json_decref(r);
}

static void tell_hole(struct case_ *c)
{
	const struct periods *m = &c->w->missing;
	reason(c, json_pack("{s:s,s:I,s:I}", "code", "history_missing", "from",
			    (json_int_t)m->v[0].from, "to", (json_int_t)m->v[m->n - 1].to));
}

/* -- How much of it ------------------------------------------------------------------- */

static enum mark_status status_of(const struct measure *m, const struct attendance_rules *r)
{
	if (m->present == 0)
		return MARK_ABSENT;
	/* No product can overflow: times are lessons', percents small. */
	if (m->present * 100 < (int64_t)r->min_percent * m->of)
		return MARK_PARTIAL;
	if (m->before > r->late_ms)
		return MARK_LATE;
	return m->after > r->early_ms ? MARK_LEFT_EARLY : MARK_PRESENT;
}

static struct measure measure(const struct case_ *c, const struct periods *there)
{
	struct measure m = {.of = reg_periods_length(&c->left)};
	m.present = reg_periods_common(there, &c->left);
	if (reg_periods_ends(there, &c->left, &m.first, &m.last)) {
		m.before = reg_periods_within(&c->left, INT64_MIN, m.first);
		m.after = reg_periods_within(&c->left, m.last, INT64_MAX);
	}
	m.status = status_of(&m, c->w->t.rules);
	return m;
}

/* -- Rolls ------------------------------------------------------------------------------ */

struct answered {
	bool here, late, excused, away, marked, unknown;
	bool aside; /* staff says that it is not to count for them */
	int64_t ts;
	const char *way;
	json_t *mark;
};

static json_t *last_mark(const struct roll_view *v, const char *user)
{
	const json_t *list = json_object_get(v->marks, user);
	json_t *last = json_array_get(list, json_array_size(list) - 1);
	const char *status = json_get_str(last, "status");
	return status && *status ? last : NULL;
}

static void take_roll_mark(struct answered *a, json_t *mark, int64_t opened)
{
	enum mark_status s = mark_status_parse(json_get_str(mark, "status"));
	a->marked = true;
	a->mark = mark;
	a->excused = s == MARK_EXCUSED;
	a->aside = s == MARK_NOT_TRACKED;
	a->here = s != MARK_ABSENT && s != MARK_EXCUSED && s != MARK_NOT_TRACKED;
	a->late = s == MARK_LATE;
	a->ts = opened;
	a->way = roll_way_name(ROLL_BY_STAFF);
}

static struct answered answer_to(const struct case_ *c, const struct roll_view *v)
{
	const char *user = c->w->in->users->v[c->user];
	struct answered a = {0};
	struct roll_answer found;
	json_t *mark = last_mark(v, user);
	if (mark) {
		take_roll_mark(&a, mark, v->opened);
	} else if (roll_tally_find(v->tally, user, &found)) {
		a.here = found.here;
		a.away = !found.here;
		a.late = found.late;
		a.ts = found.ts;
		a.way = roll_way_name(found.way);
	}
	a.unknown = !a.here && !a.marked &&
		    reg_periods_within(&c->w->missing, v->opened, v->closed + 1) > 0;
	return a;
}

static void tell_answer(struct case_ *c, const struct roll_view *v, const struct answered *a)
{
	const char *id = v->roll.id;
	if (a->marked)
		reason(c, json_pack("{s:s,s:s,s:s,s:O,s:O,s:O}", "code", "roll_marked", "roll", id,
				    "status", json_get_str(a->mark, "status"), "by",
				    json_object_get(a->mark, "by"), "ts",
				    json_object_get(a->mark, "ts"), "reason",
				    json_object_get(a->mark, "reason")));
	else if (a->way)
		reason(c, json_pack("{s:s,s:s,s:I,s:s,s:b}", "code",
				    a->away ? "roll_away" : "roll_answered", "roll", id, "ts",
				    (json_int_t)a->ts, "way", a->way, "late", (int)a->late));
	else
		reason(c, json_pack("{s:s,s:s,s:I}", "code", "roll_unanswered", "roll", id, "ts",
				    (json_int_t)v->opened));
	if (a->excused && !c->roll_excused) {
		c->roll_excused = true;
		c->excuse = a->mark;
	}
}

/* Was the person in the room while it was open? */
static bool concerns(const struct case_ *c, const struct roll_view *v)
{
	int64_t closed = v->closed < c->w->end ? v->closed : c->w->end;
	if (v->opened >= c->w->end || closed <= c->w->start) /* before or after the lesson */
		return c->expected.n > 0;
	return reg_periods_within(&c->expected, v->opened, closed + 1) > 0;
}

static enum mark_status status_of_rolls(int64_t n, int64_t here, bool late)
{
	if (here == n)
		return late ? MARK_LATE : MARK_PRESENT;
	if (here == 0)
		return MARK_ABSENT;
	return 2 * here >= n ? MARK_LATE : MARK_PARTIAL;
}

static enum mark_status judge_rolls(struct case_ *c)
{
	int64_t n = 0, here = 0, unknown = 0;
	bool late = false, aside = false;
	for (size_t i = 0; i < c->w->n_rolls; i++) {
		const struct roll_view *v = &c->w->rolls[i];
		if (!v->used || !concerns(c, v))
			continue;
		struct answered a = answer_to(c, v);
		tell_answer(c, v, &a);
		aside |= a.aside;
		if (a.aside)
			continue;
		n++;
		here += a.here;
		unknown += a.unknown;
		late |= a.here && a.late;
		if (a.here && (!c->p->first_ms || a.ts < c->p->first_ms))
			c->p->first_ms = a.ts;
	}
	if (n == 0 && !aside)
		reason(c, json_pack("{s:s}", "code", "not_in_room"));
	if (n == 0)
		return MARK_NOT_TRACKED;
	enum mark_status s = status_of_rolls(n, here, late);
	if (!unknown || (s != MARK_ABSENT && s == status_of_rolls(n, here + unknown, late)))
		return s;
	tell_hole(c);
	return MARK_NOT_KNOWN;
}

/* Answers of who is not in the call: there from then to the close. */
static void add_answers(struct case_ *c, struct periods *there)
{
	for (size_t i = 0; i < c->w->n_rolls; i++) {
		const struct roll_view *v = &c->w->rolls[i];
		if (!v->used || !concerns(c, v))
			continue;
		struct answered a = answer_to(c, v);
		int64_t to = v->closed < c->w->end ? v->closed : c->w->end;
		tell_answer(c, v, &a);
		if (a.here && !reg_periods_hold(&c->call->there, a.ts))
			reg_periods_put(there, a.ts, to);
	}
	reg_periods_join(there);
}

/* -- The call --------------------------------------------------------------------------------- */

static void tell_measure(struct case_ *c, const struct measure *m)
{
	const struct attendance_rules *r = c->w->t.rules;
	json_int_t percent = m->of ? m->present * 100 / m->of : 0;
	reason(c, json_pack("{s:s,s:I,s:I,s:I,s:i}", "code", m->present ? "attended" : "not_seen",
			    "present_s", (json_int_t)m->present / 1000, "of_s",
			    (json_int_t)m->of / 1000, "percent", percent, "min_percent",
			    r->min_percent));
	if (m->present && m->before > r->late_ms)
		reason(c, json_pack("{s:s,s:I,s:I,s:I}", "code", "came_late", "at",
				    (json_int_t)m->first, "missed_s", (json_int_t)m->before / 1000,
				    "allowed_s", (json_int_t)r->late_ms / 1000));
	if (m->present && m->after > r->early_ms)
		reason(c, json_pack("{s:s,s:I,s:I,s:I}", "code", "left_early", "at",
				    (json_int_t)m->last, "missed_s", (json_int_t)m->after / 1000,
				    "allowed_s", (json_int_t)r->early_ms / 1000));
}

static const char *const ends[ENDED_COUNT] = {"leave",	   "left_room", "departure",
					      "next_join", "expiry",	"end"};

static void tell_there(struct case_ *c, size_t gaps, int64_t gap_ms)
{
	const struct periods *t = &c->p->there;
	if (c->call->devices > 1)
		reason(c, json_pack("{s:s,s:i}", "code", "several_devices", "devices",
				    c->call->devices));
	if (c->call->rejoined)
		reason(c, json_pack("{s:s,s:i}", "code", "rejoined", "count", c->call->rejoined));
	if (gaps)
		reason(c, json_pack("{s:s,s:I,s:I}", "code", "gaps_bridged", "count",
				    (json_int_t)gaps, "total_s", (json_int_t)gap_ms / 1000));
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].inferred && !(c->p->still && i + 1 == t->n))
			reason(c, json_pack("{s:s,s:I,s:s}", "code", "end_inferred", "at",
					    (json_int_t)t->v[i].to, "by", ends[t->v[i].by]));
}

/* Of the lesson alone: who was here before and had gone again was here for another one. */
static void drop_earlier(struct periods *p, int64_t start)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].to > start)
			p->v[n++] = p->v[i];
	p->n = n;
}

static void bridge(const struct case_ *c, struct periods *there, size_t *gaps, int64_t *gap_ms)
{
	reg_periods_bridge(there, c->w->t.rules->grace_ms, &c->w->outages, gaps, gap_ms);
	drop_earlier(there, c->w->start);
}

static void find_there(struct case_ *c)
{
	struct person *p = c->p;
	size_t gaps;
	int64_t gap_ms;
	reg_periods_copy(&c->call->there, &p->there);
	if (c->j->held)
		add_answers(c, &p->there);
	if (c->j->pending && p->there.n) {
		const struct period *last = &p->there.v[p->there.n - 1];
		p->still = last->by == ENDED_END && last->to == c->w->end &&
			   c->j->now_ms < c->w->end && last->from <= c->j->now_ms;
		if (c->j->now_ms < c->w->end)
			reg_periods_clip(&p->there, INT64_MIN, c->j->now_ms + 1);
	}
	reg_periods_copy(&p->there, &c->raw);
	bridge(c, &p->there, &gaps, &gap_ms);
	tell_there(c, gaps, gap_ms);
}

/* As if there from the beginning of each hole to the next thing that is known. */
static enum mark_status best_case(const struct case_ *c)
{
	struct periods there;
	size_t gaps;
	int64_t gap_ms;
	reg_periods_copy(&c->raw, &there);
	for (size_t h = 0; h < c->w->missing.n; h++) {
		int64_t to = c->call->next[h] < c->w->end ? c->call->next[h] : c->w->end;
		reg_periods_put(&there, c->w->missing.v[h].from, to);
	}
	reg_periods_join(&there);
	bridge(c, &there, &gaps, &gap_ms);
	enum mark_status s = measure(c, &there).status;
	reg_periods_done(&there);
	return s;
}

static bool has_hole(const struct view *w)
{
	return w->missing.n && w->missing.v[0].from < w->end;
}

static enum mark_status judge_call(struct case_ *c)
{
	struct measure m = measure(c, &c->p->there);
	c->p->present_ms = m.present;
	tell_measure(c, &m);
	if (has_hole(c->w) && (m.status == MARK_ABSENT || best_case(c) != m.status)) {
		tell_hole(c);
		return MARK_NOT_KNOWN;
	}
	if (c->call->redacted && m.status != MARK_PRESENT) {
		const struct item *it = c->call->redacted;
		reason(c, json_pack("{s:s,s:s,s:I,s:o}", "code", "redacted", "event_id",
				    it->r->event_id, "ts", (json_int_t)it->r->ts, "by",
				    it->redactor == NOBODY
					    ? json_null()
					    : json_string(c->w->in->users->v[it->redactor])));
		return MARK_NOT_KNOWN;
	}
	return m.status;
}

/* -- Without the person's doing ------------------------------------------------------------------ */

static void find_expected(struct case_ *c)
{
	struct view *w = c->w;
	bool known = reg_view_in_room(w, c->user, !w->t.no_roster, &c->expected);
	if (!known || (c->p->guest && !c->expected.n))
		reg_periods_put(&c->expected, w->start, w->end);
	if (c->expected.n && c->expected.v[0].from > w->start)
		reason(c, json_pack("{s:s,s:I}", "code", "joined_room", "at",
				    (json_int_t)c->expected.v[0].from));
	if (c->expected.n && c->expected.v[c->expected.n - 1].to < w->end)
		reason(c, json_pack("{s:s,s:I}", "code", "left_room", "at",
				    (json_int_t)c->expected.v[c->expected.n - 1].to));
	reg_periods_copy(&c->expected, &c->left);
	reg_periods_subtract(&c->left, &w->outages);
}

static enum mark_status judge_lesson(struct case_ *c)
{
	if (!c->expected.n) {
		reason(c, json_pack("{s:s}", "code", "not_in_room"));
		return MARK_NOT_TRACKED;
	}
	if (c->j->held && !c->left.n) {
		reason(c, json_pack("{s:s}", "code", "all_outage"));
		return MARK_NOT_TRACKED;
	}
	if (c->j->held)
		return judge_call(c);
	c->p->present_ms = -1;
	if (c->j->rolls)
		return judge_rolls(c);
	if (has_hole(c->w)) {
		tell_hole(c);
		return MARK_NOT_KNOWN;
	}
	reason(c, json_pack("{s:s}", "code", "no_lesson"));
	return MARK_NOT_TRACKED;
}

/* -- What people say ------------------------------------------------------------------------------- */

static void forget(struct case_ *c)
{
	reg_periods_done(&c->p->there);
	c->p->still = false;
	c->p->first_ms = c->p->last_ms = 0;
	c->p->present_ms = -1;
	json_array_clear(c->p->reasons);
}

static void opt_out(struct case_ *c)
{
	const struct item *it = reg_staff_opt_out(c->w, c->user);
	if (!it)
		return;
	forget(c);
	reg_view_use(c->w, it);
	reason(c, json_pack("{s:s,s:I}", "code", "opted_out", "ts", (json_int_t)it->r->at));
	c->p->worked_out = MARK_NOT_TRACKED;
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *mark_reason(const struct case_ *c, const struct mark_view *m)
{
	const char *code = m->after == MARK_COUNT     ? "mark_taken_back"
			   : m->after == MARK_EXCUSED ? "excused"
						      : "corrected";
	return json_pack("{s:s,s:o,s:s,s:o,s:s,s:I,s:o,s:s}", "code", code, "before",
			 text_or_null(json_get_str(m->r->content, "before")), "worked_out",
			 mark_status_name(c->p->worked_out), "after",
			 m->after == MARK_COUNT ? json_null()
						: json_string(mark_status_name(m->after)),
			 "by", c->w->in->users->v[m->r->sender], "ts", (json_int_t)m->r->ts,
			 "reason", text_or_null(json_get_str(m->r->content, "reason")), "event_id",
			 m->r->event_id);
}

static void staff_says(struct case_ *c)
{
	c->p->status = c->p->worked_out;
	if (c->roll_excused) {
		c->p->by_staff = true;
		c->p->status = MARK_EXCUSED;
		reason(c, json_pack("{s:s,s:n,s:s,s:s,s:O,s:O,s:O,s:O}", "code", "excused",
				    "before", "worked_out", mark_status_name(c->p->worked_out),
				    "after", mark_status_name(MARK_EXCUSED), "by",
				    json_object_get(c->excuse, "by"), "ts",
				    json_object_get(c->excuse, "ts"), "reason",
				    json_object_get(c->excuse, "reason"), "event_id",
				    json_object_get(c->excuse, "event_id")));
	}
	size_t i = reg_staff_marks_of(c->w, c->user);
	for (; i < c->w->n_marks && c->w->marks[i].user == c->user; i++) {
		const struct mark_view *m = &c->w->marks[i];
		reason(c, mark_reason(c, m));
		c->p->by_staff = m->after != MARK_COUNT;
		c->p->status = c->p->by_staff ? m->after : c->p->worked_out;
	}
}

static void contests(struct case_ *c)
{
	size_t i = reg_staff_contests_of(c->w, c->user);
	for (; i < c->w->n_contests && c->w->contests[i].user == c->user; i++) {
		const struct contest_view *v = &c->w->contests[i];
		reason(c,
		       json_pack("{s:s,s:s,s:I,s:o,s:s,s:o}", "code", "contested", "contest_id",
				 v->id, "ts", (json_int_t)v->ts, "reason", text_or_null(v->reason),
				 "state", v->state, "by", text_or_null(v->by)));
	}
}

static void find_times(struct person *p)
{
	if (!p->there.n)
		return;
	if (!p->first_ms || p->there.v[0].from < p->first_ms)
		p->first_ms = p->there.v[0].from;
	p->last_ms = p->still ? 0 : p->there.v[p->there.n - 1].to;
}

void reg_judge_person(const struct judged *j, uint32_t user, struct person *p)
{
	struct case_ c = {.j = j, .w = j->w, .user = user, .call = &j->people[user], .p = p};
	p->reasons = json_array();
	find_expected(&c);
	find_there(&c);
	p->worked_out = judge_lesson(&c);
	find_times(p);
	if (p->worked_out == MARK_NOT_KNOWN)
		p->present_ms = -1;
	if (j->pending) {
		p->worked_out = MARK_PENDING;
		reason(&c, json_pack("{s:s}", "code", "pending"));
	}
	opt_out(&c);
	staff_says(&c);
	contests(&c);
	reg_periods_done(&c.expected);
	reg_periods_done(&c.left);
	reg_periods_done(&c.raw);
}
