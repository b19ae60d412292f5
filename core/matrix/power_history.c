#include "core/matrix/power_history.h"

#include "core/base/mem.h"

#include <string.h>

struct change {
	char *id;
	int64_t ts;
	json_t *levels, *replaced; /* contents; `replaced` NULL: not said */
};

struct power_history {
	json_t *create; /* content, or NULL */
	char *creator;
	struct change *v; /* in order */
	size_t n, size;
	bool before_known;
	json_t *before;
};

struct power_history *power_history_new(void)
{
	return NEW(struct power_history);
}

void power_history_free(struct power_history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++) {
		mem_free(h->v[i].id);
		json_decref(h->v[i].levels);
		json_decref(h->v[i].replaced);
	}
	mem_free(h->v);
	json_decref(h->create);
	json_decref(h->before);
	mem_free(h->creator);
	mem_free(h);
}

static int compare(const struct change *c, int64_t ts, const char *id)
{
	return c->ts != ts ? (c->ts < ts ? -1 : 1) : strcmp(c->id, id);
}

static void add_change(struct power_history *h, const struct mx_event *ev)
{
	size_t at = h->n;
	while (at > 0 && compare(&h->v[at - 1], ev->ts, ev->event_id) > 0)
		at--;
	if (h->n == POWER_HISTORY_MAX ||
	    (at > 0 && compare(&h->v[at - 1], ev->ts, ev->event_id) == 0))
		return;
	if (h->n == h->size) {
		h->size = h->size ? h->size * 2 : 8;
		h->v = mem_realloc_array(h->v, h->size, sizeof(*h->v));
	}
	memmove(h->v + at + 1, h->v + at, (h->n - at) * sizeof(*h->v));
	h->v[at] = (struct change){mem_strdup(ev->event_id), ev->ts, json_incref(ev->content),
				   ev->prev_content ? json_incref(ev->prev_content) : NULL};
	h->n++;
}

bool power_history_event(struct power_history *h, const struct mx_event *ev)
{
	if (!ev->state_key || *ev->state_key || !ev->event_id || !ev->sender)
		return false;
	if (strcmp(ev->type, "m.room.power_levels") == 0) {
		add_change(h, ev);
		return true;
	}
	if (strcmp(ev->type, "m.room.create") != 0)
		return false;
	if (!h->create) {
		h->create = json_incref(ev->content);
		h->creator = mem_strdup(ev->sender);
	}
	return true;
}

void power_history_before(struct power_history *h, const json_t *levels)
{
	json_decref(h->before);
	h->before = levels ? json_incref((json_t *)levels) : NULL;
	h->before_known = true;
}

int64_t power_history_first_ms(const struct power_history *h)
{
	return h->n ? h->v[0].ts : INT64_MAX;
}

bool power_history_is_empty(const struct power_history *h)
{
	return !h->n && !h->create && !h->before_known;
}

static const json_t *earliest(const struct power_history *h)
{
	if (h->before_known || h->n == 0)
		return h->before;
	return h->v[0].replaced ? h->v[0].replaced : h->v[0].levels;
}

void power_history_at(const struct power_history *h, int64_t ts, const char *id, struct power *ret)
{
	const json_t *levels = NULL;
	size_t i = h->n;
	while (i > 0 && compare(&h->v[i - 1], ts, id) >= 0)
		i--;
	levels = i > 0 ? h->v[i - 1].levels : earliest(h);
	power_init(ret, levels, h->create, h->creator);
}

bool power_history_staff(const struct power_history *h, const char *user, int64_t ts,
			 const char *id)
{
	AUTO(power_done) struct power p;
	power_history_at(h, ts, id, &p);
	return power_of_user(&p, user) >= POWER_STAFF;
}
