/*
 * A peer connection on the loop: a peer of core/rtc, its sockets, its timer,
 * and the candidates that reach it before it can use them.
 *
 * Owner thread of the loop.
 */
#ifndef MUSTER_CALL_PC_H
#define MUSTER_CALL_PC_H

#include "core/base/loop.h"
#include "core/call/detour.h"
#include "core/call/net.h"
#include "core/rtc/peer.h"

#define PC_PENDING_MAX 64 /**< candidates of the other side that wait for its description */

struct pc;

struct pc_handler {
	/** pc_state() or pc_up() changed. From a turn of its own: anything may be freed. */
	void (*changed)(void *arg);
	/** A decrypted packet. Nothing may be freed. May be NULL. */
	void (*rtp)(void *arg, const struct rtp *r, int64_t arrival_ns);
};

/** What does not get through. */
enum pc_block {
	PC_BLOCK_NOTHING,
	PC_BLOCK_UDP,
	PC_BLOCK_TCP,
	PC_BLOCK_DIRECT /**< both: relays are left */
};

struct pc_options {
	struct loop *loop;
	struct dtls_cert *cert;
	bool controlling; /**< we make the offers */
	bool calm;	  /**< a narrow line */
	const char *cname;
	struct net_options net;
	struct detour_options detour;
	const enum pc_block *block; /**< for tests; or NULL */
};

/** Opens the sockets. The caller owns it. NULL: no address can be used. */
struct pc *pc_new(const struct pc_options *o, const struct pc_handler *h, void *arg,
		  struct err *err);
/** Not inside `rtp`. NULL is allowed. */
void pc_free(struct pc *pc);
/** Say goodbye: BYE and close_notify. */
void pc_close(struct pc *pc);

/** Borrowed; pc_touch after what may change when something is due. */
struct peer *pc_peer(struct pc *pc);
enum peer_state pc_state(const struct pc *pc);
/** Media flows, over a path that was checked since the last restart. */
bool pc_up(const struct pc *pc);

/** Our half for a description. What it points to lives until the next call or pc_free. */
void pc_describe(struct pc *pc, struct sdp_transport *ret, const struct span **ret_candidates,
		 size_t *ret_n);
/** The other half: transport, candidates, and those that came before it. */
int pc_set_remote(struct pc *pc, const struct sdp *remote, bool dtls_client, struct err *err);
/** A trickled candidate, as its JSON came. */
void pc_trickle(struct pc *pc, const char *candidate_init);
/** New credentials for the next offer. */
void pc_restart(struct pc *pc);
/** The other side's credentials now: changes when it restarts ICE. "" before there are any. */
const char *pc_remote_ufrag(const struct pc *pc);
/** Look at this host's addresses anew; true when the one that media went from is gone. */
bool pc_refresh(struct pc *pc);
/** After any use of pc_peer that may change what is due. */
void pc_touch(struct pc *pc);

#endif
