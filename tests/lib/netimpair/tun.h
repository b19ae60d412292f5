/*
 * TUN devices and network namespaces for netimpair. Linux; needs the right to
 * make them (root, or root of a user namespace).
 */
#ifndef MUSTER_NETIMPAIR_TUN_H
#define MUSTER_NETIMPAIR_TUN_H

#include <sys/types.h>

/** The network between near (.1) and far (.2): 10.77.NUMBER.0/24 and fd77:NUMBER::/64. */
struct tun_side {
	const char *name; /**< of the device */
	int number;	  /**< 1 to 250 */
	int host;
	int mtu;
};
/** Make it in the present namespace, up, with its addresses. A file descriptor, or -1 with `what`
 * failed and errno. It is gone when that is closed. */
int tun_open(const struct tun_side *s, const char **what);
/**
 * The same in another namespace: in that of `path`, or in one of its own when NULL, which lives as
 * long as the process *ret_holder, which lives no longer than we do.
 */
int tun_open_far(const struct tun_side *s, const char *path, pid_t *ret_holder, const char **what);

#endif
