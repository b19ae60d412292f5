/* Seals that are there: found, believed when they are whole and staff's, compared with what is here now. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <string.h>

#define LENGTH_MAX_MS (366LL * 86400000)
#define TIME_MAX_MS 253402300799999 /* the end of the year 9999 */

struct found {
	json_t *whole;	     /* put together and checked; owned */
	const struct rec *r; /* its first part */
};

static void append_lists(json_t *whole, const json_t *part)
{
	for (size_t k = 0; k < SEAL_LISTS; k++)
		json_array_extend(json_object_get(whole, reg_seal_lists[k]),
				  json_object_get(part, reg_seal_lists[k]));
}

static const struct item *part_of(const struct view *w, const struct rec *first, int64_t part)
{
	const char *id = json_get_str(first->content, "seal");
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r;
		const char *seal = r->kind == REC_SEAL ? json_get_str(r->content, "seal") : NULL;
		if (seal && !w->v[i].redacted && r->sender == first->sender &&
		    strcmp(seal, id) == 0 && json_get_i64(r->content, "part", -1) == part)
			return &w->v[i];
	}
	return NULL;
}

/* All parts together, when they are there and their hash says so. */
static json_t *put_together(const struct view *w, const struct rec *first)
{
	int64_t n = json_get_i64(first->content, "parts", 0);
	json_t *head = json_get_object(first->content, "register");
	if (!head || n < 1 || n > SEAL_PARTS_MAX)
		return NULL;
	JSON_AUTO json_t *whole =
		json_pack("{s:O,s:[],s:[],s:[]}", "register", head, "inputs", "redacted", "people");
	for (int64_t i = 0; i < n; i++) {
		const struct item *it = part_of(w, first, i);
		if (!it)
			return NULL;
		append_lists(whole, it->r->content);
	}
	JSON_AUTO json_t *id = reg_seal_hash(whole);
	return json_equal(id, json_object_get(first->content, "seal")) ? take(&whole) : NULL;
}

static bool find_seal(const struct view *w, struct found *ret)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r;
		if (r->kind != REC_SEAL || w->v[i].redacted ||
		    json_get_i64(r->content, "part", -1) != 0 ||
		    !json_get_str(r->content, "seal") || !reg_view_by_staff(w, r))
			continue;
		json_t *whole = put_together(w, r);
		if (!whole)
			continue;
		*ret = (struct found){whole, r};
		return true;
	}
	return false;
}

/* -- Judging as it says ----------------------------------------------------------------------------- */

/* Whom it names is known from now on: nobody else may have said anything of them. */
static void learn_people(const struct register_input *in, const json_t *people)
{
	size_t i;
	json_t *entry;
	json_array_foreach (people, i, entry) {
		const char *user = json_string_value(json_array_get(entry, 0));
		if (user)
			reg_names_put(in->users, user);
	}
}

bool register_seal_times(int64_t start_ms, int64_t end_ms)
{
	return start_ms >= 0 && start_ms <= TIME_MAX_MS && end_ms >= start_ms &&
	       end_ms - start_ms <= LENGTH_MAX_MS;
}

/* What it was judged by: times, rules and people; false when they make no sense. */
static bool read_terms(const struct register_input *in, const json_t *whole, struct seal_terms *ret)
{
	const json_t *head = json_object_get(whole, "register");
	if (attendance_rules_read(json_object_get(head, "rules"), &ret->rules, NULL) != 0)
		return false;
	ret->l = in->l;
	ret->l.start_ms = json_get_i64(head, "start_ts", 0);
	ret->l.end_ms = json_get_i64(head, "end_ts", 0);
	ret->l.closed_ms = json_get_i64(head, "closed_ts", 0);
	ret->l.cancelled = json_get_bool(head, "cancelled", false);
	ret->roster = json_get_bool(head, "roster", false);
	if (!register_seal_times(ret->l.start_ms, ret->l.end_ms) || ret->l.closed_ms < 0)
		return false;
	learn_people(in, json_object_get(whole, "people"));
	return true;
}

void reg_seal_terms_done(struct seal_terms *t)
{
	json_decref(t->whole);
	*t = (struct seal_terms){0};
}

bool reg_seal_terms(const struct view *w, struct seal_terms *ret)
{
	struct found f = {0};
	*ret = (struct seal_terms){0};
	if (!find_seal(w, &f))
		return false;
	ret->whole = f.whole;
	if (read_terms(w->in, f.whole, ret))
		return true;
	reg_seal_terms_done(ret);
	return false;
}

/* -- Checking ---------------------------------------------------------------------------------------- */

void seal_check_done(struct seal_check *s)
{
	mem_free(s->by);
	json_decref(s->missing);
	json_decref(s->added);
	*s = (struct seal_check){0};
}

/* Beginnings of ids as keys. */
static json_t *named_of(const json_t *whole)
{
	json_t *set = json_object(), *id;
	size_t i;
	for (size_t k = 0; k < 2; k++)
		json_array_foreach (json_object_get(whole, reg_seal_lists[k]), i, id)
			if (json_is_string(id))
				json_object_set_new(set, json_string_value(id), json_true());
	return set;
}

static void find_lost(const struct view *w, const json_t *whole, json_t *ret)
{
	JSON_AUTO json_t *have = json_object();
	json_t *id;
	size_t i;
	char head[SEAL_ID_SIZE];
	for (i = 0; i < w->n; i++)
		json_object_set_new(have, reg_seal_id_head(w->v[i].r->event_id, head),
				    json_boolean(w->v[i].redacted));
	json_array_foreach (json_object_get(whole, "inputs"), i, id)
		if (!json_is_false(json_object_get(have, json_string_value(id))))
			json_array_append(ret, id);
	json_array_foreach (json_object_get(whole, "redacted"), i, id)
		if (!json_object_get(have, json_string_value(id)))
			json_array_append(ret, id);
}

static void find_added(const struct view *w, const struct attendance_register *r,
		       const json_t *named, int64_t ts, json_t *ret)
{
	char head[SEAL_ID_SIZE];
	for (size_t i = 0; i < w->n; i++) {
		const char *id = w->v[i].r->event_id;
		if (w->v[i].r->ts <= ts && json_object_get(r->used, id) &&
		    !json_object_get(named, reg_seal_id_head(id, head)))
			json_array_append_new(ret, json_string(id));
	}
}

static void read_missing(const json_t *list, struct periods *ret)
{
	const json_t *v;
	size_t i;
	json_array_foreach (list, i, v)
		reg_periods_put(ret, json_integer_value(json_array_get(v, 0)),
				json_integer_value(json_array_get(v, 1)));
	reg_periods_join(ret);
}

/* Marks that are others by all that is here than by what the seal names. */
static size_t count_corrected(const struct register_input *in,
			      const struct attendance_register *sealed)
{
	struct terms t = reg_terms_of(in);
	size_t n = 0, k = 0;
	t.given = &attendance_rules_as_they_are;
	struct attendance_register *now = reg_judge(in, &t, INT64_MAX);
	for (size_t i = 0; i < now->n; i++) {
		/* Both are in order of user ids. */
		while (k < sealed->n && strcmp(sealed->v[k].user_id, now->v[i].user_id) < 0)
			k++;
		n += k < sealed->n && strcmp(sealed->v[k].user_id, now->v[i].user_id) == 0 &&
		     sealed->v[k].status != now->v[i].status;
	}
	register_free(now);
	return n;
}

/* Judged anew, from what the seal names and by its rules: does it come to the same? */
static bool is_same(const struct register_input *in, const struct found *f, const json_t *named,
		    size_t *ret_corrected)
{
	const json_t *whole = f->whole, *head = json_object_get(whole, "register");
	struct seal_terms by = {0};
	struct periods missing = {0};
	if (!read_terms(in, whole, &by))
		return false;
	if (by.l.uid) /* a single meeting may have been moved since; its name is among the register's bytes */
		by.l.recurrence_id = json_get_str(f->r->content, "recurrence_id");
	read_missing(json_get_array(head, "missing"), &missing);
	struct terms t = {.l = &by.l,
			  .rules = &by.rules,
			  .given = &attendance_rules_as_they_are,
			  .only = named,
			  .people = by.roster ? json_object_get(whole, "people") : NULL,
			  .no_roster = !by.roster,
			  .observers = json_get_array(head, "observers"),
			  .missing = &missing};
	struct attendance_register *r = reg_judge(in, &t, INT64_MAX);
	JSON_AUTO json_t *hash = reg_seal_result(r);
	bool same = json_equal(hash, json_object_get(head, "result"));
	*ret_corrected = same ? count_corrected(in, r) : 0;
	register_free(r);
	reg_periods_done(&missing);
	return same;
}

/* Marks that are others by the rules given for this report than by those of the seal. */
static size_t count_other(const struct register_input *in, const struct attendance_register *r)
{
	struct terms t = reg_terms_of(in);
	size_t n = 0;
	if (!r->other_rules)
		return 0;
	t.given = &attendance_rules_as_they_are;
	struct attendance_register *sealed = reg_judge(in, &t, INT64_MAX);
	for (size_t i = 0; i < sealed->n && i < r->n; i++)
		n += sealed->v[i].status != r->v[i].status;
	register_free(sealed);
	return n;
}

static void compare(const struct view *w, const struct attendance_register *r,
		    const struct found *f, struct seal_check *ret)
{
	JSON_AUTO json_t *named = named_of(f->whole);
	ret->by = mem_strdup(w->in->users->v[f->r->sender]);
	ret->ts = f->r->ts;
	ret->other_marks = count_other(w->in, r);
	find_lost(w, f->whole, ret->missing);
	find_added(w, r, named, f->r->ts, ret->added);
	ret->verdict = json_array_size(ret->missing)		   ? SEAL_INPUTS_MISSING
		       : json_array_size(ret->added)		   ? SEAL_INPUTS_NEW
		       : is_same(w->in, f, named, &ret->corrected) ? SEAL_GOOD
								   : SEAL_DIFFERENT;
}

void register_check_seal(const struct register_input *in, const struct attendance_register *r,
			 struct seal_check *ret)
{
	struct view w;
	struct found f = {0};
	struct terms t = reg_terms_of(in);
	*ret = (struct seal_check){.missing = json_array(), .added = json_array()};
	reg_view_init(&w, in, &t);
	if (find_seal(&w, &f))
		compare(&w, r, &f, ret);
	json_decref(f.whole);
	reg_view_done(&w);
}
