#include "tui/lookup.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/view/conversation.h"
#include "core/client/view/fuzzy.h"
#include "core/store/rooms.h"

#include <string.h>

#define WAIT_MS 250    /* after the last key */
#define FOLLOW_MS 1000 /* what is told of a room that is busy, at most so often */

static void on_rows(const struct err *err, const json_t *rows, void *arg)
{
	struct lookup *l = arg;
	l->action = NULL;
	/* What was found before is better than nothing, when only the news could not be had. */
	if (!err || !l->follows) {
		json_t *old = l->rows; /* may be the same ones */
		l->rows = json_incref((json_t *)rows);
		json_decref(old);
	}
	mem_free(l->trouble);
	l->trouble = err ? mem_strdup(err->msg) : NULL;
	if (l->pick)
		pick_refill(l->pick);
}

/* The counter that moves with whatever happens in the room. */
static int64_t changed(const struct lookup *l)
{
	AUTO(store_room_done) struct store_room r = {0};
	int64_t room = store_room_find(l->t->store, span_of(l->room_id));
	return room && store_room_get(l->t->store, room, &r) ? r.changed : 0;
}

static void begin(void *arg)
{
	struct lookup *l = arg;
	l->due = false;
	if (l->follows)
		l->seen = changed(l);
	json_t *ask = l->ask(l, l->text);
	if (ask)
		l->action = action_start(l->t->looking, l->fn, ask, on_rows, l);
	else
		on_rows(NULL, l->rows, l);
}

struct lookup *lookup_new(struct tui *t, action_fn *fn,
			  json_t *(*ask)(struct lookup *l, const char *text), const char *room_id,
			  const char *event_id)
{
	struct lookup *l = NEW(struct lookup);
	l->t = t;
	l->fn = fn;
	l->ask = ask;
	l->rows = json_array();
	l->room_id = mem_strdup(room_id);
	l->event_id = mem_strdup(event_id);
	l->timer = loop_timer_new(t->loop, begin, l);
	return l;
}

void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	action_stop(l->action);
	loop_timer_free(l->timer);
	json_decref(l->rows);
	mem_free(l->text);
	mem_free(l->trouble);
	mem_free(l->room_id);
	mem_free(l->event_id);
	mem_free(l);
}

void lookup_done(struct pick *p)
{
	lookup_free(p->arg);
}

static bool is_waiting(const struct lookup *l)
{
	return l->action || l->due || l->trouble;
}

static void ask_for(struct lookup *l, const char *text)
{
	action_stop(take(&l->action));
	mem_free(l->text);
	l->text = mem_strdup(text);
	l->due = true;
	loop_timer_start(l->timer, WAIT_MS, 0);
}

size_t lookup_fill(struct pick *p, const char *text)
{
	struct lookup *l = p->arg;
	l->pick = p;
	if (!l->text || strcmp(l->text, text) != 0)
		ask_for(l, text);
	size_t n = json_array_size(l->rows);
	return n ? n : is_waiting(l);
}

static bool fits(const struct fuzzy *f, const json_t *row, const char *const *keys)
{
	for (; *keys; keys++)
		if (fuzzy_score(f, json_get_span(row, *keys), NULL) > 0)
			return true;
	return false;
}

/* Those that fit come first in the array itself, in their order. */
static size_t sift(struct lookup *l, const char *text, const char *const *keys)
{
	json_t *yes = json_array(), *no = json_array(), *row;
	struct fuzzy f;
	size_t i;
	fuzzy_init(&f, span_of(text));
	json_array_foreach (l->rows, i, row)
		json_array_append(!f.n || fits(&f, row, keys) ? yes : no, row);
	size_t n = json_array_size(yes);
	json_array_extend(yes, no);
	json_decref(no);
	json_decref(l->rows);
	l->rows = yes;
	return n;
}

static void follow(struct lookup *l)
{
	if (l->action || l->due || changed(l) == l->seen)
		return;
	l->due = true;
	loop_timer_start(l->timer, FOLLOW_MS, 0);
}

size_t lookup_filter(struct pick *p, const char *text, const char *const *keys)
{
	struct lookup *l = p->arg;
	l->pick = p;
	l->follows = l->room_id != NULL;
	if (!l->text) {
		l->text = mem_strdup("");
		begin(l);
	} else if (l->follows) {
		follow(l);
	}
	size_t n = sift(l, text, keys);
	return n || json_array_size(l->rows) ? n : is_waiting(l);
}

const json_t *lookup_row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct lookup *l = p->arg;
	const json_t *row = json_array_get(l->rows, i);
	if (row || !c)
		return row;
	if (l->trouble) {
		struct term_text t = text_make(span_of(l->trouble), TEXT_LINE);
		draw_fit(c, r, r.x + 2, r.y, r.w - 3, (struct span){t.s, t.n}, ROLE_ERROR);
		text_done(&t);
	} else {
		draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(_("looking…")), ROLE_DIM);
	}
	return NULL;
}

static int draw_raw(struct canvas *c, struct rect clip, int x, int cells, struct span raw,
		    enum role role)
{
	if (!raw.n || cells <= 0)
		return x;
	struct term_text t = text_make(span_head(raw, utf8_head(raw, 400)), TEXT_LINE);
	x = draw_fit(c, clip, x, clip.y, cells, (struct span){t.s, t.n}, role);
	text_done(&t);
	return x;
}

int lookup_draw_person(struct canvas *c, struct rect clip, int x, int cells, const json_t *row,
		       const char *name, const char *id, enum role role)
{
	struct span s = json_get_span(row, name), user = json_get_span(row, id);
	return draw_raw(c, clip, x, cells, s.n && !span_eq(s, user) ? s : user_short_name(user),
			role);
}

int lookup_draw(struct canvas *c, struct rect clip, int x, int cells, const json_t *row,
		const char *key, enum role role)
{
	return draw_raw(c, clip, x, cells, json_get_span(row, key), role);
}

int lookup_draw_time(struct canvas *c, struct rect r, int64_t ts)
{
	char when[WHEN_ISO_SIZE];
	if (!ts)
		return r.x + r.w;
	when_human(ts, clock_wall_ms(), when);
	int n = text_cells(span_of(when)), x = r.x + r.w - n - 1;
	if (x < r.x + r.w / 2)
		return r.x + r.w;
	draw_own(c, r, x, r.y, when, ROLE_DIM);
	return x;
}
