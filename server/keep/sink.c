#include "server/keep/sink.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keep/source.h"
#include "server/keep/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 262144
#define SYNC_EACH (8 << 20) /* bytes of a copy that wait for the disk at most */

struct keep_sink {
	struct pace *pace;
	char *path, *part, *dir; /* final name, temporary one, the folder of both */
	char *db;		 /* where the database is copied to */
	char *folder;		 /* a folder: where the last file went, to be synced */
	char *inside;		 /* a tar archive: name of the folder in it */
	int fd;			 /* a tar archive, else -1 */
	int64_t copied, mtime_s;
};

#define PART_BEGIN ".muster-"
#define PART_END ".part"

bool keep_sink_is_part(const char *name)
{
	struct span s = span_of(name);
	return span_starts(s, PART_BEGIN) && span_ends(s, PART_END);
}

static int open_tar(struct keep_sink *s, struct err *err)
{
	struct span name = span_of(fs_basename(s->path));
	s->inside = span_dup(span_head(name, name.n - 4));
	if (name.n + KEEP_NAME_SIZE >= TAR_NAME_SIZE)
		return err_set(err, ERR_USAGE, _("The name %s is too long"), s->inside);
	s->db = mem_printf("%s/" PART_BEGIN "%s.db" PART_END, s->dir, s->inside);
	s->fd = open(s->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return s->fd < 0 ? err_errno(err, errno, _("cannot write %s"), s->part) : 0;
}

static int open_folder(struct keep_sink *s, struct err *err)
{
	s->db = fs_join(s->part, "muster.db");
	s->folder = mem_strdup(s->part);
	return mkdir(s->part, 0700) ? err_errno(err, errno, _("cannot make the folder %s"), s->part)
				    : 0;
}

int keep_sink_open(const char *path, struct pace *pace, struct keep_sink **ret, struct err *err)
{
	struct stat st;
	const char *name = fs_basename(path);
	if (lstat(path, &st) == 0)
		return err_set(err, ERR_CONFLICT, _("%s is there already"), path);
	struct keep_sink *s = NEW(struct keep_sink);
	s->pace = pace;
	s->path = mem_strdup(path);
	s->fd = -1;
	s->mtime_s = clock_wall_ms() / 1000;
	s->dir = name == path ? mem_strdup(".") : mem_strndup(path, (size_t)(name - path));
	s->part = mem_printf("%s/" PART_BEGIN "%s" PART_END, s->dir, name);
	int rc = span_ends(span_of(path), ".tar") ? open_tar(s, err) : open_folder(s, err);
	if (rc) {
		keep_sink_abort(s);
		return rc;
	}
	*ret = s;
	return 0;
}

const char *keep_sink_db(const struct keep_sink *s)
{
	return s->db;
}

int64_t keep_sink_copied(const struct keep_sink *s)
{
	return s->copied;
}

/* ---- bytes ---- */

static int write_all(int fd, const char *path, struct span data, struct err *err)
{
	while (data.n) {
		ssize_t n = write(fd, data.p, data.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, _("cannot write %s"), path);
		data = span_from(data, (size_t)n);
	}
	return 0;
}

struct copying {
	struct keep_sink *s;
	int in, out; /* out -1: only hash */
	const char *from, *to;
	struct crypto_sha *sha;
	int64_t size, synced;
};

static int copy_chunk(struct copying *c, struct span data, struct err *err)
{
	crypto_sha_add(c->sha, data);
	c->size += (int64_t)data.n;
	int rc = c->out < 0 ? 0 : write_all(c->out, c->to, data, err);
	if (!rc && c->out >= 0 && c->size - c->synced >= SYNC_EACH) {
		fdatasync(c->out);
		c->synced = c->size;
	}
	return rc ? rc : pace_step(c->s->pace, err);
}

static int copy_bytes(struct copying *c, struct err *err)
{
	char *chunk = mem_alloc(CHUNK);
	int rc = 0;
	while (!rc) {
		ssize_t n = read(c->in, chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_errno(err, errno, _("cannot read %s"), c->from);
		else if (n == 0)
			break;
		else
			rc = copy_chunk(c, (struct span){chunk, (size_t)n}, err);
	}
	mem_free(chunk);
	/* Everybody else's files should stay in memory, not these. */
	posix_fadvise(c->in, 0, 0, POSIX_FADV_DONTNEED);
	return rc;
}

/* From `from` to `out` (-1: nowhere); size and hash. */
static int take_bytes(struct keep_sink *s, const char *from, int out, const char *to,
		      struct keep_file *f, struct err *err)
{
	struct copying c = {.s = s, .out = out, .from = from, .to = to};
	c.in = open(from, O_RDONLY | O_CLOEXEC);
	if (c.in < 0)
		return err_errno(err, errno, _("cannot read %s"), from);
	c.sha = crypto_sha_new();
	int rc = copy_bytes(&c, err);
	close(c.in);
	if (rc) {
		crypto_sha_free(c.sha);
		return rc;
	}
	crypto_sha_end(c.sha, f->sha256);
	f->size = c.size;
	if (out >= 0)
		s->copied += c.size;
	return 0;
}

/* ---- a folder ---- */

/* Files come folder by folder: each is synced when the next begins. */
static int enter_folder(struct keep_sink *s, const char *path, struct err *err)
{
	AUTO_FREE char *folder = mem_strndup(path, (size_t)(fs_basename(path) - path) - 1);
	if (!strcmp(folder, s->folder))
		return 0;
	int rc = fs_sync(s->folder, err);
	if (!rc)
		rc = fs_mkdirs(folder, 0700, err);
	mem_free(s->folder);
	s->folder = take(&folder);
	return rc;
}

static int copy_file(struct keep_sink *s, const char *from, const char *to, struct keep_file *f,
		     struct err *err)
{
	struct keep_file back;
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_errno(err, errno, _("cannot write %s"), to);
	int rc = take_bytes(s, from, out, to, f, err);
	if (!rc && fsync(out))
		rc = err_errno(err, errno, _("cannot write %s"), to);
	posix_fadvise(out, 0, 0, POSIX_FADV_DONTNEED);
	close(out);
	if (!rc)
		rc = take_bytes(s, to, -1, NULL, &back, err);
	if (!rc && (back.size != f->size || memcmp(back.sha256, f->sha256, 32) != 0))
		rc = err_set(err, ERR_DISK,
			     _("%s does not hold what was written to it: is the disk broken?"), to);
	return rc;
}

static int add_to_folder(struct keep_sink *s, const char *from, bool linkable, struct keep_file *f,
			 struct err *err)
{
	AUTO_FREE char *to = fs_join(s->part, f->name);
	int rc = enter_folder(s, to, err);
	if (rc)
		return rc;
	if (!strcmp(from, to) || (linkable && link(from, to) == 0))
		return take_bytes(s, to, -1, NULL, f, err);
	return copy_file(s, from, to, f, err);
}

bool keep_sink_forget(struct keep_sink *s, const char *name)
{
	AUTO_FREE char *path = fs_join(s->part, name);
	return s->fd < 0 && unlink(path) == 0;
}

/* ---- a tar archive ---- */

static int put_padding(struct keep_sink *s, int64_t size, struct err *err)
{
	static const char zeros[TAR_BLOCK];
	return write_all(s->fd, s->part, (struct span){zeros, tar_padding(size)}, err);
}

static int put_head(struct keep_sink *s, const char *name, int64_t size, struct err *err)
{
	char block[TAR_BLOCK];
	AUTO_FREE char *full = mem_printf("%s/%s", s->inside, name);
	tar_head_put(block, full, size, s->mtime_s);
	return write_all(s->fd, s->part, (struct span){block, sizeof(block)}, err);
}

static int add_to_tar(struct keep_sink *s, const char *from, struct keep_file *f, struct err *err)
{
	struct stat st;
	if (stat(from, &st))
		return err_errno(err, errno, _("cannot read %s"), from);
	int rc = put_head(s, f->name, st.st_size, err);
	if (!rc)
		rc = take_bytes(s, from, s->fd, s->part, f, err);
	if (!rc && f->size != st.st_size)
		rc = err_set(err, ERR_FAILED, _("%s changed while it was read"), from);
	return rc ? rc : put_padding(s, f->size, err);
}

int keep_sink_add(struct keep_sink *s, const char *name, const char *from, bool linkable,
		  struct keep_file *ret, struct err *err)
{
	struct keep_file f = {.size = 0};
	struct stat st;
	if (!keep_name_ok(span_of(name)))
		return err_set(err, ERR_INVALID, _("%s is no name for a file of a backup"), name);
	if (stat(from, &st) || !S_ISREG(st.st_mode))
		return err_set(err, ERR_NOT_FOUND, _("There is no file %s"), from);
	snprintf(f.name, sizeof(f.name), "%s", name);
	int rc = s->fd >= 0 ? add_to_tar(s, from, &f, err)
			    : add_to_folder(s, from, linkable, &f, err);
	if (!rc)
		*ret = f;
	return rc;
}

/* ---- the end ---- */

static int end_tar(struct keep_sink *s, struct span manifest, struct err *err)
{
	static const char zeros[2 * TAR_BLOCK];
	int rc = put_head(s, MANIFEST_NAME, (int64_t)manifest.n, err);
	if (!rc)
		rc = write_all(s->fd, s->part, manifest, err);
	if (!rc)
		rc = put_padding(s, (int64_t)manifest.n, err);
	if (!rc)
		rc = write_all(s->fd, s->part, (struct span){zeros, sizeof(zeros)}, err);
	if (!rc && fsync(s->fd))
		rc = err_errno(err, errno, _("cannot write %s"), s->part);
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	return rc;
}

static int end_folder(struct keep_sink *s, struct span manifest, struct err *err)
{
	AUTO_FREE char *path = fs_join(s->part, MANIFEST_NAME);
	AUTO_FREE char *media = fs_join(s->part, "media");
	int rc = fs_sync(s->folder, err);
	if (!rc && fs_exists(media))
		rc = fs_sync(media, err);
	return rc ? rc : fs_write_atomic(path, manifest, 0600, err);
}

static int finish(struct keep_sink *s, struct span text, struct err *err)
{
	struct manifest back;
	int rc = s->fd < 0 ? end_folder(s, text, err) : end_tar(s, text, err);
	if (!rc && s->fd >= 0)
		rc = keep_read(s->part, NULL, NULL, s->pace, &back, err);
	if (!rc && s->fd >= 0)
		manifest_done(&back);
	if (!rc && rename(s->part, s->path))
		rc = err_errno(err, errno, _("cannot write %s"), s->path);
	return rc ? rc : fs_sync(s->dir, err);
}

int keep_sink_commit(struct keep_sink *s, struct manifest *m, struct err *err)
{
	struct buf text = BUF_INIT(MANIFEST_MAX);
	manifest_put(m, &text);
	int rc = buf_ok(&text) ? finish(s, buf_span(&text), err)
			       : err_set(err, ERR_TOO_LARGE, _("There are too many files"));
	buf_done(&text);
	keep_sink_abort(s);
	return rc;
}

void keep_sink_abort(struct keep_sink *s)
{
	if (!s)
		return;
	/* After a commit nothing has these names any more. */
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->part);
		if (s->db)
			unlink(s->db);
	} else if (s->folder) {
		fs_remove_tree(s->part, NULL);
	}
	mem_free(s->path);
	mem_free(s->part);
	mem_free(s->dir);
	mem_free(s->db);
	mem_free(s->folder);
	mem_free(s->inside);
	mem_free(s);
}
