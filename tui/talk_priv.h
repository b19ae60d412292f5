/* What talk.c (the view), talk_send.c (what goes out) and talk_act.c (what is done with a message)
 * share. */
#ifndef MUSTER_TUI_TALK_PRIV_H
#define MUSTER_TUI_TALK_PRIV_H

#include "core/client/view/agenda.h"
#include "tui/composer.h"
#include "tui/talk.h"
#include "tui/timeline.h"

struct talk {
	struct view view;
	struct conversation *c;
	struct timeline tl;
	struct composer m;
	char *room_id, *thread;
	bool on_messages;	/* the focus is on the chosen message */
	struct fill_job *job;	/* that fetches history */
	char *told_read;	/* event that our newest receipt names */
	bool fill_failed;	/* not again before the person scrolls */
	int64_t saved_ms;	/* clock_mono_ms: the draft was kept */
	int64_t told_typing_ms; /* clock_mono_ms; 0: not typing */
	/* talk_quiet.c, of a chat of two */
	struct quiet_job *quiet_job;	 /* that asks about the other */
	int64_t quiet_asked_ms;		 /* clock_mono_ms; 0: not yet */
	int64_t quiet_from, quiet_until; /* Unix ms; 0: nothing is known */
	char *quiet_hint;		 /* for the empty composer; or NULL */
	/* talk_lesson.c */
	struct agenda_here lesson;
	int64_t lesson_seen;		 /* the room's counter when it was read */
	struct loop_timer *lesson_timer; /* or NULL */
};

/* -- talk_lesson.c: nothing in threads */
/** Read it when the room has changed. */
void talk_look_at_lesson(struct talk *k);
/** Rows that it takes of a pane of `h` rows: 0 or 1. */
int talk_lesson_rows(const struct talk *k, int h);
void talk_draw_lesson(struct talk *k, struct canvas *c, struct rect r);
void talk_forget_lesson(struct talk *k);

/* -- talk_quiet.c */
/** Ask whether the other is quiet, unless that was done lately. */
void talk_look_at_quiet(struct talk *k);
/** What the empty composer says of it now; NULL: nothing. Borrowed. */
const char *talk_quiet_hint(const struct talk *k);
void talk_forget_quiet(struct talk *k);

/* -- talk_send.c */
void talk_send(struct talk *k);
void talk_tell_typing(struct talk *k, bool on);
void talk_fill(struct talk *k);
/** The text goes to $EDITOR and comes back. */
void talk_editor(struct talk *k);
/** The view goes: what is under way knows it no more. */
void talk_forget_jobs(struct talk *k);

/* -- talk_act.c */
/** An action on the chosen message; false: it is none. */
bool talk_act_on(struct talk *k, enum action a);
/** A command about the chosen message. False: there is none that a command could name. */
bool talk_about(struct talk *k);
/** Vote for the n-th answer (from 1) of the chosen poll. */
bool talk_vote(struct talk *k, int n);
void talk_react(struct talk *k, const char *event_id, const char *key);

#endif
