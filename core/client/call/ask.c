#include "core/client/call/ask.h"

#include "core/base/i18n.h"

struct session_call *ask(struct session *s, struct request rq, int timeout_ms, bool once,
			 session_done_fn *fn, void *arg)
{
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.anonymous = rq.anonymous,
		.repeatable = rq.repeatable,
		.timeout_ms = timeout_ms,
		.max_reply = LIMIT_JSON_BODY,
		.once = once,
	};
	struct session_call *c = session_start(s, &sr, fn, arg);
	request_done(&rq);
	return c;
}

int ask_reply(struct span body, const struct err *err, json_t **ret, struct err *ret_err)
{
	if (err) {
		*ret_err = *err;
		return err->code;
	}
	if (!json_parse_object(body, ret, ret_err))
		return 0;
	err_prefix(ret_err, _("the server's reply"));
	return ret_err->code = ERR_PROTOCOL;
}
