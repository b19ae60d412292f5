#include "core/rtc/turn_uri.h"

#include "core/base/i18n.h"

#include <string.h>

#define PORT 3478
#define PORT_TLS 5349

static bool host_and_port(struct span s, uint16_t port, struct turn_uri *ret)
{
	struct span host = s, rest = {NULL, 0};
	uint64_t number = port;
	if (span_starts(s, "[")) {
		ptrdiff_t end = span_find(s, ']');
		if (end < 0)
			return false;
		host = span_head(span_from(s, 1), (size_t)end - 1);
		rest = span_from(s, (size_t)end + 1);
	} else {
		ptrdiff_t colon = span_find(s, ':');
		if (colon >= 0) {
			host = span_head(s, (size_t)colon);
			rest = span_from(s, (size_t)colon);
		}
	}
	if (rest.n && (rest.p[0] != ':' || !span_u64(span_from(rest, 1), &number)))
		return false;
	if (!host.n || host.n > TURN_HOST_MAX || !number || number > 65535)
		return false;
	for (size_t i = 0; i < host.n; i++)
		if ((unsigned char)host.p[i] <= ' ' || strchr("/?#@\\\"<>", host.p[i]))
			return false;
	memcpy(ret->host, host.p, host.n);
	ret->host[host.n] = '\0';
	ret->port = (uint16_t)number;
	return true;
}

int turn_uri_parse(struct span s, struct turn_uri *ret, struct err *err)
{
	struct turn_uri u = {.relay = true};
	struct span rest = s, scheme, where, how = {NULL, 0};
	bool known = span_split(&rest, ':', &scheme);
	bool tls = known && span_case_eq_str(scheme, "turns");
	u.relay = tls || (known && span_case_eq_str(scheme, "turn"));
	if (known && span_case_eq_str(scheme, "stuns"))
		return err_set(err, ERR_UNSUPPORTED, _("STUN over TLS is not used"));
	ptrdiff_t query = span_find(rest, '?');
	where = query < 0 ? rest : span_head(rest, (size_t)query);
	if (query >= 0)
		how = span_from(rest, (size_t)query + 1);
	bool tcp = span_case_eq_str(how, "transport=tcp");
	if ((!u.relay && !(known && span_case_eq_str(scheme, "stun"))) ||
	    (how.n && !tcp && !span_case_eq_str(how, "transport=udp")) ||
	    !host_and_port(where, tls ? PORT_TLS : PORT, &u))
		return err_set(err, ERR_INVALID,
			       _("\"%.*s\" is no address of a TURN server: turn:HOST:PORT"),
			       SPAN_ARG(span_head(s, 100)));
	if (tls && how.n && !tcp)
		return err_set(err, ERR_UNSUPPORTED, _("TURN over DTLS is not used"));
	u.way = tls ? TURN_TLS : tcp ? TURN_TCP : TURN_UDP;
	*ret = u;
	return 0;
}
