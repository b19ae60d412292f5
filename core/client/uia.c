#include "core/client/uia.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/matrix/reply.h"

#define STAGES_MAX 6

static const char *const stages[] = {"m.login.dummy", "m.login.password", NULL};

/* A stage's object, or NULL with `err`. `*secret` is asked for once. */
static json_t *stage_auth(struct client *c, const char *stage, const char *session, char **secret,
			  client_password_fn *password, void *arg, struct err *err)
{
	json_t *auth = json_pack("{s:s}", "type", stage);
	if (session)
		json_object_set_new(auth, "session", json_string(session));
	if (strcmp(stage, "m.login.password") != 0)
		return auth;
	if (!*secret && password(arg, secret, err)) {
		json_decref(auth);
		return NULL;
	}
	json_object_set_new(auth, "identifier",
			    json_pack("{s:s, s:s}", "type", "m.id.user", "user",
				      client_account(c)->user_id));
	json_object_set_new(auth, "password", json_string(*secret));
	return auth;
}

/* One attempt. A 401 that asks for a further stage gives *ret_asked. */
static int attempt(struct client *c, struct request rq, json_t **ret_asked, struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.once = true,
	};
	int rc = session_raw(client_session(c), &sr, &body, err);
	if (rc && err->http_status == 401)
		json_parse_object(buf_span(&body), ret_asked, NULL);
	request_done(&rq);
	return rc;
}

/* 0: *ret_auth is the next stage's. */
static int next(struct client *c, const json_t *asked, bool refused, char **secret,
		client_password_fn *password, void *arg, json_t **ret_auth, struct err *err)
{
	struct uia_reply u;
	if (!asked || !uia_reply_read(asked, &u))
		return err->code;
	/* The stage was refused: a wrong password, most of all. */
	if (refused && json_get_str(asked, "errcode"))
		return err->code;
	const char *stage = uia_next_stage(&u, stages);
	if (!stage)
		return err_set(err, ERR_UNSUPPORTED,
			       _("The server wants steps for this that work only in a browser"));
	*ret_auth = stage_auth(c, stage, u.session, secret, password, arg, err);
	return *ret_auth ? 0 : err->code;
}

int uia_run(struct client *c, uia_request_fn *make, const void *what, client_password_fn *password,
	    void *arg, struct err *err)
{
	JSON_AUTO json_t *auth = NULL;
	char *secret = NULL;
	struct err e = {0};
	int rc = ERR_AUTH;
	for (int i = 0; i < STAGES_MAX; i++) {
		JSON_AUTO json_t *asked = NULL, *now = NULL;
		rc = attempt(c, make(auth, what), &asked, &e);
		if (!rc)
			break;
		rc = next(c, asked, i > 0, &secret, password, arg, &now, &e);
		json_decref(auth);
		auth = take(&now);
		if (rc)
			break;
	}
	mem_free_secret(secret);
	if (rc && err)
		*err = e;
	return rc;
}
