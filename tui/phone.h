/*
 * Calls on the screen: a line about the one we are in, a popup when somebody
 * calls, joining and leaving.
 */
#ifndef MUSTER_TUI_PHONE_H
#define MUSTER_TUI_PHONE_H

#include "tui/app.h"

struct phone;

/** Once the account syncs. */
struct phone *phone_new(struct tui *t);
/** NULL is allowed, here and below. */
void phone_free(struct phone *k);
/** The cache has news. */
void phone_news(struct phone *k);
/** Lines that the bar takes: 0 or 1. */
int phone_lines(const struct phone *k);
/** We are in a call, here or by another process: ACT_CALL leaves it. */
bool phone_in_call(const struct phone *k);
void phone_draw(struct phone *k, struct canvas *c, struct rect r);
/**
 * The program is to end: leave the call of this process. True: tui_quit comes
 * when that is done, or after a few seconds. False: there is none, or one was asked before.
 */
bool phone_hang_up(struct phone *k);
/** Ask how to join the call of a room; says so when we are in one already. */
void phone_ask(struct phone *k, const char *room_id);
enum phone_how { PHONE_SPEAK, PHONE_MUTED, PHONE_LISTEN };
/** We are in no call, here or elsewhere. */
bool phone_is_free(const struct phone *k);
/** Join without a question. False: it was refused, and why was said. */
bool phone_join(struct phone *k, const char *room_id, enum phone_how how);
/** The same for the call that rings; `room_id` NULL: wherever that is. */
bool phone_answer(struct phone *k, const char *room_id, enum phone_how how);
/** ACT_CALL, ACT_MUTE, ACT_HAND and ACT_CALL_PEOPLE. False: another action. */
bool phone_act(struct phone *k, enum action a);

#endif
