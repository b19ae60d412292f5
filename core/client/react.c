#include "core/client/send.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/relations.h"
#include "core/client/timeline.h"
#include "core/matrix/message.h"

struct own_reaction {
	const char *own;
	const char *key;
	char *event_id;
};

static int on_cached(const struct store_event *e, void *arg)
{
	struct own_reaction *r = arg;
	struct mx_event ev;
	const char *target;
	struct span key;
	if (!span_eq_str(e->sender, r->own) || e->redacted_by.p || e->unreadable.p ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (event_reaction(&ev, &target, &key) && span_eq_str(key, r->key))
		r->event_id = span_dup(e->event_id);
	event_done(&ev);
	return r->event_id != NULL;
}

/* Our reaction with that key, as the cache has it; NULL: none. The caller owns it. */
static char *cached_reaction(struct client *c, const char *room_id, const char *event_id,
			     const char *key)
{
	struct own_reaction r = {client_account(c)->user_id, key, NULL};
	struct store *s;
	if (client_store(c, &s, NULL))
		return NULL;
	int64_t room = store_room_find(s, span_of(room_id));
	if (room)
		store_events_related(s, room, span_of(event_id), "m.annotation", on_cached, &r);
	return r.event_id;
}

static json_t *existing(const char *room_id, const char *event_id)
{
	json_t *row = json_object();
	row_str(row, "event_id", event_id);
	row_str(row, "room_id", room_id);
	row_str(row, "txn_id", NULL);
	row_str(row, "state", "sent");
	row_bool(row, "existing", true);
	return row;
}

int client_react(struct client *c, const char *room_id, const char *event_id, const char *key,
		 const char *txn_id, json_t **ret, struct err *err)
{
	struct err e = {0};
	if (!*key || strlen(key) > 255)
		return err_set(err, ERR_USAGE, _("A reaction has 1 to 255 bytes"));
	AUTO_FREE char *known = cached_reaction(c, room_id, event_id, key);
	if (known) {
		*ret = existing(room_id, known);
		return 0;
	}
	JSON_AUTO json_t *content = message_reaction(event_id, key);
	int rc = client_send_event(c, room_id, "m.reaction", content, txn_id, false, ret, &e);
	if (rc && strcmp(e.errcode, "M_DUPLICATE_ANNOTATION") == 0) {
		*ret = existing(room_id, NULL);
		return 0;
	}
	if (rc && err)
		*err = e;
	return rc;
}

static int on_relation(const struct sync_event *e, void *arg)
{
	struct own_reaction *r = arg;
	const char *target;
	struct span key;
	if (!e->ok || e->ev.redacted_because || strcmp(e->ev.sender, r->own) != 0 ||
	    !event_reaction(&e->ev, &target, &key) || !span_eq_str(key, r->key))
		return 0;
	r->event_id = mem_strdup(e->ev.event_id);
	return 1;
}

int client_unreact(struct client *c, const char *room_id, const char *event_id, const char *key,
		   const char *txn_id, json_t **ret, struct err *err)
{
	int rc = client_refresh(c, err);
	if (rc)
		return rc;
	AUTO_FREE char *known = cached_reaction(c, room_id, event_id, key);
	if (!known) {
		struct own_reaction r = {client_account(c)->user_id, key, NULL};
		rc = relations_walk(c, room_id, event_id, "m.annotation", "m.reaction", on_relation,
				    &r, err);
		known = r.event_id;
	}
	if (rc < 0)
		return rc;
	if (!known)
		return err_set(err, ERR_NOT_FOUND, _("there is no reaction %s of yours"), key);
	return client_delete(c, room_id, known, NULL, txn_id, ret, err);
}
