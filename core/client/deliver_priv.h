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

/** Does this error mean that the account is logged out, whatever the room? */
bool deliver_is_logged_out(const struct err *err);

#endif
