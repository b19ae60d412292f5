#include "core/client/token.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/matrix/reply.h"

int token_logged_out(const struct account *a, struct err *err)
{
	err_set(err, ERR_AUTH, _("The server has logged %s out"), a->user_id);
	err_hint(err, _("muster login %s --user %s (rooms and messages stored here stay)"),
		 a->homeserver, a->user_id);
	return ERR_AUTH;
}

static int keep(const struct account *a, const char *old_refresh, const json_t *reply,
		struct secrets *ret, struct err *err)
{
	AUTO(login_reply_done) struct login_reply r = {0};
	int rc = refresh_reply_read(reply, &r, err);
	if (rc)
		return rc;
	struct secrets got = {
		.access_token = mem_strdup(r.access_token),
		/* Without a new one the old refresh token stays good. */
		.refresh_token = mem_strdup(r.refresh_token ? r.refresh_token : old_refresh),
		.expires_ms = r.expires_in_ms > 0 ? clock_wall_ms() + r.expires_in_ms : 0,
	};
	rc = account_secrets_save(a, &got, err);
	if (rc)
		secrets_done(&got);
	else
		*ret = got;
	return rc;
}

/* The old refresh token works until a new one has been used, so this may be repeated. */
static int ask(const struct account *a, const char *ca_file, const char *refresh, int timeout_ms,
	       json_t **ret, struct err *err)
{
	struct session *s = session_new(NULL, NULL, a->homeserver, ca_file);
	struct request rq = request_refresh(refresh);
	rq.anonymous = rq.repeatable = true;
	session_set_deadline(s, clock_mono_ms() + (timeout_ms > 0 ? timeout_ms : 30000));
	int rc = session_do(s, rq, ret, err);
	session_free(s);
	return rc;
}

static int renew_locked(const struct account *a, const char *ca_file, const char *used,
			int timeout_ms, struct secrets *ret, struct err *err)
{
	AUTO(secrets_done) struct secrets have = {0};
	JSON_AUTO json_t *reply = NULL;
	int rc = account_secrets_load(a, &have, err);
	if (rc)
		return rc;
	if (have.access_token && used && strcmp(have.access_token, used) != 0) {
		*ret = have;
		have = (struct secrets){0};
		return 0;
	}
	if (!have.refresh_token)
		return token_logged_out(a, err);
	rc = ask(a, ca_file, have.refresh_token, timeout_ms, &reply, err);
	if (rc == ERR_AUTH)
		return token_logged_out(a, err);
	return rc ? rc : keep(a, have.refresh_token, reply, ret, err);
}

int token_replace(const struct account *a, const struct secrets *s, struct err *err)
{
	struct fs_lock *lock = NULL;
	AUTO_FREE char *path = account_path(a, "refresh.lock");
	int rc = fs_lock(path, true, &lock, err);
	if (rc)
		return rc;
	rc = account_secrets_save(a, s, err);
	fs_unlock(lock);
	return rc;
}

int token_renew(const struct account *a, const char *ca_file, const char *used, int timeout_ms,
		struct secrets *ret, struct err *err)
{
	struct fs_lock *lock = NULL;
	AUTO_FREE char *path = account_path(a, "refresh.lock");
	int rc = fs_lock(path, true, &lock, err);
	if (rc)
		return rc;
	rc = renew_locked(a, ca_file, used, timeout_ms, ret, err);
	fs_unlock(lock);
	return rc;
}
