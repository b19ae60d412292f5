#include "server/sfu/sfu.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"
#include "server/sfu/tcp.h"

static void tell_presence(const struct sfu *s, const struct sfu_out *o)
{
	const struct sfu_presence p = {o->room, o->identity, o->present,
				       o->way,	o->at_ms,    o->reason};
	if (s->presence)
		s->presence(s->arg, &p);
}

static void deliver(struct sfu *s, const struct sfu_out *o)
{
	struct sfu_line *l = o->line;
	switch (o->kind) {
	case SFU_OUT_SEND:
		/* Who does not read is not there. */
		if (l->ws && httpd_ws_send(l->ws, (struct span){o->blob->p, o->blob->n}, true) ==
				     ERR_TOO_LARGE)
			httpd_ws_close(l->ws, 1008);
		break;
	case SFU_OUT_CLOSE:
		if (l->ws)
			httpd_ws_close(l->ws, o->code);
		break;
	case SFU_OUT_RELEASE:
		sfu_line_free(l);
		break;
	case SFU_OUT_PRESENCE:
		tell_presence(s, o);
		break;
	case SFU_OUT_CALL:
		o->fn(o->arg);
		break;
	}
}

static void drain(void *arg)
{
	struct sfu *s = arg;
	struct sfu_out *o = sfu_outbox_take(&s->outbox);
	while (o) {
		struct sfu_out *next = o->next;
		deliver(s, o);
		sfu_out_free(o);
		o = next;
	}
}

void sfu_engine_put(struct sfu_engine *e, struct sfu_out *o)
{
	if (sfu_outbox_put(&e->front->outbox, o))
		loop_post(e->front->loop, drain, e->front);
}

static void release(void *arg)
{
	struct sfu *s = arg;
	mem_free(s->key);
	mem_free_secret(s->secret);
	mem_free(s);
}

int sfu_open(const struct sfu_options *o, struct sfu **ret, struct err *err)
{
	struct sfu *s = NEW(struct sfu);
	struct sfu_engine_start start = {.front = s, .opt = o};
	s->loop = o->loop;
	s->key = mem_strdup(o->key);
	s->secret = mem_strdup(o->secret);
	s->admit = o->admit;
	s->presence = o->presence;
	s->arg = o->arg;
	s->worker = worker_new("sfu");
	start.loop = worker_loop(s->worker);
	worker_call(s->worker, sfu_engine_open, &start);
	if (start.rc) {
		worker_free(s->worker);
		release(s);
		if (err)
			*err = start.err;
		return start.rc;
	}
	*ret = s;
	return 0;
}

/*
 * Wake-ups of the outbox may still be queued in the loop, so that `s` goes
 * behind them; lines go with their WebSockets.
 */
void sfu_close(struct sfu *s)
{
	if (!s)
		return;
	worker_call(s->worker, sfu_engine_stop, s->engine);
	worker_free(s->worker);
	drain(s);
	while (s->lines) {
		struct sfu_line *l = s->lines;
		s->lines = l->next;
		l->sfu = NULL;
		if (l->ws)
			httpd_ws_close(l->ws, 1001);
		else
			sfu_line_free(l);
	}
	s->presence = NULL;
	loop_post(s->loop, release, s);
}

int sfu_udp_port(const struct sfu *s)
{
	return s->udp_port;
}

static void count(struct sfu_engine *e, struct sfu_stats *ret)
{
	struct udp_stats udp;
	struct peer_refused no;
	struct sfu_tcp_stats tcp;
	*ret = e->stats;
	peer_mux_refused(e->mux, &no);
	ret->forged = no.forged;
	ret->replayed = no.replayed;
	ret->malformed = no.malformed;
	ret->unexpected = no.unexpected;
	ret->strangers = no.strangers;
	udp_stats(e->net.udp, &udp);
	ret->too_long = udp.too_long;
	sfu_tcp_stats(e->net.tcp, &tcp);
	ret->connections = tcp.connections;
	ret->turned_away = tcp.refused;
	ret->dropped = udp.send_dropped + udp.receive_dropped + tcp.dropped;
	ret->rooms = (int)e->rooms_n;
	ret->people = (int)e->people_n;
	for (const struct sfu_room *r = e->rooms; r; r = r->next)
		for (const struct sfu_person *p = r->people; p; p = p->next)
			ret->publishers += p->pub.tracks_n > 0;
}

struct question {
	struct sfu_engine *engine;
	struct sfu_stats *stats;
};

static void do_count(void *arg)
{
	const struct question *q = arg;
	count(q->engine, q->stats);
}

void sfu_stats(struct sfu *s, struct sfu_stats *ret)
{
	struct question q = {s->engine, ret};
	worker_call(s->worker, do_count, &q);
}
