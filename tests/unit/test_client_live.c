#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/media.h"
#include "core/client/profile.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/unread.h"
#include "tests/lib/live.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

/* The client against the real server. Several processes at once: test_client_processes.c. */

static void test_chat(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL), *bob = client_of("bob", 600000, NULL);
	JSON_AUTO json_t *sent = json_array(), *read = json_array(), *joined = NULL;
	JSON_AUTO json_t *reaction = NULL, *again = NULL, *edit = NULL, *receipts = json_array();
	AUTO_FREE char *room = live_room(ann, "Class 7b", "@bob:localhost"), *found = NULL;
	OK(client_room_join(bob, "Class 7b", NULL, &joined, &live.err));
	assert_string_equal(json_get_str(joined, "room_id"), room);
	OK(room_resolve(ann, "Class 7b", 0, &found, &live.err));
	assert_string_equal(found, room);
	OK(live_send(ann, room, "good **morning**", NULL, sent, &live.err));
	const char *id = json_get_str(json_array_get(sent, 0), "event_id");
	OK(client_react(bob, room, id, "\xf0\x9f\x91\x8d", NULL, &reaction, &live.err));
	OK(client_edit(ann, room, id, SEND_TEXT, span_of("good evening"), NULL, &edit, &live.err));
	OK(client_mark(bob, &(struct read_mark){.room_id = room}, &live.err));
	struct read_request rq = {.room_id = room, .last = 10};
	OK(client_read(bob, &rq, rows_add, read, &live.err));
	assert_int_equal(json_array_size(read), 1);
	json_t *row = json_array_get(read, 0);
	assert_string_equal(json_get_str(row, "body"), "good evening");
	assert_true(json_get_bool(row, "edited", false));
	assert_int_equal(json_get_i64(json_get_object(row, "reactions"), "\xf0\x9f\x91\x8d", 0), 1);
	OK(client_react(bob, room, id, "\xf0\x9f\x91\x8d", NULL, &again, &live.err));
	assert_true(json_get_bool(again, "existing", false));
	OK(client_receipts(ann, room, id, rows_add, receipts, &live.err));
	assert_int_equal(json_array_size(receipts), 1);
	assert_true(json_get_bool(json_array_get(receipts, 0), "read", false));
	client_close(ann);
	client_close(bob);
}

static void test_direct_and_names(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *one = NULL, *two = NULL, *user = NULL, *none = NULL;
	AUTO_FREE char *room1 = live_room(ann, "Twins", NULL), *room2 = NULL;
	OK(room_resolve(ann, "@bob", ROOM_MAKE_DIRECT, &one, &live.err));
	OK(room_resolve(ann, "@bob:localhost", ROOM_MAKE_DIRECT, &two, &live.err));
	assert_string_equal(one, two);
	OK(user_resolve(ann, NULL, "@bob", &user, &live.err));
	assert_string_equal(user, "@bob:localhost");
	room2 = live_room(ann, "Twins", NULL);
	assert_int_equal(room_resolve(ann, "Twins", 0, &none, &live.err), ERR_USAGE);
	assert_non_null(strstr(live.err.msg, room1));
	assert_non_null(strstr(live.err.msg, room2));
	assert_int_equal(room_resolve(ann, "Twi", 0, &none, &live.err), ERR_NOT_FOUND);
	client_close(ann);
}

static void test_txn_id(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Once", NULL);
	JSON_AUTO json_t *sent = json_array(), *read = json_array();
	OK(live_send(ann, room, "only once", "homework-1", sent, &live.err));
	client_close(ann);
	ann = client_of("ann", 600000, NULL);
	OK(live_send(ann, room, "only once", "homework-1", sent, &live.err));
	assert_string_equal(json_get_str(json_array_get(sent, 0), "event_id"),
			    json_get_str(json_array_get(sent, 1), "event_id"));
	assert_true(json_get_bool(json_array_get(sent, 1), "existing", false));
	struct read_request rq = {.room_id = room, .last = 10};
	OK(client_read(ann, &rq, rows_add, read, &live.err));
	assert_int_equal(live_bodies(read, "only once"), 1);
	client_close(ann);
}

static void test_files(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Files", NULL);
	JSON_AUTO json_t *sent = json_array(), *got = NULL;
	AUTO(buf_done) struct buf back = BUF_INIT(1 << 20);
	static char data[200000];
	struct stat st;
	crypto_random(data, sizeof(data));
	OK(fs_write_atomic("sheet.pdf", (struct span){data, sizeof(data)}, 0600, &live.err));
	const char *const files[] = {"sheet.pdf", NULL};
	struct send_request rq = {.room_id = room, .files = files, .txn_id = "f"};
	OK(client_send(ann, &rq, rows_add, sent, &live.err));
	const char *id = json_get_str(json_array_get(sent, 0), "event_id");
	OK(client_file_get(ann, room, id, "back.pdf", false, NULL, NULL, &got, &live.err));
	assert_string_equal(json_get_str(got, "mimetype"), "application/pdf");
	OK(fs_read("back.pdf", &back, &live.err));
	assert_int_equal(back.n, sizeof(data));
	assert_memory_equal(back.p, data, sizeof(data));
	assert_int_equal(stat("back.pdf", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	json_t *none = NULL;
	assert_int_equal(client_file_get(ann, room, id, "back.pdf", false, NULL, NULL, &none,
					 &live.err),
			 ERR_CONFLICT);
	client_close(ann);
}

static void test_queue_offline(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Later", NULL);
	JSON_AUTO json_t *rows = json_array(), *read = json_array(), *queue = json_array();
	client_close(ann);
	forked_end(&live.server, SIGKILL);
	ann = client_of("ann", 1000, NULL);
	struct send_request rq = {.room_id = room, .queue = true, .txn_id = "q1"};
	rq.text = span_of("queued");
	assert_int_equal(client_send(ann, &rq, rows_add, rows, &live.err), ERR_PENDING);
	assert_string_equal(json_get_str(json_array_get(rows, 0), "state"), "queued");
	client_close(ann);
	forked_serve_again(&live.server, live.dir);
	ann = client_of("ann", 600000, NULL);
	OK(client_queue_run(ann, NULL, false, rows_add, rows, &live.err));
	assert_string_equal(json_get_str(json_array_get(rows, 1), "state"), "sent");
	OK(client_queue_list(ann, rows_add, queue, &live.err));
	assert_int_equal(json_array_size(queue), 0);
	struct read_request rd = {.room_id = room, .last = 10};
	OK(client_read(ann, &rd, rows_add, read, &live.err));
	assert_int_equal(live_bodies(read, "queued"), 1);
	client_close(ann);
}

static int stop_at_once(json_t *row, void *arg)
{
	(void)row;
	++*(int *)arg;
	return 77;
}

static int ready_and_done(void *arg)
{
	++*(int *)arg;
	return 78;
}

/* In this process, so that what is left allocated shows. */
static void test_follow_ends(void **state)
{
	(void)state;
	long before = mem_live();
	struct client *ann = client_of("ann", 600000, NULL);
	char *room = live_room(ann, "Short", NULL);
	JSON_AUTO json_t *rows = json_array();
	struct read_request rq = {.room_id = room, .last = 3};
	int told = 0;
	OK(live_send(ann, room, "one", NULL, rows, &live.err));
	assert_int_equal(client_follow(ann, &rq, stop_at_once, NULL, &told, &live.err), 77);
	assert_int_equal(told, 1);
	/* What was waited for may be there already when the following begins. */
	rq.last = 0;
	assert_int_equal(client_follow(ann, &rq, stop_at_once, ready_and_done, &told, &live.err),
			 78);
	assert_int_equal(told, 2);
	told = 1;
	client_close(ann);
	ann = client_of("ann", 400, NULL);
	assert_int_equal(client_follow(ann, &rq, stop_at_once, NULL, &told, &live.err),
			 ERR_CANCELLED);
	assert_int_equal(told, 1);
	client_close(ann);
	mem_free(room);
	assert_int_equal(mem_live(), before);
}

static void test_direct_invite(void **state)
{
	(void)state;
	account_register(live.server.url, "cem");
	struct client *cem = client_of("cem", 600000, NULL), *bob = client_of("bob", 600000, NULL);
	AUTO_FREE char *room = NULL, *back = NULL;
	JSON_AUTO json_t *joined = NULL;
	OK(room_resolve(cem, "@bob", ROOM_MAKE_DIRECT, &room, &live.err));
	OK(client_refresh(bob, &live.err));
	OK(client_room_join(bob, room, NULL, &joined, &live.err));
	OK(room_resolve(bob, "@cem", 0, &back, &live.err));
	assert_string_equal(room, back);
	client_close(cem);
	client_close(bob);
}

struct export
{
	int events, state, ends;
	int64_t told;
};

static int on_export(struct span line, void *arg)
{
	struct export *x = arg;
	JSON_AUTO json_t *j = NULL;
	assert_int_equal(json_parse_object(line, &j, NULL), 0);
	const char *kind = json_get_str(j, "kind");
	x->events += strcmp(kind, "event") == 0;
	x->state += strcmp(kind, "state") == 0;
	if (strcmp(kind, "end") == 0) {
		x->ends++;
		x->told = json_get_i64(j, "events", -1);
	}
	return 0;
}

static void test_export(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Archive", NULL);
	JSON_AUTO json_t *rows = json_array();
	struct export x = {0};
	for (int i = 0; i < 130; i++)
		OK(live_send(ann, room, "line", NULL, rows, &live.err));
	OK(client_room_export(ann, room, on_export, &x, &live.err));
	assert_int_equal(x.ends, 1);
	assert_int_equal(x.told, x.events);
	assert_true(x.events >= 130 + 6);
	assert_true(x.state >= 5);
	client_close(ann);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chat),	      cmocka_unit_test(test_direct_and_names),
		cmocka_unit_test(test_txn_id),	      cmocka_unit_test(test_files),
		cmocka_unit_test(test_queue_offline), cmocka_unit_test(test_direct_invite),
		cmocka_unit_test(test_follow_ends),   cmocka_unit_test(test_export),
	};
	return cmocka_run_group_tests(tests, live_begin, live_end);
}
