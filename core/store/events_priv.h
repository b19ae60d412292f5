/* Rows of the table events, for the files of this folder. */
#ifndef MUSTER_STORE_EVENTS_PRIV_H
#define MUSTER_STORE_EVENTS_PRIV_H

#include "core/store/events.h"

#define EVENT_COLUMNS                                                                 \
	"seq,room,pos,event_id,type,sender,state_key,ts,body,rel_type,rel_to,txn_id," \
	"redacted_by,unreadable,json"

/** As the index events_words has them (core/store/schema.c): another list needs another index. */
#define EVENT_WORDS                                                        \
	"'m.room.power_levels','org.muster.mark','org.muster.contest',"    \
	"'org.muster.attendance.opt_out','org.muster.attendance.relayed'," \
	"'org.muster.register.seal','org.muster.roll.reminder'"

/** The row that a query for EVENT_COLUMNS stands on. */
struct store_event store_event_of(struct sql_stmt *q);
/** `fn` for each row; what it returned. */
int store_event_each(struct sql_stmt *q, store_event_fn *fn, void *arg);

#endif
