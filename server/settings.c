#include "server/settings.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>

struct setting;
typedef int set_fn(struct server_config *c, const struct setting *s, struct span v,
		   struct err *err);

struct setting {
	struct serve_setting told;
	set_fn *set;
	size_t at; /* in struct server_config */
};

static void *place(struct server_config *c, const struct setting *s)
{
	return (char *)c + s->at;
}

/* ---- addresses ---- */

bool settings_is_numeric(const char *addr)
{
	unsigned char bits[16];
	return inet_pton(AF_INET, addr, bits) == 1 || inet_pton(AF_INET6, addr, bits) == 1;
}

int settings_parse_listen(const char *text, char **addr, int *port, struct err *err)
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
		if (!settings_is_numeric(a)) {
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

/* ---- one function for each kind of value ---- */

void settings_put_text(char **at, struct span v)
{
	mem_free(*at);
	*at = v.n ? span_dup(v) : NULL;
}

static int set_text(struct server_config *c, const struct setting *s, struct span v,
		    struct err *err)
{
	(void)err;
	settings_put_text(place(c, s), v);
	return 0;
}

static int set_flag(struct server_config *c, const struct setting *s, struct span v,
		    struct err *err)
{
	bool yes = span_eq_str(v, "true") || span_eq_str(v, "yes") || span_eq_str(v, "on");
	if (!yes && !span_eq_str(v, "false") && !span_eq_str(v, "no") && !span_eq_str(v, "off"))
		return err_set(err, ERR_USAGE, _("%s must be true or false"), s->told.name);
	*(bool *)place(c, s) = yes;
	return 0;
}

static int set_size(struct server_config *c, const struct setting *s, struct span v,
		    struct err *err)
{
	int64_t unit = 1, n;
	if (v.n && strchr("kKmMgG", v.p[v.n - 1])) {
		char last = (char)toupper(v.p[v.n - 1]);
		unit = last == 'K' ? 1 << 10 : last == 'M' ? 1 << 20 : 1 << 30;
		v.n--;
	}
	if (!span_i64(v, &n) || n < 1 || n > (int64_t)1 << 32)
		return err_set(err, ERR_USAGE, _("%s must be a size, like 100M"), s->told.name);
	*(int64_t *)place(c, s) = n * unit;
	return 0;
}

static int set_port(struct server_config *c, const struct setting *s, struct span v,
		    struct err *err)
{
	int64_t n;
	if (!span_i64(v, &n) || n < 0 || n > 65535)
		return err_set(err, ERR_USAGE, _("%s must be a port from 0 to 65535"),
			       s->told.name);
	*(int *)place(c, s) = (int)n;
	return 0;
}

static int set_count(struct server_config *c, const struct setting *s, struct span v,
		     struct err *err)
{
	int64_t n;
	if (!span_i64(v, &n) || n < 0 || n > 1000)
		return err_set(err, ERR_USAGE, _("%s must be a number from 0 to 1000"),
			       s->told.name);
	*(int *)place(c, s) = (int)n;
	return 0;
}

static int set_time(struct server_config *c, const struct setting *s, struct span v,
		    struct err *err)
{
	int64_t h, m;
	ptrdiff_t colon = span_find(v, ':');
	if (colon < 1 || !span_i64(span_head(v, (size_t)colon), &h) ||
	    !span_i64(span_from(v, (size_t)colon + 1), &m) || h < 0 || h > 23 || m < 0 || m > 59)
		return err_set(err, ERR_USAGE, _("%s must be a time of day, like 03:00"),
			       s->told.name);
	*(int *)place(c, s) = (int)(h * 60 + m);
	return 0;
}

static int set_listen(struct server_config *c, const struct setting *s, struct span v,
		      struct err *err)
{
	AUTO_FREE char *text = span_dup(v);
	return settings_parse_listen(text, place(c, s), &c->listen_port, err);
}

static int set_metrics(struct server_config *c, const struct setting *s, struct span v,
		       struct err *err)
{
	AUTO_FREE char *text = span_dup(v);
	char **addr = place(c, s);
	mem_free(take(addr));
	c->metrics_port = -1;
	int rc = v.n ? settings_parse_listen(text, addr, &c->metrics_port, err) : 0;
	if (rc || !v.n)
		return rc;
	if (!*addr)
		*addr = mem_strdup("127.0.0.1");
	if (c->metrics_port < 0 || !serve_config_is_loopback(*addr))
		return err_set(err, ERR_USAGE,
			       _("metrics_listen must be an address of this machine with a port, "
				 "like 127.0.0.1:9108: metrics tell about people"));
	return 0;
}

/* ---- the table ---- */

#define AT(member) offsetof(struct server_config, member)
#define TEXT(name, initial, member, what)                           \
	{                                                           \
		{name, "text", initial, what}, set_text, AT(member) \
	}
#define PATH(name, initial, member, what)                           \
	{                                                           \
		{name, "path", initial, what}, set_text, AT(member) \
	}
#define FLAG(name, initial, member, what)                           \
	{                                                           \
		{name, "bool", initial, what}, set_flag, AT(member) \
	}
#define PORT(name, initial, member, what)                             \
	{                                                             \
		{name, "number", initial, what}, set_port, AT(member) \
	}
#define COUNT(name, initial, member, what)                             \
	{                                                              \
		{name, "number", initial, what}, set_count, AT(member) \
	}
#define SIZE(name, initial, member, what)                           \
	{                                                           \
		{name, "size", initial, what}, set_size, AT(member) \
	}

static const struct setting settings[] = {
	{{"listen", "text", "127.0.0.1:8008", "Address and port of HTTP and WebSocket."},
	 set_listen,
	 AT(listen_addr)},
	PORT("udp_port", "8009", udp_port,
	     "UDP port of the sound of calls, one for everybody, and TCP of the same number for "
	     "who has no UDP; 0 takes a free one."),
	TEXT("udp_addr", "", udp_addr,
	     "Numeric address of the sound of calls. Without it that of \"listen\"; or every "
	     "address, where only a proxy on this machine may use that one."),
	TEXT("server_name", "localhost", server_name,
	     "Name in all user ids; fixed at the first start, never to be changed."),
	TEXT("public_url", "", public_url,
	     "Address that clients are told, when a proxy stands in front of the server."),
	TEXT("announce_ip", "", announce_ip, "Address of this machine as others see it."),
	TEXT("turn_uri", "", turn_uris,
	     "TURN servers that people in calls may use where UDP is blocked, parted by spaces, "
	     "such as turns:turn.school.example:443."),
	PATH("turn_secret_file", "", turn_secret_file,
	     "File with the secret that those servers share with this one (coturn: "
	     "static-auth-secret)."),
	TEXT("contact", "", contact,
	     "E-mail address or user id of who runs the server; everybody may read it."),
	PATH("tls_cert", "", tls_cert, "Certificate chain (PEM); read anew when it changes."),
	PATH("tls_key", "", tls_key, "Private key (PEM)."),
	FLAG("lan", "false", insecure_ok,
	     "Listen on all addresses, without TLS if there is no certificate."),
	FLAG("open_registration", "false", open_registration,
	     "Let anybody make an account without invite."),
	FLAG("encryption", "false", allow_encryption, "Let rooms be encrypted."),
	SIZE("max_upload", "100M", max_upload, "Largest file that can be uploaded."),
	FLAG("calls", "true", calls, "Carry calls, and tell clients so."),
	PATH("backup_dir", "backups", backup_dir,
	     "Folder of backups; a name without a slash at its beginning is one in the data "
	     "folder."),
	COUNT("backup_keep", "7", backup_keep, "Daily backups that are kept; 0 makes none."),
	{{"backup_time", "text", "03:00", "When the daily backup is made, local time."},
	 set_time,
	 AT(backup_minutes)},
	{{"metrics_listen", "text", "",
	  "Address and port of this machine where metrics for Prometheus are served, such as "
	  "127.0.0.1:9108; none without it."},
	 set_metrics,
	 AT(metrics_addr)},
	COUNT("events_per_second", "50", events_per_second,
	      "Events that one person may send, in the long run; twenty seconds' worth of them "
	      "at once. 0 sets no limit."),
	FLAG("presence", "true", presence, "Show people in a room who of them is there."),
	FLAG("open_media", "false", open_media,
	     "Let old clients fetch files, whose random addresses they must know, without "
	     "logging in."),
};

const struct serve_setting *serve_setting(size_t i)
{
	return i < ARRAY_LEN(settings) ? &settings[i].told : NULL;
}

/* Texts are settled when all is known: by lan, by what the data folder says, by each other. */
void settings_initial(struct server_config *c)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		const struct setting *s = &settings[i];
		if (s->told.initial[0] && s->set != set_text && s->set != set_listen)
			s->set(c, s, span_of(s->told.initial), NULL);
	}
}

int settings_set(struct server_config *c, const char *name, struct span value, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (!strcmp(name, settings[i].told.name))
			return settings[i].set(c, &settings[i], value, err);
	return err_set(err, ERR_USAGE, _("there is no setting \"%s\""), name);
}
