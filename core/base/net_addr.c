#include "core/base/net_addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct net_addr net_addr_make(int family, const void *ip, uint16_t port)
{
	struct net_addr a = {.family = (uint8_t)family, .port = port};
	if (family == 6 && memcmp(ip, mapped, sizeof(mapped)) == 0) {
		a.family = 4;
		memcpy(a.ip, (const uint8_t *)ip + 12, 4);
	} else {
		memcpy(a.ip, ip, family == 4 ? 4 : 16);
	}
	return a;
}

bool net_addr_parse(struct span ip, uint16_t port, struct net_addr *ret)
{
	char text[NET_ADDR_TEXT];
	uint8_t raw[16];
	if (!ip.n || ip.n >= sizeof(text) || memchr(ip.p, 0, ip.n))
		return false;
	memcpy(text, ip.p, ip.n);
	text[ip.n] = '\0';
	if (inet_pton(AF_INET, text, raw) == 1)
		*ret = net_addr_make(4, raw, port);
	else if (inet_pton(AF_INET6, text, raw) == 1)
		*ret = net_addr_make(6, raw, port);
	else
		return false;
	return true;
}

const char *net_addr_ip_text(const struct net_addr *a, char ret[NET_ADDR_TEXT])
{
	if (!a->family ||
	    !inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ret, NET_ADDR_TEXT))
		snprintf(ret, NET_ADDR_TEXT, "none");
	return ret;
}

const char *net_addr_text(const struct net_addr *a, char ret[NET_ADDR_TEXT])
{
	char ip[NET_ADDR_TEXT];
	net_addr_ip_text(a, ip);
	snprintf(ret, NET_ADDR_TEXT, a->family == 6 ? "[%.46s]:%u" : "%.46s:%u", ip,
		 (unsigned)a->port);
	return ret;
}

bool net_addr_same_ip(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool net_addr_eq(const struct net_addr *a, const struct net_addr *b)
{
	return a->port == b->port && net_addr_same_ip(a, b);
}

bool net_addr_is_loopback(const struct net_addr *a)
{
	static const uint8_t one[16] = {[15] = 1};
	return a->family == 4 ? a->ip[0] == 127
			      : a->family == 6 && memcmp(a->ip, one, sizeof(one)) == 0;
}

bool net_addr_is_any(const struct net_addr *a)
{
	struct net_addr zero = {.family = a->family};
	return net_addr_same_ip(a, &zero);
}

bool net_addr_is_link_local(const struct net_addr *a)
{
	if (a->family == 4)
		return a->ip[0] == 169 && a->ip[1] == 254;
	return a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

uint64_t net_addr_hash(const struct net_addr *a)
{
	uint8_t key[19] = {a->family, (uint8_t)(a->port >> 8), (uint8_t)a->port};
	memcpy(key + 3, a->ip, 16);
	return span_hash((struct span){(const char *)key, sizeof(key)});
}

socklen_t net_addr_to_sockaddr(const struct net_addr *a, int family, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (family == 4 && a->family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;
		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip, 4);
		return sizeof(*in);
	}
	if (family == 6 && a->family) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		if (a->family == 6) {
			memcpy(&in6->sin6_addr, a->ip, 16);
		} else {
			memcpy(&in6->sin6_addr, mapped, sizeof(mapped));
			memcpy((uint8_t *)&in6->sin6_addr + sizeof(mapped), a->ip, 4);
		}
		return sizeof(*in6);
	}
	return 0;
}

struct net_addr net_addr_from_sockaddr(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
		return net_addr_make(4, &in->sin_addr, ntohs(in->sin_port));
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
		return net_addr_make(6, &in6->sin6_addr, ntohs(in6->sin6_port));
	}
	return (struct net_addr){0};
}
