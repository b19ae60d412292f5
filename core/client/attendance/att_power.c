/* Who was staff when: of the class room, and of the staff room. */
#include "core/client/attendance/attendance_priv.h"
#include "core/store/evidence.h"

struct walk {
	struct store *s;
	att_event_fn *fn;
	void *arg;
};

static int take_event(const struct store_event *e, void *arg)
{
	const struct walk *w = arg;
	struct mx_event ev;
	if (!span_eq_str(e->type, "m.room.power_levels") || !att_event(w->s, e, &ev))
		return 0;
	w->fn(&ev, w->arg);
	event_done(&ev);
	return 0;
}

/* Of before the history that is here. */
static void take_state(const struct walk *w, int64_t room, const char *type)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct mx_event ev;
	if (!store_state_get(w->s, room, type, SPAN_LIT(""), &b) ||
	    event_parse_text(buf_span(&b), EVENT_ROOM, &ev, NULL))
		return;
	w->fn(&ev, w->arg);
	event_done(&ev);
}

void att_power_walk(struct store *s, int64_t room, att_event_fn *fn, void *arg)
{
	struct walk w = {s, fn, arg};
	take_state(&w, room, "m.room.create");
	take_state(&w, room, "m.room.power_levels");
	store_evidence_words(s, room, take_event, &w);
}

static void note(const struct mx_event *ev, void *arg)
{
	power_history_event(arg, ev);
}

void att_power_load(const struct att_room *a, struct att_power *ret)
{
	ret->of[REGISTER_ROOM] = power_history_new();
	ret->of[REGISTER_STAFF] = power_history_new();
	att_power_walk(a->s, a->room.id, note, ret->of[REGISTER_ROOM]);
	if (a->staff)
		att_power_walk(a->s, a->staff, note, ret->of[REGISTER_STAFF]);
}

void att_power_done(struct att_power *p)
{
	power_history_free(p->of[REGISTER_ROOM]);
	power_history_free(p->of[REGISTER_STAFF]);
	*p = (struct att_power){0};
}

bool att_was_staff(const struct att_power *p, enum register_source from, const struct mx_event *ev)
{
	const struct power_history *staff = p->of[REGISTER_STAFF];
	if (from == REGISTER_STAFF && !power_history_is_empty(staff) &&
	    !power_history_staff(staff, ev->sender, ev->ts, ev->event_id))
		return false;
	return power_history_staff(p->of[REGISTER_ROOM], ev->sender, ev->ts, ev->event_id);
}

const char *att_said_by(const struct att_power *p, enum register_source from,
			const struct mx_event *ev)
{
	const json_t *relayed = json_get_object(ev->content, "relayed");
	const char *by = json_get_str(relayed, "sender");
	if (!relayed || (by && strcmp(by, ev->sender) == 0))
		return ev->sender;
	return by && att_was_staff(p, from, ev) ? by : NULL;
}
