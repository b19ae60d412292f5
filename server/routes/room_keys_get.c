/*
 * GET /room_keys/keys: all that a person's backup holds may be tens of megabytes,
 * so it is read a piece in each turn of the loop, beside everybody else's requests.
 */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keys/backup.h"
#include "server/routes/room_keys.h"
#include "server/routes/route_steps.h"

extern const struct route room_keys_get_routes[];

struct reading {
	struct sql *db;
	int64_t user_nid, version;
	const char *room_id; /* NULL: all */
	struct backup_place at;
	struct buf b;
};

static void reading_free(void *arg)
{
	struct reading *r = arg;
	buf_done(&r->b);
	mem_free(r);
}

static bool step(void *arg, int64_t until_ns)
{
	struct reading *r = arg;
	bool over;
	do
		over = backup_put_piece(r->db, r->user_nid, r->version, r->room_id, &r->at, &r->b);
	while (!over && clock_mono_ns() < until_ns);
	return over;
}

static void reply(struct rq *rq, void *arg)
{
	struct reading *r = arg;
	buf_put_char(&r->b, '}');
	rq_text(rq, 200, &r->b);
}

/* A version that can be read; replies otherwise. */
static bool open_version(struct rq *rq, int64_t *ret)
{
	struct backup found;
	struct err err;
	if (!room_keys_version(rq, ret))
		return false;
	if (backup_find(db_reader(rq->srv->db), rq->who.user_nid, *ret, &found, &err)) {
		rq_err(rq, &err);
		return false;
	}
	backup_done(&found);
	return true;
}

static void start(struct rq *rq, const char *name, const char *room_id)
{
	int64_t version;
	if (!open_version(rq, &version))
		return;
	struct reading *r = NEW(struct reading);
	*r = (struct reading){.db = db_reader(rq->srv->db),
			      .user_nid = rq->who.user_nid,
			      .version = version,
			      .room_id = room_id,
			      .b = BUF_INIT(BUF_CAP_OWN)};
	buf_printf(&r->b, "{\"%s\":", name);
	rq_in_steps(rq, step, reply, r, reading_free);
}

static void get_all(struct rq *rq)
{
	start(rq, "rooms", NULL);
}

static void get_room(struct rq *rq)
{
	start(rq, "sessions", rq->param[0].p);
}

static void get_session(struct rq *rq)
{
	int64_t version;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (!open_version(rq, &version))
		return;
	if (backup_put_session(db_reader(rq->srv->db), rq->who.user_nid, version, rq->param[0].p,
			       rq->param[1].p, &b))
		rq_text(rq, 200, &b);
	else
		rq_error(rq, 404, "M_NOT_FOUND", "%s", _("The backup has no such key"));
}

#define KEYS "/_matrix/client/v3/room_keys/keys"

const struct route room_keys_get_routes[] = {
	{"GET", KEYS, ROUTE_USER, 0, get_all, 0},
	{"GET", KEYS "/{}", ROUTE_USER, 0, get_room, 0},
	{"GET", KEYS "/{}/{}", ROUTE_USER, 0, get_session, 0},
	{0},
};
