#include "tui/start_class.h"

#include "core/base/child.h"
#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/app_priv.h"
#include "tui/form.h"
#include "tui/log_in.h"
#include "tui/text_view.h"
#include "tui/user_unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_MAX 65536
#define LOCAL_HOST "http://127.0.0.1"
#define LOCAL_URL LOCAL_HOST ":8008"

enum { NAME, LAN, SERVICE };

enum step { STEP_IDLE, STEP_INIT, STEP_SERVE, STEP_SERVICE, STEP_RUNS };

struct classroom {
	struct tui *t;
	struct form *f; /* NULL: closed meanwhile */
	enum step step;
	struct child *child;
	int out; /* our end of its standard output */
	struct loop_watch *watch;
	struct buf said;		/* by it, JSON lines */
	char words[2048];		/* the last line of its standard error */
	char *user_id, *password, *url; /* url: what others type */
	bool lan, service;
};

static void trouble(struct classroom *c, const char *sentence)
{
	c->step = STEP_IDLE;
	if (c->f) {
		c->f->busy = false;
		form_say(c->f, true, sentence);
	} else {
		tui_say(c->t, "%s", sentence);
	}
}

static void tell(struct classroom *c, const char *sentence)
{
	if (c->f)
		form_say(c->f, false, sentence);
}

static void drop_child(struct classroom *c)
{
	loop_watch_free(take(&c->watch));
	if (c->out >= 0)
		close(c->out);
	c->out = -1;
	child_free(take(&c->child));
	buf_clear(&c->said);
}

/* With --json it says what is wrong as a line of JSON: the sentences of it. */
static void trouble_of_child(struct classroom *c)
{
	JSON_AUTO json_t *row = json_loads(c->words, 0, NULL);
	const json_t *error = json_get_object(row, "error");
	const char *message = json_get_str(error, "message"), *hint = json_get_str(error, "hint");
	AUTO_FREE char *both = mem_printf("%s%s%s%s", message ? message : c->words,
					  hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
	trouble(c, both);
}

static bool was_there_before(const struct classroom *c)
{
	JSON_AUTO json_t *row = json_loads(c->words, 0, NULL);
	const char *code = json_get_str(json_get_object(row, "error"), "code");
	return code && !strcmp(code, "conflict");
}

/* -- Who is it that may log in -------------------------------------------------------- */

static void show_password(void *arg)
{
	struct classroom *c = arg;
	struct buf b = BUF_INIT(8192);
	buf_printf(&b,
		   _("Your classroom runs. Note this down: it is shown only now.\n\n"
		     "Name: %s\nPassword: %s\n\n"
		     "To make a class out of a list of students, close this (Esc) and type: "
		     "/class create NAME --students FILE --slips slips.html"),
		   c->user_id, c->password);
	if (c->lan && c->url)
		buf_printf(&b, _("\n\nOthers in this network reach it at %s"), c->url);
	if (c->service)
		buf_put_str(&b,
			    _("\n\nIt goes on when this window closes. To keep it running after "
			      "you log out of this machine: loginctl enable-linger"));
	else
		buf_printf(&b, _("\n\nIt ends when this window closes. To start it again: %s"),
			   c->lan ? "muster serve --lan" : "muster serve");
	tui_push(c->t, text_view_new(c->t, _("Your classroom"), buf_span(&b)));
	mem_wipe(b.p, b.n);
	buf_done(&b);
}

static void log_in(struct classroom *c, const char *url)
{
	struct login_request rq = {.server = url, .user = c->user_id, .password = c->password};
	c->step = STEP_RUNS;
	if (!c->password) {
		trouble(c, _("A classroom was here already, and it runs now. Press Esc and log in "
			     "with its account."));
		return;
	}
	struct form *f = c->f;
	c->f = NULL;
	log_in_start(c->t, &rq, f, show_password, c);
}

/* -- What the child says ------------------------------------------------------------------ */

static void start_serving(struct classroom *c);

static void take_init(struct classroom *c)
{
	JSON_AUTO json_t *row =
		json_loadb(buf_str(&c->said), c->said.n, JSON_DISABLE_EOF_CHECK, NULL);
	mem_free(c->user_id);
	mem_free_secret(c->password);
	c->user_id = mem_strdup(json_get_str(row, "user_id"));
	c->password = mem_strdup(json_get_str(row, "password"));
}

/* "listening" has come. */
static void look_for_url(struct classroom *c)
{
	ptrdiff_t end = span_find(buf_span(&c->said), '\n');
	if (c->step != STEP_SERVE || end < 0)
		return;
	JSON_AUTO json_t *row = json_loadb(buf_str(&c->said), (size_t)end, 0, NULL);
	const char *url = json_get_str(row, "url");
	if (!url) {
		buf_consume(&c->said, (size_t)end + 1);
		return;
	}
	mem_free(c->url);
	c->url = mem_strdup(url);
	/* With --lan that is this network's address, which may change; the port is muster.conf's. */
	const char *port =
		c->lan && span_starts(span_of(url), "http://") ? strrchr(url, ':') : NULL;
	AUTO_FREE char *here = port ? mem_printf(LOCAL_HOST "%s", port) : mem_strdup(url);
	log_in(c, here);
}

static void on_output(void *arg)
{
	struct classroom *c = arg;
	char piece[4096];
	ssize_t n = read(c->out, piece, sizeof(piece));
	if (n <= 0) {
		loop_watch_free(take(&c->watch));
		return;
	}
	if (c->step != STEP_RUNS)
		buf_put(&c->said, piece, (size_t)n);
	look_for_url(c);
}

static void on_words(void *arg, struct span line)
{
	struct classroom *c = arg;
	size_t n = utf8_head(line, sizeof(c->words) - 1);
	if (!n)
		return;
	memcpy(c->words, line.p, n);
	c->words[n] = '\0';
}

static void after_init(struct classroom *c, int status)
{
	while (c->watch) /* what it said before it ended */
		on_output(c);
	if (status == 0)
		take_init(c);
	bool was_there = status != 0 && was_there_before(c);
	drop_child(c);
	if (status == 0 || was_there)
		start_serving(c);
	else
		trouble_of_child(c);
}

static void on_ended(void *arg, int status, int signal)
{
	struct classroom *c = arg;
	if (c->step == STEP_INIT) {
		after_init(c, status ? status : signal);
		return;
	}
	drop_child(c);
	if (c->step == STEP_SERVICE && status == 0)
		log_in(c, LOCAL_URL);
	else if (c->words[0])
		trouble_of_child(c);
	else
		trouble(c, _("The server has ended."));
}

static bool spawn(struct classroom *c, const char *const *argv, enum step step)
{
	static const struct child_handler handler = {on_words, on_ended};
	int pipes[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err err;
	if (null < 0 || pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
		trouble(c, _("There is no room for another program."));
		if (null >= 0)
			close(null);
		return false;
	}
	struct child_options o = {.argv = argv,
				  .in = null,
				  .out = pipes[1],
				  .ignore_interrupt = true};
	c->words[0] = '\0';
	c->step = step;
	int rc = child_new(c->t->loop, &o, &handler, c, &c->child, &err);
	close(null);
	close(pipes[1]);
	if (rc) {
		close(pipes[0]);
		trouble(c, err.msg);
		return false;
	}
	c->out = pipes[0];
	c->watch = loop_watch_new(c->t->loop, c->out, on_output, c);
	return true;
}

/* -- Starting ---------------------------------------------------------------------------------- */

static void start_serving(struct classroom *c)
{
	const char *serve[] = {c->t->o->program, "serve", "--json", c->lan ? "--lan" : NULL, NULL};
	AUTO_FREE char *unit = NULL;
	struct err err;
	tell(c, _("Starting the server…"));
	if (!c->service) {
		spawn(c, serve, STEP_SERVE);
		return;
	}
	if (user_unit_write(c->t->o->program, c->lan, &unit, &err)) {
		trouble(c, err.msg);
		return;
	}
	/* By its path: systemd need not look for units where this shell's XDG_CONFIG_HOME is. */
	static const char enable[] = "systemctl --user daemon-reload && "
				     "systemctl --user enable --now -- \"$1\"";
	const char *service[] = {"sh", "-c", enable, "sh", unit, NULL};
	spawn(c, service, STEP_SERVICE);
}

static void start(struct form *f)
{
	struct tui *t = f->view.tui;
	struct classroom *c = t->classroom;
	const char *name = form_text(f, NAME);
	if (!c) {
		c = NEW(struct classroom);
		*c = (struct classroom){.t = t, .out = -1};
		buf_init(&c->said, OUTPUT_MAX);
		t->classroom = c;
	}
	if (c->child)
		return;
	c->f = f;
	f->arg = c;
	f->busy = true;
	c->lan = f->tick[LAN];
	c->service = f->tick[SERVICE];
	const char *init[] =
		{t->o->program, "serve", "--init", "--json", *name ? "--server-name" : NULL,
		 name,		NULL};
	tell(c, _("Making the classroom…"));
	spawn(c, init, STEP_INIT);
}

static void forget(struct form *f)
{
	struct classroom *c = f->view.tui->classroom;
	if (f->arg && f->arg == c)
		c->f = NULL;
	else if (f->arg)
		log_in_forget(f->arg);
}

static const struct form_class class_form = {
	.title = N_("A classroom on this machine"),
	.intro = N_("This machine becomes the server of a class: chat, calls and roll-call for its "
		    "members. You become its administrator. The server ends when this window "
		    "closes, unless it runs as a service; what was written stays on this machine "
		    "either way."),
	.button = N_("Start"),
	.fields = {{FIELD_TEXT, N_("Name of the server"),
		    N_("such as school.example; fixed from then on")},
		   {FIELD_TICK,
		    N_("Others in this network may come in (plain HTTP: they can be overheard)"),
		    NULL},
		   {FIELD_TICK, N_("Goes on when this window closes (a systemd service of yours)"),
		    NULL}},
	.done = start,
	.free = forget,
};

struct view *start_class_new(struct tui *t)
{
	return form_new(t, &class_form, NULL);
}

void start_class_stop(struct tui *t)
{
	struct classroom *c = t->classroom;
	if (!c)
		return;
	if (c->child)
		child_signal(c->child, SIGTERM);
	drop_child(c);
	mem_free(c->user_id);
	mem_free(c->url);
	mem_free_secret(c->password);
	buf_done(&c->said);
	mem_free(c);
	t->classroom = NULL;
}
