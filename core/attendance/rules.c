#include "core/attendance/rules.h"

#include "core/base/i18n.h"

#include <string.h>

#define DAY_S (24LL * 3600)

const struct attendance_rules attendance_defaults = {
	.late_ms = 5 * 60 * 1000,
	.early_ms = 5 * 60 * 1000,
	.grace_ms = 2 * 60 * 1000,
	.window_ms = 10 * 60 * 1000,
	.min_percent = 75,
};

const struct attendance_rules_given attendance_rules_as_they_are = {-1, -1, -1, -1};

static void give_time(int64_t given_ms, int64_t *at)
{
	if (given_ms >= 0)
		*at = given_ms / 1000 * 1000;
}

void attendance_rules_apply(const struct attendance_rules_given *g, struct attendance_rules *r)
{
	give_time(g->late_ms, &r->late_ms);
	give_time(g->early_ms, &r->early_ms);
	give_time(g->grace_ms, &r->grace_ms);
	if (g->min_percent >= 0)
		r->min_percent = g->min_percent;
}

bool attendance_rules_alike(const struct attendance_rules *a, const struct attendance_rules *b)
{
	return a->late_ms == b->late_ms && a->early_ms == b->early_ms &&
	       a->grace_ms == b->grace_ms && a->min_percent == b->min_percent &&
	       a->opt_out == b->opt_out;
}

/* Times of the rules, with the longest that makes sense: what is longer is a mistake of units. */
static const struct {
	const char *key;
	size_t offset;
	int64_t most_s;
} times[] = {
	{"late_s", offsetof(struct attendance_rules, late_ms), DAY_S},
	{"early_s", offsetof(struct attendance_rules, early_ms), DAY_S},
	{"grace_s", offsetof(struct attendance_rules, grace_ms), DAY_S},
	{"window_s", offsetof(struct attendance_rules, window_ms), 31 * DAY_S},
	{"retention_s", offsetof(struct attendance_rules, retention_ms), 100 * 366 * DAY_S},
};

static int64_t *time_at(struct attendance_rules *r, size_t i)
{
	return (int64_t *)((char *)r + times[i].offset);
}

/* An integer from 0 to `most`; what is absent changes nothing. */
static int read_number(const json_t *content, const char *key, int64_t most, int64_t *ret,
		       struct err *err)
{
	const json_t *v = json_object_get(content, key);
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > most)
		return err_set(err, ERR_INVALID,
			       _("the rules' \"%s\" must be a whole number from 0 to %lld"), key,
			       (long long)most);
	*ret = json_integer_value(v);
	return 0;
}

static int read_times(const json_t *content, struct attendance_rules *r, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < ARRAY_LEN(times); i++) {
		int64_t *at = time_at(r, i), s = *at / 1000;
		rc = read_number(content, times[i].key, times[i].most_s, &s, err);
		*at = s * 1000;
	}
	return rc;
}

int attendance_rules_read(const json_t *content, struct attendance_rules *ret, struct err *err)
{
	struct attendance_rules r = attendance_defaults;
	const json_t *opt_out = json_object_get(content, "opt_out");
	int64_t percent = r.min_percent;
	int rc = read_times(content, &r, err);
	if (!rc)
		rc = read_number(content, "min_percent", 100, &percent, err);
	if (rc)
		return rc;
	if (opt_out && !json_is_boolean(opt_out) && !json_is_null(opt_out))
		return err_set(err, ERR_INVALID, _("the rules' \"%s\" must be true or false"),
			       "opt_out");
	r.min_percent = (int)percent;
	r.opt_out = json_is_true(opt_out);
	*ret = r;
	return 0;
}

json_t *attendance_rules_make(const struct attendance_rules *r)
{
	struct attendance_rules copy = *r;
	json_t *o = json_pack("{s:i,s:i,s:b}", "version", 1, "min_percent", r->min_percent,
			      "opt_out", (int)r->opt_out);
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		json_object_set_new(o, times[i].key, json_integer(*time_at(&copy, i) / 1000));
	return o;
}
