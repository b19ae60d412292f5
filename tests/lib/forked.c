#include "tests/lib/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/login.h"
#include "server/serve.h"
#include "tests/lib/tmpdir.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 120000
#define PORT_FROM 10240
#define PORT_TO 32768

void home_make(struct home *h)
{
	static const char *const vars[] = {"HOME",	     "XDG_DATA_HOME",  "XDG_CONFIG_HOME",
					   "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
	tmpdir_make(h->dir);
	for (size_t i = 0; i < ARRAY_LEN(vars); i++) {
		AUTO_FREE char *path = mem_printf("%s/%zu", h->dir, i);
		assert_int_equal(mkdir(path, 0700), 0);
		setenv(vars[i], path, 1);
	}
	unsetenv("MUSTER_ACCOUNT");
	setenv("MUSTER_ALLOW_ROOT", "1", 1);
	assert_int_equal(chdir(h->dir), 0);
}

void home_remove(struct home *h)
{
	if (chdir("/") == 0)
		tmpdir_remove(h->dir);
}

/* A test that fails or is killed leaves nobody behind, who would also hold its stdout open. */
static void end_with(pid_t parent)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(9);
}

pid_t forked_fork(void)
{
	pid_t parent = getpid(), pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		end_with(parent);
	return pid;
}

struct telling {
	int fd;
};

static void on_event(const json_t *event, void *arg)
{
	struct telling *t = arg;
	const char *url = json_get_str(event, "url");
	if (!url || t->fd < 0)
		return;
	if (write(t->fd, url, strlen(url)) < 0)
		_exit(9);
	close(t->fd);
	t->fd = -1;
}

static void read_url(struct forked *f, int fd)
{
	size_t n = 0;
	for (ssize_t k; n < sizeof(f->url) - 1; n += (size_t)k)
		if ((k = read(fd, f->url + n, sizeof(f->url) - 1 - n)) <= 0)
			break;
	f->url[n] = '\0';
	close(fd);
	if (!n)
		fail_msg("the server did not start");
}

static void serve_at(struct forked *f, const char *dir, const char *listen)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	f->pid = forked_fork();
	if (f->pid == 0) {
		struct err err = {0};
		struct telling t = {fds[1]};
		struct serve_options opt = {
			.data_dir = dir,
			.server_name = "localhost",
			.listen = listen,
			.udp_port = SERVE_ANY_PORT,
			.open_registration = true,
			.event = on_event,
			.event_arg = &t,
		};
		close(fds[0]);
		int rc = serve_run(&opt, &err);
		if (rc)
			fprintf(stderr, "server: %s\n", err.msg);
		_exit(rc ? 1 : 0);
	}
	close(fds[1]);
	read_url(f, fds[0]);
}

/*
 * For a server that may be started again: below the ports that the system gives to connections, of
 * which it would be one sooner or later while nobody listens. It is this process's until it ends:
 * bound for itself, and only then shared with the server's socket, which asks to share.
 */
static bool reserve_port(int port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0;
	close(fd);
	return false;
}

void forked_serve(struct forked *f, const char *dir)
{
	char listen[32];
	uint16_t dice;
	do {
		crypto_random(&dice, sizeof(dice));
		dice = (uint16_t)(PORT_FROM + dice % (PORT_TO - PORT_FROM));
	} while (!reserve_port(dice));
	snprintf(listen, sizeof(listen), "127.0.0.1:%d", dice);
	serve_at(f, dir, listen);
}

void forked_serve_again(struct forked *f, const char *dir)
{
	char listen[300];
	snprintf(listen, sizeof(listen), "%s", strrchr(f->url, '/') + 1);
	serve_at(f, dir, listen);
}

void forked_end(struct forked *f, int signum)
{
	if (f->pid > 0) {
		worker_kill(f->pid, signum);
		worker_wait(f->pid);
	}
	f->pid = 0;
}

int forked_count(const struct forked *f, const char *prefix)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct span line, rest;
	int n = 0;
	if (fs_read(f->log, &b, NULL))
		return 0;
	rest = buf_span(&b);
	while (rest.n && span_split(&rest, '\n', &line))
		n += span_starts(line, prefix);
	return n;
}

pid_t worker_start(int (*fn)(void *arg), void *arg)
{
	pid_t pid = forked_fork();
	if (pid == 0)
		_exit(fn(arg));
	return pid;
}

int worker_wait(pid_t pid)
{
	int64_t end = clock_mono_ms() + WAIT_MS;
	int status;
	assert_true(pid > 0);
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		assert_true(got == 0 || errno == EINTR);
		if (clock_mono_ms() > end) {
			worker_kill(pid, SIGKILL);
			fail_msg("a child process did not end");
		}
		usleep(500);
	}
}

void worker_kill(pid_t pid, int signum)
{
	assert_true(pid > 0);
	kill(pid, signum);
}

void account_register(const char *url, const char *user)
{
	struct err err = {0};
	struct register_request rq = {
		.server = url,
		.user = user,
		.password = "a long password",
		.account = user,
		.timeout_ms = 120000,
	};
	if (client_register(&rq, NULL, &err))
		fail_msg("register %s: %s", user, err.msg);
}

void account_fake(const char *url, const char *name, const char *token, const char *refresh)
{
	AUTO_FREE char *id = mem_printf("@%s:test", name);
	struct account *a = NULL;
	struct err err = {0};
	if (account_make(name, url, id, "DEV", &a, &err))
		fail_msg("%s", err.msg);
	struct secrets s = {(char *)token, (char *)refresh, 0};
	assert_int_equal(account_secrets_save(a, &s, &err), 0);
	account_free(a);
}

struct client *client_of(const char *account, int timeout_ms, struct loop *l)
{
	struct client_options opt = {.account = account, .timeout_ms = timeout_ms, .loop = l};
	struct client *c = NULL;
	struct err err = {0};
	if (client_open(&opt, &c, &err))
		fail_msg("%s: %s", account, err.msg);
	return c;
}

int rows_add(json_t *row, void *array)
{
	json_array_append(array, row);
	return 0;
}
