/*
 * The Range header (RFC 9110 section 14), one range of bytes.
 */
#ifndef MUSTER_SERVER_MEDIA_RANGE_H
#define MUSTER_SERVER_MEDIA_RANGE_H

#include "core/base/span.h"

struct byte_range {
	int64_t from, len;
};

enum range_result {
	RANGE_NONE, /**< none, several, or nothing we understand: send the whole */
	RANGE_PART, /**< *ret is set */
	RANGE_BAD,  /**< beyond the end: 416 */
};

enum range_result range_parse(struct span header, int64_t size, struct byte_range *ret);

#endif
