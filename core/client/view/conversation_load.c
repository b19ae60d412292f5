/* From the cache into the window. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"
#include "core/matrix/message.h"
#include "core/matrix/rtc_member.h"
#include "core/matrix/rtc_ring.h"

#include <string.h>
#include <time.h>

#define LOOK_FACTOR 20 /* events that are looked at for each item that is wanted */

/* -- What is shown ----------------------------------------------------------------- */

/* Said elsewhere, or of no use to people. */
static const char *const hidden_types[] = {
	"m.reaction",
	"m.room.redaction",
	POLL_RESPONSE_TYPE,
	POLL_END_TYPE,
	"m.poll.response",
	"m.poll.end",
	RTC_MEMBER_TYPE,
	RTC_STICKY_TYPE,
	RTC_REACTION_TYPE,
	"m.room.server_acl",
	"m.room.third_party_invite",
	"m.space.parent",
	"m.room.aliases",
};

/* Marks, seals and their like, which verbs show: no lines of a conversation. */
static bool is_record(const struct store_event *e)
{
	return !e->state_key.p && span_starts(e->type, "org.muster.");
}

static bool is_hidden(struct span type)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden_types); i++)
		if (span_eq_str(type, hidden_types[i]))
			return true;
	return span_starts(type, "m.call.") || span_starts(type, "m.key.verification.");
}

static bool in_this_thread(const struct conversation *c, const struct store_event *e)
{
	bool threaded = span_eq_str(e->rel_type, "m.thread");
	if (c->thread)
		return span_eq_str(e->event_id, c->thread) ||
		       (threaded && span_eq_str(e->rel_to, c->thread));
	return !threaded || c->threads_inline;
}

bool conv_wants(const struct conversation *c, const struct store_event *e)
{
	bool state = e->state_key.p != NULL;
	if (!in_this_thread(c, e) || (state && (c->hide_changes || c->thread)))
		return false;
	return !is_hidden(e->type) && !is_record(e) && !span_eq_str(e->rel_type, "m.replace") &&
	       !conv_is_ignored(c, e->sender);
}

/* -- One entry --------------------------------------------------------------------- */

static int day_of(int64_t ts)
{
	time_t t = (time_t)(ts / 1000);
	struct tm tm;
	if (!localtime_r(&t, &tm))
		return 0;
	return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static void put_frame(struct conversation *c, struct entry *en, const struct store_event *e)
{
	struct item *it = &en->item;
	en->pos = e->pos;
	en->day = day_of(e->ts);
	it->kind = ITEM_MESSAGE;
	it->ts = e->ts;
	it->id = it->event_id = pool_dup(&en->pool, e->event_id);
	it->sender = pool_dup(&en->pool, e->sender.p ? e->sender : SPAN_LIT(""));
	it->sender_name = pool_text(&en->pool, conv_name(c, e->sender), TEXT_LINE);
	it->own = span_eq_str(e->sender, c->own);
	it->file_size = -1;
	it->version = ++c->versions;
}

static bool is_ring(struct span type)
{
	return span_eq_str(type, RTC_RING_TYPE) || span_eq_str(type, RTC_DECLINE_TYPE);
}

static void put_unreadable(struct entry *en, const struct store_event *e)
{
	AUTO_FREE char *why = span_dup(e->unreadable);
	AUTO_FREE char *words = mem_printf(_("An event that cannot be shown: %s"), why);
	en->item.unreadable = true;
	item_note(en, words);
}

/* False when people need not know of it. */
static bool put_content(struct conversation *c, struct entry *en, const struct store_event *e)
{
	struct mx_event ev;
	struct err err;
	bool told = true;
	if (e->unreadable.p || event_parse_text(e->json, EVENT_ROOM, &ev, &err)) {
		struct store_event bad = *e;
		if (!bad.unreadable.p)
			bad.unreadable = span_of(err.msg);
		put_unreadable(en, &bad);
		return true;
	}
	if (span_eq_str(e->type, "m.room.encrypted") && !e->redacted_by.p) {
		en->item.unreadable = true;
		item_note(en, _("Encrypted: muster cannot read this yet"));
	} else if (e->state_key.p || (is_ring(e->type) && !e->redacted_by.p)) {
		en->item.kind = ITEM_CHANGE;
		told = item_change(c, en, e, &ev);
	} else {
		item_message(c, en, e, &ev);
	}
	event_done(&ev);
	return told;
}

struct entry *conv_entry(struct conversation *c, const struct store_event *e)
{
	struct entry *en = NEW(struct entry);
	put_frame(c, en, e);
	if (put_content(c, en, e))
		return en;
	conv_entry_free(en);
	return NULL;
}

void conv_entry_free(struct entry *e)
{
	if (!e)
		return;
	pool_done(&e->pool);
	mem_free(e);
}

/* -- The window -------------------------------------------------------------------- */

/* First entry at or above `pos`. */
size_t conv_place(const struct conversation *c, int64_t pos)
{
	size_t from = 0, to = c->n;
	while (from < to) {
		size_t mid = (from + to) / 2;
		if (c->entries[mid]->pos < pos)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

void conv_insert(struct conversation *c, struct entry *en)
{
	size_t at = conv_place(c, en->pos);
	if (c->n == c->size) {
		c->size = c->size ? 2 * c->size : 64;
		c->entries = mem_realloc_array(c->entries, c->size, sizeof(*c->entries));
	}
	memmove(c->entries + at + 1, c->entries + at, (c->n - at) * sizeof(*c->entries));
	c->entries[at] = en;
	c->n++;
}

size_t conv_find_event(const struct conversation *c, struct span event_id)
{
	int64_t pos = store_event_pos(c->s, c->room, event_id);
	size_t at = conv_place(c, pos);
	return pos && at < c->n && c->entries[at]->pos == pos ? at : SIZE_MAX;
}

struct loading {
	struct conversation *c;
	size_t want, got, looked;
	int64_t last; /* position looked at last */
	bool stopped;
};

static int on_load(const struct store_event *e, void *arg)
{
	struct loading *x = arg;
	struct entry *en = conv_wants(x->c, e) ? conv_entry(x->c, e) : NULL;
	if (en) {
		conv_insert(x->c, en);
		x->got++;
	}
	x->last = e->pos;
	x->looked++;
	x->stopped = x->got >= x->want || x->looked >= x->want * LOOK_FACTOR + 200;
	return x->stopped;
}

static bool load(struct conversation *c, size_t n, int64_t from, int64_t to, bool backwards,
		 struct loading *x)
{
	*x = (struct loading){.c = c, .want = n};
	if (c->thread)
		store_thread_walk(c->s, c->room, span_of(c->thread), from, to, backwards, on_load,
				  x);
	else
		store_events_walk(c->s, c->room, from, to, backwards, on_load, x);
	return x->got > 0;
}

static void load_root(struct conversation *c, struct loading *x)
{
	int64_t pos = c->thread ? store_event_pos(c->s, c->room, span_of(c->thread)) : 0;
	if (pos)
		store_events_walk(c->s, c->room, pos - 1, pos + 1, false, on_load, x);
}

bool conv_load_older(struct conversation *c, size_t n)
{
	struct loading x;
	if (c->at_start)
		return false;
	bool some = load(c, n, 0, c->low, true, &x);
	if (x.looked)
		c->low = x.last;
	c->at_start = !x.stopped;
	if (c->at_start) {
		load_root(c, &x);
		c->low = 0; /* whatever comes in below belongs to the window */
		some = x.got > 0;
	}
	return some;
}

bool conv_load_newer(struct conversation *c, size_t n)
{
	struct loading x;
	if (c->high == INT64_MAX)
		return false;
	bool some = load(c, n, c->high, INT64_MAX, false, &x);
	c->high = x.stopped ? x.last : INT64_MAX;
	return some;
}
