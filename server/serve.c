#include "server/serve.h"

#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/base/span.h"
#include "server/config.h"
#include "server/data.h"
#include "server/lan.h"
#include "server/metrics/metrics.h"
#include "server/privilege.h"
#include "server/reach.h"
#include "server/server.h"
#include "server/sfu/sfu.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_AT_FILES_MS (5 * 1000)

struct serving {
	const struct serve_options *opt;
	struct server *srv;
	struct loop *loop;
	struct loop_timer *files;
	uint64_t look; /* of the certificate's files, as last loaded */
	struct lan *lan;
};

static void tell(struct serving *s, json_t *event)
{
	if (s->opt->event)
		s->opt->event(event, s->opt->event_arg);
	json_decref(event);
}

static void on_stop(void *arg)
{
	struct serving *s = arg;
	tell(s, json_pack("{s:s}", "event", "stopping"));
	loop_stop(s->loop);
}

/* Another file, or other content: the same second, or an older date, is no disguise. */
static uint64_t look_of(const char *path)
{
	struct stat st;
	if (!path || stat(path, &st) != 0)
		return 0;
	const int64_t parts[] = {st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (int64_t)st.st_ino,
				 (int64_t)st.st_size};
	return span_hash((struct span){(const char *)parts, sizeof(parts)});
}

static uint64_t look_of_files(const struct server_config *c)
{
	return look_of(c->tls_cert) * 31 + look_of(c->tls_key);
}

static void reload(void *arg)
{
	struct serving *s = arg;
	struct err err;
	const struct server_config *c = s->srv->config;
	if (!c->tls_cert)
		return;
	s->look = look_of_files(c);
	if (httpd_tls_load(s->srv->httpd, c->tls_cert, c->tls_key, &err))
		log_error("%s", err.msg); /* the old certificate stays in use */
	else
		tell(s, json_pack("{s:s}", "event", "certificate_reloaded"));
}

static void look_at_files(void *arg)
{
	struct serving *s = arg;
	if (look_of_files(s->srv->config) != s->look)
		reload(s);
}

/* For `muster doctor`, which may be asked while we run. */
static void note_running(const struct serving *s)
{
	struct err err;
	if (reach_write(s->srv, &err))
		log_warn("%s", err.msg);
}

static void on_address(void *arg, json_t *event)
{
	note_running(arg);
	tell(arg, event);
}

static void run(struct serving *s)
{
	const struct server *srv = s->srv;
	loop_on_signal(s->loop, SIGINT, on_stop, s);
	loop_on_signal(s->loop, SIGTERM, on_stop, s);
	loop_on_signal(s->loop, SIGHUP, reload, s);
	s->files = loop_timer_new(s->loop, look_at_files, s);
	s->look = look_of_files(srv->config);
	if (srv->config->tls_cert)
		loop_timer_start(s->files, LOOK_AT_FILES_MS, LOOK_AT_FILES_MS);
	json_t *listening =
		json_pack("{s:s,s:s,s:s,s:s}", "event", "listening", "url", srv->base_url,
			  "server_name", srv->name, "data", srv->config->data_dir);
	if (srv->sfu)
		json_object_set_new(listening, "udp_port", json_integer(sfu_udp_port(srv->sfu)));
	if (srv->metrics)
		json_object_set_new(listening, "metrics_port",
				    json_integer(metrics_port(srv->metrics)));
	note_running(s);
	tell(s, listening);
	if (!srv->config->tls_cert && !serve_config_is_loopback(srv->config->listen_addr))
		log_warn(_(
			"no TLS: whoever is on this network can read what goes over it, passwords "
			"too"));
	if (!strcmp(srv->name, "localhost") && !serve_config_is_loopback(srv->config->listen_addr))
		log_warn(_("this server is called \"localhost\", so everybody here is "
			   "@name:localhost, "
			   "for good: muster serve --init --server-name NAME makes one with "
			   "another name in another folder"));
	s->lan = lan_watch(s->srv, on_address, s);
	loop_run(s->loop);
	lan_free(s->lan);
	reach_remove(s->srv);
	loop_timer_free(s->files);
}

/*
 * A folder that was named, yet holds neither a server nor settings for one, is a slip of
 * the keyboard, unless a name for a new server is given with it.
 */
static int find_server(const struct serve_options *opt, const char *dir, struct err *err)
{
	AUTO_FREE char *data = fs_join(dir, "muster.db");
	AUTO_FREE char *settings = fs_join(dir, "muster.conf");
	if (!opt->data_dir || opt->server_name || opt->config_file || fs_exists(data) ||
	    fs_exists(settings) || (access(dir, X_OK) && errno == EACCES))
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		       _("There is no server in %s; start one there with --init"), dir);
}

int serve_run(const struct serve_options *opt, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int rc = serve_config_data_dir(opt->data_dir, &dir, err);
	if (!rc)
		rc = find_server(opt, dir, err);
	if (!rc)
		rc = privilege_drop(dir, err);
	if (rc)
		return rc;
	struct serving s = {.opt = opt, .loop = loop_new()};
	signal(SIGPIPE, SIG_IGN);
	os_raise_nofile();
	os_harden();
	rc = server_start(s.loop, opt, &s.srv, err);
	if (!rc)
		run(&s);
	server_stop(s.srv);
	loop_free(s.loop);
	return rc;
}
