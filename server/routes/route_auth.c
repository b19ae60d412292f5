#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "server/accounts/accounts.h"
#include "server/rooms/suspended.h"
#include "server/routes/route_impl.h"

#include <string.h>

/* The token of "Authorization: Bearer X", or an empty span. */
static struct span bearer(const struct httpd_request *http)
{
	struct span h = httpd_header(http, "Authorization");
	if (h.n < 7 || !span_case_eq_str(span_head(h, 7), "bearer "))
		return (struct span){NULL, 0};
	return span_trim(span_from(h, 7));
}

/* Unknown tokens: a client that can refresh must not forget its keys. */
static bool refuse(struct rq *rq, const char *errcode, const char *message, bool soft)
{
	struct buf b = BUF_INIT(4096);
	route_put_error(&b, errcode, message);
	if (soft) {
		buf_truncate(&b, b.n - 1);
		buf_put_str(&b, ",\"soft_logout\":true}");
	}
	rq_text(rq, 401, &b);
	return false;
}

static bool missing(struct rq *rq)
{
	return refuse(rq, "M_MISSING_TOKEN", _("Missing access token"), false);
}

/*
 * The header, or the query: deprecated since 1.11, yet what clients of older
 * versions (matrix-nio 0.20) send, and those versions are announced.
 */
static struct span token_of(struct rq *rq)
{
	struct span token = bearer(rq->http);
	return token.n ? token : span_of(rq_query(rq, "access_token"));
}

bool route_authenticate(struct rq *rq)
{
	enum route_auth need = rq->route->auth;
	struct span token = need == ROUTE_OPEN ? (struct span){NULL, 0} : token_of(rq);
	if (token.n == 0)
		return need == ROUTE_OPEN || need == ROUTE_OPTIONAL || missing(rq);
	bool expired = false;
	struct session *s = session_find(rq->srv, token, &expired);
	if (!s && need == ROUTE_OPTIONAL)
		return true;
	if (!s)
		return refuse(rq, "M_UNKNOWN_TOKEN",
			      expired ? _("The access token has expired")
				      : _("Unknown access token"),
			      expired);
	rq->impl->session = s;
	if (s->locked && !(rq->route->flags & ROUTE_LOCKED_OK))
		return refuse(rq, "M_USER_LOCKED", _("This account is locked"), true);
	if (s->live_room_nid && !(rq->route->flags & ROUTE_LIVE_OK)) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("This token is for the sound of one room only"));
		return false;
	}
	rq->who = (struct requester){s->user_nid, s->device_nid, s->user_id,	   s->device_id,
				     s->admin,	  s->suspended,	 s->live_room_nid, s->live_rights};
	httpd_set_owner(rq->http, s->user_nid);
	session_seen(rq->srv, s, rq_peer(rq));
	struct err err;
	if (s->suspended && rq->route->flags & ROUTE_TAKES_PART) {
		suspended_refuse(&err);
		rq_err(rq, &err);
		return false;
	}
	if (need == ROUTE_ADMIN && !s->admin) {
		rq_error(rq, 403, "M_FORBIDDEN", "%s",
			 _("Only an administrator of this server may do this"));
		return false;
	}
	return true;
}

bool route_read_json(struct rq *rq)
{
	struct err err;
	struct span text = httpd_body(rq->http);
	json_t *j;
	if (span_trim(text).n == 0) {
		rq->body = json_object();
		return true;
	}
	if (route_json_depth(text) > LIMIT_JSON_DEPTH) {
		rq_error(rq, 400, "M_BAD_JSON", _("The JSON is nested deeper than %d"),
			 LIMIT_JSON_DEPTH);
		return false;
	}
	if (json_parse(text, &j, &err)) {
		rq_error(rq, 400, "M_NOT_JSON", "%s", err.msg);
		return false;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		rq_error(rq, 400, "M_BAD_JSON", "%s", _("The body must be a JSON object"));
		return false;
	}
	rq->body = j;
	return true;
}
