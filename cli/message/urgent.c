/* What must not wait: named people, a reason, and who has read it. */
#include "core/client/urgent.h"

#include "cli/params.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"

static int take_text(struct command_ctx *ctx, struct buf *b, struct err *err)
{
	bool from_stdin = false;
	int rc = command_words(ctx, "words", b, &from_stdin, err);
	while (!rc && from_stdin && b->n && b->p[b->n - 1] == '\n')
		buf_truncate(b, b->n - 1);
	return rc;
}

/* What the sender should know: whose quiet hours it does not break, and why. */
static void say_rank(struct command_ctx *ctx, struct client *c, const char *room_id)
{
	if (!client_urgent_is_staff(c, room_id))
		command_say(ctx, "%s",
			    _("You are not staff of this room: who has quiet hours now hears of it "
			      "when they end."));
}

static int wait_for_them(struct command_ctx *ctx, struct client *c, const char *room_id,
			 const char *event_id, char **users, struct err *err)
{
	int64_t ms = command_number(ctx->line, "wait", 0);
	command_say(ctx, "%s", _("Who reads privately is counted as not having read it."));
	return client_urgent_wait(c, room_id, event_id, (const char *const *)users,
				  ms ? clock_mono_ms() + ms : 0, command_row_fn, ctx, err);
}

static int send_it(struct command_ctx *ctx, struct client *c, const char *room_id, char **users,
		   struct err *err)
{
	AUTO(buf_done) struct buf text = BUF_INIT(LIMIT_STDIN_MESSAGE);
	JSON_AUTO json_t *row = NULL;
	int rc = take_text(ctx, &text, err);
	struct urgent_request rq = {
		.room_id = room_id,
		.text = buf_span(&text),
		.reason = command_text(ctx->line, "reason"),
		.users = (const char *const *)users,
		.txn_id = command_text(ctx->line, "txn-id"),
	};
	if (!rc)
		rc = client_urgent(c, &rq, &row, err);
	if (!rc)
		rc = command_row(ctx, json_incref(row));
	if (rc)
		return rc;
	say_rank(ctx, c, room_id);
	say_if_quiet(ctx, c, room_id);
	if (!command_given(ctx->line, "wait"))
		return 0;
	return wait_for_them(ctx, c, room_id, json_get_str(row, "event_id"), users, err);
}

static int run_urgent(struct command_ctx *ctx, struct err *err)
{
	struct client *c;
	AUTO_FREE char *room = NULL;
	char **users = NULL;
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_FOLLOW, &room, err);
	if (!rc)
		rc = command_users(ctx, "user", room, &users, err);
	if (!rc && !command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		rc = send_it(ctx, c, room, users, err);
	command_list_free(users);
	return rc;
}

/* The message, then a line for each person. */
static void line_urgent(struct buf *b, const json_t *row, const struct command_line *l)
{
	const json_t *user = json_object_get(row, "user_id"), *name = json_object_get(row, "name");
	if (!user) {
		line_sent(b, row, l);
		return;
	}
	buf_put_str(b, json_get_bool(row, "read", false) ? _("read:     ") : _("not read: "));
	command_put_clean(b, json_is_string(name) ? name : user);
}

const struct command verb_urgent = {
	.name = "urgent",
	.aliases = "ding",
	.group = GROUP_MESSAGE,
	.summary = N_("Send what must not wait, to named people with a reason."),
	.examples =
		EXAMPLES{{"muster urgent physics \"Room 12 is flooded, go to room 7\" --user ada "
			  "--user ben --reason \"the lesson begins at 8\"",
			  N_("everybody in the room sees it; Ada and Ben are called")},
			 {"muster urgent physics \"Come to the office\" --user ada --reason \"your "
			  "parents are here\" --wait=10m",
			  N_("until she has read it, ten minutes at most")},
			 END_EXAMPLES},
	.details = N_(
		"It is an ordinary message that says in words who is meant and why, so that every "
		"client shows it. Quiet hours are broken only for the people named, only by the "
		"staff of a room, and not for those who do not want it (muster quiet set "
		"--no-urgent). Your client sends three an hour to a room and one an hour to a "
		"person.\n\nWith --wait a row comes for each person as they read it. Receipts that "
		"are private look like not having read it; muster receipts shows the same "
		"later."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "words",
			.kind = KIND_TEXT,
			.required = true,
			.repeat = true,
			.dash = true,
			.what = N_("the message; - reads standard input")},
		       END_PARAMS},
	.options = PARAMS{{.name = "user",
			   .kind = KIND_USER,
			   .repeat = true,
			   .required = true,
			   .what = N_("who is meant; once for each, 50 at most")},
			  {.name = "reason",
			   .kind = KIND_TEXT,
			   .required = true,
			   .what = N_("why it cannot wait; everybody can read it")},
			  {.name = "wait",
			   .kind = KIND_DURATION,
			   .value_optional = true,
			   .what = N_("until all have read it, or so long")},
			  OPT_TXN,
			  END_PARAMS},
	.keys = KEYS{KEY_EVENT_ID(NULL),
		     KEY_ROOM_ID,
		     {"txn_id", "string", NULL, N_("name of this action"), false},
		     {"state", "string", NULL, N_("sent"), false},
		     {"existing", "boolean", NULL, N_("this transaction id had been sent before"),
		      false},
		     KEY_USER_ID(N_("User")),
		     {"name", "string", N_("Name"), N_("their name"), false},
		     {"read", "boolean", N_("Read"), N_("they have read it"), false},
		     {"ts", "time", N_("When"), N_("when they did"), false},
		     END_KEYS},
	.exits = EXITS{{8, N_("with --wait: some have not read it")},
		       {9, N_("the room is encrypted")},
		       END_EXITS},
	.shape = SHAPE_LINE,
	.line = line_urgent,
	.run = run_urgent,
};
