#include "core/rtc/livekit/models.h"

#include "core/rtc/livekit/table.h"

#include <livekit_models.pb-c.h>

#define OURS struct lk_codec
#define WIRE Livekit__Codec
static const struct lk_row codec_rows[] = {
	TEXT(mime, LK_SID_MAX),
	TEXT(fmtp_line, LK_TEXT_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_codec_table = LK_TABLE(lk_codec, livekit__codec__descriptor, codec_rows);

#define OURS struct lk_room
#define WIRE Livekit__Room
static const struct lk_row room_rows[] = {
	TEXT(sid, LK_SID_MAX),
	TEXT(name, LK_NAME_MAX),
	U32(empty_timeout),
	U32(departure_timeout),
	U32(max_participants),
	I64(creation_time),
	I64(creation_time_ms),
	STRUCTS(enabled_codecs, lk_codec, Livekit__Codec, lk_codec_table, LK_CODECS_MAX),
	TEXT(metadata, LK_METADATA_MAX),
	U32(num_participants),
	U32(num_publishers),
	BOOL(active_recording),
};
#undef OURS
#undef WIRE
const struct lk_table lk_room_table = LK_TABLE(lk_room, livekit__room__descriptor, room_rows);

#define OURS struct lk_track
#define WIRE Livekit__TrackInfo
static const struct lk_row track_rows[] = {
	TEXT(sid, LK_SID_MAX),
	I32(type),
	TEXT(name, LK_NAME_MAX),
	BOOL(muted),
	U32(width),
	U32(height),
	BOOL(simulcast),
	BOOL(disable_dtx),
	I32(source),
	TEXT(mime_type, LK_SID_MAX),
	TEXT(mid, LK_SID_MAX),
	BOOL(stereo),
	BOOL(disable_red),
	I32(encryption),
	TEXT(stream, LK_NAME_MAX),
	I32S(audio_features, LK_FEATURES_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_track_table =
	LK_TABLE(lk_track, livekit__track_info__descriptor, track_rows);

#define OURS struct lk_permission
#define WIRE Livekit__ParticipantPermission
static const struct lk_row permission_rows[] = {
	BOOL(can_subscribe),
	BOOL(can_publish),
	BOOL(can_publish_data),
	BOOL(hidden),
	BOOL(recorder),
	I32S(can_publish_sources, LK_FEATURES_MAX),
	BOOL(can_update_metadata),
	BOOL(agent),
	BOOL(can_subscribe_metrics),
};
#undef OURS
#undef WIRE
const struct lk_table lk_permission_table =
	LK_TABLE(lk_permission, livekit__participant_permission__descriptor, permission_rows);

#define OURS struct lk_pair
#define WIRE Livekit__ParticipantInfo__AttributesEntry
static const struct lk_row attribute_rows[] = {
	TEXT(key, LK_NAME_MAX),
	TEXT(value, LK_METADATA_MAX),
};
#undef OURS
#undef WIRE
static const struct lk_table attribute_table =
	LK_TABLE(lk_pair, livekit__participant_info__attributes_entry__descriptor, attribute_rows);

#define OURS struct lk_person
#define WIRE Livekit__ParticipantInfo
static const struct lk_row person_rows[] = {
	TEXT(sid, LK_SID_MAX),
	TEXT(identity, LK_NAME_MAX),
	I32(state),
	STRUCTS(tracks, lk_track, Livekit__TrackInfo, lk_track_table, LK_TRACKS_MAX),
	TEXT(metadata, LK_METADATA_MAX),
	I64(joined_at),
	I64(joined_at_ms),
	TEXT(name, LK_NAME_MAX),
	U32(version),
	STRUCT(permission, lk_permission, Livekit__ParticipantPermission, lk_permission_table),
	TEXT(region, LK_SID_MAX),
	BOOL(is_publisher),
	I32(kind),
	STRUCTS(attributes, lk_pair, Livekit__ParticipantInfo__AttributesEntry, attribute_table,
		LK_ATTRIBUTES_MAX),
	I32(disconnect_reason),
};
#undef OURS
#undef WIRE
const struct lk_table lk_person_table =
	LK_TABLE(lk_person, livekit__participant_info__descriptor, person_rows);

#define OURS struct lk_speaker
#define WIRE Livekit__SpeakerInfo
static const struct lk_row speaker_rows[] = {
	TEXT(sid, LK_SID_MAX),
	FLOAT(level),
	BOOL(active),
};
#undef OURS
#undef WIRE
const struct lk_table lk_speaker_table =
	LK_TABLE(lk_speaker, livekit__speaker_info__descriptor, speaker_rows);

#define OURS struct lk_ice_server
#define WIRE Livekit__ICEServer
static const struct lk_row ice_server_rows[] = {
	TEXTS(urls, LK_ICE_SERVERS_MAX, LK_TEXT_MAX),
	TEXT(username, LK_NAME_MAX),
	TEXT(credential, LK_TEXT_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_ice_server_table =
	LK_TABLE(lk_ice_server, livekit__iceserver__descriptor, ice_server_rows);

#define OURS struct lk_server_info
#define WIRE Livekit__ServerInfo
static const struct lk_row server_info_rows[] = {
	I32(edition),
	TEXT(version, LK_SID_MAX),
	I32(protocol),
	TEXT(region, LK_SID_MAX),
	TEXT(node_id, LK_SID_MAX),
	TEXT(debug_info, LK_TEXT_MAX),
};
#undef OURS
#undef WIRE
const struct lk_table lk_server_info_table =
	LK_TABLE(lk_server_info, livekit__server_info__descriptor, server_info_rows);

#define DONE(name)                                    \
	void lk_##name##_done(struct lk_##name *s)    \
	{                                             \
		lk_table_done(&lk_##name##_table, s); \
	}
#define COPY(name)                                                                \
	void lk_##name##_copy(struct lk_##name *to, const struct lk_##name *from) \
	{                                                                         \
		lk_table_copy(&lk_##name##_table, to, from);                      \
	}
DONE(track)
DONE(permission)
DONE(person)
DONE(room)
DONE(speaker)
DONE(ice_server)
COPY(track)
COPY(permission)
COPY(person)
COPY(room)
COPY(ice_server)

const char *lk_pair_get(const struct lk_pair *list, size_t n, const char *key)
{
	for (size_t i = n; i-- > 0;)
		if (list[i].key && !strcmp(list[i].key, key))
			return list[i].value ? list[i].value : "";
	return NULL;
}
