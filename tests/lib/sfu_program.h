/* Somebody in a room of tests/lib/sfu_world who came by WHEP or WHIP: no signalling, no sound. */
#ifndef MUSTER_TESTS_SFU_PROGRAM_H
#define MUSTER_TESTS_SFU_PROGRAM_H

#include "tests/lib/sfu_world.h"

#define SFU_SECTIONS_HEARD 4

/** Zeroed, or done. */
struct sfu_program {
	struct sfu_world *w;
	bool speaks, told;
	char room[64], identity[32];
	struct peer *peer;
	struct udp *udp;
	bool deaf;
	int status;
	char session[64], etag[64], why[256];
	char *answer;
	/* What comes, by section. */
	uint32_t ssrcs[SFU_SECTIONS_HEARD];
	size_t sections, packets[SFU_SECTIONS_HEARD], holes[SFU_SECTIONS_HEARD],
		markers[SFU_SECTIONS_HEARD];
	size_t backwards[SFU_SECTIONS_HEARD];
	uint16_t first[SFU_SECTIONS_HEARD], newest[SFU_SECTIONS_HEARD];
	uint32_t timestamp[SFU_SECTIONS_HEARD];
	uint8_t last[SFU_SECTIONS_HEARD], pt, csrc[SFU_SECTIONS_HEARD][4];
	uint32_t ssrc; /* its own */
	uint16_t seq;
};

/** Of the test that runs: a room's world and two of them, done with when it ends. */
extern struct sfu_programs {
	struct sfu_world w;
	struct sfu_program x, y;
} sfu_programs;
int sfu_programs_begin(void **state);
int sfu_programs_end(void **state);
/** After <cmocka.h>. */
#define SFU_PROGRAMS_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, sfu_programs_begin, sfu_programs_end)

/** Make the offer and ask; the status of the answer. */
int sfu_program_come(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		     const char *identity, size_t sections);
/** The same, which must be taken, and wait until connected. */
void sfu_program_join(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		      const char *identity, size_t sections);
/** Without a word to the server. */
void sfu_program_done(struct sfu_program *q);

/** The first half of sfu_program_come. */
void sfu_program_open(struct sfu_world *w, struct sfu_program *q, bool speaks, const char *room,
		      const char *identity);
void sfu_program_offer(struct sfu_program *q, size_t sections, struct buf *b);
int sfu_program_ask(struct sfu_program *q, enum sfu_asking what, const char *if_match,
		    struct span body);
/** Lets its time pass, too: for sfu_until; arg is a struct sfu_program. */
bool sfu_program_connected(void *arg);

/** `who` speaks until `q` has heard `n` more packets in this section, the last of `byte`. */
void sfu_program_talk(struct sfu_program *q, struct sfu_client *who, size_t section, unsigned dbov,
		      uint8_t byte, size_t n);
/** Every section came without a hole, and its time never went back. */
void sfu_program_whole(const struct sfu_program *q);

#endif
