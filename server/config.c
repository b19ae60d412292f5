#include "server/config.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

const struct serve_setting serve_settings[] = {
	{"listen", "text", "127.0.0.1:8008", N_("Address and port of HTTP and WebSocket.")},
	{"udp_port", "number", "8009", N_("UDP port of the sound of calls; 0 takes a free one.")},
	{"udp_addr", "text", "",
	 N_("Numeric address of the sound of calls. Without it that of \"listen\"; or every "
	    "address, "
	    "where only a proxy on this machine may use that one.")},
	{"server_name", "text", "localhost",
	 N_("Name in all user ids; fixed at the first start, never to be changed.")},
	{"public_url", "text", "",
	 N_("Address that clients are told, when a proxy stands in front of the server.")},
	{"announce_ip", "text", "", N_("Address of this machine as others see it.")},
	{"turn_uri", "text", "",
	 N_("TURN servers that people in calls may use where UDP is blocked, parted by spaces, "
	    "such "
	    "as turns:turn.school.example:443.")},
	{"turn_secret_file", "path", "",
	 N_("File with the secret that those servers share with this one (coturn: "
	    "static-auth-secret).")},
	{"contact", "text", "",
	 N_("E-mail address or user id of who runs the server; everybody may read it.")},
	{"tls_cert", "path", "", N_("Certificate chain (PEM); read anew when it changes.")},
	{"tls_key", "path", "", N_("Private key (PEM).")},
	{"lan", "bool", "false",
	 N_("Listen on all addresses, without TLS if there is no certificate.")},
	{"open_registration", "bool", "false", N_("Let anybody make an account without invite.")},
	{"encryption", "bool", "false", N_("Let rooms be encrypted.")},
	{"max_upload", "size", "100M", N_("Largest file that can be uploaded.")},
	{"calls", "bool", "true", N_("Carry calls, and tell clients so.")},
	{"backup_dir", "path", "backups",
	 N_("Folder of backups; a name without a slash at its beginning is one in the data "
	    "folder.")},
	{"backup_keep", "number", "7", N_("Daily backups that are kept; 0 makes none.")},
	{"backup_time", "text", "03:00", N_("When the daily backup is made, local time.")},
	{"metrics_listen", "text", "",
	 N_("Address and port of this machine where metrics for Prometheus are served, such as "
	    "127.0.0.1:9108; none without it.")},
	{"events_per_second", "number", "50",
	 N_("Events that one person may send, in the long run; twenty seconds' worth of them at "
	    "once. 0 sets no limit.")},
	{"presence", "bool", "true", N_("Show people in a room who of them is there.")},
	{"open_media", "bool", "false",
	 N_("Let old clients fetch files, whose random addresses they must know, without logging "
	    "in.")},
	{NULL, NULL, NULL, NULL},
};

void serve_config_done(struct server_config *c)
{
	mem_free(c->data_dir);
	mem_free(c->server_name);
	mem_free(c->public_url);
	mem_free(c->announce_ip);
	mem_free(c->contact);
	mem_free(c->turn_uris);
	mem_free(c->turn_secret_file);
	mem_free(c->tls_cert);
	mem_free(c->tls_key);
	mem_free(c->listen_addr);
	mem_free(c->udp_addr);
	mem_free(c->config_file);
	mem_free(c->backup_dir);
	mem_free(c->metrics_addr);
	memset(c, 0, sizeof(*c));
}

bool serve_config_is_loopback(const char *addr)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, addr, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, addr, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_numeric(const char *addr)
{
	unsigned char bits[16];
	return inet_pton(AF_INET, addr, bits) == 1 || inet_pton(AF_INET6, addr, bits) == 1;
}

int serve_config_parse_listen(const char *text, char **addr, int *port, struct err *err)
{
	struct span all = span_of(text), host = all, digits = {NULL, 0};
	int64_t n;
	if (all.n && all.p[0] == '[') {
		ptrdiff_t end = span_find(all, ']');
		if (end < 0)
			goto bad;
		host = (struct span){all.p + 1, (size_t)end - 1};
		digits = span_from(all, (size_t)end + 1);
	} else {
		ptrdiff_t colon = span_find(all, ':');
		if (colon >= 0 && span_find(span_from(all, (size_t)colon + 1), ':') < 0) {
			host = span_head(all, (size_t)colon);
			digits = span_from(all, (size_t)colon);
		}
	}
	if (digits.n) {
		if (digits.p[0] != ':' || !span_i64(span_from(digits, 1), &n) || n < 0 || n > 65535)
			goto bad;
		*port = (int)n;
	}
	if (host.n) {
		char *a = span_eq_str(host, "localhost") ? mem_strdup("127.0.0.1") : span_dup(host);
		if (!is_numeric(a)) {
			mem_free(a);
			goto bad;
		}
		mem_free(*addr);
		*addr = a;
	}
	return 0;
bad:
	return err_set(err, ERR_USAGE,
		       _("\"%s\" is no address to listen on: write ADDRESS:PORT with a numeric "
			 "address, like 127.0.0.1:8008 or [::1]:8008"),
		       text);
}

/* Length of "[IPv6 address]" at the front of `name`, or 0. */
static size_t bracketed(const char *name)
{
	char inside[INET6_ADDRSTRLEN];
	unsigned char bits[16];
	const char *end = strchr(name, ']');
	size_t n = end ? (size_t)(end - name) - 1 : 0;
	if (n == 0 || n >= sizeof(inside) || strspn(name + 1, "0123456789abcdef:.") != n)
		return 0;
	snprintf(inside, sizeof(inside), "%.*s", (int)n, name + 1);
	return inet_pton(AF_INET6, inside, bits) == 1 ? n + 2 : 0;
}

bool serve_config_valid_name(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n > 200)
		return false;
	size_t host = name[0] == '[' ? bracketed(name)
				     : strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	if (host == 0)
		return false;
	return host == n || (name[host] == ':' && host + 1 < n && n - host <= 6 &&
			     strspn(name + host + 1, "0123456789") == n - host - 1);
}

static int parse_bool(const char *name, struct span v, bool *ret, struct err *err)
{
	bool yes = span_eq_str(v, "true") || span_eq_str(v, "yes") || span_eq_str(v, "on");
	if (!yes && !span_eq_str(v, "false") && !span_eq_str(v, "no") && !span_eq_str(v, "off"))
		return err_set(err, ERR_USAGE, _("%s must be true or false"), name);
	*ret = yes;
	return 0;
}

static int parse_size(const char *name, struct span v, int64_t *ret, struct err *err)
{
	int64_t unit = 1, n;
	if (v.n && strchr("kKmMgG", v.p[v.n - 1])) {
		char c = (char)toupper(v.p[v.n - 1]);
		unit = c == 'K' ? 1 << 10 : c == 'M' ? 1 << 20 : 1 << 30;
		v.n--;
	}
	if (!span_i64(v, &n) || n < 1 || n > (int64_t)1 << 32)
		return err_set(err, ERR_USAGE, _("%s must be a size, like 100M"), name);
	*ret = n * unit;
	return 0;
}

static int parse_port(const char *name, struct span v, int *ret, struct err *err)
{
	int64_t n;
	if (!span_i64(v, &n) || n < 0 || n > 65535)
		return err_set(err, ERR_USAGE, _("%s must be a port from 0 to 65535"), name);
	*ret = (int)n;
	return 0;
}

static int parse_count(const char *name, struct span v, int *ret, struct err *err)
{
	int64_t n;
	if (!span_i64(v, &n) || n < 0 || n > 1000)
		return err_set(err, ERR_USAGE, _("%s must be a number from 0 to 1000"), name);
	*ret = (int)n;
	return 0;
}

static int parse_time(struct span v, int *ret_minutes, struct err *err)
{
	int64_t h, m;
	ptrdiff_t colon = span_find(v, ':');
	if (colon < 1 || !span_i64(span_head(v, (size_t)colon), &h) ||
	    !span_i64(span_from(v, (size_t)colon + 1), &m) || h < 0 || h > 23 || m < 0 || m > 59)
		return err_set(err, ERR_USAGE, _("%s must be a time of day, like 03:00"),
			       "backup_time");
	*ret_minutes = (int)(h * 60 + m);
	return 0;
}

static int parse_metrics(struct server_config *c, struct span v, struct err *err)
{
	AUTO_FREE char *text = span_dup(v);
	mem_free(take(&c->metrics_addr));
	c->metrics_port = -1;
	int rc = v.n ? serve_config_parse_listen(text, &c->metrics_addr, &c->metrics_port, err) : 0;
	if (rc || !v.n)
		return rc;
	if (!c->metrics_addr)
		c->metrics_addr = mem_strdup("127.0.0.1");
	if (c->metrics_port < 0 || !serve_config_is_loopback(c->metrics_addr))
		return err_set(err, ERR_USAGE,
			       _("metrics_listen must be an address of this machine with a port, "
				 "like 127.0.0.1:9108: metrics tell about people"));
	return 0;
}

/* Where settings gather: the file first, then the options over it. */
struct gather {
	struct server_config *c;
	bool lan;
};

static void set_text(char **at, struct span v)
{
	mem_free(*at);
	*at = v.n ? span_dup(v) : NULL;
}

static int apply(struct gather *g, const char *name, struct span v, struct err *err)
{
	struct server_config *c = g->c;
	const struct {
		const char *name;
		char **at;
	} texts[] = {
		{"server_name", &c->server_name}, {"public_url", &c->public_url},
		{"announce_ip", &c->announce_ip}, {"contact", &c->contact},
		{"tls_cert", &c->tls_cert},	  {"tls_key", &c->tls_key},
		{"udp_addr", &c->udp_addr},	  {"backup_dir", &c->backup_dir},
		{"turn_uri", &c->turn_uris},	  {"turn_secret_file", &c->turn_secret_file},
	};
	const struct {
		const char *name;
		bool *at;
	} bools[] = {
		{"lan", &g->lan},
		{"open_registration", &c->open_registration},
		{"encryption", &c->allow_encryption},
		{"calls", &c->calls},
		{"open_media", &c->open_media},
		{"presence", &c->presence},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!strcmp(name, texts[i].name)) {
			set_text(texts[i].at, v);
			return 0;
		}
	for (size_t i = 0; i < ARRAY_LEN(bools); i++)
		if (!strcmp(name, bools[i].name))
			return parse_bool(name, v, bools[i].at, err);
	if (!strcmp(name, "udp_port"))
		return parse_port(name, v, &c->udp_port, err);
	if (!strcmp(name, "max_upload"))
		return parse_size(name, v, &c->max_upload, err);
	if (!strcmp(name, "listen")) {
		AUTO_FREE char *text = span_dup(v);
		return serve_config_parse_listen(text, &c->listen_addr, &c->listen_port, err);
	}
	if (!strcmp(name, "backup_keep"))
		return parse_count(name, v, &c->backup_keep, err);
	if (!strcmp(name, "events_per_second"))
		return parse_count(name, v, &c->events_per_second, err);
	if (!strcmp(name, "backup_time"))
		return parse_time(v, &c->backup_minutes, err);
	if (!strcmp(name, "metrics_listen"))
		return parse_metrics(c, v, err);
	return err_set(err, ERR_USAGE, _("there is no setting \"%s\""), name);
}

static int apply_line(struct gather *g, struct span line, struct err *err)
{
	line = span_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	ptrdiff_t eq = span_find(line, '=');
	if (eq < 0)
		return err_set(err, ERR_USAGE, _("a setting is written NAME = VALUE"));
	AUTO_FREE char *name = span_dup(span_trim(span_head(line, (size_t)eq)));
	struct span v = span_trim(span_from(line, (size_t)eq + 1));
	if (v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"')
		v = (struct span){v.p + 1, v.n - 2};
	return apply(g, name, v, err);
}

static int read_file(struct gather *g, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	int rc = fs_read(path, &b, err), n = 0;
	struct span rest = buf_span(&b), line;
	while (!rc && rest.n && span_split(&rest, '\n', &line)) {
		n++;
		rc = apply_line(g, line, err);
		if (rc)
			err_prefix(err, _("%s, line %d"), path, n);
	}
	return rc;
}

int serve_config_data_dir(const char *named, char **ret, struct err *err)
{
	if (named && *named) {
		*ret = mem_strdup(named);
		return 0;
	}
	AUTO_FREE char *base = NULL;
	int rc = fs_place(FS_DATA, &base, err);
	if (!rc)
		*ret = fs_join(base, "server");
	return rc;
}

static int apply_options(struct gather *g, const struct serve_options *opt, struct err *err)
{
	struct server_config *c = g->c;
	const struct {
		const char *v;
		char **at;
	} texts[] = {
		{opt->server_name, &c->server_name},
		{opt->public_url, &c->public_url},
		{opt->announce_ip, &c->announce_ip},
		{opt->tls_cert, &c->tls_cert},
		{opt->tls_key, &c->tls_key},
		{opt->turn_uris, &c->turn_uris},
		{opt->turn_secret_file, &c->turn_secret_file},
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].v)
			set_text(texts[i].at, span_of(texts[i].v));
	c->open_registration |= opt->open_registration;
	c->allow_encryption |= opt->allow_encryption;
	g->lan |= opt->lan;
	if (opt->udp_port)
		c->udp_port = opt->udp_port == SERVE_ANY_PORT ? 0 : opt->udp_port;
	return opt->listen ? serve_config_parse_listen(opt->listen, &c->listen_addr,
						       &c->listen_port, err)
			   : 0;
}

static int check_names(struct server_config *c, struct err *err)
{
	if (c->server_name && !serve_config_valid_name(c->server_name))
		return err_set(err, ERR_USAGE,
			       _("\"%s\" is no server name: use a lower-case host name, like "
				 "school.example"),
			       c->server_name);
	if (c->announce_ip && !is_numeric(c->announce_ip))
		return err_set(err, ERR_USAGE,
			       _("\"%s\" is no address to announce (--announce, announce_ip): use "
				 "numbers, such as 203.0.113.5"),
			       c->announce_ip);
	if (c->udp_addr && !is_numeric(c->udp_addr))
		return err_set(err, ERR_USAGE, _("udp_addr must be a numeric address"));
	if (!c->public_url)
		return 0;
	size_t n = strlen(c->public_url);
	while (n && c->public_url[n - 1] == '/')
		c->public_url[--n] = '\0';
	struct span url = span_of(c->public_url);
	if ((!span_starts(url, "https://") && !span_starts(url, "http://")) || n > 255)
		return err_set(err, ERR_USAGE, _("public_url must begin with https:// or http://"));
	return 0;
}

static bool is_url_loopback(const char *url)
{
	struct span host = span_from(span_of(url), (size_t)span_find(span_of(url), '/') + 2);
	ptrdiff_t end = span_starts(host, "[") ? span_find(host, ']') : span_find(host, ':');
	if (end < 0)
		end = span_find(host, '/');
	if (end >= 0)
		host = span_head(host, (size_t)end);
	if (span_starts(host, "["))
		host = span_from(host, 1);
	AUTO_FREE char *name = span_dup(host);
	return strcmp(name, "localhost") == 0 || serve_config_is_loopback(name);
}

/*
 * Sound does not pass through a proxy: where one stands in front, others must
 * reach its port although HTTP is for this machine only. It is always encrypted.
 */
static void settle_udp(struct server_config *c)
{
	bool others = (c->announce_ip && !serve_config_is_loopback(c->announce_ip)) ||
		      (c->public_url && !is_url_loopback(c->public_url));
	if (!c->udp_addr && !(others && serve_config_is_loopback(c->listen_addr)))
		c->udp_addr = mem_strdup(c->listen_addr);
}

static void settle_backups(struct server_config *c)
{
	AUTO_FREE char *named = take(&c->backup_dir);
	size_t n = named ? strlen(named) : 0;
	while (n > 1 && named[n - 1] == '/')
		named[--n] = '\0';
	c->backup_dir = n && named[0] == '/' ? mem_strdup(named)
					     : fs_join(c->data_dir, n ? named : "backups");
}

static int check_listen(struct gather *g, struct err *err)
{
	struct server_config *c = g->c;
	c->insecure_ok = g->lan;
	if (!c->listen_addr)
		c->listen_addr = mem_strdup(g->lan ? "0.0.0.0" : "127.0.0.1");
	if (!c->tls_cert != !c->tls_key)
		return err_set(err, ERR_USAGE,
			       _("a certificate and its key are needed together (tls_cert, "
				 "tls_key)"));
	if (c->tls_cert || c->insecure_ok || serve_config_is_loopback(c->listen_addr))
		return 0;
	err_set(err, ERR_USAGE,
		_("Passwords would cross the network unprotected: %s is reachable from other "
		  "machines, and there is no certificate"),
		c->listen_addr);
	err_hint(err, _("give --tls-cert and --tls-key, listen on 127.0.0.1 behind a proxy, or "
			"say --lan to accept it"));
	return ERR_USAGE;
}

int serve_config_load(const struct serve_options *opt, struct server_config *ret, struct err *err)
{
	struct server_config c = {.listen_port = 8008,
				  .udp_port = 8009,
				  .calls = true,
				  .presence = true,
				  .events_per_second = 50,
				  .backup_keep = 7,
				  .backup_minutes = 3 * 60,
				  .max_upload = LIMIT_UPLOAD_DEFAULT};
	struct gather g = {&c, false};
	int rc = serve_config_data_dir(opt->data_dir, &c.data_dir, err);
	if (!rc) {
		AUTO_FREE char *own = fs_join(c.data_dir, "muster.conf");
		if (opt->config_file || fs_exists(own))
			c.config_file = mem_strdup(opt->config_file ? opt->config_file : own);
		if (c.config_file)
			rc = read_file(&g, c.config_file, err);
	}
	if (!rc)
		rc = apply_options(&g, opt, err);
	if (!rc)
		rc = check_names(&c, err);
	if (!rc)
		rc = check_listen(&g, err);
	if (rc) {
		serve_config_done(&c);
		return rc;
	}
	settle_udp(&c);
	settle_backups(&c);
	*ret = c;
	return 0;
}
