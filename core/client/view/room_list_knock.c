/* People who ask to come into a room of ours, as a row of the list. */
#include "core/base/fold.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/conversation.h"
#include "core/client/view/room_list_priv.h"
#include "core/matrix/event.h"
#include "core/matrix/power.h"

struct asking {
	struct buf name; /* of the first */
	int n;
};

static int on_member(const struct store_member *m, void *arg)
{
	struct asking *a = arg;
	if (!a->n++)
		buf_put_span(&a->name,
			     span_trim(m->name).n ? m->name : user_short_name(m->user_id));
	return 0;
}

/* Most rooms take no knocks: their people need not be gone through. */
static bool takes_knocks(struct store *s, int64_t room)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	JSON_AUTO json_t *ev = NULL;
	if (!store_state_get(s, room, "m.room.join_rules", SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &ev, NULL))
		return false;
	struct span rule = json_get_span(json_get_object(ev, "content"), "join_rule");
	return span_eq_str(rule, "knock") || span_eq_str(rule, "knock_restricted");
}

static json_t *content_of(struct store *s, int64_t room, const char *type, json_t **ret_event)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	if (!store_state_get(s, room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), ret_event, NULL))
		return NULL;
	return json_get_object(*ret_event, "content");
}

static bool may_invite(struct room_list *l, int64_t room)
{
	JSON_AUTO json_t *levels = NULL, *create = NULL;
	struct power p;
	json_t *c = content_of(l->s, room, "m.room.power_levels", &levels);
	json_t *k = content_of(l->s, room, "m.room.create", &create);
	power_init(&p, c, k, json_get_str(create, "sender"));
	bool may = power_can_invite(&p, l->own);
	power_done(&p);
	return may;
}

struct row *row_knock(struct room_list *l, const struct row *of)
{
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN);
	struct asking a = {.name = BUF_INIT(BUF_CAP_OWN)};
	struct row *row = NULL;
	if (takes_knocks(l->s, of->pub.room))
		store_member_walk(l->s, of->pub.room, "knock", on_member, &a);
	if (a.n && may_invite(l, of->pub.room)) {
		if (a.n == 1)
			buf_printf(&text, _("%s asks: %s"), buf_str(&a.name), of->pub.name.s);
		else
			buf_printf(&text, ngettext("%d asks: %s", "%d ask: %s", (unsigned long)a.n),
				   a.n, of->pub.name.s);
		row = NEW(struct row);
		row->pub = (struct room_row){.room = of->pub.room,
					     .section = SECTION_INVITES,
					     .last_ts = of->pub.last_ts,
					     .knock = true};
		row->tag_order = -1;
		row->pub.room_id = pool_dup(&row->pool, span_of(of->pub.room_id));
		row->pub.name = pool_text(&row->pool, buf_span(&text), TEXT_LINE);
		buf_init(&row->key, BUF_CAP_OWN);
		fold_put(&row->key, buf_span(&text));
	}
	buf_done(&a.name);
	return row;
}
