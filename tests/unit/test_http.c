#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/fs.h"
#include "core/base/http.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "tests/lib/toy_http.h"

#include <arpa/inet.h>
#include <sys/stat.h>

static struct toy toy, other;
static struct loop *loop;
static struct http *client;
static char root[64];

struct result {
	int calls, status, code, retry_after_ms;
	int64_t saved;
	char body[4096], type[64], disposition[128], msg[512], hint[256];
	struct http *free_it;
};

static void on_done(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct result *r = arg;
	r->calls++;
	r->status = reply->status;
	r->code = err ? err->code : 0;
	r->retry_after_ms = reply->retry_after_ms;
	r->saved = reply->saved_bytes;
	snprintf(r->body, sizeof(r->body), "%.*s", SPAN_ARG(reply->body));
	snprintf(r->type, sizeof(r->type), "%s", reply->content_type);
	snprintf(r->disposition, sizeof(r->disposition), "%s", reply->disposition);
	snprintf(r->msg, sizeof(r->msg), "%s", err ? err->msg : "");
	snprintf(r->hint, sizeof(r->hint), "%s", err ? err->hint : "");
	http_free(r->free_it);
}

static char *url(const char *path)
{
	static char text[4][512];
	static int turn;
	char *u = text[turn++ % 4];
	snprintf(u, sizeof(text[0]), "http://127.0.0.1:%d%s", toy.port, path);
	return u;
}

static struct http_options options;

/* One request both ways: on the loop, and blocking; both must tell the same. */
static struct result run(struct http_request rq)
{
	struct result r = {0};
	http_start(client, &rq, on_done, &r);
	assert_int_equal(r.calls, 0);
	loop_run(loop);
	assert_int_equal(r.calls, 1);

	struct http *h = http_new(NULL, &options);
	struct http_reply reply = {0};
	struct err err = {0};
	struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
	int rc = http_perform(h, &rq, &reply, &body, &err);
	assert_int_equal(rc, r.code);
	if (rc == 0) {
		assert_int_equal(reply.status, r.status);
		assert_true(span_eq_str(span_head(reply.body, sizeof(r.body) - 1), r.body));
		assert_string_equal(reply.content_type, r.type);
	} else {
		assert_string_equal(err.msg, r.msg);
	}
	buf_done(&body);
	http_free(h);
	return r;
}

static struct result get(const char *path)
{
	return run((struct http_request){.url = url(path)});
}

static void test_methods(void **state)
{
	(void)state;
	struct result r = get("/echo");
	assert_int_equal(r.status, 200);
	assert_string_equal(r.type, "text/plain");
	assert_string_equal(r.body, "GET /echo HTTP/1.1|auth=|type=|expect=|length=|n=0|");
	r = run((struct http_request){.method = "PUT",
				      .url = url("/x"),
				      .bearer = "mst_secret",
				      .body = span_of("{\"a\":1}")});
	assert_string_equal(r.body, "PUT /x HTTP/1.1|auth=Bearer mst_secret|type=application/json|"
				    "expect=|length=7|n=7|{\"a\":1}");
	r = run((struct http_request){.method = "POST", .url = url("/x")});
	assert_string_equal(r.body, "POST /x HTTP/1.1|auth=|type=|expect=|length=0|n=0|");
	r = run((struct http_request){.method = "DELETE", .url = url("/x"), .body = span_of("b")});
	assert_non_null(strstr(r.body, "DELETE /x HTTP/1.1|"));
	assert_non_null(strstr(r.body, "|n=1|b"));
	r = run((struct http_request){.method = "HEAD", .url = url("/status/404")});
	assert_int_equal(r.status, 404);
	assert_string_equal(r.body, "");
}

static void test_path_as_is(void **state)
{
	(void)state;
	struct result r = get("/a/../b%2Fc/./d?e=%20");
	assert_non_null(strstr(r.body, "GET /a/../b%2Fc/./d?e=%20 HTTP"));
	struct buf b = BUF_INIT(100);
	http_put_segment(&b, span_of("a/b?é~-"));
	assert_string_equal(buf_str(&b), "a%2Fb%3F%C3%A9~-");
	buf_done(&b);
}

static void test_status(void **state)
{
	(void)state;
	struct result r = get("/status/429");
	assert_int_equal(r.status, 429);
	assert_int_equal(r.code, 0);
	assert_int_equal(r.retry_after_ms, 2000);
	assert_string_equal(r.body, "sorry");
}

static void test_cap(void **state)
{
	(void)state;
	struct result r = run((struct http_request){.url = url("/big/4096"), .max_reply = 4096});
	assert_int_equal(r.status, 200);
	r = run((struct http_request){.url = url("/big/100000000"), .max_reply = 4095});
	assert_int_equal(r.code, ERR_TOO_LARGE);
	r = run((struct http_request){.url = url("/announced"), .max_reply = 1000});
	assert_int_equal(r.code, ERR_TOO_LARGE);
	assert_int_equal(get("/headers").code, ERR_TOO_LARGE);
}

static void test_save(void **state)
{
	(void)state;
	struct stat st;
	AUTO_FREE char *path = fs_join(root, "saved");
	struct result r = run((struct http_request){.url = url("/file"), .save_file = path});
	assert_int_equal(r.saved, 3);
	assert_string_equal(r.type, "image/png");
	assert_string_equal(r.disposition, "attachment; filename=\"a.png\"");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* What is not a 2xx is told, and leaves the old file alone. */
	r = run((struct http_request){.url = url("/status/404"), .save_file = path});
	assert_int_equal(r.status, 404);
	assert_string_equal(r.body, "sorry");
	r = run((struct http_request){.url = url("/cut"), .save_file = path});
	assert_int_equal(r.code, ERR_NETWORK);
	r = run((struct http_request){.url = url("/big/100000"),
				      .save_file = path,
				      .max_reply = 50000});
	assert_int_equal(r.code, ERR_TOO_LARGE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3);
	r = run((struct http_request){.url = url("/big/5242880"), .save_file = path});
	assert_int_equal(r.saved, 5242880);
	r = run((struct http_request){.url = url("/file"), .save_file = "/no/such/folder/f"});
	assert_int_equal(r.code, ERR_NOT_FOUND);
}

static void test_upload(void **state)
{
	(void)state;
	struct err e;
	AUTO_FREE char *path = fs_join(root, "up");
	AUTO_FREE char *data = mem_alloc(3u << 20);
	memset(data, 'u', 3u << 20);
	assert_int_equal(fs_write_atomic(path, (struct span){data, 3u << 20}, 0600, &e), 0);
	struct result r = run((struct http_request){.method = "POST",
						    .url = url("/up"),
						    .content_type = "image/png",
						    .body_file = path});
	assert_non_null(strstr(r.body, "POST /up HTTP/1.1|auth=|type=image/png|"));
	assert_non_null(strstr(r.body, "|length=3145728|n=3145728|"));
	r = run((struct http_request){.method = "POST", .url = url("/up"), .body_file = root});
	assert_int_equal(r.code, ERR_USAGE);
	r = run((struct http_request){.method = "POST", .url = url("/up"), .body_file = "/no/f"});
	assert_int_equal(r.code, ERR_NOT_FOUND);
}

static void test_redirect(void **state)
{
	(void)state;
	char path[128];
	struct result r = get("/to/127.0.0.1:1/x");
	assert_int_equal(r.status, 302);
	snprintf(path, sizeof(path), "/to/127.0.0.1:%d/here", toy.port);
	r = run((struct http_request){.url = url(path),
				      .bearer = "mst_secret",
				      .follow_redirects = true});
	assert_non_null(strstr(r.body, "/here HTTP/1.1|auth=Bearer mst_secret|"));
	snprintf(path, sizeof(path), "/to/127.0.0.1:%d/there", other.port);
	r = run((struct http_request){.url = url(path),
				      .bearer = "mst_secret",
				      .follow_redirects = true});
	assert_non_null(strstr(r.body, "/there HTTP/1.1|auth=|"));
	snprintf(path, sizeof(path), "/to/localhost:%d/name", toy.port);
	r = run((struct http_request){.url = url(path),
				      .bearer = "mst_secret",
				      .follow_redirects = true});
	assert_non_null(strstr(r.body, "/name HTTP/1.1|auth=|"));
}

static void test_bad_requests(void **state)
{
	(void)state;
	assert_int_equal(run((struct http_request){.url = "file:///etc/passwd"}).code, ERR_USAGE);
	assert_int_equal(run((struct http_request){.url = "http://a b/"}).code, ERR_USAGE);
	assert_int_equal(run((struct http_request){.url = "http://u:p@127.0.0.1:1/"}).code,
			 ERR_USAGE);
	assert_int_equal(run((struct http_request){.url = ""}).code, ERR_USAGE);
	assert_int_equal(run((struct http_request){.url = url("/x"), .bearer = "a\r\nX-Evil: 1"})
				 .code,
			 ERR_INVALID);
}

static void test_network_errors(void **state)
{
	(void)state;
	char where[64];
	/* Bound, so that nobody else gets the port, and nobody listens. */
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	snprintf(where, sizeof(where), "http://127.0.0.1:%d/", ntohs(a.sin_port));
	struct result r = run((struct http_request){.url = where});
	close(fd);
	assert_int_equal(r.code, ERR_NETWORK);
	assert_non_null(strstr(r.msg, "127.0.0.1:"));
	assert_non_null(strstr(r.msg, "refuses"));
	assert_true(r.hint[0] != '\0');
	r = run((struct http_request){.url = "http://no-such-name.invalid/"});
	assert_int_equal(r.code, ERR_NETWORK);
	assert_non_null(strstr(r.msg, "no-such-name.invalid"));
	assert_int_equal(get("/drop").code, ERR_NETWORK);
	assert_int_equal(get("/cut").code, ERR_NETWORK);
	assert_int_equal(get("/garbage").code, ERR_PROTOCOL);
}

static void test_timeouts(void **state)
{
	(void)state;
	struct result r = run((struct http_request){.url = url("/silent"), .timeout_ms = 50});
	assert_int_equal(r.code, ERR_CANCELLED);
	r = run((struct http_request){.url = url("/half"), .timeout_ms = 50});
	assert_int_equal(r.code, ERR_CANCELLED);
	r = run((struct http_request){.url = url("/silent"), .idle_timeout_ms = 1});
	assert_int_equal(r.code, ERR_NETWORK);
}

/* A listener whose queue is full takes no connection and says nothing. */
static void test_connect_timeout(void **state)
{
	(void)state;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	int full[8], fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	for (size_t i = 0; i < ARRAY_LEN(full); i++) {
		full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(full[i], (struct sockaddr *)&a, n) == 0)
			continue;
	}
	char where[64];
	snprintf(where, sizeof(where), "http://127.0.0.1:%d/", ntohs(a.sin_port));
	struct result r = run((struct http_request){.url = where, .timeout_ms = 100});
	assert_int_equal(r.code, ERR_CANCELLED);
	/* Only here: everything else may take as long as the machine needs. */
	options.connect_timeout_ms = 300;
	http_free(client);
	client = http_new(loop, &options);
	r = run((struct http_request){.url = where});
	assert_int_equal(r.code, ERR_NETWORK);
	assert_non_null(strstr(r.msg, "in time"));
	options.connect_timeout_ms = 0;
	http_free(client);
	client = http_new(loop, &options);
	for (size_t i = 0; i < ARRAY_LEN(full); i++)
		close(full[i]);
	close(fd);
}

static void cancel_now(void *call)
{
	http_cancel(call);
}

static void test_cancel(void **state)
{
	(void)state;
	struct result r = {0}, s = {0};
	struct http_request rq = {.url = url("/silent")};
	http_cancel(http_start(client, &rq, on_done, &r));
	assert_int_equal(r.calls, 0);
	loop_run(loop);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.code, ERR_CANCELLED);
	struct loop_timer *t =
		loop_timer_new(loop, cancel_now, http_start(client, &rq, on_done, &s));
	loop_timer_start(t, 30, 0);
	loop_run(loop);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.code, ERR_CANCELLED);
	loop_timer_free(t);
}

/* Freeing answers everything once, also from inside an answer. */
static void test_client_free(void **state)
{
	(void)state;
	loop_run(loop); /* what earlier tests closed is released now */
	long before = mem_live();
	struct result r[3] = {0};
	struct http_request silent = {.url = url("/silent")}, quick = {.url = url("/echo")};
	struct http *h = http_new(loop, NULL);
	http_start(h, &silent, on_done, &r[0]);
	http_start(h, &quick, on_done, &r[1]);
	http_start(h, &silent, on_done, &r[2]);
	r[1].free_it = h;
	loop_run(loop);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r[i].calls, 1);
		assert_int_equal(r[i].code, i == 1 ? 0 : ERR_CANCELLED);
	}
	memset(r, 0, sizeof(r));
	h = http_new(loop, NULL);
	http_start(h, &silent, on_done, &r[0]);
	while (atomic_load(&toy.open) == 0)
		loop_run_once(loop);
	http_free(h);
	assert_int_equal(r[0].calls, 1);
	http_free(NULL);
	loop_run(loop);
	assert_int_equal(mem_live(), before);
}

/* More calls than connections: all are answered, connections are reused. */
static void test_many(void **state)
{
	(void)state;
	struct result *r = mem_alloc(100 * sizeof(*r));
	int before = atomic_load(&toy.connections);
	struct http *h = http_new(loop, &(struct http_options){.max_per_host = 3});
	for (int i = 0; i < 100; i++)
		http_start(h, &(struct http_request){.url = url("/echo")}, on_done, &r[i]);
	loop_run(loop);
	for (int i = 0; i < 100; i++)
		assert_int_equal(r[i].status, 200);
	assert_true(atomic_load(&toy.connections) - before <= 3);
	http_free(h);
	struct buf body = BUF_INIT(1 << 20);
	before = atomic_load(&toy.connections);
	h = http_new(NULL, NULL);
	for (int i = 0; i < 10; i++) {
		struct http_reply reply;
		assert_int_equal(http_perform(h, &(struct http_request){.url = url("/echo")},
					      &reply, &body, NULL),
				 0);
		assert_int_equal(body.n, (size_t)(i + 1) * reply.body.n);
	}
	assert_int_equal(atomic_load(&toy.connections) - before, 1);
	http_free(h);
	buf_done(&body);
	mem_free(r);
}

static int set_up(void **state)
{
	(void)state;
	/* The tests speak to this machine only, whatever proxy it uses otherwise. */
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	snprintf(root, sizeof(root), "/tmp/muster-test-XXXXXX");
	loop = loop_new();
	client = http_new(loop, &options);
	return mkdtemp(root) && toy_start(&toy) == 0 && toy_start(&other) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	http_free(client);
	loop_free(loop);
	toy_stop(&toy);
	toy_stop(&other);
	fs_remove_tree(root, NULL);
	return mem_live() == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_path_as_is),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_upload),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_network_errors),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_connect_timeout),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_client_free),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
