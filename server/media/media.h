/*
 * Files that people uploaded. The bytes lie in DIR/media/<ab>/<id>, what is
 * known about them in table `media`. A file gets its final name only when it
 * is complete and synced; what a crash leaves in DIR/media/tmp is removed at
 * the next start. Loop thread, except where said.
 */
#ifndef MUSTER_SERVER_MEDIA_MEDIA_H
#define MUSTER_SERVER_MEDIA_MEDIA_H

#include "core/base/loop.h"
#include "server/db/db.h"

struct media;

#define MEDIA_ID_SIZE 25	  /* 24 characters of [A-Za-z0-9_-]: 144 random bits */
#define MEDIA_CREATED_MS 86400000 /* an id that was asked for must be used within a day */
#define MEDIA_CREATED_MAX 100	  /* unused ids a person may hold */
#define MEDIA_NAME_MAX 255	  /* bytes of a file name */
#define MEDIA_TYPE_MAX 200	  /* bytes of a content type */
#define MEDIA_WAIT_MS 20000	  /* how long a download waits for its upload by default */
#define MEDIA_WAIT_MAX_MS 60000
#define MEDIA_THUMBNAIL_MAX 4194304 /* bytes of an image that is its own thumbnail */
#define MEDIA_RESERVE 67108864	    /* bytes of the disk that files leave to messages */

/**
 * Make the folders, remove what an earlier life left unfinished (files without
 * a row in the background). After db_open. The caller owns *ret.
 */
int media_open(struct loop *l, const char *data_dir, struct media **ret, struct err *err);
/** Wait for files being stored; waiting downloads are woken. Nothing is stored afterwards. */
void media_finish(struct media *m);
/** After media_finish. NULL is allowed. */
void media_free(struct media *m);

/** A file that somebody is sending; the caller's, and the media store's list of them. */
struct media_arrival {
	int64_t user_nid;
	int64_t bytes; /**< so many are announced; 0: it is in no list */
	struct media_arrival *next;
};

enum media_room {
	MEDIA_ROOM,	/**< there is */
	MEDIA_FULL,	/**< the disk has none */
	MEDIA_TOO_MANY, /**< what else this person is sending takes it */
};

/**
 * Has the disk room for this file (`user_nid` and `bytes` are set), beside those that are arriving and
 * MEDIA_RESERVE? MEDIA_ROOM: it counts as arriving until media_arrived. Who sends several at once can
 * have a quarter of the room, so that announcing files and not sending them keeps no others away.
 */
enum media_room media_arriving(struct media *m, struct media_arrival *a);
/** Allowed for one that is in no list. */
void media_arrived(struct media *m, struct media_arrival *a);
/** For tests: another reserve. */
void media_set_reserve(struct media *m, int64_t bytes);

/** A new id. */
void media_make_id(char ret[MEDIA_ID_SIZE]);
/** Could this be an id of ours? Only such ids become paths. */
bool media_valid_id(struct span id);
/** Path of a file that does not exist yet, for an upload to be written to. The caller owns it. */
char *media_temp_path(const struct media *m);
/** Path of the file of a valid id. The caller owns it. */
char *media_path(const struct media *m, const char *id);
void media_remove(struct media *m, const char *id);

/**
 * Hash `temp`, sync it and give it the name of `id` (pool), then call `done`.
 * On error (ERR_DISK ...) the file is gone. Both names are copied.
 */
typedef void media_stored_fn(void *arg, int rc, const uint8_t sha256[32], const struct err *err);
void media_store(struct media *m, const char *temp, const char *id, media_stored_fn *done,
		 void *arg);

/** Reserve an id for one upload at a time; false when another has it. */
bool media_claim(struct media *m, const char *id);
void media_release(struct media *m, const char *id);

/* Downloads of what is not uploaded yet. */
struct media_waiter;
/**
 * Call `fn(arg)` once: when `id` was uploaded, after `ms`, or when the server
 * ends. NULL, and no call, when there is no time to wait.
 */
struct media_waiter *media_wait(struct media *m, const char *id, int ms, loop_fn *fn, void *arg);
/** Do not call any more. */
void media_wait_cancel(struct media_waiter *w);
void media_uploaded(struct media *m, const char *id);

struct media_row {
	char content_type[MEDIA_TYPE_MAX + 1];
	char name[MEDIA_NAME_MAX + 1]; /**< UTF-8, or "" */
	int64_t user_nid, size, created_ts;
	bool uploaded;
	char sha256[65]; /**< hex; "" unless uploaded */
};

/** Any thread with its own handle. False when there is none. */
bool media_row_get(struct sql *db, const char *id, struct media_row *ret);
/** An uploaded file; writer. `sha256` NULL: an id that is to be used later. */
int media_row_add(struct db_tx *tx, const char *id, const struct media_row *row,
		  const uint8_t *sha256, struct err *err);
/** The upload to an id made before; writer. ERR_CONFLICT when it has a file already. */
int media_row_fill(struct db_tx *tx, const char *id, const struct media_row *row,
		   const uint8_t *sha256, struct err *err);
/** Forget ids that were never used; writer. Returns how many `user_nid` still holds. */
int64_t media_row_expire(struct db_tx *tx, int64_t user_nid);

#endif
