/* Whom the lines of a list mean: by id, address, name; never a guess. And lists as schools have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/attendance/roster_sheet.h"
#include "core/attendance/sheet_judge.h"

#include <string.h>

static struct roster *roster;

static void put(const char *user, const char *name, const char *id, const char *email)
{
	bool full = false;
	struct roster_person p = {(char *)user, (char *)name, (char *)id, (char *)email};
	assert_true(roster_put(roster, &p, &full));
}

static int set_up(void **state)
{
	(void)state;
	roster = roster_new();
	put("@anna1:x", "Anna Meier", "1", "anna1@x");
	put("@anna2:x", "Anna Meier", "2", NULL);
	put("@bert:x", "Bert Alt", NULL, "Bert@X");
	put("@carl:x", "Carl Neu", "4", NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	roster_free(roster);
	return 0;
}

static const struct roster_member members[] = {
	{"@anna1:x", "Anna"}, {"@dora:x", "Dora Lang"}, {"@e1:x", "Emil"},
	{"@e2:x", "Emil"},    {"@carl:x", "Charlie"},	{"@nameless:x", NULL},
};

static void on_problem(void *arg, int line, const char *sentence)
{
	(void)arg;
	fail_msg("line %d: %s", line, sentence);
}

/* One word and user a line: "how user", in order. */
static void matches(const char *list, bool typed, const char *want)
{
	struct csv *t = NULL;
	struct roster_rows rows = {0};
	struct err err = {0};
	struct buf got = BUF_INIT(BUF_CAP_OWN);
	assert_int_equal(csv_parse(span_of(list), &t, &err), 0);
	if (roster_rows_read(t, on_problem, NULL, &rows, &err))
		fail_msg("%s", err.msg);
	struct roster_match_query q = {.roster = roster,
				       .members = members,
				       .n_members = ARRAY_LEN(members),
				       .server_name = "x",
				       .any_id = !typed,
				       .typed = typed};
	struct roster_match *m = roster_match(&q, rows.v, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		buf_printf(&got, "%s%s%s\n", roster_how_name(m[i].how), m[i].user_id ? " " : "",
			   m[i].user_id ? m[i].user_id : "");
		assert_int_equal(m[i].user_id != NULL,
				 m[i].how != HOW_NONE && m[i].how != HOW_AMBIGUOUS);
		assert_int_equal(m[i].why != NULL, m[i].how == HOW_AMBIGUOUS);
	}
	assert_string_equal(buf_str(&got), want);
	roster_match_free(m, rows.n);
	roster_rows_done(&rows);
	csv_free(t);
	buf_done(&got);
}

static void test_keys(void **state)
{
	(void)state;
	matches("id,name\n2,Other\n4,Carl\n99,Nobody\n", false, "id @anna2:x\nid @carl:x\nno\n");
	matches("email\nBERT@x\nnew@x\n", false, "email @bert:x\nno\n");
	/* A user name of this server must be known; a whole Matrix id is right in any case. */
	matches("user\nbert\n@dora:x\nzoe\n@zoe:elsewhere.example\n", false,
		"user @bert:x\nuser @dora:x\nno\nuser @zoe:elsewhere.example\n");
	/* They contradict each other. */
	matches("id,email\n1,bert@x\n", false, "ambiguous\n");
	matches("id,user\n1,@anna2:x\n", false, "ambiguous\n");
}

static void test_names(void **state)
{
	(void)state;
	matches("name\nBert Alt\n", false, "name @bert:x\n");
	matches("name\nAnna Meier\n", false, "ambiguous\n"); /* two of them in the roster */
	matches("id,name\n1,Anna Meier\n2,Anna Meier\n", false, "id @anna1:x\nid @anna2:x\n");
	/* An id that the roster does not know, and another one of that name: somebody else. */
	matches("id,name\n7,Carl Neu\n", false, "no\n");
	matches("email,name\nother@x,Bert Alt\n", false, "no\n");
	/* Where the roster knows no id, the name says who it is. */
	matches("id,name\n7,Bert Alt\n", false, "name @bert:x\n");
	/* Two lines of one name, told apart by ids that nobody knows: both could be the one. */
	matches("id,name\n7,Bert Alt\n8,Bert Alt\n", false, "ambiguous\nambiguous\n");
	/* Only one in the room calls themself so; two do; the roster's person calls themself otherwise. */
	matches("name\nDora Lang\n", false, "member @dora:x\n");
	matches("name\nEmil\n", false, "ambiguous\n");
	matches("name\nCharlie\n", false, "member @carl:x\n");
	matches("id,name\n5,Charlie\n", false, "no\n"); /* Charlie has the id 4 */
	/* As other programs spell it. */
	matches("name\n\"Alt, Bert\"\n", false, "name @bert:x\n");
	matches("name\nBB (Bert Alt)\n", false, "name @bert:x\n");
	matches("name\nBert Alt (Guest)\n", false, "name @bert:x\n");
}

/* Two lines that come to be one person: the surer one stays. */
static void test_twins(void **state)
{
	(void)state;
	matches("user,name\n,Bert Alt\n@bert:x,B\n", false, "ambiguous\nuser @bert:x\n");
	matches("id,email\n1,\n,anna1@x\n", false, "id @anna1:x\nambiguous\n");
}

static void test_typed(void **state)
{
	(void)state;
	matches("name\n@bert:x\nbert\nBert@x\n4\nCarl Neu\nAnna "
		"Meier\nnobody\n@zoe:elsewhere.example\n",
		true,
		"user @bert:x\nuser @bert:x\nemail @bert:x\nid @carl:x\nname "
		"@carl:x\nambiguous\nno\nno\n");
	matches("name\n4\n", true, "id @carl:x\n");
	matches("name\nbert\n", true, "user @bert:x\n");
}

/* -- files of other systems -------------------------------------------------------- */

static void on_stranger(void *arg, const struct sheet_row *r, const char *why)
{
	buf_printf(arg, "%s%s%s\n", r->name, why ? ": " : "", why ? why : "");
}

static void add_row(struct sheet_lesson *l, const char *user, const char *name, const char *email)
{
	struct sheet_row *r = sheet_add_row(l);
	r->user_id = mem_strdup(user);
	r->name = mem_strdup(name);
	r->email = mem_strdup(email);
	r->status = MARK_LATE;
	sheet_add_interval(r, (struct sheet_interval){1, 2, false});
}

/* Who is expected stands there, absent or not; who is not, behind them. */
static void test_sheet(void **state)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct sheet_lesson l = {0};
	(void)state;
	add_row(&l, "dc17-of-graph", "Zoe", NULL);
	add_row(&l, NULL, "phone", "BERT@X");
	add_row(&l, NULL, "Dora Lang", NULL);
	add_row(&l, NULL, "Anna Meier", NULL);
	add_row(&l, "@anna2:x", "A", NULL);
	struct roster_match_query q = {.roster = roster,
				       .members = members,
				       .n_members = ARRAY_LEN(members),
				       .server_name = "x"};
	roster_sheet_match(&q, &l, true, on_stranger, &b);
	assert_string_equal(buf_str(&b), "Zoe\nAnna Meier: 2 people are called Anna Meier\n");
	assert_int_equal(l.n_rows, 7);
	static const struct {
		const char *user, *name;
		enum mark_status status;
		bool guest;
	} want[] = {{"@anna1:x", "Anna Meier", MARK_ABSENT, false},
		    {"@anna2:x", "Anna Meier", MARK_LATE, false},
		    {"@bert:x", "Bert Alt", MARK_LATE, false},
		    {"@carl:x", "Carl Neu", MARK_ABSENT, false},
		    {"dc17-of-graph", "Zoe", MARK_LATE, true},
		    {"@dora:x", "Dora Lang", MARK_LATE, true},
		    {NULL, "Anna Meier", MARK_LATE, true}};
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const struct sheet_row *r = &l.rows[i];
		assert_string_equal(r->user_id ? r->user_id : "", want[i].user ? want[i].user : "");
		assert_string_equal(r->name, want[i].name);
		assert_int_equal(r->status, want[i].status);
		assert_int_equal(r->guest, want[i].guest);
		assert_int_equal(r->n_intervals, want[i].status == MARK_LATE);
	}
	assert_string_equal(l.rows[2].email, "Bert@X");
	/* Without those who do not stand in it. */
	sheet_lesson_done(&l);
	add_row(&l, NULL, "Bert Alt", NULL);
	roster_sheet_match(&q, &l, false, on_stranger, &b);
	assert_int_equal(l.n_rows, 1);
	assert_string_equal(l.rows[0].user_id, "@bert:x");
	for (int i = 0; i < 20; i++)
		add_row(&l, NULL, "more", NULL);
	sheet_lesson_done(&l);
	buf_done(&b);
}

#define MIN 60000

static enum mark_status judged(int from, int to, int from2, int to2)
{
	struct sheet_row r = {.present_ms = -1, .status = MARK_PRESENT};
	if (to)
		sheet_add_interval(&r, (struct sheet_interval){from * MIN, to * MIN, false});
	if (to2)
		sheet_add_interval(&r, (struct sheet_interval){from2 * MIN, to2 * MIN, false});
	enum mark_status s = sheet_judge(&r, 100 * MIN, 200 * MIN, &attendance_defaults);
	sheet_row_done(&r);
	return s;
}

/* Late after 5 minutes, gone 5 before the end, 75 %, gaps of 2 minutes: as a register has it. */
static void test_judge(void **state)
{
	(void)state;
	assert_int_equal(judged(90, 210, 0, 0), MARK_PRESENT);
	assert_int_equal(judged(105, 195, 0, 0), MARK_PRESENT);
	assert_int_equal(judged(106, 200, 0, 0), MARK_LATE);
	assert_int_equal(judged(100, 194, 0, 0), MARK_LEFT_EARLY);
	assert_int_equal(judged(106, 190, 0, 0), MARK_LATE);
	assert_int_equal(judged(100, 174, 0, 0), MARK_PARTIAL);
	assert_int_equal(judged(100, 150, 152, 200), MARK_PRESENT);
	assert_int_equal(judged(100, 130, 160, 200), MARK_PARTIAL);
	assert_int_equal(judged(10, 90, 0, 0), MARK_ABSENT); /* there, but at another time */
	assert_int_equal(judged(0, 0, 0, 0), MARK_PRESENT);  /* nothing but a name */
	struct sheet_row r = {.present_ms = 74 * MIN};
	assert_int_equal(sheet_judge(&r, 100 * MIN, 200 * MIN, &attendance_defaults), MARK_PARTIAL);
	r.present_ms = 75 * MIN;
	assert_int_equal(sheet_judge(&r, 100 * MIN, 200 * MIN, &attendance_defaults), MARK_PRESENT);
	r.present_ms = 0;
	assert_int_equal(sheet_judge(&r, 100 * MIN, 200 * MIN, &attendance_defaults), MARK_ABSENT);
	r.status = MARK_LATE;
	assert_int_equal(sheet_judge(&r, 100, 100, &attendance_defaults), MARK_LATE);
}

/* -- lists ---------------------------------------------------------------------- */

static struct roster_rows read_list(struct span raw)
{
	struct csv *t = NULL;
	struct roster_rows rows = {0};
	struct err err = {0};
	if (csv_parse(raw, &t, &err) || roster_rows_read(t, on_problem, NULL, &rows, &err))
		fail_msg("%s", err.msg);
	csv_free(t);
	return rows;
}

#define BYTES(s) ((struct span){(s), sizeof(s) - 1})

static void is_anna(struct span raw)
{
	struct roster_rows rows = read_list(raw);
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.v[0].p.name, "Anna Groß");
	assert_string_equal(rows.v[0].p.external_id, "007");
	roster_rows_done(&rows);
}

static void test_encodings(void **state)
{
	(void)state;
	is_anna(BYTES("Name,Id\nAnna Groß,007\n"));
	is_anna(BYTES("\xEF\xBB\xBFId;Name\r\n007;Anna Groß\r\n"));
	is_anna(BYTES("Id\tVorname\tNachname\n007\tAnna\tGroß\n"));
	is_anna(BYTES("\xFF\xFEI\0d\0;\0N\0a\0m\0e\0\n\0"
		      "0\0"
		      "0\0"
		      "7\0;\0A\0n\0n\0a\0 \0G\0r\0o\0\xDF\0\n\0"));
	is_anna(BYTES("\xFE\xFF\0I\0d\0;\0N\0a\0m\0e\0\n\0"
		      "0\0"
		      "0\0"
		      "7\0;\0A\0n\0n\0a\0 \0G\0r\0o\0\xDF\0\n"));
	is_anna(BYTES("I\0d\0;\0N\0a\0m\0e\0\n\0"
		      "0\0"
		      "0\0"
		      "7\0;\0A\0n\0n\0a\0 \0G\0r\0o\0\xDF\0\n\0"));
	is_anna(BYTES("sep=;\nName;Id\n\"Anna Groß\";\"007\"\n"));
}

/* What is exported can be imported; what a spreadsheet would run loses its apostrophe again. */
static void test_export(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	put("@f:x", "=1+1", "-7x", NULL);
	put("@g:x", "'=1", "+49", NULL);
	roster_put_csv(&b, roster, false);
	assert_true(span_starts(buf_span(&b), "name,external_id,email,user_id\n"));
	assert_non_null(strstr(buf_str(&b), "'=1+1,'-7x,,'@f:x\n"));
	struct roster_rows rows = read_list(buf_span(&b));
	assert_int_equal(rows.n, roster_size(roster));
	for (size_t i = 0; i < rows.n; i++) {
		const struct roster_person *p = roster_at(roster, i), *q = &rows.v[i].p;
		assert_string_equal(p->user_id, q->user_id);
		assert_string_equal(p->name, q->name);
		assert_string_equal(p->external_id ? p->external_id : "",
				    q->external_id ? q->external_id : "");
	}
	roster_rows_done(&rows);
	buf_clear(&b);
	roster_put_csv(&b, roster, true);
	assert_true(span_starts(buf_span(&b), "\xEF\xBB\xBFname,external_id,email,user_id\r\n"));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_twins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_typed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sheet, set_up, tear_down),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test_setup_teardown(test_export, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
