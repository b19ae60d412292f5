/*
 * Hash map from database ids (any int64 but 0) to pointers.
 */
#ifndef MUSTER_SERVER_SYNC_NIDMAP_H
#define MUSTER_SERVER_SYNC_NIDMAP_H

#include <stddef.h>
#include <stdint.h>

struct nidmap_slot {
	int64_t key; /**< 0: free */
	void *value;
};

/** All zero is an empty map. */
struct nidmap {
	struct nidmap_slot *slots;
	size_t size; /**< power of two, or 0 */
	size_t count;
};

/** NULL: there is none. */
void *nidmap_get(const struct nidmap *m, int64_t key);
/** Insert or replace. */
void nidmap_put(struct nidmap *m, int64_t key, void *value);
/** Take out; returns the value or NULL. */
void *nidmap_remove(struct nidmap *m, int64_t key);
/** Release the table; the values are the caller's. */
void nidmap_done(struct nidmap *m);
/** Walk: start with *at = 0; NULL at the end. The map must not change meanwhile. */
void *nidmap_next(const struct nidmap *m, size_t *at);

#endif
