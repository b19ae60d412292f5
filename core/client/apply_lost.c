/*
 * The server was put back to an earlier state. Its reply names the newest event of each
 * room that it still knows; or, to somebody from long before, it holds the newest events.
 * What this cache has behind the named one, or behind the oldest known one of those that
 * came, and what is not among them, was lost.
 */
#include "core/client/apply_priv.h"

#include "core/base/mem.h"
#include "core/store/lost.h"

#define CHUNK_MAX 1000 /* events of one timeline; more than we ask for */

struct lost {
	int64_t kept[CHUNK_MAX]; /* positions of known events that came again */
	size_t n;
	int64_t oldest;
	char *ids[CHUNK_MAX];
	size_t ids_n;
};

static void note_known(struct apply *a, struct span list, struct lost *l)
{
	struct slice cut;
	struct sync_event e;
	if (!list.n || sync_events(&cut, list, NULL))
		return;
	while (l->n < CHUNK_MAX && sync_next_event(&cut, EVENT_ROOM, &e, NULL) > 0) {
		char id[80];
		int64_t pos = store_event_pos(a->s, a->room, apply_event_id(&e, id));
		if (pos && (!l->oldest || pos < l->oldest))
			l->oldest = pos;
		if (pos)
			l->kept[l->n++] = pos;
		sync_event_done(&e);
	}
}

static int look_at(const struct store_event *e, void *arg)
{
	struct lost *l = arg;
	for (size_t i = 0; i < l->n; i++)
		if (l->kept[i] == e->pos)
			return 0;
	l->ids[l->ids_n++] = span_dup(e->event_id);
	return l->ids_n == CHUNK_MAX;
}

int apply_lost(struct apply *a, const struct sync_room *r, struct err *err)
{
	struct lost *l = NEW(struct lost);
	note_known(a, r->timeline, l);
	int64_t kept = r->kept[0] ? store_event_pos(a->s, a->room, span_of(r->kept)) : 0;
	if (kept)
		l->oldest = kept;
	int rc = store_lost_state(a->s, a->room, err);
	/* So many at a time, as the walk must not delete what it stands on. */
	do {
		l->ids_n = 0;
		if (!rc && l->oldest)
			store_events_walk(a->s, a->room, l->oldest, INT64_MAX, false, look_at, l);
		for (size_t i = 0; i < l->ids_n; i++) {
			if (!rc)
				rc = store_lost_event(a->s, a->room, span_of(l->ids[i]), err);
			mem_free(l->ids[i]);
		}
	} while (!rc && l->ids_n == CHUNK_MAX);
	mem_free(l);
	return rc;
}
