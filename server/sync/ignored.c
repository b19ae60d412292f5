#include "server/sync/ignored.h"

#include "core/base/json.h"
#include "core/base/mem.h"
#include "server/sync/account_data.h"

#include <string.h>

struct ignored {
	size_t n;
	char **ids;
};

void ignored_changed(struct hub_user *user)
{
	struct ignored *l = take(&user->ignored);
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		mem_free(l->ids[i]);
	mem_free(l->ids);
	mem_free(l);
}

static const struct ignored *list_of(struct hub *h, struct hub_user *user)
{
	if (user->ignored)
		return user->ignored;
	struct ignored *l = user->ignored = NEW(struct ignored);
	JSON_AUTO json_t *j =
		account_data_get(db_reader(h->db), user->nid, 0, "m.ignored_user_list");
	json_t *users = json_get_object(j, "ignored_users"), *v;
	const char *id;
	l->ids = mem_alloc((json_object_size(users) + 1) * sizeof(*l->ids));
	json_object_foreach (users, id, v)
		if (l->n < IGNORED_MAX)
			l->ids[l->n++] = mem_strdup(id);
	return l;
}

bool ignored_sender(struct hub *h, struct hub_user *user, const char *sender)
{
	const struct ignored *l = list_of(h, user);
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->ids[i], sender))
			return true;
	return false;
}
