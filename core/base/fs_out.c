#include "core/base/fs.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct fs_out {
	int fd;
	unsigned mode;
	char *path; /* where it goes */
	char *temp;
};

/* The file a link points to, so that a linked configuration file stays a link. */
static char *follow_link(const char *path)
{
	struct stat st;
	char real[PATH_MAX];
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
		return mem_strdup(real);
	return mem_strdup(path);
}

static char *folder_of(const char *path)
{
	const char *name = fs_basename(path);
	if (name == path)
		return mem_strdup(".");
	size_t n = (size_t)(name - path) - 1;
	return mem_strndup(path, n ? n : 1);
}

int fs_out_open(const char *path, unsigned mode, struct fs_out **ret, struct err *err)
{
	struct fs_out *o = NEW(struct fs_out);
	o->path = follow_link(path);
	o->mode = mode;
	AUTO_FREE char *dir = folder_of(o->path);
	/* A fixed part of the name only: names may already be as long as allowed. */
	o->temp = fs_join(dir, ".muster-XXXXXX");
	o->fd = mkostemp(o->temp, O_CLOEXEC);
	if (o->fd < 0) {
		int rc = err_errno(err, errno, _("cannot write in the folder %s"), dir);
		mem_free(take(&o->temp));
		fs_out_abort(o);
		return rc;
	}
	*ret = o;
	return 0;
}

int fs_out_write(struct fs_out *o, struct span data, struct err *err)
{
	while (data.n) {
		ssize_t n = write(o->fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, _("cannot write %s"), o->path);
		data = span_from(data, (size_t)n);
	}
	return 0;
}

int fs_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? err_errno(err, errno, _("cannot sync %s"), path) : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The rename itself is on disk only after this. Not every file system can. */
static void sync_folder(const char *path)
{
	AUTO_FREE char *dir = folder_of(path);
	fs_sync(dir, NULL);
}

int fs_out_commit(struct fs_out *o, struct err *err)
{
	bool ok = fchmod(o->fd, o->mode) == 0 && fsync(o->fd) == 0;
	int why = errno;
	/* NFS and quotas may speak only at close. */
	if (close(o->fd) != 0 && ok) {
		ok = false;
		why = errno;
	}
	o->fd = -1;
	if (ok && rename(o->temp, o->path) != 0) {
		ok = false;
		why = errno;
	}
	int rc = 0;
	if (ok) {
		sync_folder(o->path);
		mem_free(take(&o->temp));
	} else {
		rc = err_errno(err, why, _("cannot write %s"), o->path);
	}
	fs_out_abort(o);
	return rc;
}

void fs_out_abort(struct fs_out *o)
{
	if (!o)
		return;
	if (o->fd >= 0)
		close(o->fd);
	if (o->temp)
		unlink(o->temp);
	mem_free(o->temp);
	mem_free(o->path);
	mem_free(o);
}
