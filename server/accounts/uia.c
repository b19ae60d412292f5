#include "server/accounts/uia.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/accounts/accounts.h"
#include "server/accounts/invite.h"
#include "server/accounts/user.h"

#include <stdio.h>
#include <string.h>

#define SESSIONS 2048
#define LIFE_MS (30 * 60 * 1000)
#define BODY_MAX 4096 /* larger requests must be sent again whole */

struct uia_session {
	char id[25];
	int64_t made_ms;
	const struct route *route;
	int64_t user_nid;
	char *body; /* as first sent, without `auth`, or NULL */
};

/* A ring: the oldest gives way. */
struct uia {
	struct uia_session ring[SESSIONS];
	unsigned next;
};

struct uia *uia_new(void)
{
	return NEW(struct uia);
}

void uia_free(struct uia *u)
{
	if (!u)
		return;
	for (int i = 0; i < SESSIONS; i++)
		mem_free_secret(u->ring[i].body);
	mem_free(u);
}

static void forget(struct uia_session *s)
{
	mem_free_secret(s->body);
	memset(s, 0, sizeof(*s));
}

static struct uia_session *find(struct rq *rq, const char *id)
{
	struct uia *u = rq->srv->uia;
	for (int i = 0; id && *id && i < SESSIONS; i++) {
		struct uia_session *s = &u->ring[i];
		if (strcmp(s->id, id) != 0)
			continue;
		if (clock_mono_ms() - s->made_ms < LIFE_MS && s->route == rq->route &&
		    s->user_nid == rq->who.user_nid)
			return s;
		return NULL;
	}
	return NULL;
}

/* As text, which takes a fraction of the memory: anybody may begin sessions. */
static char *keep_body(const json_t *body)
{
	JSON_AUTO json_t *copy = json_copy((json_t *)body);
	json_object_del(copy, "auth");
	char *text = json_text(copy);
	if (strlen(text) > BODY_MAX) {
		mem_free_secret(text);
		return NULL;
	}
	return text;
}

static struct uia_session *make(struct rq *rq)
{
	struct uia *u = rq->srv->uia;
	struct uia_session *s = &u->ring[u->next++ % SESSIONS];
	uint8_t r[12];
	forget(s);
	crypto_random(r, sizeof(r));
	hex_put(s->id, r, sizeof(r));
	s->made_ms = clock_mono_ms();
	s->route = rq->route;
	s->user_nid = rq->who.user_nid;
	s->body = keep_body(rq->body);
	return s;
}

struct asking {
	struct rq *rq;
	const char *const *stages;
	uia_go_fn *go;
	char session[25]; /* "" when none fits */
	char key[USER_ID_SIZE + 2];
	json_t *auth;
};

static void asking_free(struct asking *a)
{
	json_decref(a->auth);
	mem_free(a);
}

/* 401: which ways there are, and why the last try failed. */
static void challenge(struct asking *a, const char *errcode, const char *why)
{
	json_t *flows = json_array();
	for (int i = 0; a->stages[i]; i++)
		json_array_append_new(flows, json_pack("{s:[s]}", "stages", a->stages[i]));
	json_t *j = json_pack("{s:s,s:o,s:{},s:[]}", "session", a->session, "flows", flows,
			      "params", "completed");
	if (errcode) {
		json_object_set_new(j, "errcode", json_string(errcode));
		json_object_set_new(j, "error", json_string(why));
	}
	rq_json(a->rq, 401, j);
	asking_free(a);
}

static void authorised(struct asking *a, const char *token)
{
	struct uia_session *s = find(a->rq, a->session);
	if (s)
		forget(s);
	json_object_del(a->rq->body, "auth");
	a->go(a->rq, token);
	asking_free(a);
}

static void password_checked(void *arg, const char *encoded, bool match)
{
	struct asking *a = arg;
	(void)encoded;
	/* Who asks many times at once learns no more than who asks one after the other. */
	int wait = limit_wait_ms(a->rq->srv->accounts, a->key);
	if (wait) {
		struct rq *rq = a->rq;
		asking_free(a);
		rq_limited(rq, wait);
		return;
	}
	if (match) {
		limit_succeeded(a->rq->srv->accounts, a->key);
		authorised(a, NULL);
		return;
	}
	limit_failed(a->rq->srv->accounts, a->key);
	challenge(a, "M_FORBIDDEN", _("The password is wrong"));
}

static void try_password(struct asking *a)
{
	struct rq *rq = a->rq;
	struct user me;
	const json_t *id = json_get_object(a->auth, "identifier");
	const char *named = json_get_str(id ? id : a->auth, "user");
	struct user other;
	struct span password = json_get_span(a->auth, "password");
	struct sql *db = db_reader(rq->srv->db);
	snprintf(a->key, sizeof(a->key), "u:%s", rq->who.user_id);
	int wait = limit_wait_ms(rq->srv->accounts, a->key);
	if (!user_find_nid(db, rq->who.user_nid, &me) || !password.p || password.n > PASSWORD_MAX ||
	    (named &&
	     (!user_find(db, rq->srv->name, span_of(named), &other) || other.nid != me.nid))) {
		challenge(a, "M_FORBIDDEN", _("The password is wrong"));
		return;
	}
	if (!wait && password_check(rq->srv->accounts, rq_peer(rq), password, me.password,
				    password_checked, a))
		return;
	asking_free(a);
	rq_limited(rq, wait ? wait : 2000);
}

static void try_token(struct asking *a)
{
	const char *token = json_get_str(a->auth, "token");
	snprintf(a->key, sizeof(a->key), "t:%.250s", token ? token : "");
	int wait = limit_wait_ms(a->rq->srv->accounts, a->key);
	if (wait) {
		struct rq *rq = a->rq;
		asking_free(a);
		rq_limited(rq, wait);
		return;
	}
	if (token && invite_valid(db_reader(a->rq->srv->db), token)) {
		authorised(a, token);
		return;
	}
	limit_failed(a->rq->srv->accounts, a->key);
	challenge(a, "M_FORBIDDEN", _("This invite is not known, or is used up or expired"));
}

/* Later requests of a session may carry `auth` alone. */
static void restore_body(struct rq *rq, const struct uia_session *s)
{
	json_t *body;
	if (!s->body || json_object_size(rq->body) != 1 ||
	    json_parse_object(span_of(s->body), &body, NULL))
		return;
	json_object_set(body, "auth", json_object_get(rq->body, "auth"));
	json_decref(rq->body);
	rq->body = body;
}

static bool offered(const char *const *stages, const char *stage)
{
	while (*stages && strcmp(*stages, stage) != 0)
		stages++;
	return *stages != NULL;
}

void uia_require(struct rq *rq, const char *const *stages, uia_go_fn *go)
{
	struct asking *a = NEW(struct asking);
	json_t *auth = json_get_object(rq->body, "auth");
	struct uia_session *s = find(rq, json_get_str(auth, "session"));
	const char *stage = json_get_str(auth, "type");
	*a = (struct asking){.rq = rq, .stages = stages, .go = go, .auth = json_incref(auth)};
	if (s)
		restore_body(rq, s);
	else
		s = make(rq);
	snprintf(a->session, sizeof(a->session), "%s", s->id);
	if (!stage)
		challenge(a, NULL, NULL);
	else if (!offered(stages, stage))
		challenge(a, "M_UNRECOGNIZED", _("This way of proving who you are is not offered"));
	else if (!strcmp(stage, UIA_PASSWORD))
		try_password(a);
	else if (!strcmp(stage, UIA_TOKEN))
		try_token(a);
	else
		authorised(a, NULL);
}
