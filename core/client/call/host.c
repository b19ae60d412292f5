#include "core/client/call/host.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/ask.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/util.h"
#include "core/rtc/livekit/json.h"

#include <string.h>

#define STEP_MS 10000
#define ACTS_MAX 32 /* under way at once */
#define SERVICE "/twirp/livekit.RoomService/"

/* One request that is still to be made. */
struct todo {
	const char *method; /* a constant */
	json_t *body;	    /* owned */
};

struct act {
	struct act *next;
	struct host *host;
	enum host_act what;
	char *user; /* or NULL */
	host_done_fn *fn;
	void *arg;
	struct todo *todo;
	size_t n, at;
	int done;
	bool renewed; /* with a token that was got for it */
	bool waiting; /* for that token */
	struct session_call *asking;
};

struct host {
	struct room_call *rc;
	struct session *net;
	char *jwt;
	struct act *acts;
	int n;
	enum host_act told_act;
	char told_user[COMPANY_IDENTITY_MAX];
};

static void step(struct act *a);

struct host *host_new(struct room_call *rc)
{
	struct host *h = NEW(struct host);
	h->rc = rc;
	return h;
}

static void act_free(struct act *a)
{
	struct act **at = &a->host->acts;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	a->host->n--;
	session_drop(a->asking);
	for (size_t i = 0; i < a->n; i++)
		json_decref(a->todo[i].body);
	mem_free(a->todo);
	mem_free(a->user);
	mem_free(a);
}

void host_free(struct host *h)
{
	if (!h)
		return;
	while (h->acts)
		act_free(h->acts);
	session_free(h->net);
	mem_free_secret(h->jwt);
	mem_free(h);
}

enum host_act host_told_act(const struct host *h)
{
	return h->told_act;
}

const char *host_told_user(const struct host *h)
{
	return h->told_user;
}

void host_forget(struct host *h, void *arg)
{
	for (struct act *a = h->acts; a; a = a->next)
		if (a->arg == arg)
			a->fn = NULL;
}

/* It is gone before that is told: whoever hears of it may ask for the next. */
static void finish(struct act *a, const struct err *err)
{
	host_done_fn *fn = a->fn;
	void *arg = a->arg;
	int done = a->done;
	a->host->told_act = a->what;
	snprintf(a->host->told_user, sizeof(a->host->told_user), "%s", a->user ? a->user : "");
	act_free(a);
	if (fn)
		fn(arg, done, err);
}

static void add(struct act *a, const char *method, const char *identity, json_t *more)
{
	json_t *body = json_pack("{s:s}", "room", a->host->rc->sfu_room);
	if (identity)
		json_object_set_new(body, "identity", json_string(identity));
	if (more)
		json_object_update(body, more);
	json_decref(more);
	a->todo = mem_realloc_array(a->todo, a->n + 1, sizeof(*a->todo));
	a->todo[a->n++] = (struct todo){method, body};
}

/* -- The server's answers ------------------------------------------------------------------- */

static bool is_meant(const struct act *a, const struct person *who)
{
	if (who->from)
		return false; /* of another SFU: it is not for this one to say */
	if (!a->user)
		return !who->self;
	return !strcmp(who->user_id, a->user) || !strcmp(who->identity, a->user);
}

static const struct person *meant_by(const struct act *a, const char *identity)
{
	const struct person *who = company_find(&a->host->rc->people, identity);
	return who && is_meant(a, who) ? who : NULL;
}

static void add_tracks(struct act *a, const json_t *person)
{
	const char *identity = lk_json_str(person, "identity");
	const json_t *tracks = lk_json_get(person, "tracks");
	if (!identity || !meant_by(a, identity))
		return;
	for (size_t i = 0; i < json_array_size(tracks); i++) {
		const json_t *t = json_array_get(tracks, i);
		const char *sid = lk_json_str(t, "sid");
		if (sid && !json_is_true(lk_json_get(t, "muted")))
			add(a, "MutePublishedTrack", identity,
			    json_pack("{s:s,s:b}", "track_sid", sid, "muted", 1));
	}
}

/* 401 and 403 are also what a server says that knows the service and not our right to it. */
static void explain(const struct host *h, const struct err *why, struct err *ret)
{
	bool refused = why->http_status == 401 || why->http_status == 403;
	*ret = *why;
	if (refused && !room_call_leads(h->rc)) {
		err_set(ret, ERR_AUTH,
			_("you do not lead this call: that takes power 50 in its room"));
		err_hint(ret, "muster room role");
	} else if (refused || why->http_status == 404 || why->http_status == 405 ||
		   why->http_status == 501) {
		err_set(ret, ERR_UNSUPPORTED,
			_("the server of this call, %.200s, lets nobody act on others"),
			h->rc->sfu_url);
		err_hint(ret, _("muster serve does; elsewhere its access tokens need roomAdmin"));
	}
}

/* Somebody who is gone already, or a track that is. */
static bool is_gone(const struct err *err, struct span body)
{
	JSON_AUTO json_t *j = NULL;
	if (err->http_status != 404 || json_parse_object(body, &j, NULL))
		return false;
	const char *code = json_get_str(j, "code");
	return code && !strcmp(code, "not_found");
}

/* Some servers give the right to remove people, and not that to end rooms. */
static bool step_back(struct act *a, const struct err *err)
{
	if (strcmp(a->todo[a->at].method, "DeleteRoom") != 0 || !a->host->rc->sfu_admin ||
	    (err->http_status != 401 && err->http_status != 403))
		return false;
	for (const struct person *who = a->host->rc->people.first; who; who = who->next)
		if (is_meant(a, who))
			add(a, "RemoveParticipant", who->identity, NULL);
	return true;
}

static bool try_new_token(struct act *a, const struct err *err)
{
	if (err->http_status != 401 || a->renewed || !a->host->rc->place)
		return false;
	a->renewed = a->waiting = true;
	place_renew(a->host->rc->place);
	return true;
}

static void take_reply(struct act *a, struct span body)
{
	JSON_AUTO json_t *j = NULL;
	const json_t *people;
	if (strcmp(a->todo[a->at].method, "ListParticipants") != 0) {
		a->done++;
		return;
	}
	if (json_parse_object(body, &j, NULL))
		return;
	people = lk_json_get(j, "participants");
	for (size_t i = 0; i < json_array_size(people); i++)
		add_tracks(a, json_array_get(people, i));
}

static void on_answer(struct span body, const struct err *err, void *arg)
{
	struct act *a = arg;
	struct err e;
	a->asking = NULL;
	if (err && try_new_token(a, err))
		return;
	if (err && !is_gone(err, body) && !step_back(a, err)) {
		explain(a->host, err, &e);
		finish(a, &e);
		return;
	}
	if (!err)
		take_reply(a, body);
	a->at++;
	step(a);
}

/* -- Asking ------------------------------------------------------------------------------------ */

static int open_net(struct host *h, struct err *err)
{
	const char *url = h->rc->sfu_url;
	if (!h->jwt || strncmp(url, "ws", 2) != 0)
		return err_set(err, ERR_PENDING,
			       _("still joining the call: try again in a moment"));
	AUTO_FREE char *base = mem_printf("http%s", url + 2);
	if (!h->net)
		h->net = session_new(h->rc->l, NULL, base, client_ca_file(h->rc->c));
	session_use_token(h->net, h->jwt);
	return 0;
}

static void step(struct act *a)
{
	struct err err = {0};
	if (a->at == a->n) {
		finish(a, NULL);
		return;
	}
	if (open_net(a->host, &err)) {
		finish(a, &err);
		return;
	}
	AUTO_FREE char *path = mem_printf(SERVICE "%s", a->todo[a->at].method);
	AUTO_FREE char *text = json_text(a->todo[a->at].body);
	const struct session_request rq = {
		.method = "POST",
		.path = path,
		.body = span_of(text),
		.repeatable = true,
		.timeout_ms = STEP_MS,
		.max_reply = LIMIT_REPLY_JSON,
	};
	a->asking = session_start(a->host->net, &rq, on_answer, a);
}

void host_token(struct host *h, const char *jwt, const struct err *why)
{
	if (jwt) {
		mem_free_secret(h->jwt);
		h->jwt = mem_strdup(jwt);
	}
	for (struct act *a = h->acts, *next; a; a = next) {
		next = a->next;
		if (!a->waiting)
			continue;
		a->waiting = false;
		if (why)
			finish(a, why);
		else
			step(a);
	}
}

static json_t *permission(bool speak)
{
	return json_pack("{s:{s:b,s:b,s:b,s:b}}", "permission", "can_subscribe", 1, "can_publish",
			 speak, "can_publish_data", 1, "can_update_metadata", 1);
}

static int fill(struct act *a, struct err *err)
{
	bool person = a->what != HOST_END && a->what != HOST_MUTE_ALL, any = !person;
	if (a->what == HOST_END)
		add(a, "DeleteRoom", NULL, NULL);
	else if (a->what == HOST_MUTE || a->what == HOST_MUTE_ALL)
		add(a, "ListParticipants", NULL, NULL);
	for (const struct person *who = a->host->rc->people.first; person && who; who = who->next) {
		if (!is_meant(a, who))
			continue;
		any = true;
		if (a->what == HOST_REMOVE)
			add(a, "RemoveParticipant", who->identity, NULL);
		else if (a->what != HOST_MUTE)
			add(a, "UpdateParticipant", who->identity,
			    permission(a->what == HOST_ALLOW));
	}
	if (any)
		return 0;
	return err_set(err, ERR_NOT_FOUND, _("%.255s is not in this call"), a->user);
}

int host_do(struct host *h, enum host_act what, const char *user, host_done_fn *fn, void *arg,
	    struct err *err)
{
	if (h->rc->phase != RC_IN)
		return err_set(err, ERR_PENDING,
			       _("still joining the call: try again in a moment"));
	if (h->n == ACTS_MAX)
		return err_set(err, ERR_LIMITED, _("too much is asked of this call at once"));
	struct act *a = NEW(struct act);
	*a = (struct act){.next = h->acts,
			  .host = h,
			  .what = what,
			  .user = mem_strdup(user),
			  .fn = fn,
			  .arg = arg};
	h->acts = a;
	h->n++;
	int rc = fill(a, err);
	if (!rc)
		rc = open_net(h, err);
	if (rc)
		act_free(a);
	else
		step(a);
	return rc;
}
