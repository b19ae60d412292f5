/*
 * Roll-calls (design, "Roll-call"): a poll (MSC3381) that carries `org.muster.roll`
 * (docs/FORMATS.md). Here is its reading, making and counting; nothing opens a connection.
 */
#ifndef MUSTER_ATTENDANCE_ROLL_H
#define MUSTER_ATTENDANCE_ROLL_H

#include "core/matrix/event.h"

#define ROLL_KEY "org.muster.roll"
#define ROLL_WINDOW_MAX_MS (7LL * 24 * 3600 * 1000)
#define ROLL_RACE_MS \
	(2LL * 60 * 1000)      /**< two of one lesson that were opened no further apart are one */
#define ROLL_EVENTS_MAX 200000 /**< answers, edits and redactions that a tally looks at */
#define ROLL_ID_HERE "here"
#define ROLL_ID_AWAY \
	"away" /**< "I cannot be there": an answer, not an excuse until staff says so */

/** A roll as its start says. Owned texts; NULL: none. */
struct roll {
	char *id, *opener, *room_id;
	char *uid, *recurrence_id;  /**< the lesson it belongs to, or NULL */
	char *second_of;	    /**< event id of the first call, or NULL */
	int64_t opened_ms;	    /**< origin_server_ts of the start */
	int64_t window_ms, late_ms; /**< from opened_ms on */
	json_t *words;		    /**< agreed words beside the common ones: array, or NULL */
};
void roll_done(struct roll *r);
/** False when `ev` is no poll marked as a roll. The caller owns *ret. */
bool roll_read(const struct mx_event *ev, struct roll *ret);
/** When it closes by itself. */
int64_t roll_closes_ms(const struct roll *r);

/**
 * Two of the staff opened at the same moment: `r` counts for nothing, as `first`, of the same lesson, was opened no more
 * than ROLL_RACE_MS before it and had not closed (`first_closed_ms`). At one time the smaller id is the first. Whether `first`
 * counts itself is the caller's to know. Every client finds the same one.
 */
bool roll_is_double(const struct roll *first, int64_t first_closed_ms, const struct roll *r);

struct roll_draft {
	const char *question;	 /**< translated; NULL: "Roll-call: are you here?" */
	const char *here, *away; /**< texts of the answers, or NULL */
	const char *uid, *recurrence_id, *second_of;
	int64_t window_ms, late_ms;
	const json_t *words;
};
/**
 * Content of the poll's start, with the fallback text that tells people of other clients which
 * word to write. ERR_USAGE (window, too many words), ERR_TOO_LARGE. The caller owns *ret.
 */
int roll_make(const struct roll_draft *d, json_t **ret, struct err *err);
/** Content of the poll's end; `text` for people, `reason` may be NULL. The caller owns it. */
json_t *roll_make_end(const char *roll_id, const char *text, bool cancelled, const char *reason);

/**
 * Is this whole message one of the agreed words: the common ones of many languages ("here",
 * "present", "到", "はい", "hadir" ...) or one of `words` (may be NULL)? Trimmed, case and width folded,
 * apostrophes and "." or "!" around it aside.
 */
bool roll_is_word(struct span body, const json_t *words);
/** A reaction that says no (thumbs down, a cross, no entry); any other one is "here". */
bool roll_reaction_is_away(struct span key);

enum roll_way { ROLL_BY_VOTE, ROLL_BY_REACTION, ROLL_BY_WORD, ROLL_BY_STAFF, ROLL_WAY_COUNT };
const char *roll_way_name(enum roll_way w);

struct roll_answer {
	const char *user_id; /**< borrowed from the tally until it takes in more */
	int64_t ts; /**< of the first valid answer, not before the opening: counts for time */
	enum roll_way way;    /**< of the first */
	bool here;	      /**< the last valid one says so */
	bool late;	      /**< first one later than late_ms after the opening */
	const char *event_id; /**< of the first */
};

struct roll_tally;
/** `r` is borrowed and must outlive it. */
struct roll_tally *roll_tally_new(const struct roll *r);
void roll_tally_free(struct roll_tally *t);
/** The roll lies elsewhere from now on. */
void roll_tally_moved(struct roll_tally *t, const struct roll *r);
/**
 * Take in an event of the room, in any order, each once or more: votes, reactions to the start,
 * words, ends, edits, redactions; others are passed over. `may_end`: whether its sender may end the
 * poll. What counts is in docs/FORMATS.md: nothing edited, nothing redacted; a vote for nothing or
 * for what is no answer takes back what was said before it. False when the cap is reached.
 */
bool roll_tally_event(struct roll_tally *t, const struct mx_event *ev, bool may_end);
/** When it closed: by its end, or its window (INT64_MAX never happens). */
int64_t roll_tally_closed_ms(struct roll_tally *t);
/** Has anybody who may sent an end, be it after the window? */
bool roll_tally_has_end(struct roll_tally *t);
/** True when its start was redacted or its end says so: it counts for nothing. */
bool roll_tally_cancelled(struct roll_tally *t);
/** Answers until it closed, in order of user ids; who took theirs back is not among them. `fn`'s anything but 0 ends the walk. */
int roll_tally_each(struct roll_tally *t, int (*fn)(const struct roll_answer *a, void *arg),
		    void *arg);
bool roll_tally_find(struct roll_tally *t, const char *user_id, struct roll_answer *ret);

#endif
