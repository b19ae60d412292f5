/*
 * Coming meetings of all rooms by day, and what one room says of its own: what
 * is on, what comes next, whether attendance is taken. Models: they draw nothing
 * and read the cache alone. Loop thread. Texts are sanitised.
 */
#ifndef MUSTER_CLIENT_VIEW_AGENDA_H
#define MUSTER_CLIENT_VIEW_AGENDA_H

#include "core/base/text.h"
#include "core/store/store.h"

#define AGENDA_DAYS 28

enum agenda_state { AGENDA_COMING, AGENDA_NOW, AGENDA_OVER, AGENDA_CANCELLED };

/** One date of a meeting. */
struct agenda_row {
	const char *room_id;
	const char *name; /**< MEETING of the command line: "UID", of a series "UID@DATE" */
	struct term_text title, room, location;
	int64_t start_ms, end_ms;
	int64_t day_ms; /**< midnight of its day, in the local zone */
	enum agenda_state state;
	bool moved;
	bool taken;	 /**< attendance is being taken */
	bool may_change; /**< we have the power to */
	int call_people; /**< in the room's call, ourselves aside; only of one that is on */
};

struct agenda;

/** From today on, for AGENDA_DAYS. `s` and `own_user_id` are borrowed. The caller owns it. */
struct agenda *agenda_new(struct store *s, const char *own_user_id, int64_t now_ms);
/** NULL is allowed. */
void agenda_free(struct agenda *a);
/** Take over what the cache says at `now_ms`. Returns whether anything has changed. */
bool agenda_update(struct agenda *a, int64_t now_ms);
/** By start. Borrowed until the next update. */
size_t agenda_count(const struct agenda *a);
const struct agenda_row *agenda_at(const struct agenda *a, size_t i);

/** What one room says of its meetings. */
struct agenda_here {
	struct term_text now; /**< title of what is on; empty: nothing is */
	int64_t now_until_ms;
	struct term_text next; /**< of what comes within a week; empty: nothing does */
	int64_t next_start_ms;
	int64_t taken_until_ms; /**< attendance is taken until then; 0: it is not */
	int64_t again_ms;	/**< at that time it reads otherwise; INT64_MAX: not by itself */
};
/** *ret is zeroed before, and released with agenda_here_done. */
void agenda_here_read(struct store *s, const char *room_id, int64_t now_ms,
		      struct agenda_here *ret);
void agenda_here_done(struct agenda_here *h);

#endif
