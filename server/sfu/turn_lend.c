#include "server/sfu/turn_lend.h"

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/rtc/turn_uri.h"

#include <stdio.h>

#define SECRET_MIN 8
#define SECRET_BYTES_MAX 4096

struct turn_lend {
	char *uris[TURN_LEND_MAX];
	size_t uris_n;
	char *secret;
};

void turn_lend_free(struct turn_lend *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->uris_n; i++)
		mem_free(t->uris[i]);
	mem_free_secret(t->secret);
	mem_free(t);
}

static int add(struct turn_lend *t, struct span uri, struct err *err)
{
	struct turn_uri u;
	if (turn_uri_parse(uri, &u, err)) {
		if (err)
			err->code = ERR_USAGE;
		return ERR_USAGE;
	}
	if (!u.relay)
		return err_set(err, ERR_USAGE, _("\"%.*s\" relays nothing: TURN servers are meant"),
			       SPAN_ARG(uri));
	if (t->uris_n == TURN_LEND_MAX)
		return err_set(err, ERR_USAGE, _("more than %d TURN servers"), TURN_LEND_MAX);
	t->uris[t->uris_n++] = span_dup(uri);
	return 0;
}

static int read_secret(struct turn_lend *t, const char *file, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(SECRET_BYTES_MAX);
	if (!file)
		return err_set(err, ERR_USAGE,
			       _("TURN servers need the secret that they share with this one: give "
				 "--turn-secret-file (turn_secret_file)"));
	int rc = fs_read(file, &b, err);
	if (rc)
		return rc;
	t->secret = span_dup(span_trim(buf_span(&b)));
	mem_wipe(b.p, b.n);
	if (span_of(t->secret).n < SECRET_MIN)
		return err_set(err, ERR_USAGE,
			       _("the secret in %s is too short: %d characters at least"), file,
			       SECRET_MIN);
	return 0;
}

int turn_lend_new(const char *uris, const char *secret_file, struct turn_lend **ret,
		  struct err *err)
{
	struct span rest = span_trim(span_of(uris)), one;
	int rc = 0;
	*ret = NULL;
	if (!rest.n)
		return 0;
	struct turn_lend *t = NEW(struct turn_lend);
	while (!rc && span_split(&rest, ' ', &one))
		rc = one.n ? add(t, one, err) : 0;
	if (!rc)
		rc = read_secret(t, secret_file, err);
	if (rc)
		turn_lend_free(t);
	else
		*ret = t;
	return rc;
}

size_t turn_lend_uris(const struct turn_lend *t, const char *ret[TURN_LEND_MAX])
{
	for (size_t i = 0; i < t->uris_n; i++)
		ret[i] = t->uris[i];
	return t->uris_n;
}

void turn_lend_login(const struct turn_lend *t, const char *who, int64_t now_ms,
		     char user[TURN_LEND_USER], char password[TURN_LEND_PASSWORD])
{
	AUTO(buf_done) struct buf b = BUF_INIT(TURN_LEND_PASSWORD);
	uint8_t mac[20];
	snprintf(user, TURN_LEND_USER, "%lld:%s", (long long)(now_ms / 1000 + TURN_LEND_S), who);
	crypto_hmac_sha1(span_of(t->secret), span_of(user), mac);
	base64_put(&b, mac, sizeof(mac));
	snprintf(password, TURN_LEND_PASSWORD, "%s", buf_str(&b));
}
