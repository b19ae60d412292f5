/*
 * A call of a Matrix room with us in it: the way in (place.h), our member
 * event (seat.h), the SFU (core/call), and the people as both sides know them
 * (company.h). One client, one loop, one thread; callbacks run on the loop,
 * never inside a function of this header.
 *
 * What happens is told as rows with the stable keys of `muster schema "call
 * join"`; times are Unix milliseconds in "ts" and "since_ts".
 */
#ifndef MUSTER_CLIENT_CALL_ROOM_CALL_H
#define MUSTER_CLIENT_CALL_ROOM_CALL_H

#include "core/call/call.h"
#include "core/client/call/host.h"
#include "core/client/client.h"
#include "core/client/sync.h"

struct room_call;

/** How long things may take, in milliseconds; 0: the usual. */
struct room_call_times {
	int64_t member;	  /**< seat_options.life_ms */
	int64_t guard;	  /**< seat_options.guard_ms */
	int leaving;	  /**< seat_options.leaving_ms */
	int introduction; /**< somebody's member event, after they connected */
	int enforce; /**< until the SFU is asked again to silence somebody; twice as long each time */
	int settle; /**< until somebody who is gone is taken for that */
};

struct room_call_options {
	const char *room_id;
	/** Devices and Opus; the rest is the call's to set. input NULL: listen only. */
	struct audio_engine_settings sound;
	bool listen_only;
	bool muted;
	bool low;		 /**< call_options.low */
	bool ring;		 /**< tell the room when nobody else is there yet */
	bool leave_when_empty;	 /**< once the last of the others has left */
	bool leave_at_input_end; /**< once the capture device is at its end and was heard */
	const char *record;	 /**< sound file for the whole call, or NULL */
	bool recorded;		 /**< somebody else writes such a file of what we hear: say so */
	const char *record_said; /**< what the room is told about it: a sentence, or NULL */
	const struct net_addr *addresses; /**< call_options.addresses */
	struct room_call_times times;
};

struct room_call_handler {
	/** Something happened; `row` is borrowed. */
	void (*row)(void *arg, json_t *row);
	/** For the person beside the rows: ends nothing. */
	void (*warning)(void *arg, const struct err *err);
	/** The last call. `err`: NULL when it was left or ended in peace. */
	void (*ended)(void *arg, const struct err *err);
};

/**
 * Join. `c` is on the engine's loop; both outlive the call. Fails at once for
 * a room that is not ours, a device that cannot be opened, or when this
 * account is in that call already (ERR_CONFLICT); all else is told by `ended`:
 * ERR_ENCRYPTED for an encrypted room, ERR_AUTH when the room does not let us,
 * ERR_UNSUPPORTED when its server has no place for calls. The caller owns *ret.
 */
int room_call_new(struct client *c, struct engine *e, const struct room_call_options *o,
		  const struct room_call_handler *h, void *arg, struct room_call **ret,
		  struct err *err);
/** After `ended`; or at any time, to vanish: the server then ends our membership. NULL is allowed.
 */
void room_call_free(struct room_call *rc);

/**
 * Leave; `ended` follows within a few seconds. `why` is a stable word for the
 * last row: "left", "time", "empty", "played", "interrupted", "ended".
 */
void room_call_leave(struct room_call *rc, const char *why);
/** ERR_CONFLICT when there is nothing to mute: we only listen. */
int room_call_mute(struct room_call *rc, bool muted, struct err *err);
/** Raise or lower our hand: at once, or as soon as we are in the call. ERR_NOT_FOUND once it is over. */
int room_call_hand(struct room_call *rc, bool up, struct err *err);

/** One row: room_id, room, state, muted, hand, people, since_ts, duration_s, loss ... New reference.
 */
json_t *room_call_status(struct room_call *rc);
/** Rows of the people from the i-th on, until `fn` says stop. Returns how many were told. */
/**
 * What who leads the call does to others: host.h. `fn` is called from the loop; not after
 * room_call_forget_host with its `arg`, and not when the call is freed first.
 */
int room_call_host(struct room_call *rc, enum host_act what, const char *user, host_done_fn *fn,
		   void *arg, struct err *err);
void room_call_forget_host(struct room_call *rc, void *arg);
int room_call_people(struct room_call *rc, size_t from, client_row_fn *fn, void *arg);
const char *room_call_room(const struct room_call *rc);

#endif
