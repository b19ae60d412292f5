#include "cli/app.h"

#include "cli/help.h"
#include "cli/verbs.h"
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/config.h"
#include "tui/tui.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 30000
#define WATCHDOG_GRACE_MS 1000

void app_wait_begin(struct app *app)
{
	watchdog_pause();
	app->wait_began_ms = clock_mono_ms();
}

void app_wait_end(struct app *app)
{
	if (app->client && !command_given(&app->line, "timeout"))
		client_give_time(app->client, clock_mono_ms() - app->wait_began_ms);
	watchdog_resume();
}

/* -- The front end that verbs see ---------------------------------------- */

static int front_row(void *arg, json_t *row)
{
	struct app *app = arg;
	return output_row(&app->out, row);
}

static int front_raw(void *arg, struct span text)
{
	struct app *app = arg;
	return output_raw(&app->out, text);
}

static void front_say(void *arg, bool important, const char *sentence)
{
	const struct app *app = arg;
	if (important || !app->quiet)
		report_sentence(sentence);
}

static int front_confirm(void *arg, const char *question, struct err *err)
{
	return ask_confirm(arg, question, err);
}

static int front_secret(void *arg, const char *prompt, char **ret, struct err *err)
{
	return ask_secret(arg, prompt, ret, err);
}

static int front_ask(void *arg, const char *prompt, char **ret, struct err *err)
{
	return ask_line(arg, prompt, ret, err);
}

static int front_client(void *arg, struct client **ret, struct err *err)
{
	struct app *app = arg;
	if (!app->client) {
		struct client_options opt = {
			.account = command_text(&app->line, "account"),
			.timeout_ms = app->ctx.timeout_ms,
			.ca_file = command_text(&app->line, "ca-file"),
		};
		if (!opt.account && app->config)
			opt.account = app_setting(app, "account");
		if (!opt.ca_file && app->config)
			opt.ca_file = app_setting(app, "net.ca-file");
		opt.stay = app->config && !config_bool(app->config, "chat.follow-upgrades");
		int rc = client_open(&opt, &app->client, err);
		if (rc)
			return rc;
	}
	*ret = app->client;
	return 0;
}

static int read_input(struct buf *b, struct err *err)
{
	char piece[16384];
	for (;;) {
		ssize_t n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, _("cannot read standard input"));
		if (!buf_put(b, piece, (size_t)n))
			return err_set(err, ERR_TOO_LARGE,
				       _("standard input is longer than %zu bytes"), b->cap);
	}
}

static int front_input(void *arg, struct buf *b, struct err *err)
{
	app_wait_begin(arg);
	int rc = read_input(b, err);
	app_wait_end(arg);
	return rc;
}

/* "homework.pdf 45 %", on a terminal that nobody else writes to. */
static void front_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	const struct app *app = arg;
	if (app->quiet || app->json || !isatty(STDERR_FILENO) || total <= 0)
		return;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_put_str(&b, "\r\033[K");
	if (done < total) {
		text_put(&b, span_of(what), TEXT_LINE);
		buf_printf(&b, " %d %%", (int)(done * 100 / total));
	}
	ssize_t ignored = write(STDERR_FILENO, buf_str(&b), b.n);
	(void)ignored;
	buf_done(&b);
}

const struct command_front app_front = {
	.row = front_row,
	.raw = front_raw,
	.say = front_say,
	.confirm = front_confirm,
	.secret = front_secret,
	.ask = front_ask,
	.client = front_client,
	.progress = front_progress,
	.input = front_input,
};

/* -- Setting up ----------------------------------------------------------- */

const char *app_setting(const struct app *app, const char *key)
{
	const char *v = app->config && config_row(key) ? config_get(app->config, key, NULL) : NULL;
	return v && *v ? v : NULL;
}

static bool says_json(const struct command_line *l)
{
	const char *format = command_text(l, "format");
	if (!format)
		format = getenv("MUSTER_FORMAT");
	return command_flag(l, "json") || (format && !strcmp(format, "json"));
}

static enum output_format choose_format(const struct app *app)
{
	const char *format = command_text(&app->line, "format");
	if (says_json(&app->line))
		return OUTPUT_JSON;
	return output_format_of(format ? format : app_setting(app, "output.format"));
}

/* NO_COLOR (no-color.org) counts when it is not empty; CLICOLOR_FORCE as well. */
static bool choose_colour(const struct app *app)
{
	const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE");
	const char *term = getenv("TERM"), *setting = app_setting(app, "output.color");
	if (no && *no)
		return false;
	if (setting && !strcmp(setting, "never"))
		return false;
	if ((force && *force && strcmp(force, "0") != 0) || (setting && !strcmp(setting, "always")))
		return true;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* Only when somebody sits there, and not for verbs that may have to run on. */
static const char *choose_pager(const struct app *app)
{
	const char *pager = getenv("PAGER"), *setting = app_setting(app, "output.pager");
	bool wanted = !setting || strcmp(setting, "false") != 0;
	return wanted && pager && *pager && isatty(STDIN_FILENO) ? pager : NULL;
}

/* An option that not every verb has. */
static bool given(const struct command_line *l, const char *name)
{
	const struct command_param *p = command_option(l->set, l->command, name);
	return p && command_given(l, name);
}

/* Following has no end, lines come when they come, and a file takes what its size takes. */
static int64_t choose_timeout(const struct app *app)
{
	const struct command_line *l = &app->line;
	const struct command *c = l->command;
	bool waits = c->no_timeout || given(l, "follow") || given(l, "file") || given(l, "lines") ||
		     given(l, "wait");
	if (command_given(l, "timeout"))
		return command_number(l, "timeout", 0);
	if (waits)
		return 0;
	return app->config && config_row("net.timeout") ? config_int(app->config, "net.timeout")
							: DEFAULT_TIMEOUT_MS;
}

static void set_log_level(const struct app *app)
{
	size_t v = command_count(&app->line, "verbose");
	if (v)
		log_set_level(v > 1 ? LOG_DEBUG : LOG_INFO);
	else if (app->quiet)
		log_set_level(LOG_ERROR);
}

static void set_up(struct app *app)
{
	const struct command_line *l = &app->line;
	enum output_format format = choose_format(app);
	app->json = format == OUTPUT_JSON;
	app->quiet = command_flag(l, "quiet");
	app->yes = command_flag(l, "yes");
	app->may_ask =
		!command_flag(l, "no-input") && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	app->colour = choose_colour(app);
	set_log_level(app);
	output_init(&app->out, STDOUT_FILENO, format, app->colour);
	app->out.pager = choose_pager(app);
	app->out.command = l->command;
	app->out.line = l;
	app->ctx = (struct command_ctx){
		.line = l,
		.front = &app_front,
		.front_arg = app,
		.config = app->config,
		.dry_run = command_flag(l, "dry-run"),
		.unique_prefix = isatty(STDIN_FILENO) && !command_flag(l, "no-input"),
		.json = app->json,
		.people = format == OUTPUT_TABLE,
		.width = app->out.width,
	};
}

/* -- Running --------------------------------------------------------------- */

/* A broken settings file must not stop the verbs that help to mend it. */
static int load_config(struct app *app, struct err *err)
{
	const struct command *c = app->line.command;
	int rc = config_load(&app->config, err);
	if (rc && c && c->group == GROUP_TOOL) {
		report_sentence(err->msg);
		return 0;
	}
	if (rc == ERR_USAGE) {
		/* A value in the file is not right: the command line may well be. */
		err->code = ERR_INVALID;
		rc = ERR_INVALID;
	}
	return rc;
}

static int run_verb(struct app *app, struct err *err)
{
	int64_t ms = choose_timeout(app);
	app->ctx.timeout_ms = ms > INT32_MAX ? 0 : (int)ms;
	if (ms > 0)
		watchdog_start(ms + WATCHDOG_GRACE_MS, app->json,
			       command_given(&app->line, "timeout"));
	int rc = app->line.command->run(&app->ctx, err);
	int out = output_finish(&app->out);
	watchdog_stop();
	if (out < 0) {
		*err = app->out.err;
		return out;
	}
	return rc ? rc : out;
}

static int show_help(struct app *app)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	const struct command_line *l = &app->line;
	output_init(&app->out, STDOUT_FILENO, OUTPUT_TABLE, false);
	app->out.pager = choose_pager(app);
	int width = help_width();
	if (l->command)
		help_put_verb(&b, l->set, l->command, width);
	else if (l->prefix[0])
		help_put_prefix(&b, l->set, l->prefix, width);
	else
		help_put_overview(&b, l->set, width);
	int rc = output_raw(&app->out, buf_span(&b));
	buf_done(&b);
	return rc;
}

static bool wants_lines(const struct app *app)
{
	const char *term = getenv("TERM");
	return command_flag(&app->line, "linear") || config_bool(app->config, "tui.linear") ||
	       !term || !*term || !strcmp(term, "dumb");
}

/* Neither a verb nor --help: the full screen, or its lines, which a pipe may type too. */
static int no_verb(struct app *app, const char *program, struct err *err)
{
	bool asked = command_flag(&app->line, "linear");
	if (!asked && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		err_set(err, ERR_USAGE, _("no verb was given, and there is no terminal to open"));
		err_hint(err, _("muster --help lists the verbs; muster read ROOM --follow shows a "
				"room as it goes on"));
		return ERR_USAGE;
	}
	struct tui_options o = {
		.commands = &cli_set,
		.config = app->config,
		.account = command_text(&app->line, "account"),
		.ca_file = command_text(&app->line, "ca-file"),
		.program = program,
		.linear = wants_lines(app),
	};
	if (!o.account)
		o.account = app_setting(app, "account");
	if (!o.ca_file)
		o.ca_file = app_setting(app, "net.ca-file");
	return tui_run(&o, err);
}

static int run(struct app *app, int argc, char **argv, struct err *err)
{
	int rc = command_parse(&cli_set, argc > 0 ? (size_t)argc - 1 : 0,
			       (const char *const *)argv + 1, clock_wall_ms(), &app->line, err);
	app->json = says_json(&app->line);
	if (!rc && !app->line.help && command_flag(&app->line, "version"))
		app->line.command = command_find(&cli_set, "version");
	if (rc)
		return rc;
	if (app->line.help)
		return show_help(app);
	rc = load_config(app, err);
	if (rc)
		return rc;
	if (!app->line.command)
		return no_verb(app, argv[0], err);
	set_up(app);
	return run_verb(app, err);
}

/* As a shell expects of a program whose reader went away. */
static int end_by_sigpipe(void)
{
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	return 1;
}

int app_main(int argc, char **argv)
{
	struct app app = {.json = false};
	struct err err = {.code = 0};
	signal(SIGPIPE, SIG_IGN);
	int rc = run(&app, argc, argv, &err);
	if (rc < 0) {
		if (!err.code)
			err_set(&err, rc, "%s", _(err_exit_row(rc)->what));
		report_error(&err, app.json);
	}
	bool gone = rc == COMMAND_STOP && app.out.gone;
	client_close(app.client);
	config_free(app.config);
	output_done(&app.out);
	command_line_done(&app.line);
	if (gone)
		return end_by_sigpipe();
	return rc < 0 ? err_exit_row(rc)->exit_status : 0;
}
