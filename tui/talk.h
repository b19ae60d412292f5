/*
 * A conversation and the line to write into it: the open room, or a thread
 * beside it. A view; its functions below are for the app and other views.
 */
#ifndef MUSTER_TUI_TALK_H
#define MUSTER_TUI_TALK_H

#include "core/client/view/conversation.h"
#include "tui/app.h"
#include "tui/composer.h"

struct talk;

/** `thread`: its root's event id, or NULL for the room; `event_id`: begin there, or NULL. */
int talk_new(struct tui *t, const char *room_id, const char *thread, const char *event_id,
	     struct talk **ret, struct err *err);
struct view *talk_view(struct talk *k);
/** The conversation that a view is; NULL: it is something else, or none. */
struct talk *talk_of(struct view *v);
const char *talk_room(const struct talk *k);
const char *talk_thread(const struct talk *k);
const struct conversation *talk_conversation(const struct talk *k);
/** Replace what is being written; NULL: only put the focus there. */
void talk_compose(struct talk *k, const char *text);
/** What failed is put back, unless something else is being written; `target`: the message that it
 * answers, changes or is about, or NULL. */
void talk_give_back(struct talk *k, enum composer_mode mode, const char *target, const char *line);
/** Show this message and choose it. False: it is not in the window. */
bool talk_go(struct talk *k, const char *event_id);
/** The chosen message, or NULL. Borrowed until the next update. */
const struct item *talk_chosen(const struct talk *k);
/** Keep what is being written. */
void talk_save_draft(struct talk *k);
/** The line above what is new goes: all has been read. */
void talk_all_read(struct talk *k);
/** Tell the room that everything shown has been read, if the person sees it. */
void talk_seen(struct talk *k);

#endif
