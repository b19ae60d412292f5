/*
 * Inside the TURN client: turn.c (the allocation), turn_peer.c (permissions,
 * channels and what goes to peers), turn_wire.c (messages to and from the server).
 */
#ifndef MUSTER_RTC_TURN_PRIV_H
#define MUSTER_RTC_TURN_PRIV_H

#include "core/rtc/ice_priv.h"
#include "core/rtc/stun.h"
#include "core/rtc/turn.h"

#define TURN_CHANNEL_FIRST 0x4000
#define TURN_MISMATCH 437 /* the server has no such allocation */

/* What is asked for: both where there are both; what the server says no to is not asked again. */
enum turn_families { TURN_BOTH, TURN_FOUR, TURN_SIX };

enum turn_state { TURN_NEW, TURN_ASKED, TURN_UP, TURN_OVER };

/* A request until it is answered. */
struct turn_request {
	struct ice_tx tx;
	unsigned retries;
};

struct turn_peer {
	struct net_addr addr; /* family 0: free */
	uint16_t channel;
	bool permitted, bound;
	bool no_channel; /* the server will not give one */
	struct turn_request permission, bind;
	int64_t again;	  /* when to renew */
	int64_t reserved; /* until then the server may hold the channel for this peer */
	int64_t used;
	int64_t refused_until; /* nothing goes there before */
	size_t held_n;	       /* the last datagram that waits for the permission */
	uint8_t held[TURN_DATA_MAX];
};

struct turn {
	struct turn_config cfg;
	char *username, *password;
	enum turn_state state;
	enum turn_families families;
	bool relays_four, relays_six;
	char realm[STUN_REALM_MAX + 1], nonce[STUN_REALM_MAX + 1];
	bool has_key;
	uint8_t key[16];
	struct turn_request main; /* Allocate, then Refresh */
	int64_t refresh;
	struct turn_peer peers[TURN_PEERS_MAX];
};

/* turn.c */
/* Of the allocation when `p` is NULL. Send it anew, with a new id. */
void turn_begin(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r);
/* Once more. */
void turn_transmit(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r);
/* It was sent often enough. */
bool turn_is_over(const struct turn *t, const struct turn_request *r);
bool turn_is_due(const struct turn_request *r, int64_t now);
int64_t turn_sooner(int64_t at, const struct turn_request *r);
/* The server has answered `r`. */
void turn_answered(struct turn *t, int64_t now, struct turn_peer *p, struct turn_request *r,
		   const struct stun *m, const struct stun_turn *a);

/* turn_peer.c */
void turn_peer_permitted(struct turn *t, int64_t now, struct turn_peer *p,
			 const struct turn_request *r);
void turn_peer_refused(struct turn_peer *p, int64_t now, const struct turn_request *r);
void turn_peer_tick(struct turn *t, int64_t now, struct turn_peer *p);
int64_t turn_peer_deadline(const struct turn_peer *p);

/* turn_wire.c */
/* Allocate, or Refresh (0: give it back). */
void turn_put_main(struct turn *t, uint32_t lifetime_s);
/* CreatePermission or ChannelBind. */
void turn_put_request(struct turn *t, const struct turn_peer *p, const struct turn_request *r);
/* Send indication, and ChannelData. */
void turn_put_indication(struct turn *t, const struct turn_peer *p, const void *data, size_t n);
void turn_put_channel(struct turn *t, const struct turn_peer *p, const void *data, size_t n);

#endif
