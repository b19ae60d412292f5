/*
 * What the files of the register share: the inputs as they were taken in (register_input.c), a view of
 * those that count, in order (register_view.c), and what is worked out from it on the way to a mark.
 * People, devices and keys are numbers: places in a list of names.
 */
#ifndef MUSTER_ATTENDANCE_REGISTER_PRIV_H
#define MUSTER_ATTENDANCE_REGISTER_PRIV_H

#include "core/attendance/register.h"
#include "core/attendance/register_spans.h"
#include "core/attendance/roll.h"
#include "core/matrix/power_history.h"

#define NOBODY UINT32_MAX
#define MISSING_MAX 64	/* holes; more of them count as one */
#define REASONS_MAX 100 /* of one person */
#define OBSERVERS_MAX 16

/* -- Names ------------------------------------------------------------------- */

struct names {
	json_t *index;
	char **v;
	size_t n, size;
};
void reg_names_done(struct names *n);
uint32_t reg_names_put(struct names *n, const char *s);
/** NOBODY when it is not there. */
uint32_t reg_names_find(const struct names *n, const char *s);

/* -- Inputs ------------------------------------------------------------------ */

enum rec_kind {
	REC_CALL,  /* a member event of the call */
	REC_SEEN,  /* an observer's word */
	REC_ROOM,  /* m.room.member */
	REC_POWER, /* m.room.power_levels, m.room.create */
	REC_REDACTION,
	REC_ROLL, /* what rolls are made of */
	REC_MARK,
	REC_CONTEST,
	REC_OPT_OUT,
	REC_SEAL,
};

enum call_word { CALL_HERE, CALL_LEFT, CALL_MALFORMED, CALL_FOREIGN };

struct rec {
	enum rec_kind kind;
	enum register_source from;
	int64_t ts;
	char *event_id;
	uint32_t sender;
	uint32_t user; /* whom it is about */
	bool redacted; /* came without its content */
	uint32_t redactor;
	/* REC_CALL; device also of REC_SEEN */
	enum call_word word;
	bool sticky, continues;
	uint32_t key, device;
	int64_t expires_ms;
	/* REC_SEEN */
	int64_t at;
	bool gone, stopped;
	uint32_t member; /* id of the newer form, or NOBODY */
	/* REC_ROOM */
	enum member_state now, before;
	char *name; /* display name */
	/* REC_REDACTION */
	char *target;
	json_t *content;     /* of staff's events and levels */
	json_t *prev;	     /* of levels */
	bool create;	     /* REC_POWER: of m.room.create */
	struct mx_event *ev; /* REC_ROLL */
};

struct register_input {
	struct lesson l; /* texts are ours */
	struct attendance_rules rules;
	struct attendance_rules_given given; /* for this report alone */
	struct names
		*users; /* whom a seal names is put in when it is believed: no mark hangs on it */
	struct names words; /* devices, keys, member ids */
	uint32_t observers[OBSERVERS_MAX];
	size_t n_observers;
	bool staff_observes; /* whoever was staff when they said it is believed, too */
	struct rec *v;
	size_t n, size;
	bool full;
	size_t n_seals;
	bool words_missing;
	struct periods missing;
	struct roster *roster; /* or NULL */
};

/* -- What one judging looks at ------------------------------------------------ */

struct item {
	const struct rec *r;
	bool redacted;
	uint32_t redactor;
};

struct roll_view {
	struct roll roll;
	struct roll_tally *tally;
	int64_t opened, closed;
	json_t *marks; /* user id: array of {status, by, ts, reason, event_id}, in order */
	bool used;     /* matters: not cancelled */
};

struct contest_view {
	const char *id, *reason; /* borrowed from the content */
	uint32_t user;
	int64_t ts;
	const struct rec *r;
	const char *state; /* "open", "accepted", "declined" */
	const char *by;
};

/* Staff's word about a person. */
struct mark_view {
	uint32_t user;
	enum mark_status after; /* MARK_COUNT: taken back */
	const struct rec *r;
};

/* By what is judged: of the input, or of a seal. */
struct terms {
	const struct lesson *l;
	const struct attendance_rules *rules;
	const struct attendance_rules_given *given; /* of rules that stand before these */
	const json_t *only; /* beginnings of the ids that count, or NULL: all */
	const json_t *
		people; /* [user id, outside id or null] of who was expected, or NULL: of the roster */
	bool no_roster;		 /* nobody was named: who was in the room */
	const json_t *observers; /* user ids, or NULL: the input's */
	const struct periods *missing;
};

struct view {
	const struct register_input *in;
	struct terms t;
	int64_t start, end;
	struct item *v; /* by time and id, each once */
	size_t n;
	struct item **rooms; /* REC_ROOM of the class room, by person */
	size_t n_rooms;
	struct power_history *power[2]; /* by enum register_source */
	struct roll_view *rolls;
	size_t n_rolls;
	struct mark_view *marks; /* by person and time */
	size_t n_marks, marks_size;
	struct contest_view *contests; /* by person and time */
	size_t n_contests, contests_size;
	const struct item **opt_outs; /* the last of each person, or NULL */
	size_t n_opt_outs;
	struct periods missing; /* that matters */
	struct periods outages;
	json_t *notes;	 /* {code, ...} about the whole */
	json_t *counted; /* "code sender": note of reg_view_count */
	json_t *used;	 /* ids of all inputs that matter */
};

/** register_view.c: `now_ms` aside, everything that does not depend on one person. */
void reg_view_init(struct view *w, const struct register_input *in, const struct terms *t);
void reg_view_done(struct view *w);
void reg_view_use(struct view *w, const struct item *it);
void reg_view_note(struct view *w, json_t *note); /* steals */
/** {code, sender, count}: one for each sender. Borrowed. */
json_t *reg_view_count(struct view *w, const char *code, uint32_t sender);
/** Had the person staff's power in the class room and in `room` when the event `id` was sent at `at` ("": before all of that time)? */
bool reg_view_is_staff(const struct view *w, enum register_source room, uint32_t user, int64_t at,
		       const char *id);
/** Of an event: its sender, when it was sent. */
bool reg_view_by_staff(const struct view *w, const struct rec *r);
/** Might the sender of `r` redact what `author` wrote? */
bool reg_view_may_redact(const struct view *w, const struct rec *r, uint32_t author);
/** When they were in the class room during the lesson: joined, or invited as well. False: nothing is known of it. */
bool reg_view_in_room(const struct view *w, uint32_t user, bool invited, struct periods *ret);
/** Display name at the end of the lesson, or NULL. Borrowed. */
const char *reg_view_name(const struct view *w, uint32_t user);
/** Is its sender believed in what they saw of others? */
bool reg_view_is_observer(const struct view *w, const struct rec *r);

/* register_call.c */
struct call_person {
	struct periods there;  /* raw, of all devices, joined, until the lesson's end */
	int devices;	       /* that were there during the lesson */
	int rejoined;	       /* joins without a leave between, of one device */
	bool observed;	       /* an observer saw them */
	struct item *redacted; /* a member event that somebody else redacted, or NULL */
	int64_t *next;	       /* for each hole: their first event after it, or INT64_MAX */
};
/** One for each person of `in->users`; the caller frees with reg_call_free. */
struct call_person *reg_call_work_out(struct view *w);
void reg_call_free(struct call_person *v, size_t n);
/** register_outage.c: fills w->outages, notes them. */
void reg_outages_find(struct view *w, const struct call_person *v, size_t n);
/** register_roll.c: fills w->rolls. */
void reg_rolls_find(struct view *w);
/** register_staff.c: fills w->marks, w->contests; marks of rolls go to them. */
void reg_staff_find(struct view *w);
/** Where the marks, the contests of this person begin; those that follow are theirs while `user` says so. */
size_t reg_staff_marks_of(const struct view *w, uint32_t user);
size_t reg_staff_contests_of(const struct view *w, uint32_t user);
/** The opt-out that is in force, or NULL. */
const struct item *reg_staff_opt_out(const struct view *w, uint32_t user);

/* -- The result ---------------------------------------------------------------- */

struct person {
	char *user_id, *name, *external_id, *email;
	bool guest, staff;
	enum mark_status status, worked_out;   /* worked_out: without staff's word */
	int64_t first_ms, last_ms, present_ms; /* 0: never; -1: not known */
	struct periods there;
	bool still;    /* the last one goes on */
	bool by_staff; /* the mark is what staff said */
	json_t *reasons;
};

struct attendance_register {
	struct lesson l; /* texts are ours */
	struct attendance_rules rules;
	int64_t end;
	bool pending, sealed, roster;
	bool other_rules;   /* than those of its seal */
	bool words_missing; /* no part of the bytes: another of the staff may have them */
	struct person *v;   /* by user id */
	size_t n;
	json_t *notes;
	json_t *used; /* ids of inputs that matter: true for those that were redacted */
};

void reg_lesson_copy(const struct lesson *l, struct lesson *ret);
void reg_lesson_done(struct lesson *l);
int64_t reg_lesson_end(const struct lesson *l);

/** register_judge.c */
struct attendance_register *reg_judge(const struct register_input *in, const struct terms *t,
				      int64_t now_ms);
/** All of an input, as it says. */
struct terms reg_terms_of(const struct register_input *in);
/* seal.c */
#define SEAL_ID_SIZE (LIMIT_ID_BYTES + 1)
/** How a seal names an event: by the beginning of its id, which is a hash; by all of it where it is none. */
const char *reg_seal_id_head(const char *event_id, char ret[SEAL_ID_SIZE]);
#define SEAL_LISTS 3
extern const char *const reg_seal_lists[SEAL_LISTS];
#define SEAL_STAFF_OBSERVES \
	"staff" /* among a seal's observers: whoever was staff when they said it */
json_t *reg_seal_hash(const json_t *o); /* of its canonical JSON */
json_t *reg_seal_result(const struct attendance_register *r);
/* What a lesson was sealed by. */
struct seal_terms {
	json_t *whole;
	struct lesson l; /* texts are the input's */
	struct attendance_rules rules;
	bool roster; /* people are those of `whole` */
};
void reg_seal_terms_done(struct seal_terms *t);
/** seal_check.c: of the first whole seal of this lesson by staff; false: there is none. */
bool reg_seal_terms(const struct view *w, struct seal_terms *ret);

/** register_person.c: everything about one person; `p` has names and flags. */
struct judged {
	struct view *w;
	const struct call_person *people; /* by place in the names */
	bool held;			  /* there was a call that counts */
	bool rolls;			  /* there were rolls */
	int64_t now_ms;
	bool pending;
};
void reg_judge_person(const struct judged *j, uint32_t user, struct person *p);

#endif
