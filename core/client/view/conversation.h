/*
 * One room's (or thread's) conversation as people see it: a window of items,
 * oldest first, with day lines, the unread line, messages with what belongs to
 * them, local echoes of what is being sent. A model: draws nothing, blocks on
 * nothing but the cache. Loop thread.
 *
 * All texts are sanitised for a terminal here.
 */
#ifndef MUSTER_CLIENT_VIEW_CONVERSATION_H
#define MUSTER_CLIENT_VIEW_CONVERSATION_H

#include "core/base/text.h"
#include "core/store/store.h"

struct conversation;

enum item_kind {
	ITEM_DAY,    /**< a line between days; `ts` is within the day that begins */
	ITEM_UNREAD, /**< everything below is new; at most one */
	ITEM_GAP,    /**< older or missing history; is being fetched when `busy` */
	ITEM_START,  /**< the room's beginning; not in threads */
	ITEM_MESSAGE,
	ITEM_CHANGE, /**< somebody joined, the name changed, a call began: one line */
};

/** How a stretch of text looks. Bits. */
enum text_style {
	STYLE_BOLD = 1,
	STYLE_ITALIC = 2,
	STYLE_UNDERLINE = 4,
	STYLE_STRIKE = 8,
	STYLE_CODE = 16,
	STYLE_LINK = 32,
	STYLE_MENTION = 64, /**< of a person or room */
	STYLE_MENTION_ME = 128,
	STYLE_SPOILER = 256, /**< hidden until asked for */
	STYLE_DIM = 512,     /**< what the client says beside the message */
	STYLE_EDITED = 1024, /**< the "(edited)" at the end */
};

enum block_kind { BLOCK_TEXT, BLOCK_QUOTE, BLOCK_CODE, BLOCK_ITEM, BLOCK_HEADING, BLOCK_RULE };

struct text_run {
	struct span text; /**< sanitised; points into the item's text */
	unsigned style;
	struct span link; /**< sanitised address of a STYLE_LINK; empty otherwise */
};

/** A paragraph or line: wrapped and indented by the front end. Runs never contain \n. */
struct text_block {
	enum block_kind kind; /**< BLOCK_CODE: one line of it; BLOCK_RULE: no runs */
	int quotes;	      /**< quotations around it; at least 1 for BLOCK_QUOTE */
	int depth;	      /**< lists around it; BLOCK_TEXT in one goes on below its item */
	int number;	      /**< BLOCK_ITEM: of an ordered list; 0: a bullet */
	bool gap;	      /**< an empty line stands before it */
	const struct text_run *runs;
	size_t n;
};

enum item_state {
	STATE_SENT,
	STATE_QUEUED,
	STATE_SENDING,
	STATE_FAILED,
	STATE_LATER, /**< to be sent at due_ms */
};

struct item_reaction {
	struct term_text key;
	int count;
	bool own;
};

struct item_answer {
	struct term_text text;
	const char *id;
	int votes; /**< -1: not told (undisclosed and still open) */
	bool own;
};

/** What a poll is besides when staff opened it as a roll-call. */
struct item_roll {
	int64_t closes_ms; /**< by its window, or earlier when somebody ended it */
	bool ended, cancelled;
	const char *own;      /**< "here", "late", "away"; NULL: no answer of ours */
	bool counted;	      /**< we are staff: the numbers are told */
	int here, late, away; /**< people */
	int excused;	      /**< by staff, as far as we read what they noted */
};

struct item_poll {
	struct term_text question;
	const struct item_answer *answers;
	size_t n;
	int voters, max; /**< max: answers one may give */
	bool closed, disclosed;
	const struct item_roll *roll; /**< or NULL */
};

struct item {
	enum item_kind kind;
	const char
		*id; /**< stable across updates: event id, transaction id, "day:2026-11-29" ... */
	const char *event_id; /**< NULL: a local echo, or no event */
	int64_t ts;
	/* ITEM_MESSAGE, ITEM_CHANGE */
	const char *sender; /**< user id */
	struct term_text sender_name;
	bool own;
	bool follows; /**< same sender shortly before: the name need not be shown again */
	bool notice, emote, highlight, edited, redacted, unreadable;
	const struct text_block *blocks; /**< ITEM_CHANGE: one of one run */
	size_t n_blocks;
	enum item_state state;
	struct term_text error;	 /**< STATE_FAILED: why */
	int64_t due_ms;		 /**< STATE_LATER: when, Unix ms */
	struct term_text urgent; /**< an urgent message: its reason; else empty */
	/* what it answers */
	const char *reply_to;			    /**< event id, or NULL */
	struct term_text reply_name, reply_excerpt; /**< empty while that event is not here */
	/* its thread, when it is the root and this is not that thread's conversation */
	int thread_count;
	struct term_text thread_last; /**< "Ben: see you" */
	int64_t thread_unread;
	/* a file */
	struct term_text file_name;
	const char *mxc, *mimetype;
	int64_t file_size;
	const struct item_poll *poll; /**< or NULL */
	const struct item_reaction *reactions;
	size_t n_reactions;
	int readers;		       /**< others whose newest receipt stands here */
	struct term_text reader_names; /**< up to three, "Ann, Ben" */
	bool busy;		       /**< ITEM_GAP */
	int64_t gap;		       /**< ITEM_GAP: for sync_backfill */
	uint32_t version; /**< changes whenever anything of the item does: for caches of layout */
};

struct conversation_options {
	const char *room_id;
	const char *thread; /**< root's event id; NULL: the room's main timeline */
	const char *own_user_id;
	size_t window;	     /**< items to begin with; 0: 200 */
	bool hide_changes;   /**< joins, leaves, names */
	bool threads_inline; /**< messages of threads stand in the main timeline too */
	const char *around;  /**< begin at this event instead of the newest; or NULL */
};

/** `s` is borrowed and outlives it. ERR_NOT_FOUND: no such room. The caller owns *ret. */
int conversation_new(struct store *s, const struct conversation_options *o,
		     struct conversation **ret, struct err *err);
/** NULL is allowed. */
void conversation_free(struct conversation *c);
/** Take over what the cache says now. Returns whether anything has changed. */
bool conversation_update(struct conversation *c);

/** Items in the window, the oldest first. */
size_t conversation_count(const struct conversation *c);
/** Borrowed until the next update or older/newer. */
const struct item *conversation_at(const struct conversation *c, size_t i);
/** Place of an item by its id; SIZE_MAX: not in the window. */
size_t conversation_find(const struct conversation *c, const char *id);

/**
 * Widen the window by `n` older items of the cache. False: there are none
 * here; conversation_gap says whether the server has more.
 */
bool conversation_older(struct conversation *c, size_t n);
/** The same towards newer ones, after `around`. False: the newest is in the window. */
bool conversation_newer(struct conversation *c, size_t n);
/**
 * Forget items beyond the newest `n`, once there are half as many more. For a front end that stands at the end:
 * a room where much is said would grow without bound. conversation_older
 * brings them back.
 */
void conversation_trim(struct conversation *c, size_t n);
/** Is history missing at the upper end of the window? *ret_pos is for sync_backfill. */
bool conversation_gap(const struct conversation *c, int64_t *ret_room, int64_t *ret_pos);
/** Is being fetched: shown in the ITEM_GAP. */
void conversation_busy(struct conversation *c, bool on);

/** Where the unread line stands: fixed when opened, moved by this to "nothing is unread". */
void conversation_seen(struct conversation *c);
/** Newest event a receipt should name, or NULL. Borrowed. */
const char *conversation_newest(const struct conversation *c);

/* -- The room around it ------------------------------------------------------ */

struct conversation_head {
	struct term_text name, topic;
	int64_t members;
	bool encrypted, direct, can_send; /**< can_send: our power level suffices */
	struct term_text why_not;	  /**< a sentence, when can_send is false */
	struct term_text typing;	  /**< "Ann and Ben are typing", or empty */
	int call_people;
	const char *successor; /**< room id after an upgrade, or NULL */
	int pinned;
};
/** Borrowed until the next update. */
const struct conversation_head *conversation_head(const struct conversation *c);

/** What somebody is called who has no name: the local part of their id. Borrowed from it. */
struct span user_short_name(struct span user_id);

struct room_person {
	const char *user_id;
	struct term_text name; /**< told apart when two share it: "Ann (@ann2:x)" */
	int64_t power;	       /**< POWER_INFINITE for a creator of a version 12 room */
	int presence;	       /**< 0 unknown, 1 online, 2 away, 3 offline */
};
/**
 * People in the room whose name or id matches `pattern` fuzzily, best first;
 * for completion. An empty pattern gives all, those who wrote last first.
 * Borrowed until the next call.
 */
size_t conversation_people(struct conversation *c, const char *pattern, struct room_person *ret,
			   size_t max);

#endif
