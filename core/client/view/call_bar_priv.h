/* What call_bar.c and call_bar_row.c share. */
#ifndef MUSTER_CLIENT_VIEW_CALL_BAR_PRIV_H
#define MUSTER_CLIENT_VIEW_CALL_BAR_PRIV_H

#include "core/base/json.h"
#include "core/base/pool.h"
#include "core/client/view/actions.h"
#include "core/client/view/call_bar.h"

struct room_call;

struct call_bar {
	struct call_bar_options o;
	struct loop_timer *tick, *soon;
	int ticks;
	struct room_call *call; /* ours; NULL: none */
	bool over;		/* it has ended, and is to be freed */
	json_t *status;		/* as room_call_status gives it; NULL: no call */
	json_t *people;
	json_t *ring;	/* as ring_find gives it; NULL: nobody calls */
	char *answered; /* a ring that we have come to or declined: it is not shown again */
	int64_t seq;	/* events up to here were looked at for rings */
	struct action_job *polling, *ringing, *acting;
	struct pool pool;
	struct call_bar_row row;
};

/** Make the row anew from status, people and ring, and tell. */
void call_bar_show(struct call_bar *b);

#endif
