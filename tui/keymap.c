#include "tui/keymap.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <string.h>

static const struct {
	const char *name, *what;
} actions[ACT_COUNT] = {
	[ACT_QUIT] = {"quit", N_("leave muster")},
	[ACT_INTERRUPT] = {"interrupt", N_("empty the line that is being written")},
	[ACT_HELP] = {"help", N_("show the keys")},
	[ACT_SWITCH] = {"switch", N_("go to a room by some letters of its name")},
	[ACT_SEARCH] = {"search", N_("search messages")},
	[ACT_NEXT_UNREAD] = {"next-unread", N_("next room with news")},
	[ACT_NEXT_ROOM] = {"next-room", N_("room below")},
	[ACT_PREV_ROOM] = {"prev-room", N_("room above")},
	[ACT_LAST_ROOM] = {"last-room", N_("the room before this one")},
	[ACT_ROOMS] = {"rooms", N_("show or hide the rooms")},
	[ACT_MEMBERS] = {"members", N_("who is in the room")},
	[ACT_THREADS] = {"threads", N_("threads of the room")},
	[ACT_DIRECTORY] = {"directory", N_("public rooms")},
	[ACT_AGENDA] = {"agenda", N_("meetings and lessons of all rooms")},
	[ACT_SPACE] = {"space", N_("only the rooms of one space")},
	[ACT_ONLY_UNREAD] = {"only-unread", N_("only rooms with news")},
	[ACT_DETAILS] = {"details", N_("about the room: topic, pins, notifications")},
	[ACT_FAVOURITE] = {"favourite", N_("among one's favourites, or no longer")},
	[ACT_LOW] = {"low-priority", N_("out of the way, or no longer")},
	[ACT_NOTIFY] = {"notify", N_("what the room may notify of")},
	[ACT_MARK_UNREAD] = {"mark-unread", N_("mark the room as unread")},
	[ACT_CALL] = {"call", N_("join or leave the call")},
	[ACT_MUTE] = {"mute", N_("mute or unmute in the call")},
	[ACT_HAND] = {"hand", N_("raise or lower your hand in the call")},
	[ACT_CALL_PEOPLE] = {"call-people", N_("who is in the call; lead it")},
	[ACT_COMMAND] = {"command", N_("type a command")},
	[ACT_CLOSE] = {"close", N_("close, or back to writing")},
	[ACT_FOCUS_NEXT] = {"focus-next", N_("next part of the screen")},
	[ACT_FOCUS_PREV] = {"focus-prev", N_("previous part of the screen")},
	[ACT_PAGE_UP] = {"page-up", N_("older messages")},
	[ACT_PAGE_DOWN] = {"page-down", N_("newer messages")},
	[ACT_TOP] = {"top", N_("to the beginning")},
	[ACT_BOTTOM] = {"bottom", N_("to the newest")},
	[ACT_TO_UNREAD] = {"to-unread", N_("to the first unread message")},
	[ACT_MARK_READ] = {"mark-read", N_("mark the room as read")},
	[ACT_SUSPEND] = {"suspend", N_("stop and go back to the shell")},
	[ACT_REDRAW] = {"redraw", N_("draw the screen anew")},
	[ACT_UP] = {"up", N_("up")},
	[ACT_DOWN] = {"down", N_("down")},
	[ACT_CHOOSE] = {"choose", N_("open what is chosen")},
	[ACT_COMPOSE] = {"compose", N_("write")},
	[ACT_REPLY] = {"reply", N_("answer the message")},
	[ACT_EDIT] = {"edit", N_("change one's own message")},
	[ACT_REACT] = {"react", N_("react with an emoji")},
	[ACT_DELETE] = {"delete", N_("delete the message")},
	[ACT_THREAD] = {"thread", N_("open its thread, or begin one")},
	[ACT_COPY] = {"copy", N_("copy its text")},
	[ACT_COPY_LINK] = {"copy-link", N_("copy a link to it")},
	[ACT_OPEN] = {"open", N_("open its link or file")},
	[ACT_SAVE] = {"save", N_("save its file")},
	[ACT_REVEAL] = {"reveal", N_("show what is hidden in it")},
	[ACT_PIN] = {"pin", N_("pin it to the room, or take it off")},
	[ACT_RECEIPTS] = {"receipts", N_("who has read it")},
	[ACT_RETRY] = {"retry", N_("send again what failed")},
	[ACT_SELECT] = {"select", N_("choose a message")},
	[ACT_SEND] = {"send", N_("send")},
	[ACT_NEWLINE] = {"newline", N_("a new line")},
	[ACT_EDITOR] = {"editor", N_("write it in $EDITOR")},
	[ACT_COMPLETE] = {"complete", N_("complete names, rooms, :emoji: and /commands")},
	[ACT_HISTORY_PREV] = {"history-prev", N_("what was sent before")},
	[ACT_HISTORY_NEXT] = {"history-next", N_("what was sent after that")},
	[ACT_LEFT] = {"left", N_("one character to the left")},
	[ACT_RIGHT] = {"right", N_("one character to the right")},
	[ACT_WORD_LEFT] = {"word-left", N_("one word to the left")},
	[ACT_WORD_RIGHT] = {"word-right", N_("one word to the right")},
	[ACT_LINE_START] = {"line-start", N_("start of the line")},
	[ACT_LINE_END] = {"line-end", N_("end of the line")},
	[ACT_DEL_LEFT] = {"delete-left", N_("delete to the left")},
	[ACT_DEL_RIGHT] = {"delete-right", N_("delete to the right")},
	[ACT_DEL_WORD] = {"delete-word", N_("delete the word to the left")},
	[ACT_DEL_WORD_RIGHT] = {"delete-word-right", N_("delete the word to the right")},
	[ACT_KILL_LINE] = {"kill-line", N_("cut to the end of the line")},
	[ACT_KILL_START] = {"kill-start", N_("cut to the start of the line")},
	[ACT_YANK] = {"yank", N_("put in what was cut")},
	[ACT_UNDO] = {"undo", N_("undo")},
	[ACT_REDO] = {"redo", N_("redo")},
};

static const struct {
	const char *name, *title;
} places[PLACE_COUNT] = {
	[PLACE_ALL] = {"all", N_("Everywhere")},
	[PLACE_COMPOSER] = {"composer", N_("While writing")},
	[PLACE_MESSAGES] = {"messages", N_("On a message")},
	[PLACE_LIST] = {"list", N_("In lists")},
	[PLACE_INPUT] = {"input", N_("In questions")},
};

struct binding {
	enum place place;
	const char *keys; /* one key, or two with a space between */
	enum action action;
};

static const struct binding default_set[] = {
	{PLACE_ALL, "f1", ACT_HELP},
	{PLACE_ALL, "ctrl-k", ACT_SWITCH},
	{PLACE_ALL, "ctrl-f", ACT_SEARCH},
	{PLACE_ALL, "alt-a", ACT_NEXT_UNREAD},
	{PLACE_ALL, "alt-down", ACT_NEXT_ROOM},
	{PLACE_ALL, "alt-up", ACT_PREV_ROOM},
	{PLACE_ALL, "alt-o", ACT_LAST_ROOM},
	{PLACE_ALL, "alt-r", ACT_ROOMS},
	{PLACE_ALL, "alt-m", ACT_MEMBERS},
	{PLACE_ALL, "alt-t", ACT_THREADS},
	{PLACE_ALL, "alt-p", ACT_DIRECTORY},
	{PLACE_ALL, "alt-e", ACT_AGENDA},
	{PLACE_ALL, "alt-s", ACT_SPACE},
	{PLACE_ALL, "alt-n", ACT_ONLY_UNREAD},
	{PLACE_ALL, "alt-i", ACT_DETAILS},
	{PLACE_ALL, "alt-v", ACT_FAVOURITE},
	{PLACE_ALL, "alt-l", ACT_LOW},
	{PLACE_ALL, "alt-g", ACT_NOTIFY},
	{PLACE_ALL, "alt-c", ACT_CALL},
	{PLACE_ALL, "alt-x", ACT_MUTE},
	{PLACE_ALL, "alt-h", ACT_HAND},
	{PLACE_ALL, "alt-w", ACT_CALL_PEOPLE},
	{PLACE_ALL, "esc", ACT_CLOSE},
	{PLACE_ALL, "tab", ACT_FOCUS_NEXT},
	{PLACE_ALL, "shift-tab", ACT_FOCUS_PREV},
	{PLACE_ALL, "pageup", ACT_PAGE_UP},
	{PLACE_ALL, "pagedown", ACT_PAGE_DOWN},
	{PLACE_ALL, "ctrl-home", ACT_TOP},
	{PLACE_ALL, "ctrl-end", ACT_BOTTOM},
	{PLACE_ALL, "alt-u", ACT_TO_UNREAD},
	{PLACE_ALL, "alt-k", ACT_MARK_READ},
	{PLACE_ALL, "alt-j", ACT_MARK_UNREAD},
	{PLACE_ALL, "ctrl-z", ACT_SUSPEND},
	{PLACE_ALL, "ctrl-l", ACT_REDRAW},
	{PLACE_ALL, "ctrl-q", ACT_QUIT},
	{PLACE_ALL, "ctrl-c", ACT_INTERRUPT},
	{PLACE_COMPOSER, "enter", ACT_SEND},
	{PLACE_COMPOSER, "alt-enter", ACT_NEWLINE},
	{PLACE_COMPOSER, "shift-enter", ACT_NEWLINE},
	{PLACE_COMPOSER, "ctrl-j", ACT_NEWLINE},
	{PLACE_COMPOSER, "tab", ACT_COMPLETE},
	{PLACE_COMPOSER, "up", ACT_UP},
	{PLACE_COMPOSER, "down", ACT_DOWN},
	{PLACE_COMPOSER, "ctrl-up", ACT_SELECT},
	{PLACE_COMPOSER, "ctrl-p", ACT_HISTORY_PREV},
	{PLACE_COMPOSER, "ctrl-n", ACT_HISTORY_NEXT},
	{PLACE_COMPOSER, "ctrl-x", ACT_EDITOR},
	{PLACE_COMPOSER, "left", ACT_LEFT},
	{PLACE_COMPOSER, "right", ACT_RIGHT},
	{PLACE_COMPOSER, "ctrl-left", ACT_WORD_LEFT},
	{PLACE_COMPOSER, "ctrl-right", ACT_WORD_RIGHT},
	{PLACE_COMPOSER, "alt-b", ACT_WORD_LEFT},
	{PLACE_COMPOSER, "alt-f", ACT_WORD_RIGHT},
	{PLACE_COMPOSER, "home", ACT_LINE_START},
	{PLACE_COMPOSER, "end", ACT_LINE_END},
	{PLACE_COMPOSER, "ctrl-a", ACT_LINE_START},
	{PLACE_COMPOSER, "ctrl-e", ACT_LINE_END},
	{PLACE_COMPOSER, "backspace", ACT_DEL_LEFT},
	{PLACE_COMPOSER, "delete", ACT_DEL_RIGHT},
	{PLACE_COMPOSER, "ctrl-d", ACT_DEL_RIGHT},
	{PLACE_COMPOSER, "ctrl-w", ACT_DEL_WORD},
	{PLACE_COMPOSER, "alt-backspace", ACT_DEL_WORD},
	{PLACE_COMPOSER, "alt-d", ACT_DEL_WORD_RIGHT},
	{PLACE_COMPOSER, "alt-delete", ACT_KILL_LINE},
	{PLACE_COMPOSER, "ctrl-u", ACT_KILL_START},
	{PLACE_COMPOSER, "ctrl-y", ACT_YANK},
	{PLACE_COMPOSER, "ctrl-_", ACT_UNDO},
	{PLACE_COMPOSER, "alt-_", ACT_REDO},
	{PLACE_MESSAGES, "up", ACT_UP},
	{PLACE_MESSAGES, "down", ACT_DOWN},
	{PLACE_MESSAGES, "k", ACT_UP},
	{PLACE_MESSAGES, "j", ACT_DOWN},
	{PLACE_MESSAGES, "home", ACT_TOP},
	{PLACE_MESSAGES, "end", ACT_BOTTOM},
	{PLACE_MESSAGES, "enter", ACT_CHOOSE},
	{PLACE_MESSAGES, "r", ACT_REPLY},
	{PLACE_MESSAGES, "e", ACT_EDIT},
	{PLACE_MESSAGES, "+", ACT_REACT},
	{PLACE_MESSAGES, "d", ACT_DELETE},
	{PLACE_MESSAGES, "t", ACT_THREAD},
	{PLACE_MESSAGES, "y", ACT_COPY},
	{PLACE_MESSAGES, "l", ACT_COPY_LINK},
	{PLACE_MESSAGES, "o", ACT_OPEN},
	{PLACE_MESSAGES, "s", ACT_SAVE},
	{PLACE_MESSAGES, "space", ACT_REVEAL},
	{PLACE_MESSAGES, "p", ACT_PIN},
	{PLACE_MESSAGES, "i", ACT_RECEIPTS},
	{PLACE_MESSAGES, "R", ACT_RETRY},
	{PLACE_MESSAGES, "/", ACT_COMMAND},
	{PLACE_MESSAGES, "?", ACT_HELP},
	{PLACE_LIST, "up", ACT_UP},
	{PLACE_LIST, "down", ACT_DOWN},
	{PLACE_LIST, "home", ACT_TOP},
	{PLACE_LIST, "end", ACT_BOTTOM},
	{PLACE_LIST, "enter", ACT_CHOOSE},
	{PLACE_LIST, "/", ACT_COMMAND},
	{PLACE_INPUT, "enter", ACT_CHOOSE},
	{PLACE_INPUT, "up", ACT_UP},
	{PLACE_INPUT, "down", ACT_DOWN},
	{PLACE_INPUT, "ctrl-p", ACT_UP},
	{PLACE_INPUT, "ctrl-n", ACT_DOWN},
	{PLACE_INPUT, "left", ACT_LEFT},
	{PLACE_INPUT, "right", ACT_RIGHT},
	{PLACE_INPUT, "home", ACT_LINE_START},
	{PLACE_INPUT, "end", ACT_LINE_END},
	{PLACE_INPUT, "ctrl-a", ACT_LINE_START},
	{PLACE_INPUT, "ctrl-e", ACT_LINE_END},
	{PLACE_INPUT, "backspace", ACT_DEL_LEFT},
	{PLACE_INPUT, "delete", ACT_DEL_RIGHT},
	{PLACE_INPUT, "ctrl-w", ACT_DEL_WORD},
	{PLACE_INPUT, "ctrl-u", ACT_KILL_START},
	{PLACE_COUNT, NULL, ACT_NONE},
};

/* Above the default set: Esc leaves writing, letters move, i writes. */
static const struct binding vim_set[] = {
	{PLACE_COMPOSER, "esc", ACT_SELECT},
	{PLACE_MESSAGES, "i", ACT_COMPOSE},
	{PLACE_MESSAGES, "a", ACT_COMPOSE},
	{PLACE_MESSAGES, "g g", ACT_TOP},
	{PLACE_MESSAGES, "G", ACT_BOTTOM},
	{PLACE_MESSAGES, "ctrl-u", ACT_PAGE_UP},
	{PLACE_MESSAGES, "ctrl-d", ACT_PAGE_DOWN},
	{PLACE_MESSAGES, "ctrl-b", ACT_PAGE_UP},
	{PLACE_MESSAGES, "y y", ACT_COPY},
	{PLACE_MESSAGES, "y l", ACT_COPY_LINK},
	{PLACE_MESSAGES, "d d", ACT_DELETE},
	{PLACE_MESSAGES, "c c", ACT_EDIT},
	{PLACE_MESSAGES, "I", ACT_RECEIPTS},
	{PLACE_MESSAGES, "h", ACT_FOCUS_PREV},
	{PLACE_MESSAGES, "l", ACT_FOCUS_NEXT},
	{PLACE_MESSAGES, ":", ACT_COMMAND},
	{PLACE_MESSAGES, "/", ACT_SEARCH},
	{PLACE_MESSAGES, "g u", ACT_NEXT_UNREAD},
	{PLACE_MESSAGES, "g r", ACT_SWITCH},
	{PLACE_MESSAGES, "Z Z", ACT_QUIT},
	{PLACE_LIST, "j", ACT_DOWN},
	{PLACE_LIST, "k", ACT_UP},
	{PLACE_LIST, "g g", ACT_TOP},
	{PLACE_LIST, "G", ACT_BOTTOM},
	{PLACE_LIST, "l", ACT_FOCUS_NEXT},
	{PLACE_LIST, "i", ACT_COMPOSE},
	{PLACE_LIST, "/", ACT_SWITCH},
	{PLACE_LIST, ":", ACT_COMMAND},
	{PLACE_COUNT, NULL, ACT_NONE},
};

struct bound {
	enum place place;
	struct key keys[2];
	int n;
	enum action action;
};

struct keymap {
	struct bound *rows;
	size_t n;
	struct key before; /* the first key of a sequence */
	bool begun;
	enum place begun_in;
};

const char *action_what(enum action a)
{
	return actions[a].what;
}

const char *action_name(enum action a)
{
	return actions[a].name;
}

const char *place_title(enum place p)
{
	return places[p].title;
}

/* -- Building --------------------------------------------------------------------- */

static bool same_keys(const struct bound *a, const struct bound *b)
{
	for (int i = 0; i < a->n && i < b->n; i++)
		if (!key_eq(&a->keys[i], &b->keys[i]))
			return false;
	return true; /* one that begins the other counts as the same: it would never be reached */
}

static void bind(struct keymap *m, const struct bound *b)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		if (m->rows[i].place != b->place || !same_keys(&m->rows[i], b))
			m->rows[n++] = m->rows[i];
	m->n = n;
	if (b->action == ACT_NONE)
		return;
	m->rows = mem_realloc_array(m->rows, m->n + 1, sizeof(*m->rows));
	m->rows[m->n++] = *b;
}

static bool parse_keys(struct span s, struct bound *ret)
{
	ptrdiff_t space = span_find(s, ' ');
	struct span first = space > 0 ? span_head(s, (size_t)space) : s;
	ret->n = 1;
	if (!key_parse(first, &ret->keys[0]))
		return false;
	if (space <= 0)
		return true;
	ret->n = 2;
	return key_parse(span_trim(span_from(s, (size_t)space)), &ret->keys[1]);
}

static void add_set(struct keymap *m, const struct binding *set)
{
	/* A set's own sequences ("d d", "y y", "y l") do not displace one another. */
	size_t old = m->n;
	for (const struct binding *b = set; b->keys; b++) {
		struct bound row = {.place = b->place, .action = b->action};
		if (!parse_keys(span_of(b->keys), &row))
			continue;
		for (size_t i = 0; i < old; i++)
			if (m->rows[i].place == row.place && same_keys(&m->rows[i], &row)) {
				memmove(&m->rows[i], &m->rows[i + 1],
					(--m->n - i) * sizeof(*m->rows));
				old--;
				i--;
			}
		m->rows = mem_realloc_array(m->rows, m->n + 1, sizeof(*m->rows));
		m->rows[m->n++] = row;
	}
}

static bool find_action(struct span name, enum action *ret)
{
	*ret = ACT_NONE;
	if (name.n == 0)
		return true;
	for (int i = 1; i < ACT_COUNT; i++)
		if (span_eq_str(name, actions[i].name)) {
			*ret = (enum action)i;
			return true;
		}
	return false;
}

static void cut_place(struct span *keys, enum place *ret)
{
	for (int p = 0; p < PLACE_COUNT; p++) {
		size_t n = strlen(places[p].name);
		if (keys->n > n + 1 && keys->p[n] == ':' &&
		    span_eq_str(span_head(*keys, n), places[p].name)) {
			*ret = (enum place)p;
			*keys = span_from(*keys, n + 1);
			return;
		}
	}
}

static int add_extra(struct keymap *m, const char *extra, struct err *err)
{
	struct span rest = span_of(extra), one;
	while (span_split(&rest, ',', &one)) {
		one = span_trim(one);
		if (!one.n)
			continue;
		struct bound row = {.place = PLACE_ALL};
		size_t eq = one.n;
		while (eq > 0 && one.p[eq - 1] != '=')
			eq--;
		struct span keys = span_trim(span_head(one, eq ? eq - 1 : 0));
		cut_place(&keys, &row.place);
		if (!eq || !parse_keys(keys, &row) ||
		    !find_action(span_trim(span_from(one, eq)), &row.action)) {
			err_set(err, ERR_INVALID, _("tui.bind does not understand \"%.*s\""),
				SPAN_ARG(one));
			err_hint(err,
				 _("write bindings like ctrl-g=switch or composer:alt-x=editor; "
				   "muster's key help names the actions"));
			return ERR_INVALID;
		}
		bind(m, &row);
	}
	return 0;
}

int keymap_new(const char *set, const char *extra, struct keymap **ret, struct err *err)
{
	struct keymap *m = NEW(struct keymap);
	add_set(m, default_set);
	if (!strcmp(set, "vim"))
		add_set(m, vim_set);
	int rc = extra ? add_extra(m, extra, err) : 0;
	if (rc) {
		keymap_free(m);
		return rc;
	}
	*ret = m;
	return 0;
}

void keymap_free(struct keymap *m)
{
	if (!m)
		return;
	mem_free(m->rows);
	mem_free(m);
}

/* -- Asking ------------------------------------------------------------------------- */

void keymap_forget(struct keymap *m)
{
	m->begun = false;
}

static enum action find_second(struct keymap *m, const struct key *k)
{
	m->begun = false;
	for (size_t i = 0; i < m->n; i++) {
		const struct bound *b = &m->rows[i];
		if (b->n == 2 && b->place == m->begun_in && key_eq(&b->keys[0], &m->before) &&
		    key_eq(&b->keys[1], k))
			return b->action;
	}
	return ACT_NONE;
}

enum action keymap_find(struct keymap *m, enum place place, const struct key *k, bool *ret_more)
{
	*ret_more = false;
	if (m->begun && m->begun_in == place) {
		enum action a = find_second(m, k);
		if (a)
			return a;
	}
	m->begun = false;
	for (size_t i = 0; i < m->n; i++) {
		const struct bound *b = &m->rows[i];
		if (b->place != place || !key_eq(&b->keys[0], k))
			continue;
		if (b->n == 1)
			return b->action;
		m->begun = *ret_more = true;
		m->begun_in = place;
		m->before = *k;
		return ACT_NONE;
	}
	return ACT_NONE;
}

static void put_bound(struct buf *b, const struct bound *row)
{
	for (int i = 0; i < row->n; i++) {
		if (i)
			buf_put_char(b, ' ');
		key_put_name(b, &row->keys[i]);
	}
}

void keymap_put_keys(struct buf *b, const struct keymap *m, enum place place, enum action a)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->rows[i].place == place && m->rows[i].action == a) {
			put_bound(b, &m->rows[i]);
			return;
		}
	if (place != PLACE_ALL)
		keymap_put_keys(b, m, PLACE_ALL, a);
}

/* The i-th pair of place and action that has keys, in the order of the tables. */
static bool nth_pair(const struct keymap *m, size_t i, enum place *ret_place, enum action *ret)
{
	for (int p = 0; p < PLACE_COUNT; p++)
		for (int a = 1; a < ACT_COUNT; a++) {
			bool has = false;
			for (size_t k = 0; k < m->n && !has; k++)
				has = (int)m->rows[k].place == p && (int)m->rows[k].action == a;
			if (has && i-- == 0) {
				*ret_place = (enum place)p;
				*ret = (enum action)a;
				return true;
			}
		}
	return false;
}

bool keymap_row(const struct keymap *m, size_t i, enum place *ret_place, enum action *ret,
		struct buf *keys)
{
	if (!nth_pair(m, i, ret_place, ret))
		return false;
	int shown = 0;
	for (size_t k = 0; k < m->n && shown < 2; k++)
		if (m->rows[k].place == *ret_place && m->rows[k].action == *ret) {
			if (shown++)
				buf_put_str(keys, ", ");
			put_bound(keys, &m->rows[k]);
		}
	return true;
}
