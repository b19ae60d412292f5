#include "server/rtc/check.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/tcp.h"
#include "core/base/udp.h"
#include "server/rtc/rtc.h"
#include "server/sfu/sfu.h"
#include "server/sfu/turn_lend.h"

#include <string.h>

static void nothing(void *arg, const struct udp_packet *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

/* The port is taken for a moment, as the server would. */
static int try_port(const struct server_config *c, struct net_addr *ret, struct err *err)
{
	struct udp_options o = {0};
	struct udp *u = NULL;
	if (c->udp_addr)
		net_addr_parse(span_of(c->udp_addr), 0, &o.bind);
	o.bind.port = (uint16_t)c->udp_port;
	struct loop *l = loop_new();
	int rc = udp_open(l, &o, nothing, NULL, &u, err);
	if (!rc)
		*ret = *udp_local(u);
	udp_free(u);
	loop_free(l);
	if (rc == ERR_CONFLICT)
		rtc_port_hint(err);
	return rc;
}

static void nobody(void *arg, struct tcp *t)
{
	(void)arg;
	tcp_free(t);
}

/* The same number by TCP, for who has no UDP; without it calls are possible all the same. */
static json_t *try_tcp(const struct net_addr *bound)
{
	struct err err = {0};
	struct tcp_listener *s = NULL;
	struct loop *l = loop_new();
	int rc = tcp_listen(l, bound, nobody, NULL, &s, &err);
	tcp_listener_free(s);
	loop_free(l);
	return rc ? json_sprintf(_("calls are possible by UDP only: %s"), err.msg) : NULL;
}

static bool among(const struct net_addr *a, const struct net_addr *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(a, &list[i]))
			return true;
	return false;
}

static json_t *announced(const struct net_addr *bound, const struct net_addr *announce)
{
	struct net_addr list[SFU_ADDRESSES_MAX];
	char text[NET_ADDR_TEXT];
	json_t *ret = json_array();
	size_t n = sfu_addresses(bound, announce, list);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(ret, json_string(net_addr_ip_text(&list[i], text)));
	return ret;
}

static void note(const struct server_config *c, const struct net_addr *bound,
		 const struct net_addr *announce, json_t *row)
{
	struct net_addr here[NET_INTERFACES_MAX];
	size_t n = net_interfaces(here, NET_INTERFACES_MAX, true);
	json_t *said = try_tcp(bound);
	if (said)
		;
	else if (announce->family && !among(announce, here, n))
		said = json_sprintf(_("%s is no address of this machine: what has it must pass "
				      "UDP and TCP port %d on to here"),
				    c->announce_ip, (int)bound->port);
	else if (net_addr_is_loopback(bound))
		said = json_string(_("only people on this machine can take part in calls: say "
				     "public_url or announce_ip, or listen on another address"));
	else if (!c->tls_cert && (!c->public_url || strncmp(c->public_url, "https:", 6) != 0))
		said = json_string(_("browsers let a page use the microphone only over https: "
				     "muster itself does without"));
	if (said)
		json_object_set_new(row, "note", said);
}

int rtc_check(const struct server_config *c, json_t *row, struct err *err)
{
	struct net_addr bound, announce = {0};
	char text[NET_ADDR_TEXT];
	json_object_set_new(row, "calls", json_string(c->calls ? "on" : "off"));
	if (!c->calls)
		return 0;
	struct turn_lend *turn = NULL;
	int rc = turn_lend_new(c->turn_uris ? c->turn_uris : "", c->turn_secret_file, &turn, err);
	turn_lend_free(turn);
	if (!rc)
		rc = try_port(c, &bound, err);
	if (rc)
		return rc;
	if (c->announce_ip)
		net_addr_parse(span_of(c->announce_ip), 0, &announce);
	json_object_set_new(row, "udp", json_string(net_addr_text(&bound, text)));
	json_object_set_new(row, "announced", announced(&bound, &announce));
	note(c, &bound, &announce, row);
	return 0;
}
