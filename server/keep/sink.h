/*
 * Where a backup is written: a folder, or a tar archive. Under a temporary name until it
 * is complete, on the disk, and was read back. Files are 0600, folders 0700.
 */
#ifndef MUSTER_SERVER_KEEP_SINK_H
#define MUSTER_SERVER_KEEP_SINK_H

#include "server/keep/manifest.h"
#include "server/keep/pace.h"

struct keep_sink;

/**
 * Begin `path`, which must not exist: a tar archive when it ends in ".tar". `pace` is
 * borrowed. The caller owns *ret: keep_sink_commit or keep_sink_abort.
 */
int keep_sink_open(const char *path, struct pace *pace, struct keep_sink **ret, struct err *err);
/** Where to put the copy of the database, to be added as "muster.db". Borrowed. */
const char *keep_sink_db(const struct keep_sink *s);
/**
 * Add a file's bytes. A folder on the same file system gets another name of the same
 * file (`linkable`: nobody will ever write into it), else a copy that is read back.
 * ERR_NOT_FOUND when there is no such file. *ret: size and hash, and the name.
 */
int keep_sink_add(struct keep_sink *s, const char *name, const char *from, bool linkable,
		  struct keep_file *ret, struct err *err);
/** A folder's file again: it was not what it should be. Nothing where that cannot be. */
bool keep_sink_forget(struct keep_sink *s, const char *name);
/** Bytes written so far, without what needed no copy. */
int64_t keep_sink_copied(const struct keep_sink *s);
/** The manifest comes last. Releases `s` whatever the result; on error nothing is left. */
int keep_sink_commit(struct keep_sink *s, struct manifest *m, struct err *err);
/** NULL is allowed. */
void keep_sink_abort(struct keep_sink *s);
/** Is this the name of something that a crash left half-written? */
bool keep_sink_is_part(const char *name);

#endif
