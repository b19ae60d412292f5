#include "tui/theme.h"

#include <stdlib.h>
#include <string.h>

#define OWN (-1) /* the terminal's own colour */

/* A colour of the 256, and what stands for it where there are 16; 8 take that without its bright
 * bit. */
struct shade {
	int16_t c256, c16;
};

#define NONE             \
	{                \
		OWN, OWN \
	}

struct row {
	struct shade fg, bg;
	uint8_t attrs;
};

/* On whatever ground the terminal has: quiet greys and few colours, readable on both. */
static const struct row default_rows[ROLE_COUNT] = {
	[ROLE_TEXT] = {NONE, NONE, 0},
	[ROLE_DIM] = {{244, 8}, NONE, 0},
	[ROLE_STRONG] = {NONE, NONE, ATTR_BOLD},
	[ROLE_ACCENT] = {{37, 6}, NONE, 0},
	[ROLE_BORDER] = {{240, 8}, NONE, 0},
	[ROLE_BAR] = {{252, 15}, {236, 0}, 0},
	[ROLE_BAR_DIM] = {{246, 7}, {236, 0}, 0},
	[ROLE_SELECTED] = {{231, 15}, {24, 4}, ATTR_BOLD},
	[ROLE_CHOSEN] = {{252, 15}, {238, 8}, 0},
	[ROLE_UNREAD] = {NONE, NONE, ATTR_BOLD},
	[ROLE_MENTION] = {{214, 11}, NONE, ATTR_BOLD},
	[ROLE_LINK] = {{74, 12}, NONE, ATTR_UNDERLINE},
	[ROLE_CODE] = {{180, 3}, NONE, 0},
	[ROLE_QUOTE] = {{246, 7}, NONE, ATTR_ITALIC},
	[ROLE_ERROR] = {{203, 9}, NONE, ATTR_BOLD},
	[ROLE_GOOD] = {{71, 2}, NONE, 0},
	[ROLE_NEW_LINE] = {{203, 9}, NONE, 0},
	[ROLE_OWN] = {{250, 7}, NONE, ATTR_BOLD},
	[ROLE_NAME_1] = {{74, 12}, NONE, ATTR_BOLD},
	[ROLE_NAME_1 + 1] = {{114, 10}, NONE, ATTR_BOLD},
	[ROLE_NAME_1 + 2] = {{179, 11}, NONE, ATTR_BOLD},
	[ROLE_NAME_1 + 3] = {{176, 13}, NONE, ATTR_BOLD},
	[ROLE_NAME_1 + 4] = {{80, 14}, NONE, ATTR_BOLD},
	[ROLE_NAME_6] = {{210, 9}, NONE, ATTR_BOLD},
	[ROLE_MATCH] = {{214, 11}, NONE, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_POPUP] = {{252, 15}, {235, 0}, 0},
};

/* Dark letters on paper. */
static const struct row light_rows[ROLE_COUNT] = {
	[ROLE_TEXT] = {{235, 0}, {255, 15}, 0},
	[ROLE_DIM] = {{243, 8}, {255, 15}, 0},
	[ROLE_STRONG] = {{232, 0}, {255, 15}, ATTR_BOLD},
	[ROLE_ACCENT] = {{25, 4}, {255, 15}, 0},
	[ROLE_BORDER] = {{250, 7}, {255, 15}, 0},
	[ROLE_BAR] = {{235, 0}, {252, 7}, 0},
	[ROLE_BAR_DIM] = {{240, 8}, {252, 7}, 0},
	[ROLE_SELECTED] = {{231, 15}, {25, 4}, ATTR_BOLD},
	[ROLE_CHOSEN] = {{235, 0}, {252, 7}, 0},
	[ROLE_UNREAD] = {{232, 0}, {255, 15}, ATTR_BOLD},
	[ROLE_MENTION] = {{130, 1}, {255, 15}, ATTR_BOLD},
	[ROLE_LINK] = {{25, 4}, {255, 15}, ATTR_UNDERLINE},
	[ROLE_CODE] = {{94, 3}, {255, 15}, 0},
	[ROLE_QUOTE] = {{241, 8}, {255, 15}, ATTR_ITALIC},
	[ROLE_ERROR] = {{160, 1}, {255, 15}, ATTR_BOLD},
	[ROLE_GOOD] = {{28, 2}, {255, 15}, 0},
	[ROLE_NEW_LINE] = {{160, 1}, {255, 15}, 0},
	[ROLE_OWN] = {{239, 8}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_1] = {{25, 4}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_1 + 1] = {{28, 2}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_1 + 2] = {{94, 3}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_1 + 3] = {{90, 5}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_1 + 4] = {{30, 6}, {255, 15}, ATTR_BOLD},
	[ROLE_NAME_6] = {{124, 1}, {255, 15}, ATTR_BOLD},
	[ROLE_MATCH] = {{130, 1}, {255, 15}, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_POPUP] = {{235, 0}, {254, 15}, 0},
};

/* Black and white and yellow; lines and marks carry the rest. */
static const struct row contrast_rows[ROLE_COUNT] = {
	[ROLE_TEXT] = {{231, 15}, {16, 0}, 0},
	[ROLE_DIM] = {{231, 15}, {16, 0}, 0},
	[ROLE_STRONG] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_ACCENT] = {{226, 11}, {16, 0}, ATTR_BOLD},
	[ROLE_BORDER] = {{231, 15}, {16, 0}, 0},
	[ROLE_BAR] = {{16, 0}, {231, 15}, ATTR_BOLD},
	[ROLE_BAR_DIM] = {{16, 0}, {231, 15}, 0},
	[ROLE_SELECTED] = {{16, 0}, {226, 11}, ATTR_BOLD},
	[ROLE_CHOSEN] = {{16, 0}, {231, 15}, 0},
	[ROLE_UNREAD] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_MENTION] = {{226, 11}, {16, 0}, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_LINK] = {{51, 14}, {16, 0}, ATTR_UNDERLINE},
	[ROLE_CODE] = {{226, 11}, {16, 0}, 0},
	[ROLE_QUOTE] = {{231, 15}, {16, 0}, ATTR_ITALIC},
	[ROLE_ERROR] = {{226, 11}, {16, 0}, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_GOOD] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NEW_LINE] = {{226, 11}, {16, 0}, ATTR_BOLD},
	[ROLE_OWN] = {{231, 15}, {16, 0}, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_NAME_1] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NAME_1 + 1] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NAME_1 + 2] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NAME_1 + 3] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NAME_1 + 4] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_NAME_6] = {{231, 15}, {16, 0}, ATTR_BOLD},
	[ROLE_MATCH] = {{226, 11}, {16, 0}, ATTR_BOLD | ATTR_UNDERLINE},
	[ROLE_POPUP] = {{231, 15}, {16, 0}, 0},
};

/* The default's rows on a ground of its own: what has none gets this. */
static const struct shade dark_fg = {252, 15}, dark_bg = {234, 0};

/* Without colours: what is told by attributes. */
static uint8_t mono_attrs(int role, uint8_t attrs)
{
	switch (role) {
	case ROLE_DIM:
	case ROLE_BORDER:
		return ATTR_DIM;
	case ROLE_BAR:
	case ROLE_BAR_DIM:
	case ROLE_SELECTED:
		return ATTR_REVERSE | (role == ROLE_SELECTED ? ATTR_BOLD : 0);
	case ROLE_CHOSEN:
		return ATTR_UNDERLINE;
	case ROLE_NEW_LINE:
	case ROLE_MENTION:
		return ATTR_BOLD;
	default:
		return attrs;
	}
}

static int16_t shade_for(struct shade s, int colours)
{
	if (colours >= 256)
		return s.c256;
	if (colours >= 16 || s.c16 < 0)
		return s.c16;
	/* Bright black is grey: with 8 colours it would be black on black. */
	return s.c16 == 8 ? OWN : s.c16 & 7;
}

static void fill(struct theme *t, const struct row *rows, int colours, bool dark)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		struct shade fg = rows[i].fg, bg = rows[i].bg;
		if (dark && fg.c256 < 0)
			fg = dark_fg;
		if (dark && bg.c256 < 0)
			bg = dark_bg;
		t->looks[i] = (struct look){shade_for(fg, colours), shade_for(bg, colours),
					    rows[i].attrs};
		/* Grounds of greys are all alike with 8 colours. */
		if (colours < 16 && (i == ROLE_CHOSEN || i == ROLE_BAR || i == ROLE_BAR_DIM))
			t->looks[i] = (struct look){OWN, OWN, mono_attrs(i, 0)};
	}
}

static void fill_mono(struct theme *t)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		t->looks[i] = (struct look){OWN, OWN, mono_attrs(i, default_rows[i].attrs)};
}

void theme_make(struct theme *t, const char *name, int colours)
{
	if (colours < 8 || !strcmp(name, "mono"))
		fill_mono(t);
	else if (!strcmp(name, "light"))
		fill(t, light_rows, colours, false);
	else if (!strcmp(name, "high-contrast"))
		fill(t, contrast_rows, colours, false);
	else
		fill(t, default_rows, colours, !strcmp(name, "dark"));
}

bool theme_no_color(void)
{
	const char *v = getenv("NO_COLOR");
	return v && *v;
}
