#include "server/keep/backup.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/sql.h"
#include "server/db/schema.h"
#include "server/keep/shelf.h"
#include "server/keep/sink.h"
#include "server/media/media.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DISK_RESERVE (32 << 20) /* a backup does not take the server its last room */

struct backup {
	const struct backup_options *o;
	char *shelf, *path; /* the folder of backups, and the new one */
	char *last;	    /* the one before, or NULL */
	struct sql *db;	    /* the data folder's, then the copy */
	struct keep_sink *sink;
	struct manifest m;
	bool tar;
};

/* ---- where to ---- */

static int choose_place(struct backup *b, struct err *err)
{
	const char *to = b->o->to, *name = fs_basename(to);
	int64_t now = clock_wall_ms();
	b->tar = span_ends(span_of(to), ".tar");
	if (b->tar)
		b->shelf = name == to ? mem_strdup(".") : mem_strndup(to, (size_t)(name - to));
	else
		b->shelf = mem_strdup(to);
	int rc = fs_mkdirs(b->shelf, 0700, err);
	if (rc)
		return rc;
	shelf_clean(b->shelf);
	if (!b->tar && !shelf_newest(b->shelf, NULL, &b->last, NULL))
		b->last = NULL;
	b->path = b->tar ? mem_strdup(to) : shelf_name(b->shelf, b->o->kind, now, "");
	/* Two within one second. */
	while (!b->tar && fs_exists(b->path)) {
		mem_free(b->path);
		now += 1000;
		b->path = shelf_name(b->shelf, b->o->kind, now, "");
	}
	b->m.made_ms = now;
	return 0;
}

static bool same_file_system(const char *a, const char *b)
{
	struct stat x, y;
	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev;
}

static char *media_in(const char *folder, const char *id)
{
	return mem_printf("%s/media/%.2s/%s", folder, id, id);
}

/* Uploaded files that have to be copied. */
static int64_t media_to_copy(struct backup *b)
{
	int64_t n = 0;
	if (!b->tar && same_file_system(b->o->data_dir, b->shelf))
		return 0;
	struct sql_stmt *s = SQL(b->db, "SELECT media_id,size FROM media WHERE sha256 IS NOT NULL");
	while (sql_row(s)) {
		AUTO_FREE char *have = b->last ? media_in(b->last, sql_col_text(s, 0).p) : NULL;
		if (!have || !fs_exists(have))
			n += sql_col_i64(s, 1);
	}
	return n;
}

static int check_room(struct backup *b, struct err *err)
{
	int64_t db = sql_size(b->db) * (b->tar ? 2 : 1);
	int64_t need = db + media_to_copy(b) + DISK_RESERVE, have = os_disk_free(b->shelf);
	if (have < 0 || have >= need)
		return 0;
	err_set(err, ERR_DISK,
		_("There is no room for a backup in %s: %lld MB are free, %lld MB are needed"),
		b->shelf, (long long)(have >> 20), (long long)(need >> 20));
	err_hint(err, _("make room there, or name another folder with -o or backup_dir"));
	return ERR_DISK;
}

/* ---- the database ---- */

static int open_database(struct backup *b, struct err *err)
{
	AUTO_FREE char *path = fs_join(b->o->data_dir, "muster.db");
	if (!fs_exists(path)) {
		err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"), b->o->data_dir);
		return ERR_NOT_FOUND;
	}
	int rc = sql_open(path, SQL_READ_ONLY, &b->db, err);
	if (rc)
		return rc;
	b->m.schema = sql_schema(b->db);
	if (b->m.schema == 0 || b->m.schema > server_migration_count)
		return err_set(err, ERR_FAILED,
			       _("%s was written by a newer muster: make the backup with that one"),
			       path);
	return 0;
}

static int check_copy(struct backup *b, struct err *err)
{
	char said[256] = "";
	sql_on_progress(b->db, pace_progress, b->o->pace);
	int rc = sql_check(b->db, said, sizeof(said));
	sql_on_progress(b->db, NULL, NULL);
	if (pace_step(b->o->pace, err))
		return ERR_CANCELLED;
	if (!rc && !strcmp(said, "ok"))
		return 0;
	err_set(err, ERR_FAILED, _("The database is damaged, nothing was backed up: %s"), said);
	err_hint(err, _("put back an earlier backup: \"muster admin restore\""));
	return ERR_FAILED;
}

static int read_facts(struct backup *b, struct err *err)
{
	struct manifest *m = &b->m;
	struct sql_stmt *s = SQL(b->db, "SELECT value FROM meta WHERE key='server_name'");
	if (sql_row(s))
		snprintf(m->server_name, sizeof(m->server_name), "%s", sql_col_text(s, 0).p);
	sql_reset(s);
	snprintf(m->muster, sizeof(m->muster), "%s", MUSTER_VERSION);
	m->users = sql_get_i64(SQL(b->db, "SELECT count(*) FROM users WHERE deactivated=0"), 0);
	m->rooms = sql_get_i64(SQL(b->db, "SELECT count(*) FROM rooms"), 0);
	m->events = sql_get_i64(SQL(b->db, "SELECT count(*) FROM events"), 0);
	m->media =
		sql_get_i64(SQL(b->db, "SELECT count(*) FROM media WHERE sha256 IS NOT NULL"), 0);
	return sql_failed(b->db, err);
}

static int add(struct backup *b, const char *name, const char *from, bool linkable, struct err *err)
{
	struct keep_file f;
	int rc = keep_sink_add(b->sink, name, from, linkable, &f, err);
	if (!rc)
		*manifest_add(&b->m) = f;
	return rc;
}

/* From here on everything is read from the copy: it is the state that is kept. */
static int take_database(struct backup *b, struct err *err)
{
	const char *copy = keep_sink_db(b->sink);
	int rc = sql_backup(b->db, copy, pace_step, b->o->pace, err);
	sql_close(take(&b->db));
	if (!rc)
		rc = sql_open(copy, SQL_READ_ONLY, &b->db, err);
	if (!rc)
		rc = check_copy(b, err);
	if (!rc)
		rc = read_facts(b, err);
	return rc ? rc : add(b, "muster.db", copy, false, err);
}

/* ---- settings and keys ---- */

/* All files that stand beside the database, but its own and those of a moment. */
static bool belongs(const char *name)
{
	struct span s = span_of(name);
	return keep_name_ok(s) && !span_starts(s, "muster.db") && !span_ends(s, ".lock") &&
	       !span_eq_str(s, "running.json") && !span_ends(s, ".tar") && !span_ends(s, ".ndjson");
}

static int take_settings(struct backup *b, struct err *err)
{
	DIR *d = opendir(b->o->data_dir);
	int rc = 0;
	AUTO_FREE char *own = fs_join(b->o->data_dir, "muster.conf");
	for (const struct dirent *e; !rc && d && (e = readdir(d)) != NULL;) {
		struct stat st;
		AUTO_FREE char *path = fs_join(b->o->data_dir, e->d_name);
		if (belongs(e->d_name) && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			rc = add(b, e->d_name, path, false, err);
	}
	if (d)
		closedir(d);
	if (!rc && b->o->config_file && !fs_exists(own) && fs_exists(b->o->config_file))
		rc = add(b, "muster.conf", b->o->config_file, false, err);
	return rc;
}

/* ---- uploaded files ---- */

/* 1: it is there and right, 0: it is not, else an error. */
static int try_media(struct backup *b, const char *name, const char *from, struct span sha256,
		     struct keep_file *f, struct err *err)
{
	int rc = keep_sink_add(b->sink, name, from, true, f, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc)
		return rc;
	return sha256.n == 32 && !memcmp(sha256.p, f->sha256, 32);
}

/* What rots in the data folder may still be good in the last backup. */
static int take_media(struct backup *b, const char *id, struct span sha256, struct err *err)
{
	struct keep_file f = {.size = -1}, old = {.size = -1};
	AUTO_FREE char *name = mem_printf("media/%.2s/%s", id, id);
	AUTO_FREE char *live = media_in(b->o->data_dir, id);
	AUTO_FREE char *last = b->last ? media_in(b->last, id) : NULL;
	bool near = !last || same_file_system(b->o->data_dir, b->shelf);
	int rc = try_media(b, name, near ? live : last, sha256, &f, err);
	if (rc == 0 && last) {
		bool had = f.size >= 0 && keep_sink_forget(b->sink, name);
		rc = try_media(b, name, near ? last : live, sha256, &old, err);
		if (rc == 0 && had && keep_sink_forget(b->sink, name))
			rc = try_media(b, name, near ? live : last, sha256, &f, err);
		else if (rc >= 0 && old.size >= 0)
			f = old;
	}
	if (rc < 0)
		return rc;
	b->m.missing += f.size < 0;
	b->m.damaged += f.size >= 0 && rc == 0;
	if (rc == 0)
		log_warn("backup: the file %s is %s", live, f.size < 0 ? "missing" : "damaged");
	if (f.size >= 0)
		*manifest_add(&b->m) = f;
	return 0;
}

static int take_all_media(struct backup *b, struct err *err)
{
	int rc = 0;
	struct sql_stmt *s = SQL(b->db, "SELECT media_id,sha256 FROM media"
					" WHERE sha256 IS NOT NULL ORDER BY media_id");
	while (!rc && sql_row(s)) {
		AUTO_FREE char *id = span_dup(sql_col_text(s, 0));
		if (media_valid_id(span_of(id)))
			rc = take_media(b, id, sql_col_blob(s, 1), err);
	}
	if (!rc)
		rc = sql_failed(b->db, err);
	else
		sql_reset(s);
	return rc;
}

/* ---- all of it ---- */

static json_t *result(const struct backup *b, int64_t copied)
{
	const struct manifest *m = &b->m;
	AUTO_FREE char *path = fs_real(b->path);
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "path", path, "made_ts",
			 (json_int_t)m->made_ms, "bytes", (json_int_t)manifest_bytes(m),
			 "copied_bytes", (json_int_t)copied, "files", (json_int_t)m->n, "users",
			 (json_int_t)m->users, "rooms", (json_int_t)m->rooms, "events",
			 (json_int_t)m->events, "media", (json_int_t)m->media, "missing",
			 (json_int_t)m->missing, "damaged", (json_int_t)m->damaged);
}

static int make(struct backup *b, json_t **ret, struct err *err)
{
	int64_t copied = 0;
	int rc = open_database(b, err);
	if (!rc)
		rc = choose_place(b, err);
	if (!rc)
		rc = check_room(b, err);
	if (!rc)
		rc = keep_sink_open(b->path, b->o->pace, &b->sink, err);
	if (!rc)
		rc = take_database(b, err);
	if (!rc)
		rc = take_settings(b, err);
	if (!rc)
		rc = take_all_media(b, err);
	sql_close(take(&b->db));
	if (!rc) {
		copied = keep_sink_copied(b->sink) + (b->tar ? 0 : b->m.files[0].size);
		rc = keep_sink_commit(take(&b->sink), &b->m, err);
	}
	if (!rc)
		*ret = result(b, copied);
	return rc;
}

int keep_backup(const struct backup_options *o, json_t **ret, struct err *err)
{
	struct backup b = {.o = o};
	struct fs_lock *lock = NULL;
	AUTO_FREE char *path = fs_join(o->data_dir, "backup.lock");
	if (!fs_exists(o->data_dir))
		return err_set(err, ERR_NOT_FOUND, _("There is no server's data in %s"),
			       o->data_dir);
	int rc = fs_lock(path, false, &lock, err);
	if (rc == ERR_CONFLICT)
		err_set(err, rc, _("A backup of %s is being made already"), o->data_dir);
	if (!rc)
		rc = make(&b, ret, err);
	keep_sink_abort(b.sink);
	sql_close(b.db);
	manifest_done(&b.m);
	mem_free(b.shelf);
	mem_free(b.path);
	mem_free(b.last);
	fs_unlock(lock);
	return rc;
}
