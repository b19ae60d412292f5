/*
 * What a set of push rules says about an event (client-server API, "Push
 * rules"). A set is the content of m.push_rules: {"global":{"override":[...],
 * ...}}. The server counts with it for everybody, the client for itself.
 */
#ifndef MUSTER_MATRIX_PUSHRULES_EVAL_H
#define MUSTER_MATRIX_PUSHRULES_EVAL_H

#include <jansson.h>
#include <stdbool.h>

/** What conditions may ask about besides the event. */
struct pushrules_context {
	const char *display_name; /**< the person's, or NULL */
	int members;		  /**< joined */
	/** May the sender notify everybody? NULL: no. */
	bool (*may_notify)(const char *key, void *arg);
	void *arg;
	/**
	 * NULL, or comparisons left for this event and those after it: when they
	 * are used up, patterns no longer match.
	 */
	int *budget;
};

struct pushrules_verdict {
	bool notify, highlight;
	const json_t *actions; /**< of the rule that applied, borrowed from the set; or NULL */
};
/**
 * What the first of the rules in `set` that applies says (client-server API, "Push rules"); none:
 * nothing is done.
 */
struct pushrules_verdict pushrules_eval(const json_t *set, const json_t *event,
					const struct pushrules_context *ctx);

#endif
