/* What tests of the HTTP front expect of a connection, and of the front as a whole. */
#ifndef MUSTER_TESTS_HTTPD_EXPECT_H
#define MUSTER_TESTS_HTTPD_EXPECT_H

#include "tests/lib/httpd_fixture.h"

/** An error of the front itself: JSON with the common headers, then the end. */
void expect_refusal(struct raw *c, int status);
/** The same for this request, plain and by TLS. */
void expect_refused(struct fixture *f, const char *request, int status);
/** A reply; `body` NULL: whatever it says. */
void expect_200(struct raw *c, const char *body);
/** Until so many connections are open. */
void fixture_until_open(struct fixture *f, int n);
/** A file of `n` bytes in the fixture's folder. */
void fixture_file(struct fixture *f, const char *name, size_t n);

#endif
