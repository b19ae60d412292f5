#include "server/sfu/loudest.h"

#define ONE_DB 256
#define SILENCE 127

void loudest_init(struct loudest *l, int n)
{
	*l = (struct loudest){.n = n < 1 ? 1 : n > LOUDEST_MAX ? LOUDEST_MAX : n};
}

void loudest_voice_init(struct loudest_voice *v)
{
	*v = (struct loudest_voice){
		.slot = -1,
		.loud = INT64_MIN,
		.since = INT64_MIN,
		.rivals = INT64_MIN,
	};
}

unsigned loudest_of(const struct loudest_level *p, bool *ret_speech)
{
	unsigned dbov = p->dbov > SILENCE ? SILENCE : p->dbov;
	if (!p->known)
		dbov = p->payload <= LOUDEST_DTX_BYTES ? SILENCE : LOUDEST_UNTOLD_DBOV;
	/* Who calls it voice may be a little quieter. */
	*ret_speech = dbov <= LOUDEST_SPEECH_DBOV + (p->known && p->voice ? LOUDEST_MARGIN_DB : 0);
	return SILENCE - dbov;
}

static bool silent(const struct loudest_voice *v, int64_t now)
{
	return v->loud == INT64_MIN || now - v->loud > LOUDEST_HANGOVER_MS;
}

/* Whose slot would be given away first: who has been silent longest, then who is least loud. */
static struct loudest_voice *weakest(const struct loudest *l, int64_t now)
{
	struct loudest_voice *w = l->slots[0];
	for (int i = 1; i < l->n; i++) {
		struct loudest_voice *v = l->slots[i];
		bool vs = silent(v, now), ws = silent(w, now);
		if (vs != ws ? vs : vs ? v->loud < w->loud : v->level < w->level)
			w = v;
	}
	return w;
}

static void enter(struct loudest *l, struct loudest_voice *v, int slot, int64_t now)
{
	l->slots[slot] = v;
	v->slot = slot;
	v->since = now;
	v->rivals = INT64_MIN;
}

static void replace(struct loudest *l, struct loudest_voice *v, struct loudest_voice *w,
		    int64_t now)
{
	int slot = w->slot;
	w->slot = -1;
	w->rivals = INT64_MIN;
	enter(l, v, slot, now);
}

/* All slots are taken: may `v`, which speaks, have one? */
static bool contest(struct loudest *l, struct loudest_voice *v, int64_t now)
{
	struct loudest_voice *w = weakest(l, now);
	if (!silent(w, now)) {
		if (v->level < w->level + LOUDEST_MARGIN_DB * ONE_DB) {
			v->rivals = INT64_MIN;
			return false;
		}
		if (v->rivals == INT64_MIN)
			v->rivals = now;
		if (now - v->rivals < LOUDEST_RIVAL_MS || now - w->since < LOUDEST_HOLD_MS)
			return false;
	}
	replace(l, v, w, now);
	return true;
}

/* How loud somebody is does not fall in the pauses between words. */
static void speak(struct loudest_voice *v, int32_t level, int64_t now)
{
	if (silent(v, now))
		v->level = 0;
	v->level += (level - v->level) / (level > v->level ? 4 : 16);
	v->loud = now;
}

bool loudest_packet(struct loudest *l, struct loudest_voice *v, int64_t now,
		    const struct loudest_level *p)
{
	bool speech;
	int32_t level = (int32_t)loudest_of(p, &speech) * ONE_DB;
	if (speech)
		speak(v, level, now);
	if (v->slot >= 0)
		return true;
	for (int i = 0; i < l->n; i++) {
		if (!l->slots[i]) {
			enter(l, v, i, now);
			return true;
		}
	}
	if (!speech) {
		v->rivals = INT64_MIN;
		return false;
	}
	return contest(l, v, now);
}

void loudest_leave(struct loudest *l, struct loudest_voice *v)
{
	if (v->slot >= 0)
		l->slots[v->slot] = NULL;
	loudest_voice_init(v);
}
