/*
 * What a bar about calls shows: the call this account is in - begun here or by
 * another process, which is steered through its socket - and who calls now.
 * A model: draws nothing. Loop thread.
 */
#ifndef MUSTER_CLIENT_VIEW_CALL_BAR_H
#define MUSTER_CLIENT_VIEW_CALL_BAR_H

#include "core/base/text.h"
#include "core/client/sync.h"
#include "core/client/view/work.h"

struct call_bar;

enum call_bar_state {
	CALL_BAR_NONE,
	CALL_BAR_JOINING,
	CALL_BAR_JOINED,
	CALL_BAR_RECONNECTING,
	CALL_BAR_LEAVING,
};

struct call_bar_person {
	const char *user_id; /**< or NULL */
	struct term_text name;
	bool self, muted, speaking, hand, recording;
	int64_t hand_ms; /**< raised since, wall clock */
	bool floor;	 /**< they were given the floor of a live lesson */
};

/** Texts are sanitised; all borrowed until the next change. */
struct call_bar_row {
	enum call_bar_state state;
	bool here; /**< in this process, else in another one of this account */
	const char *room_id;
	struct term_text room;
	bool muted, listen_only, hand;
	bool recording; /**< somebody records */
	bool live;	/**< a live lesson */
	bool host;	/**< we lead it */
	bool may_speak, locked;
	int64_t since_ms;		      /**< wall clock; 0: not yet */
	struct term_text quality;	      /**< a status word: "excellent", "good", "poor" ... */
	int loss_percent;		      /**< of what others say, of late */
	struct term_text speaking;	      /**< "Ann, Ben" */
	const struct call_bar_person *people; /**< raised hands first, the longest one first of
						  all, then speakers */
	size_t n;
	int hands; /**< raised, ours aside */
	/* somebody calls */
	const char *ring_room; /**< room id, or NULL: nobody */
	const char *ring_event;
	struct term_text ring_room_name, ring_name;
	bool ring; /**< loudly; else only to be told */
};

struct call_bar_handler {
	/** What is shown has changed. */
	void (*changed)(void *arg);
	/** For the person: a call failed, ended by itself, or could not be steered. */
	void (*said)(const struct err *err, void *arg);
};

struct call_bar_options {
	struct client *client; /**< on the engine's loop; borrowed, as all here */
	struct engine *engine;
	struct work *looking; /**< for what is asked of other processes */
	struct work *sending; /**< for what we tell people: it is waited for when the screen ends */
	const struct call_bar_handler *h;
	void *arg;
};

/** The caller owns it. */
struct call_bar *call_bar_new(const struct call_bar_options *o);
/** Ends a call of this process: the server then takes us out of it. NULL is allowed. */
void call_bar_free(struct call_bar *b);
/** Borrowed until the next change. */
const struct call_bar_row *call_bar_row(const struct call_bar *b);
/** The cache has news: does anybody call? */
void call_bar_news(struct call_bar *b);

struct call_bar_join {
	const char *room_id;
	const char *input, *output; /**< device specs; NULL: the default sound card */
	bool listen_only, muted;
	bool quiet; /**< nobody is rung */
};
/**
 * Join in this process. Fails at once as room_call_new does, or with
 * ERR_CONFLICT when we are in a call already; all else is said later.
 */
int call_bar_join(struct call_bar *b, const struct call_bar_join *j, struct err *err);
/** The same for the call that is shown, wherever it runs; nothing without one. */
void call_bar_leave(struct call_bar *b);
void call_bar_mute(struct call_bar *b, bool muted);
void call_bar_hand(struct call_bar *b, bool up);
/** What who leads a call does. */
enum call_bar_lead {
	CALL_BAR_GIVE, /**< somebody the floor */
	CALL_BAR_TAKE,
	CALL_BAR_SILENCE, /**< somebody's microphone off */
	CALL_BAR_REMOVE,
	CALL_BAR_SILENCE_ALL,
	CALL_BAR_LOCK,
	CALL_BAR_UNLOCK,
	CALL_BAR_LIVE,	  /**< only who has the floor speaks */
	CALL_BAR_MEETING, /**< everybody may */
	CALL_BAR_END,	  /**< the call, for everybody */
};
/** Do it to the call that is shown; `user_id`: to whom, for the first four. Failures are said. */
void call_bar_lead(struct call_bar *b, enum call_bar_lead what, const char *user_id);
/** Tell who calls that we do not come. Nothing when nobody calls. */
void call_bar_decline(struct call_bar *b);

#endif
