/*
 * Events as clients see them (client-server API, "Events", "Room Events",
 * "Relationships", and the modules of each type).
 */
#ifndef MUSTER_MATRIX_EVENT_H
#define MUSTER_MATRIX_EVENT_H

#include "core/base/json.h"
#include "core/base/limits.h"

/** More than a client takes for one event with all that servers bundle into `unsigned`. */
#define LIMIT_CLIENT_EVENT (1u << 20)

enum event_form {
	EVENT_ROOM,	/**< timeline and state: id, sender, time, type, content */
	EVENT_STRIPPED, /**< invite_state and knock_state: type, sender, state_key, content */
	EVENT_BARE,	/**< account data, ephemeral, presence: type and content */
};

/** m.relates_to. All borrowed from the event. */
struct mx_relation {
	const char *rel_type; /**< "m.thread", "m.replace", "m.annotation", "m.reference" ... */
	const char *event_id; /**< what it relates to, or NULL */
	const char *key;      /**< m.annotation: the reaction */
	const char *reply_to; /**< m.in_reply_to, also inside a thread */
	bool falling_back;    /**< reply_to only helps clients without threads */
};

/** An event and views into it. Strings are borrowed from `json`. */
struct mx_event {
	json_t *json; /**< owned reference */
	const char *event_id;
	const char *room_id; /**< often absent in sync */
	const char *type;
	const char *sender;
	int64_t ts;		  /**< origin_server_ts, ms */
	const char *state_key;	  /**< NULL: not a state event */
	const char *redacts;	  /**< of m.room.redaction, from content or top level */
	json_t *content;	  /**< an object */
	const char *txn_id;	  /**< unsigned.transaction_id: our own send come back */
	int64_t age;		  /**< unsigned.age, ms; -1: not said */
	json_t *prev_content;	  /**< or NULL */
	json_t *redacted_because; /**< the redaction event when this one was redacted, or NULL */
	json_t *bundled;	  /**< unsigned.m.relations, or NULL */
	struct mx_relation rel;
};

/**
 * Read an event; takes a reference of its own. ERR_INVALID with a sentence
 * that names the field; *ret is written only on success.
 */
int event_parse(json_t *json, enum event_form form, struct mx_event *ret, struct err *err);
/** The same from text, which may be anything at all. */
int event_parse_text(struct span text, enum event_form form, struct mx_event *ret, struct err *err);
/** A zeroed struct is allowed. */
void event_done(struct mx_event *ev);

/** What can still be told of an event that does not parse. Strings are "" when unknown. */
struct event_rest {
	char event_id[LIMIT_ID_BYTES + 1];
	char type[LIMIT_ID_BYTES + 1];
	char sender[LIMIT_ID_BYTES + 1];
	char state_key[LIMIT_ID_BYTES + 1];
	bool is_state;
	int64_t ts; /**< 0: unknown */
};
/** Never fails; each field is checked as event_parse would. */
void event_salvage(struct span text, struct event_rest *ret);

/** m.relates_to of a content; zeroed when there is none. */
void relation_read(const json_t *content, struct mx_relation *ret);
bool event_is_edit(const struct mx_event *ev); /**< m.replace with m.new_content */

/** m.room.message and m.sticker. Text fields are borrowed and may hold any character. */
struct mx_message {
	const char *msgtype; /**< "m.text" ...; "m.sticker" for a sticker */
	struct span body;
	struct span html;     /**< formatted_body when its format is org.matrix.custom.html */
	struct span filename; /**< of files: their name (body when no caption is there) */
	struct span caption;  /**< of files: text beside the file, or empty */
	const char *url;      /**< mxc URI of a file, or NULL (also when it is encrypted) */
	const char *mimetype; /**< or NULL */
	int64_t size, duration_ms, width, height; /**< -1: not said */
	bool encrypted_file;
	bool voice;	    /**< a voice message (MSC3245) */
	bool mentions_room; /**< m.mentions.room */
	json_t *mentions;   /**< m.mentions.user_ids, or NULL */
};
/** False when `content` is no message: no msgtype or no body. */
bool message_read(const char *type, const json_t *content, struct mx_message *ret);
/** The same, and an edit gives its new content. */
bool event_message(const struct mx_event *ev, struct mx_message *ret);

enum member_state {
	MEMBER_NONE,
	MEMBER_LEAVE,
	MEMBER_INVITE,
	MEMBER_JOIN,
	MEMBER_KNOCK,
	MEMBER_BAN
};
/** m.room.member */
struct mx_member {
	enum member_state state, before; /**< `before` from prev_content; MEMBER_NONE: unknown */
	const char *user_id;		 /**< the state key */
	struct span name;		 /**< displayname, or empty */
	const char *avatar;		 /**< mxc URI, or NULL */
	struct span reason;
	bool direct;
};
bool event_member(const struct mx_event *ev, struct mx_member *ret);
enum member_state member_state_parse(const char *s);
const char *member_state_name(enum member_state s); /**< "join" ...; "" for MEMBER_NONE */

/** m.reaction: what it reacts to and with which key. */
bool event_reaction(const struct mx_event *ev, const char **ret_target, struct span *ret_key);

#define POLL_ANSWERS_MAX 20
/** Poll start of either prefix (MSC3381). Borrowed. */
struct mx_poll {
	struct span question;
	bool disclosed;
	int64_t max_selections;
	json_t *answers; /**< array, see poll_answer */
};
bool event_poll_start(const struct mx_event *ev, struct mx_poll *ret);
/** The i-th valid answer (at most 20); false after the last. */
bool poll_answer(const struct mx_poll *p, size_t i, const char **ret_id, struct span *ret_text);
/** Ids that were voted for: array of strings, or NULL when it is no vote. `*ret_poll`: the start.
 */
json_t *event_poll_response(const struct mx_event *ev, const char **ret_poll);
/** Event id of the poll that this ends, or NULL. */
const char *event_poll_end(const struct mx_event *ev);

#endif
