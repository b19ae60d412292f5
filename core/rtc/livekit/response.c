/* Tables of what only a server sends, and its messages. */
#include "core/rtc/livekit/signal.h"
#include "core/rtc/livekit/table.h"

#include <livekit_signal.pb-c.h>

#define OURS struct lk_join
#define WIRE Livekit__JoinResponse
static const struct lk_row join_rows[] = {
	STRUCT(room, lk_room, Livekit__Room, lk_room_table),
	STRUCT(participant, lk_person, Livekit__ParticipantInfo, lk_person_table),
	STRUCTS(other_participants, lk_person, Livekit__ParticipantInfo, lk_person_table,
		LK_PEOPLE_MAX),
	TEXT(server_version, LK_SID_MAX),
	STRUCTS(ice_servers, lk_ice_server, Livekit__ICEServer, lk_ice_server_table,
		LK_ICE_SERVERS_MAX),
	BOOL(subscriber_primary),
	TEXT(alternative_url, LK_TEXT_MAX),
	TEXT(server_region, LK_SID_MAX),
	I32(ping_timeout),
	I32(ping_interval),
	STRUCT(server_info, lk_server_info, Livekit__ServerInfo, lk_server_info_table),
	BYTES(sif_trailer, LK_BYTES_MAX),
	STRUCTS(enabled_publish_codecs, lk_codec, Livekit__Codec, lk_codec_table, LK_CODECS_MAX),
	BOOL(fast_publish),
};
#undef OURS
#undef WIRE
static const struct lk_table join_table =
	LK_TABLE(lk_join, livekit__join_response__descriptor, join_rows);

#define OURS struct lk_update
#define WIRE Livekit__ParticipantUpdate
static const struct lk_row update_rows[] = {
	STRUCTS(participants, lk_person, Livekit__ParticipantInfo, lk_person_table, LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table update_table =
	LK_TABLE(lk_update, livekit__participant_update__descriptor, update_rows);

#define OURS struct lk_speakers_changed
#define WIRE Livekit__SpeakersChanged
static const struct lk_row speakers_changed_rows[] = {
	STRUCTS(speakers, lk_speaker, Livekit__SpeakerInfo, lk_speaker_table, LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table speakers_changed_table =
	LK_TABLE(lk_speakers_changed, livekit__speakers_changed__descriptor, speakers_changed_rows);

#define OURS struct lk_room_update
#define WIRE Livekit__RoomUpdate
static const struct lk_row room_update_rows[] = {
	STRUCT(room, lk_room, Livekit__Room, lk_room_table),
};
#undef OURS
#undef WIRE
static const struct lk_table room_update_table =
	LK_TABLE(lk_room_update, livekit__room_update__descriptor, room_update_rows);

#define OURS struct lk_quality_info
#define WIRE Livekit__ConnectionQualityInfo
static const struct lk_row quality_info_rows[] = {
	TEXT(participant_sid, LK_SID_MAX),
	I32(quality),
	FLOAT(score),
};
#undef OURS
#undef WIRE
static const struct lk_table quality_info_table =
	LK_TABLE(lk_quality_info, livekit__connection_quality_info__descriptor, quality_info_rows);

#define OURS struct lk_connection_quality
#define WIRE Livekit__ConnectionQualityUpdate
static const struct lk_row connection_quality_rows[] = {
	STRUCTS(updates, lk_quality_info, Livekit__ConnectionQualityInfo, quality_info_table,
		LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table connection_quality_table =
	LK_TABLE(lk_connection_quality, livekit__connection_quality_update__descriptor,
		 connection_quality_rows);

#define OURS struct lk_stream_state
#define WIRE Livekit__StreamStateInfo
static const struct lk_row stream_state_rows[] = {
	TEXT(participant_sid, LK_SID_MAX),
	TEXT(track_sid, LK_SID_MAX),
	I32(state),
};
#undef OURS
#undef WIRE
static const struct lk_table stream_state_table =
	LK_TABLE(lk_stream_state, livekit__stream_state_info__descriptor, stream_state_rows);

#define OURS struct lk_stream_state_update
#define WIRE Livekit__StreamStateUpdate
static const struct lk_row stream_state_update_rows[] = {
	STRUCTS(stream_states, lk_stream_state, Livekit__StreamStateInfo, stream_state_table,
		LK_SIDS_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table stream_state_update_table =
	LK_TABLE(lk_stream_state_update, livekit__stream_state_update__descriptor,
		 stream_state_update_rows);

#define OURS struct lk_subscribed_quality
#define WIRE Livekit__SubscribedQuality
static const struct lk_row subscribed_quality_rows[] = {
	I32(quality),
	BOOL(enabled),
};
#undef OURS
#undef WIRE
static const struct lk_table subscribed_quality_table =
	LK_TABLE(lk_subscribed_quality, livekit__subscribed_quality__descriptor,
		 subscribed_quality_rows);

#define OURS struct lk_subscribed_codec
#define WIRE Livekit__SubscribedCodec
static const struct lk_row subscribed_codec_rows[] = {
	TEXT(codec, LK_SID_MAX),
	STRUCTS(qualities, lk_subscribed_quality, Livekit__SubscribedQuality,
		subscribed_quality_table, LK_CODECS_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table subscribed_codec_table =
	LK_TABLE(lk_subscribed_codec, livekit__subscribed_codec__descriptor, subscribed_codec_rows);

#define OURS struct lk_subscribed_quality_update
#define WIRE Livekit__SubscribedQualityUpdate
static const struct lk_row subscribed_quality_update_rows[] = {
	TEXT(track_sid, LK_SID_MAX),
	STRUCTS(subscribed_qualities, lk_subscribed_quality, Livekit__SubscribedQuality,
		subscribed_quality_table, LK_CODECS_MAX),
	STRUCTS(subscribed_codecs, lk_subscribed_codec, Livekit__SubscribedCodec,
		subscribed_codec_table, LK_CODECS_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table subscribed_quality_update_table =
	LK_TABLE(lk_subscribed_quality_update, livekit__subscribed_quality_update__descriptor,
		 subscribed_quality_update_rows);

#define OURS struct lk_subscription_permission_update
#define WIRE Livekit__SubscriptionPermissionUpdate
static const struct lk_row subscription_permission_update_rows[] = {
	TEXT(participant_sid, LK_SID_MAX),
	TEXT(track_sid, LK_SID_MAX),
	BOOL(allowed),
};
#undef OURS
#undef WIRE
static const struct lk_table subscription_permission_update_table =
	LK_TABLE(lk_subscription_permission_update,
		 livekit__subscription_permission_update__descriptor,
		 subscription_permission_update_rows);

#define OURS struct lk_track_ref
#define WIRE Livekit__TrackUnpublishedResponse
static const struct lk_row track_unpublished_rows[] = {
	TEXT(track_sid, LK_SID_MAX),
};
#undef WIRE
static const struct lk_table track_unpublished_table =
	LK_TABLE(lk_track_ref, livekit__track_unpublished_response__descriptor,
		 track_unpublished_rows);

#define WIRE Livekit__TrackSubscribed
static const struct lk_row track_subscribed_rows[] = {
	TEXT(track_sid, LK_SID_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table track_subscribed_table =
	LK_TABLE(lk_track_ref, livekit__track_subscribed__descriptor, track_subscribed_rows);

#define OURS struct lk_reconnect
#define WIRE Livekit__ReconnectResponse
static const struct lk_row reconnect_rows[] = {
	STRUCTS(ice_servers, lk_ice_server, Livekit__ICEServer, lk_ice_server_table,
		LK_ICE_SERVERS_MAX),
	STRUCT(server_info, lk_server_info, Livekit__ServerInfo, lk_server_info_table),
	U32(last_message_seq),
};
#undef OURS
#undef WIRE
static const struct lk_table reconnect_table =
	LK_TABLE(lk_reconnect, livekit__reconnect_response__descriptor, reconnect_rows);

#define OURS struct lk_pong
#define WIRE Livekit__Pong
static const struct lk_row pong_rows[] = {
	I64(last_ping_timestamp),
	I64(timestamp),
};
#undef OURS
#undef WIRE
static const struct lk_table pong_table = LK_TABLE(lk_pong, livekit__pong__descriptor, pong_rows);

#define OURS struct lk_subscription_response
#define WIRE Livekit__SubscriptionResponse
static const struct lk_row subscription_response_rows[] = {
	TEXT(track_sid, LK_SID_MAX),
	I32(err),
};
#undef OURS
#undef WIRE
static const struct lk_table subscription_response_table =
	LK_TABLE(lk_subscription_response, livekit__subscription_response__descriptor,
		 subscription_response_rows);

#define OURS struct lk_request_response
#define WIRE Livekit__RequestResponse
#define KIND request
#define CASE request_case
static const struct lk_row request_response_rows[] = {
	U32(request_id),
	I32(reason),
	TEXT(message, LK_TEXT_MAX),
	ONE_STRUCT(trickle, LK_REPEATED_TRICKLE, lk_trickle, Livekit__TrickleRequest,
		   lk_trickle_table),
	ONE_STRUCT(add_track, LK_REPEATED_ADD_TRACK, lk_add_track, Livekit__AddTrackRequest,
		   lk_add_track_table),
	ONE_STRUCT(mute, LK_REPEATED_MUTE, lk_mute, Livekit__MuteTrackRequest, lk_mute_table),
	ONE_STRUCT(update_metadata, LK_REPEATED_UPDATE_METADATA, lk_update_metadata,
		   Livekit__UpdateParticipantMetadata, lk_update_metadata_table),
	ONE_STRUCT(update_audio_track, LK_REPEATED_UPDATE_AUDIO_TRACK, lk_update_audio_track,
		   Livekit__UpdateLocalAudioTrack, lk_update_audio_track_table),
};
#undef OURS
#undef WIRE
#undef KIND
#undef CASE
static const struct lk_table request_response_table =
	LK_TABLE(lk_request_response, livekit__request_response__descriptor, request_response_rows);

#define OURS struct lk_room_moved
#define WIRE Livekit__RoomMovedResponse
static const struct lk_row room_moved_rows[] = {
	STRUCT(room, lk_room, Livekit__Room, lk_room_table),
	TEXT(token, LK_METADATA_MAX),
	STRUCT(participant, lk_person, Livekit__ParticipantInfo, lk_person_table),
	STRUCTS(other_participants, lk_person, Livekit__ParticipantInfo, lk_person_table,
		LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table room_moved_table =
	LK_TABLE(lk_room_moved, livekit__room_moved_response__descriptor, room_moved_rows);

#define OURS struct lk_response
#define WIRE Livekit__SignalResponse
#define KIND kind
#define CASE message_case
static const struct lk_row response_rows[] = {
	ONE_STRUCT(join, LK_RES_JOIN, lk_join, Livekit__JoinResponse, join_table),
	ONE_STRUCT(answer, LK_RES_ANSWER, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	ONE_STRUCT(offer, LK_RES_OFFER, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	ONE_STRUCT(trickle, LK_RES_TRICKLE, lk_trickle, Livekit__TrickleRequest, lk_trickle_table),
	ONE_STRUCT(update, LK_RES_UPDATE, lk_update, Livekit__ParticipantUpdate, update_table),
	ONE_STRUCT(track_published, LK_RES_TRACK_PUBLISHED, lk_track_published,
		   Livekit__TrackPublishedResponse, lk_track_published_table),
	ONE_STRUCT(leave, LK_RES_LEAVE, lk_leave, Livekit__LeaveRequest, lk_leave_table),
	ONE_STRUCT(mute, LK_RES_MUTE, lk_mute, Livekit__MuteTrackRequest, lk_mute_table),
	ONE_STRUCT(speakers_changed, LK_RES_SPEAKERS_CHANGED, lk_speakers_changed,
		   Livekit__SpeakersChanged, speakers_changed_table),
	ONE_STRUCT(room_update, LK_RES_ROOM_UPDATE, lk_room_update, Livekit__RoomUpdate,
		   room_update_table),
	ONE_STRUCT(connection_quality, LK_RES_CONNECTION_QUALITY, lk_connection_quality,
		   Livekit__ConnectionQualityUpdate, connection_quality_table),
	ONE_STRUCT(stream_state_update, LK_RES_STREAM_STATE_UPDATE, lk_stream_state_update,
		   Livekit__StreamStateUpdate, stream_state_update_table),
	ONE_STRUCT(subscribed_quality_update, LK_RES_SUBSCRIBED_QUALITY_UPDATE,
		   lk_subscribed_quality_update, Livekit__SubscribedQualityUpdate,
		   subscribed_quality_update_table),
	ONE_STRUCT(subscription_permission_update, LK_RES_SUBSCRIPTION_PERMISSION_UPDATE,
		   lk_subscription_permission_update, Livekit__SubscriptionPermissionUpdate,
		   subscription_permission_update_table),
	ONE_TEXT(refresh_token, LK_RES_REFRESH_TOKEN, LK_METADATA_MAX),
	ONE_STRUCT(track_unpublished, LK_RES_TRACK_UNPUBLISHED, lk_track_ref,
		   Livekit__TrackUnpublishedResponse, track_unpublished_table),
	ONE_I64(pong, LK_RES_PONG),
	ONE_STRUCT(reconnect, LK_RES_RECONNECT, lk_reconnect, Livekit__ReconnectResponse,
		   reconnect_table),
	ONE_STRUCT(pong_resp, LK_RES_PONG_RESP, lk_pong, Livekit__Pong, pong_table),
	ONE_STRUCT(subscription_response, LK_RES_SUBSCRIPTION_RESPONSE, lk_subscription_response,
		   Livekit__SubscriptionResponse, subscription_response_table),
	ONE_STRUCT(request_response, LK_RES_REQUEST_RESPONSE, lk_request_response,
		   Livekit__RequestResponse, request_response_table),
	ONE_STRUCT(track_subscribed, LK_RES_TRACK_SUBSCRIBED, lk_track_ref,
		   Livekit__TrackSubscribed, track_subscribed_table),
	ONE_STRUCT(room_moved, LK_RES_ROOM_MOVED, lk_room_moved, Livekit__RoomMovedResponse,
		   room_moved_table),
};
#undef OURS
#undef WIRE
const struct lk_table lk_response_table =
	LK_TABLE(lk_response, livekit__signal_response__descriptor, response_rows);

int lk_response_decode(struct span wire, struct lk_response *ret, struct err *err)
{
	return lk_table_decode(&lk_response_table, wire, LK_RESPONSE_BYTES_MAX, ret, err);
}

int lk_response_encode(const struct lk_response *r, struct buf *b, struct err *err)
{
	return lk_table_encode_one(&lk_response_table, r, r->kind, LK_RESPONSE_BYTES_MAX, b, err);
}

void lk_response_done(struct lk_response *r)
{
	lk_table_done(&lk_response_table, r);
}

const char *lk_response_name(int kind)
{
	const struct lk_row *r = lk_table_member(&lk_response_table, kind);
	return r ? r->name : "?";
}
