/* How tests of the server's routes ask: paths made by printf, texts out of replies. */
#ifndef MUSTER_TESTS_ASKING_H
#define MUSTER_TESTS_ASKING_H

#include "tests/lib/server.h"

#define V3 "/_matrix/client/v3/"

/** printf into a path; valid until the next call. */
const char *at(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** A text of a reply, which must have it; the caller owns the text. */
char *text_of(json_t *steal, const char *key);
/** What an SFU's token is asked for with: somebody's OpenID token, as JSON. The caller owns it. */
char *openid_of(struct test_server *t, const char *name, const char *token);

#endif
