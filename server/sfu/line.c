#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

#define CLOSE_NOT_BINARY 1003
#define CLOSE_TOO_OFTEN 1008
#define CLOSE_TOO_LONG 1009

struct sfu_line *sfu_line_new(struct sfu *s)
{
	struct sfu_line *l = NEW(struct sfu_line);
	l->sfu = s;
	l->next = s->lines;
	if (s->lines)
		s->lines->prev = l;
	s->lines = l;
	s->lines_n++;
	return l;
}

void sfu_line_free(struct sfu_line *l)
{
	if (l->sfu) {
		*(l->prev ? &l->prev->next : &l->sfu->lines) = l->next;
		if (l->next)
			l->next->prev = l->prev;
		l->sfu->lines_n--;
	}
	mem_free(l);
}

/* What the SFU's thread gets. */
struct message {
	struct sfu_engine *engine;
	struct sfu_line *line;
	size_t n;
	char data[];
};

static void on_data(void *arg)
{
	struct message *m = arg;
	struct sfu_person *p = m->line->person;
	int64_t now = clock_mono_ms();
	if (p)
		sfu_signal_in(p, (struct span){m->data, m->n}, now);
	sfu_engine_settle(m->engine, now);
	mem_free(m);
}

static void on_gone(void *arg)
{
	struct message *m = arg;
	struct sfu_out *o = NEW(struct sfu_out);
	int64_t now = clock_mono_ms();
	if (m->line->person)
		sfu_person_away(m->line->person, now);
	*o = (struct sfu_out){.kind = SFU_OUT_RELEASE, .line = m->line};
	sfu_engine_put(m->engine, o);
	sfu_engine_settle(m->engine, now);
	mem_free(m);
}

static void post(struct sfu_line *l, loop_fn *fn, struct span data)
{
	struct message *m = mem_alloc(sizeof(*m) + data.n);
	m->engine = l->sfu->engine;
	m->line = l;
	m->n = data.n;
	if (data.n)
		memcpy(m->data, data.p, data.n);
	loop_post(worker_loop(l->sfu->worker), fn, m);
}

void sfu_line_arrive(struct sfu_line *l, struct httpd_ws *ws, struct sfu_arrival *steal)
{
	struct sfu_arrival *a = mem_dup(steal, sizeof(*steal));
	a->engine = l->sfu->engine;
	a->line = l;
	l->ws = ws;
	loop_post(worker_loop(l->sfu->worker), sfu_join, a);
}

/* May it send this much now? */
static bool allowed(struct sfu_line *l, size_t n)
{
	int64_t now = clock_mono_ms();
	return budget_take(&l->messages, now, 1, SFU_SIGNAL_PER_S, SFU_SIGNAL_BURST) &&
	       budget_take(&l->bytes, now, (double)n, SFU_SIGNAL_BYTES_PER_S,
			   SFU_SIGNAL_BURST_BYTES);
}

static void on_message(struct httpd_ws *w, struct span data, bool binary, void *arg)
{
	struct sfu_line *l = arg;
	if (!l->sfu)
		return;
	if (!binary)
		httpd_ws_close(w, CLOSE_NOT_BINARY);
	else if (data.n > SFU_SIGNAL_BYTES_MAX)
		httpd_ws_close(w, CLOSE_TOO_LONG);
	else if (!allowed(l, data.n))
		httpd_ws_close(w, CLOSE_TOO_OFTEN);
	else
		post(l, on_data, data);
}

static void on_closed(struct httpd_ws *w, int code, void *arg)
{
	struct sfu_line *l = arg;
	(void)w;
	(void)code;
	l->ws = NULL;
	if (l->sfu)
		post(l, on_gone, (struct span){NULL, 0});
	else
		sfu_line_free(l);
}

const struct httpd_ws_handler sfu_line_handler = {.message = on_message, .closed = on_closed};
