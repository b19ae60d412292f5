/*
 * Private to this folder: each of our structs beside the generated one, told
 * by a table with one row per field. One walk over the rows serves decoding,
 * encoding, copying and releasing.
 */
#ifndef MUSTER_RTC_LIVEKIT_TABLE_H
#define MUSTER_RTC_LIVEKIT_TABLE_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

enum lk_type {
	LK_T_TEXT,
	LK_T_BOOL,
	LK_T_I32, /**< enumerations too */
	LK_T_U32,
	LK_T_I64,
	LK_T_FLOAT,
	LK_T_BYTES,
	LK_T_STRUCT,
	LK_T_TEXTS, /**< from here on: lists with a count */
	LK_T_I32S,
	LK_T_STRUCTS,
};

struct lk_table;
struct lk_row {
	const char *name;
	enum lk_type type;
	unsigned cap;	   /**< bytes of text or bytes, length of a list */
	unsigned text_cap; /**< of each in a list of texts */
	size_t at;	   /**< in our struct */
	size_t count_at;   /**< of a list's count; of the bool that says a struct is there */
	size_t wire_at;	   /**< in the generated struct */
	size_t wire_count_at;
	const struct lk_table *sub; /**< of a struct */
	int tag;		    /**< member of a oneof, else 0 */
	size_t kind_at;		    /**< of the int that says which member holds, in ours */
	size_t case_at;		    /**< the same in the generated struct */
};
struct lk_table {
	size_t size;
	const ProtobufCMessageDescriptor *wire;
	const struct lk_row *rows;
	size_t rows_n;
};

/** What absent text is in an owned struct; not allocated. */
extern const char lk_empty[];

/** `cap`: bytes of the whole message. */
int lk_table_decode(const struct lk_table *t, struct span wire, size_t cap, void *ret,
		    struct err *err);
/** A message that is a oneof, of this kind; 0: an empty one. */
int lk_table_encode_one(const struct lk_table *t, const void *s, int kind, size_t cap,
			struct buf *b, struct err *err);
/** Leaves `s` zeroed. */
void lk_table_done(const struct lk_table *t, void *s);
void lk_table_copy(const struct lk_table *t, void *to, const void *from);
/** Row of a oneof member with this tag, NULL: none. */
const struct lk_row *lk_table_member(const struct lk_table *t, int tag);

/*
 * Rows. OURS and WIRE are the two structs, defined by whoever writes a table;
 * a row does not compile unless both have a field of this name and type.
 */
#define LK_IS(type, field, t) \
	(sizeof(char[1 - 2 * !__builtin_types_compatible_p(__typeof__(((type *)0)->field), t)]) - 1)
#define LK_ROW(field, type_, ours_t, wire_t)                                                       \
	.name = #field, .type = (type_), .at = offsetof(OURS, field) + LK_IS(OURS, field, ours_t), \
	.wire_at = offsetof(WIRE, field) + LK_IS(WIRE, field, wire_t)
#define LK_COUNTS(field) \
	.count_at = offsetof(OURS, field##_n), .wire_count_at = offsetof(WIRE, n_##field)

#define TEXT(field, cap_)                                                     \
	{                                                                     \
		LK_ROW(field, LK_T_TEXT, const char *, char *), .cap = (cap_) \
	}
#define BOOL(field)                                                \
	{                                                          \
		LK_ROW(field, LK_T_BOOL, bool, protobuf_c_boolean) \
	}
#define I32(field)                                    \
	{                                             \
		LK_ROW(field, LK_T_I32, int, int32_t) \
	}
#define U32(field)                                          \
	{                                                   \
		LK_ROW(field, LK_T_U32, unsigned, uint32_t) \
	}
#define I64(field)                                        \
	{                                                 \
		LK_ROW(field, LK_T_I64, int64_t, int64_t) \
	}
#define FLOAT(field)                                    \
	{                                               \
		LK_ROW(field, LK_T_FLOAT, float, float) \
	}
#define BYTES(field, cap_)                                                                 \
	{                                                                                  \
		LK_ROW(field, LK_T_BYTES, struct span, ProtobufCBinaryData), .cap = (cap_) \
	}
#define STRUCT(field, ours_t, wire_t, table)                                     \
	{                                                                        \
		LK_ROW(field, LK_T_STRUCT, struct ours_t, wire_t *),             \
			.count_at = offsetof(OURS, has_##field), .sub = &(table) \
	}
#define TEXTS(field, cap_, text_cap_)                                                \
	{                                                                            \
		LK_ROW(field, LK_T_TEXTS, const char **, char **), LK_COUNTS(field), \
			.cap = (cap_), .text_cap = (text_cap_)                       \
	}
#define I32S(field, cap_)                                                                   \
	{                                                                                   \
		LK_ROW(field, LK_T_I32S, int *, int32_t *), LK_COUNTS(field), .cap = (cap_) \
	}
#define STRUCTS(field, ours_t, wire_t, table, cap_)                                        \
	{                                                                                  \
		LK_ROW(field, LK_T_STRUCTS, struct ours_t *, wire_t **), LK_COUNTS(field), \
			.sub = &(table), .cap = (cap_)                                     \
	}

/* Members of a oneof: KIND and CASE name the fields that tell which one holds. */
#define LK_MEMBER(tag_)                                                          \
	.tag = (tag_), .kind_at = offsetof(OURS, KIND) + LK_IS(OURS, KIND, int), \
	.case_at = offsetof(WIRE, CASE)
#define ONE_STRUCT(field, tag_, ours_t, wire_t, table)                                \
	{                                                                             \
		LK_ROW(field, LK_T_STRUCT, struct ours_t, wire_t *), LK_MEMBER(tag_), \
			.sub = &(table)                                               \
	}
#define ONE_TEXT(field, tag_, cap_)                                                            \
	{                                                                                      \
		LK_ROW(field, LK_T_TEXT, const char *, char *), LK_MEMBER(tag_), .cap = (cap_) \
	}
#define ONE_I64(field, tag_)                                               \
	{                                                                  \
		LK_ROW(field, LK_T_I64, int64_t, int64_t), LK_MEMBER(tag_) \
	}

#define LK_TABLE(ours_t, descriptor, rows_)                                            \
	{                                                                              \
		.size = sizeof(struct ours_t), .wire = &(descriptor), .rows = (rows_), \
		.rows_n = ARRAY_LEN(rows_)                                             \
	}

/* Tables that more than one file uses. */
extern const struct lk_table lk_codec_table, lk_room_table, lk_track_table, lk_permission_table,
	lk_person_table, lk_speaker_table, lk_ice_server_table, lk_server_info_table;
extern const struct lk_table lk_sdp_table, lk_trickle_table, lk_add_track_table, lk_mute_table,
	lk_leave_table, lk_track_published_table, lk_update_metadata_table,
	lk_update_audio_track_table;
extern const struct lk_table lk_request_table, lk_response_table;

#endif
