/* Who was in the call: every device is followed from event to event (register.h, "Who was there"). */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

/* A device by one of its two keys, or one that only observers speak of. */
struct track {
	uint32_t user, key, device;
	bool sticky, observed_only;
	uint32_t next; /* of the same person */
};

enum step_word { STEP_JOIN, STEP_CONTINUE, STEP_LEAVE, STEP_ROOM, STEP_SEEN, STEP_GONE };

struct step {
	uint32_t track;
	int64_t t;
	enum step_word word;
	const struct item *it;
};

struct work {
	struct view *w;
	struct call_person *people;
	struct track *tracks;
	size_t n_tracks, tracks_size;
	uint32_t *first; /* of each person: their first track, or NOBODY */
	struct step *steps;
	size_t n_steps, steps_size;
};

/* -- Tracks ----------------------------------------------------------------------------- */

static uint32_t add_track(struct work *k, struct track t)
{
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
	return i != NOBODY ? i
			   : add_track(k, (struct track){r->sender, r->key, NOBODY, r->sticky,
							 false, NOBODY});
}

static void add_step(struct work *k, uint32_t track, int64_t t, enum step_word word,
		     const struct item *it)
{
	if (k->n_steps == k->steps_size) {
		k->steps_size = k->steps_size ? k->steps_size * 2 : 256;
		k->steps = mem_realloc_array(k->steps, k->steps_size, sizeof(*k->steps));
	}
	k->steps[k->n_steps++] = (struct step){track, t, word, it};
}

static void add_step_to_all(struct work *k, uint32_t user, bool sticky_only, enum step_word word,
			    const struct item *it)
{
	for (uint32_t i = k->first[user]; i != NOBODY; i = k->tracks[i].next)
		if (!sticky_only || k->tracks[i].sticky)
			add_step(k, i, it->r->ts, word, it);
}

/* -- From events to steps ------------------------------------------------------------------ */

static bool in_time(const struct work *k, int64_t t)
{
	return t >= k->w->start - REGISTER_LEAD_MS && t < k->w->end;
}

/* {code, sender, count}: one for each sender. */
static void count_note(struct work *k, const char *code, uint32_t sender)
{
	const char *who = k->w->in->users.v[sender];
	size_t i;
	json_t *note;
	json_array_foreach (k->w->notes, i, note) {
		if (strcmp(json_get_str(note, "code"), code) != 0 ||
		    strcmp(json_get_str(note, "sender"), who) != 0)
			continue;
		json_object_set_new(note, "count",
				    json_integer(json_get_i64(note, "count", 0) + 1));
		return;
	}
	reg_view_note(k->w, json_pack("{s:s,s:s,s:i}", "code", code, "sender", who, "count", 1));
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
		count_note(k, "foreign_member", r->sender);
		return;
	}
	sign(k, r->sender, r->ts);
	if (it->redacted && it->redactor != r->sender && !k->people[r->sender].redacted)
		k->people[r->sender].redacted = (struct item *)it;
	if ((it->redacted && r->sticky) || r->key == NOBODY)
		return; /* no key: see take_keyless */
	if (!it->redacted && r->word == CALL_MALFORMED)
		count_note(k, "malformed_member", r->sender);
	uint32_t track = track_by_key(k, r);
	bool here = !it->redacted && r->word == CALL_HERE;
	if (here)
		k->tracks[track].device = r->device;
	add_step(k, track, r->ts,
		 !here		? STEP_LEAVE
		 : r->continues ? STEP_CONTINUE
				: STEP_JOIN,
		 it);
}

/* A sticky event whose content is gone, and with it its key: a leave of all that person's keys. */
static void take_keyless(struct work *k, const struct item *it)
{
	if (it->redacted && it->r->sticky)
		add_step_to_all(k, it->r->sender, true, STEP_LEAVE, it);
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
		add_step(k, i, r->at, word, it);
		found = true;
	}
	if (!found)
		add_step(k,
			 add_track(k,
				   (struct track){r->user, NOBODY, r->device, false, true, NOBODY}),
			 r->at, word, it);
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
	    reg_view_is_observer(k->w, it->r->sender))
		take_seen(k, it);
}

static void take_room(struct work *k, const struct item *it)
{
	if (it->r->now != MEMBER_LEAVE && it->r->now != MEMBER_BAN)
		return;
	sign(k, it->r->user, it->r->ts);
	add_step_to_all(k, it->r->user, false, STEP_ROOM, it);
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

static void follow(struct work *k, const struct step *s, size_t n)
{
	const struct track *t = &k->tracks[s->track];
	struct machine m = {.k = k, .p = &k->people[t->user]};
	for (size_t i = 0; i < n; i++)
		step(&m, &s[i]);
	expire(&m, k->w->end);
	end(&m, k->w->end, ENDED_END, false);
	m.p->devices += m.was_there;
}

static int by_track(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	int by = (x->t > y->t) - (x->t < y->t);
	return by ? by : strcmp(x->it->r->event_id, y->it->r->event_id);
}

/* -- All of it ---------------------------------------------------------------------------------- */

static void init_people(struct work *k, size_t n)
{
	size_t holes = k->w->missing.n;
	k->people = mem_alloc((n + 1) * sizeof(*k->people));
	k->first = mem_realloc_array(NULL, n + 1, sizeof(*k->first));
	for (size_t i = 0; i < n; i++) {
		k->first[i] = NOBODY;
		k->people[i].next = holes ? mem_realloc_array(NULL, holes, sizeof(int64_t)) : NULL;
		for (size_t h = 0; h < holes; h++)
			k->people[i].next[h] = INT64_MAX;
	}
}

static void run(struct work *k)
{
	size_t from = 0;
	qsort(k->steps, k->n_steps, sizeof(*k->steps), by_track);
	for (size_t i = 1; i <= k->n_steps; i++) {
		if (i < k->n_steps && k->steps[i].track == k->steps[from].track)
			continue;
		follow(k, &k->steps[from], i - from);
		from = i;
	}
}

struct call_person *reg_call_work_out(struct view *w)
{
	struct work k = {.w = w, .tracks_size = 64};
	size_t n = w->in->users.n;
	k.tracks = mem_realloc_array(NULL, k.tracks_size, sizeof(*k.tracks));
	init_people(&k, n);
	if (!w->t.l->roll_id) {
		each(&k, REC_CALL, take_call);
		each(&k, REC_CALL, take_keyless);
		each(&k, REC_SEEN, take_seen_if);
		each(&k, REC_ROOM, take_room);
	}
	if (k.n_steps)
		run(&k);
	for (size_t i = 0; i < n; i++)
		reg_periods_join(&k.people[i].there);
	mem_free(k.tracks);
	mem_free(k.steps);
	mem_free(k.first);
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
