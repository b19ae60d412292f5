#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "tests/lib/shown.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOM SHOWN_ROOM

static struct conversation *open_room(struct cached *k)
{
	return shown_open(k, (struct conversation_options){.window = 0});
}

static void test_messages(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "Hello\\n\\nworld, see https://x.y/a_(b). ok");
	cached_say(&k, ROOM, "$2", "@ann:x", "more");
	cached_say(&k, ROOM, "$3", "@ben:x", "\\u001b[31mred");
	cached_event(&k, ROOM, "$4", "@ben:x", "m.room.message",
		     "{'msgtype':'m.text','body':'x','format':'org.matrix.custom.html',"
		     "'formatted_body':'<blockquote>q</blockquote><p><b>b</b> <a href=\\\"https://"
		     "matrix.to/#/%40me%3Ax\\\">Me</a></p><ul><li>i</ul>'}",
		     "");
	cached_event(&k, ROOM, "$5", "@me:x", "m.room.message",
		     "{'msgtype':'m.image','body':'a.png','url':'mxc://x/y','info':{'mimetype':"
		     "'image/png','size':1234}}",
		     "");
	struct conversation *c = open_room(&k);
	assert_string_equal(shown(c),
			    SHOWN_BEGINNING "Ann: Hello//world, see "
					    "https://x.y/a_(b)<https://x.y/a_(b)>. ok\nmore\n"
					    "Ben: ␛[31mred\n"
					    "> q//*b !Me<https://matrix.to/#/%40me%3Ax>//- i\n"
					    "Me:  {a.png image/png 1234}\n");
	assert_false(conversation_update(c));
	assert_string_equal(conversation_newest(c), "$5");
	conversation_free(c);
	long before = mem_live();
	c = open_room(&k);
	assert_true(conversation_count(c) > 5);
	conversation_free(c);
	assert_int_equal(mem_live(), before);
	cached_close(&k);
}

static void test_relations(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "Helo");
	struct conversation *c = open_room(&k);
	uint32_t version = conversation_at(c, conversation_find(c, "$1"))->version;
	cached_event(&k, ROOM, "$2", "@ann:x", "m.room.message",
		     "{'msgtype':'m.text','body':'* Hello','m.new_content':{'msgtype':'m.text',"
		     "'body':'Hello'},'m.relates_to':{'rel_type':'m.replace','event_id':'$1'}}",
		     "");
	/* Somebody else's edit does not count. */
	cached_event(&k, ROOM, "$3", "@ben:x", "m.room.message",
		     "{'msgtype':'m.text','body':'* Bad','m.new_content':{'msgtype':'m.text',"
		     "'body':'Bad'},'m.relates_to':{'rel_type':'m.replace','event_id':'$1'}}",
		     "");
	cached_event(&k, ROOM, "$4", "@ben:x", "m.reaction",
		     "{'m.relates_to':{'rel_type':'m.annotation','event_id':'$1','key':'+'}}", "");
	cached_event(&k, ROOM, "$5", "@me:x", "m.reaction",
		     "{'m.relates_to':{'rel_type':'m.annotation','event_id':'$1','key':'+'}}", "");
	cached_event(&k, ROOM, "$6", "@ben:x", "m.room.message",
		     "{'msgtype':'m.text','body':'> <@ann:x> Helo\\n\\nhi','m.relates_to':{"
		     "'m.in_reply_to':{'event_id':'$1'}},'m.mentions':{'user_ids':['@me:x']}}",
		     "");
	assert_true(conversation_update(c));
	assert_string_equal(shown(c), SHOWN_BEGINNING "Ann: Hello (edited) +2!\n"
						      "Ben: [re Ann: Hello] hi HIGHLIGHT\n");
	assert_true(conversation_at(c, conversation_find(c, "$1"))->version != version);
	/* A reaction is taken back, then the message deleted by its author, the answer by another.
	 */
	cached_event(&k, ROOM, "$7", "@ben:x", "m.room.redaction", "{'redacts':'$4'}",
		     "'redacts':'$4'");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Hello (edited) +1!\n"));
	/* An edit that is deleted leaves what was said before it. */
	cached_event(&k, ROOM, "$2a", "@ann:x", "m.room.message",
		     "{'msgtype':'m.text','body':'* Hallo','m.new_content':{'msgtype':'m.text',"
		     "'body':'Hallo'},'m.relates_to':{'rel_type':'m.replace','event_id':'$1'}}",
		     "");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Ann: Hallo (edited) +1!\n"));
	cached_event(&k, ROOM, "$2b", "@ann:x", "m.room.redaction", "{'redacts':'$2a'}",
		     "'redacts':'$2a'");
	assert_true(conversation_update(c));
	assert_string_equal(shown(c), SHOWN_BEGINNING "Ann: Hello (edited) +1!\n"
						      "Ben: [re Ann: Hello] hi HIGHLIGHT\n");
	cached_event(&k, ROOM, "$8", "@ann:x", "m.room.redaction", "{'redacts':'$1'}",
		     "'redacts':'$1'");
	cached_event(&k, ROOM, "$9", "@ann:x", "m.room.redaction", "{'redacts':'$2'}",
		     "'redacts':'$2'");
	assert_true(conversation_update(c));
	assert_string_equal(shown(c),
			    SHOWN_BEGINNING "Ann: Deleted\n"
					    "Ben: [re Ann: a deleted message] hi HIGHLIGHT\n");
	cached_event(&k, ROOM, "$10", "@ann:x", "m.room.redaction", "{'redacts':'$6'}",
		     "'redacts':'$6'");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Ben: Deleted by Ann\n"));
	/* Opened anew it looks the same. */
	AUTO_FREE char *was = mem_strdup(shown(c));
	conversation_free(c);
	c = open_room(&k);
	assert_string_equal(shown(c), was);
	conversation_free(c);
	cached_close(&k);
}

static void test_threads(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_say(&k, ROOM, "$1", "@ann:x", "Root");
	for (int i = 0; i < 3; i++) {
		char id[16];
		AUTO_FREE char *content = mem_printf("{'msgtype':'m.text','body':'t%d','m.relates_"
						     "to':{'rel_type':'m.thread',"
						     "'event_id':'$1','is_falling_back':true,'m.in_"
						     "reply_to':{'event_id':'$1'}}}",
						     i);
		snprintf(id, sizeof(id), "$t%d", i);
		cached_event(&k, ROOM, id, i == 1 ? "@me:x" : "@ben:x", "m.room.message", content,
			     "");
	}
	cached_sync(&k, "'rooms':{'join':{'" ROOM "':{'unread_thread_notifications':{'$1':{"
			"'notification_count':1,'highlight_count':0}}}}}");
	struct conversation *c = open_room(&k);
	struct conversation *t =
		shown_open(&k, (struct conversation_options){.thread = "$1", .window = 2});
	assert_string_equal(shown(c), SHOWN_BEGINNING "Ann: Root (3 replies, Ben: t2, 1 new)\n");
	/* What we said last in it is what we read last. */
	assert_string_equal(shown(t), "day:2025-11-30\nMe: t1\n-- new --\nBen: t2\n");
	assert_true(conversation_older(t, 50));
	assert_string_equal(shown(t), "day:2025-11-30\nAnn: Root\nBen: t0\nMe: t1\n"
				      "-- new --\nBen: t2\n");
	assert_false(conversation_older(t, 50));
	cached_event(&k, ROOM, "$r", "@ben:x", "m.room.redaction", "{'redacts':'$t2'}",
		     "'redacts':'$t2'");
	assert_true(conversation_update(c));
	assert_true(conversation_update(t));
	assert_non_null(strstr(shown(c), "Root (2 replies, Me: t1, 1 new)\n"));
	assert_non_null(strstr(shown(t), "Me: t1\n-- new --\nBen: Deleted\n"));
	assert_null(conversation_at(t, 99));
	conversation_free(t);
	t = shown_open(&k, (struct conversation_options){.threads_inline = true});
	assert_non_null(strstr(shown(t), "Ben: t0\nMe: t1\nBen: Deleted\n"));
	conversation_free(t);
	conversation_free(c);
	cached_close(&k);
}

#define VOTE(id, who, answers)                                                        \
	cached_event(&k, ROOM, id, who, "org.matrix.msc3381.poll.response",           \
		     "{'m.relates_to':{'rel_type':'m.reference','event_id':'$p'},"    \
		     "'org.matrix.msc3381.poll.response':{'answers':[" answers "]}}", \
		     "")

static void test_polls(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_event(&k, ROOM, "$p", "@ann:x", "org.matrix.msc3381.poll.start",
		     "{'org.matrix.msc3381.poll.start':{'kind':'org.matrix.msc3381.poll."
		     "undisclosed',"
		     "'max_selections':1,'question':{'org.matrix.msc1767.text':'Here?'},'answers':["
		     "{'id':'y','org.matrix.msc1767.text':'yes'},{'id':'n',"
		     "'org.matrix.msc1767.text':'no'}]}}",
		     "");
	VOTE("$v1", "@ben:x", "'n'");
	VOTE("$v2", "@ben:x", "'y'");
	VOTE("$v3", "@me:x", "'y','n'");
	struct conversation *c = open_room(&k);
	assert_non_null(strstr(shown(c), "Ann: poll Here? yes=-1! no=-1 of 2\n"));
	VOTE("$v4", "@cat:x", "'n'");
	VOTE("$v5", "@dan:x", "'nonsense'");
	/* Nobody else may end it. */
	cached_event(&k, ROOM, "$e1", "@ben:x", "org.matrix.msc3381.poll.end",
		     "{'m.relates_to':{'rel_type':'m.reference','event_id':'$p'},"
		     "'org.matrix.msc3381.poll.end':{}}",
		     "");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Ann: poll Here? yes=-1! no=-1 of 3\n"));
	cached_event(&k, ROOM, "$e2", "@ann:x", "org.matrix.msc3381.poll.end",
		     "{'m.relates_to':{'rel_type':'m.reference','event_id':'$p'},"
		     "'org.matrix.msc3381.poll.end':{}}",
		     "");
	VOTE("$v6", "@ben:x", "'n'");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Ann: poll Here? closed yes=2! no=1 of 3\n"));
	cached_event(&k, ROOM, "$r", "@cat:x", "m.room.redaction", "{'redacts':'$v4'}",
		     "'redacts':'$v4'");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), "Ann: poll Here? closed yes=2! no=0 of 2\n"));
	conversation_free(c);
	cached_close(&k);
}

#define ROLL_START                                                                         \
	"{'org.matrix.msc3381.poll.start':{'max_selections':1,'question':{"                \
	"'org.matrix.msc1767.text':'Here?'},'answers':[{'id':'here',"                      \
	"'org.matrix.msc1767.text':'yes'},{'id':'away','org.matrix.msc1767.text':'no'}]}," \
	"'org.muster.roll':{'version':1,'window_ms':600000,'late_after_ms':600000}}"

/* Votes, reactions and words, as they come; who is no staff learns only of their own answer. */
static void test_rolls(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_event(&k, ROOM, "$p", "@ann:x", "org.matrix.msc3381.poll.start", ROLL_START, "");
	cached_event(&k, ROOM, "$q", "@ben:x", "org.matrix.msc3381.poll.start", ROLL_START, "");
	struct conversation *c = open_room(&k);
	struct conversation *staff =
		shown_open(&k, (struct conversation_options){.own_user_id = "@ann:x"});
	assert_non_null(strstr(shown(c), "Ann: poll Here? yes=-1 no=-1 of 0 roll\n"));
	assert_non_null(strstr(shown(c), "Ben: poll Here? yes=-1 no=-1 of 0\n")); /* no staff */
	cached_say(&k, ROOM, "$w", "@me:x", "Here!");
	VOTE("$v1", "@ben:x", "'away'");
	assert_true(conversation_update(c));
	assert_true(conversation_update(staff));
	assert_non_null(strstr(shown(c), " roll here\n"));
	assert_non_null(strstr(shown(staff), " roll 1/0/1\n"));
	cached_event(&k, ROOM, "$r", "@me:x", "m.room.redaction", "{'redacts':'$w'}",
		     "'redacts':'$w'");
	assert_true(conversation_update(c));
	assert_non_null(strstr(shown(c), " roll\n"));
	cached_event(&k, ROOM, "$e", "@ann:x", "org.matrix.msc3381.poll.end",
		     "{'m.relates_to':{'rel_type':'m.reference','event_id':'$p'},"
		     "'org.matrix.msc3381.poll.end':{},'org.muster.roll':{'cancelled':true}}",
		     "");
	assert_true(conversation_update(staff));
	assert_non_null(strstr(shown(staff), " roll ended cancelled 0/0/1\n"));
	conversation_free(c);
	conversation_free(staff);
	cached_close(&k);
}

/* Whoever was staff when they called the roll called one, whatever they are today; an excuse is staff's of then. */
static void test_rolls_of_then(void **state)
{
	struct cached k;
	(void)state;
	shown_begin(&k);
	cached_event(&k, ROOM, "$l1", "@ann:x", "m.room.power_levels",
		     "{'users':{'@ann:x':100,'@ben:x':50}}", "'state_key':''");
	cached_event(&k, ROOM, "$q", "@ben:x", "org.matrix.msc3381.poll.start", ROLL_START, "");
	cached_event(&k, ROOM, "$m", "@ben:x", "org.muster.mark",
		     "{'room_id':'" ROOM "','roll':'$q','user_id':'@carl:x','after':'excused',"
		     "'reason':'ill'}",
		     "");
	cached_event(&k, ROOM, "$l2", "@ann:x", "m.room.power_levels", "{'users':{'@ann:x':100}}",
		     "'state_key':''");
	struct conversation *staff =
		shown_open(&k, (struct conversation_options){.own_user_id = "@ann:x"});
	assert_non_null(strstr(shown(staff), " roll 0/0/0+1\n"));
	assert_null(strstr(shown(staff), "org.muster.mark"));
	conversation_free(staff);
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages), cmocka_unit_test(test_relations),
		cmocka_unit_test(test_threads),	 cmocka_unit_test(test_polls),
		cmocka_unit_test(test_rolls),	 cmocka_unit_test(test_rolls_of_then),
	};
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
