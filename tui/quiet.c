#include "tui/quiet.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance.h"
#include "core/client/quiet/quiet.h"
#include "core/client/send.h"
#include "core/client/urgent.h"
#include "core/store/events.h"
#include "core/store/rooms.h"

#include <string.h>

#define FIRST_MS 3000
#define MINUTE_MS 60000

/* -- What may be heard ------------------------------------------------------------------ */

static bool is_quiet(struct tui *t, struct quiet_hours *q)
{
	quiet_cached(t->store, q);
	return quiet_at(q, clock_wall_ms(), NULL);
}

bool quiet_silences(struct tui *t, int64_t room)
{
	struct quiet_hours q;
	return is_quiet(t, &q) && quiet_covers(t->store, &q, room);
}

bool quiet_lets_through(struct tui *t, int64_t seq, const char *but)
{
	struct quiet_hours q;
	if (!is_quiet(t, &q))
		return true;
	AUTO_FREE int64_t *ids = store_rooms_changed(t->store, seq);
	for (const int64_t *id = ids; *id; id++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (!store_room_get(t->store, *id, &r) || (but && strcmp(r.room_id, but) == 0) ||
		    !room_list_room_calls(t->rooms, r.room_id))
			continue;
		if (!quiet_covers(t->store, &q, *id) ||
		    (!q.no_urgent && urgent_since(t->store, *id, seq, t->user_id)))
			return true;
	}
	return false;
}

/* -- Once a minute ------------------------------------------------------------------------- */

struct minute {
	struct tui *t;
	int64_t seq; /* up to where has been looked for what was said to staff */
};

static int ignore_row(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0; /* the cache has it */
}

static int look(struct client *c, void *arg, struct err *err)
{
	struct minute *m = arg;
	struct err e = {0};
	int rc = client_queue_due(c, ignore_row, NULL, err);
	if (rc == ERR_AUTH)
		return rc;
	client_quiet_tell(c, clock_wall_ms(), NULL);
	if (client_attendance_relay_news(c, &m->seq, &e))
		log_info("what was said to staff is not sent on: %s", e.msg);
	return rc;
}

/* Trouble is told by syncing, and the next minute comes. */
static void on_looked(int rc, const struct err *err, void *arg)
{
	struct minute *m = arg;
	(void)rc;
	(void)err;
	if (!m->t->quitting) {
		m->t->relayed_seq = m->seq;
		tui_news(m->t);
	}
	mem_free(m);
}

static void on_minute(void *arg)
{
	struct tui *t = arg;
	struct minute *m = NEW(struct minute);
	m->t = t;
	m->seq = t->relayed_seq;
	work_add(t->looking, look, on_looked, m);
}

void minute_start(struct tui *t)
{
	t->relayed_seq = 0;
	t->minute = loop_timer_new(t->loop, on_minute, t);
	loop_timer_start(t->minute, FIRST_MS, MINUTE_MS);
}

void minute_stop(struct tui *t)
{
	loop_timer_free(t->minute);
	t->minute = NULL;
}
