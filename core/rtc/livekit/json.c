#include "core/rtc/livekit/json.h"

#include <inttypes.h>
#include <string.h>

#define NAME_MAX_BYTES 64

static const char *const types[] = {"AUDIO", "VIDEO", "DATA"};
static const char *const sources[] = {"UNKNOWN", "CAMERA", "MICROPHONE", "SCREEN_SHARE",
				      "SCREEN_SHARE_AUDIO"};
static const char *const states[] = {"JOINING", "JOINED", "ACTIVE", "DISCONNECTED"};
static const char *const kinds[] = {"STANDARD", "INGRESS", "EGRESS", "SIP", "AGENT"};

/* A number without a name here stays one, as receivers allow. */
static json_t *name_of(const char *const *names, size_t n, int value)
{
	return value >= 0 && (size_t)value < n ? json_string(names[value]) : json_integer(value);
}
#define NAME(list, value) name_of(list, ARRAY_LEN(list), value)

static void put_str(json_t *o, const char *key, const char *value)
{
	if (value && *value)
		json_object_set_new(o, key, json_string(value));
}

static void put_bool(json_t *o, const char *key, bool value)
{
	if (value)
		json_object_set_new(o, key, json_true());
}

static void put_i64(json_t *o, const char *key, int64_t value)
{
	if (value)
		json_object_set_new(o, key, json_sprintf("%" PRId64, value));
}

json_t *lk_track_json(const struct lk_track *t)
{
	json_t *o = json_object();
	put_str(o, "sid", t->sid);
	json_object_set_new(o, "type", NAME(types, t->type));
	put_str(o, "name", t->name);
	put_bool(o, "muted", t->muted);
	put_bool(o, "disable_dtx", t->disable_dtx);
	json_object_set_new(o, "source", NAME(sources, t->source));
	put_str(o, "mime_type", t->mime_type);
	put_str(o, "mid", t->mid);
	put_bool(o, "stereo", t->stereo);
	put_bool(o, "disable_red", t->disable_red);
	put_str(o, "stream", t->stream);
	return o;
}

static json_t *permission_json(const struct lk_permission *p)
{
	json_t *o = json_object(), *list = json_array();
	for (size_t i = 0; i < p->can_publish_sources_n; i++)
		json_array_append_new(list, NAME(sources, p->can_publish_sources[i]));
	put_bool(o, "can_subscribe", p->can_subscribe);
	put_bool(o, "can_publish", p->can_publish);
	put_bool(o, "can_publish_data", p->can_publish_data);
	put_bool(o, "hidden", p->hidden);
	put_bool(o, "can_update_metadata", p->can_update_metadata);
	json_object_set_new(o, "can_publish_sources", list);
	return o;
}

json_t *lk_person_json(const struct lk_person *p)
{
	json_t *o = json_object(), *tracks = json_array(), *attributes = json_object();
	for (size_t i = 0; i < p->tracks_n; i++)
		json_array_append_new(tracks, lk_track_json(&p->tracks[i]));
	for (size_t i = 0; i < p->attributes_n; i++)
		json_object_set_new(attributes, p->attributes[i].key,
				    json_string(p->attributes[i].value));
	put_str(o, "sid", p->sid);
	put_str(o, "identity", p->identity);
	json_object_set_new(o, "state", NAME(states, p->state));
	json_object_set_new(o, "tracks", tracks);
	put_str(o, "metadata", p->metadata);
	put_i64(o, "joined_at", p->joined_at);
	put_i64(o, "joined_at_ms", p->joined_at_ms);
	put_str(o, "name", p->name);
	json_object_set_new(o, "version", json_integer(p->version));
	if (p->has_permission)
		json_object_set_new(o, "permission", permission_json(&p->permission));
	put_bool(o, "is_publisher", p->is_publisher);
	json_object_set_new(o, "kind", NAME(kinds, p->kind));
	json_object_set_new(o, "attributes", attributes);
	return o;
}

/* -- Reading --------------------------------------------------------------------------- */

const json_t *lk_json_get(const json_t *o, const char *name)
{
	char camel[NAME_MAX_BYTES];
	size_t n = 0;
	const json_t *v = json_object_get(o, name);
	for (const char *p = name; *p && n + 1 < sizeof(camel); p++) {
		bool up = *p == '_' && p[1] >= 'a' && p[1] <= 'z';
		camel[n++] = up ? (char)(*++p - 'a' + 'A') : *p;
	}
	camel[n] = '\0';
	return v ? v : json_object_get(o, camel);
}

const char *lk_json_str(const json_t *o, const char *name)
{
	const json_t *v = lk_json_get(o, name);
	/* One with a NUL inside is none of ours. */
	return json_is_string(v) && strlen(json_string_value(v)) == json_string_length(v)
		       ? json_string_value(v)
		       : NULL;
}

static int read_source(const json_t *j)
{
	const char *s = json_string_value(j);
	for (size_t i = 0; s && i < ARRAY_LEN(sources); i++)
		if (!strcmp(s, sources[i]))
			return (int)i;
	return json_is_integer(j) ? (int)json_integer_value(j) : -1;
}

void lk_permission_read(const json_t *j, struct lk_permission *ret)
{
	const json_t *list = lk_json_get(j, "can_publish_sources");
	size_t n = json_array_size(list);
	if (n > LK_FEATURES_MAX)
		n = LK_FEATURES_MAX;
	*ret = (struct lk_permission){
		.can_subscribe = json_is_true(lk_json_get(j, "can_subscribe")),
		.can_publish = json_is_true(lk_json_get(j, "can_publish")),
		.can_publish_data = json_is_true(lk_json_get(j, "can_publish_data")),
		.hidden = json_is_true(lk_json_get(j, "hidden")),
		.can_update_metadata = json_is_true(lk_json_get(j, "can_update_metadata")),
		.can_publish_sources = n ? mem_alloc(n * sizeof(int)) : NULL,
		.can_publish_sources_n = n,
	};
	for (size_t i = 0; i < n; i++)
		ret->can_publish_sources[i] = read_source(json_array_get(list, i));
}
