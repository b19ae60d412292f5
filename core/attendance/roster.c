#include "core/attendance/roster.h"

#include <string.h>

#define CHUNKS_MAX 1000

struct entry {
	struct roster_person p; /* first: roster_at hands it out */
	int chunk;
	size_t bytes; /* of its JSON */
};

struct roster {
	int refs;
	struct entry *v;
	size_t n, size;
	json_t *index; /* user id: place in v; NULL: to be made anew */
	int chunks;
	size_t bytes[CHUNKS_MAX]; /* of the JSON of each chunk */
	bool changed[CHUNKS_MAX];
};

void roster_person_done(struct roster_person *p)
{
	mem_free(p->user_id);
	mem_free(p->name);
	mem_free(p->external_id);
	mem_free(p->email);
	*p = (struct roster_person){0};
}

struct roster *roster_new(void)
{
	struct roster *r = NEW(struct roster);
	r->refs = 1;
	return r;
}

struct roster *roster_ref(struct roster *r)
{
	r->refs++;
	return r;
}

void roster_free(struct roster *r)
{
	if (!r || --r->refs)
		return;
	for (size_t i = 0; i < r->n; i++)
		roster_person_done(&r->v[i].p);
	mem_free(r->v);
	json_decref(r->index);
	mem_free(r);
}

size_t roster_size(const struct roster *r)
{
	return r->n;
}

const struct roster_person *roster_at(const struct roster *r, size_t i)
{
	return &r->v[i].p;
}

static const char *value_of(const struct roster_person *p, enum roster_key key)
{
	switch (key) {
	case ROSTER_BY_ID:
		return p->external_id;
	case ROSTER_BY_EMAIL:
		return p->email;
	case ROSTER_BY_NAME:
		return p->name;
	case ROSTER_BY_USER:
		break;
	}
	return p->user_id;
}

static void put_index(struct roster *r, size_t i)
{
	json_object_set_new_nocheck(r->index, r->v[i].p.user_id, json_integer((json_int_t)i));
}

/* Ids come out of JSON, or were parsed: there is none that JSON could not hold. */
static struct entry *entry_of(const struct roster *roster, const char *user_id)
{
	struct roster *r = (struct roster *)roster; /* the index is no part of what it says */
	if (!r->index) {
		r->index = json_object();
		for (size_t i = 0; i < r->n; i++)
			put_index(r, i);
	}
	const json_t *at = json_object_get(r->index, user_id);
	return at ? &r->v[json_integer_value(at)] : NULL;
}

const struct roster_person *roster_find(const struct roster *r, enum roster_key key,
					const char *value)
{
	const struct roster_person *found = NULL;
	if (value && key == ROSTER_BY_USER) {
		const struct entry *e = entry_of(r, value);
		return e ? &e->p : NULL;
	}
	for (size_t i = 0; value && i < r->n; i++) {
		const char *v = value_of(&r->v[i].p, key);
		bool same =
			v && (key == ROSTER_BY_EMAIL ? !strcasecmp(v, value) : !strcmp(v, value));
		if (same && found)
			return NULL;
		if (same)
			found = &r->v[i].p;
	}
	return found;
}

static json_t *person_json(const struct roster_person *p)
{
	json_t *o = json_pack("{s:s}", "user_id", p->user_id);
	if (p->name)
		json_object_set_new(o, "name", json_string(p->name));
	if (p->external_id)
		json_object_set_new(o, "external_id", json_string(p->external_id));
	if (p->email)
		json_object_set_new(o, "email", json_string(p->email));
	return o;
}

static size_t bytes_of(const struct roster_person *p)
{
	JSON_AUTO json_t *o = person_json(p);
	AUTO_FREE char *text = json_text(o);
	return strlen(text) + 1;
}

/* The first chunk with room; a new one when all are full. */
static int chunk_for(struct roster *r, size_t bytes)
{
	for (int i = 0; i < r->chunks; i++)
		if (r->bytes[i] + bytes <= ROSTER_CHUNK_BYTES)
			return i;
	return r->chunks < CHUNKS_MAX ? r->chunks++ : -1;
}

static struct entry *add(struct roster *r, const struct roster_person *p, int chunk)
{
	if (!r->v || r->n == r->size) {
		r->size = r->size ? r->size * 2 : 64;
		r->v = mem_realloc_array(r->v, r->size, sizeof(*r->v));
	}
	struct entry *e = &r->v[r->n++];
	*e = (struct entry){.p = {.user_id = mem_strdup(p->user_id),
				  .name = mem_strdup(p->name),
				  .external_id = mem_strdup(p->external_id),
				  .email = mem_strdup(p->email)},
			    .chunk = chunk,
			    .bytes = bytes_of(p)};
	r->bytes[chunk] += e->bytes;
	if (r->index)
		put_index(r, r->n - 1);
	return e;
}

static bool set(char **at, const char *value)
{
	if (!value || (*at && !strcmp(*at, value)))
		return false;
	mem_free(*at);
	*at = mem_strdup(value);
	return true;
}

/* An entry that outgrew its chunk moves to another. */
static bool change(struct roster *r, struct entry *e, const struct roster_person *p)
{
	bool changed = set(&e->p.name, p->name);
	changed |= set(&e->p.external_id, p->external_id);
	changed |= set(&e->p.email, p->email);
	if (!changed)
		return false;
	r->changed[e->chunk] = true;
	r->bytes[e->chunk] -= e->bytes;
	e->bytes = bytes_of(&e->p);
	if (r->bytes[e->chunk] + e->bytes > ROSTER_CHUNK_BYTES) {
		int other = chunk_for(r, e->bytes);
		e->chunk = other < 0 ? e->chunk : other;
		r->changed[e->chunk] = true;
	}
	r->bytes[e->chunk] += e->bytes;
	return true;
}

bool roster_put(struct roster *r, const struct roster_person *p, bool *ret_full)
{
	struct entry *e = entry_of(r, p->user_id);
	if (e)
		return change(r, e, p);
	int chunk = r->n < ROSTER_PEOPLE_MAX ? chunk_for(r, bytes_of(p)) : -1;
	if (chunk < 0) {
		*ret_full = true;
		return false;
	}
	add(r, p, chunk);
	r->changed[chunk] = true;
	return true;
}

bool roster_drop(struct roster *r, const char *user_id)
{
	/* Without an index: one that is made anew for each of many would cost more. */
	size_t i = 0;
	while (i < r->n && strcmp(r->v[i].p.user_id, user_id) != 0)
		i++;
	if (i == r->n)
		return false;
	struct entry *e = &r->v[i];
	r->changed[e->chunk] = true;
	r->bytes[e->chunk] -= e->bytes;
	json_decref(r->index); /* places of all behind it change */
	r->index = NULL;
	roster_person_done(&e->p);
	memmove(e, e + 1, (size_t)(r->v + r->n - (e + 1)) * sizeof(*e));
	r->n--;
	return true;
}

static char *text_of(const json_t *o, const char *key)
{
	const char *s = json_get_str(o, key);
	return s && *s && strlen(s) <= ROSTER_TEXT_MAX ? (char *)s : NULL;
}

void roster_read_chunk(struct roster *r, const char *state_key, const json_t *content)
{
	int64_t chunk;
	size_t i;
	json_t *o;
	if (!span_i64(span_of(state_key), &chunk) || chunk < 0 || chunk >= CHUNKS_MAX)
		return;
	if (r->chunks <= chunk)
		r->chunks = (int)chunk + 1;
	json_array_foreach (json_get_array(content, "people"), i, o) {
		struct roster_person p = {.user_id = text_of(o, "user_id"),
					  .name = text_of(o, "name"),
					  .external_id = text_of(o, "external_id"),
					  .email = text_of(o, "email")};
		if (p.user_id && p.user_id[0] == '@' && r->n < ROSTER_PEOPLE_MAX &&
		    !entry_of(r, p.user_id))
			add(r, &p, (int)chunk);
	}
}

json_t *roster_chunk(const struct roster *r, int chunk)
{
	json_t *people = json_array();
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].chunk == chunk)
			json_array_append_new(people, person_json(&r->v[i].p));
	return json_pack("{s:i,s:o}", "version", 1, "people", people);
}

int roster_chunks(const struct roster *r)
{
	return r->chunks;
}

bool roster_changed(const struct roster *r, int chunk)
{
	return r->changed[chunk];
}

void roster_saved(struct roster *r, int chunk)
{
	r->changed[chunk] = false;
}
