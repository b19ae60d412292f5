/* What pictures and pages share. */
#include "core/attendance/formats/form.h"

#include "core/attendance/register_reasons.h"
#include "core/attendance/rules.h"
#include "core/base/i18n.h"
#include "core/base/when.h"

void form_coverage(const struct sheet_lesson *l, const struct sheet_row *r, int n, int *ret)
{
	int64_t length = l->end_ms - l->start_ms;
	for (int i = 0; i < n; i++) {
		int64_t from = l->start_ms + length * i / n,
			to = l->start_ms + length * (i + 1) / n;
		int64_t covered = 0, until = from;
		for (size_t k = 0; k < r->n_intervals && to > from; k++) {
			const struct sheet_interval *v = &r->intervals[k];
			int64_t a = v->from_ms > until ? v->from_ms : until;
			int64_t b = form_interval_end(l, v) < to ? form_interval_end(l, v) : to;
			if (b > a) {
				covered += b - a;
				until = b;
			}
		}
		ret[i] = to > from ? (int)(covered * 1000 / (to - from)) : 0;
	}
}

void form_hours(int64_t ms, char ret[FORM_TIME_SIZE])
{
	long long s = ms / 1000;
	snprintf(ret, FORM_TIME_SIZE, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

/* Of a reason that was read from a file there may be only its code. */
static char *why_text(const json_t *reason)
{
	const char *text = json_get_str(reason, "text"), *code = json_get_str(reason, "code");
	if (text || json_object_size(reason) < 2)
		return mem_strdup(text ? text : code);
	return register_reason_text(reason);
}

char *form_why(const struct sheet_row *r)
{
	struct buf b = BUF_INIT(30000); /* a cell of a workbook holds some 32,000 characters */
	size_t i;
	json_t *reason;
	json_array_foreach (r->reasons, i, reason) {
		AUTO_FREE char *text = why_text(reason);
		if (text)
			buf_printf(&b, "%s%s", b.n ? "; " : "", text);
	}
	return buf_take(&b);
}

char *form_rules(const struct sheet_lesson *l)
{
	struct attendance_rules r;
	char late[WHEN_ISO_SIZE], early[WHEN_ISO_SIZE], grace[WHEN_ISO_SIZE];
	if (!l->rules || attendance_rules_read(l->rules, &r, NULL))
		return mem_strdup("");
	duration_human(r.late_ms, late);
	duration_human(r.early_ms, early);
	duration_human(r.grace_ms, grace);
	return mem_printf(_("Rules: late after %s, left early before the last %s, present from %d "
			    "%%, "
			    "absences up to %s do not count"),
			  late, early, r.min_percent, grace);
}
