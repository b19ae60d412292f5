#include "core/base/net_lan.h"

#include "core/base/fs.h"
#include "core/base/mem.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL 100
#define ROUTE 50
#define PRIVATE_V4 20
#define PUBLIC_V4 10
#define LINK_LOCAL_V4 2
#define ANY_V6 5

bool net_lan_is_virtual(const char *interface)
{
	static const char *const begins[] = {"docker",	"br-",	"veth",	 "virbr",  "vmnet",
					     "vboxnet", "tun",	"tap",	 "wg",	   "tailscale",
					     "zt",	"lxc",	"lxdbr", "podman", "cni",
					     "flannel", "utun", "ppp",	 "dummy"};
	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		if (!strncmp(interface, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* Where the kernel would send from; nothing is sent. 198.51.100.0/24 is for documents. */
static struct net_addr route_address(void)
{
	struct net_addr to = {0}, none = {0};
	struct sockaddr_storage ss;
	socklen_t n;
	net_addr_parse(SPAN_LIT("198.51.100.1"), 9, &to);
	n = net_addr_to_sockaddr(&to, 4, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return none;
	bool ok = connect(fd, (struct sockaddr *)&ss, n) == 0;
	n = sizeof(ss);
	ok = ok && getsockname(fd, (struct sockaddr *)&ss, &n) == 0;
	close(fd);
	return ok ? net_addr_from_sockaddr((struct sockaddr *)&ss) : none;
}

static bool is_private(const struct net_addr *a)
{
	return a->ip[0] == 10 || (a->ip[0] == 172 && (a->ip[1] & 0xf0) == 16) ||
	       (a->ip[0] == 192 && a->ip[1] == 168);
}

static int rank_of(const struct net_lan *l, const struct net_addr *route)
{
	int rank = l->is_virtual ? 0 : REAL;
	if (net_addr_same_ip(&l->addr, route))
		rank += ROUTE;
	if (l->addr.family == 6)
		return rank + ANY_V6;
	if (net_addr_is_link_local(&l->addr))
		return rank + LINK_LOCAL_V4;
	return rank + (is_private(&l->addr) ? PRIVATE_V4 : PUBLIC_V4);
}

static int better_first(const void *a, const void *b)
{
	const struct net_lan *x = a, *y = b;
	return x->rank != y->rank ? y->rank - x->rank : memcmp(x->addr.ip, y->addr.ip, 16);
}

static bool take_one(const struct ifaddrs *i, const struct net_addr *route, struct net_lan *ret)
{
	if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
		return false;
	*ret = (struct net_lan){.addr = net_addr_from_sockaddr(i->ifa_addr)};
	ret->addr.port = 0;
	if (!ret->addr.family || net_addr_is_loopback(&ret->addr) ||
	    (ret->addr.family == 6 && net_addr_is_link_local(&ret->addr)))
		return false;
	snprintf(ret->interface, sizeof(ret->interface), "%.31s", i->ifa_name);
	ret->is_virtual = net_lan_is_virtual(ret->interface);
	ret->rank = rank_of(ret, route);
	return true;
}

size_t net_lan(struct net_lan ret[NET_LAN_MAX])
{
	struct net_addr route = route_address();
	struct ifaddrs *all;
	size_t n = 0;
	if (getifaddrs(&all) != 0)
		return 0;
	for (const struct ifaddrs *i = all; i && n < NET_LAN_MAX; i = i->ifa_next)
		n += take_one(i, &route, &ret[n]);
	freeifaddrs(all);
	qsort(ret, n, sizeof(*ret), better_first);
	return n;
}

/* Without such a module a look-up of "x.local" goes to servers that know nothing, for seconds. */
static bool looks_up_local(void)
{
	struct buf b = BUF_INIT(65536);
	bool found = fs_read("/etc/nsswitch.conf", &b, NULL) == 0 && strstr(buf_str(&b), "mdns");
	buf_done(&b);
	return found;
}

bool net_lan_name(const struct net_addr *addr, char *ret, size_t size)
{
	char host[200];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *i;
	bool ok = false;
	if (!looks_up_local() || gethostname(host, sizeof(host)) != 0)
		return false;
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	if (!*host || (size_t)snprintf(ret, size, "%s.local", host) >= size ||
	    getaddrinfo(ret, NULL, &hints, &found) != 0)
		return false;
	for (i = found; i && !ok; i = i->ai_next) {
		struct net_addr a = net_addr_from_sockaddr(i->ai_addr);
		ok = net_addr_same_ip(&a, addr);
	}
	freeaddrinfo(found);
	return ok;
}
