#include "tui/lesson_text.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define TITLE_LEAST 6 /* cells of a title that is cut */

/* A sentence about a title and a time, where the title gives way: `form` takes both. */
static void put_fitting(struct buf *b, const char *form, const struct term_text *title,
			const char *when, int cells)
{
	AUTO(buf_done) struct buf whole = BUF_INIT(2000), cut = BUF_INIT(1000);
	struct span s = {title->s, title->n};
	buf_printf(&whole, form, title->s, when);
	int over = text_cells(buf_span(&whole)) - cells, keep = text_cells(s) - over - 1;
	if (over > 0 && keep >= TITLE_LEAST) {
		buf_put(&cut, s.p, text_fit(s, keep));
		buf_put_str(&cut, "…");
		buf_clear(&whole);
		buf_printf(&whole, form, buf_str(&cut), when);
	}
	buf_put_span(b, buf_span(&whole));
}

void lesson_put_text(struct buf *b, const struct agenda_here *l, int cells)
{
	AUTO(buf_done) struct buf next = BUF_INIT(1000);
	char when[WHEN_ISO_SIZE];
	int64_t now = clock_wall_ms();
	if (l->now.s) {
		when_human(l->now_until_ms, now, when);
		put_fitting(b, _("%s now, until %s"), &l->now, when, cells);
	}
	if (!l->next.s)
		return;
	when_human(l->next_start_ms, now, when);
	if (!l->now.s) {
		put_fitting(b, _("next: %s, %s"), &l->next, when, cells);
		return;
	}
	buf_put_str(&next, " · ");
	buf_printf(&next, _("next: %s, %s"), l->next.s, when);
	if (text_cells(buf_span(b)) + text_cells(buf_span(&next)) <= cells)
		buf_put_span(b, buf_span(&next));
}
