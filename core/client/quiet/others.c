/* What other people have published of their quiet hours. */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/quiet/quiet.h"
#include "core/client/util.h"

void quiet_published_read(const json_t *field, int64_t now_ms, int64_t *ret_from,
			  int64_t *ret_until)
{
	int64_t from = json_get_i64(field, "from_ts", 0),
		until = json_get_i64(field, "until_ts", 0);
	bool holds = from > 0 && from < until && now_ms < until && until - now_ms <= QUIET_AHEAD_MS;
	*ret_from = holds ? from : 0;
	*ret_until = holds ? until : 0;
}

int client_quiet_span_of(struct client *c, const char *user_id, int64_t now_ms, int64_t *ret_from,
			 int64_t *ret_until, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	int rc = session_do(client_session(c), request_profile_get(user_id, QUIET_TYPE), &reply,
			    err);
	if (!rc)
		quiet_published_read(json_get_object(reply, QUIET_TYPE), now_ms, ret_from,
				     ret_until);
	else if (rc == ERR_UNSUPPORTED && err)
		err->code = ERR_NOT_FOUND;
	return rc == ERR_UNSUPPORTED ? ERR_NOT_FOUND : rc;
}

int client_quiet_of(struct client *c, const char *user_id, int64_t now_ms, int64_t *ret_until,
		    struct err *err)
{
	int64_t from, until;
	int rc = client_quiet_span_of(c, user_id, now_ms, &from, &until, err);
	if (!rc)
		*ret_until = from <= now_ms ? until : 0;
	return rc;
}

struct other {
	const char *own;
	char *user; /* owned */
};

static int take_other(const struct store_member *m, void *arg)
{
	struct other *o = arg;
	bool in = span_eq_str(m->membership, "join") || span_eq_str(m->membership, "invite");
	if (!in || span_eq_str(m->user_id, o->own))
		return 0;
	o->user = span_dup(m->user_id);
	return 1;
}

/* Of a chat of two; the caller owns it. NULL: it is none, or they are not known. */
static char *other_of(struct client *c, struct store *s, const struct store_room *r)
{
	struct other o = {.own = client_account(c)->user_id};
	if (r->direct)
		return mem_strdup(r->direct);
	if (quiet_is_chat_of_two(s, r))
		store_member_walk(s, r->id, NULL, take_other, &o);
	return o.user;
}

bool client_quiet_other(struct client *c, const char *room_id, char **ret_user, char **ret_name,
			int64_t *ret_until)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct store *s;
	int64_t until = 0;
	if (client_store(c, &s, NULL))
		return false;
	int64_t room = store_room_find(s, span_of(room_id));
	AUTO_FREE char *other = room && store_room_get(s, room, &r) ? other_of(c, s, &r) : NULL;
	if (!other || client_quiet_of(c, other, clock_wall_ms(), &until, NULL) || !until)
		return false;
	*ret_name = store_member_name(s, room, span_of(other));
	*ret_user = take(&other);
	*ret_until = until;
	return true;
}
