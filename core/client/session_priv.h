/* What session.c and session_loop.c share. */
#ifndef MUSTER_CLIENT_SESSION_PRIV_H
#define MUSTER_CLIENT_SESSION_PRIV_H

#include "core/client/session.h"
#include "core/client/token.h"

struct renewal;

struct session {
	struct loop *loop;
	struct http *http;
	const struct account *account; /* NULL: anonymous */
	char *base, *ca_file;
	struct secrets secrets;
	bool have_secrets;
	int64_t deadline_ms;
	const int *cancel;
	const int *offline;
	struct session_call *calls; /* on the loop */
	struct renewal *renewal;    /* under way on the pool */
};

/** What to do after an attempt. */
enum session_next { SESSION_DONE, SESSION_FAIL, SESSION_WAIT, SESSION_RENEW };

/** One request's history of attempts. */
struct attempts {
	int tries;
	int waited_ms;
	bool renewed;
};

/** Load the tokens once; ERR_AUTH when logged out. */
int session_load_token(struct session *s, struct err *err);
bool session_token_is_stale(const struct session *s);
/** The base request for one attempt; `url` must outlive it. */
struct http_request session_http_request(const struct session *s, const struct session_request *rq,
					 const char *url, int timeout_ms);
/** Time for one attempt, or ERR_CANCELLED. */
int session_attempt_ms(const struct session *s, const struct session_request *rq, int *ret_ms,
		       struct err *err);
/**
 * Judge an attempt: `rc` and `err` from the transport, or a reply. Fills `err`
 * unless DONE; *ret_wait_ms with WAIT.
 */
enum session_next session_judge(struct session *s, const struct session_request *rq,
				struct attempts *at, int rc, const struct http_reply *reply,
				int *ret_wait_ms, struct err *err);

#endif
