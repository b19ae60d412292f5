/*
 * Teams' attendance report of one meeting, as it is downloaded today: UTF-16LE with a mark, separated by tabs although it is
 * called .csv, three numbered sections; the third has one row an interval, so that who only adds up rows counts people twice.
 * Written as for an organiser whose language is English (United States); read in other languages too: sections by their
 * numbers, columns by their names in some languages, else by their places.
 */
#include "core/attendance/formats/teams.h"

#include <string.h>

#define NAMES (const char *const[])

/* -- writing ---------------------------------------------------------------- */

static void put_time(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l,
		     int64_t ms)
{
	char text[FORM_TIME_SIZE] = "";
	if (ms) {
		struct cal_time t = form_wall(w, l, ms);
		snprintf(text, sizeof(text), "%d/%d/%02d, %d:%02d:%02d %s", t.month, t.day,
			 t.year % 100, (t.hour + 11) % 12 + 1, t.minute, t.second,
			 t.hour < 12 ? "AM" : "PM");
	}
	csv_put_str(c, text);
}

/* "1h 27m 51s": parts that are 0 are left out. */
static void put_duration(struct csv_writer *c, int64_t ms)
{
	struct buf b = BUF_INIT(64);
	int64_t s = ms / 1000;
	if (ms < 0) {
		csv_put_str(c, NULL);
		return;
	}
	if (s >= 3600)
		buf_printf(&b, "%lldh ", (long long)(s / 3600));
	if (s / 60 % 60)
		buf_printf(&b, "%dm ", (int)(s / 60 % 60));
	if (s % 60 || !b.n)
		buf_printf(&b, "%ds ", (int)(s % 60));
	csv_put(c, span_head(buf_span(&b), b.n - 1));
	buf_done(&b);
}

static const char *role_word(const struct sheet_row *r)
{
	if (r->role && (!strcmp(r->role, "teacher") || !strcmp(r->role, "admin")))
		return "Organizer";
	return r->role && !strcmp(r->role, "assistant") ? "Presenter" : "Attendee";
}

static void put_name(struct csv_writer *c, const struct sheet_row *r)
{
	AUTO_FREE char *guest = r->guest ? mem_printf("%s (Guest)", form_name(r)) : NULL;
	csv_put_str(c, guest ? guest : form_name(r));
}

static void put_title(struct csv_writer *c, const char *title)
{
	csv_put_str(c, title);
	csv_end(c);
}

static void put_names(struct csv_writer *c, const char *const *names)
{
	for (; *names; names++)
		csv_put_str(c, *names);
	csv_end(c);
}

static void put_summary(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l)
{
	int64_t attended = 0, total = 0;
	for (size_t i = 0; i < l->n_rows; i++) {
		if (!form_attended(&l->rows[i]))
			continue;
		int64_t present = form_present_ms(l, &l->rows[i]);
		attended++;
		total += present > 0 ? present : 0;
	}
	put_title(c, "1. Summary");
	csv_put_str(c, "Meeting title");
	put_title(c, l->title);
	csv_put_str(c, "Attended participants");
	csv_put_i64(c, attended);
	csv_end(c);
	csv_put_str(c, "Start time");
	put_time(w, c, l, l->start_ms);
	csv_end(c);
	csv_put_str(c, "End time");
	put_time(w, c, l, l->end_ms);
	csv_end(c);
	csv_put_str(c, "Meeting duration");
	put_duration(c, l->end_ms > l->start_ms ? l->end_ms - l->start_ms : -1);
	csv_end(c);
	csv_put_str(c, "Average attendance time");
	put_duration(c, attended && !w->o->no_times ? total / attended : -1);
	csv_end(c);
	csv_end(c);
}

static void put_participants(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l)
{
	bool times = !w->o->no_times;
	put_title(c, "2. Participants");
	put_names(c, NAMES{"Name", "First Join", "Last Leave", "In-Meeting Duration", "Email",
			   "Participant ID (UPN)", "Role", NULL});
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct sheet_row *r = &l->rows[i];
		if (!form_attended(r))
			continue;
		put_name(c, r);
		put_time(w, c, l, times ? r->first_join_ms : 0);
		put_time(w, c, l, times ? r->last_leave_ms : 0);
		put_duration(c, times ? form_present_ms(l, r) : -1);
		csv_put_str(c, r->email);
		csv_put_str(c, r->user_id ? r->user_id : r->email);
		csv_put_str(c, role_word(r));
		csv_end(c);
	}
	csv_end(c);
}

static void put_activities(struct form_out *w, struct csv_writer *c, const struct sheet_lesson *l)
{
	put_title(c, "3. In-Meeting Activities");
	put_names(c, NAMES{"Name", "Join Time", "Leave Time", "Duration", "Email", "Role", NULL});
	for (size_t i = 0; i < l->n_rows && !w->o->no_times; i++) {
		const struct sheet_row *r = &l->rows[i];
		for (size_t k = 0; k < r->n_intervals; k++) {
			int64_t from = r->intervals[k].from_ms;
			int64_t to = form_interval_end(l, &r->intervals[k]);
			put_name(c, r);
			put_time(w, c, l, from);
			put_time(w, c, l, to);
			put_duration(c, to - from);
			csv_put_str(c, r->email);
			csv_put_str(c, role_word(r));
			csv_end(c);
		}
	}
}

static void write_teams(struct form_out *w)
{
	struct buf text = BUF_INIT(BUF_CAP_OWN);
	struct csv_writer c = CSV_WRITER(&text, '\t');
	const struct sheet_lesson *l = &w->s->lessons[0];
	put_summary(w, &c, l);
	put_participants(w, &c, l);
	put_activities(w, &c, l);
	csv_put_utf16(w->b, buf_span(&text));
	buf_done(&text);
}

static bool is_teams(const struct form_head *h)
{
	struct span first = h->line;
	if (h->separator && span_find(first, h->separator) >= 0)
		first = span_head(first, (size_t)span_find(first, h->separator));
	return teams_section(first) == 1;
}

const struct form form_teams = {
	.name = "teams",
	.one_lesson = true,
	.write = write_teams,
	.read = teams_read,
	.is = is_teams,
};
