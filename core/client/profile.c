#include "core/client/profile.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/media.h"
#include "core/client/util.h"

int client_profile_show(struct client *c, const char *user_id, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *profile = NULL;
	const char *user = user_id ? user_id : client_account(c)->user_id;
	int rc = session_do(client_session(c), request_profile_get(user, NULL), &profile, err);
	if (rc)
		return rc;
	json_t *row = json_object();
	row_str(row, "user_id", user);
	row_span(row, "name", json_get_span(profile, "displayname"));
	row_span(row, "avatar_url", json_get_span(profile, "avatar_url"));
	*ret = row;
	return 0;
}

int client_profile_set(struct client *c, const char *key, const char *value, struct err *err)
{
	const char *own = client_account(c)->user_id;
	AUTO_FREE char *uri = NULL;
	if (strcmp(key, "name") == 0)
		return session_do(client_session(c), request_profile_set(own, "displayname", value),
				  NULL, err);
	if (strcmp(key, "avatar") != 0) {
		err_set(err, ERR_USAGE, _("A profile has no %s"), key);
		err_hint(err, "name, avatar");
		return ERR_USAGE;
	}
	if (*value && strncmp(value, "mxc://", 6) != 0) {
		int rc = client_upload(c, value, NULL, NULL, NULL, NULL, &uri, err);
		if (rc)
			return rc;
	}
	return session_do(client_session(c),
			  request_profile_set(own, "avatar_url", uri ? uri : value), NULL, err);
}
