#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/http/internal.h"

#include <errno.h>
#include <fcntl.h>

/*
 * A body on its way to a file: one buffer fills while the other is being
 * written by the pool; when both are full the socket is not read. The sink
 * outlives its connection until the operation under way has ended.
 */
struct filesink {
	struct conn *c; /**< NULL: aborted; remove the file */
	uv_fs_t req;
	uv_loop_t *loop;
	char *path;
	uv_file fd;
	struct buf fill, flight;
	size_t flight_done;
	int64_t offset;
	bool busy, ending;
};

static void step(struct filesink *fs);

static void release(struct filesink *fs)
{
	buf_done(&fs->fill);
	buf_done(&fs->flight);
	mem_free(fs->path);
	mem_free(fs);
}

static int status_of(ssize_t rc)
{
	/* EFBIG: a limit on file sizes, which asks for the same answer. */
	return rc == UV_ENOSPC || rc == -EDQUOT || rc == UV_EFBIG ? 507 : 500;
}

static void fail(struct filesink *fs, ssize_t rc)
{
	log_error("httpd: upload to %s: %s", fs->path, uv_strerror((int)rc));
	if (fs->c)
		request_fail(fs->c, status_of(rc)); /* aborts this sink */
	else
		step(fs);
}

static ssize_t result(struct filesink *fs)
{
	ssize_t rc = fs->req.result;
	uv_fs_req_cleanup(&fs->req);
	fs->busy = false;
	return rc;
}

static void on_open(uv_fs_t *req)
{
	struct filesink *fs = CONTAINER_OF(req, struct filesink, req);
	ssize_t rc = result(fs);
	if (rc < 0) {
		fail(fs, rc);
		return;
	}
	fs->fd = (uv_file)rc;
	step(fs);
}

static void on_write(uv_fs_t *req)
{
	struct filesink *fs = CONTAINER_OF(req, struct filesink, req);
	ssize_t rc = result(fs);
	if (rc < 0) {
		fail(fs, rc);
		return;
	}
	fs->offset += rc;
	fs->flight_done += (size_t)rc;
	if (fs->flight_done == fs->flight.n)
		buf_clear(&fs->flight);
	step(fs);
	if (fs->c)
		conn_update_reading(fs->c);
}

static void on_close(uv_fs_t *req)
{
	struct filesink *fs = CONTAINER_OF(req, struct filesink, req);
	ssize_t rc = result(fs);
	fs->fd = -1;
	struct conn *c = fs->c;
	if (!c) {
		uv_fs_unlink(fs->loop, &fs->req, fs->path, NULL);
		uv_fs_req_cleanup(&fs->req);
		release(fs);
		return;
	}
	if (rc < 0) {
		fs->fd = -2; /* gone, but its file is there */
		fail(fs, rc);
		return;
	}
	c->rq.file = NULL;
	release(fs);
	request_ready(c);
}

static void write_flight(struct filesink *fs)
{
	uv_buf_t b = uv_buf_init(fs->flight.p + fs->flight_done,
				 (unsigned)(fs->flight.n - fs->flight_done));
	fs->busy = true;
	uv_fs_write(fs->loop, &fs->req, fs->fd, &b, 1, fs->offset, on_write);
}

static void close_file(struct filesink *fs)
{
	fs->busy = true;
	uv_fs_close(fs->loop, &fs->req, fs->fd, on_close);
}

/* Whatever is to be done next, unless an operation is under way. */
static void step(struct filesink *fs)
{
	if (fs->busy)
		return;
	if (!fs->c) {
		if (fs->fd >= 0) {
			close_file(fs);
			return;
		}
		if (fs->fd == -2) {
			uv_fs_unlink(fs->loop, &fs->req, fs->path, NULL);
			uv_fs_req_cleanup(&fs->req);
		}
		release(fs);
		return;
	}
	if (!fs->flight.n && fs->fill.n) {
		struct buf empty = fs->flight;
		fs->flight = fs->fill;
		fs->fill = empty;
		fs->flight_done = 0;
	}
	if (fs->flight.n)
		write_flight(fs);
	else if (fs->ending)
		close_file(fs);
}

void httpd_body_file(struct httpd_request *rq, const char *path, int64_t max)
{
	struct request *r = request_of(rq);
	struct conn *c = request_conn(rq);
	r->sink = SINK_FILE;
	r->max_body = max;
	if (r->content_length > max) {
		r->fail_status = 413; /* answered when begin has returned */
		return;
	}
	struct filesink *fs = NEW(struct filesink);
	fs->c = c;
	fs->loop = loop_uv(c->h->loop);
	fs->path = mem_strdup(path);
	fs->fd = -1;
	/* One read may come on top of a full buffer; decrypting hardly adds. */
	fs->fill = fs->flight = BUF_INIT(HTTPD_FILE_CHUNK * 4);
	fs->busy = true;
	r->file = fs;
	uv_fs_open(fs->loop, &fs->req, fs->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600,
		   on_open);
}

int filesink_data(struct filesink *fs, const char *p, size_t n)
{
	if (!buf_put(&fs->fill, p, n))
		return 500; /* reading stops long before */
	if (fs->fill.n >= HTTPD_FILE_CHUNK / 2)
		step(fs);
	return 0;
}

bool filesink_full(const struct filesink *fs)
{
	return fs->fill.n >= HTTPD_FILE_CHUNK;
}

void filesink_end(struct filesink *fs)
{
	fs->ending = true;
	step(fs);
}

void filesink_abort(struct filesink *fs)
{
	fs->c = NULL;
	buf_done(&fs->fill);
	step(fs);
}
