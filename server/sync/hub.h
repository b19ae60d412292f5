/*
 * What a sync needs to know without asking SQLite: who is in which room, what
 * changed lately, who types, and who waits. Loop thread only.
 *
 * Order of the server's start: hub_new, db_open(..., hub_commit, hub, ...),
 * hub_load. Order of its end: hub_stop (waiting syncs are answered),
 * httpd_free, db_close, hub_free.
 */
#ifndef MUSTER_SERVER_SYNC_HUB_H
#define MUSTER_SERVER_SYNC_HUB_H

#include "core/base/histogram.h"
#include "server/db/db.h"
#include "server/rooms/room.h"
#include "server/sync/nidmap.h"
#include "server/sync/tail.h"

struct hub_room;
struct ignored;
struct hub_user;
struct unread_list;
struct waiter;

/** One person in one room; linked from both. */
struct hub_member {
	struct hub_room *room;
	struct hub_user *user;
	enum membership membership;
	int64_t pos;	     /**< of the newest member event */
	int64_t joined_pos;  /**< start of the present or last stay; 0: never joined */
	int64_t receipt_pos; /**< of the newest own receipt that was heard of; 0: none */
	struct hub_member *newer, *older; /**< in the room, by pos */
	/* unread.h keeps these */
	int64_t read_pos;	    /**< read up to here in all threads; -1: not looked up yet */
	int64_t main_pos;	    /**< and outside of threads */
	bool thread_receipts;	    /**< there are receipts for threads */
	struct unread_list *unread; /**< own push rules: what they say; NULL until needed */
};

struct hub_typist {
	struct hub_user *user;
	int64_t until_ms; /**< clock_mono_ms */
};

struct hub_room {
	int64_t nid;
	char *room_id;
	int64_t last_pos;	   /**< newest event or receipt */
	int64_t member_pos;	   /**< newest change of a membership */
	uint64_t newest;	   /**< tail sequence of the newest entry of this room; 0: none */
	uint64_t typing_no;	   /**< hub.typing_no of the last change of who types */
	int joined, invited;	   /**< counts */
	int named;		   /**< 1: has a name or canonical alias, 0: has not, -1: look up */
	struct nidmap members;	   /**< user nid -> struct hub_member, owned */
	struct hub_member *latest; /**< whose membership changed last; then `older` */
	struct hub_typist *typists;
	size_t typist_count;
	struct unread_list *unread; /**< server/sync/unread.h; NULL until needed */
	/* server/sync/held.h keeps these */
	int64_t told_pos;      /**< nothing up to here is held back */
	uint64_t told_typing;  /**< the same of typing */
	int64_t held_until_ms; /**< clock_mono_ms; 0: nothing is held back */
	struct hub_room *next_held;
	uint64_t status_no; /**< server/sync/status.h: hub.typing_no when people here were woken */
};

enum hub_presence { PRESENCE_UNKNOWN, PRESENCE_ONLINE, PRESENCE_UNAVAILABLE, PRESENCE_OFFLINE };

struct hub_user {
	int64_t nid;
	char *user_id;
	bool erased;		/**< closed the account and asked to be forgotten */
	int64_t last_pos;	/**< newest account data, invitation or other change of one's own */
	uint64_t newest;	/**< tail sequence of the newest account data; 0: none */
	struct nidmap rooms;	/**< room nid -> struct hub_member, borrowed from the room */
	struct waiter *waiters; /**< server/sync/waiters.h */
	int waiter_count;
	bool woken;
	struct hub_user *next_woken;
	enum hub_presence presence; /**< as the person set it */
	char *status_msg;
	int64_t active_ms; /**< wall time of the last request that counts as activity; 0: none */
	/* server/sync/status.h keeps these */
	int64_t polled_ms;	       /**< wall time of the last sync that lets others see them */
	enum hub_presence polls_as;    /**< set_presence of the last sync */
	enum hub_presence status_told; /**< what others were told */
	bool status_new;	       /**< and it is out of date */
	uint64_t status_no;	       /**< hub.typing_no when they were; 0: never */
	struct hub_user *status_before, *status_after;
	int64_t events_until_ns; /**< server/routes/pace.h; clock_mono_ns */
	struct ignored *ignored; /**< server/sync/ignored.h; NULL until needed */
	struct rules *rules;	 /**< server/sync/unread.h: own push rules; NULL until needed */
};

struct hub {
	struct loop *loop;
	struct db *db;
	int64_t own_nid;       /**< what the server itself says counts as unread for nobody */
	struct nidmap rooms;   /**< nid -> struct hub_room, owned */
	struct nidmap users;   /**< nid -> struct hub_user, owned */
	struct nidmap devices; /**< nid -> struct hub_device (device_feed.h), owned */
	int64_t lists_pos;     /**< newest change of anybody's device list */
	struct tail tail;
	uint32_t boot;	    /**< random: typing serials of another run mean nothing */
	uint64_t typing_no; /**< rises with every change of who types or who is there */
	int typists;	    /**< in all rooms */
	struct loop_timer *typing_timer;
	struct hub_room *held; /**< server/sync/held.h: rooms in which something is held back */
	struct loop_timer *held_timer;
	struct long_sync *long_syncs;	 /**< server/sync/long_sync.h */
	struct loop_timer *long_timer;	 /**< NULL until needed */
	struct hub_user *statuses;	 /**< server/sync/status.h: told last first */
	struct loop_timer *status_timer; /**< NULL: presence is not told */
	struct hub_user *woken; /**< whose waiters are looked at in this turn of the loop */
	struct hub **flush;	/**< queued look at them; outlives the hub */
	uint64_t turn;		/**< of looking at waiters */
	bool stopping;
	int waiting;		 /**< syncs that wait now */
	struct histogram built;	 /**< seconds to build a reply */
	struct histogram fanout; /**< seconds from a commit to the reply of who waited for it */
	int unread_rooms;	 /**< rooms with `unread` */
};

/** Nothing is loaded yet; db_open may be given hub_commit with it. The caller owns it. */
struct hub *hub_new(struct loop *l);
/** Read memberships from the database. Before the first request. */
int hub_load(struct hub *h, struct db *db, struct err *err);
/** The db_commit_fn; `arg` is the hub. */
void hub_commit(const struct db_change *changes, size_t n, void *arg);
/** Answer every waiting sync with what there is; later syncs do not wait. */
void hub_stop(struct hub *h);
/** NULL is allowed. */
void hub_free(struct hub *h);

/** A room that exists; made known when it is not (asks SQLite for its id). NULL: no such room. */
struct hub_room *hub_room(struct hub *h, int64_t nid);
/** The same for a person. */
struct hub_user *hub_user(struct hub *h, int64_t nid);
/** NULL: never had a membership. */
struct hub_member *hub_member(const struct hub *h, int64_t room_nid, int64_t user_nid);
/** True when two people are joined in at least one room. */
bool hub_share_room(const struct hub *h, int64_t a, int64_t b);

/** Set or end (`timeout_ms` 0) somebody's typing; wakes the room. */
void hub_typing(struct hub *h, struct hub_room *room, struct hub_user *user, int timeout_ms);

/** Have the waiting syncs of one person, or of everybody in a room, looked at once in this turn. */
void hub_wake_user(struct hub *h, struct hub_user *user);
void hub_wake_room(struct hub *h, struct hub_room *room);

#endif
