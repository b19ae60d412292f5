#include "core/client/config.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/client/config_file.h"

#include <unistd.h>

#define DAY_MS 86400000

static const struct config_row rows[] = {
	{"account", CONFIG_STRING, "", 0, 0, NULL, NULL, "MUSTER_ACCOUNT",
	 N_("The account that verbs use; empty: the default account.")},
	{"chat.markdown", CONFIG_BOOL, "true", 0, 0, NULL, NULL, NULL,
	 N_("Words given to send are Markdown; text from stdin is always plain.")},
	{"chat.read-last", CONFIG_INT, "20", 1, 100000, NULL, N_("messages"), NULL,
	 N_("How many messages read shows when nothing says which.")},
	{"chat.private-receipts", CONFIG_BOOL, "false", 0, 0, NULL, NULL, NULL,
	 N_("Keep read markers to oneself.")},
	{"chat.follow-upgrades", CONFIG_BOOL, "true", 0, 0, NULL, NULL, NULL,
	 N_("Join the new room when one that you are in is replaced.")},
	{"call.input", CONFIG_STRING, "", 0, 0, NULL, NULL, NULL,
	 N_("The microphone: its name, or DRIVER:DEVICE as in audio devices; empty: the default.")},
	{"call.output", CONFIG_STRING, "", 0, 0, NULL, NULL, NULL,
	 N_("The loudspeaker, likewise.")},
	{"net.ca-file", CONFIG_STRING, "", 0, 0, NULL, NULL, "MUSTER_CA_FILE",
	 N_("A file with certificates to trust besides the system's.")},
	{"net.timeout", CONFIG_DURATION, "30s", 100, DAY_MS, NULL, NULL, "MUSTER_TIMEOUT",
	 N_("How long a verb may take without --timeout.")},
	{"output.format", CONFIG_CHOICE, "table", 0, 0, "table|json|csv|tsv", NULL, "MUSTER_FORMAT",
	 N_("How verbs print their results.")},
	{"output.color", CONFIG_CHOICE, "auto", 0, 0, "auto|always|never", NULL, NULL,
	 N_("Colours; auto: on terminals, unless NO_COLOR is set.")},
	{"output.pager", CONFIG_BOOL, "true", 0, 0, NULL, NULL, NULL,
	 N_("Page long output on a terminal through PAGER.")},
	{"tui.theme", CONFIG_CHOICE, "default", 0, 0, "default|light|dark|mono|high-contrast", NULL,
	 "MUSTER_THEME", N_("Colours of the full screen; mono, and NO_COLOR, use none.")},
	{"tui.keys", CONFIG_CHOICE, "default", 0, 0, "default|vim", NULL, NULL,
	 N_("Keys of the full screen.")},
	{"tui.bind", CONFIG_STRING, "", 0, 0, NULL, NULL, NULL,
	 N_("More keys, such as: ctrl-g=switch, composer:alt-e=editor, ctrl-t=")},
	{"tui.mouse", CONFIG_BOOL, "true", 0, 0, NULL, NULL, NULL,
	 N_("The full screen takes the mouse; false leaves it to the terminal.")},
	{"tui.linear", CONFIG_BOOL, "false", 0, 0, NULL, NULL, "MUSTER_LINEAR",
	 N_("Lines instead of a full screen, for screen readers.")},
	{"tui.hide-changes", CONFIG_BOOL, "false", 0, 0, NULL, NULL, NULL,
	 N_("Do not show who came, left or changed a name.")},
	{"tui.rooms", CONFIG_CHOICE, "activity", 0, 0, "activity|name|unread", NULL, NULL,
	 N_("Order of the rooms: by what was said last, by name, or unread ones first.")},
	{"tui.typing", CONFIG_BOOL, "true", 0, 0, NULL, NULL, NULL,
	 N_("Tell others that one is typing.")},
	{"tui.presence", CONFIG_BOOL, "false", 0, 0, NULL, NULL, NULL,
	 N_("Tell others that one is there while the screen is open.")},
	{"tui.notify", CONFIG_CHOICE, "off", 0, 0, "off|bell|window", NULL, NULL,
	 N_("When somebody means you while you look elsewhere: a bell, or a notice of the "
	    "terminal's window.")},
	{NULL, CONFIG_STRING, NULL, 0, 0, NULL, NULL, NULL, NULL},
};

const struct config_row *config_rows(void)
{
	return rows;
}

const struct config_row *config_row(const char *key)
{
	for (const struct config_row *r = rows; r->key; r++)
		if (strcmp(r->key, key) == 0)
			return r;
	return NULL;
}

static bool is_choice(const char *choices, struct span value)
{
	struct span rest = span_of(choices), one;
	while (span_split(&rest, '|', &one))
		if (span_eq(one, value))
			return true;
	return false;
}

static bool is_bool(struct span v, bool *ret)
{
	bool yes = span_eq_str(v, "true") || span_eq_str(v, "yes") || span_eq_str(v, "on") ||
		   span_eq_str(v, "1");
	bool no = span_eq_str(v, "false") || span_eq_str(v, "no") || span_eq_str(v, "off") ||
		  span_eq_str(v, "0");
	*ret = yes;
	return yes || no;
}

static int check_number(const struct config_row *r, struct span value, struct err *err)
{
	int64_t v;
	if (r->type == CONFIG_DURATION) {
		int rc = duration_parse(value, &v, err);
		if (rc)
			return rc;
	} else if (!span_i64(value, &v)) {
		return err_set(err, ERR_INVALID, _("%s is a whole number, not %.*s"), r->key,
			       SPAN_ARG(value));
	}
	if (v < r->min || v > r->max)
		return err_set(err, ERR_INVALID, _("%s must be from %lld to %lld%s"), r->key,
			       (long long)r->min, (long long)r->max,
			       r->type == CONFIG_DURATION ? " ms" : "");
	return 0;
}

int config_check(const struct config_row *r, struct span value, struct err *err)
{
	bool b;
	switch (r->type) {
	case CONFIG_BOOL:
		if (!is_bool(value, &b))
			return err_set(err, ERR_INVALID, _("%s is true or false, not %.*s"), r->key,
				       SPAN_ARG(value));
		return 0;
	case CONFIG_CHOICE:
		if (!is_choice(r->choices, value))
			return err_set(err, ERR_INVALID, _("%s is one of %s, not %.*s"), r->key,
				       r->choices, SPAN_ARG(value));
		return 0;
	case CONFIG_INT:
	case CONFIG_DURATION:
		return check_number(r, value, err);
	case CONFIG_STRING:
		break;
	}
	return 0;
}

char *config_path(enum config_scope scope)
{
	AUTO_FREE char *dir = NULL;
	const char *system = getenv("MUSTER_CONFIG_SYSTEM");
	switch (scope) {
	case CONFIG_SYSTEM:
		return mem_strdup(system && *system ? system : "/etc/muster/config");
	case CONFIG_USER:
		return fs_place(FS_CONFIG, &dir, NULL) ? NULL : fs_join(dir, "config");
	case CONFIG_PROJECT:
		return config_project_path();
	}
	return NULL;
}

struct value {
	char *text, *origin;
};

struct config {
	struct value values[ARRAY_LEN(rows)];
	char **unknown;
	size_t unknown_n;
};

struct loading {
	struct config *c;
	const char *path;
	bool project;
	struct err *err;
};

/* A folder that somebody else packed must not say whose certificates are trusted. */
static bool is_personal(const struct config_row *r)
{
	return strcmp(r->key, "net.ca-file") == 0;
}

static int on_line(const struct config_line *line, void *arg)
{
	struct loading *l = arg;
	AUTO_FREE char *key = span_dup(line->key);
	const struct config_row *r = config_row(key);
	if (!r || (l->project && is_personal(r))) {
		struct config *c = l->c;
		c->unknown = mem_realloc_array(c->unknown, c->unknown_n + 1, sizeof(*c->unknown));
		c->unknown[c->unknown_n++] = mem_printf("%s:%d: %s", l->path, line->number, key);
		return 0;
	}
	int rc = config_check(r, line->value, l->err);
	if (rc) {
		err_prefix(l->err, "%s:%d", l->path, line->number);
		return rc;
	}
	struct value *v = &l->c->values[r - rows];
	mem_free(v->text);
	mem_free(v->origin);
	v->text = span_dup(line->value);
	v->origin = mem_strdup(l->path);
	return 0;
}

int config_load(struct config **ret, struct err *err)
{
	static const enum config_scope order[] = {CONFIG_SYSTEM, CONFIG_USER, CONFIG_PROJECT};
	struct config *c = NEW(struct config);
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(order) && !rc; i++) {
		AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
		AUTO_FREE char *path = config_path(order[i]);
		struct loading l = {c, path, order[i] == CONFIG_PROJECT, err};
		if (!path || access(path, F_OK) != 0)
			continue;
		rc = fs_read(path, &b, err);
		if (!rc)
			rc = config_lines(path, buf_span(&b), on_line, &l, err);
	}
	if (rc) {
		config_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < ARRAY_LEN(c->values); i++) {
		mem_free(c->values[i].text);
		mem_free(c->values[i].origin);
	}
	for (size_t i = 0; i < c->unknown_n; i++)
		mem_free(c->unknown[i]);
	mem_free(c->unknown);
	mem_free(c);
}

const char *config_get(const struct config *c, const char *key, const char **ret_origin)
{
	static const char *const none = "default";
	const struct config_row *r = config_row(key);
	const char *origin = none, *text;
	if (!r)
		return NULL;
	text = r->fallback;
	if (c && c->values[r - rows].text) {
		text = c->values[r - rows].text;
		origin = c->values[r - rows].origin;
	}
	const char *env = r->env ? getenv(r->env) : NULL;
	if (env && *env && config_check(r, span_of(env), NULL) == 0) {
		text = env;
		origin = r->env;
	}
	if (ret_origin)
		*ret_origin = origin;
	return text;
}

bool config_bool(const struct config *c, const char *key)
{
	bool v = false;
	is_bool(span_of(config_get(c, key, NULL)), &v);
	return v;
}

int64_t config_int(const struct config *c, const char *key)
{
	const struct config_row *r = config_row(key);
	struct span text = span_of(config_get(c, key, NULL));
	int64_t v = 0;
	if (r && r->type == CONFIG_DURATION)
		duration_parse(text, &v, NULL);
	else
		span_i64(text, &v);
	return v;
}

const char *config_unknown(const struct config *c, int i)
{
	return i >= 0 && (size_t)i < c->unknown_n ? c->unknown[i] : NULL;
}
