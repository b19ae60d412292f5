/* Rows of a call for people, and what their keys mean. */
#include "cli/call/run.h"
#include "cli/params.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/when.h"

#include <string.h>

static void put_name(struct buf *b, const json_t *row)
{
	bool self = json_get_bool(row, "self", false);
	const json_t *name = json_object_get(row, "name");
	if (self)
		buf_put_str(b, _("You"));
	else if (json_is_string(name))
		command_put_clean(b, name);
	else
		command_put_clean(b, json_object_get(row, "user_id"));
}

static void line_joined(struct buf *b, const json_t *row)
{
	bool self = json_get_bool(row, "self", false);
	int64_t people = json_get_i64(row, "people", 1);
	put_name(b, row);
	if (!self) {
		buf_put_str(b, json_get_bool(row, "already", false) ? _(" is there already")
								    : _(" joined"));
		return;
	}
	buf_put_str(b, _(" are in the call"));
	buf_printf(b, _(", people there: %lld"), (long long)people);
	bool live = json_get_bool(row, "live", false);
	if (live && !json_get_bool(row, "may_speak", true))
		buf_put_str(b, _(" (a live lesson: listening)"));
	else if (live && json_get_bool(row, "host", false))
		buf_put_str(b, _(" (live: you lead)"));
	else if (live && json_get_bool(row, "muted", false))
		buf_put_str(b, _(" (a live lesson: you have the floor, your microphone is off)"));
	else if (live)
		buf_put_str(b, _(" (a live lesson: you have the floor)"));
	else if (json_get_bool(row, "muted", false))
		buf_put_str(b, _(" (muted)"));
}

static void line_muted(struct buf *b, const json_t *row)
{
	const char *by = json_get_str(row, "by");
	put_name(b, row);
	buf_put_str(b, by && !strcmp(by, "host") ? _(": muted by a host") : _(": muted"));
}

static void line_hand(struct buf *b, const json_t *row)
{
	put_name(b, row);
	buf_put_str(b,
		    json_get_bool(row, "hand", false) ? _(": hand raised") : _(": hand lowered"));
}

static void line_live(struct buf *b, const json_t *row)
{
	if (!json_get_bool(row, "live", false))
		buf_put_str(b, _("No longer a live lesson: everybody may speak"));
	else if (json_get_bool(row, "may_speak", false))
		buf_put_str(b,
			    _("A live lesson now: only who leads it and who has the floor speaks"));
	else
		buf_put_str(b, _("A live lesson now: you listen; raise your hand to speak"));
}

static void line_floor(struct buf *b, const json_t *row)
{
	bool self = json_get_bool(row, "self", false), given = json_get_bool(row, "given", false);
	if (self && given) {
		buf_put_str(b, _("You have the floor: turn your microphone on to speak"));
	} else if (self) {
		buf_put_str(b, _("You have the floor no more"));
	} else {
		put_name(b, row);
		buf_put_str(b, given ? _(" has the floor") : _(" has the floor no more"));
	}
}

static void line_locked(struct buf *b, const json_t *row)
{
	buf_put_str(b, json_get_bool(row, "locked", false)
			       ? _("The call is locked: nobody else comes in")
			       : _("The call is open again"));
}

static void line_recording(struct buf *b, const json_t *row)
{
	put_name(b, row);
	buf_put_str(b, json_get_bool(row, "recording", false) ? _(": recording")
							      : _(": no longer recording"));
	if (json_get_str(row, "file")) {
		buf_put_str(b, " → ");
		command_put_clean(b, json_object_get(row, "file"));
	}
}

static void line_quality(struct buf *b, const json_t *row)
{
	put_name(b, row);
	buf_put_str(b, _(": connection "));
	command_put_clean(b, json_object_get(row, "quality"));
}

static void line_reaction(struct buf *b, const json_t *row)
{
	put_name(b, row);
	buf_put_str(b, ": ");
	command_put_clean(b, json_object_get(row, "key"));
}

static void line_ringing(struct buf *b, const json_t *row)
{
	buf_put_str(b, json_get_bool(row, "ring", false) ? _("Ringing")
							 : _("The room is told of the call"));
}

/* Of one's own accord, by Ctrl-C and by an error that is told needs no words. */
static const struct {
	const char *reason, *words;
} reasons[] = {
	{"time", N_("its time is up")},
	{"empty", N_("nobody else is there")},
	{"played", N_("the sound is at its end")},
	{"removed", N_("you were removed")},
	{"elsewhere", N_("you joined from elsewhere")},
	{"ended", N_("who leads it ended it for all")},
	{"closed", N_("the server closed it")},
};

static void line_ended(struct buf *b, const json_t *row)
{
	int64_t s = json_get_i64(row, "duration_s", 0);
	const char *reason = json_get_str(row, "reason");
	buf_printf(b, _("The call is over after %lld:%02lld"), (long long)(s / 60),
		   (long long)(s % 60));
	for (size_t i = 0; reason && i < ARRAY_LEN(reasons); i++)
		if (!strcmp(reason, reasons[i].reason))
			buf_printf(b, ": %s", _(reasons[i].words));
}

static const struct {
	const char *event;
	const char *after; /* N_() what stands behind the name; NULL: see fn */
	const char *alone; /* N_() or the whole sentence */
	void (*fn)(struct buf *b, const json_t *row);
} lines[] = {
	{"joined", NULL, NULL, line_joined},
	{"left", N_(" left"), NULL, NULL},
	{"speaking", N_(" speaks"), NULL, NULL},
	{"silent", N_(" is silent"), NULL, NULL},
	{"muted", NULL, NULL, line_muted},
	{"unmuted", N_(": microphone on"), NULL, NULL},
	{"hand", NULL, NULL, line_hand},
	{"reaction", NULL, NULL, line_reaction},
	{"live", NULL, NULL, line_live},
	{"floor", NULL, NULL, line_floor},
	{"locked", NULL, NULL, line_locked},
	{"recording", NULL, NULL, line_recording},
	{"quality", NULL, NULL, line_quality},
	{"declined", N_(" does not come"), NULL, NULL},
	{"ringing", NULL, NULL, line_ringing},
	{"reconnecting", NULL, N_("The connection is lost; coming back"), NULL},
	{"reconnected", NULL, N_("The connection is back"), NULL},
	{"played", NULL, N_("The sound is at its end"), NULL},
	{"ended", NULL, NULL, line_ended},
};

void call_line(struct buf *b, const json_t *row, const struct command_line *l)
{
	char when[WHEN_ISO_SIZE];
	const char *event = json_get_str(row, "event");
	int64_t ts = json_get_i64(row, "ts", 0), now = clock_wall_ms();
	(void)l;
	/* From another machine it comes as it is written. */
	if (json_get_str(row, "ts"))
		when_parse(json_get_span(row, "ts"), now, &ts, NULL);
	when_human(ts, now, when);
	buf_printf(b, "%s ", when);
	for (size_t i = 0; event && i < ARRAY_LEN(lines); i++) {
		if (strcmp(event, lines[i].event) != 0)
			continue;
		if (lines[i].fn)
			lines[i].fn(b, row);
		else if (lines[i].alone)
			buf_put_str(b, _(lines[i].alone));
		if (lines[i].after) {
			put_name(b, row);
			buf_put_str(b, _(lines[i].after));
		}
		return;
	}
	command_put_clean(b, json_object_get(row, "event"));
}

const struct command_key call_keys[] = {
	{"event", "string", NULL,
	 N_("joined, left, speaking, silent, muted, unmuted, hand, live, floor, locked, reaction, "
	    "recording, quality, ringing, declined, reconnecting, reconnected, played or ended"),
	 false},
	{"ts", "time", NULL, N_("when it happened"), false},
	KEY_ROOM_ID,
	KEY_USER_ID(NULL),
	{"device_id", "string", NULL, N_("their device"), true},
	{"name", "string", NULL, N_("their name"), false},
	{"self", "boolean", NULL, N_("it is this program"), false},
	{"identity", "string", NULL, N_("what the SFU calls them"), true},
	{"member", "boolean", NULL, N_("the room says that they are in the call"), false},
	{"muted", "boolean", NULL, N_("they cannot be heard"), false},
	{"speaking", "boolean", NULL, N_("they speak"), false},
	{"hand", "boolean", NULL, N_("their hand is raised"), false},
	{"hand_ts", "time", NULL, N_("since when it is"), false},
	{"recording", "boolean", NULL, N_("they say that they record the call"), false},
	{"quality", "string", NULL,
	 N_("of their connection: excellent, good, poor, lost or unknown"), false},
	{"since_ts", "time", NULL, N_("in the call since"), false},
	{"level", "number", NULL, N_("speaking: how loud, 0 to 1"), false},
	{"already", "boolean", NULL, N_("joined: they were there before us"), false},
	{"people", "integer", NULL, N_("joined: how many are there, oneself included"), false},
	{"live", "boolean", NULL, N_("joined, live: it is a live lesson"), false},
	{"host", "boolean", NULL, N_("joined: we lead it"), false},
	{"may_speak", "boolean", NULL, N_("joined, live: we may speak"), false},
	{"given", "boolean", NULL, N_("floor: they have it now, else no more"), false},
	{"locked", "boolean", NULL, N_("joined, locked: nobody else comes in"), false},
	{"by", "string", NULL, N_("muted, unmuted: self or host"), false},
	{"file", "string", NULL, N_("recording: where to"), false},
	{"ring", "boolean", NULL, N_("ringing: it rings there, else the room is only told"), false},
	{"event_id", "string", NULL, N_("declined: which ring"), true},
	{"key", "string", NULL, N_("reaction: the emoji"), false},
	{"reason", "string", NULL,
	 N_("ended: left, time, empty, played, interrupted, removed, elsewhere, ended (for all), "
	    "closed or failed"),
	 false},
	{"duration_s", "seconds", NULL, N_("ended: how long we were in the call"), false},
	{"message", "string", NULL, N_("ended: what went wrong"), false},
	END_KEYS,
};

const struct command_exit call_exits[] = {
	{4, N_("the room does not let you call, or somebody removed you")},
	{9, N_("the room is encrypted")},
	END_EXITS,
};
