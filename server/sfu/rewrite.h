/*
 * Sequence numbers of a stream that is let through only now and then. What
 * comes out counts on without a hole where the gate was shut, so that a
 * listener never takes silence for loss; what was lost while it was open is
 * still missing, so that it is asked for and concealed. Pure; a value.
 */
#ifndef MUSTER_SERVER_SFU_REWRITE_H
#define MUSTER_SERVER_SFU_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

/** Zeroed, with `next` set to the first number that shall come out. */
struct rewrite {
	uint64_t next;	/**< what follows the newest that came out */
	uint64_t first; /**< input numbers of the run that is open, or was last */
	uint64_t last;
	uint64_t shift; /**< input minus output in that run */
	bool any;	/**< there has been a run */
	bool open;
};

/**
 * Packet `in` (numbers that do not wrap; each once, in any order) arrived while
 * the gate was open (`pass`) or shut. True: it goes out as *ret. Late packets
 * of the present or last run go out whatever the gate does now; older ones do
 * not. *ret_begin: the first of a run.
 */
bool rewrite_packet(struct rewrite *w, uint64_t in, bool pass, uint64_t *ret, bool *ret_begin);

#endif
