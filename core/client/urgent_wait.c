/* Who has read an urgent message: told as they do. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/timeline.h"
#include "core/client/urgent.h"
#include "core/client/util.h"

#include <string.h>
#include <time.h>

#define LOOK_MS 1000	   /* how often it is looked at first ... */
#define LOOK_LATER_MS 5000 /* ... and after a minute */
#define NAP_MS 100

struct watch {
	const char *event_id;
	const char *const *users;
	json_t *told; /* user id: has been told as read */
	size_t n, n_read;
	bool last; /* tell those, too, who have not read it */
	client_row_fn *fn;
	void *arg;
};

static bool is_named(const struct watch *w, const char *user)
{
	for (const char *const *u = w->users; *u; u++)
		if (user && strcmp(*u, user) == 0)
			return true;
	return false;
}

static int on_row(json_t *row, void *arg)
{
	struct watch *w = arg;
	const char *user = json_get_str(row, "user_id");
	bool read = json_get_bool(row, "read", false);
	if (!is_named(w, user) || json_object_get(w->told, user) || (!read && !w->last))
		return 0;
	json_object_set_new(w->told, user, json_true());
	w->n_read += read;
	json_object_set_new(row, "event_id", json_string(w->event_id));
	return w->fn(row, w->arg);
}

static size_t count(const char *const *users)
{
	size_t n = 0;
	while (users[n])
		n++;
	return n;
}

/* Until it is time to look again, or the caller's time is over. */
static int nap(struct client *c, int ms, int64_t until_ms, struct err *err)
{
	int64_t end = clock_mono_ms() + ms;
	int rc = 0;
	while (!rc && clock_mono_ms() < end && (!until_ms || clock_mono_ms() < until_ms)) {
		struct timespec t = {0, NAP_MS * 1000000L};
		nanosleep(&t, NULL);
		rc = client_check_time(c, err);
	}
	return rc;
}

/* A network that comes and goes ends no waiting. */
static bool goes_on(int rc)
{
	return rc == 0 || rc == ERR_NETWORK || rc == ERR_LIMITED;
}

int client_urgent_wait(struct client *c, const char *room_id, const char *event_id,
		       const char *const *users, int64_t until_ms, client_row_fn *fn, void *arg,
		       struct err *err)
{
	JSON_AUTO json_t *told = json_object();
	struct watch w = {
		.event_id = event_id,
		.users = users,
		.told = told,
		.n = count(users),
		.fn = fn,
		.arg = arg,
	};
	int64_t began = clock_mono_ms();
	int rc = client_receipts(c, room_id, event_id, on_row, &w, err);
	while (goes_on(rc) && w.n_read < w.n && (!until_ms || clock_mono_ms() < until_ms)) {
		rc = nap(c, clock_mono_ms() - began < 60000 ? LOOK_MS : LOOK_LATER_MS, until_ms,
			 err);
		if (!rc)
			rc = client_receipts(c, room_id, event_id, on_row, &w, err);
	}
	if (!goes_on(rc) || w.n_read == w.n)
		return goes_on(rc) ? 0 : rc;
	w.last = true;
	rc = client_receipts(c, room_id, event_id, on_row, &w, err);
	if (rc)
		return rc;
	rc = err_set(err, ERR_PENDING, _("%zu of %zu have not read it"), w.n - w.n_read, w.n);
	err_hint(err, "muster receipts %s %s", room_id, event_id);
	return rc;
}
