#include "server/address.h"

#include "core/base/net_lan.h"

#include <stdio.h>
#include <string.h>

static bool listens_on_all(const struct server_config *c)
{
	return !strcmp(c->listen_addr, "0.0.0.0") || !strcmp(c->listen_addr, "::");
}

bool address_is_of_interfaces(const struct server_config *c)
{
	return listens_on_all(c) && !c->public_url && !c->announce_ip;
}

static void put_url(const struct server_config *c, const char *host, int port, char *ret,
		    size_t size)
{
	bool v6 = strchr(host, ':') != NULL;
	snprintf(ret, size, "%s://%s%s%s:%d", c->tls_cert ? "https" : "http", v6 ? "[" : "", host,
		 v6 ? "]" : "", port);
}

void address_url(const struct server_config *c, const struct net_addr *a, int port, char *ret,
		 size_t size)
{
	char host[NET_ADDR_TEXT];
	put_url(c, net_addr_ip_text(a, host), port, ret, size);
}

void address_base_url(const struct server_config *c, int port, char *ret, size_t size)
{
	struct net_lan list[NET_LAN_MAX];
	if (c->public_url)
		snprintf(ret, size, "%s", c->public_url);
	else if (listens_on_all(c) && c->announce_ip)
		put_url(c, c->announce_ip, port, ret, size);
	else if (!listens_on_all(c))
		put_url(c, c->listen_addr, port, ret, size);
	else if (net_lan(list))
		address_url(c, &list[0].addr, port, ret, size);
	else
		put_url(c, "127.0.0.1", port, ret, size);
}
