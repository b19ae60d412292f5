#include "tui/phone_bar.h"

#include "core/base/i18n.h"

static void put_time(struct buf *b, int64_t since_ms, int64_t now_ms)
{
	long long s = since_ms && now_ms > since_ms ? (now_ms - since_ms) / 1000 : 0;
	if (s >= 3600)
		buf_printf(b, " %lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
	else if (since_ms)
		buf_printf(b, " %lld:%02lld", s / 60, s % 60);
}

static void put_state(struct buf *b, const struct call_bar_row *r)
{
	if (r->state == CALL_BAR_JOINING)
		buf_printf(b, " · %s", _("joining…"));
	else if (r->state == CALL_BAR_RECONNECTING)
		buf_printf(b, " · %s", _("connection lost, coming back…"));
	else if (r->state == CALL_BAR_LEAVING)
		buf_printf(b, " · %s", _("leaving…"));
	if (!r->here)
		buf_printf(b, " · %s", _("in another window"));
	if (r->recording)
		buf_printf(b, " · ● %s", _("being recorded"));
	if (r->live && r->host)
		buf_printf(b, " · %s", _("live, you lead"));
	else if (r->live)
		buf_printf(b, " · %s", r->may_speak ? _("live, you have the floor") : _("live"));
	if (r->locked)
		buf_printf(b, " · %s", _("locked"));
	if (r->listen_only || (r->live && !r->may_speak))
		buf_printf(b, " · %s", _("listening"));
	else if (r->muted)
		buf_printf(b, " · %s", _("microphone off"));
	if (r->hand)
		buf_printf(b, " · %s", _("your hand is up"));
}

static void put_others(struct buf *b, const struct call_bar_row *r)
{
	if (r->n)
		buf_printf(b, ngettext(" · %d person", " · %d people", r->n), (int)r->n);
	if (r->hands)
		buf_printf(b, ngettext(" · %d hand", " · %d hands", (unsigned long)r->hands),
			   r->hands);
	if (r->loss_percent >= 3)
		buf_printf(b, _(" · %d %% lost"), r->loss_percent);
	if (r->speaking.n)
		buf_printf(b, " · ♪ %s", r->speaking.s);
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

static void put_call(struct buf *b, const struct call_bar_row *row, int64_t now_ms)
{
	buf_printf(b, "☎ %s", row->room.s ? row->room.s : "");
	put_time(b, row->since_ms, now_ms);
	put_state(b, row);
	put_others(b, row);
}

void phone_bar_draw(const struct call_bar_row *row, const struct keymap *keys, int64_t now_ms,
		    struct canvas *c, struct rect r)
{
	AUTO(buf_done) struct buf b = BUF_INIT(4096);
	bool in = row->state != CALL_BAR_NONE;
	if (in)
		put_call(&b, row, now_ms);
	else
		buf_printf(&b, _("☎ %s calls: %s"), row->ring_name.s ? row->ring_name.s : "",
			   row->ring_room_name.s ? row->ring_room_name.s : "");
	draw_fill(c, r, ROLE_BAR);
	int right = r.x + r.w - 1, half = r.x + r.w / 2;
	right = draw_key(keys, c, r, right, half, ACT_CALL, in ? _("leave") : _("answer"));
	/* What goes on counts for more than how to change it. */
	int end = r.x + 3 + text_cells(buf_span(&b));
	if (in && row->host && row->live)
		right = draw_key(keys, c, r, right, end > half ? end : half, ACT_CALL_PEOPLE,
				 _("lead"));
	if (in && !row->listen_only && row->live && !row->may_speak)
		right = draw_key(keys, c, r, right, end > half ? end : half, ACT_HAND,
				 row->hand ? _("hand down") : _("raise your hand"));
	else if (in && !row->listen_only)
		right = draw_key(keys, c, r, right, end > half ? end : half, ACT_MUTE,
				 row->muted ? _("speak") : _("microphone off"));
	draw_fit(c, r, r.x + 1, r.y, right - r.x - 1, buf_span(&b), ROLE_BAR);
}
