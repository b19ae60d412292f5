#include "cli/attendance/files.h"

#include "core/attendance/roster_sheet.h"
#include "core/base/fs.h"
#include "core/base/limits.h"
#include "core/calendar/zone.h"
#include "core/client/roster_io.h"
#include "core/client/util.h"

#include <string.h>
#include <unistd.h>

#define OUT_MAX ((size_t)512 << 20) /* bytes of what is written */

/* -- where to ------------------------------------------------------------------- */

static bool has_argument(const struct command_ctx *ctx, const char *name)
{
	const struct command_param *p = ctx->line->command->args;
	while (p && p->kind && strcmp(p->name, name) != 0)
		p++;
	return p && p->kind;
}

static int find_path(const struct command_ctx *ctx, const char **ret, struct err *err)
{
	const char *option = command_text(ctx->line, "output");
	const char *arg = has_argument(ctx, "out") ? command_text(ctx->line, "out") : NULL;
	if (option && arg)
		return err_set(err, ERR_USAGE, _("%s and --output %s: give one of them"), arg,
			       option);
	*ret = option ? option : arg;
	if (*ret && !strcmp(*ret, "-"))
		*ret = NULL;
	return 0;
}

static int find_form(const struct command_ctx *ctx, const char *path, enum attendance_format *ret,
		     struct err *err)
{
	const char *as = command_text(ctx->line, "as");
	*ret = as ? format_parse(as) : path ? format_of_file(path) : FORMAT_COUNT;
	if (*ret != FORMAT_COUNT)
		return 0;
	err_set(err, ERR_USAGE, _("As what is it to be written?"));
	err_hint(err,
		 _("give --as, or a file name that ends in .csv, .xlsx, .json, .html or .ics"));
	return ERR_USAGE;
}

int attendance_target(struct command_ctx *ctx, struct attendance_file *ret, struct err *err)
{
	int rc = find_path(ctx, &ret->path, err);
	if (!rc)
		rc = find_form(ctx, ret->path, &ret->form, err);
	if (rc)
		return rc;
	if (!ret->path && format_is_binary(ret->form) && isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, _("a file's bytes may harm a terminal: not written there"));
		err_hint(err, _("give a file name after -o, or a pipe behind it"));
		return ERR_USAGE;
	}
	if (!ret->path || !fs_exists(ret->path) || command_flag(ctx->line, "force"))
		return 0;
	err_set(err, ERR_CONFLICT, _("%s exists already"), ret->path);
	err_hint(err, _("--force overwrites it"));
	return ERR_CONFLICT;
}

static struct format_options options_of(const struct command_ctx *ctx)
{
	return (struct format_options){.excel = command_flag(ctx->line, "excel"),
				       .no_times = command_flag(ctx->line, "no-times"),
				       .zone = command_text(ctx->line, "zone")};
}

int attendance_write(struct command_ctx *ctx, const struct attendance_file *to,
		     const struct attendance_sheet *s, struct err *err)
{
	AUTO(buf_done) struct buf b = BUF_INIT(OUT_MAX);
	struct format_options o = options_of(ctx);
	int rc = format_write(to->form, s, &o, &b, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s,s:I}", "form", format_name(to->form),
						 "bytes", (json_int_t)b.n)))
		return rc;
	if (!to->path)
		return command_raw(ctx, buf_span(&b));
	return fs_write_atomic(to->path, buf_span(&b), 0600, err);
}

/* -- where from ------------------------------------------------------------------ */

struct reading {
	struct command_ctx *ctx;
	const char *name;
	unsigned *passed;
};

static void on_problem(void *arg, int line, const char *sentence)
{
	const struct reading *r = arg;
	++*r->passed;
	if (line)
		command_warn(r->ctx, _("%s, line %d: %s"), r->name, line, sentence);
	else
		command_warn(r->ctx, "%s: %s", r->name, sentence);
}

static int load(struct command_ctx *ctx, const char *file, struct buf *b, struct err *err)
{
	if (!strcmp(file, "-"))
		return ctx->front->input(ctx->front_arg, b, err);
	return fs_read(file, b, err);
}

/* --day is a date here; what counts is that date in --zone. 0 and no error without it. */
static int day_of(const struct command_ctx *ctx, const char *zone, int64_t *ret, struct err *err)
{
	struct cal_time day;
	char local[CAL_ZONE_MAX];
	*ret = command_number(ctx->line, "day", 0);
	if (!*ret || !zone)
		return 0;
	cal_zone_local(local);
	int rc = cal_time_at(*ret, local, &day, err);
	if (!rc)
		rc = cal_zone_check(zone, day.zone, err);
	day.hour = 12;
	return rc ? rc : cal_time_ms(&day, ret, err);
}

int attendance_read(struct command_ctx *ctx, struct attendance_sheet *ret,
		    enum attendance_format *ret_form, unsigned *passed, struct err *err)
{
	const char *file = command_text(ctx->line, "in"), *from = command_text(ctx->line, "from");
	struct reading r = {ctx, strcmp(file, "-") ? file : _("standard input"), passed};
	AUTO(buf_done) struct buf b = BUF_INIT(LIMIT_CSV_BYTES);
	struct format_options o = {.zone = command_text(ctx->line, "zone")};
	int64_t day;
	int rc = load(ctx, file, &b, err);
	if (!rc)
		rc = day_of(ctx, o.zone, &day, err);
	if (rc)
		return rc;
	enum attendance_format f = from ? format_parse(from) : format_detect(buf_span(&b));
	rc = format_read(f, buf_span(&b), &o, day, on_problem, &r, ret, err);
	if (rc == ERR_INVALID || rc == ERR_UNSUPPORTED)
		err_prefix(err, "%s", r.name);
	if (!rc && ret_form)
		*ret_form = f;
	return rc;
}

/* -- who they are ------------------------------------------------------------------ */

static void on_stranger(void *arg, const struct sheet_row *r, const char *why)
{
	const struct reading *d = arg;
	const char *name = r->name ? r->name : r->email ? r->email : r->external_id;
	++*d->passed;
	if (why)
		command_warn(d->ctx, _("%s is not matched: %s"), name ? name : "?", why);
	else
		command_warn(d->ctx, _("%s is not on the roster of the class"), name ? name : "?");
}

/* What matching needs; all of it is released by by_roster_done. */
struct by_roster {
	struct class_ref ref;
	struct roster *roster;
	struct roster_members members;
	const char *server_name;
};

static void by_roster_done(struct by_roster *b)
{
	class_ref_done(&b->ref);
	roster_free(b->roster);
	roster_members_done(&b->members);
}

static int find_people(struct command_ctx *ctx, struct by_roster *ret, struct err *err)
{
	AUTO_FREE char *room = NULL;
	struct client *c;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (!rc)
		rc = client_roster_of(c, room, &ret->ref, &ret->roster, err);
	if (!rc)
		rc = client_roster_members(c, room, &ret->members, err);
	if (!rc)
		ret->server_name = client_server_name(c);
	return rc;
}

int attendance_by_roster(struct command_ctx *ctx, struct attendance_sheet *s, bool absent,
			 unsigned *passed, struct err *err)
{
	AUTO(by_roster_done) struct by_roster b = {0};
	struct reading d = {.ctx = ctx, .passed = passed};
	if (!command_given(ctx->line, "room"))
		return 0;
	int rc = find_people(ctx, &b, err);
	struct roster_match_query q = {.roster = b.roster,
				       .members = b.members.v,
				       .n_members = b.members.n,
				       .server_name = b.server_name};
	for (size_t i = 0; i < s->n_lessons && !rc; i++)
		roster_sheet_match(&q, &s->lessons[i], absent, on_stranger, &d);
	return rc;
}
