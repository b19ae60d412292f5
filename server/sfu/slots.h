/*
 * Voices that take turns in one stream, for listeners who cannot be told of new
 * tracks (WHEP: no renegotiation): whoever holds the slot is heard in it under
 * one SSRC. Numbers count on without a hole when another voice comes in, and
 * timestamps go on by the time that has passed, so that a player takes the
 * change for a pause and never for loss. Pure; a value.
 */
#ifndef MUSTER_SERVER_SFU_SLOTS_H
#define MUSTER_SERVER_SFU_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_STEP 960 /* of the 48 kHz clock: 20 ms, the least between two voices */

/** Zeroed, with `next` and `timestamp` set to anything. */
struct slot {
	const void *voice;  /**< who is in it; NULL: nobody yet */
	uint64_t first;	    /**< number of that voice's first packet in it */
	uint64_t shift;	    /**< number in minus number out */
	uint16_t next;	    /**< what follows the newest that came out */
	uint32_t timestamp; /**< of the newest that came out */
	uint32_t lag;	    /**< timestamp in minus timestamp out */
	int64_t at;	    /**< when that was */
};

/** What comes out. */
struct slot_out {
	uint16_t seq;
	uint32_t timestamp;
	bool begin; /**< the first of this voice */
};

/**
 * A packet of `voice`, which holds the slot; `number` does not wrap and counts what
 * the voice let through. `anew`: the voice was elsewhere since its last packet in
 * this slot. False: it is from before its turn, and goes nowhere.
 */
bool slot_packet(struct slot *s, const void *voice, bool anew, uint64_t number, uint32_t timestamp,
		 int64_t now, struct slot_out *ret);
/** The voice is gone: its address may be somebody else's soon. */
void slot_forget(struct slot *s, const void *voice);

#endif
