/* What the verbs about classes share. */
#include "cli/class/class.h"

#include "cli/list.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/limits.h"
#include "core/client/class_slips.h"

#include <locale.h>
#include <string.h>

#define SLIPS_MAX ((size_t)64 << 20)

const struct command_key class_keys[] =
	{{"room_id", "string", NULL, N_("id of the class room"), true},
	 {"user_id", "string", N_("User"), N_("Matrix id of the person"), true},
	 {"external_id", "string", N_("Id"), N_("id in the school's own lists"), false},
	 {"name", "string", N_("Name"), N_("name of the person"), false},
	 {"email", "string", NULL, N_("e-mail address"), false},
	 {"state", "word", N_("State"),
	  N_("added, existing, invited, left, banned or failed; with --dry-run new or existing"),
	  false},
	 {"link", "string", N_("Link"), N_("the one-time link, when one was made now"), true},
	 {"code", "string", NULL, N_("the code in it, to be typed"), true},
	 {"expires_ts", "time", NULL, N_("until when it can be used"), false},
	 {"error", "string", NULL, N_("why this person could not be added"), false},
	 END_KEYS};

int class_arg(struct command_ctx *ctx, struct client **ret_client, struct class_ref *ret,
	      struct err *err)
{
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, ret_client, err);
	if (!rc)
		rc = command_room(ctx, "class", 0, &room, err);
	return rc ? rc : class_find_room(*ret_client, room, ret, err);
}

/* -- the list ------------------------------------------------------------- */

static void on_problem(void *arg, int line, const char *sentence)
{
	list_warn(arg, "students", line, sentence);
}

/* -- slips ---------------------------------------------------------------- */

static bool is_html(const char *file)
{
	return span_ends(span_of(file), ".html") || span_ends(span_of(file), ".htm");
}

int class_check_slips_name(struct command_ctx *ctx, struct err *err)
{
	const char *file = command_text(ctx->line, "slips");
	if (file && !is_html(file) && !span_ends(span_of(file), ".csv"))
		return err_set(err, ERR_USAGE,
			       _("The file of slips must end in .html (to print) or .csv"));
	return 0;
}

int class_check_slips(struct command_ctx *ctx, struct err *err)
{
	const char *file = command_text(ctx->line, "slips");
	int rc = class_check_slips_name(ctx, err);
	if (rc || !file || !fs_exists(file) || command_flag(ctx->line, "force"))
		return rc;
	err_set(err, ERR_CONFLICT, _("%s exists already"), file);
	err_hint(err, _("--force overwrites it, when there are new slips"));
	return ERR_CONFLICT;
}

static bool works_here_only(const json_t *rows)
{
	static const char *const local[] = {"http://127.", "http://localhost", "http://[::1]"};
	size_t i, k;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *link = json_get_str(row, "link");
		for (k = 0; link && k < ARRAY_LEN(local); k++)
			if (!strncmp(link, local[k], strlen(local[k])))
				return true;
	}
	return false;
}

static const char *language_of(const struct command_ctx *ctx, const struct class_ref *ref)
{
	const char *given = command_text(ctx->line, "language");
	return given	       ? given
	       : ref->language ? ref->language
			       : slips_language(setlocale(LC_MESSAGES, NULL));
}

/*
 * Where they go: links that were made must not be lost, nor those of slips that are there. Whether
 * some would be made was looked at before, but an earlier run may have ended between accounts and links.
 */
static char *slips_place(struct command_ctx *ctx, const char *file)
{
	const char *dot = strrchr(file, '.');
	char *name = mem_strdup(file);
	for (int i = 2; i < 1000 && fs_exists(name) && !command_flag(ctx->line, "force"); i++) {
		mem_free(name);
		name = mem_printf("%.*s-%d%s", (int)(dot - file), file, i, dot);
	}
	return name;
}

int class_write_slips(struct command_ctx *ctx, const struct class_ref *ref, const json_t *rows,
		      struct err *err)
{
	const char *file = command_text(ctx->line, "slips");
	struct slips s = {ref->name, language_of(ctx, ref), rows};
	struct buf b = BUF_INIT(SLIPS_MAX);
	int rc = 0;
	if (works_here_only(rows))
		command_warn(ctx, _("the address in the links works on this machine only: start "
				    "the server with --lan or --public-url, then make new slips"));
	if (!file)
		return 0;
	AUTO_FREE char *place = NULL;
	/* An empty page must not take the place of slips that were handed out. */
	if (!slips_count(rows) && fs_exists(file)) {
		command_say(ctx,
			    _("no new slips, so %s is left as it is; muster class slips makes "
			      "new ones"),
			    file);
		return 0;
	}
	place = slips_place(ctx, file);
	file = place;
	if (is_html(file))
		rc = slips_put_html(&b, &s, err);
	else
		slips_put_csv(&b, &s);
	if (!rc && !buf_ok(&b))
		rc = err_set(err, ERR_TOO_LARGE, _("These slips are too many for one file"));
	if (!rc)
		rc = fs_write_atomic(file, buf_span(&b), 0600, err);
	buf_done(&b);
	if (!rc)
		command_say(ctx,
			    ngettext("%zu slip in %s: whoever has it gets in, so keep it safe",
				     "%zu slips in %s: whoever has one gets in, so keep them safe",
				     slips_count(rows)),
			    slips_count(rows), file);
	return rc;
}

/* -- filling -------------------------------------------------------------- */

static void on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	struct command_ctx *ctx = arg;
	if (ctx->front->progress)
		ctx->front->progress(ctx->front_arg, what, done, total);
}

struct class_request class_request_of(struct command_ctx *ctx, const struct roster_rows *rows,
				      char **teachers)
{
	return (struct class_request){
		.rows = rows,
		.teachers = (const char *const *)teachers,
		.link_life_ms = command_number(ctx->line, "valid", 0),
		.dry_run = ctx->dry_run,
		.problem = on_problem,
		.progress = on_progress,
		.arg = ctx,
	};
}

static int give_out(struct command_ctx *ctx, json_t *rows)
{
	size_t i;
	json_t *row;
	int rc = 0;
	json_array_foreach (rows, i, row) {
		rc = command_row_fn(row, ctx);
		if (rc)
			break;
	}
	return rc;
}

static void say_numbers(struct command_ctx *ctx, const struct class_ref *ref, const json_t *rows)
{
	int added = 0, invited = 0, existing = 0, other = 0;
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *s = json_get_str(row, "state");
		int *n = !strcmp(s, "added")	  ? &added
			 : !strcmp(s, "invited")  ? &invited
			 : !strcmp(s, "existing") ? &existing
						  : &other;
		(*n)++;
	}
	command_say(ctx, _("%s (%s): %d added, %d there already"), ref->name, ref->room_id, added,
		    existing);
	if (invited)
		command_say(ctx,
			    ngettext("%d person is invited and must accept",
				     "%d people are invited and must accept", (unsigned)invited),
			    invited);
	if (other)
		command_say(ctx,
			    ngettext("%d is not in the class: see the state",
				     "%d are not in the class: see their state", (unsigned)other),
			    other);
}

static bool has_new(const json_t *rows)
{
	size_t i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const char *state = json_get_str(row, "state");
		if (state && !strcmp(state, "new"))
			return true;
	}
	return false;
}

static void unsaid(void *arg, int line, const char *sentence)
{
	(void)arg;
	(void)line;
	(void)sentence;
}

/* Slips that were handed out are in the way only of new ones: who runs the same again makes none. */
static int check_room_for_slips(struct command_ctx *ctx, struct client *c, struct class_ref *ref,
				const struct class_request *rq, struct err *err)
{
	const char *file = command_text(ctx->line, "slips");
	JSON_AUTO json_t *rows = NULL;
	struct class_request look = *rq;
	if (rq->dry_run || !file || !fs_exists(file) || command_flag(ctx->line, "force"))
		return 0;
	look.dry_run = true;
	look.problem = unsaid;
	int rc = ref->room_id ? client_class_fill(c, ref, &look, &rows, err) : 0;
	if (rc) { /* What is wrong is told once: now, as nothing more will be done. */
		json_decref(rows);
		rows = NULL;
		look.problem = rq->problem;
		rc = client_class_fill(c, ref, &look, &rows, err);
	}
	if (rc)
		return rc;
	return !ref->room_id || has_new(rows) ? class_check_slips(ctx, err) : 0;
}

int class_fill(struct command_ctx *ctx, struct client *c, struct class_ref *ref,
	       const struct class_request *rq, struct err *err)
{
	JSON_AUTO json_t *rows = NULL;
	struct err why = {0};
	int rc = check_room_for_slips(ctx, c, ref, rq, err);
	if (rc)
		return rc;
	rc = client_class_fill(c, ref, rq, &rows, &why);
	if (!rows) {
		*err = why;
		return rc;
	}
	/* Slips before rows: the links are told only now, whatever happens to stdout. */
	int slips = rq->dry_run ? 0 : class_write_slips(ctx, ref, rows, err);
	int out = give_out(ctx, rows);
	if (!rq->dry_run)
		say_numbers(ctx, ref, rows);
	if (slips || out)
		return slips ? slips : out;
	if (rc)
		*err = why;
	return rc;
}
