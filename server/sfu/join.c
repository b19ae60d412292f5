#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/sfu/session.h"

#include <string.h>

static void refuse(const struct sfu_arrival *a, int why, int action)
{
	sfu_send_leave(a->engine, a->line, why, action);
}

static void send_join(struct sfu_person *p)
{
	struct lk_response m;
	sfu_info_join(p, &m);
	sfu_send(p, &m);
	sfu_info_join_done(&m);
}

static bool is_full(const struct sfu_room *r)
{
	return r->people_n >= SFU_ROOM_PEOPLE_MAX || r->engine->people_n >= SFU_PEOPLE_MAX;
}

/* The same identity again: the new session takes the place of the old one. */
static struct sfu_person *make(struct sfu_arrival *a, struct sfu_room *r, bool *ret_was_here,
			       int64_t now)
{
	struct sfu_person *old = sfu_room_person(r, a->grant.identity);
	struct sfu_person *p = NULL;
	*ret_was_here = old && !old->session;
	if (!old && is_full(r))
		log_warn("sfu: the room or the server is full");
	else
		p = sfu_person_new(r->engine, a, now);
	if (p && old) {
		sfu_person_dismiss(old, now, LK_DUPLICATE_IDENTITY, LK_LEAVE_DISCONNECT);
		sfu_person_end(old, now, LK_DUPLICATE_IDENTITY, NULL);
	}
	return p;
}

static void enter(struct sfu_arrival *a, int64_t now)
{
	struct sfu_engine *e = a->engine;
	struct sfu_room *r = sfu_room_get(e, a->grant.room, now);
	bool was_here = false;
	/* Everybody is told of each coming and going. */
	if (r && sfu_room_is_restless(r, a->grant.identity)) {
		refuse(a, LK_JOIN_FAILURE, LK_LEAVE_RECONNECT);
		return;
	}
	struct sfu_person *p = r ? make(a, r, &was_here, now) : NULL;
	if (!r)
		log_warn("sfu: %d rooms are open, no more", SFU_ROOMS_MAX);
	if (!p) {
		refuse(a, LK_JOIN_FAILURE, LK_LEAVE_DISCONNECT);
		return;
	}
	sfu_room_add(r, p);
	sfu_person_attach(p, a->line, now);
	log_debug("sfu: %s comes into %s%s", p->info.sid, r->sid, was_here ? " anew" : "");
	send_join(p);
	sfu_speakers_tell(p, false);
	sfu_room_changed(p, now);
	if (!was_here)
		sfu_engine_presence(e, p, true, p->info.joined_at_ms, "");
	sfu_subscribe_all(p, now);
	sfu_offer_due(p, now, 0);
}

static void resume(struct sfu_arrival *a, int64_t now)
{
	struct sfu_room *r = sfu_room_find(a->engine, a->grant.room);
	struct sfu_person *p = r ? sfu_room_person(r, a->grant.identity) : NULL;
	/* Who came by HTTP alone never had a line that could have broken. */
	if (!p || p->session || strcmp(p->info.sid, a->query.sid) != 0 ||
	    peer_state(p->sub.link.peer) == PEER_CLOSED) {
		refuse(a, LK_STATE_MISMATCH, LK_LEAVE_RECONNECT);
		return;
	}
	/* The server may not have noticed yet that the old line is dead. */
	if (p->line)
		sfu_line_end(a->engine, p->line, 1000);
	sfu_person_attach(p, a->line, now);
	log_debug("sfu: %s resumes", p->info.sid);
	struct lk_response m = {.kind = LK_RES_RECONNECT};
	m.reconnect.has_server_info = true;
	sfu_info_server(&m.reconnect.server_info);
	sfu_send(p, &m);
	sfu_room_tell(p->room, p);
	sfu_speakers_tell(p, true);
	sfu_track_confirm_again(p, now);
	sfu_offer_restart(p, now);
}

void sfu_join(void *arg)
{
	struct sfu_arrival *a = arg;
	int64_t now = clock_mono_ms();
	if (a->query.reconnect)
		resume(a, now);
	else
		enter(a, now);
	sfu_engine_settle(a->engine, now);
	lk_query_done(&a->query);
	mem_free(a);
}
