#include "tui/notify.h"

#include "core/base/mem.h"
#include "core/client/quiet/notice.h"
#include "core/store/events.h"
#include "tui/quiet.h"
#include "tui/talk.h"

#include <string.h>

/* What is being looked at calls nobody. Many terminals never tell that one looks elsewhere. */
static const char *looked_at(const struct tui *t)
{
	return t->window_focused && t->talk ? talk_room(t->talk) : NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void notify_news(struct tui *t)
{
	const char *but = looked_at(t), *how = tui_setting(t, "tui.notify");
	/* What was told, counted as it is counted now: another room that is looked at is no news. */
	bool moved = !same(but, t->told_but);
	int64_t now = room_list_calling(t->rooms, but), before = t->told, seq = t->told_seq;
	t->told = now;
	t->told_seq = store_newest_seq(t->store);
	if (moved) {
		mem_free(t->told_but);
		t->told_but = mem_strdup(but);
		return;
	}
	if (now <= before || before < 0 || !strcmp(how, "off") || !quiet_lets_through(t, seq, but))
		return;
	if (!strcmp(how, "bell"))
		tty_bell(t->tty);
	else if (!strcmp(how, "window"))
		tty_notice(t->tty, notice_text());
}
