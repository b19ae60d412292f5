/* What goes out from a conversation: messages, receipts, typing; and history that comes in. */
#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/presence.h"
#include "core/client/send.h"
#include "core/client/unread.h"
#include "core/store/drafts.h"
#include "tui/app_priv.h"
#include "tui/emoji.h"
#include "tui/talk_priv.h"

#include <string.h>
#include <unistd.h>

#define TYPING_EVERY_MS 8000
#define TYPING_FOR_MS 12000
#define SAVE_EVERY_MS 3000
#define FILL_PAGE 100

/* -- Messages ---------------------------------------------------------------------- */

struct message {
	struct tui *t;
	char *room_id, *thread, *target, *text;
	char *typed; /* what stood in the line */
	enum composer_mode mode;
	bool emote, markdown;
};

static int ignore_row(json_t *row, void *arg)
{
	(void)row;
	(void)arg;
	return 0; /* the cache has it */
}

static int send_now(struct client *c, void *arg, struct err *err)
{
	const struct message *m = arg;
	enum send_format format = m->markdown ? SEND_MARKDOWN : SEND_TEXT;
	if (m->mode == COMPOSE_EDIT) {
		json_t *row = NULL;
		int rc = client_edit(c, m->room_id, m->target, format, span_of(m->text), NULL, &row,
				     err);
		json_decref(row);
		return rc;
	}
	struct send_request rq = {
		.room_id = m->room_id,
		.format = format,
		.text = span_of(m->text),
		.emote = m->emote,
		.thread = m->thread,
		.reply_to = m->mode == COMPOSE_REPLY ? m->target : NULL,
		.queue = true,
	};
	return client_send(c, &rq, ignore_row, NULL, err);
}

static bool is_talk(const struct talk *k, const char *room_id, const char *thread)
{
	return k && !strcmp(k->room_id, room_id) &&
	       (thread ? k->thread && !strcmp(k->thread, thread) : !k->thread);
}

/* Above what has been begun there since. */
static void to_draft(const struct message *m)
{
	struct drafts *d = m->t->drafts;
	struct buf b = BUF_INIT(STORE_DRAFT_MAX), begun = BUF_INIT(STORE_DRAFT_MAX);
	buf_put_str(&b, m->typed);
	if (drafts_get(d, m->room_id, m->thread, &begun))
		buf_printf(&b, "\n\n%s", buf_str(&begun));
	drafts_set(d, m->room_id, m->thread, buf_span(&b));
	buf_done(&b);
	buf_done(&begun);
}

/* What was refused is not lost: back into its line, or, where that is not open, a draft. */
static void give_back(const struct message *m)
{
	struct tui *t = m->t;
	struct talk *side = t->quitting ? NULL : talk_of(t->side);
	struct talk *open = t->quitting ? NULL : t->talk;
	if (is_talk(side, m->room_id, m->thread))
		talk_give_back(side, m->mode, m->target, m->typed);
	else if (is_talk(open, m->room_id, m->thread))
		talk_give_back(open, m->mode, m->target, m->typed);
	else if (m->mode != COMPOSE_EDIT)
		to_draft(m);
}

static void on_sent(int rc, const struct err *err, void *arg)
{
	struct message *m = arg;
	if (!m->t->quitting) {
		if (rc && rc != ERR_PENDING && err)
			tui_say_err(m->t, err);
		tui_news(m->t);
	}
	if (rc && rc != ERR_PENDING)
		give_back(m);
	mem_free(m->typed);
	mem_free(m->room_id);
	mem_free(m->thread);
	mem_free(m->target);
	mem_free(m->text);
	mem_free(m);
}

static void send_text(struct talk *k, struct span text, bool emote)
{
	struct tui *t = k->view.tui;
	struct message *m = NEW(struct message);
	struct buf b = BUF_INIT(EDIT_MAX * 4);
	emoji_replace(&b, text);
	*m = (struct message){
		.t = t,
		.room_id = mem_strdup(k->room_id),
		.thread = mem_strdup(k->thread),
		.target = mem_strdup(k->m.target),
		.text = buf_take(&b),
		.typed = mem_strdup(edit_text(&k->m.e)),
		.mode = k->m.mode,
		.emote = emote,
		.markdown = tui_setting_bool(t, "chat.markdown"),
	};
	work_add(t->sending, send_now, on_sent, m);
	tui_watch_sending(t);
	conversation_seen(k->c);
	timeline_to_end(&k->tl);
}

void talk_send(struct talk *k)
{
	struct span text = span_trim(buf_span(&k->m.e.text));
	AUTO_FREE char *line = span_dup(text);
	if (!text.n)
		return;
	if (k->m.mode == COMPOSE_REACT) {
		AUTO_FREE char *target = mem_strdup(k->m.target);
		composer_sent(&k->m);
		talk_react(k, target, line);
		return;
	}
	if (line[0] == '/' && line[1] != '/' && strncmp(line, "/me ", 4) != 0) {
		k->view.tui->meant = k->m.mode == COMPOSE_ABOUT ? k->m.target : NULL;
		bool taken = tui_command(k->view.tui, line + 1);
		k->view.tui->meant = NULL;
		if (taken)
			composer_sent(&k->m);
		talk_save_draft(k);
		return;
	}
	bool emote = line[0] == '/' && line[1] == 'm';
	const struct conversation_head *h = conversation_head(k->c);
	if (h->encrypted || !h->can_send) {
		tui_say(k->view.tui, "%s",
			h->encrypted ? _("This room is encrypted; muster cannot write here.")
				     : _("You may not write here."));
		return;
	}
	send_text(k, span_from(text, emote ? 4 : line[0] == '/' ? 1 : 0), emote);
	composer_sent(&k->m);
	talk_tell_typing(k, false);
	talk_save_draft(k);
}

/* -- Typing and receipts --------------------------------------------------------------- */

struct word {
	struct tui *t;
	char *room_id, *thread, *event_id;
	bool on, secret;
};

static void on_told(int rc, const struct err *err, void *arg)
{
	struct word *w = arg;
	(void)rc; /* nobody waits for it */
	(void)err;
	mem_free(w->room_id);
	mem_free(w->thread);
	mem_free(w->event_id);
	mem_free(w);
}

static int tell_typing(struct client *c, void *arg, struct err *err)
{
	const struct word *w = arg;
	return client_typing(c, w->room_id, w->on, TYPING_FOR_MS, err);
}

void talk_tell_typing(struct talk *k, bool on)
{
	struct tui *t = k->view.tui;
	int64_t now = clock_mono_ms();
	if (now - k->saved_ms > SAVE_EVERY_MS) {
		k->saved_ms = now;
		talk_save_draft(k);
	}
	const char *text = edit_text(&k->m.e);
	on = on && text[0] != '/';
	if (!tui_setting_bool(t, "tui.typing") ||
	    (on ? k->told_typing_ms && now - k->told_typing_ms < TYPING_EVERY_MS
		: !k->told_typing_ms))
		return;
	k->told_typing_ms = on ? now : 0;
	struct word *w = NEW(struct word);
	*w = (struct word){.t = t, .room_id = mem_strdup(k->room_id), .on = on};
	work_add(t->looking, tell_typing, on_told, w);
}

static int tell_read(struct client *c, void *arg, struct err *err)
{
	const struct word *w = arg;
	struct read_mark m = {.room_id = w->room_id,
			      .event_id = w->event_id,
			      .thread = w->thread,
			      .secret = w->secret};
	return client_mark(c, &m, err);
}

void talk_seen(struct talk *k)
{
	struct tui *t = k->view.tui;
	const char *newest = conversation_newest(k->c);
	if (!newest || !t->window_focused || !timeline_at_end(&k->tl) || t->n_popups ||
	    !k->view.at.h || (k->told_read && !strcmp(k->told_read, newest)))
		return;
	mem_free(k->told_read);
	k->told_read = mem_strdup(newest);
	struct word *w = NEW(struct word);
	*w = (struct word){
		.t = t,
		.room_id = mem_strdup(k->room_id),
		.event_id = mem_strdup(newest),
		.thread = mem_strdup(k->thread),
		.secret = tui_setting_bool(t, "chat.private-receipts"),
	};
	work_add(t->looking, tell_read, on_told, w);
}

/* -- History ------------------------------------------------------------------------------ */

struct fill_job {
	struct tui *t;
	struct talk *k; /* NULL: closed meanwhile */
	int64_t room, gap;
};

static int fetch(struct client *c, void *arg, struct err *err)
{
	const struct fill_job *j = arg;
	bool more;
	return sync_backfill(c, j->room, j->gap, FILL_PAGE, &more, err);
}

static void on_fetched(int rc, const struct err *err, void *arg)
{
	struct fill_job *j = arg;
	if (j->k) {
		j->k->job = NULL;
		j->k->fill_failed = rc != 0;
		conversation_busy(j->k->c, false);
		if (rc && rc != ERR_CANCELLED && err)
			tui_say_err(j->t, err);
		tui_news(j->t);
	}
	mem_free(j);
}

void talk_fill(struct talk *k)
{
	struct fill_job job = {.t = k->view.tui, .k = k};
	if (k->job || k->fill_failed)
		return;
	if (conversation_older(k->c, 200)) {
		tui_redraw(k->view.tui);
		return;
	}
	if (!conversation_gap(k->c, &job.room, &job.gap))
		return;
	k->job = NEW(struct fill_job);
	*k->job = job;
	conversation_busy(k->c, true);
	work_add(k->view.tui->looking, fetch, on_fetched, k->job);
	tui_redraw(k->view.tui);
}

void talk_forget_jobs(struct talk *k)
{
	if (k->job)
		k->job->k = NULL;
}

/* -- $EDITOR --------------------------------------------------------------------------------- */

struct editing {
	struct tui *t;
	struct child *child;
	char *path, *room_id, *thread; /* whose text it is; thread: NULL for the room's own */
};

static void on_editor_line(void *arg, struct span line)
{
	(void)arg;
	(void)line;
}

/* Never into another room's line: what was open may have gone meanwhile. */
static void put_into(const struct editing *e, const char *text)
{
	struct tui *t = e->t;
	struct talk *side = talk_of(t->side);
	bool beside = is_talk(side, e->room_id, e->thread);
	struct talk *k = beside ? side : t->talk;
	if (is_talk(k, e->room_id, e->thread)) {
		app_focus(t, beside ? FOCUS_SIDE : FOCUS_TALK);
		talk_compose(k, text);
		return;
	}
	drafts_set(t->drafts, e->room_id, e->thread, span_of(text));
}

static void take_text(struct editing *e)
{
	struct buf b = BUF_INIT(EDIT_MAX);
	struct err err;
	if (fs_read(e->path, &b, &err)) {
		tui_say_err(e->t, &err);
	} else {
		while (b.n && b.p[b.n - 1] == '\n')
			buf_truncate(&b, b.n - 1);
		put_into(e, buf_str(&b));
	}
	buf_done(&b);
}

static void end_editing(struct editing *e)
{
	fs_remove(e->path, NULL);
	child_free(e->child);
	mem_free(e->path);
	mem_free(e->room_id);
	mem_free(e->thread);
	mem_free(e);
}

static void on_editor_ended(void *arg, int status, int signal)
{
	struct editing *e = arg;
	struct tui *t = e->t;
	tty_take(t->tty);
	if (status == 0 && signal == 0)
		take_text(e);
	else
		tui_say(t, "%s", _("The editor failed; nothing has changed."));
	t->editing = NULL;
	end_editing(e);
	tui_redraw(t);
}

void tui_editing_stop(struct tui *t)
{
	if (t->editing)
		end_editing(t->editing);
	t->editing = NULL;
}

static int write_text(struct editing *e, struct span text, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int rc = fs_place(FS_RUNTIME, &dir, err);
	if (rc)
		return rc;
	AUTO_FREE char *name = mem_printf("message-%d.md", (int)getpid());
	e->path = fs_join(dir, name);
	return fs_write_atomic(e->path, text, 0600, err);
}

void talk_editor(struct talk *k)
{
	static const struct child_handler handler = {on_editor_line, on_editor_ended};
	struct tui *t = k->view.tui;
	if (t->editing)
		return;
	struct editing *e = NEW(struct editing);
	struct err err;
	e->t = t;
	e->room_id = mem_strdup(k->room_id);
	e->thread = mem_strdup(k->thread);
	int rc = write_text(e, buf_span(&k->m.e.text), &err);
	if (!rc) {
		const char *argv[] = {"sh", "-c",    "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"",
				      "sh", e->path, NULL};
		struct child_options o = {.argv = argv, .in = STDIN_FILENO, .out = STDOUT_FILENO};
		tty_release(t->tty);
		rc = child_new(t->loop, &o, &handler, e, &e->child, &err);
		if (rc)
			tty_take(t->tty);
	}
	if (rc) {
		tui_say_err(t, &err);
		end_editing(e);
		return;
	}
	t->editing = e;
}
