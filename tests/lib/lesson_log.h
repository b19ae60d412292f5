/*
 * Logs of lessons, as servers keep them: events made one by one, then given to registers in any
 * order. Times are seconds after LOG_START.
 */
#ifndef MUSTER_TESTS_LESSON_LOG_H
#define MUSTER_TESTS_LESSON_LOG_H

#include "core/attendance/register.h"

#define LOG_START INT64_C(1767258000000) /* 2026-01-01T09:00:00Z */
#define LOG_ROOM "!class:x"
#define LOG_TEACHER "@teacher:x"
#define LOG_SERVER "@_muster:x"

struct lesson_log {
	json_t *room, *staff; /* events, in the order in which they were made */
	int64_t made;	      /* numbers their ids */
};
void log_init(struct lesson_log *g); /* with a create event, levels, the teacher */
void log_done(struct lesson_log *g);

/* Each adds an event and returns its id, borrowed. `at` in seconds. */
const char *log_event(struct lesson_log *g, bool staff, const char *type, const char *sender,
		      double at, const char *state_key, json_t *content);
const char *log_member(struct lesson_log *g, const char *user, double at, const char *membership,
		       const char *before);
const char *log_join(struct lesson_log *g, const char *user, const char *device, double at);
/* A join that goes on: created earlier. */
const char *log_renew(struct lesson_log *g, const char *user, const char *device, double at,
		      double created);
/* Either, with a life of its own. */
const char *log_call(struct lesson_log *g, const char *user, const char *device, double at,
		     double created, double life);
const char *log_leave(struct lesson_log *g, const char *user, const char *device, double at);
const char *log_sticky(struct lesson_log *g, const char *user, const char *device, double at,
		       bool join);
const char *log_seen(struct lesson_log *g, const char *sender, const char *user, const char *device,
		     double at, double told, const char *reason);
const char *log_redact(struct lesson_log *g, const char *sender, const char *target, double at);
const char *log_mark(struct lesson_log *g, const char *sender, const char *user, double at,
		     const char *before, const char *after, const char *reason);

/* The lesson: an hour from LOG_START on. */
struct lesson log_lesson(void);
/* Give all of it to a new input, in an order that `seed` chooses (0: as made), each event now and then twice. */
struct register_input *log_input(const struct lesson_log *g, const struct lesson *l,
				 const struct attendance_rules *r, struct roster *roster,
				 unsigned seed);
struct roster *log_roster(const char *const *users); /* NULL-ended */
const struct sheet_row *log_row(const struct sheet_lesson *s, const char *user);
/* The first reason with this code, or NULL. Borrowed. */
const json_t *log_reason(const struct sheet_row *r, const char *code);

#endif
