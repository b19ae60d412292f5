/* What app.c (life), app_keys.c (keys and clicks), app_account.c (the account) share. */
#ifndef MUSTER_TUI_APP_PRIV_H
#define MUSTER_TUI_APP_PRIV_H

#include "tui/app.h"

/* -- app_keys.c */
void app_key(const struct key *k, void *tui);

/* -- app_account.c */
/** Open the account and show its cache. ERR_AUTH: there is none. */
int app_account_open(struct tui *t, struct err *err);
/** Rooms and the conversation that was open, from the cache. */
void app_account_show(struct tui *t);
/** Begin to sync, after the first paint. */
void app_account_sync(void *tui);
void app_account_close(struct tui *t);
/** Remember what is open and what is written, for the next start. */
void app_keep(struct tui *t);

/* -- app.c */
void app_focus(struct tui *t, enum focus f);
/** The room that was open last, else the first one; the caller owns it. There must be one. */
char *app_last_room(struct tui *t);
void app_look_at_outbox(void *tui);
/** Only for app_account.c: news are in the cache. */
void app_news_due(struct tui *t);

#endif
