/* Changes of a meeting, of all of it or of one date. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/util.h"

#include <string.h>

/* Put `s` in the place of *text; true when that is something else. */
static bool set(char **text, const char *s)
{
	if (!s || (*text && !strcmp(*text, s)))
		return false;
	mem_free(*text);
	*text = mem_strdup(s);
	return true;
}

/* -- All of it ----------------------------------------------------------- */

/* What was said of single dates goes with the series. */
static void shift_dates(struct cal_event *e, int64_t by_ms)
{
	const char *zone = e->start.zone;
	for (size_t i = 0; i < e->n_exdates; i++)
		meet_shift(&e->exdates[i], by_ms, zone);
	for (size_t i = 0; i < e->n_rdates; i++)
		meet_shift(&e->rdates[i], by_ms, zone);
	for (size_t i = 0; i < e->n_overrides; i++) {
		struct cal_override *o = &e->overrides[i];
		/* It stands where it would have been, or was given another title alone. */
		if (o->cancelled || meet_wall_ms(&o->start) == meet_wall_ms(&o->recurrence_id))
			meet_shift(&o->start, by_ms, zone);
		meet_shift(&o->recurrence_id, by_ms, zone);
	}
	for (size_t i = 0; i < e->n_ended; i++)
		meet_shift(&e->ended[i].recurrence_id, by_ms, zone);
}

/* A date that is given another time is on again; `id` NULL: all. */
static bool reopen(struct cal_event *e, const struct cal_time *id)
{
	size_t kept = 0, n = e->n_ended;
	for (size_t i = 0; i < n; i++)
		if (id && meet_wall_ms(&e->ended[i].recurrence_id) != meet_wall_ms(id))
			e->ended[kept++] = e->ended[i];
	e->n_ended = kept;
	return kept < n;
}

static int new_start(struct cal_event *e, const struct meet_change *ch, struct meet_split *split,
		     bool rule, bool *changed, struct err *err)
{
	char zone[CAL_ZONE_MAX];
	struct cal_time start = e->start;
	int rc = cal_zone_check(ch->zone ? ch->zone : e->start.zone, zone, err);
	if (!rc && ch->start_ms) {
		bool date_only = start.date_only;
		rc = cal_time_at(ch->start_ms, zone, &start, err);
		start.date_only = date_only;
	}
	if (rc)
		return rc;
	memcpy(start.zone, zone, sizeof(zone));
	int64_t by_ms = meet_wall_ms(&start) - meet_wall_ms(&e->start);
	if (!by_ms && !strcmp(zone, e->start.zone))
		return 0;
	*changed = true;
	if (meet_split_has_past(split))
		return meet_split_move(split, &start, rule, err);
	e->start = start;
	shift_dates(e, by_ms);
	return 0;
}

static int stop(const struct cal_occurrence *o, void *arg)
{
	const struct cal_time *id = arg;
	return meet_wall_ms(&o->recurrence_id) == meet_wall_ms(id);
}

/* Dates that a new rule no longer has take their changes with them. */
static void drop_lost(struct cal_event *e)
{
	struct cal_event bare = *e;
	size_t kept = 0;
	bare.n_overrides = 0;
	for (size_t i = 0; i < e->n_overrides; i++) {
		struct cal_override *o = &e->overrides[i];
		int64_t ms;
		if (!cal_time_ms(&o->recurrence_id, &ms, NULL) &&
		    cal_expand(&bare, ms, ms + 1, 0, stop, &o->recurrence_id, NULL) == 1) {
			e->overrides[kept++] = *o;
			continue;
		}
		mem_free(o->title);
		mem_free(o->description);
		mem_free(o->location);
	}
	e->n_overrides = kept;
}

/* Of a series what has begun takes as long as it did. */
static bool is_past(const struct cal_override *o, int64_t now_ms)
{
	int64_t ms;
	return !cal_time_ms(&o->start, &ms, NULL) && ms < now_ms;
}

static void new_duration(struct cal_event *e, int64_t ms, int64_t now_ms, bool *changed)
{
	bool single = cal_is_single(e);
	if (!ms || ms == e->duration_ms)
		return;
	for (size_t i = 0; i < e->n_overrides; i++)
		if (e->overrides[i].duration_ms == e->duration_ms &&
		    (single || !is_past(&e->overrides[i], now_ms)))
			e->overrides[i].duration_ms = ms;
	e->duration_ms = ms;
	*changed = true;
}

/* What it is, whenever it is. */
static void change_words(struct cal_event *e, const struct meet_change *ch, int64_t now_ms,
			 bool *changed)
{
	*changed = ch->cancel != (e->status == CAL_CANCELLED); /* a change brings it back */
	e->status = ch->cancel ? CAL_CANCELLED : CAL_CONFIRMED;
	for (size_t i = 0; i < e->n_overrides && ch->cancel; i++)
		e->overrides[i].confirmed &= is_past(&e->overrides[i], now_ms);
	if (ch->cancel)
		return;
	*changed |= set(&e->title, ch->title);
	*changed |= set(&e->description, ch->description);
	*changed |= set(&e->location, ch->location);
	new_duration(e, ch->duration_ms, now_ms, changed);
}

/* The same, and dates that have begun stay what they were. */
static int change_what(struct cal_event *e, const struct meet_change *ch, int64_t now_ms,
		       bool *changed, struct err *err)
{
	const struct cal_era now = cal_era_now(e);
	AUTO(cal_era_done) struct cal_era was = cal_era_copy(&now);
	bool single = cal_is_single(e);
	change_words(e, ch, now_ms, changed);
	return single || !*changed ? 0 : cal_era_keep(e, &was, now_ms, err);
}

/* `split`: as it was before this, or NULL where no date can move. */
static int change_when(struct cal_event *e, const struct meet_change *ch, struct meet_split *split,
		       bool *changed, struct err *err)
{
	AUTO_FREE char *clean = cal_rule_clean(ch->rrule);
	bool rule = set(&e->rrule, clean);
	bool start = false;
	if (!e->rrule && !e->n_rdates && (ch->start_ms || ch->duration_ms))
		*changed |= reopen(e, NULL);
	int rc = new_start(e, ch, split, rule, &start, err);
	if (!rc && rule && !start && meet_split_has_past(split))
		rc = meet_split_rule(split, err);
	*changed |= rule || start;
	if (!rc)
		rc = cal_event_check(e, err);
	if (!rc && (rule || start))
		rc = meet_check_start(e, err);
	if (!rc && rule)
		drop_lost(e);
	return rc;
}

static int change_all(struct meeting *m, const struct meet_change *ch, bool *changed,
		      struct err *err)
{
	struct cal_event *e = &m->event;
	struct meet_split *split = NULL;
	bool moves = (ch->start_ms || ch->zone || ch->rrule) && (e->rrule || e->n_rdates);
	int64_t now = clock_wall_ms();
	int rc = moves ? meet_split_find(e, now, &split, err) : 0;
	if (!rc)
		rc = change_what(e, ch, now, changed, err);
	if (!rc && !ch->cancel)
		rc = change_when(e, ch, split, changed, err);
	meet_split_free(split);
	return rc;
}

/* -- One date ------------------------------------------------------------ */

static struct cal_override *override_of(struct cal_event *e, const struct cal_occurrence *o)
{
	const struct cal_override n = {.recurrence_id = o->recurrence_id,
				       .start = o->recurrence_id,
				       .duration_ms = cal_era_at(e, o->start_ms).duration_ms};
	if (!cal_override_of(e, &o->recurrence_id))
		cal_override_put(e, &n);
	return cal_override_of(e, &o->recurrence_id);
}

static int one_start(struct cal_event *e, struct cal_override *o, int64_t ms, bool *changed,
		     struct err *err)
{
	bool date_only = o->start.date_only;
	int rc = cal_time_at(ms, e->start.zone, &o->start, err);
	o->start.date_only = date_only;
	*changed = true;
	return rc;
}

/* A change brings a cancelled one back, also where its series is cancelled, or was when it began. */
static bool set_status(const struct cal_event *e, struct cal_override *o, bool cancel)
{
	int64_t ms;
	bool confirm = !cancel && !cal_time_ms(&o->start, &ms, NULL) && cal_era_at(e, ms).cancelled;
	bool changed = o->cancelled != cancel || o->confirmed != confirm;
	o->cancelled = cancel;
	o->confirmed = confirm;
	return changed;
}

static int change_one(struct meeting *m, const struct meet_change *ch, bool *changed,
		      struct err *err)
{
	struct cal_event *e = &m->event;
	struct cal_occurrence found;
	if (ch->rrule || ch->zone)
		return err_set(err, ERR_USAGE,
			       _("a single date has no rule and no zone of its own"));
	int rc = cal_find(e, ch->recurrence, clock_wall_ms(), &found, err);
	if (rc)
		return rc;
	struct cal_override *o = override_of(e, &found);
	*changed |= set(&o->title, ch->title);
	*changed |= set(&o->description, ch->description);
	*changed |= set(&o->location, ch->location);
	if (ch->start_ms && ch->start_ms != found.start_ms)
		rc = one_start(e, o, ch->start_ms, changed, err);
	*changed |= set_status(e, o, ch->cancel);
	if (ch->start_ms || ch->duration_ms)
		*changed |= reopen(e, &found.recurrence_id);
	*changed |= ch->duration_ms && ch->duration_ms != o->duration_ms;
	if (ch->duration_ms)
		o->duration_ms = ch->duration_ms;
	return rc ? rc : cal_event_check(e, err);
}

/* -- Both ---------------------------------------------------------------- */

int meet_check_held(const struct cal_event *e, int64_t start_ms, int64_t now_ms, struct err *err)
{
	struct cal_occurrence o;
	if (start_ms <= now_ms || !cal_is_single(e))
		return 0;
	int rc = cal_find(e, NULL, now_ms, &o, err);
	if (rc || o.cancelled || o.end_ms > now_ms)
		return rc;
	err_set(err, ERR_USAGE, _("\"%.80s\" took place already: it stays where it was"),
		e->title ? e->title : e->uid);
	err_hint(err, _("muster meet schedule makes another one"));
	return ERR_USAGE;
}

static bool is_nothing(const struct meet_change *ch)
{
	return !ch->cancel && !ch->title && !ch->description && !ch->location && !ch->rrule &&
	       !ch->zone && !ch->start_ms && !ch->duration_ms;
}

static int room_of(struct client *c, const struct meet_change *ch, struct meeting *ret,
		   struct err *err)
{
	struct meeting cached;
	int rc = meet_find_uid(c, ch->room_id, ch->uid, &cached, err);
	if (rc)
		return rc;
	rc = meet_get(c, cached.room_id, ch->uid, ret, err);
	meeting_done(&cached);
	return rc;
}

static int publish(struct client *c, struct meeting *m, const struct meet_change *ch,
		   struct err *err)
{
	struct cal_occurrence one;
	struct meet_tell t = {.news = ch->cancel ? MEET_CANCELLED : MEET_CHANGED,
			      .reason = ch->reason,
			      .no_message = ch->quiet,
			      .no_file = ch->quiet};
	m->event.sequence++;
	m->event.changed_ms = clock_wall_ms();
	if (ch->recurrence && !cal_find(&m->event, ch->recurrence, m->event.changed_ms, &one, NULL))
		t.occurrence = &one;
	return meet_put(c, m, &t, err);
}

static json_t *answer(struct client *c, const struct meeting *m, const struct meet_change *ch,
		      bool changed)
{
	AUTO_FREE char *name = meet_room_name(c, m->room_id);
	struct cal_occurrence one;
	int64_t now = clock_wall_ms();
	bool single = ch->recurrence && !cal_find(&m->event, ch->recurrence, now, &one, NULL);
	json_t *row = single ? meet_row(m, &one, name, now) : meet_row_series(m, name, now);
	row_bool(row, "existing", !changed);
	row_bool(row, "changed", changed);
	return row;
}

int client_meet_change(struct client *c, const struct meet_change *ch, json_t **ret,
		       struct err *err)
{
	struct meeting m = {.room_id = NULL};
	bool changed = false;
	if (is_nothing(ch))
		return err_set(err, ERR_USAGE, _("what is to be changed?"));
	int rc = room_of(c, ch, &m, err);
	if (!rc)
		rc = meet_check_held(&m.event, ch->start_ms, clock_wall_ms(), err);
	if (!rc)
		rc = ch->recurrence ? change_one(&m, ch, &changed, err)
				    : change_all(&m, ch, &changed, err);
	if (!rc && changed)
		rc = publish(c, &m, ch, err);
	if (!rc)
		*ret = answer(c, &m, ch, changed);
	meeting_done(&m);
	return rc;
}
