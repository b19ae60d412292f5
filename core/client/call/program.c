#include "core/client/call/program.h"

#include "core/base/i18n.h"
#include "core/client/row.h"
#include "core/client/util.h"
#include "core/matrix/rtc_request.h"

static int ask(struct client *c, struct request rq, json_t **ret, struct err *err)
{
	struct err e = {0};
	int rc = session_do(client_session(c), rq, ret, &e);
	if (rc == ERR_UNSUPPORTED || (rc == ERR_NOT_FOUND && !e.errcode[0])) {
		err_set(err, ERR_UNSUPPORTED, _("%s is not a muster server"),
			session_base_url(client_session(c)));
		err_hint(err, _("only there programs can speak or listen by an address alone"));
		return ERR_UNSUPPORTED;
	}
	if (rc && err)
		*err = e;
	return rc;
}

static int tell(const json_t *one, const char *what, client_row_fn *fn, void *arg)
{
	JSON_AUTO json_t *row = json_object();
	int64_t seen = json_get_i64(one, "seen_ts", 0);
	row_span(row, "device_id", json_get_span(one, "device_id"));
	row_span(row, "name", json_get_span(one, "name"));
	row_str(row, "for", what ? what : json_get_str(one, "for"));
	if (json_get_str(one, "token")) {
		const char *url = json_get_str(one, "whip");
		row_str(row, "url", url ? url : json_get_str(one, "whep"));
		row_str(row, "token", json_get_str(one, "token"));
	} else {
		json_object_set_new(row, "seen_ts", seen ? json_integer(seen) : json_null());
	}
	return fn(row, arg);
}

int program_token_add(struct client *c, const char *room_id, bool listen, const char *name,
		      client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	const char *what = listen ? "listen" : "speak";
	int rc = ask(c, request_live_token_add(room_id, what, name), &reply, err);
	if (!rc && !json_get_str(reply, "token"))
		rc = err_set(err, ERR_PROTOCOL, _("the server gave no token"));
	if (!rc && name)
		json_object_set_new(reply, "name", json_string(name));
	return rc ? rc : tell(reply, what, fn, arg);
}

int program_token_list(struct client *c, const char *room_id, client_row_fn *fn, void *arg,
		       struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *one;
	int rc = ask(c, request_live_token_list(room_id), &reply, err);
	json_array_foreach (json_get_array(reply, "tokens"), i, one)
		if (!rc)
			rc = tell(one, NULL, fn, arg);
	return rc;
}

int program_token_remove(struct client *c, const char *room_id, const char *device_id,
			 client_row_fn *fn, void *arg, struct err *err)
{
	int rc = ask(c, request_live_token_remove(room_id, device_id), NULL, err);
	JSON_AUTO json_t *row = json_pack("{s:s}", "device_id", device_id);
	return rc ? rc : fn(row, arg);
}
