#include "server/reach.h"

#include "core/base/fs.h"
#include "core/base/http.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "server/address.h"
#include "server/config.h"
#include "server/privilege.h"
#include "server/sfu/sfu.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RUNNING_FILE "running.json"
#define PATIENCE_MS 5000

void reach_add(json_t *findings, const char *check, bool ok, bool optional, const char *fix,
	       const char *message_fmt, ...)
{
	va_list ap;
	char message[600];
	va_start(ap, message_fmt);
	vsnprintf(message, sizeof(message), message_fmt, ap);
	va_end(ap);
	json_array_append_new(findings,
			      json_pack("{s:s,s:b,s:b,s:s,s:s?}", "check", check, "ok", (int)ok,
					"optional", (int)optional, "message", message, "fix", fix));
}

/* -- what a running server tells ------------------------------------------ */

/* Where other processes of this user find the folder of the server that began last; NULL: nowhere. */
static char *last_path(void)
{
	AUTO_FREE char *dir = NULL;
	return fs_place(FS_RUNTIME, &dir, NULL) ? NULL : fs_join(dir, "serving.txt");
}

char *reach_last(void)
{
	AUTO_FREE char *path = last_path();
	struct buf b = BUF_INIT(PATH_MAX);
	char *ret = path && fs_read(path, &b, NULL) == 0 && b.n ? mem_strdup(buf_str(&b)) : NULL;
	buf_done(&b);
	return ret;
}

/* Not worth a word where it fails: doctor --data does the same. */
static void note_last(const char *data_dir)
{
	AUTO_FREE char *path = last_path(), *real = fs_real(data_dir);
	if (path)
		fs_write_atomic(path, span_of(real), 0600, NULL);
}

static void forget_last(const char *data_dir)
{
	AUTO_FREE char *path = last_path(), *real = fs_real(data_dir), *last = reach_last();
	if (path && last && !strcmp(last, real))
		fs_remove(path, NULL);
}

int reach_write(const struct server *srv, struct err *err)
{
	note_last(srv->config->data_dir);
	AUTO_FREE char *path = fs_join(srv->config->data_dir, RUNNING_FILE);
	JSON_AUTO json_t *o =
		json_pack("{s:s,s:s,s:i,s:i}", "url", srv->base_url, "server_name", srv->name,
			  "port", srv->port, "udp_port", srv->sfu ? sfu_udp_port(srv->sfu) : 0);
	AUTO_FREE char *text = json_text(o);
	return fs_write_atomic(path, span_of(text), 0600, err);
}

void reach_remove(const struct server *srv)
{
	AUTO_FREE char *path = fs_join(srv->config->data_dir, RUNNING_FILE);
	fs_remove(path, NULL);
	forget_last(srv->config->data_dir);
}

bool reach_read(const char *data_dir, struct reach_running *ret)
{
	AUTO_FREE char *path = fs_join(data_dir, RUNNING_FILE);
	struct buf b = BUF_INIT(65536);
	JSON_AUTO json_t *o = NULL;
	bool ok = fs_read(path, &b, NULL) == 0 && json_parse_object(buf_span(&b), &o, NULL) == 0;
	const char *url = json_get_str(o, "url"), *name = json_get_str(o, "server_name");
	ok = ok && url && name;
	if (ok) {
		snprintf(ret->url, sizeof(ret->url), "%s", url);
		snprintf(ret->server_name, sizeof(ret->server_name), "%s", name);
		ret->port = (int)json_get_i64(o, "port", 0);
		ret->udp_port = (int)json_get_i64(o, "udp_port", 0);
	}
	buf_done(&b);
	return ok;
}

/* -- the port, before the start ------------------------------------------- */

static int try_bind(const struct server_config *c)
{
	struct net_addr a;
	struct sockaddr_storage ss;
	int one = 1, rc = 0;
	if (!net_addr_parse(span_of(c->listen_addr), (uint16_t)c->listen_port, &a))
		return EINVAL;
	socklen_t n = net_addr_to_sockaddr(&a, a.family, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&ss, n) || listen(fd, 1))
		rc = errno;
	close(fd);
	return rc;
}

static void user_finding(const struct server_config *c, json_t *findings)
{
	struct err err = {0};
	if (privilege_check(c->data_dir, &err))
		reach_add(findings, "user", false, false, err.hint, "%s", err.msg);
}

static void port_finding(const struct server_config *c, json_t *findings)
{
	int rc = try_bind(c);
	if (rc == EADDRINUSE)
		reach_add(findings, "port", false, false,
			  _("end the other program, or choose another port: --listen ADDRESS:PORT"),
			  _("port %d is in use by another program"), c->listen_port);
	else if (rc == EACCES)
		reach_add(findings, "port", false, false,
			  _("choose a port above 1023: --listen ADDRESS:PORT"),
			  _("this user may not listen on port %d"), c->listen_port);
	else if (rc == EADDRNOTAVAIL)
		reach_add(findings, "port", false, false,
			  _("listen on an address that this machine has, or on all: --lan"),
			  _("%s is no address of this machine"), c->listen_addr);
	else if (rc)
		reach_add(findings, "port", false, false, NULL, _("cannot listen on port %d: %s"),
			  c->listen_port, strerror(rc));
	else
		reach_add(findings, "port", true, false, NULL, _("port %d is free"),
			  c->listen_port);
}

/* -- the address, while it runs ------------------------------------------- */

static int get_json(const char *url, int *ret_status, json_t **ret, struct err *err)
{
	const struct http_options opt = {.connect_timeout_ms = PATIENCE_MS};
	struct http *h = http_new(NULL, &opt);
	struct http_request rq = {.method = "GET", .url = url, .timeout_ms = PATIENCE_MS};
	struct http_reply reply = {0};
	struct buf b = BUF_INIT(LIMIT_JSON_BODY);
	int rc = http_perform(h, &rq, &reply, &b, err);
	*ret_status = reply.status;
	if (!rc)
		json_parse_object(buf_span(&b), ret, NULL);
	buf_done(&b);
	http_free(h);
	return rc;
}

static void answer_finding(const struct reach_running *r, json_t *findings)
{
	struct err err = {0};
	int status = 0;
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *url = mem_printf("%s/.well-known/matrix/client", r->url);
	int rc = get_json(url, &status, &reply, &err);
	const char *name = json_get_str(json_get_object(reply, "org.muster.server"), "server_name");
	if (rc)
		reach_add(findings, "address", false, true,
			  _("is the address right, and does it lead to this machine? It is "
			    "--public-url, or that of the network"),
			  _("the server does not answer at %s: %s"), r->url, err.msg);
	else if (!name || strcmp(name, r->server_name) != 0)
		reach_add(findings, "address", false, true,
			  _("have the address (--public-url) lead to this server"),
			  _("another server answers at %s (HTTP %d, %s)"), r->url, status,
			  name ? name : _("not a muster server"));
	else
		reach_add(findings, "address", true, true, NULL,
			  _("the server answers at %s, from this machine"), r->url);
}

static bool is_local_url(const char *url)
{
	return !strncmp(url, "http://127.", 11) || !strncmp(url, "http://[::1]", 12) ||
	       !strncmp(url, "http://localhost", 16);
}

static void scope_finding(const char *url, bool tls, json_t *findings)
{
	if (is_local_url(url))
		reach_add(findings, "scope", false, true,
			  _("for a class in this network: --lan; from outside: TLS or a proxy, and "
			    "--public-url"),
			  _("only this machine can reach the server (%s)"), url);
	else if (!strncmp(url, "http://", 7) && !tls)
		reach_add(findings, "tls", false, true,
			  _("give it a certificate: --tls-cert and --tls-key"),
			  _("plain HTTP: whoever is on this network can read what goes over it, "
			    "passwords too"));
}

/* No program can see this from here. */
static void wifi_finding(const char *url, json_t *findings)
{
	AUTO_FREE char *fix = mem_printf(
		_("open %s/join on a phone in the same Wi-Fi: if it does not load there, use "
		  "another network or a cable, or ask who runs the Wi-Fi to let devices talk"),
		url);
	reach_add(findings, "wifi", true, true, fix,
		  _("some Wi-Fi networks (guest networks above all) keep devices apart: that "
		    "cannot be seen from here"));
}

json_t *reach_look(const struct server_config *c, const struct reach_running *running)
{
	char url[300];
	json_t *findings = json_array();
	int port = running ? running->port : c->listen_port;
	int udp = running ? running->udp_port : c->calls ? c->udp_port : 0;
	if (running) {
		snprintf(url, sizeof(url), "%s", running->url);
		answer_finding(running, findings);
	} else {
		address_base_url(c, c->listen_port, url, sizeof(url));
		user_finding(c, findings);
		port_finding(c, findings);
	}
	scope_finding(url, c->tls_cert != NULL, findings);
	if (!is_local_url(url)) {
		reach_firewall(findings, port, udp);
		if (!c->public_url)
			wifi_finding(url, findings);
	}
	reach_machine(findings, c->data_dir);
	return findings;
}
