/*
 * The list of rooms as people see it: sections, order, counts. A model: it
 * draws nothing and blocks on nothing but the cache. Loop thread.
 *
 * Texts are sanitised for a terminal here, once, when a room changes.
 */
#ifndef MUSTER_CLIENT_VIEW_ROOM_LIST_H
#define MUSTER_CLIENT_VIEW_ROOM_LIST_H

#include "core/base/text.h"
#include "core/store/store.h"

struct room_list;

enum room_section {
	SECTION_INVITES,    /**< invitations, rooms that we asked to come into, people who ask us */
	SECTION_FAVOURITES, /**< tag m.favourite, in its order */
	SECTION_PEOPLE,	    /**< direct chats */
	SECTION_ROOMS,
	SECTION_SPACES, /**< spaces we are in; empty while one is chosen */
	SECTION_LOW,	/**< tag m.lowpriority, archived */
	SECTION_COUNT
};

struct room_row {
	int64_t room; /**< row of the cache */
	const char *room_id;
	enum room_section section;
	struct term_text name;
	struct term_text last; /**< newest message in one line, "Ann: hello"; may be empty */
	int64_t last_ts;
	int64_t unread, highlights; /**< notification_count and highlight_count, threads included */
	bool marked_unread;
	bool muted;	 /**< its push rules say nothing */
	bool knock;	 /**< not the room itself: somebody asks to come into it, and we may say */
	bool encrypted;	 /**< we can read nothing there */
	bool draft;	 /**< something unsent is kept */
	bool failed;	 /**< something could not be sent */
	int call_people; /**< in its call now, ourselves aside; 0: no call */
	int typing;	 /**< people who type now */
	const char *direct; /**< the other's user id, or NULL */
	int presence;	    /**< of a direct chat: 0 unknown, 1 online, 2 away, 3 offline */
};

enum room_order { ORDER_ACTIVITY, ORDER_NAME, ORDER_UNREAD_FIRST };

/** `s` and `own_user_id` are borrowed and outlive it. The caller owns it. Reads the cache once. */
struct room_list *room_list_new(struct store *s, const char *own_user_id);
/** NULL is allowed. */
void room_list_free(struct room_list *l);
/** Take over what the cache says now. Returns whether anything that is shown has changed. */
bool room_list_update(struct room_list *l);
void room_list_order(struct room_list *l, enum room_order o);
/** Only rooms of this space (and those below it); NULL: all. ERR_NOT_FOUND leaves it as it was. */
int room_list_space(struct room_list *l, const char *room_id, struct err *err);
/** Hide rooms without unread messages (the chosen one aside). */
void room_list_only_unread(struct room_list *l, bool on);

/** Rows in the order to show: by section, then by the order chosen. Borrowed until the next call. */
size_t room_list_count(const struct room_list *l);
const struct room_row *room_list_at(const struct room_list *l, size_t i);
/** The room's own place, not of those who ask to come in; SIZE_MAX: not in the list. */
size_t room_list_find(const struct room_list *l, const char *room_id);
/** Sums over all rooms, hidden ones too. */
int64_t room_list_unread(const struct room_list *l, int64_t *ret_highlights);
/**
 * What a bell may tell: highlights of all rooms, and all that is unread from
 * single people who are not muted. `but`: a room that is being looked at, or NULL.
 */
int64_t room_list_calling(const struct room_list *l, const char *but);
/** Does this room have something that a bell may tell? */
bool room_list_room_calls(const struct room_list *l, const char *room_id);

/* -- Fuzzy search (the switcher) -------------------------------------------- */

struct room_match {
	const struct room_row *row;
	int score;	  /**< higher is better */
	uint8_t hits[64]; /**< byte offsets in row->name that matched, ended by 255 */
};
/**
 * Rooms whose name, alias or person matches `pattern` as a subsequence (case,
 * width and accents aside), best first: word beginnings and runs count more,
 * rooms used lately and unread ones win ties. An empty pattern gives all by
 * last use. Returns how many (at most `max`).
 */
size_t room_list_match(const struct room_list *l, const char *pattern, struct room_match *ret,
		       size_t max);

#endif
