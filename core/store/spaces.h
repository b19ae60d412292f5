/*
 * How rooms belong together: spaces, pinned events, upgrades (client-server
 * API, "Spaces", "Room Upgrades", m.room.pinned_events).
 */
#ifndef MUSTER_STORE_SPACES_H
#define MUSTER_STORE_SPACES_H

#include "core/store/store.h"

/** m.space.child of one space. Spans are borrowed. */
struct store_child {
	struct span room_id; /**< of the child */
	int64_t room;	     /**< its row, 0: not in the cache */
	struct span order;   /**< as given; absent: none */
	bool suggested;
};
/** Note a child, or that it is one no more. */
int store_child_set(struct store *s, int64_t space, const struct store_child *c, struct err *err);
int store_child_remove(struct store *s, int64_t space, struct span room_id, struct err *err);
typedef int store_child_fn(const struct store_child *c, void *arg);
/** In the order of the specification: by `order`, then those without, each by room id. */
int store_children_walk(struct store *s, int64_t space, store_child_fn *fn, void *arg);
/** Row numbers of the joined spaces that list a room; ended by 0. The caller owns it. */
int64_t *store_spaces_of(struct store *s, struct span room_id);

typedef int store_pin_fn(struct span event_id, void *arg);
/** Ids that m.room.pinned_events names, in its order; at most 100 (the newest). */
int store_pins_walk(struct store *s, int64_t room, store_pin_fn *fn, void *arg);

/** Note the room that replaces this one (m.room.tombstone), or its predecessor (m.room.create). */
int store_successor_set(struct store *s, int64_t room, struct span room_id, struct err *err);
int store_predecessor_set(struct store *s, int64_t room, struct span room_id, struct err *err);
/**
 * Follow upgrades from `room` as far as we have joined: the row of the newest
 * such room, `room` itself when there is none. A successor counts when it names
 * the room before as its predecessor.
 */
int64_t store_room_newest(struct store *s, int64_t room);

#endif
