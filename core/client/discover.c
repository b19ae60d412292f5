#include "core/client/login_priv.h"

#include "core/base/clock.h"
#include "core/base/http.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/matrix/reply.h"

/* Anonymous GET of a whole URL. *ret_status 0 with an error; JSON only for 200. */
static int get(struct http *h, const char *base, struct request rq, int64_t deadline,
	       int *ret_status, json_t **ret, struct err *err)
{
	AUTO_FREE char *url = mem_printf("%s%s", base, buf_str(&rq.path));
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_JSON_BODY);
	struct http_reply reply = {0};
	int64_t left = deadline ? deadline - clock_mono_ms() : 30000;
	struct http_request hr = {
		.method = "GET",
		.url = url,
		.timeout_ms = left < 1 ? 1 : (int)left,
		.max_reply = LIMIT_JSON_BODY,
		.follow_redirects = true,
	};
	request_done(&rq);
	int rc = http_perform(h, &hr, &reply, &body, err);
	if (rc)
		return rc;
	*ret_status = reply.status;
	if (reply.status != 200)
		return 0;
	rc = json_parse_object(buf_span(&body), ret, err);
	if (rc)
		err_prefix(err, "%s", url);
	return rc;
}

static void trim_slash(char *url)
{
	for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
}

static bool is_url(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

/* Does a homeserver answer there? ERR_NOT_FOUND when something else does. */
static int check_versions(struct http *h, const char *base, int64_t deadline, struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	int status = 0;
	int rc = get(h, base, request_versions(), deadline, &status, &j, err);
	if (rc == ERR_INVALID || (!rc && !json_get_array(j, "versions"))) {
		if (status >= 500)
			return err_set(err, ERR_NETWORK, _("%s answered with status %d"), base,
				       status);
		return err_set(err, ERR_NOT_FOUND, _("%s is not a Matrix server"), base);
	}
	return rc;
}

/* The host exactly: "localhost.example.org" and "127.example.org" are elsewhere. */
bool discover_is_loopback(const char *name)
{
	struct span host = span_head(span_of(name), strcspn(name, "/"));
	ptrdiff_t port = host.n && host.p[0] == '[' ? -1 : span_find(host, ':');
	if (port >= 0)
		host = span_head(host, (size_t)port);
	if (span_starts(host, "127."))
		return strspn(host.p, "0123456789.") == host.n;
	return span_eq_str(host, "localhost") || span_eq_str(host, "[::1]") ||
	       span_starts(host, "[::1]:");
}

/* A name that was asked by TLS must not lead passwords onto a line without it. */
bool discover_is_downgrade(const char *site, const char *base)
{
	return strncmp(site, "https:", 6) == 0 && strncmp(base, "http://", 7) == 0 &&
	       !discover_is_loopback(base + 7);
}

/* 0 with *ret NULL: there is no well-known file. */
static int well_known(struct http *h, const char *site, int64_t deadline, char **ret,
		      struct err *err)
{
	JSON_AUTO json_t *j = NULL;
	int status = 0;
	int rc = get(h, site, request_well_known(), deadline, &status, &j, err);
	if (rc)
		return rc;
	if (status >= 500)
		return err_set(err, ERR_NETWORK, _("%s answered with status %d"), site, status);
	if (status != 200)
		return 0;
	const char *base = json_get_str(json_get_object(j, "m.homeserver"), "base_url");
	if (!base || !is_url(base))
		return err_set(err, ERR_PROTOCOL,
			       _("%s/.well-known/matrix/client does not name a homeserver"), site);
	if (discover_is_downgrade(site, base)) {
		err_set(err, ERR_PROTOCOL, _("%s leads to %s, an address without TLS"), site, base);
		err_hint(err, _("give that URL yourself if you trust the network"));
		return ERR_PROTOCOL;
	}
	*ret = mem_strdup(base);
	trim_slash(*ret);
	return 0;
}

static int from_url(struct http *h, const char *url, int64_t deadline, char **ret, struct err *err)
{
	AUTO_FREE char *base = mem_strdup(url), *other = NULL;
	struct err e;
	trim_slash(base);
	int rc = check_versions(h, base, deadline, err);
	if (rc == ERR_NOT_FOUND && well_known(h, base, deadline, &other, &e) == 0 && other) {
		mem_free(base);
		base = take(&other);
		rc = check_versions(h, base, deadline, err);
	}
	if (!rc)
		*ret = take(&base);
	return rc;
}

static int from_name(struct http *h, const char *name, int64_t deadline, char **ret,
		     struct err *err)
{
	/* Only this computer is spoken to without TLS unless a URL says so. */
	AUTO_FREE char *site =
		mem_printf("%s://%s", discover_is_loopback(name) ? "http" : "https", name);
	AUTO_FREE char *base = NULL;
	int rc = well_known(h, site, deadline, &base, err);
	if (rc == ERR_INVALID && err)
		err->code = rc = ERR_PROTOCOL;
	if (rc)
		return rc;
	if (!base)
		base = mem_strdup(site);
	rc = check_versions(h, base, deadline, err);
	if (!rc)
		*ret = take(&base);
	return rc;
}

int client_discover(const char *server, const char *ca_file, int timeout_ms, char **ret,
		    struct err *err)
{
	struct http_options opt = {.ca_file = ca_file};
	int64_t deadline = timeout_ms ? clock_mono_ms() + timeout_ms : 0;
	if (strchr(server, ' ') || !*server || strlen(server) > 2000)
		return err_set(err, ERR_USAGE, _("%.100s is not a server"), server);
	struct http *h = http_new(NULL, &opt);
	int rc = is_url(server) ? from_url(h, server, deadline, ret, err)
				: from_name(h, server, deadline, ret, err);
	http_free(h);
	return rc;
}
