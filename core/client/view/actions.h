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
 * What screens look up and do besides the verbs of the command table. Keys of
 * `ask` are named; rows are those of the function in brackets.
 */
/** room_id, event_id [client_receipts] */
action_fn action_receipts;
/** room_id, or an alias in its place [client_room_join] */
action_fn action_join;
/** room_id [client_room_members] */
action_fn action_members;
/** room_id, limit [client_thread_list] */
action_fn action_threads;
/** room_id [client_room_pins] */
action_fn action_pins;
/** text, room_id (or null: everywhere), limit [client_search] */
action_fn action_search;
/** text, server, limit [client_directory] */
action_fn action_directory;
/** user_id: the direct chat, made when there is none. One row: room_id */
action_fn action_direct;

#endif
