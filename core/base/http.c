#include "core/base/http.h"

#include "core/base/http_xfer.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <uv.h>

struct http {
	struct loop *l; /* NULL: http_perform only */
	struct xfer_defaults defaults;
	char *user_agent, *ca_file;
	int max_per_host;
	CURLM *multi; /* made by the first http_start */
	CURL *easy;   /* of http_perform; keeps its connections */
	struct xfer last;
	bool last_used;
	struct loop_timer *clock; /* curl's */
	struct loop_timer *turn;  /* answers calls that ended without curl */
	struct http_call *calls;
	bool *gone;	/* set when freed inside a callback */
	unsigned turns; /* so that a call made while answering waits for the next turn */
};

struct http_call {
	struct http *h;
	struct http_call *next, **link;
	CURL *easy;
	struct xfer x;
	struct err early; /* ended before or beside curl */
	unsigned early_turn;
	bool added;
	http_done_fn *fn;
	void *arg;
};

struct http_sock {
	uv_poll_t poll;
	struct http *h;
	curl_socket_t fd;
};

static void global_init(void)
{
	/* curl cannot fend it off from TLS sockets without touching signals at each call. */
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		log_error("the HTTP library cannot start");
		abort();
	}
}

struct http *http_new(struct loop *l, const struct http_options *opt)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static const struct http_options none = {0};
	if (l)
		loop_assert_owner(l);
	if (!opt)
		opt = &none;
	pthread_once(&once, global_init);
	struct http *h = NEW(struct http);
	h->l = l;
	h->user_agent = mem_strdup(opt->user_agent ? opt->user_agent : "muster/" MUSTER_VERSION);
	h->ca_file = mem_strdup(opt->ca_file);
	h->max_per_host = opt->max_per_host ? opt->max_per_host : 6;
	h->defaults.user_agent = h->user_agent;
	h->defaults.ca_file = h->ca_file;
	h->defaults.connect_timeout_ms = opt->connect_timeout_ms ? opt->connect_timeout_ms : 10000;
	return h;
}

/* Detach from curl, tell the caller, release. */
static void answer(struct http_call *c, const struct http_reply *reply, const struct err *err)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->fn(reply, err, c->arg);
	if (c->easy)
		curl_easy_cleanup(c->easy);
	xfer_done(&c->x);
	mem_free(c);
}

static void detach(struct http_call *c)
{
	if (c->added)
		curl_multi_remove_handle(c->h->multi, c->easy);
	c->added = false;
}

static void finish(struct http_call *c, CURLcode rc)
{
	static const struct http_reply none = {.content_type = "", .disposition = ""};
	struct http_reply reply = none;
	struct err err = {0};
	detach(c);
	if (xfer_finish(&c->x, rc, &reply, &err) == 0)
		answer(c, &reply, NULL);
	else
		answer(c, &none, &err);
}

/* Answer what curl has finished. False when `h` was freed by a callback. */
static bool answer_finished(struct http *h)
{
	bool gone = false, *outer = h->gone;
	int left;
	CURLMsg *m;
	h->gone = &gone;
	while (!gone && (m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct http_call *c = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		finish(c, m->data.result);
	}
	if (!gone)
		h->gone = outer;
	else if (outer)
		*outer = true;
	return !gone;
}

static void act(struct http *h, curl_socket_t fd, int what)
{
	int running;
	curl_multi_socket_action(h->multi, fd, what, &running);
	answer_finished(h);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct http_sock *s = CONTAINER_OF(poll, struct http_sock, poll);
	int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
		   (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) |
		   (status < 0 ? CURL_CSELECT_ERR : 0);
	act(s->h, s->fd, what);
}

static void on_clock(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;
	(void)multi;
	if (ms < 0)
		loop_timer_stop(h->clock);
	else
		loop_timer_start(h->clock, (uint64_t)ms, 0);
	return 0;
}

static void on_sock_closed(uv_handle_t *handle)
{
	mem_free(CONTAINER_OF((uv_poll_t *)handle, struct http_sock, poll));
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *per_socket)
{
	struct http *h = arg;
	struct http_sock *s = per_socket;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s) {
			curl_multi_assign(h->multi, fd, NULL);
			uv_close((uv_handle_t *)&s->poll, on_sock_closed);
		}
		return 0;
	}
	if (!s) {
		s = NEW(struct http_sock);
		s->h = h;
		s->fd = fd;
		if (uv_poll_init_socket(loop_uv(h->l), &s->poll, fd) != 0) {
			mem_free(s);
			return -1;
		}
		curl_multi_assign(h->multi, fd, s);
	}
	return uv_poll_start(&s->poll,
			     (what & CURL_POLL_IN ? UV_READABLE : 0) |
				     (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
			     on_poll) == 0
		       ? 0
		       : -1;
}

static void on_turn(void *arg)
{
	static const struct http_reply none = {.content_type = "", .disposition = ""};
	struct http *h = arg;
	bool gone = false, *outer = h->gone;
	unsigned now = h->turns++;
	h->gone = &gone;
	for (struct http_call *c = h->calls, *next; !gone && c; c = next) {
		next = c->next;
		if (!c->early.code || c->early_turn != now)
			continue;
		detach(c);
		struct err err = c->early;
		answer(c, &none, &err);
		next = gone ? NULL : h->calls; /* the callback may have changed the list */
	}
	if (!gone)
		h->gone = outer;
	else if (outer)
		*outer = true;
}

static void open_multi(struct http *h)
{
	h->multi = curl_multi_init();
	h->clock = loop_timer_new(h->l, on_clock, h);
	h->turn = loop_timer_new(h->l, on_turn, h);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)h->max_per_host);
}

static void answer_next_turn(struct http_call *c)
{
	c->early_turn = c->h->turns;
	loop_timer_start(c->h->turn, 0, 0);
}

struct http_call *http_start(struct http *h, const struct http_request *rq, http_done_fn *fn,
			     void *arg)
{
	loop_assert_owner(h->l);
	if (!h->multi)
		open_multi(h);
	struct http_call *c = NEW(struct http_call);
	c->h = h;
	c->fn = fn;
	c->arg = arg;
	c->next = h->calls;
	c->link = &h->calls;
	if (c->next)
		c->next->link = &c->next;
	h->calls = c;
	c->easy = curl_easy_init();
	if (xfer_init(&c->x, c->easy, &h->defaults, rq, NULL, true, &c->early) == 0) {
		curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
		c->added = curl_multi_add_handle(h->multi, c->easy) == CURLM_OK;
		if (!c->added)
			err_set(&c->early, ERR_FAILED, _("the HTTP library refuses the request"));
	}
	if (!c->added)
		answer_next_turn(c);
	return c;
}

void http_cancel(struct http_call *c)
{
	loop_assert_owner(c->h->l);
	if (c->early.code)
		return;
	err_set(&c->early, ERR_CANCELLED, _("stopped before it was done"));
	detach(c); /* a reply that is complete already must not overtake */
	answer_next_turn(c);
}

void http_free(struct http *h)
{
	static const struct http_reply none = {.content_type = "", .disposition = ""};
	struct err cancelled;
	if (!h)
		return;
	if (h->l)
		loop_assert_owner(h->l);
	if (h->gone)
		*h->gone = true;
	h->gone = NULL;
	err_set(&cancelled, ERR_CANCELLED, _("stopped before it was done"));
	while (h->calls) {
		detach(h->calls);
		answer(h->calls, &none, &cancelled);
	}
	if (h->multi)
		curl_multi_cleanup(h->multi);
	if (h->last_used)
		xfer_done(&h->last);
	if (h->easy)
		curl_easy_cleanup(h->easy);
	loop_timer_free(h->clock);
	loop_timer_free(h->turn);
	mem_free(h->user_agent);
	mem_free(h->ca_file);
	mem_free(h);
}

int http_perform(struct http *h, const struct http_request *rq, struct http_reply *ret,
		 struct buf *ret_body, struct err *err)
{
	if (h->l)
		loop_assert_owner(h->l);
	if (h->last_used)
		xfer_done(&h->last);
	if (h->easy)
		curl_easy_reset(h->easy);
	else
		h->easy = curl_easy_init();
	h->last_used = true;
	int rc = xfer_init(&h->last, h->easy, &h->defaults, rq, ret_body, false, err);
	if (rc)
		return rc;
	return xfer_finish(&h->last, curl_easy_perform(h->easy), ret, err);
}

void http_put_segment(struct buf *b, struct span s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || (c && strchr("-._~", c));
		if (plain)
			buf_put_char(b, (char)c);
		else
			buf_put(b, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
	}
}
