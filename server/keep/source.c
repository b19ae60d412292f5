#include "server/keep/source.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keep/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 262144

struct reading {
	const char *path;
	const struct keep_visitor *v;
	void *arg;
	struct pace *pace;
	struct manifest seen; /* its files: what was read */
	struct buf manifest;
	char *chunk;
	int fd;
};

static int not_whole(const struct reading *r, struct err *err)
{
	return err_set(err, ERR_INVALID, _("%s breaks off: it is not a whole backup"), r->path);
}

/* Exactly `n` bytes. */
static int read_bytes(struct reading *r, char *to, size_t n, struct err *err)
{
	while (n) {
		ssize_t got = read(r->fd, to, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, _("cannot read %s"), r->path);
		if (got == 0)
			return not_whole(r, err);
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

static int tell(struct reading *r, struct crypto_sha *sha, int64_t size, struct err *err)
{
	int rc = 0;
	while (!rc && size > 0) {
		size_t n = size < CHUNK ? (size_t)size : CHUNK;
		rc = read_bytes(r, r->chunk, n, err);
		if (rc)
			break;
		crypto_sha_add(sha, (struct span){r->chunk, n});
		if (r->v)
			rc = r->v->data(r->arg, (struct span){r->chunk, n}, err);
		if (!rc)
			rc = pace_step(r->pace, err);
		size -= (int64_t)n;
	}
	return rc;
}

/* One file, from where r->fd stands. */
static int read_file(struct reading *r, const char *name, int64_t size, struct err *err)
{
	if (!keep_name_ok(span_of(name)) || r->seen.n == KEEP_FILES_MAX)
		return err_set(err, ERR_INVALID, _("%s holds \"%s\", which is in no backup"),
			       r->path, name);
	struct keep_file *f = manifest_add(&r->seen);
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->size = size;
	struct crypto_sha *sha = crypto_sha_new();
	int rc = r->v ? r->v->begin(r->arg, name, err) : 0;
	if (!rc)
		rc = tell(r, sha, size, err);
	crypto_sha_end(sha, f->sha256);
	if (!rc && r->v)
		rc = r->v->end(r->arg, err);
	return rc;
}

/* ---- a folder ---- */

static int open_member(struct reading *r, const struct keep_file *f, struct err *err)
{
	struct stat st;
	AUTO_FREE char *path = fs_join(r->path, f->name);
	r->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (r->fd < 0)
		return err_errno(err, errno, _("cannot read %s"), path);
	if (fstat(r->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == f->size)
		return 0;
	close(r->fd);
	return err_set(err, ERR_INVALID, _("The backup is damaged: %s is not what was written"),
		       path);
}

static int read_folder(struct reading *r, struct err *err)
{
	struct manifest m;
	AUTO_FREE char *path = fs_join(r->path, MANIFEST_NAME);
	int rc = fs_exists(path)
			 ? fs_read(path, &r->manifest, err)
			 : err_set(err, ERR_NOT_FOUND, _("There is no backup in %s"), r->path);
	if (!rc)
		rc = manifest_read(buf_span(&r->manifest), &m, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < m.n && !rc; i++) {
		rc = open_member(r, &m.files[i], err);
		if (rc)
			break;
		rc = read_file(r, m.files[i].name, m.files[i].size, err);
		posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED);
		close(r->fd);
	}
	manifest_done(&m);
	return rc;
}

/* ---- a tar archive ---- */

static int skip_padding(struct reading *r, int64_t size, struct err *err)
{
	char rest[TAR_BLOCK];
	return read_bytes(r, rest, tar_padding(size), err);
}

static int read_manifest(struct reading *r, int64_t size, struct err *err)
{
	if (size > (int64_t)MANIFEST_MAX || r->manifest.n)
		return not_whole(r, err);
	char *to = buf_reserve(&r->manifest, (size_t)size);
	int rc = to ? read_bytes(r, to, (size_t)size, err) : not_whole(r, err);
	if (!rc)
		buf_added(&r->manifest, (size_t)size);
	return rc;
}

/* The archive holds one folder, with the backup in it. */
static int read_member(struct reading *r, const char *name, int64_t size, struct err *err)
{
	const char *slash = strchr(name, '/');
	name = slash ? slash + 1 : name;
	int rc = !strcmp(name, MANIFEST_NAME) ? read_manifest(r, size, err)
					      : read_file(r, name, size, err);
	return rc ? rc : skip_padding(r, size, err);
}

static int read_tar(struct reading *r, struct err *err)
{
	char block[TAR_BLOCK], name[TAR_NAME_SIZE];
	int64_t size;
	for (;;) {
		int rc = read_bytes(r, block, sizeof(block), err);
		if (rc)
			return rc;
		switch (tar_head_read(block, name, &size)) {
		case TAR_FILE:
			rc = read_member(r, name, size, err);
			if (rc)
				return rc;
			break;
		case TAR_FOLDER:
			break;
		case TAR_END:
			return 0;
		case TAR_BAD:
			return err_set(err, ERR_INVALID,
				       _("%s is no backup that muster made, or it is damaged"),
				       r->path);
		}
	}
}

/* ---- what was read against what was written ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct keep_file *)a)->name, ((const struct keep_file *)b)->name);
}

static void sort_files(struct manifest *m)
{
	if (m->n)
		qsort(m->files, m->n, sizeof(*m->files), by_name);
}

static int compare(struct reading *r, struct manifest *m, struct err *err)
{
	sort_files(m);
	sort_files(&r->seen);
	for (size_t i = 0; i < m->n || i < r->seen.n; i++) {
		const struct keep_file *want = i < m->n ? &m->files[i] : NULL;
		const struct keep_file *have = i < r->seen.n ? &r->seen.files[i] : NULL;
		if (want && have && !strcmp(want->name, have->name) && want->size == have->size &&
		    !memcmp(want->sha256, have->sha256, 32))
			continue;
		return err_set(err, ERR_INVALID,
			       _("The backup %s is damaged: %s is not what was written"), r->path,
			       want ? want->name : have->name);
	}
	return 0;
}

static int read_all(struct reading *r, struct err *err)
{
	struct stat st;
	if (stat(r->path, &st))
		return err_errno(err, errno, _("cannot read %s"), r->path);
	if (S_ISDIR(st.st_mode))
		return read_folder(r, err);
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return err_errno(err, errno, _("cannot read %s"), r->path);
	int rc = read_tar(r, err);
	posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED);
	close(r->fd);
	return rc;
}

int keep_read(const char *path, const struct keep_visitor *v, void *arg, struct pace *pace,
	      struct manifest *ret, struct err *err)
{
	struct manifest m = {0};
	struct reading r = {.path = path,
			    .v = v,
			    .arg = arg,
			    .pace = pace,
			    .manifest = BUF_INIT(MANIFEST_MAX),
			    .chunk = mem_alloc(CHUNK)};
	int rc = read_all(&r, err);
	if (!rc)
		rc = manifest_read(buf_span(&r.manifest), &m, err);
	if (!rc)
		rc = compare(&r, &m, err);
	buf_done(&r.manifest);
	manifest_done(&r.seen);
	mem_free(r.chunk);
	if (rc)
		manifest_done(&m);
	else
		*ret = m;
	return rc;
}
