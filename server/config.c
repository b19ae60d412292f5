#include "server/config.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "server/settings.h"

#include <arpa/inet.h>
#include <string.h>

#define NAME_MAX_BYTES 200 /* a user name must fit beside it */

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

bool serve_config_valid_name(const char *name)
{
	struct span s = span_of(name);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return s.n <= NAME_MAX_BYTES && server_name_valid(s);
}

static int apply_line(struct server_config *c, struct span line, struct err *err)
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
	return settings_set(c, name, v, err);
}

static int read_file(struct server_config *c, const char *path, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	int rc = fs_read(path, &b, err), n = 0;
	struct span rest = buf_span(&b), line;
	while (!rc && rest.n && span_split(&rest, '\n', &line)) {
		n++;
		rc = apply_line(c, line, err);
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

static int apply_options(struct server_config *c, const struct serve_options *opt, struct err *err)
{
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
			settings_put_text(texts[i].at, span_of(texts[i].v));
	c->open_registration |= opt->open_registration;
	c->allow_encryption |= opt->allow_encryption;
	c->insecure_ok |= opt->lan;
	if (opt->udp_port)
		c->udp_port = opt->udp_port == SERVE_ANY_PORT ? 0 : opt->udp_port;
	return opt->listen
		       ? settings_parse_listen(opt->listen, &c->listen_addr, &c->listen_port, err)
		       : 0;
}

static int check_names(struct server_config *c, struct err *err)
{
	if (c->server_name && !serve_config_valid_name(c->server_name))
		return err_set(err, ERR_USAGE,
			       _("\"%s\" is no server name: use a lower-case host name, like "
				 "school.example"),
			       c->server_name);
	if (c->announce_ip && !settings_is_numeric(c->announce_ip))
		return err_set(err, ERR_USAGE,
			       _("\"%s\" is no address to announce (--announce, announce_ip): use "
				 "numbers, such as 203.0.113.5"),
			       c->announce_ip);
	if (c->udp_addr && !settings_is_numeric(c->udp_addr))
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

static int check_listen(struct server_config *c, struct err *err)
{
	if (!c->listen_addr)
		c->listen_addr = mem_strdup(c->insecure_ok ? "0.0.0.0" : "127.0.0.1");
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
	struct server_config c = {.listen_port = 8008};
	settings_initial(&c);
	int rc = serve_config_data_dir(opt->data_dir, &c.data_dir, err);
	if (!rc) {
		AUTO_FREE char *own = fs_join(c.data_dir, "muster.conf");
		if (opt->config_file || fs_exists(own))
			c.config_file = mem_strdup(opt->config_file ? opt->config_file : own);
		if (c.config_file)
			rc = read_file(&c, c.config_file, err);
	}
	if (!rc)
		rc = apply_options(&c, opt, err);
	if (!rc)
		rc = check_names(&c, err);
	if (!rc)
		rc = check_listen(&c, err);
	if (rc) {
		serve_config_done(&c);
		return rc;
	}
	settle_udp(&c);
	settle_backups(&c);
	*ret = c;
	return 0;
}
