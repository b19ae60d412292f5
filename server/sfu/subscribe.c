#include "core/base/crypto.h"
#include "core/base/mem.h"
#include "server/sfu/internal.h"

#include <string.h>

/* -- What people said --------------------------------------------------------------- */

struct sfu_wish *sfu_wish_find(const struct sfu_person *p, const struct sfu_track *t)
{
	for (size_t i = 0; i < p->wishes_n; i++)
		if (p->wishes[i].track == t)
			return &p->wishes[i];
	return NULL;
}

struct sfu_wish *sfu_wish_get(struct sfu_person *p, struct sfu_track *t)
{
	struct sfu_wish *w = sfu_wish_find(p, t);
	if (w)
		return w;
	p->wishes = mem_realloc_array(p->wishes, p->wishes_n + 1, sizeof(*p->wishes));
	w = &p->wishes[p->wishes_n++];
	*w = (struct sfu_wish){.track = t};
	return w;
}

void sfu_wish_forget(struct sfu_room *r, const struct sfu_track *t)
{
	for (struct sfu_person *p = r->people; p; p = p->next) {
		struct sfu_wish *w = sfu_wish_find(p, t);
		if (w)
			*w = p->wishes[--p->wishes_n];
	}
}

bool sfu_is_for_all(const struct sfu_person *p)
{
	return p->allow_all || !p->allowed;
}

/* Does the publisher let this listener hear the track? */
static bool is_allowed(const struct sfu_track *t, const struct sfu_person *listener)
{
	const struct sfu_person *p = t->person;
	if (sfu_is_for_all(p))
		return true;
	const struct lk_subscription_permission *s = &p->allowed->subscription_permission;
	for (size_t i = 0; i < s->track_permissions_n; i++) {
		const struct lk_track_permission *e = &s->track_permissions[i];
		if (strcmp(e->participant_sid, listener->info.sid) != 0 &&
		    strcmp(e->participant_identity, listener->info.identity) != 0)
			continue;
		if (e->all_tracks)
			return true;
		for (size_t k = 0; k < e->track_sids_n; k++)
			if (!strcmp(e->track_sids[k], t->info.sid))
				return true;
	}
	return false;
}

static bool is_due(const struct sfu_person *listener, const struct sfu_track *t)
{
	if (!t->offered || t->person == listener || !listener->grant.subscribe)
		return false;
	const struct sfu_wish *w = sfu_wish_find(listener, t);
	bool wanted = w && w->said ? w->subscribe : listener->auto_subscribe;
	return wanted && is_allowed(t, listener);
}

/* -- Sections ------------------------------------------------------------------------- */

struct sfu_sub *sfu_sub_find(const struct sfu_person *listener, const struct sfu_track *t)
{
	for (size_t i = 0; i < listener->sub.sections_n; i++)
		if (listener->sub.sections[i].sub && listener->sub.sections[i].sub->track == t)
			return listener->sub.sections[i].sub;
	return NULL;
}

static size_t taken(const struct sfu_listener *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->sections_n; i++)
		n += l->sections[i].sub != NULL;
	return n;
}

/* An empty section, of old or new; -1: there is none just now. */
static int free_section(struct sfu_listener *l)
{
	for (size_t i = 0; i < l->sections_n; i++)
		if (!l->sections[i].sub && l->sections[i].resting)
			return (int)i;
	if (l->sections_n == SFU_SECTIONS_MAX)
		return -1;
	return (int)l->sections_n++;
}

static uint32_t new_ssrc(const struct sfu_listener *l)
{
	uint32_t v;
	bool known;
	do {
		crypto_random(&v, sizeof(v));
		known = v == 0 || peer_sender(l->link.peer, v);
		for (size_t i = 0; i < l->sections_n; i++)
			known |= l->sections[i].sub && l->sections[i].sub->ssrc == v;
	} while (known);
	return v;
}

static void sub_new(struct sfu_person *p, struct sfu_track *t, int section, int64_t now)
{
	struct sfu_sub *s = NEW(struct sfu_sub);
	const struct sfu_wish *w = sfu_wish_find(p, t);
	uint16_t first;
	crypto_random(&first, sizeof(first));
	*s = (struct sfu_sub){
		.listener = p,
		.track = t,
		.section = section,
		.ssrc = new_ssrc(&p->sub),
		.disabled = w && w->disabled,
		/* The lower half, so that no receiver takes the first wrap for an old packet. */
		.numbers = {.next = first & 0x7fff},
		.next = t->subs,
	};
	loudest_voice_init(&s->one);
	if (t->subs)
		t->subs->prev = s;
	t->subs = s;
	t->subs_n++;
	p->sub.sections[section].sub = s;
	p->sub.sections[section].resting = false;
	sfu_offer_due(p, now, SFU_OFFER_WAIT_MS);
}

void sfu_sub_end(struct sfu_sub *s, int64_t now)
{
	struct sfu_listener *l = &s->listener->sub;
	loudest_leave(&s->listener->one, &s->one);
	*(s->prev ? &s->prev->next : &s->track->subs) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->track->subs_n--;
	if (s->sender)
		peer_remove_sender(l->link.peer, now, s->ssrc);
	l->sections[s->section].sub = NULL;
	sfu_offer_due(s->listener, now, SFU_OFFER_WAIT_MS);
	mem_free(s);
}

/* Whoever has been silent longest makes way for who speaks now. */
static struct sfu_sub *least_recent(const struct sfu_listener *l)
{
	struct sfu_sub *found = NULL;
	for (size_t i = 0; i < l->sections_n; i++) {
		struct sfu_sub *s = l->sections[i].sub;
		if (s && s->track->voice.slot < 0 &&
		    (!found || s->track->spoke < found->track->spoke))
			found = s;
	}
	return found;
}

/* False: no section is free now. */
static bool place(struct sfu_person *p, struct sfu_track *t, int64_t now)
{
	if (taken(&p->sub) >= SFU_OFFERED_MAX)
		return false;
	int section = free_section(&p->sub);
	if (section < 0)
		return false;
	sub_new(p, t, section, now);
	return true;
}

void sfu_subscribe_one(struct sfu_person *listener, struct sfu_track *t, int64_t now)
{
	struct sfu_sub *s = sfu_sub_find(listener, t);
	bool due = is_due(listener, t);
	if (s && !due) {
		sfu_sub_end(s, now);
		s = NULL;
	} else if (!s && due) {
		if (!place(listener, t, now))
			listener->sub.lacking = true;
	}
	if (s) {
		const struct sfu_wish *w = sfu_wish_find(listener, t);
		s->disabled = w && w->disabled;
		if (s->disabled)
			loudest_leave(&listener->one, &s->one);
	}
}

void sfu_subscribe_track(struct sfu_track *t, int64_t now)
{
	for (struct sfu_person *p = t->person->room->people; p; p = p->next)
		if (p != t->person)
			sfu_subscribe_one(p, t, now);
}

void sfu_subscribe_pause(struct sfu_track *t)
{
	for (struct sfu_sub *s = t->subs; s; s = s->next)
		loudest_leave(&s->listener->one, &s->one);
}

/* Who spoke last, of those that this listener could have and has not. */
static struct sfu_track *next_best(struct sfu_person *listener)
{
	struct sfu_track *best = NULL;
	for (struct sfu_person *p = listener->room->people; p; p = p->next)
		for (size_t i = 0; i < p->pub.tracks_n; i++) {
			struct sfu_track *t = p->pub.tracks[i];
			if ((!best || t->spoke > best->spoke) && is_due(listener, t) &&
			    !sfu_sub_find(listener, t))
				best = t;
		}
	return best;
}

/* What they have and may no longer hear. */
static void end_undue(struct sfu_person *listener, int64_t now)
{
	const struct sfu_listener *l = &listener->sub;
	for (size_t i = 0; i < l->sections_n; i++) {
		struct sfu_sub *s = l->sections[i].sub;
		if (s && !is_due(listener, s->track))
			sfu_sub_end(s, now);
	}
}

void sfu_subscribe_all(struct sfu_person *listener, int64_t now)
{
	struct sfu_track *t;
	end_undue(listener, now);
	listener->sub.lacking = false;
	while ((t = next_best(listener))) {
		if (!place(listener, t, now)) {
			listener->sub.lacking = true;
			return;
		}
	}
}

void sfu_subscribe_wanted(struct sfu_track *t, int64_t now)
{
	t->wanted = false;
	for (struct sfu_person *p = t->person->room->people; p; p = p->next) {
		if (!is_due(p, t) || sfu_sub_find(p, t))
			continue;
		struct sfu_sub *victim =
			taken(&p->sub) >= SFU_OFFERED_MAX ? least_recent(&p->sub) : NULL;
		if (victim)
			sfu_sub_end(victim, now);
		place(p, t, now);
	}
}
