/*
 * Events by the time at which servers took them in, not by their place in the timeline: what
 * a lesson's register is made of.
 */
#ifndef MUSTER_STORE_EVIDENCE_H
#define MUSTER_STORE_EVIDENCE_H

#include "core/store/events.h"

/**
 * Events of a room with from_ms <= ts < to_ms that are neither messages nor reactions, by time.
 * Returns what `fn` returned.
 */
int store_evidence_walk(struct store *s, int64_t room, int64_t from_ms, int64_t to_ms,
			store_event_fn *fn, void *arg);
/**
 * What people say of attendance and not what shows it, of all times, by time: marks, contests, opt-outs, what was
 * sent on, seals, reminders; beside them the power levels, by which it is judged who may say it.
 */
int store_evidence_words(struct store *s, int64_t room, store_event_fn *fn, void *arg);
/** The messages of that time. */
int store_evidence_messages(struct store *s, int64_t room, int64_t from_ms, int64_t to_ms,
			    store_event_fn *fn, void *arg);
/** Whatever relates to `event_id`. */
int store_evidence_about(struct store *s, int64_t room, struct span event_id, store_event_fn *fn,
			 void *arg);
/** All m.room.member events of the timeline. */
int store_evidence_members(struct store *s, int64_t room, store_event_fn *fn, void *arg);
/** Time of the event at `pos` or the next one above it (`up`), or at or below it; false: none. */
bool store_evidence_ts(struct store *s, int64_t room, int64_t pos, bool up, int64_t *ret_ts,
		       bool *ret_is_create);

#endif
