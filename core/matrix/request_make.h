/*
 * How the files that build requests put them together; for core/matrix only.
 */
#ifndef MUSTER_MATRIX_REQUEST_MAKE_H
#define MUSTER_MATRIX_REQUEST_MAKE_H

#include "core/base/http.h"
#include "core/matrix/request.h"

/**
 * A request without body. Each "{}" of `pattern` takes one string, encoded. A
 * pattern that does not begin with "/_" or "/." is below /_matrix/client.
 * Everything but POST counts as repeatable.
 */
struct request request_make(const char *method, const char *pattern, ...);
/** Add to the query; NULL adds nothing. */
void request_query(struct request *rq, const char *key, const char *value);
void request_query_int(struct request *rq, const char *key, int64_t value);
void request_query_json(struct request *rq, const char *key, const json_t *value);
/** The body; takes the reference. */
void request_body(struct request *rq, json_t *steal);
/** The body, borrowed; NULL: {} */
void request_body_copy(struct request *rq, const json_t *body);
/** Set a string member unless `value` is NULL. */
void set_text(json_t *o, const char *key, const char *value);
/** Set the UIA stage unless `auth` is NULL; borrowed. */
void set_auth(json_t *o, const json_t *auth);

#endif
