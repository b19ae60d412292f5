/* The parts of the manual that no table holds, in mdoc(7), and muster-config(5). */
#include "cli/tool/man.h"

#include "core/base/mem.h"
#include "core/client/config.h"
#include "server/serve.h"

#include <string.h>

const char man_overview_top[] =
	".Sh SYNOPSIS\n"
	".Nm\n"
	".Ar VERB\n"
	".Op Ar options\n"
	".Op Ar words ...\n"
	".Sh DESCRIPTION\n"
	".Nm\n"
	"is a Matrix client for people and for scripts, and with\n"
	".Cm serve\n"
	"a Matrix server of one process.\n"
	"Data goes to standard output, everything else to standard error.\n"
	"Standard input is read only where\n"
	".Ql -\n"
	"stands.\n"
	"Nothing is ever asked unless standard input and standard error are terminals.\n";

const char man_overview_words[] =
	".Sh WORDS\n"
	".Bl -tag -width Ds\n"
	".It Ar ROOM\n"
	"A room id, an alias, or a local name of a joined room.\n"
	"A unique beginning of a name counts only when standard input is a terminal.\n"
	".Ar @user\n"
	"means the direct chat with that person.\n"
	".It Ar USER\n"
	"A Matrix id or a unique name.\n"
	".It Ar EVENT\n"
	"An event id, which begins with\n"
	".Ql $ .\n"
	".It Ar TIME\n"
	"RFC 3339,\n"
	".Ql YYYY-MM-DD[ HH:MM] ,\n"
	".Ql HH:MM ,\n"
	".Ql today ,\n"
	".Ql tomorrow 9:00\n"
	"or\n"
	".Ql now-2h .\n"
	".It Ar DUR\n"
	"A duration such as\n"
	".Ql 90s ,\n"
	".Ql 5m\n"
	"or\n"
	".Ql 1h30m .\n"
	"A bare number is an error.\n"
	".El\n"
	".Sh OUTPUT\n"
	"With\n"
	".Fl -json ,\n"
	"each row is one line of JSON in UTF-8.\n"
	"Its keys are stable and never translated.\n"
	"Times are ISO 8601 with an offset, sizes are bytes, and keys that end in\n"
	".Ql _s\n"
	"hold whole seconds.\n"
	"Errors are then one line of JSON on standard error:\n"
	".Dl "
	"{\\(dqerror\\(dq:{\\(dqcode\\(dq,\\(dqmessage\\(dq,\\(dqhint\\(dq,\\(dqretryable\\(dq}}\n"
	".Sh ENVIRONMENT\n"
	".Bl -tag -width Ds\n"
	".It Ev MUSTER_ACCOUNT\n"
	"The account to use.\n"
	".It Ev NO_COLOR , CLICOLOR_FORCE\n"
	"Never, or always, use colours.\n"
	".It Ev COLUMNS\n"
	"Width of tables.\n"
	".It Ev LANGUAGE , LC_ALL , LC_MESSAGES , LANG\n"
	"Language of sentences.\n"
	".It Ev TZ\n"
	"Time zone.\n"
	".It Ev XDG_CONFIG_HOME , XDG_DATA_HOME , XDG_CACHE_HOME , XDG_STATE_HOME , "
	"XDG_RUNTIME_DIR\n"
	"Where files are kept.\n"
	".It Ev HTTP_PROXY , HTTPS_PROXY , ALL_PROXY , NO_PROXY\n"
	"Proxies, as for\n"
	".Xr curl 1 .\n"
	".El\n"
	".Sh FILES\n"
	".Bl -tag -width Ds\n"
	".It Pa ~/.config/muster/config\n"
	"Settings, see\n"
	".Xr muster-config 5 .\n"
	".It Pa ~/.local/share/muster/accounts/NAME/\n"
	"An account with its cache and tokens, readable by its owner only.\n"
	".El\n";

const char man_overview_end[] = ".Sh EXAMPLES\n"
				"Log in, send a message, follow a room:\n"
				".Bd -literal -offset indent\n"
				"muster login https://school.example --user ada\n"
				"muster send physics \\(dqWe start at nine\\(dq\n"
				"muster read physics --follow\n"
				".Ed\n";

static void put_range(struct buf *b, const struct config_row *r)
{
	if (r->choices)
		buf_printf(b, "One of\n.Ql %s .\n", r->choices);
	if (r->type == CONFIG_BOOL)
		buf_put_str(b, "One of\n.Ql true\nand\n.Ql false .\n");
	if (r->type == CONFIG_INT && r->max > r->min)
		buf_printf(b, "From %lld to %lld.\n", (long long)r->min, (long long)r->max);
	if (r->fallback && *r->fallback)
		buf_printf(b, "The default is\n.Ql %s .\n", r->fallback);
	if (r->env)
		buf_printf(b, "The environment variable\n.Ev %s\nis above the files.\n", r->env);
}

static void put_server_settings(struct buf *b)
{
	const struct serve_setting *s;
	buf_put_str(b,
		    ".Sh SETTINGS OF A SERVER\n.Nm muster serve\nreads\n.Pa muster.conf\n"
		    "in its data folder, or the file that\n.Fl -config\nnames, of the same form.\n"
		    "Its options are above the file.\n.Bl -tag -width Ds\n");
	for (size_t i = 0; (s = serve_setting(i)) != NULL; i++) {
		buf_printf(b, ".It Cm %s\n", s->name);
		man_put_prose(b, s->what);
		if (!strcmp(s->type, "bool"))
			buf_put_str(b, "One of\n.Ql true\nand\n.Ql false .\n");
		if (s->initial[0])
			buf_printf(b, "The default is\n.Ql %s .\n", s->initial);
	}
	buf_put_str(b, ".El\n");
}

void man_put_config(struct buf *b)
{
	man_put_head(b, "MUSTER-CONFIG", 5, "muster-config", "settings of muster");
	buf_put_str(b, ".Sh DESCRIPTION\n"
		       "A file of settings has one setting a line,\n"
		       ".Ql key = value .\n"
		       "Empty lines and lines that begin with\n"
		       ".Ql #\n"
		       "are ignored.\n"
		       "Three files are read, and a later one is above an earlier one: the\n"
		       "system's, the user's and that of the project one stands in.\n"
		       "The environment is above the files, and options are above all.\n"
		       ".Dq muster config list --show-origin\n"
		       "shows what is in force and why.\n"
		       ".Bl -tag -width Ds\n");
	for (const struct config_row *r = config_rows(); r->key; r++) {
		buf_printf(b, ".It Cm %s\n", r->key);
		AUTO_FREE char *what = mem_printf("%s.", r->what);
		size_t n = strlen(what);
		if (n > 1 && what[n - 2] == '.')
			what[n - 1] = '\0';
		man_put_prose(b, what);
		put_range(b, r);
	}
	buf_put_str(b, ".El\n");
	put_server_settings(b);
	buf_put_str(b, ".Sh FILES\n.Bl -tag -width Ds -compact\n"
		       ".It Pa /etc/muster/config\nThe system's settings.\n"
		       ".It Pa ~/.config/muster/config\nThe user's settings.\n"
		       ".It Pa .muster/config\nA project's settings.\n"
		       ".It Pa DATA/muster.conf\nThe settings of a server.\n"
		       ".El\n.Sh SEE ALSO\n.Xr muster 1 ,\n.Xr muster-serve 1 ,\n.Xr muster-tools "
		       "1\n");
}
