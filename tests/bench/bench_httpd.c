/*
 * The HTTP front alone: requests per second (by wrk, when it is installed),
 * and what waiting connections cost. The server is a child process.
 *
 *   bench_httpd [COUNT...]     numbers of waiting connections; 1000 5000
 */
#include "core/base/clock.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "server/http/httpd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY                                                                            \
	"{\"event_id\":\"$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"room_id\":\"" \
	"!bbbbbbbbbbbbbbbbbb:example.org\",\"sender\":\"@somebody:example.org\",\"type\":\"m\"}"
/* What a client sends along. */
#define HEADERS                                                               \
	"Host: 127.0.0.1\r\nUser-Agent: muster/0.1.0\r\nAccept: */*\r\n"      \
	"Authorization: Bearer mst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n" \
	"Accept-Encoding: deflate, gzip\r\n\r\n"
#define SYNC "GET /wait?timeout=30000&since=s123456_1&filter=1 HTTP/1.1\r\n" HEADERS

/* ---- the server ---- */

static struct httpd_request **waiting;
static size_t wait_count, wait_room;

static void begin(struct httpd_request *rq, void *arg)
{
	(void)arg;
	httpd_body_memory(rq, 65536);
}

static void reply(struct httpd_request *rq, struct span body)
{
	httpd_reply(rq, 200, "Content-Type: application/json\r\n", body);
}

static void keep(struct httpd_request *rq)
{
	if (wait_count == wait_room) {
		wait_room = wait_room ? wait_room * 2 : 1024;
		waiting = mem_realloc_array(waiting, wait_room, sizeof(*waiting));
	}
	waiting[wait_count++] = rq;
}

static void ready(struct httpd_request *rq, void *arg)
{
	char text[60];
	struct httpd *const *h = arg;
	struct httpd_stats st;
	if (span_eq_str(rq->path, "/wait")) {
		keep(rq);
	} else if (span_eq_str(rq->path, "/wake")) {
		for (size_t i = 0; i < wait_count; i++)
			reply(waiting[i], SPAN_LIT(BODY));
		wait_count = 0;
		reply(rq, SPAN_LIT("{}"));
	} else if (span_eq_str(rq->path, "/stats")) {
		httpd_stats(*h, &st);
		snprintf(text, sizeof(text), "%d %lld %lld", st.waiting, (long long)os_rss_bytes(),
			 (long long)os_cpu_us());
		reply(rq, span_of(text));
	} else {
		reply(rq, SPAN_LIT(BODY));
	}
}

static void gone(struct httpd_request *rq, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < wait_count; i++)
		if (waiting[i] == rq)
			waiting[i--] = waiting[--wait_count];
}

static void serve(const char *dir, int out)
{
	static const struct httpd_handler handler = {begin, ready, gone, NULL};
	struct httpd *h;
	struct err err;
	char cert[300], key[300];
	int port[2];
	struct loop *l = loop_new();
	os_raise_nofile();
	h = httpd_new(l, &(struct httpd_options){.max_connections = 20000}, &handler, &h);
	snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	snprintf(key, sizeof(key), "%s/key.pem", dir);
	if (httpd_listen(h, "127.0.0.1", 0, false, &port[0], &err) ||
	    httpd_tls_load(h, cert, key, &err) ||
	    httpd_listen(h, "127.0.0.1", 0, true, &port[1], &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	if (write(out, port, sizeof(port)) != sizeof(port))
		exit(1);
	loop_run(l);
	exit(0);
}

/* ---- the client ---- */

struct peer {
	int fd;
	SSL *ssl;
};

static SSL_CTX *client_ctx;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct peer dial(int port, bool tls)
{
	struct peer p = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), NULL};
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (p.fd < 0 || connect(p.fd, (struct sockaddr *)&sa, sizeof(sa)))
		die("connect");
	if (!tls)
		return p;
	p.ssl = SSL_new(client_ctx);
	SSL_set_fd(p.ssl, p.fd);
	if (SSL_connect(p.ssl) != 1)
		die("TLS");
	return p;
}

static void say(struct peer *p, const char *text)
{
	int n = (int)strlen(text);
	if ((p->ssl ? SSL_write(p->ssl, text, n) : (int)send(p->fd, text, (size_t)n, 0)) != n)
		die("send");
}

/* A short reply, whole. */
static void hear(struct peer *p, char *ret, size_t size)
{
	size_t n = 0;
	while (n + 1 < size) {
		int m = p->ssl ? SSL_read(p->ssl, ret + n, (int)(size - n - 1))
			       : (int)recv(p->fd, ret + n, size - n - 1, 0);
		if (m <= 0)
			die("read");
		n += (size_t)m;
		ret[n] = '\0';
		const char *head = strstr(ret, "\r\n\r\n");
		const char *len = strstr(ret, "Content-Length: ");
		if (head && len && n >= (size_t)(head + 4 - ret) + strtoul(len + 16, NULL, 10))
			return;
	}
}

static void hang_up(struct peer *p)
{
	SSL_free(p->ssl);
	close(p->fd);
}

struct figures {
	int waiting;
	long long rss, cpu;
};

static struct figures ask(struct peer *control)
{
	char text[2000];
	struct figures f;
	say(control, "GET /stats HTTP/1.1\r\n" HEADERS);
	hear(control, text, sizeof(text));
	const char *body = strstr(text, "\r\n\r\n");
	if (!body || sscanf(body, "%d %lld %lld", &f.waiting, &f.rss, &f.cpu) != 3)
		die("stats");
	return f;
}

static struct figures until_waiting(struct peer *control, int n)
{
	struct figures f = ask(control);
	while (f.waiting < n + 1) { /* this question waits, too */
		usleep(2000);
		f = ask(control);
	}
	return f;
}

static double fan_out(struct peer *control, struct peer *p, int n)
{
	char text[2000];
	int64_t start = clock_mono_ns();
	say(control, "GET /wake HTTP/1.1\r\n" HEADERS);
	for (int i = 0; i < n; i++)
		hear(&p[i], text, sizeof(text));
	double ms = (double)(clock_mono_ns() - start) / 1e6;
	hear(control, text, sizeof(text));
	return ms;
}

static void measure_waiting(const int port[2], int n, bool tls)
{
	struct peer control = dial(port[0], false);
	struct peer *p = mem_alloc((size_t)n * sizeof(*p));
	struct figures before = ask(&control);
	for (int i = 0; i < n; i++) {
		p[i] = dial(port[tls], tls);
		say(&p[i], SYNC);
	}
	struct figures after = until_waiting(&control, n);
	double first = fan_out(&control, p, n);
	for (int i = 0; i < n; i++)
		say(&p[i], SYNC);
	struct figures again = until_waiting(&control, n);
	double second = fan_out(&control, p, n);
	printf("%6d waiting, %-5s  %6.2f KB each, %6.2f in a second round; all answered in %.1f "
	       "and %.1f ms\n",
	       n, tls ? "TLS" : "plain", (double)(after.rss - before.rss) / 1024 / n,
	       (double)(again.rss - before.rss) / 1024 / n, first, second);
	fflush(stdout);
	for (int i = 0; i < n; i++)
		hang_up(&p[i]);
	hang_up(&control);
	mem_free(p);
}

static void measure_rate(const int port[2], int clients, bool tls)
{
	char cmd[300], line[200];
	double rate = 0;
	struct peer control = dial(port[0], false);
	struct figures before = ask(&control);
	snprintf(cmd, sizeof(cmd),
		 "wrk -t1 -c%d -d3s -H 'Authorization: Bearer mst_AAAA' %s://127.0.0.1:%d/hello",
		 clients, tls ? "https" : "http", port[tls]);
	FILE *in = popen(cmd, "r");
	while (in && fgets(line, sizeof(line), in))
		sscanf(line, "Requests/sec: %lf", &rate);
	if (in)
		pclose(in);
	struct figures after = ask(&control);
	hang_up(&control);
	if (rate > 0)
		printf("%6d clients, %-5s  %8.0f requests/s, %5.1f us of CPU each\n", clients,
		       tls ? "TLS" : "plain", rate, (double)(after.cpu - before.cpu) / (rate * 3));
	fflush(stdout);
}

static void make_cert(const char *dir)
{
	char cmd[600];
	snprintf(cmd, sizeof(cmd),
		 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
		 "-subj /CN=localhost -keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
		 dir, dir);
	if (system(cmd))
		die("openssl");
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/muster-bench-XXXXXX", cmd[100];
	int fds[2], port[2];
	if (!mkdtemp(dir) || pipe(fds))
		die("folder");
	make_cert(dir);
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		serve(dir, fds[1]);
	if (read(fds[0], port, sizeof(port)) != sizeof(port))
		die("server");
	os_raise_nofile();
	client_ctx = SSL_CTX_new(TLS_client_method());
	int counts[16] = {1000, 5000}, n = 2;
	for (int i = 1; i < argc && i <= 16; i++)
		counts[(n = i) - 1] = (int)strtol(argv[i], NULL, 10);
	for (int i = 0; i < n; i++) {
		measure_waiting(port, counts[i], false);
		measure_waiting(port, counts[i], true);
	}
	for (int tls = 0; tls < 2; tls++) {
		measure_rate(port, 1, tls);
		measure_rate(port, 64, tls);
		measure_rate(port, 512, tls);
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd) != 0;
}
