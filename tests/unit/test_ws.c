#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/ws.h"
#include "tests/lib/tmpdir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one connection saw; the loop stops when it is closed. */
#define PATIENCE_MS 120000

struct seen {
	struct loop *l;
	struct ws *w;
	int opened, messages, closed, code;
	struct err err; /* code 0: clean */
	struct buf last;
	bool binary;
	bool close_after_message, free_at_open, free_at_message;
	struct span say; /* sent when open */
	bool say_binary;
};

static char folder[256], ca_file[300];
static pid_t server = -1;
static int server_fd = -1;
static char ports[200];

static int port(const char *name)
{
	char key[40];
	snprintf(key, sizeof(key), "%s=", name);
	const char *at = strstr(ports, key);
	return at ? (int)strtol(at + strlen(key), NULL, 10) : 0;
}

static void on_opened(void *arg)
{
	struct seen *s = arg;
	s->opened++;
	if (s->say.p)
		assert_int_equal(ws_send(s->w, s->say, s->say_binary, NULL), 0);
	if (s->free_at_open) {
		ws_free(take(&s->w));
		loop_stop(s->l);
	}
}

static void on_message(struct span data, bool binary, void *arg)
{
	struct seen *s = arg;
	s->messages++;
	s->binary = binary;
	buf_clear(&s->last);
	buf_put_span(&s->last, data);
	if (s->close_after_message)
		ws_close(s->w, 1000);
	if (s->free_at_message) {
		ws_free(take(&s->w));
		loop_stop(s->l);
	}
}

static void on_closed(int code, const struct err *err, void *arg)
{
	struct seen *s = arg;
	s->closed++;
	s->code = code;
	if (err)
		s->err = *err;
	ws_free(take(&s->w));
	loop_stop(s->l);
}

static const struct ws_handler handler = {on_opened, on_message, on_closed};

/* One connection from start to end, with a loop and client of its own. */
static void run(struct seen *s, struct ws_options opt)
{
	long before = mem_live();
	struct err e = {0};
	s->l = loop_new();
	struct ws_client *c = ws_client_new(s->l, &e);
	assert_non_null(c);
	buf_init(&s->last, 8u << 20);
	if (!opt.connect_timeout_ms)
		opt.connect_timeout_ms = PATIENCE_MS;
	s->w = ws_connect(c, &opt, &handler, s);
	assert_int_equal(s->opened + s->closed, 0);
	loop_run(s->l);
	assert_null(s->w);
	ws_client_free(c);
	loop_free(s->l);
	assert_int_equal(mem_live(), before + (s->last.p ? 1 : 0));
}

static void done(struct seen *s)
{
	buf_done(&s->last);
	memset(s, 0, sizeof(*s));
}

static char *address(const char *form, const char *which)
{
	static char text[300];
	snprintf(text, sizeof(text), form, port(which));
	return text;
}

static void test_echo(void **state)
{
	(void)state;
	struct seen s = {.say = span_of("grüß dich"), .close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain")});
	assert_int_equal(s.opened, 1);
	assert_int_equal(s.messages, 1);
	assert_false(s.binary);
	assert_string_equal(buf_str(&s.last), "grüß dich");
	assert_int_equal(s.closed, 1);
	assert_int_equal(s.code, 1000);
	assert_int_equal(s.err.code, 0);
	done(&s);
	s = (struct seen){.say = {"\0\xff\1", 3}, .say_binary = true, .close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://localhost:%d", "plain")});
	assert_true(s.binary);
	assert_true(span_eq(buf_span(&s.last), (struct span){"\0\xff\1", 3}));
	done(&s);
}

static void test_large(void **state)
{
	(void)state;
	struct seen s = {.close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/fragments", "plain")});
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.last.n, 1048576);
	assert_int_equal(s.last.p[1047999], 'x');
	assert_int_equal(s.last.p[1048575], 'y');
	done(&s);
	char *big = mem_alloc(3u << 20);
	memset(big, 'b', 3u << 20);
	s = (struct seen){.say = {big, 3u << 20}, .say_binary = true, .close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain")});
	assert_true(span_eq(buf_span(&s.last), (struct span){big, 3u << 20}));
	done(&s);
	s = (struct seen){0};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/huge", "plain")});
	assert_int_equal(s.messages, 0);
	assert_int_equal(s.err.code, ERR_TOO_LARGE);
	done(&s);
	mem_free(big);
}

static void test_closing(void **state)
{
	(void)state;
	struct seen s = {0};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/close/4003", "plain")});
	assert_int_equal(s.code, 4003);
	assert_int_equal(s.err.code, 0);
	done(&s);
	s = (struct seen){.say = span_of("x"), .close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain")});
	done(&s);
	s = (struct seen){.close_after_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/last-close", "plain")});
	assert_string_equal(buf_str(&s.last), "1000");
	done(&s);
	s = (struct seen){.say = span_of("go")};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/gone", "plain")});
	assert_int_equal(s.opened, 1);
	assert_int_equal(s.err.code, ERR_NETWORK);
	done(&s);
}

static void test_request(void **state)
{
	(void)state;
	char url[300 + LIMIT_WS_PATH] = "", want[200];
	struct seen s = {.close_after_message = true};
	int n = snprintf(url, sizeof(url), "ws://127.0.0.1:%d/about?x=", port("raw"));
	size_t start = strlen(strstr(url, "/about"));
	memset(url + n, 'q', LIMIT_WS_PATH - start);
	url[(size_t)n + LIMIT_WS_PATH - start] = '\0';
	run(&s, (struct ws_options){.url = url, .bearer = "mst_token", .protocol = "chat"});
	/* The path is as long as it may be; one more is refused. */
	snprintf(want, sizeof(want), "127.0.0.1:%d|Bearer mst_token|chat|%d", port("raw"),
		 LIMIT_WS_PATH);
	assert_string_equal(buf_str(&s.last), want);
	done(&s);
	s = (struct seen){0};
	url[strlen(url)] = 'q';
	run(&s, (struct ws_options){.url = url});
	assert_int_equal(s.err.code, ERR_TOO_LARGE);
	done(&s);
}

static void test_tls(void **state)
{
	(void)state;
	struct seen s = {.say = span_of("secret"), .close_after_message = true};
	run(&s, (struct ws_options){.url = address("wss://localhost:%d/echo", "tls"),
				    .ca_file = ca_file});
	assert_string_equal(buf_str(&s.last), "secret");
	assert_int_equal(s.err.code, 0);
	done(&s);
	s = (struct seen){.say = span_of("by address"), .close_after_message = true};
	run(&s, (struct ws_options){.url = address("wss://127.0.0.1:%d/echo", "tls"),
				    .ca_file = ca_file});
	assert_string_equal(buf_str(&s.last), "by address");
	done(&s);
}

static void refuses_tls(const char *form, const char *which, const char *ca, const char *part)
{
	struct seen s = {0};
	run(&s, (struct ws_options){.url = address(form, which), .ca_file = ca});
	assert_int_equal(s.opened, 0);
	assert_int_equal(s.err.code, ERR_NETWORK);
	if (!strstr(s.err.msg, "certificate") || !strstr(s.err.msg, part))
		fail_msg("%s", s.err.msg);
	done(&s);
}

static void test_bad_certificates(void **state)
{
	(void)state;
	refuses_tls("wss://localhost:%d/echo", "selfsigned", NULL, "self");
	refuses_tls("wss://localhost:%d/echo", "selfsigned", ca_file, "self");
	refuses_tls("wss://localhost:%d/echo", "tls", NULL, "localhost");
	refuses_tls("wss://localhost:%d/echo", "othername", ca_file, "ismatch");
	refuses_tls("wss://127.0.0.1:%d/echo", "othername", ca_file, "ismatch");
}

static void test_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *form;
		int code, status;
	} rows[] = {{"ws://127.0.0.1:%d/status/401", ERR_AUTH, 401},
		    {"ws://127.0.0.1:%d/status/404", ERR_NOT_FOUND, 404},
		    {"ws://127.0.0.1:%d/status/503", ERR_NETWORK, 503},
		    {"ws://127.0.0.1:%d/status/302", ERR_NETWORK, 302},
		    {"ws://127.0.0.1:%d/nothing", ERR_NETWORK, 0},
		    {"wss://127.0.0.1:%d/not-tls", ERR_NETWORK, 0}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s = {0};
		run(&s, (struct ws_options){.url = address(rows[i].form, "raw")});
		assert_int_equal(s.opened, 0);
		assert_int_equal(s.err.code, rows[i].code);
		assert_int_equal(s.err.http_status, rows[i].status);
		done(&s);
	}
}

/* Hung up on before a word was said, at whichever moment that is noticed. */
static void test_hung_up(void **state)
{
	(void)state;
	static const char *const which[] = {"reset", "shut"};
	for (int i = 0; i < 200; i++) {
		struct seen s = {0};
		run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/", which[i % 2])});
		assert_int_equal(s.opened, 0);
		assert_int_equal(s.closed, 1);
		assert_int_equal(s.err.code, ERR_NETWORK);
		/* Noticed, not waited for. */
		assert_null(strstr(s.err.msg, "time"));
		done(&s);
	}
}

struct opener {
	int before, fds[8];
};

static void open_some(void *arg)
{
	struct opener *o = arg;
	for (size_t i = 0; i < ARRAY_LEN(o->fds); i++)
		o->fds[i] = dup(o->before);
}

/* lws is gone before the turn ends in which somebody else opens files: they stay open. */
static void test_ends_alone(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct opener o = {.before = open("/dev/null", O_RDONLY)};
	struct ws_client *c = ws_client_new(l, NULL);
	assert_non_null(c);
	loop_defer(l, open_some, &o);
	ws_client_free(c);
	for (size_t i = 0; i < ARRAY_LEN(o.fds); i++)
		assert_int_equal(close(o.fds[i]), 0);
	close(o.before);
	loop_free(l);
}

static void test_bad_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		int code;
	} rows[] = {{"http://127.0.0.1/", ERR_USAGE},
		    {"ws://", ERR_USAGE},
		    {"ws://u:p@127.0.0.1/", ERR_USAGE},
		    {"ws://no-such-name.invalid/", ERR_NETWORK}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen s = {0};
		run(&s, (struct ws_options){.url = rows[i].url});
		assert_int_equal(s.closed, 1);
		assert_int_equal(s.err.code, rows[i].code);
		done(&s);
	}
	/* A port that nobody listens on: bound, so that nobody takes it. */
	struct sockaddr_storage a = {.ss_family = AF_INET};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	char url[80];
	const unsigned char *raw = (const unsigned char *)&a;
	snprintf(url, sizeof(url), "ws://127.0.0.1:%d/", raw[2] << 8 | raw[3]);
	struct seen s = {0};
	run(&s, (struct ws_options){.url = url});
	assert_int_equal(s.err.code, ERR_NETWORK);
	assert_non_null(strstr(s.err.msg, "127.0.0.1"));
	done(&s);
	close(fd);
}

static void test_time_limits(void **state)
{
	(void)state;
	struct seen s = {0};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/stall", "raw"),
				    .connect_timeout_ms = 100});
	assert_int_equal(s.opened, 0);
	assert_int_equal(s.err.code, ERR_NETWORK);
	assert_non_null(strstr(s.err.msg, "in time"));
	done(&s);
	s = (struct seen){0};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/mute", "raw"),
				    .ping_every_ms = 50});
	assert_int_equal(s.opened, 1);
	assert_int_equal(s.err.code, ERR_NETWORK);
	assert_non_null(strstr(s.err.msg, "silent"));
	done(&s);
}

static void close_it(void *arg)
{
	struct seen *s = arg;
	ws_close(s->w, 1000);
}

/* With a ping so often. False: this machine was too slow for an answer in time. */
static bool keeps_with_pings(int every_ms)
{
	struct seen s = {.l = loop_new()};
	struct ws_client *c = ws_client_new(s.l, NULL);
	struct loop_timer *t = loop_timer_new(s.l, close_it, &s);
	s.w = ws_connect(c,
			 &(struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain"),
					      .ping_every_ms = every_ms},
			 &handler, &s);
	loop_timer_start(t, (uint64_t)every_ms * 3, 0);
	loop_run(s.l);
	bool kept = s.opened && !s.err.code && s.code == 1000;
	loop_timer_free(t);
	ws_client_free(c);
	loop_free(s.l);
	return kept;
}

/* A peer that answers pings stays, however little is said. */
static void test_pings_keep(void **state)
{
	int ms = 1000;
	(void)state;
	while (!keeps_with_pings(ms) && ms < 30000)
		ms *= 3;
	assert_true(ms < 30000);
}

/* Freed at any moment: while connecting, inside `opened`, inside `message`. */
static void test_free_early(void **state)
{
	(void)state;
	struct seen s = {.free_at_open = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain")});
	assert_int_equal(s.closed, 0);
	done(&s);
	s = (struct seen){.say = span_of("x"), .free_at_message = true};
	run(&s, (struct ws_options){.url = address("ws://127.0.0.1:%d/echo", "plain")});
	assert_int_equal(s.closed, 0);
	assert_int_equal(s.messages, 1);
	done(&s);
	s.l = loop_new();
	struct ws_client *c = ws_client_new(s.l, NULL);
	for (int turns = 0; turns < 6; turns++) {
		s.w = ws_connect(c,
				 &(struct ws_options){.url = address("wss://localhost:%d/echo",
								     "tls"),
						      .ca_file = ca_file},
				 &handler, &s);
		for (int i = 0; i < turns * 20; i++)
			loop_run_once(s.l);
		ws_free(s.w);
	}
	ws_client_free(c);
	loop_free(s.l);
	assert_int_equal(s.closed, 0);
}

/* Several at once on one loop, beside a timer that goes on while the client is freed. */
static void test_many(void **state)
{
	(void)state;
	struct seen s[8] = {0};
	struct loop *l = loop_new();
	struct ws_client *c = ws_client_new(l, NULL);
	struct loop_timer *t = loop_timer_new(l, (loop_fn *)close_it, &s[0]);
	loop_timer_start(t, PATIENCE_MS, 0);
	for (size_t i = 0; i < ARRAY_LEN(s); i++) {
		s[i] = (struct seen){.l = l, .say = span_of("hi"), .close_after_message = true};
		buf_init(&s[i].last, 100);
		s[i].w = ws_connect(
			c,
			&(struct ws_options){.url = i % 2 ? address("ws://127.0.0.1:%d/", "plain")
							  : address("wss://localhost:%d/", "tls"),
					     .ca_file = ca_file,
					     .connect_timeout_ms = PATIENCE_MS},
			&handler, &s[i]);
	}
	for (size_t left = ARRAY_LEN(s); left;) {
		loop_run(l);
		left = 0;
		for (size_t i = 0; i < ARRAY_LEN(s); i++)
			left += !s[i].closed;
	}
	ws_client_free(c);
	loop_timer_free(t);
	loop_free(l);
	for (size_t i = 0; i < ARRAY_LEN(s); i++) {
		assert_string_equal(buf_str(&s[i].last), "hi");
		buf_done(&s[i].last);
	}
}

static void test_send_limits(void **state)
{
	(void)state;
	struct err e = {0};
	struct seen s = {.l = loop_new()};
	struct ws_client *c = ws_client_new(s.l, NULL);
	s.w = ws_connect(c, &(struct ws_options){.url = address("ws://127.0.0.1:%d/mute", "raw")},
			 &handler, &s);
	assert_int_equal(ws_send(s.w, span_of("x"), false, &e), ERR_NETWORK);
	while (!s.opened)
		loop_run_once(s.l);
	char *big = mem_alloc(LIMIT_WS_QUEUE);
	assert_int_equal(ws_send(s.w, (struct span){big, LIMIT_WS_QUEUE}, true, &e), 0);
	assert_int_equal(ws_send(s.w, span_of("x"), true, &e), ERR_TOO_LARGE);
	mem_free(big);
	ws_free(s.w);
	ws_client_free(c);
	loop_free(s.l);
}

static int start_server(void **state)
{
	(void)state;
	int fds[2];
	tmpdir_make(folder);
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", folder);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	server = fork();
	if (server < 0)
		return -1;
	if (server == 0) {
		dup2(fds[1], 0);
		dup2(fds[1], 1);
		/* Debian's own, which python3-websockets belongs to. */
		execl("/usr/bin/python3", "python3", "tests/lib/ws_server.py", folder,
		      (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	server_fd = fds[0];
	size_t n = 0;
	while (n < sizeof(ports) - 1 && !strchr(ports, '\n')) {
		ssize_t k = read(server_fd, ports + n, sizeof(ports) - 1 - n);
		if (k <= 0)
			return -1;
		n += (size_t)k;
	}
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	int status;
	if (server_fd >= 0)
		close(server_fd); /* its standard input ends, and so does it */
	if (server > 0)
		waitpid(server, &status, 0);
	tmpdir_remove(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),	    cmocka_unit_test(test_large),
		cmocka_unit_test(test_closing),	    cmocka_unit_test(test_request),
		cmocka_unit_test(test_tls),	    cmocka_unit_test(test_bad_certificates),
		cmocka_unit_test(test_refusals),    cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_time_limits), cmocka_unit_test(test_pings_keep),
		cmocka_unit_test(test_free_early),  cmocka_unit_test(test_many),
		cmocka_unit_test(test_send_limits), cmocka_unit_test(test_hung_up),
		cmocka_unit_test(test_ends_alone),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
