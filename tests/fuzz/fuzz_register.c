/*
 * A lesson's events from anywhere, one JSON object a line ("+" before it: of the staff room), in both
 * orders: whatever they are, a register is made of them, shown, sealed and checked.
 */
#include "core/attendance/register.h"
#include "core/base/mem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START INT64_C(1767258000000)
#define LINES_MAX 200

static void demand(bool ok)
{
	if (!ok)
		abort();
}

/* `ids`: those that came, true for one that came twice. */
static void give(struct register_input *in, struct span line, json_t *ids)
{
	struct mx_event ev;
	bool staff = span_starts(line, "+");
	if (event_parse_text(span_from(line, staff), EVENT_ROOM, &ev, NULL))
		return;
	json_object_set_new(ids, ev.event_id, json_boolean(json_object_get(ids, ev.event_id)));
	register_input_event(in, staff ? REGISTER_STAFF : REGISTER_ROOM, &ev);
	event_done(&ev);
}

static const struct lesson lesson = {.room_id = "!r:x",
				     .uid = "u",
				     .start_ms = START,
				     .end_ms = START + 3600000};
static const struct lesson roll = {.room_id = "!r:x",
				   .roll_id = "$30abcdefghijklmnop",
				   .start_ms = START + 60000,
				   .end_ms = START + 660000};

static struct register_input *input(const struct lesson *l, const struct span *lines, size_t n,
				    bool backwards, json_t *ids)
{
	static const struct attendance_rules_given given = {60000, -1, 0, 90};
	struct attendance_rules rules = attendance_defaults;
	rules.opt_out = true;
	struct register_input *in = register_input_new(l, &rules);
	register_input_observer(in, "@_muster:x");
	register_input_staff_observes(in);
	if (l == &roll)
		register_input_given(in, &given);
	for (size_t i = 0; i < n; i++)
		give(in, lines[backwards ? n - 1 - i : i], ids);
	return in;
}

static void sealed(struct register_input *in, const struct attendance_register *r)
{
	AUTO(seal_check_done) struct seal_check c = {0};
	json_t *parts = register_seal(in, r), *part;
	size_t i;
	demand(parts != NULL);
	json_array_foreach (parts, i, part) {
		struct mx_event ev;
		AUTO_FREE char *id = mem_printf("$seal%zu", i);
		JSON_AUTO json_t *json =
			json_pack("{s:s,s:s,s:s,s:I,s:O}", "event_id", id, "type", SEAL_TYPE,
				  "sender", "@teacher:x", "origin_server_ts",
				  (json_int_t)(START + 86400000), "content", part);
		demand(event_parse(json, EVENT_ROOM, &ev, NULL) == 0);
		register_input_event(in, REGISTER_STAFF, &ev);
		event_done(&ev);
	}
	register_check_seal(in, r, &c);
	/* None where the events say that she is no staff; other events may be called as its parts are. */
	demand(c.verdict == SEAL_NONE || c.verdict == SEAL_GOOD || c.by);
	json_decref(parts);
}

/* Events of one id that differ may come to something else in another order; no others may. */
static bool any_twice(const json_t *ids)
{
	const char *id;
	json_t *twice;
	json_object_foreach ((json_t *)ids, id, twice)
		if (json_is_true(twice))
			return true;
	return false;
}

static void play(const struct lesson *l, const struct span *lines, size_t n)
{
	struct sheet_lesson sheet = {0};
	AUTO(buf_done) struct buf one = BUF_INIT(BUF_CAP_OWN);
	AUTO(buf_done) struct buf two = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *ids = json_object(), *again = json_object();
	struct register_input *a = input(l, lines, n, false, ids);
	struct register_input *b = input(l, lines, n, true, again);
	struct attendance_register *ra = register_judge(a, START + 100000000);
	struct attendance_register *rb = register_judge(b, START + 100000000);
	register_bytes(ra, &one);
	register_bytes(rb, &two);
	demand(buf_ok(&one) && one.n > 0);
	demand(any_twice(ids) || strcmp(buf_str(&one), buf_str(&two)) == 0);
	register_sheet(ra, &sheet);
	if (!register_pending(ra))
		sealed(a, ra);
	sheet_lesson_done(&sheet);
	register_free(ra);
	register_free(rb);
	register_input_free(a);
	register_input_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size}, lines[LINES_MAX];
	size_t n = 0;
	while (n < LINES_MAX && span_split(&rest, '\n', &lines[n]))
		n++;
	play(&lesson, lines, n);
	play(&roll, lines, n);
	return 0;
}
