/*
 * Who is in a room's call (MatrixRTC, MSC4143). Two forms are in use: the
 * state event of MSC3401 as matrix-js-sdk and Element Call write it today, and
 * the sticky message event (MSC4354) that is to follow. We write the first and
 * read both. Only the one call of a room counts (m.call, slot ROOM).
 *
 * Plain values without pointers, so that a table of them may be kept.
 */
#ifndef MUSTER_MATRIX_RTC_MEMBER_H
#define MUSTER_MATRIX_RTC_MEMBER_H

#include "core/matrix/event.h"
#include "core/matrix/rtc_id.h"

#define RTC_MEMBER_TYPE "org.matrix.msc3401.call.member"
#define RTC_STICKY_TYPE "org.matrix.msc4143.rtc.member"
#define RTC_EXPIRES_MS (4LL * 3600 * 1000) /* of a member event that does not say it */
#define RTC_STICKY_MS (3600LL * 1000)	   /* longest life of a sticky event */
#define RTC_URL_MAX 512

enum rtc_form { RTC_FORM_STATE, RTC_FORM_STICKY, RTC_FORM_COUNT };

struct rtc_member {
	enum rtc_form form;
	char event_id[LIMIT_ID_BYTES + 1];
	char user_id[LIMIT_ID_BYTES + 1];
	char device_id[LIMIT_ID_BYTES + 1];
	char member_id[2 * LIMIT_ID_BYTES + 2];
	/** Their names on LiveKit: "@user:server:DEVICE" and the hash of MSC4195; which of them is
	 * in use depends on how their access token was made. */
	char plain[2 * LIMIT_ID_BYTES + 2];
	char hash[RTC_ID_SIZE];
	char service_url[RTC_URL_MAX]; /**< whose SFU they publish on; "": none that we know */
	int64_t created_ms;	       /**< joined, by the server's clock */
	int64_t expires_ms;	       /**< wall clock */
	bool oldest_decides;	       /**< publishes where the oldest member does, not above */
	bool recording;		       /**< says so (org.muster.recording) */
};

/** What a member event says. */
enum rtc_word {
	RTC_HERE,
	RTC_LEFT,
	RTC_OTHER, /**< of another call than the room's */
};

/** Form of events of this type; RTC_FORM_COUNT: none. */
enum rtc_form rtc_form_of(const char *type);

/**
 * Read a member event. ERR_INVALID with the reason for one that does not count:
 * malformed, or written under somebody else's key. For RTC_LEFT only user_id,
 * event_id and form are set, for RTC_OTHER nothing.
 *
 * Whether its sender is in the room is the caller's to know.
 */
int rtc_member_read(const struct mx_event *ev, enum rtc_word *ret_word, struct rtc_member *ret,
		    struct err *err);
bool rtc_member_expired(const struct rtc_member *m, int64_t wall_ms);
/** Is this participant of a LiveKit room them? */
bool rtc_member_is(const struct rtc_member *m, const char *identity);
/**
 * Of all `n` members the one whose SFU a newcomer takes: the one that joined
 * first among those who have one and are not expired. NULL: nobody.
 */
const struct rtc_member *rtc_member_oldest(const struct rtc_member *v, size_t n, int64_t wall_ms);
/** Where `m` publishes, which for some depends on the others; "" when unknown. */
const char *rtc_member_service(const struct rtc_member *m, const struct rtc_member *v, size_t n,
			       int64_t wall_ms);

/** Our own member event to be. Borrowed. */
struct rtc_member_draft {
	const char *user_id, *device_id, *room_id, *service_url;
	int64_t expires_ms; /**< from created_ms on */
	int64_t created_ms; /**< of the first event, in later ones; 0 */
	bool recording;
};
/** Its content; to leave, the content is {}. The caller owns it. */
json_t *rtc_member_make(const struct rtc_member_draft *d);
/** Its state key. `room_version` may be NULL. ERR_TOO_LARGE when ids are too long for one. */
int rtc_member_key(const char *user_id, const char *device_id, const char *room_version,
		   char ret[LIMIT_ID_BYTES + 1], struct err *err);
/** Is this state key one of `sender`'s own: "_@user:server_DEVICE...", and without the first "_" where the
 * server guards such keys? */
bool rtc_member_key_is(const char *key, const char *sender);

/**
 * The Matrix user and device that the older form of an identity names; false
 * for any other. For participants whose member event is not known.
 */
bool rtc_identity_split(const char *identity, char ret_user[LIMIT_ID_BYTES + 1],
			char ret_device[LIMIT_ID_BYTES + 1]);
/** An address of an SFU's token service that may be used: http(s), of bounded length. */
bool rtc_url_ok(const char *url);
/** The token service of the first LiveKit transport in a list of transports; false: none. */
bool rtc_transport_find(const json_t *list, char ret[RTC_URL_MAX]);

#endif
