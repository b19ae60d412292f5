/*
 * A tiny HTTP server on a free loopback port for client tests: one thread per
 * connection, behaviour chosen by the path. Header-only; test programs only.
 */
#ifndef MUSTER_TEST_TOY_HTTP_H
#define MUSTER_TEST_TOY_HTTP_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct toy {
	int fd, port;
	pthread_t thread;
	atomic_int connections; /* accepted so far */
	atomic_int open;	/* served now */
	atomic_int requests;	/* that were whole */
	atomic_int refuse;	/* so many more are answered by 400, before all else */
};

struct toy_conn {
	struct toy *toy;
	int fd;
};

static inline void toy_say(int fd, const char *text)
{
	size_t n = strlen(text);
	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);
		if (k <= 0)
			return;
		text += k;
		n -= (size_t)k;
	}
}

/* Until the client hangs up. */
static inline void toy_wait(int fd)
{
	char drop[256];
	while (recv(fd, drop, sizeof(drop), 0) > 0)
		;
}

static inline const char *toy_header(const char *head, const char *name)
{
	static _Thread_local char value[512];
	const char *at = strcasestr(head, name);
	if (!at)
		return "";
	at += strlen(name);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r\n"), at);
	return value;
}

static inline void toy_echo(int fd, const char *head, const char *body, size_t n)
{
	char text[8192], line[256], auth[512], type[512], expect[512];
	size_t first = strcspn(head, "\r\n");
	first = first < sizeof(line) ? first : sizeof(line) - 1;
	memcpy(line, head, first);
	line[first] = '\0';
	snprintf(auth, sizeof(auth), "%s", toy_header(head, "\r\nauthorization: "));
	snprintf(type, sizeof(type), "%s", toy_header(head, "\r\ncontent-type: "));
	snprintf(expect, sizeof(expect), "%s", toy_header(head, "\r\nexpect: "));
	int k = snprintf(text, sizeof(text), "%s|auth=%s|type=%s|expect=%s|length=%s|n=%zu|%.*s",
			 line, auth, type, expect, toy_header(head, "\r\ncontent-length: "), n,
			 n < 2000 ? (int)n : 0, body);
	char reply[9000];
	snprintf(reply, sizeof(reply),
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", k,
		 text);
	toy_say(fd, reply);
}

static inline void toy_big(int fd, long n)
{
	char piece[1040];
	memset(piece, 'x', sizeof(piece));
	memcpy(piece, "400\r\n", 5);
	memcpy(piece + 5 + 1024, "\r\n", 3);
	toy_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (; n > 0; n -= 1024)
		toy_say(fd, piece);
	toy_say(fd, "0\r\n\r\n");
}

/* False: the connection is over. */
static inline bool toy_answer(int fd, const char *head, const char *body, size_t n)
{
	char reply[1024];
	const char *path = strchr(head, ' ') + 1;
	if (strncmp(path, "/status/", 8) == 0) {
		snprintf(reply, sizeof(reply),
			 "HTTP/1.1 %.3s Whatever\r\nRetry-After: 2\r\nContent-Length: "
			 "5\r\n\r\nsorry",
			 path + 8);
		toy_say(fd, reply);
	} else if (strncmp(path, "/big/", 5) == 0) {
		toy_big(fd, strtol(path + 5, NULL, 10));
	} else if (strncmp(path, "/announced", 10) == 0) {
		toy_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
		toy_wait(fd);
		return false;
	} else if (strncmp(path, "/half", 5) == 0) {
		toy_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
		toy_wait(fd);
		return false;
	} else if (strncmp(path, "/cut", 4) == 0) {
		toy_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
		return false;
	} else if (strncmp(path, "/silent", 7) == 0) {
		toy_wait(fd);
		return false;
	} else if (strncmp(path, "/drop", 5) == 0) {
		return false;
	} else if (strncmp(path, "/garbage", 8) == 0) {
		toy_say(fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
		return false;
	} else if (strncmp(path, "/file", 5) == 0) {
		toy_say(fd, "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
			    "Content-Disposition: attachment; filename=\"a.png\"\r\n"
			    "Content-Length: 3\r\n\r\nPNG");
	} else if (strncmp(path, "/to/", 4) == 0) {
		snprintf(reply, sizeof(reply),
			 "HTTP/1.1 302 Found\r\nLocation: http://%.*s\r\nContent-Length: 0\r\n\r\n",
			 (int)strcspn(path + 4, " "), path + 4);
		toy_say(fd, reply);
	} else if (strncmp(path, "/headers", 8) == 0) {
		toy_say(fd, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 400; i++) {
			snprintf(reply, sizeof(reply), "X-%d: %0900d\r\n", i, i);
			toy_say(fd, reply);
		}
		toy_say(fd, "\r\n");
		return false;
	} else {
		toy_echo(fd, head, body, n);
	}
	return true;
}

static inline void *toy_serve(void *arg)
{
	struct toy_conn c = *(struct toy_conn *)arg;
	free(arg);
	size_t size = 8u << 20, n = 0;
	char *in = malloc(size + 1);
	for (bool more = in != NULL; more;) {
		ssize_t k = recv(c.fd, in + n, size - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
		in[n] = '\0';
		char *end = memmem(in, n, "\r\n\r\n", 4);
		if (!end)
			continue;
		*end = '\0';
		size_t head = (size_t)(end - in) + 4;
		size_t body = strtoul(toy_header(in, "\r\ncontent-length: "), NULL, 10);
		if (*toy_header(in, "\r\nexpect: "))
			toy_say(c.fd, "HTTP/1.1 100 Continue\r\n\r\n");
		while (n < head + body && (k = recv(c.fd, in + n, size - n, 0)) > 0)
			n += (size_t)k;
		if (n == head + body)
			atomic_fetch_add(&c.toy->requests, 1);
		if (n == head + body && atomic_load(&c.toy->refuse) > 0) {
			atomic_fetch_sub(&c.toy->refuse, 1);
			toy_say(c.fd, "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nsorry");
			n = 0;
			continue;
		}
		more = n == head + body && toy_answer(c.fd, in, in + head, body);
		n = 0;
	}
	free(in);
	close(c.fd);
	atomic_fetch_sub(&c.toy->open, 1);
	return NULL;
}

static inline void *toy_accept(void *arg)
{
	struct toy *t = arg;
	for (int fd; (fd = accept(t->fd, NULL, NULL)) >= 0;) {
		struct toy_conn *c = malloc(sizeof(*c));
		pthread_t thread;
		*c = (struct toy_conn){t, fd};
		atomic_fetch_add(&t->connections, 1);
		atomic_fetch_add(&t->open, 1);
		pthread_create(&thread, NULL, toy_serve, c);
		pthread_detach(thread);
	}
	return NULL;
}

static inline int toy_start(struct toy *t)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);
	memset(t, 0, sizeof(*t));
	t->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (t->fd < 0 || bind(t->fd, (struct sockaddr *)&a, n) != 0 || listen(t->fd, 64) != 0 ||
	    getsockname(t->fd, (struct sockaddr *)&a, &n) != 0)
		return -1;
	t->port = ntohs(a.sin_port);
	return pthread_create(&t->thread, NULL, toy_accept, t);
}

/* Every client must have hung up. */
static inline void toy_stop(struct toy *t)
{
	shutdown(t->fd, SHUT_RDWR);
	pthread_join(t->thread, NULL);
	close(t->fd);
	for (int i = 0; i < 5000 && atomic_load(&t->open); i++)
		usleep(1000);
}

#endif
