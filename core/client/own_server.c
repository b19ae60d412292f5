#include "core/client/own_server.h"

#include "core/base/mem.h"
#include "core/client/util.h"

#include <string.h>

#define META_KEY "muster_server" /* "1", "0" */

enum own_server own_server_known(struct store *s)
{
	AUTO_FREE char *known = store_meta(s, META_KEY);
	if (!known)
		return OWN_SERVER_UNKNOWN;
	return strcmp(known, "1") == 0 ? OWN_SERVER_YES : OWN_SERVER_NO;
}

enum own_server own_server_note(struct client *c, struct store *s, const json_t *well_known)
{
	const char *name =
		json_get_str(json_get_object(well_known, "org.muster.server"), "server_name");
	bool is = name && strcmp(name, client_server_name(c)) == 0;
	store_meta_set(s, META_KEY, is ? "1" : "0", NULL);
	return is ? OWN_SERVER_YES : OWN_SERVER_NO;
}
