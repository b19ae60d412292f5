/* Questions on the terminal. */
#include "cli/app.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int signum)
{
	caught = signum;
}

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM};

/* What the signals did before. */
struct watch {
	struct sigaction old[ARRAY_LEN(watched)];
	sigset_t mask;
};

/* Blocked but while waiting in pselect: none can slip in between a look at `caught` and the wait. */
static void watch_start(struct watch *w)
{
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;
	caught = 0;
	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		sigaddset(&block, watched[i]);
	sigprocmask(SIG_BLOCK, &block, &w->mask);
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		sigaction(watched[i], &sa, &w->old[i]);
}

/* Echo is back by now: what was caught may do its work. */
static void watch_end(const struct watch *w)
{
	for (size_t i = 0; i < ARRAY_LEN(watched); i++)
		sigaction(watched[i], &w->old[i], NULL);
	sigprocmask(SIG_SETMASK, &w->mask, NULL);
	if (caught)
		raise(caught);
}

static int not_asked(struct err *err, const char *what)
{
	char shown[200];
	snprintf(shown, sizeof(shown), "%s", what);
	for (size_t n = strlen(shown); n && strchr(": ", shown[n - 1]); n--)
		shown[n - 1] = '\0';
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
static int read_line(struct buf *b, const sigset_t *mask, struct err *err)
{
	char c;
	for (;;) {
		fd_set in;
		FD_ZERO(&in);
		FD_SET(STDIN_FILENO, &in);
		int ready = pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, mask);
		if (ready < 0 && errno == EINTR && !caught)
			continue;
		ssize_t n = ready > 0 && !caught ? read(STDIN_FILENO, &c, 1) : -1;
		if (n < 0)
			return err_set(err, ERR_CANCELLED, _("stopped before it was done"));
		if (n == 0 && b->n == 0)
			return err_set(err, ERR_CANCELLED, _("cancelled: end of input"));
		if (n == 0 || c == '\n')
			return 0;
		if (!buf_put_char(b, c))
			return err_set(err, ERR_TOO_LARGE, _("the line is too long"));
	}
}

/* The prompt comes after echo is off: what is typed at once is neither shown nor lost. */
static int read_typed(struct app *app, const char *prompt, bool echo, char **ret, struct err *err)
{
	struct termios was, now;
	struct watch w;
	struct buf b = BUF_INIT(4096);
	bool silent = !echo && tcgetattr(STDIN_FILENO, &was) == 0;
	buf_reserve(&b, 512); /* one piece of memory, to be wiped */
	app_wait_begin(app);
	watch_start(&w);
	if (silent) {
		now = was;
		now.c_lflag &= ~(tcflag_t)ECHO;
		now.c_lflag |= ECHONL;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	}
	show(prompt);
	int rc = read_line(&b, &w.mask, err);
	if (silent)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &was);
	watch_end(&w);
	app_wait_end(app);
	if (rc) {
		if (b.p)
			mem_wipe(b.p, b.size);
		buf_done(&b);
		return rc;
	}
	*ret = buf_take(&b);
	return 0;
}

int ask_secret(struct app *app, const char *prompt, char **ret, struct err *err)
{
	if (!app->may_ask)
		return not_asked(err, prompt);
	return read_typed(app, prompt, false, ret, err);
}

int ask_line(struct app *app, const char *prompt, char **ret, struct err *err)
{
	if (!app->may_ask)
		return not_asked(err, prompt);
	return read_typed(app, prompt, true, ret, err);
}

/* "y" in English or the first letter of the translated "yes". */
static bool is_yes(const char *typed)
{
	const char *yes = _("yes");
	return !strcasecmp(typed, "y") || !strcasecmp(typed, "yes") || !strcasecmp(typed, yes) ||
	       (strlen(typed) == 1 && yes[0] != 'n' && !strncasecmp(typed, yes, 1));
}

int ask_confirm(struct app *app, const char *question, struct err *err)
{
	char *typed = NULL;
	if (app->yes)
		return 0;
	if (!app->may_ask) {
		not_asked(err, question);
		err_hint(err, _("--yes answers it"));
		return ERR_USAGE;
	}
	AUTO_FREE char *prompt = mem_printf("%s [y/N] ", question);
	int rc = read_typed(app, prompt, true, &typed, err);
	if (rc)
		return rc;
	bool yes = is_yes(typed);
	mem_free(typed);
	return yes ? 0 : err_set(err, ERR_CANCELLED, _("cancelled, nothing was changed"));
}
