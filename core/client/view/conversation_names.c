/* What people are called, and who is meant by a few letters. */
#include "core/base/mem.h"
#include "core/client/view/conversation_priv.h"
#include "core/client/view/fuzzy.h"
#include "core/store/live.h"

#include <string.h>

static int on_namesake(const struct store_member *m, void *arg)
{
	(void)m;
	return ++*(int *)arg > 1;
}

struct span user_short_name(struct span user_id)
{
	ptrdiff_t colon = span_find(user_id, ':');
	return colon > 1 ? span_from(span_head(user_id, (size_t)colon), 1) : user_id;
}

static bool is_gone(struct conversation *c, struct span user_id)
{
	AUTO_FREE char *membership = store_member_membership(c->s, c->room, user_id);
	return membership && (!strcmp(membership, "leave") || !strcmp(membership, "ban"));
}

/* Two with one name are told apart by their ids; without a name the local part stands for it. */
static json_t *make_name(struct conversation *c, struct span user_id)
{
	AUTO_FREE char *name = store_member_name(c->s, c->room, user_id);
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	int namesakes = 0;
	if (!name || !span_trim(span_of(name)).n) {
		struct span local = user_short_name(user_id);
		AUTO_FREE char *short_name = span_dup(local);
		bool shared = store_member_local_shared(c->s, c->room, user_id);
		store_member_named(c->s, c->room, short_name, on_namesake, &namesakes);
		local = shared || namesakes ? user_id : local;
		return json_stringn(local.p ? local.p : "", local.n);
	}
	buf_put_str(&b, name);
	store_member_named(c->s, c->room, name, on_namesake, &namesakes);
	/* Only those who are here are counted. */
	if (namesakes + is_gone(c, user_id) > 1)
		buf_printf(&b, " (%.*s)", SPAN_ARG(user_id));
	return json_stringn(buf_str(&b), b.n);
}

struct span conv_name(struct conversation *c, struct span user_id)
{
	AUTO_FREE char *key = span_dup(user_id);
	json_t *name = json_object_get(c->names, key);
	if (!name) {
		name = make_name(c, user_id);
		if (!name || json_object_set_new(c->names, key, name)) /* not UTF-8 */
			return SPAN_LIT("?");
	}
	return (struct span){json_string_value(name), json_string_length(name)};
}

void conv_forget_names(struct conversation *c)
{
	json_object_clear(c->names);
}

bool conv_is_ignored(const struct conversation *c, struct span user_id)
{
	if (!json_object_size(c->ignored))
		return false;
	AUTO_FREE char *key = span_dup(user_id);
	return json_object_get(c->ignored, key) != NULL;
}

/* -- Completion -------------------------------------------------------------------- */

struct candidate {
	const char *user_id;
	int score;
	int64_t last; /* when they wrote last */
};

struct asking {
	struct conversation *c;
	struct fuzzy pattern;
	struct candidate *best;
	size_t n, max;
};

static bool is_better(const struct candidate *a, const struct candidate *b)
{
	return a->score != b->score ? a->score > b->score : a->last > b->last;
}

/* Keeps the best `max`, best first. */
static void keep(struct asking *q, struct candidate k, struct span user_id)
{
	size_t at = q->n;
	while (at > 0 && is_better(&k, &q->best[at - 1]))
		at--;
	if (at == q->max)
		return;
	k.user_id = pool_dup(&q->c->people, user_id);
	if (q->n < q->max)
		q->n++;
	memmove(q->best + at + 1, q->best + at, (q->n - at - 1) * sizeof(*q->best));
	q->best[at] = k;
}

static int on_person(const struct store_member *m, void *arg)
{
	struct asking *q = arg;
	struct candidate k = {.score = fuzzy_score(&q->pattern, m->name, NULL)};
	int by_id = fuzzy_score(&q->pattern, span_from(m->user_id, 1), NULL);
	if (by_id > k.score)
		k.score = by_id;
	if (k.score <= 0 || conv_is_ignored(q->c, m->user_id))
		return 0;
	store_last_sent(q->c->s, q->c->room, m->user_id, &k.last);
	keep(q, k, m->user_id);
	return 0;
}

static int on_presence(const struct store_presence *p, void *arg)
{
	*(int *)arg = span_eq_str(p->state, "online")	     ? 1
		      : span_eq_str(p->state, "unavailable") ? 2
							     : 3;
	return 0;
}

size_t conversation_people(struct conversation *c, const char *pattern, struct room_person *ret,
			   size_t max)
{
	struct asking q = {.c = c, .max = max};
	pool_done(&c->people);
	fuzzy_init(&q.pattern, span_of(pattern));
	q.best = mem_realloc_array(NULL, max + 1, sizeof(*q.best));
	store_member_walk(c->s, c->room, "join", on_person, &q);
	for (size_t i = 0; i < q.n; i++) {
		struct span id = span_of(q.best[i].user_id);
		ret[i] = (struct room_person){.user_id = q.best[i].user_id};
		ret[i].name = pool_text(&c->people, conv_name(c, id), TEXT_LINE);
		ret[i].power = power_of_user(&c->power, q.best[i].user_id);
		store_presence_get(c->s, id, on_presence, &ret[i].presence);
	}
	mem_free(q.best);
	return q.n;
}
