/*
 * The authorisation rules of room version 11 as tables: every transition of
 * membership under every join rule, and every action at every level.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "server/rooms/auth.h"

#define CREATOR "@teacher:hs"
#define ME "@me:hs"
#define OTHER "@other:hs"

static const enum membership all[] = {MEMBERSHIP_LEAVE, MEMBERSHIP_INVITE, MEMBERSHIP_JOIN,
				      MEMBERSHIP_KNOCK, MEMBERSHIP_BAN};

static int member(const struct power *p, const char *rule, bool vouched, const char *sender,
		  enum membership sender_is, const char *target, enum membership target_is,
		  enum membership to)
{
	JSON_AUTO json_t *content = json_pack("{s:s}", "membership", membership_name(to));
	JSON_AUTO json_t *rules = rule ? json_pack("{s:s}", "join_rule", rule) : NULL;
	struct err err = {0};
	const struct auth_case c = {
		.power = p,
		.join_rules = rules,
		.creator = CREATOR,
		.events = 2,
		.sender = sender,
		.sender_is = sender_is,
		.type = "m.room.member",
		.state_key = target,
		.content = content,
		.target_is = target_is,
		.vouched = vouched,
	};
	int rc = auth_check(&c, &err);
	if (rc) {
		assert_int_equal(err.http_status, 403);
		assert_string_equal(err.errcode, "M_FORBIDDEN");
		assert_true(err.msg[0]);
	}
	return rc;
}

/* What I may become by myself: j, l, k, from each membership. */
static const struct {
	const char *rule;
	bool vouched;
	const char *may[5]; /* from leave, invite, join, knock, ban */
} selves[] = {
	{"public", false, {"j", "jl", "jl", "jl", ""}},
	{"invite", false, {"", "jl", "jl", "l", ""}},
	{NULL, false, {"", "jl", "jl", "l", ""}},
	{"knock", false, {"k", "jl", "jl", "kl", ""}},
	{"restricted", false, {"", "jl", "jl", "l", ""}},
	{"restricted", true, {"j", "jl", "jl", "jl", ""}},
	{"knock_restricted", false, {"k", "jl", "jl", "kl", ""}},
	{"knock_restricted", true, {"jk", "jl", "jl", "jkl", ""}},
	{"invite", true, {"", "jl", "jl", "l", ""}}, /* vouching counts for restricted rooms only */
	{"private", false, {"", "l", "l", "l", ""}},
	{"nonsense", true, {"", "l", "l", "l", ""}},
};

static void test_self(void **state)
{
	(void)state;
	static const char letter[] = {'l', 'i', 'j', 'k', 'b'};
	for (size_t r = 0; r < ARRAY_LEN(selves); r++)
		for (size_t from = 0; from < 5; from++)
			for (size_t to = 0; to < 5; to++) {
				struct power p = {0};
				power_init(&p, NULL, NULL, CREATOR);
				bool want = strchr(selves[r].may[from], letter[to]) != NULL;
				int rc = member(&p, selves[r].rule, selves[r].vouched, ME,
						all[from], ME, all[from], all[to]);
				if ((rc == 0) != want)
					fail_msg("%s: %s -> %s", selves[r].rule,
						 membership_name(all[from]),
						 membership_name(all[to]));
				power_done(&p);
			}
}

/* What one may do to another, said a second time in other words than auth.c's. */
static bool allowed(int mine, int theirs, enum membership sender_is, enum membership target_is,
		    enum membership to)
{
	if (sender_is != MEMBERSHIP_JOIN)
		return false;
	switch (to) {
	case MEMBERSHIP_INVITE:
		return mine >= 25 && target_is != MEMBERSHIP_JOIN && target_is != MEMBERSHIP_BAN;
	case MEMBERSHIP_LEAVE:
		return mine >= (target_is == MEMBERSHIP_BAN ? 75 : 50) && mine > theirs;
	case MEMBERSHIP_BAN:
		return mine >= 75 && mine > theirs;
	default:
		return false;
	}
}

static void test_others(void **state)
{
	(void)state;
	static const int levels[] = {0, 24, 25, 49, 50, 74, 75, 100};
	for (size_t m = 0; m < ARRAY_LEN(levels); m++)
		for (size_t t = 0; t < ARRAY_LEN(levels); t++)
			for (int i = 0; i < 125; i++) {
				enum membership is = all[i / 25], there = all[i / 5 % 5],
						to = all[i % 5];
				JSON_AUTO json_t *l =
					json_pack("{s:{s:i,s:i},s:i,s:i,s:i}", "users", ME,
						  levels[m], OTHER, levels[t], "invite", 25, "kick",
						  50, "ban", 75);
				struct power p = {0};
				power_init(&p, l, NULL, CREATOR);
				bool want = allowed(levels[m], levels[t], is, there, to);
				int rc = member(&p, "public", false, ME, is, OTHER, there, to);
				power_done(&p);
				if ((rc == 0) != want)
					fail_msg("%d (%s) over %d: %s -> %s", levels[m],
						 membership_name(is), levels[t],
						 membership_name(there), membership_name(to));
			}
}

/* One event that is no member event. */
static int other(const char *levels, enum membership is, const char *type, const char *state_key,
		 const char *content, int *ret_status)
{
	JSON_AUTO json_t *l = NULL, *body = NULL;
	struct power p = {0};
	struct err err = {0};
	assert_int_equal(json_parse(span_of(content), &body, &err), 0);
	if (levels)
		assert_int_equal(json_parse(span_of(levels), &l, &err), 0);
	power_init(&p, l, NULL, CREATOR);
	const struct auth_case c = {
		.power = &p,
		.creator = CREATOR,
		.events = 2,
		.sender = ME,
		.sender_is = is,
		.type = type,
		.state_key = state_key,
		.content = body,
	};
	int rc = auth_check(&c, &err);
	power_done(&p);
	*ret_status = rc ? err.http_status : 200;
	return rc;
}

#define LEVELS(mine) "{\"users\":{\"" ME "\":" #mine ",\"" OTHER "\":60}," REST "}"
#define REST                                                                                      \
	"\"events\":{\"m.room.name\":30,\"m.reaction\":10},\"events_default\":5,"                 \
	"\"state_default\":40,\"invite\":20,\"users_default\":1,\"notifications\":{\"room\":50}," \
	"\"ban\":50,\"kick\":50,\"redact\":50"

static const struct {
	const char *levels, *type, *key, *content;
	int status;
} events[] = {
	/* events, events_default, state_default */
	{NULL, "m.room.message", NULL, "{}", 200},
	{NULL, "m.room.topic", "", "{}", 403},
	{LEVELS(4), "m.room.message", NULL, "{}", 403},
	{LEVELS(5), "m.room.message", NULL, "{}", 200},
	{LEVELS(9), "m.reaction", NULL, "{}", 403},
	{LEVELS(10), "m.reaction", NULL, "{}", 200},
	{LEVELS(29), "m.room.name", "", "{}", 403},
	{LEVELS(30), "m.room.name", "", "{}", 200},
	{LEVELS(39), "m.room.topic", "", "{}", 403},
	{LEVELS(40), "m.room.topic", "", "{}", 200},
	/* state keys that are user ids */
	{LEVELS(40), "a.b", ME, "{}", 200},
	{LEVELS(99), "a.b", OTHER, "{}", 403},
	{LEVELS(99), "a.b", "@", "{}", 403},
	{LEVELS(40), "a.b", "_" OTHER, "{}", 200},
	/* the type decides, not the key: a message of a state event's type */
	{LEVELS(5), "m.room.create", NULL, "{}", 200},
	{LEVELS(99), "m.room.create", "", "{}", 403},
	/* third-party invitations need the level to invite, nothing else */
	{LEVELS(19), "m.room.third_party_invite", "x", "{}", 403},
	{LEVELS(20), "m.room.third_party_invite", "x", "{}", 200},
	/* m.room.power_levels: shape */
	{LEVELS(40), "m.room.power_levels", "", "{\"ban\":\"50\"}", 400},
	{LEVELS(40), "m.room.power_levels", "", "{\"users\":{\"me\":1}}", 400},
	{LEVELS(40), "m.room.power_levels", "", "{\"users\":[]}", 400},
	{LEVELS(40), "m.room.power_levels", "", "{\"events\":{\"a\":null}}", 400},
	{LEVELS(40), "m.room.power_levels", "", "{\"notifications\":{\"room\":true}}", 400},
	/* ... and changes; with 70 everything may be touched but what is above 70 */
	{LEVELS(70), "m.room.power_levels", "", LEVELS(70), 200},
	{LEVELS(70), "m.room.power_levels", "", LEVELS(0), 200},  /* I may step down */
	{LEVELS(70), "m.room.power_levels", "", LEVELS(71), 403}, /* not up */
	{LEVELS(60), "m.room.power_levels", "", "{\"users\":{\"" ME "\":60}," REST "}", 403},
	{LEVELS(61), "m.room.power_levels", "", "{\"users\":{\"" ME "\":61}," REST "}", 200},
	{LEVELS(61), "m.room.power_levels", "",
	 "{\"users\":{\"" ME "\":61,\"" OTHER "\":60,\"@new:hs\":61}," REST "}", 200},
	{LEVELS(61), "m.room.power_levels", "",
	 "{\"users\":{\"" ME "\":61,\"" OTHER "\":60,\"@new:hs\":62}," REST "}", 403},
	{LEVELS(49), "m.room.power_levels", "", "{\"users\":{\"" ME "\":49,\"" OTHER "\":60}}",
	 403}, /* removes ban 50 */
};

static void test_events(void **state)
{
	(void)state;
	int status;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		other(events[i].levels, MEMBERSHIP_JOIN, events[i].type, events[i].key,
		      events[i].content, &status);
		if (status != events[i].status)
			fail_msg("row %zu, %s: %d instead of %d", i, events[i].type, status,
				 events[i].status);
		/* Nobody but members sends anything. */
		for (size_t m = 0; m < 5; m++)
			if (all[m] != MEMBERSHIP_JOIN)
				assert_int_not_equal(other(events[i].levels, all[m], events[i].type,
							   events[i].key, events[i].content,
							   &status),
						     0);
	}
}

static void test_first_events(void **state)
{
	(void)state;
	struct power p = {0};
	JSON_AUTO json_t *none = json_object(), *join = json_pack("{s:s}", "membership", "join");
	power_init(&p, NULL, NULL, CREATOR);
	struct auth_case create = {.power = &p,
				   .creator = CREATOR,
				   .sender = CREATOR,
				   .type = "m.room.create",
				   .state_key = "",
				   .content = none};
	assert_int_equal(auth_check(&create, NULL), 0);
	create.sender = ME;
	assert_int_not_equal(auth_check(&create, NULL), 0);
	struct auth_case first = {.power = &p,
				  .creator = CREATOR,
				  .events = 1,
				  .sender = CREATOR,
				  .type = "m.room.member",
				  .state_key = CREATOR,
				  .content = join};
	assert_int_equal(auth_check(&first, NULL), 0);
	first.events = 2; /* the creator left: the door is shut */
	assert_int_not_equal(auth_check(&first, NULL), 0);
	first.events = 1;
	first.sender = first.state_key = ME;
	assert_int_not_equal(auth_check(&first, NULL), 0);
	power_done(&p);
}

static void test_bad_membership(void **state)
{
	(void)state;
	static const char *const contents[] = {"{}", "{\"membership\":\"owner\"}",
					       "{\"membership\":1}"};
	int status;
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		other(NULL, MEMBERSHIP_JOIN, "m.room.member", ME, contents[i], &status);
		assert_int_equal(status, 400);
	}
	other(NULL, MEMBERSHIP_JOIN, "m.room.member", OTHER,
	      "{\"membership\":\"invite\",\"third_party_invite\":{}}", &status);
	assert_int_equal(status, 403);
}

/* Who is in a call is said by themselves; other keys, and other types, are anybody's. */
static void test_call_keys(void **state)
{
	(void)state;
	static const char levels[] = "{\"users\":{\"" ME "\":100},\"events\":{\"org.matrix.msc3401"
				     ".call.member\":0,\"org.example\":0}}";
	static const struct {
		const char *type, *key;
		bool may;
	} keys[] = {
		{"org.matrix.msc3401.call.member", "_" ME "_DEV_m.call", true},
		{"org.matrix.msc3401.call.member", "_" ME, true},
		{"org.matrix.msc3401.call.member", ME, true},
		{"m.call.member", "_" ME "_DEV_m.call", true},
		{"org.matrix.msc3401.call.member", "_" OTHER "_DEV_m.call", false},
		{"org.matrix.msc3401.call.member", OTHER, false},
		{"m.call.member", "_" OTHER "_DEV_m.call", false},
		/* Neither a longer name nor a shorter one of somebody else. */
		{"org.matrix.msc3401.call.member", "_" ME "x_DEV_m.call", false},
		{"org.matrix.msc3401.call.member", "_@me:h", false},
		{"org.matrix.msc3401.call.member", "_@", false},
		{"org.matrix.msc3401.call.member", "", true},
		{"org.matrix.msc3401.call.member", "_room", true},
		{"org.example", "_" OTHER "_DEV", true},
	};
	int status;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if ((other(levels, MEMBERSHIP_JOIN, keys[i].type, keys[i].key, "{}", &status) ==
		     0) != keys[i].may)
			fail_msg("%s \"%s\": %d", keys[i].type, keys[i].key, status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),	       cmocka_unit_test(test_others),
		cmocka_unit_test(test_events),	       cmocka_unit_test(test_first_events),
		cmocka_unit_test(test_bad_membership), cmocka_unit_test(test_call_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
