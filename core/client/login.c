#include "core/client/login.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/login_priv.h"
#include "core/client/session.h"
#include "core/client/token.h"
#include "core/matrix/reply.h"

#include <unistd.h>

char *login_device_name(const char *given)
{
	char host[128];
	if (given)
		return mem_strdup(given);
	if (gethostname(host, sizeof(host)) != 0)
		snprintf(host, sizeof(host), "?");
	host[sizeof(host) - 1] = '\0';
	return mem_printf(_("muster on %s"), host);
}

int login_store(const char *account, const char *base, const struct login_reply *r, json_t **ret,
		struct err *err)
{
	struct account *a = NULL;
	struct secrets s = {
		.access_token = r->access_token,
		.refresh_token = r->refresh_token,
		.expires_ms = r->expires_in_ms > 0 ? clock_wall_ms() + r->expires_in_ms : 0,
	};
	int rc = account_make(account, base, r->user_id, r->device_id, &a, err);
	if (rc)
		return rc;
	rc = token_replace(a, &s, err);
	if (!rc && ret)
		*ret = json_pack("{s:s, s:s, s:s, s:s}", "account", a->name, "user_id", a->user_id,
				 "device_id", a->device_id, "homeserver", a->homeserver);
	account_free(a);
	return rc;
}

/* The device that this account had here, so that it stays one device. */
static char *known_device(const char *base, const char *user)
{
	char **names, *device = NULL;
	if (!user || account_names(&names, NULL))
		return NULL;
	size_t n = strlen(user);
	for (char **p = names; *p && !device; p++) {
		struct account *a = NULL;
		if (account_load(*p, &a, NULL))
			continue;
		bool same = strcmp(a->user_id, user) == 0 ||
			    (user[0] != '@' && strncmp(a->user_id + 1, user, n) == 0 &&
			     a->user_id[n + 1] == ':');
		if (same && strcmp(a->homeserver, base) == 0)
			device = mem_strdup(a->device_id);
		account_free(a);
	}
	account_names_free(names);
	return device;
}

static int check_flows(struct session *s, struct err *err)
{
	JSON_AUTO json_t *flows = NULL;
	int rc = session_do(s, request_login_flows(), &flows, err);
	bool none = rc == ERR_UNSUPPORTED || rc == ERR_NOT_FOUND;
	if (rc && !none)
		return rc;
	if (!rc && login_flows_has(flows, "m.login.password"))
		return 0;
	err_set(err, ERR_UNSUPPORTED, _("This server has no log-in by password"));
	err_hint(err, _("log in with a token: --token-file FILE"));
	return ERR_UNSUPPORTED;
}

static int by_password(struct session *s, const struct login_request *rq, json_t **ret,
		       struct err *err)
{
	AUTO(login_reply_done) struct login_reply r = {0};
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *name = login_device_name(rq->device_name);
	AUTO_FREE char *device = known_device(session_base_url(s), rq->user);
	int rc = check_flows(s, err);
	if (rc)
		return rc;
	struct login_query q = {
		.user = rq->user,
		.email = rq->email,
		.password = rq->password,
		.device_id = device,
		.device_name = name,
		.refresh = true,
	};
	struct request login = request_login(&q);
	login.anonymous = true;
	rc = session_do(s, login, &reply, err);
	if (!rc)
		rc = login_reply_read(reply, &r, err);
	return rc ? rc : login_store(rq->account, session_base_url(s), &r, ret, err);
}

static const char join_path[] = "/join#";

char *login_link_server(const char *link)
{
	const char *at = strstr(link, join_path);
	return at && at > link ? mem_strndup(link, (size_t)(at - link)) : NULL;
}

#define LINK_CODE_LETTERS 16 /* of muster serve's, beside dashes and spaces */

bool login_link_is_whole(const char *link)
{
	const char *at = strstr(link, join_path);
	size_t n = 0;
	for (const char *p = at ? at + strlen(join_path) : link; *p; p++)
		n += (*p >= '0' && *p <= '9') || ((*p | 32) >= 'a' && (*p | 32) <= 'z');
	return n >= LINK_CODE_LETTERS;
}

static int by_link(struct session *s, const struct login_request *rq, json_t **ret, struct err *err)
{
	AUTO(login_reply_done) struct login_reply r = {0};
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *name = login_device_name(rq->device_name);
	const char *at = strstr(rq->link, join_path);
	const char *code = at ? at + strlen(join_path) : rq->link;
	int rc = session_do(s, request_join_claim(code, rq->password, name), &reply, err);
	if (rc == ERR_UNSUPPORTED || (rc == ERR_NOT_FOUND && err && !err->errcode[0]))
		return err_set(err, ERR_UNSUPPORTED, _("%s knows no one-time links"),
			       session_base_url(s));
	if (!rc)
		rc = login_reply_read(reply, &r, err);
	return rc ? rc : login_store(rq->account, session_base_url(s), &r, ret, err);
}

/* An access token: ask whose it is. */
static int by_token(struct session *s, const struct login_request *rq, json_t **ret,
		    struct err *err)
{
	JSON_AUTO json_t *who = NULL;
	session_use_token(s, rq->token);
	int rc = session_do(s, request_whoami(), &who, err);
	if (rc)
		return rc;
	const char *user = json_get_str(who, "user_id");
	const char *device = json_get_str(who, "device_id");
	if (!user)
		return err_set(err, ERR_PROTOCOL, _("the server does not say whose token it is"));
	struct login_reply r = {
		.user_id = (char *)user,
		.device_id = (char *)(device ? device : ""),
		.access_token = (char *)rq->token,
	};
	return login_store(rq->account, session_base_url(s), &r, ret, err);
}

static const char *server_of(const struct login_request *rq)
{
	const char *colon = rq->user && rq->user[0] == '@' ? strchr(rq->user, ':') : NULL;
	return rq->server ? rq->server : colon ? colon + 1 : NULL;
}

int client_login(const struct login_request *rq, json_t **ret, struct err *err)
{
	AUTO_FREE char *base = NULL;
	const char *server = server_of(rq);
	if (!server) {
		err_set(err, ERR_USAGE, _("Which server? There is no URL and no whole user id"));
		err_hint(err, "muster login https://example.org --user NAME");
		return ERR_USAGE;
	}
	if (rq->link && !rq->password)
		return err_set(err, ERR_USAGE, _("With a one-time link, a new password is needed"));
	if (!rq->token && !rq->link && ((!rq->user && !rq->email) || !rq->password))
		return err_set(err, ERR_USAGE, _("A user (or e-mail) and a password are needed"));
	if (rq->account && !account_name_ok(rq->account))
		return err_set(err, ERR_USAGE, _("%s cannot be the name of an account"),
			       rq->account);
	int64_t deadline = rq->timeout_ms ? clock_mono_ms() + rq->timeout_ms : 0;
	int rc = client_discover(server, rq->ca_file, rq->timeout_ms, &base, err);
	if (rc)
		return rc;
	struct session *s = session_new(NULL, NULL, base, rq->ca_file);
	session_set_deadline(s, deadline);
	rc = rq->token	? by_token(s, rq, ret, err)
	     : rq->link ? by_link(s, rq, ret, err)
			: by_password(s, rq, ret, err);
	session_free(s);
	return rc;
}

int client_logout(struct client *c, bool everywhere, struct err *err)
{
	const struct account *a = client_account(c);
	struct secrets none = {0};
	int rc = session_do(client_session(c), request_logout(everywhere), NULL, err);
	/* Not logged in any more is what was wanted. */
	if (rc && rc != ERR_AUTH)
		return rc;
	return token_replace(a, &none, err);
}

int client_whoami(struct client *c, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *who = NULL;
	const struct account *a = client_account(c);
	int rc = session_do(client_session(c), request_whoami(), &who, err);
	if (rc)
		return rc;
	const char *user = json_get_str(who, "user_id");
	const char *device = json_get_str(who, "device_id");
	*ret = json_pack("{s:s, s:s, s:s, s:s}", "user_id", user ? user : a->user_id, "device_id",
			 device ? device : a->device_id, "homeserver", a->homeserver, "account",
			 a->name);
	return 0;
}

int client_account_list(client_row_fn *fn, void *arg, struct err *err)
{
	char **names;
	AUTO_FREE char *chosen = account_default();
	int rc = account_names(&names, err);
	if (rc)
		return rc;
	for (char **p = names; *p && !rc; p++) {
		struct account *a = NULL;
		AUTO(secrets_done) struct secrets s = {0};
		if (account_load(*p, &a, NULL))
			continue;
		bool in = account_secrets_load(a, &s, NULL) == 0;
		bool first = chosen ? strcmp(chosen, a->name) == 0 : !names[1];
		JSON_AUTO json_t *row =
			json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I}", "name", a->name, "user_id",
				  a->user_id, "homeserver", a->homeserver, "device_id",
				  a->device_id, "default", first, "logged_in", in, "cache_bytes",
				  (json_int_t)account_cache_bytes(a));
		rc = fn(row, arg);
		account_free(a);
	}
	account_names_free(names);
	return rc;
}
