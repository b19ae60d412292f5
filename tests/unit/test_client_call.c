/*
 * Calls of rooms against the real server, with core/call replaced by one that
 * does what the test says (tests/lib/fake_call.h): the way in, the member event
 * and its delayed leave, people, hands, rings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/client/call/ring.h"
#include "core/client/call/room_call_priv.h"
#include "core/client/rooms.h"
#include "core/client/send.h"
#include "core/client/session.h"
#include "core/client/timeline.h"
#include "core/client/util.h"
#include "core/matrix/rtc_member.h"
#include "core/matrix/rtc_ring.h"
#include "core/store/events.h"
#include "core/store/relations.h"
#include "tests/lib/call_pair.h"
#include "tests/lib/calling.h"

#include <signal.h>
#include <unistd.h>

/* -- coming and going ------------------------------------------------------------- */

static void test_join_and_leave(void **state)
{
	(void)state;
	long before = mem_live();
	struct pair p;
	pair_open(&p, "Lesson");
	pair_join(&p, (struct room_call_options){.ring = true});
	json_t *row = calling_row(&p.t, "joined");
	assert_string_equal(json_get_str(row, "user_id"), "@ann:localhost");
	assert_true(json_get_bool(row, "self", false));
	assert_true(json_get_bool(row, "member", false));
	assert_int_equal(json_get_i64(row, "people", 0), 1);
	assert_false(json_get_bool(calling_row(&p.t, "ringing"), "ring", true));
	assert_true(strncmp(fake_call.url, "ws://", 5) == 0);
	JSON_AUTO json_t *content =
		member_of(p.bob, p.room, "@ann:localhost", client_account(p.ann)->device_id);
	assert_string_equal(json_get_str(content, "application"), "m.call");
	assert_int_equal(json_get_i64(content, "expires", 0), RTC_EXPIRES_MS);
	assert_null(json_object_get(content, "created_ts"));
	JSON_AUTO json_t *status = room_call_status(p.t.rc);
	assert_string_equal(json_get_str(status, "state"), "joined");
	assert_true(json_get_bool(status, "guarded", false));
	assert_int_equal(json_get_i64(status, "rtt_ms", 0), 7);
	room_call_leave(p.t.rc, "time");
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, 0);
	assert_string_equal(json_get_str(calling_row(&p.t, "ended"), "reason"), "time");
	assert_false(is_member(p.bob, p.room, p.ann));
	/* Nothing is left on the server that would end a later call of this device. */
	JSON_AUTO json_t *list = NULL;
	OK(session_get(client_session(p.ann),
		       "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", &list, &err));
	assert_int_equal(json_array_size(json_get_array(list, "delayed_events")), 0);
	json_decref(take(&content));
	json_decref(take(&status));
	json_decref(take(&list));
	pair_close(&p);
	assert_int_equal(fake_call.made, fake_call.freed);
	assert_int_equal(mem_live(), before);
}

static void test_people(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "People");
	AUTO_FREE char *bob = identity_of(p.bob);
	pair_join(&p, (struct room_call_options){.ring = true});
	/* On the SFU before the room knows: the name says who it is. */
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	calling_wait(&p.t, "joined");
	json_t *row = calling_row(&p.t, "joined");
	assert_string_equal(json_get_str(row, "user_id"), "@bob:localhost");
	assert_string_equal(json_get_str(row, "device_id"), client_account(p.bob)->device_id);
	assert_false(json_get_bool(row, "member", true));
	fake_call_person(CALL_PERSON_SPEAKING, bob, false);
	fake_call_person(CALL_PERSON_SILENT, bob, false);
	fake_call_person(CALL_PERSON_MUTED, bob, false);
	fake_call_person(CALL_PERSON_UNMUTED, bob, false);
	fake_call_person(CALL_PERSON_QUALITY, bob, false);
	assert_string_equal(json_get_str(calling_row(&p.t, "quality"), "quality"), "good");
	assert_non_null(calling_row(&p.t, "speaking"));
	assert_non_null(calling_row(&p.t, "unmuted"));
	AUTO_FREE char *event = put_member(p.bob, p.room, "https://sfu.example");
	JSON_AUTO json_t *up = NULL, *down = NULL;
	OK(client_react(p.bob, p.room, event, RTC_HAND_KEY, NULL, &up, &err));
	calling_wait(&p.t, "hand");
	assert_true(json_get_bool(calling_row(&p.t, "hand"), "hand", false));
	assert_true(json_get_bool(calling_row(&p.t, "hand"), "member", false));
	OK(client_delete(p.bob, p.room, json_get_str(up, "event_id"), NULL, NULL, &down, &err));
	calling_wait(&p.t, "hand");
	assert_false(json_get_bool(calling_row(&p.t, "hand"), "hand", true));
	fake_call_person(CALL_PERSON_LEFT, bob, false);
	assert_string_equal(json_get_str(calling_row(&p.t, "left"), "user_id"), "@bob:localhost");
	/* Somebody of whom the room says nothing is told all the same, a little later. */
	fake_call_person(CALL_PERSON_JOINED, "aHashThatNobodyKnows", false);
	calling_wait(&p.t, "joined");
	row = calling_row(&p.t, "joined");
	assert_null(json_get_str(row, "user_id"));
	assert_string_equal(json_get_str(row, "name"), "aHashThatNobodyKnows");
	/* However long the name is, they are one, and may leave. */
	char endless[2 * COMPANY_IDENTITY_MAX];
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	size_t before = p.t.rc->people.n;
	for (int i = 0; i < 3; i++)
		fake_call_person(CALL_PERSON_QUALITY, endless, false);
	assert_int_equal(p.t.rc->people.n, before + 1);
	fake_call_person(CALL_PERSON_LEFT, endless, false);
	assert_int_equal(p.t.rc->people.n, before);
	pair_close(&p);
}

static void test_ring_and_decline(void **state)
{
	(void)state;
	struct pair p;
	JSON_AUTO json_t *ring = NULL, *sent = NULL;
	pair_open(&p, NULL);
	pair_join(&p, (struct room_call_options){.ring = true});
	assert_true(json_get_bool(calling_row(&p.t, "ringing"), "ring", false));
	calling_wait_quiet(&p.t);
	OK(ring_find(p.bob, p.room, &ring, &err));
	assert_string_equal(json_get_str(ring, "room_id"), p.room);
	assert_string_equal(json_get_str(ring, "sender"), "@ann:localhost");
	OK(ring_decline(p.bob, p.room, &sent, &err));
	calling_wait(&p.t, "declined");
	assert_string_equal(json_get_str(calling_row(&p.t, "declined"), "user_id"),
			    "@bob:localhost");
	json_t *again = NULL;
	assert_int_equal(ring_find(p.bob, p.room, &again, &err), ERR_NOT_FOUND);
	pair_close(&p);
}

/* Who is not the first does not ring, and takes the SFU that the others are on. */
static void test_second(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Second");
	AUTO_FREE char *service = mem_printf("%s/livekit/jwt", pair_server.url);
	AUTO_FREE char *event = put_member(p.bob, p.room, service);
	pair_join(&p, (struct room_call_options){.ring = true});
	assert_null(calling_row(&p.t, "ringing"));
	JSON_AUTO json_t *content =
		member_of(p.bob, p.room, "@ann:localhost", client_account(p.ann)->device_id);
	json_t *focus = json_array_get(json_get_array(content, "foci_preferred"), 0);
	assert_string_equal(json_get_str(focus, "livekit_service_url"), service);
	pair_close(&p);
}

/* -- refusals ------------------------------------------------------------------------ */

static void refused(struct calling *t, const char *room, int code)
{
	struct room_call_options o = {.room_id = room};
	calling_join(t, &o);
	calling_wait_ended(t);
	if (t->err.code != code)
		fail_msg("%d %s, expected %d", t->err.code, t->err.msg, code);
	assert_string_equal(json_get_str(calling_row(t, "ended"), "reason"), "failed");
	room_call_free(t->rc);
	t->rc = NULL;
}

static void test_refusals(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Secret");
	JSON_AUTO json_t *crypt = json_pack("{s:s}", "algorithm", "m.megolm.v1.aes-sha2");
	refused(&p.t, "!nowhere:localhost", ERR_NOT_FOUND);
	OK(client_state_put(p.ann, p.room, "m.room.encryption", "", crypt, NULL, &err));
	int made = fake_call.made;
	refused(&p.t, p.room, ERR_ENCRYPTED);
	assert_int_equal(fake_call.made, made);
	assert_false(is_member(p.bob, p.room, p.ann));
	pair_close(&p);
}

static void test_not_allowed(void **state)
{
	(void)state;
	struct pair p;
	struct calling t;
	pair_open(&p, "Quiet");
	JSON_AUTO json_t *power = NULL;
	OK(client_state_get(p.ann, p.room, "m.room.power_levels", "", &power, &err));
	json_object_set_new(json_object_get(power, "events"), RTC_MEMBER_TYPE, json_integer(50));
	OK(client_state_put(p.ann, p.room, "m.room.power_levels", "", power, NULL, &err));
	calling_open(&t, "bob");
	struct room_call_options o = {.room_id = p.room};
	calling_join(&t, &o);
	calling_wait_ended(&t);
	assert_int_equal(t.err.code, ERR_AUTH);
	assert_non_null(strstr(t.err.hint, RTC_MEMBER_TYPE));
	calling_close(&t);
	pair_close(&p);
}

static void test_device_refused(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Mute");
	fake_call_refuse(ERR_UNSUPPORTED, "there is no sound card");
	refused(&p.t, p.room, ERR_UNSUPPORTED);
	assert_string_equal(p.t.err.msg, "there is no sound card");
	assert_false(is_member(p.bob, p.room, p.ann));
	pair_close(&p);
}

static void test_twice(void **state)
{
	(void)state;
	struct pair p;
	struct room_call *second = NULL;
	static const struct room_call_handler none;
	pair_open(&p, "Twice");
	pair_join(&p, (struct room_call_options){.muted = true});
	struct room_call_options o = {.room_id = p.room};
	assert_int_equal(room_call_new(p.t.c, p.t.engine, &o, &none, NULL, &second, &err),
			 ERR_CONFLICT);
	pair_close(&p);
}

/* -- ends that others bring about ------------------------------------------------------ */

static void test_ends(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Ends");
	struct err lost = {.code = ERR_NETWORK, .msg = "the SFU is gone"};
	static const struct {
		enum call_end why;
		int code;
		const char *word;
	} ends[] = {
		{CALL_END_REMOVED, ERR_AUTH, "removed"},
		{CALL_END_CLOSED, 0, "closed"},
		{CALL_END_FAILED, ERR_NETWORK, "failed"},
	};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		pair_join(&p, (struct room_call_options){.ring = false});
		fake_call_end(ends[i].why, ends[i].code == ERR_NETWORK ? &lost : NULL);
		calling_wait_ended(&p.t);
		assert_int_equal(p.t.err.code, ends[i].code);
		assert_string_equal(json_get_str(calling_row(&p.t, "ended"), "reason"),
				    ends[i].word);
		assert_false(is_member(p.bob, p.room, p.ann));
		room_call_free(p.t.rc);
		p.t.rc = NULL;
	}
	pair_close(&p);
}

/* The same device joined from another program: its member event stays. */
static void test_elsewhere(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Elsewhere");
	pair_join(&p, (struct room_call_options){.ring = false});
	fake_call_end(CALL_END_ELSEWHERE, NULL);
	calling_wait_ended(&p.t);
	assert_int_equal(p.t.err.code, ERR_CONFLICT);
	assert_true(is_member(p.bob, p.room, p.ann));
	JSON_AUTO json_t *list = NULL;
	OK(session_get(client_session(p.ann),
		       "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", &list, &err));
	assert_int_equal(json_array_size(json_get_array(list, "delayed_events")), 0);
	pair_close(&p);
}

static void test_kicked(void **state)
{
	(void)state;
	struct pair p;
	struct calling t;
	pair_open(&p, "Kicked");
	AUTO_FREE char *self = identity_of(p.bob);
	calling_open(&t, "bob");
	struct room_call_options o = {.room_id = p.room};
	calling_join(&t, &o);
	calling_wait_made(&t);
	fake_call_person(CALL_PERSON_JOINED, self, true);
	fake_call_state(CALL_JOINED);
	calling_wait(&t, "joined");
	OK(client_room_act(p.ann, ROOM_KICK, p.room, "@bob:localhost", NULL, &err));
	calling_wait_ended(&t);
	assert_int_equal(t.err.code, ERR_AUTH);
	assert_true(fake_call.left);
	calling_close(&t);
	pair_close(&p);
}

static void test_empty_and_played(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Empty");
	AUTO_FREE char *bob = identity_of(p.bob);
	pair_join(&p, (struct room_call_options){.leave_when_empty = true});
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	calling_wait(&p.t, "joined");
	/* Who comes back at once was never away. */
	fake_call_person(CALL_PERSON_LEFT, bob, false);
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	calling_wait(&p.t, "joined");
	fake_call_person(CALL_PERSON_LEFT, bob, false);
	calling_wait_ended(&p.t);
	assert_string_equal(json_get_str(calling_row(&p.t, "ended"), "reason"), "empty");
	room_call_free(p.t.rc);
	p.t.rc = NULL;
	pair_join(&p, (struct room_call_options){.leave_at_input_end = true});
	fake_call_input_end();
	assert_non_null(calling_row(&p.t, "played"));
	calling_wait_ended(&p.t);
	assert_string_equal(json_get_str(calling_row(&p.t, "ended"), "reason"), "played");
	pair_close(&p);
}

/* -- on the way -------------------------------------------------------------------------- */

static void test_reconnect_and_token(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Mending");
	pair_join(&p, (struct room_call_options){.record = "lesson.ogg",
						 .record_said = "This call is recorded."});
	assert_string_equal(fake_call.record, "lesson.ogg");
	assert_string_equal(json_get_str(calling_row(&p.t, "recording"), "file"), "lesson.ogg");
	fake_call_state(CALL_RECONNECTING);
	fake_call_state(CALL_RECONNECTING);
	fake_call_ask_token();
	fake_call_state(CALL_JOINED);
	assert_non_null(calling_row(&p.t, "reconnecting"));
	assert_non_null(calling_row(&p.t, "reconnected"));
	calling_wait_quiet(&p.t);
	assert_int_equal(strncmp(fake_call.renewed, "ey", 2), 0);
	/* The room sees that somebody records: in the member event, and as a notice. */
	JSON_AUTO json_t *content =
		member_of(p.bob, p.room, "@ann:localhost", client_account(p.ann)->device_id);
	assert_true(json_get_bool(content, "org.muster.recording", false));
	JSON_AUTO json_t *rows = json_array();
	struct read_request rq = {.room_id = p.room, .last = 5};
	OK(client_read(p.bob, &rq, rows_add, rows, &err));
	bool said = false;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *body = json_get_str(json_array_get(rows, i), "body");
		said |= body && strcmp(body, "This call is recorded.") == 0;
	}
	assert_true(said);
	fake_call_muted(true, true);
	assert_string_equal(json_get_str(calling_row(&p.t, "muted"), "by"), "host");
	pair_close(&p);
}

/* The server let us leave (as after a long silence), though we are still here: we sit down again. */
static void test_seat_lost(void **state)
{
	(void)state;
	struct pair p;
	JSON_AUTO json_t *list = NULL;
	pair_open(&p, "Lost seat");
	pair_join(&p, (struct room_call_options){.ring = false});
	AUTO_FREE char *first = mem_strdup(calling_member_event(&p.t));
	OK(session_get(client_session(p.ann),
		       "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", &list, &err));
	json_t *item = json_array_get(json_get_array(list, "delayed_events"), 0);
	AUTO_FREE char *path = mem_printf("/_matrix/client/unstable/org.matrix.msc4140/"
					  "delayed_events/%s/send",
					  json_get_str(item, "delay_id"));
	OK(session_json(client_session(p.ann),
			&(struct session_request){.method = "POST",
						  .path = path,
						  .body = SPAN_LIT("{}")},
			NULL, &err));
	calling_wait_seat(&p.t, first);
	assert_true(is_member(p.bob, p.room, p.ann));
	room_call_leave(p.t.rc, "left");
	calling_wait_ended(&p.t);
	assert_false(is_member(p.bob, p.room, p.ann));
	pair_close(&p);
}

/* Before it expires the member event is renewed, and a raised hand with it. */
static void test_renewal(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Long lesson");
	pair_join(&p, (struct room_call_options){.times.member = 72000});
	AUTO_FREE char *first = mem_strdup(calling_member_event(&p.t));
	OK(room_call_hand(p.t.rc, true, &err));
	calling_wait(&p.t, "hand");
	calling_wait_seat(&p.t, first);
	JSON_AUTO json_t *content =
		member_of(p.bob, p.room, "@ann:localhost", client_account(p.ann)->device_id);
	assert_true(json_get_i64(content, "created_ts", 0) > 0);
	assert_true(json_get_i64(content, "expires", 0) > 72000);
	/* It hung on the event before, so it goes down and up again. */
	calling_wait_hand(&p.t);
	pair_close(&p);
}

/* Whoever raises it while still joining need not do it again. */
static void test_hand_early(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Early");
	struct room_call_options o = {.room_id = p.room,
				      .times.guard = 600000,
				      .times.leaving = 120000};
	calling_join(&p.t, &o);
	OK(room_call_hand(p.t.rc, true, &err));
	calling_wait_made(&p.t);
	AUTO_FREE char *self = identity_of(p.ann);
	fake_call_person(CALL_PERSON_JOINED, self, true);
	fake_call_state(CALL_JOINED);
	calling_wait(&p.t, "hand");
	assert_true(json_get_bool(calling_row(&p.t, "hand"), "self", false));
	calling_wait_hand(&p.t);
	pair_close(&p);
}

/* By a host, who redacts it; one that the room has not told of yet was lowered by nobody. */
static void test_hand_lowered(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Lowered");
	pair_join(&p, (struct room_call_options){.ring = false});
	for (int told = 0; told < 2; told++) {
		JSON_AUTO json_t *down = NULL;
		OK(room_call_hand(p.t.rc, true, &err));
		calling_wait(&p.t, "hand");
		calling_wait_hand(&p.t);
		AUTO_FREE char *event = mem_strdup(p.t.rc->hand_event);
		if (!told)
			p.t.rc->hand_event[1] ^= 1;
		OK(client_delete(p.ann, p.room, event, NULL, NULL, &down, &err));
		calling_wait(&p.t, "hand");
		assert_false(json_get_bool(calling_row(&p.t, "hand"), "hand", true));
		assert_int_equal(p.t.rc->hand_wanted, !told);
		assert_int_equal(p.t.rc->hand_event != NULL, !told);
		mem_free(take(&p.t.rc->hand_event));
	}
	pair_close(&p);
}

/* A member in the form that is to come: a message event, and a hash for a name. */
/* -- what the register is told ---------------------------------------------------------- */

struct words {
	const char *room;
	size_t want, n;
	json_t *last; /* content; owned */
};

static int on_word(const struct store_event *e, void *arg)
{
	struct words *w = arg;
	JSON_AUTO json_t *event = NULL;
	if (!span_eq_str(e->type, "org.muster.presence") ||
	    json_parse_object(e->json, &event, NULL))
		return 0;
	w->n++;
	json_decref(w->last);
	w->last = json_incref(json_get_object(event, "content"));
	return 0;
}

static bool has_words(struct calling *t, void *arg)
{
	struct words *w = arg;
	struct store *s;
	w->n = 0;
	assert_int_equal(client_store(t->c, &s, NULL), 0);
	store_events_since(s, store_room_find(s, span_of(w->room)), 0, on_word, w);
	return w->n >= w->want;
}

static void put_taking(struct pair *p, int64_t until_ms)
{
	JSON_AUTO json_t *o =
		json_pack("{s:i,s:s,s:s,s:I}", "version", 1, "uid", "u", "recurrence_id",
			  "20260101T090000", "until_ts", (json_int_t)until_ms);
	OK(client_state_put(p->ann, p->room, "org.muster.attendance.taking", "", o, NULL, &err));
}

static bool sees_taking(struct calling *t, void *arg)
{
	struct words *w = arg;
	JSON_AUTO json_t *event = NULL;
	struct store *s;
	assert_int_equal(client_store(t->c, &s, NULL), 0);
	const json_t *o = state_content(s, store_room_find(s, span_of(w->room)),
					"org.muster.attendance.taking", NULL, &event);
	return json_get_i64(o, "until_ts", 0) > 1;
}

static void lose_and_settle(struct pair *p, const char *identity)
{
	fake_call_person(CALL_PERSON_LEFT, identity, false);
	calling_pass(&p->t, 100); /* ten times as long as is waited for */
	calling_wait_quiet(&p->t);
}

/* Off our own server staff's client says who was lost while attendance is taken, and that they are back. */
static void test_seen(void **state)
{
	(void)state;
	struct pair p;
	struct store *s;
	pair_open(&p, "Seen");
	struct words w = {.room = p.room};
	AUTO_FREE char *bob = identity_of(p.bob), *event = put_member(p.bob, p.room, "");
	OK(client_store(p.t.c, &s, &err));
	OK(store_meta_set(s, "muster_server", "1", &err));
	pair_join(&p, (struct room_call_options){.times.settle = 10});
	calling_wait_members(&p.t, 1);
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	p.t.rc->joined_ms -= 3600000; /* our clock is an hour late */
	put_taking(&p, clock_wall_ms() + 7200000);
	calling_turn(&p.t, sees_taking, &w, "attendance is taken");
	/* On our own server it is not ours to say. */
	lose_and_settle(&p, bob);
	assert_false((has_words(&p.t, &w), w.n > 0));
	OK(store_meta_set(s, "muster_server", "0", &err));
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	fake_call_person(CALL_PERSON_LEFT, bob, false);
	w.want = 1;
	calling_turn(&p.t, has_words, &w, "a word that somebody is lost");
	assert_string_equal(json_get_str(w.last, "user_id"), "@bob:localhost");
	assert_string_equal(json_get_str(w.last, "device_id"), client_account(p.bob)->device_id);
	assert_string_equal(json_get_str(w.last, "state"), "left");
	assert_string_equal(json_get_str(w.last, "reason"), "lost");
	assert_null(json_object_get(w.last, "member_id"));
	int64_t ahead = json_get_i64(w.last, "at", 0) - clock_wall_ms();
	assert_true(ahead > 3000000 && ahead < 4200000);
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	w.want = 2;
	calling_turn(&p.t, has_words, &w, "a word that they are back");
	assert_string_equal(json_get_str(w.last, "state"), "joined");
	/* Who leaves in the room, too, says so themselves. */
	json_t *none = json_object();
	char key[LIMIT_ID_BYTES + 1];
	OK(rtc_member_key("@bob:localhost", client_account(p.bob)->device_id, NULL, key, &err));
	OK(client_state_put(p.bob, p.room, RTC_MEMBER_TYPE, key, none, NULL, &err));
	json_decref(none);
	calling_wait_members(&p.t, 0);
	lose_and_settle(&p, bob);
	has_words(&p.t, &w);
	assert_int_equal(w.n, 2);
	json_decref(w.last);
	pair_close(&p);
}

/* Who is no staff says nothing, nor anybody when no attendance is taken. */
static void test_seen_by_others(void **state)
{
	(void)state;
	struct pair p;
	struct store *s;
	pair_open(&p, "Not seen");
	struct words w = {.room = p.room};
	AUTO_FREE char *bob = identity_of(p.bob), *event = put_member(p.bob, p.room, "");
	OK(client_store(p.t.c, &s, &err));
	OK(store_meta_set(s, "muster_server", "0", &err));
	pair_join(&p, (struct room_call_options){.times.settle = 10});
	calling_wait_members(&p.t, 1);
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	lose_and_settle(&p, bob); /* nothing is taken */
	put_taking(&p, clock_wall_ms() + 3600000);
	calling_turn(&p.t, sees_taking, &w, "attendance is taken");
	fake_call_person(CALL_PERSON_JOINED, bob, false);
	/* We ourselves are cut off: we do not know. */
	fake_call_state(CALL_RECONNECTING);
	lose_and_settle(&p, bob);
	has_words(&p.t, &w);
	assert_int_equal(w.n, 0);
	json_decref(w.last);
	pair_close(&p);
}

static void test_sticky_member(void **state)
{
	(void)state;
	struct pair p;
	pair_open(&p, "Sticky");
	const char *device = client_account(p.bob)->device_id;
	char hash[RTC_ID_SIZE];
	rtc_id_member("@bob:localhost", device, "member-1", hash);
	pair_join(&p, (struct room_call_options){.times.introduction = 120000});
	/* The SFU tells first, that they speak, too; who that is the room says a moment later. */
	fake_call_person(CALL_PERSON_JOINED, hash, false);
	fake_call_person(CALL_PERSON_SPEAKING, hash, false);
	JSON_AUTO json_t *sent = NULL, *gone = NULL;
	JSON_AUTO json_t *here =
		json_pack("{s:s,s:{s:s},s:{s:s,s:s,s:s},s:[{s:s,s:s}],s:[],s:s}", "slot_id",
			  RTC_SLOT_ROOM, "application", "type", "m.call", "member", "user_id",
			  "@bob:localhost", "device_id", device, "id", "member-1", "rtc_transports",
			  "type", "livekit", "livekit_service_url", "https://elsewhere.example",
			  "versions", "msc4354_sticky_key", "member-1");
	JSON_AUTO json_t *left = json_pack("{s:s}", "msc4354_sticky_key", "member-1");
	OK(client_send_event(p.bob, p.room, RTC_STICKY_TYPE, here, NULL, false, &sent, &err));
	calling_wait(&p.t, "joined");
	json_t *row = calling_row(&p.t, "joined");
	assert_string_equal(json_get_str(row, "user_id"), "@bob:localhost");
	assert_true(json_get_bool(row, "member", false));
	row = calling_row(&p.t, "speaking");
	assert_string_equal(json_get_str(row, "user_id"), "@bob:localhost");
	OK(client_send_event(p.bob, p.room, RTC_STICKY_TYPE, left, NULL, false, &gone, &err));
	calling_wait_members(&p.t, 0);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join_and_leave),
		cmocka_unit_test(test_people),
		cmocka_unit_test(test_ring_and_decline),
		cmocka_unit_test(test_second),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_not_allowed),
		cmocka_unit_test(test_device_refused),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_kicked),
		cmocka_unit_test(test_empty_and_played),
		cmocka_unit_test(test_reconnect_and_token),
		cmocka_unit_test(test_seat_lost),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_hand_early),
		cmocka_unit_test(test_hand_lowered),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_seen_by_others),
		cmocka_unit_test(test_sticky_member),
	};
	return cmocka_run_group_tests(tests, pair_setup, pair_teardown);
}
