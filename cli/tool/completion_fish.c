/* The fish script: one `complete` line per verb, option and positional. */
#include "cli/tool/completion.h"

static const char head[] =
	"# Completion of muster(1) for fish, made by `muster completion fish`.\n\n";

static const char driver[] =
	"# The verb so far and the number of positionals behind it, on two lines.\n"
	"function __muster_place\n"
	"    set -l words (commandline -opc)\n"
	"    set -l verb\n"
	"    set -l n 0\n"
	"    set -l skip 0\n"
	"    for w in $words[2..-1]\n"
	"        if test $skip = 1\n"
	"            set skip 0\n"
	"        else if contains -- $w $__muster_takes\n"
	"            set skip 1\n"
	"        else if string match -q -- '-*' $w\n"
	"            continue\n"
	"        else if test -z \"$verb\"\n"
	"            set verb $w\n"
	"        else if contains -- $verb $__muster_groups\n"
	"            set verb \"$verb $w\"\n"
	"        else\n"
	"            set n (math $n + 1)\n"
	"        end\n"
	"    end\n"
	"    echo \"$verb\"\n"
	"    echo $n\n"
	"end\n"
	"\n"
	"# True in the verb $argv[1], at position $argv[2] when it is given.\n"
	"function __muster_in\n"
	"    set -l place (__muster_place)\n"
	"    test \"$place[1]\" = \"$argv[1]\"; or return 1\n"
	"    test (count $argv) -lt 2; or test $place[2] = $argv[2]; or test $argv[2] = any\n"
	"end\n"
	"\n"
	"function __muster_ask\n"
	"    set -l words (commandline -opc)\n"
	"    $words[1] complete $argv[1] -- (commandline -ct) 2>/dev/null\n"
	"end\n"
	"\n"
	"complete -c muster -f\n";

static void put_quoted(struct buf *b, const char *s)
{
	buf_put_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, *s);
	}
	buf_put_char(b, '\'');
}

static void put_source(struct buf *b, const struct command_param *p)
{
	struct buf source = BUF_INIT(4000);
	completion_put_source(&source, p);
	if (p->kind == KIND_FILE)
		buf_put_str(b, " -F");
	else if (p->kind == KIND_FOLDER)
		buf_put_str(b, " -a '(__fish_complete_directories)'");
	else if (source.n && source.p[0] == '@')
		buf_printf(b, " -a '(__muster_ask %s)'", buf_str(&source) + 1);
	else if (source.n)
		buf_printf(b, " -a '%s'", buf_str(&source));
	buf_done(&source);
}

static void put_option(struct buf *b, const char *verb, const struct command_param *p)
{
	buf_put_str(b, "complete -c muster");
	if (verb)
		buf_printf(b, " -n '__muster_in \"%s\"'", verb);
	buf_printf(b, " -l %s", p->name);
	if (p->letter)
		buf_printf(b, " -s %c", p->letter);
	if (p->kind != KIND_FLAG && !p->value_optional) {
		bool path = p->kind == KIND_FILE || p->kind == KIND_FOLDER;
		buf_put_str(b, path ? " -r" : " -x");
		put_source(b, p);
	}
	buf_put_str(b, " -d ");
	put_quoted(b, p->what);
	buf_put_char(b, '\n');
}

static void put_options(struct buf *b, const char *verb, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++)
		if (!p->hidden)
			put_option(b, verb, p);
}

static void put_args(struct buf *b, const struct command *c)
{
	int i = 0;
	for (const struct command_param *p = c->args; p && p->kind != KIND_NONE; p++, i++) {
		struct buf source = BUF_INIT(4000);
		put_source(&source, p);
		if (source.n) {
			buf_printf(b, "complete -c muster -n '__muster_in \"%s\" ", c->name);
			buf_printf(b, p->repeat ? "any" : "%d", i);
			buf_printf(b, "'%s\n", buf_str(&source));
		}
		buf_done(&source);
	}
}

static void put_takes(struct buf *b, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++) {
		if (p->hidden || p->kind == KIND_FLAG || p->value_optional)
			continue;
		buf_printf(b, " --%s", p->name);
		if (p->letter)
			buf_printf(b, " -%c", p->letter);
	}
}

static void put_group(const char *prefix, const struct command_set *set, void *arg)
{
	(void)set;
	buf_printf(arg, " '%s'", prefix);
}

static void put_lists(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "set -g __muster_takes");
	put_takes(b, set->globals);
	for (const struct command *const *c = set->commands; *c; c++)
		if (!(*c)->hidden)
			put_takes(b, (*c)->options);
	buf_put_str(b, "\nset -g __muster_groups");
	completion_each_prefix(set, put_group, b);
	buf_put_str(b, "\n\n");
}

/* The words that may stand behind a prefix. */
static void put_words(const char *prefix, const struct command_set *set, void *arg)
{
	struct buf *b = arg;
	char word[60];
	const struct command *c;
	for (size_t i = 0; (c = completion_next(set, prefix, i, word, sizeof(word))); i++) {
		size_t n = strlen(prefix) + (*prefix ? 1 : 0) + strlen(word);
		buf_printf(b, "complete -c muster -n '__muster_in \"%s\"' -a %s -d ", prefix, word);
		put_quoted(b, c->name[n] ? command_group_title(c->group) : c->summary);
		buf_put_char(b, '\n');
	}
}

void completion_put_fish(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, head);
	put_lists(b, set);
	buf_put_str(b, driver);
	put_options(b, NULL, set->globals);
	put_words("", set, b);
	completion_each_prefix(set, put_words, b);
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden)
			continue;
		put_options(b, (*c)->name, (*c)->options);
		put_args(b, *c);
	}
}
