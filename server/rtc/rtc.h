/*
 * What calls need of the server beside media: the key that tokens are signed
 * with, the addresses that clients are told, and the leaves that it keeps for
 * the people who are in a call.
 */
#ifndef MUSTER_SERVER_RTC_RTC_H
#define MUSTER_SERVER_RTC_RTC_H

#include "server/server.h"

struct rtc_leave;
struct presence;

#define RTC_PATH "/livekit/jwt" /* below the server's address: sfu/get, get_token ... */

struct rtc {
	char *key, *secret;    /**< of access tokens: core/rtc/token.h */
	char service_url[340]; /**< the same bytes for everybody: clients compare them */
	char signal_url[300]; /**< ws(s) form of the server's address; "/rtc" is added by clients */
	struct rtc_leave *leave;
	struct presence *presence; /**< presence_heard with it is for sfu_options */
};

/**
 * Read the key of the data folder, made at the first start (DIR/rtc.key, mode
 * 0600). `srv` listens already. Loop thread.
 */
int rtc_open(struct server *srv, struct rtc **ret, struct err *err);
/** Clients reach the server at another address from now on. */
void rtc_set_address(struct rtc *r, const char *base_url);
/** What to do when the UDP port is taken: a hint for the error that says so. */
void rtc_port_hint(struct err *err);
/** The server stops: before sfu_close, which is before db_finish. NULL is allowed. */
void rtc_stop(struct rtc *r);
/** After the database's jobs are done. NULL is allowed. */
void rtc_close(struct rtc *r);

#endif
