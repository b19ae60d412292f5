/* From words to a parsed command line. */
#include "core/client/command.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

/* The work in progress. Only the first error is kept; parsing goes on, so that --json after it
 * is still seen. */
struct parse {
	struct command_line *line;
	size_t argc;
	const char *const *argv;
	size_t at;	   /* next word */
	size_t words;	   /* positionals seen after the verb */
	bool verb_settled; /* the verb is known, or will not be */
	bool only_words;   /* after "--" */
	int64_t now_ms;
	int rc;
	struct err err;
};

static void fail(struct parse *p, int rc, const struct err *e)
{
	if (!p->rc) {
		p->rc = rc;
		p->err = *e;
	}
}

static void __attribute__((format(printf, 2, 3))) fail_usage(struct parse *p, const char *fmt, ...)
{
	char text[400];
	struct err e;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&e, ERR_USAGE, "%s", text);
	fail(p, ERR_USAGE, &e);
}

static void add_value(struct command_line *l, const struct command_value *v)
{
	l->values = mem_realloc_array(l->values, l->n + 1, sizeof(*l->values));
	l->values[l->n++] = *v;
}

/* Check one value and keep it; `spoken` is how the person knows the parameter. */
static void accept(struct parse *p, const struct command_param *param, const char *spoken,
		   const char *text)
{
	struct command_value v = {.param = param, .text = text};
	struct err e;
	int rc = text ? command_check(param, text, p->now_ms, &v, &e) : 0;
	if (rc) {
		err_prefix(&e, "%s", spoken);
		fail(p, rc, &e);
		return;
	}
	add_value(p->line, &v);
}

static bool seen(const struct command_line *l, const struct command_param *param)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->values[i].param == param)
			return true;
	return false;
}

static void unknown_option(struct parse *p, const char *word, const char *name)
{
	const char *near = command_suggest_option(p->line->set, p->line->command, name);
	size_t n = strcspn(word, "=");
	const struct command_param *arg = p->line->command ? p->line->command->args : NULL;
	while (arg && arg->kind != KIND_NONE && strcmp(arg->name, name) != 0)
		arg++;
	if (arg && arg->kind != KIND_NONE)
		fail_usage(p, _("unknown option %.*s; give it without %.*s, as a word of its own"),
			   (int)n, word, (int)n, word);
	else if (near)
		fail_usage(p, _("unknown option %.*s; did you mean --%s?"), (int)n, word, near);
	else
		fail_usage(p, _("unknown option %.*s"), (int)n, word);
}

/* The option's value is the next word. */
static const char *next_value(struct parse *p, const char *spoken)
{
	if (p->at >= p->argc) {
		fail_usage(p, _("%s needs a value"), spoken);
		return NULL;
	}
	return p->argv[p->at++];
}

static void take_option(struct parse *p, const struct command_param *param, const char *spoken,
			const char *value)
{
	if (!param->repeat && param->kind != KIND_FLAG && seen(p->line, param))
		fail_usage(p, _("%s was given twice"), spoken);
	if (param->kind == KIND_FLAG) {
		if (value)
			fail_usage(p, _("%s takes no value"), spoken);
		if (!strcmp(param->name, "help"))
			p->line->help = true;
		accept(p, param, spoken, NULL);
		return;
	}
	if (!value && !param->value_optional) {
		value = next_value(p, spoken);
		if (!value)
			return;
	}
	accept(p, param, spoken, value);
}

static void take_long(struct parse *p, const char *word)
{
	char name[64], spoken[72];
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	if (n - 2 >= sizeof(name)) {
		fail_usage(p, _("unknown option %.60s..."), word);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(n - 2), word + 2);
	snprintf(spoken, sizeof(spoken), "--%s", name);
	const struct command_param *param = command_option(p->line->set, p->line->command, name);
	if (param)
		take_option(p, param, spoken, equals ? equals + 1 : NULL);
	else
		unknown_option(p, word, name);
}

/* "-qv", "-n5", "-n 5". */
static void take_letters(struct parse *p, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		char spoken[3] = {'-', *c, '\0'};
		const struct command_param *param =
			command_letter(p->line->set, p->line->command, *c);
		if (!param) {
			unknown_option(p, word, word + 1);
			return;
		}
		if (param->kind != KIND_FLAG && c[1]) {
			take_option(p, param, spoken, c[1] == '=' ? c + 2 : c + 1);
			return;
		}
		take_option(p, param, spoken, NULL);
	}
}

/* Does the second word belong to what was mistyped, or is it an argument already? */
static bool is_of_verb(const struct parse *p, const char *first, const char *near)
{
	const char *space = near ? strrchr(near, ' ') : NULL;
	return p->line->prefix[0] || (space && strcmp(space + 1, first) != 0);
}

static void unknown_verb(struct parse *p, const char *first, const char *second)
{
	const char *near = command_suggest_verb(p->line->set, first, second);
	char typed[128];
	if (second && !is_of_verb(p, first, near))
		second = NULL;
	snprintf(typed, sizeof(typed), "%.60s%s%.60s", first, second ? " " : "",
		 second ? second : "");
	if (near)
		fail_usage(p, _("unknown verb \"%s\"; did you mean \"muster %s\"?"), typed, near);
	else
		fail_usage(p, _("unknown verb \"%s\""), typed);
}

/* The word after next that could be a verb's second word, for suggestions. */
static const char *peek_word(const struct parse *p)
{
	return p->at < p->argc && p->argv[p->at][0] != '-' ? p->argv[p->at] : NULL;
}

static void take_verb(struct parse *p, const char *word)
{
	struct command_line *l = p->line;
	char name[sizeof(l->prefix)];
	int n = snprintf(name, sizeof(name), "%s%s%s", l->prefix, l->prefix[0] ? " " : "", word);
	bool fits = n > 0 && (size_t)n < sizeof(name);
	l->command = fits ? command_find(l->set, name) : NULL;
	if (!l->command && fits && command_is_prefix(l->set, name)) {
		memcpy(l->prefix, name, sizeof(name));
		return;
	}
	p->verb_settled = true;
	if (l->command)
		l->prefix[0] = '\0';
	else if (l->prefix[0])
		unknown_verb(p, l->prefix, word);
	else
		unknown_verb(p, word, peek_word(p));
}

static void take_positional(struct parse *p, const char *word)
{
	const struct command *c = p->line->command;
	const struct command_param *a = c ? c->args : NULL;
	if (!c)
		return;
	for (size_t i = 0; a && a->kind != KIND_NONE && !a->repeat && i < p->words; i++)
		a++;
	if (!a || a->kind == KIND_NONE) {
		fail_usage(p, _("\"%.60s\" is one word too many"), word);
		return;
	}
	p->words++;
	accept(p, a, a->kind == KIND_CHOICE ? a->name : command_value_name(a), word);
}

static void take_word(struct parse *p, const char *word)
{
	if (!p->only_words && !strcmp(word, "--"))
		p->only_words = true;
	else if (!p->only_words && word[0] == '-' && word[1] == '-')
		take_long(p, word);
	else if (!p->only_words && word[0] == '-' && word[1])
		take_letters(p, word);
	else if (!p->verb_settled)
		take_verb(p, word);
	else
		take_positional(p, word);
}

static void require(struct parse *p, const struct command_param *params, bool positional)
{
	for (; params && params->kind != KIND_NONE; params++) {
		if (!params->required || seen(p->line, params))
			continue;
		if (positional)
			fail_usage(p, _("%s is missing"), command_value_name(params));
		else
			fail_usage(p, _("--%s is missing"), params->name);
	}
}

static void fill_defaults(struct parse *p, const struct command_param *params)
{
	for (; params && params->kind != KIND_NONE; params++) {
		struct command_value v;
		struct err e;
		if (!params->otherwise || seen(p->line, params))
			continue;
		int rc = command_check(params, params->otherwise, p->now_ms, &v, &e);
		if (rc)
			fail(p, rc, &e);
		v.is_default = true;
		if (!rc)
			add_value(p->line, &v);
	}
}

/* Verbs under a prefix that stands alone, for the sentence. */
static void prefix_alone(struct parse *p)
{
	struct buf list = BUF_INIT(2000);
	const char *prefix = p->line->prefix;
	size_t n = strlen(prefix);
	for (const struct command *const *c = p->line->set->commands; *c; c++)
		if (!(*c)->hidden && !strncmp((*c)->name, prefix, n) && (*c)->name[n] == ' ')
			buf_printf(&list, "%s%s", list.n ? ", " : "", (*c)->name + n + 1);
	fail_usage(p, _("\"%s\" needs one of: %s"), prefix, buf_str(&list));
	buf_done(&list);
}

static void finish(struct parse *p)
{
	const struct command *c = p->line->command;
	if (p->line->help)
		return;
	if (p->line->prefix[0] && !p->verb_settled)
		prefix_alone(p);
	if (c) {
		require(p, c->args, true);
		require(p, c->options, false);
		fill_defaults(p, c->args);
		fill_defaults(p, c->options);
	}
	fill_defaults(p, p->line->set->globals);
}

static void add_hint(struct parse *p)
{
	const struct command_line *l = p->line;
	if (p->err.hint[0])
		return;
	if (l->command)
		err_hint(&p->err, _("muster %s --help shows what it takes"), l->command->name);
	else if (l->prefix[0])
		err_hint(&p->err, _("muster %s --help lists its verbs"), l->prefix);
	else
		err_hint(&p->err, _("muster --help lists the verbs"));
}

/* An option's word was wrong, yet help was asked for: help wins. */
static bool asks_help(size_t argc, const char *const *argv)
{
	for (size_t i = 0; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

int command_parse(const struct command_set *set, size_t argc, const char *const *argv,
		  int64_t now_ms, struct command_line *ret, struct err *err)
{
	struct parse p = {.line = ret, .argc = argc, .argv = argv, .now_ms = now_ms};
	*ret = (struct command_line){.set = set};
	while (p.at < argc) {
		const char *word = argv[p.at++];
		take_word(&p, word);
	}
	bool unknown = p.verb_settled && !ret->command;
	if (p.rc && !unknown && asks_help(argc, argv)) {
		ret->help = true;
		p.rc = 0;
	}
	finish(&p);
	if (!p.rc)
		return 0;
	add_hint(&p);
	if (err)
		*err = p.err;
	return p.rc;
}

void command_line_done(struct command_line *l)
{
	mem_free(l->values);
	l->values = NULL;
	l->n = 0;
}
