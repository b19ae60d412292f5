#include "core/base/resolve.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <netdb.h>
#include <uv.h>

struct resolve {
	uv_getaddrinfo_t req;
	struct loop *loop;
	struct loop_timer *soon; /* for what needs no query */
	resolve_fn *fn;		 /* NULL: cancelled */
	void *arg;
	uint16_t port;
	struct net_addr numeric;
	int failed;
	char host[256];
};

static void release(struct resolve *r)
{
	loop_timer_free(r->soon);
	mem_free(r);
}

static bool known(const struct net_addr *list, size_t n, const struct net_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (net_addr_eq(&list[i], a))
			return true;
	return false;
}

static void tell(struct resolve *r, const struct net_addr *list, size_t n, int rc)
{
	struct err err = {0};
	if (!n)
		err_set(&err, ERR_NETWORK, _("no address of %s is known: %s"), r->host,
			rc ? uv_strerror(rc) : "-");
	if (r->fn)
		r->fn(r->arg, list, n, n ? NULL : &err);
	release(r);
}

static void on_answer(uv_getaddrinfo_t *req, int status, struct addrinfo *all)
{
	struct resolve *r = CONTAINER_OF(req, struct resolve, req);
	struct net_addr list[RESOLVE_MAX];
	size_t n = 0;
	for (struct addrinfo *i = all; i && n < RESOLVE_MAX; i = i->ai_next) {
		struct net_addr a = net_addr_from_sockaddr(i->ai_addr);
		a.port = r->port;
		if (a.family && !known(list, n, &a))
			list[n++] = a;
	}
	uv_freeaddrinfo(all);
	tell(r, list, n, status);
}

static void on_soon(void *arg)
{
	struct resolve *r = arg;
	tell(r, &r->numeric, r->numeric.family ? 1 : 0, r->failed);
}

struct resolve *resolve_new(struct loop *l, const char *host, uint16_t port, resolve_fn *fn,
			    void *arg)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct resolve *r = NEW(struct resolve);
	loop_assert_owner(l);
	r->loop = l;
	r->fn = fn;
	r->arg = arg;
	r->port = port;
	snprintf(r->host, sizeof(r->host), "%s", host);
	if (!net_addr_parse(span_of(host), port, &r->numeric)) {
		r->failed = uv_getaddrinfo(loop_uv(l), &r->req, on_answer, r->host, NULL, &hints);
		if (!r->failed)
			return r;
	}
	r->soon = loop_timer_new(l, on_soon, r);
	loop_timer_start(r->soon, 0, 0);
	return r;
}

void resolve_cancel(struct resolve *r)
{
	if (!r)
		return;
	loop_assert_owner(r->loop);
	r->fn = NULL;
	if (r->soon)
		release(r);
	else
		uv_cancel((uv_req_t *)&r->req);
}
