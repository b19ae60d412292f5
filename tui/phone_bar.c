#include "tui/phone_bar.h"

#include "core/base/i18n.h"
#include "core/base/mem.h"

#include <stdarg.h>
#include <string.h>

static void put_time(struct buf *b, int64_t since_ms, int64_t now_ms)
{
	long long s = since_ms && now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0;
	if (s >= 3600)
		buf_printf(b, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else if (since_ms)
		buf_printf(b, "%lld:%02lld", s / 60, s % 60);
}

/* What the bar tells, in order; where all does not fit, the least important goes first. */
#define PARTS_MAX 16
#define PART_SIZE 160
#define NAME_LEAST 8	   /* cells of the call's name that is cut */
#define WEIGHT_OVER_NAME 7 /* what has the name cut */
#define WEIGHT_TROUBLE 9   /* that the call does not go on */
#define WEIGHT_OVER_KEYS 3 /* what stays although a key has no place then */

struct parts {
	struct part {
		char text[PART_SIZE + sizeof("…")]; /* a name that is cut ends with that */
		int weight;			    /* the higher, the longer it stays */
		bool close;			    /* no dot before it */
	} v[PARTS_MAX];
	size_t n;
};

__attribute__((format(printf, 3, 4))) static void add(struct parts *p, int weight, const char *fmt,
						      ...)
{
	va_list ap;
	if (p->n == PARTS_MAX)
		return;
	struct buf b = BUF_INIT(4096);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	size_t n = utf8_head(buf_span(&b), PART_SIZE - 1);
	memcpy(p->v[p->n].text, buf_str(&b), n);
	p->v[p->n].text[n] = '\0';
	p->v[p->n].close = false;
	p->v[p->n++].weight = weight;
	buf_done(&b);
}

static void add_state(struct parts *p, const struct call_bar_row *r)
{
	if (r->state == CALL_BAR_JOINING)
		add(p, WEIGHT_TROUBLE, "%s", _("joining…"));
	else if (r->state == CALL_BAR_RECONNECTING)
		add(p, WEIGHT_TROUBLE, "%s", _("connection lost, coming back…"));
	else if (r->state == CALL_BAR_LEAVING)
		add(p, WEIGHT_TROUBLE, "%s", _("leaving…"));
	if (!r->here)
		add(p, 2, "%s", _("in another window"));
	if (r->recording)
		add(p, 8, "● %s", _("being recorded"));
	if (r->live && r->host)
		add(p, 7, "%s", _("live, you lead"));
	else if (r->live)
		add(p, 7, "%s", r->may_speak ? _("live, you have the floor") : _("live"));
	if (r->locked)
		add(p, 3, "%s", _("locked"));
	if (r->listen_only || (r->live && !r->may_speak))
		add(p, 6, "%s", _("listening"));
	else if (r->muted)
		add(p, 8, "%s", _("microphone off"));
	if (r->hand)
		add(p, 6, "%s", _("your hand is up"));
}

static const char *without_dot(const char *s)
{
	static const char dot[] = " · ";
	return strncmp(s, dot, sizeof(dot) - 1) == 0 ? s + sizeof(dot) - 1 : s;
}

__attribute__((format(printf, 3, 4))) static void add_count(struct parts *p, int weight,
							    const char *fmt, ...)
{
	char text[PART_SIZE];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(p, weight, "%s", without_dot(text));
}

static void add_others(struct parts *p, const struct call_bar_row *r)
{
	if (r->n)
		add_count(p, 1, ngettext(" · %d person", " · %d people", r->n), (int)r->n);
	if (r->hands)
		add_count(p, 7, ngettext(" · %d hand", " · %d hands", (unsigned long)r->hands),
			  r->hands);
	if (r->loss_percent >= 3)
		add_count(p, 2, _(" · %d %% lost"), r->loss_percent);
	if (r->speaking.n)
		add(p, 4, "♪ %s", r->speaking.s);
}

/* Those of at least that weight. */
static void put_parts(struct buf *b, const struct parts *p, int weight)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].weight >= weight)
			buf_printf(b, "%s%s",
				   !b->n	   ? ""
				   : p->v[i].close ? " "
						   : " · ",
				   p->v[i].text);
}

/* Where the least important stands; 0: only the first, which says which call, is left. */
static size_t least(const struct parts *p)
{
	size_t at = 0;
	for (size_t i = 1; i < p->n; i++)
		if (!at || p->v[i].weight <= p->v[at].weight)
			at = i;
	return at;
}

static void drop(struct parts *p, size_t i)
{
	memmove(&p->v[i], &p->v[i + 1], (p->n - i - 1) * sizeof(p->v[0]));
	p->n--;
}

/* How the call goes counts for more than the end of its name. */
static bool cut_name(struct parts *p, int over)
{
	char *name = p->v[0].text;
	int keep = text_cells(span_of(name)) - over - 1;
	if (keep < NAME_LEAST)
		return false;
	snprintf(name + text_fit(span_of(name), keep), sizeof("…"), "…");
	return true;
}

static void put_fitting(struct buf *b, struct parts *p, int cells)
{
	for (;;) {
		buf_clear(b);
		put_parts(b, p, 0);
		int over = text_cells(buf_span(b)) - cells;
		size_t i = least(p);
		if (over <= 0 || !i)
			return;
		if (p->v[i].weight >= WEIGHT_OVER_NAME && cut_name(p, over))
			continue;
		if (p->v[i].weight == WEIGHT_TROUBLE)
			return; /* the beginning of it tells more than nothing */
		drop(p, i);
	}
}

/* A key and what it does, left of `right`; not beyond `left`. */
static int draw_key(const struct keymap *keymap, struct canvas *c, struct rect r, int right,
		    int left, enum action a, const char *what)
{
	AUTO(buf_done) struct buf keys = BUF_INIT(200);
	keymap_put_keys(&keys, keymap, PLACE_ALL, a);
	int n = text_cells(buf_span(&keys)) + 1 + text_cells(span_of(what));
	if (!keys.n || right - n < left)
		return right;
	int x = draw_text(c, r, right - n, r.y, buf_span(&keys), ROLE_BAR);
	draw_own(c, r, x + 1, r.y, what, ROLE_BAR_DIM);
	return right - n - 2;
}

static void add_call(struct parts *p, const struct call_bar_row *row, int64_t now_ms)
{
	AUTO(buf_done) struct buf time = BUF_INIT(100);
	add(p, 10, "☎ %s", row->room.s ? row->room.s : "");
	put_time(&time, row->since_ms, now_ms);
	if (time.n) {
		add(p, 5, "%s", buf_str(&time));
		p->v[p->n - 1].close = true;
	}
	add_state(p, row);
	add_others(p, row);
}

/* Keys about the call we are in; what goes on counts for more than how to change it. */
static int draw_keys(const struct call_bar_row *row, const struct keymap *keys, struct canvas *c,
		     struct rect r, int right, int left)
{
	if (row->host && row->live)
		right = draw_key(keys, c, r, right, left, ACT_CALL_PEOPLE, _("lead"));
	if (!row->listen_only && row->live && !row->may_speak)
		right = draw_key(keys, c, r, right, left, ACT_HAND,
				 row->hand ? _("hand down") : _("raise your hand"));
	else if (!row->listen_only)
		right = draw_key(keys, c, r, right, left, ACT_MUTE,
				 row->muted ? _("speak") : _("microphone off"));
	return right;
}

void phone_bar_draw(const struct call_bar_row *row, const struct keymap *keys, int64_t now_ms,
		    struct canvas *c, struct rect r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	struct parts p = {.n = 0};
	bool in = row->state != CALL_BAR_NONE;
	if (in)
		add_call(&p, row, now_ms);
	else
		add(&p, 10, _("☎ %s calls: %s"), row->ring_name.s ? row->ring_name.s : "",
		    row->ring_room_name.s ? row->ring_room_name.s : "");
	put_parts(&b, &p, WEIGHT_OVER_KEYS);
	draw_fill(c, r, ROLE_BAR);
	int right = r.x + r.w - 1, half = r.x + r.w / 2;
	right = draw_key(keys, c, r, right, half, ACT_CALL, in ? _("leave") : _("answer"));
	int end = r.x + 3 + text_cells(buf_span(&b));
	if (in)
		right = draw_keys(row, keys, c, r, right, end > half ? end : half);
	put_fitting(&b, &p, right - r.x - 2);
	draw_fit(c, r, r.x + 1, r.y, right - r.x - 1, buf_span(&b), ROLE_BAR);
}
