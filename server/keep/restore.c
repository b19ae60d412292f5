#include "server/keep/restore.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/data.h"
#include "server/db/renew.h"
#include "server/db/schema.h"
#include "server/keep/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct restore {
	const char *from;
	char *dir;     /* the data folder, links followed */
	char *staging; /* beside it: what is made first */
	char *old;     /* where the former one goes, or NULL */
	bool there;    /* there is a data folder */
	uid_t owner;
	gid_t group;
	struct fs_out *out;	/* the file that is being written */
	struct fs_lock *lock;	/* of the data folder, where there is one */
	struct fs_lock *left;	/* of what a restore that was killed left in its place */
	struct fs_lock *staged; /* of the new one; NULL: the staging folder is not ours */
	struct pace pace;
	struct manifest m;
};

/* ---- may it be done? ---- */

static bool is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	bool empty = true;
	for (const struct dirent *e; d && empty && (e = readdir(d)) != NULL;)
		empty = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
			!strcmp(e->d_name, "lock") || !strcmp(e->d_name, "backup.lock");
	if (d)
		closedir(d);
	return empty;
}

/* Where what is there goes; another restore of the same second has its name already. */
static char *name_aside(const char *dir)
{
	char stamp[32];
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	char *name = mem_printf("%s.before-restore-%s", dir, stamp);
	for (int n = 2; fs_exists(name); n++) {
		mem_free(name);
		name = mem_printf("%s.before-restore-%s-%d", dir, stamp, n);
	}
	return name;
}

static int look_at_target(struct restore *r, bool replace, struct err *err)
{
	struct stat st;
	r->staging = mem_printf("%s.restoring", r->dir);
	r->there = stat(r->dir, &st) == 0;
	if (!r->there)
		return 0;
	r->owner = st.st_uid;
	r->group = st.st_gid;
	int rc = data_lock(r->dir, &r->lock, err);
	if (rc || is_empty(r->dir))
		return rc;
	if (!replace) {
		err_set(err, ERR_CONFLICT, _("There is something in %s already"), r->dir);
		err_hint(err, _("name a folder that does not exist, or say --replace: what is "
				"there is moved aside, not removed"));
		return ERR_CONFLICT;
	}
	r->old = name_aside(r->dir);
	return 0;
}

/* A folder says beforehand how much it is; of an archive its own size is near enough. */
static int check_room(struct restore *r, struct err *err)
{
	struct stat st;
	struct manifest m;
	int64_t need = stat(r->from, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
	if (!need) {
		int rc = manifest_load(r->from, &m, err);
		if (rc)
			return rc;
		need = manifest_bytes(&m);
		manifest_done(&m);
	}
	int64_t have = os_disk_free(r->staging);
	if (have < 0 || have >= need)
		return 0;
	err_set(err, ERR_DISK,
		_("There is no room beside %s: %lld MB are free, %lld MB are needed"), r->dir,
		(long long)(have >> 20), (long long)(need >> 20));
	err_hint(err, _("make room on that disk; nothing was changed"));
	return ERR_DISK;
}

/* ---- writing the new folder ---- */

static int begin_file(void *arg, const char *name, struct err *err)
{
	struct restore *r = arg;
	AUTO_FREE char *path = fs_join(r->staging, name);
	AUTO_FREE char *folder = mem_strndup(path, (size_t)(fs_basename(path) - path) - 1);
	int rc = fs_mkdirs(folder, 0700, err);
	return rc ? rc : fs_out_open(path, 0600, &r->out, err);
}

static int file_data(void *arg, struct span data, struct err *err)
{
	return fs_out_write(((struct restore *)arg)->out, data, err);
}

static int end_file(void *arg, struct err *err)
{
	return fs_out_commit(take(&((struct restore *)arg)->out), err);
}

/* Who restores as root does so for the user that the server runs as. */
static int give_back(const char *path, uid_t owner, gid_t group, struct err *err)
{
	DIR *d = opendir(path);
	int rc = 0;
	if (lchown(path, owner, group))
		rc = err_errno(err, errno, _("cannot give %s to its owner"), path);
	for (const struct dirent *e; !rc && d && (e = readdir(d)) != NULL;) {
		AUTO_FREE char *inside = fs_join(path, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = give_back(inside, owner, group, err);
	}
	if (d)
		closedir(d);
	return rc;
}

static int check_schema(const struct restore *r, struct err *err)
{
	if (r->m.schema > 0 && r->m.schema <= server_migration_count)
		return 0;
	return err_set(err, ERR_UNSUPPORTED,
		       _("This backup was made by a newer muster (%s): install that one"),
		       r->m.muster);
}

static int lock_staging(const struct restore *r, struct fs_lock **ret, struct err *err)
{
	AUTO_FREE char *path = fs_join(r->staging, "lock");
	int rc = fs_mkdirs(r->staging, 0700, err);
	if (!rc)
		rc = fs_lock(path, false, ret, err);
	if (rc == ERR_CONFLICT) {
		err_set(err, rc, _("Another restore to %s is under way"), r->dir);
		err_hint(err, _("wait until it has ended"));
	}
	return rc;
}

/*
 * Empty, and nobody else's: two restores would mix what they write, and who fails
 * removes it. The lock comes along as that of the data folder which this becomes.
 */
static int claim_staging(struct restore *r, struct err *err)
{
	/* Held to the end: who has opened that file by now must not find it free, as it is gone. */
	int rc = lock_staging(r, &r->left, err);
	if (!rc)
		rc = fs_remove_tree(r->staging, err);
	if (!rc)
		rc = lock_staging(r, &r->staged, err);
	return rc;
}

static int stage(struct restore *r, struct err *err)
{
	static const struct keep_visitor visitor = {begin_file, file_data, end_file};
	int rc = claim_staging(r, err);
	if (!rc)
		rc = check_room(r, err);
	if (!rc)
		rc = keep_read(r->from, &visitor, r, &r->pace, &r->m, err);
	if (!rc)
		rc = check_schema(r, err);
	if (!rc)
		rc = renew(r->staging, err);
	if (!rc && r->there && geteuid() == 0)
		rc = give_back(r->staging, r->owner, r->group, err);
	return rc;
}

/* ---- the change ---- */

/* They stay with the data folder. */
static void keep_backups(const struct restore *r)
{
	AUTO_FREE char *from = fs_join(r->old, "backups");
	AUTO_FREE char *to = fs_join(r->dir, "backups");
	if (fs_exists(from) && rename(from, to))
		log_warn("%s stays in %s: %s", "backups", r->old, strerror(errno));
}

/*
 * In one step where the system can: a machine that fails in the middle must not
 * come up without the folder, as a server would begin with an empty one.
 */
static bool exchange(const struct restore *r)
{
	if (rename(r->staging, r->old))
		return false;
	if (!os_exchange(r->old, r->dir))
		return true;
	if (rename(r->old, r->staging))
		log_error("%s could not be moved back from %s", r->staging, r->old);
	return false;
}

static int change_places(struct restore *r, struct err *err)
{
	if (r->old && exchange(r))
		return 0;
	if (r->old ? rename(r->dir, r->old) : r->there && fs_remove_tree(r->dir, NULL))
		return err_errno(err, errno, _("cannot move %s aside"), r->dir);
	if (rename(r->staging, r->dir)) {
		int why = errno;
		if (r->old && rename(r->old, r->dir))
			log_error("%s could not be moved back from %s", r->dir, r->old);
		return err_errno(err, why, _("cannot put the new folder in the place of %s"),
				 r->dir);
	}
	return 0;
}

static int put_in_place(struct restore *r, struct err *err)
{
	AUTO_FREE char *parent = mem_strndup(r->dir, (size_t)(fs_basename(r->dir) - r->dir));
	int rc = change_places(r, err);
	if (rc)
		return rc;
	if (r->old)
		keep_backups(r);
	rc = fs_sync(r->dir, err);
	return rc ? rc : fs_sync(*parent ? parent : ".", err);
}

static json_t *result(const struct restore *r)
{
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:s?}", "data", r->dir, "server_name",
			 r->m.server_name, "made_ts", (json_int_t)r->m.made_ms, "users",
			 (json_int_t)r->m.users, "rooms", (json_int_t)r->m.rooms, "events",
			 (json_int_t)r->m.events, "media", (json_int_t)r->m.media, "bytes",
			 (json_int_t)manifest_bytes(&r->m), "old", r->old);
}

int keep_restore(const char *path, const char *dir, bool replace, json_t **ret, struct err *err)
{
	struct restore r = {.from = path, .dir = fs_real(dir)};
	size_t n = strlen(r.dir);
	while (n > 1 && r.dir[n - 1] == '/')
		r.dir[--n] = '\0';
	int rc = look_at_target(&r, replace, err);
	if (!rc)
		rc = stage(&r, err);
	if (!rc)
		rc = put_in_place(&r, err);
	if (!rc)
		*ret = result(&r);
	else if (r.staged)
		fs_remove_tree(r.staging, NULL);
	fs_out_abort(r.out);
	fs_unlock(r.staged);
	fs_unlock(r.left);
	fs_unlock(r.lock);
	manifest_done(&r.m);
	mem_free(r.dir);
	mem_free(r.staging);
	mem_free(r.old);
	return rc;
}
