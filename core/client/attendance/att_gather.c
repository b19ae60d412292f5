/* From the cache to registers: every event is read once and given to the lessons that it matters to. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/matrix/redact.h"
#include "core/matrix/rtc_member.h"
#include "core/matrix/slice.h"
#include "core/store/evidence.h"

#include <string.h>

#define STRANGERS_MAX 100 /* of one lesson */

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

/* What is left of its content. By the rules of the newest rooms, which keep no less of what counts here. */
static json_t *left_of(const struct store_event *e, const json_t *json)
{
	return event_redact_content(e->type.p, json_get_object(json, "content"), 0);
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
		json_object_set_new(json, "content", left_of(e, json));
	}
	return event_parse(json, EVENT_ROOM, ret, NULL) == 0;
}

/* -- Giving --------------------------------------------------------------------------------- */

struct giving {
	struct att_lessons *l;
	enum register_source from;
	struct att_power power;
	json_t *polls;	    /* starts of rolls */
	int64_t longest_ms; /* of the lessons */
	int64_t done;
};

static void give_all(struct giving *g, const struct mx_event *ev)
{
	for (size_t i = 0; i < g->l->n; i++)
		register_input_event(g->l->v[i].in, g->from, ev);
}

/* Those that were at another time when they were sealed; who has it already is passed over. */
static void give_sealed(struct giving *g, int64_t t, int64_t late_ms, const struct mx_event *ev)
{
	for (size_t i = 0; g->l->sealed && i < g->l->n; i++) {
		struct att_lesson *v = &g->l->v[i];
		bool now = v->l.start_ms <= t + REGISTER_LEAD_MS && t < v->l.end_ms + late_ms;
		if (v->sealed_to_ms && !now && v->sealed_from_ms <= t + REGISTER_LEAD_MS &&
		    t < v->sealed_to_ms + late_ms)
			register_input_event(v->in, g->from, ev);
	}
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
	for (size_t i = low; i > 0 && v[i - 1].l.start_ms >= t - g->longest_ms - late_ms; i--)
		if (t < v[i - 1].l.end_ms + late_ms)
			register_input_event(v[i - 1].in, g->from, ev);
	give_sealed(g, t, late_ms, ev);
}

/* -- Whom to believe: what others say is not kept ------------------------------------------- */

static bool was_staff(const struct giving *g, const struct mx_event *ev)
{
	return att_was_staff(&g->power, g->from, ev);
}

static bool is_observer(const struct giving *g, const struct mx_event *ev)
{
	size_t i;
	json_t *id;
	json_array_foreach (g->l->a.observers, i, id)
		if (strcmp(json_string_value(id), ev->sender) == 0)
			return true;
	return g->l->a.staff_observes && was_staff(g, ev);
}

/* A mark of who is no staff is told, so many of each lesson, whichever other lessons are asked for. */
static void give_stranger(struct giving *g, const struct mx_event *ev)
{
	for (size_t i = 0; i < g->l->n; i++) {
		struct att_lesson *v = &g->l->v[i];
		if (lesson_is(&v->l, ev->content) && v->strangers++ < STRANGERS_MAX)
			register_input_event(v->in, g->from, ev);
	}
}

/* Contests and opt-outs are anybody's; the register asks whose. */
static void give_said(struct giving *g, const struct mx_event *ev)
{
	bool mark = strcmp(ev->type, MARK_TYPE) == 0, seal = strcmp(ev->type, SEAL_TYPE) == 0;
	if ((!mark && !seal) || was_staff(g, ev))
		give_all(g, ev);
	else if (mark)
		give_stranger(g, ev);
}

/* -- What shows who was there ---------------------------------------------------------------- */

static void take_poll(struct giving *g, const struct mx_event *ev)
{
	if (ev->state_key || !json_object_get(ev->content, ROLL_KEY) || !was_staff(g, ev))
		return;
	give_at(g, ev->ts, REGISTER_LEAD_MS, ev);
	json_array_append(g->polls, ev->json);
}

static void give(struct giving *g, const struct mx_event *ev)
{
	int64_t seen_at = json_get_i64(ev->content, "at", ev->ts);
	if (!strcmp(ev->type, RTC_MEMBER_TYPE) || !strcmp(ev->type, RTC_STICKY_TYPE))
		give_at(g, ev->ts, 0, ev);
	else if (strcmp(ev->type, PRESENCE_OBSERVED_TYPE) != 0)
		take_poll(g, ev);
	else if (is_observer(g, ev))
		give_at(g, seen_at >= 0 && seen_at < ev->ts ? seen_at : ev->ts, 0, ev);
}

static bool is_evidence(const struct store_event *e)
{
	return is_light(e->type) || span_eq_str(e->type, RTC_STICKY_TYPE) ||
	       strstr(e->type.p, "poll.start");
}

static int take_event(const struct store_event *e, void *arg)
{
	struct giving *g = arg;
	struct mx_event ev;
	if (++g->done % 5000 == 0 && g->l->q->progress)
		g->l->q->progress(g->l->q->progress_arg, _("events"), g->done, 0);
	/* Words have a walk of their own, and so has who was in the room; the cache tells what was redacted. */
	if (!is_evidence(e) || !att_event(g->l->a.s, e, &ev))
		return 0;
	give(g, &ev);
	event_done(&ev);
	return 0;
}

/* -- What is said -------------------------------------------------------------------------------- */

static void take_power(const struct mx_event *ev, void *arg)
{
	struct giving *g = arg;
	power_history_event(g->power.of[g->from], ev);
	give_all(g, ev);
}

static int take_said(const struct store_event *e, void *arg)
{
	struct giving *g = arg;
	struct mx_event ev;
	if (span_eq_str(e->type, "m.room.power_levels") || !register_type_matters(e->type.p) ||
	    !att_event(g->l->a.s, e, &ev))
		return 0;
	give_said(g, &ev);
	event_done(&ev);
	return 0;
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

struct words {
	struct giving *g;
	const struct roll *roll;
};

/* To the lessons that its roll may belong to. */
static int take_any(const struct store_event *e, void *arg)
{
	struct words *w = arg;
	struct mx_event ev;
	if (!att_event(w->g->l->a.s, e, &ev))
		return 0;
	give_at(w->g, w->roll->opened_ms, REGISTER_LEAD_MS, &ev);
	event_done(&ev);
	return 0;
}

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
	take_any(e, w);
	return 0;
}

static int take_edits(const struct store_event *e, void *arg)
{
	struct words *w = arg;
	if (may_be_word(w, e))
		store_evidence_about(w->g->l->a.s, e->room, e->event_id, take_any, w);
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
		store_evidence_about(s, room, span_of(roll.id), take_any, &w);
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

/* Who was staff when: first, as it is asked of all else. */
static void give_powers(struct giving *g, enum register_source from, int64_t room)
{
	g->from = from;
	g->power.of[from] = power_history_new();
	if (room)
		att_power_walk(g->l->a.s, room, take_power, g);
}

static void give_words(struct giving *g, enum register_source from, int64_t room)
{
	g->from = from;
	if (room)
		store_evidence_words(g->l->a.s, room, take_said, g);
}

void att_gather(struct att_lessons *l)
{
	JSON_AUTO json_t *polls = json_array();
	struct giving g = {.l = l, .polls = polls};
	struct store *s = l->a.s;
	size_t i;
	json_t *start;
	if (!l->n)
		return;
	for (i = 0; i < l->n; i++) {
		int64_t ms = l->v[i].l.end_ms - l->v[i].l.start_ms;
		g.longest_ms = ms > g.longest_ms ? ms : g.longest_ms;
		new_input(l, &l->v[i]);
	}
	give_powers(&g, REGISTER_ROOM, l->a.room.id);
	give_powers(&g, REGISTER_STAFF, l->a.staff);
	/* Staff's words first: whoever fills the room up to the cap does not push them out. */
	give_words(&g, REGISTER_STAFF, l->a.staff);
	give_words(&g, REGISTER_ROOM, l->a.room.id);
	give_members(&g);
	store_evidence_walk(s, l->a.room.id, att_evidence_since(l), INT64_MAX, take_event, &g);
	json_array_foreach (polls, i, start)
		give_roll(&g, start);
	att_power_done(&g.power);
}
