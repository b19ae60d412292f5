/*
 * Requests on the loop whose answers are JSON. Private to this folder.
 */
#ifndef MUSTER_CLIENT_CALL_ASK_H
#define MUSTER_CLIENT_CALL_ASK_H

#include "core/base/limits.h"
#include "core/client/session.h"

/** Start `rq`, which is released. `timeout_ms` of one attempt, 0: the usual; `once`: one attempt. */
struct session_call *ask(struct session *s, struct request rq, int timeout_ms, bool once,
			 session_done_fn *fn, void *arg);
/**
 * For the callback: the reply's object, owned by the caller, or its error.
 * What is no JSON object is ERR_PROTOCOL.
 */
int ask_reply(struct span body, const struct err *err, json_t **ret, struct err *ret_err);

#endif
