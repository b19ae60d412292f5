#include "core/client/quiet/notice.h"

#include "core/base/i18n.h"

enum notice_why notice_judge(const struct quiet_hours *q, const struct notice *n,
			     int64_t *ret_until)
{
	int64_t until = 0;
	bool quiet = n->covered && quiet_at(q, n->now_ms, &until);
	if (ret_until)
		*ret_until = until;
	if (!n->wanted)
		return NOTICE_OFF;
	if (n->muted)
		return NOTICE_MUTED;
	if (!quiet)
		return NOTICE_SHOWN;
	return n->urgent && !q->no_urgent ? NOTICE_URGENT : NOTICE_QUIET;
}

bool notice_is_shown(enum notice_why why)
{
	return why == NOTICE_SHOWN || why == NOTICE_URGENT;
}

const char *notice_text(void)
{
	return _("muster: somebody means you");
}

const char *notice_word(enum notice_why why)
{
	static const char *const words[] = {[NOTICE_SHOWN] = "shown",
					    [NOTICE_URGENT] = "urgent",
					    [NOTICE_OFF] = "off",
					    [NOTICE_MUTED] = "muted",
					    [NOTICE_QUIET] = "quiet"};
	return words[why];
}
