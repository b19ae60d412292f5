#include "tests/lib/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "server/http/httpd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct script {
	const struct script_step *steps;
	bool *used;
	int log;
	char url[64];
};

static void on_begin(struct httpd_request *rq, void *arg)
{
	(void)arg;
	httpd_body_memory(rq, 8u << 20);
}

static bool contains(struct span hay, const char *needle)
{
	return hay.n && memmem(hay.p, hay.n, needle, strlen(needle)) != NULL;
}

static bool fits(const struct script_step *s, struct httpd_request *rq)
{
	if (s->method && strcmp(s->method, rq->method) != 0)
		return false;
	if (!span_starts(rq->target, s->target))
		return false;
	return !s->with || contains(rq->target, s->with) || contains(httpd_body(rq), s->with) ||
	       contains(httpd_header(rq, "authorization"), s->with);
}

static void note(struct script *sc, struct httpd_request *rq)
{
	struct span body = httpd_body(rq);
	AUTO_FREE char *line =
		mem_printf("%s %.*s %.*s\n", rq->method, SPAN_ARG(rq->target),
			   (int)(body.n < 2000 ? body.n : 2000), body.p ? body.p : "");
	for (char *p = line; p[1]; p++)
		if (*p == '\n')
			*p = ' ';
	if (write(sc->log, line, strlen(line)) < 0)
		_exit(9);
}

/* The step's body; "@URL@" stands for the script's own address. */
static void put_body(const struct script *sc, const char *body, struct buf *ret)
{
	const char *at;
	for (; (at = strstr(body, "@URL@")) != NULL; body = at + 5) {
		buf_put(ret, body, (size_t)(at - body));
		buf_put_str(ret, sc->url);
	}
	buf_put_str(ret, body);
}

static void on_ready(struct httpd_request *rq, void *arg)
{
	static const char unknown[] = "{\"errcode\":\"M_UNRECOGNIZED\",\"error\":\"no step\"}";
	struct script *sc = arg;
	note(sc, rq);
	for (int i = 0; sc->steps[i].target; i++) {
		const struct script_step *s = &sc->steps[i];
		if (sc->used[i] || !fits(s, rq))
			continue;
		sc->used[i] = !s->repeat;
		if (s->status < 0)
			return;
		if (s->status == 0)
			_exit(0); /* as a crash would */
		AUTO(buf_done) struct buf body = BUF_INIT(BUF_CAP_OWN);
		put_body(sc, s->body, &body);
		httpd_reply(rq, s->status, "Content-Type: application/json\r\n", buf_span(&body));
		return;
	}
	httpd_reply(rq, 404, "Content-Type: application/json\r\n", span_of(unknown));
}

static void on_gone(struct httpd_request *rq, void *arg)
{
	(void)rq;
	(void)arg;
}

static void on_error_body(int status, struct buf *body, void *arg)
{
	(void)arg;
	buf_printf(body, "{\"errcode\":\"M_UNKNOWN\",\"error\":\"%d\"}", status);
}

static int play(struct script *sc, int fd)
{
	static const struct httpd_handler h = {on_begin, on_ready, on_gone, on_error_body};
	static const struct httpd_options opt = {.max_head = 65536};
	struct loop *l = loop_new();
	struct httpd *httpd = httpd_new(l, &opt, &h, sc);
	int port;
	if (httpd_listen(httpd, "127.0.0.1", 0, false, &port, NULL))
		return 1;
	snprintf(sc->url, sizeof(sc->url), "http://127.0.0.1:%d", port);
	if (write(fd, sc->url, strlen(sc->url)) < 0)
		return 1;
	close(fd);
	loop_run(l);
	return 0;
}

void forked_script(struct forked *f, const char *dir, const struct script_step *steps)
{
	int fds[2], n = 0;
	static int serial;
	snprintf(f->log, sizeof(f->log), "%.200s/requests-%d", dir, serial++);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	while (steps[n].target)
		n++;
	f->pid = forked_fork();
	if (f->pid == 0) {
		struct script sc = {steps, mem_alloc((size_t)n + 1),
				    open(f->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
				    ""};
		close(fds[0]);
		_exit(play(&sc, fds[1]));
	}
	close(fds[1]);
	ssize_t k = read(fds[0], f->url, sizeof(f->url) - 1);
	close(fds[0]);
	assert_true(k > 0);
	f->url[k] = '\0';
}
