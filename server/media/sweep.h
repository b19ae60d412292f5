/*
 * Files that a crash left without a row: the file gets its name before the row
 * is committed, so that no row ever lacks its file.
 */
#ifndef MUSTER_SERVER_MEDIA_SWEEP_H
#define MUSTER_SERVER_MEDIA_SWEEP_H

#include <stdatomic.h>
#include <time.h>

/**
 * Remove the files below `media_dir` that were written before `born` and that
 * the database at `db_path` knows nothing of. A crash leaves a few of them; when
 * there are more, an older database was probably restored: they all stay, and
 * the log says so. Any thread but the writer's; ends early once *stop is set.
 */
void media_sweep(const char *media_dir, const char *db_path, struct timespec born,
		 const atomic_bool *stop);

#endif
