/* What agenda.c (all rooms) and agenda_here.c (one) share. */
#ifndef MUSTER_CLIENT_VIEW_AGENDA_PRIV_H
#define MUSTER_CLIENT_VIEW_AGENDA_PRIV_H

#include "core/base/json.h"
#include "core/client/view/agenda.h"

#define AGENDA_TITLE_MAX 200 /**< bytes that are shown of a title, a room, a place */

/** State of a room: new reference to its content, NULL when there is none. *ret_sender may be NULL. */
json_t *agenda_state_content(struct store *s, int64_t room, const char *type, char **ret_sender);
/** A text of others, one line, cut. The caller owns it. */
struct term_text agenda_text(const char *raw);

#endif
