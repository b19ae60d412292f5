#include "tests/lib/crowd.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/rtc/dtls.h"
#include "tests/lib/crowd_priv.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define CROWD_HTTP_MAX 256 /* connections by which people come */
#define SEEN_BYTES (CROWD_WINDOW_MAX / 8)

int64_t crowd_us(void)
{
	return clock_mono_ns() / 1000;
}

void crowd_fail(struct crowd *c, const char *fmt, ...)
{
	va_list ap;
	if (c->trouble[0])
		return;
	va_start(ap, fmt);
	vsnprintf(c->trouble, sizeof(c->trouble), fmt, ap);
	va_end(ap);
}

const char *crowd_trouble(const struct crowd *c)
{
	return c->trouble[0] ? c->trouble : NULL;
}

/* -- Times -------------------------------------------------------------------------- */

/* Up to 8 each, then eight steps for each doubling. */
static int step_of(int64_t us)
{
	uint64_t v = us > 0 ? (uint64_t)us : 0;
	if (v < 16)
		return (int)v;
	int log = 63 - __builtin_clzll(v);
	int i = (log - 3) * 8 + (int)(v >> (log - 3) & 7) + 8;
	return i < CROWD_STEPS ? i : CROWD_STEPS - 1;
}

/* The largest value of a step. */
static int64_t top_of(int i)
{
	if (i < 16)
		return i;
	int log = (i - 8) / 8 + 3;
	return ((int64_t)(8 + (i - 8) % 8 + 1) << (log - 3)) - 1;
}

void crowd_times_add(struct crowd_times *t, int64_t us)
{
	t->n[step_of(us)]++;
	t->all++;
	if (us > t->max)
		t->max = us;
}

int64_t crowd_times_at(const struct crowd_times *t, double share)
{
	uint64_t want = (uint64_t)((double)t->all * share), sum = 0;
	for (int i = 0; i < CROWD_STEPS; i++) {
		sum += t->n[i];
		if (sum > want) {
			int64_t top = top_of(i);
			return top < t->max ? top : t->max;
		}
	}
	return t->max;
}

/* -- Time ----------------------------------------------------------------------------- */

/* People are spread over the ticks of a frame, as they are in life. */
static void talk_slot(struct crowd *c, int64_t now)
{
	int slot = (int)(c->talk_ms / CROWD_TICK_MS % CROWD_TICKS);
	for (int i = slot; i < c->o.open; i += CROWD_TICKS)
		if (!c->people[i].moved || c->people[i].published)
			crowd_person_say(&c->people[i], now);
	crowd_times_add(&c->late, (now - c->talk_ms) * 1000);
	c->talk_ms += CROWD_TICK_MS;
}

/* Of every second, the next in turn who is settled: the others are to hear nothing of it. */
static void move_one(struct crowd *c)
{
	for (int i = 0; i < c->came; i++) {
		struct crowd_person *p = &c->people[c->moves++ % c->came];
		if (p->number % 2 && !p->whep && !p->speaks && p->connected_us &&
		    (!p->publishes || p->published)) {
			crowd_person_again(p);
			return;
		}
	}
}

static void churn(struct crowd *c, int64_t now)
{
	c->churn_due += (double)(now - c->churn_at) * c->churn_per_s / 1000;
	c->churn_at = now;
	for (; c->churn_due >= 1; c->churn_due--)
		move_one(c);
}

void crowd_churn(struct crowd *c, int per_second)
{
	c->churn_per_s = per_second;
	c->churn_at = clock_mono_ms();
}

static void on_tick(void *arg)
{
	struct crowd *c = arg;
	int64_t now = clock_mono_ms();
	while (c->talking && c->talk_ms <= now)
		talk_slot(c, now);
	c->tick++;
	/* Those who are connected have time. */
	for (int i = 0; i < c->came; i++) {
		struct crowd_person *p = &c->people[i];
		bool settled = p->connected_us && (!p->publishes || p->published);
		if (!settled || (i + c->tick) % CROWD_TICKS == 0)
			crowd_person_tick(p, now);
	}
	if (c->forge_per_s)
		crowd_forge_tick(c, now);
	if (c->churn_per_s)
		churn(c, now);
}

/* -- Life ------------------------------------------------------------------------------ */

static void person_init(struct crowd *c, int i)
{
	struct crowd_person *p = &c->people[i];
	p->crowd = c;
	p->number = i;
	p->publishes = i < c->o.open;
	p->speaks = i < c->o.speak;
	p->whep = c->o.whep_url && !p->publishes;
	p->pub.fd = p->sub.fd = -1;
	p->pub.person = p->sub.person = p;
	snprintf(p->identity, sizeof(p->identity), "person-%d", i);
	snprintf(p->cid, sizeof(p->cid), "voice-%d", i);
	for (int k = 0; k < c->o.speak; k++)
		if (k != i)
			p->heard[k].seen = mem_alloc(SEEN_BYTES);
}

struct crowd *crowd_new(struct loop *l, const struct crowd_options *o, struct err *err)
{
	struct crowd *c = NEW(struct crowd);
	c->loop = l;
	c->o = *o;
	c->stranger = -1;
	if (o->speak > CROWD_SPEAKERS_MAX || o->speak > o->open || o->open > o->people)
		err_set(err, ERR_USAGE, "at most %d speak, of those whose microphones are open",
			CROWD_SPEAKERS_MAX);
	else if (!crowd_sounds_make(&c->sounds, err) && (c->wsc = ws_client_new(l, err)))
		c->cert = dtls_cert_new(err);
	if (!c->cert) {
		crowd_free(c);
		return NULL;
	}
	if (o->whep_url)
		c->http = http_new(l, &(struct http_options){.max_per_host = CROWD_HTTP_MAX});
	c->people = mem_alloc((size_t)o->people * sizeof(*c->people));
	for (int i = 0; i < o->people; i++)
		person_init(c, i);
	c->timer = loop_timer_new(l, on_tick, c);
	loop_timer_start(c->timer, CROWD_TICK_MS, CROWD_TICK_MS);
	return c;
}

void crowd_free(struct crowd *c)
{
	if (!c)
		return;
	loop_timer_free(c->timer);
	http_free(take(&c->http));
	for (int i = 0; c->people && i < c->o.people; i++)
		crowd_person_done(&c->people[i]);
	ws_client_free(c->wsc);
	dtls_cert_unref(c->cert);
	if (c->stranger >= 0)
		close(c->stranger);
	mem_free(c->people);
	mem_free(c);
}

static void enter(struct crowd *c, int n)
{
	if (!c->began_us)
		c->began_us = crowd_us();
	for (; c->came < n; c->came++) {
		struct crowd_person *p = &c->people[c->came];
		(p->whep ? crowd_listen_enter : crowd_person_enter)(p);
	}
}

void crowd_enter_publishers(struct crowd *c)
{
	enter(c, c->o.open);
}

void crowd_enter_listeners(struct crowd *c)
{
	c->listeners_us = crowd_us();
	enter(c, c->o.people);
}

bool crowd_is_in(struct crowd *c)
{
	for (int i = 0; i < c->came; i++) {
		const struct crowd_person *p = &c->people[i];
		if (!p->connected_us || (p->publishes && !p->published))
			return false;
	}
	return true;
}

void crowd_talk(struct crowd *c)
{
	c->talking = true;
	c->talk_ms = clock_mono_ms();
}

bool crowd_hears(struct crowd *c)
{
	for (int i = 0; i < c->came; i++)
		for (int k = 0; k < c->o.speak; k++)
			if (k != i && !c->people[i].heard[k].arrived_us)
				return false;
	if (!c->all_hear_us)
		c->all_hear_us = crowd_us();
	return true;
}

static uint64_t numbers_lost(const struct crowd *c, int64_t *ret_lost)
{
	uint64_t nacked = 0;
	*ret_lost = 0;
	for (int i = 0; i < c->came; i++) {
		struct peer_stats s;
		if (!c->people[i].sub.peer)
			continue;
		peer_stats(c->people[i].sub.peer, &s);
		nacked += s.nacked;
		*ret_lost += s.lost;
	}
	return nacked;
}

void crowd_begin(struct crowd *c)
{
	for (int i = 0; i < c->o.speak; i++) {
		c->people[i].from = c->people[i].number_next;
		c->people[i].to = c->people[i].from + CROWD_WINDOW_MAX;
	}
	c->late = (struct crowd_times){0};
	c->others = c->signals = c->signal_bytes = 0;
	c->drops_before = c->own_drops;
	c->counting = true;
}

void crowd_end(struct crowd *c)
{
	for (int i = 0; i < c->o.speak; i++)
		if (c->people[i].number_next < c->people[i].to)
			c->people[i].to = c->people[i].number_next;
}

bool crowd_has_all(struct crowd *c)
{
	for (int i = 0; i < c->came; i++) {
		const struct crowd_person *p = &c->people[i];
		for (int k = 0; k < c->o.speak; k++)
			if (k != i && !p->moved &&
			    p->heard[k].in_window < c->people[k].to - c->people[k].from)
				return false;
	}
	return true;
}

/* -- What came of it ------------------------------------------------------------------------- */

static void count_voice(const struct crowd *c, int k, struct crowd_voice *ret)
{
	*ret = (struct crowd_voice){
		.said = c->people[k].to - c->people[k].from,
		.repeated = c->repeated[k],
		.reordered = c->reordered[k],
	};
	for (int i = 0; i < c->came; i++) {
		if (c->people[i].moved || i == k)
			continue;
		ret->heard += c->people[i].heard[k].in_window;
		ret->expected += ret->said;
	}
}

static void count_heard(const struct crowd *c, struct crowd_report *ret)
{
	ret->voices_n = c->o.speak;
	for (int k = 0; k < c->o.speak; k++) {
		struct crowd_voice *v = &ret->voices[k];
		count_voice(c, k, v);
		ret->said += v->said;
		ret->expected += v->expected;
		ret->heard += v->heard;
		ret->repeated += v->repeated;
		ret->reordered += v->reordered;
	}
	ret->lost = ret->expected - ret->heard;
	for (int i = 0; i < c->came; i++) {
		bool whole = true;
		ret->moves += c->people[i].moved;
		for (int k = 0; k < c->o.speak; k++)
			whole &= i == k || c->people[i].moved ||
				 c->people[i].heard[k].in_window == ret->voices[k].said;
		ret->unhappy += !whole;
	}
}

static void count_joins(const struct crowd *c, struct crowd_report *ret)
{
	struct crowd_times join = {0}, media = {0};
	for (int i = 0; i < c->came; i++) {
		const struct crowd_person *p = &c->people[i];
		if (p->connected_us) {
			crowd_times_add(&join, p->connected_us - p->began_us);
			ret->in++;
		}
		if (p->media_us && !p->publishes)
			crowd_times_add(&media, p->media_us - p->began_us);
	}
	ret->join_p50 = crowd_times_at(&join, 0.5);
	ret->join_p99 = crowd_times_at(&join, 0.99);
	ret->join_max = join.max;
	ret->media_p50 = crowd_times_at(&media, 0.5);
	ret->media_p99 = crowd_times_at(&media, 0.99);
}

void crowd_report(struct crowd *c, struct crowd_report *ret)
{
	*ret = (struct crowd_report){
		.people = c->came,
		.all_in = c->all_in_us - c->began_us,
		.all_hear = c->all_hear_us ? c->all_hear_us - c->listeners_us : 0,
		.others = c->others,
		.gap_p99 = crowd_times_at(&c->gap, 0.99),
		.gap_max = c->gap.max,
		.delay_p50 = crowd_times_at(&c->delay, 0.5),
		.delay_p99 = crowd_times_at(&c->delay, 0.99),
		.delay_max = c->delay.max,
		.storm_p99 = crowd_times_at(&c->storm, 0.99),
		.storm_max = c->storm.max,
		.signals = c->signals,
		.signal_bytes = c->signal_bytes,
		.late_p99 = crowd_times_at(&c->late, 0.99),
		.late_max = c->late.max,
		.own_drops = c->own_drops - c->drops_before,
	};
	memcpy(ret->forged, c->forged, sizeof(ret->forged));
	count_heard(c, ret);
	count_joins(c, ret);
	ret->asked_again = numbers_lost(c, &ret->numbers_lost);
}
