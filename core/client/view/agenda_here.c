#include "core/attendance/register.h"
#include "core/base/mem.h"
#include "core/client/meet/meet.h"
#include "core/client/view/agenda_priv.h"
#include "core/store/rooms.h"

#define AHEAD_MS (7LL * 24 * 3600 * 1000)

json_t *agenda_state_content(struct store *s, int64_t room, const char *type, char **ret_sender)
{
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CLIENT_EVENT);
	JSON_AUTO json_t *event = NULL;
	if (!store_state_get(s, room, type, SPAN_LIT(""), &b) ||
	    json_parse_object(buf_span(&b), &event, NULL))
		return NULL;
	if (ret_sender)
		*ret_sender = span_dup(json_get_span(event, "sender"));
	return json_incref(json_get_object(event, "content"));
}

struct term_text agenda_text(const char *raw)
{
	struct span s = span_of(raw ? raw : "");
	return text_make(span_head(s, utf8_head(s, AGENDA_TITLE_MAX)), TEXT_LINE);
}

struct look {
	int64_t now_ms;
	struct agenda_here *ret;
	int64_t now_start_ms;
};

static void earlier(int64_t *at, int64_t ms)
{
	if (ms < *at)
		*at = ms;
}

/* Of several that are on at once, the one that began last. */
static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct look *l = arg;
	struct agenda_here *h = l->ret;
	if (o->cancelled)
		return 0;
	bool on = o->start_ms <= l->now_ms;
	earlier(&h->again_ms, on ? o->end_ms : o->start_ms);
	if (on && (!h->now.s || o->start_ms >= l->now_start_ms)) {
		text_done(&h->now);
		h->now = agenda_text(o->title);
		h->now_until_ms = o->end_ms;
		l->now_start_ms = o->start_ms;
	} else if (!on && (!h->next.s || o->start_ms < h->next_start_ms)) {
		text_done(&h->next);
		h->next = agenda_text(o->title);
		h->next_start_ms = o->start_ms;
	}
	return 0;
}

static int on_meeting(struct meeting *m, const char *room_name, void *arg)
{
	struct look *l = arg;
	(void)room_name;
	cal_expand(&m->event, l->now_ms, l->now_ms + AHEAD_MS, 0, on_occurrence, l, NULL);
	return 0;
}

void agenda_here_read(struct store *s, const char *room_id, int64_t now_ms, struct agenda_here *ret)
{
	struct look l = {.now_ms = now_ms, .ret = ret};
	int64_t room = store_room_find(s, span_of(room_id));
	*ret = (struct agenda_here){.again_ms = INT64_MAX};
	if (!room)
		return;
	meet_walk_cached(s, room_id, on_meeting, &l);
	JSON_AUTO json_t *taking = agenda_state_content(s, room, TAKING_TYPE, NULL);
	int64_t until = json_get_i64(taking, "until_ts", 0);
	if (until > now_ms) {
		ret->taken_until_ms = until;
		earlier(&ret->again_ms, until);
	}
}

void agenda_here_done(struct agenda_here *h)
{
	text_done(&h->now);
	text_done(&h->next);
}
