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

/**
 * A file that appears under its name only when it is complete: written under
 * a temporary name beside it, then synced and renamed. One thread at a time.
 */
struct fs_out;
/** A symbolic link at `path` is followed, not replaced. The caller owns *ret. */
int fs_out_open(const char *path, unsigned mode, struct fs_out **ret, struct err *err);
int fs_out_write(struct fs_out *o, struct span data, struct err *err);
/** Sync and rename; releases `o` whatever the result, and on error leaves nothing behind. */
int fs_out_commit(struct fs_out *o, struct err *err);
/** Give up: nothing is left behind. NULL is allowed. */
void fs_out_abort(struct fs_out *o);

/** What was written to a file, or the names in a folder, is on the disk when this returns. */
int fs_sync(const char *path, struct err *err);
bool fs_exists(const char *path);
/** Unlink; absent is fine. */
int fs_remove(const char *path, struct err *err);
/** Remove a folder and all in it; symbolic links are not followed. */
int fs_remove_tree(const char *path, struct err *err);

struct fs_lock;
/**
 * Exclusive lock on a file (made 0600), held until fs_unlock or the process's
 * end; two locks in one process exclude each other too. The file stays, with
 * the holder's process id in it. `wait`: block until it is free; else
 * ERR_CONFLICT when held.
 */
int fs_lock(const char *path, bool wait, struct fs_lock **ret, struct err *err);
/** NULL is allowed. */
void fs_unlock(struct fs_lock *l);

/** "a/b"; the caller owns it. */
char *fs_join(const char *a, const char *b);
/** The whole path with links followed, or `path` as it is when it leads nowhere. The caller owns it. */
char *fs_real(const char *path);
/** Part after the last slash; borrowed. */
const char *fs_basename(const char *path);

#endif
