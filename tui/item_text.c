/* What an item says, as text. */
#include "tui/item_draw.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <string.h>
#include <time.h>

static const char *const weekdays[] = {N_("Sunday"),   N_("Monday"), N_("Tuesday"), N_("Wednesday"),
				       N_("Thursday"), N_("Friday"), N_("Saturday")};
static const char *const months[] = {N_("January"), N_("February"), N_("March"),
				     N_("April"),   N_("May"),	    N_("June"),
				     N_("July"),    N_("August"),   N_("September"),
				     N_("October"), N_("November"), N_("December")};

static void put_part(struct buf *b, struct span word, const struct tm *tm)
{
	if (span_eq_str(word, "weekday"))
		buf_put_str(b, _(weekdays[tm->tm_wday]));
	else if (span_eq_str(word, "month"))
		buf_put_str(b, _(months[tm->tm_mon]));
	else if (span_eq_str(word, "day"))
		buf_put_i64(b, tm->tm_mday);
	else if (span_eq_str(word, "year"))
		buf_put_i64(b, tm->tm_year + 1900);
}

void item_put_day(struct buf *b, int64_t ts_ms)
{
	time_t t = (time_t)(ts_ms / 1000);
	struct tm tm;
	if (!localtime_r(&t, &tm))
		return;
	/* TRANSLATORS: a date; the words in braces are put in and stay as they are */
	struct span rest = span_of(_("{weekday}, {day} {month} {year}"));
	while (rest.n) {
		ptrdiff_t end = rest.p[0] == '{' ? span_find(rest, '}') : -1;
		if (end > 0) {
			put_part(b, (struct span){rest.p + 1, (size_t)end - 1}, &tm);
			rest = span_from(rest, (size_t)end + 1);
			continue;
		}
		buf_put_char(b, rest.p[0]);
		rest = span_from(rest, 1);
	}
}

void item_put_time(struct buf *b, int64_t ts_ms)
{
	time_t t = (time_t)(ts_ms / 1000);
	struct tm tm;
	if (localtime_r(&t, &tm))
		buf_printf(b, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

void item_put_size(struct buf *b, int64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double v = (double)bytes;
	int u = 0;
	while (v >= 1000 && u < 4) {
		v /= 1000;
		u++;
	}
	buf_printf(b, u && v < 10 ? "%.1f %s" : "%.0f %s", v, units[u]);
}

void item_put_text(struct buf *b, const struct item *it, bool all)
{
	for (size_t i = 0; i < it->n_blocks; i++) {
		const struct text_block *bl = &it->blocks[i];
		if (i)
			buf_put_str(b, bl->gap ? "\n\n" : "\n");
		for (int q = 0; q < bl->quotes; q++)
			buf_put_str(b, "> ");
		if (bl->kind == BLOCK_ITEM && bl->number)
			buf_printf(b, "%d. ", bl->number);
		else if (bl->kind == BLOCK_ITEM)
			buf_put_str(b, "• ");
		for (size_t k = 0; k < bl->n; k++)
			if (all || !(bl->runs[k].style & STYLE_SPOILER))
				buf_put_span(b, bl->runs[k].text);
			else
				buf_put_str(b, "▒▒▒");
	}
	if (it->file_name.n && !it->n_blocks)
		buf_put(b, it->file_name.s, it->file_name.n);
	if (it->poll)
		buf_put(b, it->poll->question.s, it->poll->question.n);
}

void item_put_roll(struct buf *b, const struct item_roll *roll)
{
	static const char *const said[][2] = {{"here", N_("you are here")},
					      {"late", N_("you are late")},
					      {"away", N_("you cannot come")}};
	bool over = roll->ended || clock_wall_ms() > roll->closes_ms;
	struct buf time = BUF_INIT(64);
	item_put_time(&time, roll->closes_ms);
	if (roll->cancelled)
		buf_put_str(b, _("Cancelled: it counts for nothing."));
	else
		buf_printf(b, over ? _("Closed at %s") : _("Open until %s"), buf_str(&time));
	buf_done(&time);
	if (roll->cancelled)
		return;
	for (size_t i = 0; roll->own && i < ARRAY_LEN(said); i++)
		if (!strcmp(said[i][0], roll->own))
			buf_printf(b, " · %s", _(said[i][1]));
}

void item_put_roll_counts(struct buf *b, const struct item_roll *roll)
{
	buf_printf(b, _("%d here · %d late · %d cannot come"), roll->here, roll->late, roll->away);
}

void item_put_roll_excused(struct buf *b, const struct item_roll *roll)
{
	buf_printf(b, ngettext("%d excused", "%d excused", (unsigned long)roll->excused),
		   roll->excused);
}

struct span item_link(const struct item *it)
{
	for (size_t i = 0; i < it->n_blocks; i++)
		for (size_t k = 0; k < it->blocks[i].n; k++)
			if (it->blocks[i].runs[k].link.n)
				return it->blocks[i].runs[k].link;
	return (struct span){NULL, 0};
}

enum role item_name_role(const char *user_id)
{
	uint64_t h = span_hash(span_of(user_id));
	return (enum role)(ROLE_NAME_1 + (int)(h % (ROLE_NAME_6 - ROLE_NAME_1 + 1)));
}
