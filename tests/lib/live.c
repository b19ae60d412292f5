#include "tests/lib/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/mem.h"
#include "core/client/rooms.h"
#include "core/client/send.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct live live;

int live_begin(void **state)
{
	(void)state;
	home_make(&live.home);
	snprintf(live.dir, sizeof(live.dir), "%.250s/server", live.home.dir);
	forked_serve(&live.server, live.dir);
	account_register(live.server.url, "ann");
	account_register(live.server.url, "bob");
	return 0;
}

int live_end(void **state)
{
	(void)state;
	forked_end(&live.server, SIGTERM);
	home_remove(&live.home);
	return 0;
}

char *live_room(struct client *c, const char *name, const char *invite)
{
	JSON_AUTO json_t *made = NULL;
	const char *const people[] = {invite, NULL};
	struct room_create rq = {.name = name, .invite = people};
	OK(client_room_create(c, &rq, &made, &live.err));
	return mem_strdup(json_get_str(made, "room_id"));
}

int live_send(struct client *c, const char *room, const char *text, const char *txn, json_t *rows,
	      struct err *e)
{
	struct send_request rq = {.room_id = room, .text = span_of(text), .txn_id = txn};
	return client_send(c, &rq, rows_add, rows, e);
}

int live_bodies(json_t *rows, const char *body)
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
