#include "tui/log_in.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/app_priv.h"

#include <string.h>
#include <time.h>

#define TIMEOUT_MS 60000
#define PATIENCE 60 /* times that a server which is just starting is asked */

struct log_in {
	struct tui *t;
	struct form *f;
	loop_fn *then;
	void *then_arg;
	struct login_request rq;
	char *account;
	int rc;
	struct err err;
};

static void free_log_in(struct log_in *l)
{
	mem_free((char *)l->rq.server);
	mem_free((char *)l->rq.user);
	mem_free((char *)l->rq.email);
	mem_free((char *)l->rq.link);
	mem_free_secret((char *)l->rq.password);
	mem_free(l->account);
	mem_free(l);
}

/* On the pool: blocks on the network. */
static void work(void *arg)
{
	struct log_in *l = arg;
	json_t *row = NULL;
	for (int tries = l->then ? PATIENCE : 1; tries > 0; tries--) {
		l->rc = client_login(&l->rq, &row, &l->err);
		if (l->rc != ERR_NETWORK || tries == 1)
			break;
		const struct timespec pause = {.tv_nsec = 250000000};
		nanosleep(&pause, NULL);
	}
	if (!l->rc)
		l->account = mem_strdup(json_get_str(row, "account"));
	json_decref(row);
}

static void done(void *arg)
{
	struct log_in *l = arg;
	struct tui *t = l->t;
	if (l->f) {
		l->f->busy = false;
		l->f->arg = NULL;
	}
	if (!l->rc && !t->quitting && !t->client) {
		struct err err;
		int rc = app_account_open(t, &err);
		if (rc) {
			tui_say_err(t, &err);
		} else {
			while (t->n_popups)
				tui_close(t->popups[t->n_popups - 1]);
			app_account_show(t);
			app_account_sync(t);
			tui_say(t, _("Logged in as %s."), t->user_id);
			if (l->then)
				l->then(l->then_arg);
		}
	} else if (l->rc && l->f) {
		AUTO_FREE char *s = l->err.hint[0] ? mem_printf("%s (%s)", l->err.msg, l->err.hint)
						   : mem_strdup(l->err.msg);
		form_say(l->f, true, s);
	}
	free_log_in(l);
}

void log_in_start(struct tui *t, const struct login_request *rq, struct form *f, loop_fn *then,
		  void *then_arg)
{
	struct log_in *l = NEW(struct log_in);
	*l = (struct log_in){.t = t, .f = f, .then = then, .then_arg = then_arg};
	l->rq = (struct login_request){
		.server = mem_strdup(rq->server),
		.user = mem_strdup(rq->user),
		.email = mem_strdup(rq->email),
		.link = mem_strdup(rq->link),
		.password = mem_strdup(rq->password),
		.ca_file = t->o->ca_file,
		.timeout_ms = TIMEOUT_MS,
	};
	if (f) {
		f->busy = true;
		f->arg = l;
		form_say(f, false, _("Logging in…"));
	}
	loop_work(t->loop, work, done, l);
}

void log_in_forget(struct log_in *l)
{
	if (l)
		l->f = NULL;
}

static void forget(struct form *f)
{
	log_in_forget(f->arg);
}

/* -- With a password --------------------------------------------------------------------- */

enum { SERVER, WHO, PASSWORD };

static void log_in(struct form *f)
{
	const char *server = form_text(f, SERVER), *who = form_text(f, WHO);
	struct login_request rq = {.server = *server ? server : NULL,
				   .password = form_text(f, PASSWORD)};
	/* "@ada:host" is a Matrix id; "ada@host" an e-mail address. */
	if (who[0] != '@' && strchr(who, '@'))
		rq.email = who;
	else
		rq.user = who;
	if (!*who || !*rq.password) {
		form_say(f, true, _("Your name and your password are needed."));
		return;
	}
	if (!*server && !(who[0] == '@' && strchr(who, ':'))) {
		form_say(f, true, _("Which server? Its address, or your whole id @name:server."));
		return;
	}
	log_in_start(f->view.tui, &rq, f, NULL, NULL);
}

static const struct form_class password_form = {
	.title = N_("Log in"),
	.button = N_("Log in"),
	.fields = {{FIELD_TEXT, N_("Server"), N_("school.example, or its address")},
		   {FIELD_TEXT, N_("Name or e-mail"),
		    N_("ada, @ada:school.example, ada@mail.example")},
		   {FIELD_SECRET, N_("Password"), NULL}},
	.done = log_in,
	.free = forget,
};

struct view *log_in_new(struct tui *t)
{
	return form_new(t, &password_form, NULL);
}

/* -- With a code from a slip ---------------------------------------------------------------- */

enum { CODE, CODE_SERVER, NEW_PASSWORD, AGAIN };

static void log_in_by_code(struct form *f)
{
	const char *code = form_text(f, CODE), *server = form_text(f, CODE_SERVER);
	AUTO_FREE char *in_link = login_link_server(code);
	struct login_request rq = {.server = *server ? server : NULL,
				   .link = code,
				   .password = form_text(f, NEW_PASSWORD)};
	if (!*code)
		form_say(f, true, _("The code or the link on your slip is needed."));
	else if (!in_link && !*server)
		form_say(f, true, _("Which server? Its address stands on the slip."));
	else if (!*rq.password)
		form_say(f, true, _("Choose a password."));
	else if (strcmp(rq.password, form_text(f, AGAIN)) != 0)
		form_say(f, true, _("The two passwords differ."));
	else
		log_in_start(f->view.tui, &rq, f, NULL, NULL);
}

static const struct form_class code_form = {
	.title = N_("I have a code from my teacher"),
	.intro = N_("The code or link on your slip works once. Choose a password; you need it "
		    "the next time."),
	.button = N_("Come in"),
	.fields = {{FIELD_TEXT, N_("Code or link"), NULL},
		   {FIELD_TEXT, N_("Server"), N_("not needed with a link")},
		   {FIELD_SECRET, N_("New password"), NULL},
		   {FIELD_SECRET, N_("Once more"), NULL}},
	.done = log_in_by_code,
	.free = forget,
};

struct view *log_in_code_new(struct tui *t)
{
	return form_new(t, &code_form, NULL);
}
