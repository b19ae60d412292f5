/* What went wrong with a transfer, as a sentence that names the host. */
#include "core/base/http_xfer.h"

#include "core/base/i18n.h"

#include <errno.h>

/* "host:port" of a URL, borrowed. */
static struct span authority(const char *url)
{
	const char *at = url ? strstr(url, "://") : NULL;
	if (!at)
		return span_of(url);
	at += 3;
	return (struct span){at, strcspn(at, "/?#")};
}

static int explain_connect(const struct xfer *x, struct span host, struct err *err)
{
	long why = 0;
	curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &why);
	if (why == ECONNREFUSED || strstr(x->why, "refused")) {
		err_set(err, ERR_NETWORK, _("%.*s refuses the connection"), SPAN_ARG(host));
		err_hint(err, _("is the server running, and are the address and port right?"));
	} else {
		err_set(err, ERR_NETWORK, _("%.*s cannot be reached: %s"), SPAN_ARG(host),
			why ? strerror((int)why) : x->why);
		err_hint(err, _("check the network connection and the address"));
	}
	return ERR_NETWORK;
}

static int explain_timeout(const struct xfer *x, struct span host, struct err *err)
{
	curl_off_t total_us = 0, ready_us = 0;
	curl_easy_getinfo(x->easy, CURLINFO_TOTAL_TIME_T, &total_us);
	curl_easy_getinfo(x->easy, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
	/* curl rounds; a connect limit as long as the whole one counts as the caller's. */
	if (x->timeout_ms && total_us / 1000 + 5 >= x->timeout_ms)
		return err_set(err, ERR_CANCELLED, _("%.*s did not answer within the time given"),
			       SPAN_ARG(host));
	if (ready_us == 0) {
		err_set(err, ERR_NETWORK, _("%.*s did not accept a connection in time"),
			SPAN_ARG(host));
		err_hint(err, _("check the network connection and the address"));
		return ERR_NETWORK;
	}
	return err_set(err, ERR_NETWORK, _("%.*s went silent in the middle of the answer"),
		       SPAN_ARG(host));
}

static int explain_tls(const struct xfer *x, CURLcode rc, struct span host, struct err *err)
{
	if (rc == CURLE_PEER_FAILED_VERIFICATION) {
		err_set(err, ERR_NETWORK, _("the certificate of %.*s is not trusted: %s"),
			SPAN_ARG(host), x->why);
		err_hint(err, _("check the name and this machine's clock; a school's own "
				"certificate is trusted by --ca-file FILE, or for good by "
				"muster config set net.ca-file FILE"));
	} else if (rc == CURLE_SSL_CACERT_BADFILE) {
		err_set(err, ERR_FAILED, _("the file of trusted certificates cannot be used: %s"),
			x->why);
		return ERR_FAILED;
	} else {
		err_set(err, ERR_NETWORK, _("no secure connection to %.*s: %s"), SPAN_ARG(host),
			x->why);
		err_hint(err, _("is it an https server, and is the port right?"));
	}
	return ERR_NETWORK;
}

static int explain_url(CURLcode rc, const char *url, struct span host, struct err *err)
{
	switch (rc) {
	case CURLE_TOO_MANY_REDIRECTS:
		return err_set(err, ERR_PROTOCOL, _("%.*s redirects without end"), SPAN_ARG(host));
	case CURLE_LOGIN_DENIED:
		return err_set(err, ERR_USAGE, _("an address must not contain a user name"));
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(err, ERR_USAGE,
			       _("only http and https addresses can be used, not %.200s"), url);
	default:
		return err_set(err, ERR_USAGE, _("not a valid address: %.200s"), url);
	}
}

static const struct {
	CURLcode rc;
	int code;
	const char *text; /* %.*s is the host */
	const char *hint;
} plain[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERR_NETWORK, N_("no server named %.*s is known"),
	 N_("check the address, and that this machine is connected")},
	{CURLE_COULDNT_RESOLVE_PROXY, ERR_NETWORK, N_("the proxy on the way to %.*s is not known"),
	 N_("check http_proxy, https_proxy and no_proxy")},
	{CURLE_GOT_NOTHING, ERR_NETWORK, N_("%.*s closed the connection without an answer"), NULL},
	{CURLE_SEND_ERROR, ERR_NETWORK, N_("%.*s closed the connection"), NULL},
	{CURLE_RECV_ERROR, ERR_NETWORK, N_("%.*s broke off the connection"), NULL},
	{CURLE_PARTIAL_FILE, ERR_NETWORK, N_("%.*s broke off in the middle of its answer"), NULL},
	{CURLE_HTTP2, ERR_NETWORK, N_("%.*s broke off the connection (HTTP/2)"), NULL},
	{CURLE_HTTP2_STREAM, ERR_NETWORK, N_("%.*s broke off its answer (HTTP/2)"), NULL},
	{CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, N_("%.*s does not answer like an HTTP server"),
	 N_("is the port right?")},
	{CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, N_("%.*s sent compressed data that is broken"),
	 NULL},
	{CURLE_FILESIZE_EXCEEDED, ERR_TOO_LARGE, N_("the answer of %.*s is larger than allowed"),
	 NULL},
};

int xfer_explain(const struct xfer *x, CURLcode rc, struct err *err)
{
	const char *url = NULL;
	if (x->err.code) {
		if (err)
			*err = x->err;
		return x->err.code;
	}
	curl_easy_getinfo(x->easy, CURLINFO_EFFECTIVE_URL, &url);
	struct span host = authority(url);
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
		return explain_connect(x, host, err);
	case CURLE_OPERATION_TIMEDOUT:
		return explain_timeout(x, host, err);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return explain_tls(x, rc, host, err);
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* Older libraries say this of a server that does not talk HTTP, too. */
		rc = strstr(x->why, "HTTP/") ? CURLE_WEIRD_SERVER_REPLY : rc;
		break;
	default:
		break;
	}
	switch (rc) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_LOGIN_DENIED:
	case CURLE_TOO_MANY_REDIRECTS:
		return explain_url(rc, url ? url : "", host, err);
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (plain[i].rc != rc)
			continue;
		err_set(err, plain[i].code, gettext(plain[i].text), SPAN_ARG(host));
		if (plain[i].hint)
			err_hint(err, "%s", gettext(plain[i].hint));
		return plain[i].code;
	}
	return err_set(err, ERR_NETWORK, _("trouble with %.*s: %s"), SPAN_ARG(host),
		       x->why[0] ? x->why : curl_easy_strerror(rc));
}
