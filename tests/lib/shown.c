#include "tests/lib/shown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct conversation *shown_open(struct cached *k, struct conversation_options o)
{
	struct conversation *c = NULL;
	struct err err;
	o.room_id = SHOWN_ROOM;
	if (!o.own_user_id)
		o.own_user_id = CACHED_OWN;
	if (conversation_new(k->s, &o, &c, &err))
		fail_msg("%s", err.msg);
	return c;
}

static void put_runs(struct buf *b, const struct text_block *t)
{
	for (size_t i = 0; i < t->n; i++) {
		unsigned style = t->runs[i].style;
		if (style & STYLE_BOLD)
			buf_put_char(b, '*');
		if (style & STYLE_MENTION)
			buf_put_char(b, style & STYLE_MENTION_ME ? '!' : '@');
		buf_put_span(b, t->runs[i].text);
		if (t->runs[i].link.n)
			buf_printf(b, "<%.*s>", SPAN_ARG(t->runs[i].link));
	}
}

static void put_poll(struct buf *b, const struct item_poll *p)
{
	buf_printf(b, "poll %s%s", p->question.s, p->closed ? " closed" : "");
	for (size_t i = 0; i < p->n; i++)
		buf_printf(b, " %s=%d%s", p->answers[i].text.s, p->answers[i].votes,
			   p->answers[i].own ? "!" : "");
	buf_printf(b, " of %d", p->voters);
	if (p->roll)
		buf_printf(b, " roll%s%s%s%s", p->roll->ended ? " ended" : "",
			   p->roll->cancelled ? " cancelled" : "", p->roll->own ? " " : "",
			   p->roll->own ? p->roll->own : "");
	if (p->roll && p->roll->counted)
		buf_printf(b, " %d/%d/%d", p->roll->here, p->roll->late, p->roll->away);
	if (p->roll && p->roll->excused)
		buf_printf(b, "+%d", p->roll->excused);
}

static void put_message(struct buf *b, const struct item *it)
{
	if (!it->follows)
		buf_printf(b, "%s: ", it->sender_name.s);
	if (it->reply_to)
		buf_printf(b, "[re %s: %s] ", it->reply_name.s ? it->reply_name.s : "?",
			   it->reply_excerpt.s ? it->reply_excerpt.s : "?");
	for (size_t i = 0; i < it->n_blocks; i++) {
		if (i)
			buf_put_str(b, it->blocks[i].gap ? "//" : "/");
		if (it->blocks[i].kind == BLOCK_QUOTE)
			buf_put_str(b, "> ");
		if (it->blocks[i].kind == BLOCK_ITEM)
			buf_put_str(b, "- ");
		put_runs(b, &it->blocks[i]);
	}
	if (it->poll)
		put_poll(b, it->poll);
	if (it->file_name.n)
		buf_printf(b, " {%s %s %lld}", it->file_name.s, it->mimetype,
			   (long long)it->file_size);
	for (size_t i = 0; i < it->n_reactions; i++)
		buf_printf(b, " %s%d%s", it->reactions[i].key.s, it->reactions[i].count,
			   it->reactions[i].own ? "!" : "");
	if (it->thread_count)
		buf_printf(b, " (%d replies, %s, %d new)", it->thread_count, it->thread_last.s,
			   (int)it->thread_unread);
	if (it->readers)
		buf_printf(b, " read by %d: %s", it->readers, it->reader_names.s);
	if (it->state == STATE_FAILED)
		buf_printf(b, " failed: %s", it->error.s);
	else if (it->state)
		buf_put_str(b, it->state == STATE_QUEUED  ? " queued"
			       : it->state == STATE_LATER ? " later"
							  : " sending");
	if (it->highlight)
		buf_put_str(b, " HIGHLIGHT");
}

const char *shown(struct conversation *c)
{
	static struct buf b = {.cap = BUF_CAP_OWN};
	buf_clear(&b);
	for (size_t i = 0; i < conversation_count(c); i++) {
		const struct item *it = conversation_at(c, i);
		assert_true(it->id && conversation_find(c, it->id) == i);
		if (it->kind == ITEM_DAY)
			buf_printf(&b, "%s", it->id);
		else if (it->kind == ITEM_UNREAD)
			buf_put_str(&b, "-- new --");
		else if (it->kind == ITEM_GAP)
			buf_put_str(&b, it->busy ? "-- gap, busy --" : "-- gap --");
		else if (it->kind == ITEM_START)
			buf_put_str(&b, "-- start --");
		else if (it->kind == ITEM_CHANGE)
			put_runs(&b, &it->blocks[0]);
		else
			put_message(&b, it);
		buf_put_char(&b, '\n');
	}
	return buf_str(&b);
}

void shown_begin(struct cached *k)
{
	cached_open(k);
	cached_room(k, SHOWN_ROOM, "@ann:x", "Physics");
	cached_join(k, SHOWN_ROOM, "@ann:x", "Ann");
	cached_join(k, SHOWN_ROOM, "@ben:x", "Ben");
}
