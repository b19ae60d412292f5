/*
 * Who is in the room: what the server says about people and their tracks, and
 * what changed by it.
 */
#ifndef MUSTER_CALL_PEOPLE_H
#define MUSTER_CALL_PEOPLE_H

#include "core/call/call.h"
#include "core/rtc/livekit/signal.h"

typedef void people_event_fn(void *arg, enum call_person_event what, const struct call_person *p);

struct people_track {
	char *sid;
	bool muted;
};
struct people_entry {
	struct call_person shown; /* its strings are owned here */
	unsigned version;
	bool seen;		     /* in the round that is going on */
	struct people_track *tracks; /* sound only */
	size_t tracks_n;
};
struct people_gain {
	char *identity;
	float db;
};
#define PEOPLE_GAINS_MAX 1024
#define PEOPLE_MAX LK_PEOPLE_MAX /* others at once; more are left out */

/** A value. */
struct people {
	struct people_entry **list;
	size_t n, size;
	uint64_t left_out; /* news of people beyond PEOPLE_MAX */
	bool round;	   /* between begin and end */
	people_event_fn *tell;
	void *arg;
	struct people_gain *gains;
	size_t gains_n;
};

/** Nobody. `tell(arg)` hears of each change from here on, also from inside the functions below. */
void people_init(struct people *p, people_event_fn *tell, void *arg);
/** Tells nothing. */
void people_done(struct people *p);

/** A whole list follows; who is not in it by people_end has left. Somebody who comes back with
 * another sid meanwhile has neither left nor joined. */
void people_begin(struct people *p);
void people_end(struct people *p);
/** What the server says about one of them; old news are ignored. */
void people_put(struct people *p, const struct lk_person *l, bool self);
void people_speakers(struct people *p, const struct lk_speaker *list, size_t n);
void people_quality(struct people *p, const struct lk_quality_info *list, size_t n);

/** NULL: nobody. Borrowed until the next change. */
const struct call_person *people_by_sid(const struct people *p, const char *sid);
/** Who publishes this track. */
const struct call_person *people_by_track(const struct people *p, const char *track_sid);
/** Everybody but oneself. */
size_t people_others(const struct people *p);

/** How loud somebody shall be, whether there now or not; 0 when nothing was said. */
void people_set_gain(struct people *p, const char *identity, float db);
float people_gain(const struct people *p, const char *identity);

#endif
