/* What room_list*.c share. */
#ifndef MUSTER_CLIENT_VIEW_ROOM_LIST_PRIV_H
#define MUSTER_CLIENT_VIEW_ROOM_LIST_PRIV_H

#include "core/base/json.h"
#include "core/base/pool.h"
#include "core/client/view/room_list.h"
#include "core/store/rooms.h"

/** A room that may be shown. */
struct row {
	struct room_row pub;
	struct pool pool; /* owns its texts */
	const char *alias;
	int64_t tag_order; /* -1: none */
	bool replaced;	   /* by a room that we have joined */
	struct buf key;	   /* its name, folded: for the order */
	struct row *knock; /* those who ask to come in, or NULL */
};

struct room_list {
	struct store *s;
	char *own;
	/* What was taken over from the cache. */
	int64_t mark, seen, presence;
	struct row **rows; /* by row number */
	size_t n;
	json_t *muted;	 /* room ids as keys */
	char *push_text; /* that this was read from */
	/* How it is shown. */
	enum room_order order;
	char *space;	  /* room id, or NULL */
	json_t *in_space; /* ids of the rooms below it, as keys */
	bool only_unread;
	const struct room_row **shown;
	size_t shown_n;
};

/** A room's row as the cache has it now; NULL when it is not to be listed. The caller owns it. */
struct row *row_load(struct room_list *l, int64_t room);
void row_free(struct row *r);
/** Who asks to come into a room of ours, as a row of its own; NULL: nobody, or it is not ours to say. */
struct row *row_knock(struct room_list *l, const struct row *of);
/** Do they look the same? */
bool row_same(const struct row *a, const struct row *b);

/** room_row.presence of a word of m.presence. */
int room_list_presence(struct span state);
/** Read who is muted; returns whether that changed. */
bool room_list_read_muted(struct room_list *l);
/** Put what is shown in order. */
void room_list_arrange(struct room_list *l);

#endif
