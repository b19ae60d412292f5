/*
 * Seals (docs/FORMATS.md, "Seals"): what a lesson's register came to and from which events, so that
 * nobody can change either later without its being seen. Here they are made; seal_check.c reads them.
 */
#include "core/attendance/register_priv.h"

#include "core/base/crypto.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define ID_BEGINNING 16
#define PART_BYTES 40000 /* JSON of one part's lists; escapes may not make it 64 KB */

const char *const reg_seal_lists[SEAL_LISTS] = {"inputs", "redacted", "people"};

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

json_t *reg_seal_hash(const json_t *o)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_put_canonical(&b, o, NULL);
	return hash_json(buf_span(&b));
}

json_t *reg_seal_result(const struct attendance_register *r)
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
		json_array_append_new(list, json_string(in->users->v[in->observers[i]]));
	if (in->staff_observes)
		json_array_append_new(list, json_string(SEAL_STAFF_OBSERVES));
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
			 reg_seal_result(r));
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
	for (size_t k = 0; k < SEAL_LISTS; k++)
		json_array_foreach (json_object_get(whole, reg_seal_lists[k]), i, entry) {
			size_t more = bytes_of(entry);
			if (bytes + more > PART_BYTES) {
				part = new_part(parts, l, id);
				bytes = 0;
			}
			bytes += more;
			put_entry(part, reg_seal_lists[k], entry);
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
	JSON_AUTO json_t *whole = whole_of(in, r), *id = reg_seal_hash(whole);
	json_t *parts = cut(whole, &r->l, id);
	if (json_array_size(parts) <= SEAL_PARTS_MAX)
		return parts;
	json_decref(parts);
	return NULL;
}
