#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <fcntl.h>
#include <sys/stat.h>

/*
 * A file on its way to the socket: one piece is read by the pool when the one
 * before has left for the kernel. Outlives its connection until the operation
 * under way has ended.
 */
struct filesend {
	struct conn *c; /**< NULL: aborted */
	uv_fs_t req;
	uv_loop_t *loop;
	char *path, *headers;
	char *piece;
	uv_file fd;
	int status;
	int64_t offset, left;
	bool busy;
};

static void release(struct filesend *fs)
{
	if (fs->fd >= 0) {
		uv_fs_close(fs->loop, &fs->req, fs->fd, NULL); /* only read from: does not wait */
		uv_fs_req_cleanup(&fs->req);
	}
	mem_free(fs->path);
	mem_free(fs->headers);
	mem_free(fs->piece);
	mem_free(fs);
}

static ssize_t result(struct filesend *fs)
{
	ssize_t rc = fs->req.result;
	uv_fs_req_cleanup(&fs->req);
	fs->busy = false;
	return rc;
}

static void finish(struct filesend *fs)
{
	struct conn *c = fs->c;
	c->rq.send = NULL;
	release(fs);
	conn_next(c);
}

/* Nothing was sent yet: say so instead. */
static void refuse(struct filesend *fs, int status)
{
	reply_send_error(fs->c, status);
	finish(fs);
}

static void read_piece(struct filesend *fs);

static void on_read(uv_fs_t *req)
{
	struct filesend *fs = CONTAINER_OF(req, struct filesend, req);
	ssize_t n = result(fs);
	struct conn *c = fs->c;
	if (!c) {
		release(fs);
		return;
	}
	if (n <= 0) {
		log_error("httpd: %s: %s", fs->path, n ? uv_strerror((int)n) : "file is shorter");
		conn_abort(c); /* the promised length cannot be kept */
		return;
	}
	fs->offset += n;
	fs->left -= n;
	struct span part = {fs->piece, (size_t)n};
	out_send(c, &part, 1, take(&fs->piece));
	if (!fs->left)
		finish(fs);
	else if (!c->out_bytes)
		read_piece(fs);
}

static void read_piece(struct filesend *fs)
{
	size_t n = fs->left < HTTPD_FILE_CHUNK ? (size_t)fs->left : HTTPD_FILE_CHUNK;
	fs->piece = mem_alloc(n);
	uv_buf_t b = uv_buf_init(fs->piece, (unsigned)n);
	fs->busy = true;
	uv_fs_read(fs->loop, &fs->req, fs->fd, &b, 1, fs->offset, on_read);
}

static void send_head(struct filesend *fs)
{
	struct conn *c = fs->c;
	AUTO(buf_done) struct buf head = BUF_INIT(BUF_CAP_OWN);
	if (!reply_head(c, &head, fs->status, fs->headers, fs->left)) {
		log_error("httpd: headers of a reply are not well-formed");
		refuse(fs, 500);
		return;
	}
	struct span part = buf_span(&head);
	out_send(c, &part, 1, NULL);
	if (c->rq.head_only || !fs->left)
		finish(fs);
	else if (!c->out_bytes)
		read_piece(fs);
}

static void on_stat(uv_fs_t *req)
{
	struct filesend *fs = CONTAINER_OF(req, struct filesend, req);
	uint64_t size = req->statbuf.st_size;
	bool regular = S_ISREG(req->statbuf.st_mode);
	ssize_t rc = result(fs);
	if (!fs->c)
		release(fs);
	else if (rc < 0 || !regular)
		refuse(fs, 404);
	else if ((uint64_t)(fs->offset + fs->left) > size)
		refuse(fs, 500);
	else
		send_head(fs);
}

static void on_open(uv_fs_t *req)
{
	struct filesend *fs = CONTAINER_OF(req, struct filesend, req);
	ssize_t rc = result(fs);
	if (rc >= 0)
		fs->fd = (uv_file)rc;
	if (!fs->c) {
		release(fs);
	} else if (rc < 0) {
		refuse(fs, 404);
	} else {
		fs->busy = true;
		uv_fs_fstat(fs->loop, &fs->req, fs->fd, on_stat);
	}
}

void httpd_reply_file(struct httpd_request *rq, int status, const char *headers, const char *path,
		      int64_t offset, int64_t len)
{
	struct conn *c = request_conn(rq);
	if (!reply_allowed(&c->rq))
		return;
	reply_begin(c);
	struct filesend *fs = NEW(struct filesend);
	fs->c = c;
	fs->loop = loop_uv(c->h->loop);
	fs->path = mem_strdup(path);
	fs->headers = mem_strdup(headers);
	fs->fd = -1;
	fs->status = status;
	fs->offset = offset;
	fs->left = len;
	fs->busy = true;
	c->rq.send = fs;
	uv_fs_open(fs->loop, &fs->req, fs->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0, on_open);
}

void filesend_drained(struct filesend *fs)
{
	if (!fs->busy && fs->left && !fs->c->out_bytes)
		read_piece(fs);
}

void filesend_abort(struct filesend *fs)
{
	fs->c = NULL;
	if (!fs->busy)
		release(fs);
}
