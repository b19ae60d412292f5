/*
 * What people do from a screen, in the background: one verb of core/client
 * with its own copy of what it was asked, its rows collected, and whoever
 * asked told once - unless they are gone by then.
 */
#ifndef MUSTER_CLIENT_VIEW_ACTIONS_H
#define MUSTER_CLIENT_VIEW_ACTIONS_H

#include "core/client/view/work.h"

struct action_job;

/** On the work's thread. `ask` holds what was asked; each row goes to `fn`. */
typedef int action_fn(struct client *c, const json_t *ask, client_row_fn *fn, void *arg,
		      struct err *err);
/** On the loop, once. `err` is NULL on success; `rows` (array, borrowed) is what came until then. */
typedef void action_done_fn(const struct err *err, const json_t *rows, void *arg);

/**
 * Begin. Takes `ask`, which is made of the keys named below; the string keys
 * may be null. Borrowed until `done` has run or action_forget.
 */
struct action_job *action_start(struct work *w, action_fn *run, json_t *ask, action_done_fn *done,
				void *arg);
/** Nobody waits for it any more: `done` will not run. It goes on to its end. NULL is allowed. */
void action_forget(struct action_job *a);
/** The same, and it need not go on. NULL is allowed. */
void action_stop(struct action_job *a);

/*
 * Verbs. Keys of `ask` are named; rows are those of the function in brackets.
 */
/* -- To one message: room_id, event_id */
int action_react(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< key; takes it back when we had it [client_react, client_unreact] */
int action_delete(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< reason [client_delete] */
int action_vote(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< answers: array of ids [client_poll_vote] */
int action_poll_close(struct client *, const json_t *, client_row_fn *, void *, struct err *);
int action_receipts(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< [client_receipts] */
int action_download(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< out: a path or folder; force [client_file_get] */

/* -- To a room: room_id */
int action_upload(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< path, text (beside it), reply_to, thread [client_send] */
int action_join(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< room_id may be an alias [client_room_join] */
int action_leave(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< also declines an invitation; forget */
int action_person(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< user_id, reason, what: "invite", "kick", "ban" or "unban" */
int action_members(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< [client_room_members] */
int action_threads(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< [client_thread_list] */
int action_backfill(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< room: row number; gap: position; limit. One row: more */

/* -- To nothing in particular */
int action_search(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< text, room_id (or null: everywhere), limit [client_search] */
int action_directory(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< text, server, limit [client_directory] */
int action_direct(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< user_id: the direct chat, made when there is none. One row: room_id */
int action_queue_run(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< txn_id, or null: all; failed ones too [client_queue_run] */
int action_queue_drop(struct client *, const json_t *, client_row_fn *, void *, struct err *);
/**< txn_id */

#endif
