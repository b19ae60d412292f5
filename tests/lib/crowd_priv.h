/*
 * Inside a crowd: crowd.c (time, counting, reports), crowd_person.c (signalling),
 * crowd_listen.c (WHEP), crowd_link.c (connections), crowd_voice.c (frames), crowd_forge.c (nonsense).
 */
#ifndef MUSTER_TESTS_LIB_CROWD_PRIV_H
#define MUSTER_TESTS_LIB_CROWD_PRIV_H

#include "core/base/http.h"
#include "core/base/ws.h"
#include "core/rtc/livekit/candidate.h"
#include "core/rtc/livekit/signal.h"
#include "core/rtc/peer.h"
#include "tests/lib/crowd.h"

#define CROWD_TICK_MS 5
#define CROWD_TICKS (CROWD_FRAME_MS / CROWD_TICK_MS)
#define CROWD_FRAMES 100 /* encoded before, then from the beginning again */
#define CROWD_FRAME_BYTES 400
#define CROWD_PENDING_MAX 16
#define CROWD_SECTIONS_MAX 3 /* of an offer by WHEP */
#define CROWD_KEPT 512	     /* bytes of a packet that is kept to be replayed */

/* Times by their size, in steps of an eighth. */
#define CROWD_STEPS 256
struct crowd_times {
	uint64_t n[CROWD_STEPS];
	uint64_t all;
	int64_t max;
};
void crowd_times_add(struct crowd_times *t, int64_t us);
int64_t crowd_times_at(const struct crowd_times *t, double share);

/* What a frame says of itself. */
struct crowd_tag {
	int voice; /* number of the person */
	uint32_t number;
	int64_t sent_us;
};
struct crowd_frame {
	uint8_t p[CROWD_FRAME_BYTES];
	size_t n; /* with room for the tag at the end */
};
struct crowd_sounds {
	struct crowd_frame speech[CROWD_FRAMES], silence;
};
int crowd_sounds_make(struct crowd_sounds *s, struct err *err);
void crowd_tag_put(struct crowd_frame *f, const struct crowd_tag *t);
bool crowd_tag_get(struct span payload, struct crowd_tag *ret);

struct crowd_person;
struct crowd_link {
	struct crowd_person *person;
	bool publisher;
	int fd;
	struct net_addr local, server; /* server: who spoke to us last */
	struct loop_watch *watch;
	struct peer *peer;
	bool has_remote;
	char *pending[CROWD_PENDING_MAX]; /* candidates that came too early */
	size_t pending_n;
	uint32_t drops;		   /* that the kernel tells of this socket */
	uint8_t kept[CROWD_KEPT];  /* the newest packet of media that was sent */
	uint8_t check[CROWD_KEPT]; /* and the newest check of ICE */
	size_t kept_n, check_n;
};
bool crowd_link_open(struct crowd_link *l, struct crowd_person *p, bool publisher);
void crowd_link_close(struct crowd_link *l);
/* A description of the other side; `ours` is what our half says of DTLS' roles. */
int crowd_link_remote(struct crowd_link *l, const struct sdp *s, enum sdp_setup ours,
		      struct err *err);
/* What is to be received, by a description of the other side. */
void crowd_link_formats(struct crowd_link *l, const struct sdp *s);
void crowd_link_trickle(struct crowd_link *l, const char *init);
bool crowd_link_up(const struct crowd_link *l);
void crowd_link_raw(const struct crowd_link *l, const struct net_addr *to, const void *p, size_t n);

/* A voice at one listener. */
struct crowd_heard {
	uint32_t newest;
	int64_t arrived_us; /* the last; 0: none */
	uint64_t in_window;
	uint8_t *seen; /* a bit for each frame of the window */
};

struct crowd_person {
	struct crowd *crowd;
	int number;
	bool publishes, speaks;
	bool whep;
	struct http_call *asking;
	struct ws *ws;
	bool open, closed;
	bool moved; /* came anew: there are holes in what they heard */
	char identity[32];
	char cid[32], track[40];
	struct crowd_link pub, sub;
	int64_t began_us, connected_us, media_us; /* 0: not yet */
	int64_t pinged_ms;
	bool published; /* the server has taken the track, and its connection stands */
	unsigned offer_id;
	struct crowd_heard heard[CROWD_SPEAKERS_MAX];
	/* As a voice. */
	uint32_t ssrc, number_next, timestamp;
	uint16_t seq;
	uint32_t from, to; /* what is counted: [from, to) */
};
void crowd_person_enter(struct crowd_person *p);
/* The same by WHEP. */
void crowd_listen_enter(struct crowd_person *p);
/* The old session is left to itself. */
void crowd_person_again(struct crowd_person *p);
void crowd_person_tick(struct crowd_person *p, int64_t now);
void crowd_person_say(struct crowd_person *p, int64_t now);
void crowd_person_hear(struct crowd_person *p, const struct rtp *r);
void crowd_person_done(struct crowd_person *p);

struct crowd {
	struct loop *loop;
	struct crowd_options o;
	struct ws_client *wsc;
	struct http *http; /* NULL: nobody comes by WHEP */
	struct dtls_cert *cert;
	struct loop_timer *timer;
	struct crowd_sounds sounds;
	struct crowd_person *people;
	int came;
	bool talking, counting;
	int64_t talk_ms; /* when the next slot of frames is due */
	int tick;
	char trouble[200];
	struct crowd_times join, media, gap, delay, storm, late;
	int64_t began_us, all_in_us, listeners_us, all_hear_us;
	uint64_t repeated[CROWD_SPEAKERS_MAX], reordered[CROWD_SPEAKERS_MAX]; /* by voice */
	uint64_t others, signals, signal_bytes;
	uint64_t own_drops, drops_before;
	int churn_per_s, moves;
	double churn_due;
	int64_t churn_at;
	/* Forgeries. */
	int forge_per_s;
	double forge_due;
	int64_t forge_at;
	unsigned forge_turn, forge_who;
	int stranger; /* a socket that is nobody's; -1: none yet */
	uint64_t forged[CROWD_FORGERIES];
};
int64_t crowd_us(void);
void crowd_fail(struct crowd *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void crowd_forge_tick(struct crowd *c, int64_t now);

#endif
