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

static void give(struct register_input *in, struct span line)
{
	struct mx_event ev;
	bool staff = span_starts(line, "+");
	if (event_parse_text(span_from(line, staff), EVENT_ROOM, &ev, NULL))
		return;
	register_input_event(in, staff ? REGISTER_STAFF : REGISTER_ROOM, &ev);
	event_done(&ev);
}

static struct register_input *input(const struct span *lines, size_t n, bool backwards)
{
	static const struct lesson l = {.room_id = "!r:x",
					.uid = "u",
					.start_ms = START,
					.end_ms = START + 3600000};
	struct attendance_rules rules = attendance_defaults;
	rules.opt_out = true;
	struct register_input *in = register_input_new(&l, &rules);
	register_input_observer(in, "@_muster:x");
	for (size_t i = 0; i < n; i++)
		give(in, lines[backwards ? n - 1 - i : i]);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = {(const char *)data, size}, lines[LINES_MAX];
	struct sheet_lesson sheet = {0};
	size_t n = 0;
	AUTO(buf_done) struct buf one = BUF_INIT(BUF_CAP_OWN);
	AUTO(buf_done) struct buf two = BUF_INIT(BUF_CAP_OWN);
	while (n < LINES_MAX && span_split(&rest, '\n', &lines[n]))
		n++;
	struct register_input *a = input(lines, n, false), *b = input(lines, n, true);
	struct attendance_register *ra = register_judge(a, START + 100000000);
	struct attendance_register *rb = register_judge(b, START + 100000000);
	register_bytes(ra, &one);
	register_bytes(rb, &two);
	demand(buf_ok(&one) && one.n > 0);
	register_sheet(ra, &sheet);
	if (!register_pending(ra))
		sealed(a, ra);
	sheet_lesson_done(&sheet);
	register_free(ra);
	register_free(rb);
	register_input_free(a);
	register_input_free(b);
	return 0;
}
