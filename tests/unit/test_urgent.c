#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/urgent.h"
#include "core/store/events.h"
#include "tests/lib/cached.h"

/* Which messages are heard in quiet hours: everybody can put the mark into a message. */

#define TEXT "'msgtype':'m.text','body':'x'"
#define NAMED "'m.mentions':{'user_ids':['@ben:x','@me:x']}"
#define MARK "'org.muster.urgent':{'version':1,'reason':'r'}"

static void begin(struct cached *k)
{
	cached_open(k);
	cached_room(k, "!r:x", "@ann:x", "Room");
	cached_join(k, "!r:x", "@ann:x", "Ann");
	cached_join(k, "!r:x", "@ben:x", "Ben");
	cached_event(k, "!r:x", "$p", "@ann:x", "m.room.power_levels",
		     "{'users':{'@ann:x':100,'@tea:x':50,'@ass:x':49}}", "'state_key':''");
}

/* Is this message, just arrived, heard? */
static bool heard(struct cached *k, const char *room, const char *sender, const char *type,
		  const char *content)
{
	static int n;
	AUTO_FREE char *id = mem_printf("$e%d", ++n);
	int64_t seq = store_newest_seq(k->s);
	cached_event(k, room, id, sender, type, content, "");
	bool now = urgent_since(k->s, cached_row(k, room), seq, CACHED_OWN);
	/* What was there before is no news. */
	assert_false(urgent_since(k->s, cached_row(k, room), store_newest_seq(k->s), CACHED_OWN));
	return now;
}

static void test_who(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	assert_true(heard(&k, "!r:x", "@ann:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	assert_true(heard(&k, "!r:x", "@tea:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	/* An assistant, a student, ourselves from another device. */
	assert_false(
		heard(&k, "!r:x", "@ass:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	assert_false(
		heard(&k, "!r:x", "@ben:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	assert_false(heard(&k, "!r:x", "@me:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	cached_close(&k);
}

static void test_what(void **state)
{
	static const char *const ordinary[] = {
		"{" TEXT "," NAMED "}",
		"{" TEXT "," MARK "}",
		"{" TEXT ",'m.mentions':{'user_ids':['@ben:x']}," MARK "}",
		"{" TEXT ",'m.mentions':{'room':true}," MARK "}",
		"{" TEXT "," NAMED ",'org.muster.urgent':{'version':1}}",
		"{" TEXT "," NAMED ",'org.muster.urgent':{'reason':''}}",
		"{" TEXT "," NAMED ",'org.muster.urgent':'now'}",
		"{" TEXT "," NAMED ",'org.muster.urgent':null}",
		"{'msgtype':'m.text','body':'org.muster.urgent'," NAMED "}",
	};
	struct cached k;
	(void)state;
	begin(&k);
	for (size_t i = 0; i < ARRAY_LEN(ordinary); i++)
		if (heard(&k, "!r:x", "@ann:x", "m.room.message", ordinary[i]))
			fail_msg("%s", ordinary[i]);
	assert_false(heard(&k, "!r:x", "@ann:x", "m.room.notice", "{" TEXT "," NAMED "," MARK "}"));
	cached_close(&k);
}

/* In a chat of two both have every power: that makes nobody staff. */
static void test_direct(void **state)
{
	struct cached k;
	(void)state;
	begin(&k);
	cached_sync(&k, "'account_data':{'events':[{'type':'m.direct','content':{'@ann:x':['!r:x']}"
			"}]}");
	assert_false(
		heard(&k, "!r:x", "@ann:x", "m.room.message", "{" TEXT "," NAMED "," MARK "}"));
	cached_close(&k);
}

static void people(struct cached *k, int joined)
{
	AUTO_FREE char *text =
		mem_printf("'rooms':{'join':{'!t:x':{'summary':{"
			   "'m.joined_member_count':%d,'m.invited_member_count':0}}}}",
			   joined);
	cached_sync(k, text);
}

/* The same when nobody has called it a direct chat; a class of two is a class. */
static void test_two(void **state)
{
	static const char *const message = "{" TEXT "," NAMED "," MARK "}";
	struct cached k;
	(void)state;
	cached_open(&k);
	cached_room(&k, "!t:x", "@ann:x", NULL);
	cached_event(&k, "!t:x", "$p", "@ann:x", "m.room.power_levels", "{'users':{'@ann:x':100}}",
		     "'state_key':''");
	cached_join(&k, "!t:x", "@ann:x", "Ann");
	people(&k, 2);
	assert_false(heard(&k, "!t:x", "@ann:x", "m.room.message", message));
	people(&k, 3);
	assert_true(heard(&k, "!t:x", "@ann:x", "m.room.message", message));
	people(&k, 2);
	cached_event(&k, "!t:x", "$c", "@ann:x", "org.muster.class", "{'version':1}",
		     "'state_key':''");
	assert_true(heard(&k, "!t:x", "@ann:x", "m.room.message", message));
	cached_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_what),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_two),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
