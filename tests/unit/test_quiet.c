#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/quiet/notice.h"
#include "core/client/quiet/quiet.h"
#include "core/store/rooms.h"
#include "tests/lib/cached.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Quiet hours: the decision, its words, and a reference that looks at every minute. */

static struct err err;

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static int64_t at(const char *text)
{
	int64_t ms;
	if (when_parse(span_of(text), 0, &ms, &err))
		fail_msg("%s: %s", text, err.msg);
	return ms;
}

static struct quiet_hours hours(const char *zone, const char *span, const char *days)
{
	struct quiet_hours q = {.on = true, .n = 1};
	snprintf(q.zone, sizeof(q.zone), "%s", zone);
	assert_int_equal(quiet_span_parse(span_of(span), &q.spans[0], &err), 0);
	assert_int_equal(quiet_days_parse(span_of(days), &q.spans[0].days, &err), 0);
	return q;
}

static void expect(const struct quiet_hours *q, const char *now, const char *until)
{
	int64_t got = -1;
	bool quiet = quiet_at(q, at(now), &got);
	if (quiet != (until != NULL))
		fail_msg("%s: %s", now, quiet ? "quiet" : "not quiet");
	if (until && *until && got != at(until)) {
		char text[WHEN_ISO_SIZE];
		when_iso(got, text);
		fail_msg("%s: until %s, not %s", now, text, until);
	}
	if (until && !*until)
		assert_int_equal(got, 0);
}

static void test_midnight(void **state)
{
	struct quiet_hours q = hours("Europe/Berlin", "20:00-07:00", "mon-fri");
	(void)state;
	/* 2026-11-27 is a Friday; Berlin is an hour ahead of UTC. */
	expect(&q, "2026-11-27T19:59:59+01:00", NULL);
	expect(&q, "2026-11-27T20:00:00+01:00", "2026-11-28T07:00:00+01:00");
	expect(&q, "2026-11-28T06:59:59+01:00", "2026-11-28T07:00:00+01:00");
	expect(&q, "2026-11-28T07:00:00+01:00", NULL);
	/* What begins on Saturday does not belong to Friday. */
	expect(&q, "2026-11-28T23:00:00+01:00", NULL);
	expect(&q, "2026-11-30T01:00:00+01:00", NULL);
	expect(&q, "2026-12-01T01:00:00+01:00", "2026-12-01T07:00:00+01:00");
}

static void test_weekend(void **state)
{
	struct quiet_hours q;
	(void)state;
	quiet_default(&q);
	snprintf(q.zone, sizeof(q.zone), "Asia/Kolkata");
	/* Friday evening to Monday morning is one stretch of four spans. */
	expect(&q, "2026-11-27T20:00:00+05:30", "2026-11-30T07:00:00+05:30");
	expect(&q, "2026-11-29T12:00:00+05:30", "2026-11-30T07:00:00+05:30");
	expect(&q, "2026-11-27T12:00:00+05:30", NULL);
}

static void test_clock_changes(void **state)
{
	struct quiet_hours q = hours("Europe/Berlin", "20:00-07:00", "daily");
	struct quiet_hours gap = hours("Europe/Berlin", "02:30-05:00", "daily");
	struct quiet_hours twice = hours("Europe/Berlin", "02:30-03:30", "daily");
	(void)state;
	/* The night is ten hours long, and twelve. */
	expect(&q, "2026-03-28T20:00:00+01:00", "2026-03-29T07:00:00+02:00");
	expect(&q, "2026-03-29T06:59:00+02:00", "2026-03-29T07:00:00+02:00");
	expect(&q, "2026-10-24T20:00:00+02:00", "2026-10-25T07:00:00+01:00");
	/* 02:30 does not exist: the offset before it is read, so that it begins at 03:30. */
	expect(&gap, "2026-03-29T03:15:00+02:00", NULL);
	expect(&gap, "2026-03-29T03:30:00+02:00", "2026-03-29T05:00:00+02:00");
	/* 02:30 comes twice: from the first one on. */
	expect(&twice, "2026-10-25T02:29:00+02:00", NULL);
	expect(&twice, "2026-10-25T02:30:00+02:00", "2026-10-25T03:30:00+01:00");
	expect(&twice, "2026-10-25T02:10:00+01:00", "2026-10-25T03:30:00+01:00");
}

static void test_overrides(void **state)
{
	struct quiet_hours q = hours("UTC", "20:00-07:00", "daily");
	(void)state;
	q.until_ms = at("2026-11-27T15:00:00Z");
	expect(&q, "2026-11-27T14:00:00Z", "2026-11-27T15:00:00Z");
	expect(&q, "2026-11-27T15:00:00Z", NULL);
	/* It goes on without a gap into the night. */
	q.until_ms = at("2026-11-27T20:30:00Z");
	expect(&q, "2026-11-27T14:00:00Z", "2026-11-28T07:00:00Z");
	/* Switched off, what was said for now still holds. */
	q.on = false;
	expect(&q, "2026-11-27T14:00:00Z", "2026-11-27T20:30:00Z");
	q.on = true;
	q.until_ms = 0;
	q.awake_ms = at("2026-11-27T22:00:00Z");
	expect(&q, "2026-11-27T21:00:00Z", NULL);
	expect(&q, "2026-11-27T22:00:00Z", "2026-11-28T07:00:00Z");
	/* Both: quiet goes before awake. */
	q.until_ms = at("2026-11-27T21:30:00Z");
	expect(&q, "2026-11-27T21:00:00Z", "2026-11-27T21:30:00Z");
	q = hours("UTC", "00:00-00:00", "daily");
	expect(&q, "2026-11-27T14:00:00Z", "");
	q.on = false;
	expect(&q, "2026-11-27T14:00:00Z", NULL);
	q = (struct quiet_hours){.on = true, .zone = "UTC"};
	expect(&q, "2026-11-27T14:00:00Z", NULL);
}

static void test_next(void **state)
{
	struct quiet_hours q = hours("UTC", "20:00-07:00", "fri");
	int64_t from = 0, until = 0;
	(void)state;
	assert_true(quiet_next(&q, at("2026-11-23T12:00:00Z"), &from, &until));
	assert_int_equal(from, at("2026-11-27T20:00:00Z"));
	assert_int_equal(until, at("2026-11-28T07:00:00Z"));
	assert_true(quiet_next(&q, at("2026-11-27T21:00:00Z"), &from, &until));
	assert_int_equal(from, at("2026-11-27T21:00:00Z"));
	/* Awake beyond the begin: what is left of the night. */
	q.awake_ms = at("2026-11-27T23:00:00Z");
	assert_true(quiet_next(&q, at("2026-11-27T19:00:00Z"), &from, &until));
	assert_int_equal(from, q.awake_ms);
	assert_int_equal(until, at("2026-11-28T07:00:00Z"));
	q.awake_ms = at("2027-11-27T23:00:00Z");
	assert_false(quiet_next(&q, at("2026-11-27T19:00:00Z"), &from, &until));
	/* Never ending: a week is said. */
	q = hours("UTC", "00:00-00:00", "daily");
	assert_true(quiet_next(&q, at("2026-11-27T19:00:00Z"), &from, &until));
	assert_int_equal(until, at("2026-11-27T19:00:00Z") + QUIET_AHEAD_MS);
	q.on = false;
	assert_false(quiet_next(&q, at("2026-11-27T19:00:00Z"), &from, &until));
}

/* -- A reference that knows only what the C library's clock shows ------------------------ */

static struct tm wall(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	localtime_r(&t, &tm);
	return tm;
}

static bool shows(int64_t ms, int64_t clock_s)
{
	struct tm tm = wall(ms);
	return timegm(&tm) == clock_s;
}

/* RFC 5545, 3.3.5: the first of two, and the offset before a gap. */
static int64_t moment(int64_t clock_s)
{
	int64_t before = wall((clock_s - 86400) * 1000).tm_gmtoff;
	int64_t after = wall((clock_s + 86400) * 1000).tm_gmtoff;
	int64_t a = (clock_s - before) * 1000, b = (clock_s - after) * 1000;
	return shows(a, clock_s) || !shows(b, clock_s) ? a : b;
}

/* Is it quiet at `ms`, looking only at the spans of that day and the one before? */
static bool reference(const struct quiet_hours *q, int64_t ms)
{
	if (q->until_ms > ms)
		return true;
	if (!q->on || q->awake_ms > ms)
		return false;
	struct tm tm = wall(ms);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	int64_t midnight = timegm(&tm);
	for (int i = 0; i < q->n; i++)
		for (int back = 0; back < 2; back++) {
			const struct quiet_span *p = &q->spans[i];
			int64_t day = midnight - back * 86400;
			int day_of_week = (int)((day / 86400 + 3) % 7);
			int64_t len = p->to_min - p->from_min;
			if (!(p->days >> day_of_week & 1))
				continue;
			int64_t from = moment(day + p->from_min * 60);
			int64_t to = moment(day + (p->from_min + len + (len <= 0 ? 1440 : 0)) * 60);
			if (from <= ms && ms < to)
				return true;
		}
	return false;
}

#define STEP (5 * MINUTE)

static struct quiet_hours random_hours(unsigned *seed, int64_t base)
{
	struct quiet_hours q = {.on = rand_r(seed) % 8 != 0, .n = rand_r(seed) % 4};
	for (int i = 0; i < q.n; i++)
		q.spans[i] = (struct quiet_span){rand_r(seed) % 96 * 15, rand_r(seed) % 96 * 15,
						 (unsigned)rand_r(seed) % 128};
	if (rand_r(seed) % 4 == 0)
		q.until_ms = base + rand_r(seed) % 576 * STEP;
	if (rand_r(seed) % 4 == 0)
		q.awake_ms = base + rand_r(seed) % 576 * STEP;
	return q;
}

/* Two days around `base`, every five minutes; the end is where the reference changes. */
static void check_days(const struct quiet_hours *q, int64_t base)
{
	int64_t change = 0;
	for (int64_t ms = base + 2 * DAY; ms >= base; ms -= STEP) {
		int64_t until = 0;
		bool want = reference(q, ms), got = quiet_at(q, ms, &until);
		if (want != got)
			fail_msg("%s at %lld: %d, not %d", q->zone, (long long)ms, got, want);
		/* All begins and ends stand on steps. */
		if (want && change && until != change)
			fail_msg("%s at %lld: until %lld, not %lld", q->zone, (long long)ms,
				 (long long)until, (long long)change);
		if (!want)
			change = ms;
	}
}

static void test_reference(void **state)
{
	static const char *const zones[] = {"Europe/Berlin",
					    "America/New_York",
					    "Australia/Lord_Howe",
					    "Asia/Kolkata",
					    "Pacific/Apia",
					    "America/Sao_Paulo",
					    "UTC"};
	static const char *const days[] = {"2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31",
					   "2026-04-04", "2026-10-03", "2026-12-31", "2028-02-28"};
	unsigned seed = 20261129;
	char *was = getenv("TZ") ? mem_strdup(getenv("TZ")) : NULL;
	(void)state;
	for (size_t z = 0; z < ARRAY_LEN(zones); z++) {
		setenv("TZ", zones[z], 1);
		tzset();
		for (size_t d = 0; d < ARRAY_LEN(days); d++) {
			int64_t base = at(days[d]);
			struct quiet_hours q = random_hours(&seed, base);
			snprintf(q.zone, sizeof(q.zone), "%s", zones[z]);
			check_days(&q, base);
		}
	}
	if (was)
		setenv("TZ", was, 1);
	else
		unsetenv("TZ");
	tzset();
	mem_free(was);
}

/* -- Words and account data ------------------------------------------------------------------ */

static void test_words(void **state)
{
	static const char *const bad_spans[] = {"",
						"20",
						"20:00",
						"20:00-",
						"25:00-07:00",
						"20:60-07:00",
						"20:00-07:00x",
						"24:00-07:00",
						"20:0-07:00",
						"-1:00-07:00",
						"20:00 07:00"};
	static const char *const bad_days[] = {"", "monday", "mon-", "mon..fri", "mon,,fri", "1-5"};
	struct quiet_span p;
	unsigned days;
	char text[QUIET_SPAN_SIZE];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_spans); i++)
		assert_int_equal(quiet_span_parse(span_of(bad_spans[i]), &p, &err), ERR_USAGE);
	for (size_t i = 0; i < ARRAY_LEN(bad_days); i++)
		assert_int_equal(quiet_days_parse(span_of(bad_days[i]), &days, &err), ERR_USAGE);
	assert_int_equal(quiet_span_parse(SPAN_LIT(" 7:05-24:00 "), &p, &err), 0);
	assert_int_equal(p.from_min, 425);
	assert_int_equal(p.to_min, 0);
	assert_int_equal(quiet_days_parse(SPAN_LIT("fri-mon, wed"), &days, &err), 0);
	assert_int_equal(days, 0x75);
	p.days = days;
	quiet_span_put(&p, text);
	assert_string_equal(text, "07:05-00:00 mon,wed,fri-sun");
	p = (struct quiet_span){0, 0, QUIET_WEEKEND};
	quiet_span_put(&p, text);
	assert_string_equal(text, "sat-sun");
	p = (struct quiet_span){1200, 420, QUIET_DAILY};
	quiet_span_put(&p, text);
	assert_string_equal(text, "20:00-07:00");
}

static void test_round_trip(void **state)
{
	struct quiet_hours q, back;
	(void)state;
	quiet_default(&q);
	q.all = q.hidden = q.no_urgent = true;
	q.until_ms = 12345;
	q.awake_ms = 54321;
	snprintf(q.zone, sizeof(q.zone), "Pacific/Apia");
	JSON_AUTO json_t *j = quiet_make(&q);
	assert_int_equal(quiet_read(j, &back, &err), 0);
	assert_memory_equal(&back.spans, &q.spans, sizeof(q.spans[0]) * 2);
	assert_int_equal(back.n, 2);
	assert_true(back.on && back.all && back.hidden && back.no_urgent);
	assert_int_equal(back.until_ms, 12345);
	assert_int_equal(back.awake_ms, 54321);
	assert_string_equal(back.zone, "Pacific/Apia");
}

static void test_malformed(void **state)
{
	static const char *const bad[] =
		{"[]",
		 "{\"spans\":{}}",
		 "{\"spans\":[{}]}",
		 "{\"spans\":[1]}",
		 "{\"zone\":\"Mars\"}",
		 "{\"spans\":[{\"from\":\"20:00\",\"to\":\"7\"}]}",
		 "{\"spans\":[{\"from\":\"20:00\",\"to\":\"07:00\",\"days\":[\"moon\"]}]}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct quiet_hours q = {.n = -7};
		json_t *j = NULL;
		assert_int_equal(json_parse(span_of(bad[i]), &j, &err), 0);
		assert_int_equal(quiet_read(j, &q, &err), ERR_INVALID);
		assert_int_equal(q.n, -7);
		json_decref(j);
	}
	json_t *many = json_array();
	for (int i = 0; i <= QUIET_SPANS_MAX; i++)
		json_array_append_new(many, json_pack("{s:s,s:s}", "from", "1:00", "to", "2:00"));
	JSON_AUTO json_t *j = json_pack("{s:o}", "spans", many);
	struct quiet_hours q;
	assert_int_equal(quiet_read(j, &q, &err), ERR_INVALID);
}

static void test_published(void **state)
{
	int64_t from, until;
	JSON_AUTO json_t *good = json_pack("{s:i,s:i}", "from_ts", 1000, "until_ts", 5000);
	JSON_AUTO json_t *endless =
		json_pack("{s:i,s:I}", "from_ts", 1000, "until_ts", (json_int_t)(400 * DAY));
	JSON_AUTO json_t *odd = json_pack("{s:s,s:i}", "from_ts", "x", "until_ts", 5000);
	(void)state;
	quiet_published_read(good, 500, &from, &until);
	assert_int_equal(from, 1000);
	assert_int_equal(until, 5000);
	/* It lapses by itself. */
	quiet_published_read(good, 5000, &from, &until);
	assert_int_equal(until, 0);
	quiet_published_read(endless, 500, &from, &until);
	assert_int_equal(until, 0);
	quiet_published_read(odd, 500, &from, &until);
	assert_int_equal(until, 0);
	quiet_published_read(NULL, 500, &from, &until);
	assert_int_equal(until, 0);
}

/* -- What is heard ------------------------------------------------------------------------------ */

static void test_notice(void **state)
{
	struct quiet_hours q = hours("UTC", "20:00-07:00", "daily");
	struct notice n = {.now_ms = at("2026-11-27T21:00:00Z"), .wanted = true, .covered = true};
	int64_t until;
	(void)state;
	assert_int_equal(notice_judge(&q, &n, &until), NOTICE_QUIET);
	assert_int_equal(until, at("2026-11-28T07:00:00Z"));
	n.urgent = true;
	assert_int_equal(notice_judge(&q, &n, &until), NOTICE_URGENT);
	q.no_urgent = true;
	assert_int_equal(notice_judge(&q, &n, &until), NOTICE_QUIET);
	n.covered = false;
	assert_int_equal(notice_judge(&q, &n, &until), NOTICE_SHOWN);
	assert_int_equal(until, 0);
	n.muted = true;
	assert_int_equal(notice_judge(&q, &n, NULL), NOTICE_MUTED);
	n.wanted = false;
	assert_int_equal(notice_judge(&q, &n, NULL), NOTICE_OFF);
	n = (struct notice){.now_ms = at("2026-11-27T12:00:00Z"), .wanted = true, .covered = true};
	assert_int_equal(notice_judge(&q, &n, NULL), NOTICE_SHOWN);
}

static void test_covers(void **state)
{
	struct cached k;
	struct quiet_hours q;
	(void)state;
	quiet_default(&q);
	cached_open(&k);
	cached_room(&k, "!plain:x", "@me:x", "Plain");
	cached_room(&k, "!class:x", "@ann:x", "Class");
	cached_join(&k, "!class:x", "@ann:x", "Ann");
	cached_room(&k, "!dm:x", "@ann:x", "Ann");
	cached_room(&k, "!pal:x", "@pal:x", "Pal");
	cached_join(&k, "!pal:x", "@pal:x", "Pal");
	cached_sync(&k, "'account_data':{'events':[{'type':'m.direct','content':{'@ann:x':["
			"'!dm:x'],'@pal:x':['!pal:x']}}]}");
	assert_false(quiet_covers_any(k.s, &q));
	assert_false(quiet_covers(k.s, &q, cached_row(&k, "!class:x")));
	cached_event(&k, "!class:x", "$c", "@ann:x", "org.muster.class", "{'version':1}",
		     "'state_key':''");
	assert_true(quiet_covers_any(k.s, &q));
	assert_true(quiet_covers(k.s, &q, cached_row(&k, "!class:x")));
	assert_false(quiet_covers(k.s, &q, cached_row(&k, "!plain:x")));
	/* Ann is in the class with us, Pal is not. */
	assert_true(quiet_covers(k.s, &q, cached_row(&k, "!dm:x")));
	assert_false(quiet_covers(k.s, &q, cached_row(&k, "!pal:x")));
	/* What nobody has called a direct chat is one all the same when two are in it. */
	cached_room(&k, "!two:x", "@ann:x", NULL);
	cached_join(&k, "!two:x", "@ann:x", "Ann");
	cached_room(&k, "!pals:x", "@pal:x", NULL);
	cached_join(&k, "!pals:x", "@pal:x", "Pal");
	cached_sync(&k, "'rooms':{'join':{'!two:x':{'summary':{'m.joined_member_count':2}},"
			"'!pals:x':{'summary':{'m.joined_member_count':2}}}}");
	assert_true(quiet_covers(k.s, &q, cached_row(&k, "!two:x")));
	assert_false(quiet_covers(k.s, &q, cached_row(&k, "!pals:x")));
	cached_sync(&k, "'rooms':{'join':{'!two:x':{'summary':{'m.joined_member_count':1,'m."
			"invited_member_count':2}}}}");
	assert_false(quiet_covers(k.s, &q, cached_row(&k, "!two:x")));
	cached_room(&k, "!space:x", "@me:x", "Space");
	cached_event(&k, "!space:x", "$s", "@me:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!plain:x'");
	assert_true(quiet_covers(k.s, &q, cached_row(&k, "!plain:x")));
	q.all = true;
	assert_true(quiet_covers(k.s, &q, cached_row(&k, "!pal:x")));
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_midnight),      cmocka_unit_test(test_weekend),
		cmocka_unit_test(test_clock_changes), cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_next),	      cmocka_unit_test(test_reference),
		cmocka_unit_test(test_words),	      cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_malformed),     cmocka_unit_test(test_published),
		cmocka_unit_test(test_notice),	      cmocka_unit_test(test_covers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
