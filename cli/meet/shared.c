#include "cli/meet/meet.h"

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

/* "2026-03-02T09:00:00+01:00" as people read it. */
static void put_time(struct buf *b, const char *iso)
{
	if (iso && strlen(iso) >= 16)
		buf_printf(b, "%.10s %.5s", iso, iso + 11);
}

void line_meeting(struct buf *b, const json_t *row, const struct command_line *l)
{
	char duration[WHEN_ISO_SIZE];
	const char *status = json_get_str(row, "status");
	(void)l;
	put_time(b, json_get_str(row, "start"));
	duration_human(json_get_i64(row, "duration_s", 0) * 1000, duration);
	buf_printf(b, "  %s  ", duration);
	command_put_clean(b, json_object_get(row, "title"));
	buf_put_str(b, " (");
	command_put_clean(b, json_object_get(row, "room"));
	buf_put_str(b, ")  ");
	command_put_clean(b, json_object_get(row, "uid"));
	if (status && strcmp(status, "scheduled") != 0)
		buf_printf(b, "  [%s]", status);
	if (json_get_bool(row, "existing", false) && !json_get_bool(row, "changed", false))
		buf_printf(b, "  %s", _("(was there already)"));
}

/* A time that says itself what it is relative to. */
static bool is_absolute(const char *text)
{
	size_t n = strlen(text);
	const char *clock = strchr(text, ':'); /* an offset stands behind it */
	if (!strncmp(text, "now", 3))
		return true;
	return (n && (text[n - 1] == 'Z' || text[n - 1] == 'z')) || (clock && strpbrk(clock, "+-"));
}

/* The clock as it was typed: where clocks are changed here, that hour may not exist, and does there. */
static void typed_clock(const char *text, struct cal_time *t)
{
	const char *colon = strchr(text, ':'), *begin = colon;
	int hour = 0, minute = 0, second = 0;
	while (begin && begin > text && isdigit((unsigned char)begin[-1]))
		begin--;
	if (!begin || sscanf(begin, "%2d:%2d:%2d", &hour, &minute, &second) < 2)
		return;
	t->hour = hour;
	t->minute = minute;
	t->second = second;
}

int meet_time(struct command_ctx *ctx, const char *name, int64_t *ret_ms, struct err *err)
{
	const char *zone = command_text(ctx->line, "tz"), *text = command_text(ctx->line, name);
	int64_t ms = command_number(ctx->line, name, 0);
	char checked[CAL_ZONE_MAX];
	int rc = zone ? cal_zone_check(zone, checked, err) : 0;
	*ret_ms = ms;
	if (rc || !zone || !text || is_absolute(text))
		return rc;
	time_t s = (time_t)(ms / 1000); /* what was typed, as the local clock had it */
	struct tm tm;
	localtime_r(&s, &tm);
	struct cal_time t = {.year = tm.tm_year + 1900,
			     .month = tm.tm_mon + 1,
			     .day = tm.tm_mday,
			     .hour = tm.tm_hour,
			     .minute = tm.tm_min,
			     .second = tm.tm_sec};
	typed_clock(text, &t);
	memcpy(t.zone, checked, sizeof(checked));
	return cal_time_ms(&t, ret_ms, err);
}

char *meet_rule(struct command_ctx *ctx)
{
	static const char *const words[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	const char *rule = command_text(ctx->line, "repeat");
	for (size_t i = 0; rule && i < ARRAY_LEN(words); i++)
		if (span_case_eq_str(span_of(rule), words[i]))
			return mem_printf("FREQ=%s", words[i]);
	return mem_strdup(rule);
}

int meet_arg(struct command_ctx *ctx, struct client **ret_client, struct meeting *ret,
	     struct cal_occurrence *ret_occurrence, struct err *err)
{
	const char *which = command_text(ctx->line, "meeting");
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, ret_client, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	return rc ? rc
		  : client_meet_find(*ret_client, room, which ? which : "now", clock_wall_ms(), ret,
				     ret_occurrence, err);
}

int meet_arg_any(struct command_ctx *ctx, struct client **ret_client, struct meeting *ret,
		 struct cal_occurrence *ret_occurrence, bool *ret_one, struct err *err)
{
	AUTO_FREE char *room = NULL;
	int rc = command_client(ctx, ret_client, err);
	if (!rc)
		rc = command_room(ctx, "room", 0, &room, err);
	if (rc)
		return rc;
	rc = client_meet_get(*ret_client, room, command_text(ctx->line, "meeting"), ret, err);
	*ret_one = false;
	if (rc != ERR_NOT_FOUND)
		return rc;
	*ret_one = true;
	return meet_arg(ctx, ret_client, ret, ret_occurrence, err);
}
