/*
 * Who is let through when many speak: the N loudest of a room. Voices hold
 * one of N slots. A free slot goes to whoever sends, so in a small room
 * everybody is heard whole, pauses and all. When all are taken, a voice that
 * becomes loud gets the slot of one that has been silent for a while, at once;
 * one that speaks loses its slot only to somebody clearly louder for some
 * time, so that words are not cut and slots do not flap. Pure; no clock.
 */
#ifndef MUSTER_SERVER_SFU_LOUDEST_H
#define MUSTER_SERVER_SFU_LOUDEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOUDEST_MAX 16
#define LOUDEST_SPEECH_DBOV 50	/* -50 dBov and louder is taken for speech */
#define LOUDEST_HANGOVER_MS 700 /* a pause for so long costs the slot, when it is wanted */
#define LOUDEST_HOLD_MS 1000	/* who has just got a slot keeps it for so long */
#define LOUDEST_MARGIN_DB 6	/* a rival must be so much louder ... */
#define LOUDEST_RIVAL_MS 200	/* ... for so long */
#define LOUDEST_DTX_BYTES 4	/* payloads up to this hold no voice */
#define LOUDEST_UNTOLD_DBOV 40	/* of who does not tell how loud they are */

/** What a packet says about its sound. */
struct loudest_level {
	bool known;	/**< it had the audio level (RFC 6464) */
	bool voice;	/**< and its V bit */
	unsigned dbov;	/**< 0 loud, 127 silent */
	size_t payload; /**< bytes */
};

/** A voice of one room; a value that must not move while it has a slot. */
struct loudest_voice {
	int slot;	/**< -1: none */
	int32_t level;	/**< smoothed, 1/256 dB above silence */
	int64_t loud;	/**< last loud packet; INT64_MIN: never */
	int64_t since;	/**< it has its slot since then */
	int64_t rivals; /**< it is louder than the weakest since then; INT64_MIN: it is not */
};

struct loudest {
	int n; /**< slots */
	struct loudest_voice *slots[LOUDEST_MAX];
};

/** `n` is made to fit 1 to LOUDEST_MAX. */
void loudest_init(struct loudest *l, int n);
void loudest_voice_init(struct loudest_voice *v);
/** How loud a packet is, in dB above silence (0 to 127), and whether that is speech. */
unsigned loudest_of(const struct loudest_level *p, bool *ret_speech);
/** A packet of `v`, the newest so far. True: it is let through. */
bool loudest_packet(struct loudest *l, struct loudest_voice *v, int64_t now,
		    const struct loudest_level *p);
/** `v` is muted or gone. */
void loudest_leave(struct loudest *l, struct loudest_voice *v);

#endif
