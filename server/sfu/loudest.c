#include "server/sfu/loudest.h"

#define ONE_DB 256
#define SILENCE 127
#define GAP_MS 40 /* between packets, before a voice fades */

void loudest_init(struct loudest *l, int n)
{
	*l = (struct loudest){.n = n < 1 ? 1 : n > LOUDEST_MAX ? LOUDEST_MAX : n};
}

void loudest_voice_init(struct loudest_voice *v)
{
	*v = (struct loudest_voice){
		.slot = -1,
		.heard = INT64_MIN,
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

/* Level now, of a voice that may have sent nothing for a while. */
static int32_t level_at(const struct loudest_voice *v, int64_t now)
{
	if (v->heard == INT64_MIN)
		return 0;
	int64_t quiet = now - v->heard - GAP_MS;
	if (quiet <= 0)
		return v->level;
	int64_t left = v->level - quiet * LOUDEST_FADE_DB_PER_S * ONE_DB / 1000;
	return left > 0 ? (int32_t)left : 0;
}

static bool silent(const struct loudest_voice *v, int64_t now)
{
	return v->loud == INT64_MIN || now - v->loud > LOUDEST_HANGOVER_MS;
}

/* Whose slot would be given away first: who has been silent, then who is least loud. */
static struct loudest_voice *weakest(const struct loudest *l, int64_t now)
{
	struct loudest_voice *w = l->slots[0];
	for (int i = 1; i < l->n; i++) {
		struct loudest_voice *v = l->slots[i];
		bool vs = silent(v, now), ws = silent(w, now);
		if (vs != ws ? vs : level_at(v, now) < level_at(w, now))
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
		if (level_at(v, now) < level_at(w, now) + LOUDEST_MARGIN_DB * ONE_DB) {
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

bool loudest_packet(struct loudest *l, struct loudest_voice *v, int64_t now,
		    const struct loudest_level *p)
{
	bool speech;
	int32_t level = (int32_t)loudest_of(p, &speech) * ONE_DB, before = level_at(v, now);
	/* Quick to rise, slow to fall. */
	v->level = before + (level - before) / (level > before ? 4 : 16);
	v->heard = now;
	if (speech)
		v->loud = now;
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
