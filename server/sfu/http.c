#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

#define TEXT_HEADERS "Content-Type: text/plain; charset=utf-8\r\n"

static void refuse(struct httpd_request *rq, int status, const char *why)
{
	httpd_reply(rq, status, TEXT_HEADERS, span_of(why));
}

static struct span bearer_of(const struct httpd_request *rq)
{
	struct span auth = httpd_header(rq, "Authorization");
	if (auth.n > 7 && span_case_eq_str(span_head(auth, 7), "bearer "))
		return span_trim(span_from(auth, 7));
	return (struct span){NULL, 0};
}

/* Browsers cannot set headers on a WebSocket: they send it in the query. */
static struct span token_of(const struct httpd_request *rq, const struct lk_query *q)
{
	return q->access_token[0] ? span_of(q->access_token) : bearer_of(rq);
}

static int read_token(const struct sfu *s, struct span token, struct token *ret, struct err *err)
{
	if (!token.n)
		return err_set(err, ERR_AUTH, _("no access token was sent"));
	return token_verify(token, span_of(s->secret), clock_wall_ms(), ret, err);
}

static int check_key(const struct sfu *s, const struct token *t, struct err *err)
{
	if (strcmp(t->key, s->key) != 0)
		return err_set(err, ERR_AUTH, _("the token was made with another key"));
	return 0;
}

static int check_grant(const struct sfu *s, const struct token *t, struct err *err)
{
	int rc = check_key(s, t, err);
	if (rc)
		return rc;
	if (!t->join || !t->room[0])
		return err_set(err, ERR_AUTH, _("the token allows to join no room"));
	if (!t->identity[0])
		return err_set(err, ERR_AUTH, _("the token names nobody"));
	return 0;
}

/* Who asks, and whether they may. Replies when not. */
static bool admit(const struct sfu *s, struct httpd_request *rq, struct sfu_arrival *ret)
{
	struct err err = {0};
	memset(ret, 0, sizeof(*ret));
	if (lk_query_parse(rq->query, &ret->query, &err)) {
		refuse(rq, 400, err.msg);
		return false;
	}
	struct span token = token_of(rq, &ret->query);
	int rc = read_token(s, token, &ret->grant, &err);
	if (!rc)
		rc = check_grant(s, &ret->grant, &err);
	/* Nobody has a use for it any more. */
	mem_wipe((char *)ret->query.access_token, strlen(ret->query.access_token));
	struct sfu_permit may = {.enter = true};
	if (!rc)
		sfu_permit_now(s, &ret->grant, &may);
	if (!rc && may.enter) {
		ret->silenced = may.known && !may.publish;
		return true;
	}
	lk_query_done(&ret->query);
	refuse(rq, rc ? 401 : 403,
	       rc	 ? err.msg
	       : may.why ? may.why
			 : _("you may not be in this call now"));
	return false;
}

int sfu_bearer(const struct sfu *s, const struct httpd_request *rq, struct token *ret,
	       struct err *err)
{
	struct sfu_permit may;
	int rc = read_token(s, bearer_of(rq), ret, err);
	if (!rc)
		rc = check_key(s, ret, err);
	if (!rc)
		sfu_permit_now(s, ret, &may);
	/* Who has been thrown out has no rights either. */
	if (!rc && !may.enter)
		ret->admin = false;
	return rc;
}

void sfu_validate(struct sfu *s, struct httpd_request *rq)
{
	struct sfu_arrival a;
	if (!admit(s, rq, &a))
		return;
	lk_query_done(&a.query);
	httpd_reply(rq, 200, TEXT_HEADERS, SPAN_LIT("success"));
}

void sfu_signal(struct sfu *s, struct httpd_request *rq)
{
	struct sfu_arrival a;
	if (!admit(s, rq, &a))
		return;
	if (s->lines_n >= SFU_PEOPLE_MAX) {
		lk_query_done(&a.query);
		refuse(rq, 503, _("this server has as many people in calls as it can take"));
		return;
	}
	struct sfu_line *l = sfu_line_new(s);
	struct httpd_ws *ws = httpd_upgrade(rq, NULL, &sfu_line_handler, l);
	if (ws) {
		sfu_line_arrive(l, ws, &a);
	} else {
		lk_query_done(&a.query);
		sfu_line_free(l);
	}
}
