#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/client/login.h"
#include "core/client/media.h"
#include "core/client/profile.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/session.h"
#include "core/client/sync.h"
#include "core/client/sync_priv.h"
#include "core/client/timeline.h"
#include "core/client/unread.h"
#include "tests/lib/forked.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* The client against the real server, several processes at once. */

static struct home home;
static struct forked server;
static char server_dir[300];
static struct err err; /* of the call that failed last */

static int setup(void **state)
{
	(void)state;
	home_make(&home);
	snprintf(server_dir, sizeof(server_dir), "%.250s/server", home.dir);
	forked_serve(&server, server_dir);
	account_register(server.url, "ann");
	account_register(server.url, "bob");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	forked_end(&server, SIGTERM);
	home_remove(&home);
	return 0;
}

#define OK(call)                                                    \
	do {                                                        \
		int rc_ = (call);                                   \
		if (rc_)                                            \
			fail_msg("%s: %d %s", #call, rc_, err.msg); \
	} while (0)

static char *make_room(struct client *c, const char *name, const char *invite)
{
	JSON_AUTO json_t *made = NULL;
	const char *const people[] = {invite, NULL};
	struct room_create rq = {.name = name, .invite = people};
	OK(client_room_create(c, &rq, &made, &err));
	return mem_strdup(json_get_str(made, "room_id"));
}

static int send_one(struct client *c, const char *room, const char *text, const char *txn,
		    json_t *rows, struct err *e)
{
	struct send_request rq = {.room_id = room, .text = span_of(text), .txn_id = txn};
	return client_send(c, &rq, rows_add, rows, e);
}

static int count_bodies(json_t *rows, const char *body)
{
	int n = 0;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *have = json_get_str(row, "body");
		n += have && strcmp(have, body) == 0;
	}
	return n;
}

static void test_chat(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL), *bob = client_of("bob", 120000, NULL);
	JSON_AUTO json_t *sent = json_array(), *read = json_array(), *joined = NULL;
	JSON_AUTO json_t *reaction = NULL, *again = NULL, *edit = NULL, *receipts = json_array();
	AUTO_FREE char *room = make_room(ann, "Class 7b", "@bob:localhost"), *found = NULL;
	OK(client_room_join(bob, "Class 7b", NULL, &joined, &err));
	assert_string_equal(json_get_str(joined, "room_id"), room);
	OK(room_resolve(ann, "Class 7b", 0, &found, &err));
	assert_string_equal(found, room);
	OK(send_one(ann, room, "good **morning**", NULL, sent, &err));
	const char *id = json_get_str(json_array_get(sent, 0), "event_id");
	OK(client_react(bob, room, id, "\xf0\x9f\x91\x8d", NULL, &reaction, &err));
	OK(client_edit(ann, room, id, SEND_TEXT, span_of("good evening"), NULL, &edit, &err));
	OK(client_mark(bob, &(struct read_mark){.room_id = room}, &err));
	struct read_request rq = {.room_id = room, .last = 10};
	OK(client_read(bob, &rq, rows_add, read, &err));
	assert_int_equal(json_array_size(read), 1);
	json_t *row = json_array_get(read, 0);
	assert_string_equal(json_get_str(row, "body"), "good evening");
	assert_true(json_get_bool(row, "edited", false));
	assert_int_equal(json_get_i64(json_get_object(row, "reactions"), "\xf0\x9f\x91\x8d", 0), 1);
	OK(client_react(bob, room, id, "\xf0\x9f\x91\x8d", NULL, &again, &err));
	assert_true(json_get_bool(again, "existing", false));
	OK(client_receipts(ann, room, id, rows_add, receipts, &err));
	assert_int_equal(json_array_size(receipts), 1);
	assert_true(json_get_bool(json_array_get(receipts, 0), "read", false));
	client_close(ann);
	client_close(bob);
}

static void test_direct_and_names(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *one = NULL, *two = NULL, *user = NULL, *none = NULL;
	AUTO_FREE char *room1 = make_room(ann, "Twins", NULL), *room2 = NULL;
	OK(room_resolve(ann, "@bob", ROOM_MAKE_DIRECT, &one, &err));
	OK(room_resolve(ann, "@bob:localhost", ROOM_MAKE_DIRECT, &two, &err));
	assert_string_equal(one, two);
	OK(user_resolve(ann, NULL, "@bob", &user, &err));
	assert_string_equal(user, "@bob:localhost");
	room2 = make_room(ann, "Twins", NULL);
	assert_int_equal(room_resolve(ann, "Twins", 0, &none, &err), ERR_USAGE);
	assert_non_null(strstr(err.msg, room1));
	assert_non_null(strstr(err.msg, room2));
	assert_int_equal(room_resolve(ann, "Twi", 0, &none, &err), ERR_NOT_FOUND);
	client_close(ann);
}

static void test_txn_id(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Once", NULL);
	JSON_AUTO json_t *sent = json_array(), *read = json_array();
	OK(send_one(ann, room, "only once", "homework-1", sent, &err));
	client_close(ann);
	ann = client_of("ann", 120000, NULL);
	OK(send_one(ann, room, "only once", "homework-1", sent, &err));
	assert_string_equal(json_get_str(json_array_get(sent, 0), "event_id"),
			    json_get_str(json_array_get(sent, 1), "event_id"));
	assert_true(json_get_bool(json_array_get(sent, 1), "existing", false));
	struct read_request rq = {.room_id = room, .last = 10};
	OK(client_read(ann, &rq, rows_add, read, &err));
	assert_int_equal(count_bodies(read, "only once"), 1);
	client_close(ann);
}

static void test_files(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Files", NULL);
	JSON_AUTO json_t *sent = json_array(), *got = NULL;
	AUTO(buf_done) struct buf back = BUF_INIT(1 << 20);
	static char data[200000];
	struct stat st;
	crypto_random(data, sizeof(data));
	OK(fs_write_atomic("sheet.pdf", (struct span){data, sizeof(data)}, 0600, &err));
	const char *const files[] = {"sheet.pdf", NULL};
	struct send_request rq = {.room_id = room, .files = files, .txn_id = "f"};
	OK(client_send(ann, &rq, rows_add, sent, &err));
	const char *id = json_get_str(json_array_get(sent, 0), "event_id");
	OK(client_file_get(ann, room, id, "back.pdf", false, NULL, NULL, &got, &err));
	assert_string_equal(json_get_str(got, "mimetype"), "application/pdf");
	OK(fs_read("back.pdf", &back, &err));
	assert_int_equal(back.n, sizeof(data));
	assert_memory_equal(back.p, data, sizeof(data));
	assert_int_equal(stat("back.pdf", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	json_t *none = NULL;
	assert_int_equal(client_file_get(ann, room, id, "back.pdf", false, NULL, NULL, &none, &err),
			 ERR_CONFLICT);
	client_close(ann);
}

static void test_queue_offline(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Later", NULL);
	JSON_AUTO json_t *rows = json_array(), *read = json_array(), *queue = json_array();
	client_close(ann);
	forked_end(&server, SIGKILL);
	ann = client_of("ann", 1000, NULL);
	struct send_request rq = {.room_id = room, .queue = true, .txn_id = "q1"};
	rq.text = span_of("queued");
	assert_int_equal(client_send(ann, &rq, rows_add, rows, &err), ERR_PENDING);
	assert_string_equal(json_get_str(json_array_get(rows, 0), "state"), "queued");
	client_close(ann);
	forked_serve_again(&server, server_dir);
	ann = client_of("ann", 120000, NULL);
	OK(client_queue_run(ann, NULL, false, rows_add, rows, &err));
	assert_string_equal(json_get_str(json_array_get(rows, 1), "state"), "sent");
	OK(client_queue_list(ann, rows_add, queue, &err));
	assert_int_equal(json_array_size(queue), 0);
	struct read_request rd = {.room_id = room, .last = 10};
	OK(client_read(ann, &rd, rows_add, read, &err));
	assert_int_equal(count_bodies(read, "queued"), 1);
	client_close(ann);
}

/* -- several processes ------------------------------------------------------ */

#define SENDERS 20

struct job {
	const char *account, *room;
	int n, from;
	char out[300];
	int ready_fd;
};

static int sender(void *arg)
{
	const struct job *j = arg;
	struct client *c = client_of(j->account, 120000, NULL);
	JSON_AUTO json_t *rows = json_array();
	int rc = 0;
	for (int i = 0; i < j->n && !rc; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", j->from + i);
		rc = send_one(c, j->room, text, NULL, rows, &err);
	}
	if (rc)
		fprintf(stderr, "sender: %s\n", err.msg);
	client_close(c);
	return rc ? 1 : 0;
}

struct following {
	struct job *j;
	FILE *out;
	int seen;
};

static int on_ready(void *arg)
{
	struct following *f = arg;
	if (f->j->ready_fd >= 0 && write(f->j->ready_fd, "x", 1) < 0)
		_exit(9);
	f->j->ready_fd = -1;
	return 0;
}

static int on_row(json_t *row, void *arg)
{
	struct following *f = arg;
	fprintf(f->out, "%s\n", json_get_str(row, "body"));
	fflush(f->out);
	return ++f->seen >= f->j->n ? 77 : 0;
}

static int follower(void *arg)
{
	struct job *j = arg;
	struct client *c = client_of(j->account, 120000, NULL);
	struct following f = {j, fopen(j->out, "ae"), 0};
	struct read_request rq = {.room_id = j->room};
	int rc = client_follow(c, &rq, on_row, on_ready, &f, &err);
	if (rc != 77)
		fprintf(stderr, "follower: %d %s\n", rc, err.msg);
	client_close(c);
	return rc == 77 ? 0 : 1;
}

/* Lines of a file that are exactly `text`. */
static int lines_of(const char *path, const char *text)
{
	AUTO(buf_done) struct buf b = BUF_INIT(1 << 20);
	struct span rest, line;
	int n = 0;
	fs_read(path, &b, NULL);
	rest = buf_span(&b);
	while (rest.n && span_split(&rest, '\n', &line))
		n += text ? span_eq_str(line, text) : line.n > 0;
	return n;
}

static void wait_ready(int fd, int n)
{
	char x;
	while (n-- > 0)
		assert_int_equal(read(fd, &x, 1), 1);
}

static void test_parallel_senders(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Busy", NULL);
	struct job jobs[SENDERS], follow[2];
	pid_t pids[SENDERS], followers[2];
	int fds[2];
	client_close(ann);
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 2; i++) {
		follow[i] = (struct job){"ann", room, SENDERS * 2, 0, "", fds[1]};
		snprintf(follow[i].out, sizeof(follow[i].out), "%.200s/busy-%d", home.dir, i);
		followers[i] = worker_start(follower, &follow[i]);
	}
	wait_ready(fds[0], 2);
	for (int i = 0; i < SENDERS; i++) {
		jobs[i] = (struct job){"ann", room, 2, i * 2, "", -1};
		pids[i] = worker_start(sender, &jobs[i]);
	}
	for (int i = 0; i < SENDERS; i++)
		assert_int_equal(worker_wait(pids[i]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(worker_wait(followers[i]), 0);
		for (int k = 0; k < SENDERS * 2; k++) {
			char text[64];
			snprintf(text, sizeof(text), "message %d", k);
			assert_int_equal(lines_of(follow[i].out, text), 1);
		}
	}
	close(fds[0]);
	close(fds[1]);
}

/* A reader beside the process that syncs sees what was said before it asked. */
static void test_read_beside_owner(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL), *bob = client_of("bob", 120000, NULL);
	AUTO_FREE char *room = make_room(bob, "Beside", "@ann:localhost");
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	struct job f = {"ann", room, 1000, 0, "beside", -1};
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &err));
	assert_int_equal(pipe(fds), 0);
	f.ready_fd = fds[1];
	pid_t pid = worker_start(follower, &f);
	wait_ready(fds[0], 1);
	for (int i = 0; i < 10; i++) {
		JSON_AUTO json_t *read = json_array();
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		OK(send_one(bob, room, text, NULL, rows, &err));
		struct read_request rq = {.room_id = room, .last = 1};
		OK(client_read(ann, &rq, rows_add, read, &err));
		assert_int_equal(count_bodies(read, text), 1);
	}
	worker_kill(pid, SIGKILL);
	worker_wait(pid);
	client_close(ann);
	client_close(bob);
	close(fds[0]);
	close(fds[1]);
}

/* More is said than one sync brings: the gap is filled, and told in order. */
static void test_follow_gap(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL), *bob = client_of("bob", 120000, NULL);
	AUTO_FREE char *room = make_room(bob, "Gap", "@ann:localhost");
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	enum { TOTAL = 260 };
	struct job f = {"ann", room, TOTAL, 0, "gap", -1};
	AUTO(buf_done) struct buf told = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &err));
	assert_int_equal(pipe(fds), 0);
	f.ready_fd = fds[1];
	pid_t pid = worker_start(follower, &f);
	wait_ready(fds[0], 1);
	worker_kill(pid, SIGSTOP);
	for (int i = 0; i < TOTAL; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		OK(send_one(bob, room, text, NULL, rows, &err));
		buf_printf(&want, "%s\n", text);
	}
	worker_kill(pid, SIGCONT);
	assert_int_equal(worker_wait(pid), 0);
	OK(fs_read("gap", &told, &err));
	assert_string_equal(buf_str(&told), buf_str(&want));
	client_close(ann);
	client_close(bob);
	close(fds[0]);
	close(fds[1]);
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
	struct client *ann = client_of("ann", 120000, NULL);
	char *room = make_room(ann, "Short", NULL);
	JSON_AUTO json_t *rows = json_array();
	struct read_request rq = {.room_id = room, .last = 3};
	int told = 0;
	OK(send_one(ann, room, "one", NULL, rows, &err));
	assert_int_equal(client_follow(ann, &rq, stop_at_once, NULL, &told, &err), 77);
	assert_int_equal(told, 1);
	/* What was waited for may be there already when the following begins. */
	rq.last = 0;
	assert_int_equal(client_follow(ann, &rq, stop_at_once, ready_and_done, &told, &err), 78);
	assert_int_equal(told, 2);
	told = 1;
	client_close(ann);
	ann = client_of("ann", 400, NULL);
	assert_int_equal(client_follow(ann, &rq, stop_at_once, NULL, &told, &err), ERR_CANCELLED);
	assert_int_equal(told, 1);
	client_close(ann);
	mem_free(room);
	assert_int_equal(mem_live(), before);
}

static void test_direct_invite(void **state)
{
	(void)state;
	account_register(server.url, "cem");
	struct client *cem = client_of("cem", 120000, NULL), *bob = client_of("bob", 120000, NULL);
	AUTO_FREE char *room = NULL, *back = NULL;
	JSON_AUTO json_t *joined = NULL;
	OK(room_resolve(cem, "@bob", ROOM_MAKE_DIRECT, &room, &err));
	OK(client_refresh(bob, &err));
	OK(client_room_join(bob, room, NULL, &joined, &err));
	OK(room_resolve(bob, "@cem", 0, &back, &err));
	assert_string_equal(room, back);
	client_close(cem);
	client_close(bob);
}

/* The owner of sync dies; the other follower goes on and misses nothing. */
static void test_takeover(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Heirs", NULL);
	struct job a = {"ann", room, 1000, 0, "heir-a", -1}, b = {"ann", room, 20, 0, "heir-b", -1};
	JSON_AUTO json_t *rows = json_array();
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	a.ready_fd = b.ready_fd = fds[1];
	pid_t first = worker_start(follower, &a);
	wait_ready(fds[0], 1);
	pid_t second = worker_start(follower, &b);
	wait_ready(fds[0], 1);
	for (int i = 0; i < 20; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		if (i == 10)
			worker_kill(first, SIGKILL);
		OK(send_one(ann, room, text, NULL, rows, &err));
	}
	assert_int_equal(worker_wait(first), 128 + SIGKILL);
	assert_int_equal(worker_wait(second), 0);
	for (int i = 0; i < 20; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		assert_int_equal(lines_of("heir-b", text), 1);
	}
	client_close(ann);
	close(fds[0]);
	close(fds[1]);
}

/* What a verb that syncs for a moment commits between two owners is told by the second. */
static void test_takeover_between(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL), *bob = client_of("bob", 120000, NULL);
	AUTO_FREE char *room = make_room(bob, "Regents", "@ann:localhost");
	struct job a = {"ann", room, 1000, 0, "regent-a", -1};
	struct job b = {"ann", room, 1, 0, "regent-b", -1};
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	struct fs_lock *lock = NULL;
	struct store *s;
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &err));
	OK(client_store(ann, &s, &err));
	assert_int_equal(pipe(fds), 0);
	a.ready_fd = b.ready_fd = fds[1];
	pid_t first = worker_start(follower, &a);
	wait_ready(fds[0], 1);
	pid_t second = worker_start(follower, &b);
	wait_ready(fds[0], 1);
	AUTO_FREE char *path = sync_lock_path(client_account(ann));
	worker_kill(first, SIGKILL);
	assert_int_equal(worker_wait(first), 128 + SIGKILL);
	OK(fs_lock(path, true, &lock, &err));
	OK(send_one(bob, room, "meanwhile", NULL, rows, &err));
	AUTO(buf_done) struct buf body = BUF_INIT(1 << 20);
	AUTO_FREE char *since = NULL;
	AUTO(request_done) struct request rq = sync_request(s, 0, false, "offline", &since);
	struct session_request sr = {.method = rq.method, .path = buf_str(&rq.path)};
	OK(session_raw(client_session(ann), &sr, &body, &err));
	OK(apply_sync(s, "@ann:localhost", since, buf_span(&body), NULL, &err));
	fs_unlock(lock);
	assert_int_equal(worker_wait(second), 0);
	assert_int_equal(lines_of("regent-b", "meanwhile"), 1);
	client_close(ann);
	client_close(bob);
	close(fds[0]);
	close(fds[1]);
}

/* cron has another runtime folder than the log-in session: it still finds who syncs. */
static void test_other_runtime_folder(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 120000, NULL);
	AUTO_FREE char *room = make_room(ann, "Cron", NULL);
	AUTO_FREE char *other = mem_printf("%s/other-run", home.dir);
	AUTO_FREE char *was = mem_strdup(getenv("XDG_RUNTIME_DIR"));
	struct job f = {"ann", room, 1000, 0, "cron", -1};
	struct read_request rq = {.room_id = room, .last = 1};
	JSON_AUTO json_t *read = json_array();
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	f.ready_fd = fds[1];
	pid_t pid = worker_start(follower, &f);
	wait_ready(fds[0], 1);
	assert_int_equal(mkdir(other, 0700), 0);
	setenv("XDG_RUNTIME_DIR", other, 1);
	OK(client_read(ann, &rq, rows_add, read, &err));
	if (was)
		setenv("XDG_RUNTIME_DIR", was, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	worker_kill(pid, SIGKILL);
	worker_wait(pid);
	client_close(ann);
	close(fds[0]);
	close(fds[1]);
}

/* Processes that sync are killed at random; at last the cache has everything once, in order. */
static void test_kill_syncing(void **state)
{
	(void)state;
	struct client *bob = client_of("bob", 60000, NULL);
	AUTO_FREE char *room = make_room(bob, "Falls", "@ann:localhost");
	struct client *ann = client_of("ann", 60000, NULL);
	JSON_AUTO json_t *joined = NULL, *rows = json_array(), *sent = json_array();
	OK(client_room_join(ann, room, NULL, &joined, &err));
	client_close(ann);
	enum { TOTAL = 300, ROUNDS = 12 };
	int made = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct job f = {"ann", room, 100000, 0, "fall", -1};
		uint16_t dice;
		pid_t pid = worker_start(follower, &f);
		crypto_random(&dice, sizeof(dice));
		for (int i = 0; i < TOTAL / ROUNDS; i++) {
			char text[64];
			snprintf(text, sizeof(text), "message %d", made++);
			OK(send_one(bob, room, text, NULL, sent, &err));
		}
		usleep(dice % 40000);
		worker_kill(pid, SIGKILL);
		assert_int_equal(worker_wait(pid), 128 + SIGKILL);
	}
	ann = client_of("ann", 60000, NULL);
	struct read_request rq = {.room_id = room, .last = TOTAL};
	OK(client_read(ann, &rq, rows_add, rows, &err));
	assert_int_equal(json_array_size(rows), TOTAL);
	for (int i = 0; i < TOTAL; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		assert_string_equal(json_get_str(json_array_get(rows, (size_t)i), "body"), text);
	}
	client_close(ann);
	client_close(bob);
}

/* A sender is killed at random; queue run makes it right, nothing is posted twice. */
static void test_kill_sending(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 60000, NULL);
	AUTO_FREE char *room = make_room(ann, "Broken off", NULL);
	JSON_AUTO json_t *rows = json_array(), *read = json_array();
	enum { ROUNDS = 15 };
	for (int round = 0; round < ROUNDS; round++) {
		struct job j = {"ann", room, 50, round * 100, "", -1};
		uint16_t dice;
		crypto_random(&dice, sizeof(dice));
		pid_t pid = worker_start(sender, &j);
		usleep(5000 + dice % 60000);
		worker_kill(pid, SIGKILL);
		worker_wait(pid);
	}
	OK(client_queue_run(ann, NULL, true, rows_add, rows, &err));
	struct read_request rq = {.room_id = room, .last = 2000};
	OK(client_read(ann, &rq, rows_add, read, &err));
	for (int round = 0; round < ROUNDS; round++) {
		bool ended = false;
		for (int i = 0; i < 50; i++) {
			char text[64];
			snprintf(text, sizeof(text), "message %d", round * 100 + i);
			int n = count_bodies(read, text);
			assert_in_range(n, 0, 1);
			/* Without holes up to where it was killed. */
			assert_false(ended && n);
			ended = ended || n == 0;
		}
	}
	client_close(ann);
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
	struct client *ann = client_of("ann", 60000, NULL);
	AUTO_FREE char *room = make_room(ann, "Archive", NULL);
	JSON_AUTO json_t *rows = json_array();
	struct export x = {0};
	for (int i = 0; i < 130; i++)
		OK(send_one(ann, room, "line", NULL, rows, &err));
	OK(client_room_export(ann, room, on_export, &x, &err));
	assert_int_equal(x.ends, 1);
	assert_int_equal(x.told, x.events);
	assert_true(x.events >= 130 + 6);
	assert_true(x.state >= 5);
	client_close(ann);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chat),
		cmocka_unit_test(test_direct_and_names),
		cmocka_unit_test(test_txn_id),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_queue_offline),
		cmocka_unit_test(test_parallel_senders),
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_takeover_between),
		cmocka_unit_test(test_other_runtime_folder),
		cmocka_unit_test(test_read_beside_owner),
		cmocka_unit_test(test_follow_gap),
		cmocka_unit_test(test_direct_invite),
		cmocka_unit_test(test_follow_ends),
		cmocka_unit_test(test_kill_syncing),
		cmocka_unit_test(test_kill_sending),
		cmocka_unit_test(test_export),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
