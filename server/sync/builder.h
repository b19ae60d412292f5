/*
 * Builds replies of /sync.
 */
#ifndef MUSTER_SERVER_SYNC_BUILDER_H
#define MUSTER_SERVER_SYNC_BUILDER_H

#include "core/base/buf.h"
#include "server/sync/filter.h"
#include "server/sync/hub.h"
#include "server/sync/token.h"

/** What was asked. */
struct sync_query {
	struct hub_user *user;
	int64_t device_nid;
	bool initial; /**< no usable since */
	/**
	 * since came from another life of the store (a backup was restored): like
	 * an initial sync, but every timeline is marked limited, so that clients drop theirs.
	 */
	bool estranged;
	/**
	 * since had seen what was lost with a restore, and was set back to the last position
	 * that is there: go on from it, but tell state, account data and invitations whole.
	 */
	bool rewound;
	struct sync_token since;
	bool full_state;
	const char *state_after; /**< name of the key to use instead of "state", or NULL */
	struct filter *filter;	 /**< a reference of its own, or NULL */
};

/**
 * Append the reply to `b`. Returns false, with `b` untouched, when nothing
 * happened since that cannot wait (held.h) and `always` is false.
 */
bool sync_build(struct hub *h, const struct sync_query *q, bool always, struct buf *b);
/** Has something happened that waits? Only after sync_build returned false. */
bool sync_holds(const struct hub *h, const struct sync_query *q);
/** Messages to the device after this position have not been told. */
int64_t sync_messages_from(const struct sync_query *q);
/** All changes since are in memory: quick to build. */
bool sync_is_held(const struct hub *h, const struct sync_query *q);

/*
 * A reply in steps, for long ones (server/sync/long_sync.h): the same text as
 * sync_build would make now, but for what is newer than it in parts that the next
 * sync tells again (counts, receipts).
 */
struct sync_work;

/** Takes over the query's filter. Not for sync_is_held. The caller owns it. */
struct sync_work *sync_work_new(struct hub *h, const struct sync_query *q);
/** At least one room, then until clock_mono_ns passes `until_ns`. True: complete. */
bool sync_work_step(struct sync_work *w, int64_t until_ns);
/**
 * Free it; the text goes into *ret (NULL: thrown away) and the query, with its
 * filter, into *ret_q. Returns whether there was anything to tell. `done`: the last
 * step said so.
 */
bool sync_work_end(struct sync_work *w, bool done, struct buf *ret, struct sync_query *ret_q);
/** The token of this moment. */
struct sync_token sync_token_now(const struct hub *h, const struct hub_user *user);

#endif
