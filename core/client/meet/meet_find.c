/* Meetings of the cache: all of them, one by its UID, the one that is on. */
#include "core/base/crypto.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/client/meet/meet_priv.h"
#include "core/client/timeline.h"
#include "core/client/util.h"

#include <ctype.h>
#include <string.h>

void meet_make_uid(const char *room_id, const char *title, int64_t start_ms, char ret[33])
{
	AUTO_FREE char *all = mem_printf("%s\n%s\n%lld", room_id, title, (long long)start_ms);
	uint8_t hash[32];
	crypto_sha256(span_of(all), hash);
	hex_put(ret, hash, 16);
}

char *meet_room_name(struct client *c, const char *room_id)
{
	struct store *s;
	struct store_room r;
	int64_t id = client_store(c, &s, NULL) ? 0 : store_room_find(s, span_of(room_id));
	if (!id || !store_room_get(s, id, &r))
		return NULL;
	char *name = mem_strdup(r.display);
	store_room_done(&r);
	return name;
}

struct walk {
	const char *room_id, *room_name;
	meet_walk_fn *fn;
	void *arg;
};

static int on_state(const struct store_state *st, void *arg)
{
	struct walk *w = arg;
	struct meeting m;
	struct err err;
	JSON_AUTO json_t *event = NULL;
	AUTO_FREE char *key = span_dup(st->key);
	const json_t *content = json_parse_object(st->json, &event, NULL)
					? NULL
					: json_get_object(event, "content");
	if (!json_object_size(content))
		return 0; /* taken back */
	if (meeting_read(w->room_id, key, content, &m, &err)) {
		log_info("meeting %s of %s is passed over: %s", key, w->room_id, err.msg);
		return 0;
	}
	int rc = w->fn(&m, w->room_name, w->arg);
	meeting_done(&m);
	return rc;
}

static int walk_room(struct store *s, int64_t id, struct walk *w)
{
	struct store_room r;
	if (!store_room_get(s, id, &r))
		return 0;
	w->room_id = r.room_id;
	w->room_name = r.display;
	int rc = store_state_walk_type(s, id, MEETING_TYPE, on_state, w);
	store_room_done(&r);
	return rc;
}

int meet_walk_cached(struct store *s, const char *room_id, meet_walk_fn *fn, void *arg)
{
	struct walk w = {.fn = fn, .arg = arg};
	int rc = 0;
	if (room_id)
		return walk_room(s, store_room_find(s, span_of(room_id)), &w);
	AUTO_FREE int64_t *ids = store_room_ids(s, "join");
	for (size_t i = 0; ids[i] && !rc; i++)
		rc = walk_room(s, ids[i], &w);
	return rc;
}

int meet_walk(struct client *c, const char *room_id, meet_walk_fn *fn, void *arg, struct err *err)
{
	struct store *s;
	int rc = client_store(c, &s, err);
	return rc ? rc : meet_walk_cached(s, room_id, fn, arg);
}

/* -- All of a room ------------------------------------------------------- */

struct all {
	struct meeting *v;
	size_t n;
};

static int keep(struct meeting *m, const char *room_name, void *arg)
{
	struct all *a = arg;
	(void)room_name;
	a->v = mem_realloc_array(a->v, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = *m;
	*m = (struct meeting){.room_id = NULL};
	return 0;
}

int client_meetings(struct client *c, const char *room_id, struct meeting **ret, size_t *ret_n,
		    struct err *err)
{
	struct all a = {NULL, 0};
	int rc = client_refresh(c, err);
	if (!rc)
		rc = meet_walk(c, room_id, keep, &a, err);
	if (!rc) {
		*ret = a.v;
		*ret_n = a.n;
	}
	return rc;
}

/* -- One ----------------------------------------------------------------- */

struct by_uid {
	const char *uid;
	struct meeting found;
	int n;
};

static int match_uid(struct meeting *m, const char *room_name, void *arg)
{
	struct by_uid *u = arg;
	(void)room_name;
	if (strcmp(m->event.uid, u->uid) != 0)
		return 0;
	if (u->n++ == 0) {
		u->found = *m;
		*m = (struct meeting){.room_id = NULL};
	}
	return 0;
}

int meet_find_uid(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
		  struct err *err)
{
	struct by_uid u = {.uid = uid};
	int rc = meet_walk(c, room_id, match_uid, &u, err);
	if (!rc && u.n == 1) {
		*ret = u.found;
		return 0;
	}
	if (u.n)
		meeting_done(&u.found);
	if (!rc && u.n) {
		rc = err_set(err, ERR_USAGE, _("%d rooms have a meeting %.100s"), u.n, uid);
		err_hint(err, _("say which one by --room"));
	} else if (!rc) {
		rc = err_set(err, ERR_NOT_FOUND, _("there is no meeting %.100s"), uid);
		err_hint(err, "muster meet list");
	}
	return rc;
}

int client_meet_get(struct client *c, const char *room_id, const char *uid, struct meeting *ret,
		    struct err *err)
{
	int rc = client_refresh(c, err);
	return rc ? rc : meet_find_uid(c, room_id, uid, ret, err);
}

/* -- The one that is on, or was last ------------------------------------- */

struct by_time {
	int64_t now_ms;
	bool last;    /* else: on */
	bool planned; /* what was ended early counts as on */
	struct meeting found;
	struct cal_time recurrence_id;
	int64_t start_ms;
	struct buf names;
	int n;
	const struct cal_occurrence *best; /* of the meeting that is looked at */
	struct cal_occurrence best_value;
};

static int on_occurrence(const struct cal_occurrence *o, void *arg)
{
	struct by_time *t = arg;
	int64_t end_ms = t->planned ? o->planned_end_ms : o->end_ms;
	bool fits = !o->cancelled && o->start_ms <= t->now_ms && (t->last || end_ms > t->now_ms);
	if (fits && (!t->best || o->start_ms >= t->best_value.start_ms)) {
		t->best_value = *o;
		t->best = &t->best_value;
	}
	return 0;
}

static int match_time(struct meeting *m, const char *room_name, void *arg)
{
	struct by_time *t = arg;
	int64_t from = t->now_ms - (t->last ? 366 * DAY_MS : CAL_DURATION_MAX_MS);
	t->best = NULL;
	cal_expand(&m->event, from, t->now_ms + 1, 0, on_occurrence, t, NULL);
	if (!t->best)
		return 0;
	buf_printf(&t->names, "%s%s (%s)", t->n++ ? ", " : "", m->event.uid, room_name);
	if (t->n > 1 && (!t->last || t->best_value.start_ms < t->start_ms))
		return 0;
	meeting_done(&t->found);
	t->found = *m;
	t->start_ms = t->best_value.start_ms;
	t->recurrence_id = t->best_value.recurrence_id;
	*m = (struct meeting){.room_id = NULL};
	return 0;
}

static int find_by_time(struct client *c, const char *room_id, struct by_time *t,
			struct meeting *ret, struct cal_occurrence *ret_occurrence, struct err *err)
{
	char stamp[CAL_STAMP_SIZE];
	int rc = meet_walk(c, room_id, match_time, t, err);
	if (!rc && !t->n)
		rc = err_set(err, ERR_NOT_FOUND, "%s",
			     t->last ? _("there was no meeting yet") : _("no meeting is on now"));
	if (!rc && t->n > 1 && !t->last) {
		rc = err_set(err, ERR_USAGE, _("several meetings are on now: %.300s"),
			     buf_str(&t->names));
		err_hint(err, _("say which one by --room or by its id"));
	}
	if (!rc) {
		cal_stamp(&t->recurrence_id, stamp);
		rc = cal_find(&t->found.event, stamp, t->now_ms, ret_occurrence, err);
	}
	if (rc)
		meeting_done(&t->found);
	else
		*ret = t->found;
	return rc;
}

/* Where "@DATE" begins: UIDs often have an @ of their own. */
static const char *date_part(const char *which)
{
	const char *at = strrchr(which, '@');
	if (!at || strlen(at + 1) < 8)
		return NULL;
	for (const char *p = at + 1; *p; p++)
		if (!isdigit((unsigned char)*p) && !strchr("-:Tt ", *p))
			return NULL;
	return at;
}

static int find_by_uid(struct client *c, const char *room_id, const char *which, int64_t now_ms,
		       struct meeting *ret, struct cal_occurrence *ret_occurrence, struct err *err)
{
	const char *at = date_part(which);
	AUTO_FREE char *uid = at ? mem_strndup(which, (size_t)(at - which)) : mem_strdup(which);
	struct meeting m;
	int rc = meet_find_uid(c, room_id, uid, &m, err);
	if (rc)
		return rc;
	rc = cal_find(&m.event, at ? at + 1 : NULL, now_ms, ret_occurrence, err);
	if (rc)
		meeting_done(&m);
	else
		*ret = m;
	return rc;
}

static int find_near(struct client *c, const char *room_id, struct by_time *t, struct meeting *ret,
		     struct cal_occurrence *ret_occurrence, struct err *err)
{
	t->names = BUF_INIT(4096);
	int rc = find_by_time(c, room_id, t, ret, ret_occurrence, err);
	buf_done(&t->names);
	return rc;
}

int client_meet_find(struct client *c, const char *room_id, const char *which, int64_t now_ms,
		     struct meeting *ret, struct cal_occurrence *ret_occurrence, struct err *err)
{
	struct by_time t = {.now_ms = now_ms, .last = !strcmp(which, "last")};
	int rc = client_refresh(c, err);
	if (rc)
		return rc;
	if (strcmp(which, "now") != 0 && !t.last)
		return find_by_uid(c, room_id, which, now_ms, ret, ret_occurrence, err);
	return find_near(c, room_id, &t, ret, ret_occurrence, err);
}

int client_meet_find_planned(struct client *c, const char *room_id, int64_t now_ms,
			     struct meeting *ret, struct cal_occurrence *ret_occurrence,
			     struct err *err)
{
	struct by_time t = {.now_ms = now_ms, .planned = true};
	int rc = client_meet_find(c, room_id, "now", now_ms, ret, ret_occurrence, err);
	return rc == ERR_NOT_FOUND ? find_near(c, room_id, &t, ret, ret_occurrence, err) : rc;
}
