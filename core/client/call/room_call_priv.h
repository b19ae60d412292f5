/*
 * What these share: room_call.c (coming and going), room_call_seat.c (our place
 * in the room), room_call_mode.c (whether it is live), room_call_turn.c (TURN servers), room_call_rows.c (who is there,
 * what happens), room_call_seen.c (what the register is told of it), room_call_steer.c (what may be done).
 */
#ifndef MUSTER_CLIENT_CALL_ROOM_CALL_PRIV_H
#define MUSTER_CLIENT_CALL_ROOM_CALL_PRIV_H

#include "core/client/call/company.h"
#include "core/client/call/ears.h"
#include "core/client/call/host.h"
#include "core/client/call/mode.h"
#include "core/client/call/place.h"
#include "core/client/call/room_call.h"
#include "core/client/call/seat.h"
#include "core/client/call/steer.h"

enum room_call_phase {
	RC_WAITING, /**< for the cache to be up to date, the server's word on encryption, a place */
	RC_JOINING, /**< connecting to the SFU, sending the member event */
	RC_IN,
	RC_LEAVING,
	RC_ENDED,
};

struct room_call {
	struct client *c;
	struct engine *engine;
	struct loop *l;
	struct room_call_handler h;
	void *arg;
	enum room_call_phase phase;
	/* options */
	char *room_id, *input, *output, *record, *record_said;
	struct call_options o;
	struct room_call_times times;
	bool ring, leave_when_empty, leave_at_input_end, recorded;

	struct session_call *asking; /* the server, about encryption */
	struct loop_timer *later;    /* start; end; nobody is left */
	struct place *place;
	struct seat *seat;
	struct call *call;
	struct ear *ears; /* other SFUs that people of this call are on */
	char sfu_url[RTC_URL_MAX], sfu_room[LIMIT_ID_BYTES + 1]; /* where `call` is */
	bool sfu_admin, sfu_rules; /* rtc_token.admin and .rules of the newest token */
	struct host *host;
	struct call_mode mode;	    /* as of the newest reading; zeroed before the first */
	bool silenced;		    /* the microphone goes off by the rules, not by us */
	bool enforce_failed;	    /* and it was said */
	struct loop_timer *enforce; /* when somebody is to be asked for again */
	struct steer *steer;
	bool seated, seat_over, call_over; /* our member event is in the room; all is done */
	bool connected;			   /* to the SFU, now */
	bool lost;			   /* told that we are reconnecting */
	bool alone_at_first;
	char member_event[LIMIT_ID_BYTES + 1];

	struct seen *seen; /* room_call_seen.c; NULL until we are in */
	struct company people;
	int64_t room, seq, pos; /* of the cache: row number, what was looked at */
	bool met;		/* somebody else has been here */
	struct loop_timer *pending;

	bool muted, muted_by_host;
	bool hand_wanted;
	char *hand_event;		   /* id of our raised hand */
	char hand_for[LIMIT_ID_BYTES + 1]; /* the member event that it was raised on */
	struct session_call *hand_rq;
	struct session_call *ring_rq, *note_rq, *turn_rq;

	int64_t joined_ms; /* wall clock; 0: not yet */
	const char *why;   /* of the end */
	struct err err;	   /* what ended it, code 0: nothing bad */
};

/** End with this error, from anywhere but `ended`. */
void room_call_fail(struct room_call *rc, const struct err *err);

/** Both sides, the SFU and the room, have us: then we are in. */
void room_call_check_in(struct room_call *rc);
/** Both sides are done, or never began: then it is over. */
void room_call_check_ended(struct room_call *rc);

/* -- room_call_seat.c */

/** Tell the room that we record, if we do. */
void room_call_note_recording(struct room_call *rc);
/** Send our member event, with the token service of the place that was found. */
int room_call_sit_down(struct room_call *rc, struct err *err);
/* Tell the room, or ring the one other. */
void room_call_ring(struct room_call *rc);

/* -- room_call_turn.c */

/** Ask the homeserver for TURN servers, and give them to the call that was made. */
void room_call_ask_turn(struct room_call *rc);

/* -- room_call_seen.c */

/** From now on; until we are gone. */
void room_call_seen_begin(struct room_call *rc);
/** The SFU lost somebody; `who` is no longer among the people. */
void room_call_seen_left(struct room_call *rc, const struct person *who);
/** Somebody is connected whose names are known. */
void room_call_seen_joined(struct room_call *rc, const struct person *who);
void room_call_seen_end(struct room_call *rc);

/* -- room_call_steer.c */

/** Bring our hand to where it is wanted, once nothing is under way. */
void room_call_check_hand(struct room_call *rc);

/** Has somebody else, a host, lowered our hand? */
void room_call_look_at_hand(struct room_call *rc, struct store *s);

/** Lower our hand, for what it was raised for has come. */
void room_call_hand_down(struct room_call *rc);

/* -- room_call_mode.c */

/** Before joining: how we come in. */
void room_call_mode_begin(struct room_call *rc, struct store *s);
/** We are in. */
void room_call_mode_in(struct room_call *rc);
/** The cache has news. */
void room_call_mode_news(struct room_call *rc, struct store *s);
/** Silence whom the server does not, where it lets us. */
void room_call_enforce(struct room_call *rc);
void room_call_enforce_again(void *arg); /**< of rc->enforce */
bool room_call_leads(const struct room_call *rc);
bool room_call_may_speak(const struct room_call *rc);
/** Who has the floor: a list of user ids, new. */
json_t *room_call_floor(const struct room_call *rc);
/** live, locked, host, may_speak */
void room_call_put_mode(const struct room_call *rc, json_t *row);

/* -- room_call_rows.c */

/**
 * Tell the handler one row: event, time and room, who it is about (or NULL), and `more` (taken,
 * or NULL).
 */
void room_call_row(struct room_call *rc, const char *event, const struct person *who, json_t *more);
/** core/call tells of somebody; `from`: by an ear, NULL: by our own connection. */
void room_call_person(struct room_call *rc, const struct ear *from, enum call_person_event what,
		      const struct call_person *p);
/** That ear is gone, and with it those who were heard by it. */
void room_call_forget(struct room_call *rc, const struct ear *from);
/** The cache has news. */
void room_call_news(struct room_call *rc);
/** Tell of those who wait for their member event, when it has come or they waited long enough. */
void room_call_tell_pending(void *rc);
/** Others connected now. */
size_t room_call_company(const struct room_call *rc);

#endif
