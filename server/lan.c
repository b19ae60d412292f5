#include "server/lan.h"

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/net_lan.h"
#include "server/address.h"
#include "server/rtc/rtc.h"

#include <string.h>
#include <time.h>

#define LOOK_MS 3000

struct lan {
	struct server *srv;
	lan_event_fn *fn;
	void *arg;
	struct loop_timer *timer;
	bool told;
	struct net_lan now; /* family 0: no network */
	/* a look-up of our name, on the pool */
	bool looking;
	struct net_addr asked;
	char found[220]; /* the pool's while it looks; "": none */
	char name[220];	 /* of `now`; "": none, or not known yet */
};

static void tell(struct lan *l)
{
	const struct server *srv = l->srv;
	json_t *names = json_array();
	if (l->name[0])
		json_array_append_new(names, json_sprintf("%s://%s:%d",
							  srv->config->tls_cert ? "https" : "http",
							  l->name, srv->port));
	l->told = true;
	l->fn(l->arg, json_pack("{s:s,s:s?,s:o,s:s?}", "event", "address", "url",
				l->now.addr.family ? srv->base_url : NULL, "names", names,
				"interface", l->now.addr.family ? l->now.interface : NULL));
}

static void name_work(void *arg)
{
	struct lan *l = arg;
	if (!net_lan_name(&l->asked, l->found, sizeof(l->found)))
		l->found[0] = '\0';
}

static void name_done(void *arg);

static void ask_name(struct lan *l)
{
	if (l->looking || !l->now.addr.family)
		return;
	l->looking = true;
	l->asked = l->now.addr;
	loop_work(l->srv->loop, name_work, name_done, l);
}

/* A look-up may take long: by then the address can be another. */
static void name_done(void *arg)
{
	struct lan *l = arg;
	l->looking = false;
	if (!l->timer)
		return;
	if (!net_addr_same_ip(&l->asked, &l->now.addr)) {
		ask_name(l);
		return;
	}
	memcpy(l->name, l->found, sizeof(l->name));
	if (l->name[0])
		tell(l);
}

/* What people were told stays as long as it is there and nothing real turned up beside it. */
static const struct net_lan *choose(const struct lan *l, const struct net_lan *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(&list[i].addr, &l->now.addr) &&
		    (!list[i].is_virtual || list[0].is_virtual))
			return &list[i];
	return n ? &list[0] : NULL;
}

static void take_address(struct lan *l, const struct net_lan *best)
{
	struct server *srv = l->srv;
	l->now = best ? *best : (struct net_lan){.addr = {0}};
	if (!best)
		return;
	address_url(srv->config, &best->addr, srv->port, srv->base_url, sizeof(srv->base_url));
	if (srv->rtc)
		rtc_set_address(srv->rtc, srv->base_url);
}

void lan_look(struct lan *l)
{
	struct net_lan list[NET_LAN_MAX];
	size_t n = net_lan(list);
	const struct net_lan *best = choose(l, list, n);
	bool same = best ? net_addr_same_ip(&best->addr, &l->now.addr) : !l->now.addr.family;
	if (l->told && same)
		return;
	l->name[0] = '\0';
	take_address(l, best);
	tell(l);
	ask_name(l);
}

static void on_timer(void *arg)
{
	lan_look(arg);
}

struct lan *lan_watch(struct server *srv, lan_event_fn *fn, void *arg)
{
	if (!address_is_of_interfaces(srv->config))
		return NULL;
	struct lan *l = NEW(struct lan);
	*l = (struct lan){.srv = srv, .fn = fn, .arg = arg};
	l->timer = loop_timer_new(srv->loop, on_timer, l);
	loop_timer_start(l->timer, 0, LOOK_MS);
	return l;
}

void lan_free(struct lan *l)
{
	if (!l)
		return;
	loop_timer_free(take(&l->timer));
	while (l->looking) {
		loop_run_once(l->srv->loop);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	mem_free(l);
}
