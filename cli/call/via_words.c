#include "cli/call/via_words.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

/* Nothing in these means anything to any shell. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@,+"

/* Options whose matter is on this side. */
static const char *const here[] = {
	"via",	   "input",    "output", "driver", "in",      "out",	"pcm",
	"play",	   "record",   "events", "stay",   "json",    "format", "quiet",
	"verbose", "no-input", "yes",	 "help",   "ca-file",
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
	const char *const first[] = {"muster", "--json",   "--no-input", "call", "join",
				     "--in",   "-",	   "--out",	 "-",	 "--pcm",
				     pcm,      "--events", "/dev/stderr"};
	int rc = 0;
	for (size_t i = 0; i < ARRAY_LEN(first) && !rc; i++)
		rc = put_word(b, first[i], err);
	for (size_t i = 0; i < l->n && !rc; i++) {
		const struct command_value *v = &l->values[i];
		if (!v->is_default && is_option(l, v->param) && !is_here(v->param->name))
			rc = put_option(b, v, err);
	}
	if (!rc)
		rc = put_word(b, "--", err);
	for (size_t i = 0; i < l->n && !rc; i++)
		if (!is_option(l, l->values[i].param) && l->values[i].text)
			rc = put_word(b, l->values[i].text, err);
	if (!rc && !buf_ok(b))
		rc = err_set(err, ERR_TOO_LARGE, _("that is too long a command for ssh"));
	return rc;
}
