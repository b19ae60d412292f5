#include "core/base/fs.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct fs_lock {
	int fd;
};

/* flock, not fcntl: it excludes two handles of one process, and closing
 * another descriptor of the file does not drop it. */
static int lock_fd(int fd, bool wait)
{
	int rc;
	do {
		rc = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	} while (rc != 0 && errno == EINTR);
	return rc;
}

static int in_use(int fd, const char *path, struct err *err)
{
	char text[24] = "";
	uint64_t pid;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	if (n > 0 && span_u64(span_trim((struct span){text, (size_t)n}), &pid))
		return err_set(err, ERR_CONFLICT, _("%s is in use by process %llu"), path,
			       (unsigned long long)pid);
	return err_set(err, ERR_CONFLICT, _("%s is in use by another process"), path);
}

/* Who holds it, for the sentence above; the lock does not depend on it. */
static void write_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return;
}

int fs_lock(const char *path, bool wait, struct fs_lock **ret, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, _("cannot open the lock %s"), path);
	if (lock_fd(fd, wait) != 0) {
		int rc = errno == EWOULDBLOCK ? in_use(fd, path, err)
					      : err_errno(err, errno, _("cannot lock %s"), path);
		close(fd);
		return rc;
	}
	write_pid(fd);
	*ret = NEW(struct fs_lock);
	(*ret)->fd = fd;
	return 0;
}

void fs_unlock(struct fs_lock *l)
{
	if (!l)
		return;
	close(l->fd);
	mem_free(l);
}
