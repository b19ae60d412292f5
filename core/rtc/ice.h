/*
 * A full ICE agent (RFC 8445, trickle RFC 8838, consent RFC 7675, TCP RFC
 * 6544) for one component: BUNDLE and rtcp-mux leave only one. Sans I/O: time
 * and datagrams come in, datagrams and events go out through callbacks, which
 * run inside the calls below and may not call back into the agent except for
 * its getters.
 *
 * A base is a way out of the caller's, named by a small number of the caller's:
 * a UDP socket, a TCP connection to one candidate of the peer, or a relay that
 * a TURN server lends. The latter two are detours, which the caller opens when
 * ice_wants_detour says so; a path by UDP is always preferred to them, and
 * looked for again while one of them is in use. One thread; nothing blocks.
 */
#ifndef MUSTER_RTC_ICE_H
#define MUSTER_RTC_ICE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/net_addr.h"

#define ICE_UFRAG_MAX 256
#define ICE_PWD_MAX 256
#define ICE_LOCAL_MAX 16  /**< candidates of ours */
#define ICE_REMOTE_MAX 48 /**< of the peer, peer-reflexive ones included */
#define ICE_PAIR_MAX 100  /**< RFC 8445 6.1.2.5 */
#define ICE_SERVER_MAX 4
#define ICE_FOUNDATION_MAX 32

/* Times in milliseconds. */
#define ICE_PACE_MS 50		    /**< Ta */
#define ICE_RTO_MIN_MS 500	    /**< first retransmission */
#define ICE_SENDS_MAX 7		    /**< Rc */
#define ICE_CONSENT_MS 2500	    /**< between consent checks, +-20 %; at most 5000 by RFC 7675 */
#define ICE_CONSENT_EXPIRE_MS 30000 /**< without an answer: failed */
#define ICE_DISCONNECT_MS 7000	    /**< without an answer: told to the user */
#define ICE_NOMINATE_WAIT_MS 300    /**< for a better pair than the first that works */
#define ICE_FAIL_WAIT_MS 15000	    /**< for late candidates before giving up */
#define ICE_KEEPALIVE_SERVER_MS 15000 /**< refresh of the server-reflexive mapping */
#define ICE_BUSY_MS 700	    /**< between checks of a path that carries sound, unless heard */
#define ICE_BETTER_MS 15000 /**< between looks for a path that is no detour */

enum ice_type { ICE_HOST, ICE_SRFLX, ICE_PRFLX, ICE_RELAY };
/** RFC 6544 section 4.5: who opens the connection. */
enum ice_transport { ICE_UDP, ICE_TCP_ACTIVE, ICE_TCP_PASSIVE, ICE_TCP_SO };

struct ice_candidate {
	char foundation[ICE_FOUNDATION_MAX + 1];
	unsigned component; /**< 1 */
	uint32_t priority;
	struct net_addr addr;
	enum ice_type type;
	struct net_addr related; /**< raddr/rport; family 0: none */
	enum ice_transport transport;
};

/**
 * Parse "candidate:..." (with or without "a=" in front). ERR_UNSUPPORTED for other
 * transports than UDP and TCP, for names (mDNS) and for components but the first: callers
 * skip those silently.
 */
int ice_candidate_parse(struct span line, struct ice_candidate *ret, struct err *err);
/** Append "candidate:..." without "a=". */
void ice_candidate_put(struct buf *b, const struct ice_candidate *c);
/** RFC 8445 5.1.2.1 with a local preference that puts IPv6 before IPv4. */
uint32_t ice_priority(enum ice_type type, unsigned local_preference);
/** The same for a host candidate of TCP: below everything direct by UDP (RFC 6544 4.2). */
uint32_t ice_priority_tcp(unsigned local_preference);

enum ice_state {
	ICE_NEW,	  /**< no check has been sent */
	ICE_CHECKING,	  /**< looking for a pair */
	ICE_CONNECTED,	  /**< a pair is selected: data flows */
	ICE_DISCONNECTED, /**< selected, but unanswered for a while; may come back */
	ICE_FAILED,	  /**< no pair, or consent is gone: only a restart helps */
};

enum ice_event_kind {
	ICE_EVENT_STATE,     /**< ice_state() changed */
	ICE_EVENT_CANDIDATE, /**< a new local candidate to signal: `candidate` */
	ICE_EVENT_GATHERED,  /**< the last one was told */
	ICE_EVENT_PATH,	     /**< the selected pair changed */
};
struct ice_event {
	enum ice_event_kind kind;
	const struct ice_candidate *candidate;
};

typedef void ice_send_fn(void *arg, int base, const struct net_addr *to, const void *p, size_t n);
typedef void ice_event_fn(void *arg, const struct ice_event *e);

struct ice_config {
	bool controlling;
	uint64_t tie_breaker; /**< 0: random */
	bool calm; /**< a narrow line: a path that carries sound is not looked at more often */
	ice_send_fn *send;
	ice_event_fn *event; /**< may be NULL */
	void *arg;
};

struct ice;
/** New agent with fresh credentials. The caller owns it. */
struct ice *ice_new(const struct ice_config *c);
void ice_free(struct ice *ice);

/** Local credentials; change with ice_restart. Borrowed. */
const char *ice_ufrag(const struct ice *ice);
const char *ice_pwd(const struct ice *ice);

/** A socket of ours, bound to this address (not the wildcard). Tells a host candidate. */
int ice_add_base(struct ice *ice, int64_t now, int base, const struct net_addr *addr,
		 struct err *err);
/** A TCP connection that is open, from `local` to the passive candidate `peer`: paired with
 * that one only. Frames of RFC 4571 are the caller's. */
int ice_add_stream(struct ice *ice, int64_t now, int base, const struct net_addr *local,
		   const struct net_addr *peer, struct err *err);
/** An address that a TURN server relays from; `mapped`: ours as it sees us. `preference`: 0 to
 * 255, the larger the better. */
int ice_add_relay(struct ice *ice, int64_t now, int base, const struct net_addr *relayed,
		  const struct net_addr *mapped, unsigned preference, struct err *err);
/** Ask this STUN server for server-reflexive candidates, from each base of its family. */
int ice_add_server(struct ice *ice, const struct net_addr *server, struct err *err);
/** No more bases and servers will come; ICE_EVENT_GATHERED follows when servers have answered. */
void ice_gather(struct ice *ice, int64_t now);
/** A base is gone (interface down): its pairs fail. */
void ice_remove_base(struct ice *ice, int64_t now, int base);
/** Local candidates so far. */
size_t ice_local_count(const struct ice *ice);
const struct ice_candidate *ice_local(const struct ice *ice, size_t i);
/** Those of the peer, in the order in which they came. */
size_t ice_remote_count(const struct ice *ice);
const struct ice_candidate *ice_remote(const struct ice *ice, size_t i);

/** The peer's credentials. New ones after ours were restarted, or when the peer restarts. */
int ice_set_remote(struct ice *ice, int64_t now, struct span ufrag, struct span pwd, bool lite,
		   struct err *err);
/** A candidate of the peer; duplicates and active ones of TCP, which nobody could call, are
 * ignored, over ICE_REMOTE_MAX is ERR_TOO_LARGE. */
int ice_add_remote(struct ice *ice, int64_t now, const struct ice_candidate *c, struct err *err);
/** The peer has no more candidates. Without this, failing waits ICE_FAIL_WAIT_MS for late ones. */
void ice_remote_done(struct ice *ice);
/** New credentials and no pairs; the old path keeps carrying data until a new one is selected. */
void ice_restart(struct ice *ice, int64_t now);
/** Only before the first check; role conflicts are settled by the agent itself later. */
void ice_set_controlling(struct ice *ice, bool controlling);
bool ice_controlling(const struct ice *ice);

/** A STUN datagram that arrived on `base`. True when it was for this agent and valid. */
bool ice_receive(struct ice *ice, int64_t now, int base, const struct net_addr *from, const void *p,
		 size_t n);
/** Anything else that came or went by the path: it is in use, and `heard`: alive. */
void ice_note_data(struct ice *ice, int64_t now, bool heard);
/** Do what is due. */
void ice_tick(struct ice *ice, int64_t now);
/** When ice_tick is wanted next; INT64_MAX: not before something arrives. */
int64_t ice_deadline(const struct ice *ice);

enum ice_state ice_state(const struct ice *ice);
/** Where data goes now: false when nothing is selected or consent is gone. */
bool ice_path(const struct ice *ice, int *ret_base, struct net_addr *ret_to);
/**
 * No path by UDP is known to work: none is selected, or the selected one leaves checks
 * unanswered. True as soon as that is so: who opens detours waits a little.
 */
bool ice_wants_detour(const struct ice *ice);
/** The path is a detour, by `ret_base`. */
bool ice_on_detour(const struct ice *ice, int *ret_base);
/** True when data from there may belong to this agent: a pair that passed a check. */
bool ice_knows(const struct ice *ice, int base, const struct net_addr *from);

/** For statistics and tests. */
struct ice_stats {
	uint64_t checks_sent, checks_received, bad_integrity, role_conflicts, consents;
	int rtt_ms; /**< of the last answered check on the selected pair; -1: none yet */
	enum ice_type local_type, remote_type;
	bool tcp; /**< the selected pair is one of ICE over TCP */
};
void ice_stats(const struct ice *ice, struct ice_stats *ret);

#endif
