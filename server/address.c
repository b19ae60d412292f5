#include "server/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

void address_of_machine(char *ret, size_t size)
{
	struct ifaddrs *all = NULL;
	char text[INET_ADDRSTRLEN];
	snprintf(ret, size, "127.0.0.1");
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET ||
		    (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		const struct sockaddr_in *v4 = (const void *)i->ifa_addr;
		if (inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text))) {
			snprintf(ret, size, "%s", text);
			break;
		}
	}
	freeifaddrs(all);
}

void address_base_url(const struct server_config *c, int port, char *ret, size_t size)
{
	char host[64];
	bool any = !strcmp(c->listen_addr, "0.0.0.0") || !strcmp(c->listen_addr, "::");
	if (c->public_url) {
		snprintf(ret, size, "%s", c->public_url);
		return;
	}
	if (any && c->announce_ip)
		snprintf(host, sizeof(host), "%s", c->announce_ip);
	else if (any)
		address_of_machine(host, sizeof(host));
	else
		snprintf(host, sizeof(host), "%s", c->listen_addr);
	bool v6 = strchr(host, ':') != NULL;
	snprintf(ret, size, "%s://%s%s%s:%d", c->tls_cert ? "https" : "http", v6 ? "[" : "", host,
		 v6 ? "]" : "", port);
}
