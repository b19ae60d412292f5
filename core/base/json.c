#include "core/base/json.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

#define JSON_SAFE_INT 9007199254740991LL

void json_auto_decref(json_t **j)
{
	json_decref(*j);
}

int json_parse(struct span text, json_t **ret, struct err *err)
{
	json_error_t e;
	json_t *j = json_loadb(text.p ? text.p : "", text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	if (!j)
		return err_set(err, ERR_INVALID, _("not valid JSON: %s (line %d, column %d)"),
			       e.text, e.line, e.column);
	*ret = j;
	return 0;
}

int json_parse_object(struct span text, json_t **ret, struct err *err)
{
	json_t *j;
	int rc = json_parse(text, &j, err);
	if (rc)
		return rc;
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(err, ERR_INVALID, _("not a JSON object"));
	}
	*ret = j;
	return 0;
}

struct span json_get_span(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return (struct span){json_string_value(v), json_string_length(v)};
}

const char *json_get_str(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	const char *s = json_string_value(v);
	return s && strlen(s) == json_string_length(v) ? s : NULL;
}

int64_t json_get_i64(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool json_get_bool(const json_t *o, const char *key, bool otherwise)
{
	const json_t *v = json_object_get(o, key);
	return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

json_t *json_get_object(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);
	return json_is_object(v) ? v : NULL;
}

json_t *json_get_array(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);
	return json_is_array(v) ? v : NULL;
}

static int dump_to_buf(const char *p, size_t n, void *arg)
{
	return buf_put(arg, p, n) ? 0 : -1;
}

bool json_put(struct buf *b, const json_t *j)
{
	return json_dump_callback(j, dump_to_buf, b, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
}

static int compare_keys(const void *a, const void *b)
{
	/* UTF-8 order by bytes is order by code point. */
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int put_canonical_object(struct buf *b, json_t *j, struct err *err)
{
	size_t count = json_object_size(j), i = 0;
	AUTO_FREE const char **keys = mem_realloc_array(NULL, count + 1, sizeof(*keys));
	const char *key;
	json_t *value;
	json_object_foreach (j, key, value)
		keys[i++] = key;
	qsort(keys, count, sizeof(*keys), compare_keys);
	buf_put_char(b, '{');
	for (i = 0; i < count; i++) {
		if (i)
			buf_put_char(b, ',');
		buf_put_json_str(b, span_of(keys[i]));
		buf_put_char(b, ':');
		int rc = json_put_canonical(b, json_object_get(j, keys[i]), err);
		if (rc)
			return rc;
	}
	buf_put_char(b, '}');
	return 0;
}

static int put_canonical_array(struct buf *b, const json_t *j, struct err *err)
{
	buf_put_char(b, '[');
	for (size_t i = 0; i < json_array_size(j); i++) {
		if (i)
			buf_put_char(b, ',');
		int rc = json_put_canonical(b, json_array_get(j, i), err);
		if (rc)
			return rc;
	}
	buf_put_char(b, ']');
	return 0;
}

int json_put_canonical(struct buf *b, const json_t *j, struct err *err)
{
	json_int_t v;
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return put_canonical_object(b, (json_t *)j, err);
	case JSON_ARRAY:
		return put_canonical_array(b, j, err);
	case JSON_STRING:
		buf_put_json_str(b, (struct span){json_string_value(j), json_string_length(j)});
		break;
	case JSON_INTEGER:
		v = json_integer_value(j);
		if (v > JSON_SAFE_INT || v < -JSON_SAFE_INT)
			return err_set(err, ERR_INVALID, _("an integer is out of range"));
		buf_put_i64(b, v);
		break;
	case JSON_REAL:
		return err_set(err, ERR_INVALID, _("a number is not an integer"));
	case JSON_TRUE:
		buf_put_str(b, "true");
		break;
	case JSON_FALSE:
		buf_put_str(b, "false");
		break;
	case JSON_NULL:
		buf_put_str(b, "null");
		break;
	}
	return buf_ok(b) ? 0 : err_set(err, ERR_TOO_LARGE, _("the JSON is too large"));
}

char *json_text(const json_t *j)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	json_put(&b, j);
	return buf_take(&b);
}
