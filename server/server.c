#include "server/server.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/uia.h"
#include "server/address.h"
#include "server/config.h"
#include "server/data.h"
#include "server/keep/keep.h"
#include "server/media/media.h"
#include "server/metrics/metrics.h"
#include "server/routes/route.h"
#include "server/routes/route_steps.h"
#include "server/routes/router.h"
#include "server/rtc/delayed.h"
#include "server/rtc/gate.h"
#include "server/rtc/presence.h"
#include "server/rtc/rtc.h"
#include "server/sfu/sfu.h"
#include "server/sfu/turn_lend.h"
#include "server/sync/hub.h"
#include "server/sync/search.h"
#include "server/sync/status.h"

#include <stdio.h>
#include <string.h>

/* The server and what only starting and stopping need. */
struct running {
	struct server s;
	struct server_config config;
	struct fs_lock *lock;
	char name[SERVER_NAME_SIZE];
};

static void on_commit(const struct db_change *changes, size_t n, void *arg)
{
	struct server *srv = arg;
	accounts_on_commit(srv->accounts, changes, n);
	hub_commit(changes, n, srv->hub);
	gate_on_commit(srv, changes, n);
}

static int open_data(struct running *r, struct err *err)
{
	struct db *offline;
	int rc = data_lock(r->config.data_dir, &r->lock, err);
	if (!rc)
		rc = db_open_offline(r->config.data_dir, &offline, err);
	if (rc)
		return rc;
	rc = data_name(offline, r->config.server_name, true, r->name, err);
	if (!rc)
		rc = own_user_open(offline, r->name, &r->s.own, err);
	r->s.hub->own_nid = r->s.own.nid;
	db_close(offline);
	if (!rc)
		rc = db_open(r->s.loop, r->config.data_dir, on_commit, &r->s, &r->s.db, err);
	if (!rc)
		rc = media_open(r->s.loop, r->config.data_dir, &r->s.media, err);
	return rc ? rc : hub_load(r->s.hub, r->s.db, err);
}

static int listen_on(struct running *r, struct err *err)
{
	struct server_config *c = &r->config;
	struct httpd_options opt = {.common_headers = route_common_headers,
				    .files_kept = c->calls ? sfu_tcp_most() : 0};
	int rc = 0;
	r->s.httpd = httpd_new(r->s.loop, &opt, &route_handler, &r->s);
	if (c->tls_cert)
		rc = httpd_tls_load(r->s.httpd, c->tls_cert, c->tls_key, err);
	if (!rc)
		rc = httpd_listen(r->s.httpd, c->listen_addr, c->listen_port, c->tls_cert != NULL,
				  &r->s.port, err);
	if (!rc)
		address_base_url(c, r->s.port, r->s.base_url, sizeof(r->s.base_url));
	return rc;
}

static void may_call(void *arg, const char *room, const char *identity, struct sfu_permit *ret)
{
	gate_admit(arg, room, identity, ret);
}

static void heard_of(void *arg, const struct sfu_presence *said)
{
	struct server *srv = arg;
	gate_heard(srv, said);
	presence_heard(srv->rtc->presence, said);
}

static int open_calls(struct running *r, struct err *err)
{
	const struct server_config *c = &r->config;
	const struct sfu_options o = {
		.loop = r->s.loop,
		.bind_ip = c->udp_addr,
		.udp_port = c->udp_port,
		.announce_ip = c->announce_ip,
		.key = r->s.rtc->key,
		.secret = r->s.rtc->secret,
		.turn = r->s.turn,
		.admit = may_call,
		.presence = heard_of,
		.arg = &r->s,
	};
	int rc = c->calls ? sfu_open(&o, &r->s.sfu, err) : 0;
	if (rc == ERR_CONFLICT)
		rtc_port_hint(err);
	return rc;
}

int server_start(struct loop *l, const struct serve_options *opt, struct server **ret,
		 struct err *err)
{
	struct running *r = NEW(struct running);
	r->s.loop = l;
	r->s.config = &r->config;
	r->s.name = r->name;
	r->s.started_ms = clock_mono_ms();
	r->s.accounts = accounts_new(l);
	r->s.uia = uia_new();
	r->s.turns = turns_new(l);
	r->s.hub = hub_new(l);
	r->s.router = router_new(route_groups);
	int rc = serve_config_load(opt, &r->config, err);
	if (!rc)
		rc = open_data(r, err);
	if (!rc)
		rc = listen_on(r, err);
	if (!rc)
		rc = rtc_open(&r->s, &r->s.rtc, err);
	if (!rc)
		rc = turn_lend_new(r->config.turn_uris ? r->config.turn_uris : "",
				   r->config.turn_secret_file, &r->s.turn, err);
	if (!rc)
		rc = open_calls(r, err);
	if (!rc)
		rc = metrics_open(&r->s, &r->s.metrics, err);
	if (rc) {
		server_stop(&r->s);
		return rc;
	}
	r->s.delayed = delayed_new(&r->s);
	if (r->config.presence)
		status_start(r->s.hub);
	r->s.search = search_new(l, r->s.db, r->config.data_dir);
	r->s.keep = keep_new(&r->s);
	*ret = &r->s;
	return 0;
}

/*
 * Replies to what was accepted still go out: passwords, files, waiting syncs and the
 * writer's jobs finish first, then the front ends its connections.
 */
void server_stop(struct server *srv)
{
	if (!srv)
		return;
	struct running *r = CONTAINER_OF(srv, struct running, s);
	delayed_stop(srv->delayed);
	rtc_stop(srv->rtc);
	/* What it still has to say about people finds no thread that could act on it. */
	sfu_close(take(&srv->sfu));
	turn_lend_free(take(&srv->turn));
	accounts_finish(srv->accounts);
	media_finish(srv->media);
	search_finish(srv->search);
	turns_finish(srv->turns);
	keep_stop(srv->keep);
	hub_stop(srv->hub);
	db_finish(srv->db);
	metrics_close(srv->metrics);
	if (srv->httpd)
		httpd_free(srv->httpd);
	db_close(srv->db);
	rtc_close(srv->rtc);
	delayed_free(srv->delayed);
	keep_free(srv->keep);
	hub_free(srv->hub);
	search_free(srv->search);
	media_free(srv->media);
	router_free(srv->router);
	uia_free(srv->uia);
	turns_free(srv->turns);
	accounts_free(srv->accounts);
	fs_unlock(r->lock);
	serve_config_done(&r->config);
	mem_free(r);
}
