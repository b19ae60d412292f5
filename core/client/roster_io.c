#include "core/client/roster_io.h"

#include "core/base/limits.h"
#include "core/client/rooms.h"
#include "core/client/session.h"

#include <stdio.h>
#include <string.h>

static int fetch_state(struct client *c, const char *room_id, json_t **ret, struct err *err)
{
	AUTO(request_done) struct request rq = request_state(room_id);
	AUTO(buf_done) struct buf body = BUF_INIT(LIMIT_REPLY_JSON);
	struct session_request sr = {.method = rq.method, .path = buf_str(&rq.path)};
	int rc = session_raw(client_session(c), &sr, &body, err);
	return rc ? rc : json_parse(buf_span(&body), ret, err);
}

int client_roster_load(struct client *c, const char *room_id, struct roster **ret, struct err *err)
{
	JSON_AUTO json_t *state = NULL;
	json_t *event;
	size_t i;
	int rc = fetch_state(c, room_id, &state, err);
	if (rc)
		return rc;
	struct roster *r = roster_new();
	json_array_foreach (state, i, event) {
		const char *type = json_get_str(event, "type");
		const char *key = json_get_str(event, "state_key");
		if (type && key && !strcmp(type, ROSTER_TYPE))
			roster_read_chunk(r, key, json_get_object(event, "content"));
	}
	*ret = r;
	return 0;
}

int client_roster_save(struct client *c, const char *room_id, struct roster *r, struct err *err)
{
	for (int i = 0; i < roster_chunks(r); i++) {
		char key[16];
		if (!roster_changed(r, i))
			continue;
		JSON_AUTO json_t *content = roster_chunk(r, i);
		snprintf(key, sizeof(key), "%d", i);
		int rc = client_state_put(c, room_id, ROSTER_TYPE, key, content, NULL, err);
		if (rc)
			return rc;
		roster_saved(r, i);
	}
	return 0;
}
