/*
 * Random histories of lessons, judged by the register and by a model that was written otherwise: it
 * knows no intervals, only whether somebody is there in each second. Every history is given in two orders.
 *
 * HISTORIES=100000 for more of them, SEED=N for another beginning, or one that failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/lesson_log.h"
#include "tests/lib/pace.h"

#include "core/base/mem.h"
#include "core/matrix/rtc_member.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE 8  /* the first one teaches */
#define DEVICES 3 /* of each: two by state events, one by sticky ones */
#define EARLY 300 /* seconds before the lesson that are looked at */
#define LENGTH 600
#define SECONDS (EARLY + LENGTH)
#define EVENTS 64

enum word { JOIN, CONTINUE, LEAVE, SEEN, GONE, STOPPED, ROOM_LEAVE, ROOM_JOIN, KINDS };
static const char *const users[PEOPLE] = {LOG_TEACHER, "@a:x", "@b:x", "@c:x",
					  "@d:x",      "@e:x", "@f:x", "@g:x"};
static const char *const devices[DEVICES] = {"ONE", "TWO", "STICKY"};

struct happening {
	enum word word;
	int who, device, at;
	int until; /* of a member event: expires then */
	bool redacted, redacted_by_other;
};
struct mark {
	int by, of, at;
	const char *after; /* NULL: taken back */
};
struct history {
	struct happening v[EVENTS];
	int n;
	struct mark marks[4];
	int n_marks;
	bool roster; /* everybody but the teacher and the last one */
	int late, early, grace, min;
	int hole_from, hole_to; /* equal: none */
	int demoted; /* when @a stops being staff, and from which time they are; 0: never */
	bool used[SECONDS + 200]; /* one thing at a time */
};

/* -- Chance ------------------------------------------------------------------------ */

static uint64_t chance;

static unsigned roll(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 11) % n;
}

static bool one_in(unsigned n)
{
	return roll(n) == 0;
}

static int free_second(struct history *h, int from, int to)
{
	for (;;) {
		int t = from + (int)roll((unsigned)(to - from));
		if (h->used[t + EARLY])
			continue;
		h->used[t + EARLY] = true;
		return t;
	}
}

static void happen(struct history *h, enum word word, int who, int device, int at)
{
	if (h->n == EVENTS)
		return;
	int life = one_in(6) ? 1 + (int)roll(400) : 14400;
	h->v[h->n++] = (struct happening){.word = word,
					  .who = who,
					  .device = device,
					  .at = at,
					  .until = at + (device == 2 ? 3600 : life),
					  .redacted = one_in(25),
					  .redacted_by_other = one_in(3)};
}

/* Most people come and go as people do, some of them as nobody would. */
static void person_history(struct history *h, int who)
{
	int device = (int)roll(DEVICES);
	if (one_in(8))
		return;
	happen(h, JOIN, who, device,
	       free_second(h, one_in(3) ? -EARLY : -20, one_in(3) ? LENGTH : 60));
	while (one_in(2))
		happen(h, (enum word)roll(ROOM_LEAVE), who, one_in(3) ? (int)roll(DEVICES) : device,
		       free_second(h, -EARLY, LENGTH + 50));
	if (one_in(2))
		happen(h, LEAVE, who, device, free_second(h, 400, LENGTH + 50));
	if (one_in(10))
		happen(h, ROOM_LEAVE, who, 0, free_second(h, -EARLY, LENGTH));
	else if (one_in(10))
		happen(h, ROOM_JOIN, who, 0, free_second(h, -EARLY, LENGTH));
}

/* Most of them are cut off, and some come back. */
static void outage_history(struct history *h)
{
	int from = (int)roll(400);
	bool stopped = one_in(2);
	for (int i = 0; i < PEOPLE; i++) {
		int device = (int)roll(DEVICES - 1);
		if (one_in(4))
			continue;
		happen(h, JOIN, i, device, free_second(h, -50, from + 1));
		happen(h, stopped ? STOPPED : LEAVE, i, device, free_second(h, from, from + 50));
		if (!one_in(3))
			happen(h, JOIN, i, device, free_second(h, from + 10, from + 190));
	}
}

static void marks_history(struct history *h)
{
	static const char *const words[] = {"present", "late", "absent", "excused", NULL};
	h->n_marks = (int)roll(4);
	for (int i = 0; i < h->n_marks; i++)
		h->marks[i] =
			(struct mark){(int)roll(3), (int)roll(PEOPLE),
				      free_second(h, LENGTH + 60, LENGTH + 190), words[roll(5)]};
}

static void make_history(struct history *h)
{
	*h = (struct history){.roster = !one_in(3),
			      .late = (int)roll(60),
			      .early = (int)roll(60),
			      .grace = (int)roll(40),
			      .min = (int)roll(101)};
	h->demoted = one_in(2) ? free_second(h, LENGTH + 60, LENGTH + 190) : 0;
	if (one_in(3))
		outage_history(h);
	for (int i = 0; i < PEOPLE; i++)
		person_history(h, i);
	marks_history(h);
	if (one_in(4)) {
		h->hole_from = (int)roll(SECONDS) - EARLY;
		h->hole_to = h->hole_from + 1 + (int)roll(100);
	}
}

/* -- As events ------------------------------------------------------------------------ */

static void log_member_event(struct lesson_log *g, const struct happening *x)
{
	const char *user = users[x->who], *device = devices[x->device], *id;
	bool here = x->word == JOIN || x->word == CONTINUE;
	if (x->device == 2)
		id = log_sticky(g, user, device, x->at, here);
	else if (here)
		id = log_call(g, user, device, x->at, x->word == CONTINUE ? x->at - 1 : x->at,
			      x->until - x->at + (x->word == CONTINUE));
	else
		id = log_leave(g, user, device, x->at);
	if (x->redacted)
		log_redact(g, x->redacted_by_other ? LOG_TEACHER : user, id, LENGTH + 300);
}

static void log_happening(struct lesson_log *g, const struct happening *x)
{
	const char *user = users[x->who], *device = devices[x->device];
	static const char *const reasons[KINDS] = {[GONE] = "lost", [STOPPED] = "closed"};
	if (x->word <= LEAVE)
		log_member_event(g, x);
	else if (x->word <= STOPPED)
		log_seen(g, LOG_SERVER, user, device, x->at, x->at + 7, reasons[x->word]);
	else
		log_member(g, user, x->at, x->word == ROOM_JOIN ? "join" : "leave",
			   x->word == ROOM_JOIN ? NULL : "join");
}

/* What must make no difference: forgeries, other people's words, old events. */
static void log_noise(struct lesson_log *g)
{
	char key[LIMIT_ID_BYTES + 1];
	const char *victim = users[1 + roll(PEOPLE - 2)]; /* not the last one, who forges */
	log_seen(g, "@a:x", victim, "ONE", roll(LENGTH), LENGTH, one_in(2) ? "lost" : NULL);
	rtc_member_key(victim, "ONE", NULL, key, NULL);
	log_event(g, false, RTC_MEMBER_TYPE, "@g:x", roll(LENGTH), key, json_object());
	log_join(g, victim, "OLD", -15000);
	log_join(g, victim, "LATER", LENGTH + 1);
}

static void log_history(struct lesson_log *g, const struct history *h)
{
	log_init(g);
	for (int i = 1; i < PEOPLE; i++) {
		bool joins = false;
		for (int k = 0; k < h->n; k++)
			joins |= h->v[k].who == i && h->v[k].word == ROOM_JOIN;
		if (!joins)
			log_member(g, users[i], -80000, "join", NULL);
	}
	for (int i = 0; i < h->n; i++)
		log_happening(g, &h->v[i]);
	for (int staff = 0; staff < 2 && h->demoted; staff++) {
		log_event(g, staff, "m.room.power_levels", LOG_TEACHER, LENGTH + 55, "",
			  json_pack("{s:{s:i,s:i}}", "users", LOG_TEACHER, 100, "@a:x", 50));
		log_event(g, staff, "m.room.power_levels", LOG_TEACHER, h->demoted, "",
			  json_pack("{s:{s:i}}", "users", LOG_TEACHER, 100));
	}
	for (int i = 0; i < h->n_marks; i++)
		log_mark(g, users[h->marks[i].by], users[h->marks[i].of], h->marks[i].at, "absent",
			 h->marks[i].after, "because");
	if (one_in(2))
		log_noise(g);
}

/* -- The model ------------------------------------------------------------------------- */

struct model {
	const struct history *h;
	bool there[PEOPLE][SECONDS];
	bool cut[PEOPLE][SECONDS]; /* lost in this second as the server stopped */
	bool room[PEOPLE][SECONDS], out[SECONDS];
	int next[PEOPLE]; /* their first sign after the hole */
	bool taken_back[PEOPLE];
	const char *status[PEOPLE]; /* NULL: not in it */
	int present[PEOPLE];
};

/* What happens at this second to this device; NULL: nothing. */
static const struct happening *at_second(const struct history *h, int who, int device, int t)
{
	for (int i = 0; i < h->n; i++) {
		const struct happening *x = &h->v[i];
		bool whole = x->word == ROOM_LEAVE ||
			     (x->redacted && x->word <= LEAVE && x->device == 2 && device == 2);
		if (x->at == t && x->who == who && (whole || x->device == device) &&
		    x->word != ROOM_JOIN)
			return x;
	}
	return NULL;
}

/* The device has a member event of its own that says its name. */
static bool says_name(const struct history *h, int who, int device)
{
	for (int i = 0; i < h->n; i++)
		if (h->v[i].who == who && h->v[i].device == device && !h->v[i].redacted &&
		    h->v[i].word <= CONTINUE && h->v[i].at < LENGTH)
			return true;
	return false;
}

/* One device, second by second: is a member event in force, and what do observers say? */
static void model_device(struct model *m, int who, int device)
{
	enum { UNHEARD, HERE, AWAY } seen = UNHEARD;
	int until = INT32_MIN;
	bool named = says_name(m->h, who, device), was = false;
	for (int t = -EARLY; t < LENGTH; t++) {
		const struct happening *x = at_second(m->h, who, device, t);
		bool cut = false;
		if (until != INT32_MIN && t >= until) {
			until = INT32_MIN;
			seen = UNHEARD;
			was = false;
		}
		enum word w = !x ? KINDS : x->redacted && x->word <= LEAVE ? LEAVE : x->word;
		if (w == CONTINUE && device == 2) /* sticky events do not say so */
			w = JOIN;
		/* Without its name a device's observers speak of another one: none of ours. */
		bool apart = !named && (w == LEAVE || w == ROOM_LEAVE);
		if (w == JOIN || w == CONTINUE)
			until = x->until;
		if (w == JOIN && seen == AWAY)
			seen = UNHEARD;
		if ((w == LEAVE || w == ROOM_LEAVE) && (!apart || w == ROOM_LEAVE)) {
			until = INT32_MIN;
			seen = UNHEARD;
		}
		if (w == SEEN)
			seen = HERE;
		if ((w == GONE || w == STOPPED) && was) {
			seen = AWAY;
			cut = w == STOPPED;
		}
		bool now = seen != AWAY && (seen == HERE || t < until);
		if (until != INT32_MIN && t >= until)
			now = false;
		m->there[who][t + EARLY] |= now;
		m->cut[who][t + EARLY] |= cut;
		was = now;
	}
}

static bool there(const struct model *m, int who, int t)
{
	return t >= -EARLY && t < LENGTH && m->there[who][t + EARLY];
}

static bool loses(const struct model *m, int who, int t)
{
	return t < LENGTH && there(m, who, t - 1) && !there(m, who, t);
}

static bool comes(const struct model *m, int who, int t)
{
	return !there(m, who, t - 1) && there(m, who, t);
}

static int compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* When more than half of those lost from t on are back, if it was most people. */
static int model_most(const struct model *m, int t)
{
	int present = 0, lost = 0, back[PEOPLE];
	for (int i = 0; i < PEOPLE; i++) {
		int gone = t;
		present += there(m, i, t - 1);
		while (there(m, i, gone))
			gone++;
		if (!there(m, i, t - 1) || gone > t + 60 || gone >= LENGTH)
			continue;
		int again = gone;
		while (again < LENGTH && !there(m, i, again))
			again++;
		back[lost++] = again < LENGTH ? again : 1000000;
	}
	if (lost < 3 || 2 * lost <= present)
		return 0;
	qsort(back, (size_t)lost, sizeof(*back), compare_int);
	return back[lost / 2] <= t + 900 ? back[lost / 2] : 0;
}

static void model_most_all(struct model *m)
{
	int done = -1;
	for (int t = 0; t < LENGTH; t++) {
		bool any = false;
		for (int i = 0; i < PEOPLE; i++)
			any |= loses(m, i, t);
		int to = any && t >= done ? model_most(m, t) : 0;
		for (int s = t; s < to && s < LENGTH; s++)
			m->out[s + EARLY] = true;
		done = to ? to : done;
	}
}

static int model_arrivals(const struct model *m, int t, int need)
{
	bool came[PEOPLE] = {0};
	for (int s = t + 1; s < LENGTH; s++)
		for (int i = 0; i < PEOPLE; i++) {
			if (!comes(m, i, s) || came[i])
				continue;
			came[i] = true;
			if (--need == 0)
				return s;
		}
	return LENGTH;
}

static bool is_cut(const struct model *m, int who, int t)
{
	return loses(m, who, t) && m->cut[who][t + EARLY];
}

static void model_stops(struct model *m)
{
	int done = -EARLY;
	for (int t = -EARLY; t < LENGTH; t++) {
		bool any = false, cut[PEOPLE] = {0};
		int n = 0;
		for (int i = 0; i < PEOPLE; i++)
			any |= is_cut(m, i, t);
		if (!any || t < done)
			continue;
		for (int s = t; s <= t + 60 && s < LENGTH; s++)
			for (int i = 0; i < PEOPLE; i++)
				cut[i] |= is_cut(m, i, s);
		for (int i = 0; i < PEOPLE; i++)
			n += cut[i];
		done = model_arrivals(m, t, t < 0 ? 1 : n / 2 + 1);
		for (int s = t; s < done; s++)
			m->out[s + EARLY] = true;
	}
}

static void model_room(struct model *m, int who)
{
	bool in = true;
	for (int i = 0; i < m->h->n; i++)
		in &= m->h->v[i].who != who || m->h->v[i].word != ROOM_JOIN;
	if (who == 0)
		in = true;
	for (int t = -EARLY; t < LENGTH; t++) {
		for (int i = 0; i < m->h->n; i++)
			if (m->h->v[i].who == who && m->h->v[i].at == t) {
				in = m->h->v[i].word == ROOM_JOIN    ? true
				     : m->h->v[i].word == ROOM_LEAVE ? false
								     : in;
			}
		m->room[who][t + EARLY] = in;
	}
}

/* Short absences filled; seconds that are not tracked do not make them longer. */
static void model_bridge(const struct model *m, bool v[SECONDS])
{
	int last = -1;
	for (int s = 0; s < SECONDS; s++) {
		int gap = 0;
		if (!v[s])
			continue;
		for (int k = last + 1; last >= 0 && k < s; k++)
			gap += !m->out[k];
		for (int k = last + 1; last >= 0 && k < s && gap <= m->h->grace; k++)
			v[k] = true;
		last = s;
	}
}

static const char *model_measure(const struct model *m, const bool room[SECONDS],
				 const bool raw[SECONDS], int *ret_present)
{
	bool v[SECONDS];
	int of = 0, present = 0, before = 0, after = 0;
	memcpy(v, raw, sizeof(v));
	model_bridge(m, v);
	for (int s = EARLY; s < SECONDS; s++) {
		if (!room[s] || m->out[s])
			continue;
		of++;
		present += v[s];
		after = v[s] ? 0 : after + 1;
		before += !present;
	}
	*ret_present = present;
	if (!of)
		return "not_tracked";
	if (!present)
		return "absent";
	if (present * 100 < m->h->min * of)
		return "partial";
	if (before > m->h->late)
		return "late";
	return after > m->h->early ? "left_early" : "present";
}

static bool model_hole(const struct history *h)
{
	return h->hole_to > h->hole_from && h->hole_from < LENGTH;
}

static const char *model_call(struct model *m, int who, const bool room[SECONDS])
{
	const char *status = model_measure(m, room, m->there[who], &m->present[who]);
	bool best[SECONDS];
	int ignored;
	if (strcmp(status, "not_tracked") == 0)
		return status;
	memcpy(best, m->there[who], sizeof(best));
	for (int t = m->h->hole_from; model_hole(m->h) && t < LENGTH && t < m->next[who]; t++)
		best[t + EARLY] = true;
	if (model_hole(m->h) && (strcmp(status, "absent") == 0 ||
				 strcmp(status, model_measure(m, room, best, &ignored)) != 0))
		return "not_known";
	if (m->taken_back[who] && strcmp(status, "present") != 0)
		return "not_known";
	return status;
}

static void model_signs(struct model *m)
{
	for (int i = 0; i < PEOPLE; i++)
		m->next[i] = 1000000;
	for (int i = 0; i < m->h->n; i++) {
		const struct happening *x = &m->h->v[i];
		if (x->at < LENGTH && x->redacted && x->redacted_by_other && x->word <= LEAVE)
			m->taken_back[x->who] |= x->who != 0;
	}
	for (int who = 0; who < PEOPLE; who++)
		for (int d = 0; d < DEVICES; d++)
			for (int t = m->h->hole_to; t < LENGTH; t++)
				if (at_second(m->h, who, d, t) && t < m->next[who])
					m->next[who] = t;
}

static bool in_lesson(const bool v[SECONDS])
{
	for (int s = EARLY; s < SECONDS; s++)
		if (v[s])
			return true;
	return false;
}

static bool model_expected(const struct model *m, int who)
{
	if (who == 0)
		return false;
	return m->h->roster ? who < PEOPLE - 1 : in_lesson(m->room[who]);
}

static bool model_held(const struct model *m)
{
	int expected = 0, came = 0;
	for (int i = 0; i < PEOPLE; i++) {
		expected += model_expected(m, i);
		came += model_expected(m, i) && in_lesson(m->there[i]);
	}
	return in_lesson(m->there[0]) || 2 * came > expected;
}

static void model_person(struct model *m, int who, bool held)
{
	static const bool everywhere[SECONDS] = {[0 ... SECONDS - 1] = true};
	const bool *room = m->room[who];
	bool expected = model_expected(m, who);
	if (!expected && !in_lesson(m->there[who]))
		return;
	if (!expected && !in_lesson(room))
		room = everywhere;
	if (!in_lesson(room))
		m->status[who] = "not_tracked";
	else if (held)
		m->status[who] = model_call(m, who, room);
	else
		m->status[who] = model_hole(m->h) ? "not_known" : "not_tracked";
}

static void model_marks(struct model *m)
{
	const struct history *h = m->h;
	const char *own[PEOPLE];
	int last[PEOPLE];
	memcpy(own, m->status, sizeof(own));
	for (int i = 0; i < PEOPLE; i++)
		last[i] = -1;
	for (int i = 0; i < h->n_marks; i++) {
		const struct mark *k = &h->marks[i];
		bool staff = k->by == 0 || (k->by == 1 && h->demoted && k->at < h->demoted);
		if (!staff || !m->status[k->of] || (last[k->of] >= 0 && k->at < last[k->of]))
			continue;
		last[k->of] = k->at;
		m->status[k->of] = k->after ? k->after : own[k->of];
	}
}

static void model_run(struct model *m, const struct history *h)
{
	*m = (struct model){.h = h};
	for (int i = 0; i < PEOPLE; i++) {
		for (int d = 0; d < DEVICES; d++)
			model_device(m, i, d);
		model_room(m, i);
	}
	model_stops(m);
	model_most_all(m);
	model_signs(m);
	bool held = model_held(m);
	for (int i = 0; i < PEOPLE; i++)
		model_person(m, i, held);
	model_marks(m);
}

/* -- Side by side -------------------------------------------------------------------------- */

static void tell(const struct history *h, uint64_t seed, int who, const char *why)
{
	static const char *const words[KINDS] = {"join", "continue", "leave",	   "seen",
						 "gone", "stopped",  "room leave", "room join"};
	fprintf(stderr,
		"SEED=%llu, %s: %s\nroster %d, late %d, early %d, grace %d, min %d, hole %d-%d\n",
		(unsigned long long)seed, users[who], why, h->roster, h->late, h->early, h->grace,
		h->min, h->hole_from, h->hole_to);
	for (int i = 0; i < h->n; i++)
		fprintf(stderr, "%5d %s %s %s until %d%s%s\n", h->v[i].at, users[h->v[i].who],
			devices[h->v[i].device], words[h->v[i].word], h->v[i].until,
			h->v[i].redacted ? " redacted" : "",
			h->v[i].redacted && h->v[i].redacted_by_other ? " by other" : "");
}

static struct register_input *input_of(const struct lesson_log *g, const struct history *h,
				       struct roster *roster, unsigned seed)
{
	struct lesson l = log_lesson();
	struct attendance_rules r = attendance_defaults;
	l.end_ms = l.start_ms + LENGTH * 1000;
	r.late_ms = h->late * 1000;
	r.early_ms = h->early * 1000;
	r.grace_ms = h->grace * 1000;
	r.min_percent = h->min;
	struct register_input *in = log_input(g, &l, &r, h->roster ? roster : NULL, seed);
	if (h->hole_to > h->hole_from)
		register_input_missing(in, LOG_START + h->hole_from * 1000LL,
				       LOG_START + h->hole_to * 1000LL);
	return in;
}

static const char *compare_person(const struct attendance_register *r, const struct model *m,
				  int who)
{
	static char why[200];
	struct register_mark k;
	size_t i = 0;
	while (register_mark_at(r, i, &k) && strcmp(k.user_id, users[who]) != 0)
		i++;
	const char *got = register_mark_at(r, i, &k) ? mark_status_name(k.status) : "not in it";
	const char *want = m->status[who] ? m->status[who] : "not in it";
	snprintf(why, sizeof(why), "%s, the model says %s; %lld ms, the model says %d s", got, want,
		 (long long)k.present_ms, m->present[who]);
	if (strcmp(got, want) != 0)
		return why;
	bool known = m->status[who] && k.present_ms > 0 && strcmp(want, "not_tracked") != 0;
	return known && k.present_ms != m->present[who] * 1000LL ? why : NULL;
}

static bool same_marks(const struct attendance_register *a, const struct attendance_register *b)
{
	struct register_mark x, y;
	size_t i = 0;
	for (; register_mark_at(a, i, &x); i++)
		if (!register_mark_at(b, i, &y) || strcmp(x.user_id, y.user_id) != 0 ||
		    x.status != y.status || x.present_ms != y.present_ms || x.guest != y.guest)
			return false;
	return !register_mark_at(b, i, &y);
}

/* Sealed: then the class's rules change, its list comes or goes, and the events come in another order. */
static const char *seal_holds(struct lesson_log *g, const struct history *h, struct roster *roster,
			      const struct register_input *in, const struct attendance_register *r,
			      unsigned seed)
{
	AUTO(seal_check_done) struct seal_check c = {0};
	JSON_AUTO json_t *parts = register_seal(in, r);
	struct history other = *h;
	json_t *part;
	size_t i;
	json_array_foreach (parts, i, part)
		log_event(g, true, SEAL_TYPE, LOG_TEACHER, LENGTH + 2000, NULL, json_incref(part));
	other.late = h->late + 60;
	other.min = h->min / 2;
	other.roster = !h->roster;
	struct register_input *later = input_of(g, &other, roster, seed);
	struct attendance_register *sealed =
		register_judge(later, LOG_START + (LENGTH + 9000) * 1000LL);
	register_check_seal(later, sealed, &c);
	const char *why = c.verdict != SEAL_GOOD   ? "the seal does not hold"
			  : !same_marks(r, sealed) ? "the seal is good, and the marks are others"
						   : NULL;
	register_free(sealed);
	register_input_free(later);
	return why;
}

static bool play(uint64_t seed, struct roster *roster)
{
	struct history h;
	struct lesson_log g;
	static struct model m;
	bool good = true;
	struct buf bytes[2] = {BUF_INIT(BUF_CAP_OWN), BUF_INIT(BUF_CAP_OWN)};
	chance = seed * 0x9e3779b97f4a7c15u + 1;
	make_history(&h);
	log_history(&g, &h);
	model_run(&m, &h);
	for (int k = 0; k < 2; k++) {
		struct register_input *in = input_of(&g, &h, roster, k ? (unsigned)seed + 1 : 0);
		struct attendance_register *r =
			register_judge(in, LOG_START + (LENGTH + 1000) * 1000LL);
		register_bytes(r, &bytes[k]);
		for (int i = 0; good && i < PEOPLE; i++) {
			const char *why = compare_person(r, &m, i);
			good = !why;
			if (why)
				tell(&h, seed, i, why);
		}
		const char *why =
			good && k ? seal_holds(&g, &h, roster, in, r, (unsigned)seed + 7) : NULL;
		if (why)
			tell(&h, seed, 0, why);
		good &= !why;
		register_free(r);
		register_input_free(in);
	}
	if (good && strcmp(buf_str(&bytes[0]), buf_str(&bytes[1])) != 0) {
		tell(&h, seed, 0, "other bytes in another order");
		good = false;
	}
	buf_done(&bytes[0]);
	buf_done(&bytes[1]);
	log_done(&g);
	return good;
}

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	return s ? strtoull(s, NULL, 10) : otherwise;
}

static void test_histories(void **state)
{
	uint64_t seed = number("SEED", 1), n = number("HISTORIES", PACE(2000)), wrong = 0;
	struct roster *roster = roster_new();
	(void)state;
	for (int i = 1; i < PEOPLE - 1; i++) {
		struct roster_person p = {.user_id = (char *)users[i]};
		bool full;
		roster_put(roster, &p, &full);
	}
	for (uint64_t i = 0; i < n && wrong < 3; i++)
		wrong += !play(seed + i, roster);
	printf("%llu histories from seed %llu on\n", (unsigned long long)n,
	       (unsigned long long)seed);
	roster_free(roster);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_histories)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
