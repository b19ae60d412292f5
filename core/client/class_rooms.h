/*
 * The two rooms of a class: the class room, and the staff room, private to
 * teachers, which keeps the roster. State events link them (docs/FORMATS.md).
 */
#ifndef MUSTER_CLIENT_CLASS_ROOMS_H
#define MUSTER_CLIENT_CLASS_ROOMS_H

#include "core/client/client.h"

#define CLASS_TYPE "org.muster.class"
#define STAFF_TYPE "org.muster.staff"

/** Owned texts; NULL: not there, or not said. */
struct class_ref {
	char *room_id, *staff_id;
	char *name;
	char *language; /**< of slips */
	char *maker;	/**< who made its rooms; NULL: not in the cache, or several people */
	bool closed;
};
void class_ref_done(struct class_ref *r);

/**
 * The class with this name whose rooms we have made; syncs first. Half-made
 * ones count: room_id may be NULL. ERR_NOT_FOUND; ERR_USAGE lists several;
 * ERR_CONFLICT when there is only one of somebody else's: anybody may call a
 * room so, and name a staff room where they read what is written there.
 */
int class_find_named(struct client *c, const char *name, struct class_ref *ret, struct err *err);
/** The class of a class room; from the server. ERR_NOT_FOUND when it is none. */
int class_find_room(struct client *c, const char *room_id, struct class_ref *ret, struct err *err);

struct class_making {
	const char *space;    /**< room id, or NULL */
	const char *language; /**< or NULL */
};
/** Make what is missing of ref->room_id and ref->staff_id; ref->name is needed. */
int class_make_rooms(struct client *c, struct class_ref *ref, const struct class_making *m,
		     struct err *err);
/** Students can no longer write, or (`closed` false) can again. */
int class_set_closed(struct client *c, struct class_ref *ref, bool closed, struct err *err);

typedef int class_ref_fn(const struct class_ref *ref, int64_t members, void *arg);
/** Every class whose class room we are in, from the cache, which is refreshed before. */
int class_each(struct client *c, class_ref_fn *fn, void *arg, struct err *err);

#endif
