#include "tests/lib/lesson_log.h"

#include "core/base/mem.h"
#include "core/matrix/rtc_member.h"

#include <assert.h>
#include <string.h>

static int64_t ms_of(double at)
{
	return LOG_START + (int64_t)(at * 1000);
}

const char *log_event(struct lesson_log *g, bool staff, const char *type, const char *sender,
		      double at, const char *state_key, json_t *content)
{
	AUTO_FREE char *id = mem_printf("$%03lldlessonlog-lessonlog-lessonlog-lessonlog",
					(long long)(g->made * 7919 % 1000000007));
	json_t *ev =
		json_pack("{s:s,s:s,s:s,s:I,s:o}", "event_id", id, "type", type, "sender", sender,
			  "origin_server_ts", (json_int_t)ms_of(at), "content", content);
	g->made++;
	if (state_key)
		json_object_set_new(ev, "state_key", json_string(state_key));
	json_array_append_new(staff ? g->staff : g->room, ev);
	return json_get_str(ev, "event_id");
}

void log_init(struct lesson_log *g)
{
	*g = (struct lesson_log){json_array(), json_array(), 1};
	for (int staff = 0; staff < 2; staff++) {
		log_event(g, staff, "m.room.create", LOG_TEACHER, -90000, "",
			  json_pack("{s:s}", "room_version", "11"));
		log_event(g, staff, "m.room.power_levels", LOG_TEACHER, -90000, "",
			  json_pack("{s:{s:i}}", "users", LOG_TEACHER, 100));
	}
	log_member(g, LOG_TEACHER, -90000, "join", NULL);
}

void log_done(struct lesson_log *g)
{
	json_decref(g->room);
	json_decref(g->staff);
}

const char *log_member(struct lesson_log *g, const char *user, double at, const char *membership,
		       const char *before)
{
	const char *id = log_event(g, false, "m.room.member", user, at, user,
				   json_pack("{s:s}", "membership", membership));
	json_t *ev = json_array_get(g->room, json_array_size(g->room) - 1);
	if (before)
		json_object_set_new(ev, "unsigned",
				    json_pack("{s:{s:s}}", "prev_content", "membership", before));
	return id;
}

static const char *call_event(struct lesson_log *g, const char *user, const char *device, double at,
			      json_t *content)
{
	char key[LIMIT_ID_BYTES + 1];
	assert(rtc_member_key(user, device, NULL, key, NULL) == 0);
	return log_event(g, false, RTC_MEMBER_TYPE, user, at, key, content);
}

const char *log_call(struct lesson_log *g, const char *user, const char *device, double at,
		     double created, double life)
{
	struct rtc_member_draft d = {.user_id = user,
				     .device_id = device,
				     .room_id = LOG_ROOM,
				     .service_url = "https://x/",
				     .expires_ms = (int64_t)(life * 1000),
				     .created_ms = created < at ? ms_of(created) : 0};
	return call_event(g, user, device, at, rtc_member_make(&d));
}

const char *log_join(struct lesson_log *g, const char *user, const char *device, double at)
{
	return log_call(g, user, device, at, at, RTC_EXPIRES_MS / 1000.0);
}

const char *log_renew(struct lesson_log *g, const char *user, const char *device, double at,
		      double created)
{
	return log_call(g, user, device, at, created, RTC_EXPIRES_MS / 1000.0);
}

const char *log_leave(struct lesson_log *g, const char *user, const char *device, double at)
{
	return call_event(g, user, device, at, json_object());
}

const char *log_sticky(struct lesson_log *g, const char *user, const char *device, double at,
		       bool join)
{
	AUTO_FREE char *key = mem_printf("%s-%s", user, device);
	json_t *c = json_pack("{s:s}", "msc4354_sticky_key", key);
	if (join)
		json_object_update_new(c,
				       json_pack("{s:s,s:{s:s},s:{s:s,s:s,s:s},s:[{s:s,s:s}]}",
						 "slot_id", "m.call#ROOM", "application", "type",
						 "m.call", "member", "user_id", user, "device_id",
						 device, "id", key, "rtc_transports", "type",
						 "livekit", "livekit_service_url", "https://x/"));
	return log_event(g, false, RTC_STICKY_TYPE, user, at, NULL, c);
}

const char *log_seen(struct lesson_log *g, const char *sender, const char *user, const char *device,
		     double at, double told, const char *reason)
{
	json_t *c = json_pack("{s:s,s:s,s:s,s:s,s:I}", "user_id", user, "device_id", device,
			      "slot_id", "m.call#ROOM", "state", reason ? "left" : "joined", "at",
			      (json_int_t)ms_of(at));
	if (reason)
		json_object_set_new(c, "reason", json_string(reason));
	return log_event(g, false, PRESENCE_OBSERVED_TYPE, sender, told, NULL, c);
}

const char *log_redact(struct lesson_log *g, const char *sender, const char *target, double at)
{
	return log_event(g, false, "m.room.redaction", sender, at, NULL,
			 json_pack("{s:s}", "redacts", target));
}

const char *log_mark(struct lesson_log *g, const char *sender, const char *user, double at,
		     const char *before, const char *after, const char *reason)
{
	struct lesson l = log_lesson();
	json_t *c = json_pack("{s:i,s:s,s:s?,s:s?,s:s?}", "version", 1, "user_id", user, "before",
			      before, "after", after, "reason", reason);
	lesson_name(&l, c);
	return log_event(g, true, MARK_TYPE, sender, at, NULL, c);
}

struct lesson log_lesson(void)
{
	return (struct lesson){.room_id = LOG_ROOM,
			       .uid = "maths",
			       .recurrence_id = "20260101T090000",
			       .title = "Maths",
			       .start_ms = LOG_START,
			       .end_ms = LOG_START + 3600000};
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

static void give(struct register_input *in, bool staff, json_t *json)
{
	struct mx_event ev;
	struct err err = {0};
	int rc = event_parse(json, EVENT_ROOM, &ev, &err);
	assert(rc == 0);
	register_input_event(in, staff ? REGISTER_STAFF : REGISTER_ROOM, &ev);
	event_done(&ev);
}

struct register_input *log_input(const struct lesson_log *g, const struct lesson *l,
				 const struct attendance_rules *r, struct roster *roster,
				 unsigned seed)
{
	struct register_input *in = register_input_new(l, r);
	size_t n_room = json_array_size(g->room), n = n_room + json_array_size(g->staff);
	AUTO_FREE size_t *order = mem_realloc_array(NULL, n + 1, sizeof(*order));
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; seed && i > 1; i--) {
		size_t j = next_random(&seed) % i, keep = order[j];
		order[j] = order[i - 1];
		order[i - 1] = keep;
	}
	register_input_observer(in, LOG_SERVER);
	register_input_roster(in, roster);
	for (size_t i = 0; i < n; i++) {
		bool staff = order[i] >= n_room;
		json_t *ev = json_array_get(staff ? g->staff : g->room,
					    staff ? order[i] - n_room : order[i]);
		give(in, staff, ev);
		if (seed && next_random(&seed) % 8 == 0)
			give(in, staff, ev);
	}
	return in;
}

struct roster *log_roster(const char *const *users)
{
	struct roster *r = roster_new();
	for (; *users; users++) {
		bool full;
		struct roster_person p = {.user_id = (char *)*users};
		roster_put(r, &p, &full);
	}
	return r;
}

const struct sheet_row *log_row(const struct sheet_lesson *s, const char *user)
{
	for (size_t i = 0; i < s->n_rows; i++)
		if (strcmp(s->rows[i].user_id, user) == 0)
			return &s->rows[i];
	return NULL;
}

const json_t *log_reason(const struct sheet_row *r, const char *code)
{
	size_t i;
	json_t *v;
	json_array_foreach (r->reasons, i, v)
		if (strcmp(json_get_str(v, "code"), code) == 0)
			return v;
	return NULL;
}
