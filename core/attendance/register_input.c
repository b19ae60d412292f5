/* Taking in: what matters of each event, whatever their order. */
#include "core/attendance/register_priv.h"

#include "core/base/mem.h"
#include "core/matrix/id.h"
#include "core/matrix/rtc_member.h"

#include <string.h>

#define WORD_BYTES 400 /* a message that is longer is no answer to a roll */

void reg_names_done(struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		mem_free(n->v[i]);
	mem_free(n->v);
	json_decref(n->index);
	*n = (struct names){0};
}

uint32_t reg_names_find(const struct names *n, const char *s)
{
	const json_t *at = s ? json_object_get(n->index, s) : NULL;
	return at ? (uint32_t)json_integer_value(at) : NOBODY;
}

uint32_t reg_names_put(struct names *n, const char *s)
{
	uint32_t at = reg_names_find(n, s);
	if (at != NOBODY)
		return at;
	if (!n->index)
		n->index = json_object();
	/* What is not UTF-8 cannot be here: it came as JSON. */
	json_object_set_new(n->index, s, json_integer((json_int_t)n->n));
	if (n->n == n->size) {
		n->size = n->size ? n->size * 2 : 64;
		n->v = mem_realloc_array(n->v, n->size, sizeof(*n->v));
	}
	n->v[n->n] = mem_strdup(s);
	return (uint32_t)n->n++;
}

void reg_lesson_copy(const struct lesson *l, struct lesson *ret)
{
	*ret = *l;
	ret->room_id = mem_strdup(l->room_id);
	ret->uid = mem_strdup(l->uid);
	ret->recurrence_id = mem_strdup(l->recurrence_id);
	ret->roll_id = mem_strdup(l->roll_id);
	ret->title = mem_strdup(l->title);
	ret->zone = mem_strdup(l->zone);
}

void reg_lesson_done(struct lesson *l)
{
	mem_free((char *)l->room_id);
	mem_free((char *)l->uid);
	mem_free((char *)l->recurrence_id);
	mem_free((char *)l->roll_id);
	mem_free((char *)l->title);
	mem_free((char *)l->zone);
	*l = (struct lesson){0};
}

int64_t reg_lesson_end(const struct lesson *l)
{
	return l->closed_ms && l->closed_ms < l->end_ms ? l->closed_ms : l->end_ms;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool lesson_is_date(const struct lesson *l, const char *uid, const char *recurrence_id)
{
	return l->uid && same_text(uid, l->uid) &&
	       (l->single || same_text(recurrence_id, l->recurrence_id));
}

bool lesson_is(const struct lesson *l, const json_t *content)
{
	const char *room = json_get_str(content, "room_id"), *roll = json_get_str(content, "roll");
	const char *uid = json_get_str(content, "uid");
	if (!room || !same_text(room, l->room_id))
		return false;
	if (l->roll_id)
		return same_text(roll, l->roll_id);
	if (l->uid)
		return lesson_is_date(l, uid, json_get_str(content, "recurrence_id"));
	return !uid && !roll && json_get_i64(content, "start_ts", -1) == l->start_ms &&
	       json_get_i64(content, "end_ts", -1) == l->end_ms;
}

#define SEAL_NEAR_MS (24LL * 3600 * 1000)

bool lesson_is_sealed(const struct lesson *l, const json_t *of, int64_t start_ms)
{
	bool near = start_ms > l->start_ms - SEAL_NEAR_MS && start_ms < l->start_ms + SEAL_NEAR_MS;
	bool moved = l->single && !l->roll_id &&
		     !same_text(json_get_str(of, "recurrence_id"), l->recurrence_id);
	return lesson_is(l, of) && (!moved || near);
}

void lesson_name(const struct lesson *l, json_t *content)
{
	json_object_set_new(content, "room_id", json_string(l->room_id));
	if (l->roll_id) {
		json_object_set_new(content, "roll", json_string(l->roll_id));
	} else if (l->uid) {
		json_object_set_new(content, "uid", json_string(l->uid));
		if (l->recurrence_id)
			json_object_set_new(content, "recurrence_id",
					    json_string(l->recurrence_id));
	} else {
		json_object_set_new(content, "start_ts", json_integer(l->start_ms));
		json_object_set_new(content, "end_ts", json_integer(l->end_ms));
	}
}

struct register_input *register_input_new(const struct lesson *l, const struct attendance_rules *r)
{
	struct register_input *in = NEW(struct register_input);
	reg_lesson_copy(l, &in->l);
	in->rules = *r;
	in->given = attendance_rules_as_they_are;
	in->users = NEW(struct names);
	return in;
}

static void rec_done(struct rec *r)
{
	mem_free(r->event_id);
	mem_free(r->name);
	mem_free(r->target);
	json_decref(r->content);
	json_decref(r->prev);
	if (r->ev)
		event_done(r->ev);
	mem_free(r->ev);
}

void register_input_free(struct register_input *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n; i++)
		rec_done(&in->v[i]);
	mem_free(in->v);
	reg_names_done(in->users);
	mem_free(in->users);
	reg_names_done(&in->words);
	reg_lesson_done(&in->l);
	reg_periods_done(&in->missing);
	roster_free(in->roster);
	mem_free(in);
}

void register_input_observer(struct register_input *in, const char *user_id)
{
	if (in->n_observers < OBSERVERS_MAX)
		in->observers[in->n_observers++] = reg_names_put(in->users, user_id);
}

void register_input_words_missing(struct register_input *in)
{
	in->words_missing = true;
}

void register_input_staff_observes(struct register_input *in)
{
	in->staff_observes = true;
}

void register_input_given(struct register_input *in, const struct attendance_rules_given *g)
{
	in->given = *g;
}

void register_input_roster(struct register_input *in, struct roster *r)
{
	roster_free(in->roster);
	in->roster = r ? roster_ref(r) : NULL;
	for (size_t i = 0; r && i < roster_size(r); i++)
		reg_names_put(in->users, roster_at(r, i)->user_id);
}

void register_input_missing(struct register_input *in, int64_t from_ms, int64_t to_ms)
{
	reg_periods_put(&in->missing, from_ms, to_ms);
	reg_periods_join(&in->missing);
	if (in->missing.n > MISSING_MAX) {
		in->missing.v[0].to = in->missing.v[in->missing.n - 1].to;
		in->missing.n = 1;
	}
}

/* -- Each kind of event --------------------------------------------------------- */

static bool is_foreign(const struct mx_event *ev)
{
	const char *named = json_get_str(json_get_object(ev->content, "member"), "user_id");
	if (ev->state_key)
		return !rtc_member_key_is(ev->state_key, ev->sender);
	return named && strcmp(named, ev->sender) != 0;
}

static const char *call_key(const struct mx_event *ev)
{
	const char *key = json_get_str(ev->content, "msc4354_sticky_key");
	if (ev->state_key)
		return ev->state_key;
	return key ? key : json_get_str(ev->content, "sticky_key");
}

static bool read_call(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	struct rtc_member m;
	enum rtc_word word;
	const char *key = call_key(ev);
	r->sticky = !ev->state_key;
	r->key = key ? reg_names_put(&in->words, key) : NOBODY;
	r->word = CALL_LEFT;
	if (is_foreign(ev))
		r->word = CALL_FOREIGN;
	else if (r->redacted)
		return true;
	else if (rtc_member_read(ev, &word, &m, NULL) != 0)
		r->word = CALL_MALFORMED;
	else if (word == RTC_HERE) {
		r->word = CALL_HERE;
		r->device = reg_names_put(&in->words, m.device_id);
		r->expires_ms = m.expires_ms;
		r->continues = m.created_ms < ev->ts;
	}
	return true;
}

static bool read_seen(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	const json_t *c = ev->content;
	const char *user = json_get_str(c, "user_id"), *device = json_get_str(c, "device_id");
	const char *state = json_get_str(c, "state"), *why = json_get_str(c, "reason");
	const char *member = json_get_str(c, "member_id");
	if (r->redacted || !user || !device || !state || !*device ||
	    user_id_parse(span_of(user), &(struct user_id){0}, NULL))
		return false;
	r->gone = strcmp(state, "left") == 0;
	if (!r->gone && strcmp(state, "joined") != 0)
		return false;
	r->stopped = r->gone && why && (!strcmp(why, "closed") || !strcmp(why, "restarted"));
	r->user = reg_names_put(in->users, user);
	r->device = reg_names_put(&in->words, device);
	r->member = member ? reg_names_put(&in->words, member) : NOBODY;
	r->at = json_get_i64(c, "at", ev->ts);
	/* Nobody saw anything later than they told it. */
	if (r->at > ev->ts || r->at < 0)
		r->at = ev->ts;
	return true;
}

static bool read_room(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	struct mx_member m;
	if (!event_member(ev, &m) || r->from != REGISTER_ROOM)
		return false;
	r->user = reg_names_put(in->users, m.user_id);
	r->now = m.state;
	r->before = m.before;
	r->name = m.name.n ? span_dup(m.name) : NULL;
	return true;
}

static bool read_power(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	(void)in;
	if (!ev->state_key || *ev->state_key)
		return false;
	r->content = json_incref(ev->content);
	r->prev = json_incref(ev->prev_content);
	return true;
}

static bool read_create(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	r->create = true;
	return read_power(in, ev, r);
}

static bool read_redaction(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	(void)in;
	r->target = mem_strdup(ev->redacts);
	return ev->redacts != NULL;
}

static bool read_roll(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	(void)in;
	if (r->from != REGISTER_ROOM || ev->state_key)
		return false;
	r->ev = NEW(struct mx_event);
	return event_parse(ev->json, EVENT_ROOM, r->ev, NULL) == 0;
}

static bool read_message(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	bool edit = ev->rel.rel_type && strcmp(ev->rel.rel_type, "m.replace") == 0;
	return (edit || json_get_span(ev->content, "body").n <= WORD_BYTES) && read_roll(in, ev, r);
}

static bool read_staff(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	(void)in;
	r->content = json_incref(ev->content);
	return !r->redacted && !ev->state_key;
}

/* Of this lesson, or of a roll, which may be one of it. */
static bool read_mark(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	const char *user = json_get_str(ev->content, "user_id");
	const char *roll = json_get_str(ev->content, "roll");
	if (!user || (!lesson_is(&in->l, ev->content) && (!roll || in->l.roll_id)))
		return false;
	r->user = reg_names_put(in->users, user);
	return read_staff(in, ev, r);
}

/* What staff's client sent on for somebody is about that one. */
static bool read_said(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	const json_t *relayed = json_get_object(ev->content, "relayed");
	const char *by = json_get_str(relayed, "sender");
	if (relayed && !by)
		return false;
	r->user = reg_names_put(in->users, by ? by : ev->sender);
	r->at = json_get_i64(relayed, "ts", ev->ts);
	/* What somebody says of themselves was said when the server got it. */
	if (r->at > ev->ts || r->at < 0 || (by && !strcmp(by, ev->sender)))
		r->at = ev->ts;
	return read_staff(in, ev, r);
}

static bool read_contest(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	return lesson_is(&in->l, ev->content) && read_said(in, ev, r);
}

static bool read_opt_out(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	const char *room = json_get_str(ev->content, "room_id");
	return room && strcmp(room, in->l.room_id) == 0 && read_said(in, ev, r);
}

/* They are large, and whose they are is not known yet. The first part alone has times; without it the others are nothing. */
static bool read_seal(struct register_input *in, const struct mx_event *ev, struct rec *r)
{
	const json_t *head = json_get_object(ev->content, "register");
	int64_t start = json_get_i64(head, "start_ts", in->l.start_ms);
	if (!lesson_is_sealed(&in->l, ev->content, start) || !read_staff(in, ev, r))
		return false;
	if (in->n_seals == REGISTER_SEALS_MAX) {
		in->full = true;
		return false;
	}
	in->n_seals++;
	return true;
}

static const struct reader {
	const char *type;
	enum rec_kind kind;
	bool (*read)(struct register_input *in, const struct mx_event *ev, struct rec *r);
} readers[] = {
	{RTC_MEMBER_TYPE, REC_CALL, read_call},
	{RTC_STICKY_TYPE, REC_CALL, read_call},
	{PRESENCE_OBSERVED_TYPE, REC_SEEN, read_seen},
	{"m.room.member", REC_ROOM, read_room},
	{"m.room.power_levels", REC_POWER, read_power},
	{"m.room.create", REC_POWER, read_create},
	{"m.room.redaction", REC_REDACTION, read_redaction},
	{"m.room.message", REC_ROLL, read_message},
	{"m.reaction", REC_ROLL, read_roll},
	{"m.poll.start", REC_ROLL, read_roll},
	{"m.poll.response", REC_ROLL, read_roll},
	{"m.poll.end", REC_ROLL, read_roll},
	{"org.matrix.msc3381.poll.start", REC_ROLL, read_roll},
	{"org.matrix.msc3381.poll.response", REC_ROLL, read_roll},
	{"org.matrix.msc3381.poll.end", REC_ROLL, read_roll},
	{MARK_TYPE, REC_MARK, read_mark},
	{CONTEST_TYPE, REC_CONTEST, read_contest},
	{OPT_OUT_TYPE, REC_OPT_OUT, read_opt_out},
	{SEAL_TYPE, REC_SEAL, read_seal},
};

static const struct reader *reader_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (strcmp(readers[i].type, type) == 0)
			return &readers[i];
	return NULL;
}

bool register_type_matters(const char *type)
{
	return reader_of(type) != NULL;
}

static struct rec *add_rec(struct register_input *in)
{
	if (in->n == in->size) {
		in->size = in->size ? in->size * 2 : 256;
		in->v = mem_realloc_array(in->v, in->size, sizeof(*in->v));
	}
	struct rec *r = &in->v[in->n++];
	*r = (struct rec){.key = NOBODY, .device = NOBODY, .member = NOBODY, .redactor = NOBODY};
	return r;
}

bool register_input_event(struct register_input *in, enum register_source from,
			  const struct mx_event *ev)
{
	const struct reader *reader = reader_of(ev->type);
	if (!reader || !ev->event_id || !ev->sender)
		return true;
	if (in->n == REGISTER_EVENTS_MAX) {
		in->full = true;
		return false;
	}
	struct rec *r = add_rec(in);
	r->kind = reader->kind;
	r->from = from;
	r->ts = ev->ts;
	r->sender = r->user = reg_names_put(in->users, ev->sender);
	r->redacted = ev->redacted_because != NULL;
	const char *redactor = json_get_str(ev->redacted_because, "sender");
	if (redactor)
		r->redactor = reg_names_put(in->users, redactor);
	if (reader->read(in, ev, r)) {
		r->event_id = mem_strdup(ev->event_id);
		return true;
	}
	rec_done(r);
	in->n--;
	return true;
}
