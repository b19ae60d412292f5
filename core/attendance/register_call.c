/* Who was in the call: every device is followed from event to event (register.h, "Who was there"). */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define TRACKS_MAX 256 /* of one person: each sticky membership has a key of its own */

/* A device by one of its two keys, or one that only observers speak of. */
struct track {
	uint32_t user, key, device;
	bool sticky, observed_only;
	uint32_t next; /* of the same person */
};

enum step_word { STEP_JOIN, STEP_CONTINUE, STEP_LEAVE, STEP_ROOM, STEP_SEEN, STEP_GONE };

/* `track` is a person where it is for all of theirs. */
struct step {
	uint32_t track;
	int64_t t;
	enum step_word word;
	const struct item *it;
};

struct steps {
	struct step *v;
	size_t n, size;
};

struct work {
	struct view *w;
	struct call_person *people;
	struct track *tracks;
	size_t n_tracks, tracks_size;
	uint32_t *first;    /* of each person: their first track, or NOBODY */
	uint16_t *n_keys;   /* of each person: how many tracks */
	struct steps steps; /* of one track each */
	struct steps alls;  /* of all that a person has: one step, however many there are */
};

/* -- Tracks ----------------------------------------------------------------------------- */

/* NOBODY when there are too many of one person: whoever makes them up only harms themself. */
static uint32_t add_track(struct work *k, struct track t, uint32_t sender)
{
	if (k->n_keys[t.user] == TRACKS_MAX) {
		json_t *note = reg_view_count(k->w, "too_many_devices", sender);
		json_object_set_new(note, "max", json_integer(TRACKS_MAX));
		return NOBODY;
	}
	k->n_keys[t.user]++;
	if (k->n_tracks == k->tracks_size) {
		k->tracks_size *= 2;
		k->tracks = mem_realloc_array(k->tracks, k->tracks_size, sizeof(*k->tracks));
	}
	t.next = k->first[t.user];
	k->first[t.user] = (uint32_t)k->n_tracks;
	k->tracks[k->n_tracks] = t;
	return (uint32_t)k->n_tracks++;
}

static uint32_t track_by_key(struct work *k, const struct rec *r)
{
	uint32_t i = k->first[r->sender];
	while (i != NOBODY && (k->tracks[i].observed_only || k->tracks[i].key != r->key ||
			       k->tracks[i].sticky != r->sticky))
		i = k->tracks[i].next;
	if (i != NOBODY)
		return i;
	struct track t = {r->sender, r->key, NOBODY, r->sticky, false, NOBODY};
	return add_track(k, t, r->sender);
}

static void add_step(struct steps *s, uint32_t track, int64_t t, enum step_word word,
		     const struct item *it)
{
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 256;
		s->v = mem_realloc_array(s->v, s->size, sizeof(*s->v));
	}
	s->v[s->n++] = (struct step){track, t, word, it};
}

/* -- From events to steps ------------------------------------------------------------------ */

static bool in_time(const struct work *k, int64_t t)
{
	return t >= k->w->start - REGISTER_LEAD_MS && t < k->w->end;
}

/* Something is known of a person at this time: a hole before it says no more than until then. */
static void sign(struct work *k, uint32_t user, int64_t t)
{
	const struct periods *holes = &k->w->missing;
	int64_t *next = k->people[user].next;
	for (size_t h = 0; h < holes->n; h++)
		if (t >= holes->v[h].to && t < next[h])
			next[h] = t;
}

static void take_call(struct work *k, const struct item *it)
{
	const struct rec *r = it->r;
	bool foreign = r->word == CALL_FOREIGN && !(r->sticky && it->redacted);
	reg_view_use(k->w, it);
	if (foreign) {
		reg_view_count(k->w, "foreign_member", r->sender);
		return;
	}
	sign(k, r->sender, r->ts);
	if (it->redacted && it->redactor != r->sender && !k->people[r->sender].redacted)
		k->people[r->sender].redacted = (struct item *)it;
	if ((it->redacted && r->sticky) || r->key == NOBODY)
		return; /* no key: see take_keyless */
	if (!it->redacted && r->word == CALL_MALFORMED)
		reg_view_count(k->w, "malformed_member", r->sender);
	uint32_t track = track_by_key(k, r);
	if (track == NOBODY)
		return;
	bool here = !it->redacted && r->word == CALL_HERE;
	if (here)
		k->tracks[track].device = r->device;
	add_step(&k->steps, track, r->ts,
		 !here		? STEP_LEAVE
		 : r->continues ? STEP_CONTINUE
				: STEP_JOIN,
		 it);
}

/* A sticky event whose content is gone, and with it its key: a leave of all that person's keys. */
static void take_keyless(struct work *k, const struct item *it)
{
	if (it->redacted && it->r->sticky)
		add_step(&k->alls, it->r->sender, it->r->ts, STEP_LEAVE, it);
}

/* An observer's word is for each key of that device. */
static void take_seen(struct work *k, const struct item *it)
{
	const struct rec *r = it->r;
	enum step_word word = r->gone ? STEP_GONE : STEP_SEEN;
	bool found = false;
	reg_view_use(k->w, it);
	sign(k, r->user, r->at);
	for (uint32_t i = k->first[r->user]; i != NOBODY; i = k->tracks[i].next) {
		const struct track *t = &k->tracks[i];
		bool other = t->sticky && r->member != NOBODY && t->key != r->member;
		if (t->device != r->device || other)
			continue;
		add_step(&k->steps, i, r->at, word, it);
		found = true;
	}
	if (found)
		return;
	struct track t = {r->user, NOBODY, r->device, false, true, NOBODY};
	uint32_t track = add_track(k, t, r->user);
	if (track != NOBODY)
		add_step(&k->steps, track, r->at, word, it);
}

static void each(struct work *k, enum rec_kind kind, void (*fn)(struct work *, const struct item *))
{
	for (size_t i = 0; i < k->w->n; i++) {
		const struct item *it = &k->w->v[i];
		int64_t t = kind == REC_SEEN ? it->r->at : it->r->ts;
		if (it->r->kind == kind && in_time(k, t))
			fn(k, it);
	}
}

static void take_seen_if(struct work *k, const struct item *it)
{
	if (!it->redacted && it->r->ts < k->w->end + REGISTER_LATE_MS &&
	    reg_view_is_observer(k->w, it->r))
		take_seen(k, it);
}

static void take_room(struct work *k, const struct item *it)
{
	if (it->r->now != MEMBER_LEAVE && it->r->now != MEMBER_BAN)
		return;
	sign(k, it->r->user, it->r->ts);
	add_step(&k->alls, it->r->user, it->r->ts, STEP_ROOM, it);
}

/* -- Following one device --------------------------------------------------------------------- */

struct machine {
	struct work *k;
	struct call_person *p;
	bool open, member; /* member: a member event is in force */
	bool attested;	   /* an observer has seen this one come */
	bool departed;	   /* an observer saw it go; only a join brings it back */
	bool was_there;
	int64_t since, expires;
	size_t last; /* place of the period that a departure ended */
	int64_t departed_at;
};

static void begin(struct machine *m, int64_t t)
{
	m->open = true;
	m->since = t;
}

static void end(struct machine *m, int64_t t, enum ended_by by, bool stopped)
{
	if (!m->open)
		return;
	bool inferred = by >= ENDED_DEPARTURE && !(by == ENDED_END && m->attested);
	m->was_there |= t > m->since && t > m->k->w->start;
	m->last = m->p->there.n;
	m->departed_at = t;
	reg_periods_add(&m->p->there, (struct period){m->since, t, by, inferred, stopped});
	m->open = false;
	m->attested = false;
}

static void step_member(struct machine *m, const struct step *s)
{
	bool joins = s->word == STEP_JOIN;
	if (m->open && m->member && joins) {
		m->p->rejoined += !s->it->r->sticky; /* those do not say that they go on */
		end(m, s->t, ENDED_NEXT_JOIN, false);
	}
	m->expires = s->it->r->expires_ms;
	m->member = true;
	if (!m->open && (joins || !m->departed)) {
		begin(m, s->t);
		m->departed = false;
	}
}

static void step_seen(struct machine *m, const struct step *s)
{
	m->p->observed = true;
	if (s->word == STEP_SEEN) {
		if (!m->open)
			begin(m, s->t);
		m->attested = true;
		m->departed = false;
	} else if (m->open) {
		end(m, s->t, ENDED_DEPARTURE, s->it->r->stopped);
		m->departed = true;
	}
}

/* Servers see connections end before they hear of it: the person's own word right after says why. */
static void confirm(struct machine *m, int64_t t)
{
	if (!m->departed || t - m->departed_at > REGISTER_CONFIRM_MS || m->last >= m->p->there.n)
		return;
	m->p->there.v[m->last].inferred = false;
	m->p->there.v[m->last].by = ENDED_LEAVE;
}

static void expire(struct machine *m, int64_t t)
{
	if (!m->member || m->expires > t)
		return;
	if (m->open)
		end(m, m->expires > m->since ? m->expires : m->since, ENDED_EXPIRY, false);
	m->member = m->departed = false;
}

static void step(struct machine *m, const struct step *s)
{
	expire(m, s->t);
	if (s->word == STEP_JOIN || s->word == STEP_CONTINUE) {
		step_member(m, s);
	} else if (s->word == STEP_SEEN || s->word == STEP_GONE) {
		step_seen(m, s);
	} else {
		confirm(m, s->t);
		end(m, s->t, s->word == STEP_ROOM ? ENDED_ROOM : ENDED_LEAVE, false);
		m->member = m->departed = false;
	}
}

static int by_time(const struct step *x, const struct step *y)
{
	int by = (x->t > y->t) - (x->t < y->t);
	return by ? by : strcmp(x->it->r->event_id, y->it->r->event_id);
}

static int by_track(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	return by_time(x, y);
}

/* Where the steps of this track, or person, begin. */
static size_t steps_of(const struct steps *s, uint32_t track)
{
	size_t low = 0, high = s->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (s->v[mid].track < track)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A sticky event that lost its key is a leave of sticky ones alone. */
static bool is_for(const struct step *s, const struct track *t)
{
	return s->word != STEP_LEAVE || t->sticky;
}

/* Its own steps, and among them by time those of all that the person has. */
static void follow(struct work *k, const struct step *s, size_t n)
{
	const struct track *t = &k->tracks[s->track];
	const struct steps *alls = &k->alls;
	struct machine m = {.k = k, .p = &k->people[t->user]};
	size_t j = steps_of(alls, t->user);
	for (size_t i = 0; i <= n; i++) {
		for (; j < alls->n && alls->v[j].track == t->user &&
		       (i == n || by_time(&alls->v[j], &s[i]) < 0);
		     j++)
			if (is_for(&alls->v[j], t))
				step(&m, &alls->v[j]);
		if (i < n)
			step(&m, &s[i]);
	}
	expire(&m, k->w->end);
	end(&m, k->w->end, ENDED_END, false);
	m.p->devices += m.was_there;
}

/* -- All of it ---------------------------------------------------------------------------------- */

static void init_people(struct work *k, size_t n)
{
	size_t holes = k->w->missing.n;
	k->people = mem_alloc((n + 1) * sizeof(*k->people));
	k->first = mem_realloc_array(NULL, n + 1, sizeof(*k->first));
	k->n_keys = mem_alloc((n + 1) * sizeof(*k->n_keys));
	for (size_t i = 0; i < n; i++) {
		k->first[i] = NOBODY;
		k->people[i].next = holes ? mem_realloc_array(NULL, holes, sizeof(int64_t)) : NULL;
		for (size_t h = 0; h < holes; h++)
			k->people[i].next[h] = INT64_MAX;
	}
}

static void sort(struct steps *s)
{
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_track);
}

static void run(struct work *k)
{
	const struct steps *s = &k->steps;
	size_t from = 0;
	sort(&k->steps);
	sort(&k->alls);
	for (size_t i = 1; i <= s->n; i++) {
		if (i < s->n && s->v[i].track == s->v[from].track)
			continue;
		follow(k, &s->v[from], i - from);
		from = i;
	}
}

static void take_all(struct work *k)
{
	each(k, REC_CALL, take_call);
	each(k, REC_CALL, take_keyless);
	each(k, REC_SEEN, take_seen_if);
	each(k, REC_ROOM, take_room);
}

struct call_person *reg_call_work_out(struct view *w)
{
	struct work k = {.w = w, .tracks_size = 64};
	size_t n = w->in->users->n;
	k.tracks = mem_realloc_array(NULL, k.tracks_size, sizeof(*k.tracks));
	init_people(&k, n);
	if (!w->t.l->roll_id)
		take_all(&k);
	run(&k);
	for (size_t i = 0; i < n; i++)
		reg_periods_join(&k.people[i].there);
	mem_free(k.tracks);
	mem_free(k.steps.v);
	mem_free(k.alls.v);
	mem_free(k.first);
	mem_free(k.n_keys);
	return k.people;
}

void reg_call_free(struct call_person *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		reg_periods_done(&v[i].there);
		mem_free(v[i].next);
	}
	mem_free(v);
}
