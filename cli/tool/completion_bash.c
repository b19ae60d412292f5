/*
 * The bash script: three generated lookup functions (options of a verb, what
 * an option's value is, what a positional is) below a fixed driver. Words like
 * @room ask `muster complete`, which reads the local cache and nothing else.
 */
#include "cli/tool/completion.h"

static const char driver[] =
	"# Completion of muster(1) for bash, made by `muster completion bash`.\n"
	"\n"
	"# Verbs, options and what their values are: $1 is the verb, $2 the option or position.\n";

static const char tail[] =
	"\n"
	"# $line, so that the shell takes it as it is: others choose the names of rooms and "
	"people.\n"
	"_muster_quote()\n"
	"{\n"
	"\tcase $quote in\n"
	"\t\"'\") line=${line//\"'\"/\"'\\\\''\"} ;;\n"
	"\t'\"')\n"
	"\t\tline=${line//\\\\/\\\\\\\\} line=${line//\\\"/\\\\\\\"}\n"
	"\t\tline=${line//\\$/\\\\\\$} line=${line//\\`/\\\\\\`}\n"
	"\t\t;;\n"
	"\t*) line=$(printf '%q' \"$line\") ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# Complete $cur from a source: words, @file, @folder, or what muster itself knows.\n"
	"_muster_from()\n"
	"{\n"
	"\tlocal IFS=$'\\n' line\n"
	"\tcase $1 in\n"
	"\t@file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"\t@folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
	"\t@*)\n"
	"\t\twhile IFS=$'\\t' read -r line _; do\n"
	"\t\t\t# A name instead of an alias cannot go on behind a colon.\n"
	"\t\t\t[[ $cur != *:* || $line == \"$cur\"* ]] || continue\n"
	"\t\t\t_muster_quote\n"
	"\t\t\tCOMPREPLY+=(\"$line\")\n"
	"\t\tdone < <(\"${words[0]}\" complete \"${1#@}\" -- \"$cur\" 2>/dev/null)\n"
	"\t\t;;\n"
	"\t*) COMPREPLY=($(IFS=' ' compgen -W \"$1\" -- \"$cur\")) ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"# words and cur as typed: bash splits at : and =, which room ids and --opt=value hold.\n"
	"_muster_words()\n"
	"{\n"
	"\tlocal i w before=${COMP_LINE:0:COMP_POINT}\n"
	"\twords=()\n"
	"\tfor ((i = 0; i <= COMP_CWORD; i++)); do\n"
	"\t\tw=${COMP_WORDS[i]}\n"
	"\t\tif ((i > 1)) && [[ $w == [:=]* || ${COMP_WORDS[i - 1]} == *[:=] ]] &&\n"
	"\t\t\t[[ -n $w && $before == *\"${COMP_WORDS[i - 1]}$w\"* ||\n"
	"\t\t\t\t-z $w && $before == *\"${COMP_WORDS[i - 1]}\" ]]; then\n"
	"\t\t\twords[${#words[@]} - 1]+=$w\n"
	"\t\telse\n"
	"\t\t\twords+=(\"$w\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tcur=${words[${#words[@]} - 1]}\n"
	"}\n"
	"\n"
	"# The verb, or the first of its two words, and how many positionals stand before $cur.\n"
	"_muster_place()\n"
	"{\n"
	"\tlocal i last=$((${#words[@]} - 1))\n"
	"\tfor ((i = 1; i < last; i++)); do\n"
	"\t\tcase ${words[i]} in\n"
	"\t\t--) n=$((n + last - i - 1)); plain=1; break ;;\n"
	"\t\t--*=*) ;;\n"
	"\t\t-*) [[ -n $(_muster_value \"$verb\" \"${words[i]}\") ]] && ((i++)) ;;\n"
	"\t\t*)\n"
	"\t\t\tif [[ -n $verb ]]; then\n"
	"\t\t\t\tn=$((n + 1))\n"
	"\t\t\telif [[ -n $(_muster_next \"${first:+$first }${words[i]}\") ]]; then\n"
	"\t\t\t\tfirst=\"${first:+$first }${words[i]}\"\n"
	"\t\t\telse\n"
	"\t\t\t\tverb=\"${first:+$first }${words[i]}\"\n"
	"\t\t\tfi\n"
	"\t\t\t;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_muster_source()\n"
	"{\n"
	"\tlocal prev=${words[${#words[@]} - 2]} value=\n"
	"\t[[ $prev == -* && -z $plain ]] && value=$(_muster_value \"$verb\" \"$prev\")\n"
	"\tif [[ -n $value ]]; then\n"
	"\t\techo \"$value\"\n"
	"\telif [[ $cur == -* && -z $plain ]]; then\n"
	"\t\t_muster_options \"$verb\"\n"
	"\telif [[ -n $verb ]]; then\n"
	"\t\t_muster_position \"$verb\" \"$n\"\n"
	"\telse\n"
	"\t\t_muster_next \"$first\"\n"
	"\tfi\n"
	"}\n"
	"\n"
	"# Readline replaces only what follows the last colon.\n"
	"_muster_colons()\n"
	"{\n"
	"\tlocal i rest=$cur\n"
	"\t[[ $COMP_WORDBREAKS == *:* && -z $quote ]] || return 0\n"
	"\twhile [[ $rest == *:* ]]; do\n"
	"\t\trest=${rest#*:}\n"
	"\t\tfor i in \"${!COMPREPLY[@]}\"; do COMPREPLY[i]=${COMPREPLY[i]#*:}; done\n"
	"\tdone\n"
	"}\n"
	"\n"
	"_muster()\n"
	"{\n"
	"\tlocal words cur verb= first= n=0 plain= quote= source\n"
	"\tCOMPREPLY=()\n"
	"\t_muster_words\n"
	"\t_muster_place\n"
	"\tif [[ $cur == --*=* && -z $plain ]]; then\n"
	"\t\tsource=$(_muster_value \"$verb\" \"${cur%%=*}\")\n"
	"\t\tcur=${cur#*=}\n"
	"\telse\n"
	"\t\tsource=$(_muster_source)\n"
	"\tfi\n"
	"\tcase $cur in\n"
	"\t[\\'\\\"]*) quote=${cur:0:1} cur=${cur:1} ;;\n"
	"\t*) cur=${cur//\\\\/} ;;\n"
	"\tesac\n"
	"\t[[ -z $source || $source == - ]] || _muster_from \"$source\"\n"
	"\t_muster_colons\n"
	"}\n"
	"\n"
	"complete -F _muster muster\n";

/* Words after a prefix ("" or "admin user"). */
static void put_next(const char *prefix, const struct command_set *set, void *arg)
{
	struct buf *b = arg;
	char word[60];
	buf_printf(b, "\t'%s') echo '", prefix);
	for (size_t i = 0; completion_next(set, prefix, i, word, sizeof(word)); i++)
		buf_printf(b, "%s%s", i ? " " : "", word);
	buf_put_str(b, "' ;;\n");
}

static void put_nexts(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_next()\n{\n\tcase $1 in\n");
	put_next("", set, b);
	completion_each_prefix(set, put_next, b);
	buf_put_str(b, "\tesac\n}\n\n");
}

static void put_names(struct buf *b, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++)
		if (!p->hidden)
			buf_printf(b, " --%s", p->name);
}

static void put_options(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_options()\n{\n\tcase $1 in\n");
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden || !(*c)->options)
			continue;
		buf_printf(b, "\t'%s') echo -n '", (*c)->name);
		put_names(b, (*c)->options);
		buf_put_str(b, "' ;;\n");
	}
	buf_put_str(b, "\tesac\n\techo '");
	put_names(b, set->globals);
	buf_put_str(b, "'\n}\n\n");
}

/* One case per option with a value; "-" says: takes one, nothing to offer. */
static void put_values(struct buf *b, const char *verb, const struct command_param *p)
{
	for (; p && p->kind != KIND_NONE; p++) {
		struct buf source = BUF_INIT(4000);
		if (p->kind == KIND_FLAG || p->value_optional)
			continue;
		completion_put_source(&source, p);
		buf_printf(b, "\t%s' --%s'", verb, p->name);
		if (p->letter)
			buf_printf(b, " | %s' -%c'", verb, p->letter);
		buf_printf(b, ") echo '%s' ;;\n", source.n ? buf_str(&source) : "-");
		buf_done(&source);
	}
}

static void put_value(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_value()\n{\n\tcase \"$1 $2\" in\n");
	for (const struct command *const *c = set->commands; *c; c++) {
		char quoted[80];
		snprintf(quoted, sizeof(quoted), "'%s'", (*c)->name);
		if (!(*c)->hidden)
			put_values(b, quoted, (*c)->options);
	}
	put_values(b, "*", set->globals);
	buf_put_str(b, "\tesac\n}\n\n");
}

static void put_position(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_position()\n{\n\tcase \"$1 $2\" in\n");
	for (const struct command *const *c = set->commands; *c; c++) {
		int i = 0;
		for (const struct command_param *p = (*c)->args; p && p->kind != KIND_NONE; p++) {
			struct buf source = BUF_INIT(4000);
			completion_put_source(&source, p);
			if (source.n && !(*c)->hidden && p->repeat)
				buf_printf(b, "\t'%s '*) echo '%s' ;;\n", (*c)->name,
					   buf_str(&source));
			else if (source.n && !(*c)->hidden)
				buf_printf(b, "\t'%s %d') echo '%s' ;;\n", (*c)->name, i,
					   buf_str(&source));
			buf_done(&source);
			i++;
		}
	}
	buf_put_str(b, "\tesac\n}\n");
}

void completion_put_lookups(struct buf *b, const struct command_set *set)
{
	put_value(b, set);
	put_position(b, set);
}

void completion_put_bash(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, driver);
	put_nexts(b, set);
	put_options(b, set);
	completion_put_lookups(b, set);
	buf_put_str(b, tail);
}
