/* What is done with a chosen message. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/store/events.h"
#include "core/store/rooms.h"
#include "core/store/spaces.h"
#include "tui/emoji.h"
#include "tui/item_draw.h"
#include "tui/pick.h"
#include "tui/receipts.h"
#include "tui/slash.h"
#include "tui/talk_priv.h"

#include <string.h>

/* Why a thing cannot be done with a message; NULL: it can. */
static const char *why_not(const struct item *it, enum action a)
{
	if (!it->event_id)
		return _("The message has not been sent yet.");
	if (it->redacted)
		return _("The message was deleted.");
	if (a == ACT_EDIT && !it->own)
		return _("Only one's own messages can be changed.");
	return NULL;
}

/* -- Answering and changing ----------------------------------------------------------- */

static void write_about(struct talk *k, const struct item *it, enum composer_mode mode,
			const char *words)
{
	struct buf b = BUF_INIT(8192), text = BUF_INIT(BUF_CAP_OWN);
	item_put_text(&text, it, false);
	buf_printf(&b, words, it->sender_name.s);
	buf_put_span(&b, span_head(buf_span(&text), utf8_head(buf_span(&text), 400)));
	composer_mode(&k->m, mode, it->event_id, buf_str(&b));
	buf_done(&b);
	buf_done(&text);
}

static void reply(struct talk *k, const struct item *it)
{
	write_about(k, it, COMPOSE_REPLY, _("answering %s: "));
	talk_compose(k, NULL);
}

bool talk_about(struct talk *k)
{
	const struct item *it = talk_chosen(k);
	if (!it || !it->event_id)
		return false;
	write_about(k, it, COMPOSE_ABOUT, _("about what %s said: "));
	talk_compose(k, "/");
	return true;
}

void talk_give_back(struct talk *k, enum composer_mode mode, const char *target, const char *line)
{
	size_t at = target ? conversation_find(k->c, target) : SIZE_MAX;
	const struct item *it = at != SIZE_MAX ? conversation_at(k->c, at) : NULL;
	if (!edit_is_empty(&k->m.e) || k->m.mode != COMPOSE_NEW)
		return;
	edit_set(&k->m.e, span_of(line));
	if (it && mode == COMPOSE_EDIT)
		composer_mode(&k->m, COMPOSE_EDIT, target,
			      _("changing your message (Esc leaves it as it was)"));
	else if (it && mode != COMPOSE_NEW)
		write_about(k, it, mode,
			    mode == COMPOSE_REPLY ? _("answering %s: ")
						  : _("about what %s said: "));
	tui_redraw(k->view.tui);
}

static int put_body(const struct store_event *e, void *arg)
{
	buf_put_span(arg, e->body);
	return 0;
}

/* As it was typed: the body of the newest change, else of the event. */
static void put_source(struct buf *b, struct talk *k, const struct item *it)
{
	struct store *s = k->view.tui->store;
	int64_t room = store_room_find(s, span_of(k->room_id));
	struct span id = span_of(it->event_id);
	if (!store_event_edit(s, room, id, span_of(it->sender), put_body, b))
		store_event_get(s, room, id, put_body, b);
	if (span_starts(buf_span(b), "* ")) /* how a change looks to old clients */
		buf_consume(b, 2);
	if (!b->n)
		item_put_text(b, it, true);
}

static void change(struct talk *k, const struct item *it)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put_source(&b, k, it);
	talk_save_draft(k);
	composer_mode(&k->m, COMPOSE_EDIT, it->event_id,
		      _("changing your message (Esc leaves it as it was)"));
	talk_compose(k, buf_str(&b));
	buf_done(&b);
}

/* -- Reactions ---------------------------------------------------------------------------- */

void talk_react(struct talk *k, const char *event_id, const char *key)
{
	const char *words[] = {"react", k->room_id, event_id, "--", key, NULL};
	slash_words(k->view.tui, k->view.tui->sending, words, false);
}

struct reacting {
	char *room_id, *event_id;
	char typed[64];
};

static size_t fill_emoji(struct pick *p, const char *text)
{
	struct reacting *r = p->arg;
	struct emoji e;
	size_t n = 0;
	snprintf(r->typed, sizeof(r->typed), "%s", text);
	while (emoji_find(r->typed, n, &e))
		n++;
	return n ? n : r->typed[0] != '\0'; /* anything may be a reaction */
}

static const char *nth_emoji(const struct reacting *r, size_t i, struct emoji *e)
{
	if (emoji_find(r->typed, i, e))
		return e->text;
	*e = (struct emoji){"", r->typed};
	return r->typed;
}

static void draw_emoji(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	struct emoji e;
	struct term_text t = text_make(span_of(nth_emoji(p->arg, i, &e)), TEXT_LINE);
	draw_text(c, r, r.x + 2, r.y, (struct span){t.s, t.n}, ROLE_POPUP);
	draw_own(c, r, r.x + 6, r.y, e.name, ROLE_DIM);
	text_done(&t);
}

static void choose_emoji(struct pick *p, size_t i)
{
	const struct reacting *r = p->arg;
	struct emoji e;
	const char *words[] = {"react", r->room_id, r->event_id, "--", nth_emoji(r, i, &e), NULL};
	slash_words(p->view.tui, p->view.tui->sending, words, false);
	tui_close(pick_view(p));
}

static void free_reacting(struct pick *p)
{
	struct reacting *r = p->arg;
	mem_free(r->room_id);
	mem_free(r->event_id);
	mem_free(r);
}

static const struct pick_class emoji_picker = {
	.title = N_("React"),
	.prompt = N_("the name of an emoji, or any short text"),
	.nothing = N_("no such emoji"),
	.width = 46,
	.rows = 12,
	.fill = fill_emoji,
	.row = draw_emoji,
	.choose = choose_emoji,
	.free = free_reacting,
};

static void react(struct talk *k, const struct item *it)
{
	struct reacting *r = NEW(struct reacting);
	r->room_id = mem_strdup(k->room_id);
	r->event_id = mem_strdup(it->event_id);
	tui_push(k->view.tui, pick_new(k->view.tui, &emoji_picker, r));
}

/* -- Deleting: asked first ------------------------------------------------------------------- */

static size_t fill_answers(struct pick *p, const char *text)
{
	(void)p;
	(void)text;
	return 2;
}

static void draw_answer(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	(void)p;
	draw_own(c, r, r.x + 2, r.y, i ? _("Delete it for everybody") : _("Keep it"), ROLE_POPUP);
}

static void choose_answer(struct pick *p, size_t i)
{
	const struct reacting *r = p->arg;
	const char *reason = edit_text(&p->input);
	AUTO_FREE char *option = *reason ? mem_printf("--reason=%s", reason) : NULL;
	const char *words[] = {"delete", r->room_id, r->event_id, option, NULL};
	if (i)
		slash_words(p->view.tui, p->view.tui->sending, words, false);
	tui_close(pick_view(p));
}

static const struct pick_class delete_question = {
	.title = N_("Delete the message?"),
	.prompt = N_("a reason, if you like"),
	.nothing = NULL,
	.width = 50,
	.rows = 2,
	.fill = fill_answers,
	.row = draw_answer,
	.choose = choose_answer,
	.free = free_reacting,
};

static void delete (struct talk *k, const struct item *it)
{
	struct reacting *r = NEW(struct reacting);
	r->room_id = mem_strdup(k->room_id);
	r->event_id = mem_strdup(it->event_id);
	tui_push(k->view.tui, pick_new(k->view.tui, &delete_question, r));
}

/* -- Threads, links, files ------------------------------------------------------------------------ */

static void open_thread(struct talk *k, const struct item *it)
{
	struct tui *t = k->view.tui;
	struct talk *thread;
	struct err err;
	if (k->thread) {
		tui_say(t, "%s", _("This is the thread."));
		return;
	}
	if (talk_new(t, k->room_id, it->event_id, NULL, &thread, &err))
		tui_say_err(t, &err);
	else
		tui_side(t, talk_view(thread));
}

static void copy(struct talk *k, const struct item *it)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	item_put_text(&b, it, true);
	tty_copy(k->view.tui->tty, buf_span(&b));
	tui_say(k->view.tui, "%s", _("Copied, if the terminal allows it."));
	buf_done(&b);
}

static void copy_link(struct talk *k, const struct item *it)
{
	struct buf b = BUF_INIT(4096);
	struct span link = item_link(it);
	if (link.n)
		buf_put_span(&b, link);
	else
		buf_printf(&b, "https://matrix.to/#/%s/%s", k->room_id, it->event_id);
	tty_copy(k->view.tui->tty, buf_span(&b));
	tui_say(k->view.tui, _("Copied: %s"), buf_str(&b));
	buf_done(&b);
}

static void save_file(struct talk *k, const struct item *it)
{
	if (!it->mxc || !it->file_name.n) {
		tui_say(k->view.tui, "%s", _("There is no file in it."));
		return;
	}
	/* A name from the network is a name, not a path. */
	AUTO_FREE char *name = mem_strdup(it->file_name.s);
	for (char *p = name; *p; p++)
		if (*p == '/' || (p == name && (*p == '.' || *p == '-')))
			*p = '_';
	const char *get[] = {"file", "get", it->mxc, "-o", name, NULL};
	slash_words(k->view.tui, k->view.tui->moving, get, true);
}

static void open_link(struct talk *k, const struct item *it)
{
	struct span link = item_link(it);
	if (!link.n && it->mxc) {
		save_file(k, it);
		return;
	}
	if (!link.n) {
		tui_say(k->view.tui, "%s", _("There is no link in it."));
		return;
	}
	AUTO_FREE char *url = span_dup(link);
	tui_open_link(k->view.tui, url);
}

static void receipts(struct talk *k, const struct item *it)
{
	if (it->event_id)
		tui_push(k->view.tui, receipts_new(k->view.tui, k->room_id, it->event_id));
}

static int on_pin(struct span event_id, void *arg)
{
	return span_eq_str(event_id, arg);
}

static void pin(struct talk *k, const struct item *it)
{
	struct tui *t = k->view.tui;
	char *id = mem_strdup(it->event_id);
	bool on = store_pins_walk(t->store, store_room_find(t->store, span_of(k->room_id)), on_pin,
				  id);
	const char *words[] = {"room", on ? "unpin" : "pin", k->room_id, id, NULL};
	tui_say(t, "%s", on ? _("Taken off the pinned messages.") : _("Pinned to the room."));
	slash_words(t, t->sending, words, false);
	mem_free(id);
}

static void retry(struct talk *k, const struct item *it)
{
	const char *words[] = {"queue", "retry", NULL};
	if (it->state != STATE_FAILED && it->state != STATE_QUEUED)
		tui_say(k->view.tui, "%s", _("It has been sent."));
	else
		slash_words(k->view.tui, k->view.tui->sending, words, false);
}

bool talk_vote(struct talk *k, int n)
{
	const struct item *it = talk_chosen(k);
	if (!it || !it->poll || n < 1 || (size_t)n > it->poll->n || !it->event_id)
		return false;
	if (it->poll->roll && n <= 2) {
		const char *answer[] = {"roll", "answer", it->event_id, n == 2 ? "--away" : NULL,
					NULL};
		slash_words(k->view.tui, k->view.tui->sending, answer, false);
		return true;
	}
	if (it->poll->closed) {
		tui_say(k->view.tui, "%s", _("The poll has ended."));
		return true;
	}
	char number[16];
	snprintf(number, sizeof(number), "%d", n);
	const char *words[] = {"poll", "vote", k->room_id, it->event_id, number, NULL};
	slash_words(k->view.tui, k->view.tui->sending, words, false);
	return true;
}

typedef void item_act(struct talk *k, const struct item *it);

static const struct {
	enum action a;
	item_act *fn;
} acts[] = {
	{ACT_REPLY, reply},    {ACT_EDIT, change},	   {ACT_REACT, react},
	{ACT_DELETE, delete},  {ACT_THREAD, open_thread},  {ACT_CHOOSE, open_thread},
	{ACT_COPY, copy},      {ACT_COPY_LINK, copy_link}, {ACT_OPEN, open_link},
	{ACT_SAVE, save_file}, {ACT_RECEIPTS, receipts},   {ACT_PIN, pin},
};

bool talk_act_on(struct talk *k, enum action a)
{
	const struct item *it = talk_chosen(k);
	if (!it)
		return false;
	if (a == ACT_REVEAL) {
		timeline_reveal(&k->tl, it->id);
		return true;
	}
	if (a == ACT_RETRY) {
		retry(k, it);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (acts[i].a != a)
			continue;
		const char *why = why_not(it, a);
		if (why)
			tui_say(k->view.tui, "%s", why);
		else
			acts[i].fn(k, it);
		return true;
	}
	return false;
}
