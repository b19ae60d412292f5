#include "server/media/sweep.h"

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/media/media.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define ORPHANS_MAX 100

struct sweep {
	struct sql *db;
	struct timespec born;
	const atomic_bool *stop;
	char *orphans[ORPHANS_MAX]; /* paths */
	size_t n;
	bool many;
};

static bool is_older(const char *path, struct timespec than)
{
	struct stat st;
	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	return st.st_mtim.tv_sec < than.tv_sec ||
	       (st.st_mtim.tv_sec == than.tv_sec && st.st_mtim.tv_nsec < than.tv_nsec);
}

/* An error counts as "known": what is in doubt stays. */
static bool is_known(struct sql *db, const char *id)
{
	struct sql_stmt *s =
		SQL(db, "SELECT count(*) FROM media WHERE media_id=? AND sha256 IS NOT NULL");
	sql_bind_str(s, 1, id);
	return sql_get_i64(s, 1) != 0;
}

static void look_at(struct sweep *w, const char *folder, const char *name)
{
	if (!media_valid_id(span_of(name)) || is_known(w->db, name))
		return;
	char *path = fs_join(folder, name);
	if (is_older(path, w->born) && w->n < ORPHANS_MAX)
		w->orphans[w->n++] = take(&path);
	else if (path && is_older(path, w->born))
		w->many = true;
	mem_free(path);
}

static bool go_on(const struct sweep *w)
{
	return !w->many && !atomic_load(w->stop);
}

static void each_entry(struct sweep *w, const char *folder,
		       void (*fn)(struct sweep *, const char *, const char *))
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	while (d && go_on(w) && (e = readdir(d)) != NULL)
		fn(w, folder, e->d_name);
	if (d)
		closedir(d);
}

/* Folders are named by the first two characters of what is in them. */
static void look_into(struct sweep *w, const char *dir, const char *name)
{
	AUTO_FREE char *folder = fs_join(dir, name);
	if (strlen(name) == 2 && strcmp(name, "..") != 0)
		each_entry(w, folder, look_at);
}

static void finish(struct sweep *w, const char *dir)
{
	struct err err;
	if (w->many)
		log_warn("media: over %d files in %s are unknown to the database: was an older "
			 "one restored? They stay",
			 ORPHANS_MAX, dir);
	for (size_t i = 0; i < w->n; i++) {
		if (!w->many && !atomic_load(w->stop) && fs_remove(w->orphans[i], &err))
			log_warn("media: %s", err.msg);
		mem_free(w->orphans[i]);
	}
	if (w->n && !w->many)
		log_info("media: removed %zu files that a crash left", w->n);
}

void media_sweep(const char *media_dir, const char *db_path, struct timespec born,
		 const atomic_bool *stop)
{
	struct err err;
	struct sweep w = {.born = born, .stop = stop};
	if (sql_open(db_path, SQL_READ_ONLY, &w.db, &err)) {
		log_warn("media: %s", err.msg);
		return;
	}
	each_entry(&w, media_dir, look_into);
	finish(&w, media_dir);
	sql_close(w.db);
}
