/* What tests of the SFU wait for: conditions for sfu_until, and the usual waits. */
#ifndef MUSTER_TESTS_SFU_WAIT_H
#define MUSTER_TESTS_SFU_WAIT_H

#include "tests/lib/sfu_world.h"

/** What is looked at, as the condition needs it. */
struct sfu_view {
	struct sfu_client *c;
	const char *who; /**< an identity, or a track's sid */
	size_t n;
	size_t from;
	int kind;
};

/* Conditions; arg is a struct sfu_view. */

/** `c` has heard `n` packets of track `who`. */
bool sfu_hears_enough(void *arg);
/** `c` was offered track `who`. */
bool sfu_offers_track(void *arg);
/** `c` knows that `who` has `n` tracks. */
bool sfu_sees_tracks(void *arg);
/** `c` knows that the first track of `who` is muted (`n` is not 0), or is not. */
bool sfu_sees_muted(void *arg);
/** `c` knows `who` in state `n`. */
bool sfu_sees_state(void *arg);
/** A message of `kind` came, from number `from` on. */
bool sfu_got_kind(void *arg);
/** arg is a struct sfu_client. */
bool sfu_is_closed(void *arg);

void sfu_until_hears(struct sfu_client *c, const char *track, size_t n);
void sfu_until_offered(struct sfu_client *c, const char *track);
const struct lk_response *sfu_until_got(struct sfu_client *c, int kind, size_t from);
/** Until what the server did for requests of `c` so far is done: it does one after the other. */
void sfu_settle(struct sfu_client *c);
/** Until this was the newest word about somebody: "present", or the reason why not. */
void sfu_until_presence(struct sfu_world *w, const char *identity, const char *what);
/** `from` speaks until `to` has heard something of it: then the way is there, and nothing of that
 * is still under way. */
void sfu_open_way(struct sfu_client *from, struct sfu_client *to);

#endif
