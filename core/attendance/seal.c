/*
 * Seals (docs/FORMATS.md, "Seals"): what a lesson's register came to and from which events, so that
 * nobody can change either later without its being seen.
 */
#include "core/attendance/register_priv.h"

#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ID_BEGINNING 16
#define PART_BYTES 40000 /* JSON of one part's lists; escapes may not make it 64 KB */

static const char *const lists[] = {"inputs", "redacted", "people"};

const char *reg_seal_id_head(const char *event_id, char ret[SEAL_ID_SIZE])
{
	/* Of old room versions: names that a server gave, whose beginnings are alike. */
	bool whole = strchr(event_id, ':') != NULL;
	snprintf(ret, whole ? SEAL_ID_SIZE : ID_BEGINNING + 1, "%s", event_id);
	return ret;
}

static json_t *hash_json(struct span text)
{
	uint8_t hash[32];
	AUTO(buf_done) struct buf b = BUF_INIT(64);
	crypto_sha256(text, hash);
	base64_put_unpadded(&b, hash, sizeof(hash));
	return json_string(buf_str(&b));
}

static json_t *hash_canonical(const json_t *o)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_put_canonical(&b, o, NULL);
	return hash_json(buf_span(&b));
}

static json_t *result_hash(const struct attendance_register *r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	register_bytes(r, &b);
	return hash_json(buf_span(&b));
}

/* -- Making ----------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Ids of inputs in order: those that were redacted, or the others. */
static json_t *ids_of(const struct attendance_register *r, bool redacted, struct buf *all)
{
	json_t *list = json_array();
	size_t n = 0;
	const char *id;
	json_t *v;
	AUTO_FREE const char **ids =
		mem_realloc_array(NULL, json_object_size(r->used) + 1, sizeof(*ids));
	json_object_foreach (r->used, id, v)
		if (json_is_true(v) == redacted)
			ids[n++] = id;
	qsort(ids, n, sizeof(*ids), by_text);
	for (size_t i = 0; i < n; i++) {
		char head[SEAL_ID_SIZE];
		json_array_append_new(list, json_string(reg_seal_id_head(ids[i], head)));
		buf_printf(all, "%s%s\n", redacted ? "~" : "", ids[i]);
	}
	return list;
}

static json_t *people_of(const struct attendance_register *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].guest)
			json_array_append_new(list, json_pack("[s,s?,s]", r->v[i].user_id,
							      r->v[i].external_id,
							      mark_status_name(r->v[i].status)));
	return list;
}

static json_t *missing_json(const struct periods *p)
{
	json_t *list = json_array();
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(list, json_pack("[I,I]", (json_int_t)p->v[i].from,
						      (json_int_t)p->v[i].to));
	return list;
}

static json_t *observers_json(const struct register_input *in)
{
	json_t *list = json_array();
	for (size_t i = 0; i < in->n_observers; i++)
		json_array_append_new(list, json_string(in->users.v[in->observers[i]]));
	return list;
}

static json_t *head_of(const struct register_input *in, const struct attendance_register *r)
{
	const struct lesson *l = &r->l;
	return json_pack("{s:I,s:I,s:I,s:b,s:b,s:o,s:o,s:o,s:o}", "start_ts",
			 (json_int_t)l->start_ms, "end_ts", (json_int_t)l->end_ms, "closed_ts",
			 (json_int_t)l->closed_ms, "cancelled", (int)l->cancelled, "roster",
			 (int)r->roster, "rules", attendance_rules_make(&r->rules), "missing",
			 missing_json(&in->missing), "observers", observers_json(in), "result",
			 result_hash(r));
}

/* All of it as one object, before it is cut. */
static json_t *whole_of(const struct register_input *in, const struct attendance_register *r)
{
	AUTO(buf_done) struct buf ids = BUF_INIT(BUF_CAP_OWN);
	json_t *head = head_of(in, r);
	json_t *inputs = ids_of(r, false, &ids), *redacted = ids_of(r, true, &ids);
	json_object_set_new(head, "inputs_hash", hash_json(buf_span(&ids)));
	return json_pack("{s:o,s:o,s:o,s:o}", "register", head, "inputs", inputs, "redacted",
			 redacted, "people", people_of(r));
}

static json_t *new_part(json_t *parts, const struct lesson *l, const json_t *id)
{
	json_t *p = json_pack("{s:i,s:O,s:I}", "version", 1, "seal", id, "part",
			      (json_int_t)json_array_size(parts));
	lesson_name(l, p);
	json_array_append_new(parts, p);
	return p;
}

static size_t bytes_of(const json_t *v)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_put(&b, v);
	return b.n + 1;
}

static void put_entry(json_t *part, const char *list, json_t *entry)
{
	json_t *to = json_object_get(part, list);
	if (!to) {
		to = json_array();
		json_object_set_new(part, list, to);
	}
	json_array_append(to, entry);
}

static json_t *cut(const json_t *whole, const struct lesson *l, const json_t *id)
{
	json_t *parts = json_array(), *part = new_part(parts, l, id), *entry;
	size_t bytes = bytes_of(json_object_get(whole, "register")), i;
	json_object_set(part, "register", json_object_get(whole, "register"));
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		json_array_foreach (json_object_get(whole, lists[k]), i, entry) {
			size_t more = bytes_of(entry);
			if (bytes + more > PART_BYTES) {
				part = new_part(parts, l, id);
				bytes = 0;
			}
			bytes += more;
			put_entry(part, lists[k], entry);
		}
	json_array_foreach (parts, i, part)
		json_object_set_new(part, "parts",
				    json_integer((json_int_t)json_array_size(parts)));
	return parts;
}

json_t *register_seal(const struct register_input *in, const struct attendance_register *r)
{
	if (r->pending)
		return NULL;
	JSON_AUTO json_t *whole = whole_of(in, r), *id = hash_canonical(whole);
	json_t *parts = cut(whole, &r->l, id);
	if (json_array_size(parts) <= SEAL_PARTS_MAX)
		return parts;
	json_decref(parts);
	return NULL;
}

/* -- Reading ------------------------------------------------------------------------------------- */

struct found {
	json_t *whole;	     /* put together and checked; owned */
	const struct rec *r; /* its first part */
};

static void append_lists(json_t *whole, const json_t *part)
{
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		json_array_extend(json_object_get(whole, lists[k]),
				  json_object_get(part, lists[k]));
}

static const struct item *part_of(const struct view *w, const struct rec *first, int64_t part)
{
	const char *id = json_get_str(first->content, "seal");
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r;
		const char *seal = r->kind == REC_SEAL ? json_get_str(r->content, "seal") : NULL;
		if (seal && !w->v[i].redacted && r->sender == first->sender &&
		    strcmp(seal, id) == 0 && json_get_i64(r->content, "part", -1) == part)
			return &w->v[i];
	}
	return NULL;
}

/* All parts together, when they are there and their hash says so. */
static json_t *put_together(const struct view *w, const struct rec *first)
{
	int64_t n = json_get_i64(first->content, "parts", 0);
	json_t *head = json_get_object(first->content, "register");
	if (!head || n < 1 || n > SEAL_PARTS_MAX)
		return NULL;
	JSON_AUTO json_t *whole =
		json_pack("{s:O,s:[],s:[],s:[]}", "register", head, "inputs", "redacted", "people");
	for (int64_t i = 0; i < n; i++) {
		const struct item *it = part_of(w, first, i);
		if (!it)
			return NULL;
		append_lists(whole, it->r->content);
	}
	JSON_AUTO json_t *id = hash_canonical(whole);
	return json_equal(id, json_object_get(first->content, "seal")) ? take(&whole) : NULL;
}

static bool find_seal(const struct view *w, struct found *ret)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct rec *r = w->v[i].r;
		if (r->kind != REC_SEAL || w->v[i].redacted || !lesson_is(w->t.l, r->content) ||
		    json_get_i64(r->content, "part", -1) != 0 ||
		    !json_get_str(r->content, "seal") ||
		    !reg_view_is_staff(w, r->from, r->sender, r->ts))
			continue;
		json_t *whole = put_together(w, r);
		if (!whole)
			continue;
		*ret = (struct found){whole, r};
		return true;
	}
	return false;
}

static void view_of(struct view *w, const struct register_input *in)
{
	struct terms t = {.l = &in->l, .rules = &in->rules, .missing = &in->missing};
	reg_view_init(w, in, &t);
}

bool reg_seal_is_there(const struct register_input *in)
{
	struct view w;
	struct found f = {0};
	bool any = false;
	for (size_t i = 0; i < in->n; i++)
		any |= in->v[i].kind == REC_SEAL;
	if (!any)
		return false;
	view_of(&w, in);
	any = find_seal(&w, &f);
	json_decref(f.whole);
	reg_view_done(&w);
	return any;
}

/* -- Checking ---------------------------------------------------------------------------------------- */

void seal_check_done(struct seal_check *s)
{
	mem_free(s->by);
	json_decref(s->missing);
	json_decref(s->added);
	*s = (struct seal_check){0};
}

/* Beginnings of ids as keys. */
static json_t *named_of(const json_t *whole)
{
	json_t *set = json_object(), *id;
	size_t i;
	for (size_t k = 0; k < 2; k++)
		json_array_foreach (json_object_get(whole, lists[k]), i, id)
			if (json_is_string(id))
				json_object_set_new(set, json_string_value(id), json_true());
	return set;
}

static void find_lost(const struct view *w, const json_t *whole, json_t *ret)
{
	JSON_AUTO json_t *have = json_object();
	json_t *id;
	size_t i;
	char head[SEAL_ID_SIZE];
	for (i = 0; i < w->n; i++)
		json_object_set_new(have, reg_seal_id_head(w->v[i].r->event_id, head),
				    json_boolean(w->v[i].redacted));
	json_array_foreach (json_object_get(whole, "inputs"), i, id)
		if (!json_is_false(json_object_get(have, json_string_value(id))))
			json_array_append(ret, id);
	json_array_foreach (json_object_get(whole, "redacted"), i, id)
		if (!json_object_get(have, json_string_value(id)))
			json_array_append(ret, id);
}

static void find_added(const struct view *w, const struct attendance_register *r,
		       const json_t *named, int64_t ts, json_t *ret)
{
	char head[SEAL_ID_SIZE];
	for (size_t i = 0; i < w->n; i++) {
		const char *id = w->v[i].r->event_id;
		if (w->v[i].r->ts <= ts && json_object_get(r->used, id) &&
		    !json_object_get(named, reg_seal_id_head(id, head)))
			json_array_append_new(ret, json_string(id));
	}
}

static void read_missing(const json_t *list, struct periods *ret)
{
	const json_t *v;
	size_t i;
	json_array_foreach (list, i, v)
		reg_periods_put(ret, json_integer_value(json_array_get(v, 0)),
				json_integer_value(json_array_get(v, 1)));
	reg_periods_join(ret);
}

/* Judged anew, from what the seal names and by its rules: does it come to the same? */
static bool is_same(const struct register_input *in, const json_t *whole, const json_t *named)
{
	const json_t *head = json_object_get(whole, "register");
	struct lesson l = in->l;
	struct attendance_rules rules;
	struct periods missing = {0};
	if (attendance_rules_read(json_object_get(head, "rules"), &rules, NULL) != 0)
		return false;
	l.start_ms = json_get_i64(head, "start_ts", 0);
	l.end_ms = json_get_i64(head, "end_ts", 0);
	l.closed_ms = json_get_i64(head, "closed_ts", 0);
	l.cancelled = json_get_bool(head, "cancelled", false);
	read_missing(json_get_array(head, "missing"), &missing);
	bool roster = json_get_bool(head, "roster", false);
	struct terms t = {.l = &l,
			  .rules = &rules,
			  .only = named,
			  .people = roster ? json_object_get(whole, "people") : NULL,
			  .no_roster = !roster,
			  .observers = json_get_array(head, "observers"),
			  .missing = &missing};
	struct attendance_register *r = reg_judge(in, &t, INT64_MAX);
	JSON_AUTO json_t *hash = result_hash(r);
	bool same = json_equal(hash, json_object_get(head, "result"));
	register_free(r);
	reg_periods_done(&missing);
	return same;
}

void register_check_seal(const struct register_input *in, const struct attendance_register *r,
			 struct seal_check *ret)
{
	struct view w;
	struct found f = {0};
	*ret = (struct seal_check){.missing = json_array(), .added = json_array()};
	view_of(&w, in);
	if (find_seal(&w, &f)) {
		JSON_AUTO json_t *named = named_of(f.whole);
		ret->by = mem_strdup(in->users.v[f.r->sender]);
		ret->ts = f.r->ts;
		find_lost(&w, f.whole, ret->missing);
		find_added(&w, r, named, f.r->ts, ret->added);
		ret->verdict = json_array_size(ret->missing) ? SEAL_INPUTS_MISSING
			       : json_array_size(ret->added) ? SEAL_INPUTS_NEW
			       : is_same(in, f.whole, named) ? SEAL_GOOD
							     : SEAL_DIFFERENT;
		json_decref(f.whole);
	}
	reg_view_done(&w);
}
