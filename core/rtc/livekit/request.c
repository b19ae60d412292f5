/* Tables of what only a client sends, and its messages. */
#include "core/rtc/livekit/signal.h"
#include "core/rtc/livekit/table.h"

#include <livekit_signal.pb-c.h>

#define OURS struct lk_person_tracks
#define WIRE Livekit__ParticipantTracks
static const struct lk_row person_tracks_rows[] = {
	TEXT(participant_sid, LK_SID_MAX),
	TEXTS(track_sids, LK_SIDS_MAX, LK_SID_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table person_tracks_table =
	LK_TABLE(lk_person_tracks, livekit__participant_tracks__descriptor, person_tracks_rows);

#define OURS struct lk_subscription
#define WIRE Livekit__UpdateSubscription
static const struct lk_row subscription_rows[] = {
	TEXTS(track_sids, LK_SIDS_MAX, LK_SID_MAX),
	BOOL(subscribe),
	STRUCTS(participant_tracks, lk_person_tracks, Livekit__ParticipantTracks,
		person_tracks_table, LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table subscription_table =
	LK_TABLE(lk_subscription, livekit__update_subscription__descriptor, subscription_rows);

#define OURS struct lk_track_setting
#define WIRE Livekit__UpdateTrackSettings
static const struct lk_row track_setting_rows[] = {
	TEXTS(track_sids, LK_SIDS_MAX, LK_SID_MAX),
	BOOL(disabled),
	I32(quality),
	U32(width),
	U32(height),
	U32(fps),
	U32(priority),
};
#undef OURS
#undef WIRE
static const struct lk_table track_setting_table =
	LK_TABLE(lk_track_setting, livekit__update_track_settings__descriptor, track_setting_rows);

#define OURS struct lk_track_permission
#define WIRE Livekit__TrackPermission
static const struct lk_row track_permission_rows[] = {
	TEXT(participant_sid, LK_SID_MAX),
	BOOL(all_tracks),
	TEXTS(track_sids, LK_SIDS_MAX, LK_SID_MAX),
	TEXT(participant_identity, LK_NAME_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table track_permission_table =
	LK_TABLE(lk_track_permission, livekit__track_permission__descriptor, track_permission_rows);

#define OURS struct lk_subscription_permission
#define WIRE Livekit__SubscriptionPermission
static const struct lk_row subscription_permission_rows[] = {
	BOOL(all_participants),
	STRUCTS(track_permissions, lk_track_permission, Livekit__TrackPermission,
		track_permission_table, LK_PEOPLE_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table subscription_permission_table =
	LK_TABLE(lk_subscription_permission, livekit__subscription_permission__descriptor,
		 subscription_permission_rows);

#define OURS struct lk_data_channel
#define WIRE Livekit__DataChannelInfo
static const struct lk_row data_channel_rows[] = {
	TEXT(label, LK_SID_MAX),
	U32(id),
	I32(target),
};
#undef OURS
#undef WIRE
static const struct lk_table data_channel_table =
	LK_TABLE(lk_data_channel, livekit__data_channel_info__descriptor, data_channel_rows);

#define OURS struct lk_sync_state
#define WIRE Livekit__SyncState
static const struct lk_row sync_state_rows[] = {
	STRUCT(answer, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	STRUCT(subscription, lk_subscription, Livekit__UpdateSubscription, subscription_table),
	STRUCTS(publish_tracks, lk_track_published, Livekit__TrackPublishedResponse,
		lk_track_published_table, LK_TRACKS_MAX),
	STRUCTS(data_channels, lk_data_channel, Livekit__DataChannelInfo, data_channel_table,
		LK_TRACKS_MAX),
	STRUCT(offer, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	TEXTS(track_sids_disabled, LK_SIDS_MAX, LK_SID_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table sync_state_table =
	LK_TABLE(lk_sync_state, livekit__sync_state__descriptor, sync_state_rows);

#define OURS struct lk_ping
#define WIRE Livekit__Ping
static const struct lk_row ping_rows[] = {
	I64(timestamp),
	I64(rtt),
};
#undef OURS
#undef WIRE
static const struct lk_table ping_table = LK_TABLE(lk_ping, livekit__ping__descriptor, ping_rows);

#define OURS struct lk_request
#define WIRE Livekit__SignalRequest
#define KIND kind
#define CASE message_case
static const struct lk_row request_rows[] = {
	ONE_STRUCT(offer, LK_REQ_OFFER, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	ONE_STRUCT(answer, LK_REQ_ANSWER, lk_sdp, Livekit__SessionDescription, lk_sdp_table),
	ONE_STRUCT(trickle, LK_REQ_TRICKLE, lk_trickle, Livekit__TrickleRequest, lk_trickle_table),
	ONE_STRUCT(add_track, LK_REQ_ADD_TRACK, lk_add_track, Livekit__AddTrackRequest,
		   lk_add_track_table),
	ONE_STRUCT(mute, LK_REQ_MUTE, lk_mute, Livekit__MuteTrackRequest, lk_mute_table),
	ONE_STRUCT(subscription, LK_REQ_SUBSCRIPTION, lk_subscription, Livekit__UpdateSubscription,
		   subscription_table),
	ONE_STRUCT(track_setting, LK_REQ_TRACK_SETTING, lk_track_setting,
		   Livekit__UpdateTrackSettings, track_setting_table),
	ONE_STRUCT(leave, LK_REQ_LEAVE, lk_leave, Livekit__LeaveRequest, lk_leave_table),
	ONE_STRUCT(subscription_permission, LK_REQ_SUBSCRIPTION_PERMISSION,
		   lk_subscription_permission, Livekit__SubscriptionPermission,
		   subscription_permission_table),
	ONE_STRUCT(sync_state, LK_REQ_SYNC_STATE, lk_sync_state, Livekit__SyncState,
		   sync_state_table),
	ONE_I64(ping, LK_REQ_PING),
	ONE_STRUCT(update_metadata, LK_REQ_UPDATE_METADATA, lk_update_metadata,
		   Livekit__UpdateParticipantMetadata, lk_update_metadata_table),
	ONE_STRUCT(ping_req, LK_REQ_PING_REQ, lk_ping, Livekit__Ping, ping_table),
	ONE_STRUCT(update_audio_track, LK_REQ_UPDATE_AUDIO_TRACK, lk_update_audio_track,
		   Livekit__UpdateLocalAudioTrack, lk_update_audio_track_table),
};
#undef OURS
#undef WIRE
const struct lk_table lk_request_table =
	LK_TABLE(lk_request, livekit__signal_request__descriptor, request_rows);

int lk_request_decode(struct span wire, struct lk_request *ret, struct err *err)
{
	return lk_table_decode(&lk_request_table, wire, LK_REQUEST_BYTES_MAX, ret, err);
}

int lk_request_encode(const struct lk_request *r, struct buf *b, struct err *err)
{
	return lk_table_encode_one(&lk_request_table, r, r->kind, LK_REQUEST_BYTES_MAX, b, err);
}

void lk_request_done(struct lk_request *r)
{
	lk_table_done(&lk_request_table, r);
}

const char *lk_request_name(int kind)
{
	const struct lk_row *r = lk_table_member(&lk_request_table, kind);
	return r ? r->name : "?";
}
