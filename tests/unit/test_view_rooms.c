#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/view/fuzzy.h"
#include "core/client/view/room_list.h"
#include "core/store/drafts.h"
#include "core/store/outbox.h"
#include "tests/lib/cached.h"

#include <string.h>

static const char *const sections[] = {"invite", "fav", "people", "room", "space", "low"};

/* A line for each room. */
static const char *shown(struct room_list *l)
{
	static struct buf b = {.cap = BUF_CAP_OWN};
	buf_clear(&b);
	for (size_t i = 0; i < room_list_count(l); i++) {
		const struct room_row *r = room_list_at(l, i);
		if (!r->knock)
			assert_int_equal(room_list_find(l, r->room_id), i);
		buf_printf(&b, "%s %s", sections[r->section], r->name.s);
		if (r->last.n)
			buf_printf(&b, " (%s)", r->last.s);
		if (r->unread || r->highlights)
			buf_printf(&b, " %d/%d", (int)r->unread, (int)r->highlights);
		if (r->typing)
			buf_printf(&b, " typing %d", r->typing);
		if (r->call_people)
			buf_printf(&b, " call %d", r->call_people);
		if (r->presence)
			buf_printf(&b, " presence %d", r->presence);
		buf_printf(&b, "%s%s%s%s\n", r->muted ? " muted" : "", r->draft ? " draft" : "",
			   r->failed ? " failed" : "", r->marked_unread ? " marked" : "");
	}
	return buf_str(&b);
}

static void begin(struct cached *k)
{
	cached_open(k);
	cached_room(k, "!a:x", "@ann:x", "Alpha");
	cached_room(k, "!b:x", "@ann:x", "Beta");
	cached_room(k, "!c:x", "@ann:x", "Gamma");
	cached_join(k, "!c:x", "@ben:x", "Ben");
	cached_say(k, "!a:x", "$a1", "@ann:x", "in alpha");
	cached_say(k, "!c:x", "$c1", "@ben:x", "in gamma");
	cached_say(k, "!b:x", "$b1", "@me:x", "in beta");
}

static void test_sections(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_string_equal(shown(l), "room Beta (You: in beta)\nroom Gamma (Ben: in gamma)\n"
				      "room Alpha (ann: in alpha)\n");
	assert_false(room_list_update(l));
	room_list_order(l, ORDER_NAME);
	assert_string_equal(shown(l), "room Alpha (ann: in alpha)\nroom Beta (You: in beta)\n"
				      "room Gamma (Ben: in gamma)\n");
	room_list_order(l, ORDER_ACTIVITY);
	/* Counts are made anew when rules come: the server's come after them. */
	cached_sync(&k,
		    "'account_data':{'events':[{'type':'m.direct','content':{'@ben:x':['!c:x']}},"
		    "{'type':'m.push_rules','content':{'global':{'override':[{'rule_id':'!b:x',"
		    "'conditions':[{'kind':'event_match','key':'room_id','pattern':'!b:x'}],"
		    "'actions':['dont_notify'],'enabled':true}]}}}]}");
	cached_sync(&k,
		    "'presence':{'events':[{'type':'m.presence','sender':'@ben:x','content':{"
		    "'presence':'online'}}]},"
		    "'rooms':{'join':{'!a:x':{'account_data':{'events':[{'type':'m.tag','content':{"
		    "'tags':{'m.favourite':{'order':0.5}}}}]},'unread_notifications':{"
		    "'notification_count':3,'highlight_count':1},'unread_thread_notifications':{"
		    "'$t':{'notification_count':2,'highlight_count':0}},'ephemeral':{'events':[{"
		    "'type':'m.typing','content':{'user_ids':['@ann:x','@me:x']}}]}}},"
		    "'invite':{'!i:x':{'invite_state':{'events':[{'type':'m.room.name','sender':"
		    "'@z:x','state_key':'','content':{'name':'Party'}}]}}}}");
	assert_true(room_list_update(l));
	assert_string_equal(shown(l), "invite Party\nfav Alpha (ann: in alpha) 5/1 typing 1\n"
				      "people Gamma (in gamma) presence 1\n"
				      "room Beta (You: in beta) muted\n");
	int64_t highlights;
	assert_int_equal(room_list_unread(l, &highlights), 5);
	assert_int_equal(highlights, 1);
	room_list_only_unread(l, true);
	assert_string_equal(shown(l), "invite Party\nfav Alpha (ann: in alpha) 5/1 typing 1\n");
	room_list_only_unread(l, false);
	cached_sync(&k, "'rooms':{'leave':{'!c:x':{}},'join':{'!a:x':{'account_data':{'events':[{"
			"'type':'m.tag','content':{'tags':{'m.lowpriority':{}}}}]}}}},"
			"'presence':{'events':[{'type':'m.presence','sender':'@ben:x','content':{"
			"'presence':'offline'}}]}");
	assert_true(room_list_update(l));
	assert_string_equal(shown(l), "invite Party\nroom Beta (You: in beta) muted\n"
				      "low Alpha (ann: in alpha) 5/1 typing 1\n");
	/* What was said last is shown as it reads now. */
	cached_event(&k, "!b:x", "$b2", "@me:x", "m.room.message",
		     "{'msgtype':'m.text','body':'* better','m.new_content':{'msgtype':'m.text',"
		     "'body':'better'},'m.relates_to':{'rel_type':'m.replace','event_id':'$b1'}}",
		     "");
	assert_true(room_list_update(l));
	assert_non_null(strstr(shown(l), "room Beta (You: better) muted\n"));
	/* A receipt changes nothing that is seen. */
	cached_sync(&k, "'rooms':{'join':{'!b:x':{'ephemeral':{'events':[{'type':'m.receipt',"
			"'content':{'$b1':{'m.read':{'@ann:x':{'ts':5}}}}}]}}}}");
	assert_false(room_list_update(l));
	room_list_free(l);
	cached_close(&k);
}

static void test_beside(void **state)
{
	struct cached k;
	struct err err;
	(void)state;
	begin(&k);
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	struct store_draft d = {.room = cached_row(&k, "!a:x"),
				.thread = SPAN_LIT(""),
				.text = SPAN_LIT("begun"),
				.updated_ms = 1};
	assert_int_equal(store_draft_set(k.s, &d, &err), 0);
	int64_t id = cached_unsent(&k, "!b:x", "t1", "failed", "x", NULL);
	assert_true(room_list_update(l));
	assert_string_equal(shown(l),
			    "room Beta (You: in beta) failed\nroom Gamma (Ben: in gamma)\n"
			    "room Alpha (ann: in alpha) draft\n");
	store_outbox_drop(k.s, id, &err);
	d.text = SPAN_LIT("");
	store_draft_set(k.s, &d, &err);
	assert_true(room_list_update(l));
	assert_string_equal(shown(l), "room Beta (You: in beta)\nroom Gamma (Ben: in gamma)\n"
				      "room Alpha (ann: in alpha)\n");
	room_list_free(l);
	cached_close(&k);
}

static void test_spaces(void **state)
{
	struct cached k;
	struct err err;
	(void)state;
	begin(&k);
	cached_event(&k, "!s:x", "$s0", "@ann:x", "m.room.create",
		     "{'type':'m.space','room_version':'11'}", "'state_key':''");
	cached_event(&k, "!s:x", "$s1", "@ann:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!b:x'");
	cached_event(&k, "!s:x", "$s2", "@ann:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!s2:x'");
	cached_event(&k, "!s2:x", "$q0", "@ann:x", "m.room.create",
		     "{'type':'m.space','room_version':'11'}", "'state_key':''");
	cached_event(&k, "!s2:x", "$q1", "@ann:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!c:x'");
	/* In a circle. */
	cached_event(&k, "!s2:x", "$q2", "@ann:x", "m.space.child", "{'via':['x']}",
		     "'state_key':'!s:x'");
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_int_equal(room_list_count(l), 5);
	assert_int_equal(room_list_space(l, "!nowhere:x", &err), ERR_NOT_FOUND);
	assert_int_equal(room_list_count(l), 5);
	assert_int_equal(room_list_space(l, "!s:x", &err), 0);
	assert_string_equal(shown(l), "room Beta (You: in beta)\nroom Gamma (Ben: in gamma)\n");
	assert_int_equal(room_list_space(l, "!s2:x", &err), 0);
	assert_non_null(strstr(shown(l), "Gamma"));
	assert_null(strstr(shown(l), "Alpha"));
	assert_int_equal(room_list_space(l, NULL, &err), 0);
	room_list_free(l);
	cached_close(&k);
}

/* An upgraded room gives way to the one that takes its place, once we are in it. */
static void test_replaced(void **state)
{
	struct cached k;
	int64_t highlights;
	(void)state;
	begin(&k);
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	/* Anybody's room can be named: this one does not go on from it. */
	cached_event(&k, "!a:x", "$a9", "@ann:x", "m.room.tombstone",
		     "{'body':'moved','replacement_room':'!b:x'}", "'state_key':''");
	room_list_update(l);
	assert_non_null(strstr(shown(l), "Alpha"));
	cached_event(&k, "!a:x", "$a10", "@ann:x", "m.room.tombstone",
		     "{'body':'moved','replacement_room':'!n:x'}", "'state_key':''");
	cached_sync(&k, "'rooms':{'join':{'!a:x':{'unread_notifications':"
			"{'notification_count':3,'highlight_count':1}}}}");
	assert_true(room_list_update(l));
	assert_non_null(strstr(shown(l), "Alpha"));
	assert_int_equal(room_list_unread(l, &highlights), 3);
	/* Nothing comes from the old room any more. */
	cached_event(&k, "!n:x", "$n1", "@ann:x", "m.room.create",
		     "{'room_version':'11','predecessor':{'room_id':'!a:x'}}", "'state_key':''");
	assert_true(room_list_update(l));
	assert_null(strstr(shown(l), "Alpha"));
	assert_int_equal(room_list_unread(l, &highlights), 0);
	assert_int_equal(highlights, 0);
	/* Who leaves the new one has the old one in sight again. */
	cached_sync(&k, "'rooms':{'leave':{'!n:x':{}}}");
	assert_true(room_list_update(l));
	assert_non_null(strstr(shown(l), "Alpha"));
	room_list_free(l);
	cached_close(&k);
}

static void test_calls(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	k.now = 4102444800000; /* far from now, so that it has not run out */
	cached_event(&k, "!b:x", "$m1", "@ann:x", "org.matrix.msc3401.call.member",
		     "{'application':'m.call','call_id':'','scope':'m.room','device_id':'D',"
		     "'expires':14400000,'focus_active':{'type':'livekit','focus_selection':"
		     "'oldest_membership'},'foci_preferred':[]}",
		     "'state_key':'_@ann:x_D_m.call'");
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_non_null(strstr(shown(l), "room Beta (You: in beta) call 1\n"));
	cached_event(&k, "!b:x", "$m2", "@ann:x", "org.matrix.msc3401.call.member", "{}",
		     "'state_key':'_@ann:x_D_m.call'");
	assert_true(room_list_update(l));
	assert_null(strstr(shown(l), "call"));
	room_list_free(l);
	cached_close(&k);
}

static int score(const char *pattern, const char *text)
{
	struct fuzzy f;
	fuzzy_init(&f, span_of(pattern));
	return fuzzy_score(&f, span_of(text), NULL);
}

static void test_fuzzy(void **state)
{
	uint8_t hits[FUZZY_HITS];
	struct fuzzy f;
	(void)state;
	assert_int_equal(score("xyz", "abc"), 0);
	assert_int_equal(score("a", ""), 0);
	assert_int_equal(score("", "abc"), 1);
	assert_true(score("phy", "Physics") > score("phy", "Geography"));
	assert_true(score("mr", "meeting room") > score("mr", "summer"));
	assert_true(score("ab", "xab") > score("ab", "xaxb"));
	assert_true(score("phys", "Physics") > score("phys", "Physics of the very large"));
	assert_true(score("ecole", "École") > 0);
	assert_true(score("STRASSE", "Hauptstraße") > 0);
	assert_true(score("ａｂ", "AB") > 0);
	assert_true(score("数学", "高等数学") > 0);
	fuzzy_init(&f, span_of("é r"));
	assert_true(fuzzy_score(&f, span_of("meeting — Room"), hits) > 0);
	assert_int_equal(hits[0], 1);
	assert_int_equal(hits[1], 12);
	assert_int_equal(hits[2], 255);
	/* The best place, not the first. */
	fuzzy_init(&f, span_of("ro"));
	fuzzy_score(&f, span_of("car of room"), hits);
	assert_int_equal(hits[0], 7);
	assert_int_equal(hits[1], 8);
}

static void test_match(void **state)
{
	struct cached k;
	struct room_match m[8];
	(void)state;
	begin(&k);
	cached_sync(&k, "'account_data':{'events':[{'type':'m.direct','content':{'@ben:x':["
			"'!c:x']}}]}");
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_int_equal(room_list_match(l, "", m, 8), 3);
	assert_string_equal(m[0].row->name.s, "Beta");
	assert_string_equal(m[2].row->name.s, "Alpha");
	assert_int_equal(room_list_match(l, "", m, 2), 2);
	assert_int_equal(room_list_match(l, "ALP", m, 8), 1);
	assert_int_equal(m[0].hits[2], 2);
	assert_int_equal(m[0].hits[3], 255);
	/* By the person. */
	assert_int_equal(room_list_match(l, "ben", m, 8), 1);
	assert_string_equal(m[0].row->name.s, "Gamma");
	assert_int_equal(m[0].hits[0], 255);
	room_list_free(l);
	cached_close(&k);
}

/* People at the door of a room where we may invite. */
static void test_knocks(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	cached_room(&k, "!own:x", "@me:x", "Own");
	cached_event(&k, "!own:x", "$j", "@me:x", "m.room.join_rules", "{'join_rule':'knock'}",
		     "'state_key':''");
	cached_event(&k, "!a:x", "$ja", "@ann:x", "m.room.join_rules", "{'join_rule':'knock'}",
		     "'state_key':''");
	/* Not ours to answer. */
	cached_event(&k, "!a:x", "$pa", "@ann:x", "m.room.power_levels",
		     "{'users':{'@ann:x':100},'invite':50}", "'state_key':''");
	cached_event(&k, "!a:x", "$ka", "@zoe:x", "m.room.member", "{'membership':'knock'}",
		     "'state_key':'@zoe:x'");
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_null(strstr(shown(l), "invite"));
	cached_event(&k, "!own:x", "$k1", "@zoe:x", "m.room.member",
		     "{'membership':'knock','displayname':'Zo\\u001be'}", "'state_key':'@zoe:x'");
	assert_true(room_list_update(l));
	const struct room_row *r = room_list_at(l, 0);
	assert_true(r->knock);
	assert_string_equal(r->room_id, "!own:x");
	assert_int_equal(r->section, SECTION_INVITES);
	assert_string_equal(r->name.s, "Zo␛e asks: Own");
	/* The room itself is where it was, and is what its id means. */
	assert_false(room_list_at(l, room_list_find(l, "!own:x"))->knock);
	cached_event(&k, "!own:x", "$k2", "@kim:x", "m.room.member", "{'membership':'knock'}",
		     "'state_key':'@kim:x'");
	assert_true(room_list_update(l));
	assert_string_equal(room_list_at(l, 0)->name.s, "2 ask: Own");
	cached_join(&k, "!own:x", "@kim:x", "Kim");
	cached_event(&k, "!own:x", "$k3", "@me:x", "m.room.member", "{'membership':'leave'}",
		     "'state_key':'@zoe:x'");
	assert_true(room_list_update(l));
	assert_null(strstr(shown(l), "invite"));
	room_list_free(l);
	cached_close(&k);
}

/* What a bell may tell of. */
static void test_calling(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	cached_sync(&k, "'account_data':{'events':[{'type':'m.direct','content':{'@ben:x':['!c:x']}"
			"}]}");
	struct room_list *l = room_list_new(k.s, CACHED_OWN);
	assert_int_equal(room_list_calling(l, NULL), 0);
	cached_sync(&k, "'rooms':{'join':{'!a:x':{'unread_notifications':{'notification_count':5,"
			"'highlight_count':1}},'!c:x':{'unread_notifications':{"
			"'notification_count':2,'highlight_count':0}}}}");
	assert_true(room_list_update(l));
	assert_int_equal(room_list_calling(l, NULL), 3);
	assert_int_equal(room_list_calling(l, "!a:x"), 2);
	assert_int_equal(room_list_calling(l, "!c:x"), 1);
	room_list_free(l);
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections), cmocka_unit_test(test_beside),
		cmocka_unit_test(test_spaces),	 cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_calls),	 cmocka_unit_test(test_fuzzy),
		cmocka_unit_test(test_match),	 cmocka_unit_test(test_knocks),
		cmocka_unit_test(test_calling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
