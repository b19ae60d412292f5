/* iCalendar files of others: what is read can be checked, expanded, written, and read again. */
#include "core/base/mem.h"
#include "core/calendar/ics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int count(const struct cal_occurrence *o, void *arg)
{
	size_t *left = arg;
	(void)o;
	return --*left == 0;
}

static void use(const struct cal_event *e)
{
	size_t left = 20;
	struct cal_occurrence o;
	struct err err = {.code = 0};
	if (cal_event_check(e, &err))
		return;
	cal_expand(e, 0, 4102444800000, 20, count, &left, &err);
	cal_find(e, "2026-03-01", 0, &o, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cal_events in = {NULL, 0}, again = {NULL, 0};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	if (n > 20000 || ics_read((struct span){(const char *)data, n}, NULL, NULL, &in, NULL))
		return 0;
	for (size_t i = 0; i < in.n && i < 20; i++)
		use(&in.v[i]);
	if (!ics_write(in.v, in.n, ICS_PUBLISH, &b, NULL))
		ics_read(buf_span(&b), NULL, NULL, &again, NULL);
	cal_events_done(&in);
	cal_events_done(&again);
	buf_done(&b);
	return 0;
}
