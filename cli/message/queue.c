/* What waits to be sent: queue list, run, retry, drop. */
#include "cli/params.h"
#include "core/base/clock.h"
#include "core/client/quiet/quiet.h"
#include "core/client/send.h"

#include <string.h>

#define ARG_TXN                                                             \
	{                                                                   \
		.name = "txn", .kind = KIND_TEXT, .value = "ID",            \
		.what = N_("transaction id of one message; all without it") \
	}

/* What a roll-call still needs, in words; NULL: a message. */
static const char *roll_words(const json_t *row)
{
	const char *what = json_get_str(row, "what");
	if (what && !strcmp(what, "roll_end"))
		return _("the end of a roll-call");
	return what && !strcmp(what, "roll_second") ? _("the second call of a roll-call") : NULL;
}

static int list_row(json_t *row, void *arg)
{
	struct command_ctx *ctx = arg;
	const char *words = ctx->people ? roll_words(row) : NULL;
	if (words)
		json_object_set_new(row, "body", json_sprintf("(%s)", words));
	return command_row_fn(row, ctx);
}

static int run_list(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	int rc = command_client(ctx, &c, err);
	return rc ? rc : client_queue_list(c, list_row, ctx, err);
}

const struct command verb_queue_list = {
	.name = "queue list",
	.group = GROUP_MESSAGE,
	.summary =
		N_("List messages that wait to be sent, those for later, and those that failed."),
	.examples = EXAMPLES{{"muster queue list", N_("with the reason of each failure")},
			     END_EXAMPLES},
	.keys = KEYS{{"txn_id", "string", N_("Id"), N_("transaction id"), true},
		     {"room", "string", N_("Room"), N_("name of the room, or of whom it is for"),
		      false},
		     KEY_ROOM_ID,
		     {"type", "string", NULL, N_("event type"), false},
		     {"what", "string", NULL,
		      N_("message, or of a roll-call: roll_end, roll_second"), false},
		     {"state", "word", N_("State"),
		      N_("queued, sending, scheduled (the server sends it) or failed"), false},
		     {"body", "string", N_("Text"), N_("beginning of the text"), false},
		     {"created_ts", "time", N_("Since"), N_("when it was written"), false},
		     {"at_ts", "time", N_("Due"), N_("when it is to be sent; null: at once"),
		      false},
		     {"attempts", "integer", N_("Tries"), N_("how often it was tried"), false},
		     {"error", "string", N_("Error"), N_("why it failed"), false},
		     END_KEYS},
	.run = run_list,
};

static int run_queue(struct command_ctx *ctx, bool failed, struct err *err)
{
	struct client *c;
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = client_queue_run(c, command_text(ctx->line, "txn"), failed, command_row_fn,
				      ctx, err);
	/* A timer runs this: what others may know of quiet hours is kept up to date by it. */
	if (!rc)
		client_quiet_tell(c, clock_wall_ms(), NULL);
	return rc;
}

static int run_run(struct command_ctx *ctx, struct err *err)
{
	return run_queue(ctx, false, err);
}

static const struct command_exit exits[] =
	{{8, N_("some messages still wait")},
	 {9, N_("what still waits may not go into its room, which has become encrypted")},
	 END_EXITS};

const struct command verb_queue_run = {
	.name = "queue run",
	.group = GROUP_MESSAGE,
	.summary = N_("Send what waits, in order."),
	.details = N_("What is for later stays until its time, which is no error. A systemd timer "
		      "runs this every five minutes: systemctl --user enable --now "
		      "muster-queue.timer."),
	.examples = EXAMPLES{{"muster queue run", N_("when the network is back, or from cron")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_TXN, END_PARAMS},
	.keys = KEYS_SENT,
	.exits = exits,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_run,
};

static int run_retry(struct command_ctx *ctx, struct err *err)
{
	return run_queue(ctx, true, err);
}

const struct command verb_queue_retry = {
	.name = "queue retry",
	.group = GROUP_MESSAGE,
	.summary = N_("Try again what failed for good, together with what waits."),
	.examples = EXAMPLES{{"muster queue retry", N_("all of it")}, END_EXAMPLES},
	.args = PARAMS{ARG_TXN, END_PARAMS},
	.keys = KEYS_SENT,
	.exits = exits,
	.shape = SHAPE_LINE,
	.line = line_sent,
	.run = run_retry,
};

struct dropping {
	const char *txn;
	const char *words; /* what it is of a roll-call, or NULL */
	int rolls;
};

static int look_at(json_t *row, void *arg)
{
	struct dropping *d = arg;
	const char *txn = json_get_str(row, "txn_id"), *words = roll_words(row);
	d->rolls += words != NULL;
	if (d->txn && txn && !strcmp(d->txn, txn))
		d->words = words;
	return 0;
}

static int ask_before(struct command_ctx *ctx, struct client *c, struct dropping *d,
		      struct err *err)
{
	int rc = client_queue_list(c, look_at, d, err);
	if (!rc && !d->txn)
		rc = command_confirm(ctx, err, _("Forget all messages that wait to be sent?"));
	if (!rc && d->words)
		rc = command_confirm(ctx, err, _("%s is %s, which will not come then. Forget it?"),
				     d->txn, d->words);
	return rc;
}

static int run_drop(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	int dropped = 0;
	const char *txn = command_text(ctx->line, "txn");
	struct dropping d = {.txn = txn};
	if (command_dry_run(ctx, NULL))
		return 0;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = ask_before(ctx, c, &d, err);
	if (!rc)
		rc = client_queue_drop(c, txn, &dropped, err);
	if (!rc && !txn && d.rolls)
		command_say(ctx,
			    ngettext("%d that a roll-call needs stays; it is forgotten by its id",
				     "%d that roll-calls need stay; each is forgotten by its id",
				     (unsigned)d.rolls),
			    d.rolls);
	if (!rc && txn && dropped == 0)
		rc = err_set(err, ERR_NOT_FOUND, _("no message \"%.80s\" waits"), txn);
	return rc ? rc : command_row(ctx, json_pack("{s:i}", "dropped", dropped));
}

const struct command verb_queue_drop = {
	.name = "queue drop",
	.group = GROUP_MESSAGE,
	.summary = N_("Forget messages that wait to be sent."),
	.details = N_("What the server was to send later is taken back from it. Ends and second "
		      "calls of roll-calls stay, unless one is named by its id, and --yes given "
		      "or the question answered."),
	.examples = EXAMPLES{{"muster queue drop m12345", N_("one of them")},
			     {"muster queue drop --yes", N_("all, without a question")},
			     END_EXAMPLES},
	.args = PARAMS{ARG_TXN, END_PARAMS},
	.keys = KEYS{{"dropped", "integer", N_("Forgotten"), N_("how many were forgotten"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_drop,
};
