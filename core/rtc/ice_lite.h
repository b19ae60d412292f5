/*
 * ICE-lite for a server: one UDP port for everyone. A Binding request finds
 * its session by the first half of USERNAME (our ufrag) and is answered only
 * when its MESSAGE-INTEGRITY is right; addresses that passed are the
 * session's, and a request with USE-CANDIDATE moves where data goes (RFC 8445
 * section 7.3 and appendix A). An address that passed is no other session's while
 * checks come from it. No candidates of the peer are needed. Sans I/O.
 */
#ifndef MUSTER_RTC_ICE_LITE_H
#define MUSTER_RTC_ICE_LITE_H

#include "core/base/net_addr.h"

#define ICE_LITE_ADDRS 8       /**< valid addresses kept for each session */
#define ICE_LITE_REPLY_MAX 128 /**< bytes of a reply */
#define ICE_LITE_STREAM_BASE \
	1024 /**< bases from here on are connections: an address on one is its own */
#define ICE_LITE_HELD_MS \
	7000			 /**< after a check an address is no other session's: RFC 7675 asks
				  * for one within 6 s */
#define ICE_LITE_EXPIRE_MS 15000 /**< without a valid check: gone */

struct ice_lite;
struct ice_lite_session;

/** Table of sessions for one port. The caller owns it; free after its sessions. */
struct ice_lite *ice_lite_new(void);
void ice_lite_free(struct ice_lite *t);
/** New session with fresh credentials; `arg` is the caller's. Owned by the table. */
struct ice_lite_session *ice_lite_add(struct ice_lite *t, void *arg);
void ice_lite_remove(struct ice_lite *t, struct ice_lite_session *s);
size_t ice_lite_count(const struct ice_lite *t);

const char *ice_lite_ufrag(const struct ice_lite_session *s);
const char *ice_lite_pwd(const struct ice_lite_session *s);
void *ice_lite_arg(const struct ice_lite_session *s);
/** The peer's ufrag: requests must carry it from now on. Empty: any. */
bool ice_lite_set_remote(struct ice_lite_session *s, struct span ufrag);
/** New credentials (ICE restart); the old ones work until a check with the new ones passed. */
void ice_lite_restart(struct ice_lite *t, struct ice_lite_session *s);

struct ice_lite_result {
	struct ice_lite_session *session; /**< NULL: nobody's, drop it */
	size_t reply_n;			  /**< bytes to send back to where it came from, 0: none */
	uint8_t reply[ICE_LITE_REPLY_MAX];
	bool first; /**< this check gave the session its first address */
	bool moved; /**< data goes elsewhere now */
};
/** A STUN datagram that arrived on `base` (socket, local address or connection, the caller's
 * number). */
void ice_lite_receive(struct ice_lite *t, int64_t now, int base, const struct net_addr *from,
		      const void *p, size_t n, struct ice_lite_result *ret);
/** Whose address this is (it passed a check), for DTLS and media; NULL: nobody's. */
struct ice_lite_session *ice_lite_find(const struct ice_lite *t, int base,
				       const struct net_addr *from);
/** Where data goes; false until a check passed. */
bool ice_lite_path(const struct ice_lite_session *s, int *ret_base, struct net_addr *ret_to);
/** Time of the last valid check; INT64_MIN: none yet. */
int64_t ice_lite_last_check(const struct ice_lite_session *s);

#endif
