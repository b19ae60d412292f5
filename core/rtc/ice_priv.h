/* Inside the full ICE agent: ice.c, ice_gather.c, ice_pair.c, ice_check.c. */
#ifndef MUSTER_RTC_ICE_PRIV_H
#define MUSTER_RTC_ICE_PRIV_H

#include "core/rtc/ice.h"
#include "core/rtc/stun.h"

#define ICE_CONSENTS 8 /* unanswered consent checks that may still be answered */
#define ICE_QUERIES (ICE_LOCAL_MAX * ICE_SERVER_MAX)

struct ice_base {
	int id;
	bool gone;
	struct net_addr addr;
	uint32_t priority;    /* of its candidate */
	bool stream;	      /* a TCP connection ... */
	struct net_addr peer; /* ... to there */
	bool relay;
};

/* A request that is sent again until it is answered or given up. */
struct ice_tx {
	bool active;
	bool use_candidate, as_controlling;
	struct stun_tid tid;
	unsigned sends;
	int64_t rto_ms, next, sent;
};

/* A STUN server asked from one base. */
struct ice_query {
	unsigned base, server;
	struct ice_tx tx;
	bool answered;	 /* a candidate was made of it, or it was found to be known */
	int64_t refresh; /* when to ask again, to keep the mapping open */
};

enum ice_pair_state { ICE_FROZEN, ICE_WAITING, ICE_PROGRESS, ICE_SUCCEEDED, ICE_PAIR_FAILED };

struct ice_pair {
	unsigned base, remote;
	enum ice_pair_state state;
	uint64_t priority;
	uint64_t triggered; /* place in the triggered-check queue; 0: not in it */
	bool nominate;	    /* the controlling side named it while we were still checking */
	struct ice_tx tx;
	int64_t answered; /* last answer; INT64_MIN: none */
	int64_t named;	  /* last check with USE-CANDIDATE from the peer */
	int rtt_ms;
};

struct ice_creds {
	char ufrag[ICE_UFRAG_MAX + 1];
	char pwd[ICE_PWD_MAX + 1];
};

struct ice {
	struct ice_config cfg;
	bool controlling;
	uint64_t tie_breaker;
	enum ice_state state;
	struct ice_creds local, previous, remote; /* remote.ufrag "": not known */
	bool remote_lite, remote_done;

	struct ice_base bases[ICE_LOCAL_MAX];
	size_t bases_n;
	struct net_addr servers[ICE_SERVER_MAX];
	size_t servers_n;
	struct ice_query queries[ICE_QUERIES];
	size_t queries_n;
	bool gathering, gathered;
	struct ice_candidate locals[ICE_LOCAL_MAX];
	size_t locals_n;
	struct ice_candidate remotes[ICE_REMOTE_MAX];
	size_t remotes_n;

	struct ice_pair pairs[ICE_PAIR_MAX];
	size_t pairs_n;
	uint64_t trigger_seq;
	int selected;	/* index of a pair, -1: none */
	int nominating; /* pair whose nomination is under way, -1: none */
	int64_t next_check, first_valid, stalled;

	struct {
		struct stun_tid tid;
		int64_t sent;
	} consents[ICE_CONSENTS];
	unsigned consent_at;
	int64_t next_consent;
	unsigned unanswered;  /* consent checks in a row */
	bool doubt;	      /* too many of them, or for too long */
	int64_t used, heard;  /* data on the selected path; INT64_MIN: never */
	int64_t next_better;  /* when to look for a path that is no detour */
	int64_t better_since; /* looking since; INT64_MAX: not now */

	/* After a restart data keeps using what was selected before. */
	bool old_path;
	int old_base;
	struct net_addr old_to;
	int64_t old_until;

	struct ice_stats stats;
};

/* ice.c */
void ice_set_state(struct ice *ice, enum ice_state s);
void ice_tell(struct ice *ice, enum ice_event_kind kind, const struct ice_candidate *c);
void ice_creds_new(struct ice_creds *c);

/* ice_gather.c */
void ice_gather_tick(struct ice *ice, int64_t now);
int64_t ice_gather_deadline(const struct ice *ice);
/* Bases that are gone, and what came of them. Only while there are no pairs. */
void ice_gather_forget_gone(struct ice *ice);
/* True when the answer was to a query of ours. */
bool ice_gather_answer(struct ice *ice, int64_t now, int base, const struct net_addr *from,
		       const struct stun *m);

/* ice_pair.c */
uint64_t ice_pair_priority(const struct ice *ice, unsigned base, unsigned remote);
void ice_pair_all(struct ice *ice);
/* Nothing is kept of a base that is gone. */
void ice_pair_forget_base(struct ice *ice, unsigned base);
/* The pair of a base and a remote candidate, made when missing; -1: no room. */
int ice_pair_find(struct ice *ice, unsigned base, unsigned remote, bool make);
void ice_pair_reprioritise(struct ice *ice);
/* The next pair to check, -1: nothing. */
int ice_pair_next(struct ice *ice);
bool ice_pair_pending(const struct ice *ice);
void ice_pair_trigger(struct ice *ice, int i);
void ice_pair_succeeded(struct ice *ice, int64_t now, int i);
void ice_pair_failed(struct ice *ice, int64_t now, int i);
void ice_pair_select(struct ice *ice, int64_t now, int i);
/* The peer named this pair, which works. */
void ice_pair_named(struct ice *ice, int64_t now, int i);
/* The controlling side chooses; may return a pair to check with USE-CANDIDATE, else -1. */
int ice_pair_nominee(struct ice *ice, int64_t now);
int64_t ice_pair_nominee_deadline(const struct ice *ice);
void ice_pair_revive(struct ice *ice);
/* Pairs better than the selected one, which is a detour, are tried again from time to time. */
void ice_pair_improve(struct ice *ice, int64_t now);
int64_t ice_pair_improve_deadline(const struct ice *ice);
/* A way that sound is better not sent on. */
bool ice_base_is_detour(const struct ice_base *b);
int ice_remote_find(const struct ice *ice, const struct net_addr *a, bool tcp);
int ice_base_find(const struct ice *ice, int id);

/* ice_check.c */
void ice_check_start(struct ice *ice, int64_t now, int pair, bool use_candidate);
void ice_check_tick(struct ice *ice, int64_t now);
int64_t ice_check_deadline(const struct ice *ice);
void ice_consent_tick(struct ice *ice, int64_t now);
int64_t ice_consent_deadline(const struct ice *ice);
void ice_consent_soon(struct ice *ice, int64_t now);
/* Begin, or send again; false when given up. Used for servers too. */
bool ice_tx_due(struct ice_tx *tx, int64_t now);
void ice_tx_begin(struct ice_tx *tx, int64_t now, int64_t rto_ms);

#endif
