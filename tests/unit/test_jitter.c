/* The jitter buffer against random networks, compared with what a simple model allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audio/jitter.h"
#include "audio/opus.h"
#include "core/base/mem.h"

#include <stdlib.h>

#define MS ((int64_t)1000000)
#define TICK (20 * MS)

/* A packet of 20 ms that says which one it is. */
struct wire {
	int index; /* of what was said */
	int64_t arrival_ns;
	char payload[8];
	bool dtx;
};

static uint64_t seed;

static uint32_t rnd(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33);
}

static int chance(int percent)
{
	return (int)(rnd() % 100) < percent;
}

static struct span payload_of(struct wire *w)
{
	w->payload[0] = 0x08; /* SILK, narrow band, one frame of 20 ms */
	memcpy(w->payload + 1, &w->index, sizeof(w->index));
	return (struct span){w->payload, w->dtx ? 1 : 5};
}

static int index_of(struct span payload)
{
	int i = -1;
	if (payload.n == 5)
		memcpy(&i, payload.p + 1, sizeof(i));
	return i;
}

static void put(struct jitter *j, struct wire *w, uint16_t seq0, uint32_t ts0)
{
	struct jitter_packet p = {
		.seq = (uint16_t)(seq0 + w->index),
		.timestamp = ts0 + (uint32_t)w->index * 960,
		.arrival_ns = w->arrival_ns,
		.payload = payload_of(w),
	};
	jitter_put(j, &p);
}

static int by_arrival(const void *a, const void *b)
{
	const struct wire *x = a, *y = b;
	return x->arrival_ns < y->arrival_ns ? -1 : x->arrival_ns > y->arrival_ns;
}

#define SAID 1500

struct network {
	int loss_pct, dup_pct, jitter_ms;
	uint16_t seq0;
	uint32_t ts0;
};

struct outcome {
	struct jitter_stats stats;
	int unique; /* packets that arrived at least once */
	int played, max_gap_ticks;
	int delay_ms; /* of the last packet, said to played */
};

static int make_wire(const struct network *n, struct wire *w, int *ret_unique)
{
	int count = 0;
	*ret_unique = 0;
	for (int i = 0; i < SAID; i++) {
		/* The first and last come for certain, so that there is a beginning and an end. */
		if (i && i < SAID - 1 && chance(n->loss_pct))
			continue;
		++*ret_unique;
		for (int copies = 1 + chance(n->dup_pct); copies > 0; copies--) {
			int64_t late = n->jitter_ms ? (int64_t)(rnd() % (uint32_t)n->jitter_ms) : 0;
			w[count++] = (struct wire){
				.index = i,
				.arrival_ns = i * TICK + 5 * MS + (i ? late * MS : 0),
			};
		}
	}
	qsort(w, (size_t)count, sizeof(*w), by_arrival);
	return count;
}

/* What stream.c makes of a wish for another length. */
static int stretched(const struct jitter_piece *p)
{
	return p->adjust < -480 ? -480 : p->adjust > 480 ? 480 : p->adjust;
}

/* Play it all; every rule that must always hold is checked on the way. */
static struct outcome run(const struct network *n)
{
	static struct wire wire[SAID * 2 + 10];
	static bool played[SAID];
	struct outcome o = {0};
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	int count = make_wire(n, wire, &o.unique), next = 0, last = -1, silent = 0;
	int64_t due = 0; /* samples given out */
	memset(played, 0, sizeof(played));
	for (int64_t now = 0; now < (SAID + 60) * TICK; now += TICK) {
		while (next < count && wire[next].arrival_ns <= now)
			put(j, &wire[next++], n->seq0, n->ts0);
		while (due < now / TICK * 960) {
			jitter_get(j, now, &piece);
			assert_true(piece.samples > 0 && piece.samples <= 960);
			due += piece.samples + stretched(&piece);
			if (piece.kind != JITTER_PACKET) {
				silent += piece.samples;
				continue;
			}
			int index = index_of(piece.payload);
			/* In order, never twice. */
			assert_true(index > last);
			assert_false(played[index]);
			if (last >= 0 && silent / 960 > o.max_gap_ticks)
				o.max_gap_ticks = silent / 960;
			silent = 0;
			played[index] = true;
			last = index;
			o.played++;
			o.delay_ms = (int)((now - index * TICK) / MS);
		}
		jitter_stats(j, &o.stats);
		assert_true(o.stats.held <= JITTER_SLOTS);
		assert_in_range(o.stats.target_ms, 20, JITTER_TARGET_MAX_MS);
	}
	/* Every packet is accounted for, once. */
	assert_int_equal(o.stats.received, count);
	assert_int_equal(o.stats.held, 0);
	assert_int_equal(o.stats.refused, 0);
	assert_int_equal(o.stats.duplicate, count - o.unique);
	assert_int_equal(o.stats.played, o.played);
	assert_int_equal(o.stats.played + o.stats.late + o.stats.dropped, o.unique);
	/* The last one was played, so every number was passed: played or counted as lost. */
	assert_true(played[SAID - 1]);
	assert_int_equal(o.stats.played + o.stats.lost + o.stats.dropped, SAID);
	assert_int_equal(o.stats.expected, SAID);
	jitter_free(j);
	return o;
}

static void test_perfect_network(void **state)
{
	struct network n = {.seq0 = 100, .ts0 = 5000};
	(void)state;
	struct outcome o = run(&n);
	assert_int_equal(o.played, SAID);
	/* Only after the last one: nobody said that it was the last. */
	assert_int_equal(o.stats.concealed_samples, 100 * 48);
	assert_int_equal(o.stats.late, 0);
	assert_int_equal(o.stats.jitter_rtp, 0);
	assert_int_equal(o.stats.target_ms, 20);
	/* 5 ms of network, 20 of target, and up to a tick for the clock's grid. */
	assert_true(o.delay_ms <= 45);
}

static void test_random_networks(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		seed = (uint64_t)i + 1;
		struct network n = {
			.loss_pct = (int)(rnd() % 30),
			.dup_pct = (int)(rnd() % 30),
			.jitter_ms = (int)(rnd() % 150),
			/* Both counters wrap somewhere in the run. */
			.seq0 = (uint16_t)(65535 - rnd() % SAID),
			.ts0 = (uint32_t) - (rnd() % (SAID * 960)),
		};
		struct outcome o = run(&n);
		/* The delay follows the network, so few come too late to be played. */
		if (o.stats.late + o.stats.dropped > o.unique * 6 / 100)
			fail_msg("network %d: %d of %d packets too late (jitter %d ms)", i,
				 (int)(o.stats.late + o.stats.dropped), o.unique, n.jitter_ms);
		/* And is not much more than the network needs. */
		if (o.delay_ms > n.jitter_ms + 5 + 90)
			fail_msg("network %d: %d ms of delay for %d ms of jitter", i, o.delay_ms,
				 n.jitter_ms);
		if (n.loss_pct > 2 && !o.stats.fec)
			fail_msg("network %d (loss %d %%, jitter %d ms): no FEC was used, %d lost, "
				 "target %d ms, delay %d ms",
				 i, n.loss_pct, n.jitter_ms, (int)o.stats.lost, o.stats.target_ms,
				 o.delay_ms);
		if (n.loss_pct > 2)
			assert_true(o.stats.fec > 0);
	}
}

/* With loss alone and the next packet in time, each single loss is made good by FEC. */
static void test_fec_of_single_losses(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int fec_for = 0;
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct wire w = {.index = i, .arrival_ns = i * TICK};
		if (i % 10 != 7)
			put(j, &w, 0, 0);
		jitter_get(j, i * TICK, &piece);
		if (piece.kind != JITTER_FEC)
			continue;
		/* It comes in the packet after the lost one. */
		assert_int_equal(index_of(piece.payload) % 10, 8);
		assert_int_equal(piece.samples, 960);
		fec_for++;
	}
	jitter_stats(j, &s);
	assert_true(fec_for >= 90);
	assert_int_equal(s.fec, fec_for);
	assert_true(s.concealed_samples <= 10 * 960);
	assert_true(s.target_ms >= 30);
	jitter_free(j);
}

/* What is wanted when of a hundred packets so many come `late_ms` after their time; changes of it. */
static int wanted_ms(int percent, int late_ms, int *ret_changes)
{
	static struct wire wire[SAID];
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s = {0};
	int next = 0, before = 0;
	seed = 5;
	for (int i = 0; i < SAID; i++)
		wire[i] = (struct wire){
			.index = i,
			.arrival_ns = i * TICK + 5 * MS + (chance(percent) ? late_ms : 0) * MS,
		};
	qsort(wire, SAID, sizeof(wire[0]), by_arrival);
	*ret_changes = 0;
	for (int64_t now = 0; now < SAID * TICK; now += TICK) {
		while (next < SAID && wire[next].arrival_ns <= now)
			put(j, &wire[next++], 1, 0);
		jitter_get(j, now, &piece);
		jitter_stats(j, &s);
		*ret_changes += now > 10000 * MS && s.target_ms != before;
		before = s.target_ms;
	}
	jitter_free(j);
	return s.target_ms;
}

/* Delay is taken for what is worth it: many that come a little late, not few that come very late. */
static void test_worth_of_delay(void **state)
{
	int changes;
	(void)state;
	assert_in_range(wanted_ms(10, 65, &changes), 65, 85); /* sent again */
	assert_in_range(changes, 0, 4);
	assert_in_range(wanted_ms(1, 300, &changes), 20, 50);
	assert_in_range(changes, 0, 4);
	/* Too long a wait for what is sent again. */
	assert_in_range(wanted_ms(20, 900, &changes), 20, 50);
	assert_in_range(wanted_ms(20, 190, &changes), 20, 50);
	assert_in_range(wanted_ms(20, 120, &changes), 120, 145);
}

static void test_dtx_gap_is_silence(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int silence = 0, packets = 0;
	(void)state;
	for (int i = 0; i < 300; i++) {
		/* Speech, one sign of silence, nothing for two seconds, speech again. */
		struct wire w = {.index = i < 101 ? i : i - 100, .arrival_ns = i * TICK};
		w.dtx = i == 100;
		struct jitter_packet p = {
			.seq = (uint16_t)(65500 + w.index),
			.timestamp = (uint32_t)i * 960,
			.arrival_ns = w.arrival_ns,
			.payload = payload_of(&w),
		};
		if (i <= 100 || i > 200)
			jitter_put(j, &p);
		jitter_get(j, i * TICK, &piece);
		assert_int_not_equal(piece.kind, JITTER_CONCEAL);
		assert_int_not_equal(piece.kind, JITTER_FEC);
		silence += piece.kind == JITTER_SILENCE ? piece.samples : 0;
		packets += piece.kind == JITTER_PACKET;
	}
	jitter_stats(j, &s);
	assert_int_equal(s.lost, 0);
	assert_true(packets >= 198);
	assert_in_range(silence, 95 * 960, 104 * 960);
	jitter_free(j);
}

/* The network holds everything back for a while, then goes on: delay comes back down. */
static void test_stall_then_recovery(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int64_t now;
	int next = 0;
	(void)state;
	for (now = 0; now < 60 * 50 * TICK; now += TICK) {
		bool stalled = now >= 10 * 50 * TICK && now < 10 * 50 * TICK + 300 * MS;
		while (!stalled && next * TICK <= now) {
			struct wire w = {.index = next++, .arrival_ns = now};
			put(j, &w, 0, 0);
		}
		int64_t got = 0;
		while (got < 960) {
			jitter_get(j, now, &piece);
			got += piece.samples;
			got += stretched(&piece);
		}
	}
	jitter_stats(j, &s);
	assert_true(s.delay_ms < 60);
	assert_in_range(s.target_ms, 20, 40);
	assert_true(s.dropped + s.late < 20);
	jitter_free(j);
}

static void test_lone_absurd_packets_are_refused(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int packets = 0;
	(void)state;
	for (int i = 0; i < 500; i++) {
		struct wire w = {.index = i, .arrival_ns = i * TICK};
		put(j, &w, 1000, 70000);
		struct jitter_packet odd = {
			.seq = (uint16_t)(rnd() | 1),
			.timestamp = rnd() * 3,
			.arrival_ns = i * TICK,
			.payload = payload_of(&w),
		};
		/* Never two that follow each other. */
		if (i % 7 == 0 && (uint16_t)(odd.seq - 1000 - i) > 200 &&
		    (uint16_t)(1000 + i - odd.seq) > 200)
			jitter_put(j, &odd);
		jitter_get(j, i * TICK, &piece);
		packets += piece.kind == JITTER_PACKET;
	}
	jitter_stats(j, &s);
	assert_int_equal(s.restarts, 0);
	assert_true(s.refused > 20);
	assert_true(packets >= 496);
	jitter_free(j);
}

static void test_sender_restarts(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int fresh = 0, after = 0;
	(void)state;
	for (int i = 0; i < 400; i++) {
		struct wire w = {.index = i, .arrival_ns = i * TICK};
		put(j, &w, i < 200 ? 0 : 30000, i < 200 ? 0 : 3000000000u);
		jitter_get(j, i * TICK, &piece);
		fresh += piece.fresh;
		after += i >= 200 && piece.kind == JITTER_PACKET;
	}
	jitter_stats(j, &s);
	assert_int_equal(fresh, 2);
	assert_int_equal(s.restarts, 1);
	assert_true(after >= 190);
	jitter_free(j);
}

static void test_broken_payloads(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	char big[OPUS_PACKET_MAX + 1] = {8};
	struct jitter_packet p = {.payload = {big, sizeof(big)}};
	(void)state;
	jitter_get(j, 0, &piece);
	assert_int_equal(piece.kind, JITTER_NONE);
	jitter_put(j, &p);
	p.payload.n = 0;
	jitter_put(j, &p);
	p.payload = (struct span){"\x03", 1}; /* says that a count follows, but none does */
	jitter_put(j, &p);
	p.payload = (struct span){"\x1b\x3f", 2}; /* 63 frames of 60 ms */
	jitter_put(j, &p);
	jitter_stats(j, &s);
	assert_int_equal(s.refused, 4);
	assert_int_equal(s.received, 0);
	jitter_free(j);
}

/* Nonsense for ever: bounded, and good sound afterwards is heard. */
static void test_hostile(void **state)
{
	struct jitter *j = jitter_new();
	struct jitter_piece piece;
	struct jitter_stats s;
	int packets = 0;
	(void)state;
	seed = 99;
	for (int i = 0; i < 20000; i++) {
		struct wire w = {.index = i};
		struct jitter_packet p = {
			.seq = (uint16_t)(chance(50) ? i : (int)rnd()),
			.timestamp = chance(50) ? (uint32_t)i * 960 : rnd() * 2,
			.arrival_ns = i * 5 * MS,
			.payload = payload_of(&w),
		};
		jitter_put(j, &p);
		jitter_get(j, i * 5 * MS, &piece);
		assert_true(piece.samples > 0 && piece.samples <= 5760);
	}
	int64_t start = 20000 * 5 * MS;
	for (int i = 0; i < 1000; i++) {
		struct wire w = {.index = i, .arrival_ns = start + i * TICK};
		put(j, &w, 12345, 987654321);
		jitter_get(j, start + i * TICK, &piece);
		packets += piece.kind == JITTER_PACKET;
	}
	jitter_stats(j, &s);
	assert_true(packets > 900);
	assert_int_equal(s.played + s.late + s.dropped + s.duplicate + s.held, s.received);
	jitter_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_perfect_network),
		cmocka_unit_test(test_random_networks),
		cmocka_unit_test(test_fec_of_single_losses),
		cmocka_unit_test(test_worth_of_delay),
		cmocka_unit_test(test_dtx_gap_is_silence),
		cmocka_unit_test(test_stall_then_recovery),
		cmocka_unit_test(test_lone_absurd_packets_are_refused),
		cmocka_unit_test(test_sender_restarts),
		cmocka_unit_test(test_broken_payloads),
		cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
