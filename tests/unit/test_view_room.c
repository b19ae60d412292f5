#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/store/lost.h"
#include "core/store/outbox.h"
#include "tests/lib/shown.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What stands around the messages of a conversation: who came, what is new, what is missing. */

#define ROOM SHOWN_ROOM

static struct conversation *open_room(struct cached *k)
{
	return shown_open(k, (struct conversation_options){.window = 0});
}

static void assert_has(struct conversation *c, const char *text)
{
	if (!strstr(shown(c), text))
		fail_msg("no \"%s\" in\n%s", text, shown(c));
}

static void assert_lacks(struct conversation *c, const char *text)
{
	if (strstr(shown(c), text))
		fail_msg("\"%s\" in\n%s", text, shown(c));
}

static void member(struct cached *k, const char *id, const char *sender, const char *user,
		   const char *content, const char *before)
{
	AUTO_FREE char *more =
		mem_printf("'state_key':'%s','unsigned':{'prev_content':%s}", user, before);
	cached_event(k, ROOM, id, sender, "m.room.member", content, more);
}

static void test_people(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	struct conversation *c = open_room(&k);
	cached_say(&k, ROOM, "$0", "@ann:x", "-");
	member(&k, "$1", "@ann:x", "@cat:x", "{'membership':'invite','displayname':'Cat'}", "{}");
	member(&k, "$2", "@cat:x", "@cat:x", "{'membership':'join','displayname':'Cat'}",
	       "{'membership':'invite','displayname':'Cat'}");
	member(&k, "$3", "@cat:x", "@cat:x", "{'membership':'join','displayname':'Kat'}",
	       "{'membership':'join','displayname':'Cat'}");
	member(&k, "$4", "@cat:x", "@cat:x",
	       "{'membership':'join','displayname':'Kat','avatar_url':'mxc://x/y'}",
	       "{'membership':'join','displayname':'Kat'}");
	member(&k, "$5", "@cat:x", "@cat:x",
	       "{'membership':'join','displayname':'Kat','avatar_url':'mxc://x/y'}",
	       "{'membership':'join','displayname':'Kat','avatar_url':'mxc://x/y'}");
	member(&k, "$6", "@ann:x", "@cat:x", "{'membership':'leave','reason':'noise'}",
	       "{'membership':'join','displayname':'Kat'}");
	member(&k, "$7", "@ann:x", "@cat:x", "{'membership':'ban'}", "{'membership':'leave'}");
	member(&k, "$8", "@ann:x", "@cat:x", "{'membership':'leave'}", "{'membership':'ban'}");
	member(&k, "$9", "@ben:x", "@ben:x", "{'membership':'leave'}",
	       "{'membership':'join','displayname':'Ben'}");
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann: -\n"),
			    "Ann: -\nAnn invited Cat\nCat joined\nCat is now called Kat\n"
			    "Kat has a new picture\nAnn removed Kat: noise\nAnn banned Kat\n"
			    "Ann lets Kat come back\nBen left\n");
	conversation_free(c);
	c = shown_open(&k, (struct conversation_options){.hide_changes = true});
	assert_string_equal(shown(c), "-- start --\nday:2025-11-30\nAnn: -\n");
	conversation_free(c);
	cached_close(&k);
}

static void test_folding(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	struct conversation *c = open_room(&k);
	for (int i = 0; i < 13; i++) {
		char user[32], name[32];
		snprintf(user, sizeof(user), "@s%d:x", i);
		snprintf(name, sizeof(name), "S%d", i);
		cached_join(&k, ROOM, user, name);
	}
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann, "), "Ann, Ben and 13 others joined\n");
	size_t at = conversation_count(c) - 1;
	uint32_t version = conversation_at(c, at)->version;
	cached_say(&k, ROOM, "$1", "@ann:x", "Hi");
	assert_true(conversation_update(c));
	assert_int_equal(conversation_at(c, at)->version, version);
	cached_join(&k, ROOM, "@t:x", "T");
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann, "),
			    "Ann, Ben and 13 others joined\nAnn: Hi\nT joined\n");
	conversation_free(c);
	cached_close(&k);
}

/* As a class begins: everybody is invited and comes, in whatever order; two have one name. */
static void test_folding_invitations(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	struct conversation *c = open_room(&k);
	cached_say(&k, ROOM, "$0", "@ann:x", "-");
	for (int i = 0; i < 25; i++) {
		char user[32], id[32];
		snprintf(user, sizeof(user), "@s%d:x", i);
		snprintf(id, sizeof(id), "$i%d", i);
		member(&k, id, "@ann:x", user, "{'membership':'invite','displayname':'Kim'}", "{}");
		if (i < 24)
			cached_join(&k, ROOM, user, "Kim");
	}
	member(&k, "$il", "@ann:x", "@zed:x", "{'membership':'invite','displayname':'Zed'}", "{}");
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann: -\n"),
			    "Ann: -\nKim, Kim and 22 others joined; Kim and Zed were invited\n");
	conversation_free(c);
	cached_close(&k);
}

static void state_event(struct cached *k, const char *id, const char *type, const char *content,
			const char *before)
{
	AUTO_FREE char *more = mem_printf("'state_key':'','unsigned':{'prev_content':%s}", before);
	cached_event(k, ROOM, id, "@ann:x", type, content, more);
}

static void test_changes(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	struct conversation *c = open_room(&k);
	cached_say(&k, ROOM, "$0", "@ann:x", "-");
	state_event(&k, "$1", "m.room.topic", "{'topic':'Optics'}", "{}");
	state_event(&k, "$2", "m.room.topic", "{'topic':''}", "{'topic':'Optics'}");
	state_event(&k, "$3", "m.room.power_levels", "{'users':{'@ann:x':100,'@ben:x':50}}",
		    "{'users':{'@ann:x':100}}");
	state_event(&k, "$4", "m.room.power_levels",
		    "{'users':{'@ann:x':100,'@ben:x':50},'ban':60}",
		    "{'users':{'@ann:x':100,'@ben:x':50}}");
	state_event(&k, "$5", "m.room.join_rules", "{'join_rule':'public'}",
		    "{'join_rule':'invite'}");
	state_event(&k, "$6", "m.room.pinned_events", "{'pinned':['$0']}", "{'pinned':[]}");
	state_event(&k, "$7", "org.other", "{}", "{}");
	state_event(&k, "$7a", "org.muster.roster", "{}", "{}"); /* nothing for people */
	cached_event(&k, ROOM, "$8", "@ann:x", "org.matrix.msc4075.rtc.notification",
		     "{'notification_type':'ring','m.mentions':{'room':true},'sender_ts':"
		     "1764500600000,'lifetime':30000,'m.relates_to':{'rel_type':'m.reference',"
		     "'event_id':'$m'}}",
		     "");
	cached_event(&k, ROOM, "$9", "@ann:x", "org.other.message", "{}", "");
	cached_event(&k, ROOM, "$10", "@ann:x", "m.room.encrypted",
		     "{'algorithm':'m.megolm.v1.aes-sha2','ciphertext':'x'}", "");
	cached_event(&k, ROOM, "$11", "@ann:x", "m.room.message", "{'body':5}", "");
	state_event(&k, "$12", "m.room.tombstone", "{'body':'full','replacement_room':'!n:x'}",
		    "{}");
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann: -\n"),
			    "Ann: -\nAnn set the topic: Optics\nAnn took away the topic\n"
			    "Ann gave Ben the power 50\nAnn changed who may do what\n"
			    "Ann lets everybody join\nAnn pinned a message\n"
			    "Ann changed something that muster does not know: org.other\nAnn "
			    "calls\n"
			    "Ann: Something that muster does not know: org.other.message\n"
			    "Encrypted: muster cannot read this yet\n"
			    "Something that muster does not know: m.room.message\n"
			    "Ann replaced this room by a new one: full\n");
	const struct conversation_head *h = conversation_head(c);
	assert_string_equal(h->successor, "!n:x");
	assert_int_equal(h->pinned, 1);
	assert_false(h->can_send);
	conversation_free(c);
	cached_close(&k);
}

static void receipt(struct cached *k, const char *id, const char *user, const char *thread, int ts)
{
	AUTO_FREE char *text =
		mem_printf("'rooms':{'join':{'" ROOM
			   "':{'ephemeral':{'events':[{'type':'m.receipt',"
			   "'content':{'%s':{'m.read':{'%s':{'ts':%d%s%s%s}}}}}]}}}}",
			   id, user, ts, thread ? ",'thread_id':'" : "", thread ? thread : "",
			   thread ? "'" : "");
	cached_sync(k, text);
}

static void test_reading(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "one");
	receipt(&k, "$1", "@me:x", NULL, 1);
	cached_say(&k, ROOM, "$2", "@ann:x", "two");
	cached_say(&k, ROOM, "$3", "@ben:x", "three");
	receipt(&k, "$2", "@ben:x", "main", 2);
	receipt(&k, "$3", "@ann:x", "$other", 3);
	receipt(&k, "$1", "@ann:x", NULL, 4);
	receipt(&k, "$2", "@cat:x", NULL, 3);
	struct conversation *c = open_room(&k);
	assert_string_equal(strstr(shown(c), "Ann: one"),
			    "Ann: one\n-- new --\nAnn: two read by 2: cat, Ben\nBen: three\n");
	/* The line stays where it is, whatever comes. */
	cached_say(&k, ROOM, "$4", "@ann:x", "four");
	uint32_t version = conversation_at(c, conversation_find(c, "$2"))->version;
	receipt(&k, "$4", "@cat:x", NULL, 5);
	assert_true(conversation_update(c));
	assert_string_equal(strstr(shown(c), "Ann: one"),
			    "Ann: one\n-- new --\nAnn: two read by 1: Ben\nBen: three\n"
			    "Ann: four read by 1: cat\n");
	assert_true(conversation_at(c, conversation_find(c, "$2"))->version != version);
	conversation_seen(c);
	assert_lacks(c, "-- new --");
	cached_join(&k, ROOM, "@dan:x", "Dan");
	assert_true(conversation_update(c));
	assert_lacks(c, "-- new --");
	cached_say(&k, ROOM, "$5", "@ann:x", "five");
	assert_true(conversation_update(c));
	assert_has(c, "-- new --\nAnn: five\n");
	conversation_free(c);
	/* The marker that another client set counts too; what we say ourselves is never new. */
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'account_data':{'events':[{'type':"
			"'m.fully_read','content':{'event_id':'$5'}}]}}}}");
	cached_say(&k, ROOM, "$6", "@me:x", "six");
	c = open_room(&k);
	assert_lacks(c, "-- new --");
	conversation_free(c);
	cached_close(&k);
}

static void test_head(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'ephemeral':{'events':[{'type':'m.typing',"
			"'content':{'user_ids':['@me:x','@ann:x']}}]}}}}");
	struct conversation *c = open_room(&k);
	const struct conversation_head *h = conversation_head(c);
	assert_string_equal(h->name.s, "Physics");
	assert_string_equal(h->typing.s, "Ann is typing");
	assert_true(h->can_send && !h->encrypted && !h->direct);
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'ephemeral':{'events':[{'type':'m.typing',"
			"'content':{'user_ids':['@ann:x','@ben:x','@cat:x']}}]}}}}");
	assert_true(conversation_update(c));
	assert_string_equal(conversation_head(c)->typing.s, "Ann, Ben and 1 other are typing");
	state_event(&k, "$1", "m.room.power_levels", "{'users':{'@ann:x':100},'events_default':50}",
		    "{'users':{'@ann:x':100}}");
	assert_true(conversation_update(c));
	assert_false(conversation_head(c)->can_send);
	assert_string_equal(conversation_head(c)->why_not.s, "You may read here, but not write");
	state_event(&k, "$2", "m.room.encryption", "{'algorithm':'m.megolm.v1.aes-sha2'}", "{}");
	assert_true(conversation_update(c));
	assert_true(conversation_head(c)->encrypted);
	assert_non_null(strstr(conversation_head(c)->why_not.s, "encrypted"));
	conversation_free(c);
	cached_close(&k);
}

static void test_echoes(void **state)
{
	struct cached k;
	struct err err;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "one");
	struct conversation *c = open_room(&k);
	struct conversation *t = shown_open(&k, (struct conversation_options){.thread = "$1"});
	int64_t sent = cached_unsent(&k, ROOM, "t1", "sending", "mine", NULL);
	int64_t bad = cached_unsent(&k, ROOM, "t2", "queued", "later", NULL);
	cached_unsent(&k, ROOM, "t3", "sending", "inside",
		      "{'rel_type':'m.thread','event_id':'$1'}");
	cached_unsent(&k, "!other:x", "t4", "sending", "elsewhere", NULL);
	assert_true(conversation_update(c));
	assert_true(conversation_update(t));
	assert_has(c, "Me: mine sending\nlater queued\n");
	assert_lacks(c, "inside");
	assert_has(t, "Me: inside sending\n");
	assert_lacks(t, "mine");
	assert_int_equal(store_outbox_state(k.s, bad, "failed", "no network", &err), 0);
	assert_true(conversation_update(c));
	assert_has(c, "Me: mine sending\nlater failed: no network\n");
	/* Sent, and not yet come back: it does not flicker. */
	assert_int_equal(store_outbox_sent(k.s, sent, "$2", &err), 0);
	conversation_update(c);
	assert_has(c, "mine sending\n");
	cached_event(&k, ROOM, "$2", "@me:x", "m.room.message",
		     "{'msgtype':'m.text','body':'mine'}", "'unsigned':{'transaction_id':'t1'}");
	assert_true(conversation_update(c));
	assert_has(c, "Me: mine\n");
	assert_lacks(c, "sending");
	/* Dropped: it goes after a while. */
	clock_fake_set(clock_wall_ms(), clock_mono_ms());
	assert_int_equal(store_outbox_drop(k.s, bad, &err), 0);
	conversation_update(c);
	assert_has(c, "later");
	clock_fake_set(clock_wall_ms(), clock_mono_ms() + 60000);
	assert_true(conversation_update(c));
	assert_lacks(c, "later");
	clock_fake_clear();
	conversation_free(t);
	conversation_free(c);
	cached_close(&k);
}

static void say_many(struct cached *k, int from, int to)
{
	for (int i = from; i < to; i++) {
		char id[16], text[16];
		snprintf(id, sizeof(id), "$m%d", i);
		snprintf(text, sizeof(text), "m%d", i);
		cached_say(k, ROOM, id, "@ann:x", text);
	}
}

static void test_window(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	say_many(&k, 0, 100);
	struct conversation *c = shown_open(&k, (struct conversation_options){.window = 10});
	assert_has(c, "Ann: m90\n");
	assert_lacks(c, "m89");
	assert_true(conversation_older(c, 50));
	assert_has(c, "Ann: m40\n");
	assert_lacks(c, "m39");
	assert_lacks(c, "start");
	while (conversation_older(c, 50))
		;
	assert_has(c, SHOWN_BEGINNING "Ann: m0\n");
	conversation_trim(c, 5);
	assert_has(c, "Ann: m95\n");
	assert_lacks(c, "m94");
	assert_true(conversation_older(c, 5));
	assert_has(c, "Ann: m90\n");
	conversation_free(c);
	/* In the middle. */
	c = shown_open(&k, (struct conversation_options){.around = "$m50", .window = 10});
	assert_has(c, "m46\n");
	assert_has(c, "m50\nm51\nm52\nm53\nm54\nm55\n");
	assert_lacks(c, "m56");
	assert_null(conversation_newest(c));
	say_many(&k, 100, 101);
	conversation_update(c);
	assert_lacks(c, "m100");
	assert_true(conversation_newer(c, 200));
	assert_has(c, "m99\nm100\n");
	assert_false(conversation_newer(c, 200));
	assert_string_equal(conversation_newest(c), "$m100");
	say_many(&k, 101, 102);
	assert_true(conversation_update(c));
	assert_has(c, "m101\n");
	conversation_free(c);
	cached_close(&k);
}

static void test_gaps(void **state)
{
	static const char page[] =
		"{\"chunk\":[{\"event_id\":\"$g2\",\"type\":\"m.room.message\",\"sender\":\"@ann:"
		"x\","
		"\"origin_server_ts\":1764500500001,\"content\":{\"msgtype\":\"m.text\",\"body\":"
		"\"g2\"}},{\"event_id\":\"$g1\",\"type\":\"m.room.message\",\"sender\":\"@ann:x\","
		"\"origin_server_ts\":1764500500000,\"content\":{\"msgtype\":\"m.text\",\"body\":"
		"\"g1\"}}]}";
	struct cached k;
	struct store_gap *g = NEW(struct store_gap);
	int64_t room, pos;
	bool more;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "one");
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'timeline':{'limited':true,'prev_batch':'p',"
			"'events':[{'event_id':'$9','type':'m.room.message','sender':'@ben:x',"
			"'origin_server_ts':1764500900000,'content':{'msgtype':'m.text','body':"
			"'nine'}}]}}}}");
	struct conversation *c = open_room(&k);
	assert_has(c, "Ann: one\n-- gap --\nBen: nine\n");
	assert_has(c, "-- start --");
	assert_false(conversation_gap(c, &room, &pos));
	conversation_busy(c, true);
	assert_has(c, "Ann: one\n-- gap, busy --\nBen: nine\n");
	conversation_busy(c, false);
	pos = conversation_at(c, conversation_count(c) - 2)->gap;
	assert_true(store_gap_find(k.s, cached_row(&k, ROOM), pos, g));
	assert_int_equal(g->pos, pos);
	assert_int_equal(apply_page(k.s, g, span_of(page), &more, NULL), 0);
	assert_false(more);
	assert_true(conversation_update(c));
	assert_has(c, "Ann: one\ng1\ng2\nBen: nine\n");
	conversation_free(c);
	cached_close(&k);

	/* History before the first sync is missing. */
	cached_open(&k);
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'timeline':{'limited':true,'prev_batch':'p',"
			"'events':[{'event_id':'$9','type':'m.room.message','sender':'@ben:x',"
			"'origin_server_ts':1764500900000,'content':{'msgtype':'m.text','body':"
			"'nine'}}]}}}}");
	c = open_room(&k);
	assert_string_equal(shown(c), "-- gap --\nday:2025-11-30\nben: nine\n");
	assert_false(conversation_older(c, 10));
	assert_true(conversation_gap(c, &room, &pos));
	assert_true(store_gap_find(k.s, room, pos, g));
	assert_int_equal(apply_page(k.s, g, span_of(page), &more, NULL), 0);
	assert_true(conversation_update(c));
	assert_string_equal(shown(c), "-- start --\nday:2025-11-30\nann: g1\ng2\nben: nine\n");
	conversation_free(c);
	cached_close(&k);
	mem_free(g);
}

static void test_ignored(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ben:x", "spam");
	cached_event(&k, ROOM, "$2", "@ann:x", "m.room.message",
		     "{'msgtype':'m.text','body':'hm','m.relates_to':{'m.in_reply_to':{"
		     "'event_id':'$1'}}}",
		     "");
	cached_event(&k, ROOM, "$3", "@ben:x", "m.reaction",
		     "{'m.relates_to':{'rel_type':'m.annotation','event_id':'$2','key':'+'}}", "");
	struct conversation *c = open_room(&k);
	assert_has(c, "Ben: spam\nAnn: [re Ben: spam] hm +1\n");
	cached_sync(&k, "'account_data':{'events':[{'type':'m.ignored_user_list','content':{"
			"'ignored_users':{'@ben:x':{}}}}]}");
	assert_true(conversation_update(c));
	assert_lacks(c, "spam");
	assert_has(c, "Ann: [re Ben: a message of somebody you ignore] hm\n");
	cached_sync(&k, "'account_data':{'events':[{'type':'m.ignored_user_list','content':{"
			"'ignored_users':{}}}]}");
	assert_true(conversation_update(c));
	assert_has(c, "Ben: spam\nAnn: [re Ben: spam] hm +1\n");
	conversation_free(c);
	cached_close(&k);
}

/* The server was put back: what it lost is gone here too. */
static void test_lost(void **state)
{
	struct cached k;
	struct err err;
	(void)state;
	shown_begin(&k);
	say_many(&k, 0, 5);
	struct conversation *c = open_room(&k);
	assert_has(c, "m3\nm4\n");
	assert_int_equal(store_lost_event(k.s, cached_row(&k, ROOM), SPAN_LIT("$m4"), &err), 0);
	assert_true(conversation_update(c));
	assert_has(c, "m3\n");
	assert_lacks(c, "m4");
	conversation_free(c);
	cached_close(&k);
}

static void test_names(void **state)
{
	struct cached k;
	struct room_person p[4];
	(void)state;
	shown_begin(&k);
	cached_join(&k, ROOM, "@ann2:x", "Ann");
	cached_say(&k, ROOM, "$1", "@ann2:x", "I am another");
	struct conversation *c = open_room(&k);
	assert_has(c, "Ann (@ann2:x): I am another\n");
	assert_int_equal(conversation_people(c, "an", p, 4), 2);
	assert_string_equal(p[0].user_id, "@ann2:x"); /* wrote last */
	assert_string_equal(p[1].user_id, "@ann:x");
	assert_string_equal(p[1].name.s, "Ann (@ann:x)");
	assert_int_equal(p[1].power, 100);
	assert_int_equal(conversation_people(c, "be", p, 4), 1);
	assert_int_equal(conversation_people(c, "", p, 2), 2);
	assert_int_equal(conversation_people(c, "zz", p, 4), 0);
	/* Without a name it is the local part, as long as that is one person's. */
	cached_event(&k, ROOM, "$j1", "@dan:x", "m.room.member", "{'membership':'join'}",
		     "'state_key':'@dan:x'");
	cached_say(&k, ROOM, "$d1", "@dan:x", "hi");
	assert_true(conversation_update(c));
	assert_has(c, "dan joined\ndan: hi\n");
	cached_event(&k, ROOM, "$j2", "@dan:y", "m.room.member", "{'membership':'join'}",
		     "'state_key':'@dan:y'");
	cached_say(&k, ROOM, "$d2", "@dan:y", "hi");
	assert_true(conversation_update(c));
	assert_has(c, "@dan:y joined\n@dan:y: hi\n");
	/* A new name is seen on what was said before. */
	cached_say(&k, ROOM, "$2", "@ben:x", "me");
	member(&k, "$3", "@ben:x", "@ben:x", "{'membership':'join','displayname':'Benno'}",
	       "{'membership':'join','displayname':'Ben'}");
	assert_true(conversation_update(c));
	assert_has(c, "Benno: me\nBen is now called Benno\n");
	conversation_free(c);
	cached_close(&k);
}

/* Who has left, been removed or banned is called what they were called here. */
static void test_names_of_the_gone(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_join(&k, ROOM, "@cat:x", "Cat");
	cached_join(&k, ROOM, "@dan:x", "Dan");
	cached_say(&k, ROOM, "$1", "@ben:x", "one");
	cached_say(&k, ROOM, "$2", "@cat:x", "two");
	cached_say(&k, ROOM, "$3", "@dan:x", "three");
	cached_say(&k, ROOM, "$4", "@eve:x", "four"); /* of whom only the end is known */
	member(&k, "$5", "@ben:x", "@ben:x", "{'membership':'leave'}", "{}");
	member(&k, "$6", "@ann:x", "@cat:x", "{'membership':'ban','displayname':'Fool'}", "{}");
	member(&k, "$7", "@ann:x", "@dan:x", "{'membership':'leave','displayname':''}", "{}");
	member(&k, "$8", "@eve:x", "@eve:x", "{'membership':'leave'}",
	       "{'membership':'join','displayname':'Eve'}");
	struct conversation *c = open_room(&k);
	assert_has(c, "Ben: one\nCat: two\nDan: three\nEve: four\n");
	/* A new one with an old name is not to be taken for who is gone. */
	cached_join(&k, ROOM, "@ben2:x", "Ben");
	cached_say(&k, ROOM, "$9", "@ben2:x", "five");
	assert_true(conversation_update(c));
	assert_has(c, "Ben (@ben:x): one\n");
	assert_has(c, "Ben: five\n");
	/* Who comes back without a name has none. */
	member(&k, "$10", "@cat:x", "@cat:x", "{'membership':'join'}", "{}");
	assert_true(conversation_update(c));
	assert_has(c, "cat: two\n");
	conversation_free(c);
	cached_close(&k);
}

/* Of somebody who left before, only older history knows the name; the newest one counts. */
static void test_names_from_history(void **state)
{
	static const char page[] =
		"{\"chunk\":[{\"event_id\":\"$h3\",\"type\":\"m.room.member\",\"sender\":\"@eve:"
		"x\","
		"\"state_key\":\"@eve:x\",\"origin_server_ts\":1764500500002,\"content\":"
		"{\"membership\":\"join\",\"displayname\":\"Eve\"}},{\"event_id\":\"$h2\",\"type\":"
		"\"m.room.member\",\"sender\":\"@eve:x\",\"state_key\":\"@eve:x\","
		"\"origin_server_ts\":1764500500001,\"content\":{\"membership\":\"join\","
		"\"displayname\":\"Evelyn\"}}],\"state\":[{\"event_id\":\"$s1\",\"type\":"
		"\"m.room.member\",\"sender\":\"@dan:x\",\"state_key\":\"@dan:x\","
		"\"origin_server_ts\":1764500400000,\"content\":{\"membership\":\"join\","
		"\"displayname\":\"Dan\"}}]}";
	struct cached k;
	struct store_gap *g = NEW(struct store_gap);
	bool more;
	(void)state;
	cached_open(&k);
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'timeline':{'limited':true,'prev_batch':'p',"
			"'events':[{'event_id':'$8','type':'m.room.message','sender':'@eve:x',"
			"'origin_server_ts':1764500900000,'content':{'msgtype':'m.text','body':"
			"'eight'}},{'event_id':'$9','type':'m.room.message','sender':'@dan:x',"
			"'origin_server_ts':1764500900000,'content':{'msgtype':'m.text','body':"
			"'nine'}}]}}}}");
	member(&k, "$10", "@eve:x", "@eve:x", "{'membership':'leave'}", "{}");
	struct conversation *c = open_room(&k);
	assert_has(c, "eve: eight\ndan: nine\neve left\n");
	assert_true(store_gap_find(k.s, cached_row(&k, ROOM), INT64_MAX, g));
	assert_int_equal(apply_page(k.s, g, span_of(page), &more, NULL), 0);
	assert_true(conversation_update(c));
	assert_has(c, "Eve: eight\nDan: nine\n");
	conversation_free(c);
	mem_free(g);
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_folding_invitations),
		cmocka_unit_test(test_names_of_the_gone),
		cmocka_unit_test(test_names_from_history),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_echoes),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lost),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
