#include "tests/lib/sfu_wait.h"

#include <string.h>

bool sfu_hears_enough(void *arg)
{
	const struct sfu_view *v = arg;
	const struct sfu_heard *h = sfu_client_hears(v->c, v->who);
	return h && h->packets >= v->n;
}

bool sfu_offers_track(void *arg)
{
	const struct sfu_view *v = arg;
	return sfu_client_hears(v->c, v->who) != NULL;
}

bool sfu_sees_tracks(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, v->who);
	return p && p->tracks_n == v->n;
}

bool sfu_sees_muted(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, v->who);
	return p && p->tracks_n && p->tracks[0].muted == (v->n != 0);
}

bool sfu_sees_state(void *arg)
{
	const struct sfu_view *v = arg;
	const struct lk_person *p = sfu_client_knows(v->c, v->who);
	return p && p->state == (int)v->n;
}

bool sfu_got_kind(void *arg)
{
	const struct sfu_view *v = arg;
	return sfu_client_got(v->c, v->kind, v->from);
}

bool sfu_is_closed(void *arg)
{
	return ((struct sfu_client *)arg)->closed;
}

void sfu_until_hears(struct sfu_client *c, const char *track, size_t n)
{
	struct sfu_view v = {.c = c, .who = track, .n = n};
	SFU_UNTIL(c->w, sfu_hears_enough, &v);
}

void sfu_until_offered(struct sfu_client *c, const char *track)
{
	struct sfu_view v = {.c = c, .who = track};
	SFU_UNTIL(c->w, sfu_offers_track, &v);
}

const struct lk_response *sfu_until_got(struct sfu_client *c, int kind, size_t from)
{
	struct sfu_view v = {.c = c, .kind = kind, .from = from};
	SFU_UNTIL(c->w, sfu_got_kind, &v);
	return sfu_client_got(c, kind, from);
}

/* Somebody speaks until a listener has heard something of it: then the way is there. */
static bool hears_something(void *arg)
{
	struct sfu_view *v = arg;
	struct sfu_client *from = (struct sfu_client *)(uintptr_t)v->n;
	const struct sfu_heard *h = sfu_client_hears(v->c, v->who);
	if (h && h->packets)
		return true;
	sfu_client_say(from, 20, 1);
	return false;
}

void sfu_open_way(struct sfu_client *from, struct sfu_client *to)
{
	struct sfu_view v = {.c = to, .who = from->track, .n = (size_t)(uintptr_t)from};
	SFU_UNTIL(to->w, hears_something, &v);
	/* What is still under way. */
	sfu_pass(to->w, 30);
}
