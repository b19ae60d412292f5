/*
 * The LiveKit client (core/call/session.h) against a server that says what the
 * test wants: a front of server/http whose WebSocket speaks LiveKit's messages,
 * all on one loop. Nothing here carries sound: a server that is not "subscriber
 * primary" and a client that only listens need no peer connection to be in a call.
 */
#ifndef MUSTER_TESTS_LK_FAKE_H
#define MUSTER_TESTS_LK_FAKE_H

#include "core/base/buf.h"
#include "core/call/session.h"
#include "core/call/signal.h"
#include "core/rtc/livekit/query.h"
#include "core/rtc/livekit/signal.h"
#include "server/http/httpd.h"

#define LK_FAKE_PEOPLE 2
/** bob and eve, who are in the call already. */
extern struct lk_person lk_fake_people[LK_FAKE_PEOPLE];

/* -- The server -------------------------------------------------------------------- */

struct lk_fake {
	struct loop *loop;
	struct httpd *httpd;
	int port;
	int status;  /* instead of a WebSocket */
	bool silent; /* no greeting */
	bool no_pongs;
	struct httpd_ws *ws;
	size_t connections, closed;
	struct lk_query query; /* of the newest connection */
	char bearer[200];
	struct buf requests; /* names of what came, in order: "add_track mute ..." */
	struct lk_request last[32];
	struct lk_join join;		/* the greeting; borrows constants */
	int leave_reason, leave_action; /* instead of a greeting to who resumes, when action >= 0 */
	bool refuses;			/* ... and to everybody */
};

void lk_fake_open(struct lk_fake *f);
void lk_fake_close(struct lk_fake *f);
void lk_fake_say(struct lk_fake *f, const struct lk_response *r);
/** Update about one person. */
void lk_fake_say_person(struct lk_fake *f, struct lk_person p);
void lk_fake_say_leave(struct lk_fake *f, int reason, int action);

/* -- The client --------------------------------------------------------------------- */

struct lk_client {
	struct lk_fake *f;
	struct ws_client *ws;
	struct call_session *s;
	struct buf log; /* what was told: "state:joined joined:bob ..." */
	char url[100];
	bool ended;
	enum call_end why;
	struct err err, warning;
	const char *fresh; /* the answer when a token is wanted; NULL: none */
	bool slow;	   /* no answer yet */
	bool away;	   /* who gives tokens does not answer either, twice ... */
	bool stays_away;   /* ... or ever */
	struct call_person person;
};

/** Writes into the client's log. */
extern const struct call_handler lk_client_told;
struct call_options lk_client_listener(void);
struct call_options lk_client_speaker(void);
/** `t`: NULL for the usual times. */
void lk_client_start(struct lk_client *c, struct lk_fake *f, struct call_options o,
		     const struct session_times *t);
void lk_client_stop(struct lk_client *c);
/** Both anew, joined as a listener with bob and eve. */
void lk_client_join(struct lk_client *c, struct lk_fake *f, const struct session_times *t);
/** The end of both. */
void lk_client_done(struct lk_client *c, struct lk_fake *f);

/** Until the log, or what the server was asked, holds `text`; fails after a time. */
void lk_client_until_told(struct lk_client *c, const char *text);
void lk_client_until_asked(struct lk_client *c, const char *text);
/** What the server said before has been heard when its answer to this was. */
void lk_client_settle(struct lk_client *c);
/** The whole log is this; it begins anew. */
void lk_client_expect(struct lk_client *c, const char *log);

/* -- Every test gives back what it allocated ----------------------------------------- */

int lk_fake_setup(void **state);
int lk_fake_teardown(void **state);
#define LK_FAKE_TEST(fn) cmocka_unit_test_setup_teardown(fn, lk_fake_setup, lk_fake_teardown)

#endif
