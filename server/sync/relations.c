#include "server/sync/relations.h"

#include "core/base/json.h"

enum bundle { BUNDLE_REPLACE = 1, BUNDLE_THREAD = 2, BUNDLE_REFERENCE = 4 };

/*
 * Which kinds of children there are, by three seeks: reactions may be many. A
 * redacted event relates to nothing any more.
 */
static unsigned kinds_of(struct hub *h, struct span event_id)
{
#define ANY(rel) "EXISTS(SELECT 1 FROM events WHERE relates_to=?1 AND rel_type='" rel "')"
	struct sql_stmt *s =
		SQL(db_reader(h->db),
		    "SELECT " ANY("m.replace") "+2*" ANY("m.thread") "+4*" ANY("m.reference"));
	sql_bind_text(s, 1, event_id);
	return (unsigned)sql_get_i64(s, 0);
}

/* Commas between the bundles; the first opens the object. */
static void open_bundle(struct buf *b, bool *any, const char *key)
{
	buf_put_str(b, *any ? "," : "\"m.relations\":{");
	*any = true;
	buf_put_json_str(b, span_of(key));
	buf_put_char(b, ':');
}

static bool edit_valid(struct span text)
{
	JSON_AUTO json_t *j = NULL;
	if (json_parse_object(text, &j, NULL))
		return false;
	return json_get_object(json_get_object(j, "content"), "m.new_content") != NULL;
}

static void put_replace(struct buf *b, bool *any, const struct event_row *e,
			const struct event_view *v)
{
	struct event_list l = {0};
	struct sql_stmt *s = SQL(db_reader(v->hub->db),
				 "SELECT" EVENT_COLUMNS "FROM events e WHERE e.relates_to=?1 AND"
				 " e.rel_type='m.replace' AND e.sender_nid=?2 AND e.type=?3 AND"
				 " e.state_key IS NULL AND e.redacted_by IS NULL"
				 " AND +e.room_nid=(SELECT room_nid FROM events WHERE pos=?4)"
				 " ORDER BY e.ts DESC,e.event_id DESC LIMIT 5");
	sql_bind_text(s, 1, e->event_id);
	sql_bind_i64(s, 2, e->sender_nid);
	sql_bind_text(s, 3, e->type);
	sql_bind_i64(s, 4, e->pos);
	while (sql_row(s))
		event_row_read(v->hub, s, &l);
	for (size_t i = 0; i < l.n; i++) {
		if (!edit_valid(l.v[i].text))
			continue;
		struct event_view inner = *v;
		inner.bundle = inner.previous = false;
		inner.nested = true;
		inner.fields = NULL;
		open_bundle(b, any, "m.replace");
		event_put(b, &l.v[i], &inner);
		break;
	}
	event_list_done(&l);
}

static void put_thread(struct buf *b, bool *any, const struct event_row *e,
		       const struct event_view *v)
{
	struct event_list l = {0};
	struct sql_stmt *s = SQL(db_reader(v->hub->db),
				 "SELECT count(*),max(pos),coalesce(max(sender_nid=?2),0)"
				 " FROM events WHERE relates_to=?1 AND rel_type='m.thread'"
				 " AND redacted_by IS NULL");
	sql_bind_text(s, 1, e->event_id);
	sql_bind_i64(s, 2, v->user_nid);
	if (!sql_row(s))
		return;
	int64_t count = sql_col_i64(s, 0), latest = sql_col_i64(s, 1);
	bool took_part = sql_col_i64(s, 2) != 0 || e->sender_nid == v->user_nid;
	sql_reset(s);
	if (count && event_row_at(v->hub, latest, &l)) {
		struct event_view inner = *v;
		inner.fields = NULL;
		inner.bundle = !v->nested;
		inner.nested = true;
		open_bundle(b, any, "m.thread");
		buf_put_str(b, "{\"latest_event\":");
		event_put(b, &l.v[0], &inner);
		buf_put_str(b, ",\"count\":");
		buf_put_i64(b, count);
		buf_printf(b, ",\"current_user_participated\":%s}", took_part ? "true" : "false");
	}
	event_list_done(&l);
}

static void put_reference(struct buf *b, bool *any, const struct event_row *e,
			  const struct event_view *v)
{
	bool first = true;
	struct sql_stmt *s =
		SQL(db_reader(v->hub->db), "SELECT event_id FROM events WHERE relates_to=?1 AND"
					   " rel_type='m.reference' AND redacted_by IS NULL"
					   " ORDER BY pos DESC LIMIT ?2");
	sql_bind_text(s, 1, e->event_id);
	sql_bind_i64(s, 2, RELATIONS_REFERENCES_MAX);
	open_bundle(b, any, "m.reference");
	buf_put_str(b, "{\"chunk\":[");
	while (sql_row(s)) {
		buf_put_str(b, first ? "{\"event_id\":" : ",{\"event_id\":");
		buf_put_json_str(b, sql_col_text(s, 0));
		buf_put_char(b, '}');
		first = false;
	}
	buf_put_str(b, "]}");
}

void relations_put(struct buf *b, const struct event_row *e, const struct event_view *v)
{
	bool any = false;
	unsigned kinds = e->event_id.n ? kinds_of(v->hub, e->event_id) : 0;
	if ((kinds & BUNDLE_REPLACE) && !e->redacted_by.n)
		put_replace(b, &any, e, v);
	if (kinds & BUNDLE_THREAD)
		put_thread(b, &any, e, v);
	if (kinds & BUNDLE_REFERENCE)
		put_reference(b, &any, e, v);
	if (any)
		buf_put_str(b, "},");
}
