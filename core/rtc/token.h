/*
 * LiveKit access tokens: JSON Web Tokens signed by HMAC-SHA256 with a secret
 * that who issues and who checks them share. Any thread.
 */
#ifndef MUSTER_RTC_TOKEN_H
#define MUSTER_RTC_TOKEN_H

#include "core/base/err.h"
#include "core/base/span.h"

#include <jansson.h>

#define RTC_TOKEN_MAX_BYTES 16384  /* a token that is looked at */
#define RTC_TOKEN_NAME_MAX 256	   /* identity, name and room, as livekit-server limits them */
#define RTC_TOKEN_LEEWAY_S 60	   /* between clocks */
#define RTC_TOKEN_LIFE_S (60 * 60) /* as lk-jwt-service gives them */

enum rtc_source {
	RTC_SOURCE_CAMERA = 1,
	RTC_SOURCE_MICROPHONE = 2,
	RTC_SOURCE_SCREEN = 4,
	RTC_SOURCE_SCREEN_AUDIO = 8,
	RTC_SOURCE_ALL = 15,
};

/** What a token allows. */
struct rtc_grant {
	char identity[RTC_TOKEN_NAME_MAX + 1];
	char name[RTC_TOKEN_NAME_MAX + 1]; /**< to be shown, or "" */
	char room[RTC_TOKEN_NAME_MAX + 1];
	bool can_publish, can_subscribe, can_publish_data, can_update_metadata;
	bool hidden;
	unsigned sources; /**< enum rtc_source: what may be published */
};

/**
 * A token for joining `g->room`, valid from `now_s` for `life_s` seconds. The
 * caller owns it (mem_free_secret).
 */
char *rtc_token_make(const struct rtc_grant *g, const char *key, const char *secret, int64_t now_s,
		     int64_t life_s);
/**
 * Check the signature, the issuer (`key`), the times and roomJoin, and read
 * what is allowed. ERR_AUTH (401) with a sentence otherwise. Rights that a
 * token leaves out are had, but can_update_metadata.
 */
int rtc_token_check(struct span token, const char *key, const char *secret, int64_t now_s,
		    struct rtc_grant *ret, struct err *err);
/**
 * The claims of a token whose signature cannot be checked here. The caller
 * owns *ret. ERR_INVALID.
 */
int rtc_token_claims(struct span token, json_t **ret, struct err *err);

#endif
