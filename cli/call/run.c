#include "cli/call/run.h"

#include "cli/call/chosen_sound.h"
#include "cli/call/held.h"
#include "cli/call/via.h"
#include "cli/output.h"
#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/call/room_call.h"
#include "core/client/rooms.h"
#include "core/client/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOW_RATE_HZ 16000

struct running {
	struct command_ctx *ctx;
	struct loop *l;
	struct client *c; /* on the loop */
	struct engine *engine;
	struct room_call *call;
	struct loop_timer *limit, *too_late;
	struct held *held;    /* on the loop; NULL: nothing is held back */
	struct output events; /* with --events */
	int events_fd;
	bool to_file; /* events go to events_fd */
	bool quiet;   /* standard output is sound: nothing else may go there */
	bool in;      /* we were in the call */
	bool lesson;  /* it was to be a live lesson */
	int signum;   /* the first signal */
	bool at_once; /* there was a second one */
	int stop;     /* what ended the rows */
	int rc;
	struct err err;
};

/* -- Options --------------------------------------------------------------------- */

/* A file or a pipe in place of the microphone, which is at its end at some time. */
static bool input_ends(const struct command_line *l)
{
	static const char *const drivers[] = {"file", "pipe"};
	const char *input = command_text(l, "input"), *driver = command_text(l, "driver");
	for (size_t i = 0; input && i < ARRAY_LEN(drivers); i++) {
		size_t n = strlen(drivers[i]);
		if (!strncmp(input, drivers[i], n) && input[n] == ':')
			return true;
		if (driver && !strcmp(driver, drivers[i]))
			return true;
	}
	return false;
}

int call_check_options(const struct command_line *l, struct err *err)
{
	static const char *const voices[] = {"listen-only", "play", "in", "input"};
	static const char *const ears[] = {"out", "output"};
	const char *voice = NULL, *ear = NULL;
	for (size_t i = 0; i < ARRAY_LEN(voices); i++) {
		if (!command_given(l, voices[i]))
			continue;
		if (voice)
			return err_set(err, ERR_USAGE, _("--%s and --%s exclude each other"), voice,
				       voices[i]);
		voice = voices[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(ears); i++) {
		if (!command_given(l, ears[i]))
			continue;
		if (ear)
			return err_set(err, ERR_USAGE, _("--%s and --%s exclude each other"), ear,
				       ears[i]);
		ear = ears[i];
	}
	if (command_flag(l, "listen-only") && command_flag(l, "muted"))
		return err_set(err, ERR_USAGE, _("--%s and --%s exclude each other"), "listen-only",
			       "muted");
	if (command_flag(l, "stay") && !command_given(l, "play") && !command_given(l, "in") &&
	    !input_ends(l))
		return err_set(err, ERR_USAGE,
			       _("--stay goes with --play, --in or --input file:FILE"));
	const char *events = command_text(l, "events");
	if (command_given(l, "out") && events && !strcmp(events, "-"))
		return err_set(err, ERR_USAGE,
			       _("--out - and --events - both want standard output"));
	struct audio_pcm pcm;
	return audio_pcm_parse(command_text(l, "pcm"), &pcm, err);
}

/* A lesson that was recorded before is lost only when somebody says so. */
static int check_recording(struct command_ctx *ctx, struct err *err)
{
	const char *path = command_text(ctx->line, "record");
	struct stat st;
	if (!path || command_flag(ctx->line, "force") || stat(path, &st) || !S_ISREG(st.st_mode) ||
	    !st.st_size)
		return 0;
	int rc = command_confirm(ctx, err, _("%s is there already. Record over it?"), path);
	if (rc == ERR_USAGE)
		err_hint(err, _("--force records over it"));
	return rc;
}

/* -- Events -------------------------------------------------------------------------- */

/* Descriptors are taken as they are: some kinds cannot be opened by name. */
static int open_path(const char *path)
{
	int64_t fd = -1;
	if (!strcmp(path, "/dev/stderr"))
		fd = STDERR_FILENO;
	else if (!strncmp(path, "/dev/fd/", 8) && !span_i64(span_of(path + 8), &fd))
		fd = -1;
	if (fd >= 0 && fd <= INT_MAX)
		return fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
	/* Appending: it may be a terminal, a pipe, or what another run has begun. */
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int open_events(struct running *r, struct err *err)
{
	const struct command_line *l = r->ctx->line;
	const char *path = command_text(l, "events");
	r->events_fd = -1;
	r->quiet = command_given(l, "out");
	if (!path || !strcmp(path, "-"))
		return 0;
	r->events_fd = open_path(path);
	if (r->events_fd < 0)
		return err_errno(err, errno, _("cannot write %s"), path);
	output_init(&r->events, r->events_fd, OUTPUT_JSON, false);
	r->events.command = l->command;
	r->events.line = l;
	r->to_file = true;
	return 0;
}

static void close_events(struct running *r)
{
	if (r->to_file)
		output_done(&r->events);
	if (r->events_fd >= 0)
		close(r->events_fd);
}

/* A person is not told each time that somebody draws breath, nor of the end of what never was. */
static bool is_for_people(struct running *r, const json_t *row)
{
	static const char *const words[] = {"speaking", "silent", "quality", "played"};
	const char *event = json_get_str(row, "event");
	if (event && !strcmp(event, "joined") && json_get_bool(row, "self", false))
		r->in = true;
	if (event && !strcmp(event, "ended") && !r->in)
		return false;
	for (size_t i = 0; event && i < ARRAY_LEN(words); i++)
		if (!strcmp(event, words[i]))
			return false;
	return true;
}

static void say(struct running *r, const json_t *row)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	call_line(&b, row, r->ctx->line);
	command_say(r->ctx, "%s", buf_str(&b));
}

/* Nobody reads the events any more. */
static void check_read(struct running *r, int rc)
{
	if (!rc || r->stop)
		return;
	r->stop = rc;
	if (r->call)
		room_call_leave(r->call, "left");
}

static void show(void *arg, json_t *row)
{
	struct running *r = arg;
	if (r->to_file || r->quiet)
		say(r, row);
	else
		check_read(r, command_row_fn(row, r->ctx));
}

static void on_row(void *arg, json_t *row)
{
	struct running *r = arg;
	bool for_people = is_for_people(r, row);
	bool people = r->to_file || r->quiet || r->ctx->people;
	if (r->to_file)
		check_read(r, output_row(&r->events, row));
	else if (!people)
		check_read(r, command_row_fn(row, r->ctx));
	if (people && for_people && r->held)
		held_row(r->held, row);
	else if (people && for_people)
		show(r, row);
}

static void on_warning(void *arg, const struct err *err)
{
	struct running *r = arg;
	command_warn(r->ctx, "%s", err->msg);
}

static void on_ended(void *arg, const struct err *err)
{
	struct running *r = arg;
	if (err && !r->rc) {
		r->err = *err;
		r->rc = err->code;
	}
	loop_stop(r->l);
}

/* -- The end ------------------------------------------------------------------------------ */

static void interrupted(struct running *r, int signum)
{
	if (r->signum) {
		r->at_once = true; /* the server ends our membership */
		loop_stop(r->l);
		return;
	}
	r->signum = signum;
	if (r->call)
		room_call_leave(r->call, "interrupted");
	else
		loop_stop(r->l);
}

static void on_sigint(void *arg)
{
	interrupted(arg, SIGINT);
}

static void on_sigterm(void *arg)
{
	interrupted(arg, SIGTERM);
}

static void on_sighup(void *arg)
{
	interrupted(arg, SIGHUP);
}

/* As a shell expects of a program that a signal ended. */
static void end_by(int signum)
{
	signal(signum, SIG_DFL);
	raise(signum);
}

static void on_limit(void *arg)
{
	struct running *r = arg;
	room_call_leave(r->call, "time");
}

static void on_too_late(void *arg)
{
	struct running *r = arg;
	r->rc = err_set(&r->err, ERR_CANCELLED, _("the time limit was reached"));
	room_call_leave(r->call, "time");
}

/* --for counts from when we are in, --timeout from the start. */
static void on_row_timed(void *arg, json_t *row)
{
	struct running *r = arg;
	const char *event = json_get_str(row, "event");
	int64_t ms = command_number(r->ctx->line, "for", 0);
	bool in = event && !strcmp(event, "joined") && json_get_bool(row, "self", false);
	if (in && ms)
		loop_timer_start(r->limit, (uint64_t)ms, 0);
	on_row(arg, row);
	if (in && r->lesson && !json_get_bool(row, "live", false))
		command_warn(r->ctx, _("no live lesson is on there yet; you are in its call all "
				       "the same"));
}

/* -- The call ---------------------------------------------------------------------------------- */

static int start(struct running *r, struct client *up, const struct room_call_options *o,
		 struct err *err)
{
	static const struct room_call_handler h = {on_row_timed, on_warning, on_ended};
	struct client_options opt = {
		.account = client_account(up)->name,
		.loop = r->l,
		.ca_file = client_ca_file(up),
	};
	int left = client_time_left_ms(up);
	int rc = client_open(&opt, &r->c, err);
	if (!rc)
		rc = engine_new(r->c, &r->engine, err);
	if (!rc)
		rc = room_call_new(r->c, r->engine, o, &h, r, &r->call, err);
	if (rc)
		return rc;
	loop_on_signal(r->l, SIGINT, on_sigint, r);
	loop_on_signal(r->l, SIGTERM, on_sigterm, r);
	loop_on_signal(r->l, SIGHUP, on_sighup, r);
	if (left >= 0)
		loop_timer_start(r->too_late, (uint64_t)left, 0);
	loop_run(r->l);
	return 0;
}

static int finish(struct running *r, int rc, struct err *err)
{
	room_call_free(take(&r->call));
	held_free(take(&r->held));
	engine_free(r->engine);
	client_close(r->c);
	loop_timer_free(r->limit);
	loop_timer_free(r->too_late);
	loop_free(r->l);
	if (!rc && r->stop < 0 && r->to_file) {
		*err = r->events.err;
		rc = r->stop;
	} else if (!rc && r->rc) {
		*err = r->err;
		rc = r->rc;
	} else if (!rc) {
		rc = r->stop;
	}
	close_events(r);
	return rc;
}

static int run_here(struct command_ctx *ctx, struct client *up, struct room_call_options *o,
		    const struct call_how *how, struct err *err)
{
	struct running r = {.ctx = ctx, .lesson = how->lesson};
	int rc = open_events(&r, err);
	if (rc)
		return rc;
	r.l = loop_new();
	r.limit = loop_timer_new(r.l, on_limit, &r);
	r.too_late = loop_timer_new(r.l, on_too_late, &r);
	r.held = held_new(r.l, show, &r);
	rc = finish(&r, start(&r, up, o, err), err);
	bool publish = how->publish && o->record && r.in;
	if (publish && r.at_once) {
		command_warn(ctx, _("the recording was not posted, it stays in %s"), o->record);
	} else if (publish) {
		struct err e = {0};
		int failed = call_publish(ctx, up, o->room_id, o->record, &e);
		if (failed && rc < 0)
			command_warn(ctx, _("the recording was not posted: %s"), e.msg);
		else if (failed)
			*err = e, rc = failed;
	}
	if (r.signum && rc >= 0)
		end_by(r.signum);
	return rc;
}

/* By the name that people know, where there is one. The caller owns it. */
static char *recording_said(struct client *c, const char *room_id)
{
	const char *own = client_account(c)->user_id;
	AUTO_FREE char *name = NULL;
	struct store *s;
	int64_t room = client_store(c, &s, NULL) ? 0 : store_room_find(s, span_of(room_id));
	if (room)
		name = store_member_name(s, room, span_of(own));
	return mem_printf(_("%s is recording this call."), name && *name ? name : own);
}

int call_run(struct command_ctx *ctx, const char *room_id, const struct call_how *how,
	     struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *up;
	int rc = command_client(ctx, &up, err);
	if (!rc)
		rc = check_recording(ctx, err);
	if (rc)
		return rc;
	bool listen_only = command_flag(l, "listen-only");
	const char *record = command_text(l, "record");
	AUTO_FREE char *said = NULL;
	AUTO(chosen_sound_done) struct chosen_sound sound = chosen_sound(ctx);
	chosen_sound_loudspeaker(ctx, &sound);
	if (how->may_listen && chosen_sound_lacks_microphone(ctx, &sound))
		listen_only = true;
	bool recorded = command_flag(l, "recorded");
	if (record || recorded)
		said = recording_said(up, room_id);
	struct room_call_options o = {
		.room_id = room_id,
		.sound = sound.s,
		.listen_only = listen_only,
		.muted = !listen_only && (how->muted || command_flag(l, "muted")),
		.ring = how->ring && !listen_only,
		.low = command_flag(l, "low"),
		.leave_when_empty = command_flag(l, "leave-when-empty"),
		.leave_at_input_end = !command_flag(l, "stay"),
		.record = record,
		.recorded = recorded,
		.record_said = said,
	};
	return run_here(ctx, up, &o, how, err);
}

/* -- Elsewhere ---------------------------------------------------------------------------------- */

static bool on_via_row(void *arg, json_t *row)
{
	struct running *r = arg;
	on_row(r, row);
	return !r->stop;
}

int call_run_via(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	AUTO(chosen_sound_done) struct chosen_sound sound = chosen_sound(ctx);
	struct running r = {.ctx = ctx};
	int rc = check_recording(ctx, err);
	if (!rc)
		rc = open_events(&r, err);
	if (rc)
		return rc;
	struct via_options o = {
		.host = command_text(l, "via"),
		.sound = sound.s,
		.rate_hz = command_flag(l, "low") ? LOW_RATE_HZ : AUDIO_RATE_HZ,
		.record = command_text(l, "record"),
		.stay = command_flag(l, "stay"),
	};
	rc = via_run(ctx, &o, on_via_row, &r, &r.signum, err);
	if (!rc && r.stop < 0 && r.to_file) {
		*err = r.events.err;
		rc = r.stop;
	} else if (!rc) {
		rc = r.stop;
	}
	close_events(&r);
	if (r.signum && rc >= 0)
		end_by(r.signum);
	return rc;
}
