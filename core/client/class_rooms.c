#include "core/client/class_rooms.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#define TEACHER 50

void class_ref_done(struct class_ref *r)
{
	mem_free(r->room_id);
	mem_free(r->staff_id);
	mem_free(r->name);
	mem_free(r->language);
	mem_free(r->maker);
	*r = (struct class_ref){0};
}

/* Content of a state event with an empty key, from the cache; NULL. */
static json_t *cached(struct store *s, int64_t room, const char *type)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *event = NULL;
	if (!store_state_get(s, room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &event, NULL))
		return NULL;
	return json_incref(json_get_object(event, "content"));
}

static void take_class(const json_t *content, const char *room_id, struct class_ref *ret)
{
	ret->room_id = mem_strdup(room_id);
	ret->staff_id = mem_strdup(json_get_str(content, "staff_room"));
	ret->language = mem_strdup(json_get_str(content, "language"));
	ret->closed = json_get_i64(content, "closed_ts", 0) != 0;
}

/* Who made a room that we are in; NULL: not in the cache. The caller owns it. */
static char *maker_of(struct store *s, const char *room_id)
{
	JSON_AUTO json_t *event = NULL;
	const char *sender = NULL;
	int64_t room = room_id ? store_room_find(s, span_of(room_id)) : 0;
	if (room)
		state_content(s, room, "m.room.create", &sender, &event);
	return mem_strdup(sender);
}

static char *maker_of_both(struct store *s, const char *room_id, const char *staff_id)
{
	AUTO_FREE char *room = maker_of(s, room_id), *staff = maker_of(s, staff_id);
	if (!staff_id || !room_id)
		return room ? take(&room) : take(&staff);
	return room && staff && !strcmp(room, staff) ? take(&room) : NULL;
}

/* -- finding -------------------------------------------------------------- */

int class_each(struct client *c, class_ref_fn *fn, void *arg, struct err *err)
{
	struct store *s;
	int rc = client_fresh_store(c, &s, err);
	if (rc)
		return rc;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (int64_t *p = ids; *p && !rc; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		AUTO(class_ref_done) struct class_ref ref = {0};
		JSON_AUTO json_t *content = cached(s, *p, CLASS_TYPE);
		if (!content || !store_room_get(s, *p, &r))
			continue;
		take_class(content, r.room_id, &ref);
		ref.name = mem_strdup(r.display);
		ref.maker = maker_of_both(s, r.room_id, ref.staff_id);
		rc = fn(&ref, r.joined, arg);
	}
	return rc;
}

struct naming {
	const char *name, *own;
	char *others; /* a class room of that name by somebody else */
	struct class_ref found;
	int count;
	struct buf list;
};

static int on_class(const struct class_ref *ref, int64_t members, void *arg)
{
	struct naming *n = arg;
	(void)members;
	if (strcmp(ref->name, n->name) != 0)
		return 0;
	if (!ref->maker || strcmp(ref->maker, n->own) != 0) {
		n->others = n->others ? n->others : mem_strdup(ref->room_id);
		return 0;
	}
	buf_printf(&n->list, "%s%s", n->count ? ", " : "", ref->room_id);
	if (n->count++)
		return 0;
	n->found = (struct class_ref){.room_id = mem_strdup(ref->room_id),
				      .staff_id = mem_strdup(ref->staff_id),
				      .name = mem_strdup(ref->name),
				      .language = mem_strdup(ref->language),
				      .maker = mem_strdup(ref->maker),
				      .closed = ref->closed};
	return 0;
}

/* A staff room whose class room was not made: an earlier run was interrupted. */
static bool find_half_made(struct client *c, const char *name, struct class_ref *ret)
{
	struct store *s;
	if (client_store(c, &s, NULL))
		return false;
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (int64_t *p = ids; *p; p++) {
		AUTO(store_room_done) struct store_room r = {0};
		JSON_AUTO json_t *content = cached(s, *p, STAFF_TYPE);
		const char *is = json_get_str(content, "name");
		if (!is || strcmp(is, name) != 0 || json_get_str(content, "class_room") ||
		    !store_room_get(s, *p, &r))
			continue;
		AUTO_FREE char *maker = maker_of(s, r.room_id);
		if (!maker || strcmp(maker, client_account(c)->user_id) != 0)
			continue;
		*ret = (struct class_ref){.staff_id = mem_strdup(r.room_id),
					  .name = mem_strdup(name),
					  .maker = take(&maker)};
		return true;
	}
	return false;
}

static int no_own(const struct naming *n, struct err *err)
{
	if (!n->others)
		return err_set(err, ERR_NOT_FOUND, _("There is no class %s"), n->name);
	err_set(err, ERR_CONFLICT, _("There is a class %s of somebody else's already: %s"), n->name,
		n->others);
	err_hint(err, _("if it is the one you mean: muster class add %s"), n->others);
	return ERR_CONFLICT;
}

int class_find_named(struct client *c, const char *name, struct class_ref *ret, struct err *err)
{
	struct naming n = {.name = name, .own = client_account(c)->user_id, .list = BUF_INIT(300)};
	int rc = class_each(c, on_class, &n, err);
	if (!rc && n.count > 1) {
		rc = err_set(err, ERR_USAGE, _("Several classes are called %s: %s"), name,
			     buf_str(&n.list));
		err_hint(err, _("rename one: muster room set ROOM name \"...\""));
	}
	if (!rc && n.count == 1)
		*ret = n.found;
	else
		class_ref_done(&n.found);
	if (!rc && !n.count && !find_half_made(c, name, ret))
		rc = no_own(&n, err);
	mem_free(n.others);
	buf_done(&n.list);
	return rc;
}

int class_find_room(struct client *c, const char *room_id, struct class_ref *ret, struct err *err)
{
	JSON_AUTO json_t *content = NULL, *name = NULL;
	struct store *s;
	int rc = client_state_get(c, room_id, CLASS_TYPE, "", &content, err);
	if (rc == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND, _("This room is not a class"));
		err_hint(err, "muster class list");
	}
	if (rc)
		return rc;
	rc = client_state_get(c, room_id, "m.room.name", "", &name, NULL);
	take_class(content, room_id, ret);
	ret->name = mem_strdup(rc ? json_get_str(content, "name") : json_get_str(name, "name"));
	if (client_store(c, &s, NULL) == 0)
		ret->maker = maker_of_both(s, room_id, ret->staff_id);
	if (!ret->name)
		ret->name = mem_strdup(room_id);
	return 0;
}

/* -- making --------------------------------------------------------------- */

/* Without people: who made the room is the server's business (from version 12 on they must not be
 * named there), teachers get theirs when they come in. */
static json_t *levels(void)
{
	json_t *power = room_power_defaults(false);
	json_object_set_new(power, "invite", json_integer(TEACHER));
	json_object_set_new(json_object_get(power, "events"), CLASS_TYPE, json_integer(TEACHER));
	return power;
}

static json_t *class_content(const struct class_ref *ref)
{
	json_t *o = json_pack("{s:i,s:s,s:s}", "version", 1, "name", ref->name, "staff_room",
			      ref->staff_id);
	if (ref->language)
		json_object_set_new(o, "language", json_string(ref->language));
	if (ref->closed)
		json_object_set_new(o, "closed_ts", json_integer(clock_wall_ms()));
	return o;
}

static json_t *staff_content(const struct class_ref *ref)
{
	return json_pack("{s:i,s:s,s:s*}", "version", 1, "name", ref->name, "class_room",
			 ref->room_id);
}

/* A private room with one state event of ours. */
static int make_room(struct client *c, const char *name, const char *type, json_t *content,
		     const struct class_making *m, char **ret, struct err *err)
{
	JSON_AUTO json_t *power = levels(), *row = NULL;
	JSON_AUTO json_t *state =
		json_pack("[{s:s,s:s,s:o}]", "type", type, "state_key", "", "content", content);
	struct room_create rq = {.name = name, .space = m->space, .power = power, .state = state};
	int rc = client_room_create(c, &rq, &row, err);
	if (!rc)
		*ret = mem_strdup(json_get_str(row, "room_id"));
	return rc;
}

/* The staff room first, as the class room's first state names it. */
int class_make_rooms(struct client *c, struct class_ref *ref, const struct class_making *m,
		     struct err *err)
{
	if (!ref->staff_id) {
		AUTO_FREE char *name = mem_printf(_("%s (staff)"), ref->name);
		int rc = make_room(c, name, STAFF_TYPE, staff_content(ref), m, &ref->staff_id, err);
		if (rc)
			return rc;
	}
	if (!ref->language)
		ref->language = mem_strdup(m->language);
	int rc = ref->room_id ? 0
			      : make_room(c, ref->name, CLASS_TYPE, class_content(ref), m,
					  &ref->room_id, err);
	if (rc)
		return rc;
	/* Again, even if it is there: an earlier run may have been interrupted before. */
	JSON_AUTO json_t *content = staff_content(ref);
	return client_state_put(c, ref->staff_id, STAFF_TYPE, "", content, NULL, err);
}

int class_set_closed(struct client *c, struct class_ref *ref, bool closed, struct err *err)
{
	JSON_AUTO json_t *power = NULL;
	int rc = client_state_get(c, ref->room_id, "m.room.power_levels", "", &power, err);
	if (rc)
		return rc;
	json_object_set_new(power, "events_default", json_integer(closed ? TEACHER : 0));
	rc = client_state_put(c, ref->room_id, "m.room.power_levels", "", power, NULL, err);
	ref->closed = closed;
	JSON_AUTO json_t *content = class_content(ref);
	return rc ? rc : client_state_put(c, ref->room_id, CLASS_TYPE, "", content, NULL, err);
}
