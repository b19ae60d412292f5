/*
 * A server that was put back to an earlier state has forgotten things that this cache
 * still holds.
 */
#ifndef MUSTER_STORE_LOST_H
#define MUSTER_STORE_LOST_H

#include "core/store/store.h"

/**
 * Forget state and members of a room: all that is in force comes again. What screens made
 * of it (name, topic ...) goes with it; that it is encrypted stays.
 */
int store_lost_state(struct store *s, int64_t room, struct err *err);
/**
 * Forget the event, and that an entry of the outbox was sent as it: the same transaction
 * id sends anew.
 */
int store_lost_event(struct store *s, int64_t room, struct span event_id, struct err *err);

#endif
