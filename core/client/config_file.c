#include "core/client/config_file.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/* A quoted value is taken as it is; else a comment may follow behind a space. */
static struct span value_of(struct span s)
{
	s = span_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct span){s.p + 1, s.n - 2};
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '#' && (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return span_trim(span_head(s, i));
	return s;
}

static bool key_ok(struct span key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
		      c == '_'))
			return false;
	}
	return key.n > 0 && key.n < 100;
}

static int malformed(const char *path, int number, struct err *err)
{
	err_set(err, ERR_INVALID, _("%s:%d: this is not \"key = value\""), path, number);
	return ERR_INVALID;
}

int config_lines(const char *path, struct span text, config_line_fn *fn, void *arg, struct err *err)
{
	AUTO(buf_done) struct buf key = BUF_INIT(256);
	struct span section = {NULL, 0}, rest = text, raw;
	int rc = 0;
	struct config_line line = {0};
	while (!rc && rest.n && span_split(&rest, '\n', &raw)) {
		line.number++;
		line.at = line.end;
		line.end = line.at + raw.n + (line.at + raw.n < text.n ? 1 : 0);
		struct span s = span_trim(raw);
		if (!s.n || s.p[0] == '#')
			continue;
		if (s.p[0] == '[' && s.p[s.n - 1] == ']') {
			section = span_trim((struct span){s.p + 1, s.n - 2});
			continue;
		}
		ptrdiff_t eq = span_find(s, '=');
		struct span name = span_trim(span_head(s, eq < 0 ? 0 : (size_t)eq));
		if (eq < 0 || !key_ok(name))
			return malformed(path, line.number, err);
		buf_clear(&key);
		if (section.n)
			buf_printf(&key, "%.*s.", SPAN_ARG(section));
		buf_put_span(&key, name);
		line.key = buf_span(&key);
		line.value = value_of(span_from(s, (size_t)eq + 1));
		rc = fn(&line, arg);
	}
	return rc;
}

/* Settings that somebody else could have put there are not taken. */
static bool is_ours(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_uid == getuid() || st.st_uid == 0);
}

char *config_project_path(void)
{
	char dir[PATH_MAX];
	const char *home = getenv("HOME");
	if (!getcwd(dir, sizeof(dir)))
		return NULL;
	for (;;) {
		if (home && strcmp(dir, home) == 0)
			return NULL;
		AUTO_FREE char *path = fs_join(dir, ".muster/config");
		if (is_ours(path))
			return take(&path);
		char *slash = strrchr(dir, '/');
		if (!slash || slash == dir)
			return NULL;
		*slash = '\0';
	}
}

struct place {
	const char *key;
	size_t at, end;
	bool found;
};

static int on_line(const struct config_line *line, void *arg)
{
	struct place *p = arg;
	if (!span_eq_str(line->key, p->key))
		return 0;
	/* The last one counts. */
	p->at = line->at;
	p->end = line->end;
	p->found = true;
	return 0;
}

static void put_line(struct buf *b, const char *key, const char *value)
{
	struct span v = span_of(value), trimmed = span_trim(v);
	bool quote = v.n != trimmed.n || strchr(value, '#') || v.n == 0;
	buf_printf(b, quote ? "%s = \"%s\"\n" : "%s = %s\n", key, value);
}

/* A key that stands in a section is written by its short name there. */
static const char *short_key(struct span text, size_t at, const char *key)
{
	const char *dot = strchr(key, '.');
	struct span before = span_head(text, at), raw;
	bool in_section = false;
	while (before.n && span_split(&before, '\n', &raw)) {
		struct span s = span_trim(raw);
		if (s.n > 2 && s.p[0] == '[')
			in_section = true;
	}
	return in_section && dot ? dot + 1 : key;
}

static int rewrite(const char *path, struct span text, const struct place *p, const char *key,
		   const char *value, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	if (p->found) {
		buf_put(&b, text.p, p->at);
		if (value)
			put_line(&b, short_key(text, p->at, key), value);
		buf_put_span(&b, span_from(text, p->end));
	} else {
		/* Before the first section, so that none applies to it. */
		if (value)
			put_line(&b, key, value);
		buf_put_span(&b, text);
	}
	if (!buf_ok(&b))
		return err_set(err, ERR_TOO_LARGE, _("%s would become too large"), path);
	return fs_write_atomic(path, buf_span(&b), 0600, err);
}

static char *path_to_write(enum config_scope scope)
{
	char *path = config_path(scope);
	if (path || scope != CONFIG_PROJECT)
		return path;
	return mem_strdup(".muster/config");
}

static int make_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return 0;
	AUTO_FREE char *dir = mem_strndup(path, (size_t)(slash - path));
	return fs_mkdirs(dir, 0755, err);
}

int config_set(enum config_scope scope, const char *key, const char *value, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CONFIG_BYTES);
	AUTO_FREE char *path = path_to_write(scope);
	const struct config_row *r = config_row(key);
	struct place p = {.key = key};
	if (!r) {
		err_set(err, ERR_USAGE, _("There is no setting %s"), key);
		err_hint(err, "muster config list");
		return ERR_USAGE;
	}
	if (value && (strchr(value, '\n') || strchr(value, '"')))
		return err_set(err, ERR_USAGE, _("A setting has no quotes or newlines in it"));
	int rc = value ? config_check(r, span_of(value), err) : 0;
	if (rc)
		return rc;
	if (!path)
		return err_set(err, ERR_FAILED, _("there is no folder for settings: set HOME"));
	rc = make_folder(path, err);
	if (!rc && fs_exists(path))
		rc = fs_read(path, &b, err);
	if (!rc)
		rc = config_lines(path, buf_span(&b), on_line, &p, err);
	return rc ? rc : rewrite(path, buf_span(&b), &p, key, value, err);
}
