/* Writes what is committed under man/ and completions/. */
#include "cli/tool/completion.h"
#include "cli/tool/man.h"

#include "core/base/fs.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command_ctx.h"

static int write_page(const char *dir, const char *name, struct buf *b, struct err *err)
{
	AUTO_FREE char *path = fs_join(dir, name);
	int rc = fs_write_atomic(path, buf_span(b), 0644, err);
	buf_clear(b);
	return rc;
}

static int write_man(const struct command_set *set, const char *dir, struct buf *b, struct err *err)
{
	man_put_overview(b, set);
	int rc = write_page(dir, "muster.1", b, err);
	for (int g = 0; g < GROUP_COUNT && !rc; g++) {
		AUTO_FREE char *name =
			mem_printf("%s.1", command_group_page((enum command_group)g));
		man_put_group(b, set, (enum command_group)g);
		rc = write_page(dir, name, b, err);
	}
	if (rc)
		return rc;
	man_put_config(b);
	return write_page(dir, "muster-config.5", b, err);
}

static int write_completions(const struct command_set *set, const char *dir, struct buf *b,
			     struct err *err)
{
	completion_put_bash(b, set);
	int rc = write_page(dir, "muster.bash", b, err);
	if (rc)
		return rc;
	completion_put_zsh(b, set);
	rc = write_page(dir, "_muster", b, err);
	if (rc)
		return rc;
	completion_put_fish(b, set);
	return write_page(dir, "muster.fish", b, err);
}

static int run_docs(struct command_ctx *ctx, struct err *err)
{
	const char *dir = command_text(ctx->line, "dir");
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	int rc = fs_mkdirs(dir, 0755, err);
	if (!rc && !strcmp(command_text(ctx->line, "what"), "man"))
		rc = write_man(ctx->line->set, dir, &b, err);
	else if (!rc)
		rc = write_completions(ctx->line->set, dir, &b, err);
	buf_done(&b);
	return rc;
}

const struct command verb_docs = {
	.name = "docs",
	.group = GROUP_TOOL,
	.hidden = true,
	.summary = N_("Write the manual pages or the completion scripts into a folder."),
	.args =
		(const struct command_param[]){
			{.name = "what",
			 .kind = KIND_CHOICE,
			 .choices = "man|completions",
			 .required = true,
			 .what = N_("which of them")},
			{.name = "dir",
			 .kind = KIND_FOLDER,
			 .required = true,
			 .what = N_("the folder")},
			{.kind = KIND_NONE},
		},
	.run = run_docs,
};
