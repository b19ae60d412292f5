#include "tui/slash.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"
#include "tui/agenda.h"
#include "tui/command_box.h"
#include "tui/emoji.h"
#include "tui/help.h"
#include "tui/item_draw.h"
#include "tui/slash_call.h"
#include "tui/slash_show.h"
#include "tui/talk.h"

#include <string.h>

#define ROWS_MAX 2000
#define PROGRESS_MS 1000 /* how often one is told how far a file is */

/* -- Words of the screen's own ------------------------------------------------------ */

static const struct slash_own own[] = {
	{"help", N_("show the keys")},
	{"go", N_("go to a room by its name")},
	{"me", N_("say what you do: /me waves")},
	{"file", N_("send a file: /file PATH, and words about it")},
	{"at", N_("send later: /at 8:00 and words")},
	{"here", N_("answer the roll-call that is open")},
	{"agenda", N_("meetings and lessons of all rooms")},
	{"poll", N_("ask the room: /poll \"Which day?\" Monday Friday")},
	{"quit", N_("leave muster")},
	{NULL, NULL},
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
	/* What serves or follows stays in a shell; files, classes and registers come to their end. */
	return !c->no_timeout || c->group == GROUP_CLASS || c->group == GROUP_ATTENDANCE ||
	       !strcmp(c->name, "file get") || !strcmp(c->name, "room export") || slash_is_call(c);
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
	char *typed, *room_id, *thread, *meant; /* typed NULL: not by a person */
	int64_t told_ms; /* clock_mono_ms: how far it is; the work's thread */
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

struct step {
	struct tui *t;
	char *what;
	int64_t done, total;
};

static void say_step(void *arg)
{
	struct step *s = arg;
	struct buf b = BUF_INIT(8192);
	buf_printf(&b, "%s: %d %% ", s->what, (int)(s->done * 100 / s->total));
	item_put_size(&b, s->total);
	if (!s->t->quitting)
		tui_say(s->t, "%s", buf_str(&b));
	buf_done(&b);
	mem_free(s->what);
	mem_free(s);
}

/* On the work's thread. */
static void front_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	struct run *r = arg;
	int64_t now = clock_mono_ms();
	if (total <= 0 || done >= total || now - r->told_ms < PROGRESS_MS)
		return;
	r->told_ms = now;
	const char *name = strrchr(what, '/');
	struct step *s = NEW(struct step);
	*s = (struct step){r->t, mem_strdup(name ? name + 1 : what), done, total};
	loop_post(r->t->loop, say_step, s);
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
	.progress = front_progress,
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
	mem_free(r->typed);
	mem_free(r->room_id);
	mem_free(r->thread);
	mem_free(r->meant);
	mem_free(r);
}

/* -- What failed comes back --------------------------------------------------------- */

static struct talk *typing_in(const struct tui *t)
{
	struct talk *side = t->focus == FOCUS_SIDE ? talk_of(t->side) : NULL;
	return side ? side : t->talk;
}

static void remember(struct run *r, const char *line)
{
	const struct talk *k = typing_in(r->t);
	if (r->t->plain)
		return;
	r->typed = mem_strdup(line);
	r->room_id = k ? mem_strdup(talk_room(k)) : NULL;
	r->thread = k ? mem_strdup(talk_thread(k)) : NULL;
	r->meant = mem_strdup(r->t->meant);
}

static bool was_typed_in(const struct run *r, const struct talk *k)
{
	const char *thread = k ? talk_thread(k) : NULL;
	return k && r->room_id && !strcmp(talk_room(k), r->room_id) &&
	       !strcmp(thread ? thread : "", r->thread ? r->thread : "");
}

static void give_back(struct run *r)
{
	struct tui *t = r->t;
	struct talk *side = talk_of(t->side);
	if (was_typed_in(r, side))
		talk_give_back(side, COMPOSE_ABOUT, r->meant, r->typed);
	else if (was_typed_in(r, t->talk))
		talk_give_back(t->talk, COMPOSE_ABOUT, r->meant, r->typed);
	else if (!r->room_id && !t->talk && !t->n_popups)
		tui_push(t, command_box_new(t, r->typed));
}

static void on_done(int rc, const struct err *err, void *arg)
{
	struct run *r = arg;
	if (!r->t->quitting) {
		bool some = (rc == ERR_PENDING || rc == ERR_PARTIAL) && json_array_size(r->rows) &&
			    slash_asks(r->line.command);
		if (r->show && (!rc || some))
			slash_show(r->t, &(struct slash_result){.line = &r->line,
								.rows = r->rows,
								.raw = buf_span(&r->raw),
								.said = buf_span(&r->said)});
		if (rc && err)
			tui_say_err(r->t, err);
		if (rc && !some && rc != ERR_PENDING &&
		    r->typed) /* what is queued goes out by itself */
			give_back(r);
		tui_news(r->t);
	}
	free_run(r);
}

/* Some take as long as they take; what is said meanwhile does not wait for them. */
static struct work *worker_for(const struct tui *t, const struct command_line *l)
{
	bool file = command_option(t->o->commands, l->command, "file") != NULL;
	bool waits = command_option(t->o->commands, l->command, "wait") && command_given(l, "wait");
	bool slow = l->command->no_timeout || waits || (file && command_count(l, "file") > 0);
	return slow && t->moving ? t->moving : t->looking;
}

/* `typed`: the line, when a person has typed it here. False: it was refused. */
static bool start(struct tui *t, struct work *w, struct words *steal, bool show, const char *typed)
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
		return false;
	}
	if (typed)
		remember(r, typed);
	work_add(w ? w : worker_for(t, &r->line), run_verb, on_done, r);
	return true;
}

void slash_words(struct tui *t, struct work *w, const char *const *words, bool show)
{
	struct words copy = {.n = 0};
	for (; *words; words++)
		words_insert(&copy, copy.n, *words);
	start(t, w, &copy, show, NULL);
}

/* -- What is typed ---------------------------------------------------------------------- */

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

/* What is sent from a thread's line goes into the thread. */
static void fill_thread(const struct tui *t, struct words *w, const struct command *c, size_t verb)
{
	const struct talk *side = t->focus == FOCUS_SIDE ? talk_of(t->side) : NULL;
	const char *root = side ? talk_thread(side) : NULL;
	if (!root || !command_option(t->o->commands, c, "thread") || w->n <= verb ||
	    strcmp(w->word[verb], talk_room(side)) != 0)
		return;
	AUTO_FREE char *option = mem_printf("--thread=%s", root);
	words_insert(w, verb + 1, option);
}

/* Where the words of a verb about a message name it; w->n: nowhere. */
static size_t event_place(struct tui *t, const struct words *w, const struct command *c,
			  size_t verb)
{
	const struct command_param *p = c->args;
	if (!p || p->kind != KIND_ROOM || p[1].kind != KIND_EVENT || verb >= w->n)
		return w->n;
	return is_room(t, w->word[verb]) ? verb + 1 : verb;
}

/* Line by line, a message is named by its number. */
static bool fill_number(struct tui *t, struct words *w, size_t at)
{
	int64_t n;
	if (!t->plain || at >= w->n || !span_i64(span_of(w->word[at]), &n))
		return true;
	const char *id = t->plain->event(t, n);
	if (!id) {
		tui_say(t, _("There is no message %s."), w->word[at]);
		return false;
	}
	mem_free(w->word[at]);
	w->word[at] = mem_strdup(id);
	return true;
}

/* ":tada:" is as good as the emoji. */
static void fill_emoji(struct words *w, size_t from)
{
	for (size_t i = from; i < w->n; i++) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		emoji_replace(&b, span_of(w->word[i]));
		mem_free(w->word[i]);
		w->word[i] = buf_take(&b);
	}
}

static bool go_to(struct tui *t, const struct words *w)
{
	struct room_match m;
	struct buf name = BUF_INIT(4096);
	for (size_t i = 1; i < w->n; i++)
		buf_printf(&name, "%s%s", i > 1 ? " " : "", w->word[i]);
	bool found = room_list_match(t->rooms, buf_str(&name), &m, 1) > 0;
	if (found) {
		AUTO_FREE char *id = mem_strdup(m.row->room_id);
		tui_open(t, id, NULL);
	} else {
		tui_say(t, _("No room is called %s."), buf_str(&name));
	}
	buf_done(&name);
	return found;
}

/* *ret_ok: it was done. False: it is none of these. */
static bool run_own(struct tui *t, const struct words *w, bool *ret_ok)
{
	*ret_ok = true;
	if (!strcmp(w->word[0], "help"))
		tui_push(t, help_new(t));
	else if (!strcmp(w->word[0], "quit"))
		tui_quit(t);
	else if (!strcmp(w->word[0], "agenda") && t->rooms && !t->plain)
		tui_push(t, agenda_view_new(t));
	else if (!strcmp(w->word[0], "go"))
		*ret_ok = go_to(t, w);
	else
		return false;
	return true;
}

static bool run_words(struct tui *t, struct words *w, const char *typed)
{
	size_t verb = 0;
	struct err err;
	slash_short(t->o->commands, w);
	const struct command *c = words_verb(t->o->commands, w, &verb);
	if (c && !slash_may(c)) {
		tui_say(t, _("/%s runs in a shell: muster %s"), c->name, c->name);
		return false;
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
		return false;
	}
	if (c && !fill_number(t, w, event_place(t, w, c, verb)))
		return false;
	if (c && !strcmp(c->name, "react"))
		fill_emoji(w, verb);
	if (c) {
		slash_fill(w, c, verb, tui_room(t), t->meant, is_room, t);
		fill_thread(t, w, c, verb);
	}
	if (c && slash_is_call(c))
		return slash_call(t, c, w);
	return start(t, NULL, w, true, typed);
}

bool slash_run(struct tui *t, const char *line, bool typed)
{
	struct words w;
	struct err err;
	bool ok = true;
	if (words_split(span_of(line), &w, &err)) {
		tui_say_err(t, &err);
		ok = false;
	} else if (w.n && !run_own(t, &w, &ok)) {
		AUTO_FREE char *whole = mem_printf("/%s", line);
		ok = run_words(t, &w, typed ? whole : NULL);
	}
	words_done(&w);
	return ok;
}

bool tui_command(struct tui *t, const char *line)
{
	return slash_run(t, line, true);
}
