#include "server/rtc/rtc.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/rtc/presence.h"
#include "server/rtc/rtc_leave.h"

#include <stdio.h>
#include <string.h>

#define KEY_FILE_MAX 512

static int make_key(const char *path, struct err *err)
{
	char *key = crypto_token("API"), *secret = crypto_token("");
	struct buf b = BUF_INIT(KEY_FILE_MAX);
	key[15] = '\0';
	buf_printf(&b, "%s %s\n", key, secret);
	int rc = fs_write_atomic(path, buf_span(&b), 0600, err);
	mem_free(key);
	mem_free_secret(secret);
	mem_free_secret(buf_take(&b));
	return rc;
}

static int read_key(struct rtc *r, const char *path, struct err *err)
{
	struct buf b = BUF_INIT(KEY_FILE_MAX);
	int rc = fs_read(path, &b, err);
	struct span text = span_trim(buf_span(&b));
	ptrdiff_t space = span_find(text, ' ');
	if (!rc && (space < 1 || text.n - (size_t)space < 33))
		rc = err_set(err, ERR_INVALID,
			     _("%s does not hold a key and a secret: remove it, and a new one is "
			       "made"),
			     path);
	if (!rc) {
		r->key = span_dup(span_head(text, (size_t)space));
		r->secret = span_dup(span_from(text, (size_t)space + 1));
	}
	mem_free_secret(buf_take(&b));
	return rc;
}

void rtc_set_address(struct rtc *r, const char *base_url)
{
	snprintf(r->service_url, sizeof(r->service_url), "%s%s", base_url, RTC_PATH);
	/* http becomes ws, https wss. */
	snprintf(r->signal_url, sizeof(r->signal_url), "ws%s", base_url + strlen("http"));
}

int rtc_open(struct server *srv, struct rtc **ret, struct err *err)
{
	AUTO_FREE char *path = fs_join(srv->config->data_dir, "rtc.key");
	struct rtc *r = NEW(struct rtc);
	int rc = fs_exists(path) ? 0 : make_key(path, err);
	if (!rc)
		rc = read_key(r, path, err);
	if (rc) {
		rtc_close(r);
		return rc;
	}
	rtc_set_address(r, srv->base_url);
	r->leave = rtc_leave_new(srv);
	r->presence = presence_new(srv);
	*ret = r;
	return 0;
}

void rtc_port_hint(struct err *err)
{
	err_hint(err, _("another program has it, perhaps another muster serve: end it, choose "
			"another port with --udp-port, or say calls = false in the settings"));
}

void rtc_stop(struct rtc *r)
{
	if (r)
		presence_stop(r->presence);
}

void rtc_close(struct rtc *r)
{
	if (!r)
		return;
	presence_free(r->presence);
	rtc_leave_free(r->leave);
	mem_free(r->key);
	mem_free_secret(r->secret);
	mem_free(r);
}
