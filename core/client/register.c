#include "core/client/login_priv.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/session.h"

#define MAX_STAGES 6

static const char *const stages[] = {"m.login.dummy", "m.login.registration_token", "m.login.terms",
				     NULL};

/* One POST. A 401 that asks for a further stage gives ERR_AUTH and *ret_asked. */
static int attempt(struct session *s, const struct register_query *q, json_t **ret,
		   json_t **ret_asked, struct err *err)
{
	AUTO(request_done) struct request rq = request_register(q);
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.anonymous = true,
	};
	struct err e = {0};
	int rc = session_raw(s, &sr, &body, &e);
	if (!rc)
		return json_parse_object(buf_span(&body), ret, err);
	if (err)
		*err = e;
	if (e.http_status == 401)
		json_parse_object(buf_span(&body), ret_asked, NULL);
	return rc;
}

static json_t *stage_auth(const char *stage, const char *session, const char *token)
{
	json_t *auth = json_pack("{s:s, s:s}", "type", stage, "session", session);
	if (strcmp(stage, "m.login.registration_token") == 0)
		json_object_set_new(auth, "token", json_string(token ? token : ""));
	return auth;
}

static int next_stage(const json_t *asked, const struct register_request *rq, json_t **ret_auth,
		      struct err *err)
{
	struct uia_reply u;
	if (!uia_reply_read(asked, &u))
		return ERR_AUTH; /* a refusal, not a question: `err` has the server's words */
	const char *stage = uia_next_stage(&u, stages);
	if (!stage)
		return err_set(err, ERR_UNSUPPORTED,
			       _("Registering there needs steps that work only in a browser"));
	if (strcmp(stage, "m.login.registration_token") == 0 && !rq->token) {
		err_set(err, ERR_AUTH, _("Registering there needs an invite token"));
		return ERR_AUTH;
	}
	*ret_auth = stage_auth(stage, u.session, rq->token);
	return 0;
}

static int run(struct session *s, const struct register_request *rq, json_t **ret, struct err *err)
{
	AUTO_FREE char *name = login_device_name(rq->device_name);
	AUTO(login_reply_done) struct login_reply r = {0};
	JSON_AUTO json_t *auth = NULL, *reply = NULL;
	int rc = 0;
	for (int i = 0; i < MAX_STAGES && !reply; i++) {
		JSON_AUTO json_t *asked = NULL;
		struct register_query q = {
			.user = rq->user,
			.password = rq->password,
			.device_name = name,
			.refresh = true,
			.auth = auth,
		};
		rc = attempt(s, &q, &reply, &asked, err);
		if (rc && !asked)
			return rc;
		if (!rc)
			break;
		json_decref(auth);
		auth = NULL;
		if (i && json_get_str(asked, "errcode"))
			return rc; /* the stage was refused */
		rc = next_stage(asked, rq, &auth, err);
		if (rc)
			return rc;
	}
	if (!reply)
		return rc ? rc : err_set(err, ERR_PROTOCOL, _("the server asks without end"));
	rc = login_reply_read(reply, &r, err);
	return rc ? rc : login_store(rq->account, session_base_url(s), &r, ret, err);
}

int client_register(const struct register_request *rq, json_t **ret, struct err *err)
{
	AUTO_FREE char *base = NULL;
	if (!rq->server || !rq->user || !rq->password)
		return err_set(err, ERR_USAGE, _("A server, a user and a password are needed"));
	int64_t deadline = rq->timeout_ms ? clock_mono_ms() + rq->timeout_ms : 0;
	int rc = client_discover(rq->server, rq->ca_file, rq->timeout_ms, &base, err);
	if (rc)
		return rc;
	struct session *s = session_new(NULL, NULL, base, rq->ca_file);
	session_set_deadline(s, deadline);
	rc = run(s, rq, ret, err);
	session_free(s);
	return rc;
}
