/*
 * Rosters: the people expected in a room, with outside ids, mapped to Matrix
 * ids. Stored as state events of the staff room, in chunks, as an event holds
 * 64 KB at most (docs/FORMATS.md). What is here opens no connection; roster_io.h
 * loads and saves.
 */
#ifndef MUSTER_ATTENDANCE_ROSTER_H
#define MUSTER_ATTENDANCE_ROSTER_H

#include "core/base/json.h"

#define ROSTER_TYPE "org.muster.roster"
#define ROSTER_CHUNK_BYTES 40000 /**< JSON of one chunk; escapes may not make it 64 KB */
#define ROSTER_PEOPLE_MAX 5000
#define ROSTER_TEXT_MAX 255 /**< bytes of a name, an outside id or an address */

/** One person. Texts are owned; NULL: not known. */
struct roster_person {
	char *user_id; /**< never NULL in a roster */
	char *name, *external_id, *email;
};
void roster_person_done(struct roster_person *p);

struct roster;

struct roster *roster_new(void);
/** The same one again, which both keep; nobody changes it from then on. */
struct roster *roster_ref(struct roster *r);
/** Drops one reference. NULL is allowed. */
void roster_free(struct roster *r);

size_t roster_size(const struct roster *r);
/** Borrowed until the roster changes. */
const struct roster_person *roster_at(const struct roster *r, size_t i);

enum roster_key { ROSTER_BY_USER, ROSTER_BY_ID, ROSTER_BY_EMAIL, ROSTER_BY_NAME };
/** The only person with this value; NULL when there is none, or (names) several. Borrowed. */
const struct roster_person *roster_find(const struct roster *r, enum roster_key key,
					const char *value);

/**
 * Add a person, or change the one with this user id; NULL texts change
 * nothing. Copies. True when something changed. ERR_TOO_LARGE as `false` with
 * *ret_full set when the roster is full.
 */
bool roster_put(struct roster *r, const struct roster_person *p, bool *ret_full);
/** False when the person is not in it. */
bool roster_drop(struct roster *r, const char *user_id);

/** Take in the content of the chunk with this state key. Malformed entries are passed over. */
void roster_read_chunk(struct roster *r, const char *state_key, const json_t *content);
/** Content of chunk `i`, which may be empty. The caller owns it. */
json_t *roster_chunk(const struct roster *r, int i);
/** Chunks that there are; those that changed since they were read or roster_saved. */
int roster_chunks(const struct roster *r);
bool roster_changed(const struct roster *r, int chunk);
void roster_saved(struct roster *r, int chunk);

#endif
