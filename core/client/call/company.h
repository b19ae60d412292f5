/*
 * Who is in a call: what the room says (member events, raised hands) joined
 * with what the SFU says (who is connected, speaks, is muted). Asks nobody
 * anything: it is told by the call, and reads the cache.
 */
#ifndef MUSTER_CLIENT_CALL_COMPANY_H
#define MUSTER_CLIENT_CALL_COMPANY_H

#include "core/call/call.h"
#include "core/client/client.h"
#include "core/matrix/rtc_member.h"
#include "core/store/store.h"

#define COMPANY_MEMBERS_MAX 4096 /* member events that are looked at */
#define COMPANY_IDENTITY_MAX 520
#define COMPANY_NAME_MAX 256 /* bytes of a name; the rest is cut off */

/** Somebody who is connected to the SFU. */
struct person {
	char identity[COMPANY_IDENTITY_MAX];
	char user_id[LIMIT_ID_BYTES + 1];   /**< "": not known */
	char device_id[LIMIT_ID_BYTES + 1]; /**< the same */
	char *name;			    /**< owned: foreign text, never empty, cut */
	char *sfu_name;			    /**< owned: what the SFU calls them, "" */
	bool self;
	bool member; /**< there is a member event of theirs in the room */
	bool told;   /**< its coming was told */
	bool publishing, muted, speaking;
	bool hand, recording;
	bool silenced;	 /**< we have told the SFU that they may not speak */
	bool wished;	 /**< they were to be heard when it was last looked at */
	int refused;	 /**< so often it has not done what was asked of it about them */
	int64_t ask_ms;	 /**< clock_mono_ms of when it is asked again; 0: nothing stands out */
	int64_t hand_ms; /**< raised since, wall clock; 0: it is down */
	float level;
	enum call_quality quality;
	int64_t since_ms; /**< wall clock */
	const void *from; /**< the connection that tells of them; NULL: our own */
	int64_t seen_ms;  /**< clock_mono_ms of when we first heard of them */
	struct person *next;
};

struct company {
	char *own_user, *own_device;
	struct person *first;
	size_t n;
	/* What the room says, newest reading. */
	struct rtc_member *members;
	int64_t *hands; /**< of each member: raised since, wall clock; 0: it is down */
	size_t members_n;
	struct rtc_member own; /**< our own member event; event_id "" without */
	int64_t sticky_pos;    /**< events up to here were looked at for sticky members */
	struct rtc_member *sticky;
	size_t sticky_n;
};

/** Nobody. Both names are copied. */
void company_init(struct company *p, const char *own_user, const char *own_device);
/** A zeroed struct is allowed. */
void company_done(struct company *p);

/** Read member events and hands of `room` from the cache anew. */
void company_read(struct company *p, struct store *s, int64_t room);
/** Members that count now, our own device aside. */
size_t company_others(const struct company *p, int64_t wall_ms);
/** The token service of the SFU that they are on; "" when nobody is there. */
const char *company_service(const struct company *p, int64_t wall_ms);
/** Where the i-th member publishes; "": nowhere that counts, or it is our own device. */
const char *company_place(const struct company *p, size_t i, int64_t wall_ms);
/** The same for whoever has this identity; NULL: no member event says who that is. */
const char *company_place_of(const struct company *p, const char *identity, int64_t wall_ms);
/** Whose member event this is (not expired); NULL. */
const struct rtc_member *company_by_event(const struct company *p, const char *event_id);

/** What we know of somebody; NULL. Borrowed. */
struct person *company_find(const struct company *p, const char *identity);
/** What the SFU tells of somebody; made when they are new. Borrowed. */
struct person *company_update(struct company *p, const struct call_person *c, int64_t wall_ms);
/** Take somebody out; the caller frees it with person_free. NULL when unknown. */
struct person *company_take(struct company *p, const char *identity);
void person_free(struct person *who);
/** Fill in who they are on Matrix as far as it is known now. True when that says who they are. */
bool company_match(const struct company *p, struct store *s, int64_t room, struct person *who);

/** What `call status` tells of them: user_id, device_id, name, ... New reference. */
json_t *person_row(const struct person *who);

#endif
