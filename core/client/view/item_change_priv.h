/* What item_change.c and item_member.c share. */
#ifndef MUSTER_CLIENT_VIEW_ITEM_CHANGE_PRIV_H
#define MUSTER_CLIENT_VIEW_ITEM_CHANGE_PRIV_H

#include "core/client/view/conversation_priv.h"

/** A change on its way to a sentence. */
struct change {
	struct conversation *c;
	struct entry *en;
	const struct mx_event *ev;
	char *who;	 /* who did it */
	struct buf text; /* the sentence, not sanitised yet */
};

/** m.room.member and m.room.power_levels. False: nothing that people need to know. */
bool change_member(struct change *x);
bool change_power(struct change *x);

#endif
