#include "core/base/ws.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/ws_lws.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <uv.h>

#define CLOSE_WAIT_MS 5000

struct ws_resolve {
	uv_getaddrinfo_t req;
	struct ws *w; /* NULL: nobody waits any more */
};

struct ws_client *ws_client_new(struct loop *l, struct err *err)
{
	struct ws_client *c = NULL;
	loop_assert_owner(l);
	return lws_side_open(l, &c, err) == 0 ? c : NULL;
}

void ws_client_free(struct ws_client *c)
{
	if (c)
		lws_side_free(c);
}

/* The end, on the next turn: callers may then free anything. */
static void end(struct ws *w)
{
	if (w->state == WS_CLOSED)
		return;
	w->state = WS_CLOSED;
	loop_timer_stop(w->deadline);
	loop_timer_stop(w->ping);
	loop_timer_start(w->turn, 0, 0);
}

static void set_part(CURLU *u, CURLUPart part, char **ret)
{
	char *text = NULL;
	if (curl_url_get(u, part, &text, 0) == CURLUE_OK)
		*ret = mem_strdup(text);
	curl_free(text);
}

static bool is_ip(const char *host)
{
	unsigned char raw[16];
	return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

static void split_url(CURLU *u, struct ws_url *ret)
{
	AUTO_FREE char *host = NULL, *port = NULL, *path = NULL, *query = NULL;
	uint64_t number;
	set_part(u, CURLUPART_HOST, &host);
	if (!host)
		host = mem_strdup("");
	set_part(u, CURLUPART_PORT, &port);
	set_part(u, CURLUPART_PATH, &path);
	set_part(u, CURLUPART_QUERY, &query);
	ret->port = port && span_u64(span_of(port), &number) ? (int)number : ret->tls ? 443 : 80;
	ret->authority = port ? mem_printf("%s:%s", host, port) : mem_strdup(host);
	size_t n = strlen(host);
	bool brackets = n > 2 && host[0] == '[' && host[n - 1] == ']';
	ret->host = brackets ? mem_strndup(host + 1, n - 2) : mem_strdup(host);
	ret->is_ip = is_ip(ret->host);
	ret->path = mem_printf("%s%s%s", path ? path : "/", query ? "?" : "", query ? query : "");
}

static int parse_url(const char *url, struct ws_url *ret, struct err *err)
{
	CURLU *u = curl_url();
	int rc = 0;
	ret->tls = strncmp(url, "wss://", 6) == 0;
	if ((!ret->tls && strncmp(url, "ws://", 5) != 0) ||
	    curl_url_set(u, CURLUPART_URL, url,
			 CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) !=
		    CURLUE_OK)
		rc = err_set(err, ERR_USAGE, _("not a WebSocket address: %.200s"), url);
	else
		split_url(u, ret);
	curl_url_cleanup(u);
	if (!rc && (strlen(ret->path) > LIMIT_WS_PATH || strlen(ret->authority) > LIMIT_WS_HOST))
		rc = err_set(err, ERR_TOO_LARGE, _("the WebSocket address is too long"));
	return rc;
}

static void on_deadline(void *arg)
{
	struct ws *w = arg;
	lws_side_drop(w);
	if (w->state == WS_CONNECTING) {
		err_set(&w->err, ERR_NETWORK, _("%s did not accept a connection in time"),
			w->url.authority);
		err_hint(&w->err, _("check the network connection and the address"));
	}
	end(w);
}

static void on_ping(void *arg)
{
	struct ws *w = arg;
	if (w->heard) {
		w->heard = false;
		w->ping_due = true;
		lws_side_want_write(w);
		return;
	}
	lws_side_drop(w);
	err_set(&w->err, ERR_NETWORK, _("%s has gone silent"), w->url.authority);
	end(w);
}

static void connect_next(struct ws *w)
{
	char ip[INET6_ADDRSTRLEN + 20];
	struct addrinfo *a = w->next_address;
	w->next_address = a->ai_next;
	if (getnameinfo(a->ai_addr, a->ai_addrlen, ip, sizeof(ip), NULL, 0, NI_NUMERICHOST) != 0 ||
	    !lws_side_connect(w, ip))
		ws_on_failed(w, 0, "no connection");
}

static void on_turn(void *arg)
{
	struct ws *w = arg;
	if (w->state == WS_CLOSED)
		w->h.closed(w->peer_code ? w->peer_code : w->close_code,
			    w->err.code ? &w->err : NULL, w->arg); /* may free `w` */
	else if (w->next_address)
		connect_next(w);
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct ws_resolve *r = CONTAINER_OF(req, struct ws_resolve, req);
	struct ws *w = r->w;
	mem_free(r);
	if (!w) {
		uv_freeaddrinfo(found);
		return;
	}
	w->resolving = NULL;
	if (status != 0 || !found) {
		err_set(&w->err, ERR_NETWORK, _("no server named %s is known"), w->url.host);
		err_hint(&w->err, _("check the address, and that this machine is connected"));
		end(w);
		return;
	}
	w->addresses = w->next_address = found;
	connect_next(w);
}

static void resolve(struct ws *w)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	w->resolving = NEW(struct ws_resolve);
	w->resolving->w = w;
	/* Without a name: this machine, which localhost is even where no hosts file says so
	 * (RFC 6761). The port is not used from here. */
	bool local = strcasecmp(w->url.host, "localhost") == 0;
	int rc = uv_getaddrinfo(loop_uv(ws_client_loop(w->client)), &w->resolving->req, on_resolved,
				local ? NULL : w->url.host, local ? "80" : NULL, &hints);
	if (rc == 0)
		return;
	mem_free(take(&w->resolving));
	err_set(&w->err, ERR_NETWORK, _("no server named %s is known"), w->url.host);
	end(w);
}

struct ws *ws_connect(struct ws_client *c, const struct ws_options *opt, const struct ws_handler *h,
		      void *arg)
{
	struct loop *l = ws_client_loop(c);
	loop_assert_owner(l);
	struct ws *w = NEW(struct ws);
	w->client = c;
	w->h = *h;
	w->arg = arg;
	w->bearer = mem_strdup(opt->bearer);
	w->protocol = mem_strdup(opt->protocol);
	w->ca_file = mem_strdup(opt->ca_file);
	w->connect_timeout_ms = opt->connect_timeout_ms ? opt->connect_timeout_ms : 10000;
	w->ping_every_ms = opt->ping_every_ms ? opt->ping_every_ms : 20000;
	buf_init(&w->in, LIMIT_WS_MESSAGE);
	w->out_last = &w->out;
	w->deadline = loop_timer_new(l, on_deadline, w);
	w->ping = loop_timer_new(l, on_ping, w);
	w->turn = loop_timer_new(l, on_turn, w);
	if (parse_url(opt->url, &w->url, &w->err) != 0) {
		end(w);
		return w;
	}
	loop_timer_start(w->deadline, (uint64_t)w->connect_timeout_ms, 0);
	resolve(w);
	return w;
}

void ws_on_open(struct ws *w)
{
	w->state = WS_OPEN;
	w->heard = true;
	loop_timer_stop(w->deadline);
	loop_timer_start(w->ping, (uint64_t)w->ping_every_ms, (uint64_t)w->ping_every_ms);
	w->h.opened(w->arg); /* may free `w` */
}

void ws_on_data(struct ws *w, struct span data, bool first, bool final, bool binary)
{
	w->heard = true;
	if (w->state != WS_OPEN)
		return;
	if (first)
		buf_clear(&w->in);
	if (!buf_put_span(&w->in, data)) {
		ws_close(w, 1009);
		err_set(&w->err, ERR_TOO_LARGE, _("%s sent a message larger than %u bytes"),
			w->url.authority, LIMIT_WS_MESSAGE);
		return;
	}
	if (final)
		w->h.message(buf_span(&w->in), binary, w->arg); /* may free `w` */
}

static void explain(struct ws *w, int http_status, const char *why)
{
	const char *where = w->url.authority;
	log_debug("websocket to %s failed: %s (status %d)", where, why, http_status);
	if (w->tls_why[0]) {
		err_set(&w->err, ERR_NETWORK, _("the certificate of %s is not trusted: %s"), where,
			w->tls_why);
		err_hint(&w->err, _("check the name and this machine's clock; a school's own "
				    "certificate is trusted by --ca-file FILE, or for good by "
				    "muster config set net.ca-file FILE"));
	} else if (http_status == 401 || http_status == 403) {
		err_set(&w->err, ERR_AUTH, _("%s refuses the connection: not allowed"), where);
	} else if (http_status == 404) {
		err_set(&w->err, ERR_NOT_FOUND, _("%s knows no WebSocket at that address"), where);
	} else if (http_status && http_status != 101) {
		err_set(&w->err, ERR_NETWORK, _("%s answers with status %d instead of a WebSocket"),
			where, http_status);
	} else {
		err_set(&w->err, ERR_NETWORK, _("%s cannot be reached: %s"), where, why);
		err_hint(&w->err, _("is the server running, and are the address and port right?"));
	}
	w->err.http_status = http_status;
}

void ws_on_failed(struct ws *w, int http_status, const char *why)
{
	w->wsi = NULL;
	if (w->state != WS_CONNECTING)
		return;
	if (!http_status && !w->tls_why[0] && w->next_address) {
		loop_timer_start(w->turn, 0, 0);
		return;
	}
	explain(w, http_status, why);
	end(w);
}

void ws_on_gone(struct ws *w)
{
	w->wsi = NULL;
	if (w->state == WS_OPEN && !w->peer_code)
		err_set(&w->err, ERR_NETWORK, _("%s broke off the connection"), w->url.authority);
	end(w);
}

int ws_send(struct ws *w, struct span data, bool binary, struct err *err)
{
	loop_assert_owner(ws_client_loop(w->client));
	if (w->state != WS_OPEN)
		return err_set(err, ERR_NETWORK, _("the connection is not open"));
	if (data.n > LIMIT_WS_QUEUE - w->queued)
		return err_set(err, ERR_TOO_LARGE, _("too much is waiting to be sent"));
	struct ws_out *o = lws_side_out_new(data, binary);
	*w->out_last = o;
	w->out_last = &o->next;
	w->queued += data.n;
	lws_side_want_write(w);
	return 0;
}

void ws_close(struct ws *w, int code)
{
	loop_assert_owner(ws_client_loop(w->client));
	if (w->state == WS_CONNECTING) {
		lws_side_drop(w);
		end(w);
	} else if (w->state == WS_OPEN) {
		w->state = WS_CLOSING;
		w->close_code = code;
		loop_timer_stop(w->ping);
		loop_timer_start(w->deadline, CLOSE_WAIT_MS, 0);
		lws_side_want_write(w);
	}
}

void ws_free(struct ws *w)
{
	if (!w)
		return;
	lws_side_drop(w);
	if (w->resolving)
		w->resolving->w = NULL;
	uv_freeaddrinfo(w->addresses);
	loop_timer_free(w->deadline);
	loop_timer_free(w->ping);
	loop_timer_free(w->turn);
	while (w->out) {
		struct ws_out *o = w->out;
		w->out = o->next;
		lws_side_out_free(o);
	}
	buf_done(&w->in);
	mem_free(w->url.host);
	mem_free(w->url.authority);
	mem_free_secret(w->url.path); /* may hold an access token */
	mem_free_secret(w->bearer);
	mem_free(w->protocol);
	mem_free(w->ca_file);
	mem_free(w);
}
