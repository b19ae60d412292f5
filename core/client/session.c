#include "core/client/session.h"

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/session_priv.h"
#include "core/matrix/reply.h"

#include <time.h>

#define MAX_TRIES 5
#define MAX_LIMITED_TRIES 10
#define MAX_WAIT_MS 120000 /* in all, for one request without a deadline */

void session_set_deadline(struct session *s, int64_t mono_ms)
{
	s->deadline_ms = mono_ms;
}

void session_set_cancel_flag(struct session *s, const int *flag)
{
	s->cancel = flag;
}

void session_set_offline_flag(struct session *s, const int *flag)
{
	s->offline = flag;
}

void session_use_token(struct session *s, const char *token)
{
	secrets_done(&s->secrets);
	s->secrets.access_token = mem_strdup(token);
	s->have_secrets = true;
}

const char *session_base_url(const struct session *s)
{
	return s->base;
}

int session_load_token(struct session *s, struct err *err)
{
	if (s->have_secrets)
		return 0;
	int rc = account_secrets_load(s->account, &s->secrets, err);
	s->have_secrets = rc == 0;
	return rc;
}

bool session_token_is_stale(const struct session *s)
{
	return s->secrets.refresh_token && s->secrets.expires_ms &&
	       clock_wall_ms() > s->secrets.expires_ms - 2000;
}

static bool is_cancelled(const struct session *s)
{
	return s->cancel && __atomic_load_n(s->cancel, __ATOMIC_RELAXED);
}

static bool is_offline(const struct session *s)
{
	return s->offline && __atomic_load_n(s->offline, __ATOMIC_RELAXED);
}

int session_attempt_ms(const struct session *s, const struct session_request *rq, int *ret_ms,
		       struct err *err)
{
	bool file = rq->body_file || rq->save_file;
	int64_t ms = rq->timeout_ms ? rq->timeout_ms : file ? 0 : 60000;
	if (is_cancelled(s))
		return err_set(err, ERR_CANCELLED, _("stopped before it was done"));
	if (s->deadline_ms) {
		int64_t left = s->deadline_ms - clock_mono_ms();
		if (left <= 0)
			return err_set(err, ERR_CANCELLED, _("the time limit was reached"));
		if (!ms || left < ms)
			ms = left;
	}
	*ret_ms = (int)ms;
	return 0;
}

/* So that a cancel is heard while an answer is waited for. */
static bool on_wait(int64_t done, int64_t total, void *arg)
{
	(void)done;
	(void)total;
	return is_cancelled(arg);
}

struct http_request session_http_request(const struct session *s, const struct session_request *rq,
					 const char *url, int timeout_ms)
{
	bool writes = strcmp(rq->method, "POST") == 0 || strcmp(rq->method, "PUT") == 0;
	bool file = rq->body_file || rq->save_file;
	return (struct http_request){
		.method = rq->method,
		.url = url,
		.bearer = rq->anonymous ? NULL : s->secrets.access_token,
		.content_type = rq->content_type,
		.body = !rq->body.n && writes && !rq->body_file ? SPAN_LIT("{}") : rq->body,
		.body_file = rq->body_file,
		.save_file = rq->save_file,
		.max_reply = rq->max_reply,
		.timeout_ms = timeout_ms,
		.idle_timeout_ms = file ? 60000 : 0,
		.follow_redirects = rq->save_file != NULL,
		.progress = rq->progress ? rq->progress
			    : s->cancel	 ? on_wait
					 : NULL,
		.progress_arg = rq->progress ? rq->progress_arg : (void *)s,
	};
}

static bool may_repeat(const struct session_request *rq)
{
	return !rq->once && (rq->repeatable || strcmp(rq->method, "POST") != 0);
}

/* 200 ms, doubled each time, up to 5 s, and a quarter of it by chance. */
static int backoff_ms(int tries)
{
	uint16_t dice;
	int ms = tries < 5 ? 200 << tries : 5000;
	crypto_random(&dice, sizeof(dice));
	return ms + ms * (dice % 256) / 1024;
}

static enum session_next wait_or_fail(const struct session *s, struct attempts *at, int ms,
				      int *ret_wait_ms)
{
	if (at->waited_ms + ms > MAX_WAIT_MS ||
	    (s->deadline_ms && clock_mono_ms() + ms >= s->deadline_ms) || is_cancelled(s))
		return SESSION_FAIL;
	at->tries++;
	at->waited_ms += ms;
	*ret_wait_ms = ms;
	return SESSION_WAIT;
}

static enum session_next judge_reply(struct session *s, const struct session_request *rq,
				     struct attempts *at, const struct http_reply *reply,
				     int *ret_wait_ms, struct err *err)
{
	struct err got = {0};
	int code = mx_reply_error(reply->status, reply->body, reply->retry_after_ms, &got);
	if (err)
		*err = got;
	if (reply->status == 401 && !rq->anonymous && s->account && !at->renewed &&
	    strcmp(got.errcode, "M_UNKNOWN_TOKEN") == 0) {
		at->renewed = true;
		return SESSION_RENEW;
	}
	/* A refused request was not carried out: any method may be repeated. */
	if (code == ERR_LIMITED && !rq->once && at->tries < MAX_LIMITED_TRIES)
		return wait_or_fail(s, at,
				    got.retry_after_ms > 0 ? got.retry_after_ms
							   : backoff_ms(at->tries + 1),
				    ret_wait_ms);
	if (reply->status >= 500 && reply->status != 501 && may_repeat(rq) && at->tries < MAX_TRIES)
		return wait_or_fail(s, at, backoff_ms(at->tries), ret_wait_ms);
	return SESSION_FAIL;
}

/* What stands behind the question mark may be a secret, and what is sent surely is. */
static void note(const struct session_request *rq, int rc, const struct http_reply *reply)
{
	int n = rq->path ? (int)strcspn(rq->path, "?") : 0;
	if (rc)
		log_debug("%s %.*s: %s", rq->method, n, rq->path ? rq->path : "",
			  err_exit_row(rc)->name);
	else
		log_debug("%s %.*s: %d", rq->method, n, rq->path ? rq->path : "", reply->status);
}

enum session_next session_judge(struct session *s, const struct session_request *rq,
				struct attempts *at, int rc, const struct http_reply *reply,
				int *ret_wait_ms, struct err *err)
{
	note(rq, rc, reply);
	if (!rc && reply->status >= 200 && reply->status < 300)
		return SESSION_DONE;
	if (!rc)
		return judge_reply(s, rq, at, reply, ret_wait_ms, err);
	/* One attempt's own time limit is network trouble, the caller's is not. */
	bool ours = s->deadline_ms && clock_mono_ms() >= s->deadline_ms;
	if (rc == ERR_CANCELLED && !ours && !is_cancelled(s) && rq->timeout_ms == 0 && err) {
		err->code = ERR_NETWORK;
		rc = ERR_NETWORK;
	}
	if (rc == ERR_NETWORK && !is_offline(s) && may_repeat(rq) && at->tries < MAX_TRIES)
		return wait_or_fail(s, at, backoff_ms(at->tries), ret_wait_ms);
	return SESSION_FAIL;
}

static void nap(const struct session *s, int ms)
{
	/* In slices, so that a cancel is heard. */
	for (; ms > 0 && !is_cancelled(s); ms -= 50) {
		struct timespec t = {0, (ms < 50 ? ms : 50) * 1000000L};
		nanosleep(&t, NULL);
	}
}

static int renew(struct session *s, struct err *err)
{
	struct secrets got = {0};
	int64_t left = s->deadline_ms ? s->deadline_ms - clock_mono_ms() : 30000;
	int rc = token_renew(s->account, s->ca_file, s->secrets.access_token,
			     left < 1 ? 1 : (int)(left > 30000 ? 30000 : left), &got, err);
	if (rc)
		return rc;
	secrets_done(&s->secrets);
	s->secrets = got;
	return 0;
}

static int prepare(struct session *s, const struct session_request *rq, struct err *err)
{
	if (rq->anonymous || !s->account)
		return 0;
	int rc = session_load_token(s, err);
	return !rc && session_token_is_stale(s) ? renew(s, err) : rc;
}

int session_raw(struct session *s, const struct session_request *rq, struct buf *body,
		struct err *err)
{
	struct attempts at = {0};
	struct err own;
	AUTO_FREE char *url = mem_printf("%s%s", s->base, rq->path);
	if (!err)
		err = &own;
	int rc = prepare(s, rq, err);
	while (!rc) {
		struct http_reply reply = {0};
		size_t start = body->n;
		int ms, wait_ms = 0;
		rc = session_attempt_ms(s, rq, &ms, err);
		if (rc)
			break;
		struct http_request hr = session_http_request(s, rq, url, ms);
		rc = http_perform(s->http, &hr, &reply, body, err);
		enum session_next next = session_judge(s, rq, &at, rc, &reply, &wait_ms, err);
		if (next == SESSION_DONE)
			return 0;
		if (next == SESSION_FAIL)
			return err->code;
		buf_truncate(body, start);
		if (next == SESSION_WAIT)
			nap(s, wait_ms);
		rc = next == SESSION_RENEW ? renew(s, err) : 0;
	}
	return rc;
}

int session_json(struct session *s, const struct session_request *rq, json_t **ret, struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_SYNC_REPLY);
	JSON_AUTO json_t *j = NULL;
	int rc = session_raw(s, rq, &body, err);
	if (rc)
		return rc;
	if (json_parse_object(buf_span(&body), &j, err)) {
		err_prefix(err, _("the server's reply"));
		if (err)
			err->code = ERR_PROTOCOL;
		return ERR_PROTOCOL;
	}
	if (ret)
		*ret = take(&j);
	return 0;
}

int session_do(struct session *s, struct request rq, json_t **ret, struct err *err)
{
	struct session_request sr = {
		.method = rq.method,
		.path = buf_str(&rq.path),
		.body = buf_span(&rq.body),
		.anonymous = rq.anonymous,
		.repeatable = rq.repeatable,
	};
	int rc = session_json(s, &sr, ret, err);
	request_done(&rq);
	return rc;
}

int session_get(struct session *s, const char *path, json_t **ret, struct err *err)
{
	return session_json(s, &(struct session_request){.method = "GET", .path = path}, ret, err);
}
