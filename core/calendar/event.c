#include "core/calendar/event.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/calendar/instances.h"
#include "core/calendar/wall.h"

#include <string.h>

static void override_done(struct cal_override *o)
{
	mem_free(o->title);
	mem_free(o->description);
	mem_free(o->location);
}

struct cal_override *cal_override_of(const struct cal_event *e,
				     const struct cal_time *recurrence_id)
{
	int64_t wall = wall_of(recurrence_id);
	for (size_t i = 0; i < e->n_overrides; i++)
		if (wall_of(&e->overrides[i].recurrence_id) == wall)
			return &e->overrides[i];
	return NULL;
}

void cal_override_put(struct cal_event *e, const struct cal_override *o)
{
	struct cal_override *there = cal_override_of(e, &o->recurrence_id);
	if (there) {
		override_done(there);
		*there = *o;
		return;
	}
	e->overrides = mem_realloc_array(e->overrides, e->n_overrides + 1, sizeof(*e->overrides));
	e->overrides[e->n_overrides++] = *o;
}

bool cal_is_single(const struct cal_event *e)
{
	for (size_t i = 0; i < e->n_overrides; i++)
		if (wall_of(&e->overrides[i].recurrence_id) != wall_of(&e->start))
			return false;
	return !e->rrule && !e->n_rdates;
}

void cal_event_done(struct cal_event *e)
{
	char *texts[] = {e->uid, e->title,     e->description, e->location,
			 e->url, e->organizer, e->rrule};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		mem_free(texts[i]);
	for (size_t i = 0; i < e->n_overrides; i++)
		override_done(&e->overrides[i]);
	for (size_t i = 0; i < e->n_eras; i++)
		cal_era_done(&e->eras[i]);
	mem_free(e->eras);
	mem_free(e->exdates);
	mem_free(e->rdates);
	mem_free(e->overrides);
	mem_free(e->ended);
	*e = (struct cal_event){.uid = NULL};
}

char *cal_rule_clean(const char *rule)
{
	struct span s = span_trim(span_of(rule));
	if (!rule)
		return NULL;
	if (span_case_eq_str(span_head(s, 6), "RRULE:"))
		s = span_from(s, 6);
	while (s.n && (s.p[s.n - 1] == ';' || s.p[s.n - 1] == ' '))
		s.n--;
	char *clean = span_dup(s);
	for (char *p = clean; *p; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
	return clean;
}

/* -- Checks -------------------------------------------------------------- */

static int text_fits(const char *what, const char *s, size_t most, bool lines, struct err *err)
{
	if (!s)
		return 0;
	if (strlen(s) > most)
		return err_set(err, ERR_USAGE, _("the %s is longer than %zu bytes"), what, most);
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' && !(lines && (*p == '\n' || *p == '\t')))
			return err_set(err, ERR_USAGE, _("the %s has control characters in it"),
				       what);
	return 0;
}

static int texts_fit(const struct cal_event *e, struct err *err)
{
	if (!e->uid || !*e->uid)
		return err_set(err, ERR_USAGE, _("the meeting has no UID"));
	int rc = text_fits(_("UID"), e->uid, CAL_LINE_MAX, false, err);
	if (!rc)
		rc = text_fits(_("title"), e->title, CAL_LINE_MAX, false, err);
	if (!rc)
		rc = text_fits(_("place"), e->location, CAL_LINE_MAX, true, err);
	if (!rc)
		rc = text_fits(_("description"), e->description, CAL_TEXT_MAX, true, err);
	if (!rc)
		rc = text_fits(_("rule"), e->rrule, CAL_LINE_MAX, false, err);
	return rc;
}

static int duration_fits(const struct cal_event *e, int64_t duration_ms, struct err *err)
{
	if (duration_ms <= 0)
		return err_set(err, ERR_USAGE, _("the meeting must take longer than no time"));
	if (duration_ms > CAL_DURATION_MAX_MS)
		return err_set(err, ERR_USAGE, _("a meeting takes 31 days at most"));
	if (e->start.date_only && duration_ms % (WALL_DAY * 1000))
		return err_set(err, ERR_USAGE, _("a meeting without an hour takes whole days"));
	return 0;
}

static int counts_fit(const struct cal_event *e, struct err *err)
{
	if (e->n_exdates > CAL_EXDATES_MAX || e->n_rdates > CAL_RDATES_MAX ||
	    e->n_overrides > CAL_OVERRIDES_MAX || e->n_ended > CAL_ENDED_MAX)
		return err_set(err, ERR_USAGE, _("more than %d single dates of the series differ"),
			       CAL_OVERRIDES_MAX);
	return 0;
}

static int yields_something(const struct cal_event *e, struct err *err)
{
	struct instances it;
	int64_t wall, ms;
	int rc = instances_open(&it, e, err);
	if (rc)
		return rc;
	if (!instances_next(&it, &wall, &ms) && !e->n_overrides)
		rc = err_set(err, ERR_USAGE, _("the rule yields no date"));
	instances_done(&it);
	return rc;
}

static int overrides_fit(const struct cal_event *e, struct err *err)
{
	int rc = 0;
	int64_t ms;
	for (size_t i = 0; i < e->n_overrides && !rc; i++) {
		const struct cal_override *o = &e->overrides[i];
		rc = cal_time_ms(&o->recurrence_id, &ms, err);
		if (!rc)
			rc = cal_time_ms(&o->start, &ms, err);
		if (!rc)
			rc = duration_fits(e, o->duration_ms, err);
		if (!rc)
			rc = text_fits(_("title"), o->title, CAL_LINE_MAX, false, err);
		if (!rc)
			rc = text_fits(_("place"), o->location, CAL_LINE_MAX, true, err);
		if (!rc)
			rc = text_fits(_("description"), o->description, CAL_TEXT_MAX, true, err);
	}
	return rc;
}

static int eras_fit(const struct cal_event *e, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < e->n_eras && !rc; i++) {
		const struct cal_era *era = &e->eras[i];
		rc = duration_fits(e, era->duration_ms, err);
		if (!rc)
			rc = text_fits(_("title"), era->title, CAL_LINE_MAX, false, err);
		if (!rc)
			rc = text_fits(_("place"), era->location, CAL_LINE_MAX, true, err);
		if (!rc)
			rc = text_fits(_("description"), era->description, CAL_TEXT_MAX, true, err);
	}
	return rc;
}

int cal_event_check(const struct cal_event *e, struct err *err)
{
	int rc = texts_fit(e, err);
	if (!rc)
		rc = counts_fit(e, err);
	if (!rc)
		rc = wall_check(&e->start, err);
	if (!rc)
		rc = duration_fits(e, e->duration_ms, err);
	if (!rc)
		rc = yields_something(e, err);
	if (!rc)
		rc = overrides_fit(e, err);
	if (!rc)
		rc = eras_fit(e, err);
	if (rc == ERR_INVALID) { /* a date that does not exist */
		rc = ERR_USAGE;
		if (err)
			err->code = rc;
	}
	return rc;
}
