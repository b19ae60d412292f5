/* What several verbs do alike. */
#include "cli/params.h"

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/when.h"
#include "core/client/quiet/quiet.h"

#include <time.h>

static void put_time(struct buf *b, int64_t at_ms)
{
	char when[WHEN_ISO_SIZE];
	if (!at_ms)
		return;
	when_human(at_ms, clock_wall_ms(), when);
	buf_printf(b, " (%s)", when);
}

void line_sent(struct buf *b, const json_t *row, const struct command_line *l)
{
	(void)l;
	const char *state = json_get_str(row, "state");
	if (state && strcmp(state, "sent") != 0) {
		buf_printf(b, "%s ", state);
		command_put_clean(b, json_object_get(row, "txn_id"));
		put_time(b, json_get_i64(row, "at_ts", 0));
	} else {
		command_put_clean(b, json_object_get(row, "event_id"));
	}
}

/* As --at takes it: a time of day is the next one. */
static void put_at(int64_t ms, int64_t now_ms, char ret[WHEN_ISO_SIZE])
{
	bool soon = ms - now_ms < 86400000;
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	localtime_r(&t, &tm);
	if (!strftime(ret, WHEN_ISO_SIZE, soon ? "%H:%M" : "\"%Y-%m-%d %H:%M\"", &tm))
		ret[0] = '\0';
}

void say_if_quiet(struct command_ctx *ctx, struct client *c, const char *room_id)
{
	AUTO_FREE char *user = NULL, *name = NULL;
	char when[WHEN_ISO_SIZE], option[WHEN_ISO_SIZE];
	int64_t until, now = clock_wall_ms();
	if (!client_quiet_other(c, room_id, &user, &name, &until))
		return;
	when_human(until, now, when);
	put_at(until, now, option);
	command_say(ctx, _("%s is quiet until %s; --at %s sends a message then"),
		    name ? name : user, when, option);
}

static int user_row(struct command_ctx *ctx, const char *room_id, const char *user_id, int rc,
		    const struct err *e)
{
	json_t *row = json_object();
	json_object_set_new(row, "room_id", json_string(room_id));
	json_object_set_new(row, "user_id", json_string(user_id));
	json_object_set_new(row, "ok", json_boolean(rc == 0));
	if (rc)
		json_object_set_new(row, "error", json_string(e->msg));
	return command_row(ctx, row);
}

int each_user(struct command_ctx *ctx, const char *room_id, const char *param,
	      int (*act)(struct client *c, const char *room_id, const char *user_id,
			 const char *reason, struct err *err),
	      struct err *err)
{
	struct client *c;
	char **users;
	size_t done = 0, failed = 0;
	const char *reason = command_text(ctx->line, "reason");
	int rc = command_client(ctx, &c, err), first = 0;
	if (rc)
		return rc;
	rc = command_users(ctx, param, room_id, &users, err);
	if (rc)
		return rc;
	for (size_t i = 0; users[i] && rc != COMMAND_STOP; i++) {
		struct err e = {.code = 0};
		int one = act(c, room_id, users[i], reason, &e);
		if (one && !first) {
			first = one;
			*err = e;
		}
		failed += one ? 1 : 0;
		done += one ? 0 : 1;
		rc = user_row(ctx, room_id, users[i], one, &e);
	}
	command_list_free(users);
	if (failed && done) {
		err_prefix(err, _("%zu of %zu failed"), failed, failed + done);
		err->code = ERR_PARTIAL;
		return ERR_PARTIAL;
	}
	return first ? first : rc;
}

static bool next_line(struct span *rest, char **ret)
{
	struct span line = {NULL, 0};
	if (rest->n)
		span_split(rest, '\n', &line);
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (line.n)
		*ret = span_dup(line);
	return line.n > 0;
}

int secrets_from_stdin(struct command_ctx *ctx, const char *const *what, char **ret,
		       struct err *err)
{
	struct buf b = BUF_INIT(4096);
	buf_reserve(&b, 4096); /* one piece of memory, to be wiped */
	int rc = ctx->front->input(ctx->front_arg, &b, err);
	struct span rest = buf_span(&b);
	for (size_t i = 0; !rc && what[i]; i++)
		if (!next_line(&rest, &ret[i]))
			rc = err_set(err, ERR_USAGE, _("no %s came on standard input"), what[i]);
	if (b.p)
		mem_wipe(b.p, b.size);
	buf_done(&b);
	return rc;
}

int secret_from_stdin(struct command_ctx *ctx, char **ret, struct err *err)
{
	const char *const what[] = {_("password"), NULL};
	return secrets_from_stdin(ctx, what, ret, err);
}

int secret_from_file(const char *path, char **ret, struct err *err)
{
	struct buf b = BUF_INIT(16384);
	buf_reserve(&b, 16384);
	int rc = fs_read(path, &b, err);
	struct span s = span_trim(buf_span(&b));
	if (!rc && s.n == 0)
		rc = err_set(err, ERR_USAGE, _("%s is empty"), path);
	if (!rc)
		*ret = span_dup(s);
	if (b.p)
		mem_wipe(b.p, b.size);
	buf_done(&b);
	return rc;
}

int secret_new(struct command_ctx *ctx, char **ret, struct err *err)
{
	char *again = NULL, *first = NULL;
	int rc = ctx->front->secret(ctx->front_arg, _("New password: "), &first, err);
	if (!rc)
		rc = ctx->front->secret(ctx->front_arg, _("The same again: "), &again, err);
	if (!rc && strcmp(first, again) != 0)
		rc = err_set(err, ERR_USAGE, _("the two passwords differ"));
	if (!rc)
		*ret = take(&first);
	mem_free_secret(first);
	mem_free_secret(again);
	return rc;
}
