/* From the cache to registers: every event is read once and given to the lessons that it matters to. */
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/matrix/rtc_member.h"
#include "core/matrix/slice.h"
#include "core/store/evidence.h"

#include <string.h>

/* -- Reading ------------------------------------------------------------------------------ */

static int take_sender(const struct store_event *e, void *arg)
{
	*(char **)arg = span_dup(e->sender);
	return 0;
}

/* Who took it back: by the redaction, else as the server bundled it. */
static json_t *redaction(struct store *s, const struct store_event *e)
{
	AUTO_FREE char *by = NULL;
	struct span data, because;
	char sender[LIMIT_ID_BYTES + 1] = "";
	store_event_get(s, e->room, e->redacted_by, take_sender, &by);
	if (!by && slice_find(e->json, "unsigned", &data) == SLICE_OBJECT &&
	    slice_find(data, "redacted_because", &because) == SLICE_OBJECT)
		slice_find_str(because, "sender", sender, sizeof(sender));
	if (!by && !*sender)
		return json_object();
	return json_pack("{s:s}", "sender", by ? by : sender);
}

/* There are very many of these, and of them only the content counts. */
static bool is_light(struct span type)
{
	return span_eq_str(type, RTC_MEMBER_TYPE) || span_eq_str(type, PRESENCE_OBSERVED_TYPE);
}

/* Columns are terminated, as SQLite gives them. */
static bool light_event(const struct store_event *e, struct mx_event *ret)
{
	struct span content;
	json_t *c = NULL;
	if (slice_find(e->json, "content", &content) != SLICE_OBJECT ||
	    json_parse_object(content, &c, NULL))
		return false;
	/* event_done frees what `json` holds; the content is in it. */
	*ret = (struct mx_event){.json = json_pack("{s:o}", "content", c),
				 .event_id = e->event_id.p,
				 .type = e->type.p,
				 .sender = e->sender.p,
				 .state_key = e->state_key.p,
				 .ts = e->ts,
				 .content = c,
				 .age = -1};
	return true;
}

bool att_event(struct store *s, const struct store_event *e, struct mx_event *ret)
{
	if (e->unreadable.p)
		return false;
	if (is_light(e->type) && !e->redacted_by.p)
		return light_event(e, ret);
	JSON_AUTO json_t *json = NULL;
	if (json_parse_object(e->json, &json, NULL))
		return false;
	if (e->redacted_by.p) {
		json_t *data = json_get_object(json, "unsigned");
		if (!data) {
			data = json_object();
			json_object_set_new(json, "unsigned", data);
		}
		json_object_set_new(data, "redacted_because", redaction(s, e));
		json_object_set_new(json, "content", json_object());
	}
	return event_parse(json, EVENT_ROOM, ret, NULL) == 0;
}

/* -- Giving --------------------------------------------------------------------------------- */

struct giving {
	struct att_lessons *l;
	enum register_source from;
	json_t *polls; /* ids of starts: of rolls, perhaps */
	int64_t done;
};

static void give_all(struct giving *g, const struct mx_event *ev)
{
	for (size_t i = 0; i < g->l->n; i++)
		register_input_event(g->l->v[i].in, g->from, ev);
}

/* Of a time `t`: to those whose beginning is less than the lead away and that are not over `late_ms`. */
static void give_at(struct giving *g, int64_t t, int64_t late_ms, const struct mx_event *ev)
{
	struct att_lesson *v = g->l->v;
	size_t low = 0, high = g->l->n;
	while (low < high) { /* the first that begins too late */
		size_t mid = (low + high) / 2;
		if (v[mid].l.start_ms <= t + REGISTER_LEAD_MS)
			low = mid + 1;
		else
			high = mid;
	}
	/* No lesson is longer than a day. */
	for (size_t i = low; i > 0 && v[i - 1].l.start_ms > t - 86400000 - late_ms; i--)
		if (t < v[i - 1].l.end_ms + late_ms)
			register_input_event(v[i - 1].in, g->from, ev);
}

static void give(struct giving *g, const struct mx_event *ev)
{
	int64_t seen_at = json_get_i64(ev->content, "at", ev->ts);
	if (!strcmp(ev->type, RTC_MEMBER_TYPE) || !strcmp(ev->type, RTC_STICKY_TYPE))
		give_at(g, ev->ts, 0, ev);
	else if (!strcmp(ev->type, PRESENCE_OBSERVED_TYPE))
		give_at(g, seen_at < ev->ts ? seen_at : ev->ts, 0, ev);
	else if (strstr(ev->type, "poll.start"))
		give_at(g, ev->ts, REGISTER_LEAD_MS, ev);
	else
		give_all(g, ev);
}

static int take_event(const struct store_event *e, void *arg)
{
	struct giving *g = arg;
	struct mx_event ev;
	if (++g->done % 5000 == 0 && g->l->q->progress)
		g->l->q->progress(g->l->q->progress_arg, "events", g->done, 0);
	/* What was redacted is told by the cache; who was in the room, by a walk of its own. */
	if (!register_type_matters(e->type.p) || span_eq_str(e->type, "m.room.redaction") ||
	    span_eq_str(e->type, "m.room.member") || strstr(e->type.p, "poll.response") ||
	    strstr(e->type.p, "poll.end") || !att_event(g->l->a.s, e, &ev))
		return 0;
	give(g, &ev);
	if (strstr(ev.type, "poll.start") && json_object_get(ev.content, ROLL_KEY))
		json_array_append(g->polls, ev.json);
	event_done(&ev);
	return 0;
}

static void give_state(struct giving *g, int64_t room, const char *type)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct mx_event ev;
	if (!store_state_get(g->l->a.s, room, type, SPAN_LIT(""), &b) ||
	    event_parse_text(buf_span(&b), EVENT_ROOM, &ev, NULL))
		return;
	give_all(g, &ev);
	event_done(&ev);
}

/* -- Who was in the room ------------------------------------------------------------------------ */

struct membership {
	struct giving *g;
	json_t *told; /* of whom the timeline tells */
};

static int take_member(const struct store_event *e, void *arg)
{
	struct membership *m = arg;
	struct mx_event ev;
	if (!att_event(m->g->l->a.s, e, &ev))
		return 0;
	give_all(m->g, &ev);
	if (ev.state_key)
		json_object_set_new(m->told, ev.state_key, json_true());
	event_done(&ev);
	return 0;
}

/* Of whom the timeline does not tell nothing has changed since it begins. */
static int take_current(const struct store_member *member, void *arg)
{
	struct membership *m = arg;
	struct mx_event ev;
	AUTO_FREE char *user = span_dup(member->user_id);
	AUTO_FREE char *word = span_dup(member->membership);
	AUTO_FREE char *name = member->name.p ? span_dup(member->name) : NULL;
	if (json_object_get(m->told, user))
		return 0;
	JSON_AUTO json_t *json =
		json_pack("{s:o,s:s,s:s,s:s,s:I,s:{s:s,s:s*}}", "event_id",
			  json_sprintf("$current:%s", user), "type", "m.room.member", "sender",
			  user, "state_key", user, "origin_server_ts", (json_int_t)0, "content",
			  "membership", word, "displayname", name);
	if (!json || event_parse(json, EVENT_ROOM, &ev, NULL))
		return 0;
	give_all(m->g, &ev);
	event_done(&ev);
	return 0;
}

static void give_members(struct giving *g)
{
	JSON_AUTO json_t *told = json_object();
	struct membership m = {g, told};
	store_evidence_members(g->l->a.s, g->l->a.room.id, take_member, &m);
	store_member_walk(g->l->a.s, g->l->a.room.id, NULL, take_current, &m);
}

/* -- Rolls ----------------------------------------------------------------------------------------- */

static int take_any(const struct store_event *e, void *arg)
{
	struct giving *g = arg;
	struct mx_event ev;
	if (!att_event(g->l->a.s, e, &ev))
		return 0;
	give_all(g, &ev);
	event_done(&ev);
	return 0;
}

struct words {
	struct giving *g;
	const struct roll *roll;
};

/* A word, or one below what it replies to; the tally judges. */
static bool may_be_word(const struct words *w, const struct store_event *e)
{
	return roll_is_word(e->body, w->roll->words) || (e->body.n && e->body.p[0] == '>');
}

/* A word, and what was made of it later. */
static int take_word(const struct store_event *e, void *arg)
{
	struct words *w = arg;
	if (!may_be_word(w, e) && !e->rel_type.p)
		return 0;
	take_any(e, w->g);
	return 0;
}

static int take_edits(const struct store_event *e, void *arg)
{
	struct words *w = arg;
	if (may_be_word(w, e))
		store_evidence_about(w->g->l->a.s, e->room, e->event_id, take_any, w->g);
	return 0;
}

static void give_roll(struct giving *g, json_t *start)
{
	struct mx_event ev;
	struct roll roll;
	struct store *s = g->l->a.s;
	int64_t room = g->l->a.room.id;
	if (event_parse(start, EVENT_ROOM, &ev, NULL))
		return;
	if (roll_read(&ev, &roll)) {
		struct words w = {g, &roll};
		int64_t to = roll_closes_ms(&roll) + 1;
		store_evidence_about(s, room, span_of(roll.id), take_any, g);
		store_evidence_messages(s, room, roll.opened_ms, to, take_word, &w);
		store_evidence_messages(s, room, roll.opened_ms, to, take_edits, &w);
		roll_done(&roll);
	}
	event_done(&ev);
}

/* -- All of it ---------------------------------------------------------------------------------------- */

static void new_input(struct att_lessons *l, struct att_lesson *v)
{
	size_t i;
	json_t *id;
	const struct attendance_rules_given given = {l->q->late_ms, l->q->early_ms, l->q->grace_ms,
						     l->q->min_percent};
	v->in = register_input_new(&v->l, &l->a.rules);
	register_input_given(v->in, &given);
	if (l->a.staff_observes)
		register_input_staff_observes(v->in);
	register_input_roster(v->in, l->a.roster);
	json_array_foreach (l->a.observers, i, id)
		register_input_observer(v->in, json_string_value(id));
}

static void give_room(struct giving *g, int64_t room, int64_t from_ms)
{
	give_state(g, room, "m.room.create");
	give_state(g, room, "m.room.power_levels");
	store_evidence_walk(g->l->a.s, room, from_ms, INT64_MAX, take_event, g);
}

void att_gather(struct att_lessons *l)
{
	JSON_AUTO json_t *polls = json_array();
	struct giving g = {.l = l, .from = REGISTER_ROOM, .polls = polls};
	size_t i;
	json_t *start;
	if (!l->n)
		return;
	for (i = 0; i < l->n; i++)
		new_input(l, &l->v[i]);
	/* Staff's words first: whoever fills the room up to the cap does not push them out. */
	g.from = REGISTER_STAFF;
	if (l->a.staff)
		give_room(&g, l->a.staff, INT64_MIN);
	g.from = REGISTER_ROOM;
	json_array_clear(polls);
	give_room(&g, l->a.room.id, l->v[0].l.start_ms - REGISTER_LEAD_MS);
	give_members(&g);
	json_array_foreach (polls, i, start)
		give_roll(&g, start);
}
