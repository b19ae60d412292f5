#include "core/base/fs.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_DEPTH 128 /* one open folder each */

char *fs_join(const char *a, const char *b)
{
	size_t n = strlen(a);
	return mem_printf("%s%s%s", a, n && a[n - 1] == '/' ? "" : "/", b);
}

char *fs_real(const char *path)
{
	char real[PATH_MAX];
	return mem_strdup(realpath(path, real) ? real : path);
}

const char *fs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int make_dir(const char *path, unsigned mode, struct err *err)
{
	struct stat st;
	if (mkdir(path, mode) == 0)
		return 0;
	int why = errno;
	/* Some systems say EROFS or EACCES for a folder that is there. */
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		why = ENOTDIR;
	}
	return err_errno(err, why, _("cannot make the folder %s"), path);
}

int fs_mkdirs(const char *path, unsigned mode, struct err *err)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	AUTO_FREE char *p = mem_strdup(path);
	for (char *at = p + 1; *p && *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		int rc = make_dir(p, mode, err);
		*at = '/';
		if (rc)
			return rc;
	}
	return make_dir(p, mode, err);
}

static const char *home(void)
{
	const char *dir = getenv("HOME");
	if (dir && dir[0] == '/')
		return dir;
	/* cron and service managers may give no HOME. */
	const struct passwd *pw = getpwuid(getuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

/* A folder nobody else can have prepared or can read. */
static bool is_private_dir(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid() &&
	       (st.st_mode & 077) == 0;
}

static int runtime_fallback(char **ret, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	if (!tmp || tmp[0] != '/')
		tmp = "/tmp";
	AUTO_FREE char *dir = mem_printf("%s/muster-%ld", tmp, (long)getuid());
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_errno(err, errno, _("cannot make the folder %s"), dir);
	if (!is_private_dir(dir)) {
		err_set(err, ERR_FAILED, _("%s is not a private folder of this user"), dir);
		err_hint(err, _("remove it, or set XDG_RUNTIME_DIR to a folder with mode 0700"));
		return ERR_FAILED;
	}
	*ret = take(&dir);
	return 0;
}

static int runtime_place(char **ret, struct err *err)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	/* After su or sudo the variable may name another person's folder. */
	if (!dir || dir[0] != '/' || !is_private_dir(dir))
		return runtime_fallback(ret, err);
	AUTO_FREE char *path = fs_join(dir, "muster");
	int rc = make_dir(path, 0700, err);
	if (!rc)
		*ret = take(&path);
	return rc;
}

int fs_place(enum fs_place where, char **ret, struct err *err)
{
	static const struct {
		const char *env, *otherwise;
	} rows[] = {
		[FS_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
		[FS_DATA] = {"XDG_DATA_HOME", ".local/share"},
		[FS_STATE] = {"XDG_STATE_HOME", ".local/state"},
		[FS_CACHE] = {"XDG_CACHE_HOME", ".cache"},
	};
	if (where == FS_RUNTIME)
		return runtime_place(ret, err);
	AUTO_FREE char *path = NULL;
	const char *base = getenv(rows[where].env);
	if (base && base[0] == '/') { /* relative values are to be ignored */
		path = fs_join(base, "muster");
	} else {
		const char *dir = home();
		if (!dir)
			return err_set(err, ERR_FAILED, _("no home folder is known: set HOME"));
		path = mem_printf("%s/%s/muster", dir, rows[where].otherwise);
	}
	int rc = fs_mkdirs(path, 0700, err);
	if (!rc)
		*ret = take(&path);
	return rc;
}

static int read_all(int fd, const char *path, struct buf *b, struct err *err)
{
	for (;;) {
		size_t left = b->cap - b->n, want = left < 65536 ? left : 65536;
		/* At the cap one more byte decides between "fits" and "too large". */
		char extra, *to = want ? buf_reserve(b, want) : &extra;
		ssize_t n = read(fd, to, want ? want : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, _("cannot read %s"), path);
		if (n == 0)
			return 0;
		if (!want)
			return err_set(err, ERR_TOO_LARGE, _("%s is larger than %zu bytes"), path,
				       b->cap);
		buf_added(b, (size_t)n);
	}
}

int fs_read(const char *path, struct buf *b, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, _("cannot read %s"), path);
	int rc = read_all(fd, path, b, err);
	close(fd);
	return rc;
}

int fs_write_atomic(const char *path, struct span data, unsigned mode, struct err *err)
{
	struct fs_out *o;
	int rc = fs_out_open(path, mode, &o, err);
	if (rc)
		return rc;
	rc = fs_out_write(o, data, err);
	if (rc) {
		fs_out_abort(o);
		return rc;
	}
	return fs_out_commit(o, err);
}

bool fs_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

int fs_remove(const char *path, struct err *err)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return err_errno(err, errno, _("cannot remove %s"), path);
}

static int remove_entries(int at, const char *name, int depth);

static int remove_entry(int dir, const struct dirent *e, int depth)
{
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	if (unlinkat(dir, e->d_name, 0) == 0 || errno == ENOENT)
		return 0;
	/* POSIX says EPERM for a folder, Linux EISDIR. */
	if (errno != EISDIR && errno != EPERM)
		return -1;
	if (remove_entries(dir, e->d_name, depth + 1) != 0)
		return -1;
	return unlinkat(dir, e->d_name, AT_REMOVEDIR);
}

static int remove_entries(int at, const char *name, int depth)
{
	if (depth > TREE_DEPTH) {
		errno = ELOOP;
		return -1;
	}
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -1;
	}
	int rc = 0;
	for (struct dirent *e; rc == 0 && (e = readdir(d)) != NULL;)
		rc = remove_entry(fd, e, depth);
	int why = errno;
	closedir(d);
	errno = why;
	return rc;
}

int fs_remove_tree(const char *path, struct err *err)
{
	int rc = remove_entries(AT_FDCWD, path, 0);
	if (rc == 0)
		rc = rmdir(path);
	if (rc != 0 && errno == ENOENT)
		return 0;
	return rc == 0 ? 0 : err_errno(err, errno, _("cannot remove the folder %s"), path);
}
