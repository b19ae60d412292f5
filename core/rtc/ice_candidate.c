#include "core/base/i18n.h"
#include "core/rtc/ice.h"

#include <string.h>

static const char *const type_names[] = {"host", "srflx", "prflx", "relay"};
static const unsigned type_preference[] = {126, 100, 110, 0};
static const char *const transport_names[] = {"", "active", "passive", "so"};
#define TCP_PREFERENCE 90u

uint32_t ice_priority(enum ice_type type, unsigned local_preference)
{
	return type_preference[type] << 24 | (local_preference & 0xffff) << 8 | (256 - 1);
}

uint32_t ice_priority_tcp(unsigned local_preference)
{
	return TCP_PREFERENCE << 24 | (local_preference & 0xffff) << 8 | (256 - 1);
}

static int bad(struct err *err, struct span line)
{
	return err_set(err, ERR_INVALID, _("not an ICE candidate: \"%.*s\""),
		       SPAN_ARG(span_head(line, 100)));
}

static bool number(struct span *rest, uint64_t max, uint64_t *ret)
{
	struct span f;
	return span_split(rest, ' ', &f) && span_u64(f, ret) && *ret <= max;
}

static bool type_of(struct span s, enum ice_type *ret)
{
	for (int i = 0; i < 4; i++) {
		if (span_eq_str(s, type_names[i])) {
			*ret = (enum ice_type)i;
			return true;
		}
	}
	return false;
}

static enum ice_transport tcp_type(struct span s)
{
	for (int i = ICE_TCP_ACTIVE; i <= ICE_TCP_SO; i++)
		if (span_eq_str(s, transport_names[i]))
			return (enum ice_transport)i;
	return ICE_UDP;
}

/* Pairs of name and value behind the type; what is not known is skipped. */
static void parse_rest(struct span rest, struct ice_candidate *c, enum ice_transport *ret_tcp)
{
	struct span name, value, raddr = {NULL, 0};
	uint64_t rport = 0;
	while (span_split(&rest, ' ', &name) && span_split(&rest, ' ', &value)) {
		if (span_eq_str(name, "raddr"))
			raddr = value;
		else if (span_eq_str(name, "tcptype"))
			*ret_tcp = tcp_type(value);
		else if (span_eq_str(name, "rport") && (!span_u64(value, &rport) || rport > 65535))
			rport = 0;
	}
	if (raddr.n && !net_addr_parse(raddr, (uint16_t)rport, &c->related))
		c->related = (struct net_addr){0};
}

int ice_candidate_parse(struct span line, struct ice_candidate *ret, struct err *err)
{
	struct ice_candidate c = {0};
	struct span rest = span_trim(line), foundation, transport, ip, word;
	uint64_t component, priority, port;
	if (span_starts(rest, "a="))
		rest = span_from(rest, 2);
	if (!span_starts(rest, "candidate:"))
		return bad(err, line);
	rest = span_from(rest, 10);
	if (!span_split(&rest, ' ', &foundation) || !foundation.n ||
	    foundation.n > ICE_FOUNDATION_MAX || !number(&rest, 256, &component) ||
	    !span_split(&rest, ' ', &transport) || !number(&rest, UINT32_MAX, &priority) ||
	    !span_split(&rest, ' ', &ip) || !number(&rest, 65535, &port) ||
	    !span_split(&rest, ' ', &word) || !span_eq_str(word, "typ") ||
	    !span_split(&rest, ' ', &word) || !type_of(word, &c.type))
		return bad(err, line);
	bool tcp = span_case_eq_str(transport, "tcp");
	if (!tcp && !span_case_eq_str(transport, "udp"))
		return err_set(err, ERR_UNSUPPORTED, _("only UDP and TCP candidates are used"));
	if (component != 1)
		return err_set(err, ERR_UNSUPPORTED, _("only the first component is used"));
	if (!net_addr_parse(ip, (uint16_t)port, &c.addr) || !port)
		return err_set(err, ERR_UNSUPPORTED, _("only candidates with an address are used"));
	memcpy(c.foundation, foundation.p, foundation.n);
	c.component = 1;
	c.priority = (uint32_t)priority;
	enum ice_transport how = ICE_UDP;
	parse_rest(rest, &c, &how);
	/* RFC 6544 4.5: every TCP candidate says of what kind it is. */
	if (tcp && how == ICE_UDP)
		return bad(err, line);
	c.transport = tcp ? how : ICE_UDP;
	*ret = c;
	return 0;
}

void ice_candidate_put(struct buf *b, const struct ice_candidate *c)
{
	char ip[NET_ADDR_TEXT];
	buf_printf(b, "candidate:%s %u %s %u %s %u typ %s", c->foundation, c->component,
		   c->transport ? "tcp" : "udp", c->priority, net_addr_ip_text(&c->addr, ip),
		   (unsigned)c->addr.port, type_names[c->type]);
	if (c->type != ICE_HOST && c->related.family)
		buf_printf(b, " raddr %s rport %u", net_addr_ip_text(&c->related, ip),
			   (unsigned)c->related.port);
	if (c->transport)
		buf_printf(b, " tcptype %s", transport_names[c->transport]);
}
