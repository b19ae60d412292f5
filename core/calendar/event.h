/*
 * A calendar event: one meeting or a series with what was changed of it
 * (RFC 5545, VEVENT). Owned texts; NULL: not said.
 */
#ifndef MUSTER_CALENDAR_EVENT_H
#define MUSTER_CALENDAR_EVENT_H

#include "core/calendar/zone.h"

#define CAL_TEXT_MAX 8192 /**< bytes of a description */
#define CAL_LINE_MAX 255  /**< bytes of a title, a place, a UID, a rule */
#define CAL_EXDATES_MAX 500
#define CAL_RDATES_MAX 500
#define CAL_OVERRIDES_MAX 500
#define CAL_ENDED_MAX 1500
#define CAL_ERAS_MAX 200
#define CAL_OCCURRENCES_MAX 10000 /**< that one expansion yields */
#define CAL_DURATION_MAX_MS (31LL * 24 * 3600 * 1000)

enum cal_status { CAL_CONFIRMED, CAL_TENTATIVE, CAL_CANCELLED };

/** One occurrence that differs from its series (RECURRENCE-ID). */
struct cal_override {
	struct cal_time recurrence_id; /**< when it would have begun */
	struct cal_time start;
	int64_t duration_ms;
	char *title, *description, *location; /**< NULL: as the series; empty: none */
	bool cancelled;
	bool confirmed;	  /**< it takes place though the series is cancelled */
	int64_t sequence; /**< as the calendar file had it that it was read from; else 0 */
};

/** A date that was ended before its time. */
struct cal_ended {
	struct cal_time recurrence_id;
	int64_t at_ms; /**< means nothing unless it lies within the date, as that now stands */
};

/** What a series was until it was changed: its dates that had begun stay so. */
struct cal_era {
	int64_t until_ms; /**< of dates that begin before */
	int64_t duration_ms;
	char *title, *description, *location; /**< NULL: none */
	bool cancelled;
};

struct cal_event {
	char *uid; /**< never NULL */
	char *title, *description, *location, *url;
	char *organizer; /**< "mailto:..." or "matrix:u/..." */
	struct cal_time start;
	int64_t duration_ms;
	char *rrule; /**< "FREQ=WEEKLY;BYDAY=MO", or NULL: it happens once */
	struct cal_time *exdates;
	size_t n_exdates;
	struct cal_time *rdates; /**< dates beside the rule's */
	size_t n_rdates;
	struct cal_override *overrides;
	size_t n_overrides;
	struct cal_ended *ended; /**< not of RFC 5545: calendar files do not have it */
	size_t n_ended;
	struct cal_era *
		eras; /**< by until_ms; nor this: calendar files have a changed date for each of its dates */
	size_t n_eras;
	int64_t sequence; /**< raised by every change (RFC 5546) */
	enum cal_status status;
	int64_t created_ms, changed_ms; /**< DTSTAMP and LAST-MODIFIED: changed_ms */
};
/** Does it happen once? Then it is one lesson, whenever it is and was. */
bool cal_is_single(const struct cal_event *e);
void cal_event_done(struct cal_event *e); /**< A zeroed struct is allowed. */
/** Add one, in the place of another of the same date. Takes over its texts. */
void cal_override_put(struct cal_event *e, const struct cal_override *o);
/** That of the date which begins by this clock, or NULL. Borrowed. */
struct cal_override *cal_override_of(const struct cal_event *e,
				     const struct cal_time *recurrence_id);
/** A rule as RFC 5545 writes it: what rrule_parse lets pass besides (small letters, "RRULE:" in front, a semicolon
 * or blanks at its end) is not for others' eyes. NULL for NULL; the caller owns it. */
char *cal_rule_clean(const char *rule);
/** Everything within caps, dates that exist, known zones, a rule that is understood (rrule.h) and that
 * yields something. ERR_USAGE with one sentence. */
int cal_event_check(const struct cal_event *e, struct err *err);

/** What the event says now, and what it says of a date that begins then. Both borrow its texts. */
struct cal_era cal_era_now(const struct cal_event *e);
struct cal_era cal_era_at(const struct cal_event *e, int64_t start_ms);
/** With texts of its own, for cal_era_done. */
struct cal_era cal_era_copy(const struct cal_era *era);
void cal_era_done(struct cal_era *era); /**< A zeroed struct is allowed. */
/**
 * Keep for the dates that have begun by `now_ms` what the event said before a change: `was` is a copy of what cal_era_now
 * gave then. Nothing when that is what it still says, or no date has begun under it. ERR_TOO_LARGE: changed too often.
 */
int cal_era_keep(struct cal_event *e, const struct cal_era *was, int64_t now_ms, struct err *err);
/**
 * `e`, which knows no eras (a calendar file's), takes the place of `there`: it takes over that one's eras and keeps what it
 * changes for the dates that have begun by `now_ms`. Its own overrides stay what they are, whatever was before. Nothing of
 * what happens once. ERR_TOO_LARGE as above.
 */
int cal_era_follow(struct cal_event *e, struct cal_event *there, int64_t now_ms, struct err *err);
/**
 * All overrides for whoever knows no eras: the event's and one for each date of an era. The array is the caller's (mem_free);
 * its texts are borrowed, NULL where they are the series', empty where an era had none.
 */
int cal_eras_unfold(const struct cal_event *e, struct cal_override **ret, size_t *ret_n,
		    struct err *err);

/** One occurrence. Borrowed from the event. */
struct cal_occurrence {
	struct cal_time
		recurrence_id; /**< when the series has it; of a single meeting: its start */
	int64_t start_ms, end_ms;
	int64_t planned_end_ms; /**< later than end_ms when it was ended before its time */
	const char *title, *description, *location;
	bool moved, cancelled; /**< cancelled ones are yielded, too */
};
/** Anything but 0 ends the walk. */
typedef int cal_occurrence_fn(const struct cal_occurrence *o, void *arg);

/**
 * Occurrences that overlap [from_ms, to_ms), in order of their start as it is after moves; at
 * most `max` (0: CAL_OCCURRENCES_MAX). EXDATEs are left out, moved ones stand where they moved to. Returns what
 * `fn` returned.
 */
int cal_expand(const struct cal_event *e, int64_t from_ms, int64_t to_ms, size_t max,
	       cal_occurrence_fn *fn, void *arg, struct err *err);
/**
 * Does the series begin with its start (RFC 5545, 3.8.5.3 leaves open what it means when not)?
 * *ret_first: the Unix ms of the first date that it yields.
 */
bool cal_starts_right(const struct cal_event *e, int64_t *ret_first);
/** Unix ms at which the series' last occurrence ends, moved ones included; INT64_MAX: it has no end. */
int cal_last_end(const struct cal_event *e, int64_t *ret_ms, struct err *err);
/**
 * The occurrence that a person means by `when`: "2026-03-01", "2026-03-01T09:00",
 * "20260301T090000"; by its RECURRENCE-ID, else by the day it was moved to. NULL: of a single
 * meeting. ERR_NOT_FOUND; ERR_USAGE lists the next dates when a series has several.
 */
int cal_find(const struct cal_event *e, const char *when, int64_t now_ms,
	     struct cal_occurrence *ret, struct err *err);

#endif
