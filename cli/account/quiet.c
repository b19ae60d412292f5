/* When one is not to be disturbed: quiet show, set, on, off. */
#include "core/client/quiet/quiet.h"

#include "cli/params.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define DAY_MS 86400000LL
#define FOR_MIN 60000LL
#define FOR_MAX (31 * DAY_MS)

static const struct command_key keys[] = {
	{"quiet", "boolean", N_("Quiet now"), N_("it is quiet now"), false},
	{"until_ts", "time", N_("Until"), N_("when that ends; null: not within a week"), false},
	{"next_ts", "time", N_("Next"), N_("when it is quiet next; null: now, or not soon"), false},
	{"on", "boolean", N_("On"), N_("the hours below hold"), false},
	{"hours", "strings", N_("Hours"), N_("spans of the week"), false},
	{"zone", "string", N_("Zone"), N_("time zone of the hours"), false},
	{"rooms", "string", N_("Rooms"),
	 N_("work: classes, spaces, and chats with people of those; all: every room"), false},
	{"urgent", "boolean", N_("Urgent"), N_("urgent messages of staff are heard all the same"),
	 false},
	{"private", "boolean", N_("Private"), N_("others are told nothing"), false},
	{"published", "boolean", N_("Told"),
	 N_("who writes to you is told how long it is quiet, where the server has profile fields"),
	 false},
	END_KEYS,
};

static json_t *spans_row(const struct quiet_hours *q)
{
	json_t *list = json_array();
	char text[QUIET_SPAN_SIZE];
	for (int i = 0; i < q->n; i++) {
		quiet_span_put(&q->spans[i], text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *time_or_null(int64_t ms)
{
	return ms ? json_integer(ms) : json_null();
}

static int show(struct command_ctx *ctx, struct client *c, const struct quiet_hours *q)
{
	int64_t now = clock_wall_ms(), until = 0, from = 0, end;
	bool quiet = quiet_at(q, now, &until);
	if (!quiet)
		quiet_next(q, now, &from, &end);
	return command_row(ctx,
			   json_pack("{s:b,s:o,s:o,s:b,s:o,s:s,s:s,s:b,s:b,s:b}", "quiet", quiet,
				     "until_ts", time_or_null(until), "next_ts", time_or_null(from),
				     "on", q->on, "hours", spans_row(q), "zone", q->zone, "rooms",
				     q->all ? "all" : "work", "urgent", !q->no_urgent, "private",
				     q->hidden, "published", client_quiet_told(c)));
}

static int run_show(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	struct quiet_hours q;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_quiet_get(c, &q, err);
	return rc ? rc : show(ctx, c, &q);
}

const struct command verb_quiet_show = {
	.name = "quiet show",
	.group = GROUP_ACCOUNT,
	.summary = N_("Show your quiet hours, and whether it is quiet now."),
	.examples = EXAMPLES{{"muster quiet show", N_("yours")},
			     {"muster quiet show --json | jq .quiet", N_("is it quiet now?")},
			     END_EXAMPLES},
	.details = N_(
		"While it is quiet nothing rings and nothing is notified; everything arrives all "
		"the same. Until you say otherwise it is quiet from 20:00 to 07:00 and at "
		"weekends, in rooms where people work together: classes, spaces, and chats with "
		"people who are in one of them with you."),
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_show,
};

/* -- Changing -------------------------------------------------------------------------- */

static int check_words(const struct command_line *l, struct err *err)
{
	static const char *const pairs[][2] = {{"all", "work"},
					       {"private", "public"},
					       {"no-urgent", "urgent"}};
	static const char *const what[] = {"for",     "tz",	"weekend", "all",      "work",
					   "private", "public", "urgent",  "no-urgent"};
	bool any = command_count(l, "hours") > 0;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (command_flag(l, pairs[i][0]) && command_flag(l, pairs[i][1]))
			return err_set(err, ERR_USAGE, _("--%s and --%s exclude each other"),
				       pairs[i][0], pairs[i][1]);
	for (size_t i = 0; i < ARRAY_LEN(what); i++)
		any = any || command_given(l, what[i]);
	if (command_given(l, "days") && !command_count(l, "hours"))
		return err_set(err, ERR_USAGE,
			       _("--days says when the hours hold: give them, too"));
	if (!any) {
		err_set(err, ERR_USAGE, _("there is nothing to set"));
		err_hint(err, _("write for example muster quiet set 20:00-07:00 --weekend"));
		return ERR_USAGE;
	}
	return 0;
}

static int take_hours(const struct command_line *l, struct quiet_hours *q, struct err *err)
{
	size_t n = command_count(l, "hours");
	const char *days = command_text(l, "days");
	unsigned on = QUIET_DAILY;
	int rc = days ? quiet_days_parse(span_of(days), &on, err) : 0;
	if (n > QUIET_SPANS_MAX - 1)
		return err_set(err, ERR_USAGE, _("at most %d spans"), QUIET_SPANS_MAX - 1);
	if (!rc && n)
		q->n = 0;
	for (size_t i = 0; !rc && i < n; i++) {
		struct quiet_span *p = &q->spans[q->n++];
		rc = quiet_span_parse(span_of(command_nth(l, "hours", i)), p, err);
		p->days = on;
	}
	return rc;
}

static int take_weekend(struct quiet_hours *q, struct err *err)
{
	const struct quiet_span weekend = {0, 0, QUIET_WEEKEND};
	/* A weekend between quiet nights ends with the night to Monday. */
	for (int i = 0; i < q->n; i++)
		if (q->spans[i].to_min < q->spans[i].from_min &&
		    (q->spans[i].days & QUIET_WEEKDAYS) == QUIET_WEEKDAYS)
			q->spans[i].days |= QUIET_WEEKEND;
	for (int i = 0; i < q->n; i++)
		if (q->spans[i].from_min == 0 && q->spans[i].to_min == 0 &&
		    (q->spans[i].days & QUIET_WEEKEND) == QUIET_WEEKEND)
			return 0;
	if (q->n == QUIET_SPANS_MAX)
		return err_set(err, ERR_USAGE, _("at most %d spans"), QUIET_SPANS_MAX - 1);
	q->spans[q->n++] = weekend;
	return 0;
}

/* Whole minutes, so that the time that people are told is the time. */
static int64_t in_so_long(int64_t ms)
{
	return (clock_wall_ms() + ms + FOR_MIN - 1) / FOR_MIN * FOR_MIN;
}

static int check_for(const struct command_line *l, struct err *err)
{
	int64_t ms = command_number(l, "for", FOR_MIN);
	return ms >= FOR_MIN && ms <= FOR_MAX
		       ? 0
		       : err_set(err, ERR_USAGE, _("--for takes a minute to 31 days"));
}

static int take_words(const struct command_line *l, struct quiet_hours *q, struct err *err)
{
	const char *zone = command_text(l, "tz");
	int rc = take_hours(l, q, err);
	if (!rc && command_flag(l, "weekend"))
		rc = take_weekend(q, err);
	if (!rc)
		rc = check_for(l, err);
	if (!rc && zone)
		rc = cal_zone_check(zone, q->zone, err);
	if (rc)
		return rc;
	if (command_given(l, "for")) {
		q->until_ms = in_so_long(command_number(l, "for", 0));
		q->awake_ms = 0;
	}
	if (command_count(l, "hours") || command_flag(l, "weekend")) {
		q->on = true;
		q->awake_ms = 0;
	}
	q->all = command_flag(l, "all") || (q->all && !command_flag(l, "work"));
	q->hidden = command_flag(l, "private") || (q->hidden && !command_flag(l, "public"));
	q->no_urgent = command_flag(l, "no-urgent") || (q->no_urgent && !command_flag(l, "urgent"));
	return 0;
}

/* What was meant for a time that is past has done its part. */
static void drop_past(struct quiet_hours *q)
{
	int64_t now = clock_wall_ms();
	q->until_ms = q->until_ms > now ? q->until_ms : 0;
	q->awake_ms = q->awake_ms > now ? q->awake_ms : 0;
}

/* What --for asked for does not show where it is quiet for longer. */
static void say_longer(struct command_ctx *ctx, const struct quiet_hours *q)
{
	char when[WHEN_ISO_SIZE];
	int64_t until = 0, now = clock_wall_ms();
	if (!command_given(ctx->line, "for") || !quiet_at(q, now, &until) ||
	    (until && until <= q->until_ms))
		return;
	when_human(q->until_ms, now, when);
	command_say(ctx, _("quiet until %s, as you say, and longer by your quiet hours"), when);
}

static int change(struct command_ctx *ctx,
		  int (*how)(const struct command_line *l, struct quiet_hours *q, struct err *err),
		  struct err *err)
{
	struct client *c;
	struct quiet_hours q, tried;
	quiet_default(&tried);
	int rc = how(ctx->line, &tried, err); /* what is wrong is told without a network, too */
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = client_quiet_get(c, &q, err);
	if (rc == ERR_INVALID) { /* somebody else's client wrote it: this is the way out */
		quiet_default(&q);
		rc = 0;
	}
	drop_past(&q);
	if (!rc)
		rc = how(ctx->line, &q, err);
	if (!rc)
		rc = client_quiet_set(c, &q, err);
	if (rc)
		return rc;
	if (how == take_words)
		say_longer(ctx, &q);
	return show(ctx, c, &q);
}

static int run_set(struct command_ctx *ctx, struct err *err)
{
	int rc = check_words(ctx->line, err);
	return rc ? rc : change(ctx, take_words, err);
}

const struct command verb_quiet_set = {
	.name = "quiet set",
	.group = GROUP_ACCOUNT,
	.summary = N_("Say when you are not to be disturbed."),
	.examples = EXAMPLES{{"muster quiet set 20:00-07:00 --weekend",
			      N_("at night, and at weekends")},
			     {"muster quiet set 18:00-08:00 --days mon-fri --tz Europe/Berlin",
			      N_("on working days, whatever zone this machine has")},
			     {"muster quiet set --for 2h", N_("now, for two hours")},
			     {"muster quiet set --private", N_("and tell nobody")},
			     END_EXAMPLES},
	.details = N_(
		"Spans given replace those that were there. Who writes to you in a chat of two is "
		"told until when it is quiet, and nothing more than that: it stands in your "
		"profile "
		"while it is quiet or about to be. --private keeps it from everybody.\n\nAn urgent "
		"message that names you and comes from the staff of its room is heard in quiet "
		"hours, unless you say --no-urgent."),
	.args = PARAMS{{.name = "hours",
			.kind = KIND_TEXT,
			.value = "FROM-TO",
			.repeat = true,
			.what = N_("a span such as 20:00-07:00; may go over midnight")},
		       END_PARAMS},
	.options = PARAMS{{.name = "days",
			   .kind = KIND_TEXT,
			   .value = "DAYS",
			   .what = N_("on which days they begin: mon-fri, sat,sun; every day "
				      "without it")},
			  {.name = "weekend",
			   .kind = KIND_FLAG,
			   .what = N_("all Saturday and Sunday, too")},
			  {.name = "tz",
			   .kind = KIND_TEXT,
			   .value = "ZONE",
			   .what = N_("time zone of the hours, such as Europe/Berlin")},
			  {.name = "for",
			   .kind = KIND_DURATION,
			   .what = N_("quiet from now on for so long, whatever the hour")},
			  {.name = "all", .kind = KIND_FLAG, .what = N_("in every room")},
			  {.name = "work",
			   .kind = KIND_FLAG,
			   .what = N_("only in classes, spaces and chats with people of those")},
			  {.name = "private", .kind = KIND_FLAG, .what = N_("tell nobody")},
			  {.name = "public",
			   .kind = KIND_FLAG,
			   .what = N_("tell who writes to you until when it is quiet")},
			  {.name = "no-urgent",
			   .kind = KIND_FLAG,
			   .what = N_("urgent messages wait like all others")},
			  {.name = "urgent",
			   .kind = KIND_FLAG,
			   .what = N_("urgent messages that name you are heard")},
			  END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_set,
};

static int take_on(const struct command_line *l, struct quiet_hours *q, struct err *err)
{
	(void)l;
	(void)err;
	q->on = true;
	q->awake_ms = 0;
	return 0;
}

static int run_on(struct command_ctx *ctx, struct err *err)
{
	return change(ctx, take_on, err);
}

const struct command verb_quiet_on = {
	.name = "quiet on",
	.group = GROUP_ACCOUNT,
	.summary = N_("Let your quiet hours hold again."),
	.examples = EXAMPLES{{"muster quiet on", N_("after muster quiet off")}, END_EXAMPLES},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_on,
};

static int take_off(const struct command_line *l, struct quiet_hours *q, struct err *err)
{
	int rc = check_for(l, err);
	if (rc)
		return rc;
	q->until_ms = 0;
	if (command_given(l, "for")) {
		q->awake_ms = in_so_long(command_number(l, "for", 0));
	} else {
		q->on = false;
		q->awake_ms = 0;
	}
	return 0;
}

static int run_off(struct command_ctx *ctx, struct err *err)
{
	return change(ctx, take_off, err);
}

const struct command verb_quiet_off = {
	.name = "quiet off",
	.group = GROUP_ACCOUNT,
	.summary = N_("Be reachable whatever the hour."),
	.examples = EXAMPLES{{"muster quiet off --for 3h", N_("tonight until later")},
			     {"muster quiet off", N_("until muster quiet on or quiet set")},
			     END_EXAMPLES},
	.options = PARAMS{{.name = "for",
			   .kind = KIND_DURATION,
			   .what = N_("only for so long; the hours hold again afterwards")},
			  END_PARAMS},
	.keys = keys,
	.shape = SHAPE_RECORD,
	.run = run_off,
};
