/*
 * --timeout's last resort. Verbs keep to the client's deadline by themselves;
 * this ends what is stuck in a call that knows no deadline.
 */
#include "cli/app.h"

#include "core/base/i18n.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

/* What a signal handler may not make any more. */
static struct buf last_words = BUF_INIT(4096);
static bool runs, firm; /* firm: the person said how long */
static struct itimerval paused;

static void too_late(int signum)
{
	(void)signum;
	ssize_t ignored = write(STDERR_FILENO, last_words.p, last_words.n);
	(void)ignored;
	_exit(err_exit_row(ERR_CANCELLED)->exit_status);
}

static void set_timer(int64_t ms)
{
	struct itimerval t = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
	setitimer(ITIMER_REAL, &t, NULL);
}

void watchdog_start(int64_t ms, bool json, bool by_person)
{
	struct err e;
	struct sigaction sa = {.sa_handler = too_late};
	err_set(&e, ERR_CANCELLED, _("not finished within the time of --timeout"));
	err_hint(&e, _("give it longer with --timeout 2m"));
	buf_clear(&last_words);
	report_put(&last_words, &e, json);
	sigaction(SIGALRM, &sa, NULL);
	set_timer(ms);
	runs = true;
	firm = by_person;
}

void watchdog_pause(void)
{
	static const struct itimerval none;
	if (runs && !firm)
		setitimer(ITIMER_REAL, &none, &paused);
}

void watchdog_resume(void)
{
	if (runs && !firm)
		setitimer(ITIMER_REAL, &paused, NULL);
}

void watchdog_stop(void)
{
	set_timer(0);
	runs = false;
	buf_done(&last_words);
}
