#include "server/accounts/accounts_impl.h"

#include "core/base/mem.h"

struct accounts *accounts_new(struct loop *l)
{
	struct accounts *a = NEW(struct accounts);
	a->sessions = session_cache_new();
	a->passwords = password_queue_new(l);
	a->limits = limits_new();
	return a;
}

void accounts_finish(struct accounts *a)
{
	password_queue_finish(a->passwords);
}

void accounts_free(struct accounts *a)
{
	if (!a)
		return;
	password_queue_free(a->passwords);
	session_cache_free(a->sessions);
	limits_free(a->limits);
	mem_free(a);
}

void accounts_on_commit(struct accounts *a, const struct db_change *changes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (changes[i].kind == CHANGE_TOKENS)
			session_cache_forget(a->sessions, changes[i].user_nid,
					     changes[i].device_nid);
}
