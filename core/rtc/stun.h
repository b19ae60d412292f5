/*
 * STUN messages (RFC 8489) as ICE uses them (RFC 8445): Binding requests,
 * responses and indications with short-term credentials; and as TURN does
 * (RFC 8656), with long-term ones. Bytes in, bytes out.
 */
#ifndef MUSTER_RTC_STUN_H
#define MUSTER_RTC_STUN_H

#include "core/base/net_addr.h"

#define STUN_MESSAGE_MAX 1600 /**< longer ones are refused; fits one datagram */
#define STUN_USERNAME_MAX 513 /**< RFC 8489: fewer than 509 bytes; ICE: two ufrags and a colon */
#define STUN_REALM_MAX 763    /**< bytes of REALM and of NONCE, RFC 8489 14.9 and 14.10 */
#define STUN_UNKNOWN_MAX 8    /**< unknown required attributes that are reported */

enum stun_class {
	STUN_REQUEST = 0,
	STUN_INDICATION = 1,
	STUN_SUCCESS = 2,
	STUN_ERROR = 3,
};
enum stun_method {
	STUN_BINDING = 1,
	TURN_ALLOCATE = 3,
	TURN_REFRESH = 4,
	TURN_SEND = 6,
	TURN_DATA = 7,
	TURN_CREATE_PERMISSION = 8,
	TURN_CHANNEL_BIND = 9,
};

enum stun_error {
	STUN_BAD_REQUEST = 400,
	STUN_UNAUTHENTICATED = 401,
	STUN_UNKNOWN_ATTRIBUTE = 420,
	STUN_STALE_NONCE = 438,
	TURN_FAMILY_NOT_SUPPORTED = 440,
	STUN_ROLE_CONFLICT = 487,
};

struct stun_tid {
	uint8_t b[12];
};

/** A parsed message. Spans borrow the datagram. */
struct stun {
	enum stun_class cls;
	unsigned method; /**< STUN_BINDING, or another that we answer with nothing */
	struct stun_tid tid;
	struct span raw;	/**< the whole message */
	struct span username;	/**< p == NULL: absent */
	struct net_addr mapped; /**< XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS; family 0: absent */
	int error;		/**< 300 to 699; 0: no ERROR-CODE */
	bool use_candidate;
	bool has_priority;
	uint32_t priority;
	bool controlling, controlled; /**< at most one is true */
	uint64_t tie_breaker;
	size_t integrity_at;  /**< offset of MESSAGE-INTEGRITY; 0: absent */
	bool has_fingerprint; /**< present and right (a wrong one does not parse) */
	size_t unknown_n;     /**< comprehension-required attributes that we do not know */
	uint16_t unknown[STUN_UNKNOWN_MAX];
};

/** Cheap look at the header: first bits, cookie and length fit. Not a full parse. */
bool stun_looks_like(const void *p, size_t n);
/**
 * Parse one message that fills the datagram. False when malformed, longer than
 * STUN_MESSAGE_MAX, or its FINGERPRINT is wrong. Integrity is not checked here.
 * Attributes after MESSAGE-INTEGRITY other than FINGERPRINT are ignored.
 */
bool stun_parse(const void *p, size_t n, struct stun *ret);
/** What TURN adds, of a message that was parsed. Spans borrow the datagram; p == NULL: absent. */
struct stun_turn {
	struct span realm, nonce, data;
	struct net_addr relayed, relayed6; /**< by their families; family 0: absent */
	struct net_addr peer;
	bool has_lifetime;
	uint32_t lifetime_s;
};
/** False when one of them is malformed. */
bool stun_turn_parse(const struct stun *m, struct stun_turn *ret);
/** RFC 8489 9.2.2: the password of long-term credentials, for `password` below. False: no MD5 here. */
bool stun_long_term_key(struct span username, struct span realm, struct span password,
			uint8_t ret[16]);
/** MESSAGE-INTEGRITY is there and right for this password (constant time). */
bool stun_check_integrity(const struct stun *m, struct span password);

/** What to write; zero members are left out. */
struct stun_out {
	enum stun_class cls;
	unsigned method; /**< 0: STUN_BINDING */
	struct stun_tid tid;
	struct span username;
	struct net_addr mapped; /**< written as XOR-MAPPED-ADDRESS */
	int error;		/**< ERROR-CODE with the reason phrase of the RFC */
	bool use_candidate;
	uint32_t priority; /**< 0: left out */
	bool controlling, controlled;
	uint64_t tie_breaker;
	struct span software;
	struct span realm, nonce;
	bool relay_udp;	      /**< REQUESTED-TRANSPORT */
	int requested_family; /**< REQUESTED-ADDRESS-FAMILY: 4 or 6; 0: none */
	bool also_six;	      /**< ADDITIONAL-ADDRESS-FAMILY: an address of IPv6 beside the other */
	struct net_addr relayed[2]; /**< XOR-RELAYED-ADDRESS, as servers say it; family 0: none */
	bool has_lifetime;
	uint32_t lifetime_s;
	uint16_t channel;     /**< 0: none */
	struct net_addr peer; /**< XOR-PEER-ADDRESS; family 0: none */
	struct span data;
	const uint16_t *unknown; /**< UNKNOWN-ATTRIBUTES */
	size_t unknown_n;
	struct span password; /**< MESSAGE-INTEGRITY with this key; empty: none */
	bool no_fingerprint;
	uint8_t padding; /**< byte that fills attributes to four (test vectors use spaces) */
};
/** Write a message into `ret` (at least STUN_MESSAGE_MAX bytes); its length, 0: too long. */
size_t stun_write(const struct stun_out *m, void *ret);
struct stun_tid stun_tid_new(void);
bool stun_tid_eq(const struct stun_tid *a, const struct stun_tid *b);

#endif
