#include "tui/linear.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/send.h"
#include "core/client/view/conversation.h"
#include "tui/app_priv.h"
#include "tui/item_draw.h"
#include "tui/lesson_text.h"
#include "tui/slash.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define SHOWN_AT_FIRST 10
#define NUMBERS_MAX 1000 /* messages that can be named by number */

struct linear {
	struct tui t;
	struct conversation *c;
	char *room_id;
	struct numbered {
		char *room_id, *event_id;
	} numbers[NUMBERS_MAX];
	int n;	    /* number of the newest */
	char *last; /* id of the item that was printed last */
	struct buf in;
	struct loop_watch *watch;
	int64_t unread;	   /* of all rooms, as told last */
	int heard, marked; /* numbers: the newest of the room; that the others know we read */
	bool prompted;
	bool ending; /* stdin is at its end: what was typed is still done */
};

static struct linear *of(struct tui *t)
{
	return CONTAINER_OF(t, struct linear, t);
}

/* -- Saying -------------------------------------------------------------------------- */

static void put_out(struct linear *l, struct span s)
{
	if (l->prompted && isatty(STDOUT_FILENO))
		(void)!write(STDOUT_FILENO, "\n", 1);
	l->prompted = false;
	while (s.n) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			tui_quit(&l->t);
			return;
		}
		s = span_from(s, (size_t)n);
	}
}

static void print(struct tui *t, struct span text)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	text_put(&b, text, TEXT_BLOCK);
	if (!b.n || b.p[b.n - 1] != '\n')
		buf_put_char(&b, '\n');
	put_out(of(t), buf_span(&b));
	buf_done(&b);
}

static void say(struct linear *l, const char *sentence)
{
	print(&l->t, span_of(sentence));
}

static void prompt(struct linear *l)
{
	if (!isatty(STDIN_FILENO) || l->prompted || l->t.quitting)
		return;
	struct buf b = BUF_INIT(4096);
	if (l->c)
		buf_printf(&b, "%s: ", conversation_head(l->c)->name.s);
	else
		buf_put_str(&b, ": ");
	put_out(l, buf_span(&b));
	l->prompted = true;
	buf_done(&b);
}

/* -- Messages --------------------------------------------------------------------------- */

static int number_of(struct linear *l, const char *event_id)
{
	int n = ++l->n;
	struct numbered *m = &l->numbers[n % NUMBERS_MAX];
	mem_free(m->room_id);
	mem_free(m->event_id);
	*m = (struct numbered){mem_strdup(l->room_id), mem_strdup(event_id)};
	return n;
}

/* Of the open room; the numbers of others are theirs. */
static const char *event_by_number(const struct linear *l, int64_t n)
{
	if (n < 1 || n > l->n || n <= l->n - NUMBERS_MAX || !l->room_id)
		return NULL;
	const struct numbered *m = &l->numbers[n % NUMBERS_MAX];
	return strcmp(m->room_id, l->room_id) == 0 ? m->event_id : NULL;
}

static void put_message(struct linear *l, struct buf *b, const struct item *it)
{
	buf_printf(b, "%d. %s, ", number_of(l, it->event_id), it->sender_name.s);
	item_put_time(b, it->ts);
	if (it->reply_to && it->reply_name.n)
		buf_printf(b, _(", answering %s"), it->reply_name.s);
	buf_put_str(b, ": ");
	item_put_text(b, it, false);
	bool roll = it->poll && it->poll->roll;
	if (roll) {
		buf_put_str(b, "\n   ");
		item_put_roll(b, it->poll->roll);
		if (it->poll->roll->counted && !it->poll->roll->cancelled) {
			buf_put_str(b, "; ");
			item_put_roll_counts(b, it->poll->roll);
			if (it->poll->roll->excused) {
				buf_put_str(b, " · ");
				item_put_roll_excused(b, it->poll->roll);
			}
		} else if (!it->poll->roll->own && !it->poll->roll->ended) {
			buf_printf(b, "; %s", _("/here answers"));
		}
	}
	for (size_t i = 0; it->poll && !roll && i < it->poll->n; i++)
		buf_printf(b, "\n   %zu) %s", i + 1, it->poll->answers[i].text.s);
	if (it->file_name.n)
		buf_printf(b, _(" (file %s)"), it->file_name.s);
}

static void print_item(struct linear *l, const struct item *it)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (it->kind == ITEM_DAY)
		item_put_day(&b, it->ts);
	else if (it->kind == ITEM_UNREAD)
		buf_put_str(&b, _("New messages:"));
	else if (it->kind == ITEM_MESSAGE && it->event_id)
		put_message(l, &b, it);
	else if (it->kind == ITEM_CHANGE)
		item_put_text(&b, it, false);
	if (b.n)
		print(&l->t, buf_span(&b));
	buf_done(&b);
}

/* Everything below the item that was printed last. */
static void print_new(struct linear *l)
{
	size_t n = conversation_count(l->c), from = 0;
	size_t at = l->last ? conversation_find(l->c, l->last) : SIZE_MAX;
	if (at != SIZE_MAX)
		from = at + 1;
	else if (n > SHOWN_AT_FIRST)
		from = n - SHOWN_AT_FIRST;
	for (size_t i = from; i < n; i++) {
		const struct item *it = conversation_at(l->c, i);
		/* An echo changes its place and name when it is sent. */
		if (it->kind == ITEM_MESSAGE && !it->event_id)
			continue;
		print_item(l, it);
		mem_free(l->last);
		l->last = mem_strdup(it->id);
	}
	l->heard = l->n;
}

/* What a person was given to read is read; what a program takes from a pipe is not. */
static void mark_read(struct linear *l)
{
	size_t here = l->room_id ? room_list_find(l->t.rooms, l->room_id) : SIZE_MAX;
	const char *newest = event_by_number(l, l->heard);
	if (here == SIZE_MAX || !newest || l->marked == l->heard || !isatty(STDIN_FILENO) ||
	    room_list_at(l->t.rooms, here)->unread == 0)
		return;
	l->marked = l->heard;
	const char *words[] = {"mark", l->room_id, newest, NULL};
	slash_words(&l->t, l->t.looking, words, false);
}

static void print_older(struct linear *l, int count)
{
	conversation_older(l->c, (size_t)count);
	size_t n = conversation_count(l->c);
	for (size_t i = n > (size_t)count ? n - (size_t)count : 0; i < n; i++)
		print_item(l, conversation_at(l->c, i));
}

static void update(void *arg)
{
	struct linear *l = arg;
	int64_t mentions;
	l->t.paint_due = l->t.news_due = false;
	if (l->t.quitting)
		return;
	room_list_update(l->t.rooms);
	if (l->c && conversation_update(l->c))
		print_new(l);
	int64_t unread = room_list_unread(l->t.rooms, &mentions);
	if (unread > l->unread && l->room_id) {
		size_t here = room_list_find(l->t.rooms, l->room_id);
		int64_t in_it = here == SIZE_MAX ? 0 : room_list_at(l->t.rooms, here)->unread;
		if (unread > in_it) {
			AUTO_FREE char *s =
				mem_printf(ngettext("%lld message is unread elsewhere: /rooms",
						    "%lld messages are unread elsewhere: /rooms",
						    (unsigned long)(unread - in_it)),
					   (long long)(unread - in_it));
			say(l, s);
		}
	}
	l->unread = unread;
	mark_read(l);
	if (l->ending && !work_pending(l->t.sending) && !work_pending(l->t.looking))
		tui_quit(&l->t);
	prompt(l);
}

/* -- Rooms ---------------------------------------------------------------------------------- */

/* The lesson that is on, the next one, and that attendance is taken. */
static void say_lesson(struct linear *l)
{
	struct agenda_here here;
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	agenda_here_read(l->t.store, l->room_id, clock_wall_ms(), &here);
	lesson_put_text(&b, &here, INT16_MAX);
	if (here.taken_until_ms)
		buf_printf(&b, "%s%s", b.n ? " · " : "", _("attendance is taken"));
	if (b.n)
		say(l, buf_str(&b));
	agenda_here_done(&here);
}

static void go(struct linear *l, const char *room_id)
{
	struct conversation *c;
	struct err err;
	struct conversation_options o = {.room_id = room_id,
					 .own_user_id = l->t.user_id,
					 .hide_changes = true};
	if (conversation_new(l->t.store, &o, &c, &err)) {
		say(l, err.msg);
		return;
	}
	char *id = mem_strdup(room_id);
	conversation_free(l->c);
	mem_free(l->room_id);
	mem_free(take(&l->last));
	l->c = c;
	l->room_id = id;
	AUTO_FREE char *s = mem_printf(_("You are in %s."), conversation_head(c)->name.s);
	say(l, s);
	say_lesson(l);
	print_new(l);
}

static void list_rooms(struct linear *l)
{
	for (size_t i = 0; i < room_list_count(l->t.rooms); i++) {
		const struct room_row *r = room_list_at(l->t.rooms, i);
		struct buf b = BUF_INIT(8192);
		buf_printf(&b, "%zu. %s", i + 1, r->name.s);
		if (r->section == SECTION_INVITES)
			buf_put_str(&b, _(", an invitation"));
		if (r->unread > 0)
			buf_printf(&b,
				   ngettext(", %d unread", ", %d unread", (unsigned long)r->unread),
				   (int)r->unread);
		if (r->highlights > 0)
			buf_put_str(&b, _(", you are meant"));
		print(&l->t, buf_span(&b));
		buf_done(&b);
	}
}

static void go_named(struct linear *l, const char *name)
{
	int64_t n;
	struct room_match m;
	const char *id = NULL;
	if (span_i64(span_of(name), &n) && n > 0 && (size_t)n <= room_list_count(l->t.rooms))
		id = room_list_at(l->t.rooms, (size_t)n - 1)->room_id;
	else if (*name && room_list_match(l->t.rooms, name, &m, 1))
		id = m.row->room_id;
	AUTO_FREE char *copy = mem_strdup(id);
	if (copy)
		go(l, copy);
	else
		say(l, _("No room is called that. /rooms lists them."));
}

/* -- Lines that are typed --------------------------------------------------------------------- */

static const struct {
	const char *usage, *what;
} help[] = {
	{"/rooms", N_("lists the rooms")},
	{"/go NAME", N_("goes to a room, by some letters of its name or its number")},
	{"/reply N TEXT", N_("answers message N")},
	{"/edit N TEXT", N_("changes message N, one of yours")},
	{"/delete N", N_("deletes message N for everybody")},
	{"/react N EMOJI", N_("reacts to message N, with an emoji or its name, such as :tada:")},
	{"/vote N ANSWER", N_("votes in the poll that is message N, by the answer's number")},
	{"/more", N_("reads older messages again")},
	{"/quit", N_("leaves muster")},
};

static void show_help(struct linear *l)
{
	say(l, _("What you type is sent to the room. Lines that begin with a slash are commands:"));
	for (size_t i = 0; i < ARRAY_LEN(help); i++) {
		AUTO_FREE char *s = mem_printf("%s: %s", help[i].usage, _(help[i].what));
		say(l, s);
	}
	say(l, _("All verbs of the command line work too, such as /room members; a message is "
		 "named by "
		 "its number."));
}

static void send(struct linear *l, const char *text, const char *reply_to)
{
	if (!l->room_id) {
		say(l, _("No room is open. /rooms lists them, /go NAME opens one."));
		return;
	}
	const char *words[] = {"send",
			       l->room_id,
			       "--queue",
			       reply_to ? "--reply" : "--",
			       reply_to ? reply_to : text,
			       reply_to ? "--" : NULL,
			       text,
			       NULL};
	slash_words(&l->t, l->t.sending, words, false);
}

static void edit(struct linear *l, const char *text, const char *event_id)
{
	const char *words[] = {"edit", l->room_id, event_id, "--", text, NULL};
	slash_words(&l->t, l->t.sending, words, false);
}

/* "N TEXT": the text is taken as it stands. */
static void about_message(struct linear *l, struct span rest,
			  void (*fn)(struct linear *l, const char *text, const char *event_id),
			  const char *usage)
{
	struct span number;
	int64_t n;
	rest = span_trim(rest);
	const char *id = NULL;
	if (span_split(&rest, ' ', &number) && span_i64(number, &n))
		id = event_by_number(l, n);
	AUTO_FREE char *text = span_dup(span_trim(rest));
	if (id && *text)
		fn(l, text, id);
	else
		say(l, usage);
}

static void command(struct linear *l, const char *line)
{
	struct span rest = span_of(line), verb;
	span_split(&rest, ' ', &verb);
	AUTO_FREE char *words = span_dup(span_trim(rest));
	if (span_eq_str(verb, "rooms"))
		list_rooms(l);
	else if (span_eq_str(verb, "go"))
		go_named(l, words);
	else if (span_eq_str(verb, "reply"))
		about_message(l, rest, send,
			      _("Write /reply, the number of a message, and the answer."));
	else if (span_eq_str(verb, "edit"))
		about_message(l, rest, edit,
			      _("Write /edit, the number of a message of yours, and the new "
				"text."));
	else if (span_eq_str(verb, "more") && l->c)
		print_older(l, 30);
	else if (span_eq_str(verb, "help"))
		show_help(l);
	else if (span_eq_str(verb, "quit"))
		tui_quit(&l->t);
	else
		slash_run(&l->t, line, false);
}

static void take_line(struct linear *l, struct span raw)
{
	AUTO_FREE char *line = span_dup(span_trim(raw));
	l->prompted = false;
	if (line[0] == '/' && line[1] != '/')
		command(l, line + 1);
	else if (line[0])
		send(l, line[0] == '/' ? line + 1 : line, NULL);
	prompt(l);
}

static void on_input(void *arg)
{
	struct linear *l = arg;
	char *p = buf_reserve(&l->in, 4096);
	ssize_t n = p ? read(STDIN_FILENO, p, 4096) : -1;
	if (n < 0 && errno == EINTR && p)
		return;
	if (n > 0)
		buf_added(&l->in, (size_t)n);
	for (ptrdiff_t at; (at = span_find(buf_span(&l->in), '\n')) >= 0 && !l->t.quitting;) {
		AUTO_FREE char *line = mem_strndup(l->in.p, (size_t)at);
		buf_consume(&l->in, (size_t)at + 1);
		take_line(l, span_of(line));
	}
	if (n > 0)
		return;
	loop_watch_free(take(&l->watch));
	l->ending = true;
	tui_news(&l->t);
}

/* -- Life ------------------------------------------------------------------------------------------ */

static const char *place_of_room(struct tui *t)
{
	return of(t)->room_id;
}

static void open_room(struct tui *t, const char *room_id)
{
	go(of(t), room_id);
}

static const char *event_of(struct tui *t, int64_t number)
{
	return event_by_number(of(t), number);
}

static const struct tui_plain plain = {print, place_of_room, open_room, event_of};

static void on_end(void *arg)
{
	tui_quit(arg);
}

static int start(struct linear *l, struct err *err)
{
	int rc = app_account_open(&l->t, err);
	if (rc)
		return rc;
	l->watch = loop_watch_new(l->t.loop, STDIN_FILENO, on_input, l);
	if (!l->watch)
		return err_set(err, ERR_USAGE,
			       _("the linear mode reads from a terminal or a pipe"));
	l->t.frame = loop_timer_new(l->t.loop, update, l);
	l->t.sends = loop_timer_new(l->t.loop, app_look_at_outbox, &l->t);
	loop_on_signal(l->t.loop, SIGTERM, on_end, &l->t);
	loop_on_signal(l->t.loop, SIGHUP, on_end, &l->t);
	say(l, _("muster, line by line. /help lists the commands."));
	if (room_list_count(l->t.rooms)) {
		AUTO_FREE char *id = app_last_room(&l->t);
		go(l, id);
	} else {
		say(l, _("You are in no room yet. /room join NAME joins one."));
	}
	loop_defer(l->t.loop, app_account_sync, &l->t);
	prompt(l);
	return 0;
}

int linear_run(const struct tui_options *o, struct err *err)
{
	struct linear *l = NEW(struct linear);
	l->t = (struct tui){.o = o, .loop = loop_new(), .window_focused = true, .plain = &plain};
	buf_init(&l->in, LINE_MAX_BYTES);
	int rc = start(l, err);
	if (!rc)
		loop_run(l->t.loop);
	l->t.quitting = true;
	loop_watch_free(l->watch);
	conversation_free(l->c);
	app_account_close(&l->t);
	loop_timer_free(l->t.frame);
	loop_timer_free(l->t.sends);
	loop_free(l->t.loop);
	buf_done(&l->in);
	mem_free(l->room_id);
	mem_free(l->last);
	for (int i = 0; i < NUMBERS_MAX; i++) {
		mem_free(l->numbers[i].room_id);
		mem_free(l->numbers[i].event_id);
	}
	mem_free(l);
	return rc;
}
