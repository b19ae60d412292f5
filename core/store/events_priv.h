/* Rows of the table events, for the files of this folder. */
#ifndef MUSTER_STORE_EVENTS_PRIV_H
#define MUSTER_STORE_EVENTS_PRIV_H

#include "core/store/events.h"

#define EVENT_COLUMNS                                                                 \
	"seq,room,pos,event_id,type,sender,state_key,ts,body,rel_type,rel_to,txn_id," \
	"redacted_by,unreadable,json"

/** The row that a query for EVENT_COLUMNS stands on. */
struct store_event store_event_of(struct sql_stmt *q);
/** `fn` for each row; what it returned. */
int store_event_each(struct sql_stmt *q, store_event_fn *fn, void *arg);

#endif
