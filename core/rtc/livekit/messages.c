/* Tables of the parts that requests and responses share. */
#include "core/rtc/livekit/signal.h"

#include "core/rtc/livekit/table.h"

#include <livekit_signal.pb-c.h>

#define OURS struct lk_pair
#define WIRE Livekit__SessionDescription__MidToTrackIdEntry
static const struct lk_row mid_rows[] = {
	TEXT(key, LK_SID_MAX),
	TEXT(value, LK_SID_MAX),
};
#undef WIRE
static const struct lk_table mid_table =
	LK_TABLE(lk_pair, livekit__session_description__mid_to_track_id_entry__descriptor,
		 mid_rows);

#define WIRE Livekit__UpdateParticipantMetadata__AttributesEntry
static const struct lk_row attribute_rows[] = {
	TEXT(key, LK_NAME_MAX),
	TEXT(value, LK_METADATA_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table attribute_table =
	LK_TABLE(lk_pair, livekit__update_participant_metadata__attributes_entry__descriptor,
		 attribute_rows);

#define OURS struct lk_sdp
#define WIRE Livekit__SessionDescription
static const struct lk_row sdp_rows[] = {
	TEXT(type, LK_SID_MAX),
	TEXT(sdp, LK_SDP_MAX),
	U32(id),
	STRUCTS(mid_to_track_id, lk_pair, Livekit__SessionDescription__MidToTrackIdEntry, mid_table,
		LK_MIDS_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_sdp_table =
	LK_TABLE(lk_sdp, livekit__session_description__descriptor, sdp_rows);

#define OURS struct lk_trickle
#define WIRE Livekit__TrickleRequest
static const struct lk_row trickle_rows[] = {
	TEXT(candidate_init, LK_TEXT_MAX),
	I32(target),
	BOOL(final),
};
#undef OURS
#undef WIRE
const struct lk_table lk_trickle_table =
	LK_TABLE(lk_trickle, livekit__trickle_request__descriptor, trickle_rows);

#define OURS struct lk_add_track
#define WIRE Livekit__AddTrackRequest
static const struct lk_row add_track_rows[] = {
	TEXT(cid, LK_SID_MAX),
	TEXT(name, LK_NAME_MAX),
	I32(type),
	U32(width),
	U32(height),
	BOOL(muted),
	BOOL(disable_dtx),
	I32(source),
	TEXT(sid, LK_SID_MAX),
	BOOL(stereo),
	BOOL(disable_red),
	I32(encryption),
	TEXT(stream, LK_NAME_MAX),
	I32S(audio_features, LK_FEATURES_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_add_track_table =
	LK_TABLE(lk_add_track, livekit__add_track_request__descriptor, add_track_rows);

#define OURS struct lk_mute
#define WIRE Livekit__MuteTrackRequest
static const struct lk_row mute_rows[] = {
	TEXT(sid, LK_SID_MAX),
	BOOL(muted),
};
#undef OURS
#undef WIRE
const struct lk_table lk_mute_table =
	LK_TABLE(lk_mute, livekit__mute_track_request__descriptor, mute_rows);

#define OURS struct lk_leave
#define WIRE Livekit__LeaveRequest
static const struct lk_row leave_rows[] = {
	BOOL(can_reconnect),
	I32(reason),
	I32(action),
};
#undef OURS
#undef WIRE
const struct lk_table lk_leave_table =
	LK_TABLE(lk_leave, livekit__leave_request__descriptor, leave_rows);

#define OURS struct lk_track_published
#define WIRE Livekit__TrackPublishedResponse
static const struct lk_row track_published_rows[] = {
	TEXT(cid, LK_SID_MAX),
	STRUCT(track, lk_track, Livekit__TrackInfo, lk_track_table),
};
#undef OURS
#undef WIRE
const struct lk_table lk_track_published_table =
	LK_TABLE(lk_track_published, livekit__track_published_response__descriptor,
		 track_published_rows);

#define OURS struct lk_update_metadata
#define WIRE Livekit__UpdateParticipantMetadata
static const struct lk_row update_metadata_rows[] = {
	TEXT(metadata, LK_METADATA_MAX),
	TEXT(name, LK_NAME_MAX),
	STRUCTS(attributes, lk_pair, Livekit__UpdateParticipantMetadata__AttributesEntry,
		attribute_table, LK_ATTRIBUTES_MAX),
	U32(request_id),
};
#undef OURS
#undef WIRE
const struct lk_table lk_update_metadata_table =
	LK_TABLE(lk_update_metadata, livekit__update_participant_metadata__descriptor,
		 update_metadata_rows);

#define OURS struct lk_update_audio_track
#define WIRE Livekit__UpdateLocalAudioTrack
static const struct lk_row update_audio_track_rows[] = {
	TEXT(track_sid, LK_SID_MAX),
	I32S(features, LK_FEATURES_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_update_audio_track_table =
	LK_TABLE(lk_update_audio_track, livekit__update_local_audio_track__descriptor,
		 update_audio_track_rows);
