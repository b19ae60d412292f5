/*
 * A throw-away folder for one test program.
 */
#ifndef MUSTER_TESTS_TMPDIR_H
#define MUSTER_TESTS_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int tmpdir_remove_one(const char *path, const struct stat *st, int flag,
				    struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/** Make a folder under TMPDIR; its path goes into `ret`. */
static inline void tmpdir_make(char ret[256])
{
	const char *base = getenv("TMPDIR");
	snprintf(ret, 256, "%s/muster-test-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(ret)) {
		perror(ret);
		exit(1);
	}
}

static inline void tmpdir_remove(const char *path)
{
	nftw(path, tmpdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
