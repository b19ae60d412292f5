/* Kinds of words: their names in help, and what is a right one. */
#include "core/client/command.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/base/when.h"

typedef int check_fn(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		     struct err *err);

static int wrong(struct err *err, struct span s, const char *what)
{
	return err_set(err, ERR_USAGE, "\"%.*s\" %s", SPAN_ARG(span_head(s, 100)), what);
}

static int check_text(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		      struct err *err)
{
	(void)p, (void)s, (void)now_ms, (void)ret, (void)err;
	return 0;
}

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

static int check_name(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		      struct err *err)
{
	(void)p, (void)now_ms, (void)ret;
	if (s.n == 0)
		return wrong(err, s, _("is empty"));
	if (s.n > LIMIT_ID_BYTES)
		return wrong(err, s, _("is too long (255 bytes at most)"));
	if (has_control(s))
		return wrong(err, s, _("contains control characters"));
	return 0;
}

static int check_event(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		       struct err *err)
{
	if (!span_starts(s, "$") || s.n < 2)
		return wrong(err, s, _("is not an event id: those begin with $ (quote it)"));
	return check_name(p, s, now_ms, ret, err);
}

static int check_path(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		      struct err *err)
{
	(void)now_ms, (void)ret;
	if (s.n == 0)
		return wrong(err, s, _("is empty"));
	if (!p->dash && span_eq_str(s, "-"))
		return wrong(err, s, _("cannot stand for a stream here"));
	return 0;
}

static int as_usage(struct err *err, int rc)
{
	if (rc && err)
		err->code = ERR_USAGE;
	return rc ? ERR_USAGE : 0;
}

static int check_time(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		      struct err *err)
{
	(void)p;
	return as_usage(err, when_parse(s, now_ms, ret, err));
}

static int check_duration(const struct command_param *p, struct span s, int64_t now_ms,
			  int64_t *ret, struct err *err)
{
	(void)p, (void)now_ms;
	return as_usage(err, duration_parse(s, ret, err));
}

static int check_int(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		     struct err *err)
{
	(void)now_ms;
	if (!span_i64(s, ret))
		return wrong(err, s, _("is not a whole number"));
	if (p->max > p->min && (*ret < p->min || *ret > p->max))
		return err_set(err, ERR_USAGE, _("%lld is not between %lld and %lld"),
			       (long long)*ret, (long long)p->min, (long long)p->max);
	return 0;
}

static int check_choice(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
			struct err *err)
{
	(void)now_ms, (void)ret;
	struct span rest = span_of(p->choices), one;
	while (span_split(&rest, '|', &one))
		if (span_eq(one, s))
			return 0;
	char near[64], word[64];
	snprintf(word, sizeof(word), "%.*s", SPAN_ARG(span_head(s, 60)));
	if (command_suggest_choice(p->choices, word, near, sizeof(near)))
		return err_set(err, ERR_USAGE, _("\"%s\" is not one of %s; did you mean %s?"), word,
			       p->choices, near);
	return err_set(err, ERR_USAGE, _("\"%s\" is not one of %s"), word, p->choices);
}

static int check_url(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		     struct err *err)
{
	(void)p, (void)now_ms, (void)ret;
	bool web = span_starts(s, "http://") || span_starts(s, "https://");
	bool other = !web && s.n && memmem(s.p, s.n, "://", 3);
	if (s.n == 0 || other || has_control(s) || memchr(s.p, ' ', s.n))
		return wrong(err, s, _("is not an http or https address"));
	return 0;
}

static int check_mxc(const struct command_param *p, struct span s, int64_t now_ms, int64_t *ret,
		     struct err *err)
{
	(void)p, (void)now_ms, (void)ret;
	struct span rest = span_from(s, 6);
	if (!span_starts(s, "mxc://") || span_find(rest, '/') < 1 || has_control(s))
		return wrong(err, s, _("is not a media address (mxc://server/id)"));
	return 0;
}

static const struct kind {
	const char *name;  /* stable */
	const char *value; /* placeholder */
	check_fn *check;
} kinds[KIND_COUNT] = {
	[KIND_NONE] = {"none", "", check_text},
	[KIND_FLAG] = {"flag", "", check_text},
	[KIND_TEXT] = {"text", "TEXT", check_text},
	[KIND_ROOM] = {"room", "ROOM", check_name},
	[KIND_USER] = {"user", "USER", check_name},
	[KIND_EVENT] = {"event", "EVENT", check_event},
	[KIND_FILE] = {"file", "FILE", check_path},
	[KIND_FOLDER] = {"folder", "DIR", check_path},
	[KIND_TIME] = {"time", "TIME", check_time},
	[KIND_DURATION] = {"duration", "DUR", check_duration},
	[KIND_INT] = {"int", "N", check_int},
	[KIND_CHOICE] = {"choice", NULL, check_choice},
	[KIND_URL] = {"url", "URL", check_url},
	[KIND_MXC] = {"mxc", "URI", check_mxc},
	[KIND_ACCOUNT] = {"account", "NAME", check_name},
	[KIND_SETTING] = {"setting", "KEY", check_name},
	[KIND_MEETING] = {"meeting", "MEETING", check_name},
	[KIND_VERB] = {"verb", "VERB", check_text},
};

const char *command_kind_name(enum command_kind kind)
{
	return kinds[kind].name;
}

const char *command_value_name(const struct command_param *p)
{
	if (p->value)
		return p->value;
	return p->kind == KIND_CHOICE ? p->choices : kinds[p->kind].value;
}

int command_check(const struct command_param *p, const char *text, int64_t now_ms,
		  struct command_value *ret, struct err *err)
{
	struct span s = span_of(text);
	int64_t number = 0;
	bool path = p->kind == KIND_FILE || p->kind == KIND_FOLDER;
	if (!path && !utf8_valid(s))
		return err_set(err, ERR_USAGE, _("not valid UTF-8"));
	int rc = kinds[p->kind].check(p, s, now_ms, &number, err);
	if (rc)
		return rc;
	*ret = (struct command_value){.param = p, .text = text, .number = number};
	return 0;
}
