#include "core/client/command_ctx.h"

#include "core/base/i18n.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/client/rooms.h"

int command_row(struct command_ctx *ctx, json_t *steal)
{
	int rc = ctx->front->row(ctx->front_arg, steal);
	json_decref(steal);
	return rc;
}

int command_row_fn(json_t *row, void *arg)
{
	struct command_ctx *ctx = arg;
	return ctx->front->row(ctx->front_arg, row);
}

int command_raw(struct command_ctx *ctx, struct span text)
{
	return ctx->front->raw(ctx->front_arg, text);
}

static void say(struct command_ctx *ctx, bool important, const char *fmt, va_list ap)
{
	struct buf b = BUF_INIT(LIMIT_EVENT_BYTES);
	buf_vprintf(&b, fmt, ap);
	ctx->front->say(ctx->front_arg, important, buf_str(&b));
	buf_done(&b);
}

void command_say(struct command_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(ctx, false, fmt, ap);
	va_end(ap);
}

void command_warn(struct command_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(ctx, true, fmt, ap);
	va_end(ap);
}

int command_confirm(struct command_ctx *ctx, struct err *err, const char *fmt, ...)
{
	struct buf b = BUF_INIT(4096);
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	int rc = ctx->front->confirm(ctx->front_arg, buf_str(&b), err);
	buf_done(&b);
	return rc;
}

int command_client(struct command_ctx *ctx, struct client **ret, struct err *err)
{
	return ctx->front->client(ctx->front_arg, ret, err);
}

int command_room(struct command_ctx *ctx, const char *name, unsigned flags, char **ret,
		 struct err *err)
{
	struct client *c;
	const char *arg = command_text(ctx->line, name);
	*ret = NULL;
	if (!arg)
		return 0;
	int rc = command_client(ctx, &c, err);
	if (rc)
		return rc;
	return room_resolve(c, arg, flags | (ctx->unique_prefix ? ROOM_PREFIX : 0), ret, err);
}

int command_user(struct command_ctx *ctx, const char *name, size_t i, const char *room_id,
		 char **ret, struct err *err)
{
	struct client *c;
	const char *arg = command_nth(ctx->line, name, i);
	*ret = NULL;
	if (!arg)
		return 0;
	int rc = command_client(ctx, &c, err);
	return rc ? rc : user_resolve(c, room_id, arg, ret, err);
}

int command_users(struct command_ctx *ctx, const char *name, const char *room_id, char ***ret,
		  struct err *err)
{
	size_t n = command_count(ctx->line, name);
	char **list = mem_alloc((n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		int rc = command_user(ctx, name, i, room_id, &list[i], err);
		if (rc) {
			command_list_free(list);
			return rc;
		}
	}
	*ret = list;
	return 0;
}

void command_list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		mem_free(list[i]);
	mem_free(list);
}

const char **command_texts(struct command_ctx *ctx, const char *name)
{
	size_t n = command_count(ctx->line, name);
	if (n == 0)
		return NULL;
	const char **list = mem_alloc((n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = command_nth(ctx->line, name, i);
	return list;
}

int command_words(struct command_ctx *ctx, const char *name, struct buf *b, bool *ret_stdin,
		  struct err *err)
{
	const char *first = command_nth(ctx->line, name, 0);
	bool from_stdin = first && !strcmp(first, "-") && command_count(ctx->line, name) == 1;
	*ret_stdin = from_stdin;
	if (from_stdin)
		return ctx->front->input(ctx->front_arg, b, err);
	AUTO_FREE char *joined = command_joined(ctx->line, name);
	if (!buf_put_str(b, joined))
		return err_set(err, ERR_TOO_LARGE, _("the text is too long"));
	return 0;
}

/* A value as it was written, except secrets, which are never values. */
static void note_value(json_t *args, const struct command_value *v)
{
	json_t *list = json_object_get(args, v->param->name);
	json_t *text = v->text ? json_string(v->text) : json_true();
	if (!text)
		text = json_string("?");
	if (!v->param->repeat) {
		json_object_set_new(args, v->param->name, text);
		return;
	}
	if (!list) {
		json_object_set_new(args, v->param->name, json_array());
		list = json_object_get(args, v->param->name);
	}
	json_array_append_new(list, text);
}

bool command_dry_run(struct command_ctx *ctx, json_t *more)
{
	const struct command_line *l = ctx->line;
	if (!ctx->dry_run) {
		json_decref(more);
		return false;
	}
	json_t *row = json_object(), *args = json_object();
	json_object_set_new(row, "dry_run", json_true());
	json_object_set_new(row, "verb", json_string(l->command->name));
	for (size_t i = 0; i < l->n; i++)
		if (!l->values[i].is_default &&
		    !command_option(l->set, NULL, l->values[i].param->name))
			note_value(args, &l->values[i]);
	json_object_set_new(row, "args", args);
	if (more)
		json_object_update(row, more);
	json_decref(more);
	command_row(ctx, row);
	return true;
}
