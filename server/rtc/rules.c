#include "server/rtc/rules.h"

#include "server/rooms/power.h"
#include "server/rooms/room.h"

void call_rules_read(struct sql *db, int64_t room_nid, struct call_rules *ret)
{
	ret->content = NULL;
	room_power(db, room_nid, &ret->power);
	room_state(db, room_nid, LIVE_TYPE, "", &ret->content);
	live_read(ret->content, &ret->live);
}

void call_rules_done(struct call_rules *r)
{
	power_done(&r->power);
	json_decref(r->content);
}

bool people_may_publish(struct sql *db, int64_t room_nid, const char *user_id)
{
	struct call_rules r;
	call_rules_read(db, room_nid, &r);
	bool may = live_may_speak(&r.live, &r.power, user_id);
	call_rules_done(&r);
	return may;
}

bool people_may_lead(struct sql *db, int64_t room_nid, const char *user_id)
{
	struct power p;
	room_power(db, room_nid, &p);
	bool may = live_is_host(&p, user_id);
	power_done(&p);
	return may;
}
