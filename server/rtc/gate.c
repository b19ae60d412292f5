#include "server/rtc/gate.h"

#include "core/base/i18n.h"
#include "server/rooms/room.h"
#include "server/rtc/people.h"
#include "server/rtc/rtc.h"
#include "server/rtc/rtc_leave.h"
#include "server/rtc/rules.h"

#include <string.h>

/* The SFU tells, as it does of everybody who goes. */
static void look(void *arg, const char *room, const char *identity)
{
	const struct server *srv = arg;
	if (rtc_leave_is_present(srv->rtc->leave, room, identity) &&
	    !people_may(db_reader(srv->db), room, identity))
		sfu_remove(srv->sfu, room, identity);
}

/* --- who may speak --- */

struct hearing {
	struct server *srv;
	struct call_rules rules;
};

static void judge(void *arg, const char *room, const char *identity)
{
	const struct hearing *h = arg;
	struct call_person p;
	if (people_find(db_reader(h->srv->db), room, identity, &p))
		sfu_permit(h->srv->sfu, room, identity,
			   live_may_speak(&h->rules.live, &h->rules.power, p.user_id),
			   live_is_host(&h->rules.power, p.user_id));
}

/* All who may come in, not those of whom the SFU has said that they are there: some come in
 * just now. */
static void judge_all(struct server *srv, int64_t room_nid)
{
	struct hearing h = {.srv = srv};
	struct sql *db = db_reader(srv->db);
	call_rules_read(db, room_nid, &h.rules);
	people_of_room(db, room_nid, judge, &h);
	call_rules_done(&h.rules);
}

/* A redacted event holds for what is left of it. */
static bool is_rule(struct sql *db, int64_t room_nid, int64_t pos)
{
	struct sql_stmt *s = SQL(db, "SELECT 1 FROM current_state WHERE room_nid=?1 AND type IN(?2,"
				     "'m.room.power_levels') AND state_key='' AND pos=?3");
	sql_bind_i64(s, 1, room_nid);
	sql_bind_str(s, 2, LIVE_TYPE);
	sql_bind_i64(s, 3, pos);
	return sql_get_i64(s, 0) == 1;
}

static bool changes_rules(struct sql *db, const struct db_change *c)
{
	if (c->kind == CHANGE_REDACTION)
		return is_rule(db, c->room_nid, c->target_pos);
	return c->kind == CHANGE_EVENT && c->state_key && !c->state_key[0] &&
	       (!strcmp(c->type, LIVE_TYPE) || !strcmp(c->type, "m.room.power_levels"));
}

/* What is done once for each room of a commit. */
static bool is_first(struct sql *db, const struct db_change *changes, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (changes[k].room_nid == changes[i].room_nid && changes_rules(db, &changes[k]))
			return false;
	return true;
}

void gate_on_commit(struct server *srv, const struct db_change *changes, size_t n)
{
	if (!srv->sfu)
		return;
	struct sql *db = db_reader(srv->db);
	for (size_t i = 0; i < n; i++) {
		const struct db_change *c = &changes[i];
		if (c->kind == CHANGE_MEMBERSHIP && c->membership != MEMBERSHIP_JOIN)
			people_of_user(db, c->user_nid, c->room_nid, look, srv);
		else if (c->kind == CHANGE_TOKENS)
			people_of_user(db, c->user_nid, 0, look, srv);
		else if (changes_rules(db, c) && is_first(db, changes, i))
			judge_all(srv, c->room_nid);
	}
}

/* --- who may come in --- */

struct search {
	const struct server *srv;
	bool found;
};

static void find(void *arg, const char *room, const char *identity)
{
	struct search *s = arg;
	s->found |= rtc_leave_is_present(s->srv->rtc->leave, room, identity);
}

/* By any device: who comes back may do so with a new one. */
static bool is_here(struct server *srv, int64_t room_nid, int64_t user_nid)
{
	struct search s = {.srv = srv};
	people_of_user(db_reader(srv->db), user_nid, room_nid, find, &s);
	return s.found;
}

const char *gate_locked_out(struct server *srv, int64_t room_nid, int64_t user_nid,
			    const char *user_id)
{
	struct call_rules r;
	call_rules_read(db_reader(srv->db), room_nid, &r);
	bool out = r.live.locked && !live_is_host(&r.power, user_id) &&
		   !is_here(srv, room_nid, user_nid);
	call_rules_done(&r);
	return out ? _("This call is locked: ask who leads it to unlock it") : NULL;
}

void gate_admit(struct server *srv, const char *room, const char *identity, struct sfu_permit *ret)
{
	struct sql *db = db_reader(srv->db);
	struct call_person p;
	struct call_rules r;
	ret->enter = people_may(db, room, identity);
	if (!ret->enter || !people_find(db, room, identity, &p))
		return;
	call_rules_read(db, p.room_nid, &r);
	ret->known = true;
	ret->publish = live_may_speak(&r.live, &r.power, p.user_id);
	ret->admin = live_is_host(&r.power, p.user_id);
	call_rules_done(&r);
	ret->why = gate_locked_out(srv, p.room_nid, p.user_nid, p.user_id);
	ret->enter = !ret->why;
}

void gate_heard(struct server *srv, const struct sfu_presence *said)
{
	if (srv->sfu && said->present &&
	    !people_may(db_reader(srv->db), said->room, said->identity))
		sfu_remove(srv->sfu, said->room, said->identity);
}
