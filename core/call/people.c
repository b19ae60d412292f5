#include "core/call/people.h"

#include "core/base/log.h"
#include "core/base/mem.h"

#include <string.h>

void people_init(struct people *p, people_event_fn *tell, void *arg)
{
	*p = (struct people){.tell = tell, .arg = arg};
}

static void drop_tracks(struct people_entry *e)
{
	for (size_t i = 0; i < e->tracks_n; i++)
		mem_free(e->tracks[i].sid);
	mem_free(e->tracks);
	e->tracks = NULL;
	e->tracks_n = 0;
}

static void entry_free(struct people_entry *e)
{
	drop_tracks(e);
	mem_free((char *)e->shown.identity);
	mem_free((char *)e->shown.sid);
	mem_free((char *)e->shown.name);
	mem_free(e);
}

void people_done(struct people *p)
{
	for (size_t i = 0; i < p->n; i++)
		entry_free(p->list[i]);
	mem_free(p->list);
	for (size_t i = 0; i < p->gains_n; i++)
		mem_free(p->gains[i].identity);
	mem_free(p->gains);
	*p = (struct people){0};
}

static void tell(const struct people *p, enum call_person_event what, const struct people_entry *e)
{
	p->tell(p->arg, what, &e->shown);
}

static void set_text(const char **field, const char *value)
{
	if (*field && strcmp(*field, value) == 0)
		return;
	mem_free((char *)*field);
	*field = mem_strdup(value);
}

/* -- Finding ------------------------------------------------------------------ */

static struct people_entry *by_sid(const struct people *p, const char *sid)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i]->shown.sid, sid) == 0)
			return p->list[i];
	return NULL;
}

static struct people_entry *by_identity(const struct people *p, const char *identity)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i]->shown.identity, identity) == 0)
			return p->list[i];
	return NULL;
}

static struct people_entry *self_of(const struct people *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i]->shown.self)
			return p->list[i];
	return NULL;
}

const struct call_person *people_by_sid(const struct people *p, const char *sid)
{
	const struct people_entry *e = by_sid(p, sid);
	return e ? &e->shown : NULL;
}

const struct call_person *people_by_track(const struct people *p, const char *track_sid)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->list[i]->tracks_n; k++)
			if (strcmp(p->list[i]->tracks[k].sid, track_sid) == 0)
				return &p->list[i]->shown;
	return NULL;
}

size_t people_others(const struct people *p)
{
	return p->n - (self_of(p) != NULL);
}

static void quiet(struct people *p, struct people_entry *e)
{
	if (!e->shown.speaking)
		return;
	e->shown.speaking = false;
	e->shown.level = 0;
	tell(p, CALL_PERSON_SILENT, e);
}

/* -- Coming and going --------------------------------------------------------- */

static struct people_entry *add(struct people *p, const struct lk_person *l, bool self)
{
	struct people_entry *e = NEW(struct people_entry);
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 16;
		p->list = mem_realloc_array(p->list, p->size, sizeof(struct people_entry *));
	}
	p->list[p->n++] = e;
	e->shown.self = self;
	e->shown.muted = true;
	set_text(&e->shown.sid, l->sid);
	set_text(&e->shown.identity, l->identity);
	return e;
}

static void take_out(struct people *p, struct people_entry *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i] == e)
			p->list[i] = p->list[--p->n];
	tell(p, CALL_PERSON_LEFT, e);
	entry_free(e);
}

/* True when that makes them silent or audible. */
static bool take_tracks(struct people_entry *e, const struct lk_person *l)
{
	bool was_muted = e->shown.muted;
	drop_tracks(e);
	e->shown.publishing = false;
	e->shown.muted = true;
	e->tracks = mem_alloc((l->tracks_n + 1) * sizeof(*e->tracks));
	for (size_t i = 0; i < l->tracks_n; i++) {
		const struct lk_track *t = &l->tracks[i];
		if (t->type != LK_AUDIO)
			continue;
		e->tracks[e->tracks_n++] = (struct people_track){mem_strdup(t->sid), t->muted};
		e->shown.publishing = true;
		e->shown.muted = e->shown.muted && t->muted;
	}
	return e->shown.muted != was_muted;
}

static void take_news(struct people *p, struct people_entry *e, const struct lk_person *l,
		      bool fresh)
{
	int64_t joined = l->joined_at_ms ? l->joined_at_ms : l->joined_at * 1000;
	e->version = l->version;
	e->seen = true;
	set_text(&e->shown.name, l->name);
	e->shown.joined_at_ms = joined ? joined : e->shown.joined_at_ms;
	bool changed = take_tracks(e, l);
	if (fresh)
		tell(p, CALL_PERSON_JOINED, e);
	else if (changed)
		tell(p, e->shown.muted ? CALL_PERSON_MUTED : CALL_PERSON_UNMUTED, e);
}

/* Somebody we know under another sid: oneself, or one who came back during a round. Others who
 * join from another place have left the first. */
static struct people_entry *renewed(struct people *p, const struct lk_person *l, bool self)
{
	struct people_entry *e = self ? self_of(p) : by_identity(p, l->identity);
	if (!e || e->shown.self != self)
		return NULL;
	if (!self && !(p->round && !e->seen)) {
		take_out(p, e);
		return NULL;
	}
	set_text(&e->shown.sid, l->sid);
	set_text(&e->shown.identity, l->identity);
	e->version = 0;
	return e;
}

static bool is_full(struct people *p)
{
	if (people_others(p) < PEOPLE_MAX)
		return false;
	if (!p->left_out++)
		log_warn("call: there are more than %d others; the rest is not shown", PEOPLE_MAX);
	return true;
}

void people_put(struct people *p, const struct lk_person *l, bool self)
{
	struct people_entry *e = by_sid(p, l->sid);
	if (!l->sid[0])
		return;
	if (l->state == LK_DISCONNECTED) {
		/* We ourselves hear of it by a leave. */
		if (e && !e->shown.self)
			take_out(p, e);
		return;
	}
	if (e && l->version < e->version) {
		e->seen = true;
		return;
	}
	bool known = e != NULL;
	if (!e)
		e = renewed(p, l, self);
	known = e != NULL;
	if (!e && !self && is_full(p))
		return;
	if (!e)
		e = add(p, l, self);
	take_news(p, e, l, !known);
}

void people_begin(struct people *p)
{
	p->round = true;
	for (size_t i = 0; i < p->n; i++) {
		struct people_entry *e = p->list[i];
		e->seen = false;
		/* A server that was started anew counts from the beginning, and tells only who
		 * speaks, not who stopped meanwhile. */
		e->version = 0;
		quiet(p, e);
	}
}

void people_end(struct people *p)
{
	p->round = false;
	for (size_t i = p->n; i-- > 0;)
		if (!p->list[i]->seen && !p->list[i]->shown.self)
			take_out(p, p->list[i]);
}

/* -- Speaking, quality -------------------------------------------------------- */

void people_speakers(struct people *p, const struct lk_speaker *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct people_entry *e = by_sid(p, list[i].sid);
		if (!e)
			continue;
		bool was = e->shown.speaking;
		e->shown.speaking = list[i].active;
		e->shown.level = list[i].active ? list[i].level : 0;
		if (was != list[i].active)
			tell(p, was ? CALL_PERSON_SILENT : CALL_PERSON_SPEAKING, e);
	}
}

static enum call_quality quality_of(int wire)
{
	switch (wire) {
	case LK_POOR:
		return CALL_POOR;
	case LK_GOOD:
		return CALL_GOOD;
	case LK_EXCELLENT:
		return CALL_EXCELLENT;
	case LK_LOST:
		return CALL_LOST;
	default:
		return CALL_QUALITY_UNKNOWN;
	}
}

void people_quality(struct people *p, const struct lk_quality_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct people_entry *e = by_sid(p, list[i].participant_sid);
		enum call_quality q = quality_of(list[i].quality);
		if (!e || e->shown.quality == q)
			continue;
		e->shown.quality = q;
		tell(p, CALL_PERSON_QUALITY, e);
	}
}

/* -- Loudness ------------------------------------------------------------------ */

void people_set_gain(struct people *p, const char *identity, float db)
{
	for (size_t i = 0; i < p->gains_n; i++) {
		if (strcmp(p->gains[i].identity, identity) == 0) {
			p->gains[i].db = db;
			return;
		}
	}
	if (p->gains_n == PEOPLE_GAINS_MAX)
		return;
	p->gains = mem_realloc_array(p->gains, p->gains_n + 1, sizeof(*p->gains));
	p->gains[p->gains_n++] = (struct people_gain){mem_strdup(identity), db};
}

float people_gain(const struct people *p, const char *identity)
{
	for (size_t i = 0; i < p->gains_n; i++)
		if (strcmp(p->gains[i].identity, identity) == 0)
			return p->gains[i].db;
	return 0;
}
