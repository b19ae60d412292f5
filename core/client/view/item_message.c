/* What a message looks like: its newest text, what it answers, its thread and file. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/urgent.h"
#include "core/client/view/conversation_priv.h"

#include <string.h>

#define EXCERPT 160 /* bytes of what is quoted in one line */

void item_note(struct entry *en, const char *words)
{
	struct text_builder b = {.pool = &en->pool};
	text_words(&b, words, STYLE_DIM);
	text_finish(&b, &en->item);
}

/* The first words of a text, on one line. */
static struct term_text excerpt(struct pool *p, struct span body)
{
	struct span line;
	body = span_trim(body);
	if (!span_split(&body, '\n', &line))
		line = SPAN_LIT("");
	return pool_text(p, span_head(line, utf8_head(line, EXCERPT)), TEXT_LINE);
}

/* Older clients repeat what they answer in front of their text: "> <@a:b> ...". */
static struct span without_fallback(struct span body)
{
	struct span rest = body, line;
	bool quoted = false;
	while (span_starts(rest, ">") && span_split(&rest, '\n', &line))
		quoted = true;
	if (!quoted || !rest.n)
		return body;
	return span_starts(rest, "\n") ? span_from(rest, 1) : rest;
}

/* -- What it answers -------------------------------------------------------------- */

struct quoted {
	struct conversation *c;
	struct entry *en;
};

static int on_quoted(const struct store_event *e, void *arg)
{
	struct quoted *q = arg;
	struct item *it = &q->en->item;
	const char *gone = e->redacted_by.p ? _("a deleted message")
			   : !e->body.n	    ? _("a message that cannot be shown")
			   : conv_is_ignored(q->c, e->sender)
				   ? _("a message of somebody you ignore")
				   : NULL;
	AUTO(buf_done) struct buf text = BUF_INIT(BUF_CAP_OWN);
	it->reply_name = pool_text(&q->en->pool, conv_name(q->c, e->sender), TEXT_LINE);
	if (gone)
		buf_put_str(&text, gone);
	else
		store_event_text(q->c->s, e, &text);
	it->reply_excerpt = excerpt(&q->en->pool, without_fallback(buf_span(&text)));
	return 0;
}

static void put_reply(struct conversation *c, struct entry *en, const struct mx_event *ev)
{
	struct quoted q = {c, en};
	if (!ev->rel.reply_to || ev->rel.falling_back)
		return;
	en->item.reply_to = pool_dup(&en->pool, span_of(ev->rel.reply_to));
	store_event_get(c->s, c->room, span_of(ev->rel.reply_to), on_quoted, &q);
}

/* -- Its thread ------------------------------------------------------------------- */

static int on_last(const struct store_event *e, void *arg)
{
	struct quoted *q = arg;
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (e->redacted_by.p || !e->body.n)
		return 0;
	buf_put_span(&b, conv_name(q->c, e->sender));
	buf_put_str(&b, ": ");
	size_t name = b.n;
	store_event_text(q->c->s, e, &b);
	buf_truncate(&b, name + utf8_head(span_from(buf_span(&b), name), EXCERPT));
	q->en->item.thread_last = pool_text(&q->en->pool, buf_span(&b), TEXT_LINE);
	return 1;
}

static void put_thread(struct conversation *c, struct entry *en, const struct store_event *e)
{
	struct quoted q = {c, en};
	if (c->thread)
		return;
	en->item.thread_count = (int)store_thread_replies(c->s, c->room, e->event_id);
	en->item.thread_unread = json_get_i64(c->threads, en->item.event_id, 0);
	store_thread_walk(c->s, c->room, e->event_id, 0, INT64_MAX, true, on_last, &q);
}

/* -- Its text --------------------------------------------------------------------- */

static bool has_id(const json_t *ids, const char *id)
{
	size_t i;
	json_t *one;
	json_array_foreach (ids, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), id) == 0)
			return true;
	return false;
}

static void put_file(struct entry *en, const struct mx_message *m)
{
	struct item *it = &en->item;
	if (!m->url && !m->encrypted_file)
		return;
	it->file_name = pool_text(&en->pool, m->filename, TEXT_LINE);
	it->mxc = pool_dup(&en->pool, span_of(m->url));
	it->mimetype = m->mimetype ? pool_text(&en->pool, span_of(m->mimetype), TEXT_LINE).s : NULL;
	it->file_size = m->size;
}

static void put_body(struct conversation *c, struct entry *en, const struct mx_message *m)
{
	struct item *it = &en->item;
	bool file = m->url || m->encrypted_file;
	struct text_builder b = {.pool = &en->pool, .own = c->own};
	if (it->highlight)
		b.own_name = conv_name(c, span_of(c->own));
	if (m->html.n && (!file || m->caption.n))
		text_html(&b, m->html);
	else if (file)
		text_plain(&b, m->caption);
	else
		text_plain(&b, it->reply_to ? without_fallback(m->body) : m->body);
	if (m->encrypted_file)
		text_words(&b, _("This file is encrypted; muster cannot open it yet"), STYLE_DIM);
	if (it->edited)
		text_words(&b, b.n ? _(" (edited)") : _("(edited)"), STYLE_DIM | STYLE_EDITED);
	text_finish(&b, it);
}

static void put_message(struct conversation *c, struct entry *en, const struct mx_message *m)
{
	struct item *it = &en->item;
	it->notice = strcmp(m->msgtype, "m.notice") == 0;
	it->emote = strcmp(m->msgtype, "m.emote") == 0;
	it->highlight = !it->own && (m->mentions_room || has_id(m->mentions, c->own));
	put_file(en, m);
	put_body(c, en, m);
}

struct editing {
	struct conversation *c;
	struct entry *en;
	bool done;
};

static int on_edit(const struct store_event *e, void *arg)
{
	struct editing *x = arg;
	struct mx_event ev;
	struct mx_message m;
	if (e->unreadable.p || event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (event_is_edit(&ev) && event_message(&ev, &m)) {
		x->en->item.edited = x->done = true;
		put_message(x->c, x->en, &m);
	}
	event_done(&ev);
	return 0;
}

static int on_redaction(const struct store_event *e, void *arg)
{
	struct quoted *q = arg;
	AUTO_FREE char *name = span_dup(conv_name(q->c, e->sender));
	AUTO_FREE char *words = mem_printf(_("Deleted by %s"), name);
	if (strcmp(q->en->item.sender, "") != 0 && !span_eq_str(e->sender, q->en->item.sender))
		item_note(q->en, words);
	return 0;
}

static void put_redacted(struct conversation *c, struct entry *en, const struct store_event *e)
{
	struct quoted q = {c, en};
	en->item.redacted = true;
	store_event_get(c->s, c->room, e->redacted_by, on_redaction, &q);
	if (!en->item.n_blocks)
		item_note(en, _("Deleted"));
}

static void put_unknown(struct entry *en, const struct store_event *e)
{
	AUTO_FREE char *type = span_dup(e->type);
	AUTO_FREE char *words = mem_printf(_("Something that muster does not know: %s"), type);
	item_note(en, words);
}

void item_message(struct conversation *c, struct entry *en, const struct store_event *e,
		  const struct mx_event *ev)
{
	unsigned related = store_relations(c->s, c->room, e->event_id);
	struct editing x = {c, en, false};
	const char *urgent = urgent_reason(ev->content);
	struct mx_message m;
	struct mx_poll poll;
	if (related & STORE_THREADED)
		put_thread(c, en, e);
	if (e->redacted_by.p) {
		put_redacted(c, en, e);
		return;
	}
	put_reply(c, en, ev);
	if (urgent)
		en->item.urgent = pool_text(&en->pool, span_of(urgent), TEXT_LINE);
	if (related & STORE_EDITED)
		store_event_edit(c->s, c->room, e->event_id, e->sender, on_edit, &x);
	if (event_poll_start(ev, &poll))
		item_poll(c, en, e, ev);
	else if (!x.done && event_message(ev, &m))
		put_message(c, en, &m);
	else if (!x.done)
		put_unknown(en, e);
	if (related & STORE_ANNOTATED)
		item_reactions(c, en, e);
}
