/* Scheduling: the same again changes nothing. */
#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/rooms.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

static int check_request(const struct meet_request *rq, struct err *err)
{
	if (!rq->title || !span_trim(span_of(rq->title)).n)
		return err_set(err, ERR_USAGE, _("the meeting has no title"));
	if (rq->uid && (!*rq->uid || *rq->uid == '@' || *rq->uid == '_'))
		return err_set(err, ERR_USAGE, _("a meeting's id begins with neither @ nor _"));
	return 0;
}

int meet_check_start(const struct cal_event *e, struct err *err)
{
	int64_t first;
	char time[40];
	if (!e->rrule || cal_starts_right(e, &first))
		return 0;
	meet_iso(first, e->start.zone, time);
	err_set(err, ERR_USAGE, _("the first date is not one that the rule yields"));
	err_hint(err, _("the first one that it yields is %s"), time);
	return ERR_USAGE;
}

static int fill(struct client *c, const struct meet_request *rq, const char *room_id,
		const char *uid, struct meeting *m, struct err *err)
{
	struct cal_event *e = &m->event;
	char zone[CAL_ZONE_MAX];
	int rc = 0;
	if (rq->zone)
		rc = cal_zone_check(rq->zone, zone, err);
	else
		cal_zone_local(zone);
	if (rc)
		return rc;
	m->room_id = mem_strdup(room_id);
	m->creator = mem_strdup(client_account(c)->user_id);
	m->lesson = true;
	e->uid = mem_strdup(uid);
	e->title = mem_strdup(rq->title);
	e->description = mem_strdup(rq->description);
	e->location = mem_strdup(rq->location);
	e->rrule = cal_rule_clean(rq->rrule);
	e->duration_ms = rq->duration_ms;
	e->created_ms = e->changed_ms = clock_wall_ms();
	rc = cal_time_at(rq->start_ms, zone, &e->start, err);
	if (!rc)
		rc = cal_event_check(e, err);
	return rc ? rc : meet_check_start(e, err);
}

static int check_past(const struct meet_request *rq, const struct meeting *m, struct err *err)
{
	int64_t last;
	int rc = rq->past ? 0 : cal_last_end(&m->event, &last, err);
	if (rc || rq->past || last > clock_wall_ms())
		return rc;
	err_set(err, ERR_USAGE, _("that is over already"));
	err_hint(err, _("--past schedules it all the same"));
	return ERR_USAGE;
}

static int answer(struct client *c, const struct meeting *m, bool existing, bool changed,
		  json_t **ret)
{
	AUTO_FREE char *name = meet_room_name(c, m->room_id);
	json_t *row = meet_row_series(m, name, clock_wall_ms());
	row_bool(row, "existing", existing);
	row_bool(row, "changed", changed);
	row_str(row, "event_id", m->announced);
	*ret = row;
	return 0;
}

static bool is_same_time(const struct cal_time *a, const struct cal_time *b)
{
	int64_t x, y;
	struct err none;
	if (cal_time_ms(a, &x, &none) || cal_time_ms(b, &y, &none))
		return false;
	return x == y;
}

/* What was asked for and is not so, as the options call it; what was not given is as it likes. */
static json_t *differences(const struct meet_request *rq, const struct cal_event *asked,
			   const struct cal_event *there)
{
	const struct {
		const char *name;
		bool differs;
	} all[] = {
		{"title", !span_eq_str(span_of(asked->title), there->title)},
		{"start", !is_same_time(&asked->start, &there->start)},
		{"duration", asked->duration_ms != there->duration_ms},
		{"repeat", !span_eq_str(span_of(asked->rrule), there->rrule)},
		{"description",
		 rq->description && !span_eq_str(span_of(asked->description), there->description)},
		{"location",
		 rq->location && !span_eq_str(span_of(asked->location), there->location)},
	};
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].differs)
			json_array_append_new(list, json_string(all[i].name));
	return list;
}

static int answer_there(struct client *c, const struct meet_request *rq, const struct meeting *m,
			const struct meeting *there, json_t **ret)
{
	int rc = answer(c, there, true, false, ret);
	if (!rc)
		json_object_set_new(*ret, "differs", differences(rq, &m->event, &there->event));
	return rc;
}

/* -- A room of its own --------------------------------------------------- */

static json_t *state_entry(const char *type, const char *key, json_t *steal)
{
	return json_pack("{s:s,s:s,s:o}", "type", type, "state_key", key, "content", steal);
}

/* The shape in which Nordeck's meetings widget has its rooms. */
static int make_room(struct client *c, const struct meet_request *rq, struct meeting *m,
		     struct err *err)
{
	JSON_AUTO json_t *state = json_array(), *content = NULL, *row = NULL;
	int rc = meeting_make(m, &content, err);
	if (rc)
		return rc;
	json_array_append_new(state, state_entry(MEETING_TYPE, m->event.uid, json_incref(content)));
	json_array_append_new(state, state_entry(NORDECK_TYPE, "",
						 json_pack("{s:s,s:o}", "creator", m->creator,
							   "calendar", meeting_nordeck(m))));
	struct room_create create = {.name = m->event.title,
				     .topic = m->event.description,
				     .invite = rq->invite,
				     .type = "net.nordeck.meetings.meeting",
				     .state = state};
	rc = client_room_create(c, &create, &row, err);
	if (!rc) {
		mem_free(m->room_id);
		m->room_id = mem_strdup(json_get_str(row, "room_id"));
	}
	return rc;
}

static int schedule_own(struct client *c, const struct meet_request *rq, struct meeting *m,
			json_t **ret, struct err *err)
{
	struct meeting there;
	struct err none;
	struct meet_tell t = {.no_message = rq->no_message,
			      .no_file = rq->no_file,
			      .no_pin = rq->no_pin};
	if (meet_find_uid(c, NULL, m->event.uid, &there, &none) == 0) {
		int rc = answer_there(c, rq, m, &there, ret);
		meeting_done(&there);
		return rc;
	}
	int rc = check_past(rq, m, err);
	if (!rc)
		rc = make_room(c, rq, m, err);
	if (!rc)
		rc = meet_put(c, m, &t, err);
	return rc ? rc : answer(c, m, false, true, ret);
}

/* -- In a room ----------------------------------------------------------- */

static int schedule_in(struct client *c, const struct meet_request *rq, struct meeting *m,
		       json_t **ret, struct err *err)
{
	struct meeting there;
	struct meet_tell t = {.no_message = rq->no_message,
			      .no_file = rq->no_file,
			      .no_pin = rq->no_pin};
	int rc = meet_get(c, rq->room_id, m->event.uid, &there, err);
	if (!rc) {
		rc = answer_there(c, rq, m, &there, ret);
		meeting_done(&there);
		return rc;
	}
	if (rc != ERR_NOT_FOUND)
		return rc;
	rc = check_past(rq, m, err);
	if (!rc)
		rc = meet_put(c, m, &t, err);
	return rc ? rc : answer(c, m, false, true, ret);
}

int client_meet_schedule(struct client *c, const struct meet_request *rq, json_t **ret,
			 struct err *err)
{
	struct meeting m = {.room_id = NULL};
	char made[33];
	int rc = check_request(rq, err);
	if (rc)
		return rc;
	if (!rq->uid)
		meet_make_uid(rq->own_room ? "" : rq->room_id, rq->title, rq->start_ms, made);
	rc = fill(c, rq, rq->own_room ? "" : rq->room_id, rq->uid ? rq->uid : made, &m, err);
	if (!rc)
		rc = client_refresh(c, err);
	if (!rc)
		rc = rq->own_room ? schedule_own(c, rq, &m, ret, err)
				  : schedule_in(c, rq, &m, ret, err);
	meeting_done(&m);
	return rc;
}
