#include "core/client/send.h"

#include "cli/params.h"
#include "cli/settings.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/when.h"
#include "core/client/rooms.h"

/* Words are Markdown, standard input is plain, unless it is said otherwise. */
static enum send_format format_of(const struct command_ctx *ctx, bool from_stdin)
{
	const struct command_line *l = ctx->line;
	if (command_flag(l, "text"))
		return SEND_TEXT;
	if (command_flag(l, "markdown"))
		return SEND_MARKDOWN;
	if (from_stdin || !setting_bool(ctx, "chat.markdown", true))
		return SEND_TEXT;
	return SEND_MARKDOWN;
}

/* The next line of stdin, without its end. False at the end of input. */
static bool next_line(struct buf *b)
{
	int c;
	buf_clear(b);
	while ((c = getchar_unlocked()) != EOF && c != '\n')
		if (!buf_put_char(b, (char)c))
			return true;
	while (b->n && b->p[b->n - 1] == '\r')
		buf_truncate(b, b->n - 1);
	return c != EOF || b->n;
}

static int check_line(const struct buf *b, int i, struct err *err)
{
	if (buf_ok(b))
		return 0;
	return err_set(err, ERR_TOO_LARGE, _("line %d is longer than %zu bytes"), i, b->cap);
}

/* Each line of stdin as a message of its own, as it comes. */
static int send_lines(struct command_ctx *ctx, struct client *c, struct send_request *rq,
		      struct err *err)
{
	const char *txn = rq->txn_id;
	AUTO(buf_done) struct buf line = BUF_INIT(LIMIT_STDIN_MESSAGE);
	int rc = 0, pending = 0;
	for (int i = 1; !rc && next_line(&line); i++) {
		rc = check_line(&line, i, err);
		if (rc || line.n == 0)
			continue;
		AUTO_FREE char *own = txn ? mem_printf("%s-%d", txn, i) : NULL;
		rq->txn_id = own;
		rq->text = buf_span(&line);
		rc = client_send(c, rq, command_row_fn, ctx, err);
		/* Queued: the lines behind it are queued too. */
		if (rc == ERR_PENDING) {
			pending = rc;
			rc = 0;
		}
	}
	return rc ? rc : pending;
}

static int check_words(const struct command_line *l, struct err *err)
{
	bool text = command_count(l, "words") > 0, lines = command_flag(l, "lines");
	const char *first = command_nth(l, "words", 0);
	if (!text && command_count(l, "file") == 0)
		return err_set(err, ERR_USAGE,
			       _("there is nothing to send: neither TEXT nor --file"));
	if (lines && (!first || strcmp(first, "-") != 0))
		return err_set(err, ERR_USAGE, _("--lines reads standard input: give - for TEXT"));
	if (lines && command_count(l, "file"))
		return err_set(err, ERR_USAGE, _("--lines and --file exclude each other"));
	if (command_flag(l, "text") && command_flag(l, "markdown"))
		return err_set(err, ERR_USAGE, _("--text and --markdown exclude each other"));
	return 0;
}

/* --at: a time of day that is past today means tomorrow's. */
static int time_at(const struct command_line *l, int64_t *ret, struct err *err)
{
	char tomorrow[40];
	const char *text = command_text(l, "at");
	int64_t now = clock_wall_ms(), at = command_number(l, "at", 0);
	if (!text)
		return 0;
	if (at <= now && strlen(text) <= 5 && strspn(text, "0123456789:") == strlen(text)) {
		snprintf(tomorrow, sizeof(tomorrow), "tomorrow %s", text);
		if (when_parse(span_of(tomorrow), now, &at, NULL))
			at = 0;
	}
	if (at <= now)
		return err_set(err, ERR_USAGE, _("--at %.80s is past"), text);
	*ret = at;
	return 0;
}

static void show_progress(const char *file, int64_t done, int64_t total, void *arg)
{
	struct command_ctx *ctx = arg;
	if (ctx->front->progress)
		ctx->front->progress(ctx->front_arg, file, done, total);
}

static int send_it(struct command_ctx *ctx, struct client *c, struct send_request *rq,
		   struct err *err)
{
	struct buf text = BUF_INIT(LIMIT_STDIN_MESSAGE);
	bool from_stdin = false;
	int rc = 0;
	if (command_count(ctx->line, "words"))
		rc = command_words(ctx, "words", &text, &from_stdin, err);
	rq->format = format_of(ctx, from_stdin);
	rq->text = buf_span(&text);
	if (from_stdin && rq->text.n && rq->text.p[rq->text.n - 1] == '\n')
		rq->text.n--;
	if (!rc && from_stdin && rq->text.n == 0 && !rq->files)
		rc = err_set(err, ERR_USAGE, _("standard input was empty: nothing to send"));
	if (!rc)
		rc = client_send(c, rq, command_row_fn, ctx, err);
	buf_done(&text);
	return rc;
}

static int run_send(struct command_ctx *ctx, struct err *err)
{
	const struct command_line *l = ctx->line;
	struct client *c;
	AUTO_FREE char *room = NULL;
	char **mentions = NULL;
	int64_t at = 0;
	int rc = check_words(l, err);
	if (!rc)
		rc = time_at(l, &at, err);
	if (!rc)
		rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_FOLLOW | (ctx->dry_run ? 0 : ROOM_MAKE_DIRECT),
				  &room, err);
	if (!rc)
		rc = command_users(ctx, "mention", room, &mentions, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room))) {
		command_list_free(mentions);
		return rc;
	}
	AUTO_FREE const char **files = command_texts(ctx, "file");
	struct send_request rq = {
		.room_id = room,
		.notice = command_flag(l, "notice"),
		.emote = command_flag(l, "emote"),
		.reply_to = command_text(l, "reply"),
		.thread = command_text(l, "thread"),
		.files = files,
		.mentions = mentions[0] ? (const char *const *)mentions : NULL,
		.txn_id = command_text(l, "txn-id"),
		.queue = command_flag(l, "queue"),
		.at_ms = at,
		.progress = show_progress,
		.progress_arg = ctx,
	};
	rq.format = format_of(ctx, true);
	rc = command_flag(l, "lines") ? send_lines(ctx, c, &rq, err) : send_it(ctx, c, &rq, err);
	if (!rc && !at)
		say_if_quiet(ctx, c, room);
	command_list_free(mentions);
	return rc;
}

const struct command verb_send = {
	.name = "send",
	.group = GROUP_MESSAGE,
	.summary = N_("Send a message or files to a room."),
	.examples =
		EXAMPLES{{"muster send physics \"We start at **nine**\"", N_("words are Markdown")},
			 {"df -h | muster send ops -", N_("standard input, as plain text")},
			 {"muster send @ada:school.example --file homework.pdf",
			  N_("a file, to one person")},
			 {"muster send physics \"Good morning\" --txn-id morning-2026-09-01",
			  N_("safe to repeat: it is posted once")},
			 {"muster send @ada:school.example \"See you at nine\" --at 08:00",
			  N_("not before then; muster queue list shows it, queue drop takes it "
			     "back")},
			 END_EXAMPLES},
	.details =
		N_("Text that begins with a dash goes behind --.\n\nWith --at the server sends it "
		   "at that time, where it can (delayed events, MSC4140); files are uploaded at "
		   "once. Else it waits here, is sent when muster queue run or the screen runs "
		   "after that time, and the exit status is 8.\n\nEncrypted rooms are refused "
		   "with status 9."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "words",
			.kind = KIND_TEXT,
			.repeat = true,
			.dash = true,
			.what = N_("the message; - reads standard input")},
		       END_PARAMS},
	.options =
		PARAMS{{.name = "file",
			.letter = 'f',
			.kind = KIND_FILE,
			.repeat = true,
			.what = N_("send this file, after the text")},
		       {.name = "text", .kind = KIND_FLAG, .what = N_("the message is plain text")},
		       {.name = "markdown",
			.kind = KIND_FLAG,
			.what = N_("the message is Markdown")},
		       {.name = "reply", .kind = KIND_EVENT, .what = N_("reply to this message")},
		       {.name = "thread",
			.kind = KIND_EVENT,
			.what = N_("send into the thread that begins with this message")},
		       {.name = "mention",
			.kind = KIND_USER,
			.repeat = true,
			.what = N_("somebody who is to be notified")},
		       {.name = "notice",
			.kind = KIND_FLAG,
			.what = N_("as a notice, which programs do not answer")},
		       {.name = "emote", .kind = KIND_FLAG, .what = N_("as an action (/me)")},
		       {.name = "lines",
			.kind = KIND_FLAG,
			.what = N_("send each line of standard input as a message as it comes")},
		       OPT_TXN,
		       {.name = "at",
			.kind = KIND_TIME,
			.what = N_("send at this time; 8:00 is the next one")},
		       {.name = "queue",
			.kind = KIND_FLAG,
			.what = N_("without a network keep it, for muster queue run")},
		       END_PARAMS},
	.keys = KEYS_SENT,
	.exits = EXITS{{8, N_("kept in the queue, not sent yet")},
		       {9, N_("the room is encrypted")},
		       END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_send,
};
