/*
 * What the models behind a screen cost: a cache of 1,000 rooms and a class of
 * 300, opened and kept up while messages come in. Figures on stdout, in
 * microseconds of the processor; BENCH_ROOMS and BENCH_EVENTS change the size.
 */
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/client/meet/meeting.h"
#include "core/client/view/agenda.h"
#include "core/client/view/conversation.h"
#include "core/client/view/room_list.h"
#include "tests/bench/fill.h"

#include <stdio.h>

#define BIG "!r0:x"

static void fill(struct bench *b)
{
	int rooms = setting("BENCH_ROOMS", 1000), events = setting("BENCH_EVENTS", 5000);
	struct buf t = BUF_INIT(BUF_CAP_OWN);
	put_room(b, &t, 0, 300, events);
	for (int i = 1; i < rooms; i++) {
		buf_put_char(&t, ',');
		put_room(b, &t, i, 5, 20);
	}
	sync_text(b, buf_str(&t));
	buf_clear(&t);
	/* Everybody has read something. */
	buf_printf(&t, "\"" BIG "\":{\"ephemeral\":{\"events\":[{\"type\":\"m.receipt\","
		       "\"content\":{");
	for (int i = 0; i < 300; i++)
		buf_printf(&t, "%s\"$e%d\":{\"m.read\":{\"@s%d:x\":{\"ts\":%d}}}", i ? "," : "",
			   events - i, i, i);
	buf_put_str(&t, "}}]}}");
	sync_text(b, buf_str(&t));
	buf_done(&t);
}

static void say(struct bench *b, const char *room, int n)
{
	struct buf t = BUF_INIT(BUF_CAP_OWN);
	buf_printf(&t, "\"%s\":{\"timeline\":{\"events\":[", room);
	for (int i = 0; i < n; i++)
		put_say(b, &t, (b->event + i) % 300, "And one more");
	buf_truncate(&t, t.n - 1);
	buf_put_str(&t, "]}}");
	sync_text(b, buf_str(&t));
	buf_done(&t);
}

/* Messages in one room: applying them aside, what do the models take? */
static void keep_up(struct bench *b, struct conversation *c, struct room_list *l, const char *room,
		    int each, const char *what)
{
	int64_t models = 0, lists = 0;
	char words[100];
	for (int i = 0; i < 200; i++) {
		say(b, room, each);
		int64_t t0 = cpu_ns();
		conversation_update(c);
		int64_t t1 = cpu_ns();
		room_list_update(l);
		lists += cpu_ns() - t1;
		models += t1 - t0;
	}
	snprintf(words, sizeof(words), "conversation_update, %s", what);
	told(words, cpu_ns() - models, 200);
	snprintf(words, sizeof(words), "room_list_update, %s", what);
	told(words, cpu_ns() - lists, 200);
}

/* A lesson each weekday in the first thirty rooms. */
static void put_meetings(struct bench *b)
{
	struct buf t = BUF_INIT(BUF_CAP_OWN);
	for (int i = 0; i < 30; i++)
		buf_printf(
			&t,
			"%s\"!r%d:x\":{\"timeline\":{\"events\":[{\"type\":\"" MEETING_TYPE
			"\",\"state_key\":\"u%d\",\"event_id\":\"$meet%d\",\"sender\":\"@s0:x\","
			"\"origin_server_ts\":%lld,\"content\":{\"version\":1,\"title\":\"Lesson\","
			"\"calendar\":[{\"uid\":\"u%d\",\"dtstart\":{\"tzid\":\"Europe/Berlin\","
			"\"value\":\"20250901T090000\"},\"dtend\":{\"tzid\":\"Europe/Berlin\","
			"\"value\":\"20250901T094500\"},\"rrule\":\"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,"
			"FR\"}]}}]}}",
			i ? "," : "", i, i, i, (long long)clock_wall_ms(), i);
	sync_text(b, buf_str(&t));
	buf_done(&t);
}

static void meetings(struct bench *b)
{
	struct agenda_here here;
	char words[100];
	put_meetings(b);
	int64_t t = cpu_ns();
	struct agenda *a = agenda_new(b->s, OWN, clock_wall_ms());
	snprintf(words, sizeof(words), "agenda_new, %zu dates of 30 rooms", agenda_count(a));
	t = told(words, t, 1);
	say(b, "!r1:x", 1);
	t = cpu_ns();
	agenda_update(a, clock_wall_ms());
	t = told("agenda_update, one message in a room of these", t, 1);
	for (int i = 0; i < 20; i++) {
		agenda_here_read(b->s, "!r1:x", clock_wall_ms(), &here);
		agenda_here_done(&here);
	}
	told("agenda_here_read", t, 20);
	agenda_free(a);
}

static void run(struct bench *b)
{
	struct conversation_options o = {.room_id = BIG, .own_user_id = OWN};
	struct conversation *c;
	struct room_match m[20];
	struct room_person p[10];
	struct err err;
	int64_t t = cpu_ns();
	struct room_list *l = room_list_new(b->s, OWN);
	t = told("room_list_new", t, 1);
	must(conversation_new(b->s, &o, &c, &err), &err);
	t = told("conversation_new, the newest 200 of a class of 300", t, 1);
	conversation_older(c, 200);
	t = told("conversation_older, 200 more", t, 1);
	keep_up(b, c, l, BIG, 1, "one message in this room");
	keep_up(b, c, l, "!r1:x", 1, "one message elsewhere");
	keep_up(b, c, l, BIG, 10, "ten messages in this room");
	t = cpu_ns();
	for (int i = 0; i < 20; i++)
		room_list_match(l, "rom 77", m, 20);
	t = told("room_list_match, 1000 rooms", t, 20);
	for (int i = 0; i < 20; i++)
		conversation_people(c, "stu 7", p, 10);
	told("conversation_people, 300 people", t, 20);
	conversation_free(c);
	room_list_free(l);
	meetings(b);
}

int main(void)
{
	struct bench b;
	struct err err;
	bench_open(&b);
	fill(&b);
	run(&b);
	store_close(b.s);
	/* Once more with a cold handle, as a program that starts. */
	int64_t t = cpu_ns();
	must(store_open(b.path, &b.s, &err), &err);
	t = told("store_open", t, 1);
	struct room_list *l = room_list_new(b.s, OWN);
	told("room_list_new after it", t, 1);
	room_list_free(l);
	bench_close(&b);
	return 0;
}
