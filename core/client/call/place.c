#include "core/client/call/place.h"

#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/login_priv.h"
#include "core/client/util.h"

#include <string.h>

#define STEP_MS 10000 /* of one attempt of one request */

struct place {
	struct client *c;
	struct place_handler h;
	void *arg;
	char *room_id;
	char service[RTC_URL_MAX];
	bool others;   /* `service` is where the others are */
	bool only;     /* and no other will do */
	bool renewing; /* there was a token of `service` before */
	bool fresh_openid;
	struct loop_timer *start;
	struct session_call *asking;
	struct session *site;	/* of the well-known file, when it is not the homeserver */
	struct session *tokens; /* of `service` */
	struct session *tokens_of_others; /* given up, kept: its callback may be running */
	json_t *openid;
	enum rtc_token_way way;
};

static void ask_own(struct place *p);
static void start(void *arg);

struct place *place_new(struct client *c, const char *room_id, const char *preferred, bool only,
			const struct place_handler *h, void *arg)
{
	struct place *p = NEW(struct place);
	p->c = c;
	p->h = *h;
	p->arg = arg;
	p->room_id = mem_strdup(room_id);
	snprintf(p->service, sizeof(p->service), "%s", preferred);
	p->others = p->service[0] != '\0';
	p->only = only;
	p->start = loop_timer_new(client_loop(c), start, p);
	return p;
}

void place_free(struct place *p)
{
	if (!p)
		return;
	loop_timer_free(p->start);
	session_drop(p->asking);
	session_free(p->site);
	session_free(p->tokens);
	session_free(p->tokens_of_others);
	json_decref(p->openid);
	mem_free(p->room_id);
	mem_free(p);
}

const char *place_service(const struct place *p)
{
	return p->service;
}

bool place_is_asking(const struct place *p)
{
	return p->asking != NULL;
}

static void fail(struct place *p, const struct err *why)
{
	struct err e = *why;
	/* Who waits for another token asks again after trouble of the network, as a time limit is. */
	if (p->renewing && (e.code == ERR_CANCELLED || e.code == ERR_LIMITED))
		e.code = ERR_NETWORK;
	/* A token of another place is none for the call that is under way. */
	if (!p->others || p->only || p->renewing) {
		p->h.found(p->arg, NULL, &e);
		return;
	}
	if (p->h.elsewhere)
		p->h.elsewhere(p->arg, &e);
	p->others = false;
	p->service[0] = '\0';
	p->tokens_of_others = take(&p->tokens);
	ask_own(p);
}

/* -- The token --------------------------------------------------------------- */

static void ask_openid(struct place *p);
static void ask_token(struct place *p);

/* An OpenID token lives for an hour; one that was used before may just have ended. */
static bool try_fresh_openid(struct place *p, const struct err *err)
{
	if (err->code != ERR_AUTH || p->fresh_openid)
		return false;
	ask_openid(p);
	return true;
}

static bool is_downgrade(const char *service, const char *url)
{
	return strncmp(service, "https:", 6) == 0 && strncmp(url, "ws://", 5) == 0 &&
	       !discover_is_loopback(url + 5);
}

static void on_token(struct span body, const struct err *err, void *arg)
{
	struct place *p = arg;
	JSON_AUTO json_t *reply = NULL;
	AUTO(rtc_token_done) struct rtc_token t = {.jwt = NULL};
	struct err e = {0};
	p->asking = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if (rc && rtc_token_unknown(&e) && p->way + 1 < RTC_TOKEN_WAYS) {
		p->way++;
		ask_token(p);
		return;
	}
	if (rc && try_fresh_openid(p, &e))
		return;
	if (!rc)
		rc = rtc_token_read(reply, &t, &e);
	if (!rc && is_downgrade(p->service, t.url))
		rc = err_set(&e, ERR_PROTOCOL,
			     _("the call's place %s leads to %s, an address without TLS"),
			     p->service, t.url);
	if (rc) {
		err_prefix(&e, _("no way into the call at %s"), p->service);
		fail(p, &e);
		return;
	}
	p->h.found(p->arg, &t, NULL);
}

static void ask_token(struct place *p)
{
	const struct account *a = client_account(p->c);
	AUTO_FREE char *member = mem_printf("%s:%s", a->user_id, a->device_id);
	struct rtc_token_ask q = {
		.openid = p->openid,
		.room_id = p->room_id,
		.user_id = a->user_id,
		.device_id = a->device_id,
		.member_id = member,
	};
	if (!p->tokens)
		p->tokens = session_new(client_loop(p->c), NULL, p->service, client_ca_file(p->c));
	p->asking = ask(p->tokens, request_rtc_token(p->way, &q), STEP_MS, false, on_token, p);
}

static void on_openid(struct span body, const struct err *err, void *arg)
{
	struct place *p = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	p->asking = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if (!rc)
		rc = rtc_openid_check(reply, &e);
	if (rc) {
		p->others = false; /* no place will do without it */
		fail(p, &e);
		return;
	}
	json_decref(p->openid);
	p->openid = take(&reply);
	p->fresh_openid = true;
	ask_token(p);
}

static void ask_openid(struct place *p)
{
	p->asking = ask(client_session(p->c), request_openid(client_account(p->c)->user_id),
			STEP_MS, false, on_openid, p);
}

/* Where the homeserver is spoken to by TLS, calls are too. */
static int check_service(const struct place *p, struct err *err)
{
	const char *home = client_account(p->c)->homeserver;
	if (!discover_is_downgrade(home, p->service))
		return 0;
	return err_set(err, ERR_PROTOCOL,
		       _("calls of this room take place at %s, an address "
			 "without TLS"),
		       p->service);
}

static void go_in(struct place *p)
{
	struct err e;
	if (check_service(p, &e))
		fail(p, &e);
	else
		ask_openid(p);
}

/* -- Our own server's place --------------------------------------------------- */

static void no_place(struct place *p)
{
	struct err e;
	err_set(&e, ERR_UNSUPPORTED, _("the server has no place for calls"));
	err_hint(&e, _("whoever runs it can add a LiveKit service; muster serve brings its own, "
		       "unless its "
		       "settings say calls = false"));
	fail(p, &e);
}

/* False: that file names no place. */
static bool take_well_known(struct place *p, struct span body, const struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	p->asking = NULL;
	if (ask_reply(body, err, &reply, &e) || rtc_well_known_read(reply, p->service, &e))
		return false;
	go_in(p);
	return true;
}

static void on_site(struct span body, const struct err *err, void *arg)
{
	struct place *p = arg;
	if (!take_well_known(p, body, err))
		no_place(p);
}

/* The file of the name in our user id; the homeserver itself may be elsewhere. */
static void ask_site(struct place *p)
{
	const char *name = client_server_name(p->c);
	bool tls = !discover_is_loopback(name);
	AUTO_FREE char *url = mem_printf("%s://%s", tls ? "https" : "http", name);
	if (!p->site)
		p->site = session_new(client_loop(p->c), NULL, url, client_ca_file(p->c));
	p->asking = ask(p->site, request_well_known(), STEP_MS, true, on_site, p);
}

static void on_known(struct span body, const struct err *err, void *arg)
{
	struct place *p = arg;
	if (!take_well_known(p, body, err))
		ask_site(p);
}

static void on_transports(struct span body, const struct err *err, void *arg)
{
	struct place *p = arg;
	JSON_AUTO json_t *reply = NULL;
	struct err e = {0};
	p->asking = NULL;
	int rc = ask_reply(body, err, &reply, &e);
	if (!rc && !rtc_transports_read(reply, p->service, &e)) {
		go_in(p);
		return;
	}
	if (rc == ERR_NETWORK || rc == ERR_CANCELLED ||
	    (rc == ERR_AUTH && strcmp(e.errcode, "M_UNKNOWN_TOKEN") == 0)) {
		fail(p, &e);
		return;
	}
	log_debug("transports: %s", e.msg);
	p->asking = ask(client_session(p->c), request_well_known(), STEP_MS, true, on_known, p);
}

static void ask_own(struct place *p)
{
	p->way = RTC_TOKEN_SFU_GET;
	p->asking = ask(client_session(p->c), request_rtc_transports(), STEP_MS, false,
			on_transports, p);
}

static void start(void *arg)
{
	struct place *p = arg;
	if (p->others)
		go_in(p);
	else
		ask_own(p);
}

void place_find(struct place *p)
{
	loop_timer_start(p->start, 0, 0);
}

void place_renew(struct place *p)
{
	if (p->asking)
		return; /* its answer is as good */
	p->fresh_openid = false;
	p->renewing = true;
	if (p->openid)
		ask_token(p);
	else
		ask_openid(p);
}
