#include "core/client/devices.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/client/token.h"
#include "core/client/uia.h"
#include "core/client/util.h"

int client_device_list(struct client *c, client_row_fn *fn, void *arg, struct err *err)
{
	JSON_AUTO json_t *reply = NULL;
	size_t i;
	json_t *one;
	int rc = session_do(client_session(c), request_devices(), &reply, err);
	json_array_foreach (json_get_array(reply, "devices"), i, one) {
		const char *id = json_get_str(one, "device_id");
		int64_t seen = json_get_i64(one, "last_seen_ts", 0);
		if (!id || rc)
			continue;
		JSON_AUTO json_t *row = json_object();
		row_str(row, "device_id", id);
		row_span(row, "name", json_get_span(one, "display_name"));
		json_object_set_new(row, "last_seen_ts", seen ? json_integer(seen) : json_null());
		row_span(row, "last_seen_ip", json_get_span(one, "last_seen_ip"));
		row_bool(row, "current", strcmp(id, client_account(c)->device_id) == 0);
		rc = fn(row, arg);
	}
	return rc;
}

int client_device_rename(struct client *c, const char *device_id, const char *name, struct err *err)
{
	return session_do(client_session(c), request_device_rename(device_id, name), NULL, err);
}

static struct request make_remove(const json_t *auth, const void *what)
{
	return request_device_delete(what, auth);
}

int client_device_remove(struct client *c, const char *device_id, client_password_fn *password,
			 void *arg, struct err *err)
{
	if (strcmp(device_id, client_account(c)->device_id) == 0) {
		err_set(err, ERR_USAGE, _("%s is the device that you are using"), device_id);
		err_hint(err, "muster logout");
		return ERR_USAGE;
	}
	return uia_run(c, make_remove, device_id, password, arg, err);
}

struct change {
	const char *password;
	bool logout;
};

static struct request make_password(const json_t *auth, const void *what)
{
	const struct change *ch = what;
	return request_password(ch->password, ch->logout, auth);
}

int client_password(struct client *c, const char *new_password, bool logout_others,
		    client_password_fn *password, void *arg, struct err *err)
{
	struct change ch = {new_password, logout_others};
	return uia_run(c, make_password, &ch, password, arg, err);
}

static struct request make_deactivate(const json_t *auth, const void *what)
{
	return request_deactivate(*(const bool *)what, auth);
}

int client_deactivate(struct client *c, bool erase, client_password_fn *password, void *arg,
		      struct err *err)
{
	static const struct secrets none;
	int rc = uia_run(c, make_deactivate, &erase, password, arg, err);
	return rc ? rc : token_replace(client_account(c), &none, err);
}

int client_report(struct client *c, const char *room_id, const char *event_id, const char *reason,
		  struct err *err)
{
	return session_do(client_session(c), request_report(room_id, event_id, reason), NULL, err);
}

int client_report_user(struct client *c, const char *user_id, const char *reason, struct err *err)
{
	return session_do(client_session(c), request_report_user(user_id, reason), NULL, err);
}
