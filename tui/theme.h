/*
 * What things look like: roles, and themes that give each role colours and
 * attributes for terminals of 256, 16, 8 and no colours. No role is told from
 * another by colour alone: whoever draws adds a sign or an attribute.
 */
#ifndef MUSTER_TUI_THEME_H
#define MUSTER_TUI_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
	ROLE_TEXT,
	ROLE_DIM,    /**< times, hints */
	ROLE_STRONG, /**< names of rooms, titles */
	ROLE_ACCENT, /**< keys in hints, the prompt */
	ROLE_BORDER,
	ROLE_BAR,      /**< title and status lines */
	ROLE_BAR_DIM,  /**< beside it */
	ROLE_SELECTED, /**< the chosen row where the focus is */
	ROLE_CHOSEN,   /**< the chosen row elsewhere */
	ROLE_UNREAD,   /**< a count, a room with news */
	ROLE_MENTION,  /**< something is meant for us */
	ROLE_LINK,
	ROLE_CODE,
	ROLE_QUOTE,
	ROLE_ERROR,
	ROLE_GOOD,
	ROLE_NEW_LINE, /**< the line above what is unread */
	ROLE_OWN,      /**< our own name */
	ROLE_NAME_1,   /**< other people's names */
	ROLE_NAME_6 = ROLE_NAME_1 + 5,
	ROLE_MATCH, /**< letters that a search hit */
	ROLE_POPUP, /**< text on a popup */
	ROLE_COUNT
};

/** Attributes. Bits. */
enum attr {
	ATTR_BOLD = 1,
	ATTR_DIM = 2,
	ATTR_UNDERLINE = 4,
	ATTR_REVERSE = 8,
	ATTR_ITALIC = 16,
	ATTR_STRIKE = 32,
};

/** Colour -1: the terminal's own. */
struct look {
	int16_t fg, bg;
	uint8_t attrs;
};

struct theme {
	struct look looks[ROLE_COUNT];
};

/** The theme `name` (unknown: default) for a terminal with so many colours; 0 or 1: none. */
void theme_make(struct theme *t, const char *name, int colours);
/** NO_COLOR (no-color.org): set and not empty. */
bool theme_no_color(void);

#endif
