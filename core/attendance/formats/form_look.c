/* What the charts share. */
#include "core/attendance/formats/form.h"

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
