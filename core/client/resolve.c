#include "core/client/rooms.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/resolve_near.h"
#include "core/client/sync.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/id.h"
#include "core/matrix/reply.h"
#include "core/store/spaces.h"

#define FRESH_MS 3600000 /* a name is looked up in a cache not older than this */

static bool membership_counts(const char *membership, unsigned flags)
{
	if (strcmp(membership, "join") == 0)
		return true;
	if (strcmp(membership, "invite") == 0)
		return flags & ROOM_INVITED;
	return flags & ROOM_LEFT && strcmp(membership, "none") != 0;
}

/* Add "name (room id)" of a candidate to the sentence that lists them. */
static void put_candidate(struct buf *b, const struct store_room *r)
{
	if (b->n)
		buf_put_str(b, ", ");
	buf_printf(b, "%s (%s)", r->display, r->room_id);
}

/* Of these rows the one that counts. 1: found; 0: none; ERR_USAGE: several. */
static int pick(struct store *s, const int64_t *ids, unsigned flags, const char *arg, char **ret,
		struct err *err)
{
	AUTO(buf_done) struct buf list = BUF_INIT(400);
	AUTO_FREE char *found = NULL;
	int count = 0;
	for (; *ids; ids++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (!store_room_get(s, *ids, &r) || !membership_counts(r.membership, flags) ||
		    store_room_newest(s, r.id) != r.id)
			continue;
		put_candidate(&list, &r);
		if (count++ == 0)
			found = mem_strdup(r.room_id);
	}
	if (count > 1) {
		err_set(err, ERR_USAGE, _("%s fits several rooms: %s%s"), arg, buf_str(&list),
			buf_ok(&list) ? "" : ", ...");
		err_hint(err, _("give the room id"));
		return ERR_USAGE;
	}
	if (count)
		*ret = take(&found);
	return count;
}

static int find_local(struct store *s, const char *arg, unsigned flags, char **ret, struct err *err)
{
	AUTO_FREE int64_t *exact = store_room_named(s, span_of(arg));
	int rc = pick(s, exact, flags, arg, ret, err);
	if (rc || !(flags & ROOM_PREFIX))
		return rc;
	AUTO_FREE int64_t *prefix = store_room_prefix(s, span_of(arg));
	return pick(s, prefix, flags, arg, ret, err);
}

static int no_room(struct store *s, const char *arg, struct err *err)
{
	AUTO_FREE char *near = resolve_near(s, arg);
	err_set(err, ERR_NOT_FOUND, _("You are in no room called %s"), arg);
	if (near)
		err_hint(err, _("did you mean %s?"), near);
	else
		err_hint(err, "muster room list");
	return ERR_NOT_FOUND;
}

static int by_name(struct client *c, const char *arg, unsigned flags, char **ret, struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	if (rc)
		return rc;
	bool offline = flags & ROOM_OFFLINE, fresh = offline || client_is_fresh(c, FRESH_MS);
	rc = fresh ? find_local(s, arg, flags, ret, err) : 0;
	if (rc)
		return rc < 0 ? rc : 0;
	if (offline)
		return no_room(s, arg, err);
	rc = client_refresh(c, err);
	if (rc)
		return rc;
	rc = find_local(s, arg, flags, ret, err);
	return rc < 0 ? rc : rc == 0 ? no_room(s, arg, err) : 0;
}

static int by_alias(struct client *c, const char *arg, char **ret, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	AUTO_FREE char *alias = strchr(arg, ':') ? mem_strdup(arg)
						 : mem_printf("%s:%s", arg, client_server_name(c));
	const char *room_id;
	int rc = session_do(client_session(c), request_alias_get(alias), &reply, err);
	if (rc == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, _("There is no room %s"), alias);
	if (!rc)
		rc = reply_room_id(reply, &room_id, err);
	if (!rc)
		*ret = mem_strdup(room_id);
	return rc;
}

/* -- direct chats --------------------------------------------------------- */

static char *find_direct(struct client *c, const char *user)
{
	struct store *s;
	if (client_store(c, &s, NULL))
		return NULL;
	AUTO_FREE int64_t *ids = store_room_direct(s, user);
	AUTO(store_room_done) struct store_room r = {0};
	if (!ids[0] || !store_room_get(s, ids[0], &r))
		return NULL;
	return mem_strdup(r.room_id);
}

/* m.direct is one object for all devices: read it anew, add, write. */
int room_note_direct(struct client *c, const char *user, const char *room_id, struct err *err)
{
	JSON_AUTO json_t *direct = NULL;
	const char *own = client_account(c)->user_id;
	int rc = session_do(client_session(c), request_account_data_get(own, NULL, "m.direct"),
			    &direct, err);
	if (rc == ERR_NOT_FOUND)
		direct = json_object();
	else if (rc)
		return rc;
	json_t *rooms = json_get_array(direct, user);
	if (!rooms) {
		rooms = json_array();
		json_object_set_new(direct, user, rooms);
	}
	size_t i;
	json_t *known;
	json_array_foreach (rooms, i, known)
		if (json_is_string(known) && strcmp(json_string_value(known), room_id) == 0)
			return 0;
	json_array_append_new(rooms, json_string(room_id));
	return session_do(client_session(c),
			  request_account_data_put(own, NULL, "m.direct", direct), NULL, err);
}

static int make_direct(struct client *c, const char *user, char **ret, struct err *err)
{
	JSON_AUTO json_t *made = NULL;
	const char *invite[] = {user, NULL};
	struct room_create rq = {.invite = invite, .direct = true};
	int rc = client_room_create(c, &rq, &made, err);
	if (rc)
		return rc;
	const char *room_id = json_get_str(made, "room_id");
	rc = room_note_direct(c, user, room_id, err);
	client_note_room(c, room_id, NULL, user);
	if (!rc)
		*ret = mem_strdup(room_id);
	return rc;
}

static int by_user(struct client *c, const char *arg, unsigned flags, char **ret, struct err *err)
{
	AUTO_FREE char *user = strchr(arg, ':') ? mem_strdup(arg)
						: mem_printf("%s:%s", arg, client_server_name(c));
	AUTO_FREE char *path = account_path(client_account(c), "direct.lock");
	struct fs_lock *lock = NULL;
	if ((*ret = find_direct(c, user)) != NULL)
		return 0;
	/* Two processes must not make two chats with one person. */
	int rc = flags & ROOM_MAKE_DIRECT ? fs_lock(path, true, &lock, err) : 0;
	if (!rc)
		rc = client_refresh(c, err);
	if (!rc && (*ret = find_direct(c, user)) == NULL) {
		if (flags & ROOM_MAKE_DIRECT)
			rc = make_direct(c, user, ret, err);
		else
			rc = err_set(err, ERR_NOT_FOUND, _("There is no direct chat with %s"),
				     user);
	}
	fs_unlock(lock);
	return rc;
}

/* By its id; with ROOM_FOLLOW what has become of it, as far as the cache knows. */
static int by_id(struct client *c, const char *arg, unsigned flags, char **ret, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	struct room_id id;
	struct store *s;
	if (room_id_parse(span_of(arg), &id, err))
		return ERR_USAGE;
	int64_t room = flags & ROOM_FOLLOW && client_store(c, &s, NULL) == 0
			       ? store_room_find(s, span_of(arg))
			       : 0;
	bool moved = room && store_room_get(s, store_room_newest(s, room), &r);
	*ret = mem_strdup(moved ? r.room_id : arg);
	return 0;
}

int room_resolve(struct client *c, const char *arg, unsigned flags, char **ret, struct err *err)
{
	if (!*arg)
		return err_set(err, ERR_USAGE, _("The room's name is empty"));
	switch (arg[0]) {
	case '!':
		return by_id(c, arg, flags, ret, err);
	case '#':
		return by_alias(c, arg, ret, err);
	case '@':
		return by_user(c, arg, flags, ret, err);
	default:
		return by_name(c, arg, flags, ret, err);
	}
}

/* -- people --------------------------------------------------------------- */

struct people {
	struct buf list;
	char *first;
	int count;
};

static int on_person(const struct store_member *m, void *arg)
{
	struct people *p = arg;
	if (p->count++)
		buf_put_str(&p->list, ", ");
	else
		p->first = span_dup(m->user_id);
	buf_put_span(&p->list, m->user_id);
	return 0;
}

/* Is that the user name of somebody in the room, as the class list and the slips have it? */
static char *by_user_name(struct client *c, struct store *s, int64_t room, const char *arg)
{
	AUTO_FREE char *full = mem_printf("@%s:%s", arg, client_server_name(c));
	AUTO_FREE char *membership = NULL;
	struct user_id id;
	if (!room || user_id_parse(span_of(full), &id, NULL))
		return NULL;
	membership = store_member_membership(s, room, span_of(full));
	bool there = membership && (!strcmp(membership, "join") || !strcmp(membership, "invite"));
	return there ? take(&full) : NULL;
}

static int by_display_name(struct client *c, const char *room_id, const char *arg, char **ret,
			   struct err *err)
{
	struct store *s;
	struct people p = {BUF_INIT(400), NULL, 0};
	int64_t room = 0;
	int rc = client_store(c, &s, err);
	if (!rc && !client_is_fresh(c, FRESH_MS))
		rc = client_refresh(c, err);
	if (!rc && room_id)
		rc = client_need_members(c, room_id, err);
	if (rc)
		return rc;
	if (room_id)
		room = store_room_find(s, span_of(room_id));
	store_member_named(s, room, arg, on_person, &p);
	if (p.count == 1) {
		*ret = take(&p.first);
	} else if (p.count) {
		rc = err_set(err, ERR_USAGE, _("%s is the name of several people: %s"), arg,
			     buf_str(&p.list));
		err_hint(err, _("give the user id"));
	} else if ((*ret = by_user_name(c, s, room, arg)) != NULL) {
		rc = 0;
	} else {
		rc = err_set(err, ERR_NOT_FOUND, _("Nobody here is called %s"), arg);
		err_hint(err, _("give the user id: @name:%s"), client_server_name(c));
	}
	mem_free(p.first);
	buf_done(&p.list);
	return rc;
}

int user_resolve(struct client *c, const char *room_id, const char *arg, char **ret,
		 struct err *err)
{
	struct user_id id;
	AUTO_FREE char *full = NULL;
	if (arg[0] == '@')
		full = strchr(arg, ':') ? mem_strdup(arg)
					: mem_printf("%s:%s", arg, client_server_name(c));
	else if (strchr(arg, ':') && !strchr(arg, ' '))
		full = mem_printf("@%s", arg);
	if (!full)
		return by_display_name(c, room_id, arg, ret, err);
	if (user_id_parse(span_of(full), &id, err)) {
		if (err)
			err->code = ERR_USAGE;
		return ERR_USAGE;
	}
	*ret = take(&full);
	return 0;
}

/* -- completion ----------------------------------------------------------- */

int room_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg)
{
	struct store *s;
	int rc = client_store(c, &s, NULL);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_prefix(s, span_of(prefix));
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		if (!store_room_get(s, *p, &r) || strcmp(r.membership, "join") != 0)
			continue;
		JSON_AUTO json_t *row = json_object();
		row_str(row, "value", prefix[0] == '#' && r.alias ? r.alias : r.display);
		row_str(row, "what", r.topic ? r.topic : r.room_id);
		rc = fn(row, arg);
	}
	return rc;
}

int user_complete(struct client *c, const char *prefix, client_row_fn *fn, void *arg)
{
	struct store *s;
	int rc = client_store(c, &s, NULL);
	if (rc)
		return rc;
	struct sql_stmt *q = SQL(store_sql(s), "SELECT user_id, max(name) FROM members WHERE"
					       " substr(user_id,1,length(?1))=?1"
					       " OR substr(user_id,2,length(?1))=?1"
					       " GROUP BY user_id ORDER BY user_id LIMIT 200");
	sql_bind_str(q, 1, prefix);
	while (!rc && sql_row(q)) {
		JSON_AUTO json_t *row = json_object();
		row_span(row, "value", sql_col_text(q, 0));
		row_span(row, "what", sql_col_text(q, 1));
		rc = fn(row, arg);
	}
	sql_reset(q);
	return rc;
}
