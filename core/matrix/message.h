/*
 * Contents of events to send (client-server API, "Instant Messaging",
 * "Event replacements", "Threading", "Rich replies", "User and room mentions",
 * "Event annotations"; MSC3381 polls in the unstable form clients use).
 * Each result is a new object that the caller owns. All input is borrowed.
 */
#ifndef MUSTER_MATRIX_MESSAGE_H
#define MUSTER_MATRIX_MESSAGE_H

#include "core/base/json.h"

/** Where a message stands and whom it names; a zeroed struct is "nowhere special, nobody". */
struct message_context {
	const char *reply_to;	  /**< event id, or NULL */
	const char *reply_sender; /**< who wrote that: is mentioned; NULL: unknown */
	const char *self;	  /**< own user id: never mentioned by a reply to oneself */
	const char *thread;	  /**< root's event id, or NULL */
	const char *thread_last; /**< newest event of the thread, for clients without threads; NULL:
				    the root */
	const char *const *mentions; /**< user ids, ends with NULL; or NULL */
	bool mention_room;
};

struct message_draft {
	const char *msgtype; /**< "m.text", "m.notice", "m.emote" */
	struct span text;    /**< UTF-8 */
	bool markdown;
	struct span source; /**< Markdown to make the HTML of, when it is not `text`; or empty */
	struct message_context at;
};
/** ERR_INVALID (not UTF-8, empty), ERR_TOO_LARGE. */
int message_text(const struct message_draft *d, json_t **ret, struct err *err);

struct file_draft {
	const char *url; /**< mxc:// URI */
	struct span filename;
	const char *mimetype; /**< or NULL; decides between m.image, m.audio, m.video, m.file */
	int64_t size;	      /**< -1: unknown, also below */
	int64_t duration_ms, width, height;
	struct span caption; /**< or empty */
	bool voice;	     /**< a voice message (MSC3245): m.audio */
	const int *waveform; /**< 0..1024, or NULL */
	size_t waveform_n;
	struct message_context at;
};
/**
 * m.image, m.audio, m.video or m.file (client-server API, "m.room.message"). The caller owns
 * *ret. ERR_INVALID: no media address, not UTF-8.
 */
int message_file(const struct file_draft *d, json_t **ret, struct err *err);

/**
 * Turn a content made above into an edit of `event_id`: m.new_content, and
 * "* " before the fallback. Takes `content`; relations in it are dropped, as
 * an edit keeps those of its original.
 */
json_t *message_edit(const char *event_id, json_t *content);
/** m.reaction */
json_t *message_reaction(const char *event_id, const char *key);

struct poll_draft {
	const char *question;
	const char *const *answers; /**< texts; ids are "1", "2" ... unless `ids` gives them */
	const char *const *ids;	    /**< or NULL */
	size_t answers_n;	    /**< 1 to 20 */
	bool disclosed;		    /**< results are shown while it runs */
	int max_selections;
};
#define POLL_START_TYPE "org.matrix.msc3381.poll.start"
#define POLL_RESPONSE_TYPE "org.matrix.msc3381.poll.response"
#define POLL_END_TYPE "org.matrix.msc3381.poll.end"
/** ERR_USAGE when there are no answers, or more than 20. */
int message_poll_start(const struct poll_draft *d, json_t **ret, struct err *err);
/** `answers` ends with NULL; none: takes a vote back. */
json_t *message_poll_response(const char *poll, const char *const *answers);
json_t *message_poll_end(const char *poll, const char *text);

#endif
