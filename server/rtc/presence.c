#include "server/rtc/presence.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/rtc/presence_event.h"
#include "server/rtc/rtc.h"
#include "server/rtc/rtc_leave.h"

#include <stdio.h>
#include <string.h>

/* Somebody of whom the SFU has spoken lately. */
struct person {
	struct person *next;
	char *room, *identity;
	bool here; /* what the SFU said last, since when and why */
	enum sfu_way way, told_way;
	int64_t at_ms;
	char reason[24];
	bool told;	/* what was given to the writer last */
	int writing;	/* jobs under way */
	int64_t due_ms; /* monotonic: nothing is written before */
};

struct presence {
	struct server *srv;
	struct person *people;
	struct loop_timer *settle, *alive;
	int settle_ms;
	bool stopping;
};

struct write_job {
	struct presence *owner;
	struct person *person;
	struct presence_change change;
	char *room, *identity, *service_url;
	char reason[24];
	bool told; /* before it */
	enum sfu_way told_way;
};

static void consider(struct presence *p, struct person *who);

/* --- the list --- */

static struct person *person_of(struct presence *p, const struct sfu_presence *said)
{
	for (struct person *w = p->people; w; w = w->next)
		if (!strcmp(w->identity, said->identity) && !strcmp(w->room, said->room))
			return w;
	struct person *w = NEW(struct person);
	w->room = mem_strdup(said->room);
	w->identity = mem_strdup(said->identity);
	w->next = p->people;
	p->people = w;
	return w;
}

static void person_free(struct person *w)
{
	mem_free(w->room);
	mem_free(w->identity);
	mem_free(w);
}

static bool is_news(const struct person *w)
{
	return w->here != w->told || (w->here && w->way != w->told_way);
}

/* Is there something to do for them when their time comes? */
static bool waits(const struct person *w)
{
	return !w->writing && (is_news(w) || !w->here);
}

static void arm(struct presence *p)
{
	int64_t next = INT64_MAX, now = clock_mono_ms();
	for (const struct person *w = p->people; w; w = w->next)
		if (waits(w) && w->due_ms < next)
			next = w->due_ms;
	if (next == INT64_MAX || p->stopping)
		loop_timer_stop(p->settle);
	else
		loop_timer_start(p->settle, next > now ? (uint64_t)(next - now) : 0, 0);
}

static void forget_absent(struct presence *p)
{
	int64_t now = clock_mono_ms();
	for (struct person **at = &p->people; *at;) {
		struct person *w = *at;
		if (w->writing || w->here || w->told || w->due_ms > now) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		person_free(w);
	}
}

static void settle(void *arg)
{
	struct presence *p = arg;
	for (struct person *w = p->people; w; w = w->next)
		consider(p, w);
	forget_absent(p);
	arm(p);
}

/* --- writing --- */

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	const struct write_job *j = arg;
	return presence_write(tx, &j->change, err);
}

static void done(void *arg, int rc, const struct err *err)
{
	struct write_job *j = arg;
	struct presence *p = j->owner;
	struct person *w = j->person;
	w->writing--;
	if (rc) {
		log_error("a room was not told who is in its call: %s", err->msg);
		if (!w->writing) {
			w->told = j->told;
			w->told_way = j->told_way;
		}
	}
	mem_free(j->room);
	mem_free(j->identity);
	mem_free(j->service_url);
	mem_free(j);
	if (!p->stopping) {
		consider(p, w);
		arm(p);
	}
}

static void tell(struct presence *p, struct person *w)
{
	struct write_job *j = NEW(struct write_job);
	*j = (struct write_job){
		.owner = p,
		.person = w,
		.room = mem_strdup(w->room),
		.identity = mem_strdup(w->identity),
		.service_url = mem_strdup(p->srv->rtc->service_url),
		.told = w->told,
		.told_way = w->told_way,
	};
	memcpy(j->reason, w->reason, sizeof(j->reason));
	j->change = (struct presence_change){
		.own = &p->srv->own,
		.room = j->room,
		.identity = j->identity,
		.here = w->here,
		.way = w->way,
		.at_ms = w->at_ms,
		.reason = j->reason,
		.service_url = j->service_url,
	};
	w->told = w->here;
	w->told_way = w->way;
	w->writing++;
	w->due_ms = clock_mono_ms() + p->settle_ms;
	db_submit(p->srv->db, run, done, j);
}

static void consider(struct presence *p, struct person *w)
{
	if (!p->stopping && (w->writing || w->due_ms > clock_mono_ms()))
		return;
	if (is_news(w))
		tell(p, w);
}

/* --- what the SFU says --- */

void presence_heard(void *arg, const struct sfu_presence *said)
{
	struct presence *p = arg;
	struct person *w = person_of(p, said);
	w->here = said->present;
	w->way = said->way;
	w->at_ms = said->at_ms;
	snprintf(w->reason, sizeof(w->reason), "%s", said->reason);
	if (w->here)
		rtc_leave_present(p->srv->rtc->leave, w->room, w->identity);
	else if (!p->stopping) /* else they may come back when the server does */
		rtc_leave_gone(p->srv->rtc->leave, w->room, w->identity);
	consider(p, w);
	arm(p);
}

/* --- the server's own life --- */

static int recover(struct db_tx *tx, void *arg, struct err *err)
{
	const struct server *srv = arg;
	return presence_recover(tx, &srv->own, err);
}

static int note_alive(struct db_tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return presence_alive(tx, err);
}

static void noted(void *arg, int rc, const struct err *err)
{
	(void)arg;
	if (rc)
		log_error("who is in calls is not kept in step: %s", err->msg);
}

static void alive(void *arg)
{
	struct presence *p = arg;
	bool anybody = false;
	for (const struct person *w = p->people; w && !anybody; w = w->next)
		anybody = w->told;
	if (anybody)
		db_submit(p->srv->db, note_alive, noted, NULL);
}

struct presence *presence_new(struct server *srv)
{
	struct presence *p = NEW(struct presence);
	p->srv = srv;
	p->settle_ms = PRESENCE_SETTLE_MS;
	p->settle = loop_timer_new(srv->loop, settle, p);
	p->alive = loop_timer_new(srv->loop, alive, p);
	loop_timer_background(p->alive);
	loop_timer_start(p->alive, PRESENCE_ALIVE_MS, PRESENCE_ALIVE_MS);
	db_submit(srv->db, recover, noted, srv);
	return p;
}

void presence_set_settle(struct presence *p, int ms)
{
	p->settle_ms = ms;
}

void presence_stop(struct presence *p)
{
	if (!p)
		return;
	p->stopping = true;
	loop_timer_stop(p->settle);
	loop_timer_stop(p->alive);
	for (struct person *w = p->people; w; w = w->next)
		consider(p, w);
}

void presence_free(struct presence *p)
{
	if (!p)
		return;
	for (struct person *w = p->people, *next; w; w = next) {
		next = w->next;
		person_free(w);
	}
	loop_timer_free(p->settle);
	loop_timer_free(p->alive);
	mem_free(p);
}
