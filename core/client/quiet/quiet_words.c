/* Quiet hours as people write them and as account data has them. */
#include "core/base/i18n.h"
#include "core/client/quiet/quiet.h"

#include <string.h>

static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static int bad_span(struct span s, struct err *err)
{
	err_set(err, ERR_USAGE, _("\"%.*s\" is no span of a day"), SPAN_ARG(span_head(s, 60)));
	err_hint(err, _("write for example 20:00-07:00"));
	return ERR_USAGE;
}

/* "7:00", "07:00", "24:00" off the head of *s. */
static bool take_time(struct span *s, int *ret)
{
	int v[2] = {0, 0};
	for (int part = 0; part < 2; part++) {
		size_t n = 0;
		for (; n < s->n && n < 2 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
			v[part] = v[part] * 10 + s->p[n] - '0';
		if (n == 0 || (part == 1 && n != 2))
			return false;
		*s = span_from(*s, n);
		if (part == 0 && !span_starts(*s, ":"))
			return false;
		if (part == 0)
			*s = span_from(*s, 1);
	}
	*ret = v[0] * 60 + v[1];
	return v[1] < 60 && *ret <= 1440;
}

int quiet_span_parse(struct span s, struct quiet_span *ret, struct err *err)
{
	struct span rest = span_trim(s);
	int from, to;
	if (!take_time(&rest, &from) || !span_starts(rest, "-"))
		return bad_span(s, err);
	rest = span_from(rest, 1);
	if (!take_time(&rest, &to) || rest.n || from == 1440)
		return bad_span(s, err);
	ret->from_min = from;
	ret->to_min = to % 1440;
	return 0;
}

static int day_of(struct span s)
{
	for (int i = 0; i < 7; i++)
		if (span_case_eq_str(s, names[i]))
			return i;
	return -1;
}

/* One day, or a run of days that may go over Sunday. */
static bool add_days(struct span s, unsigned *days)
{
	ptrdiff_t dash = span_find(s, '-');
	int from = day_of(dash < 0 ? s : span_head(s, (size_t)dash));
	int to = dash < 0 ? from : day_of(span_from(s, (size_t)dash + 1));
	if (from < 0 || to < 0)
		return false;
	for (int d = from;; d = (d + 1) % 7) {
		*days |= 1u << d;
		if (d == to)
			return true;
	}
}

int quiet_days_parse(struct span s, unsigned *ret, struct err *err)
{
	struct span rest = span_trim(s), word;
	unsigned days = 0;
	if (span_case_eq_str(rest, "daily"))
		days = QUIET_DAILY;
	else
		while (span_split(&rest, ',', &word))
			if (!add_days(span_trim(word), &days)) {
				days = 0;
				break;
			}
	if (!days) {
		err_set(err, ERR_USAGE, _("\"%.*s\" are no days of the week"),
			SPAN_ARG(span_head(s, 60)));
		err_hint(err, _("write for example mon-fri, sat,sun or daily"));
		return ERR_USAGE;
	}
	*ret = days;
	return 0;
}

/* "mon-fri", "sat,sun" without a dash for what are no three in a row. */
static void put_days(struct buf *b, unsigned days)
{
	for (int d = 0; d < 7;) {
		int end = d;
		if (!(days >> d & 1)) {
			d++;
			continue;
		}
		while (end < 6 && (days >> (end + 1) & 1))
			end++;
		buf_printf(b, "%s%s", b->n && b->p[b->n - 1] != ' ' ? "," : "", names[d]);
		if (end > d)
			buf_printf(b, "-%s", names[end]);
		d = end + 1;
	}
}

void quiet_span_put(const struct quiet_span *p, char ret[QUIET_SPAN_SIZE])
{
	AUTO(buf_done) struct buf b = BUF_INIT(QUIET_SPAN_SIZE - 1);
	bool whole = p->from_min == p->to_min && p->from_min == 0;
	if (!whole)
		buf_printf(&b, "%02d:%02d-%02d:%02d", p->from_min / 60, p->from_min % 60,
			   p->to_min / 60, p->to_min % 60);
	if (whole && p->days == QUIET_DAILY)
		buf_put_str(&b, "daily");
	if (p->days != QUIET_DAILY) {
		buf_put_str(&b, whole ? "" : " ");
		put_days(&b, p->days);
	}
	snprintf(ret, QUIET_SPAN_SIZE, "%s", buf_str(&b));
}

/* -- Account data ------------------------------------------------------------------------ */

static int bad_content(struct err *err, const char *key)
{
	return err_set(err, ERR_INVALID, _("the account's quiet hours are malformed: \"%s\""), key);
}

static int read_span(const json_t *j, struct quiet_span *ret, struct err *err)
{
	char text[32];
	unsigned days = 0;
	size_t i;
	json_t *day;
	const char *from = json_get_str(j, "from"), *to = json_get_str(j, "to");
	snprintf(text, sizeof(text), "%.10s-%.10s", from ? from : "", to ? to : "");
	if (quiet_span_parse(span_of(text), ret, NULL))
		return bad_content(err, "spans");
	json_array_foreach (json_get_array(j, "days"), i, day) {
		int d = day_of(span_of(json_is_string(day) ? json_string_value(day) : ""));
		if (d < 0)
			return bad_content(err, "days");
		days |= 1u << d;
	}
	ret->days = json_object_get(j, "days") ? days : QUIET_DAILY;
	return 0;
}

static int read_spans(const json_t *list, struct quiet_hours *ret, struct err *err)
{
	size_t i;
	json_t *one;
	int rc = 0;
	if (json_array_size(list) > QUIET_SPANS_MAX)
		return bad_content(err, "spans");
	ret->n = 0;
	json_array_foreach (list, i, one) {
		rc = read_span(one, &ret->spans[ret->n], err);
		if (rc)
			return rc;
		ret->n++;
	}
	return 0;
}

int quiet_read(const json_t *content, struct quiet_hours *ret, struct err *err)
{
	struct quiet_hours q;
	const char *zone = json_get_str(content, "zone"), *rooms = json_get_str(content, "rooms");
	const json_t *spans = json_object_get(content, "spans");
	if (!json_is_object(content))
		return bad_content(err, "");
	quiet_default(&q);
	if (spans && !json_is_array(spans))
		return bad_content(err, "spans");
	int rc = spans ? read_spans(spans, &q, err) : 0;
	if (rc)
		return rc;
	if (zone && cal_zone_check(zone, q.zone, NULL))
		return bad_content(err, "zone");
	q.on = json_get_bool(content, "on", true);
	q.all = rooms && strcmp(rooms, "all") == 0;
	q.hidden = json_get_bool(content, "private", false);
	q.no_urgent = !json_get_bool(content, "urgent", true);
	q.until_ms = json_get_i64(content, "until_ts", 0);
	q.awake_ms = json_get_i64(content, "awake_ts", 0);
	*ret = q;
	return 0;
}

static json_t *make_span(const struct quiet_span *p)
{
	char from[16], to[16];
	json_t *days = json_array();
	snprintf(from, sizeof(from), "%02d:%02d", p->from_min / 60, p->from_min % 60);
	snprintf(to, sizeof(to), "%02d:%02d", p->to_min / 60, p->to_min % 60);
	for (int d = 0; d < 7; d++)
		if (p->days >> d & 1)
			json_array_append_new(days, json_string(names[d]));
	return json_pack("{s:s,s:s,s:o}", "from", from, "to", to, "days", days);
}

json_t *quiet_make(const struct quiet_hours *q)
{
	json_t *spans = json_array();
	for (int i = 0; i < q->n; i++)
		json_array_append_new(spans, make_span(&q->spans[i]));
	json_t *j = json_pack("{s:i,s:b,s:s,s:o,s:s,s:b,s:b}", "version", 1, "on", q->on, "zone",
			      q->zone, "spans", spans, "rooms", q->all ? "all" : "work", "private",
			      q->hidden, "urgent", !q->no_urgent);
	if (q->until_ms)
		json_object_set_new(j, "until_ts", json_integer(q->until_ms));
	if (q->awake_ms)
		json_object_set_new(j, "awake_ts", json_integer(q->awake_ms));
	return j;
}
