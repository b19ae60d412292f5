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

/* Browsers cannot set headers on a WebSocket: they send it in the query. */
static struct span token_of(const struct httpd_request *rq, const struct lk_query *q)
{
	struct span auth = httpd_header(rq, "Authorization");
	if (q->access_token[0])
		return span_of(q->access_token);
	if (auth.n > 7 && span_case_eq_str(span_head(auth, 7), "bearer "))
		return span_trim(span_from(auth, 7));
	return (struct span){NULL, 0};
}

static int check_grant(const struct sfu *s, const struct token *t, struct err *err)
{
	if (strcmp(t->key, s->key) != 0)
		return err_set(err, ERR_AUTH, _("the token was made with another key"));
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
	int rc = token.n ? token_verify(token, span_of(s->secret), clock_wall_ms(), &ret->grant,
					&err)
			 : err_set(&err, ERR_AUTH, _("no access token was sent"));
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
