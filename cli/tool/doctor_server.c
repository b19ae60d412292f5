/* Checks of the account and its server. */
#include "cli/tool/doctor.h"

#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/base/http.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/client/login.h"
#include "core/client/session.h"
#include "core/matrix/rtc_request.h"

#define SKEW_S 60
#define PATIENCE_MS 10000

/* What one look at /versions told; asked once, used by several checks. */
struct look {
	bool done;
	int rc;
	struct err err;
	int status;
	int64_t date_s;
	json_t *versions; /* never freed: one look a process */
};

static struct look look;

static struct account *account_of(struct command_ctx *ctx, struct err *err)
{
	struct account *a = NULL;
	const char *name = command_text(ctx->line, "account");
	return account_load(name ? name : setting_text(ctx, "account"), &a, err) ? NULL : a;
}

static const struct look *look_at(struct command_ctx *ctx, const struct account *a)
{
	if (look.done)
		return &look;
	struct http_options opt = {.ca_file = setting_ca_file(ctx), .connect_timeout_ms = 5000};
	struct http *h = http_new(NULL, &opt);
	AUTO_FREE char *url = mem_printf("%s/_matrix/client/versions", a->homeserver);
	struct http_request rq = {.method = "GET", .url = url, .timeout_ms = PATIENCE_MS};
	struct http_reply reply;
	struct buf body = BUF_INIT(LIMIT_JSON_BODY);
	look.done = true;
	look.rc = http_perform(h, &rq, &reply, &body, &look.err);
	if (!look.rc) {
		look.status = reply.status;
		look.date_s = reply.date_s;
		json_parse_object(buf_span(&body), &look.versions, NULL);
	}
	buf_done(&body);
	http_free(h);
	return &look;
}

static void check_account(struct command_ctx *ctx, struct finding *f)
{
	struct err e;
	struct secrets s;
	struct account *a = account_of(ctx, &e);
	if (!a) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, "muster login https://SERVER --user NAME");
		return;
	}
	if (account_secrets_load(a, &s, &e)) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, "muster login %s --user %s", a->homeserver, a->user_id);
	} else {
		if (s.access_token)
			finding_ok(f, "%s (%s)", a->name, a->user_id);
		else
			finding_bad(f, _("%s is logged out"), a->name);
		if (!s.access_token)
			finding_fix(f, "muster login %s --user %s", a->homeserver, a->user_id);
		secrets_done(&s);
	}
	account_free(a);
}

static bool is_loopback(const char *url)
{
	static const char *const local[] = {"http://127.", "http://localhost", "http://[::1]"};
	for (size_t i = 0; i < ARRAY_LEN(local); i++)
		if (!strncmp(url, local[i], strlen(local[i])))
			return true;
	return false;
}

static void judge_server(const struct look *k, const struct account *a, struct finding *f)
{
	json_t *list = json_get_array(k->versions, "versions");
	if (k->rc) {
		finding_bad(f, "%s", k->err.msg);
		finding_fix(f, "%s",
			    k->err.hint[0] ? k->err.hint
					   : _("is the server running, and the address right?"));
	} else if (k->status != 200 || !list) {
		finding_bad(f, _("%s does not answer like a Matrix server (HTTP %d)"),
			    a->homeserver, k->status);
		finding_fix(f, _("log in again with the right address"));
	} else {
		const char *newest = json_string_value(
			json_array_get(list,
				       json_array_size(list) ? json_array_size(list) - 1 : 0));
		finding_ok(f, _("%s answers, Matrix %s"), a->homeserver, newest ? newest : "?");
	}
}

static void judge_tls(const struct look *k, const struct account *a, struct finding *f)
{
	(void)k;
	if (!strncmp(a->homeserver, "https://", 8)) {
		finding_ok(f, _("the connection is encrypted"));
	} else if (is_loopback(a->homeserver)) {
		finding_ok(f, _("no TLS, on this machine only"));
	} else {
		finding_bad(f, _("no TLS: others on the network can read everything"));
		finding_fix(f, _("give the server a certificate and log in with https"));
	}
}

static void judge_clock(const struct look *k, const struct account *a, struct finding *f)
{
	(void)a;
	if (k->rc || !k->date_s) {
		f->skipped = true;
		return;
	}
	long long skew = (long long)(clock_wall_ms() / 1000 - k->date_s);
	if (skew > SKEW_S || skew < -SKEW_S) {
		finding_bad(f, _("this clock and the server's are %lld seconds apart"),
			    skew < 0 ? -skew : skew);
		finding_fix(f, _("set the clock: timedatectl set-ntp true"));
	} else {
		finding_ok(f, _("this clock and the server's agree"));
	}
}

static void with_server(struct command_ctx *ctx, struct finding *f,
			void (*judge)(const struct look *, const struct account *,
				      struct finding *))
{
	struct account *a = account_of(ctx, NULL);
	if (a)
		judge(look_at(ctx, a), a, f);
	else
		f->skipped = true;
	account_free(a);
}

static void check_server(struct command_ctx *ctx, struct finding *f)
{
	with_server(ctx, f, judge_server);
}

static void check_tls(struct command_ctx *ctx, struct finding *f)
{
	with_server(ctx, f, judge_tls);
}

static void check_clock(struct command_ctx *ctx, struct finding *f)
{
	with_server(ctx, f, judge_clock);
}

static void check_token(struct command_ctx *ctx, struct finding *f)
{
	struct client *c;
	json_t *who = NULL;
	struct err e;
	if (look.rc || command_client(ctx, &c, &e)) {
		f->skipped = true;
	} else if (client_whoami(c, &who, &e)) {
		finding_bad(f, "%s", e.msg);
		finding_fix(f, "%s", e.hint[0] ? e.hint : "muster login");
	} else {
		finding_ok(f, _("the server knows this log-in"));
		json_decref(who);
	}
}

/* Where our server has calls take place; "" when it says nothing about it. */
static void find_place(struct client *c, char ret_url[RTC_URL_MAX])
{
	struct session *s = client_session(c);
	json_t *reply = NULL;
	bool found = !session_do(s, request_rtc_transports(), &reply, NULL) &&
		     !rtc_transports_read(reply, ret_url, NULL);
	json_decref(reply);
	reply = NULL;
	if (!found)
		found = !session_do(s, request_well_known(), &reply, NULL) &&
			!rtc_well_known_read(reply, ret_url, NULL);
	json_decref(reply);
	if (!found)
		ret_url[0] = '\0';
}

static void check_calls(struct command_ctx *ctx, struct finding *f)
{
	struct client *c;
	char url[RTC_URL_MAX];
	if (look.rc || command_client(ctx, &c, NULL)) {
		f->skipped = true;
		return;
	}
	find_place(c, url);
	if (url[0]) {
		finding_ok(f, _("calls take place at %s"), url);
	} else {
		finding_bad(f, _("the server names no place for calls: one can only join those of "
				 "people from servers that do"));
		finding_fix(f, _("whoever runs it can put org.matrix.msc4143.rtc_foci into "
				 ".well-known/matrix/client, or run muster serve, which has it"));
	}
}

/* Without them somebody whose client dies stays in a call until their membership expires. */
static void check_leaving(struct command_ctx *ctx, struct finding *f)
{
	struct account *a = account_of(ctx, NULL);
	if (!a || look.rc || !look.versions)
		f->skipped = true;
	else if (json_get_bool(json_get_object(look.versions, "unstable_features"),
			       "org.matrix.msc4140", false))
		finding_ok(f, _("who loses the connection has left a call within seconds"));
	else
		finding_bad(f, _("who loses the connection seems to be in a call for hours: the "
				 "server has no delayed events"));
	if (!f->ok)
		finding_fix(f, _("whoever runs Synapse can set max_event_delay_duration: 24h"));
	account_free(a);
}

const struct check doctor_server[] = {
	{"account", check_account, false}, {"server", check_server, false},
	{"tls", check_tls, false},	   {"clock", check_clock, false},
	{"token", check_token, false},	   {"calls", check_calls, true},
	{"call-end", check_leaving, true}, {NULL, NULL, false},
};
