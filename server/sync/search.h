/*
 * Asking the full-text index. Queries run on the loop's pool, one after the
 * other, with a read handle of their own: how long a query takes depends on what
 * is asked, and the loop has others to serve. Loop thread.
 */
#ifndef MUSTER_SERVER_SYNC_SEARCH_H
#define MUSTER_SERVER_SYNC_SEARCH_H

#include "core/base/loop.h"
#include "server/db/db.h"

#define SEARCH_QUEUE_MAX 64  /* queries that wait; over it people are asked to come again */
#define SEARCH_QUEUE_ONE 8   /* of these of one person */
#define SEARCH_HITS_MAX 2000 /* of one query, the newest */

struct search;

struct search_hit {
	int64_t pos, room_nid, sender_nid;
	int64_t score; /**< higher fits better; millionths */
	int64_t edit;  /**< position of the edit whose text was found, or 0 */
};

/**
 * Hits from the newest to the oldest; `more`: there are older ones. NULL: the
 * query could not be run. Borrowed.
 */
typedef void search_done_fn(void *arg, struct search_hit *hits, size_t n, bool more);

/** Also begins to index what is older than the index. The caller owns it. */
struct search *search_new(struct loop *l, struct db *db, const char *data_dir);
/**
 * Find events up to position `upto` by an FTS5 query (taken over) for `user_nid`.
 * False, and `done` is not called, when too many wait already.
 */
bool search_ask(struct search *s, int64_t user_nid, char *match, int64_t upto, search_done_fn *done,
		void *arg);
/** Answer what waits with NULL, wait for what runs. Before the database ends. NULL is allowed. */
void search_finish(struct search *s);
/** NULL is allowed. */
void search_free(struct search *s);

#endif
