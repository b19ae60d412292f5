#include "tui/agenda_ask.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/command_box.h"
#include "tui/phone.h"
#include "tui/pick.h"
#include "tui/slash.h"

#include <string.h>

enum what {
	WHAT_JOIN,
	WHAT_LIVE,
	WHAT_OPEN,
	WHAT_TAKE,
	WHAT_END,
	WHAT_CHANGE,
	WHAT_CANCEL,
	WHAT_COUNT
};

static const char *const sentences[WHAT_COUNT] = {
	[WHAT_JOIN] = N_("Join the call"),
	[WHAT_LIVE] = N_("Begin a live lesson: only who has the floor speaks"),
	[WHAT_OPEN] = N_("Open the room"),
	[WHAT_TAKE] = N_("Begin: the room is told that attendance is taken"),
	[WHAT_END] = N_("End it now"),
	[WHAT_CHANGE] = N_("Change it…"),
	[WHAT_CANCEL] = N_("Cancel it…"),
};

struct question {
	char *room_id, *name;
	enum what v[WHAT_COUNT];
	size_t n;
};

static size_t fill(struct pick *p, const char *text)
{
	(void)text;
	return ((struct question *)p->arg)->n;
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct question *q = p->arg;
	draw_fit(c, r, r.x + 2, r.y, r.w - 3, span_of(_(sentences[q->v[i]])), ROLE_POPUP);
}

/* The name as one word of a command: UIDs come from elsewhere, too. */
static void put_word(struct buf *b, const char *word)
{
	buf_put_char(b, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, *word);
	}
	buf_put_char(b, '"');
}

static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-_.:@+")];
}

/* The rest is for the person to write, and Enter to send. */
static void write_command(struct tui *t, const char *verb, const char *name)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	buf_printf(&b, "/%s ", verb);
	if (is_plain(name))
		buf_put_str(&b, name);
	else
		put_word(&b, name);
	buf_put_char(&b, ' ');
	tui_push(t, command_box_new(t, buf_str(&b)));
}

void agenda_schedule(struct tui *t)
{
	tui_push(t, command_box_new(t, "/meet schedule "));
}

static void tell(struct tui *t, const char *verb, const struct question *q)
{
	const char *words[] = {"meet", verb, q->name, "--room", q->room_id, NULL};
	slash_words(t, t->sending, words, true);
}

static void choose(struct pick *p, size_t i)
{
	const struct question *q = p->arg;
	struct tui *t = p->view.tui;
	enum what what = q->v[i];
	tui_close(pick_view(p));
	if (what != WHAT_CHANGE && what != WHAT_CANCEL)
		tui_open(t, q->room_id, NULL);
	if (what == WHAT_JOIN)
		phone_ask(t->phone, q->room_id);
	else if (what == WHAT_TAKE)
		tell(t, "start", q);
	else if (what == WHAT_END)
		tell(t, "end", q);
	else if (what == WHAT_LIVE)
		slash_run(t, "live start", false);
	else if (what == WHAT_CHANGE)
		write_command(t, "meet change", q->name);
	else if (what == WHAT_CANCEL)
		write_command(t, "meet cancel", q->name);
}

static void free_question(struct pick *p)
{
	struct question *q = p->arg;
	mem_free(q->room_id);
	mem_free(q->name);
	mem_free(q);
}

static const struct pick_class asking = {
	.title = N_("This meeting"),
	.prompt = N_("Enter does it, Esc goes back"),
	.width = 60,
	.rows = 7,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_question,
};

static void add(struct question *q, enum what what, bool can)
{
	if (can)
		q->v[q->n++] = what;
}

struct view *agenda_ask_new(struct tui *t, const struct agenda_row *row)
{
	struct question *q = NEW(struct question);
	bool to_come = row->state == AGENDA_COMING || row->state == AGENDA_NOW;
	q->room_id = mem_strdup(row->room_id);
	q->name = mem_strdup(row->name);
	bool free_for_it = to_come && t->phone && phone_is_free(t->phone);
	add(q, WHAT_JOIN, free_for_it);
	add(q, WHAT_LIVE, free_for_it && row->may_change);
	add(q, WHAT_OPEN, true);
	add(q, WHAT_TAKE, to_come && row->may_change && !row->taken);
	add(q, WHAT_END, row->state == AGENDA_NOW && row->may_change);
	add(q, WHAT_CHANGE, to_come && row->may_change);
	add(q, WHAT_CANCEL, to_come && row->may_change);
	return pick_new(t, &asking, q);
}
