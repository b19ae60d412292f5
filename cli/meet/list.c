/* meet list, meet agenda, meet show. */
#include "cli/meet/meet.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#include <string.h>
#include <time.h>

#define DAY_MS (24LL * 3600 * 1000)
#define LIST_MS (28 * DAY_MS)

/* Midnight of the local day of `ms`, some days later. */
static int64_t midnight(int64_t ms, int days)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	localtime_r(&s, &tm);
	tm = (struct tm){.tm_year = tm.tm_year,
			 .tm_mon = tm.tm_mon,
			 .tm_mday = tm.tm_mday + days,
			 .tm_isdst = -1};
	return (int64_t)mktime(&tm) * 1000;
}

static int list(struct command_ctx *ctx, struct meet_query *q, client_row_fn *fn, void *arg,
		struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	q->room_id = room;
	q->cancelled = command_flag(ctx->line, "all");
	return rc ? rc : client_meet_list(c, q, fn, arg, err);
}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	int64_t since = command_number(l, "since", midnight(clock_wall_ms(), 0));
	struct meet_query q = {.since_ms = since,
			       .until_ms = command_number(l, "until", since + LIST_MS),
			       .max = (size_t)command_number(l, "number", 0)};
	if (q.until_ms <= q.since_ms)
		return err_set(err, ERR_USAGE, _("--until must be after --since"));
	return list(ctx, &q, command_row_fn, ctx, err);
}

const struct command verb_meet_list = {
	.name = "meet list",
	.group = GROUP_MEETING,
	.summary = N_("List meetings, one row for each date."),
	.examples = EXAMPLES{{"muster meet list", N_("of the next four weeks, in all rooms")},
			     {"muster meet list --room physics --since 2026-09-01 --until "
			      "2027-02-01 --format csv",
			      N_("a term's lessons for a spreadsheet")},
			     END_EXAMPLES},
	.options = PARAMS{OPT_ROOM(N_("only of this room")),
			  {.name = "since",
			   .kind = KIND_TIME,
			   .what = N_("from then on; today without it")},
			  {.name = "until",
			   .kind = KIND_TIME,
			   .what = N_("up to then; four weeks without it")},
			  {.name = "number",
			   .letter = 'n',
			   .kind = KIND_INT,
			   .min = 1,
			   .max = 10000,
			   .what = N_("at most so many")},
			  OPT_FLAG("all", N_("cancelled ones, too")),
			  END_PARAMS},
	.keys = KEYS{KEYS_MEETING, END_KEYS},
	.run = run_list,
};

/* -- agenda -------------------------------------------------------------- */

struct agenda {
	struct command_ctx *ctx;
	char day[WHEN_ISO_SIZE]; /* of the row before */
	int n;
};

/* The day on the reader's clock. */
static int add_day(json_t *row, void *arg)
{
	struct agenda *a = arg;
	char iso[WHEN_ISO_SIZE];
	int64_t ms = 0;
	const char *start = json_get_str(row, "start");
	if (!start || when_parse(span_of(start), 0, &ms, NULL))
		return 0;
	when_iso(ms, iso);
	iso[10] = '\0';
	json_object_set_new(row, "day", json_string(iso));
	json_object_set_new(row, "first_of_day", json_boolean(strcmp(iso, a->day) != 0));
	memcpy(a->day, iso, sizeof(iso));
	a->n++;
	return command_row_fn(row, a->ctx);
}

static int run_agenda(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	bool week = command_flag(l, "week");
	int64_t from = midnight(command_number(l, "day", clock_wall_ms()), 0);
	struct meet_query q = {.since_ms = from, .until_ms = midnight(from, week ? 7 : 1)};
	struct agenda a = {.ctx = ctx};
	int rc = list(ctx, &q, add_day, &a, err);
	if (!rc && !a.n)
		command_say(ctx, week ? _("no meetings in these seven days")
				      : _("no meetings on that day; --week shows more"));
	return rc;
}

static void line_agenda(struct buf *b, const json_t *row, const struct command_line *l)
{
	struct tm tm = {.tm_isdst = -1};
	char day[80];
	int64_t ms = 0, end = 0;
	const char *start = json_get_str(row, "start"), *until = json_get_str(row, "end");
	const char *status = json_get_str(row, "status");
	(void)l;
	if (!start || !until || when_parse(span_of(start), 0, &ms, NULL) ||
	    when_parse(span_of(until), 0, &end, NULL))
		return;
	time_t s = (time_t)(ms / 1000);
	localtime_r(&s, &tm);
	if (json_get_bool(row, "first_of_day", false) &&
	    strftime(day, sizeof(day), "%A, %Y-%m-%d", &tm))
		buf_printf(b, "%s\n", day);
	buf_printf(b, "  %02d:%02d-", tm.tm_hour, tm.tm_min);
	s = (time_t)(end / 1000);
	localtime_r(&s, &tm);
	buf_printf(b, "%02d:%02d  ", tm.tm_hour, tm.tm_min);
	command_put_clean(b, json_object_get(row, "title"));
	buf_put_str(b, " (");
	command_put_clean(b, json_object_get(row, "room"));
	buf_put_char(b, ')');
	if (json_get_str(row, "location")) {
		buf_put_str(b, ", ");
		command_put_clean(b, json_object_get(row, "location"));
	}
	if (status && strcmp(status, "scheduled") != 0)
		buf_printf(b, "  [%s]", status);
}

const struct command verb_meet_agenda = {
	.name = "meet agenda",
	.group = GROUP_MEETING,
	.summary = N_("Show the meetings of a day or a week, on your clock."),
	.examples = EXAMPLES{{"muster meet agenda", N_("today")},
			     {"muster meet agenda tomorrow --week", N_("the next seven days")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "day",
			.kind = KIND_TIME,
			.value = "DAY",
			.what = N_("today without it")},
		       END_PARAMS},
	.options = PARAMS{OPT_FLAG("week", N_("seven days")), OPT_ROOM(N_("only of this room")),
			  OPT_FLAG("all", N_("cancelled ones, too")), END_PARAMS},
	.keys = KEYS{{"day", "string", NULL, N_("the date on your clock"), false},
		     {"first_of_day", "boolean", NULL, N_("the first row of that date"), false},
		     KEYS_MEETING,
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_agenda,
	.run = run_agenda,
};

/* -- show ---------------------------------------------------------------- */

static int run_show(struct command_ctx *ctx, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {.room_id = NULL};
	struct cal_occurrence o;
	struct client *c;
	bool one;
	int rc = meet_arg_any(ctx, &c, &m, &o, &one, err);
	if (rc)
		return rc;
	return command_row(ctx, one ? client_meet_show_one(c, &m, &o) : client_meet_show(c, &m));
}

const struct command verb_meet_show = {
	.name = "meet show",
	.group = GROUP_MEETING,
	.summary = N_("Show a meeting, a series with its next dates, or one of these."),
	.examples =
		EXAMPLES{{"muster meet show now", N_("the one that is on")},
			 {"muster meet show physics-10b@2026-09-14", N_("one date of a series")},
			 END_EXAMPLES},
	.args = PARAMS{ARG_MEETING, END_PARAMS},
	.options = PARAMS{OPT_ROOM(N_("only of this room")), END_PARAMS},
	.keys = KEYS{KEYS_MEETING,
		     {"dates", "strings", N_("Dates"), N_("when the next ones of the series begin"),
		      false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_show,
};
