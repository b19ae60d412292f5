/* Tables: filters, tokens, who may see what, push rules, the id map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/event_row.h"
#include "server/sync/filter.h"
#include "server/sync/nidmap.h"
#include "server/sync/pushrules.h"
#include "server/sync/tail.h"
#include "server/sync/token.h"
#include "server/sync/visibility.h"

#include <stdlib.h>
#include <string.h>

/* 'a' -> "a" */
static json_t *parse(const char *text)
{
	json_t *j = NULL;
	struct err err = {0};
	AUTO_FREE char *s = mem_strdup(text);
	for (char *p = s; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (json_parse(span_of(s), &j, &err))
		fail_msg("%s: %s", err.msg, s);
	return j;
}

struct filter_row {
	const char *filter, *type, *sender, *content;
	bool pass;
};

static const struct filter_row filter_rows[] = {
	{"{}", "m.room.message", "@a:x", "{}", true},
	{"{'types':['m.room.message']}", "m.room.message", "@a:x", "{}", true},
	{"{'types':['m.room.message']}", "m.room.messages", "@a:x", "{}", false},
	{"{'types':['m.room.*']}", "m.room.topic", "@a:x", "{}", true},
	{"{'types':['m.*.topic']}", "m.room.topic", "@a:x", "{}", true},
	{"{'types':['m.*.topic']}", "m.room.topic.more", "@a:x", "{}", false},
	{"{'types':['*']}", "", "@a:x", "{}", true},
	{"{'types':[]}", "m.room.topic", "@a:x", "{}", false},
	{"{'not_types':['m.room.*']}", "m.room.topic", "@a:x", "{}", false},
	{"{'not_types':['m.room.*']}", "m.reaction", "@a:x", "{}", true},
	{"{'types':['m.room.topic'],'not_types':['m.room.topic']}", "m.room.topic", "@a:x", "{}",
	 false},
	{"{'senders':['@a:x']}", "t", "@a:x", "{}", true},
	{"{'senders':['@a:x']}", "t", "@b:x", "{}", false},
	{"{'senders':['@*']}", "t", "@b:x", "{}", false},
	{"{'senders':[]}", "t", "@a:x", "{}", false},
	{"{'not_senders':['@a:x']}", "t", "@a:x", "{}", false},
	{"{'contains_url':true}", "t", "@a:x", "{'url':'mxc://x/y'}", true},
	{"{'contains_url':true}", "t", "@a:x", "{'body':'url'}", false},
	{"{'contains_url':false}", "t", "@a:x", "{'url':'mxc://x/y'}", false},
	{"{'contains_url':false}", "t", "@a:x", "{}", true},
	{"{'contains_url':null}", "t", "@a:x", "{'url':'mxc://x/y'}", true},
};

static void test_filter_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(filter_rows); i++) {
		const struct filter_row *r = &filter_rows[i];
		JSON_AUTO json_t *j = parse(r->filter);
		JSON_AUTO json_t *content = parse(r->content);
		AUTO_FREE char *c = json_text(content);
		AUTO_FREE char *text = mem_printf("{\"content\":%s}", c);
		struct event_filter f;
		assert_int_equal(event_filter_compile(j, &f, NULL), 0);
		bool pass =
			event_filter_match(&f, span_of(r->type), span_of(r->sender), span_of(text));
		if (pass != r->pass)
			fail_msg("%s on %s by %s %s", r->filter, r->type, r->sender, r->content);
		event_filter_done(&f);
	}
}

static void test_filter_bad(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"{'room':[]}",
		"{'room':{'timeline':7}}",
		"{'room':{'timeline':{'limit':'many'}}}",
		"{'room':{'timeline':{'limit':-1}}}",
		"{'room':{'timeline':{'types':'m.room.message'}}}",
		"{'room':{'state':{'types':[1]}}}",
		"{'room':{'state':{'lazy_load_members':'yes'}}}",
		"{'room':{'include_leave':1}}",
		"{'event_fields':{}}",
		"[]",
		"7",
	};
	long before = mem_live();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		JSON_AUTO json_t *j = parse(bad[i]);
		struct filter *f;
		struct err err = {0};
		if (!filter_compile(j, &f, &err))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(err.http_status, 400);
		assert_string_equal(err.errcode, "M_BAD_JSON");
	}
	assert_int_equal(mem_live(), before);
}

static void test_filter_rooms(void **state)
{
	(void)state;
	struct filter *f;
	JSON_AUTO json_t *j = parse("{'room':{'rooms':['!a','!b'],'not_rooms':['!b'],'timeline':"
				    "{'limit':999999,'rooms':['!a']},'state':{'limit':0},"
				    "'include_leave':true}}");
	assert_int_equal(filter_compile(j, &f, NULL), 0);
	assert_true(filter_room(f, "!a"));
	assert_false(filter_room(f, "!b"));
	assert_false(filter_room(f, "!c"));
	assert_true(event_filter_room(&f->timeline, "!a"));
	assert_false(event_filter_room(&f->timeline, "!c"));
	assert_true(event_filter_room(&f->state, "!c"));
	assert_int_equal(f->timeline.limit, FILTER_LIMIT_MAX);
	assert_int_equal(f->state.limit, 1);
	assert_true(f->include_leave);
	assert_true(filter_room(NULL, "!c"));
	filter_unref(f);
	filter_unref(NULL);
}

static void test_filter_fields(void **state)
{
	(void)state;
	struct filter *f;
	JSON_AUTO json_t *j = parse("{'event_fields':['type','content.body','content.a\\\\.b',"
				    "'no.such','type.deeper']}");
	JSON_AUTO json_t *event = parse("{'type':'t','sender':'@a:x','content':{'body':'hi',"
					"'secret':1,'a.b':2}}");
	assert_int_equal(filter_compile(j, &f, NULL), 0);
	JSON_AUTO json_t *kept = filter_fields(f, event);
	JSON_AUTO json_t *want = parse("{'type':'t','content':{'body':'hi','a.b':2}}");
	assert_true(json_equal(kept, want));
	filter_unref(f);
}

/* One list of types with this alone. */
static bool globs(const char *pattern, const char *text)
{
	struct event_filter f;
	JSON_AUTO json_t *j = json_pack("{s:[s]}", "types", pattern);
	assert_int_equal(event_filter_compile(j, &f, NULL), 0);
	bool match = event_filter_match(&f, span_of(text), span_of("@a:b"), span_of("{}"));
	event_filter_done(&f);
	return match;
}

static void test_glob_cost(void **state)
{
	(void)state;
	/* A pattern of stars must not take exponential time. */
	char text[4001];
	memset(text, 'a', 4000);
	text[4000] = '\0';
	assert_false(globs("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
	/* What one list may cost is bounded, however it is written. */
	json_t *types = json_array();
	char slow[131];
	memset(slow, 'a', sizeof(slow));
	slow[0] = '*';
	slow[sizeof(slow) - 2] = 'b';
	slow[sizeof(slow) - 1] = '\0';
	for (int i = 0; i < 400; i++)
		json_array_append_new(types, json_string(slow));
	json_array_append_new(types, json_string("*"));
	JSON_AUTO json_t *heavy = json_pack("{s:o}", "types", types);
	struct event_filter cut;
	assert_int_equal(event_filter_compile(heavy, &cut, NULL), 0);
	assert_false(event_filter_match(&cut, span_of(text), span_of("@a:b"), span_of("{}")));
	assert_true(event_filter_match(&cut, span_of("m.room.message"), span_of("@a:b"),
				       span_of("{}")));
	event_filter_done(&cut);
	assert_true(globs("*a*a*a*a", text));
}

static void test_tokens(void **state)
{
	(void)state;
	struct sync_token in = {0xdeadbeef, INT64_C(1) << 50, 7, 42, true, 12345}, out;
	struct buf b = BUF_INIT(200);
	uint32_t epoch;
	int64_t pos;
	token_put_sync(&b, &in);
	assert_true(token_parse_sync(buf_span(&b), &out));
	assert_int_equal(out.epoch, in.epoch);
	assert_int_equal(out.pos, in.pos);
	assert_int_equal(out.boot, in.boot);
	assert_int_equal(out.typing, in.typing);
	assert_true(out.someone_typing);
	assert_int_equal(out.to_device, in.to_device);
	assert_true(token_parse_page(buf_span(&b), &epoch, &pos));
	assert_int_equal(pos, in.pos);
	in.someone_typing = false;
	buf_clear(&b);
	token_put_sync(&b, &in);
	assert_true(token_parse_sync(buf_span(&b), &out));
	assert_false(out.someone_typing);
	assert_int_equal(out.to_device, in.to_device);
	buf_clear(&b);
	token_put_page(&b, 9, 17);
	assert_string_equal(buf_str(&b), "t9_17");
	assert_true(token_parse_page(buf_span(&b), &epoch, &pos));
	assert_int_equal(epoch, 9);
	assert_int_equal(pos, 17);
	assert_false(token_parse_sync(buf_span(&b), &out));
	buf_clear(&b);
	token_put_page(&b, 9, -1);
	assert_string_equal(buf_str(&b), "t9_0");
	buf_done(&b);
	static const char *const bad[] = {
		"",
		"m",
		"t",
		"m1_2_3",
		"m1_2_3_4_x",
		"m1_2_3_4_t_t",
		"m1_2_3_4_d",
		"m1_2_3_4_d-1",
		"m1_2_3_4_d1_t",
		"m1_2_3_4_t_d1_d1",
		"t1",
		"t1_2_3",
		"t1_-2",
		"m1_+2_3_4",
		"m1_2_3_-4",
		"mG_2_3_4",
		"t1_ 2",
		"t1_2 ",
		"t123456789_2",
		"t1_99999999999999999999",
		"M1_2_3_4",
		"t_2",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (token_parse_sync(span_of(bad[i]), &out) ||
		    token_parse_page(span_of(bad[i]), &epoch, &pos))
			fail_msg("accepted: %s", bad[i]);
}

/*
 * A history in letters, one event at each position from 1 on. Member events:
 * J join, L leave, I invite, B ban, K knock. Visibility: w world_readable,
 * s shared, i invited, j joined; before the first of them holds the default,
 * shared, so that the change away from it is told to who joins later. '.':
 * somebody's message. What is seen: '+', '-'.
 */
struct seen_row {
	const char *history, *seen, *why;
};

static const struct seen_row seen_rows[] = {
	{"..J..", "+++++", "shared is the default: all of it once joined"},
	{".....", "-----", "never joined"},
	{"s..J.L..", "++++++--", "who left sees up to the own leave"},
	{"s..I..", "------", "an invitation alone opens nothing"},
	{"s..I.J.", "+++++++", "shared counts from the beginning after the join"},
	{"j..J..", "+--+++", "joined: from the join on, which is told"},
	{"j..I.J.", "+----++", "joined: not from the invitation on"},
	{"i..I.J.", "+--++++", "invited: from the invitation on"},
	{"i..I.L.", "---+++-", "a refused invitation: what came while it stood"},
	{"j.J.L..J.", "+-+++--++", "joined: not what came while outside"},
	{"s.J.L..J.", "+++++++++", "shared: a later join opens the time outside too"},
	{"s.J.B..", "+++++--", "banned: up to the ban"},
	{"s.J.L.B.", "+++++---", "banned after leaving: a time that is not theirs"},
	{"w..", "+++", "world_readable needs no membership"},
	{"w..j..", "++++--", "a change away from world_readable is told to the world"},
	{"j..w..", "---+++", "a change to world_readable is told to the world"},
	{"j..s..J.", "+--+++++", "what was sent under joined stays hidden, the change shows"},
	{"s..j..J.", "++++--++", "what was sent under shared stays open"},
	{"w.J.L..", "+++++++", "leaving a world_readable room hides nothing"},
	{"s.K.", "----", "a knock opens nothing"},
	{"i.I.J.L.I.", "+-+++++-++", "invited again after leaving"},
};

static void step(struct visibility_step **v, size_t *n, int64_t pos, int value)
{
	*v = mem_realloc_array(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = (struct visibility_step){pos, value};
}

static void make_history(const char *letters, struct visibility *v)
{
	static const char members[] = "LIJKB", histories[] = "swij";
	for (int64_t pos = 1; letters[pos - 1]; pos++) {
		const char *m = strchr(members, letters[pos - 1]);
		const char *h = strchr(histories, letters[pos - 1]);
		if (m)
			step(&v->member, &v->member_n, pos, (int)(m - members));
		if (h)
			step(&v->history, &v->history_n, pos, (int)(h - histories));
	}
}

static void test_visibility(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(seen_rows); i++) {
		const struct seen_row *r = &seen_rows[i];
		struct visibility v = {0};
		char got[32] = "";
		make_history(r->history, &v);
		for (size_t at = 0; r->history[at]; at++) {
			char c = r->history[at];
			enum visibility_subject what = strchr("JLIBK", c)  ? SUBJECT_OWN_MEMBER
						       : strchr("swij", c) ? SUBJECT_HISTORY
									   : SUBJECT_OTHER;
			got[at] = visibility_sees(&v, (int64_t)at + 1, what) ? '+' : '-';
		}
		if (strcmp(got, r->seen) != 0)
			fail_msg("%s: %s: %s, expected %s", r->why, r->history, got, r->seen);
		visibility_done(&v);
	}
}

static void test_stay_end(void **state)
{
	(void)state;
	static const struct {
		const char *history;
		int64_t end;
		bool ever;
	} rows[] = {{"s.J.", 0, true},	   {"s.J.L.", 5, true},	 {"s.J.L.B.", 5, true},
		    {"s.J.L.J.", 0, true}, {"s.I.L.", 0, false}, {"..", 0, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct visibility v = {0};
		make_history(rows[i].history, &v);
		assert_int_equal(visibility_stay_end(&v), rows[i].end);
		assert_int_equal(visibility_ever_joined(&v), rows[i].ever);
		visibility_done(&v);
	}
}

static bool may_notify(const char *key, void *arg)
{
	(void)key;
	return arg != NULL;
}

struct rule_row {
	const char *event;
	int members;
	bool powerful, notify, highlight;
};

static const struct rule_row rule_rows[] = {
	{"{'type':'m.room.message','content':{'msgtype':'m.text','body':'hi'}}", 9, false, true,
	 false},
	{"{'type':'m.room.message','content':{'msgtype':'m.notice','body':'hi'}}", 9, false, false,
	 false},
	{"{'type':'m.room.message','content':{'body':'hi','m.mentions':{'user_ids':['@me:x']}}}", 9,
	 false, true, true},
	{"{'type':'m.room.message','content':{'body':'hi','m.mentions':{'user_ids':['@me:xy']}}}",
	 9, false, true, false},
	{"{'type':'m.room.message','content':{'body':'@me:x hello me'}}", 9, false, true, false},
	{"{'type':'m.room.message','content':{'body':'a','m.mentions':{'room':true}}}", 9, true,
	 true, true},
	{"{'type':'m.room.message','content':{'body':'a','m.mentions':{'room':true}}}", 9, false,
	 true, false},
	{"{'type':'m.room.message','content':{'body':'a','m.relates_to':{'rel_type':'m.replace'}}}",
	 9, false, false, false},
	{"{'type':'m.reaction','content':{}}", 9, false, false, false},
	{"{'type':'m.room.member','state_key':'@b:x','content':{'membership':'join'}}", 2, false,
	 false, false},
	{"{'type':'m.room.tombstone','state_key':'','content':{}}", 9, false, true, true},
	{"{'type':'m.room.topic','state_key':'','content':{}}", 9, false, false, false},
	{"{'type':'m.call.invite','content':{}}", 2, false, true, false},
};

static void test_default_rules(void **state)
{
	(void)state;
	int x;
	JSON_AUTO json_t *set = pushrules_default("@me:x");
	for (size_t i = 0; i < ARRAY_LEN(rule_rows); i++) {
		const struct rule_row *r = &rule_rows[i];
		JSON_AUTO json_t *event = parse(r->event);
		struct pushrules_context ctx = {.members = r->members,
						.may_notify = may_notify,
						.arg = r->powerful ? &x : NULL};
		struct pushrules_verdict v = pushrules_eval(set, event, &ctx);
		if (v.notify != r->notify || v.highlight != r->highlight)
			fail_msg("%s: %d %d", r->event, v.notify, v.highlight);
	}
}

static struct pushrules_verdict say(const json_t *set, const char *body)
{
	JSON_AUTO json_t *event =
		json_pack("{s:s,s:s,s:s,s:{s:s}}", "type", "m.room.message", "room_id", "!quiet",
			  "sender", "@pest:x", "content", "body", body);
	struct pushrules_context ctx = {.display_name = "Me Too", .members = 3};
	return pushrules_eval(set, event, &ctx);
}

static void put_rule(json_t *set, const char *kind, const char *id, const char *body,
		     const char *before, const char *after)
{
	struct err err = {0};
	JSON_AUTO json_t *j = parse(body);
	if (pushrules_put(set, kind, id, j, before, after, &err))
		fail_msg("%s", err.msg);
}

/* Many events together cost no more than their budget. */
static void test_rules_budget(void **state)
{
	(void)state;
	int budget = 2000, before;
	JSON_AUTO json_t *set = pushrules_default("@me:x");
	put_rule(set, "content", "word", "{'pattern':'x*y*z','actions':['notify']}", NULL, NULL);
	JSON_AUTO json_t *event = parse("{'type':'m.room.topic','content':{'body':'xxxx y z'}}");
	struct pushrules_context ctx = {.members = 3, .budget = &budget};
	assert_true(pushrules_eval(set, event, &ctx).notify);
	assert_in_range(budget, 1, 1999);
	do {
		before = budget;
		pushrules_eval(set, event, &ctx);
	} while (budget < before);
	assert_int_equal(budget, 0);
	assert_false(pushrules_eval(set, event, &ctx).notify);
}

static void test_own_rules(void **state)
{
	(void)state;
	JSON_AUTO json_t *set = pushrules_default("@me:x");
	static const char loud[] =
		"{'pattern':'ca?e*lie','actions':['notify',{'set_tweak':'highlight'}]}";
	put_rule(set, "content", "cake", loud, NULL, NULL);
	assert_true(say(set, "the CAKE is a Lie, they say").highlight);
	assert_false(say(set, "pancake is a lie").highlight);
	assert_false(say(set, "nothing").highlight);
	put_rule(set, "content", "word",
		 "{'pattern':'lunch','actions':['notify',{'set_tweak':'highlight'}]}", NULL,
		 "cake");
	assert_true(say(set, "Lunch?").highlight);
	assert_false(say(set, "lunchbox").highlight);
	put_rule(set, "override", "name",
		 "{'conditions':[{'kind':'contains_display_name'}],'actions':['notify',"
		 "{'set_tweak':'highlight'}]}",
		 NULL, NULL);
	assert_true(say(set, "what about me too?").highlight);
	/* Content rules rank above room rules, room rules above the default ones. */
	put_rule(set, "room", "!quiet", "{'actions':[]}", NULL, NULL);
	assert_false(say(set, "nothing").notify);
	assert_true(say(set, "lunch").notify);
	/* The master rule ends everything. */
	JSON_AUTO json_t *on = parse("{'enabled':true}");
	assert_int_equal(pushrules_set_enabled(set, "override", ".m.rule.master", on, NULL), 0);
	assert_false(say(set, "lunch").notify);

	JSON_AUTO json_t *merged = pushrules_merge(set, "@me:x");
	assert_true(json_equal(merged, set));
	assert_int_equal(pushrules_delete(set, "content", "word", NULL), 0);
	assert_null(pushrules_find(set, "content", "word"));
	struct err err = {0};
	assert_int_not_equal(pushrules_delete(set, "override", ".m.rule.master", &err), 0);
	assert_int_not_equal(pushrules_delete(set, "override", "nobody", &err), 0);
	assert_int_equal(err.http_status, 404);
}

static void test_rule_order(void **state)
{
	(void)state;
	static const char body[] = "{'conditions':[],'actions':[]}";
	JSON_AUTO json_t *set = pushrules_default("@me:x");
	json_t *rules = json_object_get(json_object_get(set, "global"), "override");
	put_rule(set, "override", "one", body, NULL, NULL);
	put_rule(set, "override", "two", body, NULL, NULL);
	put_rule(set, "override", "three", body, NULL, "two");
	put_rule(set, "override", "four", body, "two", NULL);
	static const char *const want[] = {".m.rule.master", "four", "two", "three", "one"};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(json_get_str(json_array_get(rules, i), "rule_id"), want[i]);
	put_rule(set, "override", "four", body, NULL, "one");
	static const char *const moved[] = {".m.rule.master", "two", "three", "one", "four"};
	for (size_t i = 0; i < ARRAY_LEN(moved); i++)
		assert_string_equal(json_get_str(json_array_get(rules, i), "rule_id"), moved[i]);
	struct err err = {0};
	JSON_AUTO json_t *j = parse(body);
	assert_int_not_equal(pushrules_put(set, "override", "x", j, ".m.rule.master", NULL, &err),
			     0);
	assert_int_not_equal(pushrules_put(set, "override", ".x", j, NULL, NULL, &err), 0);
	assert_int_not_equal(pushrules_put(set, "override", "a/b", j, NULL, NULL, &err), 0);
	assert_int_not_equal(pushrules_put(set, "override", "x", j, "nobody", NULL, &err), 0);
	assert_int_equal(err.http_status, 400);
}

static void test_nidmap(void **state)
{
	(void)state;
	struct nidmap m = {0};
	static char there[5000];
	long before = mem_live();
	srandom(7);
	for (int i = 0; i < 40000; i++) {
		int64_t key = 1 + random() % 4999;
		if (random() % 2) {
			nidmap_put(&m, key, &there[key]);
			there[key] = 1;
		} else {
			void *was = nidmap_remove(&m, key);
			assert_ptr_equal(was, there[key] ? &there[key] : NULL);
			there[key] = 0;
		}
	}
	size_t count = 0, walked = 0;
	for (int64_t key = 1; key < 5000; key++) {
		assert_ptr_equal(nidmap_get(&m, key), there[key] ? &there[key] : NULL);
		count += (size_t)there[key];
	}
	for (size_t at = 0; nidmap_next(&m, &at);)
		walked++;
	assert_int_equal(walked, count);
	assert_int_equal(m.count, count);
	nidmap_done(&m);
	assert_int_equal(mem_live(), before);
}

static void test_tail(void **state)
{
	(void)state;
	struct tail t;
	long before = mem_live();
	tail_init(&t, 100);
	uint64_t newest = 0;
	for (int i = 0; i < TAIL_ENTRIES + 10; i++) {
		struct db_change c = {.pos = 101 + i,
				      .text = (char[]){"{\"a\":1}"},
				      .type = (char[]){"t"}};
		newest = tail_add(&t, &c, TAIL_EVENT, newest)->seq;
	}
	assert_int_equal(t.floor, 110);
	int n = 0;
	int64_t last = INT64_MAX;
	for (struct tail_entry *e = tail_get(&t, newest); e && e->pos > t.floor;
	     e = tail_get(&t, e->older)) {
		assert_true(e->pos < last);
		last = e->pos;
		n++;
	}
	assert_int_equal(n, TAIL_ENTRIES);
	tail_redacted(&t, 500);
	tail_redacted(&t, 5);
	for (struct tail_entry *e = tail_get(&t, newest); e; e = tail_get(&t, e->older))
		assert_int_equal(e->stale, e->pos == 500);
	/* Large texts push out more than one. */
	AUTO_FREE char *large = mem_alloc(TAIL_BYTES);
	memset(large, 'x', TAIL_BYTES - 1);
	struct db_change c = {.pos = 9000, .text = large};
	tail_add(&t, &c, TAIL_EVENT, 0);
	assert_true(t.bytes <= TAIL_BYTES);
	tail_done(&t);
	mem_free(take(&large));
	assert_int_equal(mem_live(), before);
}

static void test_room_id_cut(void **state)
{
	(void)state;
	static const struct {
		const char *text, *left;
	} rows[] = {
		{"{\"content\":{},\"room_id\":\"!r\",\"type\":\"t\"}",
		 "{\"content\":{},\"type\":\"t\"}"},
		{"{\"room_id\":\"!r\",\"type\":\"t\"}", "{\"type\":\"t\"}"},
		{"{\"type\":\"t\",\"room_id\":\"!r\"}", "{\"type\":\"t\"}"},
		{"{\"content\":{\"room_id\":\"!r\"},\"room_id\":\"!r\",\"type\":\"t\"}",
		 "{\"content\":{\"room_id\":\"!r\"},\"type\":\"t\"}"},
		{"{\"content\":{\"room_id\":\"!r\"},\"type\":\"t\"}", NULL},
		{"{\"content\":{\"a\":[{\"room_id\":\"!r\"}]},\"type\":\"t\"}", NULL},
		{"{\"a\":\"\\\"room_id\\\":\\\"!r\\\"\",\"type\":\"t\"}", NULL},
		{"{\"room_id\":\"!r\",\"state_key\":\"}\\\"{\",\"type\":\"t\"}",
		 "{\"state_key\":\"}\\\"{\",\"type\":\"t\"}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span text = span_of(rows[i].text);
		struct span cut = event_room_id_span(text, "!r");
		struct buf b = BUF_INIT(1000);
		buf_put(&b, text.p, cut.n ? (size_t)(cut.p - text.p) : text.n);
		if (cut.n)
			buf_put_str(&b, cut.p + cut.n);
		assert_string_equal(buf_str(&b), rows[i].left ? rows[i].left : rows[i].text);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_match),  cmocka_unit_test(test_filter_bad),
		cmocka_unit_test(test_filter_rooms),  cmocka_unit_test(test_filter_fields),
		cmocka_unit_test(test_glob_cost),     cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_visibility),    cmocka_unit_test(test_stay_end),
		cmocka_unit_test(test_default_rules), cmocka_unit_test(test_rules_budget),
		cmocka_unit_test(test_own_rules),     cmocka_unit_test(test_rule_order),
		cmocka_unit_test(test_nidmap),	      cmocka_unit_test(test_tail),
		cmocka_unit_test(test_room_id_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
