/*
 * An HTTP front on a loop in a thread of its own, with a handler made for
 * tests, and a blocking raw client (plain or TLS) with a time limit on every
 * step.
 *
 * Paths of the handler:
 *   /raw           the request target, verbatim
 *   /headers?NAME  the value of that header in brackets
 *   /echo          the body (memory, at most 1 MB)
 *   /small         the body (memory, at most 10 bytes)
 *   /file          body to a file (at most 200 MB); answers "size path"
 *   /early         403 from begin, body unread
 *   /none          no sink chosen; 200
 *   /wait          answered by /wake
 *   /big?N         N bytes
 *   /send/NAME     that file of the folder; ?FROM-LEN for a part
 *   /inject        a reply whose headers hold a line break too many
 *   /ws            WebSocket echo; "close N", "flood N" are commands
 * A header "X-Owner: N" names the request's owner.
 */
#ifndef MUSTER_TESTS_HTTPD_FIXTURE_H
#define MUSTER_TESTS_HTTPD_FIXTURE_H

#include "core/base/buf.h"
#include "server/http/httpd.h"

#include <stdatomic.h>

struct fixture {
	int port, tls_port;
	char dir[256];
	struct loop *loop;
	struct httpd *httpd;
	atomic_int begun, ready, gone, waiting, ws_open, ws_code, ws_refused;
	struct fixture_impl *impl;
};

struct fixture *fixture_start(const struct httpd_options *opt);
/** End the front and its loop; checks that nothing is left allocated. */
void fixture_stop(struct fixture *f);
/** httpd_free now; fixture_stop is still to be called. */
void fixture_end(struct fixture *f);
/** Wait until *v == n; fails the test after 5 s. */
void fixture_until(atomic_int *v, int n);
/** Path of a certificate or key in the fixture's folder ("cert.pem", "key.pem"). */
void fixture_new_cert(struct fixture *f, const char *common_name);
/** httpd_tls_load on the loop's thread. */
int fixture_reload(struct fixture *f);
void fixture_stats(struct fixture *f, struct httpd_stats *ret);

struct raw {
	int fd;
	void *ssl;
};

/** Connect; `tls` picks the port. Fails the test when it cannot. */
struct raw raw_open(struct fixture *f, bool tls);
/** A plain connection to that port of loopback. */
struct raw raw_connect(int port);
void raw_close(struct raw *c);
void raw_send(struct raw *c, const char *p, size_t n);
void raw_puts(struct raw *c, const char *s);
/** Bytes read, 0 at the end of the stream, -1 on a reset; fails the test after 10 s. */
ssize_t raw_read(struct raw *c, char *p, size_t n);
/** Nothing more comes: the peer closed. */
void raw_expect_close(struct raw *c);

struct reply {
	int status;
	struct buf head, body;
};
/** One reply (by Content-Length). `head_only`: to a HEAD request. */
void raw_reply(struct raw *c, struct reply *ret, bool head_only);
void reply_done(struct reply *r);
/** Value of a header, or an empty span. */
struct span reply_header(const struct reply *r, const char *name);

#endif
