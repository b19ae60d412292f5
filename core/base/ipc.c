#include "core/base/ipc.h"

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/os.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#define MAX_UNSENT ((size_t)4 << 20)

struct ipc {
	uv_pipe_t pipe;
	uv_connect_t connect;
	struct ipc_server *server; /* NULL: we connected */
	struct ipc *next, **link;
	struct ipc_handler h;
	void *arg;
	struct buf in;
	bool quiet; /* no more callbacks */
};

struct ipc_server {
	uv_pipe_t pipe;
	struct loop *l;
	char *path;
	struct ipc_handler h;
	void *arg;
	struct ipc *clients;
};

struct ipc_write {
	uv_write_t req;
	char *text;
};

static void on_closed(uv_handle_t *handle)
{
	struct ipc *c = CONTAINER_OF((uv_pipe_t *)handle, struct ipc, pipe);
	buf_done(&c->in);
	mem_free(c);
}

static void shut(struct ipc *c)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (c->link) {
		*c->link = c->next;
		if (c->next)
			c->next->link = c->link;
	}
	uv_close((uv_handle_t *)&c->pipe, on_closed);
	if (!c->quiet && c->h.closed)
		c->h.closed(c, c->arg);
	c->quiet = true;
}

void ipc_drop(struct ipc *c)
{
	if (!c)
		return;
	c->quiet = true;
	shut(c);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *ret)
{
	struct ipc *c = CONTAINER_OF((uv_pipe_t *)handle, struct ipc, pipe);
	(void)hint;
	char *p = buf_reserve(&c->in, 4096);
	*ret = uv_buf_init(p, p ? 4096 : 0); /* no room: the read fails with ENOBUFS */
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
	struct ipc *c = CONTAINER_OF((uv_pipe_t *)stream, struct ipc, pipe);
	(void)got;
	if (n < 0) {
		shut(c);
		return;
	}
	buf_added(&c->in, (size_t)n);
	for (ptrdiff_t at; !c->quiet && (at = span_find(buf_span(&c->in), '\n')) >= 0;) {
		AUTO_FREE char *line = mem_strndup(c->in.p, (size_t)at);
		buf_consume(&c->in, (size_t)at + 1);
		c->h.line(c, (struct span){line, (size_t)at}, c->arg);
	}
	if (!c->quiet && c->in.n >= LIMIT_IPC_LINE)
		shut(c);
}

static struct ipc *conn_new(struct loop *l, const struct ipc_handler *h, void *arg)
{
	struct ipc *c = NEW(struct ipc);
	uv_pipe_init(loop_uv(l), &c->pipe, 0);
	buf_init(&c->in, LIMIT_IPC_LINE + 8192);
	c->h = *h;
	c->arg = arg;
	return c;
}

static bool is_same_user(struct ipc *c)
{
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0)
		return false;
	long uid = os_peer_uid(fd);
	return uid < 0 || uid == (long)getuid();
}

static void on_client(uv_stream_t *stream, int status)
{
	struct ipc_server *s = CONTAINER_OF((uv_pipe_t *)stream, struct ipc_server, pipe);
	if (status < 0)
		return;
	struct ipc *c = conn_new(s->l, &s->h, s->arg);
	c->server = s;
	c->next = s->clients;
	c->link = &s->clients;
	if (c->next)
		c->next->link = &c->next;
	s->clients = c;
	if (uv_accept(stream, (uv_stream_t *)&c->pipe) != 0 || !is_same_user(c)) {
		ipc_drop(c);
		return;
	}
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	if (s->h.opened)
		s->h.opened(c, s->arg);
}

static void on_server_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_pipe_t *)handle, struct ipc_server, pipe));
}

int ipc_listen(struct loop *l, const char *path, const struct ipc_handler *h, void *arg,
	       struct ipc_server **ret, struct err *err)
{
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(err, ERR_FAILED, _("the path %s is too long for a socket"), path);
	struct ipc_server *s = NEW(struct ipc_server);
	s->l = l;
	s->h = *h;
	s->arg = arg;
	uv_pipe_init(loop_uv(l), &s->pipe, 0);
	unlink(path);
	mode_t old = umask(0177);
	int rc = uv_pipe_bind(&s->pipe, path);
	umask(old);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&s->pipe, 64, on_client);
	if (rc) {
		uv_close((uv_handle_t *)&s->pipe, on_server_closed);
		return err_set(err, ERR_FAILED, "%s: %s", path, uv_strerror(rc));
	}
	s->path = mem_strdup(path);
	*ret = s;
	return 0;
}

void ipc_server_free(struct ipc_server *s)
{
	if (!s)
		return;
	while (s->clients)
		ipc_drop(s->clients);
	unlink(s->path);
	mem_free(s->path);
	uv_close((uv_handle_t *)&s->pipe, on_server_closed);
}

static void on_written(uv_write_t *req, int status)
{
	struct ipc_write *w = CONTAINER_OF(req, struct ipc_write, req);
	(void)status;
	mem_free(w->text);
	mem_free(w);
}

void ipc_send(struct ipc *c, struct span line)
{
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (c->pipe.write_queue_size > MAX_UNSENT) {
		shut(c);
		return;
	}
	struct ipc_write *w = NEW(struct ipc_write);
	w->text = mem_printf("%.*s\n", SPAN_ARG(line));
	uv_buf_t b = uv_buf_init(w->text, (unsigned)line.n + 1);
	if (uv_write(&w->req, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0)
		on_written(&w->req, 0);
}

void ipc_broadcast(struct ipc_server *s, struct span line)
{
	for (struct ipc *c = s->clients, *next; c; c = next) {
		next = c->next;
		ipc_send(c, line);
	}
}

static void on_connected(uv_connect_t *req, int status)
{
	struct ipc *c = CONTAINER_OF(req, struct ipc, connect);
	if (uv_is_closing((uv_handle_t *)&c->pipe))
		return;
	if (status < 0 || !is_same_user(c)) {
		shut(c);
		return;
	}
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	if (c->h.opened)
		c->h.opened(c, c->arg);
}

struct ipc *ipc_connect(struct loop *l, const char *path, const struct ipc_handler *h, void *arg)
{
	struct ipc *c = conn_new(l, h, arg);
	uv_pipe_connect(&c->connect, &c->pipe, path, on_connected);
	return c;
}

static int open_socket(const char *path, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, ERR_NOT_FOUND, _("nobody listens at %s"), path);
	memcpy(to.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, errno, "socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return err_set(err, ERR_NOT_FOUND, _("nobody listens at %s"), path);
	}
	return fd;
}

bool ipc_alive(const char *path)
{
	int fd = open_socket(path, NULL);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* The next line that begins with `want`, out of what has come so far. */
static bool found(struct buf *b, const char *want, char *ret, size_t size)
{
	for (ptrdiff_t at; (at = span_find(buf_span(b), '\n')) >= 0;) {
		struct span line = span_head(buf_span(b), (size_t)at);
		bool hit = span_starts(line, want);
		if (hit)
			snprintf(ret, size, "%.*s", SPAN_ARG(line));
		buf_consume(b, (size_t)at + 1);
		if (hit)
			return true;
	}
	return false;
}

static int await(int fd, const char *want, int timeout_ms, char *ret, size_t size, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_IPC_LINE);
	int64_t end = clock_mono_ms() + timeout_ms;
	while (!found(&b, want, ret, size)) {
		struct pollfd p = {fd, POLLIN, 0};
		int64_t left = end - clock_mono_ms();
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n == 0)
			return err_set(err, ERR_CANCELLED, _("no answer in time"));
		char *to = n > 0 ? buf_reserve(&b, 1024) : NULL;
		ssize_t got = to ? read(fd, to, 1024) : -1;
		if (got < 0 && (errno == EINTR || errno == EAGAIN) && !b.over)
			continue;
		if (got <= 0)
			return err_set(err, ERR_NOT_FOUND, _("the other process went away"));
		buf_added(&b, (size_t)got);
	}
	return 0;
}

int ipc_ask(const char *path, struct span line, const char *want, int timeout_ms, char *ret,
	    size_t size, struct err *err)
{
	int fd = open_socket(path, err);
	if (fd < 0)
		return fd;
	AUTO_FREE char *text = mem_printf("%.*s\n", SPAN_ARG(line));
	int rc;
	if (send(fd, text, line.n + 1, MSG_NOSIGNAL) != (ssize_t)line.n + 1)
		rc = err_set(err, ERR_NOT_FOUND, _("the other process went away"));
	else
		rc = await(fd, want, timeout_ms, ret, size, err);
	close(fd);
	return rc;
}
