/* iCalendar files in: the first half, from libical's components to events. */
#include "core/calendar/ics.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/calendar/ics_read.h"
#include "core/calendar/wall.h"

#include <ctype.h>
#include <string.h>

void ics_tell(struct reader *r, int line, const char *fmt, ...)
{
	char sentence[400];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	if (r->problem)
		r->problem(r->arg, line, sentence);
}

/* -- Zones of the file --------------------------------------------------- */

static icalcomponent *described(struct reader *r, const char *tzid)
{
	for (size_t i = 0; i < r->n_descriptions; i++) {
		icalproperty *p = r->lib->icalcomponent_get_first_property(r->descriptions[i],
									   ICAL_TZID_PROPERTY);
		char *name = p ? r->lib->icalproperty_get_value_as_string_r(p) : NULL;
		bool same = name && !strcmp(name, tzid);
		if (name)
			r->lib->icalmemory_free_buffer(name);
		if (same)
			return r->descriptions[i];
	}
	return NULL;
}

/* Each name is looked up once a file. */
static int zone_of(struct reader *r, const char *tzid, int year, int at, char ret[CAL_ZONE_MAX],
		   struct err *err)
{
	bool exact;
	for (size_t i = 0; i < r->n_zones; i++)
		if (!strcmp(r->zones[i].tzid, tzid)) {
			memcpy(ret, r->zones[i].name, CAL_ZONE_MAX);
			return r->zones[i].name[0]
				       ? 0
				       : err_set(err, ERR_NOT_FOUND,
						 _("the zone \"%.60s\" is not known"), tzid);
		}
	int rc = ics_zone_find(tzid, described(r, tzid), year, ret, &exact, err);
	if (!rc && !exact)
		ics_tell(r, at, _("the zone \"%.60s\" is taken for %s"), tzid, ret);
	if (r->n_zones < ICS_ZONES_MAX) {
		r->zones[r->n_zones].tzid = mem_strdup(tzid);
		memcpy(r->zones[r->n_zones].name, rc ? "" : ret, rc ? 1 : CAL_ZONE_MAX);
		r->n_zones++;
	}
	return rc;
}

/* -- Values -------------------------------------------------------------- */

int ics_time(struct reader *r, icalproperty *p, int at, struct cal_time *ret, struct err *err)
{
	char *value = r->lib->icalproperty_get_value_as_string_r(p);
	char *tzid = r->lib->icalproperty_get_parameter_as_string_r(p, "TZID");
	struct span s = span_of(value), first;
	span_split(&s, '/', &first); /* of a period: its start */
	int rc = cal_stamp_parse(first, "", ret, err);
	if (!rc && tzid && !ret->date_only && !ret->zone[0])
		rc = zone_of(r, tzid, ret->year, at, ret->zone, err);
	if (value)
		r->lib->icalmemory_free_buffer(value);
	if (tzid)
		r->lib->icalmemory_free_buffer(tzid);
	return rc;
}

/* Free text without its escapes; control characters out. The caller owns it; NULL: not there. */
char *ics_text(struct reader *r, icalcomponent *c, icalproperty_kind kind, size_t max)
{
	icalproperty *p = r->lib->icalcomponent_get_first_property(c, kind);
	icalvalue *v = p ? r->lib->icalproperty_get_value(p) : NULL;
	const char *s = v && r->lib->icalvalue_isa(v) == ICAL_TEXT_VALUE
				? r->lib->icalvalue_get_text(v)
				: NULL;
	char *raw = p && !s ? r->lib->icalproperty_get_value_as_string_r(p) : NULL;
	s = s ? s : raw;
	bool lines = kind == ICAL_DESCRIPTION_PROPERTY || kind == ICAL_LOCATION_PROPERTY;
	struct buf b = BUF_INIT(max + 1);
	for (; s && *s && b.n < max; s++)
		if ((unsigned char)*s >= ' ' || (lines && (*s == '\n' || *s == '\t')))
			buf_put_char(&b, *s);
		else if (*s == '\n' || *s == '\t')
			buf_put_char(&b, ' ');
	if (raw)
		r->lib->icalmemory_free_buffer(raw);
	if (b.n == max) /* no half character at its end */
		buf_truncate(&b, utf8_head(buf_span(&b), max - 1));
	if (b.n)
		return buf_take(&b);
	buf_done(&b);
	return NULL;
}

/* -- The file ------------------------------------------------------------ */

static void add_component(icalcomponent ***v, size_t *n, icalcomponent *c)
{
	*v = mem_realloc_array(*v, *n + 1, sizeof(**v));
	(*v)[(*n)++] = c;
}

/* All events and zone descriptions, in their order; calendars may stand one after another. */
static void collect(struct reader *r, icalcomponent *c, int depth)
{
	icalcomponent_kind kind = r->lib->icalcomponent_isa(c);
	if (kind == ICAL_VEVENT_COMPONENT && r->n_events < ICS_EVENTS_MAX)
		add_component(&r->events, &r->n_events, c);
	if (kind == ICAL_VTIMEZONE_COMPONENT && r->n_descriptions < ICS_ZONES_MAX)
		add_component(&r->descriptions, &r->n_descriptions, c);
	if (depth > 3 || kind == ICAL_VEVENT_COMPONENT || kind == ICAL_VTIMEZONE_COMPONENT)
		return;
	icalcomponent *next = r->lib->icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT);
	for (; next; next = r->lib->icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT))
		collect(r, next, depth + 1);
}

/* libical does not count lines: the n-th event begins at the n-th of these. */
static void number_lines(struct reader *r, struct span text)
{
	struct span line;
	int no = 0;
	size_t n = 0;
	r->lines = mem_realloc_array(NULL, r->n_events + 1, sizeof(*r->lines));
	while (n < r->n_events && span_split(&text, '\n', &line)) {
		no++;
		if (span_case_eq_str(span_trim(line), "BEGIN:VEVENT"))
			r->lines[n++] = no;
	}
	while (n < r->n_events)
		r->lines[n++] = 0;
}

/* Text without BOM and NULs, as UTF-8: what is not becomes U+FFFD. */
static char *cleaned(struct span text)
{
	struct buf b = BUF_INIT(3 * (size_t)ICS_FILE_MAX + 1);
	if (text.n >= 3 && !memcmp(text.p, "\xef\xbb\xbf", 3))
		text = span_from(text, 3);
	if (utf8_valid(text) && (!text.n || !memchr(text.p, '\0', text.n)))
		return span_dup(text);
	while (text.n) {
		bool ok;
		uint32_t cp = utf8_next(&text, &ok);
		if (!ok || cp)
			utf8_put(&b, ok ? cp : 0xfffd);
	}
	return buf_take(&b);
}

static bool is_calendar(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return span_case_eq_str(span_head(span_of(text), 15), "BEGIN:VCALENDAR");
}

static void reader_done(struct reader *r)
{
	for (size_t i = 0; i < r->n_zones; i++)
		mem_free(r->zones[i].tzid);
	mem_free(r->events);
	mem_free(r->descriptions);
	mem_free(r->lines);
}

static int read_all(struct reader *r, const char *text, struct cal_events *ret, struct err *err)
{
	icalcomponent *root = r->lib->icalparser_parse_string(text);
	if (!root)
		return err_set(err, ERR_INVALID, _("the calendar file does not parse"));
	collect(r, root, 0);
	number_lines(r, span_of(text));
	if (r->n_events == ICS_EVENTS_MAX)
		ics_tell(r, r->lines[ICS_EVENTS_MAX - 1],
			 _("only the first %d events of the file are read"), ICS_EVENTS_MAX);
	ics_events(r, ret);
	r->lib->icalcomponent_free(root);
	if (ret->n)
		return 0;
	return err_set(err, ERR_INVALID,
		       r->n_events ? _("no event of the calendar file can be used")
				   : _("the calendar file has no events"));
}

int ics_read(struct span text, ics_problem_fn *problem, void *arg, struct cal_events *ret,
	     struct err *err)
{
	struct reader r = {.lib = ical(err), .problem = problem, .arg = arg};
	if (!r.lib)
		return ERR_UNSUPPORTED;
	if (text.n > ICS_FILE_MAX)
		return err_set(err, ERR_TOO_LARGE, _("the calendar file is larger than %u MB"),
			       ICS_FILE_MAX >> 20);
	AUTO_FREE char *clean = cleaned(text);
	if (!is_calendar(clean))
		return err_set(err, ERR_INVALID,
			       _("this is no calendar file: it does not begin with "
				 "BEGIN:VCALENDAR"));
	struct cal_events out = {NULL, 0};
	int rc = read_all(&r, clean, &out, err);
	reader_done(&r);
	if (rc)
		cal_events_done(&out);
	else
		*ret = out;
	return rc;
}

void cal_events_done(struct cal_events *e)
{
	for (size_t i = 0; i < e->n; i++)
		cal_event_done(&e->v[i]);
	mem_free(e->v);
	*e = (struct cal_events){NULL, 0};
}
