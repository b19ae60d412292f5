/*
 * An attendance file from anywhere: recognised, read as that and (by the first byte) as each other form; what was read is
 * written in every form and read back.
 */
#include "core/attendance/chart.h"
#include "core/attendance/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void on_problem(void *arg, int line, const char *sentence)
{
	(void)arg;
	demand(line >= 0 && sentence[0] != '\0');
}

static void check_sheet(const struct attendance_sheet *s)
{
	for (size_t i = 0; i < s->n_lessons; i++)
		for (size_t k = 0; k < s->lessons[i].n_rows; k++) {
			const struct sheet_row *r = &s->lessons[i].rows[k];
			demand(r->status < MARK_COUNT);
			demand(r->user_id || r->name || r->external_id || r->email);
			for (size_t n = 0; n < r->n_intervals; n++)
				demand(!r->intervals[n].to_ms ||
				       r->intervals[n].to_ms >= r->intervals[n].from_ms);
		}
}

static void write_all(const struct attendance_sheet *s, const struct format_options *o)
{
	for (int i = 0; i < FORMAT_COUNT; i++) {
		enum attendance_format f = (enum attendance_format)i;
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		struct attendance_sheet again = {0};
		/* Workbooks are files: too slow here. */
		if (f != FORMAT_XLSX && format_writes(f) && !format_write(f, s, o, &b, NULL) &&
		    format_reads(f))
			format_read(f, buf_span(&b), o, 1, on_problem, NULL, &again, NULL);
		sheet_done(&again);
		buf_done(&b);
	}
}

static void draw(const struct attendance_sheet *s)
{
	for (size_t i = 0; i < s->n_lessons && i < 3; i++) {
		struct buf b = BUF_INIT(BUF_CAP_OWN);
		struct chart_look look = {.columns = 20 + (int)i * 50, .utf8 = i & 1};
		chart_put(&b, &s->lessons[i], &look, NULL);
		buf_done(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct format_options o = {.zone = "UTC"};
	struct attendance_sheet s = {0};
	enum attendance_format f = format_detect(text);
	if (!format_reads(f))
		f = (enum attendance_format)(size ? data[0] % FORMAT_COUNT : 0);
	if (!format_reads(f) || format_read(f, text, &o, 86400000, on_problem, NULL, &s, NULL))
		return 0;
	check_sheet(&s);
	write_all(&s, &o);
	draw(&s);
	sheet_done(&s);
	return 0;
}
