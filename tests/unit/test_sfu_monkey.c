/*
 * People come, speak, mute, lose their sockets, come anew and die in an order that nobody
 * thought of. Afterwards everybody must know the same of everybody, and hear whoever
 * speaks. SEED=n runs one order, STEPS=n a longer one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/balance.h"
#include "tests/lib/sfu_wait.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE 8
#define SEEDS 4

struct one {
	char name[16];
	struct sfu_client *c; /* NULL: not there */
	bool published, muted, offered;
	unsigned tracks;
};

static struct sfu_world w;
static struct one all[PEOPLE];
static uint64_t dice;

static unsigned roll(unsigned n)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % n;
}

/* -- What they do --------------------------------------------------------------- */

static void come(struct one *o)
{
	struct sfu_client *old = o->c;
	o->c = sfu_client_join(&w, "r", o->name);
	o->published = o->offered = false;
	if (!old)
		return;
	SFU_UNTIL(&w, sfu_is_closed, old);
	sfu_client_free(old);
}

static void leave(struct one *o)
{
	const struct lk_request rq = {.kind = LK_REQ_LEAVE};
	sfu_client_send(o->c, &rq);
	SFU_UNTIL(&w, sfu_is_closed, o->c);
	sfu_client_free(take(&o->c));
}

static void come_back(struct one *o)
{
	/* Who was never connected has nothing to come back to. */
	sfu_client_connect(o->c);
	sfu_pass(&w, 10);
	sfu_client_drop(o->c);
	sfu_pass(&w, roll(80));
	sfu_client_resume(o->c);
}

static void publish(struct one *o)
{
	AUTO_FREE char *cid = mem_printf("c%u", o->tracks++);
	o->muted = roll(2);
	o->c->ssrc = 0;
	sfu_client_publish(o->c, cid, o->muted);
	o->published = true;
	o->offered = !o->muted;
}

static void speak(struct one *o)
{
	for (unsigned i = 0; i < 5; i++)
		sfu_client_say(o->c, 20 + roll(100), 1);
}

static void mute(struct one *o)
{
	o->muted = !o->muted;
	o->offered |= !o->muted;
	sfu_client_mute(o->c, o->muted);
}

static void act(struct one *o)
{
	unsigned what = roll(20);
	if (!o->c || what == 0)
		come(o);
	else if (what == 1)
		leave(o);
	else if (what == 2)
		sfu_client_free(take(&o->c));
	else if (what <= 4)
		come_back(o);
	else if (!o->published)
		publish(o);
	else if (what <= 9)
		mute(o);
	else if (what == 10)
		sfu_client_offer(o->c, o->published = false);
	else
		speak(o);
	sfu_pass(&w, roll(4) ? 0 : roll(200));
}

/* -- What must be true then ------------------------------------------------------- */

static bool knows(const struct one *a, const struct one *b)
{
	const struct lk_person *p = sfu_client_knows(a->c, b->name);
	if (!b->c)
		return !p || p->state == LK_DISCONNECTED;
	return p && p->state == LK_ACTIVE && !strcmp(p->sid, b->c->sid) &&
	       p->tracks_n == b->published && (!b->published || p->tracks[0].muted == b->muted);
}

static bool is_settled(void *arg)
{
	(void)arg;
	for (const struct one *a = all; a < all + PEOPLE; a++) {
		size_t voices = 0;
		if (!strcmp(sfu_presence_of(&w, a->name), "present") != (a->c != NULL))
			return false;
		for (const struct one *b = all; a->c && b < all + PEOPLE; b++) {
			if (a != b && !knows(a, b))
				return false;
			voices += a != b && b->c && b->published && b->offered;
		}
		if (a->c && (!a->c->open || a->c->active != voices))
			return false;
	}
	return true;
}

static size_t heard_by(const struct one *a, const struct one *b)
{
	const struct sfu_heard *h = sfu_client_hears(a->c, b->c->track);
	return h ? h->packets : 0;
}

struct speech {
	struct one *who;
	size_t before[PEOPLE];
};

static bool is_heard(void *arg)
{
	const struct speech *s = arg;
	bool ok = true;
	sfu_client_say(s->who->c, 20, 1);
	for (size_t i = 0; i < PEOPLE; i++)
		if (&all[i] != s->who && all[i].c)
			ok &= heard_by(&all[i], s->who) > s->before[i] + 3;
	return ok;
}

static void everybody_is_heard(void)
{
	for (struct one *o = all; o < all + PEOPLE; o++) {
		struct speech s = {.who = o};
		if (!o->c || !o->published || o->muted)
			continue;
		for (size_t i = 0; i < PEOPLE; i++)
			s.before[i] = all[i].c && &all[i] != o ? heard_by(&all[i], o) : 0;
		SFU_UNTIL(&w, is_heard, &s);
		sfu_pass(&w, 1000);
	}
}

static void run(uint64_t seed, int steps)
{
	w = (struct sfu_world){0};
	dice = seed;
	sfu_world_open(&w);
	for (int i = 0; i < PEOPLE; i++) {
		all[i] = (struct one){0};
		snprintf(all[i].name, sizeof(all[i].name), "p%d", i);
		come(&all[i]);
	}
	for (int i = 0; i < steps; i++)
		act(&all[roll(PEOPLE)]);
	/* The dead are missed. */
	sfu_world_jump(&w, 200);
	SFU_UNTIL(&w, is_settled, NULL);
	everybody_is_heard();
	assert_true(is_settled(NULL));
	for (const struct one *o = all; o < all + PEOPLE; o++)
		for (size_t i = 0; o->c && i < o->c->heard_n; i++)
			assert_int_equal(o->c->heard[i]->repeated, 0);
	sfu_world_close(&w);
}

static void test_monkey(void **state)
{
	(void)state;
	const char *seed = getenv("SEED"), *steps = getenv("STEPS");
	int n = steps ? (int)strtol(steps, NULL, 10) : 60;
	for (uint64_t i = 1; !seed && i <= SEEDS; i++)
		run(i, n);
	if (seed)
		run(strtoull(seed, NULL, 10), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_monkey)};
	return cmocka_run_group_tests(tests, balance_begin, balance_end);
}
