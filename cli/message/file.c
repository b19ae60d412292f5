#include "cli/params.h"
#include "core/client/media.h"
#include "core/client/rooms.h"

#include <unistd.h>

struct progress {
	struct command_ctx *ctx;
	const char *what;
};

static void show(int64_t done, int64_t total, void *arg)
{
	const struct progress *p = arg;
	if (p->ctx->front->progress)
		p->ctx->front->progress(p->ctx->front_arg, p->what, done, total);
}

static int run_get(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	const char *what = command_text(l, "what"), *out = command_text(l, "output");
	struct client *c;
	AUTO_FREE char *room = NULL;
	json_t *row = NULL;
	struct progress p = {ctx, what};
	if (strncmp(what, "mxc://", 6) != 0 && what[0] != '$')
		return err_set(err, ERR_USAGE,
			       _("\"%.80s\" is neither a media address (mxc://...) nor an event id "
				 "($...)"),
			       what);
	bool to_stdout = out && !strcmp(out, "-");
	if (to_stdout && isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, _("a file's bytes may harm a terminal: not written there"));
		err_hint(err, _("give a file name after -o, or a pipe behind it"));
		return ERR_USAGE;
	}
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	rc = client_file_get(c, room, what, out, command_flag(l, "force"), to_stdout ? NULL : show,
			     &p, &row, err);
	if (rc)
		return rc;
	if (to_stdout) {
		json_decref(row);
		return 0;
	}
	return command_row(ctx, row);
}

static void line_get(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	command_put_clean(b, json_object_get(row, "path"));
}

const struct command verb_file_get = {
	.name = "file get",
	.group = GROUP_MESSAGE,
	.no_timeout = true,
	.summary = N_("Fetch a file that was sent."),
	.examples = EXAMPLES{{"muster file get mxc://school.example/abc -o homework.pdf",
			      N_("by its media address, the key url of read --json")},
			     {"muster file get '$event' --room physics", N_("by its message")},
			     {"muster file get '$event' -o - | tar t", N_("into a pipe")},
			     END_EXAMPLES},
	.args = PARAMS{{.name = "what",
			.kind = KIND_TEXT,
			.value = "URI",
			.required = true,
			.what = N_("media address (mxc://...) or event id of the message")},
		       END_PARAMS},
	.options = PARAMS{{.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .dash = true,
			   .what = N_("file or folder to write; - writes to standard output")},
			  {.name = "room",
			   .letter = 'r',
			   .kind = KIND_ROOM,
			   .what = N_("room of the message, when it is not here yet")},
			  {.name = "force",
			   .kind = KIND_FLAG,
			   .what = N_("overwrite a file that exists")},
			  END_PARAMS},
	.keys = KEYS{{"path", "string", NULL, N_("where the file is now"), true},
		     {"size", "bytes", NULL, N_("its size"), false},
		     {"mimetype", "string", NULL, N_("its type"), false},
		     {"url", "string", NULL, N_("its media address"), true},
		     END_KEYS},
	.shape = SHAPE_LINE,
	.line = line_get,
	.run = run_get,
};
