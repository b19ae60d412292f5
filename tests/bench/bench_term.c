/*
 * A term from the cache: PEOPLE=300 students, LESSONS=60 of 90 minutes, each of them joins and leaves,
 * which the server sees, too, amid chat. What `attendance term` costs beside opening the account.
 */
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/store/events.h"
#include "tests/bench/fill.h"

#include <stdio.h>

#define FIRST INT64_C(1764580000000)
#define DAY 86400000LL
#define LESSON (90 * 60000LL)
#define JOIN                                                                                     \
	"{\"application\":\"m.call\",\"call_id\":\"\",\"scope\":\"m.room\",\"device_id\":"       \
	"\"PHONE\","                                                                             \
	"\"membershipID\":\"@s%d:school.example:PHONE\",\"expires\":14400000,\"m.call.intent\":" \
	"\"audio\",\"focus_active\":{\"type\":\"livekit\",\"focus_selection\":\"multi_sfu\"},"   \
	"\"foci_preferred\":[{\"type\":\"livekit\",\"livekit_service_url\":"                     \
	"\"https://school.example/livekit/jwt\",\"livekit_alias\":\"!room:school.example\"}]}"

struct filling {
	struct store *s;
	int64_t room, pos;
	int n, people;
};

static void add(struct filling *f, const char *type, const char *sender, const char *key,
		int64_t ts, const char *content)
{
	struct err err;
	bool is_new;
	AUTO_FREE char *id = mem_printf("$%08dkLmNoPqRsTuVwXyZ0123456789AbCdEfGhIj", f->n++);
	AUTO_FREE char *state = key ? mem_printf("\"state_key\":\"%s\",", key) : mem_strdup("");
	AUTO_FREE char *json =
		mem_printf("{\"content\":%s,\"event_id\":\"%s\",\"origin_server_ts\":%lld,"
			   "\"sender\":\"%s\",%s"
			   "\"type\":\"%s\",\"unsigned\":{\"age\":1234,\"prev_content\":{}}}",
			   content, id, (long long)ts, sender, state, type);
	struct store_event e = {.room = f->room,
				.pos = ++f->pos,
				.ts = ts,
				.event_id = span_of(id),
				.type = span_of(type),
				.sender = span_of(sender),
				.state_key = span_of(key),
				.json = span_of(json)};
	must(store_event_add(f->s, &e, &is_new, &err), &err);
}

static void add_seen(struct filling *f, int who, int64_t ts, bool joined)
{
	AUTO_FREE char *c =
		mem_printf("{\"user_id\":\"@s%d:school.example\",\"device_id\":\"PHONE\","
			   "\"slot_id\":\"m.call#ROOM\",\"session_id\":\"abcdefgh\","
			   "\"state\":\"%s\",\"at\":%lld%s}",
			   who, joined ? "joined" : "left", (long long)ts,
			   joined ? "" : ",\"reason\":\"left\"");
	add(f, PRESENCE_OBSERVED_TYPE, "@_muster:school.example", NULL, ts + 3, c);
}

static void add_attendance(struct filling *f, int who, int64_t start)
{
	/* All of them come within two minutes, nobody late. */
	int64_t in = start - 60000 + who * 120000LL / f->people, out = start + LESSON + who * 10;
	AUTO_FREE char *user = mem_printf("@s%d:school.example", who);
	AUTO_FREE char *key = mem_printf("_%s_PHONE_m.call", user);
	AUTO_FREE char *join = mem_printf(JOIN, who);
	add(f, "org.matrix.msc3401.call.member", user, key, in, join);
	add_seen(f, who, in, true);
	add(f, "m.room.message", user, NULL, start + who,
	    "{\"msgtype\":\"m.text\",\"body\":\"hm\"}");
	add_seen(f, who, out, false);
	add(f, "org.matrix.msc3401.call.member", user, key, out, "{}");
}

static void fill(struct filling *f, int people, int lessons)
{
	struct err err;
	must(store_begin(f->s, &err), &err);
	f->room = store_room_make(f->s, SPAN_LIT("!room:school.example"), &err);
	add(f, "m.room.create", "@s0:school.example", "", FIRST - DAY, "{\"room_version\":\"11\"}");
	add(f, "m.room.power_levels", "@s0:school.example", "", FIRST - DAY,
	    "{\"users\":{\"@s0:school.example\":100}}");
	for (int i = 0; i < people; i++) {
		AUTO_FREE char *user = mem_printf("@s%d:school.example", i);
		add(f, "m.room.member", user, user, FIRST - DAY + i, "{\"membership\":\"join\"}");
	}
	for (int k = 0; k < lessons; k++)
		for (int i = 0; i < people; i++)
			add_attendance(f, i, FIRST + k * DAY);
	must(store_commit(f->s, &err), &err);
}

static int count(json_t *row, void *arg)
{
	*(int64_t *)arg += json_get_i64(row, "present", 0);
	return 0;
}

static struct roster *people_of(int people)
{
	struct roster *r = roster_new();
	for (int i = 1; i < people; i++) {
		AUTO_FREE char *user = mem_printf("@s%d:school.example", i);
		struct roster_person p = {.user_id = user};
		bool full;
		roster_put(r, &p, &full);
	}
	return r;
}

int main(void)
{
	struct bench b;
	int people = setting("PEOPLE", 300), lessons = setting("LESSONS", 60);
	bench_open(&b);
	struct filling f = {.s = b.s, .pos = STORE_FIRST_POS, .people = people};
	fill(&f, people, lessons);
	struct attendance_query q = {.late_ms = -1,
				     .early_ms = -1,
				     .grace_ms = -1,
				     .min_percent = -1};
	struct att_lessons l = {.q = &q};
	int64_t present = 0, from = cpu_ns();
	l.a = (struct att_room){.s = b.s,
				.room = {.id = f.room,
					 .room_id = mem_strdup("!room:school.example")},
				.rules = attendance_defaults,
				.roster = people_of(people),
				.observers = json_pack("[s]", "@_muster:school.example")};
	for (int k = 0; k < lessons; k++) {
		struct lesson one = {.room_id = "!room:school.example",
				     .uid = "maths",
				     .start_ms = FIRST + k * DAY,
				     .end_ms = FIRST + k * DAY + LESSON};
		att_lesson_add(&l, &one);
	}
	att_gather(&l);
	told("gathered", from, 1);
	from = cpu_ns();
	att_term(&l, count, &present);
	told("judged", from, 1);
	printf("%d events, %lld marks \"present\"\n", f.n, (long long)present);
	att_lessons_done(&l);
	bench_close(&b);
	return present == (int64_t)(people - 1) * lessons ? 0 : 1;
}
