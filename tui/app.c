#include "tui/app.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "tui/app_priv.h"
#include "tui/first_run.h"
#include "tui/invitation.h"
#include "tui/linear.h"
#include "tui/notify.h"
#include "tui/phone.h"
#include "tui/screen.h"
#include "tui/start_class.h"
#include "tui/talk.h"

#include <signal.h>
#include <stdlib.h>

#define OUTBOX_MS 200 /* how often the outbox is looked at while something goes out */
#define FRAME_MS 33   /* at most 30 paints a second */
#define SAID_MS 20000 /* how long a sentence stands */

/* -- Painting ------------------------------------------------------------------ */

static void read_news(struct tui *t)
{
	t->news_due = false;
	if (t->rooms_view) {
		t->rooms_view->cls->news(t->rooms_view);
		notify_news(t);
	}
	if (t->talk)
		talk_view(t->talk)->cls->news(talk_view(t->talk));
	if (t->side && t->side->cls->news)
		t->side->cls->news(t->side);
	phone_news(t->phone);
	for (int i = 0; i < t->n_popups; i++)
		if (t->popups[i]->cls->news)
			t->popups[i]->cls->news(t->popups[i]);
}

static void forget_said(struct tui *t)
{
	if (t->said[0] && clock_mono_ms() - t->said_ms > SAID_MS)
		t->said[0] = '\0';
}

static void paint(void *arg)
{
	struct tui *t = arg;
	t->paint_due = false;
	if (t->quitting)
		return;
	if (t->news_due)
		read_news(t);
	forget_said(t);
	screen_draw(t);
	tty_paint(t->tty, &t->canvas);
	t->painted_ms = clock_mono_ms();
	if (t->talk)
		talk_seen(t->talk);
	if (talk_of(t->side))
		talk_seen(talk_of(t->side));
}

void tui_redraw(struct tui *t)
{
	if (t->paint_due || t->quitting || !t->frame)
		return;
	t->paint_due = true;
	int64_t since = clock_mono_ms() - t->painted_ms;
	loop_timer_start(t->frame,
			 since >= FRAME_MS || since < 0 ? 0 : (uint64_t)(FRAME_MS - since), 0);
}

void app_news_due(struct tui *t)
{
	t->news_due = true;
	tui_redraw(t);
}

void tui_news(struct tui *t)
{
	app_news_due(t);
}

void app_look_at_outbox(void *arg)
{
	struct tui *t = arg;
	app_news_due(t);
	if (!work_pending(t->sending))
		loop_timer_stop(t->sends);
}

void tui_watch_sending(struct tui *t)
{
	loop_timer_start(t->sends, 20, OUTBOX_MS);
}

static void on_resized(void *arg, int w, int h)
{
	struct tui *t = arg;
	canvas_resize(&t->canvas, w, h);
	tui_redraw(t);
}

/* -- Saying ----------------------------------------------------------------------- */

static void say(struct tui *t, const char *sentence, bool is_error)
{
	if (t->plain) {
		t->plain->print(t, span_of(sentence));
		return;
	}
	struct buf b = BUF_INIT(8192);
	text_put(&b, span_head(span_of(sentence), 1500), TEXT_LINE);
	size_t n = utf8_head(buf_span(&b), sizeof(t->said) - 1);
	memcpy(t->said, buf_str(&b), n);
	t->said[n] = '\0';
	buf_done(&b);
	t->said_is_error = is_error;
	t->said_ms = clock_mono_ms();
	tui_redraw(t);
}

void tui_say(struct tui *t, const char *fmt, ...)
{
	struct buf b = BUF_INIT(8192);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	say(t, buf_str(&b), false);
	buf_done(&b);
}

void tui_say_err(struct tui *t, const struct err *err)
{
	AUTO_FREE char *both =
		err->hint[0] ? mem_printf("%s (%s)", err->msg, err->hint) : mem_strdup(err->msg);
	say(t, both, true);
}

/* -- Views --------------------------------------------------------------------------- */

static void free_view(void *arg)
{
	struct view *v = arg;
	v->cls->free(v);
}

void tui_push(struct tui *t, struct view *v)
{
	v->tui = t;
	if (t->n_popups == POPUPS_MAX || t->quitting) {
		loop_defer(t->loop, free_view, v);
		return;
	}
	t->popups[t->n_popups++] = v;
	tui_redraw(t);
}

/* What is written in the room and beside it. */
static void keep_drafts(struct tui *t)
{
	if (t->talk)
		talk_save_draft(t->talk);
	if (talk_of(t->side))
		talk_save_draft(talk_of(t->side));
}

void tui_side(struct tui *t, struct view *v)
{
	keep_drafts(t);
	if (t->side)
		loop_defer(t->loop, free_view, t->side);
	t->side = v;
	if (v)
		v->tui = t;
	app_focus(t, v ? FOCUS_SIDE : FOCUS_TALK);
}

void tui_close(struct view *v)
{
	struct tui *t = v->tui;
	if (v == t->side) {
		tui_side(t, NULL);
		return;
	}
	for (int i = 0; i < t->n_popups; i++)
		if (t->popups[i] == v) {
			memmove(&t->popups[i], &t->popups[i + 1],
				(size_t)(--t->n_popups - i) * sizeof(struct view *));
			loop_defer(t->loop, free_view, v);
			break;
		}
	tui_redraw(t);
}

void app_focus(struct tui *t, enum focus f)
{
	t->focus = f;
	keymap_forget(t->keys);
	tui_redraw(t);
}

void tui_compose(struct tui *t, const char *text)
{
	if (!t->talk)
		return;
	app_focus(t, FOCUS_TALK);
	talk_compose(t->talk, text);
}

static void title_of_window(struct tui *t)
{
	struct buf b = BUF_INIT(4096);
	if (t->talk)
		buf_printf(&b, "%s - ", conversation_head(talk_conversation(t->talk))->name.s);
	buf_put_str(&b, "muster");
	tty_title(t->tty, buf_str(&b));
	buf_done(&b);
}

void tui_open(struct tui *t, const char *room_id, const char *event_id)
{
	struct talk *k = NULL;
	struct err err;
	if (t->quitting) /* a job's end that comes late */
		return;
	if (t->plain) {
		t->plain->open(t, room_id);
		return;
	}
	if (t->talk && !strcmp(talk_room(t->talk), room_id) &&
	    (!event_id || talk_go(t->talk, event_id))) {
		app_focus(t, FOCUS_TALK);
		return;
	}
	if (invitation_is(t, room_id)) {
		tui_push(t, invitation_new(t, room_id));
		return;
	}
	keep_drafts(t); /* a new window on the same room takes it over */
	if (talk_new(t, room_id, NULL, event_id, &k, &err)) {
		tui_say_err(t, &err);
		return;
	}
	if (t->talk) {
		mem_free(t->room_before);
		t->room_before = mem_strdup(talk_room(t->talk));
		loop_defer(t->loop, free_view, talk_view(t->talk));
	}
	if (t->side)
		tui_side(t, NULL);
	t->talk = k;
	t->said[0] = '\0';
	app_focus(t, FOCUS_TALK);
	title_of_window(t);
	app_news_due(t);
}

const char *tui_room(struct tui *t)
{
	return t->plain ? t->plain->room(t) : t->talk ? talk_room(t->talk) : NULL;
}

/* -- Settings --------------------------------------------------------------------------- */

const char *tui_setting(const struct tui *t, const char *key)
{
	return config_get(t->o->config, key, NULL);
}

bool tui_setting_bool(const struct tui *t, const char *key)
{
	return config_bool(t->o->config, key);
}

/* -- Life --------------------------------------------------------------------------------- */

void tui_quit(struct tui *t)
{
	if (phone_hang_up(t->phone))
		return;
	t->quitting = true;
	loop_stop(t->loop);
}

static void on_gone(void *arg)
{
	tui_quit(arg);
}

/* The screen is ours: a line of the log would stand in the middle of it. */
static void drop_log(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int start(struct tui *t, struct err *err)
{
	static const struct tty_handler handler = {app_key, on_resized, on_gone};
	struct tty_options o = {.mouse = tui_setting_bool(t, "tui.mouse"),
				.theme = tui_setting(t, "tui.theme")};
	int rc = keymap_new(tui_setting(t, "tui.keys"), tui_setting(t, "tui.bind"), &t->keys, err);
	if (rc)
		return rc;
	t->frame = loop_timer_new(t->loop, paint, t);
	t->sends = loop_timer_new(t->loop, app_look_at_outbox, t);
	rc = app_account_open(t, err);
	if (rc && rc != ERR_AUTH)
		return rc;
	bool first_run = rc == ERR_AUTH;
	rc = tty_new(t->loop, &o, &handler, t, &t->tty, err);
	if (rc)
		return rc;
	int w, h;
	tty_size(t->tty, &w, &h);
	canvas_init(&t->canvas, tty_theme(t->tty));
	canvas_resize(&t->canvas, w, h);
	if (first_run)
		tui_push(t, first_run_new(t));
	else
		app_account_show(t);
	paint(t);
	if (!first_run)
		loop_defer(t->loop, app_account_sync, t);
	return 0;
}

static void stop(struct tui *t)
{
	t->quitting = true;
	app_keep(t);
	for (int i = 0; i < t->n_popups; i++)
		free_view(t->popups[i]);
	if (t->side)
		free_view(t->side);
	if (t->talk)
		free_view(talk_view(t->talk));
	if (t->rooms_view)
		free_view(t->rooms_view);
	tui_editing_stop(t);
	tui_openings_stop(t);
	start_class_stop(t);
	tty_free(t->tty);
	app_account_close(t);
	keymap_free(t->keys);
	loop_timer_free(t->frame);
	loop_timer_free(t->sends);
	canvas_done(&t->canvas);
	mem_free(t->room_before);
	mem_free(t->told_but);
}

int tui_run(const struct tui_options *o, struct err *err)
{
	if (o->linear)
		return linear_run(o, err);
	struct tui t = {.o = o, .loop = loop_new(), .window_focused = true, .told = -1};
	log_set_sink(drop_log, NULL);
	int rc = start(&t, err);
	if (!rc)
		loop_run(t.loop);
	stop(&t);
	log_set_sink(NULL, NULL);
	loop_free(t.loop);
	return rc;
}
