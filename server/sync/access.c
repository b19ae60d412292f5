#include "server/sync/access.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "server/routes/route.h"
#include "server/sync/state_at.h"

#include <string.h>

static int refuse(struct err *err)
{
	return matrix_err(err, 403, "M_FORBIDDEN", "%s",
			  _("You are not in this room, or there is no such room"));
}

static bool forgotten(struct hub *h, int64_t user_nid, int64_t room_nid)
{
	struct sql_stmt *s = SQL(db_reader(h->db), "SELECT forgotten FROM memberships WHERE"
						   " user_nid=?1 AND room_nid=?2");
	sql_bind_i64(s, 1, user_nid);
	sql_bind_i64(s, 2, room_nid);
	return sql_get_i64(s, 0) != 0;
}

int access_open(struct hub *h, int64_t user_nid, int64_t device_nid, struct span room_id,
		struct room_access *ret, struct err *err)
{
	struct room_access a = {.hub = h, .device_nid = device_nid};
	int64_t nid;
	if (room_find(db_reader(h->db), room_id, &nid, NULL))
		return refuse(err);
	a.room = hub_room(h, nid);
	a.me = hub_user(h, user_nid);
	if (!a.room || !a.me)
		return refuse(err);
	const struct hub_member *m = hub_member(h, nid, user_nid);
	visibility_load(db_reader(h->db), nid, a.me->user_id, &a.vis);
	a.joined = m && m->membership == MEMBERSHIP_JOIN;
	a.upto = db_position(h->db);
	if (!a.joined && !visibility_world_now(&a.vis)) {
		a.upto = visibility_stay_end(&a.vis);
		if (!visibility_ever_joined(&a.vis) || forgotten(h, user_nid, nid)) {
			visibility_done(&a.vis);
			return refuse(err);
		}
	}
	*ret = a;
	return 0;
}

int access_open_joined(struct hub *h, int64_t user_nid, int64_t device_nid, struct span room_id,
		       struct room_access *ret, struct err *err)
{
	int rc = access_open(h, user_nid, device_nid, room_id, ret, err);
	if (rc || ret->joined)
		return rc;
	access_done(ret);
	return matrix_err(err, 403, "M_FORBIDDEN", "%s",
			  _("You are not in this room: join it first"));
}

void access_done(struct room_access *a)
{
	visibility_done(&a->vis);
}

bool access_erased(struct hub *h, const struct visibility *vis, const struct event_row *e)
{
	const struct hub_user *by = e->is_state ? NULL : hub_user(h, e->sender_nid);
	return by && by->erased && visibility_member_at(vis, e->pos) != MEMBERSHIP_JOIN;
}

bool access_sees(const struct room_access *a, const struct event_row *e)
{
	if (access_erased(a->hub, &a->vis, e))
		return false;
	return visibility_sees(&a->vis, e->pos,
			       visibility_subject(a->me->user_id, e->type, e->state_key));
}

int access_event(struct room_access *a, struct span event_id, struct event_list *l, struct err *err)
{
	size_t had = l->n;
	if (event_row_by_id(a->hub, a->room->nid, event_id, l) && access_sees(a, &l->v[had]) &&
	    l->v[had].pos <= db_position(a->hub->db))
		return 0;
	return matrix_err(err, 404, "M_NOT_FOUND", "%s",
			  _("There is no such event in this room, or you may not see it"));
}

void access_put(struct buf *b, const struct room_access *a, const struct event_row *e)
{
	struct event_view view = {
		.hub = a->hub,
		.user_nid = a->me->nid,
		.device_nid = a->device_nid,
		.now_ms = clock_wall_ms(),
		.membership = visibility_word(visibility_member_at(&a->vis, e->pos)),
		.room_id = a->room->room_id,
		.previous = true,
		.bundle = true,
	};
	event_put(b, e, &view);
}

void access_put_list(struct buf *b, const struct room_access *a, const struct event_list *l)
{
	buf_put_char(b, '[');
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_put_char(b, ',');
		access_put(b, a, &l->v[i]);
	}
	buf_put_char(b, ']');
}

static bool seen_before(const struct event_list *l, size_t upto)
{
	for (size_t i = 0; i < upto; i++)
		if (!strcmp(l->v[i].sender, l->v[upto].sender))
			return true;
	return false;
}

void access_senders(struct room_access *a, const struct event_list *l, int64_t pos,
		    struct event_list *ret)
{
	for (size_t i = 0; i < l->n; i++)
		if (!seen_before(l, i))
			state_event_at(a->hub, a->room->nid, SPAN_LIT("m.room.member"),
				       span_of(l->v[i].sender), pos, ret);
}
