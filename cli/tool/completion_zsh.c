/* The zsh script: the same lookups as bash, with descriptions. */
#include "cli/tool/completion.h"

static const char head[] =
	"#compdef muster\n"
	"# Completion of muster(1) for zsh, made by `muster completion zsh`.\n\n";

static const char tail[] =
	"# Complete from a source: words, @file, @folder, or what muster itself knows.\n"
	"_muster_from()\n"
	"{\n"
	"\tlocal -a found\n"
	"\tlocal value what\n"
	"\tcase $1 in\n"
	"\t@file) _files ;;\n"
	"\t@folder) _files -/ ;;\n"
	"\t@*)\n"
	"\t\tcall=(${words[1]} complete ${1#@} -- ${(Q)PREFIX})\n"
	"\t\twhile IFS=$'\\t' read -r value what; do\n"
	"\t\t\tfound+=(\"${value//:/\\\\:}:$what\")\n"
	"\t\tdone < <($call 2>/dev/null)\n"
	"\t\t_describe ${1#@} found\n"
	"\t\t;;\n"
	"\t*) compadd -- ${=1} ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_muster()\n"
	"{\n"
	"\tlocal verb= first= plain= source= n=0 i\n"
	"\tlocal -a call list\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tcase ${words[i]} in\n"
	"\t\t--) n=$((n + CURRENT - i - 1)); plain=1; break ;;\n"
	"\t\t--*=*) ;;\n"
	"\t\t-*) [[ -n $(_muster_value \"$verb\" \"${words[i]}\") ]] && ((i++)) ;;\n"
	"\t\t*)\n"
	"\t\t\tif [[ -n $verb ]]; then ((n += 1))\n"
	"\t\t\telif _muster_verbs \"${first:+$first }${words[i]}\" && ((${#list})); then\n"
	"\t\t\t\tfirst=\"${first:+$first }${words[i]}\"\n"
	"\t\t\telse verb=\"${first:+$first }${words[i]}\"\n"
	"\t\t\tfi ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tif [[ -z $plain && ${words[CURRENT - 1]} == -* ]]; then\n"
	"\t\tsource=$(_muster_value \"$verb\" \"${words[CURRENT - 1]}\")\n"
	"\tfi\n"
	"\tif [[ -z $plain && $PREFIX == --*=* ]]; then\n"
	"\t\tsource=$(_muster_value \"$verb\" \"${PREFIX%%=*}\")\n"
	"\t\tcompset -P '*='\n"
	"\telif [[ -z $source && -z $plain && $PREFIX == -* ]]; then\n"
	"\t\t_muster_options \"$verb\"\n"
	"\t\t_describe -o option list\n"
	"\t\treturn\n"
	"\telif [[ -z $source && -z $verb ]]; then\n"
	"\t\t_muster_verbs \"$first\"\n"
	"\t\t_describe verb list\n"
	"\t\treturn\n"
	"\telif [[ -z $source ]]; then\n"
	"\t\tsource=$(_muster_position \"$verb\" $n)\n"
	"\tfi\n"
	"\t[[ -z $source || $source == - ]] || _muster_from \"$source\"\n"
	"}\n"
	"\n"
	"_muster \"$@\"\n";

/* Inside single quotes, with colons escaped for _describe. */
static void put_described(struct buf *b, const char *name, const char *what)
{
	buf_printf(b, "'%s:", name);
	for (const char *c = what; *c; c++) {
		if (*c == '\'')
			buf_put_str(b, "'\\''");
		else
			buf_put_char(b, *c);
	}
	buf_put_str(b, "' ");
}

/* Verbs behind a prefix; a group is offered once, as itself. */
static void put_verbs(const char *prefix, const struct command_set *set, void *arg)
{
	struct buf *b = arg;
	char word[60];
	const struct command *c;
	buf_printf(b, "\t'%s') list=(", prefix);
	for (size_t i = 0; (c = completion_next(set, prefix, i, word, sizeof(word))); i++) {
		size_t n = strlen(prefix) + (*prefix ? 1 : 0) + strlen(word);
		put_described(b, word, c->name[n] ? command_group_title(c->group) : c->summary);
	}
	buf_put_str(b, ") ;;\n");
}

static void put_verb_lists(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_verbs()\n{\n\tcase $1 in\n");
	put_verbs("", set, b);
	completion_each_prefix(set, put_verbs, b);
	buf_put_str(b, "\t*) list=() ;;\n\tesac\n}\n\n");
}

static void put_params(struct buf *b, const struct command_param *p)
{
	char name[80];
	for (; p && p->kind != KIND_NONE; p++) {
		snprintf(name, sizeof(name), "--%s", p->name);
		if (!p->hidden)
			put_described(b, name, p->what);
	}
}

static void put_options(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, "_muster_options()\n{\n\tcase $1 in\n");
	for (const struct command *const *c = set->commands; *c; c++) {
		if ((*c)->hidden || !(*c)->options)
			continue;
		buf_printf(b, "\t'%s') list=(", (*c)->name);
		put_params(b, (*c)->options);
		buf_put_str(b, ") ;;\n");
	}
	buf_put_str(b, "\t*) list=() ;;\n\tesac\n\tlist+=(");
	put_params(b, set->globals);
	buf_put_str(b, ")\n}\n\n");
}

void completion_put_zsh(struct buf *b, const struct command_set *set)
{
	buf_put_str(b, head);
	put_verb_lists(b, set);
	put_options(b, set);
	completion_put_lookups(b, set);
	buf_put_str(b, tail);
}
