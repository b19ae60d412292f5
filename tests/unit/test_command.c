#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/verbs.h"
#include "core/base/mem.h"
#include "core/base/near.h"

#define NOW_MS 1767225600000

#define PARSE(l, e, ...)                                                    \
	command_parse(&cli_set, ARRAY_LEN(((const char *[]){__VA_ARGS__})), \
		      (const char *[]){__VA_ARGS__}, NOW_MS, (l), (e))

static void test_verbs_and_values(void **state)
{
	(void)state;
	long live = mem_live();
	struct command_line l;
	struct err e;
	assert_int_equal(PARSE(&l, &e, "--json", "send", "physics", "two", "words", "--reply=$e",
			       "--file", "a", "-fb", "--yes"),
			 0);
	assert_string_equal(l.command->name, "send");
	assert_true(command_flag(&l, "json"));
	assert_true(command_flag(&l, "yes"));
	assert_false(command_flag(&l, "notice"));
	assert_string_equal(command_text(&l, "reply"), "$e");
	assert_int_equal(command_count(&l, "file"), 2);
	assert_string_equal(command_nth(&l, "file", 1), "b");
	AUTO_FREE char *words = command_joined(&l, "words");
	assert_string_equal(words, "two words");
	command_line_done(&l);
	mem_free(take(&words));
	assert_int_equal(mem_live(), live);
}

static void test_numbers(void **state)
{
	(void)state;
	struct command_line l;
	struct err e;
	assert_int_equal(PARSE(&l, &e, "read", "r", "-n", "7", "--since", "now-2h", "--timeout",
			       "1m30s"),
			 0);
	assert_int_equal(command_number(&l, "number", 0), 7);
	assert_int_equal(command_number(&l, "since", 0), NOW_MS - 7200000);
	assert_int_equal(command_number(&l, "timeout", 0), 90000);
	assert_int_equal(command_number(&l, "until", -1), -1);
	command_line_done(&l);
	assert_int_equal(PARSE(&l, &e, "search", "x"), 0);
	assert_int_equal(command_number(&l, "number", 0), 20);
	assert_false(command_given(&l, "number"));
	command_line_done(&l);
}

static void test_errors_keep_what_was_understood(void **state)
{
	(void)state;
	struct command_line l;
	struct err e;
	assert_int_equal(PARSE(&l, &e, "room", "create", "N", "--bogus", "--json"), ERR_USAGE);
	assert_string_equal(l.command->name, "room create");
	assert_true(command_flag(&l, "json"));
	assert_non_null(strstr(e.msg, "--bogus"));
	assert_true(e.hint[0] != '\0');
	command_line_done(&l);
	assert_int_equal(PARSE(&l, &e, "admin", "user"), ERR_USAGE);
	assert_string_equal(l.prefix, "admin user");
	command_line_done(&l);
	assert_int_equal(PARSE(&l, &e, "send", "--help"), 0);
	assert_true(l.help);
	command_line_done(&l);
	assert_int_equal(PARSE(&l, &e, "send", "--bogus", "-h"), 0);
	assert_true(l.help);
	command_line_done(&l);
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(near_distance(span_of(""), span_of("abc")), 3);
	assert_int_equal(near_distance(span_of("send"), span_of("send")), 0);
	assert_int_equal(near_distance(span_of("sned"), span_of("send")), 1);
	assert_int_equal(near_distance(span_of("Send"), span_of("sent")), 1);
	assert_int_equal(near_distance(span_of("kitten"), span_of("sitting")), 3);
}

static bool has_word(const char *choices, const char *word)
{
	struct span rest = span_of(choices), one;
	while (span_split(&rest, '|', &one))
		if (span_eq_str(one, word))
			return true;
	return false;
}

/* A name is unambiguous, a default is a right value, a sentence has no full stop. */
static void check_params(const struct command *c, const struct command_param *p)
{
	for (const struct command_param *q = p; q && q->kind != KIND_NONE; q++) {
		struct command_value v;
		struct err e;
		assert_non_null(q->what);
		if (q->what[strlen(q->what) - 1] == '.')
			fail_msg("%s: %s ends with a full stop", c->name, q->name);
		if (q->kind == KIND_CHOICE)
			assert_non_null(q->choices);
		if (q->otherwise)
			assert_int_equal(command_check(q, q->otherwise, NOW_MS, &v, &e), 0);
		for (const struct command_param *o = p; o != q; o++)
			if (!strcmp(o->name, q->name) || (o->letter && o->letter == q->letter))
				fail_msg("%s: %s stands twice", c->name, q->name);
	}
}

static void check_clashes(const struct command *c)
{
	for (const struct command_param *o = c->options; o && o->kind != KIND_NONE; o++) {
		for (const struct command_param *g = cli_globals; g->kind != KIND_NONE; g++)
			if (!strcmp(o->name, g->name) || (o->letter && o->letter == g->letter))
				fail_msg("%s: --%s hides a global option", c->name, o->name);
		for (const struct command_param *a = c->args; a && a->kind != KIND_NONE; a++)
			if (!strcmp(a->name, o->name))
				fail_msg("%s: %s is argument and option", c->name, a->name);
	}
}

static void check_keys(const struct command *c)
{
	static const char types[] = "string|integer|number|boolean|object|array|time|bytes|"
				    "seconds|seconds or ever|strings";
	for (const struct command_key *k = c->keys; k && k->name; k++) {
		if (!has_word(types, k->type) && !command_type_is_word(k->type))
			fail_msg("%s: type %s of %s", c->name, k->type, k->name);
		assert_non_null(k->what);
		for (const struct command_key *o = c->keys; o != k; o++)
			assert_string_not_equal(o->name, k->name);
	}
}

/* The same word is not said of a register and of a roll-call that is open. */
static void test_words(void **state)
{
	(void)state;
	assert_string_equal(command_word("word", "left_early"), "left early");
	assert_string_equal(command_word("word", "pending"), "pending");
	assert_string_equal(command_word("answer", "pending"), "no answer yet");
	assert_string_equal(command_word("word", "invite"), "invited");
	assert_string_equal(command_word("joining", "invite"), "who is invited");
	assert_null(command_word("word", "m.custom"));
	assert_null(command_word("string", "present"));
	assert_true(command_type_is_word("joining") && !command_type_is_word("string"));
}

static void test_table(void **state)
{
	(void)state;
	for (const struct command *const *c = cli_set.commands; *c; c++) {
		assert_non_null((*c)->summary);
		assert_non_null((*c)->run);
		assert_ptr_equal(command_find(&cli_set, (*c)->name), *c);
		assert_true((*c)->hidden || ((*c)->examples && (*c)->examples->line));
		check_params(*c, (*c)->args);
		check_params(*c, (*c)->options);
		check_clashes(*c);
		check_keys(*c);
		assert_true((*c)->shape != SHAPE_LINE || (*c)->line);
	}
}

/* The words of a shell line up to a pipe or a redirection; quotes are taken off. */
static size_t shell_words(char *line, const char *argv[32])
{
	size_t n = 0;
	char *out = line;
	for (char *in = line; *in && !strchr("|<>)", *in) && n < 32;) {
		char quote = 0;
		argv[n++] = out;
		for (; *in && (quote || !strchr(" )", *in)); in++) {
			if (quote ? *in == quote : (*in == '"' || *in == '\''))
				quote = quote ? 0 : *in;
			else
				*out++ = *in;
		}
		while (*in == ' ')
			in++;
		*out++ = '\0';
	}
	return n;
}

/* Examples are right command lines themselves. */
static void test_examples_parse(void **state)
{
	(void)state;
	for (const struct command *const *c = cli_set.commands; *c; c++)
		for (const struct command_example *x = (*c)->examples; x && x->line; x++) {
			AUTO_FREE char *line = mem_strdup(strstr(x->line, "muster ") + 7);
			const char *argv[32];
			struct command_line l;
			struct err e;
			if (command_parse(&cli_set, shell_words(line, argv), argv, NOW_MS, &l, &e))
				fail_msg("%s: %s", x->line, e.msg);
			assert_string_equal(l.command->name, (*c)->name);
			command_line_done(&l);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs_and_values),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_errors_keep_what_was_understood),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_examples_parse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
