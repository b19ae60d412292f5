/*
 * A popup that asks for a few things: lines to type, some of them secret,
 * things to tick, and words above that say what it is about.
 */
#ifndef MUSTER_TUI_FORM_H
#define MUSTER_TUI_FORM_H

#include "tui/app.h"
#include "tui/edit.h"

#define FORM_FIELDS 6

enum field_kind { FIELD_END, FIELD_TEXT, FIELD_SECRET, FIELD_TICK };

struct form;

struct form_field {
	enum field_kind kind;
	const char *label; /**< N_() */
	const char *hint;  /**< N_(), in the empty line; or NULL */
};

struct form_class {
	const char *title;  /**< N_() */
	const char *intro;  /**< N_(), above; or NULL */
	const char *button; /**< N_() */
	struct form_field fields[FORM_FIELDS + 1];
	/** Enter on the last field or on the button. */
	void (*done)(struct form *f);
	/** Free what `arg` points to; may be NULL. */
	void (*free)(struct form *f);
};

struct form {
	struct view view;
	const struct form_class *cls;
	struct edit text[FORM_FIELDS];
	bool tick[FORM_FIELDS];
	int n, at;	/**< fields; the one with the focus, n: the button */
	char said[512]; /**< what is wrong, or what goes on; above the button */
	bool is_error, busy;
	void *arg;
};

struct view *form_new(struct tui *t, const struct form_class *cls, void *arg);
struct form *form_of(struct view *v);
/** What was typed, borrowed; "" when nothing. */
const char *form_text(const struct form *f, int field);
void form_say(struct form *f, bool is_error, const char *sentence);

#endif
