#include "core/matrix/id.h"

#include "core/base/i18n.h"
#include "core/base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Well-formed UTF-8 without NUL. */
static bool is_text(struct span s)
{
	return span_find(s, '\0') < 0 && utf8_valid(s);
}

/* Splits "host[:port]"; a host in brackets keeps its colons. False when the port is no port. */
static bool split_port(struct span s, struct span *ret_host, struct span *ret_port)
{
	ptrdiff_t close = s.n && s.p[0] == '[' ? span_find(s, ']') : 0;
	if (close < 0)
		return false;
	struct span tail = span_from(s, (size_t)close);
	ptrdiff_t colon = span_find(tail, ':');
	if (colon < 0) {
		*ret_host = s;
		*ret_port = (struct span){NULL, 0};
		return true;
	}
	*ret_host = span_head(s, (size_t)(close + colon));
	*ret_port = span_from(tail, (size_t)colon + 1);
	if (ret_port->n < 1 || ret_port->n > 5)
		return false;
	for (size_t i = 0; i < ret_port->n; i++)
		if (!is_digit(ret_port->p[i]))
			return false;
	return true;
}

/* "[v6]" */
static bool is_ipv6(struct span host)
{
	char inside[INET6_ADDRSTRLEN];
	unsigned char bits[16];
	if (host.n < 4 || host.n - 2 >= sizeof(inside) || host.p[host.n - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < host.n; i++)
		if (!is_hex(host.p[i]) && host.p[i] != ':' && host.p[i] != '.')
			return false;
	snprintf(inside, sizeof(inside), "%.*s", (int)host.n - 2, host.p + 1);
	return inet_pton(AF_INET6, inside, bits) == 1;
}

bool server_name_valid(struct span s)
{
	struct span host, port;
	if (s.n == 0 || s.n > LIMIT_ID_BYTES || !split_port(s, &host, &port) || host.n == 0)
		return false;
	if (host.p[0] == '[')
		return is_ipv6(host);
	for (size_t i = 0; i < host.n; i++)
		if (!is_alnum(host.p[i]) && host.p[i] != '-' && host.p[i] != '.')
			return false;
	return true;
}

/* Sigil and length, common to all. */
static int check_common(struct span s, char sigil, const char *what, struct err *err)
{
	if (s.n < 2 || s.p[0] != sigil)
		return err_set(err, ERR_INVALID, _("%s must begin with \"%c\""), what, sigil);
	if (s.n > LIMIT_ID_BYTES)
		return err_set(err, ERR_INVALID, _("%s is longer than %d bytes"), what,
			       LIMIT_ID_BYTES);
	if (!is_text(s))
		return err_set(err, ERR_INVALID, _("%s holds bytes that are not text"), what);
	return 0;
}

/* "&localpart:server"; the localpart holds no colon. */
static int check_domained(struct span s, char sigil, const char *what, size_t *ret_colon,
			  struct err *err)
{
	int rc = check_common(s, sigil, what, err);
	if (rc)
		return rc;
	ptrdiff_t colon = span_find(s, ':');
	if (colon < 0)
		return err_set(err, ERR_INVALID, _("%s must end in \":\" and a server name"), what);
	if (!server_name_valid(span_from(s, (size_t)colon + 1)))
		return err_set(err, ERR_INVALID, _("%s does not end in a valid server name"), what);
	*ret_colon = (size_t)colon;
	return 0;
}

/* Copy into a value whose `s` and `n` these are; `s` was measured before. */
#define SET_TEXT(ret, text)                                \
	do {                                               \
		memset((ret), 0, sizeof(*(ret)));          \
		(ret)->n = (__typeof__((ret)->n))(text).n; \
		memcpy((ret)->s, (text).p, (text).n);      \
	} while (0)

int user_id_parse(struct span s, struct user_id *ret, struct err *err)
{
	size_t colon = 0;
	int rc = check_domained(s, '@', _("a user id"), &colon, err);
	if (rc)
		return rc;
	SET_TEXT(ret, s);
	return 0;
}

bool localpart_is_new(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] && strchr("._=-/+", s.p[i])))
			return false;
	return s.n > 0;
}

int room_id_parse(struct span s, struct room_id *ret, struct err *err)
{
	int rc = check_common(s, '!', _("a room id"), err);
	if (!rc)
		SET_TEXT(ret, s);
	return rc;
}

int event_id_parse(struct span s, struct event_id *ret, struct err *err)
{
	int rc = check_common(s, '$', _("an event id"), err);
	if (!rc)
		SET_TEXT(ret, s);
	return rc;
}

int room_alias_parse(struct span s, struct room_alias *ret, struct err *err)
{
	size_t colon = 0;
	int rc = check_domained(s, '#', _("a room alias"), &colon, err);
	if (rc)
		return rc;
	SET_TEXT(ret, s);
	ret->colon = (uint8_t)colon;
	return 0;
}

int device_id_parse(struct span s, struct device_id *ret, struct err *err)
{
	if (s.n == 0 || s.n > LIMIT_ID_BYTES || !is_text(s))
		return err_set(err, ERR_INVALID, _("a device id has 1 to %d bytes of text"),
			       LIMIT_ID_BYTES);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return err_set(err, ERR_INVALID,
				       _("a device id may not hold control characters"));
	SET_TEXT(ret, s);
	return 0;
}

int mxc_uri_parse(struct span s, struct mxc_uri *ret, struct err *err)
{
	if (!span_starts(s, "mxc://"))
		return err_set(err, ERR_INVALID, _("a media address must begin with \"mxc://\""));
	if (s.n > LIMIT_MXC_BYTES)
		return err_set(err, ERR_INVALID, _("a media address is longer than %d bytes"),
			       LIMIT_MXC_BYTES);
	struct span rest = span_from(s, 6);
	ptrdiff_t slash = span_find(rest, '/');
	if (slash < 0 || !server_name_valid(span_head(rest, (size_t)slash)))
		return err_set(err, ERR_INVALID,
			       _("a media address needs a server name and a media id"));
	/* Client-server API 13.8: media ids are A-Z a-z 0-9 _ -, against path tricks. */
	struct span media = span_from(rest, (size_t)slash + 1);
	for (size_t i = 0; i < media.n; i++)
		if (!is_alnum(media.p[i]) && media.p[i] != '_' && media.p[i] != '-')
			return err_set(err, ERR_INVALID,
				       _("the media id may hold only letters, digits, _ and -"));
	if (media.n == 0)
		return err_set(err, ERR_INVALID, _("a media address needs a media id"));
	SET_TEXT(ret, s);
	ret->slash = (uint16_t)(6 + slash);
	return 0;
}

static struct span part(const char *s, size_t from, size_t to)
{
	return from <= to ? (struct span){s + from, to - from} : (struct span){NULL, 0};
}

struct span room_alias_localpart(const struct room_alias *id)
{
	return part(id->s, 1, id->colon);
}

struct span room_alias_server(const struct room_alias *id)
{
	return part(id->s, (size_t)id->colon + 1, id->n);
}

struct span mxc_uri_server(const struct mxc_uri *uri)
{
	return part(uri->s, 6, uri->slash);
}

struct span mxc_uri_media(const struct mxc_uri *uri)
{
	return part(uri->s, (size_t)uri->slash + 1, uri->n);
}
