#include "core/client/presence.h"

#include "core/base/clock.h"
#include "core/client/util.h"

int client_typing(struct client *c, const char *room_id, bool on, int timeout_ms, struct err *err)
{
	if (timeout_ms > TYPING_MAX_MS)
		timeout_ms = TYPING_MAX_MS;
	return session_do(client_session(c),
			  request_typing(room_id, client_account(c)->user_id, on, timeout_ms), NULL,
			  err);
}

int client_presence_show(struct client *c, const char *user_id, json_t **ret, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	const char *user = user_id ? user_id : client_account(c)->user_id;
	int rc = session_do(client_session(c), request_presence_get(user), &reply, err);
	if (rc)
		return rc;
	int64_t ago = json_get_i64(reply, "last_active_ago", -1);
	json_t *row = json_object();
	row_str(row, "user_id", user);
	row_span(row, "presence", json_get_span(reply, "presence"));
	row_span(row, "status", json_get_span(reply, "status_msg"));
	row_bool(row, "active", json_get_bool(reply, "currently_active", false));
	json_object_set_new(row, "active_ts",
			    ago >= 0 ? json_integer(clock_wall_ms() - ago) : json_null());
	*ret = row;
	return 0;
}

int client_presence_set(struct client *c, const char *presence, const char *status, struct err *err)
{
	return session_do(client_session(c),
			  request_presence(client_account(c)->user_id, presence, status), NULL,
			  err);
}
