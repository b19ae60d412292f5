/*
 * What LiveKit's signalling talks about, as plain values: rooms, people,
 * tracks, permissions. The wire form is in the .proto files of this folder;
 * nobody outside it sees generated code.
 *
 * Ownership, the same for every struct here and in signal.h: what a decode or
 * a copy filled belongs to the struct, its text is never NULL, and its x_done
 * releases it. A struct that the caller fills to encode it may borrow
 * everything (NULL text counts as ""), and then has no x_done. Single texts of
 * an owned struct are replaced by lk_set. All structs may start zeroed; x_done
 * leaves them zeroed.
 *
 * Enumerations are open: a newer peer may send a number without a name, and it
 * is kept. Numbers are those of the wire.
 */
#ifndef MUSTER_RTC_LIVEKIT_MODELS_H
#define MUSTER_RTC_LIVEKIT_MODELS_H

#include "core/base/err.h"
#include "core/base/span.h"

/* Caps, both ways; over one of them is ERR_TOO_LARGE. Bytes of text without the terminator. */
#define LK_REQUEST_BYTES_MAX (1u << 20)	 /* one message of a client */
#define LK_RESPONSE_BYTES_MAX (4u << 20) /* one message of a server */
#define LK_SID_MAX 256			 /* sids, cids, mids, kinds, codec names */
#define LK_NAME_MAX 1024		 /* identities, names; LiveKit has 256 characters */
#define LK_TEXT_MAX 4096		 /* sentences, addresses, candidates, attributes */
#define LK_METADATA_MAX 65536		 /* metadata, access tokens */
#define LK_SDP_MAX (256u << 10)
#define LK_PEOPLE_MAX 4096   /* of one message */
#define LK_TRACKS_MAX 128    /* of one person */
#define LK_SIDS_MAX 4096     /* of one subscription */
#define LK_MIDS_MAX 512	     /* of one description */
#define LK_ATTRIBUTES_MAX 64 /* of one person */
#define LK_FEATURES_MAX 32
#define LK_ICE_SERVERS_MAX 32
#define LK_CODECS_MAX 64
#define LK_BYTES_MAX 256 /* of sif_trailer */

enum lk_track_type { LK_AUDIO = 0, LK_VIDEO = 1, LK_DATA = 2 };
enum lk_source {
	LK_SOURCE_UNKNOWN = 0,
	LK_CAMERA = 1,
	LK_MICROPHONE = 2,
	LK_SCREEN_SHARE = 3,
	LK_SCREEN_SHARE_AUDIO = 4,
};
enum lk_encryption { LK_ENCRYPTION_NONE = 0, LK_ENCRYPTION_GCM = 1, LK_ENCRYPTION_CUSTOM = 2 };
enum lk_audio_feature {
	LK_STEREO = 0,
	LK_NO_DTX = 1,
	LK_AUTO_GAIN_CONTROL = 2,
	LK_ECHO_CANCELLATION = 3,
	LK_NOISE_SUPPRESSION = 4,
	LK_ENHANCED_NOISE_CANCELLATION = 5,
	LK_PRECONNECT_BUFFER = 6,
};
enum lk_state { LK_JOINING = 0, LK_JOINED = 1, LK_ACTIVE = 2, LK_DISCONNECTED = 3 };
enum lk_person_kind {
	LK_STANDARD = 0,
	LK_INGRESS = 1,
	LK_EGRESS = 2,
	LK_SIP = 3,
	LK_AGENT = 4,
};
enum lk_quality { LK_POOR = 0, LK_GOOD = 1, LK_EXCELLENT = 2, LK_LOST = 3 };
enum lk_reason {
	LK_REASON_UNKNOWN = 0,
	LK_CLIENT_INITIATED = 1,
	LK_DUPLICATE_IDENTITY = 2,
	LK_SERVER_SHUTDOWN = 3,
	LK_PARTICIPANT_REMOVED = 4,
	LK_ROOM_DELETED = 5,
	LK_STATE_MISMATCH = 6,
	LK_JOIN_FAILURE = 7,
	LK_MIGRATION = 8,
	LK_SIGNAL_CLOSE = 9,
	LK_ROOM_CLOSED = 10,
	LK_USER_UNAVAILABLE = 11,
	LK_USER_REJECTED = 12,
	LK_SIP_TRUNK_FAILURE = 13,
	LK_CONNECTION_TIMEOUT = 14,
	LK_MEDIA_FAILURE = 15,
	LK_AGENT_ERROR = 16,
};

/** Entry of a map of text to text. */
struct lk_pair {
	const char *key, *value;
};

struct lk_track {
	const char *sid; /**< "TR_..." */
	int type;	 /**< enum lk_track_type */
	const char *name;
	bool muted;
	unsigned width, height;
	bool simulcast;
	bool disable_dtx; /**< deprecated: LK_NO_DTX */
	int source;	  /**< enum lk_source */
	const char *mime_type;
	const char *mid;
	bool stereo; /**< deprecated: LK_STEREO */
	bool disable_red;
	int encryption; /**< enum lk_encryption */
	const char *stream;
	int *audio_features; /**< enum lk_audio_feature */
	size_t audio_features_n;
};

struct lk_permission {
	bool can_subscribe, can_publish, can_publish_data;
	bool hidden, recorder;
	int *can_publish_sources; /**< enum lk_source; none: all that can_publish allows */
	size_t can_publish_sources_n;
	bool can_update_metadata;
	bool agent;
	bool can_subscribe_metrics;
};

/** A participant. */
struct lk_person {
	const char *sid; /**< "PA_..." */
	const char *identity;
	int state; /**< enum lk_state */
	struct lk_track *tracks;
	size_t tracks_n;
	const char *metadata;
	int64_t joined_at;    /**< seconds of the Unix epoch */
	int64_t joined_at_ms; /**< the same in milliseconds */
	const char *name;
	unsigned version; /**< an update with a lower one is old news */
	bool has_permission;
	struct lk_permission permission;
	const char *region;
	bool is_publisher;
	int kind; /**< enum lk_person_kind */
	struct lk_pair *attributes;
	size_t attributes_n;
	int disconnect_reason; /**< enum lk_reason */
};

struct lk_codec {
	const char *mime; /**< "audio/opus" */
	const char *fmtp_line;
};

struct lk_room {
	const char *sid; /**< "RM_..." */
	const char *name;
	unsigned empty_timeout, departure_timeout; /**< seconds */
	unsigned max_participants;
	int64_t creation_time;	  /**< seconds of the Unix epoch */
	int64_t creation_time_ms; /**< the same in milliseconds */
	struct lk_codec *enabled_codecs;
	size_t enabled_codecs_n;
	const char *metadata;
	unsigned num_participants, num_publishers;
	bool active_recording;
};

struct lk_speaker {
	const char *sid; /**< of the person */
	float level;	 /**< 0 to 1 */
	bool active;
};

struct lk_ice_server {
	const char **urls;
	size_t urls_n;
	const char *username, *credential;
};

struct lk_server_info {
	int edition; /**< 0: open source, 1: cloud */
	const char *version;
	int protocol;
	const char *region, *node_id, *debug_info;
};

/** Release; a zeroed struct is allowed. */
void lk_track_done(struct lk_track *t);
void lk_permission_done(struct lk_permission *p);
void lk_person_done(struct lk_person *p);
void lk_room_done(struct lk_room *r);
void lk_speaker_done(struct lk_speaker *s);
void lk_ice_server_done(struct lk_ice_server *s);

/** Fill `*to` (not initialised before) with a deep copy; release it with its x_done. */
void lk_track_copy(struct lk_track *to, const struct lk_track *from);
void lk_permission_copy(struct lk_permission *to, const struct lk_permission *from);
void lk_person_copy(struct lk_person *to, const struct lk_person *from);
void lk_room_copy(struct lk_room *to, const struct lk_room *from);
void lk_ice_server_copy(struct lk_ice_server *to, const struct lk_ice_server *from);

/** Replace one text of an owned struct by a copy of `value` (NULL: ""). */
void lk_set(const char **field, const char *value);
/** Value of an attribute, NULL: not there. Borrowed. */
const char *lk_pair_get(const struct lk_pair *list, size_t n, const char *key);

#endif
