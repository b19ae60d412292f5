/* What people of any client read about a meeting. */
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/matrix/html.h"

#include <string.h>
#include <time.h>

#define LISTED 3

/* "Monday 2026-03-02" in the process's language. */
static void put_day(struct buf *b, const struct cal_time *t)
{
	struct tm tm = {.tm_year = t->year - 1900,
			.tm_mon = t->month - 1,
			.tm_mday = t->day,
			.tm_hour = 12};
	char text[64];
	timegm(&tm); /* the weekday */
	if (strftime(text, sizeof(text), "%A %Y-%m-%d", &tm))
		buf_put_str(b, text);
}

/* "Monday 2026-03-02, 09:00-10:30 (Europe/Berlin)" */
static void put_when(struct buf *b, const struct meeting *m, int64_t start_ms, int64_t end_ms)
{
	const char *zone = m->event.start.zone;
	struct cal_time from, to;
	if (cal_time_at(start_ms, zone, &from, NULL) || cal_time_at(end_ms, zone, &to, NULL))
		return;
	put_day(b, &from);
	if (m->event.start.date_only)
		return;
	buf_printf(b, ", %02d:%02d-", from.hour, from.minute);
	if (from.day != to.day || from.month != to.month) {
		put_day(b, &to);
		buf_put_char(b, ' ');
	}
	buf_printf(b, "%02d:%02d (%s)", to.hour, to.minute, *zone ? zone : "UTC");
}

struct further {
	struct buf *b;
	const char *zone;
	int n;
};

static int put_further(const struct cal_occurrence *o, void *arg)
{
	struct further *f = arg;
	struct cal_time t;
	if (o->cancelled)
		return 0;
	if (f->n++ && f->n <= LISTED + 1 && !cal_time_at(o->start_ms, f->zone, &t, NULL))
		buf_printf(f->b, "%s%04d-%02d-%02d", f->n > 2 ? ", " : "", t.year, t.month, t.day);
	return f->n > LISTED + 1;
}

/* The dates behind the first one, and the last. */
static void put_dates(struct buf *b, const struct meeting *m, int64_t first_ms)
{
	const struct cal_event *e = &m->event;
	AUTO(buf_done) struct buf dates = BUF_INIT(400);
	struct further f = {&dates, e->start.zone, 0};
	struct cal_time t;
	int64_t last;
	cal_expand(e, first_ms, INT64_MAX, 0, put_further, &f, NULL);
	if (f.n < 2)
		return;
	buf_put_char(b, '\n');
	if (f.n <= LISTED + 1 || cal_last_end(e, &last, NULL))
		buf_printf(b, _("and on %s"), buf_str(&dates));
	else if (last == INT64_MAX || cal_time_at(last, e->start.zone, &t, NULL))
		buf_printf(b, _("and on %s ..."), buf_str(&dates));
	else
		buf_printf(b, _("and on %s ... until %04d-%02d-%02d"), buf_str(&dates), t.year,
			   t.month, t.day);
}

/* The first that takes place. */
static int take_first(const struct cal_occurrence *o, void *arg)
{
	if (o->cancelled)
		return 0;
	*(struct cal_occurrence *)arg = *o;
	return 1;
}

/* Lines below the title. */
static void put_details(struct buf *b, const struct meeting *m, const struct cal_occurrence *o,
			const char *reason)
{
	struct cal_occurrence first = {.title = NULL};
	if (!o && cal_expand(&m->event, INT64_MIN, INT64_MAX, 0, take_first, &first, NULL) == 1)
		put_when(b, m, first.start_ms, first.end_ms);
	else if (o)
		put_when(b, m, o->start_ms, o->end_ms);
	if (!o)
		put_dates(b, m, first.start_ms);
	const char *location = o ? o->location : m->event.location;
	const char *description = o ? o->description : m->event.description;
	if (location && *location)
		buf_printf(b, "\n%s", location);
	if (description && *description)
		buf_printf(b, "\n%s", description);
	if (reason && *reason)
		buf_printf(b, "\n%s", reason);
}

static const char *headline(enum meet_news news, bool one)
{
	switch (news) {
	case MEET_NEW:
		return _("Meeting");
	case MEET_CHANGED:
		return one ? _("Moved or changed, this date alone") : _("Meeting changed");
	default:
		return one ? _("Cancelled, this date alone") : _("Meeting cancelled");
	}
}

void meet_words(const struct meeting *m, const struct cal_occurrence *o, enum meet_news news,
		const char *reason, struct buf *ret_text, struct buf *ret_html)
{
	AUTO(buf_done) struct buf details = BUF_INIT(BUF_CAP_OWN);
	const char *title = o && o->title ? o->title : m->event.title;
	struct span rest, line;
	bool more = false;
	put_details(&details, m, o, reason);
	buf_printf(ret_text, "%s: %s\n%s", headline(news, o != NULL), title ? title : "",
		   buf_str(&details));
	html_escape(ret_html, span_of(headline(news, o != NULL)));
	buf_put_str(ret_html, ": <strong>");
	html_escape(ret_html, span_of(title));
	buf_put_str(ret_html, "</strong><br>");
	rest = buf_span(&details);
	while (span_split(&rest, '\n', &line)) {
		if (more)
			buf_put_str(ret_html, "<br>");
		html_escape(ret_html, line);
		more = true;
	}
}
