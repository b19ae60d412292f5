#include "cli/call/via_words.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

/* Nothing in these means anything to any shell. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@,+"

/* Options whose matter is on this side. */
static const char *const here[] = {
	"via",	 "listen-only", "input",    "output", "driver", "in",	   "out",
	"pcm",	 "play",	"record",   "events", "stay",	"json",	   "format",
	"quiet", "verbose",	"no-input", "yes",    "help",	"ca-file", "force",
};

int via_quote(struct buf *b, const char *word, struct err *err)
{
	for (const char *p = word; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			return err_set(err, ERR_USAGE,
				       _("\"%.60s\": a line break cannot be handed on with --via"),
				       word);
	if (!*word)
		buf_put_str(b, "''");
	while (*word) {
		size_t plain = strspn(word, PLAIN), n = strcspn(word, "'\\!");
		if (plain == strlen(word)) {
			buf_put_str(b, word);
			break;
		}
		if (n) {
			buf_printf(b, "'%.*s'", (int)n, word);
		} else {
			/* Within quotes fish takes a backslash and csh a ! for more than it is;
			 * behind a backslash no shell does. */
			buf_printf(b, "\\%c", *word);
			n = 1;
		}
		word += n;
	}
	return 0;
}

int via_check_host(const char *host, struct err *err)
{
	size_t n = strlen(host);
	bool ok = n > 0 && n < 500 && host[0] != '-';
	for (size_t i = 0; i < n && ok; i++)
		ok = (unsigned char)host[i] > 32 && host[i] != 127;
	if (ok)
		return 0;
	err_set(err, ERR_USAGE, _("\"%.100s\" is no machine that ssh could be asked for"), host);
	err_hint(err, _("write --via HOST or --via USER@HOST, as for ssh"));
	return ERR_USAGE;
}

static bool is_here(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(here); i++)
		if (!strcmp(here[i], name))
			return true;
	return false;
}

static int put_word(struct buf *b, const char *word, struct err *err)
{
	if (b->n)
		buf_put_char(b, ' ');
	return via_quote(b, word, err);
}

static int put_words(struct buf *b, const char *const *words, struct err *err)
{
	int rc = 0;
	for (; *words && !rc; words++)
		rc = put_word(b, *words, err);
	return rc;
}

/* Also where the verb has no such option. */
static bool given(const struct command_line *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->values[i].is_default && !strcmp(l->values[i].param->name, name))
			return true;
	return false;
}

static bool is_option(const struct command_line *l, const struct command_param *p)
{
	return command_option(l->set, l->command, p->name) == p;
}

static int put_option(struct buf *b, const struct command_value *v, struct err *err)
{
	AUTO_FREE char *word = v->text ? mem_printf("--%s=%s", v->param->name, v->text)
				       : mem_printf("--%s", v->param->name);
	return put_word(b, word, err);
}

int via_command(struct buf *b, const struct command_line *l, int rate_hz, struct err *err)
{
	AUTO_FREE char *pcm = mem_printf("s16le:%d:1:live", rate_hz);
	const char *const first[] = {"muster", "--json", "--no-input", "--quiet",     "call",
				     "join",   "--in",	 "-",	       "--out",	      "-",
				     "--pcm",  pcm,	 "--events",   "/dev/stderr", NULL};
	int rc = put_words(b, first, err);
	for (size_t i = 0; i < l->n && !rc; i++) {
		const struct command_value *v = &l->values[i];
		if (!v->is_default && is_option(l, v->param) && !is_here(v->param->name))
			rc = put_option(b, v, err);
	}
	/* The other side learns by the end of its input that it is over: it always has one. */
	if (!rc && given(l, "listen-only"))
		rc = put_words(b, (const char *[]){"--muted", "--no-ring", NULL}, err);
	if (!rc && given(l, "record"))
		rc = put_word(b, "--recorded", err);
	if (!rc)
		rc = put_word(b, "--", err);
	for (size_t i = 0; i < l->n && !rc; i++)
		if (!is_option(l, l->values[i].param) && l->values[i].text)
			rc = put_word(b, l->values[i].text, err);
	if (!rc && !buf_ok(b))
		rc = err_set(err, ERR_TOO_LARGE, _("that is too long a command for ssh"));
	return rc;
}
