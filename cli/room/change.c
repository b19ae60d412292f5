/* room set, room export. */
#include "cli/params.h"
#include "core/base/fs.h"
#include "core/client/rooms.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int unknown_key(const char *key, struct err *err)
{
	char names[400];
	size_t n = 0;
	names[0] = '\0';
	for (const struct room_set_key *k = room_set_keys(); k->key && n < sizeof(names); k++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", k->key);
	return err_set(err, ERR_USAGE, _("\"%.40s\" is not one of: %s"), key, names);
}

static int run_set(struct command_ctx *ctx, struct err *err)
{
	const char *key = command_text(ctx->line, "key"), *value = command_text(ctx->line, "value");
	const struct room_set_key *k = room_set_keys();
	struct client *c;
	AUTO_FREE char *room = NULL;
	while (k->key && strcmp(k->key, key) != 0)
		k++;
	if (!k->key)
		return unknown_key(key, err);
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc || command_dry_run(ctx, json_pack("{s:s}", "room_id", room)))
		return rc;
	rc = client_room_set(c, room, key, value, err);
	return rc ? rc
		  : command_row(ctx, json_pack("{s:s, s:s, s:s}", "room_id", room, "key", key,
					       "value", value));
}

const struct command verb_room_set = {
	.name = "room set",
	.group = GROUP_ROOM,
	.summary = N_("Change a room's name, topic, alias, or who may join and read."),
	.examples = EXAMPLES{{"muster room set physics topic \"Homework is due on Friday\"",
			      N_("the topic")},
			     {"muster room set physics join invite", N_("only invited people")},
			     END_EXAMPLES},
	.details = N_("Keys: name, topic, alias, avatar, join (public, invite, knock), history "
		      "(who sees old messages), guests, directory."),
	.args = PARAMS{ARG_ROOM,
		       {.name = "key",
			.kind = KIND_TEXT,
			.value = "KEY",
			.required = true,
			.what = N_("what to change: name, topic, alias, join, history, guests, "
				   "directory or avatar")},
		       {.name = "value",
			.kind = KIND_TEXT,
			.value = "VALUE",
			.required = true,
			.what = N_("its new value")},
		       END_PARAMS},
	.keys = KEYS{{"room_id", "string", N_("Id"), N_("id of the room"), true},
		     {"key", "string", N_("Changed"), N_("what was changed"), false},
		     {"value", "string", N_("To"), N_("its new value"), false},
		     END_KEYS},
	.shape = SHAPE_RECORD,
	.run = run_set,
};

/* Where an export goes: stdout through the front end, or a file under a name of its own first. */
struct target {
	struct command_ctx *ctx;
	struct buf b;
	int fd;
	int64_t lines;
	struct err *err;
};

static int flush(struct target *t)
{
	struct span s = buf_span(&t->b);
	int rc = 0;
	if (t->fd < 0)
		rc = command_raw(t->ctx, s);
	while (t->fd >= 0 && s.n && !rc) {
		ssize_t n = write(t->fd, s.p, s.n);
		if (n >= 0)
			s = span_from(s, (size_t)n);
		else if (errno != EINTR)
			rc = err_errno(t->err, errno, _("cannot write the export"));
	}
	buf_clear(&t->b);
	return rc;
}

static int take_line(struct span line, void *arg)
{
	struct target *t = arg;
	buf_put_span(&t->b, line);
	buf_put_char(&t->b, '\n');
	t->lines++;
	return t->b.n > 65536 || t->fd < 0 ? flush(t) : 0;
}

static int export_to_file(struct target *t, struct client *c, const char *room, const char *out,
			  struct err *err)
{
	AUTO_FREE char *temporary = mem_printf("%s.part", out);
	if (fs_exists(out) && !command_flag(t->ctx->line, "force")) {
		err_set(err, ERR_CONFLICT, _("%s exists already"), out);
		err_hint(err, _("--force overwrites it"));
		return ERR_CONFLICT;
	}
	t->fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return err_errno(err, errno, _("cannot write %s"), temporary);
	int rc = client_room_export(c, room, take_line, t, err);
	if (!rc)
		rc = flush(t);
	if (!rc && fsync(t->fd))
		rc = err_errno(err, errno, _("cannot write %s"), temporary);
	close(t->fd);
	if (!rc && rename(temporary, out))
		rc = err_errno(err, errno, _("cannot write %s"), out);
	if (rc)
		unlink(temporary);
	return rc;
}

static int run_export(struct command_ctx *ctx, struct err *err)
{
	const char *out = command_text(ctx->line, "output");
	struct client *c;
	AUTO_FREE char *room = NULL;
	struct target t = {.ctx = ctx, .b = BUF_INIT(BUF_CAP_OWN), .fd = -1, .err = err};
	int rc = command_client(ctx, &c, err);
	if (!rc)
		rc = command_room(ctx, "room", ROOM_LEFT, &room, err);
	if (rc || command_dry_run(ctx, NULL))
		return rc;
	if (!out || !strcmp(out, "-"))
		rc = client_room_export(c, room, take_line, &t, err);
	else
		rc = export_to_file(&t, c, room, out, err);
	buf_done(&t.b);
	if (!rc && out)
		command_say(ctx, _("%lld lines written to %s"), (long long)t.lines, out);
	return rc;
}

const struct command verb_room_export = {
	.name = "room export",
	.group = GROUP_ROOM,
	.no_timeout = true,
	.summary = N_("Write everything of a room as JSON Lines."),
	.examples = EXAMPLES{{"muster room export physics -o physics.jsonl",
			      N_("an interrupted export goes on where it was")},
			     {"muster room export physics | gzip > physics.jsonl.gz",
			      N_("into a pipe")},
			     END_EXAMPLES},
	.details = N_("One header line, all state, all messages oldest first, the list of files. "
		      "History that is not here is fetched first."),
	.args = PARAMS{ARG_ROOM, END_PARAMS},
	.options = PARAMS{{.name = "output",
			   .letter = 'o',
			   .kind = KIND_FILE,
			   .dash = true,
			   .what = N_("the file to write; standard output without it")},
			  {.name = "force",
			   .kind = KIND_FLAG,
			   .what = N_("overwrite a file that exists")},
			  END_PARAMS},
	.run = run_export,
};
