#include "tui/lesson_text.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"

void lesson_put_text(struct buf *b, const struct agenda_here *l, int cells)
{
	AUTO(buf_done) struct buf next = BUF_INIT(1000);
	char when[WHEN_ISO_SIZE];
	int64_t now = clock_wall_ms();
	if (l->now.s) {
		when_human(l->now_until_ms, now, when);
		buf_printf(b, _("%s now, until %s"), l->now.s, when);
	}
	if (l->next.s) {
		when_human(l->next_start_ms, now, when);
		buf_put_str(&next, l->now.s ? " · " : "");
		buf_printf(&next, _("next: %s, %s"), l->next.s, when);
	}
	if (!l->now.s || text_cells(buf_span(b)) + text_cells(buf_span(&next)) <= cells)
		buf_put_span(b, buf_span(&next));
}
