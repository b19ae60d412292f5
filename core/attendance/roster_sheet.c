#include "core/attendance/roster_sheet.h"

#include <string.h>

static struct roster_row *rows_of(const struct sheet_lesson *l)
{
	struct roster_row *v = mem_alloc((l->n_rows + 1) * sizeof(*v));
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		/* Borrowed. An id of another system is no Matrix id. */
		v[i] = (struct roster_row){.line = (int)i + 1,
					   .p = {.user_id = r->user_id && r->user_id[0] == '@'
								    ? r->user_id
								    : NULL,
						 .name = r->name,
						 .external_id = r->external_id,
						 .email = r->email}};
	}
	return v;
}

static void replace(char **at, const char *value)
{
	if (!value)
		return;
	mem_free(*at);
	*at = mem_strdup(value);
}

static void take_person(struct sheet_row *r, const struct roster_person *p)
{
	replace(&r->user_id, p->user_id);
	replace(&r->name, p->name);
	replace(&r->external_id, p->external_id);
	replace(&r->email, p->email);
	r->guest = false;
}

/* The row of this person, taken out of the lesson. */
static bool row_for(struct sheet_lesson *l, const struct roster_match *m,
		    const struct roster_person *p, bool *taken, struct sheet_row *ret)
{
	for (size_t i = 0; i < l->n_rows; i++)
		if (!taken[i] && m[i].user_id && !strcmp(m[i].user_id, p->user_id)) {
			taken[i] = true;
			*ret = l->rows[i];
			return true;
		}
	return false;
}

static void take_stranger(struct sheet_row *r, const struct roster_match *m,
			  roster_stranger_fn *stranger, void *arg)
{
	if (m->user_id) /* in the room, though not on the roster */
		replace(&r->user_id, m->user_id);
	else
		stranger(arg, r, m->why);
	r->guest = true;
}

/* A power of two, as sheet.c grows its arrays. */
static size_t room_for(size_t n)
{
	size_t room = 1;
	while (room < n)
		room *= 2;
	return room;
}

void roster_sheet_match(const struct roster_match_query *q, struct sheet_lesson *l, bool absent,
			roster_stranger_fn *stranger, void *arg)
{
	AUTO_FREE struct roster_row *rows = rows_of(l);
	AUTO_FREE bool *taken = mem_alloc((l->n_rows + 1) * sizeof(*taken));
	struct roster_match *m = roster_match(q, rows, l->n_rows);
	struct sheet_lesson old = *l;
	size_t n = 0;
	l->rows = mem_alloc(room_for(old.n_rows + roster_size(q->roster)) * sizeof(*l->rows));
	for (size_t i = 0; i < roster_size(q->roster); i++) {
		struct sheet_row r = {.status = MARK_ABSENT};
		if (!row_for(&old, m, roster_at(q->roster, i), taken, &r) && !absent)
			continue;
		take_person(&r, roster_at(q->roster, i));
		l->rows[n++] = r;
	}
	for (size_t i = 0; i < old.n_rows; i++) {
		if (taken[i])
			continue;
		take_stranger(&old.rows[i], &m[i], stranger, arg);
		l->rows[n++] = old.rows[i];
	}
	l->n_rows = n;
	mem_free(old.rows);
	roster_match_free(m, old.n_rows);
}
