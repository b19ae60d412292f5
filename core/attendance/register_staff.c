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
			 w->in->users->v[r->sender], "ts", (json_int_t)r->ts, "reason",
			 text_or_null(json_get_str(r->content, "reason")), "event_id", r->event_id);
}

static void add_roll_mark(struct view *w, struct roll_view *v, const struct rec *r,
			  enum mark_status after)
{
	const char *user = w->in->users->v[r->user];
	json_t *list = json_object_get(v->marks, user);
	if (!list) {
		list = json_array();
		json_object_set_new(v->marks, user, list);
	}
	json_array_append_new(list, roll_mark(w, r, after));
}

static void add_mark(struct view *w, const struct rec *r, enum mark_status after)
{
	if (w->n_marks == w->marks_size) {
		w->marks_size = w->marks_size ? w->marks_size * 2 : 64;
		w->marks = mem_realloc_array(w->marks, w->marks_size, sizeof(*w->marks));
	}
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
	if (!reg_view_by_staff(w, it->r)) {
		reg_view_count(w, "mark_not_staff", it->r->sender);
		return;
	}
	if (!json_is_null(word) &&
	    (after == MARK_COUNT || (after == MARK_EXCUSED && (!reason || !*reason))))
		return;
	/* Within a lesson it answers the roll for them; of a roll by itself it is the mark. */
	if (whole)
		add_mark(w, it->r, after);
	else
		add_roll_mark(w, roll, it->r, after);
}

/* Said by the person, or sent on by staff. */
static bool may_say(const struct view *w, const struct item *it)
{
	return it->r->user == it->r->sender || reg_view_by_staff(w, it->r);
}

/* `known`: ids of those that were taken, as two of the staff may have sent the same on. */
static void take_contest(struct view *w, const struct item *it, json_t *known)
{
	const json_t *c = it->r->content;
	const char *id = json_get_str(json_get_object(c, "relayed"), "event_id");
	if (it->redacted || !may_say(w, it))
		return;
	id = id ? id : it->r->event_id;
	reg_view_use(w, it);
	if (json_object_get(known, id))
		return;
	json_object_set_new(known, id, json_true());
	if (w->n_contests == w->contests_size) {
		w->contests_size = w->contests_size ? w->contests_size * 2 : 16;
		w->contests =
			mem_realloc_array(w->contests, w->contests_size, sizeof(*w->contests));
	}
	w->contests[w->n_contests++] = (struct contest_view){id,	  json_get_str(c, "reason"),
							     it->r->user, it->r->at,
							     it->r,	  "open",
							     NULL};
}

static bool is_answer(const struct contest_view *v, const struct mark_view *m)
{
	const char *id = json_get_str(m->r->content, "contest");
	return id && (strcmp(id, v->id) == 0 || strcmp(id, v->r->event_id) == 0);
}

static void answer(const struct view *w, struct contest_view *v)
{
	size_t i = reg_staff_marks_of(w, v->user);
	for (; i < w->n_marks && w->marks[i].user == v->user; i++) {
		const struct mark_view *m = &w->marks[i];
		if (!is_answer(v, m))
			continue;
		const char *before = json_get_str(m->r->content, "before");
		bool same = before && m->after == word_of(before);
		v->state = same || m->after == MARK_COUNT ? "declined" : "accepted";
		v->by = w->in->users->v[m->r->sender];
	}
}

/* The last one said before the end; `at` is when the person said it. */
static void take_opt_out(struct view *w, const struct item *it)
{
	const struct rec *r = it->r;
	if (it->redacted || r->at >= w->end || !may_say(w, it))
		return;
	const struct item **at = &w->opt_outs[r->user];
	if (!*at || r->at >= (*at)->r->at)
		*at = it;
}

/* -- By person ------------------------------------------------------------------------ */

static int compare(uint32_t a_user, const struct rec *a, uint32_t b_user, const struct rec *b)
{
	if (a_user != b_user)
		return a_user < b_user ? -1 : 1;
	int by = (a->ts > b->ts) - (a->ts < b->ts);
	return by ? by : strcmp(a->event_id, b->event_id);
}

static int by_marked(const void *a, const void *b)
{
	const struct mark_view *x = a, *y = b;
	return compare(x->user, x->r, y->user, y->r);
}

static int by_contesting(const void *a, const void *b)
{
	const struct contest_view *x = a, *y = b;
	return compare(x->user, x->r, y->user, y->r);
}

size_t reg_staff_marks_of(const struct view *w, uint32_t user)
{
	size_t low = 0, high = w->n_marks;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (w->marks[mid].user < user)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t reg_staff_contests_of(const struct view *w, uint32_t user)
{
	size_t low = 0, high = w->n_contests;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (w->contests[mid].user < user)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct item *reg_staff_opt_out(const struct view *w, uint32_t user)
{
	/* Whom only a seal names has said nothing. */
	const struct item *last =
		w->t.rules->opt_out && user < w->n_opt_outs ? w->opt_outs[user] : NULL;
	return last && json_get_bool(last->r->content, "out", false) ? last : NULL;
}

/* -- All of it ------------------------------------------------------------------------- */

void reg_staff_find(struct view *w)
{
	JSON_AUTO json_t *known = json_object();
	w->n_opt_outs = w->in->users->n;
	w->opt_outs = mem_alloc((w->n_opt_outs + 1) * sizeof(*w->opt_outs));
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].r->kind == REC_MARK)
			take_mark(w, &w->v[i]);
		else if (w->v[i].r->kind == REC_CONTEST)
			take_contest(w, &w->v[i], known);
		else if (w->v[i].r->kind == REC_OPT_OUT)
			take_opt_out(w, &w->v[i]);
	if (w->n_marks)
		qsort(w->marks, w->n_marks, sizeof(*w->marks), by_marked);
	if (w->n_contests)
		qsort(w->contests, w->n_contests, sizeof(*w->contests), by_contesting);
	for (size_t i = 0; i < w->n_contests; i++)
		answer(w, &w->contests[i]);
}
