#include "core/client/complete.h"

#include "core/base/i18n.h"
#include "core/client/account.h"
#include "core/client/config.h"
#include "core/client/meet/meet.h"
#include "core/client/rooms.h"

#include <string.h>

static int put(const char *value, const char *what, client_row_fn *fn, void *arg)
{
	JSON_AUTO json_t *row = json_object();
	json_object_set_new(row, "value", json_string(value));
	json_object_set_new(row, "what", json_string(what));
	return fn(row, arg);
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static int settings(const char *prefix, client_row_fn *fn, void *arg)
{
	int rc = 0;
	for (const struct config_row *r = config_rows(); r->key && !rc; r++)
		if (starts(r->key, prefix))
			rc = put(r->key, _(r->what), fn, arg);
	return rc;
}

static int verbs(const struct command_set *set, const char *prefix, client_row_fn *fn, void *arg)
{
	int rc = 0;
	for (const struct command *const *c = set->commands; *c && !rc; c++)
		if (!(*c)->hidden && starts((*c)->name, prefix))
			rc = put((*c)->name, _((*c)->summary), fn, arg);
	return rc;
}

static int accounts(const char *prefix, client_row_fn *fn, void *arg)
{
	char **names;
	int rc = 0;
	if (account_names(&names, NULL))
		return 0;
	for (char **n = names; *n && !rc; n++)
		if (starts(*n, prefix))
			rc = put(*n, "", fn, arg);
	account_names_free(names);
	return rc;
}

int names_complete(const struct command_set *set, enum command_kind kind, struct client *c,
		   const char *prefix, client_row_fn *fn, void *arg)
{
	switch (kind) {
	case KIND_SETTING:
		return settings(prefix, fn, arg);
	case KIND_VERB:
		return verbs(set, prefix, fn, arg);
	case KIND_ACCOUNT:
		return accounts(prefix, fn, arg);
	case KIND_ROOM:
		return c ? room_complete(c, prefix, fn, arg) : 0;
	case KIND_USER:
		return c ? user_complete(c, prefix, fn, arg) : 0;
	case KIND_MEETING:
		return c ? meeting_complete(c, prefix, fn, arg) : 0;
	default:
		return 0;
	}
}
