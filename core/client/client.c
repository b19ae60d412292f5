#include "core/client/client.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/session.h"
#include "core/client/util.h"
#include "core/store/store.h"

#include <limits.h>

struct client {
	struct account *account;
	struct session *session;
	struct store *store;
	struct loop *loop;
	char *ca_file;
	bool stay, kept;
	int64_t deadline_ms;  /* clock_mono_ms; 0: none */
	const int *cancelled; /* of client_begin; NULL: nobody cancels */
};

int client_open(const struct client_options *opt, struct client **ret, struct err *err)
{
	struct client *c = NEW(struct client);
	int rc = account_load(opt->account, &c->account, err);
	if (rc) {
		client_close(c);
		return rc;
	}
	c->loop = opt->loop;
	c->ca_file = mem_strdup(opt->ca_file);
	c->stay = opt->stay;
	c->kept = opt->kept;
	c->deadline_ms = opt->timeout_ms ? clock_mono_ms() + opt->timeout_ms : 0;
	c->session = session_new(opt->loop, c->account, NULL, opt->ca_file);
	session_set_deadline(c->session, c->deadline_ms);
	session_set_offline_flag(c->session, opt->offline);
	*ret = c;
	return 0;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	session_free(c->session);
	store_close(c->store);
	account_free(c->account);
	mem_free(c->ca_file);
	mem_free(c);
}

const struct account *client_account(const struct client *c)
{
	return c->account;
}

struct session *client_session(struct client *c)
{
	return c->session;
}

int client_store(struct client *c, struct store **ret, struct err *err)
{
	if (!c->store) {
		AUTO_FREE char *path = account_path(c->account, "cache.db");
		int rc = store_open(path, &c->store, err);
		if (rc)
			return rc;
	}
	*ret = c->store;
	return 0;
}

const char *client_ca_file(const struct client *c)
{
	return c->ca_file;
}

bool client_stays(const struct client *c)
{
	return c->stay;
}

bool client_is_kept(const struct client *c)
{
	return c->kept;
}

struct loop *client_loop(struct client *c)
{
	return c->loop;
}

static bool is_cancelled(const struct client *c)
{
	return c->cancelled && __atomic_load_n(c->cancelled, __ATOMIC_RELAXED) != 0;
}

void client_begin(struct client *c, int timeout_ms, const int *cancel)
{
	c->deadline_ms = timeout_ms ? clock_mono_ms() + timeout_ms : 0;
	c->cancelled = cancel;
	session_set_deadline(c->session, c->deadline_ms);
	session_set_cancel_flag(c->session, c->cancelled);
}

int client_time_left_ms(const struct client *c)
{
	if (is_cancelled(c))
		return 0;
	if (!c->deadline_ms)
		return -1;
	int64_t left = c->deadline_ms - clock_mono_ms();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

void client_give_time(struct client *c, int64_t ms)
{
	if (!c->deadline_ms)
		return;
	c->deadline_ms += ms;
	session_set_deadline(c->session, c->deadline_ms);
}

int64_t client_limit(struct client *c, int64_t ms)
{
	int64_t before = c->deadline_ms, end = clock_mono_ms() + (ms > 0 ? ms : 1);
	if (!before || end < before)
		c->deadline_ms = end;
	session_set_deadline(c->session, c->deadline_ms);
	return before;
}

void client_unlimit(struct client *c, int64_t before)
{
	c->deadline_ms = before;
	session_set_deadline(c->session, before);
}

int client_check_time(const struct client *c, struct err *err)
{
	if (is_cancelled(c))
		return err_set(err, ERR_CANCELLED, _("stopped before it was done"));
	if (client_time_left_ms(c) == 0)
		return err_set(err, ERR_CANCELLED, _("the time limit was reached"));
	return 0;
}
