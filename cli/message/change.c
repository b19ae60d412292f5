/* What is done to one message: react, edit, delete. */
#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/limits.h"
#include "core/client/rooms.h"
#include "core/client/send.h"

static int find(struct command_ctx *ctx, struct client **ret, char **ret_room, struct err *err)
{
	int rc = command_client(ctx, ret, err);
	return rc ? rc : command_room(ctx, "room", 0, ret_room, err);
}

static int run_react(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = (command_flag(l, "remove") ? client_unreact
					: client_react)(c, room, command_text(l, "event"),
							command_text(l, "key"),
							command_text(l, "txn-id"), &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_react = {
	.name = "react",
	.group = GROUP_MESSAGE,
	.summary = N_("React to a message, or take that back."),
	.examples = EXAMPLES{{"muster react physics '$event' 👍", N_("with an emoji")},
			     {"muster react physics '$event' \"on my way\"", N_("with words")},
			     {"muster react physics '$event' 👍 --remove", N_("no more")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM,
		       ARG_EVENT,
		       {.name = "key",
			.kind = KIND_TEXT,
			.value = "KEY",
			.required = true,
			.what = N_("the emoji, or a few words")},
		       END_PARAMS},
	.options = PARAMS{{.name = "remove",
			   .kind = KIND_FLAG,
			   .what = N_("take this reaction of yours back")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS_SENT,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_react,
};

static int edit(struct command_ctx *ctx, struct client *c, const char *room, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct buf text = BUF_INIT(LIMIT_STDIN_MESSAGE);
	bool from_stdin;
	json_t *row = NULL;
	int rc = command_words(ctx, "words", &text, &from_stdin, err);
	bool markdown = command_flag(l, "markdown") ||
			(!from_stdin && setting_bool(ctx, "chat.markdown", true));
	bool plain = command_flag(l, "text") || !markdown;
	struct span s = buf_span(&text);
	if (from_stdin && s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (!rc && s.n == 0)
		rc = err_set(err, ERR_USAGE,
			     _("the new text is empty; muster delete removes a message"));
	if (!rc)
		rc = client_edit(c, room, command_text(l, "event"),
				 plain ? SEND_TEXT : SEND_MARKDOWN, s, command_text(l, "txn-id"),
				 &row, err);
	buf_done(&text);
	return rc ? rc : command_row(ctx, row);
}

static int run_edit(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	return edit(ctx, c, room, err);
}

const struct command verb_edit = {
	.name = "edit",
	.group = GROUP_MESSAGE,
	.summary = N_("Replace the text of a message of yours."),
	.examples = EXAMPLES{{"muster edit physics '$event' \"We start at **ten**\"",
			      N_("words are Markdown, as in send")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM,
		       ARG_EVENT,
		       {.name = "words",
			.kind = KIND_TEXT,
			.required = true,
			.repeat = true,
			.dash = true,
			.what = N_("the new text; - reads standard input")},
		       END_PARAMS},
	.options = PARAMS{{.name = "text", .kind = KIND_FLAG, .what = N_("it is plain text")},
			  {.name = "markdown", .kind = KIND_FLAG, .what = N_("it is Markdown")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS_SENT,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_edit,
};

static int run_delete(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	json_t *row;
	AUTO_FREE char *room = NULL;
	int rc = find(ctx, &c, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_delete(c, room, command_text(l, "event"), command_text(l, "reason"),
			   command_text(l, "txn-id"), &row, err);
	return rc ? rc : command_row(ctx, row);
}

const struct command verb_delete = {
	.name = "delete",
	.group = GROUP_MESSAGE,
	.summary = N_("Delete a message for everybody (redact it)."),
	.examples = EXAMPLES{{"muster delete physics '$event' --reason \"wrong room\"",
			      N_("the others see that it was deleted, and why")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_ROOM, ARG_EVENT, END_PARAMS},
	.options = PARAMS{OPT_REASON, OPT_TXN, END_PARAMS},
	.keys = KEYS_SENT,
	.exits = EXITS{{9, N_("the room is encrypted, and a reason would not be")}, END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_delete,
};
