/* A class list from anywhere: read, planned, put into a roster, cut into chunks and read back. */
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
