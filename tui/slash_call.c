#include "tui/slash_call.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "core/client/call/mode.h"
#include "tui/phone.h"

#include <string.h>

static const char *const verbs[] = {"call join", "call answer", "live join", "live start"};

bool slash_is_call(const struct command *c)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (!strcmp(c->name, verbs[i]))
			return true;
	return false;
}

/* Files, pipes and other machines are for shells. */
static const char *not_here(const struct command_line *l)
{
	static const char *const here[] = {"muted", "listen-only"};
	for (size_t i = 0; i < l->n; i++) {
		const struct command_value *v = &l->values[i];
		bool known = v->is_default || v->param->kind == KIND_ROOM;
		for (size_t k = 0; k < ARRAY_LEN(here); k++)
			known = known || !strcmp(v->param->name, here[k]);
		if (!known)
			return v->param->name;
	}
	return NULL;
}

/* The id of a room of ours by its id or its whole name; NULL. Borrowed. */
static const char *find_room(const struct tui *t, const char *word)
{
	for (size_t i = 0; word && i < room_list_count(t->rooms); i++) {
		const struct room_row *r = room_list_at(t->rooms, i);
		if (!strcmp(r->room_id, word) || (r->name.s && !strcmp(r->name.s, word)))
			return r->room_id;
	}
	return NULL;
}

/* -- A lesson is begun before anybody comes ------------------------------------------ */

struct lesson {
	struct tui *t;
	char *room_id;
	enum phone_how how;
};

static int go_live(struct client *c, void *arg, struct err *err)
{
	struct lesson *l = arg;
	json_t *row = NULL;
	int rc = call_mode_change(c, l->room_id, CALL_GO_LIVE, NULL, &row, err);
	json_decref(row);
	return rc;
}

static void on_live(int rc, const struct err *err, void *arg)
{
	struct lesson *l = arg;
	if (!l->t->quitting && rc && err)
		tui_say_err(l->t, err);
	else if (!l->t->quitting && !rc)
		phone_join(l->t->phone, l->room_id, l->how);
	mem_free(l->room_id);
	mem_free(l);
}

static void begin_lesson(struct tui *t, const char *room_id, enum phone_how how)
{
	struct lesson *l = NEW(struct lesson);
	*l = (struct lesson){t, mem_strdup(room_id), how};
	work_add(t->sending, go_live, on_live, l);
}

/* -- What is typed -------------------------------------------------------------------- */

static bool begin(struct tui *t, const struct command *c, const struct command_line *l)
{
	bool answers = !strcmp(c->name, "call answer");
	const char *word = command_text(l, "room"), *option = not_here(l);
	const char *room = word ? find_room(t, word) : answers ? NULL : tui_room(t);
	enum phone_how how = command_flag(l, "listen-only") ? PHONE_LISTEN
			     : command_flag(l, "muted") || !strcmp(c->name, "live join")
				     ? PHONE_MUTED
				     : PHONE_SPEAK;
	if (option) {
		tui_say(t, _("--%s is for a shell: muster %s"), option, c->name);
		return false;
	}
	if (word && !room) {
		tui_say(t, _("No room is called %s."), word);
		return false;
	}
	if (answers)
		return phone_answer(t->phone, room, how);
	if (!room) {
		tui_say(t, "%s", _("No room is open."));
		return false;
	}
	if (!strcmp(c->name, "live start") && phone_is_free(t->phone))
		begin_lesson(t, room, how);
	else
		return phone_join(t->phone, room, how);
	return true;
}

bool slash_call(struct tui *t, const struct command *c, const struct words *w)
{
	struct command_line l;
	struct err err;
	bool ok = false;
	int rc = command_parse(t->o->commands, w->n, (const char *const *)w->word, clock_wall_ms(),
			       &l, &err);
	if (rc)
		tui_say_err(t, &err);
	else if (!t->phone)
		tui_say(t, _("/%s runs in a shell: muster %s"), c->name, c->name);
	else
		ok = begin(t, c, &l);
	command_line_done(&l);
	return ok;
}
