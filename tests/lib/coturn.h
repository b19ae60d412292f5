/*
 * coturn (Debian's package) as a child of a test: a TURN server on free ports
 * of loopback, UDP, TCP and TLS, with credentials made of a shared secret.
 */
#ifndef MUSTER_TESTS_COTURN_H
#define MUSTER_TESTS_COTURN_H

#include <stdbool.h>
#include <sys/types.h>

#define COTURN_SECRET "a secret between two servers"

struct coturn {
	pid_t pid;
	char dir[256];	/**< its files */
	char cert[300]; /**< what to trust for TLS */
	int port, tls_port;
};

/** False where there is none: the test is to be skipped. Fails the test when it does not start. */
bool coturn_start(struct coturn *c);
/** Does it relay from an address of IPv6, too? Where the loopback has one. */
bool coturn_has_six(void);
void coturn_stop(struct coturn *c);
/** "turn:127.0.0.1:PORT?transport=WAY" for "udp" and "tcp", "turns:..." for "tls". */
const char *coturn_uri(const struct coturn *c, const char *way, char ret[100]);
/** A user and a password that it accepts for an hour. */
void coturn_login(char user[64], char password[64]);

#endif
