/*
 * Messages between a LiveKit client and its server (protocol 16): what a
 * client sends (struct lk_request) and what a server sends (struct
 * lk_response), to and from the binary form that travels in WebSocket frames.
 * Who owns what: models.h. Works on any thread, keeps no state.
 */
#ifndef MUSTER_RTC_LIVEKIT_SIGNAL_H
#define MUSTER_RTC_LIVEKIT_SIGNAL_H

#include "core/base/buf.h"
#include "core/rtc/livekit/models.h"

/** The version of LiveKit's protocol that we speak, for the query and for ServerInfo. */
#define LK_PROTOCOL 16

/** Which of the two peer connections of a client. */
enum lk_target { LK_PUBLISHER = 0, LK_SUBSCRIBER = 1 };

struct lk_sdp {
	const char *type; /**< "offer", "answer" */
	const char *sdp;
	unsigned id;			 /**< of the offer; its answer repeats it */
	struct lk_pair *mid_to_track_id; /**< "0" -> "TR_..." */
	size_t mid_to_track_id_n;
};

struct lk_trickle {
	const char *candidate_init; /**< JSON, see candidate.h */
	int target;		    /**< enum lk_target */
	bool final;		    /**< that was the last one */
};

struct lk_add_track {
	const char *cid; /**< the client's name for it: the track token of a=msid */
	const char *name;
	int type; /**< enum lk_track_type */
	unsigned width, height;
	bool muted;
	bool disable_dtx; /**< deprecated: LK_NO_DTX */
	int source;	  /**< enum lk_source */
	const char *sid;  /**< of a track published before, else "" */
	bool stereo;	  /**< deprecated: LK_STEREO */
	bool disable_red;
	int encryption; /**< enum lk_encryption */
	const char *stream;
	int *audio_features; /**< enum lk_audio_feature */
	size_t audio_features_n;
};

/** Of a client: I muted. Of a server: be muted. */
struct lk_mute {
	const char *sid; /**< of the track */
	bool muted;
};

struct lk_person_tracks {
	const char *participant_sid;
	const char **track_sids;
	size_t track_sids_n;
};
struct lk_subscription {
	const char **track_sids;
	size_t track_sids_n;
	bool subscribe;
	struct lk_person_tracks *participant_tracks;
	size_t participant_tracks_n;
};

struct lk_track_setting {
	const char **track_sids;
	size_t track_sids_n;
	bool disabled; /**< subscribed, but nothing shall be sent for now */
	int quality;   /**< of video: 0 low, 1 medium, 2 high, 3 off */
	unsigned width, height, fps, priority;
};

enum lk_leave_action { LK_LEAVE_DISCONNECT = 0, LK_LEAVE_RESUME = 1, LK_LEAVE_RECONNECT = 2 };
struct lk_leave {
	bool can_reconnect; /**< what action was before protocol 13 */
	int reason;	    /**< enum lk_reason */
	int action;	    /**< enum lk_leave_action */
};

struct lk_track_permission {
	const char *participant_sid;
	bool all_tracks;
	const char **track_sids;
	size_t track_sids_n;
	const char *participant_identity;
};
struct lk_subscription_permission {
	bool all_participants;
	struct lk_track_permission *track_permissions;
	size_t track_permissions_n;
};

/** The server's answer to add_track. */
struct lk_track_published {
	const char *cid;
	bool has_track;
	struct lk_track track;
};

struct lk_data_channel {
	const char *label;
	unsigned id;
	int target; /**< enum lk_target */
};
/** What a client that comes back still has. */
struct lk_sync_state {
	bool has_answer;
	struct lk_sdp answer; /**< its last one, for the subscriber connection */
	bool has_subscription;
	struct lk_subscription subscription;
	struct lk_track_published *publish_tracks;
	size_t publish_tracks_n;
	struct lk_data_channel *data_channels;
	size_t data_channels_n;
	bool has_offer;
	struct lk_sdp offer; /**< its last one, for the publisher connection */
	const char **track_sids_disabled;
	size_t track_sids_disabled_n;
};

struct lk_update_metadata {
	const char *metadata, *name;
	struct lk_pair *attributes; /**< an empty value removes the key */
	size_t attributes_n;
	unsigned request_id;
};

/** Milliseconds. */
struct lk_ping {
	int64_t timestamp;
	int64_t rtt;
};

struct lk_update_audio_track {
	const char *track_sid;
	int *features; /**< enum lk_audio_feature */
	size_t features_n;
};

/** Numbers are the tags of the wire. */
enum lk_request_kind {
	LK_REQ_NONE = 0, /**< nothing that we know; to be ignored */
	LK_REQ_OFFER = 1,
	LK_REQ_ANSWER = 2,
	LK_REQ_TRICKLE = 3,
	LK_REQ_ADD_TRACK = 4,
	LK_REQ_MUTE = 5,
	LK_REQ_SUBSCRIPTION = 6,
	LK_REQ_TRACK_SETTING = 7,
	LK_REQ_LEAVE = 8,
	LK_REQ_SUBSCRIPTION_PERMISSION = 11,
	LK_REQ_SYNC_STATE = 12,
	LK_REQ_PING = 14,
	LK_REQ_UPDATE_METADATA = 15,
	LK_REQ_PING_REQ = 16,
	LK_REQ_UPDATE_AUDIO_TRACK = 17,
};

/** What a client sends; the member of the kind's name holds. */
struct lk_request {
	int kind; /**< enum lk_request_kind */
	union {
		struct lk_sdp offer;  /**< for the publisher connection */
		struct lk_sdp answer; /**< for the subscriber connection */
		struct lk_trickle trickle;
		struct lk_add_track add_track;
		struct lk_mute mute;
		struct lk_subscription subscription;
		struct lk_track_setting track_setting;
		struct lk_leave leave;
		struct lk_subscription_permission subscription_permission;
		struct lk_sync_state sync_state;
		int64_t ping; /**< milliseconds; the old form of ping_req */
		struct lk_update_metadata update_metadata;
		struct lk_ping ping_req;
		struct lk_update_audio_track update_audio_track;
	};
};

/** The first message of a server. */
struct lk_join {
	bool has_room;
	struct lk_room room;
	bool has_participant;
	struct lk_person participant; /**< oneself */
	struct lk_person *other_participants;
	size_t other_participants_n;
	const char *server_version; /**< deprecated: server_info */
	struct lk_ice_server *ice_servers;
	size_t ice_servers_n;
	bool subscriber_primary;
	const char *alternative_url;
	const char *server_region;
	int ping_timeout, ping_interval; /**< seconds */
	bool has_server_info;
	struct lk_server_info server_info;
	struct span sif_trailer; /**< bytes */
	struct lk_codec *enabled_publish_codecs;
	size_t enabled_publish_codecs_n;
	bool fast_publish; /**< offer for the publisher connection at once */
};

struct lk_update {
	struct lk_person *participants; /**< the whole of each */
	size_t participants_n;
};

struct lk_speakers_changed {
	struct lk_speaker *speakers; /**< only those who changed */
	size_t speakers_n;
};

struct lk_room_update {
	bool has_room;
	struct lk_room room;
};

struct lk_quality_info {
	const char *participant_sid;
	int quality; /**< enum lk_quality */
	float score;
};
struct lk_connection_quality {
	struct lk_quality_info *updates;
	size_t updates_n;
};

struct lk_stream_state {
	const char *participant_sid, *track_sid;
	int state; /**< 0 active, 1 paused */
};
struct lk_stream_state_update {
	struct lk_stream_state *stream_states;
	size_t stream_states_n;
};

/** Somebody subscribes to our video in these qualities. */
struct lk_subscribed_quality {
	int quality; /**< 0 low, 1 medium, 2 high, 3 off */
	bool enabled;
};
struct lk_subscribed_codec {
	const char *codec;
	struct lk_subscribed_quality *qualities;
	size_t qualities_n;
};
struct lk_subscribed_quality_update {
	const char *track_sid;
	struct lk_subscribed_quality *subscribed_qualities;
	size_t subscribed_qualities_n;
	struct lk_subscribed_codec *subscribed_codecs;
	size_t subscribed_codecs_n;
};

struct lk_subscription_permission_update {
	const char *participant_sid, *track_sid;
	bool allowed;
};

/** track_unpublished and track_subscribed. */
struct lk_track_ref {
	const char *track_sid;
};

/** The first message of a server to a client that came back. */
struct lk_reconnect {
	struct lk_ice_server *ice_servers;
	size_t ice_servers_n;
	bool has_server_info;
	struct lk_server_info server_info;
	unsigned last_message_seq;
};

/** Milliseconds. */
struct lk_pong {
	int64_t last_ping_timestamp;
	int64_t timestamp;
};

struct lk_subscription_response {
	const char *track_sid;
	int err; /**< 0 unknown, 1 codec unsupported, 2 no such track */
};

enum lk_request_result {
	LK_RESULT_OK = 0,
	LK_RESULT_NOT_FOUND = 1,
	LK_RESULT_NOT_ALLOWED = 2,
	LK_RESULT_LIMIT_EXCEEDED = 3,
	LK_RESULT_QUEUED = 4,
	LK_RESULT_UNSUPPORTED_TYPE = 5,
	LK_RESULT_UNCLASSIFIED_ERROR = 6,
	LK_RESULT_INVALID_REQUEST = 11,
};
/** Numbers are the tags of the wire. */
enum lk_repeated {
	LK_REPEATED_NONE = 0,
	LK_REPEATED_TRICKLE = 4,
	LK_REPEATED_ADD_TRACK = 5,
	LK_REPEATED_MUTE = 6,
	LK_REPEATED_UPDATE_METADATA = 7,
	LK_REPEATED_UPDATE_AUDIO_TRACK = 8,
};
/** Result of a request: which one is told by its id or by repeating it. */
struct lk_request_response {
	unsigned request_id;
	int reason; /**< enum lk_request_result */
	const char *message;
	int request; /**< enum lk_repeated: which member holds */
	union {
		struct lk_trickle trickle;
		struct lk_add_track add_track;
		struct lk_mute mute;
		struct lk_update_metadata update_metadata;
		struct lk_update_audio_track update_audio_track;
	};
};

/** The person was moved to another room. */
struct lk_room_moved {
	bool has_room;
	struct lk_room room;
	const char *token;
	bool has_participant;
	struct lk_person participant;
	struct lk_person *other_participants;
	size_t other_participants_n;
};

/** Numbers are the tags of the wire. */
enum lk_response_kind {
	LK_RES_NONE = 0, /**< nothing that we know; to be ignored */
	LK_RES_JOIN = 1,
	LK_RES_ANSWER = 2,
	LK_RES_OFFER = 3,
	LK_RES_TRICKLE = 4,
	LK_RES_UPDATE = 5,
	LK_RES_TRACK_PUBLISHED = 6,
	LK_RES_LEAVE = 8,
	LK_RES_MUTE = 9,
	LK_RES_SPEAKERS_CHANGED = 10,
	LK_RES_ROOM_UPDATE = 11,
	LK_RES_CONNECTION_QUALITY = 12,
	LK_RES_STREAM_STATE_UPDATE = 13,
	LK_RES_SUBSCRIBED_QUALITY_UPDATE = 14,
	LK_RES_SUBSCRIPTION_PERMISSION_UPDATE = 15,
	LK_RES_REFRESH_TOKEN = 16,
	LK_RES_TRACK_UNPUBLISHED = 17,
	LK_RES_PONG = 18,
	LK_RES_RECONNECT = 19,
	LK_RES_PONG_RESP = 20,
	LK_RES_SUBSCRIPTION_RESPONSE = 21,
	LK_RES_REQUEST_RESPONSE = 22,
	LK_RES_TRACK_SUBSCRIBED = 23,
	LK_RES_ROOM_MOVED = 24,
};

/** What a server sends; the member of the kind's name holds. */
struct lk_response {
	int kind; /**< enum lk_response_kind */
	union {
		struct lk_join join;
		struct lk_sdp answer; /**< for the publisher connection */
		struct lk_sdp offer;  /**< for the subscriber connection */
		struct lk_trickle trickle;
		struct lk_update update;
		struct lk_track_published track_published;
		struct lk_leave leave;
		struct lk_mute mute;
		struct lk_speakers_changed speakers_changed;
		struct lk_room_update room_update;
		struct lk_connection_quality connection_quality;
		struct lk_stream_state_update stream_state_update;
		struct lk_subscribed_quality_update subscribed_quality_update;
		struct lk_subscription_permission_update subscription_permission_update;
		const char *refresh_token;
		struct lk_track_ref track_unpublished;
		int64_t pong; /**< milliseconds */
		struct lk_reconnect reconnect;
		struct lk_pong pong_resp;
		struct lk_subscription_response subscription_response;
		struct lk_request_response request_response;
		struct lk_track_ref track_subscribed;
		struct lk_room_moved room_moved;
	};
};

/**
 * Decode one binary frame. What we do not know is skipped: a whole message of
 * an unknown kind gives kind NONE and 0. ERR_PROTOCOL when it does not parse
 * or a text is not UTF-8, ERR_TOO_LARGE over a cap. A text ends at its first
 * NUL. Release with x_done.
 */
int lk_request_decode(struct span wire, struct lk_request *ret, struct err *err);
int lk_response_decode(struct span wire, struct lk_response *ret, struct err *err);
/**
 * Append one message to `b`; ERR_TOO_LARGE over a cap or over the buffer's,
 * ERR_INVALID when a text is not UTF-8 or the kind is unknown (NONE is an
 * empty message). Nothing is appended then.
 */
int lk_request_encode(const struct lk_request *r, struct buf *b, struct err *err);
int lk_response_encode(const struct lk_response *r, struct buf *b, struct err *err);
/** Release what a decode made; a zeroed struct is allowed. */
void lk_request_done(struct lk_request *r);
void lk_response_done(struct lk_response *r);
/** "offer", "add_track" ...; "?" for what we do not know. For logs. */
const char *lk_request_name(int kind);
const char *lk_response_name(int kind);

#endif
