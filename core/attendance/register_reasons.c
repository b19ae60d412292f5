#include "core/attendance/register_reasons.h"

#include "core/attendance/sheet.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#include <string.h>
#include <time.h>

static void put_clock(struct buf *b, const json_t *r, const char *key)
{
	time_t t = (time_t)(json_get_i64(r, key, 0) / 1000);
	struct tm tm;
	char text[16] = "";
	if (localtime_r(&t, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	buf_put_str(b, text);
}

static void put_duration(struct buf *b, const json_t *r, const char *key)
{
	char text[WHEN_ISO_SIZE];
	duration_human(json_get_i64(r, key, 0) * 1000, text);
	buf_put_str(b, text);
}

static void put_day(struct buf *b, const json_t *r, const char *key)
{
	char text[WHEN_ISO_SIZE];
	when_iso(json_get_i64(r, key, 0), text);
	buf_put_span(b, span_head(span_of(text), 10));
	buf_put_char(b, ' ');
	buf_put_span(b, span_head(span_from(span_of(text), 11), 5));
}

static const struct {
	const char *word, *label;
} words[] = {
	{"departure", N_("the call's server saw them go")},
	{"next_join", N_("the same device came again")},
	{"expiry", N_("what the device said had run out")},
	{"end", N_("the lesson ended")},
	{"server", N_("the server had stopped")},
	{"most", N_("most people were cut off at once")},
	{"vote", N_("by vote")},
	{"reaction", N_("by reaction")},
	{"word", N_("by a word")},
	{"staff", N_("by staff")},
	{"open", N_("not answered yet")},
	{"accepted", N_("accepted")},
	{"declined", N_("declined")},
};

static void put_word(struct buf *b, const json_t *r, const char *key)
{
	const char *v = json_get_str(r, key);
	enum mark_status s = mark_status_parse(v);
	const char *shown = s != MARK_COUNT ? mark_status_label(s) : v ? v : "?";
	for (size_t i = 0; v && i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].word, v) == 0)
			shown = _(words[i].label);
	buf_put_str(b, shown);
}

static void put_text(struct buf *b, const json_t *r, const char *key)
{
	const json_t *v = json_object_get(r, key);
	if (json_is_integer(v))
		buf_put_i64(b, json_integer_value(v));
	else if (json_is_string(v))
		buf_put(b, json_string_value(v), json_string_length(v));
	else
		buf_put_str(b, "-");
}

/* "{clock:at}" and the like in a sentence: how, and which key. */
static const struct {
	const char *how;
	void (*put)(struct buf *b, const json_t *r, const char *key);
} fields[] = {
	{"clock", put_clock}, {"day", put_day},	  {"dur", put_duration},
	{"word", put_word},   {"text", put_text},
};

static const struct {
	const char *code, *sentence;
} sentences[] = {
	{"attended", N_("there for {dur:present_s} of {dur:of_s} ({text:percent} %; "
			"{text:min_percent} % are needed)")},
	{"not_seen", N_("not seen in {dur:of_s}")},
	{"came_late", N_("came at {clock:at}, {dur:missed_s} after the beginning "
			 "({dur:allowed_s} are allowed)")},
	{"left_early", N_("gone at {clock:at}, {dur:missed_s} before the end "
			  "({dur:allowed_s} are allowed)")},
	{"several_devices", N_("there with {text:devices} devices")},
	{"rejoined", N_("joined again {text:count} times without having left")},
	{"gaps_bridged", N_("{text:count} short absences, {dur:total_s} together, count as "
			    "presence")},
	{"end_inferred", N_("nobody said when they left: taken as {clock:at}, as "
			    "{word:by}")},
	{"joined_room", N_("expected from {clock:at} on, when they came into the room")},
	{"left_room", N_("expected until {clock:at}, when they left the room")},
	{"not_in_room", N_("not in the room at that time")},
	{"all_outage", N_("nothing was tracked while they were expected")},
	{"no_lesson", N_("there was no call with staff in it and no roll-call")},
	{"roll_answered", N_("answered the roll-call at {clock:ts}, {word:way}")},
	{"roll_away", N_("said at {clock:ts} that they could not be there")},
	{"roll_unanswered", N_("did not answer the roll-call of {clock:ts}")},
	{"roll_marked", N_("{text:by} answered the roll-call for them: {word:status} "
			   "({text:reason})")},
	{"history_missing", N_("what happened from {clock:from} to {clock:to} is hidden or "
			       "gone")},
	{"redacted", N_("{text:by} removed what their device said at {clock:ts}")},
	{"opted_out", N_("asked on {day:ts} not to be tracked")},
	{"pending", N_("still under way")},
	{"corrected", N_("{text:by} changed it from {word:worked_out} to {word:after} on "
			 "{day:ts}: {text:reason}")},
	{"excused", N_("{text:by} excused them on {day:ts} (else {word:worked_out}): "
		       "{text:reason}")},
	{"mark_taken_back", N_("{text:by} took the mark back on {day:ts}")},
	{"contested", N_("contested on {day:ts}, {word:state}: {text:reason}")},
	{"outage", N_("{clock:from} to {clock:to} not tracked: {word:why} "
		      "({text:people} people)")},
	{"foreign_member", N_("{text:sender} wrote {text:count} times as somebody else; that "
			      "counts for nothing")},
	{"malformed_member", N_("{text:count} events of {text:sender} about the call could not be "
				"read")},
	{"mark_not_staff", N_("{text:sender} marked people {text:count} times without being "
			      "staff; that counts for nothing")},
	{"too_many_devices", N_("{text:sender} came with more keys than are followed "
				"({text:max}); {text:count} events are left out")},
	{"double_roll", N_("two roll-calls were opened at the same moment: only the first one "
			   "counts")},
	{"words_missing", N_("some of what staff said is hidden or gone here: corrections and "
			     "excuses may be missing")},
	{"other_rules", N_("judged here by other rules than those that it was sealed by")},
	{"cancelled", N_("the lesson was cancelled; nobody is marked")},
	{"closed_early", N_("closed at {clock:at}, before its time")},
	{"too_many_people", N_("more than {text:max} people; the rest is left out")},
	{"too_many_events", N_("more than {text:max} events; the rest is left out")},
};

static void put_field(struct buf *b, const json_t *r, struct span field)
{
	struct span how;
	char key[32];
	if (!span_split(&field, ':', &how))
		return;
	snprintf(key, sizeof(key), "%.*s", SPAN_ARG(field));
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (span_eq_str(how, fields[i].how))
			fields[i].put(b, r, key);
}

static void put_sentence(struct buf *b, const json_t *r, const char *sentence)
{
	struct span rest = span_of(sentence);
	while (rest.n) {
		ptrdiff_t open = span_find(rest, '{'), close = span_find(rest, '}');
		if (open < 0 || close < open) {
			buf_put_span(b, rest);
			return;
		}
		buf_put_span(b, span_head(rest, (size_t)open));
		put_field(b, r,
			  span_head(span_from(rest, (size_t)open + 1), (size_t)(close - open) - 1));
		rest = span_from(rest, (size_t)close + 1);
	}
}

char *register_reason_text(const json_t *reason)
{
	const char *code = json_get_str(reason, "code");
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	for (size_t i = 0; code && i < ARRAY_LEN(sentences); i++)
		if (strcmp(sentences[i].code, code) == 0) {
			put_sentence(&b, reason, _(sentences[i].sentence));
			return mem_strdup(buf_str(&b));
		}
	return mem_strdup(code ? code : "");
}
