#include "audio/driver.h"
#include "audio/lib.h"
#include "core/base/build.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/os.h"
#include "core/client/command_ctx.h"

#ifndef MUSTER_VERSION
#define MUSTER_VERSION "unknown"
#endif

/* Planned parts that this version does not have yet, so that nobody looks for them. */
static const char *const left_out[] = {"encryption"};

static json_t *libraries(void)
{
	json_t *all = json_object();
	struct build_library l;
	for (int i = 0; (l = build_library(i)).name; i++)
		json_object_set_new(all, l.name, json_string(l.version));
	/* These are loaded when needed; null says that one is not installed. */
	struct audio_library a;
	for (int i = 0; (a = audio_library_at(i)).name; i++)
		json_object_set_new(all, a.name, a.version ? json_string(a.version) : json_null());
	return all;
}

/* Those that can be used here. */
static json_t *drivers(void)
{
	json_t *all = json_array();
	for (int i = 0; audio_driver_at(i); i++)
		if (audio_driver_usable(audio_driver_at(i), NULL))
			json_array_append_new(all, json_string(audio_driver_at(i)->name));
	return all;
}

static json_t *words(const char *const *list, size_t n)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(list[i]));
	return a;
}

static int run_version(struct command_ctx *ctx, struct err *err)
{
	(void)err;
	json_t *row = json_object();
	json_object_set_new(row, "version", json_string(MUSTER_VERSION));
	json_object_set_new(row, "system", json_string(os_name()));
	json_object_set_new(row, "compiler", json_string(build_compiler()));
	json_object_set_new(row, "libraries", libraries());
	json_object_set_new(row, "drivers", drivers());
	json_object_set_new(row, "left_out", words(left_out, ARRAY_LEN(left_out)));
	return command_row(ctx, row);
}

static void put_list(struct buf *b, const char *label, const json_t *list)
{
	size_t i;
	const json_t *one;
	if (json_array_size(list) == 0)
		return;
	buf_printf(b, "\n%s:", label);
	json_array_foreach (list, i, one)
		buf_printf(b, " %s", json_string_value(one));
}

static void line_version(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	const char *key;
	json_t *value;
	buf_printf(b, "muster %s\n", json_string_value(json_object_get(row, "version")));
	buf_printf(b, "%s: %s, %s\n", _("Built for"),
		   json_string_value(json_object_get(row, "system")),
		   json_string_value(json_object_get(row, "compiler")));
	buf_printf(b, "%s:", _("Libraries"));
	json_object_foreach (json_object_get(row, "libraries"), key, value)
		if (json_is_string(value))
			buf_printf(b, " %s %s", key, json_string_value(value));
	put_list(b, _("Drivers"), json_object_get(row, "drivers"));
	put_list(b, _("Not in this version"), json_object_get(row, "left_out"));
}

const struct command verb_version = {
	.name = "version",
	.group = GROUP_TOOL,
	.summary = N_("Say which version this is and what it is made of."),
	.examples =
		(const struct command_example[]){
			{"muster version", N_("for a report of a fault")},
			{"muster version --json | jq -r .version", N_("the number alone")},
			{NULL, NULL},
		},
	.keys =
		(const struct command_key[]){
			{"version", "string", NULL, N_("version of muster"), false},
			{"system", "string", NULL, N_("operating system and processor"), false},
			{"compiler", "string", NULL, N_("what compiled it"), false},
			{"libraries", "object", NULL,
			 N_("versions of the libraries in use, null: not installed"), false},
			{"drivers", "strings", NULL, N_("sound drivers in this binary"), false},
			{"left_out", "strings", NULL, N_("parts that this binary does not have"),
			 false},
			{NULL, NULL, NULL, NULL, false},
		},
	.shape = SHAPE_LINE,
	.line = line_version,
	.run = run_version,
};
