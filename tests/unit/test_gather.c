/* From the cache to registers (core/client/attendance/att_gather.c): what is kept of what, and what counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/register_priv.h"
#include "core/base/mem.h"
#include "core/client/attendance/attendance_priv.h"
#include "core/store/rooms.h"
#include "tests/lib/cached.h"

#include <string.h>

#define ROOM "!class:x"
#define TEACHER "@t:x"
#define PUPIL "@p:x"
#define LESSON_MS (45 * 60000LL)

static struct cached k;
static struct att_lessons l;
static struct attendance_query q;
static int sent;

static int begin(void **state)
{
	(void)state;
	cached_open(&k);
	cached_room(&k, ROOM, TEACHER, "Class");
	cached_join(&k, ROOM, TEACHER, "Tess");
	cached_join(&k, ROOM, PUPIL, "Pia");
	q = (struct attendance_query){.late_ms = -1,
				      .early_ms = -1,
				      .grace_ms = -1,
				      .min_percent = -1};
	l = (struct att_lessons){.q = &q};
	sent = 0;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	att_lessons_done(&l);
	cached_close(&k);
	return 0;
}

static struct roster *pupil(void)
{
	struct roster *r = roster_new();
	struct roster_person p = {.user_id = (char *)PUPIL};
	bool full;
	roster_put(r, &p, &full);
	return r;
}

/* A lesson of the room that begins in `min` minutes of the cache's clock. */
static void lesson(const char *uid, int64_t min)
{
	struct lesson one = {.room_id = ROOM,
			     .uid = uid,
			     .start_ms = k.now + min * 60000,
			     .end_ms = k.now + min * 60000 + LESSON_MS};
	if (!l.n)
		l.a = (struct att_room){.s = k.s,
					.room = {.id = cached_row(&k, ROOM),
						 .room_id = mem_strdup(ROOM)},
					.rules = attendance_defaults,
					.roster = pupil(),
					.observers = json_pack("[s]", "@_muster:x")};
	att_lesson_add(&l, &one);
}

static void add(const char *room, const char *sender, const char *type, const char *content,
		const char *more)
{
	AUTO_FREE char *id = mem_printf("$e%d", ++sent);
	cached_event(&k, room, id, sender, type, content, more);
}

static void gather(void)
{
	for (size_t i = 0; i < l.n; i++) {
		register_input_free(l.v[i].in);
		l.v[i].in = NULL;
	}
	att_gather(&l);
}

static enum mark_status mark_of(size_t i, const char *user)
{
	struct attendance_register *r = register_judge(l.v[i].in, l.v[i].l.end_ms + 86400000);
	enum mark_status s = MARK_COUNT;
	struct register_mark m;
	for (size_t n = 0; register_mark_at(r, n, &m); n++)
		if (strcmp(m.user_id, user) == 0)
			s = m.status;
	register_free(r);
	return s;
}

static size_t count(size_t i, enum rec_kind kind)
{
	size_t n = 0;
	for (size_t r = 0; r < l.v[i].in->n; r++)
		n += l.v[i].in->v[r].kind == kind;
	return n;
}

static void roll(const char *sender, const char *uid)
{
	AUTO_FREE char *content = mem_printf(
		"{'org.matrix.msc3381.poll.start':{'question':{'org.matrix.msc1767.text':'?'},"
		"'max_selections':1,'answers':[{'id':'here','org.matrix.msc1767.text':'y'}]},"
		"'org.muster.roll':{'version':1,'window_ms':600000,'late_after_ms':600000,'uid':'%"
		"s'}}",
		uid);
	add(ROOM, sender, "org.matrix.msc3381.poll.start", content, "");
}

/* `sent` numbers what was sent: the vote is for the event before. */
static void vote(const char *sender, int start)
{
	AUTO_FREE char *content =
		mem_printf("{'m.relates_to':{'rel_type':'m.reference','event_id':'$e%d'},"
			   "'org.matrix.msc3381.poll.response':{'answers':['here']}}",
			   start);
	add(ROOM, sender, "org.matrix.msc3381.poll.response", content, "");
}

static void say_mark(const char *room, const char *sender, const char *uid, const char *after)
{
	AUTO_FREE char *content =
		mem_printf("{'room_id':'" ROOM "','uid':'%s','user_id':'" PUPIL "',"
			   "'before':'absent','after':'%s','reason':'ill'}",
			   uid, after);
	add(room, sender, MARK_TYPE, content, "");
}

/* -- Redacted ------------------------------------------------------------------------------ */

/* Matrix keeps who is in a room and who may do what, whoever redacts it; so do we. */
static void test_redacted_state(void **state)
{
	(void)state;
	lesson("a", 10);
	add(ROOM, TEACHER, "m.room.power_levels", "{'users':{'" TEACHER "':100,'@u:x':50}}",
	    "'state_key':''");
	add(ROOM, TEACHER, "m.room.redaction", "{'redacts':'$e1'}", "'redacts':'$e1'");
	say_mark(ROOM, "@u:x", "a", "excused");
	gather();
	assert_int_equal(mark_of(0, PUPIL), MARK_EXCUSED);
	/* Who had left the room before was not expected in it. */
	lesson("b", 20);
	add(ROOM, PUPIL, "m.room.member", "{'membership':'leave'}", "'state_key':'" PUPIL "'");
	AUTO_FREE char *redacts = mem_printf("'redacts':'$e%d'", sent);
	AUTO_FREE char *content = mem_printf("{%s}", redacts);
	add(ROOM, PUPIL, "m.room.redaction", content, redacts);
	roll(TEACHER, "b");
	gather();
	assert_int_equal(mark_of(1, PUPIL), MARK_NOT_TRACKED);
}

/* -- Whom nobody believes -------------------------------------------------------------------- */

static void test_of_pupils_nothing_is_kept(void **state)
{
	(void)state;
	lesson("a", 0);
	for (int i = 0; i < 20; i++) {
		roll(PUPIL, "a");
		vote(PUPIL, sent);
		add(ROOM, PUPIL, SEAL_TYPE,
		    "{'version':1,'seal':'x','part':0,'parts':1,'room_id':'" ROOM "','uid':'a',"
		    "'people':[['@nobody:x',null,'absent']]}",
		    "");
		add(ROOM, PUPIL, PRESENCE_OBSERVED_TYPE,
		    "{'user_id':'@made-up:x','device_id':'D','state':'joined','at':1}", "");
	}
	gather();
	assert_int_equal(count(0, REC_ROLL), 0);
	assert_int_equal(count(0, REC_SEAL), 0);
	assert_int_equal(count(0, REC_SEEN), 0);
	assert_int_equal(l.v[0].in->users->n, 4); /* the server, three in the room */
	/* Of staff all of it is. */
	roll(TEACHER, "a");
	vote(PUPIL, sent);
	gather();
	assert_int_equal(count(0, REC_ROLL), 2);
}

/* However many marks a pupil writes, of each lesson as many are told, and a seal of it holds. */
static void test_flood_of_marks(void **state)
{
	(void)state;
	lesson("a", 0);
	lesson("b", 10);
	for (int i = 0; i < 150; i++) {
		say_mark(ROOM, PUPIL, "b", "present");
		say_mark(ROOM, PUPIL, "a", "present");
	}
	say_mark(ROOM, TEACHER, "a", "late");
	gather();
	assert_int_equal(count(0, REC_MARK), 101);
	assert_int_equal(count(1, REC_MARK), 100);
	assert_int_equal(mark_of(0, PUPIL), MARK_LATE);
}

/* A vote is no matter of the lessons of other days, nor is a mark of another lesson. */
static void test_to_whom_it_matters(void **state)
{
	(void)state;
	lesson("a", 0);
	lesson("b", 24 * 60);
	roll(TEACHER, "a");
	vote(PUPIL, sent);
	say_mark(ROOM, TEACHER, "a", "late");
	gather();
	assert_int_equal(count(0, REC_ROLL), 2);
	assert_int_equal(count(1, REC_ROLL), 0);
	assert_int_equal(count(0, REC_MARK), 1);
	assert_int_equal(count(1, REC_MARK), 0);
	assert_int_equal(mark_of(0, PUPIL), MARK_LATE);
}

/* A camp of three days: what happens on the second belongs to it. */
static void test_longer_than_a_day(void **state)
{
	(void)state;
	lesson("camp", 0);
	l.v[0].l.end_ms = l.v[0].l.start_ms + 3 * 86400000LL;
	k.now += 2 * 86400000LL;
	add(ROOM, "@_muster:x", PRESENCE_OBSERVED_TYPE,
	    "{'user_id':'" PUPIL "','device_id':'D','state':'joined'}", "");
	gather();
	assert_int_equal(count(0, REC_SEEN), 1);
}

/* -- Moved after it was sealed ---------------------------------------------------------------- */

static void see_pupil(int64_t min)
{
	AUTO_FREE char *content =
		mem_printf("{'user_id':'" PUPIL "','device_id':'D','state':'joined','at':%lld}",
			   (long long)(k.now + min * 60000));
	add(ROOM, "@_muster:x", PRESENCE_OBSERVED_TYPE, content, "");
}

static void seal(size_t i, int64_t now_ms)
{
	struct attendance_register *r = register_judge(l.v[i].in, now_ms);
	JSON_AUTO json_t *parts = register_seal(l.v[i].in, r);
	size_t n;
	json_t *part;
	json_array_foreach (parts, n, part) {
		AUTO_FREE char *text = json_dumps(part, 0);
		add(ROOM, TEACHER, SEAL_TYPE, text, "");
	}
	register_free(r);
}

static void assert_sealed_after(int64_t by_ms)
{
	k.now += 3600000;
	lesson("a", 0);
	l.v[0].l.start_ms = k.now - LESSON_MS;
	l.v[0].l.end_ms = k.now;
	see_pupil(-44);
	gather();
	assert_int_equal(mark_of(0, PUPIL), MARK_PRESENT);
	seal(0, k.now + 86400000);
	/* In every case also between others, which are where they were. */
	lesson("b", 24 * 60);
	l.v[0].l.start_ms += by_ms;
	l.v[0].l.end_ms += by_ms;
	att_seal_times(&l);
	gather();
	assert_int_equal(mark_of(0, PUPIL), MARK_PRESENT);
	struct attendance_register *r = register_judge(l.v[0].in, k.now + 86400000);
	struct seal_check check;
	register_check_seal(l.v[0].in, r, &check);
	assert_int_equal(check.verdict, SEAL_GOOD);
	assert_int_equal(count(1, REC_SEEN), 0);
	seal_check_done(&check);
	register_free(r);
}

/* What its seal was made of lies where it was then. */
static void test_moved_back_after_seal(void **state)
{
	(void)state;
	assert_sealed_after(-3 * 3600000LL);
}

static void test_moved_on_after_seal(void **state)
{
	(void)state;
	assert_sealed_after(8 * 3600000LL);
}

/* -- Long before ------------------------------------------------------------------------------- */

/* Where there is no staff room, excuses stand among the rest. */
static void test_excused_days_before(void **state)
{
	(void)state;
	say_mark(ROOM, TEACHER, "a", "excused");
	lesson("a", 3 * 24 * 60);
	gather();
	assert_int_equal(mark_of(0, PUPIL), MARK_EXCUSED);
}

static size_t notes(void)
{
	struct sheet_lesson sheet = {0};
	struct attendance_register *r = register_judge(l.v[0].in, l.v[0].l.end_ms + 86400000);
	AUTO(buf_done) struct buf bytes = BUF_INIT(BUF_CAP_OWN);
	register_sheet(r, &sheet);
	register_bytes(r, &bytes);
	size_t n = json_array_size(sheet.notes);
	assert_null(strstr(buf_str(&bytes), "words_missing"));
	sheet_lesson_done(&sheet);
	register_free(r);
	return n;
}

/* Who came into the staff room later, and does not see what was before, is told so. */
static void test_staff_room_without_beginning(void **state)
{
	(void)state;
	cached_room(&k, "!whole:x", TEACHER, "Staff");
	add("!late:x", TEACHER, "m.room.name", "{'name':'Staff'}", "'state_key':''");
	lesson("a", 0);
	l.a.staff = cached_row(&k, "!whole:x");
	gather();
	att_words_missing(&l);
	assert_int_equal(notes(), 0);
	l.a.staff = cached_row(&k, "!late:x");
	gather();
	att_words_missing(&l);
	assert_int_equal(notes(), 1);
}

/* -- Our own ----------------------------------------------------------------------------------- */

static void say_record(const char *room, const char *sender, const char *status)
{
	AUTO_FREE char *content =
		mem_printf("{'msgtype':'m.notice','body':'you','org.muster.record':"
			   "{'room_id':'" ROOM "','uid':'a','status':'%s'}}",
			   status);
	add(room, sender, "m.room.message", content, "");
}

static void assert_record(const char *status)
{
	AUTO(att_power_done) struct att_power p = {0};
	att_power_load(&l.a, &p);
	JSON_AUTO json_t *record = att_record(&l, &p, &l.v[0].l);
	const char *is = json_get_str(record, "status");
	if (status)
		assert_string_equal(is, status);
	else
		assert_null(is);
}

/* Of a chat with a teacher their own words count, of when they were one. */
static void test_record(void **state)
{
	(void)state;
	lesson("a", -60);
	cached_room(&k, "!dm:x", TEACHER, "");
	cached_room(&k, "!other:x", PUPIL, "");
	cached_sync(&k, "'account_data':{'events':[{'type':'m.direct','content':{'" TEACHER
			"':['!dm:x'],'" PUPIL "':['!other:x']}}]}");
	say_record("!other:x", PUPIL, "present"); /* who is no staff */
	say_record("!dm:x", PUPIL, "present");	  /* who came into the chat */
	assert_record(NULL);
	say_record("!dm:x", TEACHER, "late");
	assert_record("late");
	add(ROOM, TEACHER, "m.room.power_levels", "{'users':{'@u:x':100}}", "'state_key':''");
	say_record("!dm:x", TEACHER, "absent"); /* who is no teacher any more */
	assert_record("late");
}

/* -- Observers ----------------------------------------------------------------------------------- */

static void test_observers_of_then(void **state)
{
	(void)state;
	lesson("a", 0);
	l.a.staff_observes = true;
	json_array_clear(l.a.observers);
	add(ROOM, TEACHER, PRESENCE_OBSERVED_TYPE,
	    "{'user_id':'" PUPIL "','device_id':'D','state':'joined','at':1764500000000}", "");
	add(ROOM, PUPIL, PRESENCE_OBSERVED_TYPE,
	    "{'user_id':'" PUPIL "','device_id':'D','state':'joined','at':1764500000000}", "");
	/* Who was staff when it was said is none today. */
	add(ROOM, TEACHER, "m.room.power_levels", "{'users':{'@u:x':100}}",
	    "'state_key':'','unsigned':{'prev_content':{'users':{'" TEACHER "':100}}}");
	gather();
	assert_int_equal(count(0, REC_SEEN), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_redacted_state),
		TEST(test_of_pupils_nothing_is_kept),
		TEST(test_to_whom_it_matters),
		TEST(test_excused_days_before),
		TEST(test_longer_than_a_day),
		TEST(test_observers_of_then),
		TEST(test_record),
		TEST(test_moved_back_after_seal),
		TEST(test_moved_on_after_seal),
		TEST(test_flood_of_marks),
		TEST(test_staff_room_without_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
