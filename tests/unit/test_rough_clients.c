/*
 * Clients that say little, go away, or stay while the server stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOGIN "/_matrix/client/v3/login"
#define MANY 40

static struct test_server t;

static int start(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	test_server_start(&t);
	test_add_user(&t, "anna", false);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	test_server_done(&t);
	return 0;
}

static int dial(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t.srv->port)};
	struct timeval limit = {.tv_sec = 120};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Everything until the server closes. */
static void hear(int fd, struct buf *b)
{
	char part[4096];
	ssize_t n;
	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_put(b, part, (size_t)n);
	close(fd);
}

static void say_login(int fd, bool last)
{
	static const char body[] = "{\"type\":\"m.login.password\",\"user\":\"anna\",\"password\":"
				   "\"password of anna\"}";
	char text[500];
	snprintf(text, sizeof(text),
		 "POST " LOGIN " HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
		 last ? "Connection: close\r\n" : "", strlen(body), body);
	say(fd, text);
}

/* Browsers need these on every reply, errors included. */
static void test_cors(void **state)
{
	static const struct {
		const char *method, *path, *status;
	} asked[] = {
		{"OPTIONS", "/_matrix/client/v3/sync", "200"},
		{"OPTIONS", "/no/such/place", "200"},
		{"GET", "/no/such/place", "404"},
		{"DELETE", "/_matrix/client/versions", "405"},
		{"GET", "/_matrix/client/v3/account/whoami", "401"},
		{"GET", "/_matrix/client/v3/profile/%zz", "400"},
		{"GET", "/_matrix/client/versions", "200"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct buf b = BUF_INIT(100000);
		char text[300];
		int fd = dial();
		snprintf(text, sizeof(text),
			 "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", asked[i].method,
			 asked[i].path);
		say(fd, text);
		hear(fd, &b);
		const char *got = buf_str(&b);
		if (strlen(got) < 12 || strncmp(got + 9, asked[i].status, 3) != 0)
			fail_msg("%s %s: %s", asked[i].method, asked[i].path, got);
		assert_non_null(strstr(got, "Access-Control-Allow-Origin: *\r\n"));
		assert_non_null(strstr(got, "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, "
					    "OPTIONS, PATCH\r\n"));
		assert_non_null(strstr(got, "Access-Control-Allow-Headers: X-Requested-With, "
					    "Content-Type, Authorization, If-Match\r\n"));
		assert_non_null(strstr(got, "Content-Type: application/json\r\n"));
		buf_done(&b);
	}
}

/* Gone while the password is checked, the writer works, or the body is half sent. */
static void test_hang_up(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++) {
		int fd = dial();
		if (i % 2)
			say_login(fd, false);
		else
			say(fd,
			    "POST " LOGIN " HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{");
		close(fd);
	}
	char *token = test_login(&t, "anna", NULL);
	mem_free(token);
}

/* A queue is worked off in order, and who waits gets an answer. */
static void test_queue(void **state)
{
	int fd[MANY];
	(void)state;
	for (int i = 0; i < MANY; i++) {
		fd[i] = dial();
		say_login(fd[i], true);
	}
	for (int i = 0; i < MANY; i++) {
		struct buf b = BUF_INIT(100000);
		hear(fd[i], &b);
		assert_memory_equal(buf_str(&b), "HTTP/1.1 200 ", 13);
		buf_done(&b);
	}
}

/* Stopping under load: nothing hangs, and what is answered is a whole reply. */
static void test_stop_under_load(void **state)
{
	int fd[MANY], answered = 0;
	(void)state;
	for (int i = 0; i < MANY; i++) {
		fd[i] = dial();
		say_login(fd[i], true);
	}
	char *token = test_login(&t, "anna", NULL); /* so the others have arrived */
	mem_free(token);
	test_server_stop(&t);
	for (int i = 0; i < MANY; i++) {
		struct buf b = BUF_INIT(100000);
		hear(fd[i], &b);
		answered += b.n > 0;
		if (b.n)
			assert_int_equal(buf_str(&b)[b.n - 1], '}');
		buf_done(&b);
	}
	assert_true(answered > 0);
	test_server_start(&t);
	token = test_login(&t, "anna", NULL);
	mem_free(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cors),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_stop_under_load),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
