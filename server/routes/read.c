#include "server/routes/read.h"

#include "core/base/i18n.h"
#include "server/sync/token.h"

#include <string.h>

static bool opened(struct rq *rq, int rc, const struct err *err)
{
	if (rc)
		rq_err(rq, err);
	return !rc;
}

bool read_open(struct rq *rq, struct room_access *ret)
{
	struct err err = {0};
	return opened(rq,
		      access_open(rq->srv->hub, rq->who.user_nid, rq->who.device_nid, rq->param[0],
				  ret, &err),
		      &err);
}

bool read_open_joined(struct rq *rq, struct room_access *ret)
{
	struct err err = {0};
	return opened(rq,
		      access_open_joined(rq->srv->hub, rq->who.user_nid, rq->who.device_nid,
					 rq->param[0], ret, &err),
		      &err);
}

bool read_own(struct rq *rq, int at)
{
	if (span_eq_str(rq->param[at], rq->who.user_id))
		return true;
	rq_error(rq, 403, "M_FORBIDDEN", "%s", _("This belongs to another person"));
	return false;
}

static void bad(struct rq *rq, const char *name, const char *want)
{
	rq_error(rq, 400, "M_INVALID_PARAM", _("\"%s\" must be %s"), name, want);
}

bool read_limit(struct rq *rq, int otherwise, int max, int *ret)
{
	const char *s = rq_query(rq, "limit");
	int64_t n = otherwise;
	if (s && (!span_i64(span_of(s), &n) || n < 0)) {
		bad(rq, "limit", _("a number greater than 0"));
		return false;
	}
	*ret = n < 1 ? 1 : n > max ? max : (int)n;
	return true;
}

bool read_token(struct rq *rq, const char *name, int64_t *ret)
{
	const char *s = rq_query(rq, name);
	uint32_t epoch;
	int64_t pos, now = db_position(rq->srv->db);
	if (!s || !*s)
		return true;
	if (!token_parse_page(span_of(s), &epoch, &pos)) {
		bad(rq, name, _("a token that this server gave"));
		return false;
	}
	/*
	 * A token from before a backup was restored is taken too: up to the
	 * backup positions mean the same, and what lies after it comes by /sync.
	 */
	*ret = pos > now ? now : pos;
	return true;
}

bool read_dir(struct rq *rq, char otherwise, bool *ret_forward)
{
	const char *s = rq_query(rq, "dir");
	char dir = s && (!strcmp(s, "b") || !strcmp(s, "f")) ? *s : s ? '\0' : otherwise;
	if (!dir)
		bad(rq, "dir", _("b or f"));
	*ret_forward = dir == 'f';
	return dir != '\0';
}

bool read_filter(struct rq *rq, struct event_filter *ret)
{
	JSON_AUTO json_t *j = NULL;
	struct err err = {0};
	const char *s = rq_query(rq, "filter");
	if (s && strlen(s) > FILTER_BYTES_MAX) {
		bad(rq, "filter", _("shorter"));
		return false;
	}
	int rc = s && *s ? json_parse_object(span_of(s), &j, &err) : 0;
	if (rc) {
		rq_error(rq, 400, "M_NOT_JSON", _("\"filter\": %s"), err.msg);
		return false;
	}
	return opened(rq, event_filter_compile(j, ret, &err), &err);
}
