/*
 * The slicer beside jansson: shared by the unit test and the fuzz target.
 */
#ifndef MUSTER_TEST_SLICE_CHECK_H
#define MUSTER_TEST_SLICE_CHECK_H

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/matrix/slice.h"

static inline bool slice_check(struct span text, const json_t *j);

/* One child of `j`; a name that comes again is compared where it comes last. */
static inline bool slice_check_child(struct span text, const struct slice_item *item, size_t at,
				     const json_t *j)
{
	if (json_is_array(j)) {
		const json_t *child = json_array_get(j, at);
		return child && slice_check(item->value, child);
	}
	AUTO(buf_done) struct buf key = BUF_INIT(BUF_CAP_OWN);
	struct span last;
	if (!slice_unescape(&key, item->key) || !slice_key_is(item, buf_str(&key)))
		return false;
	const json_t *child = json_object_get(j, buf_str(&key));
	if (!child || slice_find(text, buf_str(&key), &last) == SLICE_NONE)
		return false;
	return last.p != item->value.p || slice_check(item->value, child);
}

/** Does the slicer see in `text`, which jansson parsed as `j`, the same value? */
static inline bool slice_check(struct span text, const json_t *j)
{
	struct slice s;
	struct slice_item item;
	bool object = json_is_object(j);
	size_t n = 0;
	int rc;
	if (!object && !json_is_array(j)) {
		JSON_AUTO json_t *again = NULL;
		return json_parse(text, &again, NULL) == 0 && json_equal(again, j);
	}
	if (slice_begin(&s, text, object ? SLICE_OBJECT : SLICE_ARRAY, NULL))
		return false;
	while ((rc = slice_next(&s, &item, NULL)) == 1)
		if (!slice_check_child(text, &item, n++, j))
			return false;
	return rc == 0 && (object ? n >= json_object_size(j) : n == json_array_size(j));
}

#endif
