/* What deliver*.c share. */
#ifndef MUSTER_CLIENT_DELIVER_PRIV_H
#define MUSTER_CLIENT_DELIVER_PRIV_H

#include "core/client/deliver.h"

/**
 * Look in the room for what an earlier attempt may have posted: by transaction
 * id, else the same content from us since then. *ret_event_id stays NULL when
 * it is not there. An error means that this could not be found out.
 */
int deliver_find_posted(struct client *c, const struct store_outbox *o, char **ret_event_id,
			struct err *err);

/**
 * Give a row that is due later to the server: o->delay_id is set and stored. ERR_UNSUPPORTED with the
 * reason when the server cannot, or not for so long. *ret_event_id is set instead when the server
 * sent it at once.
 */
int deliver_schedule(struct client *c, struct store *s, struct store_outbox *o, char **ret_event_id,
		     struct err *err);
/**
 * The time of a row that the server keeps has come: note what it has become. Sent: o->event_id is
 * set; not sent long after its time: "failed"; else it is left as it is.
 */
int deliver_settle(struct client *c, struct store_outbox *o, struct err *err);
/**
 * Take back what the server keeps of a row, also when the reply that named its id was lost (o->delay_id is set
 * then; o->event_id when it was sent meanwhile). ERR_NOT_FOUND: the server has it no more.
 */
int deliver_recall(struct client *c, struct store_outbox *o, struct err *err);
/** The transaction id under which the server was given a row for later. The caller owns it. */
char *deliver_later_txn(const struct store_outbox *o);

/** Does this error mean that the account is logged out, whatever the room? */
bool deliver_is_logged_out(const struct err *err);

#endif
