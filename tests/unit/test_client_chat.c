#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/mention.h"
#include "core/client/profile.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/timeline.h"
#include "core/client/unread.h"
#include "core/client/util.h"
#include "core/store/unread.h"
#include "tests/lib/forked.h"

#include <signal.h>

/* Conversations with the real server: what the cache knows by itself agrees with it. */

static struct home home;
static struct forked server;
static struct err err;
static struct client *ann, *bob;
static char *room;

#define OK(call)                                                    \
	do {                                                        \
		int rc_ = (call);                                   \
		if (rc_)                                            \
			fail_msg("%s: %d %s", #call, rc_, err.msg); \
	} while (0)

static int setup(void **state)
{
	(void)state;
	char dir[300];
	JSON_AUTO json_t *made = NULL, *joined = NULL;
	const char *const people[] = {"@bob:localhost", NULL};
	struct room_create rq = {.name = "Class", .invite = people};
	home_make(&home);
	snprintf(dir, sizeof(dir), "%.250s/server", home.dir);
	forked_serve(&server, dir);
	account_register(server.url, "ann");
	account_register(server.url, "bob");
	ann = client_of("ann", 0, NULL);
	bob = client_of("bob", 0, NULL);
	OK(client_profile_set(ann, "name", "Ann Lee", &err));
	OK(client_profile_set(bob, "name", "Ann", &err));
	OK(client_room_create(ann, &rq, &made, &err));
	room = mem_strdup(json_get_str(made, "room_id"));
	OK(client_room_join(bob, room, NULL, &joined, &err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	client_close(ann);
	client_close(bob);
	mem_free(room);
	forked_end(&server, SIGTERM);
	home_remove(&home);
	return 0;
}

static char *say(struct client *c, const char *thread, const char *text)
{
	JSON_AUTO json_t *rows = json_array();
	struct send_request rq = {.room_id = room,
				  .text = span_of(text),
				  .thread = thread,
				  .format = SEND_MARKDOWN};
	OK(client_send(c, &rq, rows_add, rows, &err));
	return mem_strdup(json_get_str(json_array_get(rows, 0), "event_id"));
}

static int put_count(const struct store_thread_count *c, void *arg)
{
	buf_printf(arg, " %.*s %lld/%lld", SPAN_ARG(c->root), (long long)c->unread,
		   (long long)c->highlights);
	return 0;
}

static char *counts(struct client *c)
{
	struct store *s;
	struct store_room r;
	AUTO(buf_done) struct buf b = BUF_INIT(10000);
	OK(client_store(c, &s, &err));
	int64_t id = store_room_find(s, span_of(room));
	assert_true(store_room_get(s, id, &r));
	buf_printf(&b, "%lld/%lld:", (long long)r.unread, (long long)r.highlights);
	store_thread_counts_walk(s, id, put_count, &b);
	store_room_done(&r);
	return buf_take(&b);
}

/* What the server says, what we count, and what is expected, are one. */
static void agree(struct client *c, int64_t unread, int64_t highlights)
{
	char want[64];
	struct store *s;
	int budget = UNREAD_STEPS, small = 1;
	OK(client_refresh(c, &err));
	AUTO_FREE char *theirs = counts(c);
	OK(client_store(c, &s, &err));
	int64_t row = store_room_find(s, span_of(room));
	assert_true(unread_recount(s, client_account(c)->user_id, row, &budget));
	/* Half a count is worse than an old one. */
	if (unread)
		assert_false(unread_recount(s, client_account(c)->user_id, row, &small));
	AUTO_FREE char *ours = counts(c);
	assert_string_equal(ours, theirs);
	snprintf(want, sizeof(want), "%lld/%lld:", (long long)unread, (long long)highlights);
	assert_true(span_starts(span_of(ours), want));
}

static void test_counts_agree(void **state)
{
	(void)state;
	AUTO_FREE char *one = say(ann, NULL, "one");
	AUTO_FREE char *two = say(ann, NULL, "two for @bob");
	AUTO_FREE char *in = say(ann, one, "in a thread, @bob");
	AUTO_FREE char *three = say(ann, NULL, "three @room");
	JSON_AUTO json_t *edit = NULL, *gone = NULL, *reaction = NULL;
	agree(bob, 3, 2);
	agree(ann, 0, 0);
	OK(client_edit(ann, room, one, SEND_TEXT, span_of("uno"), NULL, &edit, &err));
	OK(client_react(ann, room, one, "x", NULL, &reaction, &err));
	agree(bob, 3, 2);
	OK(client_delete(ann, room, two, NULL, NULL, &gone, &err));
	agree(bob, 2, 1);
	/* The main timeline and the thread are read apart. */
	struct read_mark m = {.room_id = room, .thread = one};
	OK(client_mark(bob, &m, &err));
	agree(bob, 2, 1);
	m = (struct read_mark){.room_id = room, .event_id = one};
	OK(client_mark(bob, &m, &err));
	agree(bob, 1, 1);
	m = (struct read_mark){.room_id = room, .secret = true};
	OK(client_mark(bob, &m, &err));
	agree(bob, 0, 0);
	AUTO_FREE char *four = say(ann, one, "again in the thread");
	agree(bob, 0, 0);
	AUTO_FREE char *now = counts(bob);
	assert_non_null(strstr(now, " 1/0"));
}

/* Before the server knows, a screen shows what was read. */
static void test_read_without_network(void **state)
{
	(void)state;
	struct store *s;
	AUTO_FREE char *five = say(ann, NULL, "five"), *six = say(ann, NULL, "six");
	OK(client_refresh(bob, &err));
	OK(client_store(bob, &s, &err));
	struct read_mark m = {.room_id = room, .event_id = five};
	assert_true(unread_note_read(s, "@bob:localhost", &m));
	AUTO_FREE char *now = counts(bob);
	assert_true(span_starts(span_of(now), "1/0:"));
	m.event_id = "$unknown";
	assert_false(unread_note_read(s, "@bob:localhost", &m));
	m.event_id = NULL;
	assert_true(unread_note_read(s, "@bob:localhost", &m));
	AUTO_FREE char *then = counts(bob);
	assert_string_equal(then, "0/0:");
}

static void finds(const char *text, const char *markdown, size_t users)
{
	AUTO(mentions_done) struct mentions m = {0};
	OK(mentions_find(ann, room, span_of(text), &m, &err));
	assert_string_equal(buf_str(&m.markdown), markdown);
	assert_int_equal(json_array_size(m.users), users);
}

#define LINK(id) "](https://matrix.to/#/%40" id "%3Alocalhost)"

static void test_mentions(void **state)
{
	(void)state;
	finds("nobody", "nobody", 0);
	finds("@bob", "[\\@bob" LINK("bob"), 1);
	finds("@bob:localhost, @bob.",
	      "[\\@bob\\:localhost" LINK("bob") ", [\\@bob" LINK("bob") ".", 1);
	/* The longest name: one person is called Ann, another Ann Lee. */
	finds("@Ann Lee!", "[\\@Ann Lee" LINK("ann") "!", 1);
	finds("@ann is", "@ann is", 0); /* ann's id and bob's name */
	finds("@Ann is", "[\\@Ann" LINK("bob") " is", 1);
	finds("@ANN LEE", "[\\@ANN LEE" LINK("ann"), 1);
	finds("@Annabel @eve @bob:elsewhere", "@Annabel @eve @bob:elsewhere", 0);
	finds("x@bob [@bob](y) \\@bob https://a/@bob", "x@bob [@bob](y) \\@bob https://a/@bob", 0);
	finds("`@bob` ``a ` @bob`` @bob", "`@bob` ``a ` @bob`` [\\@bob" LINK("bob"), 1);
	finds("```\n@bob\n```\n", "```\n@bob\n```\n", 0);
	finds("`@bob", "`[\\@bob" LINK("bob"), 1);
	finds("@", "@", 0);
	AUTO(mentions_done) struct mentions m = {0};
	OK(mentions_find(ann, room, SPAN_LIT("hey @room"), &m, &err));
	assert_true(m.room);
	/* Each costs a look at everybody: not without end. */
	AUTO(mentions_done) struct mentions many = {0};
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN);
	for (int i = 0; i < 1000; i++)
		buf_put_str(&text, "@bob ");
	OK(mentions_find(ann, room, buf_span(&text), &many, &err));
	assert_true(span_starts(buf_span(&many.markdown), "[\\@bob" LINK("bob")));
	assert_true(span_ends(buf_span(&many.markdown), " @bob "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_agree),
		cmocka_unit_test(test_read_without_network),
		cmocka_unit_test(test_mentions),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
