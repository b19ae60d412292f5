/*
 * manifest.json of a backup: what it holds, and the hash of each file. Its form is
 * docs/FORMATS.md's. A backup is foreign bytes to who reads it.
 */
#ifndef MUSTER_SERVER_KEEP_MANIFEST_H
#define MUSTER_SERVER_KEEP_MANIFEST_H

#include "core/base/buf.h"
#include "core/base/err.h"

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_MAX (256u << 20)
#define KEEP_NAME_SIZE 64 /* names in a backup are short, see keep_name_ok */
#define KEEP_FILES_MAX 2000000

struct keep_file {
	char name[KEEP_NAME_SIZE]; /**< "muster.db", "media/ab/abcd..." */
	int64_t size;
	uint8_t sha256[32];
};

struct manifest {
	char server_name[232], muster[32];
	int schema;
	int64_t made_ms, users, rooms, events, media;
	int64_t missing; /**< uploaded files that were not in the data folder */
	int64_t damaged; /**< and those whose bytes were not those that were uploaded */
	struct keep_file *files;
	size_t n, size;
};

/** May a file of a backup have this name? "NAME" or "media/ab/NAME", nothing that leads elsewhere. */
bool keep_name_ok(struct span name);
/** A new row at the end of `files`, to be filled. Borrowed until the next call. */
struct keep_file *manifest_add(struct manifest *m);
void manifest_put(const struct manifest *m, struct buf *b);
/** The caller owns *ret: manifest_done. */
int manifest_read(struct span text, struct manifest *ret, struct err *err);
/** Read it out of a backup's folder. ERR_NOT_FOUND: it is none. */
int manifest_load(const char *dir, struct manifest *ret, struct err *err);
/** All-zero is fine. */
void manifest_done(struct manifest *m);
/** Bytes of all files. */
int64_t manifest_bytes(const struct manifest *m);

#endif
