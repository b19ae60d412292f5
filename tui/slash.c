#include "tui/slash.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"
#include "tui/help.h"
#include "tui/rows_text.h"
#include "tui/talk.h"
#include "tui/text_view.h"

#include <string.h>

#define ROWS_MAX 2000

/* -- Words of the screen's own ------------------------------------------------------ */

static const struct slash_own own[] = {
	{"help", N_("show the keys")},
	{"go", N_("go to a room by its name")},
	{"me", N_("say what you do: /me waves")},
	{"quit", N_("leave muster")},
	{NULL, NULL},
};

/* What people know from elsewhere. */
static const struct {
	const char *word, *verb[2];
} aliases[] = {
	{"join", {"room", "join"}},   {"leave", {"room", "leave"}},
	{"part", {"room", "leave"}},  {"invite", {"room", "invite"}},
	{"kick", {"room", "kick"}},   {"ban", {"room", "ban"}},
	{"unban", {"room", "unban"}}, {"members", {"room", "members"}},
};

const struct slash_own *slash_own_commands(void)
{
	return own;
}

bool slash_may(const struct command *c)
{
	static const char *const not_here[] = {"login",	      "register",
					       "logout",      "serve",
					       "completion",  "admin user password",
					       "account use", "account remove"};
	for (size_t i = 0; i < ARRAY_LEN(not_here); i++)
		if (!strcmp(c->name, not_here[i]))
			return false;
	/* Classes take a while where there are many people; what else has no limit serves or
	   follows. */
	return !c->no_timeout || c->group == GROUP_CLASS;
}

/* -- A verb in the background --------------------------------------------------------- */

struct run {
	struct tui *t;
	struct words w;
	struct command_line line;
	struct client *client; /* the work's */
	json_t *rows;
	struct buf said, raw;
	bool show;
};

static int front_row(void *arg, json_t *row)
{
	struct run *r = arg;
	if (json_array_size(r->rows) >= ROWS_MAX)
		return COMMAND_STOP;
	json_array_append(r->rows, row);
	return 0;
}

static int front_raw(void *arg, struct span text)
{
	struct run *r = arg;
	return buf_put_span(&r->raw, text) ? 0 : COMMAND_STOP;
}

static void front_say(void *arg, bool important, const char *sentence)
{
	(void)important;
	struct run *r = arg;
	if (r->said.n)
		buf_put_str(&r->said, "; ");
	buf_put_str(&r->said, sentence);
}

static int front_confirm(void *arg, const char *question, struct err *err)
{
	const struct run *r = arg;
	if (command_flag(&r->line, "yes"))
		return 0;
	err_set(err, ERR_USAGE, "%s", question);
	err_hint(err, _("add --yes to do it"));
	return ERR_USAGE;
}

static int front_secret(void *arg, const char *prompt, char **ret, struct err *err)
{
	(void)arg;
	(void)ret;
	return err_set(err, ERR_USAGE, _("this asks for a secret (%s): do it in a shell"), prompt);
}

static int front_client(void *arg, struct client **ret, struct err *err)
{
	(void)err;
	*ret = ((struct run *)arg)->client;
	return 0;
}

static int front_input(void *arg, struct buf *b, struct err *err)
{
	(void)arg;
	(void)b;
	return err_set(err, ERR_USAGE,
		       _("there is no standard input here: write the text instead of -"));
}

static const struct command_front front = {
	.row = front_row,
	.raw = front_raw,
	.say = front_say,
	.confirm = front_confirm,
	.secret = front_secret,
	.ask = front_secret,
	.client = front_client,
	.input = front_input,
};

static int run_verb(struct client *c, void *arg, struct err *err)
{
	struct run *r = arg;
	struct command_ctx ctx = {
		.line = &r->line,
		.front = &front,
		.front_arg = r,
		.config = r->t->o->config,
		.dry_run = command_flag(&r->line, "dry-run"),
		.unique_prefix = true,
		.people = true,
	};
	r->client = c;
	int rc = r->line.command->run(&ctx, err);
	return rc > 0 ? 0 : rc;
}

static void free_run(struct run *r)
{
	command_line_done(&r->line);
	words_done(&r->w);
	json_decref(r->rows);
	buf_done(&r->said);
	buf_done(&r->raw);
	mem_free(r);
}

/* A few words fit the line at the bottom; more get a popup. */
static void show_result(struct run *r)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	rows_put_text(&b, r->rows, &r->line);
	buf_put_span(&b, buf_span(&r->raw));
	size_t rows = json_array_size(r->rows);
	bool long_one = rows > 1 || b.n > 300 || r->raw.n > 0;
	if (r->t->plain && b.n) {
		r->t->plain->print(r->t, buf_span(&b));
	} else if (long_one && b.n) {
		while (b.n && b.p[b.n - 1] == '\n')
			buf_truncate(&b, b.n - 1);
		tui_push(r->t, text_view_new(r->t, r->line.command->name, buf_span(&b)));
		if (r->said.n) /* warnings, and where files were written */
			tui_say(r->t, "%s", buf_str(&r->said));
	} else if (r->said.n) {
		tui_say(r->t, "%s", buf_str(&r->said));
	} else if (rows == 0) {
		tui_say(r->t, _("/%s: done, nothing to show."), r->line.command->name);
	} else {
		tui_say(r->t, _("/%s: done."), r->line.command->name);
	}
	buf_done(&b);
}

static void on_done(int rc, const struct err *err, void *arg)
{
	struct run *r = arg;
	if (!r->t->quitting) {
		if (rc && err)
			tui_say_err(r->t, err);
		else if (r->show)
			show_result(r);
		tui_news(r->t);
	}
	free_run(r);
}

static void start(struct tui *t, struct work *w, struct words *steal, bool show)
{
	struct run *r = NEW(struct run);
	struct err err;
	*r = (struct run){.t = t, .w = *steal, .rows = json_array(), .show = show};
	buf_init(&r->said, 65536);
	buf_init(&r->raw, 4u << 20);
	*steal = (struct words){.n = 0};
	int rc = command_parse(t->o->commands, r->w.n, (const char *const *)r->w.word,
			       clock_wall_ms(), &r->line, &err);
	if (rc || !r->line.command) {
		if (!rc)
			err_set(&err, ERR_USAGE, _("a word is missing after /%s"), r->line.prefix);
		tui_say_err(t, &err);
		free_run(r);
		return;
	}
	work_add(w, run_verb, on_done, r);
}

void slash_words(struct tui *t, struct work *w, const char *const *words, bool show)
{
	struct words copy = {.n = 0};
	for (; *words; words++)
		words_insert(&copy, copy.n, *words);
	start(t, w, &copy, show);
}

/* -- What is typed ---------------------------------------------------------------------- */

static size_t needed(const struct command *c)
{
	size_t n = 0;
	for (const struct command_param *p = c->args; p && p->kind != KIND_NONE; p++)
		n += p->required;
	return n;
}

static size_t given(const struct words *w, size_t from)
{
	size_t n = 0;
	for (size_t i = from; i < w->n; i++)
		n += w->word[i][0] != '-' || !w->word[i][1];
	return n;
}

void slash_fill(struct words *w, const struct command *c, size_t verb, const char *room_id,
		const char *event_id, bool (*is_room)(void *arg, const char *word), void *arg)
{
	const struct command_param *p = c->args;
	if (!room_id || !p || p->kind != KIND_ROOM)
		return;
	size_t n = given(w, verb), need = needed(c);
	const char *first = w->n > verb ? w->word[verb] : NULL;
	bool named = first && first[0] != '-' && n >= need && is_room(arg, first);
	if (!named)
		words_insert(w, verb++, room_id);
	else
		verb++;
	bool wants_event = p[1].kind == KIND_EVENT;
	if (wants_event && event_id && (w->n <= verb || w->word[verb][0] != '$'))
		words_insert(w, verb, event_id);
}

static bool is_room(void *arg, const char *word)
{
	const struct tui *t = arg;
	if (word[0] == '!' || word[0] == '#' || (word[0] == '@' && strchr(word, ':')))
		return true;
	for (size_t i = 0; i < room_list_count(t->rooms); i++)
		if (!strcmp(room_list_at(t->rooms, i)->name.s, word))
			return true;
	return false;
}

static void unalias(struct words *w)
{
	for (size_t i = 0; w->n && i < ARRAY_LEN(aliases); i++)
		if (!strcmp(w->word[0], aliases[i].word)) {
			mem_free(w->word[0]);
			w->word[0] = mem_strdup(aliases[i].verb[0]);
			words_insert(w, 1, aliases[i].verb[1]);
			return;
		}
}

static void go_to(struct tui *t, const struct words *w)
{
	struct room_match m;
	struct buf name = BUF_INIT(4096);
	for (size_t i = 1; i < w->n; i++)
		buf_printf(&name, "%s%s", i > 1 ? " " : "", w->word[i]);
	if (room_list_match(t->rooms, buf_str(&name), &m, 1)) {
		AUTO_FREE char *id = mem_strdup(m.row->room_id);
		tui_open(t, id, NULL);
	} else {
		tui_say(t, _("No room is called %s."), buf_str(&name));
	}
	buf_done(&name);
}

static bool run_own(struct tui *t, const struct words *w)
{
	if (!strcmp(w->word[0], "help"))
		tui_push(t, help_new(t));
	else if (!strcmp(w->word[0], "quit"))
		tui_quit(t);
	else if (!strcmp(w->word[0], "go"))
		go_to(t, w);
	else
		return false;
	return true;
}

static void run_words(struct tui *t, struct words *w)
{
	size_t verb = 0;
	struct err err;
	unalias(w);
	const struct command *c = words_verb(t->o->commands, w, &verb);
	if (c && !slash_may(c)) {
		tui_say(t, _("/%s runs in a shell: muster %s"), c->name, c->name);
		return;
	}
	if (!c && !command_is_prefix(t->o->commands, w->word[0])) {
		const char *near = command_suggest_verb(t->o->commands, w->word[0],
							w->n > 1 ? w->word[1] : NULL);
		err_set(&err, ERR_USAGE, _("there is no command /%s"), w->word[0]);
		if (near)
			err_hint(&err, _("did you mean /%s? Two slashes send the line as it is"),
				 near);
		else
			err_hint(&err, "%s", _("two slashes at its start send the line as it is"));
		tui_say_err(t, &err);
		return;
	}
	const struct item *chosen = t->talk ? talk_chosen(t->talk) : NULL;
	if (c)
		slash_fill(w, c, verb, tui_room(t), chosen ? chosen->event_id : NULL, is_room, t);
	start(t, t->looking, w, true);
}

void slash_run(struct tui *t, const char *line)
{
	struct words w;
	struct err err;
	if (words_split(span_of(line), &w, &err))
		tui_say_err(t, &err);
	else if (w.n && !run_own(t, &w))
		run_words(t, &w);
	words_done(&w);
}

void tui_command(struct tui *t, const char *line)
{
	slash_run(t, line);
}
