/* Class lists, rosters in chunks, who is whom, slips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/qr.h"
#include "core/base/slug.h"
#include "core/client/class_plan.h"
#include "core/client/class_slips.h"

#include <string.h>

/* -- the list ------------------------------------------------------------- */

static struct buf told;

static void on_problem(void *arg, int line, const char *sentence)
{
	(void)arg;
	buf_printf(&told, "%d: %s\n", line, sentence);
}

static int read_list(const char *text, struct roster_rows *ret)
{
	struct csv *t = NULL;
	struct err err = {0};
	buf_done(&told);
	told = BUF_INIT(BUF_CAP_OWN);
	*ret = (struct roster_rows){0};
	assert_int_equal(csv_parse(span_of(text), &t, &err), 0);
	int rc = roster_rows_read(t, on_problem, NULL, ret, &err);
	csv_free(t);
	return rc;
}

static void test_list(void **state)
{
	struct roster_rows r;
	(void)state;
	assert_int_equal(read_list("E-Mail;Student ID;Name\n;17; Anna Meier \na@b;18;Anna Meier\n",
				   &r),
			 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.v[0].p.name, "Anna Meier");
	assert_string_equal(r.v[0].p.external_id, "17");
	assert_null(r.v[0].p.email);
	assert_null(r.v[0].p.user_id);
	assert_int_equal(r.v[1].line, 3);
	assert_string_equal(r.v[1].p.email, "a@b");
	roster_rows_done(&r);
	/* First and last names; and a French list whose "nom" is all there is. */
	assert_int_equal(read_list("Nachname,Vorname\nMeier,Anna\n,Bert\n", &r), 0);
	assert_string_equal(r.v[0].p.name, "Anna Meier");
	assert_string_equal(r.v[1].p.name, "Bert");
	roster_rows_done(&r);
	assert_int_equal(read_list("nom\nLéa Roux\n", &r), 0);
	assert_string_equal(r.v[0].p.name, "Léa Roux");
	roster_rows_done(&r);
	assert_int_equal(read_list("学号,姓名\n7,张伟\n", &r), 0);
	assert_string_equal(r.v[0].p.name, "张伟");
	assert_string_equal(r.v[0].p.external_id, "7");
	roster_rows_done(&r);
	/* Their ids tell the two apart, if the heading is known as that of ids. */
	assert_int_equal(read_list("Name;Schüler-ID\nTom Müller;102\nTom Müller;103\n", &r), 0);
	assert_string_equal(r.v[1].p.external_id, "103");
	roster_rows_done(&r);
}

/* Every mistake is told, with its line; nothing comes of such a list. */
static void test_list_mistakes(void **state)
{
	struct roster_rows r;
	(void)state;
	assert_int_equal(read_list("id,name,email,remark\n"
				   "1,Anna,\n"
				   "1,Bert,\n"
				   ",,,new\n"
				   "2,Carl,no address\n"
				   "3,Dora,d@x\n"
				   "4,Dora,D@X\n"
				   ",Anna,\n"
				   "5,Emil,\n"
				   "6,Emil,\n",
				   &r),
			 ERR_INVALID);
	assert_int_equal(r.n, 0);
	assert_non_null(strstr(buf_str(&told), "3: the same id as in line 2"));
	assert_non_null(strstr(buf_str(&told), "4: nobody is named here"));
	assert_non_null(strstr(buf_str(&told), "5: \"no address\" is no e-mail address"));
	assert_non_null(strstr(buf_str(&told), "7: the same e-mail address as in line 6"));
	assert_non_null(strstr(buf_str(&told), "8: the same name as in line 2"));
	assert_null(strstr(buf_str(&told), "10: ")); /* two called Emil, with ids of their own */
	assert_int_equal(read_list("colour\nred\n", &r), ERR_INVALID);
	assert_non_null(strstr(buf_str(&told), "1: no column"));
	buf_done(&told);
}

/* -- the roster ----------------------------------------------------------- */

static void put(struct roster *r, const char *user, const char *name, const char *id, bool wanted)
{
	bool full = false;
	struct roster_person p = {(char *)user, (char *)name, (char *)id, NULL};
	assert_int_equal(roster_put(r, &p, &full), wanted);
	assert_false(full);
}

static void copy_chunks(const struct roster *from, struct roster *to)
{
	for (int i = 0; i < roster_chunks(from); i++) {
		char key[16];
		JSON_AUTO json_t *content = roster_chunk(from, i);
		AUTO_FREE char *text = json_text(content);
		assert_true(strlen(text) < 50000);
		snprintf(key, sizeof(key), "%d", i);
		roster_read_chunk(to, key, content);
	}
}

static void test_chunks(void **state)
{
	(void)state;
	struct roster *r = roster_new(), *again = roster_new();
	char user[64], name[256];
	memset(name, 'x', 200);
	for (int i = 0; i < 1000; i++) {
		snprintf(user, sizeof(user), "@s%d:x", i);
		snprintf(name + 200, sizeof(name) - 200, " %d", i);
		put(r, user, name, NULL, true);
	}
	assert_true(roster_chunks(r) > 4);
	for (int i = 0; i < roster_chunks(r); i++) {
		assert_true(roster_changed(r, i));
		roster_saved(r, i);
	}
	copy_chunks(r, again);
	assert_int_equal(roster_size(again), 1000);
	assert_string_equal(roster_find(again, ROSTER_BY_USER, "@s999:x")->name, name);
	/* One more, and a change, touch one chunk each; the same again touches none. */
	put(r, "@s0:x", NULL, "17", true);
	put(r, "@s0:x", NULL, "17", false);
	assert_true(roster_changed(r, 0));
	assert_false(roster_changed(r, 2));
	assert_true(roster_drop(r, "@s999:x"));
	assert_false(roster_drop(r, "@s999:x"));
	assert_int_equal(roster_size(r), 999);
	roster_free(r);
	roster_free(again);
}

/* One whose texts grow in a full chunk moves on to another. */
static void test_growing(void **state)
{
	char user[64], longer[256];
	(void)state;
	struct roster *r = roster_new(), *again = roster_new();
	memset(longer, 'y', 255);
	longer[255] = '\0';
	for (int i = 0; i < 800; i++) {
		snprintf(user, sizeof(user), "@s%d:x", i);
		put(r, user, "short", NULL, true);
	}
	for (int i = 0; i < 800; i++) {
		snprintf(user, sizeof(user), "@s%d:x", i);
		put(r, user, longer, NULL, true);
	}
	copy_chunks(r, again);
	assert_int_equal(roster_size(again), 800);
	assert_string_equal(roster_find(again, ROSTER_BY_USER, "@s0:x")->name, longer);
	roster_free(r);
	roster_free(again);
}

static void test_find(void **state)
{
	(void)state;
	struct roster *r = roster_new();
	put(r, "@a:x", "Anna", "1", true);
	put(r, "@b:x", "Anna", "2", true);
	put(r, "@c:x", "Carl", NULL, true);
	assert_null(roster_find(r, ROSTER_BY_NAME, "Anna")); /* two of them */
	assert_string_equal(roster_find(r, ROSTER_BY_NAME, "Carl")->user_id, "@c:x");
	assert_string_equal(roster_find(r, ROSTER_BY_ID, "2")->user_id, "@b:x");
	assert_null(roster_find(r, ROSTER_BY_ID, NULL));
	/* What others wrote there may be anything. */
	JSON_AUTO json_t *odd =
		json_loads("{\"people\":[1,{},{\"user_id\":7},{\"user_id\":\"x\"},{\"user_id\":\"@"
			   "a:x\","
			   "\"name\":\"Other\"},{\"user_id\":\"@d:x\",\"name\":[]}]}",
			   0, NULL);
	roster_read_chunk(r, "1", odd);
	roster_read_chunk(r, "-1", odd);
	roster_read_chunk(r, "99999999", odd);
	roster_read_chunk(r, "x", NULL);
	assert_int_equal(roster_size(r), 4);
	assert_string_equal(roster_find(r, ROSTER_BY_USER, "@a:x")->name, "Anna");
	roster_free(r);
}

/* -- who is whom ---------------------------------------------------------- */

static int plan(const char *list, const struct roster *r, const char *accounts,
		struct class_plan *ret)
{
	struct roster_rows rows;
	struct err err = {0};
	assert_int_equal(read_list(list, &rows), 0);
	JSON_AUTO json_t *a = accounts ? json_loads(accounts, 0, NULL) : NULL;
	struct class_plan_query q = {.rows = &rows,
				     .roster = r,
				     .accounts = a,
				     .server_name = "x",
				     .problem = on_problem};
	*ret = (struct class_plan){0};
	int rc = class_plan_make(&q, ret, &err);
	roster_rows_done(&rows);
	return rc;
}

static void is(const struct class_plan *p, size_t i, const char *user, bool known, bool account)
{
	assert_true(i < p->n);
	assert_string_equal(p->v[i].p.user_id, user);
	assert_int_equal(p->v[i].known, known);
	assert_int_equal(p->v[i].account, account);
}

static const char accounts[] =
	"[{\"user_id\":\"@anna.meier:x\",\"emails\":[]},"
	"{\"user_id\":\"@b:x\",\"external_id\":\"20\",\"emails\":[\"b@school.example\"]},"
	"{\"user_id\":\"@gone:x\",\"external_id\":\"30\",\"emails\":[],\"removed\":true}]";

static void test_plan(void **state)
{
	struct class_plan p;
	(void)state;
	struct roster *r = roster_new();
	put(r, "@carl:x", "Carl", "40", true);
	assert_int_equal(plan("name,id,email,user\n"
			      "Anna Meier,,,\n"		 /* somebody else has that name */
			      "Other Name,20,,\n"	 /* known by the id */
			      "Bea,,B@school.example,\n" /* twin of the line above: told below */
			      ,
			      r, accounts, &p),
			 ERR_INVALID);
	assert_non_null(strstr(buf_str(&told), "4: the same person (@b:x) as in line 3"));
	assert_int_equal(plan("name,id,email,user\n"
			      "Anna Meier,,,\n"
			      "Other Name,20,,\n"
			      "Karl,40,,\n"
			      "张伟,,,\n"
			      "李娜,51,,\n"
			      "Dora,,d.o@school.example,\n"
			      "Dora,52,e@school.example,Dora\n"
			      "Anna Méier,53,,\n"
			      "Gone,,,gone2\n",
			      r, accounts, &p),
			 0);
	is(&p, 0, "@anna.meier2:x", false, false);
	is(&p, 1, "@b:x", false, true);
	is(&p, 2, "@carl:x", true, false); /* renamed; the account is still to be made */
	assert_int_equal(p.v[3].p.user_id[1], 's');
	assert_int_equal(strlen(p.v[3].p.user_id), 14);
	is(&p, 4, "@51:x", false, false);
	is(&p, 5, "@d.o:x", false, false);
	is(&p, 6, "@dora:x", false, false);
	is(&p, 7, "@anna.meier3:x", false, false);
	is(&p, 8, "@gone2:x", false, false);
	AUTO_FREE char *made_up = mem_strdup(p.v[3].p.user_id);
	class_plan_done(&p);
	/* The same person gets the same name in another run. */
	assert_int_equal(plan("name\n张伟\n", r, accounts, &p), 0);
	is(&p, 0, made_up, false, false);
	class_plan_done(&p);
	roster_free(r);
}

static void test_plan_mistakes(void **state)
{
	struct class_plan p;
	(void)state;
	struct roster *r = roster_new();
	assert_int_equal(plan("name,id,user\nX,99,b\nY,20,anna.meier\n", r, accounts, &p),
			 ERR_INVALID);
	assert_non_null(strstr(buf_str(&told), "2: this account has another id"));
	assert_non_null(strstr(buf_str(&told), "3: "));
	/* A server that names nobody, or says nonsense. */
	assert_int_equal(plan("name,id,email,user\nA,20,,a\nB,21,b@y.example,\n", r,
			      "[7,{\"external_id\":\"20\"},{\"emails\":[\"b@y.example\",null]},"
			      "{\"user_id\":[],\"external_id\":\"21\",\"emails\":{}}]",
			      &p),
			 0);
	is(&p, 0, "@a:x", false, false);
	is(&p, 1, "@b:x", false, false);
	class_plan_done(&p);
	/* An id that is somebody else's, who is not called so in any way. */
	static const char named[] =
		"[{\"user_id\":\"@anna.meier:x\",\"external_id\":\"1\",\"name\":\"Anna Meier\"},"
		"{\"user_id\":\"@bert.alt:x\",\"external_id\":\"2\",\"name\":\"Superman\"},"
		"{\"user_id\":\"@3:x\",\"external_id\":\"3\",\"name\":\"李雷\"}]";
	assert_int_equal(plan("name,id\nCleo Neu,1\nAlt Bert,2\n", r, named, &p), ERR_INVALID);
	assert_string_equal(buf_str(&told),
			    "2: id 1 belongs to Anna Meier (@anna.meier:x), not to Cleo Neu: "
			    "correct "
			    "it, or give the user name as well if it is the same person\n");
	assert_int_equal(plan("name,id\nCleo Neu,2\n", r, named, &p), ERR_INVALID);
	assert_int_equal(plan("name,id,user\n\"MEIER, Ánna\",1,\nBert,2,\n韩梅,3,\n", r, named, &p),
			 0);
	is(&p, 0, "@anna.meier:x", false, true);
	assert_string_equal(buf_str(&told),
			    "4: id 3 belongs to 李雷 (@3:x), not to 韩梅: correct it, or "
			    "give the user name as well if it is the same person\n");
	class_plan_done(&p);
	assert_int_equal(plan("name,id,user\nCleo Neu,1,anna.meier\n", r, named, &p), 0);
	class_plan_done(&p);
	put(r, "@anna.meier:x", "Anna Meier", "1", true);
	assert_int_equal(plan("name,id\nCleo Neu,1\n", r, named, &p), 0);
	assert_string_equal(buf_str(&told),
			    "2: id 1 was Anna Meier's, who is called Cleo Neu from now on\n");
	class_plan_done(&p);
	/* A server that is not ours makes no accounts. */
	assert_int_equal(plan("name,user\nX,@x:other.example\nY,y\nZ,\n", r, NULL, &p),
			 ERR_INVALID);
	assert_non_null(strstr(buf_str(&told), "4: a Matrix id is needed"));
	assert_int_equal(plan("name,user\nX,@x:other.example\nY,y\n", r, NULL, &p), 0);
	is(&p, 0, "@x:other.example", false, true);
	is(&p, 1, "@y:x", false, true);
	class_plan_done(&p);
	roster_free(r);
	buf_done(&told);
}

/* -- slips ---------------------------------------------------------------- */

static void test_slips(void **state)
{
	struct err err = {0};
	(void)state;
	JSON_AUTO json_t *rows =
		json_loads("[{\"user_id\":\"@a:x\",\"name\":\"A "
			   "<b>&\\\"\",\"external_id\":\"=1+1\","
			   "\"link\":\"http://10.0.0.2:8008/join#ABCD-EFGH-JKMN-PQRS\","
			   "\"code\":\"ABCD-EFGH-JKMN-PQRS\",\"expires_ts\":1},"
			   "{\"user_id\":\"@b:x\",\"name\":\"B\"}]",
			   0, NULL);
	struct slips s = {"1 < 2", "de", rows};
	struct buf html = BUF_INIT(BUF_CAP_OWN), csv = BUF_INIT(BUF_CAP_OWN);
	assert_int_equal(slips_count(rows), 1);
	assert_int_equal(slips_put_html(&html, &s, &err), 0);
	assert_non_null(strstr(buf_str(&html), "<html lang=\"de\">"));
	assert_non_null(strstr(buf_str(&html), "A &lt;b&gt;&amp;&quot;"));
	assert_non_null(strstr(buf_str(&html), "Klasse 1 &lt; 2"));
	assert_non_null(strstr(buf_str(&html), ">http://10.0.0.2:8008/join<"));
	assert_non_null(strstr(buf_str(&html), "<svg"));
	assert_null(strstr(buf_str(&html), "@b:x"));
	assert_null(strstr(buf_str(&html), "src="));
	slips_put_csv(&csv, &s);
	assert_non_null(strstr(buf_str(&csv), "'=1+1"));
	assert_non_null(strstr(buf_str(&csv), ",http://10.0.0.2:8008/join,ABCD-EFGH-JKMN-PQRS,"));
	buf_done(&html);
	buf_done(&csv);
	assert_string_equal(slips_language("de_AT.UTF-8"), "de");
	assert_string_equal(slips_language("zh_CN.UTF-8"), "zh_CN");
	assert_string_equal(slips_language("C"), "en");
	assert_string_equal(slips_language(NULL), "en");
}

static void slug_is(const char *text, const char *wanted)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	slug_put(&b, span_of(text), 20);
	assert_string_equal(buf_str(&b), wanted);
	buf_done(&b);
}

static void test_slug(void **state)
{
	(void)state;
	slug_is("Léa  Müller-Weiß", "lea.muller.weiss");
	slug_is("  O’Brien, D'Arcy ", "obrien.darcy");
	slug_is("Łukasz Ærø", "lukasz.aero");
	slug_is("张伟", "");
	slug_is("", "");
	slug_is("abcdefghij klmnopqrst", "abcdefghij.klmnopqrs");
	slug_is("\xff\xfe", "");
}

static void test_qr(void **state)
{
	struct err err;
	(void)state;
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	char text[QR_TEXT_MAX + 2];
	memset(text, 'a', sizeof(text));
	text[QR_TEXT_MAX + 1] = '\0';
	assert_int_equal(qr_put_svg(&b, text, &err), ERR_TOO_LARGE);
	text[QR_TEXT_MAX] = '\0';
	assert_int_equal(qr_put_svg(&b, text, &err), 0);
	assert_true(span_starts(buf_span(&b), "<svg "));
	assert_true(span_ends(buf_span(&b), "</svg>"));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),	      cmocka_unit_test(test_list_mistakes),
		cmocka_unit_test(test_chunks),	      cmocka_unit_test(test_growing),
		cmocka_unit_test(test_find),	      cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_mistakes), cmocka_unit_test(test_slips),
		cmocka_unit_test(test_slug),	      cmocka_unit_test(test_qr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
