/*
 * A random history of sends, joins, leaves, kicks, bans and visibility
 * changes; people sync at random moments with random limits and fill gaps by
 * /messages. In the end each has exactly the events that they may see, in
 * order, once; and everybody inside has the room's state right.
 * MUSTER_TEST_SEED repeats a run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tests/lib/syncing.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE 4
#define STEPS 350
#define EVENTS_MAX 4000

static struct test_server t;
static char room[LIMIT_ID_BYTES + 1];

/* What a client keeps: ids in order, and the state it believes in. */
struct client {
	struct chatter p;
	char *ids[EVENTS_MAX];
	size_t n;
	json_t *state; /* "type\nkey" -> event id */
	bool in, banned;
};

static struct client people[PEOPLE];   /* keep everything */
static struct client watchers[PEOPLE]; /* the same people; odd filters, keep state only */

static bool knows(const struct client *c, const char *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->ids[i], id))
			return true;
	return false;
}

static void keep(struct client *c, const char *id)
{
	assert_true(c->n < EVENTS_MAX);
	c->ids[c->n++] = mem_strdup(id);
}

static int pick(int n)
{
	return (int)(random() % n);
}

/* GET /messages backwards from `token` until something known or the beginning; newest first. */
static void fill_gap(struct client *c, const char *token, json_t *older)
{
	AUTO_FREE char *from = mem_strdup(token);
	while (from) {
		AUTO_FREE char *path =
			mem_printf("/_matrix/client/v3/rooms/%s/messages?dir=b&limit=%d&from=%s",
				   room, 1 + pick(7), from);
		JSON_AUTO json_t *j = test_json(&t, 200, "GET", path, c->p.token, NULL);
		json_t *chunk = json_object_get(j, "chunk"), *e;
		size_t i;
		mem_free(take(&from));
		json_array_foreach (chunk, i, e) {
			if (knows(c, json_get_str(e, "event_id")))
				return;
			json_array_append(older, json_object_get(e, "event_id"));
		}
		from = mem_strdup(json_get_str(j, "end"));
	}
}

static void apply_state(struct client *c, const json_t *events)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i);
		const char *key = json_get_str(e, "state_key");
		if (!key)
			continue;
		AUTO_FREE char *name = mem_printf("%s\n%s", json_get_str(e, "type"), key);
		json_object_set(c->state, name, json_object_get(e, "event_id"));
	}
}

static void take_room(struct client *c, const json_t *r, bool keep_events)
{
	json_t *timeline = json_object_get(r, "timeline");
	json_t *events = json_object_get(timeline, "events");
	const char *after[] = {"state_after", "org.matrix.msc4222.state_after"};
	bool modern = false;
	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		modern |= json_object_get(r, after[i]) != NULL;
		apply_state(c, synced_events(r, after[i]));
	}
	if (!modern) {
		apply_state(c, synced_events(r, "state"));
		apply_state(c, events);
	}
	if (!keep_events)
		return;
	JSON_AUTO json_t *older = json_array();
	if (json_is_true(json_object_get(timeline, "limited")))
		fill_gap(c, json_get_str(timeline, "prev_batch"), older);
	for (size_t i = json_array_size(older); i-- > 0;)
		keep(c, json_string_value(json_array_get(older, i)));
	for (size_t i = 0; i < json_array_size(events); i++) {
		const char *id = json_get_str(json_array_get(events, i), "event_id");
		if (!knows(c, id))
			keep(c, id);
	}
}

static void sync_client(struct client *c, const char *query, bool keep_events)
{
	JSON_AUTO json_t *j = chatter_sync(&c->p, query);
	json_t *joined = sync_room(j, "join", room), *left = sync_room(j, "leave", room);
	assert_false(joined && left);
	if (joined)
		take_room(c, joined, keep_events);
	if (left)
		take_room(c, left, keep_events);
}

static void sync_somebody(void)
{
	static const char *const odd[] = {
		"",
		",%22types%22:[%22m.room.message%22]",
		",%22not_types%22:[%22m.room.topic%22]",
		",%22not_senders%22:[%22@p0:localhost%22]",
		",%22types%22:[]",
	};
	static const char *const state[] = {"", "&use_state_after=true",
					    "&org.matrix.msc4222.use_state_after=true"};
	int who = pick(PEOPLE);
	bool watcher = pick(2);
	AUTO_FREE char *query =
		mem_printf("%s&filter=%%7B%%22room%%22:%%7B%%22timeline%%22:%%7B%%22limit%%22:%d%s%"
			   "%7D%%7D%%7D",
			   state[pick(3)], 1 + pick(12), watcher ? odd[pick(5)] : "");
	sync_client(watcher ? &watchers[who] : &people[who], query, !watcher);
}

/* --- what happens in the room --- */

static void moderate(struct client *c, const char *what)
{
	AUTO_FREE char *body = mem_printf("{'user_id':'%s'}", c->p.id);
	chatter_room(&people[0].p, room, what, body);
	c->in = false;
	c->banned = !strcmp(what, "ban");
}

static void change_visibility(void)
{
	static const char *const words[] = {"shared", "joined", "invited", "world_readable"};
	AUTO_FREE char *content = mem_printf("{'history_visibility':'%s'}", words[pick(4)]);
	chatter_state(&people[0].p, room, "m.room.history_visibility", "", content);
}

static void step(int i)
{
	struct client *c = &people[1 + pick(PEOPLE - 1)];
	char text[32];
	snprintf(text, sizeof(text), "message %d", i);
	switch (pick(16)) {
	case 0:
	case 1:
		if (c->banned)
			break;
		chatter_room(&c->p, room, c->in ? "leave" : "join", "{}");
		c->in = !c->in;
		break;
	case 2:
		if (!c->in)
			break;
		moderate(c, pick(2) ? "kick" : "ban");
		if (pick(2))
			break;
		moderate(c, "ban");
		chatter_say(&people[0].p, room, text, NULL);
		moderate(c, "unban");
		break;
	case 3:
		change_visibility();
		break;
	case 4: {
		AUTO_FREE char *content = mem_printf("{'topic':'%s'}", text);
		chatter_state(&people[0].p, room, "m.room.topic", "", content);
		break;
	}
	case 5:
	case 6:
	case 7:
	case 8:
		sync_somebody();
		break;
	default:
		chatter_say(c->in ? &c->p : &people[0].p, room, text, NULL);
	}
}

static void unban_all(void)
{
	for (int i = 1; i < PEOPLE; i++) {
		json_t *j = NULL;
		AUTO_FREE char *body = mem_printf("{\"user_id\":\"%s\"}", people[i].p.id);
		AUTO_FREE char *path = mem_printf("/_matrix/client/v3/rooms/%s/unban", room);
		test_call(&t, "POST", path, people[0].p.token, body, &j);
		json_decref(j);
		people[i].banned = false;
	}
}

/* --- the oracle: all events, and the spec's rules played through for one person --- */

struct seen {
	char *ids[EVENTS_MAX];
	size_t n;
};

struct fact {
	char *id;
	char sees; /* visible by what held at the event */
	char shared;
};

struct oracle {
	const struct client *c;
	struct fact facts[EVENTS_MAX];
	size_t n, end;
	json_t *events;
};

static void load_events(void *arg)
{
	struct oracle *o = arg;
	struct sql_stmt *s = SQL(db_reader(t.srv->db), "SELECT text FROM events WHERE room_nid="
						       "(SELECT nid FROM rooms WHERE room_id=?1)"
						       " ORDER BY pos");
	sql_bind_str(s, 1, room);
	while (sql_row(s)) {
		json_t *j = NULL;
		json_parse(sql_col_text(s, 0), &j, NULL);
		json_array_append_new(o->events, j);
	}
}

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

/* Rules 1, 2 and 4 at one event; rule 3 needs a later join. */
static char rule(const char *history, const char *membership)
{
	if (is(history, "world_readable") || is(membership, "join"))
		return 1;
	return is(history, "invited") && is(membership, "invite");
}

static void expect(const struct client *c, const json_t *events, struct seen *ret)
{
	struct fact facts[EVENTS_MAX];
	char history[32] = "shared", membership[16] = "leave";
	size_t end = 0, n = json_array_size(events), last_join = 0;
	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_array_get(events, i),
			     *content = json_object_get(e, "content");
		const char *type = json_get_str(e, "type"), *key = json_get_str(e, "state_key");
		bool own = is(type, "m.room.member") && is(key, c->p.id);
		char before = rule(history, membership), shared = is(history, "shared");
		bool was_in = is(membership, "join");
		if (own)
			snprintf(membership, sizeof(membership), "%s",
				 json_get_str(content, "membership"));
		if (is(type, "m.room.history_visibility"))
			snprintf(history, sizeof(history), "%s",
				 json_get_str(content, "history_visibility"));
		bool changes = is(type, "m.room.history_visibility");
		facts[i].sees = rule(history, membership) || ((own || changes) && before);
		facts[i].shared = is(history, "shared") || (changes && shared);
		if (own && is(membership, "join"))
			last_join = i + 1;
		if (own && was_in)
			end = i + 1; /* of the last stay */
	}
	if (is(membership, "join"))
		end = n;
	for (size_t i = 0; i < end; i++) {
		if (!facts[i].sees && !(facts[i].shared && i + 1 < last_join))
			continue;
		ret->ids[ret->n++] =
			mem_strdup(json_get_str(json_array_get(events, i), "event_id"));
	}
}

/* The whole history on stderr, as far as it bears on one person. */
static void show(const struct client *c, const struct seen *want, const json_t *events)
{
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *e = json_array_get(events, i),
			     *content = json_object_get(e, "content");
		const char *id = json_get_str(e, "event_id");
		bool wanted = false;
		for (size_t k = 0; k < want->n; k++)
			wanted |= !strcmp(want->ids[k], id);
		const char *what = json_get_str(content, "history_visibility");
		if (json_get_str(e, "state_key") && !strcmp(json_get_str(e, "state_key"), c->p.id))
			what = json_get_str(content, "membership");
		print_error("%s%s %.8s %s %s\n", wanted ? "+" : "-", knows(c, id) ? "+" : "-", id,
			    json_get_str(e, "type"), what ? what : "");
	}
}

static void compare(const struct client *c, const struct seen *want, const json_t *events)
{
	for (size_t i = 0; i < c->n || i < want->n; i++) {
		const char *has = i < c->n ? c->ids[i] : "(nothing)";
		const char *should = i < want->n ? want->ids[i] : "(nothing)";
		if (!strcmp(has, should))
			continue;
		show(c, want, events);
		fail_msg("%s: event %zu is %s, expected %s (%zu of %zu)", c->p.id, i, has, should,
			 c->n, want->n);
	}
}

static void check_state(const struct client *c)
{
	JSON_AUTO json_t *now = chatter_get((struct chatter *)&c->p, room, "state");
	JSON_AUTO json_t *want = json_object();
	for (size_t i = 0; i < json_array_size(now); i++) {
		const json_t *e = json_array_get(now, i);
		AUTO_FREE char *name =
			mem_printf("%s\n%s", json_get_str(e, "type"), json_get_str(e, "state_key"));
		json_object_set(want, name, json_object_get(e, "event_id"));
	}
	const char *name;
	json_t *id;
	json_object_foreach (want, name, id)
		if (!json_equal(id, json_object_get(c->state, name)))
			fail_msg("%s: state %s is %s, expected %s", c->p.id, name,
				 json_get_str(c->state, name), json_string_value(id));
	assert_int_equal(json_object_size(c->state), json_object_size(want));
}

static void start_people(void)
{
	for (int i = 0; i < PEOPLE; i++) {
		char name[16];
		snprintf(name, sizeof(name), "p%d", i);
		chatter_new(&t, name, &people[i].p);
		watchers[i].p = people[i].p;
		watchers[i].p.token = test_login(&t, name, NULL);
		people[i].state = json_object();
		watchers[i].state = json_object();
	}
	chatter_create(&people[0].p, "{'preset':'public_chat'}", room);
	people[0].in = true;
}

static void check_all(void)
{
	struct oracle *o = NEW(struct oracle);
	o->events = json_array();
	test_server_run(&t, load_events, o);
	for (int i = 0; i < PEOPLE; i++) {
		bool ever = i == 0 || people[i].n;
		struct seen *want = NEW(struct seen);
		sync_client(&people[i], "", true);
		sync_client(&watchers[i], "", false);
		expect(&people[i], o->events, want);
		if (ever || people[i].n)
			compare(&people[i], want, o->events);
		if (people[i].in) {
			check_state(&people[i]);
			check_state(&watchers[i]);
		}
		for (size_t k = 0; k < want->n; k++)
			mem_free(want->ids[k]);
		mem_free(want);
	}
	json_decref(o->events);
	mem_free(o);
}

static void test_history(void **state)
{
	(void)state;
	const char *given = getenv("MUSTER_TEST_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_mono_ns();
	srandom(seed);
	print_message("MUSTER_TEST_SEED=%u\n", seed);
	test_server_start(&t);
	start_people();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < STEPS / 2; i++) {
			step(i);
			if (i % 20 == 0)
				unban_all();
		}
		check_all();
		/* The second half begins with nothing held in memory. */
		test_server_stop(&t);
		test_server_start(&t);
	}
	check_all();
	for (int i = 0; i < PEOPLE; i++) {
		for (size_t k = 0; k < people[i].n; k++)
			mem_free(people[i].ids[k]);
		json_decref(people[i].state);
		json_decref(watchers[i].state);
		chatter_done(&people[i].p);
		chatter_done(&watchers[i].p);
	}
	test_server_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
