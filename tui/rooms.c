#include "tui/rooms.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"
#include "tui/knocks.h"
#include "tui/list.h"
#include "tui/talk.h"

#include <string.h>

struct rooms {
	struct view view;
	struct list list;
	char *chosen; /* room id; rows move when rooms are used */
	bool knock;   /* not the room: those who ask to come into it */
	int top;      /* first line on the screen; headings are lines too */
	size_t *rows; /* what each line on the screen is: a row's number, or SIZE_MAX */
	int n_rows;
	bool only_unread;
};

static const char *const sections[SECTION_COUNT] = {
	[SECTION_INVITES] = N_("Invitations"),	  [SECTION_FAVOURITES] = N_("Favourites"),
	[SECTION_PEOPLE] = N_("Direct messages"), [SECTION_ROOMS] = N_("Rooms"),
	[SECTION_SPACES] = N_("Spaces"),	  [SECTION_LOW] = N_("Out of the way"),
};

/* -- One room ----------------------------------------------------------------------- */

/* The count at the right: numbers for what is unread, @ where it is meant for us. */
static void put_count(struct buf *b, const struct room_row *row)
{
	if (row->failed)
		buf_put_str(b, "! ");
	if (row->highlights > 0)
		buf_put_char(b, '@');
	if (row->unread > 999)
		buf_put_str(b, "999+");
	else if (row->unread > 0)
		buf_put_i64(b, row->unread);
	else if (row->marked_unread)
		buf_put_str(b, "•");
	else if (row->draft)
		buf_put_str(b, "✎");
}

static const char *sign_of(const struct room_row *row)
{
	if (row->knock)
		return "?";
	if (row->call_people > 0)
		return "♪";
	if (row->section == SECTION_INVITES)
		return "+";
	if (row->section == SECTION_SPACES)
		return "▸";
	if (row->encrypted)
		return "⚿";
	if (row->direct && row->presence == 1)
		return "●";
	if (row->direct && row->presence == 2)
		return "◐";
	return row->direct ? "○" : "#";
}

static bool is_hit(const uint8_t *bytes, size_t at)
{
	for (int i = 0; bytes && i < 64 && bytes[i] != 255; i++)
		if (bytes[i] == at)
			return true;
	return false;
}

static void draw_name(struct canvas *c, struct rect r, int x, int cells, const struct room_row *row,
		      const uint8_t *bytes, enum role role)
{
	struct span name = {row->name.s, row->name.n};
	int end = draw_fit(c, r, x, r.y, cells, name, role);
	for (size_t at = 0; bytes && at < name.n;) {
		size_t n = text_cluster(span_from(name, at));
		int w = text_cells(span_head(span_from(name, at), n));
		if (x + w >= end && text_cells(name) > cells)
			break;
		if (is_hit(bytes, at))
			draw_text(c, r, x, r.y, span_head(span_from(name, at), n), ROLE_MATCH);
		x += w;
		at += n;
	}
}

void rooms_draw_row(struct canvas *c, struct rect r, const struct room_row *row,
		    const uint8_t *bytes)
{
	bool news = row->unread > 0 || row->marked_unread || row->highlights > 0;
	enum role role = row->highlights > 0 || row->section == SECTION_INVITES ? ROLE_MENTION
			 : news && !row->muted					? ROLE_UNREAD
			 : row->muted || row->section == SECTION_LOW		? ROLE_DIM
										: ROLE_TEXT;
	struct buf count = BUF_INIT(64);
	put_count(&count, row);
	int n = text_cells(buf_span(&count)), right = r.x + r.w - 1;
	draw_own(c, r, r.x + 1, r.y, sign_of(row), news ? role : ROLE_DIM);
	draw_name(c, r, r.x + 3, right - r.x - 3 - (n ? n + 1 : 0), row, bytes, role);
	if (n)
		draw_text(c, r, right - n, r.y, buf_span(&count),
			  row->failed ? ROLE_ERROR
			  : news      ? role
				      : ROLE_DIM);
	buf_done(&count);
}

/* -- The list -------------------------------------------------------------------------- */

static void remember(struct rooms *v)
{
	const struct room_row *row = room_list_at(v->view.tui->rooms, v->list.chosen);
	mem_free(v->chosen);
	v->chosen = row ? mem_strdup(row->room_id) : NULL;
	v->knock = row && row->knock;
}

static size_t find_chosen(const struct rooms *v)
{
	const struct room_list *l = v->view.tui->rooms;
	if (!v->chosen || !v->knock)
		return v->chosen ? room_list_find(l, v->chosen) : SIZE_MAX;
	for (size_t i = 0; i < room_list_count(l); i++)
		if (room_list_at(l, i)->knock && !strcmp(room_list_at(l, i)->room_id, v->chosen))
			return i;
	return SIZE_MAX;
}

static void find_again(struct rooms *v)
{
	const struct tui *t = v->view.tui;
	bool here = t->focus == FOCUS_ROOMS || !t->talk;
	size_t at = here ? find_chosen(v) : room_list_find(t->rooms, talk_room(t->talk));
	list_count(&v->list, room_list_count(t->rooms));
	if (at != SIZE_MAX)
		v->list.chosen = at;
	remember(v);
}

/* Lines of the whole list: row numbers and SIZE_MAX - section for headings, ended by a count. */
static size_t *all_lines(const struct room_list *l, size_t *ret_n)
{
	size_t count = room_list_count(l), n = 0;
	size_t *lines = mem_realloc_array(NULL, count + 2 * SECTION_COUNT + 1, sizeof(*lines));
	int section = -1;
	for (size_t i = 0; i < count; i++) {
		int s = (int)room_list_at(l, i)->section;
		if (s != section) {
			if (section >= 0)
				lines[n++] = SIZE_MAX;
			lines[n++] = SIZE_MAX - 1 - (size_t)s;
		}
		section = s;
		lines[n++] = i;
	}
	*ret_n = n;
	return lines;
}

static bool is_heading(size_t line)
{
	return line > SIZE_MAX - 1 - SECTION_COUNT && line < SIZE_MAX;
}

/* The chosen row stays on the screen, with its heading when it is the first below it. */
static void scroll(struct rooms *v, const size_t *lines, size_t n, int h)
{
	int at = 0;
	for (size_t i = 0; i < n; i++)
		if (lines[i] == v->list.chosen)
			at = (int)i;
	int above = at > 0 && is_heading(lines[at - 1]) ? 1 : 0;
	if (v->top > at - above)
		v->top = at - above;
	if (v->top < at - h + 1)
		v->top = at - h + 1;
	if (v->top > (int)n - h)
		v->top = (int)n - h;
	if (v->top < 0)
		v->top = 0;
}

static void draw_line(struct rooms *v, struct canvas *c, struct rect r, size_t line, bool focused)
{
	const struct tui *t = v->view.tui;
	if (is_heading(line)) {
		const char *title = _(sections[SIZE_MAX - 1 - line]);
		draw_fit(c, r, r.x + 1, r.y, r.w - 2, span_of(title), ROLE_DIM);
		return;
	}
	if (line == SIZE_MAX)
		return;
	const struct room_row *row = room_list_at(t->rooms, line);
	rooms_draw_row(c, r, row, NULL);
	bool open = t->talk && !row->knock && !strcmp(talk_room(t->talk), row->room_id);
	if (line == v->list.chosen && focused)
		draw_tint(c, r, ROLE_SELECTED);
	else if (open)
		draw_tint(c, r, ROLE_CHOSEN);
	if (open)
		draw_own(c, r, r.x, r.y, "▌",
			 line == v->list.chosen && focused ? ROLE_SELECTED : ROLE_CHOSEN);
	if (line == v->list.chosen && focused)
		draw_cursor(c, r, r.x + 1, r.y);
}

static void draw_empty(struct canvas *c, struct rect r, bool only_unread)
{
	const char *s = only_unread ? _("Nothing is unread.") : _("No rooms yet.");
	draw_fit(c, r, r.x + 1, r.y, r.w - 1, span_of(s), ROLE_DIM);
}

static void draw(struct view *view, struct canvas *c, struct rect r, bool focused)
{
	struct rooms *v = (struct rooms *)view;
	size_t n;
	find_again(v);
	AUTO_FREE size_t *lines = all_lines(view->tui->rooms, &n);
	scroll(v, lines, n, r.h);
	v->list.page = r.h;
	v->rows = mem_realloc_array(v->rows, (size_t)r.h, sizeof(*v->rows));
	v->n_rows = r.h;
	if (!n)
		draw_empty(c, r, v->only_unread);
	for (int y = 0; y < r.h; y++) {
		size_t i = (size_t)(v->top + y);
		v->rows[y] = i < n ? lines[i] : SIZE_MAX;
		if (i < n)
			draw_line(v, c, (struct rect){r.x, r.y + y, r.w, 1}, lines[i], focused);
	}
}

static void open_chosen(struct rooms *v)
{
	remember(v);
	const struct room_row *row = room_list_at(v->view.tui->rooms, v->list.chosen);
	if (row)
		rooms_open_row(v->view.tui, row);
}

void rooms_open_row(struct tui *t, const struct room_row *row)
{
	AUTO_FREE char *id = mem_strdup(row->room_id);
	if (row->knock)
		tui_push(t, knocks_new(t, id));
	else
		tui_open(t, id, NULL);
}

const char *rooms_chosen(const struct view *view)
{
	return ((const struct rooms *)view)->chosen;
}

static bool act(struct view *view, enum action a)
{
	struct rooms *v = (struct rooms *)view;
	if (list_act(&v->list, a)) {
		remember(v);
		return true;
	}
	if (a == ACT_CHOOSE) {
		open_chosen(v);
		return true;
	}
	if (a == ACT_ONLY_UNREAD) {
		v->only_unread = !v->only_unread;
		room_list_only_unread(view->tui->rooms, v->only_unread);
		return true;
	}
	return false;
}

static bool mouse(struct view *view, const struct key *k, int x, int y)
{
	(void)x;
	struct rooms *v = (struct rooms *)view;
	if (k->mouse == MOUSE_WHEEL_UP || k->mouse == MOUSE_WHEEL_DOWN) {
		list_wheel(&v->list, k);
		remember(v);
		return true;
	}
	if (k->mouse != MOUSE_PRESS || y < 0 || y >= v->n_rows ||
	    v->rows[y] >= room_list_count(view->tui->rooms))
		return false;
	v->list.chosen = v->rows[y];
	open_chosen(v);
	return true;
}

/* Whoever begins to type means to write. */
static bool key(struct view *view, const struct key *k)
{
	struct talk *talk = view->tui->talk;
	if (!talk || (!key_is_text(k) && k->code != KC_PASTE))
		return false;
	tui_compose(view->tui, NULL);
	return talk_view(talk)->cls->key(talk_view(talk), k);
}

static void news(struct view *view)
{
	if (room_list_update(view->tui->rooms))
		tui_redraw(view->tui);
}

static enum place place(const struct view *view)
{
	(void)view;
	return PLACE_LIST;
}

static void free_rooms(struct view *view)
{
	struct rooms *v = (struct rooms *)view;
	mem_free(v->chosen);
	mem_free(v->rows);
	mem_free(v);
}

static const struct view_class rooms_class = {
	.place = place,
	.draw = draw,
	.act = act,
	.key = key,
	.mouse = mouse,
	.news = news,
	.free = free_rooms,
};

struct view *rooms_view_new(struct tui *t)
{
	struct rooms *v = NEW(struct rooms);
	v->view = (struct view){.cls = &rooms_class, .tui = t};
	return &v->view;
}
