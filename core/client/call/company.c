#include "core/client/call/company.h"

#include "core/base/clock.h"
#include "core/base/i18n.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/client/util.h"
#include "core/matrix/rtc_ring.h"
#include "core/store/events.h"
#include "core/store/rooms.h"

#include <string.h>

#define STICKY_LOOK_BACK 2000 /* events, when a call is joined */

void company_init(struct company *p, const char *own_user, const char *own_device)
{
	*p = (struct company){.own_user = mem_strdup(own_user),
			      .own_device = mem_strdup(own_device)};
}

void person_free(struct person *who)
{
	if (!who)
		return;
	mem_free(who->name);
	mem_free(who->sfu_name);
	mem_free(who);
}

void company_done(struct company *p)
{
	while (p->first) {
		struct person *who = p->first;
		p->first = who->next;
		person_free(who);
	}
	mem_free(p->own_user);
	mem_free(p->own_device);
	mem_free(p->members);
	mem_free(p->hands);
	mem_free(p->sticky);
	*p = (struct company){.n = 0};
}

/* -- What the room says --------------------------------------------------------- */

struct reading {
	struct company *p;
	struct store *s;
	int64_t room;
	struct rtc_member *was; /* the reading before, to parse only what is new */
	size_t was_n, hint;
};

/* Reading goes by state key each time, so what is looked for comes next. */
static const struct rtc_member *known(struct reading *r, struct span event_id)
{
	for (size_t i = 0; i < r->was_n; i++) {
		size_t at = (r->hint + i) % r->was_n;
		if (!span_eq_str(event_id, r->was[at].event_id))
			continue;
		r->hint = at + 1;
		return &r->was[at];
	}
	return NULL;
}

/* With lazy loading somebody's membership may not be here: the server let them write. */
static bool is_in_room(struct reading *r, const char *user)
{
	AUTO_FREE char *membership = store_member_membership(r->s, r->room, span_of(user));
	return !membership || strcmp(membership, "join") == 0;
}

static bool is_own(const struct company *p, const struct rtc_member *m)
{
	return strcmp(m->user_id, p->own_user) == 0 && strcmp(m->device_id, p->own_device) == 0;
}

static void add_member(struct reading *r, const struct rtc_member *m)
{
	struct company *p = r->p;
	if (p->members_n >= COMPANY_MEMBERS_MAX || !is_in_room(r, m->user_id))
		return;
	if (is_own(p, m) && m->form == RTC_FORM_STATE)
		p->own = *m;
	/* One device is one member, however many events it has written: the newest counts. */
	for (size_t i = 0; i < p->members_n; i++) {
		struct rtc_member *old = &p->members[i];
		if (strcmp(old->plain, m->plain) != 0)
			continue;
		if (m->created_ms > old->created_ms)
			*old = *m;
		return;
	}
	p->members = mem_realloc_array(p->members, p->members_n + 1, sizeof(*p->members));
	p->members[p->members_n++] = *m;
}

static int on_state(const struct store_state *st, void *arg)
{
	struct reading *r = arg;
	struct mx_event ev;
	struct rtc_member m;
	struct err err;
	enum rtc_word word;
	const struct rtc_member *old = known(r, st->event_id);
	if (old) {
		m = *old;
		add_member(r, &m);
		return 0;
	}
	if (event_parse_text(st->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (rtc_member_read(&ev, &word, &m, &err))
		log_debug("call: %s", err.msg);
	else if (word == RTC_HERE)
		add_member(r, &m);
	event_done(&ev);
	return 0;
}

static struct rtc_member *find_sticky(struct company *p, const struct rtc_member *m)
{
	for (size_t i = 0; i < p->sticky_n; i++)
		if (strcmp(p->sticky[i].user_id, m->user_id) == 0 &&
		    strcmp(p->sticky[i].member_id, m->member_id) == 0)
			return &p->sticky[i];
	return NULL;
}

static void note_sticky(struct company *p, const struct rtc_member *m, enum rtc_word word)
{
	struct rtc_member *have = find_sticky(p, m);
	if (word == RTC_LEFT && have)
		*have = p->sticky[--p->sticky_n];
	else if (word == RTC_HERE && have)
		*have = *m;
	if (word != RTC_HERE || have || p->sticky_n >= COMPANY_MEMBERS_MAX)
		return;
	p->sticky = mem_realloc_array(p->sticky, p->sticky_n + 1, sizeof(*p->sticky));
	p->sticky[p->sticky_n++] = *m;
}

static int on_event(const struct store_event *e, void *arg)
{
	struct reading *r = arg;
	struct mx_event ev;
	struct rtc_member m;
	enum rtc_word word;
	r->p->sticky_pos = e->pos;
	if (!span_eq_str(e->type, RTC_STICKY_TYPE) || e->unreadable.p || e->redacted_by.p ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (!rtc_member_read(&ev, &word, &m, NULL))
		note_sticky(r->p, &m, word);
	event_done(&ev);
	return 0;
}

struct look_back {
	int64_t pos, oldest_ms;
	int n;
};

static int on_look_back(const struct store_event *e, void *arg)
{
	struct look_back *b = arg;
	b->pos = e->pos;
	return e->ts < b->oldest_ms || ++b->n >= STICKY_LOOK_BACK;
}

/* Sticky members are told in the timeline; what an hour has passed over is over. */
static void read_sticky(struct reading *r)
{
	struct company *p = r->p;
	if (!p->sticky_pos) {
		struct look_back b = {1, clock_wall_ms() - RTC_STICKY_MS, 0};
		store_events_walk(r->s, r->room, 0, INT64_MAX, true, on_look_back, &b);
		p->sticky_pos = b.pos - 1;
	}
	store_events_walk(r->s, r->room, p->sticky_pos, INT64_MAX, false, on_event, r);
	for (size_t i = 0; i < p->sticky_n; i++)
		add_member(r, &p->sticky[i]);
}

struct hand {
	const struct rtc_member *m;
	int64_t up_ms;
};

static int on_reaction(const struct store_event *e, void *arg)
{
	struct hand *h = arg;
	struct mx_event ev;
	if (e->unreadable.p || e->redacted_by.p || !span_eq_str(e->sender, h->m->user_id) ||
	    event_parse_text(e->json, EVENT_ROOM, &ev, NULL))
		return 0;
	if (rtc_hand_read(&ev))
		h->up_ms = e->ts > 0 ? e->ts : 1;
	event_done(&ev);
	return h->up_ms != 0;
}

static void read_hands(struct reading *r)
{
	struct company *p = r->p;
	p->hands = mem_realloc_array(p->hands, p->members_n + 1, sizeof(*p->hands));
	for (size_t i = 0; i < p->members_n; i++) {
		struct hand h = {&p->members[i], 0};
		store_events_related(r->s, r->room, span_of(h.m->event_id), "m.annotation",
				     on_reaction, &h);
		p->hands[i] = h.up_ms;
	}
}

void company_read(struct company *p, struct store *s, int64_t room)
{
	struct reading r = {p, s, room, p->members, p->members_n, 0};
	p->members = NULL;
	p->members_n = 0;
	p->own = (struct rtc_member){.form = RTC_FORM_STATE};
	store_state_walk_type(s, room, RTC_MEMBER_TYPE, on_state, &r);
	read_sticky(&r);
	read_hands(&r);
	mem_free(r.was);
}

size_t company_others(const struct company *p, int64_t wall_ms)
{
	size_t n = 0;
	for (size_t i = 0; i < p->members_n; i++)
		n += !is_own(p, &p->members[i]) && !rtc_member_expired(&p->members[i], wall_ms);
	return n;
}

/* What an earlier run of this device left behind decides nothing. */
static size_t copy_others(const struct company *p, struct rtc_member **ret)
{
	size_t n = 0;
	*ret = mem_alloc((p->members_n + 1) * sizeof(**ret));
	for (size_t i = 0; i < p->members_n; i++)
		if (!is_own(p, &p->members[i]))
			(*ret)[n++] = p->members[i];
	return n;
}

const char *company_service(const struct company *p, int64_t wall_ms)
{
	AUTO_FREE struct rtc_member *v = NULL;
	size_t n = copy_others(p, &v);
	const struct rtc_member *oldest = rtc_member_oldest(v, n, wall_ms);
	for (size_t i = 0; oldest && i < p->members_n; i++)
		if (strcmp(p->members[i].plain, oldest->plain) == 0)
			return p->members[i].service_url;
	return "";
}

const char *company_place(const struct company *p, size_t i, int64_t wall_ms)
{
	const struct rtc_member *m = &p->members[i];
	if (is_own(p, m) || rtc_member_expired(m, wall_ms))
		return "";
	return rtc_member_service(m, p->members, p->members_n, wall_ms);
}

const char *company_place_of(const struct company *p, const char *identity, int64_t wall_ms)
{
	for (size_t i = 0; i < p->members_n; i++)
		if (rtc_member_is(&p->members[i], identity))
			return company_place(p, i, wall_ms);
	return NULL;
}

const struct rtc_member *company_by_event(const struct company *p, const char *event_id)
{
	for (size_t i = 0; i < p->members_n; i++)
		if (strcmp(p->members[i].event_id, event_id) == 0)
			return &p->members[i];
	return NULL;
}

/* -- What the SFU says -------------------------------------------------------------- */

/* A longer identity than Matrix makes is kept cut off, and found again by that. */
static bool is_called(const struct person *who, const char *identity)
{
	return strncmp(who->identity, identity, sizeof(who->identity) - 1) == 0;
}

struct person *company_find(const struct company *p, const char *identity)
{
	struct person *who = p->first;
	while (who && !is_called(who, identity))
		who = who->next;
	return who;
}

static struct person *add(struct company *p, const struct call_person *c, int64_t wall_ms)
{
	struct person *who = NEW(struct person), **end = &p->first;
	snprintf(who->identity, sizeof(who->identity), "%s", c->identity);
	who->name = mem_strdup(who->identity);
	who->since_ms = c->joined_at_ms ? c->joined_at_ms : wall_ms;
	who->seen_ms = clock_mono_ms();
	while (*end)
		end = &(*end)->next;
	*end = who;
	p->n++;
	return who;
}

struct person *company_update(struct company *p, const struct call_person *c, int64_t wall_ms)
{
	struct person *who = company_find(p, c->identity);
	if (!who)
		who = add(p, c, wall_ms);
	mem_free(who->sfu_name);
	who->sfu_name = mem_strdup(c->name ? c->name : "");
	who->self = c->self;
	who->publishing = c->publishing;
	who->muted = c->muted;
	who->speaking = c->speaking;
	who->level = c->level;
	who->quality = c->quality;
	return who;
}

struct person *company_take(struct company *p, const char *identity)
{
	struct person **at = &p->first;
	while (*at && !is_called(*at, identity))
		at = &(*at)->next;
	struct person *who = *at;
	if (!who)
		return NULL;
	*at = who->next;
	who->next = NULL;
	p->n--;
	return who;
}

static void set_name(struct person *who, struct store *s, int64_t room)
{
	AUTO_FREE char *name =
		who->user_id[0] ? store_member_name(s, room, span_of(who->user_id)) : NULL;
	const char *best = name && *name      ? name
			   : who->user_id[0]  ? who->user_id
			   : who->sfu_name[0] ? who->sfu_name
					      : who->identity;
	char *copy = mem_strndup(best, utf8_head(span_of(best), COMPANY_NAME_MAX));
	mem_free(who->name);
	who->name = copy;
}

bool company_match(const struct company *p, struct store *s, int64_t room, struct person *who)
{
	int64_t now = clock_wall_ms();
	size_t i = 0;
	while (i < p->members_n && (!rtc_member_is(&p->members[i], who->identity) ||
				    rtc_member_expired(&p->members[i], now)))
		i++;
	who->member = i < p->members_n;
	who->hand_ms = who->member ? p->hands[i] : 0;
	who->hand = who->hand_ms != 0;
	who->recording = who->member && p->members[i].recording;
	if (who->member) {
		snprintf(who->user_id, sizeof(who->user_id), "%s", p->members[i].user_id);
		snprintf(who->device_id, sizeof(who->device_id), "%s", p->members[i].device_id);
	} else if (who->self) {
		who->member = true; /* only that the room has not told us yet */
		snprintf(who->user_id, sizeof(who->user_id), "%s", p->own_user);
		snprintf(who->device_id, sizeof(who->device_id), "%s", p->own_device);
	} else if (!who->user_id[0]) {
		rtc_identity_split(who->identity, who->user_id, who->device_id);
	}
	set_name(who, s, room);
	return who->user_id[0] != '\0';
}

json_t *person_row(const struct person *who)
{
	json_t *row = json_object();
	row_str(row, "user_id", who->user_id[0] ? who->user_id : NULL);
	row_str(row, "device_id", who->device_id[0] ? who->device_id : NULL);
	row_str(row, "name", who->name);
	row_str(row, "identity", who->identity);
	row_bool(row, "self", who->self);
	row_bool(row, "member", who->member);
	row_bool(row, "muted", who->muted);
	row_bool(row, "speaking", who->speaking);
	row_bool(row, "hand", who->hand);
	if (who->hand)
		row_int(row, "hand_ts", who->hand_ms);
	row_bool(row, "recording", who->recording);
	row_str(row, "quality", call_quality_name(who->quality));
	row_int(row, "since_ts", who->since_ms);
	return row;
}
