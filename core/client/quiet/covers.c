/* Where quiet hours count. */
#include "core/base/mem.h"
#include "core/client/class_rooms.h"
#include "core/client/quiet/quiet.h"
#include "core/store/rooms.h"
#include "core/store/spaces.h"

#include <string.h>

static bool has_state(struct store *s, int64_t room, const char *type)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	return store_state_get(s, room, type, SPAN_LIT(""), &b);
}

static bool in_a_space(struct store *s, const char *room_id)
{
	AUTO_FREE int64_t *spaces = store_spaces_of(s, span_of(room_id));
	return spaces[0] != 0;
}

/* A room of a class or of a space, or a space itself. */
static bool is_work(struct store *s, int64_t room, const struct store_room *r)
{
	return (r->type && strcmp(r->type, "m.space") == 0) || has_state(s, room, CLASS_TYPE) ||
	       has_state(s, room, STAFF_TYPE) || in_a_space(s, r->room_id);
}

bool quiet_is_work(struct store *s, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	return store_room_get(s, room, &r) && is_work(s, room, &r);
}

/* Somebody with whom we are in such a room. */
static bool is_colleague(struct store *s, const char *user_id)
{
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (const int64_t *id = ids; *id; id++) {
		AUTO(store_room_done) struct store_room r = {0};
		AUTO_FREE char *membership = store_member_membership(s, *id, span_of(user_id));
		if (membership && strcmp(membership, "join") == 0 && store_room_get(s, *id, &r) &&
		    !r.direct && is_work(s, *id, &r))
			return true;
	}
	return false;
}

bool quiet_is_chat_of_two(struct store *s, const struct store_room *r)
{
	bool two = r->joined > 0 && r->joined + r->invited <= 2;
	return r->direct || (two && !is_work(s, r->id, r));
}

struct people {
	struct store *s;
	int n, strangers;
};

static int count_member(const struct store_member *m, void *arg)
{
	struct people *p = arg;
	AUTO_FREE char *user = span_dup(m->user_id);
	if (!span_eq_str(m->membership, "join") && !span_eq_str(m->membership, "invite"))
		return 0;
	p->n++;
	p->strangers += !is_colleague(p->s, user);
	return 0;
}

/* We ourselves are in every such room, so both are when the other is. */
static bool is_among_colleagues(struct store *s, int64_t room)
{
	struct people p = {.s = s};
	store_member_walk(s, room, NULL, count_member, &p);
	return p.n == 2 && !p.strangers;
}

bool quiet_covers(struct store *s, const struct quiet_hours *q, int64_t room)
{
	AUTO(store_room_done) struct store_room r = {0};
	if (q->all)
		return true;
	if (!store_room_get(s, room, &r))
		return false;
	if (r.direct)
		return is_colleague(s, r.direct);
	return is_work(s, room, &r) ||
	       (quiet_is_chat_of_two(s, &r) && is_among_colleagues(s, room));
}

bool quiet_covers_any(struct store *s, const struct quiet_hours *q)
{
	if (q->all)
		return true;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (const int64_t *id = ids; *id; id++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (store_room_get(s, *id, &r) && is_work(s, *id, &r))
			return true;
	}
	return false;
}
