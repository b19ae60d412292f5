/*
 * Expands series for recurrence.py. A line in: zone, start, rule, EXDATEs,
 * RDATEs (comma-separated, "-": none), separated by tabs. A line out: the Unix
 * seconds of the first dates, or "error: ...". With ZONE START as arguments: a
 * calendar with one event then, for recurrence_zones.py.
 */
#include "core/base/json.h"
#include "core/calendar/ics.h"

#define DATES 20

static int put(const struct cal_occurrence *o, void *arg)
{
	(void)arg;
	printf("%lld ", (long long)(o->start_ms / 1000));
	return 0;
}

static size_t dates(struct span list, const char *zone, struct cal_time *ret, size_t max)
{
	struct span one;
	size_t n = 0;
	if (span_eq_str(list, "-"))
		return 0;
	while (n < max && span_split(&list, ',', &one))
		if (!cal_stamp_parse(one, zone, &ret[n], NULL))
			n++;
	return n;
}

static int expand(struct span line, struct err *err)
{
	struct span field[5];
	struct cal_time out[20], more[20];
	for (int i = 0; i < 5; i++)
		if (!span_split(&line, '\t', &field[i]))
			return err_set(err, ERR_INVALID, "five fields are needed");
	AUTO_FREE char *zone = span_dup(field[0]), *rule = span_dup(field[2]);
	char uid[] = "uid";
	struct cal_event e = {.uid = uid, .rrule = rule, .duration_ms = 2700000};
	int rc = cal_stamp_parse(field[1], zone, &e.start, err);
	e.exdates = out;
	e.n_exdates = dates(field[3], zone, out, 20);
	e.rdates = more;
	e.n_rdates = dates(field[4], zone, more, 20);
	return rc ? rc : cal_expand(&e, INT64_MIN, INT64_MAX, DATES, put, NULL, err);
}

static int calendar(const char *zone, const char *start)
{
	char uid[] = "uid";
	struct cal_event e = {.uid = uid, .duration_ms = 2700000};
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	struct err err = {.code = 0};
	int rc = cal_stamp_parse(span_of(start), zone, &e.start, &err);
	if (!rc)
		rc = ics_write(&e, 1, ICS_PUBLISH, &b, &err);
	printf("%s", rc ? err.msg : buf_str(&b));
	buf_done(&b);
	return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
	char line[4096];
	if (argc == 3)
		return calendar(argv[1], argv[2]);
	while (fgets(line, sizeof(line), stdin)) {
		struct err err = {.code = 0};
		if (expand(span_trim(span_of(line)), &err))
			printf("error: %s", err.msg);
		printf("\n");
	}
	return 0;
}
