/*
 * jansson with our rules: caps on size and depth, errors as sentences,
 * getters that never trust a type, canonical output.
 */
#ifndef MUSTER_BASE_JSON_H
#define MUSTER_BASE_JSON_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#include <jansson.h>

void json_auto_decref(json_t **j);
/** `JSON_AUTO json_t *j = ...;` is decref'd at end of scope. */
#define JSON_AUTO AUTO(json_auto_decref)

/**
 * Parse any JSON value. NUL characters (\u0000) are accepted inside strings;
 * duplicate keys keep the last. ERR_INVALID with line and column otherwise.
 * Lone surrogates, integers over 2^63 and 1e999 are errors (jansson).
 */
int json_parse(struct span text, json_t **ret, struct err *err);
/** The same, and the value must be an object. */
int json_parse_object(struct span text, json_t **ret, struct err *err);

/* Getters: a missing key or another type gives the default; NULL objects are allowed. */
const char *json_get_str(const json_t *o, const char *key); /**< borrowed; NULL; NUL inside: NULL */
struct span json_get_span(const json_t *o, const char *key);
int64_t json_get_i64(const json_t *o, const char *key, int64_t otherwise);
bool json_get_bool(const json_t *o, const char *key, bool otherwise);
json_t *json_get_object(const json_t *o, const char *key); /**< borrowed; NULL unless object */
json_t *json_get_array(const json_t *o, const char *key);  /**< borrowed; NULL unless array */

/** Append compact JSON. */
bool json_put(struct buf *b, const json_t *j);
/**
 * Append canonical JSON (Matrix appendices 3.1): keys sorted by code point,
 * no space, UTF-8, integers only. ERR_INVALID for floats or integers outside ±(2^53-1).
 */
int json_put_canonical(struct buf *b, const json_t *j, struct err *err);
/** Compact text. The caller owns it (mem_free). */
char *json_text(const json_t *j);

#endif
