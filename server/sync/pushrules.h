/*
 * Push rules (client-server API, "Push rules"): the default set, changes to a
 * person's set, and what a set says about an event. A set is the content of
 * m.push_rules: {"global":{"override":[...],...}}. The rules that looked for
 * names in the body are left out, as the spec does since v1.17: m.mentions
 * says who is meant.
 */
#ifndef MUSTER_SERVER_SYNC_PUSHRULES_H
#define MUSTER_SERVER_SYNC_PUSHRULES_H

#include "core/base/err.h"
#include "core/matrix/pushrules_eval.h"

#include <jansson.h>

#define PUSHRULES_MAX 1000		 /* own rules of one person */
#define PUSHRULES_BYTES_MAX (256u << 10) /* of a whole set */

/** The set of somebody who changed nothing. The caller owns it. */
json_t *pushrules_default(const char *user_id);
/**
 * A stored set made whole: default rules that it lacks (it was written by an
 * older muster) are added, anything misshapen is dropped. The caller owns it.
 */
json_t *pushrules_merge(const json_t *stored, const char *user_id);
/** "override", "underride", "sender", "room" or "content". */
bool pushrules_kind_ok(const char *kind);
/** Borrowed; NULL when there is no such rule. */
json_t *pushrules_find(const json_t *set, const char *kind, const char *rule_id);
/** Add or replace an own rule. Errors are Matrix errors (400, 404). */
int pushrules_put(json_t *set, const char *kind, const char *rule_id, const json_t *body,
		  const char *before, const char *after, struct err *err);
int pushrules_delete(json_t *set, const char *kind, const char *rule_id, struct err *err);
int pushrules_set_enabled(json_t *set, const char *kind, const char *rule_id, const json_t *body,
			  struct err *err);
int pushrules_set_actions(json_t *set, const char *kind, const char *rule_id, const json_t *body,
			  struct err *err);

#endif
