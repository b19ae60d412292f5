/*
 * Heads of members of a tar archive (POSIX.1-2017 pax, "ustar Interchange Format"), for
 * regular files with short names only: all that a backup holds. Sizes over 8 GB are
 * written in base 256, as GNU tar does.
 */
#ifndef MUSTER_SERVER_KEEP_TAR_H
#define MUSTER_SERVER_KEEP_TAR_H

#include "core/base/span.h"

#define TAR_BLOCK 512
#define TAR_NAME_SIZE 100

/** `name` shorter than TAR_NAME_SIZE. */
void tar_head_put(char ret[TAR_BLOCK], const char *name, int64_t size, int64_t mtime_s);

enum tar_head { TAR_FILE, TAR_FOLDER, TAR_END, TAR_BAD };

/** TAR_FILE: name and size are filled. TAR_END: a block of zeros. Any bytes are allowed. */
enum tar_head tar_head_read(const char block[TAR_BLOCK], char ret_name[TAR_NAME_SIZE],
			    int64_t *ret_size);
/** Bytes that fill up the last block of a file. */
size_t tar_padding(int64_t size);

#endif
