/* Questions on the terminal. */
#include "cli/app.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int signum)
{
	caught = signum;
}

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void watch(struct sigaction old[ARRAY_LEN(watched)])
{
	/* No SA_RESTART: read() must return so that echo comes back before the process ends. */
	struct sigaction sa = {.sa_handler = on_signal};
	caught = 0;
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		sigaction(watched[i], &sa, &old[i]);
}

static void unwatch(const struct sigaction old[ARRAY_LEN(watched)])
{
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		sigaction(watched[i], &old[i], NULL);
	if (caught)
		raise(caught);
}

static int not_asked(struct err *err, const char *what)
{
	char shown[200];
	snprintf(shown, sizeof(shown), "%s", what);
	err_set(err, ERR_USAGE, _("not asked, because there is no terminal or --no-input: %s"),
		shown);
	return ERR_USAGE;
}

static void show(const char *prompt)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	text_put(&b, span_of(prompt), TEXT_BLOCK);
	ssize_t ignored = write(STDERR_FILENO, buf_str(&b), b.n);
	(void)ignored;
	buf_done(&b);
}

/* One line from stdin, byte by byte, so that nothing behind it is taken. */
static int read_line(struct buf *b, struct err *err)
{
	char c;
	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR && !caught)
			continue;
		if (n < 0 || caught)
			return err_set(err, ERR_CANCELLED, _("cancelled"));
		if (n == 0 && b->n == 0)
			return err_set(err, ERR_CANCELLED, _("cancelled: end of input"));
		if (n == 0 || c == '\n')
			return 0;
		if (!buf_put_char(b, c))
			return err_set(err, ERR_TOO_LARGE, _("the line is too long"));
	}
}

static int read_typed(bool echo, char **ret, struct err *err)
{
	struct termios was, now;
	struct sigaction old[ARRAY_LEN(watched)];
	struct buf b = BUF_INIT(4096);
	bool tty = tcgetattr(STDIN_FILENO, &was) == 0;
	watch(old);
	now = was;
	now.c_lflag &= ~(tcflag_t)(echo ? 0 : ECHO);
	now.c_lflag |= ECHONL;
	if (tty)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	int rc = read_line(&b, err);
	if (tty)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	unwatch(old);
	if (rc) {
		if (b.p)
			mem_wipe(b.p, b.n);
		buf_done(&b);
		return rc;
	}
	*ret = buf_take(&b);
	return 0;
}

int ask_secret(const struct app *app, const char *prompt, char **ret, struct err *err)
{
	if (!app->may_ask)
		return not_asked(err, prompt);
	show(prompt);
	return read_typed(false, ret, err);
}

int ask_line(const struct app *app, const char *prompt, char **ret, struct err *err)
{
	if (!app->may_ask)
		return not_asked(err, prompt);
	show(prompt);
	return read_typed(true, ret, err);
}

/* "y" in English or the first letter of the translated "yes". */
static bool is_yes(const char *typed)
{
	const char *yes = _("yes");
	return !strcasecmp(typed, "y") || !strcasecmp(typed, "yes") || !strcasecmp(typed, yes) ||
	       (strlen(typed) == 1 && yes[0] != 'n' && !strncasecmp(typed, yes, 1));
}

int ask_confirm(const struct app *app, const char *question, struct err *err)
{
	char *typed = NULL;
	if (app->yes)
		return 0;
	if (!app->may_ask) {
		not_asked(err, question);
		err_hint(err, _("--yes answers it"));
		return ERR_USAGE;
	}
	show(question);
	show(" [y/N] ");
	int rc = read_typed(true, &typed, err);
	if (rc)
		return rc;
	bool yes = is_yes(typed);
	mem_free(typed);
	return yes ? 0 : err_set(err, ERR_CANCELLED, _("cancelled, nothing was changed"));
}
