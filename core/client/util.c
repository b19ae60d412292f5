#include "core/client/util.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/apply.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/upgrade.h"

#define SYNC_WAIT_MS 20000

const char *client_server_name(const struct client *c)
{
	const char *colon = strchr(client_account(c)->user_id, ':');
	return colon ? colon + 1 : "";
}

bool client_is_fresh(struct client *c, int64_t ms)
{
	struct store *s;
	if (client_store(c, &s, NULL))
		return false;
	int64_t age = clock_wall_ms() - store_meta_i64(s, STORE_META_SYNCED_MS, 0);
	return age >= 0 && age < ms;
}

int client_refresh(struct client *c, struct err *err)
{
	/* A screen shows what is here, with or without a network. */
	int rc = client_is_kept(c) ? 0 : sync_once(c, SYNC_WAIT_MS, err);
	if (!rc && !client_is_kept(c) && !client_stays(c) && upgrade_follow(c))
		rc = sync_once(c, SYNC_WAIT_MS, err);
	return rc;
}

int client_fresh_store(struct client *c, struct store **ret, struct err *err)
{
	int rc = client_refresh(c, err);
	return rc ? rc : client_store(c, ret, err);
}

int client_find_room(struct client *c, const char *room_id, struct store_room *ret, struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	int64_t id = store_room_find(s, span_of(room_id));
	if (!id) {
		rc = sync_once(c, SYNC_WAIT_MS, err);
		if (rc)
			return rc;
		id = store_room_find(s, span_of(room_id));
	}
	if (!id || !store_room_get(s, id, ret)) {
		err_set(err, ERR_NOT_FOUND, _("You are not in a room %s"), room_id);
		err_hint(err, "muster room list");
		return ERR_NOT_FOUND;
	}
	return 0;
}

static int fetch_members(struct client *c, const struct store_room *r, struct err *err)
{
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
	AUTO(request_done) struct request rq = request_members(r->room_id, NULL, NULL, NULL);
	struct session_request sr = {.method = rq.method, .path = buf_str(&rq.path)};
	struct store *s;
	int rc = client_store(c, &s, err);
	if (!rc)
		rc = session_raw(client_session(c), &sr, &body, err);
	return rc ? rc : apply_members(s, r->id, client_account(c)->user_id, buf_span(&body), err);
}

int client_need_members(struct client *c, const char *room_id, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	int rc = client_find_room(c, room_id, &r, err);
	if (rc || r.members_complete)
		return rc;
	rc = fetch_members(c, &r, err);
	return rc == ERR_NETWORK && client_is_kept(c) ? 0 : rc;
}

void client_note_room(struct client *c, const char *room_id, const char *name, const char *direct)
{
	struct store *s;
	if (client_store(c, &s, NULL))
		return;
	int64_t id = store_room_make(s, span_of(room_id), NULL);
	if (id <= 0)
		return;
	store_room_membership(s, id, "join", NULL);
	struct sql_stmt *q = SQL(store_sql(s), "UPDATE rooms SET display=coalesce(?2,display),"
					       " name=coalesce(?3,name), direct=coalesce(?4,direct)"
					       " WHERE id=?1");
	sql_bind_i64(q, 1, id);
	sql_bind_str(q, 2, name ? name : direct);
	sql_bind_str(q, 3, name);
	sql_bind_str(q, 4, direct);
	sql_run(q, NULL);
	store_room_changed(s, id, NULL);
}

json_t *row_text(struct span s)
{
	if (!s.p)
		return json_null();
	json_t *j = json_stringn(s.p, s.n);
	if (j)
		return j;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	while (s.n) {
		bool ok;
		utf8_put(&b, utf8_next(&s, &ok));
	}
	j = json_stringn(buf_str(&b), b.n);
	return j ? j : json_null();
}

void row_span(json_t *row, const char *key, struct span s)
{
	json_object_set_new(row, key, row_text(s));
}

void row_str(json_t *row, const char *key, const char *s)
{
	row_span(row, key, span_of(s));
}

void row_int(json_t *row, const char *key, int64_t v)
{
	json_object_set_new(row, key, json_integer(v));
}

void row_bool(json_t *row, const char *key, bool v)
{
	json_object_set_new(row, key, json_boolean(v));
}

json_t *state_content(struct store *s, int64_t room, const char *type, const char **ret_sender,
		      json_t **ret_event)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_t *ev = NULL;
	if (!store_state_get(s, room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &ev, NULL))
		return NULL;
	if (ret_sender)
		*ret_sender = json_get_str(ev, "sender");
	*ret_event = ev;
	return json_get_object(ev, "content");
}
