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

void sfu_settle(struct sfu_client *c)
{
	const struct lk_request ping = {.kind = LK_REQ_PING_REQ};
	size_t from = c->got_n;
	sfu_client_send(c, &ping);
	sfu_until_got(c, LK_RES_PONG_RESP, from);
}

struct word {
	struct sfu_world *w;
	const char *who, *what;
};

static bool is_said(void *arg)
{
	const struct word *x = arg;
	return !strcmp(sfu_presence_of(x->w, x->who), x->what);
}

void sfu_until_presence(struct sfu_world *w, const char *identity, const char *what)
{
	struct word x = {w, identity, what};
	SFU_UNTIL(w, is_said, &x);
}

struct way {
	struct sfu_client *from, *to;
	size_t packets;
	uint8_t last;
};

static bool is_open(void *arg)
{
	const struct way *y = arg;
	const struct sfu_heard *h = sfu_client_hears(y->to, y->from->track);
	if (h && h->packets > y->packets)
		return true;
	sfu_client_say(y->from, 20, y->last - 1);
	return false;
}

static bool is_all_there(void *arg)
{
	const struct way *y = arg;
	return sfu_client_hears(y->to, y->from->track)->last == y->last;
}

void sfu_open_way(struct sfu_client *from, struct sfu_client *to)
{
	static uint8_t mark;
	const struct sfu_heard *h = sfu_client_hears(to, from->track);
	/* Bytes that no test says, and other ones each time. */
	mark = mark >= 0xfe || !mark ? 0xa1 : (uint8_t)(mark + 2);
	struct way y = {from, to, h ? h->packets : 0, mark};
	SFU_UNTIL(to->w, is_open, &y);
	sfu_client_say(from, 20, y.last);
	SFU_UNTIL(to->w, is_all_there, &y);
}
