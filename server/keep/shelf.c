#include "server/keep/shelf.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/keep/manifest.h"
#include "server/keep/sink.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STAMP "%Y%m%dT%H%M%SZ"
#define STAMP_SIZE 32
#define BACKUPS_MAX 10000 /* that are looked at in one folder */
#define AHEAD_MS 3600000  /* a stamp further ahead was made by a clock that was wrong */

char *shelf_name(const char *shelf, const char *kind, int64_t now_ms, const char *ending)
{
	char stamp[STAMP_SIZE];
	time_t t = (time_t)(now_ms / 1000);
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), STAMP, &tm);
	return mem_printf("%s/%s-%s%s", shelf, kind, stamp, ending);
}

/* "daily-20260301T020000Z" -> when, or 0: no name of ours. */
static int64_t made_at(const char *name, const char *kind)
{
	const char *stamp = strrchr(name, '-');
	struct tm tm = {0};
	if (!stamp || (kind && (strlen(kind) != (size_t)(stamp - name) ||
				strncmp(name, kind, strlen(kind)) != 0)))
		return 0;
	if (!kind && strncmp(name, SHELF_DAILY "-", 6) != 0 &&
	    strncmp(name, SHELF_ASKED "-", 7) != 0)
		return 0;
	const char *end = strptime(stamp + 1, STAMP, &tm);
	return end && !*end ? (int64_t)timegm(&tm) * 1000 : 0;
}

/*
 * A machine may start with any date. What it stamped then must neither pass for the
 * newest for years nor stand in the place of the true ones.
 */
static bool is_ahead(int64_t at_ms)
{
	return at_ms > clock_wall_ms() + AHEAD_MS;
}

/* With a manifest under its name it is a whole one: see sink.h. */
static bool is_whole(const char *shelf, const char *name)
{
	struct stat st;
	AUTO_FREE char *path = mem_printf("%s/%s/" MANIFEST_NAME, shelf, name);
	AUTO_FREE char *dir = fs_join(shelf, name);
	return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && fs_exists(path);
}

bool shelf_newest(const char *shelf, const char *kind, char **ret, int64_t *ret_ms)
{
	DIR *d = opendir(shelf);
	int64_t best = 0;
	AUTO_FREE char *name = NULL;
	for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
		int64_t at = made_at(e->d_name, kind);
		if (at <= best || is_ahead(at) || !is_whole(shelf, e->d_name))
			continue;
		best = at;
		mem_free(name);
		name = mem_strdup(e->d_name);
	}
	if (d)
		closedir(d);
	if (!name)
		return false;
	*ret = fs_join(shelf, name);
	if (ret_ms)
		*ret_ms = best;
	return true;
}

void shelf_clean(const char *shelf)
{
	DIR *d = opendir(shelf);
	struct err err;
	for (const struct dirent *e; d && (e = readdir(d)) != NULL;) {
		if (!keep_sink_is_part(e->d_name))
			continue;
		AUTO_FREE char *path = fs_join(shelf, e->d_name);
		struct stat st;
		bool folder = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
		if (folder ? fs_remove_tree(path, &err) : fs_remove(path, &err))
			log_warn("backup: %s", err.msg);
	}
	if (d)
		closedir(d);
}

static int newest_first(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	bool x_ahead = is_ahead(made_at(x, NULL)), y_ahead = is_ahead(made_at(y, NULL));
	return x_ahead != y_ahead ? x_ahead - y_ahead : strcmp(y, x);
}

static size_t list_daily(const char *shelf, char **names)
{
	DIR *d = opendir(shelf);
	size_t n = 0;
	for (const struct dirent *e; d && n < BACKUPS_MAX && (e = readdir(d)) != NULL;)
		if (made_at(e->d_name, SHELF_DAILY) && is_whole(shelf, e->d_name))
			names[n++] = mem_strdup(e->d_name);
	if (d)
		closedir(d);
	qsort(names, n, sizeof(*names), newest_first);
	return n;
}

static int remove_one(const char *shelf, const char *name, struct err *err)
{
	AUTO_FREE char *path = fs_join(shelf, name);
	AUTO_FREE char *aside = mem_printf("%s/.muster-%s.part", shelf, name);
	if (rename(path, aside))
		return err_errno(err, errno, _("cannot remove %s"), path);
	return fs_remove_tree(aside, err);
}

int shelf_prune(const char *shelf, int keep, struct err *err)
{
	char **names = mem_alloc(BACKUPS_MAX * sizeof(*names));
	size_t n = list_daily(shelf, names);
	int rc = 0;
	for (size_t i = 0; i < n; i++) {
		if (!rc && i >= (size_t)keep)
			rc = remove_one(shelf, names[i], err);
		mem_free(names[i]);
	}
	mem_free(names);
	return rc;
}
