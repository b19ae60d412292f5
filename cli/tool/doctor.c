#include "cli/tool/doctor.h"

#include "cli/params.h"
#include "core/base/json.h"
#include "server/serve.h"

void finding_ok(struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	f->ok = true;
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
}

void finding_bad(struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	f->ok = false;
	vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
}

void finding_fix(struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(f->fix, sizeof(f->fix), fmt, ap);
	va_end(ap);
}

static int run_checks(struct command_ctx *ctx, const struct check *c, int *bad)
{
	int rc = 0;
	for (; c->name && !rc; c++) {
		struct finding f = {.ok = true};
		c->run(ctx, &f);
		if (f.skipped)
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "check", json_string(c->name));
		json_object_set_new(row, "ok", json_boolean(f.ok));
		json_object_set_new(row, "message", json_string(f.message));
		json_object_set_new(row, "fix", f.fix[0] ? json_string(f.fix) : json_null());
		json_object_set_new(row, "optional", json_boolean(c->optional));
		*bad += f.ok || c->optional ? 0 : 1;
		rc = command_row(ctx, row);
	}
	return rc;
}

/* Of a server on this machine: with --data, or where the usual folder has one. */
static int run_serve_checks(struct command_ctx *ctx, int *bad, struct err *err)
{
	const struct serve_options opt = {.data_dir = command_text(ctx->line, "data")};
	JSON_AUTO json_t *findings = NULL;
	json_t *f;
	size_t i;
	struct err why = {0};
	int rc = serve_findings(&opt, &findings, &why);
	if (rc == ERR_NOT_FOUND && !opt.data_dir)
		return 0;
	if (rc) {
		*err = why;
		return rc;
	}
	json_array_foreach (findings, i, f) {
		*bad += !json_is_true(json_object_get(f, "ok")) &&
			!json_is_true(json_object_get(f, "optional"));
		AUTO_FREE char *name = mem_printf("serve-%s", json_get_str(f, "check"));
		json_object_set_new(f, "check", json_string(name));
		if (!rc)
			rc = command_row_fn(f, ctx);
	}
	return rc;
}

static int run_doctor(struct command_ctx *ctx, struct err *err)
{
	int bad = 0;
	int rc = run_checks(ctx, doctor_local, &bad);
	if (!rc)
		rc = run_checks(ctx, doctor_sound, &bad);
	if (!rc)
		rc = run_checks(ctx, doctor_server, &bad);
	if (!rc)
		rc = run_serve_checks(ctx, &bad, err);
	if (rc || !bad)
		return rc;
	err_set(err, ERR_FAILED, ngettext("%d check failed", "%d checks failed", (unsigned)bad),
		bad);
	return ERR_FAILED;
}

void finding_line(struct buf *b, const json_t *row)
{
	bool optional = json_is_true(json_object_get(row, "optional"));
	buf_put_str(b, json_is_true(json_object_get(row, "ok")) ? "✓ " : optional ? "– " : "✗ ");
	command_put_clean(b, json_object_get(row, "check"));
	buf_put_str(b, ": ");
	command_put_clean(b, json_object_get(row, "message"));
	if (json_is_string(json_object_get(row, "fix"))) {
		buf_put_str(b, "\n    → ");
		command_put_clean(b, json_object_get(row, "fix"));
	}
}

static void line_check(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	finding_line(b, row);
}

const struct command verb_doctor = {
	.name = "doctor",
	.group = GROUP_TOOL,
	.summary = N_("Check what works here, what does not, and how to mend it."),
	.examples =
		EXAMPLES{{"muster doctor", N_("this machine and the account's server")},
			 {"muster doctor --json | jq 'select(.ok|not)'", N_("only what is wrong")},
			 {"muster doctor --data ./school",
			  N_("and what keeps people from the server there")},
			 END_EXAMPLES},
	.options =
		PARAMS{{.name = "data",
			.kind = KIND_FOLDER,
			.what = N_("a server's data folder; without it that of the server that you "
				   "run, or the usual one")},
		       END_PARAMS},
	.keys = KEYS{{"check", "string", NULL, N_("name of the check"), false},
		     {"ok", "boolean", NULL, N_("nothing is wrong"), false},
		     {"message", "string", NULL, N_("what was found"), false},
		     {"fix", "string", NULL, N_("what to do"), false},
		     {"optional", "boolean", NULL, N_("muster works without it, with less"), false},
		     END_KEYS},
	.exits = EXITS{{1, N_("some check that is not optional failed")}, END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_check,
	.run = run_doctor,
};
