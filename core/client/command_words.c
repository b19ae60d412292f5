/* What people read instead of the words that programs read. */
#include "core/attendance/sheet.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/command.h"

#include <string.h>

struct label {
	const char *word, *text;
};

/* Beside the marks of a register, which sheet.h has. One word means one thing, but for the two lists below. */
static const struct label words[] = {
	/* of people and rooms */
	{"join", N_("joined")},
	{"invite", N_("invited")},
	{"invited", N_("invited")},
	{"leave", N_("has left")},
	{"left", N_("has left")},
	{"ban", N_("banned")},
	{"banned", N_("banned")},
	{"knock", N_("asks to come in")},
	{"none", N_("none")},
	{"student", N_("student")},
	{"assistant", N_("assistant")},
	{"teacher", N_("teacher")},
	{"admin", N_("administrator")},
	{"online", N_("online")},
	{"unavailable", N_("not at the screen")},
	{"offline", N_("offline")},
	/* of what was done to a row of a list */
	{"new", N_("not there yet")},
	{"added", N_("added")},
	{"created", N_("made")},
	{"existing", N_("there already")},
	{"changed", N_("changed")},
	{"updated", N_("changed")},
	{"same", N_("unchanged")},
	{"kept", N_("left as it is")},
	{"not_expected", N_("not expected")},
	{"removed", N_("taken out")},
	{"unmatched", N_("nobody found")},
	{"ambiguous", N_("several found")},
	{"failed", N_("failed")},
	/* of rolls, contests, meetings, links, messages */
	{"open", N_("open")},
	{"closed", N_("closed")},
	{"cancelled", N_("cancelled")},
	{"accepted", N_("accepted")},
	{"declined", N_("declined")},
	{"scheduled", N_("planned")},
	{"moved", N_("moved")},
	{"now", N_("now")},
	{"over", N_("over")},
	{"used", N_("used")},
	{"expired", N_("expired")},
	{"queued", N_("waits")},
	{"sending", N_("on its way")},
	{"told", N_("told")},
	{"known", N_("told before")},
	{"would_be_told", N_("would be told")},
	{"vote", N_("vote")},
	{"reaction", N_("reaction")},
	{"word", N_("message")},
	{"staff", N_("staff")},
	/* of calls */
	{"joining", N_("going in")},
	{"joined", N_("in it")},
	{"reconnecting", N_("coming back")},
	{"leaving", N_("going out")},
	{"excellent", N_("excellent")},
	{"good", N_("good")},
	{"poor", N_("poor")},
	{"lost", N_("lost")},
	{"unknown", N_("not known")},
};

/* Of a roll-call. */
static const struct label answers[] = {
	{"here", N_("here")},
	{"late", N_("late")},
	{"away", N_("cannot come")},
	{"excused", N_("excused")},
	{"absent", N_("absent")},
	{"not_tracked", N_("not tracked")},
	{"pending", N_("no answer yet")},
};

/* Who may join. */
static const struct label joining[] = {
	{"public", N_("everybody")},
	{"invite", N_("who is invited")},
	{"knock", N_("who asks and is let in")},
	{"restricted", N_("members of its space")},
	{"knock_restricted", N_("members of its space, others ask")},
	{"private", N_("nobody")},
};

static const struct {
	const char *type;
	const struct label *v;
	size_t n;
} tables[] = {
	{"word", words, ARRAY_LEN(words)},
	{"answer", answers, ARRAY_LEN(answers)},
	{"joining", joining, ARRAY_LEN(joining)},
};

bool command_type_is_word(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (!strcmp(tables[i].type, type))
			return true;
	return false;
}

const char *command_word(const char *type, const char *word)
{
	enum mark_status mark = mark_status_parse(word);
	if (!strcmp(type, "word") && mark != MARK_COUNT)
		return mark_status_label(mark);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		for (size_t k = 0; k < tables[i].n && !strcmp(tables[i].type, type); k++)
			if (!strcmp(tables[i].v[k].word, word))
				return _(tables[i].v[k].text);
	return NULL;
}
