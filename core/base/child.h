/*
 * Another program as a child: its standard input and output are descriptors of
 * the caller's, lines of its standard error and its end are told on the loop.
 */
#ifndef MUSTER_BASE_CHILD_H
#define MUSTER_BASE_CHILD_H

#include "core/base/err.h"
#include "core/base/loop.h"
#include "core/base/span.h"

struct child;

struct child_handler {
	/** A line of its standard error without the newline; a longer one than LIMIT_IPC_LINE comes
	 * in pieces. Borrowed. */
	void (*line)(void *arg, struct span line);
	/** The last call, when it has ended and its lines are read: exit status, or the number of the
	 * signal that ended it (else 0). Then child_free. */
	void (*ended)(void *arg, int status, int signal);
};

struct child_options {
	const char *const *argv; /**< NULL-ended; argv[0] is looked for on the PATH */
	int in, out;		 /**< become descriptors 0 and 1; they stay the caller's */
	/** It does not hear the terminal's Ctrl-C: the caller says when it is to end. */
	bool ignore_interrupt;
};

/** Where a program is that is called so, as a shell looks for it. NULL: nowhere. The caller owns it. */
char *child_find(const char *name);
/** Start it. ERR_NOT_FOUND: there is no such program. Owner thread; the caller owns *ret. */
int child_new(struct loop *l, const struct child_options *o, const struct child_handler *h,
	      void *arg, struct child **ret, struct err *err);
/** Send a signal; nothing when it has ended. */
void child_signal(struct child *c, int signum);
/** Drop it; one that still runs is killed. No further callbacks. NULL is allowed. */
void child_free(struct child *c);

#endif
