#include "cli/call/via.h"

#include "cli/call/via_words.h"
#include "core/base/child.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* After its input ended the other side has so long to leave; then ssh is told to end. */
#define LEAVE_MS 6000
#define DRAIN_MS 20

struct via {
	struct command_ctx *ctx;
	const struct via_options *o;
	via_row_fn *row;
	void *arg;
	struct loop *loop;
	struct loop_timer *patience, *drain;
	struct child *ssh;
	struct audio_engine *engine;
	struct recorder *recorder;
	int to_ssh, from_ssh; /* our ends of its standard input and output */
	bool spoke;	      /* the other muster has said something */
	int interrupted;      /* a signal's number */
	char held[400];	      /* a plain line that may turn out to be the reason */
	struct err theirs;
	int status, signal;
};

/* -- Sound -------------------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What still comes is read and forgotten, or ssh would wait for us for ever. */
static void on_drain(void *arg)
{
	struct via *v = arg;
	char bytes[16384];
	ssize_t n;
	while ((n = read(v->from_ssh, bytes, sizeof(bytes))) > 0)
		;
	if (n == 0)
		loop_timer_stop(v->drain);
}

/* Nobody speaks here any more: end of the other side's input, and it leaves. */
static void hang_up(struct via *v)
{
	if (v->to_ssh < 0)
		return;
	audio_engine_free(take(&v->engine));
	close_fd(&v->to_ssh);
	fcntl(v->from_ssh, F_SETFL, fcntl(v->from_ssh, F_GETFL) | O_NONBLOCK);
	loop_timer_start(v->drain, 0, DRAIN_MS);
	loop_timer_start(v->patience, LEAVE_MS, 0);
}

static void input_ended(void *arg)
{
	hang_up(arg);
}

/* Media thread. */
static void on_input_end(void *arg)
{
	struct via *v = arg;
	loop_post(v->loop, input_ended, v);
}

static void on_patience(void *arg)
{
	struct via *v = arg;
	child_signal(v->ssh, SIGTERM);
}

static int open_sound(struct via *v, struct err *err)
{
	struct audio_engine_settings s = v->o->sound;
	AUTO_FREE char *far_in = mem_printf("pipe:%d@s16le:%d:1:live", v->from_ssh, v->o->rate_hz);
	AUTO_FREE char *far_out = mem_printf("pipe:%d@s16le:%d:1", v->to_ssh, v->o->rate_hz);
	s.far_in = far_in;
	s.far_out = far_out;
	s.handler.input_end = v->o->stay ? NULL : on_input_end;
	s.arg = v;
	int rc = audio_engine_new(&s, &v->engine, err);
	if (!rc && v->o->record)
		rc = recorder_new(v->o->record, false, &v->recorder, err);
	if (!rc && v->recorder)
		audio_engine_tap(v->engine, AUDIO_ENGINE_TAP_BOTH, v->recorder);
	return rc;
}

/* -- What the other side says --------------------------------------------------- */

static void say_held(struct via *v)
{
	if (v->held[0])
		command_say(v->ctx, "%s: %s", v->o->host, v->held);
	v->held[0] = '\0';
}

static int code_of_name(const char *name)
{
	const struct err_exit *row = err_exit_table();
	for (; row->name && name; row++)
		if (!strcmp(row->name, name))
			return row->code;
	return ERR_FAILED;
}

static void take_error(struct via *v, const json_t *e)
{
	const char *msg = json_get_str(e, "message"), *hint = json_get_str(e, "hint");
	err_set(&v->theirs, code_of_name(json_get_str(e, "code")), "%s: %s", v->o->host,
		msg ? msg : "?");
	if (hint)
		err_hint(&v->theirs, "%s", hint);
}

static void on_line(void *arg, struct span line)
{
	struct via *v = arg;
	JSON_AUTO json_t *row = NULL;
	say_held(v);
	line = span_trim(line);
	if (!line.n)
		return;
	if (line.p[0] != '{' || json_parse_object(line, &row, NULL)) {
		struct term_text clean = text_make(line, TEXT_LINE);
		snprintf(v->held, sizeof(v->held), "%s", clean.s);
		text_done(&clean);
		return;
	}
	v->spoke = true;
	if (json_is_object(json_object_get(row, "error")))
		take_error(v, json_object_get(row, "error"));
	else if (!v->row(v->arg, row))
		hang_up(v);
}

static void on_ended(void *arg, int status, int signum)
{
	struct via *v = arg;
	v->status = status;
	v->signal = signum;
	loop_stop(v->loop);
}

/* -- Signals ------------------------------------------------------------------------ */

static void interrupt(struct via *v, int signum)
{
	bool again = v->interrupted != 0;
	v->interrupted = signum;
	/* Before the other muster has said anything there is nothing to leave. */
	if (again || !v->spoke)
		child_signal(v->ssh, SIGTERM);
	hang_up(v);
}

static void on_sigint(void *arg)
{
	interrupt(arg, SIGINT);
}

static void on_sigterm(void *arg)
{
	interrupt(arg, SIGTERM);
}

static void on_sighup(void *arg)
{
	interrupt(arg, SIGHUP);
}

/* -- ssh ------------------------------------------------------------------------------ */

static int start_ssh(struct via *v, int in, int out, struct err *err)
{
	const struct command_line *l = v->ctx->line;
	bool may_ask =
		!command_flag(l, "no-input") && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	AUTO(buf_done) struct buf command = BUF_INIT(VIA_COMMAND_MAX);
	int rc = via_command(&command, l, v->o->rate_hz, err);
	/* A dead network is noticed within a quarter of a minute; sound goes before bulk. */
	const char *argv[] = {"ssh",
			      "-T",
			      "-e",
			      "none",
			      "-o",
			      "ServerAliveInterval=5",
			      "-o",
			      "ServerAliveCountMax=3",
			      "-o",
			      "IPQoS=ef",
			      "-o",
			      may_ask ? "BatchMode=no" : "BatchMode=yes",
			      "--",
			      v->o->host,
			      buf_str(&command),
			      NULL};
	const struct child_options o = {.argv = argv,
					.in = in,
					.out = out,
					.ignore_interrupt = true};
	const struct child_handler h = {.line = on_line, .ended = on_ended};
	if (!rc)
		rc = child_new(v->loop, &o, &h, v, &v->ssh, err);
	if (rc == ERR_NOT_FOUND && err)
		err_hint(err, _("install the package openssh-client"));
	return rc;
}

static bool make_pipe(int *ret_read, int *ret_write)
{
	int fds[2];
	if (pipe(fds))
		return false;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	*ret_read = fds[0];
	*ret_write = fds[1];
	return true;
}

static int start(struct via *v, struct err *err)
{
	int in = -1, out = -1, rc = via_check_host(v->o->host, err);
	if (!rc && (!make_pipe(&in, &v->to_ssh) || !make_pipe(&v->from_ssh, &out)))
		rc = err_errno(err, errno, _("cannot make a pipe"));
	if (!rc)
		rc = open_sound(v, err);
	if (!rc)
		rc = start_ssh(v, in, out, err);
	close_fd(&in);
	close_fd(&out);
	return rc ? rc : audio_engine_start(v->engine, err);
}

/* -- The end ---------------------------------------------------------------------------- */

static int code_of_status(int status)
{
	const struct err_exit *row = err_exit_table();
	for (; row->name; row++)
		if (row->exit_status == status)
			return row->code;
	return ERR_FAILED;
}

/* 255 is ssh's own. */
static int ssh_failed(const struct via *v, struct err *err)
{
	const char *why = v->held[0] ? v->held : _("ssh says nothing about why");
	if (v->spoke)
		return err_set(err, ERR_NETWORK, _("the ssh connection to %s broke: %s"),
			       v->o->host, why);
	int code = strstr(why, "Permission denied") ? ERR_AUTH : ERR_NETWORK;
	err_set(err, code, _("ssh does not get to %s: %s"), v->o->host, why);
	err_hint(err, _("\"ssh %s true\" has to work by itself"), v->o->host);
	return code;
}

static int result(const struct via *v, struct err *err)
{
	/* Whatever becomes of ssh then: it was to end. */
	if (v->interrupted)
		return 0;
	if (v->theirs.code) {
		*err = v->theirs;
		return err->code;
	}
	if (v->status == 255)
		return ssh_failed(v, err);
	if (v->signal)
		return err_set(err, ERR_NETWORK, _("ssh was ended by signal %d"), v->signal);
	if (v->status == 126 || v->status == 127) {
		err_set(err, ERR_NOT_FOUND, _("there is no muster on %s that ssh could start"),
			v->o->host);
		err_hint(err, _("install it there; \"ssh %s muster version\" has to work"),
			 v->o->host);
		return ERR_NOT_FOUND;
	}
	if (v->status)
		return err_set(err, code_of_status(v->status), _("muster on %s: %s"), v->o->host,
			       v->held[0] ? v->held : _("it failed without saying why"));
	return 0;
}

static void finish(struct via *v)
{
	struct err err = {0};
	audio_engine_free(take(&v->engine));
	/* What was posted meanwhile finds that there is nothing to hang up. */
	close_fd(&v->to_ssh);
	if (recorder_close(v->recorder, &err))
		command_warn(v->ctx, "%s", err.msg);
	child_free(v->ssh);
	loop_timer_free(v->patience);
	loop_timer_free(v->drain);
	loop_free(v->loop);
	close_fd(&v->from_ssh);
}

int via_run(struct command_ctx *ctx, const struct via_options *o, via_row_fn *row, void *arg,
	    int *ret_signal, struct err *err)
{
	struct via v = {.ctx = ctx, .o = o, .row = row, .arg = arg, .to_ssh = -1, .from_ssh = -1};
	v.loop = loop_new();
	v.patience = loop_timer_new(v.loop, on_patience, &v);
	v.drain = loop_timer_new(v.loop, on_drain, &v);
	loop_on_signal(v.loop, SIGINT, on_sigint, &v);
	loop_on_signal(v.loop, SIGTERM, on_sigterm, &v);
	loop_on_signal(v.loop, SIGHUP, on_sighup, &v);
	int rc = start(&v, err);
	if (!rc) {
		loop_run(v.loop);
		rc = result(&v, err);
		if (!rc)
			say_held(&v);
	}
	*ret_signal = v.interrupted;
	finish(&v);
	return rc;
}
