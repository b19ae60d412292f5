#include "tests/lib/coturn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "tests/lib/forked.h"
#include "tests/lib/tmpdir.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define START_MS 60000
#define ASK_MS 200
#define PORT_TRIES 20

static int bound(int type, uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, type, 0);
	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	*ret_port = ntohs(sa.sin_port);
	return fd;
}

/* Free by TCP and by UDP: one that another has by UDP is waited for by coturn, for a minute. */
static int free_port(int ret_fds[2])
{
	for (int i = 0; i < PORT_TRIES; i++) {
		uint16_t port, same;
		ret_fds[0] = bound(SOCK_STREAM, 0, &port);
		assert_true(ret_fds[0] >= 0);
		ret_fds[1] = bound(SOCK_DGRAM, port, &same);
		if (ret_fds[1] >= 0)
			return port;
		close(ret_fds[0]);
	}
	fail_msg("no port is free by TCP and by UDP");
	return 0;
}

static void choose_ports(struct coturn *c)
{
	int a[2], b[2];
	c->port = free_port(a);
	c->tls_port = free_port(b);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static void make_cert(struct coturn *c)
{
	AUTO_FREE char *cmd =
		mem_printf("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=turn "
			   "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out "
			   "%s/cert.pem 2>/dev/null",
			   c->dir, c->dir);
	snprintf(c->cert, sizeof(c->cert), "%s/cert.pem", c->dir);
	assert_int_equal(system(cmd), 0);
}

bool coturn_has_six(void)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	if (fd >= 0)
		close(fd);
	return has;
}

static void write_settings(const struct coturn *c)
{
	AUTO_FREE char *path = mem_printf("%s/turn.conf", c->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	if (coturn_has_six())
		fprintf(f, "relay-ip=::1\n");
	fprintf(f,
		"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port=%d\n"
		"tls-listening-port=%d\ncert=%s\npkey=%s/key.pem\nuse-auth-secret\n"
		"static-auth-secret=%s\nrealm=test\nallow-loopback-peers\nno-cli\nno-dtls\n"
		"userdb=%s/turn.db\npidfile=%s/turn.pid\nlog-file=stdout\nsimple-log\n"
		"relay-threads=1\n",
		c->port, c->tls_port, c->cert, c->dir, COTURN_SECRET, c->dir, c->dir);
	fclose(f);
}

/* Empty before it starts: what an earlier one said is not about this one. */
static void make_log(const struct coturn *c)
{
	AUTO_FREE char *log = mem_printf("%s/log", c->dir);
	FILE *f = fopen(log, "w");
	assert_non_null(f);
	fclose(f);
}

static void run(const struct coturn *c)
{
	AUTO_FREE char *settings = mem_printf("%s/turn.conf", c->dir);
	AUTO_FREE char *log = mem_printf("%s/log", c->dir);
	int fd = open(log, O_WRONLY | O_APPEND);
	dup2(fd, 1);
	dup2(fd, 2);
	if (chdir(c->dir) == 0)
		execlp("turnserver", "turnserver", "-c", settings, (char *)NULL);
	_exit(127);
}

static int connected(int type, int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, type, 0);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool accepts(int port)
{
	int fd = connected(SOCK_STREAM, port);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Asks for nothing but our address (RFC 8489): that it does only when all of it is up. */
static bool answers(int port)
{
	static const uint8_t ask[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 'w', 'h', 'o'};
	uint8_t in[200];
	int fd = connected(SOCK_DGRAM, port);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	bool ok = fd >= 0 && send(fd, ask, sizeof(ask), 0) > 0 && poll(&p, 1, ASK_MS) == 1 &&
		  recv(fd, in, sizeof(in), 0) >= 20 && memcmp(in + 4, ask + 4, 16) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Between our choice of a port and its own binding somebody else may have taken it. */
static bool came_too_late(const struct coturn *c)
{
	AUTO_FREE char *path = mem_printf("%s/log", c->dir);
	char line[500];
	bool late = false;
	FILE *f = fopen(path, "r");
	while (f && !late && fgets(line, sizeof(line), f))
		late = strstr(line, strerror(EADDRINUSE)) != NULL;
	if (f)
		fclose(f);
	return late;
}

static void end(struct coturn *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	c->pid = -1;
}

/* False: a port was taken. */
static bool start(struct coturn *c)
{
	int64_t until = clock_mono_ms() + START_MS;
	choose_ports(c);
	write_settings(c);
	make_log(c);
	c->pid = forked_fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0)
		run(c);
	while (!accepts(c->port) || !accepts(c->tls_port) || !answers(c->port)) {
		if (came_too_late(c)) {
			end(c);
			return false;
		}
		assert_int_equal(waitpid(c->pid, NULL, WNOHANG), 0);
		assert_true(clock_mono_ms() < until);
		poll(NULL, 0, 20);
	}
	return true;
}

bool coturn_start(struct coturn *c)
{
	*c = (struct coturn){.pid = -1};
	if (access("/usr/bin/turnserver", X_OK) != 0)
		return false;
	tmpdir_make(c->dir);
	make_cert(c);
	for (int i = 0; !start(c); i++)
		assert_true(i < PORT_TRIES);
	return true;
}

void coturn_stop(struct coturn *c)
{
	end(c);
	if (c->dir[0])
		tmpdir_remove(c->dir);
}

const char *coturn_uri(const struct coturn *c, const char *way, char ret[100])
{
	if (strcmp(way, "tls") == 0)
		snprintf(ret, 100, "turns:127.0.0.1:%d", c->tls_port);
	else
		snprintf(ret, 100, "turn:127.0.0.1:%d?transport=%s", c->port, way);
	return ret;
}

void coturn_login(char user[64], char password[64])
{
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	uint8_t mac[20];
	snprintf(user, 64, "%lld:ann", (long long)(clock_wall_ms() / 1000 + 3600));
	crypto_hmac_sha1(SPAN_LIT(COTURN_SECRET), span_of(user), mac);
	base64_put(&b, mac, sizeof(mac));
	snprintf(password, 64, "%s", buf_str(&b));
}
