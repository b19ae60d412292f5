/*
 * A class list from anywhere: read, planned, put into a roster, cut into chunks and read back; matched to
 * the roster, written as a list and read again.
 */
#include "core/attendance/roster_match.h"
#include "core/client/class_plan.h"
#include "core/client/class_slips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void on_problem(void *arg, int line, const char *sentence)
{
	demand(line >= 0 && sentence[0] != '\0');
	++*(int *)arg;
}

static void round_trip(const struct roster *r)
{
	struct roster *again = roster_new();
	for (int i = 0; i < roster_chunks(r); i++) {
		char key[16];
		JSON_AUTO json_t *content = roster_chunk(r, i);
		demand(content != NULL);
		AUTO_FREE char *text = json_text(content);
		demand(strlen(text) < 60000);
		snprintf(key, sizeof(key), "%d", i);
		roster_read_chunk(again, key, content);
	}
	demand(roster_size(again) == roster_size(r));
	roster_free(again);
}

/* Nobody is two lines; who is doubtful is told why. */
static void match(const struct roster_rows *rows, const struct roster *r)
{
	static const struct roster_member members[] = {{"@anna:x", "Anna"}, {"@b:x", NULL}};
	struct roster_match_query q = {.roster = r,
				       .members = members,
				       .n_members = ARRAY_LEN(members),
				       .server_name = "x",
				       .any_id = rows->n & 1};
	struct roster_match *m = roster_match(&q, rows->v, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		demand((m[i].why != NULL) == (m[i].how == HOW_AMBIGUOUS));
		demand((m[i].user_id != NULL) ==
		       (m[i].how != HOW_AMBIGUOUS && m[i].how != HOW_NONE));
		for (size_t k = 0; k < i; k++)
			demand(!m[i].user_id || !m[k].user_id ||
			       strcmp(m[i].user_id, m[k].user_id) != 0);
	}
	roster_match_free(m, rows->n);
}

/* What is exported is read as the same people. */
static void export_and_read(const struct roster *r)
{
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct csv *t = NULL;
	struct roster_rows rows = {0};
	int problems = 0;
	roster_put_csv(&b, r, roster_size(r) & 1);
	demand(csv_parse(buf_span(&b), &t, NULL) == 0);
	demand(roster_rows_read(t, on_problem, &problems, &rows, NULL) == 0);
	demand(rows.n == roster_size(r));
	for (size_t i = 0; i < rows.n; i++) {
		demand(!strcmp(rows.v[i].p.user_id, roster_at(r, i)->user_id));
		demand(!rows.v[i].p.name == !roster_at(r, i)->name);
	}
	roster_rows_done(&rows);
	csv_free(t);
	buf_done(&b);
}

static void plan_and_keep(const struct roster_rows *rows)
{
	int problems = 0;
	struct err err = {0};
	struct class_plan plan;
	struct roster *r = roster_new();
	JSON_AUTO json_t *accounts = json_pack("[{s:s,s:s,s:[s]}]", "user_id", "@anna:x",
					       "external_id", "17", "emails", "a@x");
	struct class_plan_query q = {.rows = rows,
				     .roster = r,
				     .accounts = accounts,
				     .server_name = "x",
				     .problem = on_problem,
				     .arg = &problems};
	if (class_plan_make(&q, &plan, &err) == 0) {
		bool full = false;
		demand(problems == 0 && plan.n == rows->n);
		for (size_t i = 0; i < plan.n; i++) {
			demand(plan.v[i].p.user_id[0] == '@');
			demand(roster_put(r, &plan.v[i].p, &full));
		}
		demand(!full && roster_size(r) == plan.n);
		round_trip(r);
		export_and_read(r);
		match(rows, r);
		class_plan_done(&plan);
	} else {
		demand(problems > 0 && err.msg[0]);
	}
	roster_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv *t = NULL;
	struct roster_rows rows;
	struct err err = {0};
	int problems = 0;
	if (csv_parse((struct span){(const char *)data, size}, &t, NULL) != 0)
		return 0;
	if (csv_rows(t) <= 300 && roster_rows_read(t, on_problem, &problems, &rows, &err) == 0) {
		demand(problems == 0);
		plan_and_keep(&rows);
		roster_rows_done(&rows);
	}
	csv_free(t);
	return 0;
}
