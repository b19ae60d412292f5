/*
 * GET /room_keys/keys: all that a person's backup holds may be tens of megabytes,
 * so it is read a piece in each turn of the loop, beside everybody else's requests.
 */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "server/keys/backup.h"
#include "server/routes/room_keys.h"

extern const struct route room_keys_get_routes[];

struct reading {
	struct rq *rq;
	struct loop_timer *timer;
	int64_t version;
	const char *room_id; /* NULL: all */
	struct backup_place at;
	struct buf b;
};

static void reading_free(struct reading *r)
{
	loop_timer_free(r->timer);
	buf_done(&r->b);
	mem_free(r);
}

static void on_drop(struct rq *rq)
{
	reading_free(rq->user);
}

static void read_on(void *arg)
{
	struct reading *r = arg;
	struct rq *rq = r->rq;
	if (!backup_put_piece(db_reader(rq->srv->db), rq->who.user_nid, r->version, r->room_id,
			      &r->at, &r->b)) {
		loop_timer_start(r->timer, 1, 0);
		return;
	}
	buf_put_char(&r->b, '}');
	rq->user = NULL;
	rq->drop = NULL;
	rq_text(rq, 200, &r->b);
	reading_free(r);
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
	r->rq = rq;
	r->version = version;
	r->room_id = room_id;
	r->b = BUF_INIT(BUF_CAP_OWN);
	r->timer = loop_timer_new(rq->srv->loop, read_on, r);
	rq->user = r;
	rq->drop = on_drop;
	buf_printf(&r->b, "{\"%s\":", name);
	read_on(r);
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
