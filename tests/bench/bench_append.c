/*
 * What a durable message costs inside the server: room_append through the
 * writer thread, without HTTP. Prints one line of figures.
 *
 *   bench_append [EVENTS] [IN_FLIGHT] [ROOMS]
 */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "server/rooms/create.h"
#include "server/rooms/room.h"
#include "tests/lib/tmpdir.h"

#include <time.h>

#define SENDER "@alice:bench.example"

struct bench {
	struct loop *loop;
	struct db *db;
	int64_t *rooms;
	long want, started, finished, n_rooms;
	int64_t writer_ns; /* in room_append, writer thread */
	json_t *create;
};

struct send {
	struct bench *b;
	json_t *content;
	char txn[24];
	int64_t room;
};

static void die(const struct err *err)
{
	fprintf(stderr, "bench_append: %s\n", err->msg);
	exit(1);
}

/* Keeps the loop waiting for the writer; ends a bench that hangs. */
static void on_timeout(void *arg)
{
	(void)arg;
	fprintf(stderr, "bench_append: no end after ten minutes\n");
	exit(1);
}

static int64_t thread_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int run_setup(struct db_tx *tx, void *arg, struct err *err)
{
	struct bench *b = arg;
	char id[LIMIT_ID_BYTES + 1];
	int rc = sql_run(SQL(db_tx_sql(tx), "INSERT INTO users(nid,user_id,created_ts)"
					    " VALUES(1,'" SENDER "',0)"),
			 err);
	const struct room_creation c = {.body = b->create,
					.user_nid = 1,
					.user_id = SENDER,
					.server_name = "bench.example"};
	for (long i = 0; !rc && i < b->n_rooms; i++)
		rc = room_create(tx, &c, id, &b->rooms[i], err);
	return rc;
}

static int run_send(struct db_tx *tx, void *arg, struct err *err)
{
	struct send *s = arg;
	struct event_ref ref;
	const struct event_draft d = {
		.room_nid = s->room,
		.sender_nid = 1,
		.sender = SENDER,
		.type = "m.room.message",
		.content = s->content,
		.device_nid = 1,
		.txn_id = s->txn,
	};
	int64_t before = thread_ns();
	int rc = room_append(tx, &d, &ref, err);
	s->b->writer_ns += thread_ns() - before;
	return rc;
}

static void start_one(struct bench *b);

static void send_done(void *arg, int rc, const struct err *err)
{
	struct send *s = arg;
	struct bench *b = s->b;
	if (rc)
		die(err);
	json_decref(s->content);
	mem_free(s);
	if (++b->finished == b->want)
		loop_stop(b->loop);
	else if (b->started < b->want)
		start_one(b);
}

static void start_one(struct bench *b)
{
	struct send *s = NEW(struct send);
	s->b = b;
	s->room = b->rooms[b->started % b->n_rooms];
	snprintf(s->txn, sizeof(s->txn), "m%ld", b->started);
	s->content = json_pack("{s:s,s:s}", "msgtype", "m.text", "body",
			       "A message of the usual length, as people write them in class.");
	b->started++;
	db_submit(b->db, run_send, send_done, s);
}

static void setup_done(void *arg, int rc, const struct err *err)
{
	struct bench *b = arg;
	if (rc)
		die(err);
	loop_stop(b->loop);
}

int main(int argc, char **argv)
{
	char dir[256];
	struct err err = {0};
	struct bench b = {.loop = loop_new(),
			  .want = argc > 1 ? strtol(argv[1], NULL, 10) : 20000,
			  .n_rooms = argc > 3 ? strtol(argv[3], NULL, 10) : 4,
			  .create = json_object()};
	long in_flight = argc > 2 ? strtol(argv[2], NULL, 10) : 64;
	b.rooms = mem_realloc_array(NULL, (size_t)b.n_rooms, sizeof(*b.rooms));
	tmpdir_make(dir);
	if (db_open(b.loop, dir, NULL, NULL, &b.db, &err))
		die(&err);
	struct loop_timer *limit = loop_timer_new(b.loop, on_timeout, NULL);
	loop_timer_start(limit, 600000, 0);
	db_submit(b.db, run_setup, setup_done, &b);
	loop_run(b.loop);
	int64_t began = clock_mono_ns();
	for (long i = 0; i < in_flight && b.started < b.want; i++)
		start_one(&b);
	loop_run(b.loop);
	double seconds = (double)(clock_mono_ns() - began) / 1e9;
	printf("append: %ld events, %ld in flight, %ld rooms: %.0f/s durable, %.1f us CPU each in "
	       "room_append\n",
	       b.want, in_flight, b.n_rooms, (double)b.want / seconds,
	       (double)b.writer_ns / 1e3 / (double)b.want);
	loop_timer_free(limit);
	db_close(b.db);
	json_decref(b.create);
	mem_free(b.rooms);
	loop_free(b.loop);
	tmpdir_remove(dir);
	return 0;
}
