#include "server/rtc/gate.h"

#include "server/rooms/room.h"
#include "server/rtc/people.h"
#include "server/rtc/rtc.h"
#include "server/rtc/rtc_leave.h"

/* The SFU tells, as it does of everybody who goes. */
static void look(void *arg, const char *room, const char *identity)
{
	const struct server *srv = arg;
	if (rtc_leave_is_present(srv->rtc->leave, room, identity) &&
	    !people_may(db_reader(srv->db), room, identity))
		sfu_remove(srv->sfu, room, identity);
}

void gate_on_commit(struct server *srv, const struct db_change *changes, size_t n)
{
	if (!srv->sfu)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct db_change *c = &changes[i];
		if (c->kind == CHANGE_MEMBERSHIP && c->membership != MEMBERSHIP_JOIN)
			people_of_user(db_reader(srv->db), c->user_nid, c->room_nid, look, srv);
		else if (c->kind == CHANGE_TOKENS)
			people_of_user(db_reader(srv->db), c->user_nid, 0, look, srv);
	}
}

void gate_heard(struct server *srv, const struct sfu_presence *said)
{
	if (srv->sfu && said->present &&
	    !people_may(db_reader(srv->db), said->room, said->identity))
		sfu_remove(srv->sfu, said->room, said->identity);
}
