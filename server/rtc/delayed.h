/*
 * Delayed events, MSC4140 in its unstable form: kept in the database, sent
 * when their time has come, whether or not anything was restarted meanwhile.
 * The append of the event and the end of its row are one transaction, so that
 * it is sent exactly once.
 *
 * State by somebody else with the same type and key ends a delayed state event
 * (as Synapse does); one's own does not: a call's leave is scheduled before
 * its join is sent.
 */
#ifndef MUSTER_SERVER_RTC_DELAYED_H
#define MUSTER_SERVER_RTC_DELAYED_H

#include "core/base/err.h"
#include "server/db/db.h"

#include <jansson.h>

struct server;
struct delayed;

#define DELAYED_ID_SIZE 64
#define DELAYED_KEEP_MS (7LL * 86400 * 1000) /* how long one may look at what is over */
#define DELAYED_KEEP 1000		     /* and how many of a person */

/** An event to be sent later. All borrowed. */
struct delayed_draft {
	int64_t room_nid, user_nid, device_nid;
	const char *type;
	const char *state_key; /**< NULL: not state */
	const char *txn_id;    /**< or NULL: with device, room and type it makes this idempotent */
	const json_t *content;
	int64_t delay_ms; /**< 1 to LIMIT_DELAY_MS */
};

enum delayed_action { DELAYED_SEND, DELAYED_CANCEL, DELAYED_RESTART };

/* In jobs of the writer; delayed_changed follows on the loop. */

/**
 * Schedule. Its id is a secret: who has it may act on it. 403 unless its
 * sender is in the room, 429 with retry_after_ms when there are
 * LIMIT_DELAYED_EVENTS, 400 and 413 for a bad shape. Whether the event is
 * allowed is seen when it is sent.
 */
int delayed_add(struct db_tx *tx, const struct delayed_draft *d, char ret[DELAYED_ID_SIZE],
		struct err *err);
/**
 * 404 M_NOT_FOUND for an unknown id, and for what has ended in another way;
 * what was done already is fine. Sending that is refused leaves it scheduled.
 */
int delayed_act(struct db_tx *tx, const char *id, enum delayed_action action, bool encryption_ok,
		struct err *err);
/** `sender_nid` has set this state: end what others have scheduled for it. Part of room_append. */
int delayed_displaced(struct db_tx *tx, int64_t room_nid, const char *type, const char *state_key,
		      int64_t sender_nid, struct err *err);
/** The account is closed: nothing of it is sent any more. */
int delayed_cancel_all(struct db_tx *tx, int64_t user_nid, struct err *err);
/** Send it now if it is still due; refused, it ends with its error and is logged. */
int delayed_send_due(struct db_tx *tx, int64_t nid, bool encryption_ok, struct err *err);

/* Loop thread. */

/** The clock of a server whose database is open; what is overdue is sent at once. */
struct delayed *delayed_new(struct server *srv);
/**
 * Something was scheduled, restarted or ended: look again when the next one is
 * due. NULL is allowed: the server did not start.
 */
void delayed_changed(struct delayed *d);
/** Send nothing more. NULL is allowed. */
void delayed_stop(struct delayed *d);
/** After the database's jobs are done. NULL is allowed. */
void delayed_free(struct delayed *d);

#endif
