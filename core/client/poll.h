/*
 * Polls (MSC3381; the unstable form is written, both are read). Encrypted
 * rooms are refused (ERR_ENCRYPTED).
 */
#ifndef MUSTER_CLIENT_POLL_H
#define MUSTER_CLIENT_POLL_H

#include "core/client/client.h"

struct poll_request {
	const char *room_id, *question;
	const char *const *answers; /**< texts, NULL-ended: 1 to 20 */
	int max;		    /**< answers that one may choose; 0: one */
	bool undisclosed;	    /**< results are shown when it is closed */
	const char *thread;	    /**< root's event id, or NULL */
	const char *txn_id;	    /**< as in send.h, or NULL */
};
/** *ret as a row of client_send. */
int client_poll_create(struct client *c, const struct poll_request *rq, json_t **ret,
		       struct err *err);
/**
 * Vote for answers, each by its number (1 ...), id or text; none takes the
 * vote back. ERR_CONFLICT when the poll is closed. *ret as a row of client_send.
 */
int client_poll_vote(struct client *c, const char *room_id, const char *poll,
		     const char *const *answers, const char *txn_id, json_t **ret, struct err *err);
/**
 * One row per answer: event_id (of the poll), room_id, question, number,
 * answer_id, answer, votes (null while an undisclosed poll runs), voters (user
 * ids, or null likewise), mine, voted (how many people voted), closed, ts (of the end, or null),
 * disclosed, max.
 */
int client_poll_show(struct client *c, const char *room_id, const char *poll, client_row_fn *fn,
		     void *arg, struct err *err);
/** End it. *ret as a row of client_send. */
int client_poll_close(struct client *c, const char *room_id, const char *poll, const char *txn_id,
		      json_t **ret, struct err *err);

#endif
