#include "core/client/view/conversation_priv.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/store/unread.h"

#include <string.h>

#define WINDOW 200

/* -- What is unread ------------------------------------------------------------------- */

struct own_receipt {
	const struct conversation *c;
	int64_t pos;
};

static int on_own_receipt(const struct store_receipt *r, void *arg)
{
	struct own_receipt *o = arg;
	bool here = !r->thread.n || (o->c->thread ? span_eq_str(r->thread, o->c->thread)
						  : span_eq_str(r->thread, "main"));
	if (span_eq_str(r->user_id, o->c->own) && here && r->pos > o->pos)
		o->pos = r->pos;
	return 0;
}

static int on_own_sent(const struct store_event *e, void *arg)
{
	struct own_receipt *o = arg;
	if (!span_eq_str(e->sender, o->c->own))
		return 0;
	if (e->pos > o->pos)
		o->pos = e->pos;
	return 1;
}

/* The read marker, or what we said last in a thread: whatever is further. */
static int64_t read_up_to(struct conversation *c)
{
	struct own_receipt o = {c, 0};
	store_receipt_walk(c->s, c->room, on_own_receipt, &o);
	if (c->thread) {
		store_thread_walk(c->s, c->room, span_of(c->thread), o.pos, INT64_MAX, true,
				  on_own_sent, &o);
		return o.pos ? o.pos : INT64_MAX;
	}
	int64_t marker = store_fully_read_pos(c->s, c->room);
	int64_t sent = store_last_sent(c->s, c->room, span_of(c->own), &(int64_t){0});
	if (marker > o.pos)
		o.pos = marker;
	if (o.pos && sent > o.pos)
		o.pos = sent;
	return o.pos ? o.pos : INT64_MAX;
}

/* -- Whom we ignore ------------------------------------------------------------------- */

/* Returns whether that changed. */
static bool read_ignored(struct conversation *c)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_t *content = NULL;
	if (store_account_data_get(c->s, 0, "m.ignored_user_list", &b) &&
	    json_parse_object(buf_span(&b), &content, NULL))
		content = NULL;
	json_t *now = json_incref(json_get_object(content, "ignored_users"));
	json_decref(content);
	if (!now)
		now = json_object();
	bool changed = !json_equal(now, c->ignored);
	json_decref(c->ignored);
	c->ignored = now;
	return changed;
}

/* -- Life ------------------------------------------------------------------------------ */

static void begin_window(struct conversation *c, const struct conversation_options *o)
{
	size_t n = o->window ? o->window : WINDOW;
	int64_t pos = o->around ? store_event_pos(c->s, c->room, span_of(o->around)) : 0;
	c->low = c->high = INT64_MAX;
	if (pos) {
		c->low = pos + 1;
		c->high = pos;
		conv_load_newer(c, n / 2);
	}
	conv_load_older(c, pos ? n / 2 + 1 : n);
}

int conversation_new(struct store *s, const struct conversation_options *o,
		     struct conversation **ret, struct err *err)
{
	AUTO(store_room_done) struct store_room r = {0};
	int64_t room = store_room_find(s, span_of(o->room_id));
	if (!room || !store_room_get(s, room, &r))
		return err_set(err, ERR_NOT_FOUND, _("there is no such room: %s"), o->room_id);
	struct conversation *c = NEW(struct conversation);
	c->s = s;
	c->room = room;
	c->room_id = mem_strdup(o->room_id);
	c->own = mem_strdup(o->own_user_id);
	c->thread = mem_strdup(o->thread);
	c->hide_changes = o->hide_changes;
	c->threads_inline = o->threads_inline;
	c->names = json_object();
	c->related = json_object();
	c->mark = sql_change_mark(store_sql(s));
	c->seq = store_newest_seq(s);
	c->changed = r.changed;
	c->unread_pos = INT64_MAX;
	read_ignored(c);
	conv_read_room(c, &r);
	c->unread_pos = read_up_to(c);
	begin_window(c, o);
	conv_read_echoes(c);
	conv_show(c);
	*ret = c;
	return 0;
}

static void forget_window(struct conversation *c)
{
	for (size_t i = 0; i < c->n; i++)
		conv_entry_free(c->entries[i]);
	c->n = 0;
}

void conversation_free(struct conversation *c)
{
	if (!c)
		return;
	forget_window(c);
	for (size_t i = 0; i < c->echoes_n; i++)
		conv_entry_free(c->echoes[i]);
	conv_head_done(c);
	pool_done(&c->derived);
	pool_done(&c->people);
	json_decref(c->names);
	json_decref(c->related);
	json_decref(c->ignored);
	mem_free(c->entries);
	mem_free(c->echoes);
	mem_free(c->shown);
	mem_free(c->room_id);
	mem_free(c->own);
	mem_free(c->thread);
	mem_free(c);
}

/* -- Keeping up ------------------------------------------------------------------------- */

/* Whom we ignore is hidden, and shown again: the window is read anew. */
static void reload(struct conversation *c)
{
	size_t n = c->n ? c->n : WINDOW;
	forget_window(c);
	c->low = c->high == INT64_MAX ? INT64_MAX : c->high + 1;
	c->at_start = false;
	conv_load_older(c, n);
}

/* A server that was put back to an earlier state takes the newest events away. */
static bool was_lost(const struct conversation *c)
{
	const struct entry *last = c->n ? c->entries[c->n - 1] : NULL;
	return last && store_event_pos(c->s, c->room, span_of(last->item.event_id)) != last->pos;
}

static bool take_room(struct conversation *c)
{
	AUTO(store_room_done) struct store_room r = {0};
	if (!store_room_get(c->s, c->room, &r) || r.changed == c->changed)
		return false;
	c->changed = r.changed;
	conv_read_room(c, &r);
	return true;
}

bool conversation_update(struct conversation *c)
{
	struct sql *db = store_sql(c->s);
	int64_t mark = sql_change_mark(db);
	if (mark == c->mark && !c->echoes_n)
		return false;
	c->mark = mark;
	bool snapshot = !sql_in_transaction(db) && !sql_begin_read(db);
	bool changed = conv_take_new(c);
	changed = take_room(c) || changed;
	if (read_ignored(c) || was_lost(c)) {
		reload(c);
		changed = true;
	}
	changed = conv_rebuild(c) || changed;
	changed = conv_read_echoes(c) || changed;
	if (snapshot)
		sql_commit(db, NULL);
	if (changed)
		conv_show(c);
	return changed;
}

/* -- The list ----------------------------------------------------------------------------- */

size_t conversation_count(const struct conversation *c)
{
	return c->shown_n;
}

const struct item *conversation_at(const struct conversation *c, size_t i)
{
	return i < c->shown_n ? c->shown[i] : NULL;
}

size_t conversation_find(const struct conversation *c, const char *id)
{
	for (size_t i = c->shown_n; i-- > 0;)
		if (strcmp(c->shown[i]->id, id) == 0)
			return i;
	return SIZE_MAX;
}

bool conversation_older(struct conversation *c, size_t n)
{
	bool some = conv_load_older(c, n);
	conv_show(c);
	return some;
}

bool conversation_newer(struct conversation *c, size_t n)
{
	bool some = conv_load_newer(c, n);
	conv_read_echoes(c);
	conv_show(c);
	return some;
}

/* Reactions and votes of what is in the window no more. */
static void forget_related(struct conversation *c)
{
	JSON_AUTO json_t *here = json_object();
	json_t *kept = json_object(), *to;
	const char *id;
	for (size_t i = 0; i < c->n; i++)
		json_object_set_new(here, c->entries[i]->item.event_id, json_true());
	json_object_foreach (c->related, id, to)
		if (json_object_get(here, json_string_value(to)))
			json_object_set(kept, id, to);
	json_decref(c->related);
	c->related = kept;
}

void conversation_trim(struct conversation *c, size_t n)
{
	if (c->n <= n + n / 2 || c->high != INT64_MAX)
		return;
	size_t drop = c->n - n;
	for (size_t i = 0; i < drop; i++)
		conv_entry_free(c->entries[i]);
	memmove(c->entries, c->entries + drop, n * sizeof(*c->entries));
	c->n = n;
	c->low = n ? c->entries[0]->pos : INT64_MAX;
	c->at_start = false;
	forget_related(c);
	conv_show(c);
}

bool conversation_gap(const struct conversation *c, int64_t *ret_room, int64_t *ret_pos)
{
	int64_t top = c->n ? c->entries[0]->pos : INT64_MAX;
	bool root = c->thread && c->n && strcmp(c->entries[0]->item.id, c->thread) == 0;
	if (!c->at_start || root)
		return false;
	for (size_t i = 0; i < c->gaps_n; i++)
		if (c->gaps[i] <= top) {
			*ret_room = c->room;
			*ret_pos = c->gaps[i];
			return true;
		}
	return false;
}

void conversation_busy(struct conversation *c, bool on)
{
	if (c->busy == on)
		return;
	c->busy = on;
	conv_show(c);
}

void conversation_seen(struct conversation *c)
{
	if (!c->n || c->high != INT64_MAX)
		return;
	c->unread_pos = c->entries[c->n - 1]->pos;
	conv_show(c);
}

const char *conversation_newest(const struct conversation *c)
{
	return c->n && c->high == INT64_MAX ? c->entries[c->n - 1]->item.event_id : NULL;
}
