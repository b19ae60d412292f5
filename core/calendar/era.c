/* What a series was before it was changed. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/calendar/event.h"

struct cal_era cal_era_now(const struct cal_event *e)
{
	return (struct cal_era){.until_ms = INT64_MAX,
				.duration_ms = e->duration_ms,
				.title = e->title,
				.description = e->description,
				.location = e->location,
				.cancelled = e->status == CAL_CANCELLED};
}

struct cal_era cal_era_at(const struct cal_event *e, int64_t start_ms)
{
	for (size_t i = 0; i < e->n_eras; i++)
		if (start_ms < e->eras[i].until_ms)
			return e->eras[i];
	return cal_era_now(e);
}

void cal_era_done(struct cal_era *era)
{
	mem_free(era->title);
	mem_free(era->description);
	mem_free(era->location);
	*era = (struct cal_era){.title = NULL};
}

struct cal_era cal_era_copy(const struct cal_era *era)
{
	struct cal_era own = *era;
	own.title = mem_strdup(era->title);
	own.description = mem_strdup(era->description);
	own.location = mem_strdup(era->location);
	return own;
}

static bool is_same(const struct cal_era *a, const struct cal_era *b)
{
	return a->duration_ms == b->duration_ms && a->cancelled == b->cancelled &&
	       span_eq_str(span_of(a->title), b->title) &&
	       span_eq_str(span_of(a->description), b->description) &&
	       span_eq_str(span_of(a->location), b->location);
}

struct looking {
	int64_t from_ms, to_ms;
};

static int begins_within(const struct cal_occurrence *o, void *arg)
{
	const struct looking *l = arg;
	return o->start_ms >= l->from_ms && o->start_ms < l->to_ms;
}

int cal_era_keep(struct cal_event *e, const struct cal_era *was, int64_t now_ms, struct err *err)
{
	const struct cal_era now = cal_era_now(e);
	struct looking l = {e->n_eras ? e->eras[e->n_eras - 1].until_ms : INT64_MIN, now_ms};
	int any = is_same(was, &now) || l.from_ms >= now_ms
			  ? 0
			  : cal_expand(e, l.from_ms, now_ms, 0, begins_within, &l, err);
	if (any <= 0)
		return any;
	if (e->n_eras == CAL_ERAS_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       _("this series was changed more than %d times: schedule a new one"),
			       CAL_ERAS_MAX);
	e->eras = mem_realloc_array(e->eras, e->n_eras + 1, sizeof(*e->eras));
	e->eras[e->n_eras] = cal_era_copy(was);
	e->eras[e->n_eras++].until_ms = now_ms;
	return 0;
}

/* -- In the place of another ---------------------------------------------------------------- */

/* What was not said of a date is the series' now, not what it was then. */
static void settle_text(char **own, const char *now, const char *then)
{
	if (!*own && !span_eq_str(span_of(now), then))
		*own = mem_strdup(now ? now : "");
}

static void settle_overrides(struct cal_event *e)
{
	const struct cal_era now = cal_era_now(e);
	int64_t ms;
	for (size_t i = 0; i < e->n_overrides; i++) {
		struct cal_override *o = &e->overrides[i];
		if (o->cancelled || cal_time_ms(&o->start, &ms, NULL))
			continue;
		const struct cal_era then = cal_era_at(e, ms);
		settle_text(&o->title, now.title, then.title);
		settle_text(&o->description, now.description, then.description);
		settle_text(&o->location, now.location, then.location);
		o->confirmed |= then.cancelled && !now.cancelled;
	}
}

int cal_era_follow(struct cal_event *e, struct cal_event *there, int64_t now_ms, struct err *err)
{
	/* Where hours become days all its dates are others, and lengths in minutes are none of theirs. */
	bool other = e->start.date_only && !there->start.date_only;
	if (cal_is_single(e) || cal_is_single(there) || other)
		return 0;
	const struct cal_era was = cal_era_now(there);
	e->eras = there->eras;
	e->n_eras = there->n_eras;
	there->eras = NULL;
	there->n_eras = 0;
	int rc = cal_era_keep(e, &was, now_ms, err);
	if (!rc)
		settle_overrides(e);
	return rc;
}

/* -- For those who know no eras ------------------------------------------------------------- */

struct writing {
	const struct cal_event *e;
	int64_t until_ms;
	struct cal_override *v;
	size_t n;
};

static void put(struct writing *w, const struct cal_override *o)
{
	w->v = mem_realloc_array(w->v, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = *o;
}

/* The series' is not said again for each date; where that has one, none is an empty one. */
static char *text(const char *s, const char *of_series)
{
	static char none[] = "";
	return span_eq_str(span_of(s), of_series) ? NULL : s ? (char *)s : none;
}

static int put_past(const struct cal_occurrence *o, void *arg)
{
	struct writing *w = arg;
	const struct cal_era was = cal_era_at(w->e, o->start_ms), now = cal_era_now(w->e);
	const struct cal_override *there = cal_override_of(w->e, &o->recurrence_id);
	if (o->start_ms >= w->until_ms || (!there && is_same(&was, &now)))
		return 0;
	struct cal_override own = {.recurrence_id = o->recurrence_id,
				   .start = there ? there->start : o->recurrence_id,
				   .duration_ms = there ? there->duration_ms : was.duration_ms,
				   .title = text(o->title, now.title),
				   .description = text(o->description, now.description),
				   .location = text(o->location, now.location),
				   .cancelled = o->cancelled,
				   .confirmed = !o->cancelled && now.cancelled};
	put(w, &own);
	return 0;
}

static bool has(const struct writing *w, size_t n, const struct cal_override *o)
{
	const struct cal_event done = {.overrides = w->v, .n_overrides = n};
	return n && cal_override_of(&done, &o->recurrence_id);
}

int cal_eras_unfold(const struct cal_event *e, struct cal_override **ret, size_t *ret_n,
		    struct err *err)
{
	struct writing w = {.e = e, .until_ms = e->n_eras ? e->eras[e->n_eras - 1].until_ms : 0};
	int rc = e->n_eras ? cal_expand(e, INT64_MIN, w.until_ms, 0, put_past, &w, err) : 0;
	size_t past = w.n;
	for (size_t i = 0; rc >= 0 && i < e->n_overrides; i++)
		if (!has(&w, past, &e->overrides[i]))
			put(&w, &e->overrides[i]);
	if (rc < 0) {
		mem_free(w.v);
		return rc;
	}
	*ret = w.v;
	*ret_n = w.n;
	return 0;
}
