/* The register: who is judged, and the result. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* -- Who is expected ------------------------------------------------------------------------ */

/* What is known of each person beside events; by place in the names. */
struct who {
	bool expected, there, staff;
	const char *name, *external_id, *email;
};

static void expect_people(const struct view *w, struct who *v)
{
	size_t i;
	json_t *entry;
	json_array_foreach (w->t.people, i, entry) {
		uint32_t user =
			reg_names_find(w->in->users, json_string_value(json_array_get(entry, 0)));
		if (user == NOBODY)
			continue;
		v[user].expected = true;
		v[user].external_id = json_string_value(json_array_get(entry, 1));
	}
}

static void expect_roster(const struct view *w, struct who *v)
{
	for (size_t i = 0; i < roster_size(w->in->roster); i++) {
		const struct roster_person *p = roster_at(w->in->roster, i);
		struct who *x = &v[reg_names_find(w->in->users, p->user_id)];
		x->name = p->name;
		x->email = p->email;
		if (w->t.people || w->t.no_roster)
			continue; /* sealed: their outside ids are those of then */
		x->external_id = p->external_id;
		x->expected = true;
	}
}

static void expect_room(const struct view *w, struct who *v)
{
	for (size_t i = 0; i < w->n_rooms; i++) {
		uint32_t user = w->rooms[i]->r->user;
		struct periods in = {0};
		if (i && w->rooms[i - 1]->r->user == user)
			continue;
		reg_view_in_room(w, user, false, &in);
		v[user].expected = in.n && !reg_view_is_staff(w, REGISTER_ROOM, user, w->end, "");
		reg_periods_done(&in);
	}
}

static int note_answer(const struct roll_answer *a, void *arg)
{
	if (a->here)
		json_object_set_new(arg, a->user_id, json_true());
	return 0;
}

/* Those who were there, by call or by roll, and their part. */
static void find_there(const struct view *w, const struct call_person *people, struct who *v)
{
	JSON_AUTO json_t *answered = json_object();
	const char *user;
	json_t *x;
	for (size_t i = 0; i < w->n_rolls; i++)
		if (w->rolls[i].used)
			roll_tally_each(w->rolls[i].tally, note_answer, answered);
	json_object_foreach (answered, user, x)
		if (reg_names_find(w->in->users, user) != NOBODY)
			v[reg_names_find(w->in->users, user)].there = true;
	for (size_t i = 0; i < w->in->users->n; i++) {
		v[i].there |= reg_periods_within(&people[i].there, w->start, w->end) > 0;
		v[i].staff =
			v[i].there && reg_view_is_staff(w, REGISTER_ROOM, (uint32_t)i, w->end, "");
	}
}

/* Was there a call that counts? */
static bool was_held(const struct view *w, const struct call_person *people, const struct who *v)
{
	size_t expected = 0, came = 0;
	for (size_t i = 0; i < w->in->users->n; i++) {
		bool in_call = reg_periods_within(&people[i].there, w->start, w->end) > 0;
		if (in_call && v[i].staff)
			return true;
		expected += v[i].expected;
		came += in_call && v[i].expected;
	}
	return 2 * came > expected;
}

/* -- The result -------------------------------------------------------------------------------- */

static void add_person(struct attendance_register *r, const struct judged *j, uint32_t user,
		       const struct who *x)
{
	const struct names *users = j->w->in->users;
	const char *name = x->name ? x->name : reg_view_name(j->w, user);
	struct person *p = &r->v[r->n++];
	*p = (struct person){.user_id = mem_strdup(users->v[user]),
			     .name = mem_strdup(name),
			     .external_id = mem_strdup(x->external_id),
			     .email = mem_strdup(x->email),
			     .guest = !x->expected,
			     .staff = x->staff};
	reg_judge_person(j, user, p);
}

static int by_user_id(const void *a, const void *b)
{
	return strcmp(((const struct person *)a)->user_id, ((const struct person *)b)->user_id);
}

static void add_people(struct attendance_register *r, const struct judged *j, const struct who *v)
{
	size_t n = j->w->in->users->n, left_out = 0;
	r->v = mem_realloc_array(NULL, n + 1, sizeof(*r->v));
	for (int guests = 0; guests < 2; guests++)
		for (size_t i = 0; i < n; i++) {
			if (guests ? !v[i].there || v[i].expected : !v[i].expected)
				continue;
			if (r->n < SHEET_ROWS_MAX)
				add_person(r, j, (uint32_t)i, &v[i]);
			else
				left_out++;
		}
	if (left_out)
		reg_view_note(j->w, json_pack("{s:s,s:i}", "code", "too_many_people", "max",
					      SHEET_ROWS_MAX));
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), by_user_id);
}

static bool is_pending(const struct view *w, int64_t now_ms)
{
	if (now_ms < w->end)
		return true;
	for (size_t i = 0; i < w->n_rolls; i++)
		if (w->rolls[i].used && w->rolls[i].closed > now_ms)
			return true;
	return false;
}

static void judge_people(struct attendance_register *r, struct view *w, int64_t now_ms)
{
	size_t n = w->in->users->n;
	struct call_person *people = reg_call_work_out(w);
	AUTO_FREE struct who *v = mem_alloc((n + 1) * sizeof(*v));
	struct judged j = {.w = w, .people = people, .now_ms = now_ms, .pending = r->pending};
	reg_outages_find(w, people, n);
	if (w->t.people)
		expect_people(w, v);
	if (w->in->roster)
		expect_roster(w, v);
	if (w->t.no_roster)
		expect_room(w, v);
	find_there(w, people, v);
	j.held = was_held(w, people, v);
	for (size_t i = 0; i < w->n_rolls; i++)
		j.rolls |= w->rolls[i].used;
	add_people(r, &j, v);
	reg_call_free(people, n);
}

/* What the lesson was sealed by stands before what the class and its list are now. */
static void take_seal(struct attendance_register *r, struct view *w, const struct seal_terms *s)
{
	r->sealed = true;
	r->rules = s->rules;
	attendance_rules_apply(w->t.given, &r->rules);
	r->other_rules = !attendance_rules_alike(&r->rules, &s->rules);
	if (r->other_rules)
		reg_view_note(w, json_pack("{s:s}", "code", "other_rules"));
	w->t.people = s->roster ? json_object_get(s->whole, "people") : NULL;
	w->t.no_roster = !s->roster;
}

static void begin(struct attendance_register *r, struct view *w)
{
	reg_lesson_copy(w->t.l, &r->l);
	r->end = w->end;
	r->words_missing = w->in->words_missing;
	r->roster = !w->t.no_roster;
	w->t.rules = &r->rules;
}

static void judge_view(struct attendance_register *r, struct view *w, int64_t now_ms)
{
	const struct lesson *l = w->t.l;
	r->pending = !l->cancelled && is_pending(w, now_ms);
	if (l->cancelled)
		reg_view_note(w, json_pack("{s:s}", "code", "cancelled"));
	else
		judge_people(r, w, now_ms);
	if (r->end < l->end_ms)
		reg_view_note(w, json_pack("{s:s,s:I}", "code", "closed_early", "at",
					   (json_int_t)r->end));
	if (w->in->full)
		reg_view_note(w, json_pack("{s:s,s:i}", "code", "too_many_events", "max",
					   REGISTER_EVENTS_MAX));
	r->notes = json_incref(w->notes);
	r->used = json_incref(w->used);
}

/* The events that a lesson was sealed from lie where it was then. */
static void view_as_sealed(struct view *w, const struct seal_terms *s)
{
	struct terms t = w->t;
	const struct register_input *in = w->in;
	if (s->l.start_ms == t.l->start_ms && reg_lesson_end(&s->l) == reg_lesson_end(t.l) &&
	    s->l.cancelled == t.l->cancelled)
		return;
	t.l = &s->l;
	reg_view_done(w);
	reg_view_init(w, in, &t);
}

struct attendance_register *reg_judge(const struct register_input *in, const struct terms *t,
				      int64_t now_ms)
{
	struct attendance_register *r = NEW(struct attendance_register);
	struct seal_terms s = {0};
	struct view w;
	reg_view_init(&w, in, t);
	r->rules = *t->rules;
	attendance_rules_apply(t->given, &r->rules);
	/* Whoever checks a seal judges by its terms already. */
	if (!t->only && reg_seal_terms(&w, &s)) {
		view_as_sealed(&w, &s);
		take_seal(r, &w, &s);
	}
	begin(r, &w);
	judge_view(r, &w, now_ms);
	reg_view_done(&w);
	reg_seal_terms_done(&s);
	return r;
}

struct terms reg_terms_of(const struct register_input *in)
{
	return (struct terms){.l = &in->l,
			      .rules = &in->rules,
			      .given = &in->given,
			      .no_roster = !in->roster,
			      .missing = &in->missing};
}

struct attendance_register *register_judge(const struct register_input *in, int64_t now_ms)
{
	struct terms t = reg_terms_of(in);
	return reg_judge(in, &t, now_ms);
}

static void person_done(struct person *p)
{
	mem_free(p->user_id);
	mem_free(p->name);
	mem_free(p->external_id);
	mem_free(p->email);
	reg_periods_done(&p->there);
	json_decref(p->reasons);
}

void register_free(struct attendance_register *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		person_done(&r->v[i]);
	mem_free(r->v);
	reg_lesson_done(&r->l);
	json_decref(r->notes);
	json_decref(r->used);
	mem_free(r);
}

bool register_pending(const struct attendance_register *r)
{
	return r->pending;
}

bool register_mark_at(const struct attendance_register *r, size_t i, struct register_mark *ret)
{
	if (i >= r->n)
		return false;
	const struct person *p = &r->v[i];
	*ret = (struct register_mark){p->user_id, p->name,	 p->external_id, p->email,
				      p->status,  p->present_ms, p->guest,	 p->staff};
	return true;
}
