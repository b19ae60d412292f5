/* What the bar shows, from the rows that calls tell. */
#include "core/client/view/call_bar_priv.h"
#include "core/client/view/conversation.h"

#include <stdlib.h>
#include <string.h>

static struct term_text text_of(struct call_bar *b, const json_t *row, const char *key)
{
	struct span s = json_get_span(row, key);
	return s.n ? pool_text(&b->pool, s, TEXT_LINE) : (struct term_text){NULL, 0};
}

/* A name; somebody without one is called by the local part of their id. */
static struct term_text name_of(struct call_bar *b, const json_t *row, const char *key,
				const char *id)
{
	struct span name = json_get_span(row, key), user = json_get_span(row, id);
	if (!name.n || span_eq(name, user))
		name = user_short_name(user.n ? user : name);
	return name.n ? pool_text(&b->pool, name, TEXT_LINE) : (struct term_text){NULL, 0};
}

static enum call_bar_state state_of(const char *word)
{
	static const struct {
		const char *word;
		enum call_bar_state state;
	} states[] = {
		{"joining", CALL_BAR_JOINING},
		{"joined", CALL_BAR_JOINED},
		{"reconnecting", CALL_BAR_RECONNECTING},
		{"leaving", CALL_BAR_LEAVING},
	};
	for (size_t i = 0; word && i < ARRAY_LEN(states); i++)
		if (strcmp(word, states[i].word) == 0)
			return states[i].state;
	return CALL_BAR_JOINING;
}

static int rank(const struct call_bar_person *p)
{
	return p->hand ? 2 : p->speaking ? 1 : 0;
}

static int by_rank(const void *x, const void *y)
{
	const struct call_bar_person *a = x, *b = y;
	if (rank(a) != rank(b))
		return rank(b) - rank(a);
	if (a->hand_ms != b->hand_ms)
		return a->hand_ms < b->hand_ms ? -1 : 1;
	return strcmp(a->name.s ? a->name.s : "", b->name.s ? b->name.s : "");
}

static bool is_among(const json_t *list, const char *user)
{
	for (size_t i = 0; user && i < json_array_size(list); i++) {
		const char *one = json_string_value(json_array_get(list, i));
		if (one && !strcmp(one, user))
			return true;
	}
	return false;
}

static void put_people(struct call_bar *b)
{
	const json_t *floor = json_get_array(b->status, "floor");
	size_t n = json_array_size(b->people), i;
	struct call_bar_person *v = pool_alloc(&b->pool, n * sizeof(*v));
	json_t *one;
	json_array_foreach (b->people, i, one) {
		v[i].user_id = pool_dup(&b->pool, json_get_span(one, "user_id"));
		v[i].name = name_of(b, one, "name", "user_id");
		v[i].self = json_get_bool(one, "self", false);
		v[i].muted = json_get_bool(one, "muted", false);
		v[i].speaking = json_get_bool(one, "speaking", false);
		v[i].hand = json_get_bool(one, "hand", false);
		v[i].hand_ms = v[i].hand ? json_get_i64(one, "hand_ts", 0) : 0;
		v[i].floor = is_among(floor, v[i].user_id);
		v[i].recording = json_get_bool(one, "recording", false);
		b->row.hands += v[i].hand && !v[i].self;
		b->row.recording = b->row.recording || v[i].recording;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_rank);
	b->row.people = v;
	b->row.n = n;
}

/* As the people are called here; the status row has whole ids. */
static void put_speaking(struct call_bar *b)
{
	AUTO(buf_done) struct buf names = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; i < b->row.n; i++) {
		const struct call_bar_person *p = &b->row.people[i];
		if (!p->speaking || p->self || !p->name.n)
			continue;
		if (names.n)
			buf_put_str(&names, ", ");
		buf_put_str(&names, p->name.s);
	}
	b->row.speaking = pool_text(&b->pool, buf_span(&names), TEXT_LINE);
}

static void put_call(struct call_bar *b)
{
	struct call_bar_row *r = &b->row;
	const json_t *loss = json_object_get(b->status, "loss_in");
	if (!b->status)
		return;
	r->state = state_of(json_get_str(b->status, "state"));
	r->here = b->call != NULL;
	r->room_id = pool_dup(&b->pool, json_get_span(b->status, "room_id"));
	r->room = text_of(b, b->status, "room");
	r->muted = json_get_bool(b->status, "muted", false);
	r->listen_only = json_get_bool(b->status, "listen_only", false);
	r->hand = json_get_bool(b->status, "hand", false);
	r->live = json_get_bool(b->status, "live", false);
	r->host = json_get_bool(b->status, "host", false);
	r->may_speak = json_get_bool(b->status, "may_speak", true);
	r->locked = json_get_bool(b->status, "locked", false);
	r->recording = json_get_str(b->status, "recording") != NULL;
	r->since_ms = json_get_i64(b->status, "since_ts", 0);
	r->quality = text_of(b, b->status, "quality");
	r->loss_percent = (int)(json_number_value(loss) * 100 + 0.5);
	put_people(b);
	put_speaking(b);
}

static void put_ring(struct call_bar *b)
{
	struct call_bar_row *r = &b->row;
	struct span room = json_get_span(b->ring, "room_id");
	struct span event = json_get_span(b->ring, "event_id");
	if (!room.n || (b->answered && span_eq_str(event, b->answered)))
		return;
	if (b->status && span_eq(room, json_get_span(b->status, "room_id"))) {
		mem_free(b->answered);
		b->answered = span_dup(event);
		return;
	}
	r->ring_room = pool_dup(&b->pool, room);
	r->ring_event = pool_dup(&b->pool, event);
	r->ring_room_name = text_of(b, b->ring, "room");
	r->ring_name = name_of(b, b->ring, "sender_name", "sender");
	r->ring = json_get_bool(b->ring, "ring", false);
}

void call_bar_show(struct call_bar *b)
{
	pool_done(&b->pool);
	b->row = (struct call_bar_row){.state = CALL_BAR_NONE};
	put_call(b);
	put_ring(b);
	b->o.h->changed(b->o.arg);
}
