/*
 * What sanitised text must be, whatever came in: shared by the unit test and
 * the fuzz target, and written without the tables of text.c.
 */
#ifndef MUSTER_TEST_TEXT_CHECK_H
#define MUSTER_TEST_TEXT_CHECK_H

#include "core/base/text.h"

static inline bool text_check_forbidden(uint32_t cp, enum text_mode mode)
{
	if (cp == '\n')
		return mode == TEXT_LINE;
	return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) ||	  /* C0, DEL, C1 */
	       cp == 0x061C || cp == 0x200E || cp == 0x200F ||	  /* direction marks */
	       (cp >= 0x202A && cp <= 0x202E) ||		  /* direction overrides */
	       (cp >= 0x2066 && cp <= 0x2069) ||		  /* direction isolates */
	       cp == 0x2028 || cp == 0x2029 ||			  /* line, paragraph */
	       cp == 0xFEFF || cp == 0x200B || cp == 0x2060 ||	  /* BOM, zero width */
	       cp == 0x00AD || (cp >= 0xFE00 && cp <= 0xFE0F) ||  /* variation selectors */
	       (cp >= 0xE0000 && cp <= 0xE0FFF) ||		  /* tags */
	       (cp >= 0xE000 && cp <= 0xF8FF) || cp >= 0xF0000 || /* private use */
	       (cp >= 0x1F1E6 && cp <= 0x1F1FF) ||		  /* flag letters */
	       (cp >= 0x1F3FB && cp <= 0x1F3FF) ||		  /* skin tones */
	       (cp & 0xFFFE) == 0xFFFE || (cp >= 0xFFF0 && cp <= 0xFFFB);
}

/* NULL, or what is wrong with the sanitised form of `raw`. */
static inline const char *text_check(struct span raw, enum text_mode mode)
{
	const char *wrong = NULL;
	struct term_text once = text_make(raw, mode);
	struct span clean = {once.s, once.n};
	struct term_text twice = text_make(clean, mode);
	if (!span_eq(clean, (struct span){twice.s, twice.n}))
		wrong = "sanitising twice differs";
	if (!utf8_valid(clean))
		wrong = "not UTF-8";
	if (raw.n && !clean.n && utf8_valid(raw) && (unsigned char)raw.p[0] < 0x80)
		wrong = "ASCII vanished";
	for (struct span s = clean; s.n;) {
		bool ok;
		if (text_check_forbidden(utf8_next(&s, &ok), mode))
			wrong = "a character that must not pass";
	}
	int cells = text_cells(clean);
	for (int room = 0; room <= cells && room < 90; room++) {
		size_t n = text_fit(clean, room);
		if (n > clean.n || text_cells(span_head(clean, n)) > room)
			wrong = "text_fit gave more than fits";
		if (!utf8_valid(span_head(clean, n)))
			wrong = "text_fit cut a character";
	}
	if (text_fit(clean, cells) != clean.n)
		wrong = "text_fit cut what fits";
	text_done(&once);
	text_done(&twice);
	return wrong;
}

#endif
