#include "core/base/child.h"

#include "core/base/buf.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* Who inherited its standard error may hold it open long after it has ended. */
#define LAST_WORDS_MS 500
#define ARGS_MAX 64

struct child {
	uv_process_t process;
	uv_pipe_t words;
	uv_timer_t patience;
	int open; /* handles */
	struct child_handler h;
	void *arg;
	struct buf in;
	bool running, reading, quiet, told;
	int status, signal;
};

static void on_closed(uv_handle_t *handle)
{
	struct child *c = handle->data;
	if (--c->open)
		return;
	buf_done(&c->in);
	mem_free(c);
}

static void tell_end(struct child *c)
{
	if (c->running || c->told)
		return;
	if (c->reading) {
		uv_read_stop((uv_stream_t *)&c->words);
		c->reading = false;
	}
	uv_timer_stop(&c->patience);
	if (c->in.n && !c->quiet)
		c->h.line(c->arg, buf_span(&c->in));
	buf_clear(&c->in);
	c->told = true;
	if (!c->quiet)
		c->h.ended(c->arg, c->status, c->signal);
}

static void on_patience(uv_timer_t *t)
{
	tell_end(t->data);
}

static void on_gone(uv_process_t *p, int64_t status, int signum)
{
	struct child *c = p->data;
	c->running = false;
	c->status = (int)status;
	c->signal = signum;
	if (c->quiet)
		uv_close((uv_handle_t *)p, on_closed);
	else if (c->reading)
		uv_timer_start(&c->patience, on_patience, LAST_WORDS_MS, 0);
	else
		tell_end(c);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *ret)
{
	struct child *c = handle->data;
	(void)hint;
	char *p = buf_reserve(&c->in, 4096);
	*ret = uv_buf_init(p, p ? 4096 : 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *got)
{
	struct child *c = stream->data;
	(void)got;
	if (n < 0) {
		uv_read_stop(stream);
		c->reading = false;
		tell_end(c);
		return;
	}
	buf_added(&c->in, (size_t)n);
	for (ptrdiff_t at; !c->quiet && (at = span_find(buf_span(&c->in), '\n')) >= 0;) {
		AUTO_FREE char *line = mem_strndup(c->in.p, (size_t)at);
		buf_consume(&c->in, (size_t)at + 1);
		c->h.line(c->arg, (struct span){line, (size_t)at});
	}
	if (c->in.n < LIMIT_IPC_LINE)
		return;
	if (!c->quiet)
		c->h.line(c->arg, buf_span(&c->in));
	buf_clear(&c->in);
}

static void open_handles(struct loop *l, struct child *c)
{
	uv_pipe_init(loop_uv(l), &c->words, 0);
	uv_timer_init(loop_uv(l), &c->patience);
	c->words.data = c->patience.data = c->process.data = c;
	c->open = 2;
}

/* libuv gives a child default signals; a shell that ignores one hands that on. */
static const char *const deaf[] = {"/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"};

static int spawn(struct loop *l, const struct child_options *o, struct child *c)
{
	const char *argv[ARGS_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; o->ignore_interrupt && i < ARRAY_LEN(deaf); i++)
		argv[n++] = deaf[i];
	for (size_t i = 0; o->argv[i] && n < ARGS_MAX; i++)
		argv[n++] = o->argv[i];
	argv[n] = NULL;
	uv_stdio_container_t stdio[] = {
		{.flags = o->in < 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = o->in},
		{.flags = o->out < 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = o->out},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		 .data.stream = (uv_stream_t *)&c->words},
	};
	uv_process_options_t how = {
		.exit_cb = on_gone,
		.file = argv[0],
		.args = (char **)argv,
		.stdio = stdio,
		.stdio_count = ARRAY_LEN(stdio),
	};
	int code = uv_spawn(loop_uv(l), &c->process, &how);
	c->open++;
	return code;
}

char *child_find(const char *name)
{
	struct span rest = span_of(getenv("PATH")), dir;
	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? mem_strdup(name) : NULL;
	while (span_split(&rest, ':', &dir)) {
		char *path = mem_printf("%.*s/%s", SPAN_ARG(dir), name);
		if (access(path, X_OK) == 0)
			return path;
		mem_free(path);
	}
	return NULL;
}

static bool on_path(const char *name)
{
	AUTO_FREE char *path = child_find(name);
	return path != NULL;
}

int child_new(struct loop *l, const struct child_options *o, const struct child_handler *h,
	      void *arg, struct child **ret, struct err *err)
{
	loop_assert_owner(l);
	if (!on_path(o->argv[0]))
		return err_set(err, ERR_NOT_FOUND, _("there is no program %s"), o->argv[0]);
	struct child *c = NEW(struct child);
	c->h = *h;
	c->arg = arg;
	buf_init(&c->in, LIMIT_IPC_LINE + 8192);
	open_handles(l, c);
	int code = spawn(l, o, c);
	if (code) {
		child_free(c);
		return err_set(err, ERR_FAILED, _("cannot start %s: %s"), o->argv[0],
			       uv_strerror(code));
	}
	c->running = c->reading = true;
	uv_read_start((uv_stream_t *)&c->words, on_alloc, on_read);
	*ret = c;
	return 0;
}

void child_signal(struct child *c, int signum)
{
	if (c->running)
		uv_process_kill(&c->process, signum);
}

void child_free(struct child *c)
{
	if (!c)
		return;
	c->quiet = true;
	uv_close((uv_handle_t *)&c->words, on_closed);
	uv_close((uv_handle_t *)&c->patience, on_closed);
	/* A handle that is closed earlier waits for nobody, and leaves a zombie. */
	if (c->running)
		child_signal(c, SIGKILL);
	else
		uv_close((uv_handle_t *)&c->process, on_closed);
}
