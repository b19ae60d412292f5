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
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define START_MS 60000

static int free_port(int *ret_fd)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(sa);
	*ret_fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(*ret_fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(*ret_fd, (struct sockaddr *)&sa, &n), 0);
	return ntohs(sa.sin_port);
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

static void write_settings(const struct coturn *c)
{
	AUTO_FREE char *path = mem_printf("%s/turn.conf", c->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
		"listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port=%d\n"
		"tls-listening-port=%d\ncert=%s\npkey=%s/key.pem\nuse-auth-secret\n"
		"static-auth-secret=%s\nrealm=test\nallow-loopback-peers\nno-cli\nno-dtls\n"
		"userdb=%s/turn.db\npidfile=%s/turn.pid\nlog-file=stdout\nsimple-log\n"
		"relay-threads=1\n",
		c->port, c->tls_port, c->cert, c->dir, COTURN_SECRET, c->dir, c->dir);
	fclose(f);
}

static void run(const struct coturn *c)
{
	AUTO_FREE char *settings = mem_printf("%s/turn.conf", c->dir);
	AUTO_FREE char *log = mem_printf("%s/log", c->dir);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 1);
	dup2(fd, 2);
	if (chdir(c->dir) == 0)
		execlp("turnserver", "turnserver", "-c", settings, (char *)NULL);
	_exit(127);
}

static bool answers(int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;
	close(fd);
	return ok;
}

bool coturn_start(struct coturn *c)
{
	int a, b;
	*c = (struct coturn){.pid = -1};
	if (access("/usr/bin/turnserver", X_OK) != 0)
		return false;
	tmpdir_make(c->dir);
	make_cert(c);
	c->port = free_port(&a);
	c->tls_port = free_port(&b);
	close(a);
	close(b);
	write_settings(c);
	c->pid = forked_fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0)
		run(c);
	for (int64_t until = clock_mono_ms() + START_MS; !answers(c->port) || !answers(c->tls_port);
	     poll(NULL, 0, 20)) {
		assert_int_equal(waitpid(c->pid, NULL, WNOHANG), 0);
		assert_true(clock_mono_ms() < until);
	}
	return true;
}

void coturn_stop(struct coturn *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (c->dir[0])
		tmpdir_remove(c->dir);
	c->pid = -1;
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
