#include "server/rtc/presence_event.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "server/rooms/room.h"
#include "server/rtc/people.h"
#include "server/rtc/presence.h"
#include "server/rtc/speaker.h"

static json_t *content_of(const struct presence_change *c, const struct call_person *p)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I}", "user_id", p->user_id, "device_id",
			      p->device_id, "slot_id", p->slot_id, "session_id", p->session_id,
			      "state", c->here ? "joined" : "left", "at", (json_int_t)c->at_ms);
	if (p->member_id[0])
		json_object_set_new(j, "member_id", json_string(p->member_id));
	if (!c->here)
		json_object_set_new(j, "reason", json_string(c->reason));
	return j;
}

static int append(struct db_tx *tx, const struct presence_change *c, const struct call_person *p,
		  struct err *err)
{
	JSON_AUTO json_t *content = content_of(c, p);
	struct event_ref ref;
	struct event_draft d = {
		.room_nid = p->room_nid,
		.sender_nid = c->own->nid,
		.sender = c->own->user_id,
		.type = PRESENCE_TYPE,
		.content = content,
		.trusted = true, /* it is a member of no room */
	};
	return room_append(tx, &d, &ref, err);
}

/* They never left, but are there in another way: who speaks by WHIP alone is shown by us. */
static int change_way(struct db_tx *tx, const struct presence_change *c,
		      const struct call_person *was, struct err *err)
{
	struct call_person p = *was;
	p.way = c->way;
	int rc = people_set_present(tx, &p, c->identity, p.present_ts, err);
	if (!rc && p.way == SFU_BY_WHIP)
		rc = speaker_write(tx, &p, true, c->service_url, err);
	else if (!rc && p.way == SFU_BY_WHEP && was->way == SFU_BY_WHIP)
		rc = speaker_write(tx, was, false, c->service_url, err);
	return rc;
}

int presence_write(struct db_tx *tx, const struct presence_change *c, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct call_person p, was;
	if (!people_find(db, c->room, c->identity, &was)) {
		log_info("somebody is in a call with a token that was made elsewhere");
		return 0;
	}
	if (c->here == (was.present_ts != 0))
		return c->here && c->way != (enum sfu_way)was.way ? change_way(tx, c, &was, err)
								  : 0;
	if (c->here)
		was.way = c->way;
	int rc = people_set_present(tx, &was, c->identity, c->here ? c->at_ms : 0, err);
	/* Who comes first opens the session, who leaves last closes it. */
	p = was;
	if (!rc && c->here && !people_find(db, c->room, c->identity, &p))
		return 0;
	if (!rc)
		rc = append(tx, c, &p, err);
	if (!rc)
		rc = speaker_write(tx, &p, c->here, c->service_url, err);
	return rc ? rc : presence_alive(tx, err);
}

struct lost {
	struct {
		char *room, *identity;
	} * v;
	size_t n;
};

static void add_lost(void *arg, const char *room, const char *identity)
{
	struct lost *l = arg;
	l->v = mem_realloc_array(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n].room = mem_strdup(room);
	l->v[l->n++].identity = mem_strdup(identity);
}

static int lose(struct db_tx *tx, const struct own_user *own, const char *room,
		const char *identity, int64_t alive, struct err *err)
{
	struct call_person p;
	struct presence_change c = {.own = own,
				    .room = room,
				    .identity = identity,
				    .at_ms = alive,
				    .reason = "restarted"};
	if (people_find(db_tx_sql(tx), room, identity, &p) && p.present_ts > alive)
		c.at_ms = p.present_ts;
	return presence_write(tx, &c, err);
}

int presence_recover(struct db_tx *tx, const struct own_user *own, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	struct lost l = {NULL, 0};
	int rc = 0;
	int64_t alive =
		sql_get_i64(SQL(db, "SELECT value FROM meta WHERE key='calls_alive_ts'"), 0);
	people_present(db, add_lost, &l);
	for (size_t i = 0; i < l.n; i++) {
		if (!rc)
			rc = lose(tx, own, l.v[i].room, l.v[i].identity, alive, err);
		mem_free(l.v[i].room);
		mem_free(l.v[i].identity);
	}
	mem_free(l.v);
	return rc;
}

int presence_alive(struct db_tx *tx, struct err *err)
{
	struct sql_stmt *s =
		SQL(db_tx_sql(tx), "INSERT OR REPLACE INTO meta VALUES('calls_alive_ts',?)");
	sql_bind_i64(s, 1, clock_wall_ms());
	return sql_run(s, err);
}
