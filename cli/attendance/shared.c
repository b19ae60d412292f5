#include "cli/attendance/attendance.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/meet/meet.h"

#include <string.h>

static bool has_option(const struct command *c, const char *name)
{
	for (const struct command_param *p = c->options; p && p->kind != KIND_NONE; p++)
		if (strcmp(p->name, name) == 0)
			return true;
	return false;
}

static void on_progress(void *arg, const char *what, int64_t done, int64_t total)
{
	struct command_ctx *ctx = arg;
	if (ctx->front->progress)
		ctx->front->progress(ctx->front_arg, what, done, total);
}

static int64_t number(const struct command_ctx *ctx, const char *name, int64_t otherwise)
{
	return has_option(ctx->line->command, name) ? command_number(ctx->line, name, otherwise)
						    : otherwise;
}

static const char *text(const struct command_ctx *ctx, const char *name)
{
	return has_option(ctx->line->command, name) ? command_text(ctx->line, name) : NULL;
}

/* A meeting says by itself which room it is in. */
static int room_of_meeting(struct command_ctx *ctx, struct attendance_asked *a, struct err *err)
{
	AUTO(meeting_done) struct meeting m = {0};
	struct cal_occurrence o;
	const char *which = text(ctx, "meeting");
	int rc = which ? client_meet_find(a->c, NULL, which, clock_wall_ms(), &m, &o, err) : 0;
	if (which && !rc)
		a->room = mem_strdup(m.room_id);
	return rc;
}

int attendance_room(struct command_ctx *ctx, struct attendance_asked *ret, struct err *err)
{
	*ret = (struct attendance_asked){0};
	int rc = command_client(ctx, &ret->c, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &ret->room, err);
	if (!rc && !ret->room)
		rc = room_of_meeting(ctx, ret, err);
	if (!rc && !ret->room) {
		err_set(err, ERR_USAGE, _("of which class? give --room"));
		err_hint(err, "muster class list");
		rc = ERR_USAGE;
	}
	if (rc)
		return rc;
	ret->q = (struct attendance_query){.room_id = ret->room,
					   .late_ms = -1,
					   .early_ms = -1,
					   .grace_ms = -1,
					   .min_percent = -1,
					   .progress = on_progress,
					   .progress_arg = ctx};
	struct err why = {0};
	if (!ctx->dry_run && client_attendance_relay(ret->c, NULL, &why) != 0 &&
	    why.code == ERR_AUTH) {
		*err = why;
		return why.code;
	}
	return 0;
}

int attendance_ask(struct command_ctx *ctx, struct attendance_asked *ret, struct err *err)
{
	int rc = attendance_room(ctx, ret, err);
	if (rc)
		return rc;
	struct attendance_query *q = &ret->q;
	q->meeting = text(ctx, "meeting");
	q->roll_id = text(ctx, "roll");
	q->since_ms = number(ctx, "since", 0);
	q->until_ms = number(ctx, "until", 0);
	q->late_ms = number(ctx, "late", -1);
	q->early_ms = number(ctx, "early", -1);
	q->grace_ms = number(ctx, "grace", -1);
	q->min_percent = (int)number(ctx, "min", -1);
	q->status = text(ctx, "status");
	if (has_option(ctx->line->command, "user") && command_given(ctx->line, "user"))
		rc = command_users(ctx, "user", ret->room, &ret->users, err);
	q->users = (const char *const *)ret->users;
	return rc;
}

void attendance_asked_done(struct attendance_asked *a)
{
	mem_free(a->room);
	if (a->users)
		command_list_free(a->users);
}

int attendance_row(struct command_ctx *ctx, json_t *steal)
{
	return steal ? command_row(ctx, steal) : 0;
}
