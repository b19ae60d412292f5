/*
 * Files and folders: XDG places, atomic writes, locks.
 */
#ifndef MUSTER_BASE_FS_H
#define MUSTER_BASE_FS_H

#include "core/base/buf.h"
#include "core/base/err.h"

enum fs_place { FS_CONFIG, FS_DATA, FS_STATE, FS_CACHE, FS_RUNTIME };

/**
 * The folder "$XDG_..._HOME/muster" (made 0700 when absent). FS_RUNTIME falls
 * back to a 0700 folder of this user under TMPDIR, whose owner and mode are
 * checked. The caller owns *ret.
 */
int fs_place(enum fs_place where, char **ret, struct err *err);
/** mkdir -p with `mode` for what is made. */
int fs_mkdirs(const char *path, unsigned mode, struct err *err);
/** Whole file, at most `b->cap` bytes: ERR_TOO_LARGE over it, ERR_NOT_FOUND without it. */
int fs_read(const char *path, struct buf *b, struct err *err);
/** Write by temporary name, fsync, rename, fsync of the folder. */
int fs_write_atomic(const char *path, struct span data, unsigned mode, struct err *err);
bool fs_exists(const char *path);
/** Unlink; absent is fine. */
int fs_remove(const char *path, struct err *err);
/** Remove a folder and all in it; symbolic links are not followed. */
int fs_remove_tree(const char *path, struct err *err);

struct fs_lock;
/**
 * Exclusive lock on a file (made 0600), held until fs_unlock or the process's
 * end. `wait`: block until it is free; else ERR_CONFLICT when held.
 */
int fs_lock(const char *path, bool wait, struct fs_lock **ret, struct err *err);
/** NULL is allowed. */
void fs_unlock(struct fs_lock *l);

/** "a/b"; the caller owns it. */
char *fs_join(const char *a, const char *b);
/** Part after the last slash; borrowed. */
const char *fs_basename(const char *path);

#endif
