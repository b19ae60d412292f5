#include "core/client/admin.h"

#include "core/base/i18n.h"
#include "core/client/util.h"

int client_admin(struct client *c, const char *op, const json_t *args, json_t **ret,
		 struct err *err)
{
	struct err e = {0};
	int rc = session_do(client_session(c), request_admin(op, args), ret, &e);
	if (rc == ERR_UNSUPPORTED || (rc == ERR_NOT_FOUND && !e.errcode[0])) {
		err_set(err, ERR_UNSUPPORTED, _("%s is not a muster server"),
			session_base_url(client_session(c)));
		err_hint(err, _("accounts there are its own administrator's business"));
		return ERR_UNSUPPORTED;
	}
	if (rc && err)
		*err = e;
	return rc;
}
