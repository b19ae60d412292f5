/*
 * How hurried a long work is, and whether it is to end. Given to what does it in steps.
 */
#ifndef MUSTER_SERVER_KEEP_PACE_H
#define MUSTER_SERVER_KEEP_PACE_H

#include "core/base/err.h"

#include <stdatomic.h>
#include <stdint.h>

struct pace {
	const atomic_bool *stop; /**< set from anywhere; NULL: never */
	bool gentle;		 /**< rest as long as was worked: others use the disk, too */
	int64_t since_ns;	 /**< end of the last rest */
};

/** Between two steps: rest if need be. ERR_CANCELLED when it is to end. A sql_step_fn. */
int pace_step(void *pace, struct err *err);
/** The same for sql_on_progress: 1 when it is to end. */
int pace_progress(void *pace);

#endif
