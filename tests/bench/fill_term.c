/*
 * A term on a server's data folder, while no server runs on it: a room of PUPILS and a series of LESSONS, a day apart,
 * 90 minutes each; in each of them every pupil joins the call, says something, and leaves, which the server sees, too.
 * Everything goes through room_append, at the time at which it is to have happened.
 *
 *   fill_term DATA @teacher:SERVER PUPILS LESSONS FIRST_MS
 *
 * Prints the room's id. The teacher has an account already and the server was started once.
 */
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/calendar/zone.h"
#include "server/accounts/own.h"
#include "server/rooms/create.h"
#include "server/rooms/room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS 86400000LL
#define LESSON_MS (90 * 60000LL)
#define AT_ONCE 32 /* people of one batch: all of it has one time */

struct filling {
	struct db *db;
	const char *teacher, *server;
	int people, lessons, lesson, from; /* from: the first of the batch */
	enum { STEP_ROOM, STEP_JOIN, STEP_TALK, STEP_LEAVE, STEP_END } step;
	int64_t first_ms, room, teacher_nid, own_nid, at_ms;
	int64_t *nid; /* of the pupils */
	char room_id[LIMIT_ID_BYTES + 1];
	long events;
};

static void die(const struct err *err)
{
	fprintf(stderr, "fill_term: %s\n", err->msg);
	exit(1);
}

static int add(struct db_tx *tx, struct filling *f, int64_t nid, const char *user, const char *type,
	       const char *key, json_t *content, struct err *err)
{
	struct event_ref ref;
	const struct event_draft d = {.room_nid = f->room,
				      .sender_nid = nid,
				      .sender = user,
				      .type = type,
				      .state_key = key,
				      .content = content,
				      .trusted = true};
	int rc = content ? room_append(tx, &d, &ref, err)
			 : err_set(err, ERR_INVALID, "a %s cannot be made", type);
	json_decref(content);
	f->events++;
	return rc;
}

static char *pupil(const struct filling *f, int i)
{
	return mem_printf("@s%d:%s", i + 1, f->server);
}

/* -- The room ------------------------------------------------------------------------- */

static int nid_of(struct sql *db, const char *user, int64_t *ret, struct err *err)
{
	struct sql_stmt *s = SQL(db, "SELECT nid FROM users WHERE user_id=?");
	sql_bind_str(s, 1, user);
	*ret = sql_row(s) ? sql_col_i64(s, 0) : 0;
	sql_reset(s);
	return *ret ? 0 : err_set(err, ERR_NOT_FOUND, "%s has no account", user);
}

static int add_pupil(struct db_tx *tx, struct filling *f, int i, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	AUTO_FREE char *user = pupil(f, i);
	struct sql_stmt *s = SQL(db, "INSERT INTO users(user_id,created_ts) VALUES(?,?)");
	sql_bind_str(s, 1, user);
	sql_bind_i64(s, 2, f->at_ms);
	int rc = sql_run(s, err);
	if (!rc)
		rc = nid_of(db, user, &f->nid[i], err);
	return rc ? rc
		  : add(tx, f, f->nid[i], user, "m.room.member", user,
			json_pack("{s:s}", "membership", "join"), err);
}

static json_t *meeting(const struct filling *f)
{
	struct cal_time from, to;
	char start[CAL_STAMP_SIZE], end[CAL_STAMP_SIZE], rule[80];
	if (cal_time_at(f->first_ms, "UTC", &from, NULL) ||
	    cal_time_at(f->first_ms + LESSON_MS, "UTC", &to, NULL))
		return NULL;
	cal_stamp(&from, start);
	cal_stamp(&to, end);
	snprintf(rule, sizeof(rule), "FREQ=DAILY;COUNT=%d", f->lessons);
	return json_pack("{s:i,s:s,s:I,s:I,s:b,s:[{s:s,s:{s:s,s:s},s:{s:s,s:s},s:s}]}", "version",
			 1, "title", "Physics", "created_ts", (json_int_t)f->at_ms, "changed_ts",
			 (json_int_t)f->at_ms, "lesson", 1, "calendar", "uid", "physics", "dtstart",
			 "tzid", "UTC", "value", start, "dtend", "tzid", "UTC", "value", end,
			 "rrule", rule);
}

static int make_room(struct db_tx *tx, struct filling *f, struct err *err)
{
	struct sql *db = db_tx_sql(tx);
	AUTO_FREE char *own = mem_printf("@" OWN_LOCALPART ":%s", f->server);
	JSON_AUTO json_t *body =
		json_pack("{s:s,s:s}", "preset", "private_chat", "name", "Physics");
	const struct room_creation c = {.body = body,
					.user_id = f->teacher,
					.server_name = f->server};
	int rc = nid_of(db, f->teacher, &f->teacher_nid, err);
	if (!rc)
		rc = nid_of(db, own, &f->own_nid, err);
	struct room_creation by = c;
	by.user_nid = f->teacher_nid;
	if (!rc)
		rc = room_create(tx, &by, f->room_id, &f->room, err);
	if (!rc)
		rc = add(tx, f, f->teacher_nid, f->teacher, "org.muster.meeting", "physics",
			 meeting(f), err);
	for (int i = 0; i < f->people && !rc; i++)
		rc = add_pupil(tx, f, i, err);
	return rc;
}

/* -- Lessons ---------------------------------------------------------------------------- */

static json_t *member(const char *user)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:{s:s,s:s},s:[{s:s,s:s,s:s}]}",
			 "application", "m.call", "call_id", "", "scope", "m.room", "device_id",
			 "PHONE", "membershipID", user, "expires", 14400000, "m.call.intent",
			 "audio", "focus_active", "type", "livekit", "focus_selection", "multi_sfu",
			 "foci_preferred", "type", "livekit", "livekit_service_url",
			 "https://school.example/livekit/jwt", "livekit_alias", "room");
}

static int add_call(struct db_tx *tx, struct filling *f, int64_t nid, const char *user, bool here,
		    struct err *err)
{
	AUTO_FREE char *key = mem_printf("_%s_PHONE_m.call", user);
	AUTO_FREE char *own = mem_printf("@" OWN_LOCALPART ":%s", f->server);
	json_t *seen = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I}", "user_id", user, "device_id", "PHONE",
				 "slot_id", "m.call#ROOM", "session_id", "abcdefgh", "state",
				 here ? "joined" : "left", "at", (json_int_t)f->at_ms);
	if (!here)
		json_object_set_new(seen, "reason", json_string("left"));
	int rc = add(tx, f, nid, user, "org.matrix.msc3401.call.member", key,
		     here ? member(user) : json_object(), err);
	if (rc)
		json_decref(seen);
	return rc ? rc : add(tx, f, f->own_nid, own, "org.muster.presence", NULL, seen, err);
}

static int one(struct db_tx *tx, struct filling *f, int i, struct err *err)
{
	AUTO_FREE char *user = i < 0 ? mem_strdup(f->teacher) : pupil(f, i);
	int64_t nid = i < 0 ? f->teacher_nid : f->nid[i];
	if (f->step == STEP_TALK)
		return add(tx, f, nid, user, "m.room.message", NULL,
			   json_pack("{s:s,s:s}", "msgtype", "m.text", "body", "hm, I see"), err);
	return add_call(tx, f, nid, user, f->step == STEP_JOIN, err);
}

static int run(struct db_tx *tx, void *arg, struct err *err)
{
	struct filling *f = arg;
	if (f->step == STEP_ROOM)
		return make_room(tx, f, err);
	int rc = f->from ? 0 : one(tx, f, -1, err); /* the teacher with the first of them */
	for (int i = f->from; i < f->people && i < f->from + AT_ONCE && !rc; i++)
		rc = one(tx, f, i, err);
	return rc;
}

/* -- One batch after the other, each at its time ------------------------------------------ */

static void next(struct filling *f)
{
	if (f->step != STEP_ROOM)
		f->from += AT_ONCE;
	if (f->step == STEP_ROOM || f->from >= f->people) {
		f->step++;
		f->from = 0;
	}
	if (f->step == STEP_END && ++f->lesson < f->lessons)
		f->step = STEP_JOIN;
}

/* All of them come within two minutes, nobody late, and stay to the end. */
static int64_t time_of(const struct filling *f)
{
	int64_t start = f->first_ms + f->lesson * DAY_MS;
	if (f->step == STEP_ROOM)
		return f->first_ms - DAY_MS;
	if (f->step == STEP_JOIN)
		return start - 60000 + f->from * 120000LL / f->people;
	return f->step == STEP_TALK ? start + 600000 + f->from * 1000
				    : start + LESSON_MS + f->from * 10;
}

int main(int argc, char **argv)
{
	struct err err = {0};
	if (argc != 6 || !strchr(argv[2], ':')) {
		fprintf(stderr, "fill_term DATA @teacher:SERVER PUPILS LESSONS FIRST_MS\n");
		return 2;
	}
	struct filling f = {.teacher = argv[2],
			    .server = strchr(argv[2], ':') + 1,
			    .people = (int)strtol(argv[3], NULL, 10),
			    .lessons = (int)strtol(argv[4], NULL, 10),
			    .first_ms = strtoll(argv[5], NULL, 10)};
	if (f.people < 1 || f.lessons < 1 || db_open_offline(argv[1], &f.db, &err))
		die(&err);
	f.nid = mem_realloc_array(NULL, (size_t)f.people, sizeof(*f.nid));
	for (; f.step != STEP_END; next(&f)) {
		f.at_ms = time_of(&f);
		clock_fake_set(f.at_ms, f.at_ms - f.first_ms + 2 * DAY_MS);
		if (db_run_offline(f.db, run, &f, &err))
			die(&err);
	}
	db_close(f.db);
	fprintf(stderr, "%ld events\n", f.events);
	puts(f.room_id);
	mem_free(f.nid);
	return 0;
}
