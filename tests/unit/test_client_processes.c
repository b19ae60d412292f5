/* The client against the real server, several processes of one account at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/crypto.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/apply.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/session.h"
#include "core/client/sync.h"
#include "core/client/sync_priv.h"
#include "core/client/timeline.h"
#include "tests/lib/live.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

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
	struct client *c = client_of(j->account, 600000, NULL);
	JSON_AUTO json_t *rows = json_array();
	int rc = 0;
	for (int i = 0; i < j->n && !rc; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", j->from + i);
		rc = live_send(c, j->room, text, NULL, rows, &live.err);
	}
	if (rc)
		fprintf(stderr, "sender: %s\n", live.err.msg);
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
	struct client *c = client_of(j->account, 600000, NULL);
	struct following f = {j, fopen(j->out, "ae"), 0};
	struct read_request rq = {.room_id = j->room};
	int rc = client_follow(c, &rq, on_row, on_ready, &f, &live.err);
	if (rc != 77)
		fprintf(stderr, "follower: %d %s\n", rc, live.err.msg);
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

/* Begin to follow, and wait until they do; the ends of the pipe are the caller's. */
static pid_t follow(struct job *j, int fds[2])
{
	assert_int_equal(pipe(fds), 0);
	j->ready_fd = fds[1];
	pid_t pid = worker_start(follower, j);
	wait_ready(fds[0], 1);
	return pid;
}

static void test_parallel_senders(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Busy", NULL);
	struct job jobs[SENDERS], follow[2];
	pid_t pids[SENDERS], followers[2];
	int fds[2];
	client_close(ann);
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 2; i++) {
		follow[i] = (struct job){"ann", room, SENDERS * 2, 0, "", fds[1]};
		snprintf(follow[i].out, sizeof(follow[i].out), "%.200s/busy-%d", live.home.dir, i);
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
	struct client *ann = client_of("ann", 600000, NULL), *bob = client_of("bob", 600000, NULL);
	AUTO_FREE char *room = live_room(bob, "Beside", "@ann:localhost");
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	struct job f = {"ann", room, 1000, 0, "beside", -1};
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &live.err));
	pid_t pid = follow(&f, fds);
	for (int i = 0; i < 10; i++) {
		JSON_AUTO json_t *read = json_array();
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		OK(live_send(bob, room, text, NULL, rows, &live.err));
		struct read_request rq = {.room_id = room, .last = 1};
		OK(client_read(ann, &rq, rows_add, read, &live.err));
		assert_int_equal(live_bodies(read, text), 1);
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
	struct client *ann = client_of("ann", 600000, NULL), *bob = client_of("bob", 600000, NULL);
	AUTO_FREE char *room = live_room(bob, "Gap", "@ann:localhost");
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	enum { TOTAL = 260 };
	struct job f = {"ann", room, TOTAL, 0, "gap", -1};
	AUTO(buf_done) struct buf told = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &live.err));
	pid_t pid = follow(&f, fds);
	worker_kill(pid, SIGSTOP);
	for (int i = 0; i < TOTAL; i++) {
		char text[64];
		snprintf(text, sizeof(text), "message %d", i);
		OK(live_send(bob, room, text, NULL, rows, &live.err));
		buf_printf(&want, "%s\n", text);
	}
	worker_kill(pid, SIGCONT);
	assert_int_equal(worker_wait(pid), 0);
	OK(fs_read("gap", &told, &live.err));
	assert_string_equal(buf_str(&told), buf_str(&want));
	client_close(ann);
	client_close(bob);
	close(fds[0]);
	close(fds[1]);
}

/* The owner of sync dies; the other follower goes on and misses nothing. */
static void test_takeover(void **state)
{
	(void)state;
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Heirs", NULL);
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
		OK(live_send(ann, room, text, NULL, rows, &live.err));
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
	struct client *ann = client_of("ann", 600000, NULL), *bob = client_of("bob", 600000, NULL);
	AUTO_FREE char *room = live_room(bob, "Regents", "@ann:localhost");
	struct job a = {"ann", room, 1000, 0, "regent-a", -1};
	struct job b = {"ann", room, 1, 0, "regent-b", -1};
	JSON_AUTO json_t *joined = NULL, *rows = json_array();
	struct fs_lock *lock = NULL;
	struct store *s;
	int fds[2];
	OK(client_room_join(ann, room, NULL, &joined, &live.err));
	OK(client_store(ann, &s, &live.err));
	assert_int_equal(pipe(fds), 0);
	a.ready_fd = b.ready_fd = fds[1];
	pid_t first = worker_start(follower, &a);
	wait_ready(fds[0], 1);
	pid_t second = worker_start(follower, &b);
	wait_ready(fds[0], 1);
	AUTO_FREE char *path = sync_lock_path(client_account(ann));
	worker_kill(first, SIGKILL);
	assert_int_equal(worker_wait(first), 128 + SIGKILL);
	OK(fs_lock(path, true, &lock, &live.err));
	OK(live_send(bob, room, "meanwhile", NULL, rows, &live.err));
	AUTO(buf_done) struct buf body = BUF_INIT(1 << 20);
	AUTO_FREE char *since = NULL;
	AUTO(request_done) struct request rq = sync_request(s, 0, false, "offline", &since);
	struct session_request sr = {.method = rq.method, .path = buf_str(&rq.path)};
	OK(session_raw(client_session(ann), &sr, &body, &live.err));
	OK(apply_sync(s, "@ann:localhost", since, buf_span(&body), NULL, &live.err));
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
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Cron", NULL);
	AUTO_FREE char *other = mem_printf("%s/other-run", live.home.dir);
	AUTO_FREE char *was = mem_strdup(getenv("XDG_RUNTIME_DIR"));
	struct job f = {"ann", room, 1000, 0, "cron", -1};
	struct read_request rq = {.room_id = room, .last = 1};
	JSON_AUTO json_t *read = json_array();
	int fds[2];
	pid_t pid = follow(&f, fds);
	assert_int_equal(mkdir(other, 0700), 0);
	setenv("XDG_RUNTIME_DIR", other, 1);
	OK(client_read(ann, &rq, rows_add, read, &live.err));
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
	struct client *bob = client_of("bob", 600000, NULL);
	AUTO_FREE char *room = live_room(bob, "Falls", "@ann:localhost");
	struct client *ann = client_of("ann", 600000, NULL);
	JSON_AUTO json_t *joined = NULL, *rows = json_array(), *sent = json_array();
	OK(client_room_join(ann, room, NULL, &joined, &live.err));
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
			OK(live_send(bob, room, text, NULL, sent, &live.err));
		}
		usleep(dice % 40000);
		worker_kill(pid, SIGKILL);
		assert_int_equal(worker_wait(pid), 128 + SIGKILL);
	}
	ann = client_of("ann", 600000, NULL);
	struct read_request rq = {.room_id = room, .last = TOTAL};
	OK(client_read(ann, &rq, rows_add, rows, &live.err));
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
	struct client *ann = client_of("ann", 600000, NULL);
	AUTO_FREE char *room = live_room(ann, "Broken off", NULL);
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
	OK(client_queue_run(ann, NULL, true, rows_add, rows, &live.err));
	struct read_request rq = {.room_id = room, .last = 2000};
	OK(client_read(ann, &rq, rows_add, read, &live.err));
	for (int round = 0; round < ROUNDS; round++) {
		bool ended = false;
		for (int i = 0; i < 50; i++) {
			char text[64];
			snprintf(text, sizeof(text), "message %d", round * 100 + i);
			int n = live_bodies(read, text);
			assert_in_range(n, 0, 1);
			/* Without holes up to where it was killed. */
			assert_false(ended && n);
			ended = ended || n == 0;
		}
	}
	client_close(ann);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parallel_senders),
		cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_takeover_between),
		cmocka_unit_test(test_other_runtime_folder),
		cmocka_unit_test(test_read_beside_owner),
		cmocka_unit_test(test_follow_gap),
		cmocka_unit_test(test_kill_syncing),
		cmocka_unit_test(test_kill_sending),
	};
	return cmocka_run_group_tests(tests, live_begin, live_end);
}
