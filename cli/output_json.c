/* JSON Lines: stable order, ISO times, nothing that a terminal would obey. */
#include "cli/output.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/base/when.h"

/* Code points that are legal in JSON text and yet steer a terminal or a reader's eye. */
static const struct {
	uint32_t first, last;
} harmful[] = {
	{0x7f, 0x9f},	    /* DEL, C1 */
	{0xad, 0xad},	    /* soft hyphen */
	{0x61c, 0x61c},	    /* Arabic letter mark */
	{0x180e, 0x180e},   /* Mongolian vowel separator */
	{0x200b, 0x200b},   /* zero-width space; ZWJ and ZWNJ carry meaning and stay */
	{0x200e, 0x200f},   /* LRM, RLM */
	{0x2028, 0x202e},   /* separators, embeddings, overrides */
	{0x2060, 0x206f},   /* joiners, isolates */
	{0xfeff, 0xfeff},   /* byte order mark */
	{0xfff9, 0xfffb},   /* annotations */
	{0xe0000, 0xe007f}, /* tags */
};

static bool is_harmful(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (cp >= harmful[i].first && cp <= harmful[i].last)
			return true;
	return false;
}

static void put_escape(struct buf *b, uint32_t cp)
{
	if (cp < 0x10000) {
		buf_printf(b, "\\u%04x", cp);
		return;
	}
	cp -= 0x10000;
	buf_printf(b, "\\u%04x\\u%04x", 0xd800 + (cp >> 10), 0xdc00 + (cp & 0x3ff));
}

void output_put_json(struct buf *b, const json_t *row)
{
	struct buf plain = BUF_INIT(BUF_CAP_OWN);
	json_put(&plain, row);
	/* JSON's own syntax is ASCII, so whatever is found here stands inside a string. */
	struct span s = buf_span(&plain);
	const char *from = s.p;
	while (s.n) {
		const char *at = s.p;
		bool ok;
		if ((unsigned char)*at < 0x7f) {
			s = span_from(s, 1);
			continue;
		}
		uint32_t cp = utf8_next(&s, &ok);
		if (!is_harmful(cp))
			continue;
		buf_put(b, from, (size_t)(at - from));
		put_escape(b, cp);
		from = s.p;
	}
	if (from)
		buf_put(b, from, (size_t)(s.p - from));
	buf_done(&plain);
}

/*
 * "ts", "..._ts" and what the verb declares as a time are Unix milliseconds inside the program, ISO
 * 8601 outside.
 */
static bool is_time_key(const char *key, const char *type)
{
	struct span s = span_of(key);
	return span_eq_str(s, "ts") || span_ends(s, "_ts") || (type && !strcmp(type, "time"));
}

static json_t *outward(const char *key, const char *type, json_t *value)
{
	char iso[WHEN_ISO_SIZE];
	if (!is_time_key(key, type) || !json_is_integer(value))
		return json_incref(value);
	when_iso(json_integer_value(value), iso);
	return json_string(iso);
}

json_t *output_arrange(const struct command *c, json_t *row)
{
	json_t *ret = json_object();
	const char *key;
	json_t *value;
	for (const struct command_key *k = c ? c->keys : NULL; k && k->name; k++)
		if ((value = json_object_get(row, k->name)) != NULL)
			json_object_set_new(ret, k->name, outward(k->name, k->type, value));
	json_object_foreach (row, key, value)
		if (!json_object_get(ret, key))
			json_object_set_new(ret, key, outward(key, NULL, value));
	return ret;
}
