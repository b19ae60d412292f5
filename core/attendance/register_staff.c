/* What staff says of people: marks, the contests that they answer, opt-outs that they pass on. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Words of marks, and of rolls: "here" is "present". MARK_COUNT: none that may be given. */
static enum mark_status word_of(const char *word)
{
	enum mark_status s = mark_status_parse(word);
	if (word && strcmp(word, "here") == 0)
		return MARK_PRESENT;
	return s == MARK_NOT_KNOWN || s == MARK_PENDING ? MARK_COUNT : s;
}

static struct roll_view *roll_named(struct view *w, const json_t *content)
{
	const char *id = json_get_str(content, "roll"), *room = json_get_str(content, "room_id");
	for (size_t i = 0; id && room && i < w->n_rolls; i++)
		if (strcmp(w->rolls[i].roll.id, id) == 0 && strcmp(room, w->t.l->room_id) == 0)
			return &w->rolls[i];
	return NULL;
}

static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *roll_mark(const struct view *w, const struct rec *r, enum mark_status after)
{
	return json_pack("{s:s,s:s,s:I,s:o,s:s}", "status",
			 after == MARK_COUNT ? "" : mark_status_name(after), "by",
			 w->in->users.v[r->sender], "ts", (json_int_t)r->ts, "reason",
			 text_or_null(json_get_str(r->content, "reason")), "event_id", r->event_id);
}

static void add_roll_mark(struct view *w, struct roll_view *v, const struct rec *r,
			  enum mark_status after)
{
	const char *user = w->in->users.v[r->user];
	json_t *list = json_object_get(v->marks, user);
	if (!list) {
		list = json_array();
		json_object_set_new(v->marks, user, list);
	}
	json_array_append_new(list, roll_mark(w, r, after));
}

static void add_mark(struct view *w, const struct rec *r, enum mark_status after)
{
	w->marks = mem_realloc_array(w->marks, w->n_marks + 1, sizeof(*w->marks));
	w->marks[w->n_marks++] = (struct mark_view){r->user, after, r};
}

/* A mark that says nothing we know of, or excuses without a reason, is passed over. */
static void take_mark(struct view *w, const struct item *it)
{
	const json_t *c = it->r->content, *word = json_object_get(c, "after");
	struct roll_view *roll = roll_named(w, c);
	bool whole = lesson_is(w->t.l, c);
	if (it->redacted || (!roll && !whole))
		return;
	enum mark_status after = word_of(json_string_value(word));
	const char *reason = json_get_str(c, "reason");
	reg_view_use(w, it);
	if (!reg_view_is_staff(w, it->r->from, it->r->sender, it->r->ts)) {
		reg_view_note(w, json_pack("{s:s,s:s,s:s}", "code", "mark_not_staff", "sender",
					   w->in->users.v[it->r->sender], "event_id",
					   it->r->event_id));
		return;
	}
	if (!json_is_null(word) &&
	    (after == MARK_COUNT || (after == MARK_EXCUSED && (!reason || !*reason))))
		return;
	/* A roll of no lesson is judged by its answers, of which this is one. */
	if (roll)
		add_roll_mark(w, roll, it->r, after);
	else
		add_mark(w, it->r, after);
}

/* Said by the person, or sent on by staff. */
static bool may_say(const struct view *w, const struct item *it)
{
	return it->r->user == it->r->sender ||
	       reg_view_is_staff(w, it->r->from, it->r->sender, it->r->ts);
}

static void take_contest(struct view *w, const struct item *it)
{
	const json_t *c = it->r->content;
	const char *id = json_get_str(json_get_object(c, "relayed"), "event_id");
	if (it->redacted || !lesson_is(w->t.l, c) || !may_say(w, it))
		return;
	id = id ? id : it->r->event_id;
	reg_view_use(w, it);
	for (size_t i = 0; i < w->n_contests; i++)
		if (strcmp(w->contests[i].id, id) == 0)
			return; /* two of the staff have sent it on */
	w->contests = mem_realloc_array(w->contests, w->n_contests + 1, sizeof(*w->contests));
	w->contests[w->n_contests++] = (struct contest_view){id,	  json_get_str(c, "reason"),
							     it->r->user, it->r->at,
							     it->r,	  "open",
							     NULL};
}

static bool is_answer(const struct contest_view *v, const struct mark_view *m)
{
	const char *id = json_get_str(m->r->content, "contest");
	return id && m->user == v->user &&
	       (strcmp(id, v->id) == 0 || strcmp(id, v->r->event_id) == 0);
}

static void answer(const struct view *w, struct contest_view *v)
{
	for (size_t i = 0; i < w->n_marks; i++) {
		const struct mark_view *m = &w->marks[i];
		if (!is_answer(v, m))
			continue;
		const char *before = json_get_str(m->r->content, "before");
		bool same = before && m->after == word_of(before);
		v->state = same || m->after == MARK_COUNT ? "declined" : "accepted";
		v->by = w->in->users.v[m->r->sender];
	}
}

void reg_staff_find(struct view *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].r->kind == REC_MARK)
			take_mark(w, &w->v[i]);
		else if (w->v[i].r->kind == REC_CONTEST)
			take_contest(w, &w->v[i]);
	for (size_t i = 0; i < w->n_contests; i++)
		answer(w, &w->contests[i]);
}

const struct item *reg_staff_opt_out(const struct view *w, uint32_t user)
{
	const struct item *last = NULL;
	for (size_t i = 0; i < w->n && w->t.rules->opt_out; i++) {
		const struct rec *r = w->v[i].r;
		if (r->kind != REC_OPT_OUT || r->user != user || w->v[i].redacted ||
		    r->at >= w->end || !may_say(w, &w->v[i]))
			continue;
		const char *room = json_get_str(r->content, "room_id");
		if (room && strcmp(room, w->t.l->room_id) == 0 && (!last || r->at >= last->r->at))
			last = &w->v[i];
	}
	return last && json_get_bool(last->r->content, "out", false) ? last : NULL;
}
