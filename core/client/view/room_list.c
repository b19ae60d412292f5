#include "core/client/view/room_list_priv.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/store/drafts.h"
#include "core/store/live.h"
#include "core/store/outbox.h"
#include "core/store/spaces.h"

#include <string.h>

/* -- Rows by number -------------------------------------------------------------------- */

/* First row at or above a number. */
static size_t place(const struct room_list *l, int64_t room)
{
	size_t from = 0, to = l->n;
	while (from < to) {
		size_t mid = (from + to) / 2;
		if (l->rows[mid]->pub.room < room)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct row *find_row(const struct room_list *l, int64_t room)
{
	size_t at = place(l, room);
	return at < l->n && l->rows[at]->pub.room == room ? l->rows[at] : NULL;
}

/* Put `now` (NULL: nothing) in the place of that number. Returns whether that looks different. */
static bool replace(struct room_list *l, int64_t room, struct row *now)
{
	size_t at = place(l, room);
	struct row *was = find_row(l, room);
	if (was && now) {
		now->pub.draft = was->pub.draft;
		now->pub.failed = was->pub.failed;
		bool same = row_same(was, now);
		/* What is shown points at the old one until it is arranged anew. */
		l->rows[at] = same ? was : now;
		row_free(same ? now : was);
		return !same;
	}
	if (was) {
		memmove(l->rows + at, l->rows + at + 1, (--l->n - at) * sizeof(*l->rows));
		row_free(was);
	} else if (now) {
		if ((l->n & (l->n + 1)) == 0) /* 0, 1, 3, 7 ... */
			l->rows = mem_realloc_array(l->rows, 2 * l->n + 1, sizeof(*l->rows));
		memmove(l->rows + at + 1, l->rows + at, (l->n++ - at) * sizeof(*l->rows));
		l->rows[at] = now;
	}
	return was || now;
}

static bool take_rooms(struct room_list *l)
{
	AUTO_FREE int64_t *ids = store_rooms_since(l->s, &l->seen);
	bool changed = false;
	for (int64_t *id = ids; *id; id++)
		changed = replace(l, *id, row_load(l, *id)) || changed;
	return changed;
}

/* -- What is kept beside the rooms ------------------------------------------------------ */

struct flags {
	struct room_list *l;
	json_t *drafts, *failed; /* row numbers; room ids */
	bool changed;
};

static int on_draft(const struct store_draft *d, void *arg)
{
	char key[24];
	snprintf(key, sizeof(key), "%lld", (long long)d->room);
	json_object_set_new(((struct flags *)arg)->drafts, key, json_true());
	return 0;
}

static int on_unsent(const struct store_outbox *o, void *arg)
{
	if (strcmp(o->state, "failed") == 0)
		json_object_set_new(((struct flags *)arg)->failed, o->room_id, json_true());
	return 0;
}

static bool take_flags(struct room_list *l)
{
	JSON_AUTO json_t *drafts = json_object(), *failed = json_object();
	struct flags f = {l, drafts, failed, false};
	store_drafts_walk(l->s, on_draft, &f);
	store_outbox_walk(l->s, NULL, on_unsent, &f);
	for (size_t i = 0; i < l->n; i++) {
		struct room_row *r = &l->rows[i]->pub;
		char key[24];
		if (json_object_size(drafts))
			snprintf(key, sizeof(key), "%lld", (long long)r->room);
		bool draft = json_object_size(drafts) && json_object_get(drafts, key);
		bool bad = json_object_size(failed) && json_object_get(failed, r->room_id);
		f.changed = f.changed || draft != r->draft || bad != r->failed;
		r->draft = draft;
		r->failed = bad;
	}
	return f.changed;
}

static int on_presence(const struct store_presence *p, void *arg)
{
	struct flags *f = arg;
	int now = room_list_presence(p->state);
	for (size_t i = 0; i < f->l->n; i++) {
		struct room_row *r = &f->l->rows[i]->pub;
		if (!r->direct || r->presence == now || !span_eq_str(p->user_id, r->direct))
			continue;
		r->presence = now;
		f->changed = true;
	}
	return 0;
}

static bool take_presence(struct room_list *l)
{
	struct flags f = {.l = l};
	store_presence_since(l->s, &l->presence, on_presence, &f);
	return f.changed;
}

static bool take_muted(struct room_list *l)
{
	if (!room_list_read_muted(l))
		return false;
	for (size_t i = 0; i < l->n; i++)
		l->rows[i]->pub.muted = json_object_get(l->muted, l->rows[i]->pub.room_id) != NULL;
	return true;
}

/* -- Spaces ------------------------------------------------------------------------------ */

struct descent {
	struct room_list *l;
	int64_t v[512]; /* spaces still to be looked into */
	size_t n;
};

static int on_child(const struct store_child *child, void *arg)
{
	struct descent *d = arg;
	AUTO_FREE char *id = span_dup(child->room_id);
	if (json_object_get(d->l->in_space, id))
		return 0;
	json_object_set_new(d->l->in_space, id, json_true());
	const struct row *r = find_row(d->l, child->room);
	if (r && r->pub.section == SECTION_SPACES && d->n < ARRAY_LEN(d->v))
		d->v[d->n++] = child->room;
	return 0;
}

static void read_space(struct room_list *l)
{
	struct descent *d = NEW(struct descent);
	d->l = l;
	d->v[d->n++] = store_room_find(l->s, span_of(l->space));
	json_object_clear(l->in_space);
	while (d->n)
		store_children_walk(l->s, d->v[--d->n], on_child, d);
	mem_free(d);
}

/* -- Public -------------------------------------------------------------------------------- */

struct room_list *room_list_new(struct store *s, const char *own_user_id)
{
	struct room_list *l = NEW(struct room_list);
	l->s = s;
	l->own = mem_strdup(own_user_id);
	l->muted = json_object();
	l->in_space = json_object();
	room_list_update(l);
	return l;
}

void room_list_free(struct room_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		row_free(l->rows[i]);
	mem_free(l->rows);
	mem_free(l->shown);
	json_decref(l->muted);
	json_decref(l->in_space);
	mem_free(l->push_text);
	mem_free(l->space);
	mem_free(l->own);
	mem_free(l);
}

bool room_list_update(struct room_list *l)
{
	struct sql *db = store_sql(l->s);
	int64_t mark = sql_change_mark(db);
	if (mark == l->mark)
		return false;
	l->mark = mark;
	bool snapshot = !sql_in_transaction(db) && !sql_begin_read(db);
	bool changed = take_muted(l);
	changed = take_rooms(l) || changed;
	changed = take_flags(l) || changed;
	changed = take_presence(l) || changed;
	if (l->space)
		read_space(l);
	if (snapshot)
		sql_commit(db, NULL);
	if (changed)
		room_list_arrange(l);
	return changed;
}

void room_list_order(struct room_list *l, enum room_order o)
{
	l->order = o;
	room_list_arrange(l);
}

int room_list_space(struct room_list *l, const char *room_id, struct err *err)
{
	int64_t room = room_id ? store_room_find(l->s, span_of(room_id)) : 0;
	if (room_id && !find_row(l, room))
		return err_set(err, ERR_NOT_FOUND, _("you are not in such a space: %s"), room_id);
	mem_free(l->space);
	l->space = mem_strdup(room_id);
	if (room_id)
		read_space(l);
	room_list_arrange(l);
	return 0;
}

void room_list_only_unread(struct room_list *l, bool on)
{
	l->only_unread = on;
	room_list_arrange(l);
}

size_t room_list_count(const struct room_list *l)
{
	return l->shown_n;
}

const struct room_row *room_list_at(const struct room_list *l, size_t i)
{
	return i < l->shown_n ? l->shown[i] : NULL;
}

size_t room_list_find(const struct room_list *l, const char *room_id)
{
	for (size_t i = 0; i < l->shown_n; i++)
		if (!l->shown[i]->knock && strcmp(l->shown[i]->room_id, room_id) == 0)
			return i;
	return SIZE_MAX;
}

int64_t room_list_unread(const struct room_list *l, int64_t *ret_highlights)
{
	int64_t unread = 0, highlights = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (l->rows[i]->replaced) /* nobody sees it */
			continue;
		unread += l->rows[i]->pub.unread;
		highlights += l->rows[i]->pub.highlights;
	}
	if (ret_highlights)
		*ret_highlights = highlights;
	return unread;
}

static int64_t calls_of(const struct room_row *r)
{
	bool all = r->direct && !r->muted && r->unread > r->highlights;
	return all ? r->unread : r->highlights;
}

int64_t room_list_calling(const struct room_list *l, const char *but)
{
	int64_t n = 0;
	for (size_t i = 0; i < l->n; i++)
		if (!but || strcmp(l->rows[i]->pub.room_id, but) != 0)
			n += calls_of(&l->rows[i]->pub);
	return n;
}

bool room_list_room_calls(const struct room_list *l, const char *room_id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->rows[i]->pub.room_id, room_id) == 0)
			return calls_of(&l->rows[i]->pub) > 0;
	return false;
}
