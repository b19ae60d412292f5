#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/session_priv.h"

/* A request on the loop, through all its attempts. */
struct session_call {
	struct session *s;
	struct session_call *next, **link;
	struct session_request rq; /* texts owned */
	char *url;
	struct attempts at;
	struct http_call *http;
	struct loop_timer *timer; /* next attempt, or the answer of a call that ended early */
	struct err early;
	session_done_fn *fn;
	void *arg;
};

/* A token renewal on the pool. Outlives the session when need be. */
struct renewal {
	struct session *s; /* NULL once the session is gone */
	struct account account;
	char *ca_file, *used;
	struct secrets got;
	struct err err;
	int rc;
};

static void attempt(void *arg);

struct session *session_new(struct loop *l, const struct account *a, const char *base_url,
			    const char *ca_file)
{
	struct session *s = NEW(struct session);
	struct http_options opt = {.ca_file = ca_file};
	s->loop = l;
	s->account = a;
	s->base = mem_strdup(base_url ? base_url : a->homeserver);
	s->ca_file = mem_strdup(ca_file);
	s->http = http_new(l, &opt);
	return s;
}

static void answer(struct session_call *c, struct span body, const struct err *err)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->fn(body, err, c->arg);
	loop_timer_free(c->timer);
	mem_free((char *)c->rq.method);
	mem_free((char *)c->rq.body.p);
	mem_free((char *)c->rq.content_type);
	mem_free((char *)c->rq.body_file);
	mem_free((char *)c->rq.save_file);
	mem_free(c->url);
	mem_free(c);
}

static void fail(struct session_call *c, const struct err *err)
{
	struct err copy = *err;
	answer(c, (struct span){NULL, 0}, &copy);
}

void session_free(struct session *s)
{
	struct err cancelled;
	if (!s)
		return;
	err_set(&cancelled, ERR_CANCELLED, _("stopped before it was done"));
	if (s->renewal)
		s->renewal->s = NULL;
	http_free(s->http); /* answers what it has under way */
	while (s->calls)
		fail(s->calls, &cancelled);
	secrets_done(&s->secrets);
	mem_free(s->base);
	mem_free(s->ca_file);
	mem_free(s);
}

static void work(void *arg)
{
	struct renewal *r = arg;
	r->rc = token_renew(&r->account, r->ca_file, r->used, 30000, &r->got, &r->err);
}

static void worked(void *arg)
{
	struct renewal *r = arg;
	struct session *s = r->s;
	if (s) {
		s->renewal = NULL;
		if (!r->rc) {
			secrets_done(&s->secrets);
			s->secrets = r->got;
			r->got = (struct secrets){0};
		}
		/* Those who wait have neither a transfer nor an answer of their own. */
		for (struct session_call *c = s->calls, *next; c; c = next) {
			next = c->next;
			if (c->http || c->early.code)
				continue;
			c->early = r->err;
			c->early.code = r->rc;
			loop_timer_start(c->timer, 0, 0);
		}
	}
	secrets_done(&r->got);
	mem_free(r->account.dir);
	mem_free(r->account.homeserver);
	mem_free(r->account.user_id);
	mem_free(r->ca_file);
	mem_free_secret(r->used);
	mem_free(r);
}

static void renew(struct session *s)
{
	if (s->renewal)
		return;
	struct renewal *r = NEW(struct renewal);
	r->s = s;
	r->account.dir = mem_strdup(s->account->dir);
	r->account.homeserver = mem_strdup(s->account->homeserver);
	r->account.user_id = mem_strdup(s->account->user_id);
	r->ca_file = mem_strdup(s->ca_file);
	r->used = mem_strdup(s->secrets.access_token);
	s->renewal = r;
	loop_work(s->loop, work, worked, r);
}

static void on_http(const struct http_reply *reply, const struct err *err, void *arg)
{
	struct session_call *c = arg;
	struct err e = {0};
	int wait_ms = 0;
	c->http = NULL;
	if (err)
		e = *err;
	if (c->early.code == ERR_CANCELLED) {
		fail(c, &c->early);
		return;
	}
	switch (session_judge(c->s, &c->rq, &c->at, err ? err->code : 0, reply, &wait_ms, &e)) {
	case SESSION_DONE:
		answer(c, reply->body, NULL);
		break;
	case SESSION_WAIT:
		loop_timer_start(c->timer, (uint64_t)wait_ms, 0);
		break;
	case SESSION_RENEW:
		renew(c->s);
		break;
	case SESSION_FAIL:
		answer(c, err ? (struct span){NULL, 0} : reply->body, &e);
		break;
	}
}

static int ready(struct session_call *c, int *ret_ms, struct err *err)
{
	struct session *s = c->s;
	int rc = session_attempt_ms(s, &c->rq, ret_ms, err);
	if (!rc && !c->rq.anonymous && s->account)
		rc = session_load_token(s, err);
	return rc;
}

static void attempt(void *arg)
{
	struct session_call *c = arg;
	struct err err;
	int ms;
	if (c->early.code || (c->early.code = ready(c, &ms, &err)) != 0) {
		if (!c->early.msg[0])
			c->early = err;
		fail(c, &c->early);
		return;
	}
	if (!c->rq.anonymous && c->s->account && session_token_is_stale(c->s) && !c->at.renewed) {
		c->at.renewed = true;
		renew(c->s);
		return;
	}
	struct http_request hr = session_http_request(c->s, &c->rq, c->url, ms);
	c->http = http_start(c->s->http, &hr, on_http, c);
}

struct session_call *session_start(struct session *s, const struct session_request *rq,
				   session_done_fn *fn, void *arg)
{
	loop_assert_owner(s->loop);
	struct session_call *c = NEW(struct session_call);
	c->s = s;
	c->rq = *rq;
	c->rq.method = mem_strdup(rq->method);
	c->rq.path = NULL;
	c->rq.body.p = rq->body.n ? mem_strndup(rq->body.p, rq->body.n) : NULL;
	c->rq.content_type = mem_strdup(rq->content_type);
	c->rq.body_file = mem_strdup(rq->body_file);
	c->rq.save_file = mem_strdup(rq->save_file);
	c->url = mem_printf("%s%s", s->base, rq->path);
	c->fn = fn;
	c->arg = arg;
	c->timer = loop_timer_new(s->loop, attempt, c);
	c->next = s->calls;
	c->link = &s->calls;
	if (c->next)
		c->next->link = &c->next;
	s->calls = c;
	loop_timer_start(c->timer, 0, 0);
	return c;
}

void session_cancel(struct session_call *c)
{
	loop_assert_owner(c->s->loop);
	err_set(&c->early, ERR_CANCELLED, _("stopped before it was done"));
	if (c->http)
		http_cancel(c->http);
	else
		loop_timer_start(c->timer, 0, 0);
}

static void ignore(struct span body, const struct err *err, void *arg)
{
	(void)body;
	(void)err;
	(void)arg;
}

void session_drop(struct session_call *c)
{
	if (!c)
		return;
	c->fn = ignore;
	session_cancel(c);
}
