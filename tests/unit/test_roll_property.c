/* The tally of a roll-call against a simple reference, over random histories in random orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/pace.h"
#include "tests/lib/roll_case.h"

#include <stdio.h>
#include <string.h>

#define T0 ROLL_T0
#define PEOPLE 4
#define EVENTS 24

enum kind {
	K_HERE,
	K_AWAY,
	K_EMPTY,
	K_SPOILED,
	K_WORD,
	K_LIKE,
	K_DISLIKE,
	K_EDIT,
	K_REDACT,
	K_END,
	K_BAD_END,
	K_CANCEL,
	K_COUNT
};

struct fact {
	enum kind kind;
	int who, at, target;
	char id[16];
};

static unsigned long long seed;

static int chance(int below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int)((seed >> 33) % (unsigned)below);
}

static void make_facts(struct fact *f)
{
	for (int i = 0; i < EVENTS; i++) {
		f[i] = (struct fact){(enum kind)chance(chance(3) ? K_EDIT : K_COUNT),
				     chance(PEOPLE), chance(40) - 3, chance(EVENTS), ""};
		snprintf(f[i].id, sizeof(f[i].id), "$%d", chance(2) ? 100 + i : 900 - i);
	}
}

static void tell(struct roll_tally *t, const struct fact *all, const struct fact *f)
{
	static const char *const people[PEOPLE] = {"@a:x", "@b:x", "@c:x", "@d:x"};
	const char *who = people[f->who], *of = all[f->target].id;
	switch (f->kind) {
	case K_HERE:
		vote(t, f->id, who, f->at, "here");
		break;
	case K_AWAY:
		vote(t, f->id, who, f->at, "away");
		break;
	case K_EMPTY:
		vote(t, f->id, who, f->at, NULL);
		break;
	case K_SPOILED:
		vote(t, f->id, who, f->at, "x");
		break;
	case K_WORD:
		word(t, f->id, who, f->at, "here");
		break;
	case K_LIKE:
	case K_DISLIKE:
		react(t, f->id, who, f->at, f->kind == K_LIKE ? "👍" : "👎");
		break;
	case K_EDIT:
		say(t, event_of(f->id, who, "m.room.message", T0 + f->at, edit_of(of, "?")), false);
		break;
	case K_REDACT:
		redact(t, f->id, of, f->at);
		break;
	default:
		end(t, f->id, f->at, f->kind != K_BAD_END, f->kind == K_CANCEL);
	}
}

/* Nothing redacts or edits it. Ends are all sent by one teacher, whom no edit of a pupil concerns. */
static bool stands(const struct fact *all, const struct fact *f)
{
	for (int i = 0; i < EVENTS; i++) {
		bool about = strcmp(all[all[i].target].id, f->id) == 0;
		bool own = f->kind < K_EDIT && all[i].who == f->who;
		if (about && (all[i].kind == K_REDACT || (all[i].kind == K_EDIT && own)))
			return false;
	}
	return true;
}

static int time_of(const struct fact *f)
{
	return f->at < 0 ? 0 : f->at;
}

static bool before(const struct fact *a, const struct fact *b)
{
	return time_of(a) != time_of(b) ? time_of(a) < time_of(b) : strcmp(a->id, b->id) < 0;
}

/* What becomes of one person: the next event again and again, by looking at all. */
static void expect(const struct fact *all, int who, int closed, char ret[48])
{
	const struct fact *last = NULL, *first = NULL;
	bool here = false, given = false;
	for (;;) {
		const struct fact *next = NULL;
		for (int i = 0; i < EVENTS; i++) {
			const struct fact *f = &all[i];
			if (f->kind >= K_EDIT || f->who != who || !stands(all, f) ||
			    time_of(f) > closed || (f->kind == K_WORD && f->at < 0))
				continue;
			if ((!last || before(last, f)) && (!next || before(f, next)))
				next = f;
		}
		if (!next)
			break;
		last = next;
		given = next->kind != K_EMPTY && next->kind != K_SPOILED;
		if (given && !first)
			first = next;
		if (given)
			here = next->kind == K_HERE || next->kind == K_WORD || next->kind == K_LIKE;
	}
	snprintf(ret, 48, given ? "%d %s %s%s" : "-", first ? time_of(first) : 0,
		 first ? first->id : "", here ? "here" : "away",
		 given && time_of(first) > 10 ? " late" : "");
}

static void got(struct roll_tally *t, const char *who, char ret[48])
{
	struct roll_answer a;
	if (!roll_tally_find(t, who, &a))
		snprintf(ret, 48, "-");
	else
		snprintf(ret, 48, "%d %s %s%s", (int)(a.ts - T0), a.event_id,
			 a.here ? "here" : "away", a.late ? " late" : "");
}

static int closing(const struct fact *all, bool *ret_cancelled)
{
	int closed = 30;
	*ret_cancelled = false;
	for (int i = 0; i < EVENTS; i++) {
		if ((all[i].kind != K_END && all[i].kind != K_CANCEL) || !stands(all, &all[i]))
			continue;
		*ret_cancelled |= all[i].kind == K_CANCEL;
		if (time_of(&all[i]) < closed)
			closed = time_of(&all[i]);
	}
	return closed;
}

static void one_history(const struct roll *r, int number)
{
	static const char *const people[PEOPLE] = {"@a:x", "@b:x", "@c:x", "@d:x"};
	struct fact all[EVENTS];
	int order[EVENTS * 2];
	bool cancelled;
	make_facts(all);
	for (int i = 0; i < EVENTS * 2; i++)
		order[i] = i % EVENTS;
	for (int i = EVENTS * 2 - 1; i > 0; i--) {
		int k = chance(i + 1), v = order[i];
		order[i] = order[k];
		order[k] = v;
	}
	struct roll_tally *t = roll_tally_new(r);
	for (int i = 0; i < EVENTS * 2; i++) {
		tell(t, all, &all[order[i]]);
		if (chance(8) == 0) /* asked in between */
			roll_tally_closed_ms(t);
	}
	int closed = closing(all, &cancelled);
	if (roll_tally_closed_ms(t) != T0 + closed || roll_tally_cancelled(t) != cancelled)
		fail_msg("history %d closes at %d, not %d", number, closed,
			 (int)(roll_tally_closed_ms(t) - T0));
	for (int p = 0; p < PEOPLE; p++) {
		char want[48], have[48];
		expect(all, p, closed, want);
		got(t, people[p], have);
		if (strcmp(want, have) != 0)
			fail_msg("history %d, %s: \"%s\", not \"%s\"", number, people[p], want,
				 have);
	}
	roll_tally_free(t);
}

static void test_random_histories(void **state)
{
	(void)state;
	struct roll r;
	roll_of(&r, 30, 10);
	seed = 7;
	for (int i = 0; i < PACE(5000); i++)
		one_history(&r, i);
	roll_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_histories)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
