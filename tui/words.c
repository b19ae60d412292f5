#include "tui/words.h"

#include "core/base/buf.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <string.h>

/* One word at the start of *rest, unquoted, into `b`. */
static void read_word(struct span *rest, struct buf *b, bool *ret_open)
{
	char quote = 0;
	while (rest->n && (quote || (rest->p[0] != ' ' && rest->p[0] != '\n'))) {
		char c = rest->p[0];
		*rest = span_from(*rest, 1);
		if (c == '\\' && quote != '\'' && rest->n) {
			buf_put_char(b, rest->p[0]);
			*rest = span_from(*rest, 1);
		} else if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? 0 : c;
		} else {
			buf_put_char(b, c);
		}
	}
	*ret_open = quote != 0;
}

/* An apostrophe inside a word is one: "don't". */
static bool is_apostrophe(struct span line, size_t i)
{
	return line.p[i] == '\'' && i > 0 && line.p[i - 1] != ' ' && line.p[i - 1] != '=';
}

int words_split(struct span line, struct words *ret, struct err *err)
{
	struct buf plain = BUF_INIT(BUF_CAP_OWN);
	*ret = (struct words){.n = 0};
	for (size_t i = 0; i < line.n; i++) {
		if (is_apostrophe(line, i))
			buf_put_char(&plain, '\\');
		buf_put_char(&plain, line.p[i]);
	}
	int rc = 0;
	for (struct span rest = buf_span(&plain); rest.n;) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		if (rest.p[0] == ' ' || rest.p[0] == '\n') {
			rest = span_from(rest, 1);
			continue;
		}
		if (ret->n == WORDS_MAX) {
			rc = err_set(err, ERR_TOO_LARGE, _("more than %d words"), WORDS_MAX);
			break;
		}
		read_word(&rest, &b, &ret->open);
		ret->word[ret->n++] = buf_take(&b);
	}
	buf_done(&plain);
	return rc;
}

void words_done(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		mem_free(w->word[i]);
	*w = (struct words){.n = 0};
}

void words_insert(struct words *w, size_t i, const char *word)
{
	if (w->n == WORDS_MAX || i > w->n)
		return;
	memmove(&w->word[i + 1], &w->word[i], (w->n - i) * sizeof(w->word[0]));
	w->word[i] = mem_strdup(word);
	w->n++;
}

const struct command *words_verb(const struct command_set *set, const struct words *w,
				 size_t *ret_n)
{
	struct buf name = BUF_INIT(1000);
	const struct command *found = NULL;
	for (size_t i = 0; i < w->n && i < 3; i++) {
		if (i)
			buf_put_char(&name, ' ');
		buf_put_str(&name, w->word[i]);
		const struct command *c = command_find(set, buf_str(&name));
		if (c) {
			found = c;
			*ret_n = i + 1;
		}
	}
	buf_done(&name);
	return found;
}
