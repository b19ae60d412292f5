#include "tui/knocks.h"

#include "core/base/i18n.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/client/view/conversation.h"
#include "core/client/view/fuzzy.h"
#include "core/store/rooms.h"
#include "tui/pick.h"
#include "tui/slash.h"

#define PEOPLE_MAX 200

struct person {
	char *user_id;
	struct term_text name, id, reason;
};

/* Two rows for each: in, or away. */
struct knocks {
	char *room_id;
	struct person v[PEOPLE_MAX];
	size_t n;
};

static void forget(struct knocks *k)
{
	for (size_t i = 0; i < k->n; i++) {
		mem_free(k->v[i].user_id);
		text_done(&k->v[i].name);
		text_done(&k->v[i].id);
		text_done(&k->v[i].reason);
	}
	k->n = 0;
}

struct filling {
	struct knocks *k;
	struct fuzzy f;
};

static int on_member(const struct store_member *m, void *arg)
{
	struct filling *x = arg;
	bool fits = !x->f.n || fuzzy_score(&x->f, m->name, NULL) > 0 ||
		    fuzzy_score(&x->f, m->user_id, NULL) > 0;
	if (!fits)
		return 0;
	struct person *p = &x->k->v[x->k->n++];
	p->user_id = span_dup(m->user_id);
	p->name =
		text_make(span_trim(m->name).n ? m->name : user_short_name(m->user_id), TEXT_LINE);
	p->id = text_make(m->user_id, TEXT_LINE);
	p->reason = (struct term_text){NULL, 0};
	return x->k->n == PEOPLE_MAX;
}

static void read_reason(struct store *s, int64_t room, struct person *p)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *ev = NULL;
	if (store_state_get(s, room, "m.room.member", span_of(p->user_id), &b) &&
	    !json_parse_object(buf_span(&b), &ev, NULL))
		p->reason = text_make(json_get_span(json_get_object(ev, "content"), "reason"),
				      TEXT_LINE);
}

static size_t fill(struct pick *p, const char *text)
{
	struct filling x = {.k = p->arg};
	struct store *s = p->view.tui->store;
	int64_t room = store_room_find(s, span_of(x.k->room_id));
	fuzzy_init(&x.f, span_of(text));
	forget(x.k);
	store_member_walk(s, room, "knock", on_member, &x);
	for (size_t i = 0; i < x.k->n; i++)
		read_reason(s, room, &x.k->v[i]);
	return 2 * x.k->n;
}

static void row(struct pick *p, size_t i, struct canvas *c, struct rect r)
{
	const struct knocks *k = p->arg;
	const struct person *who = &k->v[i / 2];
	struct buf b = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&b, i % 2 ? _("Turn %s away") : _("Let %s in"), who->name.s);
	int x = draw_fit(c, r, r.x + 2, r.y, r.w - 3, buf_span(&b), i % 2 ? ROLE_DIM : ROLE_POPUP);
	if (i % 2)
		draw_fit(c, r, x + 2, r.y, r.x + r.w - x - 3, (struct span){who->id.s, who->id.n},
			 ROLE_DIM);
	else if (who->reason.n)
		draw_fit(c, r, x + 2, r.y, r.x + r.w - x - 3,
			 (struct span){who->reason.s, who->reason.n}, ROLE_QUOTE);
	buf_done(&b);
}

static void choose(struct pick *p, size_t i)
{
	const struct knocks *k = p->arg;
	struct tui *t = p->view.tui;
	const char *words[] = {"room", i % 2 ? "kick" : "invite", k->room_id, k->v[i / 2].user_id,
			       NULL};
	slash_words(t, t->sending, words, true);
	if (k->n < 2)
		tui_close(pick_view(p));
}

static void free_knocks(struct pick *p)
{
	struct knocks *k = p->arg;
	forget(k);
	mem_free(k->room_id);
	mem_free(k);
}

static const struct pick_class knocks = {
	.title = N_("They ask to come in"),
	.prompt = N_("some letters of a name"),
	.nothing = N_("Nobody is waiting any more."),
	.width = 60,
	.rows = 10,
	.fill = fill,
	.row = row,
	.choose = choose,
	.free = free_knocks,
};

struct view *knocks_new(struct tui *t, const char *room_id)
{
	struct knocks *k = NEW(struct knocks);
	k->room_id = mem_strdup(room_id);
	return pick_new(t, &knocks, k);
}
