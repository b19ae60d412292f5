/* What conversation*.c and item_*.c share. */
#ifndef MUSTER_CLIENT_VIEW_CONVERSATION_PRIV_H
#define MUSTER_CLIENT_VIEW_CONVERSATION_PRIV_H

#include "core/base/json.h"
#include "core/base/pool.h"
#include "core/client/view/conversation.h"
#include "core/matrix/event.h"
#include "core/matrix/power.h"
#include "core/store/events.h"
#include "core/store/relations.h"
#include "core/store/rooms.h"

/** Changes of one kind in a row become one line; who was invited and joined has joined. */
enum fold_kind { FOLD_NOT, FOLD_JOINED, FOLD_LEFT, FOLD_INVITED };

/** What one event, or one message that is not sent yet, looks like. */
struct entry {
	struct item item;
	struct pool pool; /* owns what `item` points to */
	int64_t pos;	  /* INT64_MAX: not sent yet */
	int day;	  /* yyyymmdd, local */
	bool dirty;	  /* to be built anew */
	enum fold_kind fold;
	const char *fold_user; /* whom it is about */
	struct term_text fold_name;
	int64_t gone_ms; /* of an echo whose row is gone: since then */
};

struct reader {
	char *user_id;
	int64_t pos, ts;
};

struct conversation {
	struct store *s;
	int64_t room;
	char *room_id, *own, *thread; /* thread NULL: the main timeline */
	bool hide_changes, threads_inline;
	bool busy;
	/* What was taken over from the cache. */
	int64_t mark, seq, changed;
	/* The window: entries by position, then those not sent yet. */
	struct entry **entries;
	size_t n, size;
	struct entry **echoes;
	size_t echoes_n;
	int64_t low, high;	/* positions that the window spans; high INT64_MAX: to the end */
	int64_t unread_pos;	/* read up to here; INT64_MAX: no line */
	bool at_start;		/* nothing older is in the cache */
	int64_t rolls_until_ms; /* a roll-call in the window is open until then */
	uint32_t versions;
	/* What people see, in order; parts of it live in `derived`. */
	const struct item **shown;
	size_t shown_n, shown_size;
	struct pool derived;
	/* Of the room. */
	struct conversation_head head;
	struct pool head_pool;
	struct power power;
	json_t *names;	 /* user id: name, as far as asked for */
	json_t *related; /* id of a reaction or vote: what it belongs to */
	json_t *ignored; /* user ids as keys */
	json_t *threads; /* root: unread messages */
	struct reader *readers;
	size_t readers_n;
	int64_t *gaps; /* positions, highest first */
	size_t gaps_n;
	struct pool people;
};

/* -- conversation_load.c: from the cache into the window ---------------------- */

/** Does this event stand in the window by itself? */
bool conv_wants(const struct conversation *c, const struct store_event *e);
/** Build what an event looks like; NULL when there is nothing to show. */
struct entry *conv_entry(struct conversation *c, const struct store_event *e);
void conv_entry_free(struct entry *e);
/** Put it where it belongs. */
void conv_insert(struct conversation *c, struct entry *en);
/** Take over events below the window until `n` more are shown. False: there were none. */
bool conv_load_older(struct conversation *c, size_t n);
bool conv_load_newer(struct conversation *c, size_t n);
/** Place of the entry of an event; SIZE_MAX. */
size_t conv_find_event(const struct conversation *c, struct span event_id);

/* -- conversation_take.c: what arrives ------------------------------------------ */

/** Take over what arrived since the last time. Returns whether anything here changed. */
bool conv_take_new(struct conversation *c);
/** First entry at or above a position; c->n: none. */
size_t conv_place(const struct conversation *c, int64_t pos);
/** Rebuild what has become dirty. */
bool conv_rebuild(struct conversation *c);

/* -- conversation_show.c -------------------------------------------------------- */

/** Make the list of items anew: days, the unread line, gaps, folded changes, readers. */
void conv_show(struct conversation *c);

/* -- conversation_head.c -------------------------------------------------------- */

/** Read the room's row, state, typing, receipts, thread counts, ignored people. */
void conv_read_room(struct conversation *c, const struct store_room *r);
void conv_head_done(struct conversation *c);

/* -- conversation_echo.c -------------------------------------------------------- */

/** What is in the outbox for this room or thread. Returns whether that changed. */
bool conv_read_echoes(struct conversation *c);

/* -- conversation_names.c ------------------------------------------------------- */

/** What people call somebody here: raw text, borrowed until names are forgotten. */
struct span conv_name(struct conversation *c, struct span user_id);
/** Somebody's name may have changed. */
void conv_forget_names(struct conversation *c);
bool conv_is_ignored(const struct conversation *c, struct span user_id);

/* -- item_*.c: what single events look like ------------------------------------- */

/** The whole of a message, poll or sticker. */
void item_message(struct conversation *c, struct entry *en, const struct store_event *e,
		  const struct mx_event *ev);
/** One line about a change; false when nobody need know. */
bool item_change(struct conversation *c, struct entry *en, const struct store_event *e,
		 const struct mx_event *ev);
/** One dim line of our own: `words` is sanitised here. */
void item_note(struct entry *en, const char *words);
/** Answers and votes of the poll `ev`. */
void item_poll(struct conversation *c, struct entry *en, const struct store_event *e,
	       const struct mx_event *ev);
/** What the poll `ev` is as a roll-call; NULL when it is none. Owned by the entry. */
const struct item_roll *item_roll(struct conversation *c, struct entry *en,
				  const struct store_event *e, const struct mx_event *ev);
/** Reactions to an event. */
void item_reactions(struct conversation *c, struct entry *en, const struct store_event *e);

/* -- item_text.c: blocks and runs ------------------------------------------------ */

struct text_builder {
	struct pool *pool;
	const char *own;      /* our user id */
	struct span own_name; /* marked where it stands in plain text; empty: nowhere */
	struct text_block *blocks;
	size_t *first; /* run that each block begins with */
	size_t n, size;
	struct text_run *runs;
	size_t runs_n, runs_size;
};
/** Append what a message says: its HTML, or its lines. */
void text_html(struct text_builder *b, struct span html);
void text_plain(struct text_builder *b, struct span body);
/** Append words of ours to the last paragraph. */
void text_words(struct text_builder *b, const char *words, unsigned style);
/** Put blocks and runs into the item and release the builder. */
void text_finish(struct text_builder *b, struct item *ret);

#endif
