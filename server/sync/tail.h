/*
 * The newest changes in memory, so that a sync that is nearly up to date is
 * built without SQLite. One ring for all rooms and people; the entries of one
 * room (events, receipts) or of one person (account data) are chained newest
 * to oldest. Each event is parsed once, when it comes in.
 */
#ifndef MUSTER_SERVER_SYNC_TAIL_H
#define MUSTER_SERVER_SYNC_TAIL_H

#include "core/base/sql.h"
#include "server/db/db.h"

#define TAIL_ENTRIES 4096
#define TAIL_BYTES (4u << 20) /* text held at most */

enum tail_kind { TAIL_EVENT, TAIL_RECEIPT, TAIL_ACCOUNT_DATA };

struct tail_entry {
	uint64_t seq;	/**< of this entry; rises by one */
	uint64_t older; /**< seq of the next older one in the chain; 0: none was ever held */
	int64_t pos;
	int64_t room_nid, user_nid;
	int64_t ts;	    /**< event: origin_server_ts */
	int64_t device_nid; /**< event: sending device */
	enum tail_kind kind;
	bool private_to_user; /**< receipt: only its owner may see it */
	bool stale;	      /**< event: redacted; text must be read again */
	bool extra_known;     /**< event: `extra` was looked up */
	char *text; /**< event, receipt fragment or account data event; owned; NULL: ask SQLite */
	size_t text_n;
	char *type, *state_key, *sender, *txn_id, *delay_id; /**< event */
	char *extra; /**< event: members of `unsigned` that are the same for all, or NULL */
};

struct tail {
	struct tail_entry *ring; /**< TAIL_ENTRIES */
	uint64_t first, next;	 /**< seq of the oldest held, and of the one to come; from 1 */
	size_t bytes;
	int64_t floor; /**< every change after this position is held */
};

/** `floor`: the database's position when nothing is held. */
void tail_init(struct tail *t, int64_t floor);
void tail_done(struct tail *t);
/**
 * Append a change; `older` is the chain's newest sequence so far. Text and
 * strings are copied. Returns the entry, whose seq is the chain's new newest.
 */
struct tail_entry *tail_add(struct tail *t, const struct db_change *c, enum tail_kind kind,
			    uint64_t older);
/** NULL: no longer held (or 0). */
struct tail_entry *tail_get(const struct tail *t, uint64_t seq);
/** Replace an entry's text (copied). */
void tail_set_text(struct tail *t, struct tail_entry *e, const char *text, size_t n);
/** An event's text changed in the database: its entry becomes stale. */
void tail_redacted(struct tail *t, int64_t pos);

#endif
