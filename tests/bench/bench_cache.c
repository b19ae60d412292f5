/*
 * What a large cache costs: 1,000 rooms with 200,000 messages, made searchable, searched, and
 * counted anew after the push rules have changed. Figures on stdout, in microseconds of the
 * processor; BENCH_ROOMS and BENCH_MESSAGES change the size.
 */
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/store/search.h"
#include "tests/bench/fill.h"

#include <stdio.h>

#define AT_ONCE 20000 /* messages of one reply */

/* Words as people use them: a few are everywhere, most are rare. */
static void put_words(char *ret, size_t size, int n)
{
	static const char *const often[] = {"the", "lesson", "is",    "at",
					    "ten", "please", "bring", "homework"};
	size_t len = 0;
	unsigned dice = (unsigned)n * 2654435761u;
	for (int i = 0; i < 8; i++, dice = dice * 1664525u + 1013904223u)
		len += (size_t)snprintf(ret + len, size - len, "%s ",
					often[(dice >> 16) % ARRAY_LEN(often)]);
	snprintf(ret + len, size - len, "word%u %s", dice >> 12, n % 50000 ? "" : "Prüfungsplan");
}

/* Messages `from` and on, spread over all rooms. */
static void fill_some(struct bench *b, int rooms, int from, int n)
{
	struct buf t = BUF_INIT(BUF_CAP_OWN);
	char words[200];
	for (int i = 0; i < rooms; i++) {
		buf_printf(&t, "%s\"!r%d:x\":{\"timeline\":{\"events\":[", i ? "," : "", i);
		for (int k = i; k < n; k += rooms) {
			put_words(words, sizeof(words), from + k);
			put_say(b, &t, k % 5, words);
		}
		buf_truncate(&t, t.n - 1);
		buf_put_str(&t, "]}}");
	}
	sync_text(b, buf_str(&t));
	buf_done(&t);
}

static void fill(struct bench *b)
{
	int rooms = setting("BENCH_ROOMS", 1000), messages = setting("BENCH_MESSAGES", 200000);
	struct buf t = BUF_INIT(BUF_CAP_OWN);
	for (int i = 0; i < rooms; i++) {
		if (i)
			buf_put_char(&t, ',');
		put_room(b, &t, i, 5, 1);
	}
	sync_text(b, buf_str(&t));
	buf_done(&t);
	for (int i = 0; i < messages; i += AT_ONCE)
		fill_some(b, rooms, i, messages - i < AT_ONCE ? messages - i : AT_ONCE);
}

static int on_hit(const struct store_event *e, void *arg)
{
	(void)e;
	++*(int *)arg;
	return 0;
}

static void search(struct bench *b, const char *words, const char *what)
{
	char line[100];
	int hits = 0;
	int64_t t = cpu_ns();
	for (int i = 0; i < 5; i++)
		store_events_search(b->s, 0, words, 100, on_hit, &hits);
	snprintf(line, sizeof(line), "search, %s (%d hits)", what, hits / 5);
	told(line, t, 5);
}

static void index_all(struct bench *b)
{
	struct err err;
	bool more = true;
	int steps = 0;
	int64_t t = cpu_ns();
	for (; more; steps++)
		must(store_index_step(b->s, 500, &more, &err), &err);
	told("store_index_step, 500 messages", t, steps);
}

/* Other rules: every room is counted again. Nothing has been read, so all its messages count. */
static void change_rules(struct bench *b)
{
	static const char rules[] =
		"\"account_data\":{\"events\":[{\"type\":\"m.push_rules\",\"content\":{\"global\":"
		"{\"override\":[{\"rule_id\":\".m.rule.suppress_notices\",\"conditions\":[{"
		"\"kind\":"
		"\"event_match\",\"key\":\"content.msgtype\",\"pattern\":\"m.notice\"}],"
		"\"actions\":[]},"
		"{\"rule_id\":\".m.rule.contains_display_name\",\"conditions\":[{\"kind\":"
		"\"contains_display_name\"}],\"actions\":[\"notify\",{\"set_tweak\":\"highlight\"}]"
		"}],"
		"\"content\":[{\"rule_id\":\"exam\",\"pattern\":\"exam\",\"actions\":[\"notify\"]}]"
		","
		"\"underride\":[{\"rule_id\":\".m.rule.message\",\"conditions\":[{\"kind\":"
		"\"event_match\",\"key\":\"type\",\"pattern\":\"m.room.message\"}],\"actions\":"
		"[\"notify\"]}]}}}]}";
	struct err err;
	AUTO_FREE char *text = mem_printf("{\"next_batch\":\"s%d\",%s}", b->syncs + 1, rules);
	AUTO_FREE char *since = mem_printf("s%d", b->syncs);
	int64_t t = cpu_ns();
	must(apply_sync(b->s, OWN, since, span_of(text), NULL, &err), &err);
	b->syncs++;
	told("apply_sync, changed push rules, all rooms counted", t, 1);
}

int main(void)
{
	struct bench b;
	bench_open(&b);
	fill(&b);
	search(&b, "Prufungsplan", "nothing indexed yet");
	index_all(&b);
	search(&b, "prüfungsplan", "a rare word");
	search(&b, "homework", "a word of every other message");
	search(&b, "\"lesson is at ten\"", "a phrase of common words");
	search(&b, "zz", "two letters, nowhere");
	search(&b, "nothing like it", "words that are nowhere");
	change_rules(&b);
	bench_close(&b);
	return 0;
}
