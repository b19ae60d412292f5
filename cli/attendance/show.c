/* Registers: everybody's, one's own, a term's. */
#include "cli/attendance/attendance.h"

#include "core/attendance/chart.h"
#include "core/attendance/format.h"
#include "core/attendance/formats/form.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/base/when.h"

#include <langinfo.h>
#include <string.h>

#define KEYS_MARK                                                                                  \
	KEYS_LESSON, {"title", "string", NULL, N_("of the lesson"), false},                        \
		{"start", "string", NULL, N_("when it began"), false},                             \
		{"end", "string", NULL, N_("when it ended"), false},                               \
		{"user_id", "string", N_("User"), N_("Matrix id of the person"), true},            \
		{"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},    \
		{"name", "string", N_("Name"), N_("name of the person"), false},                   \
		{"email", "string", NULL, N_("e-mail address"), false},                            \
		{"role", "string", NULL, N_("teacher or student"), false},                         \
		{"guest", "boolean", NULL, N_("not on the roster"), false},                        \
		{"status", "word", N_("Mark"),                                                     \
		 N_("present, late, left_early, partial, absent, excused, not_tracked, not_known " \
		    "or pending"),                                                                 \
		 false},                                                                           \
		{"first_join", "time", N_("Came"), N_("came first; null: never"), false},          \
		{"last_leave", "time", N_("Left"), N_("left last; null: never, or still there"),   \
		 false},                                                                           \
		{"present_s", "seconds", N_("There"), N_("within the lesson; null: not known"),    \
		 false},                                                                           \
		{"intervals", "array", NULL, N_("objects with from, to, inferred"), false},        \
		{"reasons", "array", NULL, N_("objects with code, text and what belongs to it"),   \
		 false},                                                                           \
	{                                                                                          \
		"sealed", "boolean", NULL, N_("the register was closed with a seal"), false        \
	}

static const char *const seals[][2] = {
	{"good", N_("the seal is good")},
	{"inputs_missing", N_("the seal names %zu events that are no longer there")},
	{"inputs_new", N_("%zu events from before the seal are not in it")},
	{"different", N_("the seal does not fit: judged by its own rules from the events that it "
			 "names, the marks are others")},
};

/* What the seal says, and beginnings of the ids that are missing in it or here. */
static void tell_seal(struct command_ctx *ctx, const json_t *seal)
{
	const char *word = json_get_str(seal, "seal");
	const json_t *list =
		json_get_array(seal, strcmp(word, "inputs_new") == 0 ? "added" : "missing");
	const json_t *id;
	size_t i;
	for (i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		if (strcmp(seals[i][0], word) == 0 && strcmp(word, "good") == 0)
			command_say(ctx, "%s", _(seals[i][1]));
		else if (strcmp(seals[i][0], word) == 0)
			command_warn(ctx, _(seals[i][1]), json_array_size(list));
	json_array_foreach (list, i, id)
		if (i < 10)
			command_warn(ctx, "  %s", json_string_value(id));
	int64_t differ = json_get_i64(seal, "differ", 0),
		corrected = json_get_i64(seal, "corrected", 0);
	if (corrected)
		command_warn(ctx,
			     ngettext("%lld mark was corrected after the seal",
				      "%lld marks were corrected after the seal",
				      (unsigned long)corrected),
			     (long long)corrected);
	if (differ)
		command_warn(ctx,
			     ngettext("%lld mark shown differs from the seal, as other rules were "
				      "given",
				      "%lld marks shown differ from the seal, as other rules were "
				      "given",
				      (unsigned long)differ),
			     (long long)differ);
}

static void tell_notes(struct command_ctx *ctx, const struct sheet_lesson *l)
{
	const json_t *note;
	size_t i;
	json_array_foreach (l->notes, i, note)
		command_say(ctx, "%s", json_string_value(note));
	AUTO_FREE char *rules = form_rules(l);
	if (*rules)
		command_say(ctx, "%s", rules);
}

/* The lesson that "last" and "now" stood for. */
static void tell_lesson(struct command_ctx *ctx, const char *title, int64_t start_ms)
{
	char when[WHEN_ISO_SIZE];
	if (!ctx->people || !title || start_ms <= 0)
		return;
	when_human(start_ms, clock_wall_ms(), when);
	command_say(ctx, "%s, %s", title, when);
}

/* A person whose mark waits for an answer, and why it is wrong as they say. */
static void tell_contested(struct command_ctx *ctx, const char *name, const json_t *reasons)
{
	const json_t *one;
	size_t i;
	json_array_foreach (reasons, i, one) {
		const char *code = json_get_str(one, "code"), *state = json_get_str(one, "state");
		const char *why = json_get_str(one, "reason");
		if (code && state && !strcmp(code, "contested") && !strcmp(state, "open"))
			command_say(ctx, _("contested, without an answer yet: %s: %s"), name,
				    why ? why : "");
	}
}

static int show_lesson(struct command_ctx *ctx, const struct sheet_lesson *l, bool *pending,
		       struct err *err)
{
	const struct format_options o = {0};
	int rc = 0;
	for (size_t i = 0; !rc && i < l->n_rows; i++) {
		json_t *row = format_json_row(l, &l->rows[i], &o, err);
		*pending |= l->rows[i].status == MARK_PENDING;
		rc = row ? command_row(ctx, row) : ERR_INVALID;
	}
	for (size_t i = 0; !rc && i < l->n_rows; i++)
		tell_contested(ctx, l->rows[i].name ? l->rows[i].name : l->rows[i].user_id,
			       l->rows[i].reasons);
	tell_notes(ctx, l);
	return rc;
}

static int show_chart(struct command_ctx *ctx, const struct sheet_lesson *l, bool *pending,
		      struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	const struct chart_look look = {.columns = ctx->width ? ctx->width : 80,
					.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0};
	for (size_t i = 0; i < l->n_rows; i++)
		*pending |= l->rows[i].status == MARK_PENDING;
	int rc = chart_put(&b, l, &look, err);
	if (!rc)
		rc = command_raw(ctx, buf_span(&b));
	tell_notes(ctx, l);
	return rc;
}

static int check_seal(struct command_ctx *ctx, const struct attendance_query *q, struct client *c,
		      struct err *err)
{
	struct register_input *in = NULL;
	struct attendance_register *r = NULL;
	int rc = client_attendance_register(c, q, &in, &r, err);
	if (rc)
		return rc;
	JSON_AUTO json_t *seal = client_attendance_seal_row(in, r);
	tell_seal(ctx, seal);
	register_free(r);
	register_input_free(in);
	return 0;
}

static int run_show(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	AUTO(sheet_done) struct attendance_sheet s = {0};
	bool pending = false, chart = command_flag(ctx->line, "chart");
	int rc = attendance_ask(ctx, &a, err);
	if (!rc && chart && !ctx->people)
		rc = err_set(err, ERR_USAGE,
			     _("a chart is for people: leave out --json and --format"));
	if (!rc)
		rc = client_attendance_sheet(a.c, &a.q, &s, err);
	if (!rc && s.n_lessons == 1)
		tell_lesson(ctx, s.lessons[0].title, s.lessons[0].start_ms);
	for (size_t i = 0; !rc && i < s.n_lessons; i++)
		rc = (chart ? show_chart : show_lesson)(ctx, &s.lessons[i], &pending, err);
	if (!rc && s.n_lessons == 1 && s.lessons[0].sealed)
		rc = check_seal(ctx, &a.q, a.c, err);
	if (!rc && pending)
		rc = err_set(err, ERR_PENDING, _("The lesson is still under way"));
	return rc;
}

const struct command verb_attendance_show = {
	.name = "attendance show",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Show who was there, and why each mark is what it is."),
	.details = N_("Marks are worked out from what devices and servers wrote into the room "
		      "while the lesson was on, from roll-calls, and from what staff said since; "
		      "everybody of the staff gets the same. History that is not here is fetched "
		      "first; what cannot be had makes a mark not_known, never absent. With --json "
		      "each mark carries its reasons.\n\n"
		      "Where the register was sealed, the seal is verified, and what is missing is "
		      "named. It is judged by the rules of its seal, unless others are given here; "
		      "then it is said how many of the marks shown differ from the seal."),
	.examples =
		EXAMPLES{{"muster attendance show --room physics --since 9:00 --until 10:30",
			  N_("this morning's lesson")},
			 {"muster attendance show --room physics --since 9:00 --until 10:30 "
			  "--status absent --json | jq -r .email",
			  N_("whom to write to")},
			 {"muster attendance show --room physics --since 9:00 --until 10:30 --user "
			  "ada --json | jq .reasons",
			  N_("why")},
			 {"muster attendance show --room physics --meeting last --chart",
			  N_("a bar for each person")},
			 END_EXAMPLES},
	.options = PARAMS{OPTS_LESSON,
			  OPTS_WHOSE,
			  OPTS_RULES,
			  {.name = "chart",
			   .kind = KIND_FLAG,
			   .what = N_("bars over the time of the lesson instead of a table")},
			  END_PARAMS},
	.keys = KEYS{KEYS_MARK, END_KEYS},
	.exits = EXITS{{8, N_("a lesson is still under way")}, END_EXITS},
	.shape = SHAPE_TABLE,
	.run = run_show,
};

static int show_mine(json_t *row, void *arg)
{
	struct command_ctx *ctx = arg;
	const char *name = json_get_str(row, "name"), *start = json_get_str(row, "start");
	int64_t start_ms = 0;
	if (start && when_parse(span_of(start), clock_wall_ms(), &start_ms, NULL) == 0)
		tell_lesson(ctx, json_get_str(row, "title"), start_ms);
	int rc = command_row_fn(row, ctx);
	tell_contested(ctx, name ? name : json_get_str(row, "user_id"),
		       json_get_array(row, "reasons"));
	return rc;
}

static int run_mine(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	int rc = attendance_ask(ctx, &a, err);
	return rc ? rc : client_attendance_mine(a.c, &a.q, show_mine, ctx, err);
}

const struct command verb_attendance_mine = {
	.name = "attendance mine",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Show your own marks, and why they are what they are."),
	.details = N_("From what staff told you by direct message, else from what you can see "
		      "yourself: then excuses and corrections are not in it."),
	.examples = EXAMPLES{{"muster attendance mine --room physics --since 9:00 --until 10:30",
			      N_("of this morning")},
			     END_EXAMPLES},
	.options = PARAMS{OPTS_LESSON, END_PARAMS},
	.keys = KEYS{KEYS_MARK,
		     {"source", "string", N_("By"), N_("staff, or own: worked out here"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_mine,
};

static int run_term(struct command_ctx *ctx, struct err *err)
{
	AUTO(attendance_asked_done) struct attendance_asked a;
	int rc = attendance_ask(ctx, &a, err);
	return rc ? rc : client_attendance_term(a.c, &a.q, command_row_fn, ctx, err);
}

const struct command verb_attendance_term = {
	.name = "attendance term",
	.group = GROUP_ATTENDANCE,
	.no_timeout = true,
	.summary = N_("Add up many lessons, person by person."),
	.details = N_("Percent is of the lessons that count: those for which a person was neither "
		      "excused nor without a mark. Who came late or left early was there; who was "
		      "there for less than the minimum was not."),
	.examples =
		EXAMPLES{{"muster attendance term --room physics --since 2026-02-01 --until "
			  "2026-07-01",
			  N_("a term")},
			 {"muster attendance term --room physics --since 2026-02-01 --json | jq -r "
			  "'select(.percent < 75).name'",
			  N_("whom to talk to")},
			 END_EXAMPLES},
	.options = PARAMS{OPTS_LESSON, OPTS_WHOSE, OPTS_RULES, END_PARAMS},
	.keys = KEYS{{"user_id", "string", NULL, N_("Matrix id of the person"), true},
		     {"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},
		     {"name", "string", N_("Name"), N_("name of the person"), false},
		     {"email", "string", NULL, N_("e-mail address"), false},
		     {"lessons", "integer", N_("Lessons"), N_("that they were expected in"), false},
		     {"present", "integer", N_("Present"), N_("how many of these"), false},
		     {"late", "integer", N_("Late"), N_("how many"), false},
		     {"left_early", "integer", N_("Early"), N_("how many"), false},
		     {"partial", "integer", N_("Partial"), N_("how many"), false},
		     {"absent", "integer", N_("Absent"), N_("how many"), false},
		     {"excused", "integer", N_("Excused"), N_("how many"), false},
		     {"not_tracked", "integer", NULL, N_("how many"), false},
		     {"not_known", "integer", NULL, N_("how many"), false},
		     {"percent", "integer", N_("%"), N_("of the lessons that count; null: none"),
		      false},
		     {"present_s", "seconds", N_("There"), N_("in all of them"), false},
		     END_KEYS},
	.shape = SHAPE_TABLE,
	.run = run_term,
};
