/* The inputs in order, each once, with what was redacted; who was in the room, who was staff. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* -- In order, each once ----------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct rec *x = ((const struct item *)a)->r, *y = ((const struct item *)b)->r;
	int by = (x->ts > y->ts) - (x->ts < y->ts);
	if (!by)
		by = strcmp(x->event_id, y->event_id);
	return by ? by : (int)x->redacted - (int)y->redacted;
}

static bool is_named(const json_t *only, const char *event_id)
{
	char head[SEAL_ID_SIZE];
	return json_object_get(only, reg_seal_id_head(event_id, head)) != NULL;
}

/* What the server vouches for needs no naming: who is in a room, who may do what. */
static bool counts(const struct terms *t, const struct rec *r)
{
	if (!t->only || r->kind == REC_ROOM || r->kind == REC_POWER || r->kind == REC_REDACTION ||
	    r->kind == REC_SEAL)
		return true;
	return is_named(t->only, r->event_id);
}

static void sort_items(struct view *w)
{
	size_t n = 0;
	w->v = mem_realloc_array(NULL, w->in->n + 1, sizeof(*w->v));
	for (size_t i = 0; i < w->in->n; i++)
		if (counts(&w->t, &w->in->v[i]))
			w->v[w->n++] = (struct item){&w->in->v[i], w->in->v[i].redacted,
						     w->in->v[i].redactor};
	qsort(w->v, w->n, sizeof(*w->v), by_time);
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r, *last = n ? w->v[n - 1].r : NULL;
		if (!last || last->ts != r->ts || strcmp(last->event_id, r->event_id) != 0) {
			w->v[n++] = w->v[i];
		} else if (r->redacted) { /* learnt twice, once without its content */
			w->v[n - 1].redacted = true;
			w->v[n - 1].redactor = r->redactor;
		}
	}
	w->n = n;
}

static void apply_redactions(struct view *w)
{
	JSON_AUTO json_t *by = json_object();
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r;
		if (r->kind == REC_REDACTION && !json_object_get(by, r->target))
			json_object_set_new(by, r->target, json_integer(r->sender));
	}
	if (!json_object_size(by))
		return;
	for (size_t i = 0; i < w->n; i++) {
		const json_t *who = json_object_get(by, w->v[i].r->event_id);
		if (!who)
			continue;
		w->v[i].redacted = true;
		w->v[i].redactor = (uint32_t)json_integer_value(who);
	}
}

/* -- Staff --------------------------------------------------------------------------- */

static void take_power(struct view *w, const struct rec *r)
{
	const struct mx_event ev = {.event_id = r->event_id,
				    .ts = r->ts,
				    .type = r->create ? "m.room.create" : "m.room.power_levels",
				    .sender = w->in->users->v[r->sender],
				    .state_key = "",
				    .content = r->content,
				    .prev_content = r->prev};
	power_history_event(w->power[r->from], &ev);
}

static void find_powers(struct view *w)
{
	w->power[REGISTER_ROOM] = power_history_new();
	w->power[REGISTER_STAFF] = power_history_new();
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].r->kind == REC_POWER)
			take_power(w, w->v[i].r);
}

bool reg_view_is_staff(const struct view *w, enum register_source room, uint32_t user, int64_t at,
		       const char *id)
{
	const char *name = w->in->users->v[user];
	const struct power_history *staff = w->power[REGISTER_STAFF],
				   *class = w->power[REGISTER_ROOM];
	if (room == REGISTER_STAFF && !power_history_is_empty(staff) &&
	    !power_history_staff(staff, name, at, id))
		return false;
	return !power_history_is_empty(class) && power_history_staff(class, name, at, id);
}

bool reg_view_by_staff(const struct view *w, const struct rec *r)
{
	return reg_view_is_staff(w, r->from, r->sender, r->ts, r->event_id);
}

bool reg_view_may_redact(const struct view *w, const struct rec *r, uint32_t author)
{
	AUTO(power_done) struct power p = {0};
	if (r->sender == author)
		return true;
	power_history_at(w->power[REGISTER_ROOM], r->ts, r->event_id, &p);
	return power_can_redact(&p, w->in->users->v[r->sender], w->in->users->v[author]);
}

/* Those whom a seal believed, by its list. */
static bool is_named_observer(const struct view *w, const struct rec *r)
{
	const char *sender = w->in->users->v[r->sender];
	size_t i;
	json_t *id;
	json_array_foreach (w->t.observers, i, id) {
		const char *name = json_string_value(id);
		if (name && (strcmp(name, SEAL_STAFF_OBSERVES) == 0 ? reg_view_by_staff(w, r)
								    : strcmp(name, sender) == 0))
			return true;
	}
	return false;
}

bool reg_view_is_observer(const struct view *w, const struct rec *r)
{
	const struct register_input *in = w->in;
	if (w->t.observers)
		return is_named_observer(w, r);
	for (size_t i = 0; i < in->n_observers; i++)
		if (in->observers[i] == r->sender)
			return true;
	return in->staff_observes && reg_view_by_staff(w, r);
}

/* -- Who was in the room --------------------------------------------------------------- */

static int by_user(const void *a, const void *b)
{
	const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
	if (x->r->user != y->r->user)
		return x->r->user < y->r->user ? -1 : 1;
	return x < y ? -1 : x > y; /* they stand in order of time */
}

static void sort_rooms(struct view *w)
{
	w->rooms = mem_realloc_array(NULL, w->n + 1, sizeof(*w->rooms));
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].r->kind == REC_ROOM)
			w->rooms[w->n_rooms++] = &w->v[i];
	qsort(w->rooms, w->n_rooms, sizeof(*w->rooms), by_user);
}

/* Where this person's changes begin. */
static size_t rooms_of(const struct view *w, uint32_t user)
{
	size_t low = 0, high = w->n_rooms;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (w->rooms[mid]->r->user < user)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Of what came before the first change that is known. A first leave was one of somebody there. */
static enum member_state state_before(const struct rec *first)
{
	if (first->before != MEMBER_NONE)
		return first->before;
	return first->now == MEMBER_LEAVE || first->now == MEMBER_BAN ? MEMBER_JOIN : MEMBER_NONE;
}

bool reg_view_in_room(const struct view *w, uint32_t user, bool invited, struct periods *ret)
{
	size_t i = rooms_of(w, user);
	if (i == w->n_rooms || w->rooms[i]->r->user != user)
		return false;
	enum member_state state = state_before(w->rooms[i]->r);
	int64_t from = INT64_MIN;
	for (;; i++) {
		bool last = i == w->n_rooms || w->rooms[i]->r->user != user;
		int64_t to = last ? INT64_MAX : w->rooms[i]->r->ts;
		if (state == MEMBER_JOIN || (invited && state == MEMBER_INVITE))
			reg_periods_put(ret, from, to);
		if (last)
			break;
		state = w->rooms[i]->r->now;
		from = to;
	}
	reg_periods_join(ret);
	reg_periods_clip(ret, w->start, w->end);
	return true;
}

const char *reg_view_name(const struct view *w, uint32_t user)
{
	const char *name = NULL;
	for (size_t i = rooms_of(w, user); i < w->n_rooms && w->rooms[i]->r->user == user; i++)
		if (!name || w->rooms[i]->r->ts < w->end)
			name = w->rooms[i]->r->name ? w->rooms[i]->r->name : name;
	return name;
}

/* -- The view ------------------------------------------------------------------------------ */

void reg_view_use(struct view *w, const struct item *it)
{
	json_object_set_new(w->used, it->r->event_id, json_boolean(it->redacted));
}

void reg_view_note(struct view *w, json_t *note)
{
	json_array_append_new(w->notes, note);
}

json_t *reg_view_count(struct view *w, const char *code, uint32_t sender)
{
	const char *who = w->in->users->v[sender];
	AUTO_FREE char *key = mem_printf("%s %s", code, who);
	json_t *note = json_object_get(w->counted, key);
	if (note) {
		json_object_set_new(note, "count",
				    json_integer(json_get_i64(note, "count", 0) + 1));
		return note;
	}
	note = json_pack("{s:s,s:s,s:i}", "code", code, "sender", who, "count", 1);
	json_object_set(w->counted, key, note);
	reg_view_note(w, note);
	return note;
}

/* Holes matter from the time on at which a device may have come that is still there. */
static void find_missing(struct view *w)
{
	const struct periods *all = w->t.missing;
	int64_t last = w->end;
	for (size_t i = 0; i < w->n_rolls; i++)
		if (w->rolls[i].used && w->rolls[i].closed > last)
			last = w->rolls[i].closed;
	reg_periods_copy(all, &w->missing);
	reg_periods_clip(&w->missing, w->start - REGISTER_LEAD_MS, last);
	for (size_t i = 0; i < w->missing.n; i++)
		reg_view_note(w, json_pack("{s:s,s:I,s:I}", "code", "history_missing", "from",
					   (json_int_t)w->missing.v[i].from, "to",
					   (json_int_t)w->missing.v[i].to));
}

/* One that is judged by itself is over when it was closed, its last moment included. */
static void end_with_roll(struct view *w)
{
	for (size_t i = 0; w->t.l->roll_id && i < w->n_rolls; i++)
		if (w->rolls[i].used && w->rolls[i].closed + 1 < w->end)
			w->end = w->rolls[i].closed + 1;
}

void reg_view_init(struct view *w, const struct register_input *in, const struct terms *t)
{
	*w = (struct view){.in = in, .t = *t, .start = t->l->start_ms, .end = reg_lesson_end(t->l)};
	w->notes = json_array();
	w->used = json_object();
	w->counted = json_object();
	sort_items(w);
	apply_redactions(w);
	sort_rooms(w);
	find_powers(w);
	reg_rolls_find(w);
	end_with_roll(w);
	find_missing(w);
	reg_staff_find(w);
}

void reg_view_done(struct view *w)
{
	for (size_t i = 0; i < w->n_rolls; i++) {
		roll_tally_free(w->rolls[i].tally);
		roll_done(&w->rolls[i].roll);
		json_decref(w->rolls[i].marks);
	}
	mem_free(w->rolls);
	mem_free(w->v);
	mem_free(w->rooms);
	power_history_free(w->power[REGISTER_ROOM]);
	power_history_free(w->power[REGISTER_STAFF]);
	mem_free(w->marks);
	mem_free(w->contests);
	mem_free(w->opt_outs);
	reg_periods_done(&w->missing);
	reg_periods_done(&w->outages);
	json_decref(w->notes);
	json_decref(w->used);
	json_decref(w->counted);
}
