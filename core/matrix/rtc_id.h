/*
 * How calls of Matrix rooms are named on a LiveKit server: MSC4195, and what
 * lk-jwt-service does. Unpadded base64 of SHA-256 over a compact JSON array.
 */
#ifndef MUSTER_MATRIX_RTC_ID_H
#define MUSTER_MATRIX_RTC_ID_H

#define RTC_ID_SIZE 44		    /* 43 characters */
#define RTC_SLOT_ROOM "m.call#ROOM" /* the one call of a room */

/** Name of the LiveKit room of a room's slot. */
void rtc_id_room(const char *room_id, const char *slot_id, char ret[RTC_ID_SIZE]);
/** Identity of a member there. The older form, "@user:server:DEVICE", is not hashed. */
void rtc_id_member(const char *user_id, const char *device_id, const char *member_id,
		   char ret[RTC_ID_SIZE]);

#endif
