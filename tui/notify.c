#include "tui/notify.h"

#include "core/base/i18n.h"

void notify_news(struct tui *t)
{
	int64_t mentions;
	room_list_unread(t->rooms, &mentions);
	int64_t before = t->mentions_told;
	t->mentions_told = mentions;
	if (mentions <= before || t->window_focused || before < 0)
		return;
	const char *how = tui_setting(t, "tui.notify");
	if (!strcmp(how, "bell"))
		tty_bell(t->tty);
	else if (!strcmp(how, "window"))
		tty_notice(t->tty, _("muster: somebody means you"));
}
