/* Which rooms are shown, in which order; which are meant by a few letters. */
#include "core/base/mem.h"
#include "core/client/view/fuzzy.h"
#include "core/client/view/room_list_priv.h"

#include <stdlib.h>
#include <string.h>

/* -- Who is muted -------------------------------------------------------------------------- */

/* "dont_notify" is the old way to say nothing. */
static bool says_nothing(const json_t *rule)
{
	json_t *actions = json_get_array(rule, "actions"), *one;
	size_t i;
	if (!json_get_bool(rule, "enabled", true))
		return false;
	json_array_foreach (actions, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), "notify") == 0)
			return false;
	return true;
}

/* An override rule for one room: its only condition is that room's id. */
static const char *room_of(const json_t *rule)
{
	json_t *conditions = json_get_array(rule, "conditions");
	const json_t *one = json_array_get(conditions, 0);
	const char *key = json_get_str(one, "key"), *kind = json_get_str(one, "kind");
	if (json_array_size(conditions) != 1 || !kind || !key || strcmp(kind, "event_match") != 0 ||
	    strcmp(key, "room_id") != 0)
		return NULL;
	return json_get_str(one, "pattern");
}

static void read_rules(json_t *muted, const json_t *global)
{
	json_t *rule;
	size_t i;
	json_array_foreach (json_get_array(global, "override"), i, rule)
		if (room_of(rule) && says_nothing(rule))
			json_object_set_new(muted, room_of(rule), json_true());
	json_array_foreach (json_get_array(global, "room"), i, rule)
		if (json_get_str(rule, "rule_id") && says_nothing(rule))
			json_object_set_new(muted, json_get_str(rule, "rule_id"), json_true());
}

bool room_list_read_muted(struct room_list *l)
{
	AUTO(buf_done) struct buf b = BUF_INIT(BUF_CAP_OWN);
	JSON_AUTO json_t *content = NULL, *was = json_incref(l->muted);
	store_account_data_get(l->s, 0, "m.push_rules", &b);
	if (l->push_text && strcmp(l->push_text, buf_str(&b)) == 0)
		return false;
	mem_free(l->push_text);
	l->push_text = mem_strdup(buf_str(&b));
	json_decref(l->muted);
	l->muted = json_object();
	if (!json_parse_object(buf_span(&b), &content, NULL))
		read_rules(l->muted, json_get_object(content, "global"));
	return !json_equal(was, l->muted);
}

/* -- Order ----------------------------------------------------------------------------------- */

static const struct row *row_of(const struct room_row *r)
{
	return CONTAINER_OF(r, struct row, pub);
}

static int by_number(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_name(const struct room_row *a, const struct room_row *b)
{
	int d = strcmp(buf_str(&row_of(a)->key), buf_str(&row_of(b)->key));
	return d ? d : by_number(a->room, b->room);
}

static int by_activity(const struct room_row *a, const struct room_row *b)
{
	return a->last_ts != b->last_ts ? by_number(b->last_ts, a->last_ts) : by_name(a, b);
}

/* What one was asked about comes first, then what is unread at all. */
static int urgency(const struct room_row *r)
{
	return r->highlights ? 2 : r->unread || r->marked_unread ? 1 : 0;
}

static int by_unread(const struct room_row *a, const struct room_row *b)
{
	return urgency(a) != urgency(b) ? urgency(b) - urgency(a) : by_activity(a, b);
}

static int compare(const void *x, const void *y, void *arg)
{
	const struct room_row *a = *(const struct room_row *const *)x;
	const struct room_row *b = *(const struct room_row *const *)y;
	const struct room_list *l = arg;
	if (a->section != b->section)
		return (int)a->section - (int)b->section;
	if (a->section == SECTION_FAVOURITES && row_of(a)->tag_order != row_of(b)->tag_order)
		return by_number((uint64_t)row_of(a)->tag_order >> 1,
				 (uint64_t)row_of(b)->tag_order >> 1);
	return l->order == ORDER_NAME		? by_name(a, b)
	       : l->order == ORDER_UNREAD_FIRST ? by_unread(a, b)
						: by_activity(a, b);
}

static bool is_shown(const struct room_list *l, const struct row *r)
{
	if (r->replaced)
		return false;
	if (l->space &&
	    (r->pub.section == SECTION_SPACES || !json_object_get(l->in_space, r->pub.room_id)))
		return false;
	return !l->only_unread || r->pub.section == SECTION_INVITES || urgency(&r->pub);
}

void room_list_arrange(struct room_list *l)
{
	l->shown = mem_realloc_array(l->shown, 2 * l->n + 1, sizeof(*l->shown));
	l->shown_n = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct row *r = l->rows[i];
		if (is_shown(l, r))
			l->shown[l->shown_n++] = &r->pub;
		/* Somebody waits at the door: told whatever part of the rooms is shown. */
		if (r->knock && !r->replaced)
			l->shown[l->shown_n++] = &r->knock->pub;
	}
	qsort_r(l->shown, l->shown_n, sizeof(*l->shown), compare, l);
}

/* -- Fuzzy search ------------------------------------------------------------------------------ */

static int better(const void *x, const void *y)
{
	const struct room_match *a = x, *b = y;
	if (a->score != b->score)
		return b->score - a->score;
	return by_unread(a->row, b->row);
}

/* Nothing typed yet: the rooms used last. */
static int later(const void *x, const void *y)
{
	const struct room_match *a = x, *b = y;
	return by_activity(a->row, b->row);
}

static int score_of(const struct fuzzy *f, const struct row *r, uint8_t hits[FUZZY_HITS])
{
	struct span name = {r->pub.name.s, r->pub.name.n};
	int score = fuzzy_score(f, name, hits);
	const char *others[] = {r->alias, r->pub.direct};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		/* Without the sign that every such id begins with. */
		int s = others[i] ? fuzzy_score(f, span_from(span_of(others[i]), 1), NULL) : 0;
		if (s > score) {
			score = s;
			hits[0] = 255;
		}
	}
	return score;
}

size_t room_list_match(const struct room_list *l, const char *pattern, struct room_match *ret,
		       size_t max)
{
	struct room_match *all = mem_realloc_array(NULL, l->n + 1, sizeof(*all));
	struct fuzzy f;
	size_t n = 0;
	fuzzy_init(&f, span_of(pattern));
	for (size_t i = 0; i < l->n; i++) {
		if (l->rows[i]->replaced)
			continue;
		all[n].row = &l->rows[i]->pub;
		all[n].score = score_of(&f, l->rows[i], all[n].hits);
		n += all[n].score > 0;
	}
	qsort(all, n, sizeof(*all), f.n ? better : later);
	if (n > max)
		n = max;
	memcpy(ret, all, n * sizeof(*ret));
	mem_free(all);
	return n;
}
