#include "core/attendance/chart.h"

#include "core/attendance/formats/form.h"
#include "core/base/i18n.h"
#include "core/base/text.h"

#define COLUMNS_MIN 20
#define COLUMNS_MAX 1000
#define NAME_MAX_CELLS 24
#define GAP 2 /* cells between columns */

struct chart {
	struct buf *b;
	const struct sheet_lesson *l;
	const struct chart_look *look;
	int name, bar, hours, mark; /* cells of the columns; bar 0: none */
};

static struct term_text clean(const char *s)
{
	return text_make(span_of(s), TEXT_LINE);
}

static int cells_of(const char *s)
{
	struct term_text t = clean(s);
	int n = text_cells((struct span){t.s, t.n});
	text_done(&t);
	return n;
}

static void put_blanks(struct buf *b, int n)
{
	for (; n > 0; n--)
		buf_put_char(b, ' ');
}

/* Text in just so many cells, on the left or the right. */
static void put_field(struct buf *b, const char *s, int cells, bool right)
{
	struct term_text t = clean(s);
	struct span whole = {t.s, t.n};
	struct span fits = span_head(whole, text_fit(whole, cells));
	int blanks = cells - text_cells(fits);
	put_blanks(b, right ? blanks : 0);
	buf_put_span(b, fits);
	put_blanks(b, right ? 0 : blanks);
	text_done(&t);
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static bool has_times(const struct sheet_lesson *l)
{
	for (size_t i = 0; i < l->n_rows; i++)
		if (l->rows[i].n_intervals)
			return l->end_ms > l->start_ms;
	return false;
}

static void measure(struct chart *c)
{
	int columns = most(c->look->columns, COLUMNS_MIN), name = 4;
	columns = columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
	for (size_t i = 0; i < c->l->n_rows; i++) {
		const struct sheet_row *r = &c->l->rows[i];
		name = most(name, cells_of(form_name(r)));
		c->mark = most(c->mark, cells_of(mark_status_label(r->status)));
	}
	c->hours = 7;
	c->name = name > NAME_MAX_CELLS ? NAME_MAX_CELLS : name;
	if (c->name > columns / 3)
		c->name = columns / 3;
	if (columns < 60) { /* the hours go first, then the bar */
		c->hours = 0;
		c->mark = c->mark > columns / 3 ? columns / 3 : c->mark;
	}
	c->bar = columns - c->name - GAP - c->mark - GAP - (c->hours ? c->hours + GAP : 0);
	if (!has_times(c->l) || c->bar < 4)
		c->bar = 0;
}

static const char *colour_of(enum mark_status s)
{
	switch (s) {
	case MARK_PRESENT:
		return "\033[32m";
	case MARK_LATE:
	case MARK_LEFT_EARLY:
	case MARK_PARTIAL:
		return "\033[33m";
	case MARK_ABSENT:
		return "\033[31m";
	default:
		return "\033[2m";
	}
}

/* Five steps of how much of a cell's time somebody was there. */
static void put_bar(struct chart *c, const struct sheet_row *r)
{
	static const char *const blocks[] = {"·", "░", "▒", "▓", "█"}, *const ascii[] = {".", ":",
											 "=", "+",
											 "#"};
	int covered[COLUMNS_MAX];
	form_coverage(c->l, r, c->bar, covered);
	for (int i = 0; i < c->bar; i++) {
		int step = covered[i] >= 1000 ? 4 : covered[i] ? 1 + covered[i] * 3 / 1000 : 0;
		buf_put_str(c->b, c->look->utf8 ? blocks[step] : ascii[step]);
	}
	put_blanks(c->b, GAP);
}

static void put_row(struct chart *c, const struct sheet_row *r)
{
	char hours[FORM_TIME_SIZE] = "";
	int64_t present = form_present_ms(c->l, r);
	if (present >= 0)
		form_hours(present, hours);
	put_field(c->b, form_name(r), c->name, false);
	put_blanks(c->b, GAP);
	if (c->look->colour)
		buf_put_str(c->b, colour_of(r->status));
	if (c->bar)
		put_bar(c, r);
	if (c->hours) {
		put_field(c->b, hours, c->hours, true);
		put_blanks(c->b, GAP);
	}
	put_field(c->b, mark_status_label(r->status), c->mark, false);
	while (c->b->n && c->b->p[c->b->n - 1] == ' ')
		buf_truncate(c->b, c->b->n - 1);
	buf_put_str(c->b, c->look->colour ? "\033[0m\n" : "\n");
}

/* "09:00 ... 10:30" over the bars. */
static int put_scale(struct chart *c, struct err *err)
{
	char at[2][8];
	struct format_options o = {.zone = c->look->zone};
	struct form_out w = {.o = &o};
	const int64_t ms[2] = {c->l->start_ms, c->l->end_ms};
	for (int i = 0; i < 2; i++) {
		struct cal_time t = form_wall(&w, c->l, ms[i]);
		snprintf(at[i], sizeof(at[i]), "%02d:%02d", t.hour % 100, t.minute % 100);
	}
	if (w.rc) {
		*err = w.err;
		return w.rc;
	}
	put_blanks(c->b, c->name + GAP);
	buf_put_str(c->b, at[0]);
	if (c->bar >= 11)
		put_field(c->b, at[1], c->bar - 5, true);
	buf_put_char(c->b, '\n');
	return 0;
}

int chart_put(struct buf *b, const struct sheet_lesson *l, const struct chart_look *look,
	      struct err *err)
{
	struct chart c = {.b = b, .l = l, .look = look};
	measure(&c);
	int rc = c.bar ? put_scale(&c, err) : 0;
	for (size_t i = 0; i < l->n_rows && !rc; i++)
		put_row(&c, &l->rows[i]);
	return rc;
}
