#include "tests/lib/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/accounts/hash.h"
#include "server/accounts/user.h"
#include "server/sync/hub.h"
#include "tests/lib/tmpdir.h"

#include <pthread.h>
#include <string.h>

#define TIMEOUT_MS 300000

struct test_server_thread {
	pthread_t id;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct test_server *t;
	struct loop *loop;
	struct err err;
	bool ready;
	int rc;
};

static void *serve(void *arg)
{
	struct test_server_thread *th = arg;
	struct loop *l = loop_new();
	struct server *srv = NULL;
	th->rc = server_start(l, &th->t->opt, &srv, &th->err);
	pthread_mutex_lock(&th->lock);
	th->t->srv = srv;
	th->loop = l;
	th->ready = true;
	pthread_cond_signal(&th->cond);
	pthread_mutex_unlock(&th->lock);
	if (!th->rc) {
		/* Presence would answer long polls whenever it likes: tests call status_look. */
		if (srv->hub->status_timer)
			loop_timer_stop(srv->hub->status_timer);
		loop_run(l);
	}
	server_stop(srv);
	loop_free(l);
	return NULL;
}

void test_server_start(struct test_server *t)
{
	struct test_server_thread *th = NEW(struct test_server_thread);
	if (!t->dir[0])
		tmpdir_make(t->dir);
	t->opt.data_dir = t->dir;
	if (!t->opt.listen)
		t->opt.listen = "127.0.0.1:0";
	if (!t->opt.udp_port)
		t->opt.udp_port = SERVE_ANY_PORT;
	th->t = t;
	t->thread = th;
	pthread_mutex_init(&th->lock, NULL);
	pthread_cond_init(&th->cond, NULL);
	pthread_create(&th->id, NULL, serve, th);
	pthread_mutex_lock(&th->lock);
	while (!th->ready)
		pthread_cond_wait(&th->cond, &th->lock);
	pthread_mutex_unlock(&th->lock);
	if (th->rc)
		fail_msg("the server does not start: %s", th->err.msg);
	snprintf(t->url, sizeof(t->url), "%s", t->srv->base_url);
	t->loop = loop_new();
	t->http = http_new(t->loop, &(struct http_options){0});
}

static void stop_loop(void *arg)
{
	loop_stop(arg);
}

void test_server_stop(struct test_server *t)
{
	struct test_server_thread *th = t->thread;
	if (!th)
		return;
	http_free(t->http);
	loop_free(t->loop);
	loop_post(th->loop, stop_loop, th->loop);
	pthread_join(th->id, NULL);
	pthread_mutex_destroy(&th->lock);
	pthread_cond_destroy(&th->cond);
	mem_free(th);
	t->thread = NULL;
	t->srv = NULL;
}

void test_server_done(struct test_server *t)
{
	test_server_stop(t);
	if (t->dir[0])
		tmpdir_remove(t->dir);
	t->dir[0] = '\0';
}

struct visit {
	struct test_server_thread *th;
	loop_fn *fn;
	void *arg;
	bool done;
};

static void finish_visit(struct visit *v)
{
	struct test_server_thread *th = v->th;
	pthread_mutex_lock(&th->lock);
	v->done = true;
	pthread_cond_signal(&th->cond);
	pthread_mutex_unlock(&th->lock);
}

static void wait_visit(struct visit *v)
{
	pthread_mutex_lock(&v->th->lock);
	while (!v->done)
		pthread_cond_wait(&v->th->cond, &v->th->lock);
	pthread_mutex_unlock(&v->th->lock);
}

static void run_visit(void *arg)
{
	struct visit *v = arg;
	v->fn(v->arg);
	finish_visit(v);
}

void test_server_run(struct test_server *t, loop_fn *fn, void *arg)
{
	struct visit v = {t->thread, fn, arg, false};
	loop_post(t->thread->loop, run_visit, &v);
	wait_visit(&v);
}

int test_call(struct test_server *t, const char *method, const char *path, const char *token,
	      const char *body, json_t **ret)
{
	struct err err = {0};
	struct http_reply reply = {0};
	struct buf b = BUF_INIT(64 << 20);
	char *url = mem_printf("%s%s", t->url, path);
	struct http_request rq = {.method = method,
				  .url = url,
				  .bearer = token,
				  .body = span_of(body),
				  .timeout_ms = TIMEOUT_MS};
	if (http_perform(t->http, &rq, &reply, &b, &err))
		fail_msg("%s %s: %s", method, path, err.msg);
	if (ret) {
		*ret = NULL;
		json_parse(buf_span(&b), ret, NULL);
	}
	buf_done(&b);
	mem_free(url);
	return reply.status;
}

static json_t *call_v(struct test_server *t, int *ret_status, const char *method, const char *path,
		      const char *token, const char *fmt, va_list ap)
{
	json_t *j;
	struct buf b = BUF_INIT(16 << 20);
	if (fmt)
		buf_vprintf(&b, fmt, ap);
	*ret_status = test_call(t, method, path, token, fmt ? buf_str(&b) : NULL, &j);
	buf_done(&b);
	return j;
}

json_t *test_json(struct test_server *t, int status, const char *method, const char *path,
		  const char *token, const char *fmt, ...)
{
	int got;
	va_list ap;
	va_start(ap, fmt);
	json_t *j = call_v(t, &got, method, path, token, fmt, ap);
	va_end(ap);
	char *text = j ? json_text(j) : mem_strdup("(no JSON)");
	if (got != status || !j)
		fail_msg("%s %s: %d %s, expected %d", method, path, got, text, status);
	mem_free(text);
	return j;
}

void test_error(struct test_server *t, int status, const char *errcode, const char *method,
		const char *path, const char *token, const char *fmt, ...)
{
	int got;
	va_list ap;
	va_start(ap, fmt);
	json_t *j = call_v(t, &got, method, path, token, fmt, ap);
	va_end(ap);
	char *text = j ? json_text(j) : mem_strdup("(no JSON)");
	const char *code = json_get_str(j, "errcode");
	if (got != status || !code || strcmp(code, errcode) != 0 || !json_get_str(j, "error"))
		fail_msg("%s %s: %d %s, expected %d %s", method, path, got, text, status, errcode);
	mem_free(text);
	json_decref(j);
}

struct adding {
	struct visit v;
	struct test_server *t;
	struct person_new *people;
	char hash[HASH_TEXT_SIZE];
	int n, left, rc;
};

struct person_new {
	struct adding *all;
	char user_id[USER_ID_SIZE];
	bool admin;
};

static int add_run(struct db_tx *tx, void *arg, struct err *err)
{
	struct person_new *p = arg;
	int64_t nid;
	struct user_new u = {.user_id = p->user_id, .hash = p->all->hash, .admin = p->admin};
	return user_create(tx, &u, &nid, err);
}

static void add_done(void *arg, int rc, const struct err *err)
{
	struct adding *a = ((struct person_new *)arg)->all;
	(void)err;
	a->rc = a->rc ? a->rc : rc;
	if (!--a->left)
		finish_visit(&a->v);
}

static void add_start(void *arg)
{
	struct adding *a = arg;
	for (int i = 0; i < a->n; i++)
		db_submit(a->t->srv->db, add_run, add_done, &a->people[i]);
}

static void add(struct test_server *t, struct person_new *people, int n, const char *password)
{
	struct adding a = {.v = {.th = t->thread}, .t = t, .people = people, .n = n, .left = n};
	hash_make(span_of(password), a.hash);
	for (int i = 0; i < n; i++)
		people[i].all = &a;
	loop_post(t->thread->loop, add_start, &a);
	wait_visit(&a.v);
	assert_int_equal(a.rc, 0);
}

void test_add_user(struct test_server *t, const char *name, bool admin)
{
	struct person_new p = {.admin = admin};
	AUTO_FREE char *password = mem_printf("password of %s", name);
	snprintf(p.user_id, sizeof(p.user_id), "@%s:%s", name, t->srv->name);
	add(t, &p, 1, password);
}

void test_add_people(struct test_server *t, const char *prefix, int n)
{
	struct person_new *people = mem_alloc((size_t)n * sizeof(*people));
	for (int i = 0; i < n; i++) {
		people[i].admin = false;
		snprintf(people[i].user_id, sizeof(people[i].user_id), "@%s%d:%s", prefix, i,
			 t->srv->name);
	}
	add(t, people, n, "a password");
	mem_free(people);
}

char *test_login(struct test_server *t, const char *name, const char *device_id)
{
	json_t *j =
		test_json(t, 200, "POST", "/_matrix/client/v3/login", NULL,
			  "{\"type\":\"m.login.password\",\"identifier\":{\"type\":\"m.id.user\","
			  "\"user\":\"%s\"},\"password\":\"password of %s\"%s%s%s}",
			  name, name, device_id ? ",\"device_id\":\"" : "",
			  device_id ? device_id : "", device_id ? "\"" : "");
	char *token = mem_strdup(json_get_str(j, "access_token"));
	json_decref(j);
	return token;
}
