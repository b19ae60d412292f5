/*
 * What differs between operating systems. os_linux.c, beside os_posix.c which
 * is the portable fallback (make OS=posix builds with it; CI tests both: tests/unit/unit.mk, SEAMS).
 */
#ifndef MUSTER_BASE_OS_H
#define MUSTER_BASE_OS_H

#include "core/base/err.h"
#include "core/base/net_addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Resident bytes of this process now; 0 when the system does not tell. */
int64_t os_rss_bytes(void);
/** CPU time of this process, user and system, in microseconds. */
int64_t os_cpu_us(void);
/** Free bytes on the file system of `path`; -1 when unknown. */
int64_t os_disk_free(const char *path);
/** Open files allowed; raises the soft limit to the hard one first. */
long os_raise_nofile(void);
/** Forbid core dumps and tracing of this process, which holds secrets; best effort. */
void os_harden(void);
/** This thread's work is of little haste: it yields processor and disk to others; best effort. */
void os_background_thread(void);
/** This thread has deadlines: it goes before others where that is allowed; best effort. */
void os_foreground_thread(void);
/** Let two names of files or folders change places at once. -1 with errno: also where the system
 * cannot (ENOSYS, EINVAL). */
int os_exchange(const char *a, const char *b);
/** "Linux 6.1.0 x86_64"; static. */
const char *os_name(void);
/** Does something keep this machine's clock right? 1, 0; -1: the system does not tell. */
int os_clock_synced(void);
/**
 * May this machine fall asleep: is it a laptop, with nothing that holds sleep off
 * (systemd-inhibit)? 1, 0; -1: the system does not tell.
 */
int os_may_sleep(void);
/** uid of the peer of a connected Unix socket; -1 unknown. */
long os_peer_uid(int fd);

/* -- Addresses --------------------------------------------------------------- */

/** A descriptor that becomes readable when an address of this host comes or goes; -1: the system
 * does not tell. The caller closes it. */
int os_net_news_open(void);
/** Read what waits there; true: there was something. */
bool os_net_news_read(int fd);

/* -- Datagrams ------------------------------------------------------------- */

struct os_datagram {
	struct net_addr peer;  /**< where it came from, or goes to */
	struct net_addr local; /**< ours; family 0: not known, or the kernel's choice */
	uint8_t *data;
	size_t n;	/**< received: room at `data` before, its length after */
	bool truncated; /**< received: it was longer than the room */
	int waited_ms;	/**< received: since it had arrived at this host; 0 where it is not known */
};
/** Can a socket that is bound to every address tell which one was spoken to, and answer from it? */
bool os_udp_knows_local(void);
/** Is os_datagram.waited_ms known here? */
bool os_udp_knows_waited(void);
/** Have the kernel tell which address of ours a datagram came to, when it came, and what was dropped
 * for want of room; best effort. `family` 4 or 6: the socket's. */
void os_udp_prepare(int fd, int family);
/**
 * Receive at most `max` datagrams without waiting. How many, or -errno.
 * `*ret_dropped`, where the system tells: all that this socket's buffer had no
 * room for since it was opened (modulo 2^32).
 */
int os_udp_recv(int fd, struct os_datagram *d, size_t max, uint32_t *ret_dropped);
/** Whether those to one place go as one (UDP_SEGMENT). Only `on` is set by the owner. */
struct os_join {
	bool on;	    /**< false from then on when the system refuses to */
	unsigned refused;   /**< how often in a row, each time by another place */
	struct net_addr by; /**< the last of them */
};
/**
 * Send in order without waiting. How many went, or -errno for the first. What
 * may not go as one on its way goes singly. `join` NULL: never as one.
 */
int os_udp_send(int fd, int family, struct os_join *join, const struct os_datagram *d, size_t n);

#endif
